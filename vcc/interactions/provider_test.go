package interactions

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"omnibridge/vcc"
)

func TestRegister(t *testing.T) {
	r := newRig(t)
	r.registered(`{"provider": "crm", "endpoint": "https://example.com/hook", "headers": {"Authorization": "Basic c2VjcmV0"}, "agentactionspermitted": {"release": 1}}`)
	if strings.Contains(r.logged(), "c2VjcmV0") || !strings.Contains(r.logged(), "crm") {
		t.Errorf("log: %s", r.logged())
	}
	// Registering again replaces everything.
	r.registered(`{"provider": "crm", "endpoint": "http://127.0.0.1:8080/hook", "agentactionspermitted": {}}`)
	want := Provider{Name: "crm", Endpoint: "http://127.0.0.1:8080/hook", Permitted: map[string]int{}} // which permits nothing
	if got, _ := r.provider("crm"); !reflect.DeepEqual(got, want) {
		t.Errorf("%+v", got)
	}
	// And it is known after a restart.
	s, err := New(t.Context(), r.o)
	if err != nil {
		t.Fatal(err)
	}
	if got, _ := s.provider("crm"); !reflect.DeepEqual(got, want) {
		t.Errorf("after a restart: %+v", got)
	}
	// What could not be stored is not known.
	r.putErr = errors.New("disk full")
	if w := r.post("/interactions/register", `{"provider": "erp"}`); w.Code != 500 {
		t.Errorf("%d", w.Code)
	}
	if _, ok := r.provider("erp"); ok {
		t.Error("known, and not stored")
	}
}

func TestRegisterRefused(t *testing.T) {
	many := make([]string, maxHeaders+1)
	for i := range many {
		many[i] = fmt.Sprintf(`"x-%d": "v"`, i)
	}
	for _, tt := range []struct{ body, words string }{
		{`{}`, "provider is missing"},
		{`{"provider": "` + strings.Repeat("p", 101) + `"}`, "provider has 101 bytes"},
		{`{"provider": "p", "endpoint": "http://example.com"}`, "must begin with https"},
		{`{"provider": "p", "endpoint": "http://127.0.0.1.example.com"}`, "must begin with https"},
		{`{"provider": "p", "endpoint": "ftp://localhost"}`, "must begin with https"},
		{`{"provider": "p", "endpoint": "/hook"}`, "not an absolute address"},
		{`{"provider": "p", "endpoint": "https://:443/"}`, "not an absolute address"},
		{`{"provider": "p", "endpoint": "https://me:pass@example.com"}`, "holds a user"},
		{`{"provider": "p", "endpoint": "https://example.com/#x"}`, "fragment"},
		{`{"provider": "p", "headers": {"": "v"}}`, "no name of a header"},
		{`{"provider": "p", "headers": {"a b": "v"}}`, "no name of a header"},
		{`{"provider": "p", "headers": {"host": "evil"}}`, "headers.host is set by us"},
		{`{"provider": "p", "headers": {"x": "a\r\ny: b"}}`, "control characters"},
		{`{"provider": "p", "headers": {"authorization": "c2VjcmV0"}}`, `must be \"\u003ctype\u003e`},
		{`{"provider": "p", "headers": {` + strings.Join(many, ",") + `}}`, "headers has 21 entries"},
		{`{"provider": "p", "agentactionspermitted": {"dance": 1}}`, "agentactionspermitted.dance"},
		{`{"provider": "p", "agentactionspermitted": {"hold": 2}}`, "agentactionspermitted.hold is 2"},
		{`{"provider": "p", "agentactionspermitted": {"hold": "yes"}}`, "is a string"},
	} {
		r := newRig(t)
		w := r.post("/interactions/register", tt.body)
		if w.Code != 400 || !strings.Contains(w.Body.String(), tt.words) || strings.Contains(w.Body.String(), "c2VjcmV0") {
			t.Errorf("%s: %d %s, want %q", tt.body, w.Code, w.Body, tt.words)
		}
		if _, ok := r.provider("p"); ok {
			t.Errorf("%s: registered", tt.body)
		}
	}
	r := newRig(t)
	if w := r.post("/interactions/register", `{"provider": "erp"}`, "Authorization", "Bearer only-for-the-crm!"); w.Code != 403 {
		t.Errorf("%d", w.Code)
	}
	for i := range maxProviders {
		r.registered(fmt.Sprintf(`{"provider": "p%d"}`, i))
	}
	if w := r.post("/interactions/register", `{"provider": "one more"}`); w.Code != 400 {
		t.Errorf("%d", w.Code)
	}
	r.registered(`{"provider": "p1"}`) // which is known
}

func TestLimits(t *testing.T) {
	for _, tt := range []struct {
		permitted map[string]int
		want      vcc.Call
	}{
		{nil, vcc.Call{}},
		{map[string]int{}, vcc.Call{Deny: []vcc.CommandKind{vcc.Release, vcc.Hold, vcc.Transfer}, DenyAgents: true, DenyPlans: true}},
		{map[string]int{"release": 1, "hold": 1, "transferToAgent": 1, "transferToRoute": 1}, vcc.Call{}},
		{map[string]int{"release": 1, "hold": 1, "transferToAgent": 0, "transferToRoute": 1}, vcc.Call{DenyAgents: true}},
	} {
		var got vcc.Call
		Provider{Permitted: tt.permitted}.limits(&got)
		if !reflect.DeepEqual(got, tt.want) {
			t.Errorf("%v: %+v, want %+v", tt.permitted, got, tt.want)
		}
	}
}

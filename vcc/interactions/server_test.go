package interactions

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"omnibridge/vcc"
)

// full is the documented example of a dispatch with everything in it (vcc.md 10.2).
const full = `{
	"provider": "crm",
	"requests": [{
		"action": "dispatch", "requestid": "13141f79", "externalid": "40a4b50f", "route": "APIRouting",
		"linkeddata": [
			{"type": "clid", "value": "Cases 40a4b50f"},
			{"type": "url", "label": "40a4b50f", "value": "https://example.com"},
			{"type": "name", "value": "Case Friendly Name"},
			{"type": "mediatype", "value": "Case-External"},
			{"type": "object", "owner": "Crm", "key": "Case", "value": "500000000000001AAA"}
		],
		"routingdata": {
			"interactiontype": "nonlive",
			"personalqueue": {"agent": "ana", "loggedintimeout": 20, "loggedouttimeout": 30},
			"skills": [{"name": "optional", "expiryafter": 0}, {"name": "expiring", "expiryafter": 60}, {"name": "mandatory"}]
		}
	}]
}`

func TestDispatch(t *testing.T) {
	r := newRig(t)
	r.registered(`{"provider": "crm", "agentactionspermitted": {"release": 1, "hold": 0, "transferToAgent": 1}}`)
	r.ok("/interactions/invoke", full)
	got := r.taken()
	want := vcc.Report{
		Kind: vcc.Arrived, Interaction: "api-" + vcc.InteractionID(strings.Repeat("0", 32)),
		Work: &vcc.Work{
			Record: "500000000000001AAA", Name: "Case Friendly Name", Plan: "plan of APIRouting", Class: vcc.NonLive, Medium: "case", Caller: "Cases 40a4b50f",
			Needs: []vcc.Need{{Skill: "optional", Optional: true}, {Skill: "expiring", For: time.Minute}, {Skill: "mandatory"}},
		},
		Call: &vcc.Call{
			Number: "Cases 40a4b50f", Direction: "in", Provider: "crm", External: "40a4b50f", Request: "13141f79",
			Deny: []vcc.CommandKind{vcc.Hold}, DenyPlans: true,
		},
		Personal: &vcc.Personal{Agent: "id of ana"}, PersonalFor: [2]time.Duration{20 * time.Second, 30 * time.Second},
	}
	if len(got) != 1 {
		t.Fatalf("%+v", got)
	}
	want.Interaction = got[0].Interaction
	if !strings.HasPrefix(string(want.Interaction), "api-") || len(want.Interaction) != 36 {
		t.Errorf("id is %q", want.Interaction)
	}
	if !reflect.DeepEqual(got[0], want) {
		t.Errorf("got\n%+v %+v %+v\nwant\n%+v %+v %+v", got[0], got[0].Work, got[0].Call, want, want.Work, want.Call)
	}
}

func TestDispatchTypes(t *testing.T) {
	for _, tt := range []struct {
		entry string
		want  vcc.Work
	}{
		{`{"route": "r"}`, vcc.Work{Class: vcc.NonLive, Medium: "case"}},
		{`{"ROUTE": "r", "RoutingData": {"InteractionType": "LIVE"}}`, vcc.Work{Class: vcc.Live, Medium: "call"}},
		{`{"route": "r", "routingdata": {"interactiontype": "chat"}}`, vcc.Work{Class: vcc.SemiLive, Medium: "chat"}},
		{`{"route": "r", "linkeddata": [{"type": "mediatype", "value": "Messaging-WhatsApp"}], "routingdata": {"interactiontype": "chat"}}`, vcc.Work{Class: vcc.SemiLive, Medium: "messaging"}},
		{`{"route": "r", "linkeddata": [{"type": "clid", "value": "+44 20"}]}`, vcc.Work{Class: vcc.NonLive, Medium: "case", Caller: "+44 20", Name: "+44 20"}},
		{`{"route": "r", "linkeddata": [{"type": "url", "label": "Case 1", "value": "https://a.lightning.force.com/lightning/r/Case/500000000000001AAA/view"}]}`,
			vcc.Work{Class: vcc.NonLive, Medium: "case", Name: "Case 1", Record: "500000000000001AAA"}},
		{`{"route": "r", "linkeddata": [{"type": "url", "value": "https://a.lightning.force.com/lightning/r/500000000000001"}]}`,
			vcc.Work{Class: vcc.NonLive, Medium: "case", Record: "500000000000001"}},
		{`{"route": "r", "linkeddata": [{"type": "object", "value": "not an id"}]}`, vcc.Work{Class: vcc.NonLive, Medium: "case"}},
	} {
		r := newRig(t)
		r.ok("/interactions/Invoke", `{"requests": [`+tt.entry+`]}`)
		got := r.taken()
		tt.want.Plan = "plan of r"
		if len(got) != 1 || !reflect.DeepEqual(*got[0].Work, tt.want) || got[0].Personal != nil {
			t.Errorf("%s:\n%+v\nwant\n%+v", tt.entry, got[0].Work, tt.want)
		}
	}
}

// TestIdentity: what is the same interaction, and what is not.
func TestIdentity(t *testing.T) {
	id := func(provider, external, request string) vcc.InteractionID {
		return interactionID(provider, asked(external, request))
	}
	if id("crm", "1", "a") != id("crm", "1", "b") {
		t.Error("another request about the same interaction names another one")
	}
	if first, again := id("", "", "a"), id("", "", "a"); first != again {
		t.Error("a request that comes again brings another interaction")
	}
	if first, again := id("", "", ""), id("", "", ""); first == again {
		t.Error("what has no name is taken for the same")
	}
	seen := map[vcc.InteractionID]bool{}
	for _, p := range [][3]string{{"crm", "1", ""}, {"crm1", "", "1"}, {"crm", "11", ""}, {"crm1", "1", ""}, {"", "crm1", ""}, {"", "1", ""}, {"", "", "1"}, {"crm", "", "1"}} {
		if i := id(p[0], p[1], p[2]); seen[i] {
			t.Errorf("%v is taken for another", p)
		} else {
			seen[i] = true
		}
	}
}

func asked(external, id string) request { return request{ExternalID: external, RequestID: id} }

func TestRelease(t *testing.T) {
	r := newRig(t)
	r.registered(`{"provider": "crm"}`)
	r.ok("/interactions/invoke", full)
	r.ok("/interactions/invoke", `{"provider": "crm", "requests": [{"action": "RELEASE", "requestid": "2", "externalid": "40a4b50f"}]}`)
	got := r.taken()
	if len(got) != 2 || got[1].Kind != vcc.Withdrawn || got[1].Interaction != got[0].Interaction || got[1].Reason != vcc.CustomerLeft || got[1].Detail != "released by crm" {
		t.Errorf("%+v", got)
	}
	// Without the provider's name it is another one's.
	r.ok("/interactions/invoke", `{"requests": [{"action": "release", "externalid": "40a4b50f"}]}`)
	if other := r.taken(); other[0].Interaction == got[0].Interaction {
		t.Error("released without naming the provider")
	}
}

// TestRequestOnce: a requestid is done once, and a request that failed may come again.
func TestRequestOnce(t *testing.T) {
	r := newRig(t)
	entry := func(id, external string) string {
		return `{"requestid": "` + id + `", "externalid": "` + external + `", "route": "r"}`
	}
	body := `{"requests": [` + entry("1", "a") + `,` + entry("1", "b") + `,` + entry("2", "c") + `]}`
	r.putErr = errors.New("not now")
	if w := r.post("/interactions/invoke", body); w.Code != http.StatusInternalServerError || strings.Contains(w.Body.String(), "not now") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	r.putErr = nil
	r.ok("/interactions/invoke", body)
	if got := r.taken(); len(got) != 2 || got[0].Call.External != "a" || got[1].Call.External != "c" {
		t.Errorf("%+v", got)
	}
	r.ok("/interactions/invoke", body)
	if got := r.taken(); len(got) != 0 {
		t.Errorf("done again: %+v", got)
	}
	// Another provider has ids of its own.
	r.registered(`{"provider": "crm"}`)
	r.ok("/interactions/invoke", `{"provider": "crm", "requests": [`+entry("1", "a")+`]}`)
	if got := r.taken(); len(got) != 1 {
		t.Errorf("%+v", got)
	}
}

func TestRecentIsBounded(t *testing.T) {
	var r recent
	key := func(i int) requestKey { return requestKey{"p", strconv.Itoa(i)} }
	for i := range 3 * keptRequests {
		_, done, err := r.begin(t.Context(), []requestKey{key(i)})
		if err != nil {
			t.Fatal(err)
		}
		done(true)
	}
	if len(r.seen) > keptRequests || len(r.ring) != keptRequests || len(r.doing) != 0 || r.seen[key(5)] || !r.seen[key(3*keptRequests-1)] {
		t.Errorf("%d remembered, %d under way", len(r.seen), len(r.doing))
	}
}

// TestRequestsAtOnce: of requests with the same id that come at the same time one is
// done, and the others are answered when it is known that it was; if it came to nothing,
// the next is.
func TestRequestsAtOnce(t *testing.T) {
	for _, fails := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			var put []string
			slow := make(chan error)
			r := newRig(t, func(o *Options) {
				o.Put = func(ctx context.Context, reports []vcc.Report) error {
					for _, one := range reports {
						put = append(put, one.Call.External)
					}
					select {
					case err := <-slow:
						return err
					case <-ctx.Done():
						return context.Cause(ctx)
					}
				}
			})
			codes := make(chan int, 3)
			post := func(list string) {
				go func() { codes <- r.post("/interactions/invoke", `{"requests": [`+list+`]}`).Code }()
				synctest.Wait()
			}
			post(`{"requestid": "1", "externalid": "a", "route": "r"}, {"requestid": "2", "externalid": "b", "route": "r"}`)
			post(`{"requestid": "2", "externalid": "c", "route": "r"}, {"requestid": "1", "externalid": "d", "route": "r"}`)
			if len(put) != 2 || len(codes) != 0 {
				t.Fatalf("put %v, %d answered before it is known", put, len(codes))
			}
			if !fails {
				slow <- nil
				if a, b := <-codes, <-codes; a != http.StatusOK || b != http.StatusOK || len(put) != 2 {
					t.Errorf("answered %d and %d; put %v", a, b, put)
				}
				return
			}
			slow <- errors.New("not now")
			if a := <-codes; a != http.StatusInternalServerError {
				t.Errorf("answered %d", a)
			}
			synctest.Wait()
			if len(put) != 4 {
				t.Errorf("put %v, want what came to nothing once more", put)
			}
			// Nobody takes it for too long: it may be sent again, and is.
			if a := <-codes; a != http.StatusServiceUnavailable {
				t.Errorf("answered %d", a)
			}
			post(`{"requestid": "1", "externalid": "e", "route": "r"}`)
			slow <- nil
			if a := <-codes; a != http.StatusOK || len(put) != 5 {
				t.Errorf("answered %d; put %v", a, put)
			}
		})
	}
}

func TestRetryAfterForms(t *testing.T) {
	now := time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC)
	for _, tt := range []struct {
		after, date string
		want        time.Duration
	}{
		{"7", "", 7 * time.Second}, {"", "", 0}, {"-3", "", 0}, {"soon", "", 0}, {"99999999999", "", time.Hour}, {"86400", "", time.Hour},
		{"Mon, 23 Nov 2026 10:00:30 GMT", "", 30 * time.Second}, {"Mon, 23 Nov 2026 09:00:00 GMT", "", 0}, {"Tue, 24 Nov 2026 10:00:00 GMT", "", time.Hour},
		{"Mon, 23 Nov 2026 12:00:05 GMT", "Mon, 23 Nov 2026 12:00:00 GMT", 5 * time.Second},
	} {
		if got := retryAfter(http.Header{"Retry-After": {tt.after}, "Date": {tt.date}}, now); got != tt.want {
			t.Errorf("%q is %v, want %v", tt.after, got, tt.want)
		}
	}
}

func TestRefused(t *testing.T) {
	long := strings.Repeat("x", maxText+1)
	entry := func(s string) string { return `{"requests": [{"route": "ok"}, {` + s + `}]}` }
	for _, tt := range []struct {
		name, body string
		headers    []string
		code       int
		words      string
	}{
		{"no token", full, []string{"Authorization", ""}, 401, "Unauthorized"},
		{"wrong token", full, []string{"Authorization", "Bearer " + secret + "x"}, 401, "Unauthorized"},
		{"other scheme", full, []string{"Authorization", "Basic " + secret}, 401, "Unauthorized"},
		{"token without scheme", full, []string{"Authorization", secret}, 401, "Unauthorized"},
		{"no accept", full, []string{"Accept", ""}, 400, "api-version"},
		{"other version", full, []string{"Accept", "application/vnd.newvoicemedia.v2+json"}, 400, "api-version"},
		{"anything is no version", full, []string{"Accept", "*/*"}, 400, "api-version"},
		{"another's provider", `{"provider": "erp", "requests": [{"route": "r"}]}`, []string{"Authorization", "Bearer only-for-the-crm!"}, 403, `may not speak for provider "erp"`},
		{"no provider", `{"requests": [{"route": "r"}]}`, []string{"Authorization", "Bearer only-for-the-crm!"}, 403, "may not speak"},
		{"too large", `{"requests": [{"route": "` + strings.Repeat("x", maxBody) + `"}]}`, nil, 413, "Payload Too Large"},
		{"no JSON", `hello`, nil, 400, "not valid JSON"},
		{"empty", ``, nil, 400, "not valid JSON"},
		{"two documents", full + full, nil, 400, "something after"},
		{"not a list", `{"requests": {"route": "r"}}`, nil, 400, "requests is a object"},
		{"wrong kind", `{"requests": [{"route": 7}]}`, nil, 400, "route is a number"},
		{"not registered", `{"provider": "erp", "requests": [{"route": "r"}]}`, nil, 400, `"erp" is not registered`},
		{"nothing asked", `{}`, nil, 400, "requests is empty"},
		{"action", entry(`"action": "hold"`), nil, 400, `requests[1].action is "hold"`},
		{"release of what", entry(`"action": "release"`), nil, 400, "requests[1].externalid is missing"},
		{"no route", entry(``), nil, 400, "requests[1].route is missing"},
		{"route", entry(`"route": "nowhere"`), nil, 400, `no route "nowhere"`},
		{"type", entry(`"route": "r", "routingdata": {"interactiontype": "email"}`), nil, 400, `requests[1].routingdata.interactiontype is "email"`},
		{"agent", entry(`"route": "r", "routingdata": {"personalqueue": {"agent": "nobody"}}`), nil, 400, `no agent "nobody"`},
		{"no agent", entry(`"route": "r", "routingdata": {"personalqueue": {}}`), nil, 400, "personalqueue.agent"},
		{"timeout", entry(`"route": "r", "routingdata": {"personalqueue": {"agent": "a", "loggedintimeout": -1}}`), nil, 400, "loggedintimeout is -1"},
		{"skill", entry(`"route": "r", "routingdata": {"skills": [{"name": ""}]}`), nil, 400, "skills[0].name is missing"},
		{"expiry", entry(`"route": "r", "routingdata": {"skills": [{"name": "a", "expiryafter": -5}]}`), nil, 400, "skills[0].expiryafter is -5"},
		{"linked", entry(`"route": "r", "linkeddata": [{"type": "sound"}]`), nil, 400, `linkeddata[0].type is "sound"`},
		{"address", entry(`"route": "r", "linkeddata": [{"type": "url", "value": "javascript:alert(1)"}]`), nil, 400, "linkeddata[0].value is not the address"},
		{"long", entry(`"route": "r", "externalid": "` + long + `"`), nil, 400, "requests[1].externalid has 501 bytes"},
		{"control characters", entry(`"route": "r", "requestid": "a\u0000b"`), nil, 400, "requests[1].requestid holds control characters"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := newRig(t)
			r.registered(`{"provider": "crm"}`)
			w := r.post("/interactions/invoke", tt.body, tt.headers...)
			if w.Code != tt.code || !strings.Contains(w.Body.String(), jsonText(tt.words)) {
				t.Errorf("answered %d %s, want %d with %q", w.Code, w.Body, tt.code, tt.words)
			}
			if got := r.taken(); len(got) > 0 {
				t.Errorf("and yet did %+v", got)
			}
			if (w.Code == 401) != (w.Header().Get("WWW-Authenticate") != "") {
				t.Errorf("WWW-Authenticate: %q", w.Header().Get("WWW-Authenticate"))
			}
		})
	}
}

// jsonText is text as it stands inside a JSON string.
func jsonText(s string) string {
	b, _ := json.Marshal(s)
	return strings.Trim(string(b), `"`)
}

func TestPaths(t *testing.T) {
	r := newRig(t)
	if w := r.post("/interactions", full); w.Code != 404 {
		t.Errorf("%d", w.Code)
	}
	w := httptest.NewRecorder()
	r.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/interactions/invoke", nil))
	if w.Code != 405 || w.Header().Get("Allow") != "POST" {
		t.Errorf("%d %v", w.Code, w.Header())
	}
	if w := r.post("/interactions/invoke", `{"requests": [{"route": "r"}]}`, "Accept", "text/html, "+mediaType+"; q=0.5", "Authorization", "bearer  "+secret); w.Code != 200 {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

func TestRateLimit(t *testing.T) {
	r := newRig(t, func(o *Options) { o.Rate, o.Burst = 0.001, 2 })
	for range 2 {
		r.ok("/interactions/invoke", `{"requests": [{"route": "r"}]}`)
	}
	w := r.post("/interactions/invoke", `{"requests": [{"route": "r"}]}`)
	if w.Code != 429 || w.Header().Get("Retry-After") == "" {
		t.Errorf("%d %v", w.Code, w.Header())
	}
	// Who has no token does not use up what others may.
	if w := r.post("/interactions/invoke", full, "Authorization", ""); w.Code != 401 {
		t.Errorf("%d", w.Code)
	}
}

// TestAgentsNotKnownYet: after a start, what is for one agent alone is to be sent
// again, and is then taken; what is for a plan is taken at once.
func TestAgentsNotKnownYet(t *testing.T) {
	known := false
	r := newRig(t, func(o *Options) { o.Known = func() bool { return known } })
	const personal = `{"requests": [{"route": "r"}, {"route": "r", "requestid": "1", "routingdata": {"personalqueue": {"agent": "ana"}}}]}`
	w := r.post("/interactions/invoke", personal)
	if after, err := strconv.Atoi(w.Header().Get("Retry-After")); w.Code != 503 || err != nil || after < 1 || len(r.taken()) != 0 {
		t.Errorf("%d %v %s", w.Code, w.Header(), w.Body)
	}
	r.ok("/interactions/invoke", `{"requests": [{"route": "r"}]}`)
	r.taken()
	known = true
	r.ok("/interactions/invoke", personal)
	if got := r.taken(); len(got) != 2 || got[1].Personal == nil {
		t.Errorf("%+v", got)
	}
	if w := r.post("/interactions/invoke", strings.Replace(personal, "ana", "nobody", 1)); w.Code != 400 {
		t.Errorf("an agent that there is not: %d %s", w.Code, w.Body)
	}
}

func TestOptions(t *testing.T) {
	_, err := New(t.Context(), Options{Tokens: []Token{{Secret: "too-short"}}, Rate: -1, GiveUp: -1})
	if err == nil {
		t.Fatal("taken")
	}
	for _, want := range []string{"Tokens[0].Secret has 9 bytes", "Put is not set", "Store is not set", "Rate is -1", "GiveUp is -1ns"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%v: does not say %q", err, want)
		}
	}
	if strings.Contains(err.Error(), "too-short") {
		t.Errorf("the error holds a secret: %v", err)
	}
	r := newRig(t)
	r.docs = nil
	o := r.o
	if _, err := New(t.Context(), o); err == nil || !strings.Contains(err.Error(), "the disk is gone") {
		t.Errorf("%v", err)
	}
	r.docs = map[string][]byte{providerKind + "/crm": []byte("{")}
	if _, err := New(t.Context(), o); err == nil || !strings.Contains(err.Error(), `"crm"`) {
		t.Errorf("%v", err)
	}
}

// FuzzInvoke: whatever is sent, it is answered by one of the documented codes, and
// what is put makes sense.
func FuzzInvoke(f *testing.F) {
	f.Add("/interactions/invoke", full)
	f.Add("/interactions/register", `{"provider": "crm", "endpoint": "https://example.com", "headers": {"Authorization": "Basic x"}, "agentactionspermitted": {"hold": 1}}`)
	f.Add("/interactions/invoke", `{"requests": [{"action": "release", "externalid": "1"}]}`)
	f.Fuzz(func(t *testing.T, path, body string) {
		if path != "/interactions/register" {
			path = "/interactions/invoke"
		}
		r := newRig(t)
		r.registered(`{"provider": "crm"}`)
		w := r.post(path, body)
		switch w.Code {
		case 200, 400, 413:
		default:
			t.Fatalf("answered %d %s", w.Code, w.Body)
		}
		for _, q := range r.taken() {
			switch {
			case q.Interaction == "":
				t.Fatalf("no id: %+v", q)
			case q.Kind == vcc.Withdrawn:
			case q.Kind != vcc.Arrived || !q.Work.Class.Valid() || q.Work.Channel != "" || q.Work.Plan == "" || q.Call == nil:
				t.Fatalf("%+v %+v", q, q.Work)
			}
		}
	})
}

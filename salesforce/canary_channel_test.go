package salesforce

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
)

// aviary is an org with a channel for canaries, or none.
type aviary struct {
	mu     sync.Mutex
	id     string // of the channel; empty if there is none
	refuse string // the code that making it is refused with
	calls  []string
}

func (a *aviary) answer(w http.ResponseWriter, r *http.Request, _ string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	_, path, _ := strings.Cut(r.URL.Path, "/services/data/v62.0/")
	a.calls = append(a.calls, r.Method+" "+path)
	switch {
	case r.Method == http.MethodGet && a.id == "":
		answer(w, 200, `{"totalSize":0,"done":true,"records":[]}`)
	case r.Method == http.MethodGet:
		answer(w, 200, fmt.Sprintf(`{"totalSize":1,"done":true,"records":[{"Id":%q,"Name":%q}]}`, a.id, CanaryChannel))
	case path == "sobjects/StreamingChannel" && a.refuse == "DUPLICATE_VALUE":
		a.id = "0M6000000000001AAA" // another daemon was faster
		answer(w, 400, errBody(a.refuse, "duplicate value found"))
	case path == "sobjects/StreamingChannel" && a.refuse != "":
		answer(w, 403, errBody(a.refuse, "no"))
	case path == "sobjects/StreamingChannel/"+a.id+"/push":
		answer(w, 200, `[{"fanoutCount":-1,"userOnlineStatus":{}}]`)
	default:
		answer(w, 404, errBody("NOT_FOUND", path))
	}
}

// said returns the calls since it was last asked.
func (a *aviary) said() (calls []string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	calls, a.calls = a.calls, nil
	return calls
}

// TestCanaryChannel: it costs one call where it is there; that somebody else made it
// at the same moment is as good; any other refusal is told.
func TestCanaryChannel(t *testing.T) {
	const look, make = "GET query", "POST sobjects/StreamingChannel"
	for _, tt := range []struct {
		name, id, refuse string
		calls            []string
		fault            string
	}{
		{"it is there", "0M6000000000001AAA", "", []string{look}, ""},
		{"another daemon makes it", "", "DUPLICATE_VALUE", []string{look, make, look}, ""},
		{"no access", "", "INSUFFICIENT_ACCESS_OR_READONLY", []string{look, make}, "INSUFFICIENT_ACCESS"},
	} {
		a := &aviary{id: tt.id, refuse: tt.refuse}
		o, _ := orgOf(t, a.answer)
		_, err := o.EnsureCanary(t.Context())
		if got := fmt.Sprint(err); (err == nil) != (tt.fault == "") || !strings.Contains(got, tt.fault) {
			t.Errorf("%s: %v", tt.name, err)
		}
		if calls := a.said(); !slices.Equal(calls, tt.calls) {
			t.Errorf("%s: %q", tt.name, calls)
		}
	}
}

// TestCanaryOfAChannelMadeAnew: its id is looked up once, and again when it is refused.
func TestCanaryOfAChannelMadeAnew(t *testing.T) {
	a := &aviary{id: "0M6000000000001AAA"}
	o, _ := orgOf(t, a.answer)
	for range 2 {
		if err := o.pushCanary(t.Context(), "x"); err != nil {
			t.Fatal(err)
		}
	}
	if calls := a.said(); len(calls) != 3 {
		t.Errorf("two canaries cost %q", calls)
	}
	a.mu.Lock()
	a.id = "0M6000000000002AAA"
	a.mu.Unlock()
	if err := o.pushCanary(t.Context(), "x"); err == nil {
		t.Error("a canary was pushed on a channel that is gone")
	}
	if err := o.pushCanary(t.Context(), "x"); err != nil {
		t.Errorf("after the channel was made anew: %v", err)
	}
}

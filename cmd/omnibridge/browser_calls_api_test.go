package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"omnibridge/salesforce"
	"omnibridge/vcc"
)

// callsToken lets a provider in.
const callsToken = "browser-test-calls-token-0123456789abcdef"

// provider is a telephone system that brings calls by the Interactions API, and is
// told what becomes of them.
type provider struct {
	office *office
	site   *httptest.Server
	mu     sync.Mutex
	told   []string // "AssignToAgent crm-1 ada@acme.example"
	ids    map[string]int
}

// registers makes a provider known, with what it lets agents do; nil: everything.
func (o *office) registers(name string, permitted map[string]int) *provider {
	o.t.Helper()
	p := &provider{office: o, ids: map[string]int{}}
	p.site = httptest.NewServer(http.HandlerFunc(p.take))
	o.t.Cleanup(p.site.Close)
	p.posts("register", map[string]any{"provider": name, "endpoint": p.site.URL, "headers": map[string]string{"Authorization": "Basic Y3JtOnNlY3JldA=="}, "agentactionspermitted": permitted})
	return p
}

// take hears what the daemon tells.
func (p *provider) take(w http.ResponseWriter, r *http.Request) {
	var list []struct {
		Notification   string
		ObjectID       string
		NotificationID string
		Params         struct{ Agent string }
	}
	if err := json.NewDecoder(r.Body).Decode(&list); err != nil || r.Header.Get("Authorization") != "Basic Y3JtOnNlY3JldA==" {
		p.office.t.Errorf("told in a wrong way: %v, %v", err, r.Header)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, n := range list {
		p.ids[n.NotificationID]++
		p.told = append(p.told, n.Notification+" "+n.ObjectID+" "+n.Params.Agent)
	}
	w.WriteHeader(http.StatusOK)
}

// heard waits until the provider was told exactly this, each once.
func (p *provider) heard(want ...string) {
	p.office.t.Helper()
	last := ""
	defer func() {
		if p.office.t.Failed() {
			p.office.t.Logf("the provider heard %s", last)
		}
	}()
	untilSeen(p.office.t, fmt.Sprintf("the provider to hear %q", want), func() bool {
		p.mu.Lock()
		defer p.mu.Unlock()
		last = strings.Join(p.told, "; ")
		return last == strings.Join(want, "; ")
	})
	p.mu.Lock()
	defer p.mu.Unlock()
	for id, n := range p.ids {
		if n > 1 {
			p.office.t.Errorf("notification %s was told %d times", id, n)
		}
	}
}

// posts sends a request to the Interactions API.
func (p *provider) posts(to string, body any) {
	o := p.office
	o.t.Helper()
	text, err := json.Marshal(body)
	if err != nil {
		o.t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(o.t.Context(), http.MethodPost, o.daemon.url()+"/interactions/"+to, strings.NewReader(string(text)))
	if err != nil {
		o.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+callsToken)
	req.Header.Set("Accept", "application/vnd.newvoicemedia.v1+json")
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		o.t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != http.StatusOK {
		o.t.Fatalf("%s: %s", to, resp.Status)
	}
}

// newProviderOffice opens an office with the Interactions API, in which only ben
// speaks Portuguese.
func newProviderOffice(t *testing.T) *office {
	t.Helper()
	o := newCallOffice(t, nil)
	o.ready()
	o.close()
	o.cfg.CallsToken = salesforce.Secret(callsToken)
	o.rules.Agents = map[string]agentFile{o.id("ada"): {}, o.id("ben"): {Skills: []vcc.Skill{"portuguese"}}}
	o.open()
	return o
}

// TestProviderCall: a telephone system brings a call that needs a skill; it rings with
// who has it, the provider hears once who answered and once that it is over, and the
// same request again does nothing.
func TestProviderCall(t *testing.T) {
	t.Parallel()
	o := newProviderOffice(t)
	record := o.knows("Lena", "Vogt", "+49 30 5550147")
	crm := o.registers("crm", map[string]int{"release": 1, "hold": 0, "transferToAgent": 0, "transferToRoute": 0})
	people := o.shift("ada", "ben")
	ada, ben := people[0], people[1]
	call := map[string]any{"action": "dispatch", "requestid": "r-1", "externalid": "crm-1", "route": "calls",
		"linkeddata":  []map[string]string{{"type": "name", "value": "Lena Vogt"}, {"type": "clid", "value": "+49305550147"}, {"type": "object", "value": record}},
		"routingdata": map[string]any{"interactiontype": "live", "skills": []map[string]any{{"name": "portuguese"}}}}
	invoke := map[string]any{"provider": "crm", "requests": []any{call}}
	crm.posts("invoke", invoke)
	ben.sees("Call · Lena Vogt")
	ben.press("Answer")
	ben.card("Lena Vogt", vcc.CardConnected)
	ben.tab("Lena Vogt")
	crm.heard("AssignToAgent crm-1 ben@acme.example")
	ben.may("[Hold]", "[Consult]", "Release call") // to consult puts the customer on hold
	ben.tries("Hold", "crm does not permit it")
	ben.shoot("1-narrowed")
	crm.posts("invoke", invoke)
	call["requestid"] = "r-2" // another request about the same call
	crm.posts("invoke", invoke)

	release := map[string]any{"provider": "crm", "requests": []any{map[string]string{"action": "release", "requestid": "r-3", "externalid": "crm-1"}}}
	crm.posts("invoke", release)
	ben.card("Lena Vogt", vcc.CardWrapUp)
	crm.heard("AssignToAgent crm-1 ben@acme.example", "Release crm-1 ben@acme.example")
	crm.posts("invoke", release)
	ben.sees("Ready (Idle)")
	ada.sees("Ready (Idle)")

	// The next call is all that comes, so that nothing came of what was repeated.
	delete(call, "routingdata")
	call["requestid"], call["externalid"], call["routingdata"] = "r-4", "crm-2", map[string]any{"interactiontype": "live", "personalqueue": map[string]any{"agent": "ben@acme.example"}}
	crm.posts("invoke", invoke)
	ben.press("Answer")
	ben.card("Lena Vogt", vcc.CardConnected)
	ben.acts("Release call")
	crm.heard("AssignToAgent crm-1 ben@acme.example", "Release crm-1 ben@acme.example", "AssignToAgent crm-2 ben@acme.example", "Release crm-2 ben@acme.example")
	if n := js[int](t, ada.pad, `return said.filter((s) => s.includes('ringing')).length`); n != 0 {
		t.Errorf("it rang %d times with who lacks the skill", n)
	}
}

// TestProviderDecidesRelease: of a call that the provider alone may end, the button
// says why it is off, and to consult is allowed where hold is.
func TestProviderDecidesRelease(t *testing.T) {
	t.Parallel()
	o := newProviderOffice(t)
	crm := o.registers("crm", map[string]int{"hold": 1, "transferToAgent": 1})
	ada := o.shift("ada")[0]
	crm.posts("invoke", map[string]any{"provider": "crm", "requests": []any{map[string]any{"action": "dispatch", "requestid": "r-1", "externalid": "crm-1", "route": "Calls",
		"linkeddata": []map[string]string{{"type": "clid", "value": "+49305550147"}}, "routingdata": map[string]any{"interactiontype": "live"}}}})
	ada.press("Answer")
	ada.may("Hold", "Consult", "[Release call]")
	ada.tries("Release call", "crm does not permit it")
	ada.acts("Hold")
	ada.card("+49305550147", vcc.CardHeld)
	ada.acts("Retrieve")
	ada.card("+49305550147", vcc.CardConnected)
	crm.posts("invoke", map[string]any{"provider": "crm", "requests": []any{map[string]string{"action": "release", "externalid": "crm-1"}}})
	ada.card("+49305550147", vcc.CardWrapUp)
	crm.heard("AssignToAgent crm-1 ada@acme.example", "Release crm-1 ada@acme.example")
}

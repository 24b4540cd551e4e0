package mockorg

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// plane is a client of the control plane over real HTTP.
type plane struct {
	*world
	server *httptest.Server
}

func newPlane(t *testing.T) *plane {
	w := newWorld(t, nil)
	s := httptest.NewServer(w.o.control())
	t.Cleanup(s.Close)
	return &plane{w, s}
}

// call makes a request and decodes the reply into out.
func (p *plane) call(method, path, body string, status int, out any) {
	p.Helper()
	req, err := http.NewRequestWithContext(p.Context(), method, p.server.URL+path, strings.NewReader(body))
	p.must(err)
	resp, err := p.server.Client().Do(req)
	p.must(err)
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	p.must(err)
	if resp.StatusCode != status {
		p.Fatalf("%s %s: status %d, want %d: %s", method, path, resp.StatusCode, status, text)
	}
	if out != nil {
		if err := json.Unmarshal(text, out); err != nil {
			p.Fatalf("%s %s: %v in %s", method, path, err, text)
		}
	}
}

func TestControlPlaneTellsAStory(t *testing.T) {
	p := newPlane(t)
	var ada AgentState
	p.call("POST", "/mock/v1/agents/ada/online", `{"status":"Available"}`, 200, &ada)
	if ada.Status != "Available" || !ada.Connected || ada.Username != "ada@acme.example" {
		t.Errorf("ada after login: %+v", ada)
	}
	p.call("POST", "/mock/v1/agents/ben@acme.example/online", `{"status":"available"}`, 200, nil)
	var chat Work
	p.call("POST", "/mock/v1/work", `{"object":"livechattranscript","queue":"Support_Chat","name":"Iris","fields":{"Browser":"Firefox","VisitorMessageCount":3}}`, 200, &chat)
	if chat.ID == "" || chat.PSR == "" || chat.Name != "00000001" {
		t.Errorf("chat: %+v", chat)
	}
	if row := p.get(chat.ID); row["Browser"] != "Firefox" || row["VisitorMessageCount"] != int64(3) {
		t.Errorf("fields were not kept: %v", row)
	}
	p.push(chat.ID, "ada")
	p.call("GET", "/mock/v1/agents/ada", "", 200, &ada)
	if ada.Load != 51 || len(ada.Alerting) != 1 {
		t.Errorf("ada alerting: %+v", ada)
	}
	p.call("POST", "/mock/v1/agents/ada/decline", `{"reason":"Not my skill"}`, 200, nil)
	p.push(chat.ID, "ben")
	p.call("POST", "/mock/v1/agents/ben/accept", "", 200, nil)
	p.call("POST", "/mock/v1/agents/ben/transfer", `{"to":"ada"}`, 200, nil)
	p.call("POST", "/mock/v1/agents/ada/accept", `{"work":"`+chat.ID+`"}`, 200, nil)
	p.call("POST", "/mock/v1/agents/ada/close", "", 200, &ada)
	if ada.Load != 0 || len(ada.Opened) != 0 {
		t.Errorf("ada after closing: %+v", ada)
	}
	var verdict struct{ Work []WorkVerdict }
	p.call("GET", "/mock/v1/verdict", "", 200, &verdict)
	v := verdict.Work[0]
	if v.Pushes != 2 || v.Refused["Declined"] != 1 || v.MaxAssigned != 1 || v.MaxOpened != 1 || v.Outcome != "closed" || len(v.AcceptedBy) != 2 || v.FirstPushMS == nil {
		t.Errorf("verdict: %+v", v)
	}
	var history struct{ Changes []Change }
	p.call("GET", "/mock/v1/history?object=pendingservicerouting", "", 200, &history)
	ops := []string{}
	for _, c := range history.Changes {
		ops = append(ops, c.Op)
	}
	if got := strings.Join(ops, " "); got != "created updated updated updated deleted" {
		t.Errorf("history of the PSR: %s", got)
	}
	var c Work
	p.call("POST", "/mock/v1/work", `{"object":"Case","queue":"Support_Cases"}`, 200, &c)
	p.call("POST", "/mock/v1/work/"+c.ID+"/owner", `{"owner":"chloe"}`, 200, nil)
	p.call("POST", "/mock/v1/work/"+c.ID+"/close", "", 200, nil)
	p.call("DELETE", "/mock/v1/work/"+c.ID, "", 200, nil)
	p.call("POST", "/mock/v1/settings", `{"undeliverable":"unavailable","disconnect_after":"5s"}`, 200, nil)
	if s := p.o.Settings(); s.Undeliverable != "unavailable" || s.DisconnectAfter != Duration(5*time.Second) || s.SecondPush != "reject" {
		t.Errorf("settings: %+v", s)
	}
	before := p.o.clock.Now()
	p.call("POST", "/mock/v1/clock", `{"advance":"1h"}`, 200, nil)
	if p.o.clock.Now().Sub(before) < time.Hour {
		t.Error("the clock did not move")
	}
}

func TestControlPlaneRefuses(t *testing.T) {
	p := newPlane(t)
	chat := p.work("LiveChatTranscript")
	p.online("ben")
	cases := []struct {
		method, path, body string
		status             int
		hint               string // part of the error that tells what to do
	}{
		{"POST", "/mock/v1/work", `{"object":"Task","queue":"Support_Chat"}`, 400, "use one of"},
		{"POST", "/mock/v1/work", `{"object":"Case","queue":"Nowhere"}`, 404, "Support_Chat"},
		{"POST", "/mock/v1/work", `{"object":"Case","queue":"Support_Cases","fields":{"Colour":"red"}}`, 400, "no field Colour"},
		{"POST", "/mock/v1/work", `{"object":"Case","queue":"Support_Cases","fields":{"IsEscalated":"perhaps"}}`, 400, "IsEscalated"},
		{"POST", "/mock/v1/work", `{"object":"Case","que":"Support_Cases"}`, 400, `unknown field "que"`},
		{"POST", "/mock/v1/work", `{"object":"Case"`, 400, "the body is not"},
		{"POST", "/mock/v1/work", `{}{}`, 400, "more than one"},
		{"POST", "/mock/v1/work", `{"object":"Ticket__c","queue":"Support_Cases"}`, 409, "no service channel"},
		{"POST", "/mock/v1/work/570000000000001AAA/leave", ``, 404, "no work item"},
		{"POST", "/mock/v1/work/" + chat.ID + "/owner", `{"owner":"nobody"}`, 404, "nobody"},
		{"POST", "/mock/v1/agents/zoe/online", `{"status":"Available"}`, 404, "zoe"},
		{"POST", "/mock/v1/agents/integration/online", `{"status":"Available"}`, 409, "no presence configuration"},
		{"POST", "/mock/v1/agents/ada/online", `{"status":"Asleep"}`, 404, "Available_Chat"},
		{"POST", "/mock/v1/agents/ada/accept", ``, 409, "not online"},
		{"POST", "/mock/v1/agents/ada/offline", ``, 409, "not online"},
		{"POST", "/mock/v1/agents/ben/accept", ``, 409, "no assigned work"},
		{"POST", "/mock/v1/agents/ben/accept", `{"work":"x"}`, 400, "no id"},
		{"POST", "/mock/v1/agents/ben/capacity", `{}`, 400, "capacity is missing"},
		{"POST", "/mock/v1/agents/ben/autopilot", `{"mode":"dance"}`, 400, "accept, decline"},
		{"POST", "/mock/v1/agents/ben/autopilot", `{"mode":"accept","after":5}`, 400, "with a unit"},
		{"POST", "/mock/v1/settings", `{"undeliverable":"maybe"}`, 400, "reject or unavailable"},
		{"POST", "/mock/v1/settings", `{"undeliverabel":"reject"}`, 400, "unknown field"},
		{"POST", "/mock/v1/clock", `{"advance":"-1s"}`, 400, "does not go back"},
		{"POST", "/mock/v1/pushtimeout", ``, 400, "seconds is missing"},
		{"GET", "/mock/v1/await?soql=SELECT+Nope+FROM+Case", ``, 400, "Nope"},
		{"GET", "/mock/v1/await?soql=SELECT+Id+FROM+Case&count=x", ``, 400, "whole number"},
		{"GET", "/mock/v1/await?soql=SELECT+Id+FROM+Case&count=1&min=1", ``, 400, "both given"},
		{"GET", "/mock/v1/await?soql=SELECT+Id+FROM+Case&timeout=1h", ``, 400, "at most"},
		{"GET", "/mock/v1/history?object=Nothing", ``, 404, "Nothing"},
		{"GET", "/mock/v1/nothing", ``, 404, "GET /mock/v1/ lists"},
	}
	p.told()
	for _, c := range cases {
		var reply struct{ Error string }
		p.call(c.method, c.path, c.body, c.status, &reply)
		if !strings.Contains(reply.Error, c.hint) {
			t.Errorf("%s %s %s: %q does not say %q", c.method, c.path, c.body, reply.Error, c.hint)
		}
	}
	p.expect()
}

// TestControlPlaneRig moves the machinery: faults of both kinds, requests,
// logins and streaming clients.
func TestControlPlaneRig(t *testing.T) {
	p := newPlane(t)
	var faults struct {
		Armed []faultBody
		Known map[string]string
	}
	p.call("POST", "/mock/v1/faults", `{"name":"lost-reply","method":"post","object":"agentwork","count":2}`, 200, nil)
	p.call("POST", "/mock/v1/faults", `{"name":"latency","delay":"2s"}`, 200, nil)
	p.call("POST", "/mock/v1/faults", `{"name":"unknown-client","on":"connect"}`, 200, &faults)
	if len(faults.Armed) != 3 || faults.Armed[0].Object != "AgentWork" || faults.Known["lock-row"] == "" || faults.Known["silence"] == "" {
		t.Errorf("faults: %+v", faults)
	}
	p.call("POST", "/mock/v1/faults", `{"name":"unknown-client","object":"Case"}`, 400, nil)
	p.call("POST", "/mock/v1/faults", `{"name":"lock-row","on":"connect"}`, 400, nil)
	p.call("POST", "/mock/v1/faults", `{"name":"gremlins"}`, 400, nil)
	p.call("DELETE", "/mock/v1/faults?name=gremlins", "", 404, nil)
	var disarmed struct{ Disarmed int }
	p.call("DELETE", "/mock/v1/faults?name=latency", "", 200, &disarmed)
	p.call("DELETE", "/mock/v1/faults", "", 200, &faults)
	p.call("GET", "/mock/v1/faults", "", 200, &faults)
	if disarmed.Disarmed != 1 || len(faults.Armed) != 0 {
		t.Errorf("disarmed %d, left %+v", disarmed.Disarmed, faults.Armed)
	}

	org := httptest.NewServer(p.o)
	defer org.Close()
	resp, err := org.Client().Get(org.URL + "/services/data")
	p.must(err)
	resp.Body.Close()
	var asked struct{ Requests []Request }
	p.call("GET", "/mock/v1/requests?limit=1", "", 200, &asked)
	if len(asked.Requests) != 1 || asked.Requests[0].Path != "/services/data" {
		t.Errorf("requests: %+v", asked)
	}
	var counts struct {
		Counts map[string]int
		Daily  struct{ Most int }
	}
	p.call("POST", "/mock/v1/dailyrequests", `{"most":7}`, 200, &counts)
	if counts.Daily.Most != 7 || counts.Counts["GET data"] != 1 {
		t.Errorf("counts: %+v", counts)
	}
	p.call("DELETE", "/mock/v1/requests", "", 200, nil)
	p.call("GET", "/mock/v1/requests", "", 200, &asked)
	if len(asked.Requests) != 0 {
		t.Errorf("forgotten requests: %+v", asked)
	}

	login := func() int {
		resp, err := org.Client().PostForm(org.URL+"/services/oauth2/token", url.Values{
			"grant_type": {"client_credentials"}, "client_id": {DefaultClientID}, "client_secret": {DefaultClientSecret}})
		p.must(err)
		resp.Body.Close()
		return resp.StatusCode
	}
	if status := login(); status != 200 {
		t.Fatalf("login: status %d", status)
	}
	var revoked struct{ Revoked int }
	p.call("POST", "/mock/v1/sessions/revoke", `{"user":"integration"}`, 200, &revoked)
	if revoked.Revoked != 1 {
		t.Errorf("revoked %d sessions, want 1", revoked.Revoked)
	}
	p.call("POST", "/mock/v1/sessions/revoke", `{"user":"nobody"}`, 404, nil)
	p.call("POST", "/mock/v1/sessions/revoke", "", 200, &revoked)
	p.call("POST", "/mock/v1/sessions/life", `{"life":"0s"}`, 400, nil)
	p.call("POST", "/mock/v1/sessions/life", `{"life":"30s"}`, 200, nil)
	p.call("GET", "/mock/v1/stream", "", 200, nil)
	p.call("POST", "/mock/v1/stream/forget", "", 200, nil)
	p.call("POST", "/mock/v1/stream/forget", `{"client":"none"}`, 404, nil)
	p.call("POST", "/mock/v1/stream/purge", "", 200, nil)
	p.call("POST", "/mock/v1/stream/timeout", `{"connect":"-5s"}`, 400, nil)
	p.call("POST", "/mock/v1/stream/timeout", `{"connect":"5s"}`, 200, nil)
	if got := p.o.Streaming().Settings().ConnectTimeout; got != 5*time.Second {
		t.Errorf("a connect is held %v, want 5s", got)
	}
	p.call("POST", "/mock/v1/capture", `{"objects":["AgentWork"]}`, 200, nil)
	p.call("POST", "/mock/v1/capture", `{"objects":["Nothing"]}`, 400, nil)
	p.call("POST", "/mock/v1/channels", `{"name":"Ext__chn","members":[{"object":"AgentWork","filter":"Status = 'Opened'"}]}`, 200, nil)
	p.call("POST", "/mock/v1/channels", `{"name":"Ext","members":[]}`, 400, nil)
}

// TestAwait shows that a call is held until a commit makes its query true.
func TestAwait(t *testing.T) {
	p := newPlane(t)
	p.online("ada")
	c := p.work("Case")
	p.push(c.ID, "ada")
	path := "/mock/v1/await?timeout=30s&count=1&soql=" + url.QueryEscape("SELECT Id, Status FROM AgentWork WHERE Status = 'Opened'")
	var reply struct {
		Count int
		Rows  []map[string]any
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		p.call("GET", path, "", 200, &reply)
	}()
	p.must(p.o.Agent("ada").Accept(""))
	<-done
	if reply.Count != 1 || reply.Rows[0]["WorkItemId"] != c.ID {
		t.Errorf("await gave %+v", reply)
	}
	p.call("GET", fmt.Sprintf("/mock/v1/await?timeout=1ms&count=0&soql=%s", url.QueryEscape("SELECT Id FROM AgentWork")), "", 408, &reply)
	if reply.Count != 1 {
		t.Errorf("a wait in vain shows %d rows, want the one there is", reply.Count)
	}
}

// TestTwoOrgs shows that what happens in one org leaves another alone.
func TestTwoOrgs(t *testing.T) {
	a, b := newWorld(t, nil), newWorld(t, nil)
	a.online("ada")
	a.work("Case")
	b.expect()
	if x, y := a.user("ada"), b.user("ada"); x != y {
		t.Errorf("the same seed gives ids %s and %s", x, y)
	}
	if n := len(b.o.Verdict()); n != 0 {
		t.Errorf("the other org has %d work items", n)
	}
}

// TestCloseEndsWaiting shows that neither a held call nor a timer outlives the org.
func TestCloseEndsWaiting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, nil)
		w.online("ada")
		w.push(w.work("Case").ID, "ada")
		w.told()
		done := make(chan error)
		go func() {
			_, err := w.o.Await(t.Context(), "SELECT Id FROM Lead", func(rows []Row) bool { return len(rows) > 0 })
			done <- err
		}()
		synctest.Wait()
		w.must(w.o.Close())
		if e, ok := errors.AsType[*ControlError](<-done); !ok || e.Status != 408 {
			t.Errorf("await ended with %v, want status 408", e)
		}
		w.pass(time.Hour)
		w.expect()
	})
}

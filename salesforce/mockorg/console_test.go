package mockorg

import (
	"slices"
	"strings"
	"testing"
	"time"
)

func TestConsoleLogin(t *testing.T) {
	s := newHall(t, nil)
	if got := s.call(200, "GET", "/lightning/api/session", ""); got["user"] != nil || got["org"] != "Acme Support" {
		t.Errorf("before the login: %v", got)
	}
	people := s.call(200, "GET", "/lightning/api/people", "")["people"].([]any)
	if first := people[0].(map[string]any); first["username"] != "ada@acme.example" || first["agent"] != true || len(people) != 7 {
		t.Errorf("%d people, the first is %v; want the 6 agents first, and no Automated Process", len(people), first)
	}
	for _, path := range []string{"GET /lightning/api/omni", "GET /lightning/api/home", "POST /lightning/api/omni/accept", "GET /lightning/api/record/500"} {
		method, path, _ := strings.Cut(path, " ")
		if got := s.call(401, method, path, ""); got["error"] == nil {
			t.Errorf("%s without a login: %v, want a reason", path, got)
		}
	}
	s.call(404, "POST", "/lightning/api/login", `{"user":"nobody"}`)
	s.call(403, "POST", "/lightning/api/login", `{"user":"ada"}`, "Sec-Fetch-Site", "cross-site")
	s.call(400, "POST", "/lightning/api/login", `{"users":"ada"}`)
	s.as("ada")
	if user := s.call(200, "GET", "/lightning/api/session", "")["user"].(map[string]any); user["id"] != s.user("ada") || user["name"] != "Ada Okafor" {
		t.Errorf("logged in as %v", user)
	}
	s.as("ben")
	if user := s.call(200, "GET", "/lightning/api/session", "")["user"].(map[string]any); user["name"] != "Ben Lindqvist" {
		t.Errorf("then logged in as %v", user)
	}
	other := s.another()
	other.call(200, "GET", "/lightning/page/home?user=chloe", "") // the page, after a redirect
	if user := other.call(200, "GET", "/lightning/api/session", "")["user"].(map[string]any); user["name"] != "Chloe Marchetti" {
		t.Errorf("by address logged in as %v", user)
	}
	other.call(404, "GET", "/lightning/page/home?user=nobody", "")
}

func TestConsoleOmni(t *testing.T) {
	s := newHall(t, nil).as("ada")
	view := s.call(200, "GET", "/lightning/api/omni", "")
	statuses := view["statuses"].([]any)
	if view["agent"] != true || view["status"] != nil || len(statuses) != 3 || view["capacity"] != 1000.0 || len(view["reasons"].([]any)) != 3 {
		t.Fatalf("offline: %v", view)
	}
	available := statuses[0].(map[string]any)["id"].(string)
	s.call(409, "POST", "/lightning/api/omni/logout", "{}")
	view = s.call(200, "POST", "/lightning/api/omni/status", `{"status":"`+available[:15]+`"}`)
	if view["status"].(map[string]any)["api_name"] != "Available" || view["session"] == "" {
		t.Fatalf("online: %v", view)
	}
	chat, kase := s.work("LiveChatTranscript"), s.work("Case")
	first, second := s.push(chat.ID, "ada"), s.push(kase.ID, "ada")
	s.call(200, "POST", "/lightning/api/omni/accept", `{"work":"`+first[:15]+`"}`)
	s.call(400, "POST", "/lightning/api/omni/decline", `{"work":"`+second+`","reason":"`+strings.Repeat("x", 201)+`"}`)
	s.call(200, "POST", "/lightning/api/omni/decline", `{"work":"`+second+`","reason":"On a break"}`)
	s.call(409, "POST", "/lightning/api/omni/accept", `{"work":"`+second+`"}`)
	if row := s.get(second); row["Status"] != "Declined" || row["DeclineReason"] != "On a break" {
		t.Errorf("declined: %v", row)
	}
	view = s.call(200, "GET", "/lightning/api/omni", "")
	work := view["works"].([]any)[0].(map[string]any)
	if len(view["works"].([]any)) != 1 || work["record"] != chat.ID || work["status"] != "Opened" || work["queue"] != "Support Chat" || view["load"] != 51.0 || work["accepted"] == 0.0 {
		t.Errorf("after the accept: %v", view)
	}
	s.call(200, "POST", "/lightning/api/omni/autoaccept", `{"on":true}`)
	s.call(409, "POST", "/lightning/api/omni/decline", `{}`)
	s.call(200, "POST", "/lightning/api/omni/transfer", `{"work":"`+first+`","to":"Support_Chat"}`)
	if row := s.get(first); row["Status"] != "Transferred" {
		t.Errorf("transferred: %v", row)
	}
	s.call(200, "POST", "/lightning/api/omni/logout", "")
	if got := s.another().as("integration").call(200, "GET", "/lightning/api/omni", ""); got["agent"] != false {
		t.Errorf("a user without a presence configuration: %v", got)
	}
}

// The reason of a status that a refusal brings is told, too.
func TestConsoleStatusAfterRefusal(t *testing.T) {
	for _, c := range []struct{ reason, how string }{{byDecline, "decline"}, {byTimeout, "timeout"}} {
		t.Run(c.how, func(t *testing.T) {
			s := newHall(t, func(seed *Seed) {
				seed.Users[2].Agent.StatusOnDecline, seed.Users[2].Agent.StatusOnPushTimeout = "Busy", "Busy"
			}).as("ada")
			e := s.listen("/lightning/stream")
			e.state()
			s.must(s.o.Agent("ada").Online("Available"))
			e.hears("omniChannelLoginSuccess", "omniChannelStatusChanged")
			s.push(s.work("Case").ID, "ada")
			e.hears("omniChannelWorkAssigned", "omniChannelWorkloadChanged")
			if c.how == "decline" {
				s.call(200, "POST", "/lightning/api/omni/decline", `{}`)
			} else {
				s.pass(21 * time.Second)
			}
			s.pass(0)
			e.hears("omniChannelWorkDeclined")
			for {
				m := e.next()
				if m.Name == "omniChannelStatusChanged" {
					if got := m.Params.(map[string]any)["reason"]; got != c.reason {
						t.Errorf("the reason is %v, want %s", got, c.reason)
					}
					return
				}
			}
		})
	}
}

// TestConsoleLeft holds what becomes of an agent whose browser goes away.
func TestConsoleLeft(t *testing.T) {
	s := newHall(t, nil).as("ada")
	s.must(s.o.SetPushTimeout(0))
	s.online("ada")
	work := s.push(s.work("Case").ID, "ada")
	first := s.listen("/lightning/stream")
	first.state()
	second := s.listen("/lightning/stream")
	second.state()
	first.conn.Close()
	s.until("one page is left", func() bool {
		s.o.console.mu.Lock()
		defer s.o.console.mu.Unlock()
		return s.o.console.open[s.user("ada")] == 1
	})
	if !s.connected("ada") {
		t.Fatal("the connection is lost though a page is left")
	}
	second.conn.Close()
	s.until("the connection is lost", func() bool { return !s.connected("ada") })
	s.pass(10 * time.Second)
	back := s.listen("/lightning/stream")
	if v := back.state(); !v.Connected || !slices.Equal(works(v), []string{"Assigned Case 00000001"}) {
		t.Fatalf("back in time: %+v", v)
	}
	s.pass(time.Hour)
	if got := s.get(work)["Status"]; got != "Assigned" {
		t.Errorf("the work is %v though the page was back in time", got)
	}
	back.conn.Close()
	s.until("the connection is lost", func() bool { return !s.connected("ada") })
	s.pass(31 * time.Second)
	if _, there := presence(s.world, "ada"); there || s.get(work)["Status"] != "Unavailable" {
		t.Errorf("long after the last page went: present %t, work %v", there, s.get(work)["Status"])
	}

	s.online("ben")
	s.must(s.o.Agent("ben").Autopilot(Autopilot{Mode: "accept"}))
	pilot := s.another().as("ben").listen("/lightning/stream")
	pilot.state()
	pilot.conn.Close()
	s.until("no page is left", func() bool {
		s.o.console.mu.Lock()
		defer s.o.console.mu.Unlock()
		return len(s.o.console.streams) == 0
	})
	if !s.connected("ben") {
		t.Error("an agent with an autopilot needs no page")
	}
}

func presence(w *world, agent string) (row Row, there bool) {
	id := w.user(agent)
	_ = w.o.view(func(t *tx) error { row, there = presenceOf(t, id); return nil })
	return row, there
}

func (w *world) status(name string) string {
	var id string
	w.must(w.o.view(func(t *tx) (err error) { id, err = findStatus(t, name); return err }))
	return id
}

func TestConsoleRecord(t *testing.T) {
	s := newHall(t, nil).as("ada")
	kase := s.work("Case")
	path := "/lightning/api/record/" + kase.ID[:15]
	view := s.call(200, "GET", path, "")
	if view["id"] != kase.ID || view["title"] != "Case 00000001" || view["talk"] != nil {
		t.Errorf("record: %v", view)
	}
	field := func(view map[string]any, name string) map[string]any {
		for _, f := range view["fields"].([]any) {
			if f := f.(map[string]any); f["name"] == name {
				return f
			}
		}
		t.Fatalf("no field %s", name)
		return nil
	}
	if f := field(view, "OwnerId"); f["text"] != "Support Cases" || f["edit"] != true || f["object"] != "Group" {
		t.Errorf("owner: %v", f)
	}
	view = s.call(200, "PATCH", path, `{"fields":{"Status":"Escalated","OwnerId":"`+s.user("chloe")+`","Subject":"Refund"}}`)
	if field(view, "Status")["value"] != "Escalated" || field(view, "OwnerId")["text"] != "Chloe Marchetti" || view["detail"] != "Refund" {
		t.Errorf("saved: %v", view)
	}
	if got := s.o.Records("PendingServiceRouting"); len(got) != 1 || got[0]["IsDeleted"] != true {
		t.Errorf("the PSR of a case that a person took: %v, want it gone", got)
	}
	s.call(400, "PATCH", path, `{"fields":{"IsClosed":true}}`)
	s.call(400, "PATCH", path, `{"fields":{"Nonsense":"x"}}`)
	s.call(400, "PATCH", path, `{"fields":{"OwnerId":"`+s.queue("Support_Chat")+`"}}`)
	if got := field(s.call(200, "GET", path, ""), "OwnerId")["text"]; got != "Chloe Marchetti" {
		t.Errorf("after refusals the owner is %v", got)
	}
	owners := s.call(200, "GET", "/lightning/api/owners/"+kase.ID, "")["owners"].([]any)
	if len(owners) != 2+7 || owners[0].(map[string]any)["queue"] != true {
		t.Errorf("owners: %v, want the case queues and the people", owners)
	}
	s.call(200, "DELETE", path, "")
	for _, id := range []string{kase.ID, "500Mk0000000099", "nonsense"} {
		s.call(404, "GET", "/lightning/api/record/"+id, "")
	}
	s.call(404, "PATCH", path, `{"fields":{"Status":"New"}}`)
	s.call(404, "GET", "/lightning/api/owners/"+kase.ID, "")
	s.call(404, "GET", "/lightning/api/nonsense", "")
}

func (w *world) queue(name string) string {
	var id string
	w.must(w.o.view(func(t *tx) (err error) { id, err = findQueue(t, name); return err }))
	return id
}

func TestConsoleLists(t *testing.T) {
	s := newHall(t, nil).as("ada")
	s.call(200, "POST", "/customer/api/start", `{"kind":"chat","queue":"Support_Chat","name":"Maria Lopez","phone":"+44 20 7946 0018","text":"parcel"}`)
	for range 60 {
		s.work("Case")
	}
	for _, l := range s.call(200, "GET", "/lightning/api/home", "")["lists"].([]any) {
		l := l.(map[string]any)
		rows := l["rows"].([]any)
		want := map[string]int{"Case": 60, "LiveChatTranscript": 1, "Contact": 1}[l["object"].(string)]
		if l["total"] != float64(want) || len(rows) != min(want, maxListed) {
			t.Errorf("%v: %v in all, %d shown; want %d", l["object"], l["total"], len(rows), want)
		}
		if l["object"] == "Case" && rows[0].(map[string]any)["title"] != "Case 00000060" {
			t.Errorf("the first case is %v, want the newest", rows[0])
		}
	}
	for query, want := range map[string]int{"maria": 1, "lopez": 1, "442079460018": 1, "020+7946+0018": 0, "2079460018": 1, "00000060": 1, "nobody": 0} {
		if got := s.call(200, "GET", "/lightning/api/search?q="+query, "")["rows"].([]any); len(got) != want {
			t.Errorf("search for %s: %v, want %d", query, got, want)
		}
	}
	s.call(400, "GET", "/lightning/api/search?q=x", "")
}

// TestConsoleSetUp holds the control plane's call, and what the pages may frame.
func TestConsoleSetUp(t *testing.T) {
	s := newHall(t, nil)
	s.call(400, "POST", "/mock/v1/console", `{"contactPadURL":"pad"}`)
	s.call(400, "POST", "/mock/v1/console", `{"contactPadURL":"javascript:alert(1)"}`)
	s.call(400, "POST", "/mock/v1/console", `{"padURL":"http://127.0.0.1:1/"}`)
	s.call(200, "POST", "/mock/v1/console", `{"contactPadURL":"http://127.0.0.1:8080/pad/"}`)
	s.call(200, "POST", "/mock/v1/console", `{"callsURL":"http://127.0.0.1:8080/calls"}`)
	if got := s.call(200, "GET", "/mock/v1/console", ""); got["contactPadURL"] != "http://127.0.0.1:8080/pad/" || got["callsURL"] != "http://127.0.0.1:8080/calls" || got["bridge"] != "" {
		t.Errorf("set up as %v", got)
	}
	for path, want := range map[string]string{
		"/lightning/page/home": "text/html", "/lightning/r/Case/500/view": "text/html", "/customer/": "text/html", "/": "text/html",
		"/lightning/assets/console.js": "text/javascript", "/lightning/assets/base.css": "text/css",
	} {
		reply, err := s.client.Get(s.url + path)
		s.must(err)
		reply.Body.Close()
		if got := reply.Header.Get("Content-Type"); reply.StatusCode != 200 || !strings.HasPrefix(got, want) || reply.Header.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%s: status %d, %s", path, reply.StatusCode, got)
		}
		if policy := reply.Header.Get("Content-Security-Policy"); want == "text/html" && !strings.Contains(policy, "frame-src http://127.0.0.1:8080;") {
			t.Errorf("%s: policy %q, want the panel's origin as the only frame", path, policy)
		}
	}
	for _, path := range []string{"/lightning/assets/console.html", "/lightning/assets/nonsense.js", "/lightning/resource/OmnibridgeBridge.js", "/lightning/assets/..%2fdoc.go"} {
		s.call(404, "GET", path, "")
	}
	s.must(s.o.SetConsole(Console{Bridge: []byte("var x;")}))
	s.call(200, "GET", "/lightning/resource/OmnibridgeBridge.js", "")
	if got := s.call(200, "GET", "/mock/v1/console", "")["bridge"]; got != "packaged" {
		t.Errorf("the bridge is %v, want packaged", got)
	}
	if _, err := New(Options{Console: Console{ContactPadURL: "pad"}}); err == nil {
		t.Error("an org with an address that is none was made")
	}
}

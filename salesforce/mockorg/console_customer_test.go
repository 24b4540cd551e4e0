package mockorg

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
)

// TestCustomer follows a customer from the start to the end of a chat.
func TestCustomer(t *testing.T) {
	s := newHall(t, nil)
	menu := s.call(200, "GET", "/customer/api/menu", "")
	if len(menu["topics"].([]any)) != 4 || menu["calls"] != false || len(menu["people"].([]any)) < 5 {
		t.Errorf("menu: %v, want the four queues that are routed externally", menu)
	}
	waits := s.work("LiveChatTranscript")
	view := s.call(200, "POST", "/customer/api/start", `{"kind":"chat","queue":"Support_Chat","name":"Maria Lopez","phone":"+44 20 7946 0018","text":"Where is my parcel?"}`)
	id := view["id"].(string)
	if view["title"] != "Chat Maria Lopez" || view["state"] != "waiting" || view["position"] != 2.0 || len(view["talk"].(map[string]any)["messages"].([]any)) != 1 {
		t.Errorf("started: %v", view)
	}
	e := s.listen("/customer/stream?work=" + id)
	look := func(state, agent string) map[string]any {
		t.Helper()
		for {
			view := s.call(200, "GET", "/customer/api/work/"+id, "")
			if view["state"] == state {
				if view["agent"] != agent {
					t.Errorf("%s: with %v, want %s", state, view["agent"], agent)
				}
				return view
			}
			if m := e.next(); m.T != "record" || m.ID != id {
				t.Fatalf("heard %+v", m)
			}
		}
	}
	s.must(s.o.LeaveWork(waits.ID))
	if got := look("waiting", "")["position"]; got != 1.0 {
		t.Errorf("position %v after the first has left, want 1", got)
	}
	s.online("ada")
	s.push(id, "ada")
	look("asked", "Ada Okafor")
	ada := s.another().as("ada")
	ada.call(200, "POST", "/lightning/api/omni/accept", "{}")
	look("served", "Ada Okafor")
	ada.call(200, "POST", "/lightning/api/record/"+id+"/messages", `{"text":"On its way."}`)
	s.call(200, "POST", "/customer/api/work/"+id+"/messages", `{"name":"Maria Lopez","text":"Thank you"}`)
	var said []string
	for _, m := range s.call(200, "GET", "/customer/api/work/"+id, "")["talk"].(map[string]any)["messages"].([]any) {
		m := m.(map[string]any)
		said = append(said, fmt.Sprint(m["from"], " ", m["name"], ": ", m["text"]))
	}
	if want := []string{"customer Maria Lopez: Where is my parcel?", "agent Ada Okafor: On its way.", "customer Maria Lopez: Thank you"}; !slices.Equal(said, want) {
		t.Errorf("said %q, want %q", said, want)
	}
	s.call(400, "POST", "/customer/api/work/"+id+"/messages", `{"text":""}`)
	s.call(400, "POST", "/customer/api/work/"+id+"/messages", `{"text":"`+strings.Repeat("x", maxMessage+1)+`"}`)
	if view := s.call(200, "POST", "/customer/api/work/"+id+"/leave", "{}"); view["state"] != "over" || view["says"] != "You have left." {
		t.Errorf("left: %v", view)
	}
	s.call(409, "POST", "/customer/api/work/"+id+"/messages", `{"text":"still there?"}`)
	s.call(409, "POST", "/customer/api/work/"+id+"/leave", "{}")
	s.call(404, "GET", "/customer/api/work/"+s.user("ada"), "")
}

// TestCustomerKinds starts one of each kind.
func TestCustomerKinds(t *testing.T) {
	s := newHall(t, nil)
	for _, c := range []struct{ body, title, field, value string }{
		{`{"kind":"message","queue":"Support_Messaging","name":"Jonas Weber","text":"hello"}`, "Message Jonas Weber", "PreviewDetails", "hello"},
		{`{"kind":"case","queue":"Support_Cases","name":"Jonas Weber","phone":"+44 20 7946 0142","text":"Refund not received"}`, "Case 00000001", "Subject", "Refund not received"},
		{`{"kind":"lead","queue":"Sales_Leads","name":"Priya Nair","phone":"+44 20 7946 0623"}`, "Lead Priya Nair", "Phone", "+44 20 7946 0623"},
		{`{"kind":"chat","queue":"Support_Chat"}`, "Chat 00000001", "Status", "Waiting"},
	} {
		view := s.call(200, "POST", "/customer/api/start", c.body)
		if row := s.get(view["id"].(string)); view["title"] != c.title || row[c.field] != c.value || view["state"] != "waiting" {
			t.Errorf("%s: %v, %v", c.body, view, row)
		}
	}
	if contacts := s.o.Records("Contact"); len(contacts) != 1 {
		t.Errorf("%d contacts, want one for Jonas Weber", len(contacts))
	}
	for _, body := range []string{`{"kind":"pigeon"}`, `{"kind":"case","queue":"Nowhere"}`, `{"kind":"chat","queue":"Support_Cases"}`, `{"kind":"case","queue":"Support_Cases","name":"` + strings.Repeat("x", 81) + `"}`} {
		before := len(s.o.Records("Case"))
		reply, err := s.client.Post(s.url+"/customer/api/start", "application/json", strings.NewReader(body))
		s.must(err)
		reply.Body.Close()
		if reply.StatusCode/100 != 4 || len(s.o.Records("Case")) != before {
			t.Errorf("%s: status %d, %d cases", body, reply.StatusCode, len(s.o.Records("Case")))
		}
	}
}

func TestCustomerCalls(t *testing.T) {
	s := newHall(t, nil)
	s.call(409, "POST", "/customer/api/call", `{"name":"Maria Lopez","number":"+44 20 7946 0018"}`)
	var asked []string
	engine := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		asked = append(asked, strings.TrimSpace(r.Method+" "+r.URL.Path+" "+string(body)))
		if strings.Contains(string(body), "refuse") {
			http.Error(w, "no plan for calls", http.StatusConflict)
			return
		}
		_, _ = io.WriteString(w, `{"id":"call-1","says":"It rings."}`)
	}))
	defer engine.Close()
	s.must(s.o.SetConsole(Console{CallsURL: engine.URL + "/calls"}))
	if got := s.call(200, "POST", "/customer/api/call", `{"name":"Maria Lopez","number":"+44 20 7946 0018","topic":"x"}`); got["id"] != "call-1" || got["says"] != "It rings." {
		t.Errorf("call: %v", got)
	}
	s.call(200, "POST", "/customer/api/call/call-1/hangup", "{}")
	if got := s.call(409, "POST", "/customer/api/call", `{"number":"1","topic":"refuse"}`); !strings.Contains(got["error"].(string), "no plan for calls") {
		t.Errorf("refused: %v", got)
	}
	s.call(400, "POST", "/customer/api/call", `{"number":"none"}`)
	engine.Close()
	s.call(409, "POST", "/customer/api/call", `{"number":"1"}`)
	want := []string{`POST /calls {"name":"Maria Lopez","number":"+44 20 7946 0018","topic":"x"}`, "DELETE /calls/call-1", `POST /calls {"name":"","number":"1","topic":"refuse"}`}
	if !slices.Equal(asked, want) {
		t.Errorf("asked %q, want %q", asked, want)
	}
}

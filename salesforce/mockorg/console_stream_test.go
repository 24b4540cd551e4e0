package mockorg

import (
	"net/http"
	"strings"
	"testing"

	"github.com/gorilla/websocket"
)

// TestConsoleStream holds what a page is told as it happens, with the toolkit's
// events in their order and shape.
func TestConsoleStream(t *testing.T) {
	s := newHall(t, nil).as("ada")
	e := s.listen("/lightning/stream")
	if v := e.state(); v.Status != nil || len(v.Works) != 0 {
		t.Fatalf("at first: %+v", v)
	}
	available, busy := s.status("Available"), s.status("Busy")

	s.call(200, "POST", "/lightning/api/omni/status", `{"status":"`+available+`"}`)
	got := e.hears("omniChannelLoginSuccess", "omniChannelStatusChanged")
	if got[0]["statusId"] != available[:15] || got[1]["statusId"] != available[:15] || got[1]["statusApiName"] != "Available" || got[1]["reason"] != byLogin {
		t.Errorf("login: %v", got)
	}
	if channels, ok := got[1]["channels"].(string); !ok || !strings.HasPrefix(channels, `[{"channelId":"0N9`) || !strings.Contains(channels, `"developerName":"Chat"`) {
		t.Errorf("channels are %v, want JSON text", got[1]["channels"])
	}
	s.call(200, "POST", "/lightning/api/omni/status", `{"status":"`+busy+`"}`)
	if got := e.hears("omniChannelStatusChanged"); got[0]["reason"] != byHand || got[0]["channels"] != "[]" {
		t.Errorf("by hand: %v", got)
	}
	s.call(200, "POST", "/lightning/api/omni/status", `{"status":"`+available+`","toolkit":true}`)
	if got := e.hears("omniChannelStatusChanged"); got[0]["reason"] != byToolkit {
		t.Errorf("by the toolkit: %v", got)
	}
	s.pass(2 * wishLasts)
	s.must(s.o.Agent("ada").Online("Busy"))
	if got := e.hears("omniChannelStatusChanged"); got[0]["reason"] != bySupervisor {
		t.Errorf("by somebody else: %v", got)
	}
	s.must(s.o.Agent("ada").Online("Available"))
	e.hears("omniChannelStatusChanged")

	chat := s.work("LiveChatTranscript")
	work := s.push(chat.ID, "ada")
	got = e.hears("omniChannelWorkAssigned", "omniChannelWorkloadChanged")
	if got[0]["workId"] != work[:15] || got[0]["workItemId"] != chat.ID[:15] || got[1]["previousWorkload"] != 0.0 || got[1]["newWorkload"] != 51.0 || got[1]["configuredCapacity"] != 1000.0 {
		t.Errorf("assigned: %v", got)
	}
	s.call(200, "POST", "/lightning/api/omni/accept", `{"work":"`+work+`"}`)
	e.hears("omniChannelWorkAccepted")
	s.call(200, "POST", "/lightning/api/omni/close", `{"work":"`+work+`"}`)
	e.hears("omniChannelWorkClosed", "omniChannelWorkloadChanged")
	s.push(s.work("Case").ID, "ada")
	e.hears("omniChannelWorkAssigned", "omniChannelWorkloadChanged")
	s.call(200, "POST", "/lightning/api/omni/decline", `{}`)
	e.hears("omniChannelWorkDeclined", "omniChannelWorkloadChanged")
	left := s.work("Case")
	s.push(left.ID, "ada")
	e.hears("omniChannelWorkAssigned", "omniChannelWorkloadChanged")
	s.must(s.o.DeleteWork(left.ID)) // the push is canceled: no event of the toolkit's tells that
	e.hears("omniChannelWorkloadChanged")
	s.must(s.o.Agent("ada").SetCapacity(900))
	e.hears("omniChannelWorkloadChanged")
	s.must(s.o.Agent("ada").Drop())
	e.hears("omniChannelConnectionError")
	s.must(s.o.Agent("ada").Online("Available"))
	e.hears("omniChannelLogout", "omniChannelLoginSuccess", "omniChannelStatusChanged")
	s.call(200, "POST", "/lightning/api/omni/logout", "")
	e.hears("omniChannelLogout")
}

func TestConsoleStreamRefusesStrangers(t *testing.T) {
	s := newHall(t, nil)
	address := "ws" + strings.TrimPrefix(s.url, "http") + "/lightning/stream"
	for _, c := range []struct {
		name   string
		seat   *seat
		header http.Header
		want   int
	}{
		{"nobody", s.another(), nil, 401},
		{"a page of another site", s.another().as("ada"), http.Header{"Origin": {"https://evil.example"}}, 403},
	} {
		conn, reply, err := (&websocket.Dialer{Jar: c.seat.jar}).DialContext(t.Context(), address, c.header)
		if err == nil {
			conn.Close()
		}
		if err == nil || reply == nil || reply.StatusCode != c.want {
			t.Errorf("%s: %v, want status %d", c.name, reply, c.want)
		}
	}
}

// TestConsoleWatch holds that a page is told of the records it shows, and of no
// others, also of what is said in a conversation.
func TestConsoleWatch(t *testing.T) {
	s := newHall(t, nil).as("ada")
	chat, other := s.work("LiveChatTranscript"), s.work("Case")
	e := s.listen("/lightning/stream")
	e.state()
	s.must(e.conn.WriteJSON(map[string]any{"watch": []string{chat.ID[:15], "nonsense"}}))
	s.until("the page watches", func() bool {
		s.o.console.mu.Lock()
		defer s.o.console.mu.Unlock()
		for st := range s.o.console.streams {
			st.mu.Lock()
			defer st.mu.Unlock()
			return st.watched[chat.ID]
		}
		return false
	})
	s.call(200, "PATCH", "/lightning/api/record/"+other.ID, `{"fields":{"Priority":"High"}}`)
	s.call(200, "PATCH", "/lightning/api/record/"+chat.ID, `{"fields":{"Browser":"Lynx"}}`)
	if m := e.next(); m.T != "record" || m.ID != chat.ID || m.Op != "updated" {
		t.Errorf("heard %+v, want the change of the chat", m)
	}
	s.call(200, "POST", "/customer/api/work/"+chat.ID+"/messages", `{"name":"Iris","text":"hello"}`)
	if m := e.next(); m.T != "record" || m.ID != chat.ID {
		t.Errorf("heard %+v, want the message", m)
	}
	s.must(s.o.DeleteWork(chat.ID))
	if m := e.next(); m.T != "record" || m.Op != "deleted" {
		t.Errorf("heard %+v, want the deletion", m)
	}
}

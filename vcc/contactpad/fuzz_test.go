package contactpad

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/gorilla/websocket"

	"omnibridge/vcc"
)

// samples are messages of a panel, good and bad.
var samples = []string{
	`{"t":"hello","v":1,"panel":"panel-one","token":"","visible":true,"phone":true,"build":"1"}`,
	`{"t":"start","state":"away","minor":"Break"}`, `{"t":"start","state":{"major":"ready"}}`, `{"t":"renew"}`,
	`{"t":"do","id":"c1","do":"release","interaction":"i1"}`,
	`{"t":"do","id":"c2","do":"transfer","interaction":"i1","target":{"agent":"tom"},"by":"eva"}`,
	`{"t":"do","id":"c3","do":"set state","state":{"major":"away","minor":"Break"},"minor":null}`,
	`{"t":"find","id":"f","text":"ana","for":"consult","interaction":"i1"}`,
	`{"t":"alive","n":1,"visible":false}`, `{"t":"primary"}`, `{"t":"logout","id":"l","force":true}`,
	`{"t":"bridge","version":1,"capabilities":["openRecord"],"user":"005000000000001AAA","console":true}`,
	`{"t":"bridge","version":1,"capabilities":["openRecord"],"console":true}`, `{"t":"bridge"}`, `{"t":"asleep"}`,
	`{"t":"result","id":"x-1","ok":false,"error":{"code":"gone","text":"deleted"}}`, `{"t":"result","id":"x-1","ok":true,"result":{"tabId":"1"}}`,
	`{"t":"event","name":"omniLogin","data":{"statusId":"0N5"}}`, `{"t":"rtc","interaction":"call","data":{"sdp":"v=0"}}`,
	`{"t":"x"}`, `{}`, `[]`, `null`, `{"t":1}`, `{"t":"do","id":"c","do":"hold","state":7}`, `{"t":"find","id":"\ud800"}`,
}

// FuzzDecode holds that whatever a panel sends is either refused or within bounds,
// and never speaks for somebody else.
func FuzzDecode(f *testing.F) {
	for _, s := range samples {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := decode(data)
		if err != nil {
			return
		}
		for _, text := range []string{m.T, m.Panel, m.ID, m.Text, string(m.Interaction), m.Name, string(m.command.Target.Agent), m.command.Disposition, m.State.Minor} {
			if len(text) > 200 || !utf8.ValidString(text) || strings.ContainsAny(text, "\x00\n\x7f") {
				t.Errorf("passed %q", text)
			}
		}
		if c := m.command; c.Agent != "" || c.By != "" || c.Why != "" {
			t.Errorf("speaks for %+v", c)
		}
		if m.T == "do" && (m.command.ID == "" || m.command.Do == "") {
			t.Errorf("command %+v", m.command)
		}
		// A panel gets texts of its own back: they can be written.
		encode(rtcMessage{"rtc", m.Interaction, "ana", m.Data})
	})
}

// FuzzPanel holds that no sequence of messages breaks a seat: afterwards an honest
// command is still done.
func FuzzPanel(f *testing.F) {
	f.Add([]byte(strings.Join(samples, "\n")))
	for _, s := range samples {
		f.Add([]byte(s + "\n" + samples[4] + "\n" + s))
	}
	f.Fuzz(func(t *testing.T, script []byte) {
		d := newDesks()
		s := &Server{o: options(d).withDefaults(), pages: &pages{version: "1"}, seats: map[vcc.AgentID]*seat{}, sockets: map[*socket]struct{}{},
			tries: map[string]*try{}, started: map[string]*try{}, popped: map[popKey]time.Time{}}
		s.log = s.o.Log
		s.sessions = &keeper{store: forgetful{}, known: map[string]Session{}}
		s.ctx, s.cancel = context.WithCancel(context.Background())
		defer func() { s.cancel(); s.running.Wait() }()
		k := &socket{s: s, out: newOutbox(), rate: allowance{most: 1 << 30, each: time.Second}, tries: allowance{most: 10, each: time.Second}, done: make(chan struct{})}
		k.hello = inbound{T: "hello", Panel: "panel-one"}
		session := Session{Agent: "ana", Org: testOrg, Until: time.Now().Add(time.Hour)}
		k.sit(session, "")
		s.Direct(vcc.Directive{Kind: vcc.Pop, Agent: "ana", Interaction: "i1", Offer: 1, Record: caseID})
		for line := range strings.SplitSeq(string(script), "\n") {
			low := strings.ToLower(line)
			if strings.Contains(low, "logout") || strings.Contains(low, "renew") || strings.Contains(low, `"user"`) || strings.Contains(low, `\u`) {
				continue // ends the seat, or may be spelt so that it does
			}
			k.take(websocket.TextMessage, []byte(line))
			k.out.take()
		}
		if m := k.take(websocket.TextMessage, []byte(`{"t":"do","id":"the honest one","do":"hold","interaction":"i1"}`)); m != nil {
			t.Fatalf("ended with %+v", m)
		}
		late := time.After(time.Minute)
		for done := false; !done; {
			select {
			case c := <-d.did:
				done = c.ID == "the honest one"
			case <-late:
				t.Fatal("the honest command was not done")
			}
		}
		if _, err := json.Marshal(s.Status()); err != nil {
			t.Error(err)
		}
	})
}

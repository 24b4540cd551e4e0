package contactpad

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gorilla/websocket"

	"omnibridge/vcc"
)

func TestWhoMayOpenASocket(t *testing.T) {
	r := real(t, nil)
	for name, test := range map[string]struct {
		origin, protocol string
		want             int
	}{
		"the page itself":     {r.url, subprotocol, http.StatusSwitchingProtocols},
		"the org":             {"https://acme.lightning.force.com", subprotocol, http.StatusForbidden},
		"another page":        {"https://evil.example", subprotocol, http.StatusForbidden},
		"a sandboxed page":    {"null", subprotocol, http.StatusForbidden},
		"another scheme":      {"https" + r.url[4:], subprotocol, http.StatusForbidden},
		"a longer host":       {r.url + ".evil.example", subprotocol, http.StatusForbidden},
		"no browser":          {"-", subprotocol, http.StatusForbidden},
		"no subprotocol":      {r.url, "", http.StatusBadRequest},
		"another version":     {r.url, "omnibridge.pad.v2", http.StatusBadRequest},
		"several subprotocol": {r.url, "x, " + subprotocol, http.StatusBadRequest},
	} {
		t.Run(name, func(t *testing.T) {
			h := http.Header{"Sec-WebSocket-Protocol": {test.protocol}}
			if test.origin != "-" {
				h.Set("Origin", test.origin)
			}
			d := websocket.Dialer{HandshakeTimeout: patience}
			conn, resp, err := d.Dial("ws"+r.url[4:]+"/pad/ws", h)
			if resp == nil {
				t.Fatal(err)
			}
			if resp.StatusCode != test.want {
				t.Errorf("answered %s", resp.Status)
			}
			if conn != nil {
				conn.Close()
			}
		})
	}
	resp, err := r.client.Get(r.url + "/pad/ws")
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusUpgradeRequired {
		t.Errorf("no WebSocket: %s", resp.Status)
	}
}

func TestSocketsAreBounded(t *testing.T) {
	r := real(t, func(o *Options) { o.MaxSockets = 2 })
	for range 5 { // refused ones take no room
		if _, resp, _ := r.tryOpen(http.Header{"Origin": {"https://evil.example"}}); resp == nil || resp.StatusCode != http.StatusForbidden {
			t.Fatalf("answered %+v", resp)
		}
	}
	r.open(nil)
	two := r.open(nil)
	if _, resp, err := r.tryOpen(nil); err == nil || resp == nil || resp.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("a third: %v", err)
	}
	two.say(map[string]any{"t": "do"})
	two.ended()
	for end := time.Now().Add(patience); time.Now().Before(end); { // room is made once the server has seen the end
		if conn, _, err := r.tryOpen(nil); err == nil {
			conn.Close()
			return
		}
	}
	t.Error("no room after one has ended")
}

func TestSocketEndsWithAReason(t *testing.T) {
	hello := map[string]any{"t": "hello", "v": 1, "panel": "panel-one"}
	for name, test := range map[string]struct {
		say  []any
		code string
		end  int
	}{
		"no hello":          {[]any{map[string]any{"t": "alive", "n": 1}}, "protocol", websocket.ClosePolicyViolation},
		"hello twice":       {[]any{hello, hello}, "protocol", websocket.ClosePolicyViolation},
		"later protocol":    {[]any{map[string]any{"t": "hello", "v": 2, "panel": "panel-one"}}, "version", closeVersion},
		"short panel id":    {[]any{map[string]any{"t": "hello", "v": 1, "panel": "p"}}, "protocol", websocket.ClosePolicyViolation},
		"no JSON":           {[]any{json.RawMessage(`{"t":`)}, "protocol", websocket.ClosePolicyViolation},
		"no type":           {[]any{map[string]any{"x": 1}}, "protocol", websocket.ClosePolicyViolation},
		"long id":           {[]any{hello, map[string]any{"t": "find", "id": strings.Repeat("x", 65)}}, "protocol", websocket.ClosePolicyViolation},
		"command without":   {[]any{hello, map[string]any{"t": "do", "id": "c1"}}, "protocol", websocket.ClosePolicyViolation},
		"control character": {[]any{hello, map[string]any{"t": "find", "id": "f\u0000"}}, "protocol", websocket.ClosePolicyViolation},
		"too much at once": {append([]any{hello}, func() (list []any) {
			for range 300 {
				list = append(list, map[string]any{"t": "start"})
			}
			return list
		}()...), "busy", websocket.CloseTryAgainLater},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := bubble(t, nil)
				p := r.open(nil)
				for _, m := range test.say {
					if raw, ok := m.(json.RawMessage); ok {
						p.conn.WriteMessage(websocket.TextMessage, raw)
					} else {
						p.say(m)
					}
				}
				if err := p.ended(); !websocket.IsCloseError(err, test.end) {
					t.Errorf("ended with %v", err)
				}
				var bye byeMessage
				p.await("bye").into(t, &bye)
				if bye.Code != test.code || bye.Text == "" {
					t.Errorf("said %+v", bye)
				}
			})
		})
	}
}

func TestUnknownMessagesAreFromALaterVersion(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := bubble(t, nil)
		p := r.panel("panel-one", r.session("ana"))
		p.say(map[string]any{"t": "telepathy", "to": "tom"})
		p.say(do("c1", vcc.Hold))
		later(time.Second)
		if a := answers(t, p, "c1"); len(a) != 1 {
			t.Errorf("answers %+v", a)
		}
	})
}

func TestSilentSocketsEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := bubble(t, nil)
		p := r.open(nil)
		start := time.Now()
		p.ended()
		if d := time.Since(start); d != helloWithin {
			t.Errorf("without hello it ended after %v", d)
		}
		// One that waits for its login is asked, too.
		q := r.panel("panel-one", "")
		later(time.Hour)
		if _, n := q.last("login"); n == 0 {
			t.Fatal("not asked to log in")
		}
		q.silence(true)
		start = time.Now()
		q.ended()
		if d := time.Since(start); d > silentAfter || d < silentAfter-11*time.Second {
			t.Errorf("frozen, it ended after %v", d)
		}
	})
}

// TestSlowPanelIsToldToComeBack holds that a panel that does not read costs bounded
// memory, and that it is only ever sent the newest desk.
func TestSlowPanelIsToldToComeBack(t *testing.T) {
	o := newOutbox()
	for i := range 1000 {
		o.put(kindDesk, []byte(fmt.Sprint("desk ", i)))
		o.put(kindAsk, []byte(fmt.Sprint("ask ", i)))
	}
	o.put(0, []byte("answer"))
	batch, last, open := o.take()
	if len(batch) != 3 || string(batch[0].data) != "desk 999" || string(batch[2].data) != "answer" || last != nil || !open {
		t.Fatalf("took %q", batch)
	}
	for range maxQueued {
		o.put(0, []byte("answer"))
	}
	if _, last, _ := o.take(); last != nil {
		t.Fatal("ended although it is just full")
	}
	for range maxQueued + 1 {
		o.put(0, []byte("answer"))
	}
	o.put(0, []byte("lost"))
	batch, last, _ = o.take()
	if len(batch) != 0 || last == nil || last.bye.Code != "slow" || last.code != websocket.CloseTryAgainLater {
		t.Errorf("took %q, then %+v", batch, last)
	}
	o.close()
	o.put(0, []byte("lost"))
	if batch, _, open := o.take(); len(batch) != 0 || open {
		t.Errorf("after the end it holds %q", batch)
	}
}

func TestAllowance(t *testing.T) {
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	a := allowance{most: 3, each: time.Second}
	took := func(after time.Duration) int {
		n := 0
		for a.take(now.Add(after)) {
			n++
		}
		return n
	}
	for _, step := range []struct {
		after time.Duration
		want  int
	}{{0, 3}, {999 * time.Millisecond, 0}, {time.Second, 1}, {3500 * time.Millisecond, 2}, {4 * time.Second, 1}, {time.Hour, 3}} {
		if n := took(step.after); n != step.want {
			t.Errorf("after %v: %d, want %d", step.after, n, step.want)
		}
	}
}

func TestOlderPageIsAskedToLoadAnewWhenNoCallIsOpen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := bubble(t, nil)
		card := callCard("call")
		r.desks.set(vcc.Desk{Agent: "ana", Cards: []vcc.Card{card}})
		p := r.open(nil)
		p.say(map[string]any{"t": "hello", "v": 1, "panel": "panel-one", "token": r.session("ana"), "build": "older"})
		later(time.Minute)
		var m sessionMessage
		p.await("session").into(t, &m)
		if m.Build != r.s.pages.version || m.Build == "" {
			t.Errorf("told the version %q", m.Build)
		}
		if _, n := p.last("bye"); n != 0 {
			t.Fatal("sent away during a call")
		}
		card.State = vcc.CardWrapUp
		r.desks.set(vcc.Desk{Agent: "ana", Cards: []vcc.Card{card}})
		if err := p.ended(); !websocket.IsCloseError(err, closeVersion) {
			t.Errorf("ended with %v", err)
		}
	})
}

func TestCloseTellsEveryPanel(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := bubble(t, nil)
		p, q := r.panel("panel-one", r.session("ana")), r.panel("panel-two", "")
		later(time.Second)
		if err := r.s.Close(t.Context()); err != nil {
			t.Fatal(err)
		}
		for _, p := range []*pad{p, q} {
			var bye byeMessage
			p.await("bye").into(t, &bye)
			if err := p.ended(); bye.Code != "restart" || !websocket.IsCloseError(err, websocket.CloseServiceRestart) {
				t.Errorf("said %+v, ended with %v", bye, err)
			}
		}
		if got := r.desks.standings(); len(got) != 1 || !got[0].Alive {
			t.Errorf("a restart is no lapse: told %+v", got)
		}
		if _, resp, err := r.tryOpen(nil); err == nil || resp.StatusCode != http.StatusServiceUnavailable {
			t.Errorf("opened after the end: %v", err)
		}
		r.s.Direct(popOf(1)) // does nothing
	})
}

func TestStatusShowsHowPanelsStand(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := bubble(t, nil)
		p := r.panel("panel-one", r.session("ana"))
		r.panel("panel-tom", r.session("tom"))
		later(time.Second)
		r.panel("panel-two", r.session("ana"))
		p.say(bridgeReady)
		later(time.Second)
		st := r.s.Status()
		if len(st) != 2 || st[0].Agent != "ana" || len(st[0].Panels) != 2 || !st[0].Alive {
			t.Fatalf("status %+v", st)
		}
		if a, b := st[0].Panels[0], st[0].Panels[1]; !a.Primary || !a.Console || !a.Connected || b.Primary || b.Console {
			t.Errorf("panels %+v", st[0].Panels)
		}
		p.conn.NetConn().Close()
		later(time.Second)
		if a := r.s.Status()[0].Panels[0]; !a.Primary || a.Connected || !a.Alive {
			t.Errorf("panel %+v", a)
		}
	})
}

package contactpad

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gorilla/websocket"

	"omnibridge/vcc"
)

// later lets the bubble's time pass, and everything that is due happen.
func later(d time.Duration) {
	time.Sleep(d) // fake time
	synctest.Wait()
}

// deskOf returns what a panel was told last.
func deskOf(t *testing.T, p *pad) (d struct {
	Seq   int
	Now   int64
	Desk  vcc.Desk
	Panel deskPanel
}) {
	t.Helper()
	h, n := p.last("desk")
	if n == 0 {
		t.Fatal("the panel has no desk")
	}
	h.into(t, &d)
	return d
}

func TestLeaseLivesByAnswersAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := bubble(t, nil)
		p := r.panel("panel-one", r.session("ana"))
		later(time.Second)
		if got := r.desks.standings(); len(got) != 1 || !got[0].Alive {
			t.Fatalf("told %+v", got)
		}
		// Eleven idle hours change nothing.
		later(11 * time.Hour)
		if got := r.desks.standings(); len(got) != 1 {
			t.Fatalf("told %+v", got)
		}
		if _, n := p.last("ask"); n != 11*360 {
			t.Errorf("asked %d times, want every 10 s", n)
		}
		// The page freezes: its connection stands, but nothing answers.
		p.silence(true)
		later(28 * time.Second)
		if got := r.desks.standings(); len(got) != 1 {
			t.Fatalf("lapsed early: %+v", got)
		}
		later(2 * time.Second)
		got := r.desks.standings()
		if len(got) != 2 || got[1].Alive || got[1].Why != "ContactPad does not answer" {
			t.Fatalf("told %+v", got)
		}
		if d := deskOf(t, p); d.Panel.Lease.Alive {
			t.Error("the desk says that the lease is alive")
		}
		// It wakes up.
		p.silence(false)
		later(10 * time.Second)
		if got := r.desks.standings(); len(got) != 3 || !got[2].Alive {
			t.Fatalf("told %+v", got)
		}
		if d := deskOf(t, p); !d.Panel.Lease.Alive || !d.Panel.Primary {
			t.Errorf("desk %+v", d.Panel)
		}
	})
}

// A panel that says that its browser freezes it loses the lease at once, with the
// reason, and has it back with its next answer; another panel of the agent takes over.
func TestPanelThatSleepsIsLostAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := bubble(t, nil)
		token := r.session("ana")
		one := r.panel("panel-one", token)
		later(time.Second)
		one.silence(true)
		one.say(map[string]any{"t": "asleep"})
		later(time.Second)
		got := r.desks.standings()
		if len(got) != 2 || got[1].Alive || got[1].Why != "the browser put the tab of ContactPad to sleep" {
			t.Fatalf("told %+v", got)
		}
		one.silence(false)
		later(10 * time.Second)
		if got := r.desks.standings(); len(got) != 3 || !got[2].Alive {
			t.Fatalf("told %+v", got)
		}
		two := r.panel("panel-two", token)
		later(time.Second)
		one.silence(true)
		one.say(map[string]any{"t": "asleep"})
		later(time.Minute)
		if d := deskOf(t, two); !d.Panel.Primary || d.Panel.Reason != "lost" {
			t.Errorf("the other one has %+v", d.Panel)
		}
		if got := r.desks.standings(); len(got) != 3 {
			t.Errorf("the agent was lost, though one panel was awake: %+v", got)
		}
	})
}

func TestOnlyAnswersToQuestionsCount(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := bubble(t, nil)
		p := r.panel("panel-one", r.session("ana"))
		p.silence(true)
		later(time.Second)
		for range 35 {
			p.say(map[string]any{"t": "alive", "n": 0, "visible": true})
			p.say(map[string]any{"t": "alive", "n": 99, "visible": true})
			p.say(map[string]any{"t": "find", "id": "f", "text": "x", "for": "consult"})
			later(time.Second)
		}
		if got := r.desks.standings(); len(got) != 2 || got[1].Alive {
			t.Errorf("told %+v", got)
		}
		// Only a question answered before does not count again.
		p.say(map[string]any{"t": "alive", "n": 3})
		later(time.Second)
		if got := r.desks.standings(); len(got) != 3 || !got[2].Alive {
			t.Errorf("told %+v", got)
		}
		later(20 * time.Second)
		p.say(map[string]any{"t": "alive", "n": 3})
		later(10 * time.Second)
		if got := r.desks.standings(); len(got) != 4 || got[3].Alive {
			t.Errorf("an answer counted twice: %+v", got)
		}
	})
}

func TestStandingIsToldUntilItIsKnown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := bubble(t, nil)
		r.desks.refuse = errors.New("store is full")
		r.panel("panel-one", r.session("ana"))
		later(10 * time.Second)
		r.desks.mu.Lock()
		r.desks.refuse = nil
		r.desks.mu.Unlock()
		later(2 * time.Second)
		if got := r.desks.standings(); len(got) != 1 || !got[0].Alive {
			t.Errorf("told %+v", got)
		}
	})
}

func TestPanelResumesItsPlace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := bubble(t, nil)
		token := r.session("ana")
		one := r.panel("panel-one", token)
		later(time.Second)
		two := r.panel("panel-two", token)
		later(time.Second)
		if d := deskOf(t, two); d.Panel.Primary {
			t.Fatal("two are primary")
		}
		one.conn.NetConn().Close() // no farewell
		later(20 * time.Second)
		if d := deskOf(t, two); d.Panel.Primary {
			t.Fatal("the place was not kept")
		}
		again := r.panel("panel-one", token)
		later(20 * time.Second)
		if d := deskOf(t, again); !d.Panel.Primary || d.Panel.Reason != "opened" {
			t.Errorf("came back to %+v", d.Panel)
		}
		if got := r.desks.standings(); len(got) != 1 {
			t.Errorf("told %+v", got)
		}
		// Now it stays away.
		again.conn.NetConn().Close()
		later(31 * time.Second)
		if d := deskOf(t, two); !d.Panel.Primary || d.Panel.Reason != "lost" {
			t.Errorf("the other one has %+v", d.Panel)
		}
	})
}

func TestClosedPanelGivesItsPlaceAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := bubble(t, nil)
		token := r.session("ana")
		one := r.panel("panel-one", token)
		later(time.Second)
		two := r.panel("panel-two", token)
		later(time.Second)
		one.conn.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(websocket.CloseGoingAway, ""), time.Now().Add(time.Second))
		later(time.Second)
		if d := deskOf(t, two); !d.Panel.Primary {
			t.Errorf("the other one has %+v", d.Panel)
		}
		// Loaded anew within the lease, nobody notices.
		two.conn.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(websocket.CloseGoingAway, ""), time.Now().Add(time.Second))
		later(5 * time.Second)
		three := r.panel("panel-three", token)
		later(time.Minute)
		if got := r.desks.standings(); len(got) != 1 {
			t.Errorf("told %+v", got)
		}
		three.conn.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(websocket.CloseGoingAway, ""), time.Now().Add(time.Second))
		later(31 * time.Second)
		if got := r.desks.standings(); len(got) != 2 || got[1].Alive || got[1].Why != "ContactPad is closed" {
			t.Errorf("told %+v", got)
		}
		if got := r.s.Status(); len(got) != 0 {
			t.Errorf("still there: %+v", got)
		}
	})
}

func TestAgentMovesThePrimaryPanel(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := bubble(t, nil)
		token := r.session("ana")
		one := r.panel("panel-one", token)
		later(time.Second)
		two := r.panel("panel-two", token)
		later(time.Second)
		two.say(map[string]any{"t": "primary"})
		later(time.Second)
		if a, b := deskOf(t, one), deskOf(t, two); a.Panel.Primary || !b.Panel.Primary || a.Panel.Reason != "moved" {
			t.Errorf("one %+v, two %+v", a.Panel, b.Panel)
		}
	})
}

func TestSamePanelTwiceIsTheNewerOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := bubble(t, nil)
		token := r.session("ana")
		one := r.panel("panel-one", token)
		later(time.Second)
		again := r.panel("panel-one", token)
		later(time.Second)
		if err := one.ended(); !websocket.IsCloseError(err, closeReplaced) {
			t.Errorf("ended with %v", err)
		}
		var bye byeMessage
		one.await("bye").into(t, &bye)
		if bye.Code != "replaced" {
			t.Errorf("said %+v", bye)
		}
		if d := deskOf(t, again); !d.Panel.Primary {
			t.Errorf("panel %+v", d.Panel)
		}
		if st := r.s.Status(); len(st) != 1 || len(st[0].Panels) != 1 || !st[0].Panels[0].Connected {
			t.Errorf("the end of the older one took the newer one along: %+v", st)
		}
	})
}

func TestTooManyPanelsOfOneAgent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := bubble(t, nil)
		token := r.session("ana")
		var pads []*pad
		for i := range maxPanels + 1 {
			pads = append(pads, r.panel("panel-no-"+string(rune('a'+i)), token))
			later(time.Second)
		}
		if err := pads[1].ended(); !websocket.IsCloseError(err, closeReplaced) {
			t.Errorf("the oldest but the primary one ended with %v", err)
		}
		if d := deskOf(t, pads[0]); !d.Panel.Primary {
			t.Error("the primary panel was closed")
		}
	})
}

func TestPhoneIsThatOfThePrimaryPanel(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := bubble(t, nil)
		token := r.session("ana")
		one := r.open(nil)
		one.say(map[string]any{"t": "hello", "v": 1, "panel": "panel-one", "token": token, "phone": true})
		later(time.Second)
		two := r.panel("panel-two", token)
		later(time.Second)
		if got := r.desks.standings(); len(got) != 1 || !got[0].Phone {
			t.Fatalf("told %+v", got)
		}
		two.say(map[string]any{"t": "primary"})
		later(time.Second)
		if got := r.desks.standings(); len(got) != 2 || got[1].Phone || !got[1].Alive || got[1].Since != got[0].Since {
			t.Errorf("told %+v", got)
		}
	})
}

package contactpad_test

import (
	"slices"
	"sync"
	"testing"
	"time"

	"omnibridge/vcc"
)

// audio watches what the page makes of sound, from now on: window.rings counts tones
// that loop and have not been stopped.
const audio = `(() => {
	window.rings = 0;
	const { start } = AudioBufferSourceNode.prototype, { stop } = AudioScheduledSourceNode.prototype;
	AudioBufferSourceNode.prototype.start = function (...a) { if (this.loop) window.rings++; return start.apply(this, a) };
	AudioScheduledSourceNode.prototype.stop = function (...a) { if (this.loop) window.rings--; return stop.apply(this, a) };
	return true;
})()`

// The ring starts and stops with what is seen: not for chats, not in the second panel,
// not without a connection, and not when the customer has left; if the browser keeps it
// silent, the panel says so (panel-ux 7.13, M29).
func TestPageRings(t *testing.T) {
	s := newStage(t, staging{desk: idle()})
	eval[bool](t, s.page, audio)
	rings := func(want string) {
		t.Helper()
		s.wait("rings === " + want)
	}
	call := []vcc.Card{alertingCall("01", "Maria Lopez", time.Minute)}
	s.pad.show(func(d *vcc.Desk) { d.Cards = []vcc.Card{alertingChat("02", "Jonas Weber", time.Minute)} })
	s.text("Jonas Weber")
	rings("0")
	s.pad.show(func(d *vcc.Desk) { d.Cards = call })
	rings("1")
	s.text("Sound is off until you click here.")
	s.click("[data-act=sound]")
	s.noText("Sound is off")
	s.pad.show(func(d *vcc.Desk) { d.Cards = nil })
	rings("0")
	s.pad.show(func(d *vcc.Desk) { d.Cards = call })
	rings("1")
	s.pad.setPanel(map[string]any{"primary": false})
	rings("0")
	s.pad.setPanel(map[string]any{"primary": true})
	rings("1")
	s.pad.refuse(true)
	s.pad.hangUp()
	rings("0")
	s.pad.refuse(false)
	rings("1")
	// A call that is answered on a desk phone rings there.
	s.pad.show(func(d *vcc.Desk) { d.Cards[0].Actions = nil })
	rings("0")
	s.text("Answer on your phone.")
}

// Two agents hear each other: one asks the other, the server only passes their
// messages on, and when the call is gone, so is the microphone.
func TestPageVoice(t *testing.T) {
	asker, asked := idle(), idle()
	asker.Agent, asked.Agent = "005z", "005b"
	asked.Name = "Tom Baker"
	talk := func(d *vcc.Desk, other vcc.AgentID, name string) {
		c := callCard("77", name, 0)
		c.Direction, c.Record, c.Actions = "internal", "", actions(vcc.Hold, vcc.Release)
		c.Parties = []vcc.Party{{ID: string(other), Name: name, State: vcc.PartyTalking, Since: ago(0), Agent: other}}
		working(d, "Busy Internal", c)
	}
	a, b := newStage(t, staging{desk: asker}), newStage(t, staging{desk: asked})
	a.pad.relays(relayTo(t, b.pad, "005z"))
	b.pad.relays(relayTo(t, a.pad, "005b"))
	a.pad.show(func(d *vcc.Desk) { talk(d, "005b", "Tom Baker") })
	a.text("voice connecting…")
	b.pad.show(func(d *vcc.Desk) { talk(d, "005z", "Ana Silva") })
	for _, s := range []*stage{a, b} {
		s.text("voice connected")
		s.wait(`document.getElementById("voice").srcObject?.getAudioTracks().some((t) => t.readyState === "live" && !t.muted)`)
	}
	// What the one side speaks, the other side gets: packets flow.
	a.wait(`document.getElementById("voice").readyState >= 2 && document.getElementById("voice").currentTime > 0`)
	// On hold nobody is heard.
	a.pad.show(func(d *vcc.Desk) { d.Cards[0].State, d.Cards[0].HeldSince = vcc.CardHeld, ago(0) })
	a.wait(`document.getElementById("voice").muted`)
	a.pad.show(func(d *vcc.Desk) { d.Cards[0].State, d.Cards[0].HeldSince = vcc.CardConnected, time.Time{} })
	a.wait(`!document.getElementById("voice").muted`)
	// A page that comes back in the middle is heard again.
	eval[bool](t, a.page, `(window.was = document.getElementById("voice").srcObject, true)`)
	eval[bool](t, b.page, `(setTimeout(() => location.reload()), true)`)
	b.pad.await(t, "hello", 2)
	a.wait(`document.getElementById("voice").srcObject !== window.was`)
	b.page = frameOf(t, b.tab, b.pad.url+"/pad/")
	b.text("voice connected")
	a.text("voice connected")
	for _, s := range []*stage{a, b} {
		s.pad.show(func(d *vcc.Desk) { *d = idle() })
		s.wait(`document.getElementById("voice").srcObject === null`)
	}
}

// relayTo passes what one panel says on to the other, in order, as the server does.
func relayTo(t *testing.T, other *pad, from vcc.AgentID) func(m message) {
	queue := make(chan message, 200)
	t.Cleanup(func() { close(queue) })
	go func() {
		for m := range queue {
			other.say(map[string]any{"t": "rtc", "interaction": m["interaction"], "from": from, "data": m["data"]})
		}
	}()
	return func(m message) { queue <- m }
}

// Without a microphone the card and a notice say so (M19).
func TestPageNoMicrophone(t *testing.T) {
	s := newStage(t, staging{desk: idle()})
	eval[bool](t, s.page, `(navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException("no", "NotAllowedError")), true)`)
	s.pad.show(func(d *vcc.Desk) {
		c := callCard("77", "Tom Baker", 0)
		c.Parties = []vcc.Party{{ID: "005b", Name: "Tom Baker", State: vcc.PartyTalking, Since: ago(0), Agent: "005b"}}
		working(d, "Busy Internal", c)
	})
	s.text("No microphone. Allow it for this page, then release and call again.")
	s.text("Your phone or microphone is not connected.")
}

// signals counts what two panels say to each other.
type signals struct {
	mu     sync.Mutex
	offers []string // who offered
	lose   bool     // nothing arrives
}

// between passes on what the one says to the other, and counts it.
func (g *signals) between(t *testing.T, other *pad, from vcc.AgentID) func(m message) {
	pass := relayTo(t, other, from)
	return func(m message) {
		g.mu.Lock()
		defer g.mu.Unlock()
		data, _ := m["data"].(map[string]any)
		if sdp, _ := data["sdp"].(map[string]any); sdp["type"] == "offer" {
			g.offers = append(g.offers, string(from))
		}
		if !g.lose {
			pass(m)
		}
	}
}

func (g *signals) set(lose bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.lose = lose
}

// Of two panels the one with the smaller id offers, once, whoever is there first; a
// page that comes back, on either side, is offered to again by the same; and messages
// that got lost with a connection are made up for.
func TestPageVoiceIsOfferedOnce(t *testing.T) {
	asker, asked := idle(), idle()
	asker.Agent, asked.Agent = "005z", "005b"
	call := func(other vcc.AgentID) func(d *vcc.Desk) {
		return func(d *vcc.Desk) {
			c := callCard("77", "Somebody", 0)
			c.Direction, c.Record, c.Actions = "internal", "", actions(vcc.Hold, vcc.Release)
			c.Parties = []vcc.Party{{ID: string(other), Name: "Somebody", State: vcc.PartyTalking, Since: ago(0), Agent: other}}
			working(d, "Busy Internal", c)
		}
	}
	// A page starts anew, with one more offer, when it has not found the other for ten
	// seconds, which a busy machine may take.
	patiently := func(d vcc.Desk) staging {
		p := newPad(t, true, d)
		p.instead(t, "const patience = 10_000;", "const patience = 1000_000;")
		return staging{pad: p}
	}
	a, b := newStage(t, patiently(asker)), newStage(t, patiently(asked))
	g := &signals{}
	a.pad.relays(g.between(t, b.pad, "005z"))
	b.pad.relays(g.between(t, a.pad, "005b"))
	connected := func(when string, offers int) {
		t.Helper()
		for _, s := range []*stage{a, b} {
			s.text("voice connected")
		}
		g.mu.Lock()
		defer g.mu.Unlock()
		if len(g.offers) != offers || slices.Contains(g.offers, "005z") {
			t.Errorf("%s: offered by %q, want %d times by 005b", when, g.offers, offers)
		}
		g.offers = nil
	}
	for range 3 {
		a.pad.show(call("005b"))
		b.pad.show(call("005z"))
		connected("at the start", 1)
		for _, s := range []*stage{a, b} {
			s.pad.show(func(d *vcc.Desk) { *d = idle(); d.Agent = "" })
			s.noText("voice connected")
		}
		a.pad.show(func(d *vcc.Desk) { d.Agent = "005z" })
		b.pad.show(func(d *vcc.Desk) { d.Agent = "005b" })
	}
	a.pad.show(call("005b"))
	b.pad.show(call("005z"))
	connected("again", 1)
	for _, back := range []struct{ s, other *stage }{{b, a}, {a, b}} {
		n := len(back.s.pad.all("hello"))
		eval[bool](t, back.other.page, `(window.was = document.getElementById("voice").srcObject, true)`)
		eval[bool](t, back.s.page, `(setTimeout(() => location.reload()), true)`)
		back.s.pad.await(t, "hello", n+1)
		back.other.wait(`document.getElementById("voice").srcObject !== window.was`)
		back.s.page = frameOf(t, back.s.tab, back.s.pad.url+"/pad/")
		connected("after a page was loaded anew", 1)
	}
	// Nothing arrives while the one comes back; then its connection does.
	g.set(true)
	n, said := len(b.pad.all("hello")), len(b.pad.all("rtc"))
	eval[bool](t, b.page, `(setTimeout(() => location.reload()), true)`)
	b.pad.await(t, "hello", n+1)
	b.page = frameOf(t, b.tab, b.pad.url+"/pad/")
	b.text("voice connecting…")
	b.pad.await(t, "rtc", said+1) // it has said that it is ready, to nobody
	g.set(false)
	b.pad.hangUp()
	for _, s := range []*stage{b, a} {
		s.text("voice connected")
	}
}

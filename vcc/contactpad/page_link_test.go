package contactpad_test

import (
	"slices"
	"testing"
	"time"

	"omnibridge/vcc"
)

// Offline and back: everything is off with its reason, no click is sent later, what was
// asked before is asked again as the same, and each side of it is said once
// (panel-ux 7.17, W14).
func TestPageLostAndBack(t *testing.T) {
	d := idle()
	fullHouse(&d)
	s := newStage(t, staging{desk: d})
	s.record()
	s.settled()
	s.pad.script(func(m message) (bool, string, string, bool) { return true, "", "", m.text("do") == string(vcc.Hold) })
	s.click("#dock [data-do=hold]")
	asked := s.pad.command(t, vcc.Hold, 1)
	s.focus("#state")
	s.cut()
	s.says("A Connection lost. Trying again.")
	s.text("Your call and chats go on.")
	s.text("As of ")
	s.wait(`[...document.querySelectorAll("#dock button[data-do]")].every((b) => b.getAttribute("aria-disabled") === "true")`)
	if got := s.focused(); got != "state" {
		t.Errorf("the loss moved the focus to %s", got)
	}
	s.click("#dock [data-do=release]")
	s.text("The connection is lost. You can look, but not act.")
	s.says("P The connection is lost. You can look, but not act.")
	s.mend()
	s.pad.await(t, "hello", 2)
	s.noText("Connection lost")
	again := s.pad.command(t, vcc.Hold, 2)
	if again.text("id") != asked.text("id") {
		t.Errorf("asked again as %v, first as %v", again, asked)
	}
	s.says("P Connected again.")
	if n := s.pad.commands(vcc.Release); n > 0 {
		t.Errorf("a click while the connection was lost was sent later, %d times", n)
	}
	first, second := s.pad.await(t, "hello", 1), s.pad.await(t, "hello", 2)
	if first.text("panel") == "" || first.text("panel") != second.text("panel") {
		t.Errorf("it came back as another panel: %v, then %v", first, second)
	}
}

// Who presses "Try now" again and again does not break off each try that is under way; one
// that takes too long is replaced.
func TestPageTriesInTurn(t *testing.T) {
	s := newStage(t, staging{desk: idle()})
	got := eval[[]int](t, s.page, `(async () => {
		const { Socket } = await import(new URL("assets/socket.js", location.href));
		const real = WebSocket, out = [];
		let now = 0, made = 0;
		window.WebSocket = class { constructor() { made++; } close() {} };
		const socket = new Socket({ url: "ws://a.example", protocol: "p", elapsed: () => now, on: { lost() {} } });
		for (const at of [0, 10, 2900, 3100, 3200]) { now = at; socket.retry(); out.push(made); }
		socket.broken();
		socket.retry();
		out.push(made);
		socket.end();
		window.WebSocket = real;
		return out;
	})()`)
	if want := []int{1, 1, 1, 2, 2, 3}; !slices.Equal(got, want) {
		t.Errorf("made %v connections, want %v", got, want)
	}
}

// What changed meanwhile is one notice (M8), and the lapse of the lease is said (M7).
func TestPageMeanwhile(t *testing.T) {
	d := idle()
	working(&d, "Ready (Working)", wrapUp(caseCard("04", "00001044 Refund not received", time.Minute), time.Minute), chat("01", "Maria Lopez", time.Minute), chat("02", "Jonas Weber", time.Minute))
	s := newStage(t, staging{desk: d})
	s.record()
	// The answer to what the agent asks for last is lost with the link.
	s.pad.script(func(message) (bool, string, string, bool) { return true, "", "", true })
	s.settled()
	s.click("#dock [data-do='finish wrap']")
	s.pad.command(t, vcc.FinishWrap, 1)
	// The last answer was long ago: the lease lapses as soon as the link is lost.
	s.pad.say(map[string]any{"t": "ask", "n": 1, "now": s.pad.clock().Add(-time.Hour).UnixMilli()})
	s.pad.await(t, "alive", 1)
	s.cut()
	s.text("No new work since ")
	s.pad.mu.Lock()
	working(&s.pad.desk, "Ready (Working)", s.pad.desk.Cards[2])
	s.pad.mu.Unlock()
	s.mend()
	s.text("While you were away: chat Maria Lopez left your list.")
}

// The panel answers the server's questions, also while nobody can see it, and tells
// which (panel-ux 7.12; the six minutes of a throttled tab are not waited for here).
func TestPageAlive(t *testing.T) {
	s := newStage(t, staging{desk: idle()})
	s.pad.say(map[string]any{"t": "ask", "n": 7, "now": time.Now().UnixMilli()})
	if m := s.pad.await(t, "alive", 1); m["n"] != 7.0 || m["visible"] != true {
		t.Errorf("answered %v", m)
	}
	eval[bool](t, s.tab, `(document.getElementById("panel").style.display = "none", true)`)
	until(t, "the panel to know that nobody sees it", func() bool {
		n := len(s.pad.all("alive"))
		s.pad.say(map[string]any{"t": "ask", "n": 8, "now": time.Now().UnixMilli()})
		return s.pad.await(t, "alive", n+1)["visible"] == false
	})
	s.pad.setPanel(map[string]any{"primary": true, "lease": map[string]any{"alive": false, "until": time.Date(2026, 11, 22, 10, 15, 32, 0, time.UTC)}})
	eval[bool](t, s.tab, `(document.getElementById("panel").style.display = "block", true)`)
	s.text("No new work since 10:15:32, because ContactPad could not be reached.")
}

// The second panel: it looks, and acts only after "Use this one" (W15, M11).
func TestPageSecondPanel(t *testing.T) {
	d := idle()
	fullHouse(&d)
	s := newStage(t, staging{out: true, desk: d})
	s.pad.mu.Lock()
	s.pad.in = true
	s.pad.panel = map[string]any{"primary": false, "primarySince": time.Date(2026, 11, 22, 9, 14, 0, 0, time.UTC)}
	s.pad.mu.Unlock()
	s.pad.hangUp()
	s.text("The active one opened at 09:14 in another tab.")
	s.wait(`[...document.querySelectorAll("#dock button[data-do]")].every((b) => b.getAttribute("aria-disabled") === "true")`)
	s.pad.show(func(d *vcc.Desk) { d.Cards = append(d.Cards, alertingCall("09", "Eva Lind", time.Minute)) })
	s.text("Eva Lind")
	s.waitHost(`calls.filter((c) => c.name === "utility").at(-1).args.label === "ContactPad: 1 alerting"`)
	if eval[bool](t, s.tab, `calls.filter((c) => c.name === "utility").at(-1).args.highlighted`) {
		t.Error("the second panel is highlighted")
	}
	if eval[bool](t, s.page, `!!document.querySelector("[data-notice=sound]")`) {
		t.Error("the second panel wants to ring")
	}
	s.click("[data-act=use]")
	s.pad.await(t, "primary", 1)
	s.pad.setPanel(map[string]any{"primary": true})
	s.noText("active elsewhere")
	s.pad.setPanel(map[string]any{"primary": false, "primarySince": time.Date(2026, 11, 22, 9, 31, 0, 0, time.UTC)})
	s.text("You moved ContactPad to another tab at 09:31.")
}

// Farewells: a restart is calm (M9), a panel that was replaced stays away until asked.
func TestPageFarewells(t *testing.T) {
	s := newStage(t, staging{desk: idle()})
	s.pad.say(map[string]any{"t": "bye", "code": "restart", "text": "…"})
	s.cut()
	s.text("ContactPad restarts in a moment. Stay as you are.")
	s.mend()
	s.noText("ContactPad restarts")
	n := len(s.pad.all("hello"))
	s.pad.say(map[string]any{"t": "bye", "code": "replaced", "text": "…"})
	s.text("You moved ContactPad to another tab")
	s.pad.hangUp()
	eval[bool](t, s.page, `(dispatchEvent(new Event("online")), true)`)
	if got := len(s.pad.all("hello")); got != n {
		t.Errorf("a replaced panel came back by itself")
	}
	s.click("[data-act=use]")
	s.pad.await(t, "hello", n+1)
	s.text("Waiting for work")
}

// Another version: the page loads itself anew once, and then only says so (M10).
func TestPageVersion(t *testing.T) {
	s := newStage(t, staging{desk: idle()})
	eval[bool](t, s.page, `(window.old = true)`)
	s.pad.say(map[string]any{"t": "bye", "code": "version", "text": "…"})
	second := s.pad.await(t, "hello", 2)
	if first := s.pad.await(t, "hello", 1); first.text("panel") == second.text("panel") {
		t.Error("it came back as the same page")
	}
	s.wait(`!window.old && document.querySelector(".pad.in")`)
	s.pad.say(map[string]any{"t": "bye", "code": "version", "text": "…"})
	s.text("A newer ContactPad is ready")
	// It goes on as it is, without its version, so that it is not sent away for ever.
	n := len(s.pad.all("hello"))
	s.pad.hangUp()
	if m := s.pad.await(t, "hello", n+1); m.text("build") != "" {
		t.Errorf("it came back with its version: %v", m)
	}
	// Where nothing can be kept, it cannot know whether it was loaded anew already.
	other := newStage(t, staging{desk: idle()})
	eval[bool](t, other.page, `(window.old = true, Storage.prototype.setItem = () => { throw new DOMException("no", "SecurityError") }, true)`)
	other.pad.say(map[string]any{"t": "bye", "code": "version", "text": "…"})
	other.text("A newer ContactPad is ready")
	if !eval[bool](t, other.page, `window.old`) {
		t.Error("it would load itself for ever")
	}
	if first := s.pad.await(t, "hello", 1); first.text("build") != "test" {
		t.Errorf("it did not tell its version: %v", first)
	}
}

// A connection on which the server's questions stay away is broken, however open it
// looks; while nobody is logged in the server is silent, and the log-in that is under
// way must not lose its socket.
func TestPageSilence(t *testing.T) {
	for _, in := range []bool{true, false} {
		s := newStage(t, staging{out: !in, desk: idle(), asks: true})
		eval[bool](t, s.page, `(() => {
			const real = performance.now.bind(performance), began = real();
			performance.now = () => began + (real() - began) * 20;
			window.later = performance.now();
			return true;
		})()`)
		if in {
			s.pad.await(t, "hello", 2)
			continue
		}
		s.wait(`performance.now() - window.later > 140_000`)
		if n := len(s.pad.all("hello")); n != 1 {
			t.Errorf("while nobody is logged in it connected %d times", n)
		}
	}
}

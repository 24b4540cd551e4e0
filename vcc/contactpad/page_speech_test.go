package contactpad_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"omnibridge/vcc"
)

// record notes what both live regions say from now on.
func (s *stage) record() {
	s.t.Helper()
	eval[bool](s.t, s.page, `(() => {
		window.spoken = [];
		for (const [id, mark] of [["polite", "P "], ["urgent", "A "]]) {
			new MutationObserver((list) => { for (const m of list) for (const n of m.addedNodes) spoken.push(mark + n.textContent) }).observe(document.getElementById(id), { childList: true });
		}
		return true;
	})()`)
}

// says waits until exactly these sentences were said since the last call.
func (s *stage) says(want ...string) {
	s.t.Helper()
	s.wait(`spoken.length >= ` + jsNumber(len(want)))
	got := eval[[]string](s.t, s.page, `spoken.splice(0)`)
	if !slices.Equal(got, want) {
		s.t.Errorf("said %q, want %q", got, want)
	}
}

func jsNumber(n int) string { return strings.TrimSpace(string(rune('0' + n))) }

// Each event of the screens gives exactly its sentence, in its region, once
// (panel-ux 7.7), and nothing that arrives moves the focus (7.6).
func TestPageSpeaks(t *testing.T) {
	s := newStage(t, staging{desk: idle()})
	s.record()
	s.focus("#state")
	step := func(name string, change func(d *vcc.Desk), want ...string) {
		t.Helper()
		s.pad.show(change)
		s.says(want...)
		if got := s.focused(); got != "state" {
			t.Errorf("%s moved the focus to %s", name, got)
			s.focus("#state")
		}
	}
	maria := chat("01", "Maria Lopez", 0)
	step("alerting", func(d *vcc.Desk) { d.Cards = []vcc.Card{alertingChat("01", "Maria Lopez", 24*time.Minute+spare)} },
		"A Chat alerting: Maria Lopez, Orders. Accept it in Omni-Channel. 24 minutes.")
	step("accept", func(d *vcc.Desk) { working(d, "Ready (Working)", maria) }, "P Chat accepted: Maria Lopez, Orders.")
	jonas := chat("02", "Jonas Weber", 0)
	step("auto-accept", func(d *vcc.Desk) { working(d, "Ready (Working)", maria, jonas) }, "P Chat accepted for you: Jonas Weber, Orders.")
	step("intended state", func(d *vcc.Desk) { d.Intended = &vcc.AgentState{Major: vcc.Away} }, "P Away, when your 2 interactions have ended.")
	step("intended state undone", func(d *vcc.Desk) { d.Intended = nil }, "P Ready again. Away was cancelled.")
	step("release", func(d *vcc.Desk) { d.Cards[0] = wrapUp(maria, 10*time.Minute+spare) }, "P Released. Wrap-up, 10 minutes.")
	step("more time", func(d *vcc.Desk) { d.Cards[0].Until = in(15*time.Minute + spare) }, "P Time added. 15 minutes of wrap-up left.")
	step("wrap-up over", func(d *vcc.Desk) { working(d, "Ready (Working)", jonas) }, "P Wrap-up ended. Ready.")
	step("transfer", func(d *vcc.Desk) {
		c := wrapUp(jonas, 10*time.Minute+spare)
		c.Transferred = "Anders Holm"
		d.Cards[0] = c
	}, "P Transferred to Anders Holm. Wrap-up, 10 minutes.")
	step("last one ends", func(d *vcc.Desk) { *d = idle() }, "P Wrap-up ended. Ready.")
	step("state", func(d *vcc.Desk) {
		d.State, d.Shown, d.Mark = vcc.AgentState{Major: vcc.Away, Minor: "Break"}, "Break", "away"
	}, "P Break.")
	step("back", func(d *vcc.Desk) { *d = idle() }, "P Ready, waiting for work.")
	step("not delivered", func(d *vcc.Desk) {
		d.Notices = []vcc.Notice{{ID: "n1", Kind: vcc.NotDelivered, At: time.Date(2026, 11, 22, 10, 14, 0, 0, time.UTC), Name: "Maria Lopez", Class: vcc.SemiLive, Medium: "chat", Reason: "away"}}
	}, "P Chat not delivered. Maria Lopez, 10:14. Omni-Channel could not take it: you are Away there. The chat went to somebody else.")
	step("the same again", func(d *vcc.Desk) { d.Notices[0].Count = 3 },
		"P 3 chats not delivered. The last: Maria Lopez, 10:14. Omni-Channel could not take it: you are Away there. The chat went to somebody else.")
	step("a missed call", func(d *vcc.Desk) {
		end := time.Now().Add(time.Hour).UTC().Truncate(24 * time.Hour).Add(34*time.Hour + 17*time.Minute)
		d.Blocked = &vcc.Block{Reason: "No Answer", Since: ago(0), Until: end}
		d.Notices = []vcc.Notice{{ID: "n2", Kind: vcc.MissedCall, At: ago(0), Name: "+44 20 7946 0018", Class: vcc.Live, Medium: "phone", Until: end}}
	}, "A You missed a call. No new work until 10 17.")
	s.text("No new work until")
	step("the block ends", func(d *vcc.Desk) { d.Blocked = nil }, "P Ready.")
	s.text("went back to the queue")
	s.noText("No new work until")
}

// A call: its sentences, and those of who is consulted.
func TestPageSpeaksOfCalls(t *testing.T) {
	s := newStage(t, staging{desk: idle()})
	s.record()
	s.pad.show(func(d *vcc.Desk) { d.Cards = []vcc.Card{alertingCall("01", "Maria Lopez", 20*time.Minute+spare)} })
	s.says("A Call ringing: Maria Lopez, Billing. Answer is at the top. 20 minutes.")
	s.pad.show(func(d *vcc.Desk) { working(d, "Busy Inbound", callCard("01", "Maria Lopez", 0)) })
	s.says("P Call accepted: Maria Lopez, Billing.")
	s.pad.show(func(d *vcc.Desk) { held(d); d.Cards[0].Parties = d.Cards[0].Parties[:1] })
	s.says("P Maria Lopez is on hold.")
	s.pad.show(held)
	s.says("P Calling Tom Baker.")
	s.pad.show(func(d *vcc.Desk) {
		d.Cards[0].Parties[1].State = vcc.PartyTalking
		d.Cards[0].Parties[1].Agent = "" // a number: no voice between panels
	})
	s.says("A Tom Baker answered.")
	s.pad.show(func(d *vcc.Desk) {
		d.Cards[0].Parties = d.Cards[0].Parties[:1]
		d.Notices = []vcc.Notice{{ID: "n1", Kind: vcc.ConsultOver, At: ago(0), Name: "Tom Baker", Reason: "hung up"}}
	})
	s.says("P Consult over. Tom Baker hung up.")
}

// Twenty events in one moment give one sentence for each subject at most, the urgent
// one first; the passing of time gives none.
func TestPageSpeaksLittle(t *testing.T) {
	s := newStage(t, staging{desk: idle()})
	s.record()
	for i := range 20 {
		s.pad.show(func(d *vcc.Desk) {
			minor := []string{"Break", "Comfort Break"}[i%2]
			d.State, d.Shown, d.Mark = vcc.AgentState{Major: vcc.Away, Minor: minor}, minor, "away"
			if i == 19 {
				d.Cards = []vcc.Card{alertingChat("01", "Maria Lopez", 24*time.Minute+spare)}
			}
		})
	}
	s.says("A Chat alerting: Maria Lopez, Orders. Accept it in Omni-Channel. 24 minutes.", "P Comfort Break.")
	s.passes(10 * time.Minute)
	if got := eval[[]string](t, s.page, `spoken`); len(got) > 0 {
		t.Errorf("while only time passed, it said %q", got)
	}
}

// What the utility bar shows over a story, and that the console is asked for nothing
// while only time passes (panel-ux 7.14).
func TestPageUtilityBar(t *testing.T) {
	s := newStage(t, staging{desk: idle()})
	s.minimise()
	bar := func(label string, icon string, highlighted bool) {
		t.Helper()
		s.waitHost(`(() => { const u = calls.filter((c) => c.name === "utility").at(-1)?.args; return u && u.label === "` + label + `" && u.icon === "` + icon + `" && u.highlighted === ` + map[bool]string{true: "true", false: "false"}[highlighted] + ` })()`)
	}
	bar("ContactPad: Ready", "ready", false)
	s.pad.show(func(d *vcc.Desk) { d.Cards = []vcc.Card{alertingChat("01", "Maria Lopez", time.Minute)} })
	bar("ContactPad: 1 alerting", "chat", true)
	s.pad.show(func(d *vcc.Desk) { working(d, "Ready (Working)", chat("01", "Maria Lopez", 0)) })
	bar("ContactPad: On 1 chat", "chat", false)
	s.pad.show(func(d *vcc.Desk) {
		working(d, "Ready (Working)", wrapUp(chat("01", "Maria Lopez", 0), time.Minute))
	})
	bar("ContactPad: Wrap-up", "ready", false)
	s.pad.show(func(d *vcc.Desk) {
		*d = idle()
		d.Notices = []vcc.Notice{{ID: "n1", Kind: vcc.MissedCall, At: ago(0), Name: "Maria Lopez", Class: vcc.Live}}
	})
	bar("ContactPad: missed call", "warning", true)
	eval[bool](t, s.tab, `(event("panel", { visible: true }), true)`)
	bar("ContactPad: Ready", "ready", false)
	s.pad.show(func(d *vcc.Desk) {
		*d = idle()
		working(d, "Busy Inbound", callCard("02", "Jonas Weber", 0))
	})
	bar("ContactPad: On a call", "call", false)
	s.pad.show(func(d *vcc.Desk) {
		*d = idle()
		d.State, d.Shown, d.Mark = vcc.AgentState{Major: vcc.Away}, "Away", "away"
	})
	bar("ContactPad: Away", "ready", false)
	before := eval[int](t, s.tab, `calls.length`)
	s.passes(time.Hour)
	if after := eval[int](t, s.tab, `calls.length`); after != before {
		t.Errorf("the console was asked %d times while only time passed", after-before)
	}
	s.pad.refuse(true)
	s.pad.hangUp()
	bar("ContactPad: not connected", "offline", true)
}

// A panel that nobody sees opens for a call, and shows what is urgent; not while the
// agent is about to accept a chat.
func TestPageCallsOut(t *testing.T) {
	s := newStage(t, staging{desk: idle()})
	s.minimise()
	s.pad.show(func(d *vcc.Desk) { d.Cards = []vcc.Card{alertingCall("01", "Maria Lopez", time.Minute)} })
	s.waitHost(`calls.some((c) => c.name === "openPanel") && calls.some((c) => c.name === "toast")`)
	s.pad.show(func(d *vcc.Desk) { d.Cards = []vcc.Card{alertingChat("02", "Jonas Weber", time.Minute)} })
	s.text("Jonas Weber")
	s.pad.show(func(d *vcc.Desk) {
		d.Cards = []vcc.Card{alertingCall("03", "Eva Lind", time.Minute), alertingChat("02", "Jonas Weber", time.Minute)}
	})
	s.waitHost(`calls.filter((c) => c.name === "toast").length === 2`)
	if n := eval[int](t, s.tab, `calls.filter((c) => c.name === "openPanel").length`); n != 1 {
		t.Errorf("the panel was opened %d times, want once: not over a chat that alerts", n)
	}
}

// minimise hides the panel, as a click on another utility does.
func (s *stage) minimise() {
	s.t.Helper()
	n := len(s.pad.all("event"))
	eval[bool](s.t, s.tab, `(event("panel", { visible: false }), true)`)
	s.pad.await(s.t, "event", n+1)
}

// passes lets time pass on the server's clock.
func (s *stage) passes(d time.Duration) {
	s.t.Helper()
	s.pad.mu.Lock()
	s.pad.skew += d
	now := s.pad.clock()
	s.pad.mu.Unlock()
	n := len(s.pad.all("alive"))
	s.pad.say(map[string]any{"t": "ask", "n": n + 1, "now": now.UnixMilli()})
	s.pad.await(s.t, "alive", n+1)
	s.wait(`document.querySelector(".bar .digits")`)
}

package contactpad_test

import (
	"testing"
	"time"

	"omnibridge/vcc"
)

// A release: the button says so at once, the focus is on a card, a double click
// releases one, and after the first is gone the dock waits before it takes another
// click (panel-ux 2.1, 7.9).
func TestPageRelease(t *testing.T) {
	d := idle()
	working(&d, "Ready (Working)", chat("01", "Maria Lopez", time.Minute), chat("02", "Jonas Weber", time.Minute))
	s := newStage(t, staging{desk: d})
	s.pad.script(func(m message) (bool, string, string, bool) { return true, "", "", true })
	s.settled()
	s.doubleClick(`#dock [data-do=release]`)
	m := s.pad.command(t, vcc.Release, 1)
	s.text("Releasing…")
	s.waitFocus("01")
	s.text("This is under way.")
	if n := s.pad.commands(vcc.Release); n != 1 {
		t.Fatalf("a double click released %d times", n)
	}
	if m.text("interaction") != "01" || m.text("id") == "" {
		t.Errorf("released %v", m)
	}
	if got := eval[bool](t, s.page, `!document.getElementById("dock").innerText.includes("Abandon")`); !got {
		t.Error("Abandon is there before a release failed")
	}
	// The desk goes on; the selection moves by itself, and one more click in that
	// moment is not for the next customer.
	eval[bool](t, s.page, `(new MutationObserver(() => {
		if (!document.querySelector(".card [data-interaction='01']") && !window.clicked) {
			window.clicked = true;
			document.querySelector("#dock [data-do=release]").click();
		}
	}).observe(document.getElementById("pad"), { childList: true, subtree: true }), true)`)
	s.pad.show(func(d *vcc.Desk) { working(d, "Ready (Working)", d.Cards[1]) })
	s.text("The selection has just changed. Press again.")
	s.waitFocus("02")
	if n := s.pad.commands(vcc.Release); n != 1 {
		t.Errorf("the next customer was released, too")
	}
	s.wait(`(window.later ??= performance.now()) && performance.now() - window.later > 600`)
	s.click(`#dock [data-do=release]`)
	if m := s.pad.command(t, vcc.Release, 2); m.text("interaction") != "02" {
		t.Errorf("released %v", m)
	}
}

// A release that is not answered takes long after 5 s, has failed after 15 s, and can
// be tried again as the same command. The page's own clock is moved, not waited for.
func TestPageSlowRelease(t *testing.T) {
	d := idle()
	oneCase(&d)
	s := newStage(t, staging{desk: d})
	s.record()
	// The page's long timers are the test's from here: each fires when it says that so much time has passed.
	eval[bool](t, s.page, `(() => {
		const real = performance.now.bind(performance), wait = setTimeout;
		let jump = 0, due = [];
		performance.now = () => real() + jump;
		window.setTimeout = (f, ms, ...args) => (ms < 5000 ? wait(f, ms, ...args) : due.push({ f, at: jump + ms }) && 0);
		window.passes = (ms) => {
			jump += ms;
			const now = due.filter((d) => d.at <= jump);
			due = due.filter((d) => d.at > jump);
			for (const d of now) d.f();
			return now.length > 0;
		};
		return true;
	})()`)
	s.pad.script(func(m message) (bool, string, string, bool) { return true, "", "", true })
	s.settled()
	s.click(`#dock [data-do=release]`)
	first := s.pad.command(t, vcc.Release, 1)
	eval[bool](t, s.page, `passes(5100)`)
	s.text("Releasing is taking a long time.")
	eval[bool](t, s.page, `passes(10_000)`)
	s.text("Release did not work: no answer came. You can try again.")
	if n := eval[int](t, s.page, `document.querySelectorAll("#dock [data-do=abandon]").length`); n > 0 {
		t.Error("Abandon is there although the server does not offer it")
	}
	s.click(`#dock [data-do=release]`)
	if again := s.pad.command(t, vcc.Release, 2); again.text("id") != first.text("id") {
		t.Errorf("tried again as %v, want the id of %v", again, first)
	}
	s.pad.say(map[string]any{"t": "answer", "id": first["id"], "ok": false, "code": "not now", "text": "The case is locked"})
	s.text("The case is locked.")
}

// Abandon: only after a failed release, asks first with the focus on the harmless
// button, Escape keeps, and the load shown is the server's (panel-ux 7.15).
func TestPageAbandon(t *testing.T) {
	d := idle()
	releaseFailed(&d)
	s := newStage(t, staging{desk: d})
	s.record()
	s.text("Release did not work: Salesforce did not answer.")
	s.text("Try again")
	s.focus("#dock [data-do=abandon]")
	s.settled()
	s.keys(enter)
	s.waitFocus("keep")
	if got := eval[string](t, s.page, `(() => { const r = document.getElementById("state").getBoundingClientRect(); document.getElementById("state").focus(); return (document.elementFromPoint(r.x + 5, r.y + 5)?.closest("#state") ? "clicked " : "") + document.activeElement.dataset.act })()`); got != "keep" {
		t.Errorf("what lies behind the question can be reached: %s", got)
	}
	s.text("Only do this because Release did not work. You get 6 of your load back. The case stays yours in Salesforce.")
	for _, want := range []string{"confirm", "keep"} {
		s.keys(tabs)
		s.waitFocus(want)
	}
	s.click("#confirm-text") // and a click on the words takes nothing away from the keys
	s.keys(escape)
	s.waitFocus("abandon")
	if n := s.pad.commands(vcc.Abandon); n > 0 {
		t.Fatal("Escape abandoned")
	}
	s.keys(enter)
	s.waitFocus("keep")
	s.keys(tabs)
	s.keys(enter)
	s.pad.command(t, vcc.Abandon, 1)
	s.waitFocus("04")
	s.pad.show(func(d *vcc.Desk) { *d = idle() })
	s.says("P Abandoned. Load 0 of 100.")
	s.waitFocus("state")
	s.text("0 of 100")
}

// Wrap-up: an outcome that is demanded, more time ten times over, words at 20 seconds,
// and nothing decided at 0:00 (panel-ux 2.5, 7.15).
func TestPageWrapUp(t *testing.T) {
	d := idle()
	c := wrapUp(callCard("01", "Maria Lopez", 0), time.Minute)
	c.Outcomes, c.MustChoose = []string{"Solved", "Call back"}, true
	working(&d, "Ready (Working)", c)
	s := newStage(t, staging{desk: d})
	s.record()
	// The page's timers of minutes are the test's from here.
	eval[bool](t, s.page, `(() => {
		const wait = setTimeout;
		window.setTimeout = (f, ms, ...args) => (ms < 60_000 ? wait(f, ms, ...args) : (window.due = { f, ms }) && 0);
		return true;
	})()`)
	s.pad.show(func(d *vcc.Desk) { d.Cards[0].Until = in(10 * time.Minute) })
	s.wait(`window.due`)
	if ms := eval[float64](t, s.page, `due.ms`); ms > 581_000 || ms < 520_000 {
		t.Errorf("10 minutes before the end it waits %.0f s to tell of 20 seconds", ms/1000)
	}
	eval[bool](t, s.page, `(due.f(), true)`)
	s.says("P 20 seconds of wrap-up left. Add 30 s gives you more.")
	s.settled()
	s.click("#dock [data-do='finish wrap']")
	s.waitFocus("outcome")
	s.text("Choose an outcome first.")
	if n := s.pad.commands(vcc.FinishWrap); n > 0 {
		t.Error("it finished without an outcome")
	}
	eval[bool](t, s.page, `(() => { const o = document.getElementById("outcome"); o.value = "Solved"; o.dispatchEvent(new Event("change")); return true })()`)
	if m := s.pad.command(t, vcc.Dispose, 1); m.text("disposition") != "Solved" {
		t.Errorf("chose %v", m)
	}
	s.pad.show(func(d *vcc.Desk) { d.Cards[0].Outcome = "Solved" })
	for i := range 10 {
		s.click("#dock [data-do='extend wrap']")
		s.pad.command(t, vcc.ExtendWrap, i+1)
		s.pad.show(func(d *vcc.Desk) { d.Cards[0].Until = d.Cards[0].Until.Add(30 * time.Second) })
		s.wait(`!document.querySelector("#dock [data-do='extend wrap'][aria-disabled]")`)
	}
	s.passes(15*time.Minute + time.Second)
	s.wait(`document.querySelector(".card .digits").innerText === "0:00" || document.querySelector(".card .digits").innerText === "ending…"`)
	s.passes(5 * time.Second)
	s.wait(`document.querySelector(".card .digits").innerText === "ending…"`)
	s.wait(`document.querySelector(".card[data-state=wrap-up]")`)
	s.click("#dock [data-do='finish wrap']")
	s.pad.command(t, vcc.FinishWrap, 1)
}

// A click on a card asks for its record; the call that comes back opens one tab for it,
// however often; a record that is gone is said (panel-ux 7.10, M18).
func TestPageRecords(t *testing.T) {
	d := idle()
	oneCase(&d)
	d.Cards = append(d.Cards, alertingChat("01", "Maria Lopez", time.Minute))
	s := newStage(t, staging{desk: d})
	record := d.Cards[0].Record
	s.click(`.card .face`)
	if m := s.pad.command(t, vcc.OpenRecord, 1); m.text("interaction") != "04" {
		t.Errorf("opened %v", m)
	}
	call := map[string]any{"t": "call", "id": "k1", "name": "openRecord", "args": map[string]any{"recordId": record, "focus": true}}
	s.pad.say(call)
	s.pad.say(call)
	for n := range 2 {
		if r := s.pad.await(t, "result", n+1); r["ok"] != true || r.text("id") != "k1" {
			t.Errorf("result %v", r)
		}
	}
	if n := eval[int](t, s.tab, `calls.filter((c) => c.name === "openRecord").length`); n != 1 {
		t.Errorf("the same call reached the console %d times", n)
	}
	eval[bool](t, s.tab, `(fail.openRecord = { code: "gone", text: "" }, true)`)
	call["id"] = "k2"
	s.pad.say(call)
	if r := s.pad.await(t, "result", 3); r["ok"] != false {
		t.Errorf("result %v", r)
	}
	s.text("00001044 Refund not received cannot be opened: it was deleted or you may not see it.")
	s.pad.say(map[string]any{"t": "call", "id": "k3", "name": "eraseEverything", "args": map[string]any{}})
	r := s.pad.await(t, "result", 4)
	if e, _ := r["error"].(map[string]any); e["code"] != "unknown" {
		t.Errorf("a call that is none: %v", r)
	}
	if n := eval[int](t, s.page, `document.querySelectorAll(".alert .face, .alert button").length`); n != 1 {
		t.Errorf("what alerts has %d buttons, want only that for Omni-Channel", n)
	}
	s.pad.show(func(d *vcc.Desk) { d.Cards = nil }) // it has left: the server tells why
	s.noText("cannot be opened")
}

// A call is answered, held, joined and let go by the keyboard alone; a chat of somebody
// who logs out is asked about (M28).
func TestPageByKeyboard(t *testing.T) {
	s := newStage(t, staging{desk: idle()})
	press := func(what vcc.CommandKind) {
		t.Helper()
		s.focus(`[data-do="` + string(what) + `"]`)
		s.settled()
		s.keys(enter)
		s.pad.command(t, what, 1)
	}
	s.pad.show(func(d *vcc.Desk) { d.Cards = []vcc.Card{alertingCall("01", "Maria Lopez", time.Minute)} })
	s.text("Maria Lopez")
	press(vcc.AnswerCall)
	s.pad.show(func(d *vcc.Desk) { working(d, "Busy Inbound", callCard("01", "Maria Lopez", 0)) })
	s.waitFocus("01")
	s.wait(`(window.later ??= performance.now()) && performance.now() - window.later > 600`)
	press(vcc.Hold)
	s.waitFocus("01")
	s.pad.show(held)
	s.text("Tom Baker")
	press(vcc.Cancel)
	s.pad.show(func(d *vcc.Desk) {
		d.Cards[0].Parties = d.Cards[0].Parties[:1]
		d.Cards[0].Actions = actions(vcc.Retrieve, vcc.Release)
	})
	s.waitFocus("retrieve")
	s.keys(enter)
	s.pad.command(t, vcc.Retrieve, 1)
	s.waitFocus("01")
	s.keys("s", shift, alt)
	s.keys(enter)
	s.wait(`document.querySelector("#states")`)
	s.keys(end)
	s.keys(enter)
	s.waitFocus("keep")
	s.text("Log out with 1 call open?")
	s.keys(tabs)
	s.keys(enter)
	if m := s.pad.await(t, "logout", 1); m["force"] != true {
		t.Errorf("logged out with %v", m)
	}
}

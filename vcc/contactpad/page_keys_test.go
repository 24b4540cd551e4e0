package contactpad_test

import (
	"slices"
	"strconv"
	"testing"
	"time"

	"omnibridge/vcc"
)

// Tab goes through state, notices, alerting, list (one stop) and dock; the shortcuts
// move the focus, and can be switched off (panel-ux 2.2, 7.5).
func TestPageTabOrder(t *testing.T) {
	d := idle()
	fullHouse(&d)
	d.Cards = append([]vcc.Card{alertingCall("09", "Eva Lind", time.Minute)}, d.Cards...)
	d.Notices = []vcc.Notice{{ID: "n1", Kind: vcc.CustomerGone, At: ago(time.Minute), Name: "Tom Baker", Class: vcc.SemiLive, Medium: "chat"}}
	s := newStage(t, staging{desk: d})
	s.focus("#state")
	s.wait(`document.querySelector("[data-notice=sound]")`)
	s.keys("x") // the browser lets it ring from the first key on
	s.wait(`!document.querySelector("[data-notice=sound]")`)
	var got []string
	for len(got) < 9 {
		if len(got) > 0 {
			s.keys(tabs)
		}
		got = append(got, s.focused())
	}
	want := []string{"state", "dismiss", "answer", "reject", "01", "01", "hold", "consult", "release"}
	if !slices.Equal(got, want) {
		t.Errorf("Tab goes through %q, want %q", got, want)
	}
	for _, x := range []struct{ key, want string }{{"s", "state"}, {"l", "01"}, {"n", "dismiss"}, {"d", "hold"}} {
		s.keys(x.key, shift, alt)
		s.waitFocus(x.want)
	}
	if n := len(s.pad.all("do")); n > 0 {
		t.Errorf("moving the focus sent %d commands", n)
	}
	s.keys("k", shift, alt)
	s.waitFocus("close")
	s.click(".check input")
	s.keys(escape)
	s.waitFocus("hold")
	s.keys("s", shift, alt)
	s.keys("l", shift, alt)
	if got := s.focused(); got != "hold" {
		t.Errorf("shortcuts that are switched off moved the focus to %s", got)
	}
}

// In the list arrows select without opening, Enter opens.
func TestPageList(t *testing.T) {
	d := idle()
	fullHouse(&d)
	s := newStage(t, staging{desk: d})
	s.focus(`.card [data-interaction="01"]`)
	for _, x := range []struct{ key, want string }{{down, "02"}, {down, "03"}, {up, "02"}, {end, "06"}, {down, "06"}, {home, "01"}, {up, "01"}, {down, "02"}} {
		s.keys(x.key)
		s.waitFocus(x.want)
		s.wait(`document.querySelector(".card [aria-current=true]").dataset.interaction === ` + strconv.Quote(x.want))
	}
	if n := s.pad.commands(vcc.OpenRecord); n > 0 {
		t.Errorf("arrows opened %d records", n)
	}
	s.keys(enter)
	if m := s.pad.command(t, vcc.OpenRecord, 1); m.text("interaction") != "02" {
		t.Errorf("Enter opened %v", m)
	}
}

// The state menu by keys: W10.
func TestPageStateMenu(t *testing.T) {
	d := idle()
	fullHouse(&d)
	s := newStage(t, staging{desk: d})
	s.focus("#state")
	s.keys(down)
	s.text("Takes effect when your 6 interactions have ended.")
	item := func(want string) {
		t.Helper()
		s.wait(`document.activeElement.innerText.trim() === ` + strconv.Quote(want))
	}
	item("Away (next)")
	s.keys(down)
	item("Break")
	s.keys(end)
	item("Log out")
	s.keys(down)
	item("Ready")
	s.keys("c")
	item("Comfort Break")
	s.keys(escape)
	s.waitFocus("state")
	s.keys(enter)
	item("Away (next)")
	s.keys("b")
	s.keys(enter)
	m := s.pad.command(t, vcc.SetState, 1)
	if st, _ := m["state"].(map[string]any); st["major"] != "away" || st["minor"] != "Break" {
		t.Errorf("chose %v", m)
	}
	s.waitFocus("state")
	s.keys(enter)
	s.keys("cc")
	item("Cancel: stay Ready")
	s.keys(enter)
	if st, _ := s.pad.command(t, vcc.SetState, 2)["state"].(map[string]any); st["major"] != "ready" {
		t.Errorf("staying sent %v", st)
	}
}

// The search: the focus stays in the text, the first Return takes, the second commits;
// text alone does nothing; Escape clears, then closes (panel-ux 7.8).
func TestPageFinder(t *testing.T) {
	d := idle()
	oneCase(&d)
	s := newStage(t, staging{desk: d})
	s.pad.mu.Lock()
	s.pad.find = people
	s.pad.mu.Unlock()
	s.record()
	s.focus(`#dock [data-do=transfer]`)
	s.settled()
	s.keys(enter)
	s.waitFocus("find")
	s.wait(`document.querySelectorAll("#found [role=option]").length === 5`)
	s.says("P 5 found")
	s.keys("an")
	s.keys(enter)
	s.keys(enter)
	if n := s.pad.commands(vcc.Transfer); n > 0 {
		t.Fatalf("Return on text alone transferred")
	}
	s.wait(`spoken.length > 0 && spoken.every((said) => said === "P 5 found")`) // once more for each letter that is typed slowly
	s.keys(down)
	s.keys(down)
	s.wait(`document.getElementById(document.getElementById("find").getAttribute("aria-activedescendant")).dataset.name === "Anders Holm"`)
	s.keys(enter)
	s.wait(`document.querySelector(".to").innerText.includes("Anders Holm")`)
	if n := s.pad.commands(vcc.Transfer); n > 0 {
		t.Fatalf("the first Return transferred")
	}
	s.keys(enter)
	m := s.pad.command(t, vcc.Transfer, 1)
	if target, _ := m["target"].(map[string]any); target["agent"] != "005b" || len(target) != 1 {
		t.Errorf("transferred to %v, want Anders Holm", target)
	}
	s.waitFocus("04") // the card: the button may be another's by now
	s.wait(`!document.querySelector("[role=dialog]")`)

	// A plan, from the end of the list.
	s.focus(`#dock [data-do=transfer]`)
	s.settled()
	s.keys(enter)
	s.waitFocus("find")
	s.wait(`document.querySelectorAll("#found [role=option]").length === 5`)
	s.keys(up)
	s.keys(up)
	s.keys(enter)
	s.keys(enter)
	if target, _ := s.pad.command(t, vcc.Transfer, 2)["target"].(map[string]any); target["plan"] != "finance" {
		t.Errorf("transferred to %v, want a plan", target)
	}
	s.waitFocus("04")
	s.wait(`!document.querySelector("[role=dialog]")`)

	// Nobody found; Escape clears, then closes: the focus is where it was.
	s.focus(`#dock [data-do=transfer]`)
	s.settled()
	s.keys(enter)
	s.waitFocus("find")
	s.keys("zzz")
	s.text("Nobody found for “zzz”")
	s.click(`[data-act=commit]`)
	s.text("Choose somebody first.")
	s.focus("#find")
	s.keys(escape)
	s.wait(`document.getElementById("find").value === "" && document.querySelectorAll("#found [role=option]").length === 5`)
	s.keys(escape)
	s.waitFocus("transfer")
	if n := s.pad.commands(vcc.Transfer); n != 2 {
		t.Errorf("%d transfers, want 2", n)
	}
}

// Consult: options that are off can be reached, say why, and cannot be taken; a number
// can be dialled.
func TestPageConsult(t *testing.T) {
	d := idle()
	oneCase(&d)
	s := newStage(t, staging{desk: d})
	s.pad.mu.Lock()
	s.pad.find = people
	s.pad.mu.Unlock()
	s.open("consult")
	s.keys(down)
	s.keys(down)
	s.keys(enter)
	s.text("Anders Holm: On a call, cannot be called.")
	s.click(`[data-name="Joan Ortega"]`)
	s.text("Joan Ortega: Logged out, cannot be called.")
	s.keys("020 7946 0018")
	s.text("Dial 020 7946 0018")
	s.keys(enter)
	s.wait(`document.querySelector(".to").innerText.includes("020 7946 0018")`)
	s.pad.script(func(m message) (bool, string, string, bool) { return false, "busy", "", false })
	s.keys(enter)
	if target, _ := s.pad.command(t, vcc.Consult, 1)["target"].(map[string]any); target["number"] != "02079460018" {
		t.Errorf("dialled %v", target)
	}
	s.text("You already have a call. Release it first.")
	s.waitFocus("find")
	s.keys(tabs, shift)
	s.wait(`document.activeElement.type === "radio"`)
	s.keys(right)
	s.wait(`document.querySelector(".finder h2").innerText.startsWith("Transfer")`)
	s.text("Finance questions")
}

// A number that was typed is one option, though page and server both find it, and what
// the server says against dialling stands with it.
func TestPageFinderDialsOnce(t *testing.T) {
	d := idle()
	oneCase(&d)
	s := newStage(t, staging{desk: d})
	s.pad.mu.Lock()
	s.pad.find = func(m message) (int, []vcc.Option) {
		if m.text("text") == "" {
			return 0, nil
		}
		return 1, []vcc.Option{{Number: "12345", Name: "12345", Mark: "call", Off: "No telephony is configured"}, {Agent: "0051", Name: "Line 12345", Mark: "ready", State: "Ready"}}
	}
	s.pad.mu.Unlock()
	s.settled()
	s.click("#dock [data-do=consult]")
	s.waitFocus("find")
	s.keys("12345")
	s.text("Line 12345")
	s.text("No telephony is configured")
	if n := eval[float64](t, s.page, `document.querySelectorAll("#found [role=option]").length`); n != 2 {
		t.Errorf("%.0f options, want the number and the agent", n)
	}
}

// Ten thousand names: how soon the first list stands is told, and the active option is
// always inside what is seen.
func TestPageFinderLongList(t *testing.T) {
	d := idle()
	oneCase(&d)
	s := newStage(t, staging{desk: d})
	var fifty []vcc.Option
	for i := range 50 {
		fifty = append(fifty, vcc.Option{Agent: vcc.AgentID("005" + strconv.Itoa(i)), Name: "Agent " + strconv.Itoa(1000+i), Mark: "ready", State: "Ready"})
	}
	s.pad.mu.Lock()
	s.pad.find = func(message) (int, []vcc.Option) { return 10_000, fifty }
	s.pad.mu.Unlock()
	s.settled()
	// The best of five, for people to read: how fast a busy machine is proves nothing.
	took := eval[float64](t, s.page, `(async () => {
		const all = [];
		for (let i = 0; i < 5; i++) {
			all.push(await new Promise((done) => {
				const began = performance.now();
				const watch = new MutationObserver(() => { if (document.querySelectorAll("#found [role=option]").length === 50) { watch.disconnect(); done(performance.now() - began) } });
				watch.observe(document.body, { childList: true, subtree: true });
				document.querySelector("#dock [data-do=transfer]").click();
			}));
			if (i < 4) document.querySelector("[data-act=cancel]").click();
		}
		return Math.min(...all);
	})()`)
	t.Logf("the first list took %.1f ms, the aim is 100", took)
	s.text("9950 more. Type to narrow.")
	for _, key := range []string{down, pageDown, pageDown, end, down, up, up} {
		s.keys(key)
		s.wait(`(() => {
			const active = document.querySelector("#found .active")?.getBoundingClientRect(), list = document.getElementById("found").getBoundingClientRect();
			return active && active.top >= list.top - 1 && active.bottom <= list.bottom + 1;
		})()`)
	}
	s.wait(`document.querySelector("#found .active").dataset.name === "Agent 1019"`)
}

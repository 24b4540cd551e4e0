package contactpad_test

import (
	"testing"
	"time"

	"omnibridge/vcc"
)

// A focus that was wished for is not taken later, when something else brings what was
// waited for.
func TestPageWishesLapse(t *testing.T) {
	d := idle()
	c := callCard("02", "Tom Baker", 0)
	c.Of, c.Actions = "01", actions(vcc.Cancel)
	c.Parties = []vcc.Party{{ID: "005t", Name: "Tom Baker", State: vcc.PartyRinging, Since: ago(0), Until: in(15 * time.Second)}}
	working(&d, "Ready (Working)", chat("01", "Maria Lopez", time.Minute), c)
	s := newStage(t, staging{desk: d})
	s.settled()
	s.click(`#dock [data-do=cancel]`)
	s.pad.command(t, vcc.Cancel, 1)
	s.waitFocus("01")
	s.pad.show(func(d *vcc.Desk) {
		call := callCard("09", "Eva Lind", 0)
		call.State, call.Actions = vcc.CardHeld, actions(vcc.Retrieve, vcc.Release)
		working(d, "Ready (Working)", d.Cards[0], call)
	})
	s.text("Eva Lind")
	s.keys(down)
	s.wait(`document.querySelector("#dock [data-do=retrieve]")`)
	s.waitFocus("09")

	// The only case is given away, and leaves before the answer comes: the next one is
	// no reason to leave where the agent is.
	s.pad.show(func(d *vcc.Desk) { *d = idle(); oneCase(d) })
	s.pad.mu.Lock()
	s.pad.find = people
	s.pad.mu.Unlock()
	s.pad.script(func(m message) (bool, string, string, bool) { return true, "", "", m.text("do") == "transfer" })
	s.text("00001044")
	eval[bool](t, s.page, `(window.began = undefined, true)`) // the selection has moved just now
	s.open("transfer")
	s.waitFocus("find")
	s.keys(down + enter + enter)
	s.pad.command(t, vcc.Transfer, 1)
	s.pad.show(func(d *vcc.Desk) { *d = idle() })
	s.waitFocus("state")
	s.pad.show(func(d *vcc.Desk) { working(d, "Ready (Working)", chat("08", "Karl Ott", 0)) })
	s.text("Karl Ott")
	s.waitFocus("state")
}

// A button that has the focus never turns into another one: who is about to press
// Consult must not join two calls.
func TestPageButtonsStayThemselves(t *testing.T) {
	d := idle()
	working(&d, "Busy Inbound", callCard("01", "Maria Lopez", time.Minute))
	s := newStage(t, staging{desk: d})
	s.focus(`#dock [data-do=consult]`)
	s.pad.show(func(d *vcc.Desk) {
		d.Cards[0].Actions = actions(vcc.Alternate, vcc.Join, vcc.Transfer, vcc.Release)
	})
	s.wait(`document.querySelector("#dock [data-do=join]")`)
	s.waitFocus("01")
	s.focus(`#dock [data-do=release]`)
	s.pad.show(func(d *vcc.Desk) { working(d, "Ready (Working)", chat("02", "Jonas Weber", 0)) })
	s.text("Release chat")
	s.waitFocus("02")
}

// What a select shows is what holds, also after somebody chose in it: of two that wrap
// up each has its own outcome, and one that was refused is not shown as taken.
func TestPageOutcomeShown(t *testing.T) {
	d := idle()
	both := []vcc.Card{wrapUp(chat("01", "Maria Lopez", time.Minute), time.Minute), wrapUp(chat("02", "Jonas Weber", time.Minute), time.Minute)}
	for i := range both {
		both[i].Outcomes = []string{"Solved", "Call back"}
	}
	working(&d, "Ready (Working)", both...)
	s := newStage(t, staging{desk: d})
	shown := func(want string) {
		t.Helper()
		s.wait(`document.getElementById("outcome").value === ` + quoted(want))
	}
	choose := func(what string) {
		t.Helper()
		s.focus("#outcome")
		eval[bool](t, s.page, `(() => { const o = document.getElementById("outcome"); o.value = `+quoted(what)+`; o.dispatchEvent(new Event("change")); return true })()`)
		s.waitFocus("outcome")
	}
	choose("Solved")
	shown("Solved") // while it is under way, too
	s.pad.show(func(d *vcc.Desk) { d.Cards[0].Outcome = "Solved" })
	s.click(`.face[data-interaction="02"]`)
	shown("")
	s.click(`.face[data-interaction="01"]`)
	shown("Solved")
	s.pad.script(func(m message) (bool, string, string, bool) {
		return false, "not now", "That outcome is no longer offered", false
	})
	choose("Call back")
	s.text("That outcome is no longer offered.")
	shown("Solved")
}

// The state to begin in is the one that is shown, also one that is remembered from a
// list which is not known before the log-in.
func TestPageBeginsAsShown(t *testing.T) {
	s := newStage(t, staging{out: true, desk: idle()})
	eval[bool](t, s.page, `(localStorage.setItem("contactpad.start", JSON.stringify({ major: "away", minor: "Lunch" })), setTimeout(() => location.reload()), true)`)
	s.pad.await(t, "hello", 2)
	s.page = frameOf(t, s.tab, s.pad.url+"/pad/")
	s.wait(`document.getElementById("start")?.value === "Lunch"`)
	s.click("#login")
	if m := s.pad.await(t, "start", 1); m.text("minor") != "Lunch" {
		t.Errorf("began in %v", m)
	}
	// The list is known, and has no such state: what is chosen is what is shown.
	d := idle()
	d.State, d.States = vcc.AgentState{}, []vcc.AgentState{{Major: vcc.Outbound}, {Major: vcc.Away}}
	s.pad.mu.Lock()
	s.pad.in, s.pad.desk = true, d
	s.pad.mu.Unlock()
	eval[bool](t, s.page, `(setTimeout(() => location.reload()), true)`)
	s.pad.await(t, "hello", 3)
	s.page = frameOf(t, s.tab, s.pad.url+"/pad/")
	s.wait(`document.getElementById("start")?.value === "Ready for Outbound"`)
	s.click("#login")
	if m := s.pad.command(t, vcc.LogIn, 1); m["state"].(map[string]any)["major"] != "outbound" {
		t.Errorf("logged in with %v", m)
	}
}

// A double click on Log in opens one window: its address is good for one.
func TestPageLogInOnce(t *testing.T) {
	s := newStage(t, staging{out: true, desk: idle()})
	eval[bool](t, s.page, `(window.opened = 0, window.open = () => (window.opened++, { closed: false, focus() {} }), true)`)
	s.doubleClick("#login")
	s.text("Waiting for the log-in window…")
	if n := eval[int](t, s.page, `opened`); n != 1 {
		t.Errorf("opened %d windows", n)
	}
	s.pad.say(map[string]any{"t": "login", "nonce": "next", "url": "/pad/login?nonce=next", "why": ""})
	s.pad.say(map[string]any{"t": "ask", "n": 1, "now": s.pad.clock().UnixMilli()})
	s.pad.await(t, "alive", 1)
	s.click("#login")
	s.wait(`opened === 2`)
}

// The question about open work goes with the log-in, and says so when the work has gone.
func TestPageLogOutQuestion(t *testing.T) {
	d := idle()
	working(&d, "Ready (Working)", chat("01", "Maria Lopez", time.Minute), caseCard("04", "00001044", time.Minute))
	d.Cards[1].Medium = "email"
	s := newStage(t, staging{desk: d})
	logOut := func() {
		t.Helper()
		s.click("#state")
		s.wait(`document.querySelector("#states")`)
		eval[bool](t, s.page, `([...document.querySelectorAll("#states button")].at(-1).click(), true)`)
	}
	dialog := func(want string) {
		t.Helper()
		s.wait(`document.querySelector("[role=alertdialog]")?.innerText.includes(` + quoted(want) + `)`)
	}
	logOut()
	dialog("Log out with 1 chat and 1 email open? The chat ends or goes to somebody else, the email stays yours.")
	s.pad.show(func(d *vcc.Desk) { *d = idle() })
	dialog("Your work has ended meanwhile.")
	s.pad.show(func(d *vcc.Desk) { d.State, d.Shown, d.Mark = vcc.AgentState{}, "", "out" })
	s.wait(`!document.querySelector("[role=alertdialog]")`)
	s.pad.show(func(d *vcc.Desk) { *d = idle() })
	s.click("#state")
	s.wait(`document.querySelector("#states")`)
	s.pad.show(func(d *vcc.Desk) { d.State, d.Shown, d.Mark = vcc.AgentState{}, "", "out" })
	s.wait(`document.getElementById("login")`)
	s.pad.show(func(d *vcc.Desk) { *d = idle() })
	s.wait(`document.getElementById("state")`)
	if eval[bool](t, s.page, `!!document.getElementById("states")`) {
		t.Error("the menu of before the log-out is open again")
	}
}

// After a long break that ended the log-in the utility bar says so, and no longer that
// there is no connection.
func TestPageBarAfterTheLease(t *testing.T) {
	s := newStage(t, staging{desk: idle()})
	label := func(want string) {
		t.Helper()
		s.waitHost(`calls.filter((c) => c.name === "utility").at(-1)?.args.label === ` + quoted("ContactPad: "+want))
	}
	s.pad.say(map[string]any{"t": "ask", "n": 1, "now": s.pad.clock().Add(-time.Hour).UnixMilli()})
	s.pad.await(t, "alive", 1)
	s.cut()
	s.text("No new work since ")
	label("not connected")
	s.pad.mu.Lock()
	s.pad.in = false
	s.pad.mu.Unlock()
	s.mend()
	s.wait(`document.getElementById("login")`)
	label("logged out")
}

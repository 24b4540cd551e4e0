package contactpad_test

import (
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"omnibridge/vcc"
)

// hurry lets the timers and the count of moments of the page run twenty times as fast.
func (s *stage) hurry() {
	s.t.Helper()
	eval[bool](s.t, s.page, `(() => {
		const real = performance.now.bind(performance), began = real(), wait = setTimeout;
		performance.now = () => began + (real() - began) * 20;
		window.setTimeout = (f, ms, ...args) => wait(f, ms / 20, ...args);
		return true;
	})()`)
}

func unanswered(m message) (bool, string, string, bool) { return true, "", "", true }

// A transfer that nobody answers says so where the agent is, and is tried again as the
// same; who looks for somebody else meanwhile asks anew.
func TestPageTransferUnanswered(t *testing.T) {
	d := idle()
	oneCase(&d)
	s := newStage(t, staging{desk: d})
	s.pad.mu.Lock()
	s.pad.find = people
	s.pad.mu.Unlock()
	s.pad.script(unanswered)
	s.open("transfer")
	s.waitFocus("find")
	s.hurry()
	s.keys(down + enter + enter)
	first := s.pad.command(t, vcc.Transfer, 1)
	s.wait(`document.querySelector("[role=dialog]").innerText.includes("Transfer did not work: no answer came. You can try again.")`)
	s.click("[data-act=commit]")
	if m := s.pad.command(t, vcc.Transfer, 2); m.text("id") != first.text("id") {
		t.Errorf("tried again as %v, want the id of %v", m, first)
	}
	s.wait(`document.querySelector("[role=dialog]").innerText.includes("Transfer did not work: no answer came. You can try again.")`)
	s.click("#option-1")
	s.click("[data-act=commit]")
	if m := s.pad.command(t, vcc.Transfer, 3); m.text("id") == first.text("id") || m["target"].(map[string]any)["agent"] != "005b" {
		t.Errorf("asked for somebody else as %v", m)
	}
}

// chooses chooses a state in the menu of the state bar.
func (s *stage) chooses(state string) {
	s.t.Helper()
	s.click("#state")
	s.wait(`document.querySelector("#states")`)
	eval[bool](s.t, s.page, `([...document.querySelectorAll("#states [role=menuitemradio]")].find((b) => b.innerText.trim() === `+quoted(state)+`).click(), true)`)
}

// What failed is the agent's to try again: it is not done by itself when a connection
// comes back later. And where no card tells of it, a notice does.
func TestPageUnansweredIsOver(t *testing.T) {
	d := idle()
	working(&d, "Busy Inbound", callCard("01", "Maria Lopez", time.Minute))
	s := newStage(t, staging{desk: d})
	s.record()
	s.pad.script(unanswered)
	s.settled()
	s.hurry()
	s.click(`#dock [data-do=hold]`)
	s.pad.command(t, vcc.Hold, 1)
	s.text("Hold did not work: no answer came. You can try again.")
	s.chooses("Away")
	s.pad.command(t, vcc.SetState, 1)
	s.wait(`[...document.querySelectorAll("#notices .notice")].some((n) => n.innerText.includes("The change of state did not work: no answer came."))`)
	s.pad.hangUp()
	s.pad.await(t, "hello", 2)
	s.wait(`!document.querySelector("[data-notice=link]")`)
	s.pad.say(map[string]any{"t": "ask", "n": 1, "now": s.pad.clock().UnixMilli()})
	s.pad.await(t, "alive", 1)
	if n := s.pad.commands(vcc.Hold); n != 1 {
		t.Errorf("on hold %d times, though it had been said to have failed", n)
	}
}

// Why something was not done is also said, and so are the page's own notices.
func TestPageSpeaksOfRefusals(t *testing.T) {
	d := idle()
	working(&d, "Busy Inbound", callCard("01", "Maria Lopez", time.Minute))
	s := newStage(t, staging{desk: d})
	s.settled()
	s.record()
	s.pad.script(func(m message) (bool, string, string, bool) { return false, "not now", "the line is gone", false })
	s.click(`#dock [data-do=hold]`)
	s.says("P The line is gone.")
	s.chooses("Away")
	s.says("P Not done. The line is gone.")
	// The log-in ends soon: said once, though the address to renew it at comes again.
	for _, nonce := range []string{"n8", "n9"} {
		s.pad.say(map[string]any{"t": "login", "nonce": nonce, "url": "/pad/login?nonce=" + nonce, "code": "renew"})
		s.wait(`document.querySelector("[data-kind=expires]")`)
	}
	s.wait(`spoken.length > 0 && spoken[0].startsWith("P Log-in ends soon. You will be logged out at ")`)
	s.click("[data-kind=expires] [data-act=dismiss]")
	s.wait(`!document.querySelector("[data-kind=expires]")`)
	s.pad.say(map[string]any{"t": "login", "nonce": "n10", "url": "/pad/login?nonce=n10", "code": "renew"})
	s.pad.say(map[string]any{"t": "ask", "n": 1, "now": s.pad.clock().UnixMilli()})
	s.pad.await(t, "alive", 1)
	if eval[bool](t, s.page, `!!document.querySelector("[data-kind=expires]")`) {
		t.Error("a notice that was dismissed is back with the next address")
	}
}

// A panel that the server sent away for what it said does not come back by itself, only
// to say it again.
func TestPageSentAway(t *testing.T) {
	s := newStage(t, staging{desk: idle()})
	s.minimise()
	s.pad.say(map[string]any{"t": "bye", "code": "protocol", "text": "The message is too long."})
	s.text("The message is too long.")
	s.waitHost(`calls.filter((c) => c.name === "utility").at(-1)?.args.label === "ContactPad: not connected"`)
	s.pad.hangUp()
	eval[bool](t, s.page, `(dispatchEvent(new Event("online")), true)`)
	s.wait(`performance.now() - (window.then ??= performance.now()) > 1500`)
	if n := len(s.pad.all("hello")); n != 1 {
		t.Errorf("it came back %d times", n-1)
	}
	s.click("[data-act=reload]")
	s.pad.await(t, "hello", 2)
}

// What is wrong with the page itself stays on the screen before the log-in, too.
func TestPageWithoutConsoleLoggedOut(t *testing.T) {
	pad := newPad(t, false, idle())
	page := tab(t)
	do(t, page, chromedp.Navigate(pad.url+"/pad/"))
	poll(t, page, `document.getElementById("login")`)
	poll(t, page, `document.getElementById("pad").innerText.includes("bridge not found")`)
}

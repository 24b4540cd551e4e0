package contactpad_test

import (
	"testing"
	"time"

	"github.com/chromedp/cdproto/target"
	"github.com/chromedp/chromedp"

	"omnibridge/vcc"
)

// The log-in: a window of the org's page, the state to begin in, and the session on the
// socket that asked; the focus is then on the state (W1).
func TestPageLogIn(t *testing.T) {
	s := newStage(t, staging{out: true, desk: idle()})
	s.record()
	opened := chromedp.WaitNewTarget(s.tab, func(i *target.Info) bool { return i.URL != "" && i.URL != "about:blank" })
	eval[bool](t, s.page, `(() => { const o = document.getElementById("start"); o.selectedIndex = 2; o.dispatchEvent(new Event("change")); return true })()`)
	s.click("#login")
	if m := s.pad.await(t, "start", 1); m.text("state") != "away" {
		t.Errorf("began in %v", m)
	}
	select {
	case <-opened:
	case <-time.After(patience):
		t.Fatal("no window opened")
	}
	s.text("Waiting for the log-in window…")
	s.pad.mu.Lock()
	s.pad.in = true
	s.pad.sit(s.pad.conns[0], "secret")
	s.pad.mu.Unlock()
	s.text("Waiting for work")
	s.waitFocus("state")
	s.says("P Logged in. Ready. Waiting for work.")
	// The session stays in memory: nothing of it is kept where a script finds it later.
	if eval[bool](t, s.page, `(JSON.stringify(localStorage) + JSON.stringify(sessionStorage) + document.cookie + document.documentElement.outerHTML).includes("secret")`) {
		t.Error("the token is kept in the page")
	}
	s.pad.hangUp()
	if m := s.pad.await(t, "hello", 2); m.text("token") != "secret" {
		t.Errorf("came back with %v", m)
	}
	// The org ends the session: nothing of the agent stays on the screen.
	s.pad.mu.Lock()
	s.pad.in = false
	s.pad.mu.Unlock()
	s.pad.say(map[string]any{"t": "login", "nonce": "x", "url": "/pad/login?nonce=x", "code": "no agent", "why": "You are ana@example.com in Salesforce, but no agent has that user. Ask your administrator to add you."})
	s.text("no agent has that user")
	s.noText("Waiting for work")
	if got := eval[int](t, s.page, `document.getElementById("start").selectedIndex`); got != 2 {
		t.Error("the state to begin in is not remembered")
	}
}

// A window that does not open, and one that is closed early: M1 and M2.
func TestPageLogInTrouble(t *testing.T) {
	s := newStage(t, staging{out: true, desk: idle()})
	s.record()
	eval[bool](t, s.page, `(window.realOpen = window.open, window.open = () => null, true)`)
	s.click("#login")
	s.text("The log-in window did not open. Allow pop-ups for this page, then try again.")
	s.says("P The log-in window did not open. Allow pop-ups for this page, then try again.")
	eval[bool](t, s.page, `(window.open = () => ({ closed: true }), true)`)
	s.click("#login")
	s.text("Log-in was not finished. Nothing has changed.")
	s.says("P Log-in was not finished. Nothing has changed.")
	// An address elsewhere is not opened, whoever says so.
	eval[bool](t, s.page, `(window.open = () => { window.openedElsewhere = true; return null }, true)`)
	s.pad.say(map[string]any{"t": "login", "nonce": "x", "url": "https://example.com/", "why": "Again."})
	s.text("Again.")
	s.pad.say(map[string]any{"t": "login", "nonce": "x", "url": "https://example.com/", "why": "And again."})
	s.click("#login")
	s.text("And again.")
	if eval[bool](t, s.page, `!!window.openedElsewhere`) {
		t.Error("it opened an address of another site")
	}
}

// Without a console the panel works, and says what is missing (M13); a stranger that
// frames it is not answered.
func TestPageWithoutConsole(t *testing.T) {
	pad := newPad(t, true, idle())
	page := tab(t)
	do(t, page, chromedp.Navigate(pad.url+"/pad/"))
	poll(t, page, `document.getElementById("pad").innerText.includes("bridge not found")`)
	if m := pad.await(t, "bridge", 1); m["version"] != nil {
		t.Errorf("told of a console: %v", m)
	}
	eval[bool](t, page, `(postMessage({ omnibridge: 1, kind: "ready", version: 1, capabilities: ["showOmni"], console: true }, "*"), true)`)
	pad.show(func(d *vcc.Desk) { d.Cards = []vcc.Card{alertingChat("01", "Maria Lopez", time.Minute)} })
	poll(t, page, `document.getElementById("pad").innerText.includes("Maria Lopez")`)
	if eval[bool](t, page, `document.getElementById("pad").innerText.includes("Show Omni-Channel")`) {
		t.Error("a message from itself passed for a console")
	}
}

package main

import (
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"omnibridge/connector/store"
	"omnibridge/vcc"
)

// again opens one more tab of the same profile.
func (p *person) again() *person {
	p.t.Helper()
	ctx, cancel := chromedp.NewContext(p.console)
	p.t.Cleanup(cancel)
	other := &person{t: p.t, office: p.office, name: p.name, console: ctx}
	other.visit()
	return other
}

// looks brings a person's tab of the browser to the front.
func (p *person) looks() {
	p.t.Helper()
	if _, err := chromedp.Call(p.console, page.BringToFront, cdp.Empty{}); err != nil {
		p.t.Fatalf("bring %s's tab to the front: %v", p.name, err)
	}
}

// TestTwoPanels: of two panels of one agent one acts, and the other says so until the
// agent wants it; if the one goes, the other takes over.
func TestTwoPanels(t *testing.T) {
	t.Parallel()
	o := offers(t, nil)
	first := o.shift("ada")[0]
	second := first.again()
	second.looks()
	second.opens("ContactPad")
	second.sees("ContactPad is active elsewhere") // and asks for no second login
	second.sees("Here you can look; records and alerts open there.")
	second.shoot("1-second")

	w, card := o.ticket("Refund")
	first.tab("Case " + w.Name)
	second.sees("Case · " + card)
	second.tabsOf(w.Name, 0)
	second.press("Use this one")
	second.misses("ContactPad is active elsewhere")
	first.sees("You moved ContactPad to another tab")
	first.shoot("2-moved")
	second.tabsOf(w.Name, 0) // it was opened already
	second.takes(card)
	second.tabsOf(w.Name, 1)
	first.card(card, vcc.CardConnected)

	w, card = o.ticket("Exchange")
	second.tabsOf(w.Name, 1)
	first.tabsOf(w.Name, 0)
	second.leaves()
	first.looks()
	first.misses("You moved ContactPad")
	first.sees("Case · " + card) // alerts here now
	first.takes(card)
	first.tabsOf(w.Name, 1)
	first.shoot("3-taken-over")
}

// TestRestart: a daemon that restarts under an open panel is told of, and then all goes
// on where it was: nobody logs in again, and nothing is done twice.
func TestRestart(t *testing.T) {
	t.Parallel()
	o := offers(t, nil)
	ada := o.shift("ada")[0]
	o.message("Maria Lopez")
	ada.takes("Maria Lopez")
	ada.tab("Maria Lopez")
	o.close()
	ada.sees("Connection lost")
	ada.utility("ContactPad: not connected", true)
	ada.hears("Connection lost. Trying again.")
	ada.shoot("1-lost")
	ada.tries("Release chat", "The connection is lost. You can look, but not act.")
	w, card := o.ticket("Refund") // meanwhile

	o.open()
	tried := false
	untilSeen(t, "the panel to be in touch again", func() bool { // it also tries by itself, which may be sooner
		tried = tried || ada.click(ada.pad, controls, "Try now")
		return !strings.Contains(js[string](t, ada.pad, `return document.body.innerText`), "Connection lost")
	})
	ada.hears("Connected again.")
	ada.card("Maria Lopez", vcc.CardConnected)
	ada.misses("You can look, but not act")
	ada.tabsOf(w.Name, 1) // behind the chat
	ada.tab("Maria Lopez")
	ada.takes(card)
	ada.utility("ContactPad: On 1 chat", false)
	ada.shoot("2-again")
	ada.opensCard("Maria Lopez")
	ada.tab("Maria Lopez")
	ada.acts("Release chat")
	ada.card("Maria Lopez", vcc.CardWrapUp)
	ada.card(card, vcc.CardConnected)
	entries, err := o.daemon.store.Journal(t.Context(), store.JournalQuery{Limit: 1000})
	if err != nil {
		t.Fatal(err)
	}
	if n := len(slices.DeleteFunc(entries, func(e store.Entry) bool { return e.What != "asked: release" })); n != 1 {
		t.Errorf("a release was asked for %d times", n)
	}
}

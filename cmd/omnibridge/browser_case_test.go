package main

import (
	"testing"

	"omnibridge/salesforce/mockorg"
)

// ticket lets a customer ask something that becomes a case, and returns its record
// and what the interaction is called.
func (o *office) ticket(subject string) (w mockorg.Work, card string) {
	o.t.Helper()
	w, err := o.org.AddWork(mockorg.NewWork{Object: "Case", Queue: "Support_Cases", Name: "Maria Lopez", Fields: mockorg.Row{"Subject": subject}})
	if err != nil {
		o.t.Fatal(err)
	}
	return w, w.Name + " " + subject
}

// opensCard clicks the card of an interaction.
func (p *person) opensCard(name string) {
	p.t.Helper()
	p.pressIn(p.pad, "ContactPad", ".card .face", name)
}

// tabsOf waits until the console has so many tabs of a name.
func (p *person) tabsOf(name string, n int) {
	p.t.Helper()
	p.consoleUntil("the number of tabs of "+name, `[...document.querySelectorAll('.tab-name')].filter((e) => e.innerText.includes(%s)).length === %s`, name, n)
}

// closesTab closes a tab of the console.
func (p *person) closesTab(name string) {
	p.t.Helper()
	p.pressIn(p.console, "the tabs", ".tab-close[aria-label*='"+name+"']", "")
	p.tabsOf(name, 0)
}

// TestCaseOpensOnAccept: where so configured, and then once.
func TestCaseOpensOnAccept(t *testing.T) {
	t.Parallel()
	o := offers(t, func(r *routing) { r.ContactPad.PopNonLive = "on_accept" })
	ada := o.shift("ada")[0]
	w, card := o.ticket("Refund")
	ada.sees("Accept it in Omni-Channel")
	ada.tabsOf(w.Name, 0)
	ada.takes(card)
	ada.tab("Case " + w.Name)
	ada.tabsOf(w.Name, 1)
	ada.closesTab(w.Name)
	ada.opensCard(card)
	ada.tabsOf(w.Name, 1)
}

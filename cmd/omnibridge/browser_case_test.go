package main

import (
	"testing"

	"omnibridge/salesforce/mockorg"
	"omnibridge/vcc"
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

// turnsTo clicks a tab of the console.
func (p *person) turnsTo(name string) {
	p.t.Helper()
	p.pressIn(p.console, "the tabs", ".tab-name", name)
	p.tab(name)
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

// TestCaseRecord: the record of a case opens as soon as it is routed; a click on its
// card brings it to the front or opens it again, and never a second time.
func TestCaseRecord(t *testing.T) {
	t.Parallel()
	o := offers(t, nil)
	ada := o.shift("ada")[0]
	w, card := o.ticket("Refund")
	ada.tab("Case " + w.Name)
	ada.sees("Accept it in Omni-Channel")
	ada.shoot("1-routed")
	ada.takes(card)
	ada.tabsOf(w.Name, 1)
	ada.shoot("2-accepted")

	ada.turnsTo("Home")
	ada.clicksCard(card, w.Name)

	ada.closesTab(w.Name) // which ends nothing
	ada.card(card, vcc.CardConnected)
	ada.shoot("3-closed")
	ada.clicksCard(card, w.Name)
	ada.tabsOf(w.Name, 1)

	// Something else opens it, by the short id that it has: the card knows the tab.
	ada.closesTab(w.Name)
	js[string](t, ada.console, `return mockConsole.workspace.openTab({recordId: %s, focus: false})`, w.ID[:15])
	ada.tabsOf(w.Name, 1)
	ada.clicksCard(card, w.Name)
	ada.tabsOf(w.Name, 1)
	if works := o.works(w.ID); len(works) != 1 || works[0]["Status"] != "Opened" {
		t.Errorf("the case has the AgentWorks %v, want one that is open", works)
	}
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

// TestRecordGone: of a record that the console cannot open, the agent who clicks the
// card is told so, and the interaction stays.
func TestRecordGone(t *testing.T) {
	t.Parallel()
	o := offers(t, nil)
	ada := o.shift("ada")[0]
	w, card := o.ticket("Refund")
	ada.tab("Case " + w.Name)
	ada.takes(card)
	ada.closesTab(w.Name)
	js[bool](t, ada.console, `mockConsole.workspace.openTab = () => Promise.reject(new Error('You do not have access to this record.')); return true`)
	ada.opensCard(card)
	ada.sees("Record not opened")
	ada.sees(card + " cannot be opened: it was deleted or you may not see it. The interaction stays here.")
	ada.hears("Record not opened.")
	ada.card(card, vcc.CardConnected)
	ada.tabsOf(w.Name, 0)
	ada.shoot("1-gone")
	ada.press("Dismiss")
	ada.misses("Record not opened")
}

// TestTabEndsCase: where closing the tab ends the work (tab-based capacity), the
// interaction ends with it.
func TestTabEndsCase(t *testing.T) {
	t.Parallel()
	o := newOffice(t, nil)
	ada := o.shift("ada")[0]
	w, card := o.ticket("Refund")
	ada.tab("Case " + w.Name)
	ada.takes(card)
	ada.closesTab(w.Name)
	ada.card(card, vcc.CardWrapUp)
	ada.sees("Ready (Idle)")
}

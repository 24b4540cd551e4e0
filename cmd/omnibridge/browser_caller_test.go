package main

import (
	"testing"

	"omnibridge/vcc"
)

// TestCallerOpensAgain: a click on the card of a call whose record was found by its
// number opens that record again, and never a second tab of it.
func TestCallerOpensAgain(t *testing.T) {
	t.Parallel()
	o := newCallOffice(t, nil)
	o.knows("Lena", "Vogt", "+49 30 5550147")
	ada := o.shift("ada")[0]
	o.rings("", "030 5550147")
	ada.press("Answer")
	ada.card("030 5550147", vcc.CardConnected)
	ada.tab("Lena Vogt")
	ada.turnsTo("Home")
	ada.clicksCard("030 5550147", "Lena Vogt")
	ada.closesTab("Lena Vogt")
	ada.clicksCard("030 5550147", "Lena Vogt")
	ada.tabsOf("Lena Vogt", 1)
	ada.shoot("1-again")
	ada.misses("record")
	ada.acts("Release call")
	ada.sees("Ready (Idle)")
}

// clicksCard clicks the card of an interaction until a tab is in front.
func (p *person) clicksCard(card, tab string) {
	p.t.Helper()
	p.clicksFor("a click on "+card+" to open "+tab, card, func() bool {
		return js[bool](p.t, p.console, `return [...document.querySelectorAll('.tab-name[aria-current=page]')].some((e) => e.innerText.includes(%s))`, tab)
	})
}

// TestCallerOfManyOpensAgain: of several records the one that was chosen opens again,
// also after the page was loaded anew.
func TestCallerOfManyOpensAgain(t *testing.T) {
	t.Parallel()
	o := newCallOffice(t, nil)
	o.knows("Mia", "Frei", "+49 30 5550190")
	o.knows("Max", "Frei", "030 / 555 01 90")
	ada := o.shift("ada")[0]
	o.rings("", "+49 30 5550190")
	ada.press("Answer")
	ada.sees("2 records of this caller")
	ada.clicksUntil("+49 30 5550190", `document.querySelector('.card.current')`) // opens none of them
	ada.until("both to choose from", `document.getElementById('records')?.options.length === 2`)
	ada.tabsOf("Frei", 0)
	js[bool](t, ada.pad, `const s = document.getElementById('records'); s.value = [...s.options].find((o) => o.text.startsWith('Max')).value; s.dispatchEvent(new Event('change', {bubbles: true})); return true`)
	ada.pressIn(ada.pad, "the dock", "#dock [data-act=open]", "Open")
	ada.tab("Max Frei")
	ada.closesTab("Max Frei")
	ada.clicksCard("+49 30 5550190", "Max Frei")
	ada.tabsOf("Frei", 1)
	ada.closesTab("Max Frei")
	ada.visit()
	ada.opens("ContactPad")
	ada.card("+49 30 5550190", vcc.CardConnected)
	ada.clicksCard("+49 30 5550190", "Max Frei")
	ada.tabsOf("Frei", 1)
	ada.shoot("1-chosen")
}

// TestCallerIsFoundLater: who has no record when they call may have one a minute later:
// a click on the card searches again.
func TestCallerIsFoundLater(t *testing.T) {
	t.Parallel()
	o := newCallOffice(t, nil)
	ada := o.shift("ada")[0]
	o.rings("", "+49 30 5550133")
	ada.press("Answer")
	ada.sees("No record of this caller was found. Click the call to search again.")
	ada.shoot("1-none")
	id := o.knows("Nora", "Neu", "+49 30 5550133") // the agent has typed it in
	ada.clicksCard("+49 30 5550133", "Nora Neu")
	ada.misses("No record of this caller")
	ada.shoot("2-found")
	ada.closesTab("Nora Neu")
	ada.clicksCard("+49 30 5550133", "Nora Neu")
	ada.tabsOf("Nora Neu", 1)

	// And who was found may be gone again.
	ada.closesTab("Nora Neu")
	o.forgets("Contact", id)
	ada.clicksUntil("+49 30 5550133", `document.body.innerText.includes(%s)`, "Nora Neu cannot be opened: it was deleted or you may not see it.")
	ada.shoot("3-gone")
	ada.clicksUntil("+49 30 5550133", `document.body.innerText.includes(%s)`, "No record of this caller was found.")
}

// forgets deletes a record that is no work item.
func (o *office) forgets(object, id string) {
	o.t.Helper()
	if err := o.client().Delete(o.t.Context(), object, id); err != nil {
		o.t.Fatal(err)
	}
}

package main

import (
	"slices"
	"testing"

	"github.com/chromedp/chromedp/kb"

	"omnibridge/vcc"
)

// options are the names in the search, with what they say of themselves.
func (p *person) options() []string {
	p.t.Helper()
	return js[[]string](p.t, p.pad, `return [...document.querySelectorAll('#found [role=option]')].map((o) => o.dataset.name + ': ' + o.querySelector('.second').textContent)`)
}

// searches opens the search for a transfer by keyboard, and types a text into it.
func (p *person) searches(text string) {
	p.t.Helper()
	p.tabsToButton("Transfer")
	// For a moment after the selection has changed by itself the dock does nothing.
	p.reaches("the search", p.pad, ".finder", func() { p.types(kb.Enter) })
	p.focused("the search", `e?.id === 'find'`)
	if text != "" {
		p.types(text)
	}
	p.found(text)
}

// found waits until the search shows what a text finds.
func (p *person) found(text string) {
	p.t.Helper()
	p.until("the search to be answered", `((all) => document.querySelector('.finder .count').textContent === all.length + ' found' && all.every((o) => o.dataset.name.toLowerCase().includes(%s)))([...document.querySelectorAll('#found [role=option]')])`, text)
}

// owner returns the name of who owns a work item in the org.
func (o *office) owner(item string) string {
	for _, object := range []string{"Case", "MessagingSession", "LiveChatTranscript"} {
		for _, row := range o.org.Records(object) {
			if row["Id"] != item {
				continue
			}
			for _, owners := range []string{"User", "Group"} {
				for _, who := range o.org.Records(owners) {
					if who["Id"] == row["OwnerId"] {
						name, _ := who["Name"].(string)
						return name
					}
				}
			}
		}
	}
	return ""
}

// slowWrap is an office in which the wrap-up of cases lasts until it is finished.
func slowWrap(t *testing.T) *office {
	t.Helper()
	return offers(t, func(r *routing) {
		for i := range r.Plans {
			if p := &r.Plans[i]; p.Name == "Cases" || p.Name == "Billing" {
				p.WrapUp = never
			}
		}
	})
}

// TestTransferToPlan: a case is given to another plan, by keyboard only: it then
// belongs to the plan's queue and goes on with somebody else, the same interaction.
func TestTransferToPlan(t *testing.T) {
	t.Parallel()
	o := slowWrap(t)
	people := o.shift("ada", "ben")
	ada, ben := people[0], people[1]
	w, card := o.ticket("Refund")
	ada.takes(card)
	ada.may("Consult", "Transfer", "Release case")

	ada.searches("")
	ada.sees("Transfer · Case " + card)
	names := ada.options()
	ada.shoot("1-all")
	// A to Z over agents and plans, without who asks, and with how they stand: also who
	// was never at work, but no plan whose queue may not own a Case.
	want := []string{"Ben Lindqvist: Agent · Ready", "Billing questions: Plan · Nobody waiting", "Cases: Plan · Nobody waiting"}
	for _, out := range []string{"Chloe Marchetti", "Dev Ramanathan", "Elena Petrova", "Farid Haddad"} {
		want = append(want, out+": Agent · Logged out, takes it later")
	}
	if !slices.Equal(names, want) {
		t.Errorf("the search offers %q, want %q", names, want)
	}
	ada.types(kb.Enter) // text alone, and none, is nobody
	ada.sees("nobody yet")
	ada.types("bill")
	ada.found("bill")
	ada.types(kb.ArrowDown, kb.Enter)
	ada.until("Billing questions to be chosen", `document.querySelector('.finder .to strong').textContent === 'Billing questions'`)
	ada.shoot("2-chosen")
	ada.types(kb.Enter)
	ada.hears("Transferred to Billing questions.")
	ada.sees("Transferred to Billing questions.")
	ada.shoot("3-transferred")

	ben.sees("Case · " + card)
	ben.sees("Billing questions")
	ben.takes(card)
	ben.tab("Case " + w.Name)
	ben.sees("Case · Connected · Billing questions")
	ada.sees("Transferred to Billing questions. It cannot be taken back.")
	ada.acts("Finish now")
	ada.sees("Ready (Idle)")
	works := o.works(w.ID)
	if len(works) != 2 || works[0]["UserId"] != o.id("ada") || works[1]["UserId"] != o.id("ben") || works[1]["Status"] != "Opened" {
		t.Errorf("the AgentWorks are %v", works)
	}
	v, err := o.daemon.connector.View(t.Context())
	if err != nil || len(v.Interactions) != 1 || v.Interactions[0].Work.Plan != "Billing" {
		t.Errorf("the engine has %+v, %v; want one interaction, of Billing", v.Interactions, err)
	}
}

// TestTransferToAgent: a case is given to one agent, by keyboard only, and alerts only
// there; while it waits it can be taken back.
func TestTransferToAgent(t *testing.T) {
	t.Parallel()
	o := slowWrap(t)
	people := o.shift("ada", "ben", "chloe")
	ada, ben, chloe := people[0], people[1], people[2]
	ben.press("Ready (Idle)")
	ben.press("Break")
	ben.state("Break", "away")
	w, card := o.ticket("Refund")
	ada.sees("Accept it in Omni-Channel")
	ada.takes(card)

	// To who is away: it waits for them, and nobody else gets it.
	ada.searches("ben")
	if names := ada.options(); len(names) != 1 || names[0] != "Ben Lindqvist: Agent · Break, takes it later" {
		t.Errorf("the search offers %q", names)
	}
	ada.shoot("1-away")
	ada.types(kb.ArrowDown, kb.Enter, kb.Enter)
	ada.hears("Transferred to Ben Lindqvist.")
	ada.card(card, vcc.CardWrapUp)
	ada.tabsToButton("Take back")
	ada.shoot("2-take-back")
	ada.types(kb.Enter)
	ada.sees("Accept it in Omni-Channel") // as anybody who is offered it
	ada.takes(card)
	ada.shoot("3-back")

	ada.searches("chloe")
	ada.types(kb.ArrowDown, kb.Enter, kb.Enter)
	ada.hears("Transferred to Chloe Marchetti.")
	chloe.sees("Case · " + card)
	chloe.takes(card)
	chloe.tab("Case " + w.Name)
	ben.sees("Interactions (0)")
	if owner := o.owner(w.ID); owner != "Chloe Marchetti" {
		t.Errorf("the case belongs to %s", owner)
	}
}

// TestNoTransferOfChats: who has a chat can consult, but transfers it in Salesforce.
func TestNoTransferOfChats(t *testing.T) {
	t.Parallel()
	o := offers(t, nil)
	ada := o.shift("ada")[0]
	o.message("Maria Lopez")
	ada.takes("Maria Lopez")
	ada.may("Consult", "Release chat")
}

package main

import (
	"testing"
	"time"

	"omnibridge/salesforce/mockorg"
	"omnibridge/vcc"
)

// deletes deletes a record in the org, as somebody there does.
func (o *office) deletes(w mockorg.Work) {
	o.t.Helper()
	if err := o.org.DeleteWork(w.ID); err != nil {
		o.t.Fatal(err)
	}
}

// tally is what the engine has counted of a plan.
func (o *office) tally(plan vcc.PlanID) vcc.PlanTally {
	o.t.Helper()
	v, err := o.daemon.connector.View(o.t.Context())
	if err != nil {
		o.t.Fatal(err)
	}
	for _, p := range v.Plans {
		if p.Plan == plan {
			return p.Total
		}
	}
	o.t.Fatalf("nothing is counted of plan %s", plan)
	return vcc.PlanTally{}
}

// over waits until the engine has nothing open.
func (o *office) over() {
	o.t.Helper()
	untilSeen(o.t, "everything to be over", func() bool {
		v, err := o.daemon.connector.View(o.t.Context())
		if err != nil {
			o.t.Fatal(err)
		}
		return len(v.Interactions) == 0
	})
}

// clicksUntil clicks the card of an interaction until a condition holds in ContactPad.
func (p *person) clicksUntil(card, condition string, args ...any) {
	p.t.Helper()
	p.clicksFor("what a click on "+card+" leads to", card, func() bool { return js[bool](p.t, p.pad, "return Boolean("+condition+")", args...) })
}

// clicksFor clicks the card of an interaction, and again only if nothing came of it for
// a while: a frame whose surroundings have just been clicked may miss the first click,
// and a second one is a wish of its own.
func (p *person) clicksFor(what, card string, holds func() bool) {
	p.t.Helper()
	var clicked time.Time
	untilSeen(p.t, what, func() bool {
		if !clicked.IsZero() && holds() {
			return true
		}
		if time.Since(clicked) > 5*time.Second && p.click(p.pad, ".card .face", card) {
			clicked = time.Now()
		}
		return false
	})
}

// TestDeletedWhileConnected: the agent whose record is deleted under them is told so in
// words, has the capacity back at once, without wrap-up, and it is not counted as
// handled; the next one comes as always.
func TestDeletedWhileConnected(t *testing.T) {
	t.Parallel()
	o := slowWrap(t)
	ada := o.shift("ada")[0]
	w, card := o.ticket("Refund")
	ada.takes(card)
	o.message("Maria Lopez")
	ada.takes("Maria Lopez")
	ada.load(21)
	o.deletes(w)
	ada.sees("Case deleted")
	ada.sees(card + " was deleted in Salesforce while you had it. It left your list; there is nothing to wrap up.")
	ada.hears("Case deleted. " + card + " was deleted in Salesforce")
	ada.until("the card to be gone", `![...document.querySelectorAll('.card .name')].some((n) => n.textContent === %s)`, card)
	ada.load(15)
	ada.shoot("1-deleted")
	ada.card("Maria Lopez", vcc.CardConnected) // is as it was
	if got := o.tally("Cases"); got.Accepted != 1 || got.Handled != 0 || got.Wraps != 0 {
		t.Errorf("counted %+v, want it accepted, and not handled", got)
	}
	ada.press("Dismiss")
	ada.misses("Case deleted")

	// What ends as it should is counted, so that the count above says something.
	w, card = o.ticket("Exchange")
	ada.takes(card)
	if err := o.org.CloseWork(w.ID); err != nil {
		t.Fatal(err)
	}
	ada.card(card, vcc.CardWrapUp)
	if got := o.tally("Cases"); got.Handled != 1 {
		t.Errorf("counted %+v, want one handled", got)
	}
	// Deleted now, its card is still there, and a click on it says that it is gone.
	ada.closesTab(w.Name)
	o.deletes(w)
	ada.clicksUntil(card, `document.body.innerText.includes(%s)`, card+" cannot be opened: it was deleted or you may not see it.")
	ada.hears("Record not opened.")
	ada.tabsOf(w.Name, 0)
	ada.card(card, vcc.CardWrapUp)
	ada.shoot("2-gone")
	ada.acts("Finish now")
	ada.load(15)
}

// TestDeletedWhileAlerting: nobody accepts what is no longer there, and who was asked is
// told why.
func TestDeletedWhileAlerting(t *testing.T) {
	t.Parallel()
	o := offers(t, nil)
	people := o.shift("ada", "ben")
	ada, ben := people[0], people[1]
	w, card := o.ticket("Refund")
	ada.sees("Case · " + card)
	o.deletes(w)
	ada.sees("Case deleted")
	ada.sees(card + " was deleted in Salesforce before you accepted it.")
	ada.misses("Case · " + card)
	ada.utility("ContactPad: Ready", false)
	ada.sees("Ready (Idle)")
	ada.load(0)
	ada.shoot("1-deleted")
	o.over()
	if works := o.works(w.ID); len(works) != 1 || works[0]["Status"] != "Canceled" {
		t.Errorf("the AgentWorks are %v, want one that was canceled: it goes to nobody else", works)
	}
	ben.sees("Interactions (0)")

	// The next one comes, once.
	w, card = o.ticket("Exchange")
	untilSeen(t, "the next one to be offered", func() bool { return len(o.works(w.ID)) == 1 })
	next := map[string]*person{o.id("ada"): ada, o.id("ben"): ben}[o.works(w.ID)[0]["UserId"].(string)]
	next.takes(card)
	next.load(6)
}

// TestDeletedInQueue: what is deleted while it waits is never offered, and no customer
// is counted as having given up.
func TestDeletedInQueue(t *testing.T) {
	t.Parallel()
	o := offers(t, nil)
	ada := o.shift("ada")[0]
	ada.chooses("Break")
	ada.until("the break", `document.getElementById('state').innerText.includes('Break')`)
	gone, _ := o.ticket("Refund")
	stays, card := o.ticket("Exchange")
	untilSeen(t, "both to wait", func() bool {
		v, err := o.daemon.connector.View(t.Context())
		return err == nil && len(v.Interactions) == 2
	})
	o.deletes(gone)
	untilSeen(t, "one to be over", func() bool { return o.tally("Cases").LeftRouting == 1 })
	ada.chooses("Ready")
	ada.takes(card)
	ada.tabsOf(gone.Name, 0)
	if got := o.tally("Cases"); got.Abandoned != 0 || got.Offered != 1 {
		t.Errorf("counted %+v, want one offer and nobody who gave up", got)
	}
	if n := len(o.works(gone.ID)); n != 0 {
		t.Errorf("what was deleted got %d AgentWorks", n)
	}
	if n := len(o.works(stays.ID)); n != 1 {
		t.Errorf("the other one got %d AgentWorks", n)
	}
}

// TestDeletedUnseen: what is deleted while the daemon is down is found out when it is
// back: the agent is told, and has room again.
func TestDeletedUnseen(t *testing.T) {
	t.Parallel()
	o := offers(t, nil)
	ada := o.shift("ada")[0]
	w, card := o.ticket("Refund")
	ada.takes(card)
	o.close()
	o.deletes(w)
	o.open()
	untilSeen(t, "ContactPad to be back", func() bool {
		ada.click(ada.pad, controls, "Try now")
		return js[bool](t, ada.pad, `return document.body.innerText.includes('Case deleted')`)
	})
	ada.sees(card + " was deleted in Salesforce while you had it.")
	ada.load(0)
	ada.shoot("1-unseen")
	o.over()
	if got := o.tally("Cases"); got.Handled != 0 {
		t.Errorf("counted %+v, want none handled", got)
	}
	_, card = o.ticket("Exchange")
	ada.takes(card)
}

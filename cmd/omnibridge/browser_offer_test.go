package main

import (
	"context"
	"testing"
	"time"

	"omnibridge/salesforce/mockorg"
	"omnibridge/vcc"
)

// offers is an office for what happens to offers. change, if not nil, may change how it
// routes. A case stays with who has it though
// its tab is closed (status-based capacity), and there is a second queue for cases.
func offers(t *testing.T, change func(*routing)) *office {
	t.Helper()
	seed := demoSeed()
	seed.Queues = append(seed.Queues, mockorg.SeedQueue{DeveloperName: "Billing_Cases", Routing: "External_Cases", Objects: []string{"Case"}})
	return newOfficeIn(t, seed, func(r *routing) {
		r.Plans = append(r.Plans, planFile{Name: "Billing", Label: "Billing questions", Queues: []string{"Billing_Cases"}, WrapUp: duration(2 * time.Second)})
		if change != nil {
			change(r)
		}
	})
}

// message lets a customer write.
func (o *office) message(name string) mockorg.Work {
	o.t.Helper()
	return o.add("MessagingSession", "Support_Messaging", name)
}

// declines declines what Omni-Channel asks of the agent.
func (p *person) declines(reason string) {
	p.t.Helper()
	p.reaches("the reasons to decline", p.console, ".reasons", func() {
		if p.front("Omni-Channel") {
			p.click(p.console, ".request button", "Decline")
		}
	})
	p.pressIn(p.console, "Omni-Channel", ".reasons button", reason)
}

// reaches tries until a page has an element.
func (p *person) reaches(what string, page context.Context, selector string, try func()) {
	p.t.Helper()
	untilSeen(p.t, what+" of "+p.name, func() bool {
		if js[bool](p.t, page, `return document.querySelector(%s)?.checkVisibility() === true`, selector) {
			return true
		}
		try()
		return false
	})
}

// TestAutoAccept: what Omni-Channel accepts by itself is open at once, in one tab, and
// ContactPad says so.
func TestAutoAccept(t *testing.T) {
	t.Parallel()
	o := offers(t, nil)
	if err := o.org.Agent("ada").SetAutoAccept(true); err != nil {
		t.Fatal(err)
	}
	ada := o.shift("ada")[0]
	w := o.message("Maria Lopez")
	ada.tab("Maria Lopez")
	ada.hears("Chat accepted") // for you, unless the machine was too slow for that; its name may come later
	ada.until("nothing said that nobody understands", `!said.some((t) => t.includes(%s))`, w.ID)
	ada.card("Maria Lopez", vcc.CardConnected)
	ada.utility("ContactPad: On 1 chat", false)
	ada.shoot("1-accepted")
	ada.may("Consult", "Release chat")
	ada.acts("Release chat")
	ada.sees("Ready (Idle)")
	if tabs := ada.tabs(); len(tabs) != 2 {
		t.Errorf("the console has the tabs %q, want Home and the session", tabs)
	}
	if n := len(o.works(w.ID)); n != 1 {
		t.Errorf("it took %d AgentWorks", n)
	}
}

// works are the AgentWorks that an org has made of a work item, oldest first.
func (o *office) works(item string) (all []mockorg.Row) {
	for _, row := range o.org.Records("AgentWork") {
		if row["WorkItemId"] == item {
			all = append(all, row)
		}
	}
	return all
}

// TestDeclined: who declines is told when the same comes again, and somebody else gets
// it.
func TestDeclined(t *testing.T) {
	t.Parallel()
	o := offers(t, nil)
	people := o.shift("ada", "ben")
	ada, ben := people[0], people[1]
	w := o.message("Maria Lopez")
	ada.sees("Chat · Maria Lopez")
	ada.declines("On a break")
	ben.sees("Chat · Maria Lopez")
	ada.back()
	ada.sees("Chat declined")
	ada.sees("You declined Maria Lopez. You will get this chat again at ")
	ada.hears("Chat declined. You declined Maria Lopez.")
	ada.sees("Ready (Idle)")
	ada.misses("Chat · Maria Lopez")
	ada.shoot("1-declined")
	if got := o.works(w.ID)[0]["DeclineReason"]; got != "On a break" {
		t.Errorf("the org keeps the reason %q", got)
	}
	ada.press("Dismiss")
	ada.misses("Chat declined")
	ben.takes("Maria Lopez")
	ben.tab("Maria Lopez")
	ben.shoot("2-taken")
	ada.sees("Interactions (0)")
}

// TestNotDelivered: what Omni-Channel does not take for one agent rings at another,
// and the first one is told why, in words.
func TestNotDelivered(t *testing.T) {
	// What Salesforce takes and then turns to Unavailable comes without a reason.
	for does, why := range map[string]string{"reject": "it says you are full", "unavailable": "it closed the request"} {
		t.Run(does, func(t *testing.T) {
			t.Parallel()
			o := offers(t, nil)
			set := o.org.Settings()
			set.Undeliverable = does
			if err := o.org.SetSettings(set); err != nil {
				t.Fatal(err)
			}
			if err := o.org.Agent("ada").SetCapacity(10); err != nil {
				t.Fatal(err)
			}
			people := o.shift("ada", "ben")
			ada, ben := people[0], people[1]
			ada.minimises()
			o.message("Maria Lopez")
			ben.sees("Chat · Maria Lopez")
			ada.utility("ContactPad: missed", true)
			ada.back()
			ada.sees("Chat not delivered")
			ada.sees("Omni-Channel could not take it: " + why + ". The chat went to somebody else.")
			ada.hears("Chat not delivered.") // the name may come later
			ada.sees("Interactions (0)")
			ada.shoot("1-not-delivered")
			ada.utility("ContactPad: Ready", false)
			ada.press("Dismiss")
			ada.misses("Chat not delivered")
			ben.takes("Maria Lopez")
			ben.tab("Maria Lopez")
		})
	}
}

// TestNotAcceptedInTime: an offer that is not accepted is taken back in the agent's
// own console, and goes to somebody else.
func TestNotAcceptedInTime(t *testing.T) {
	t.Parallel()
	o := newOffice(t, func(r *routing) { r.AcceptWithin[vcc.SemiLive] = duration(20 * time.Second) })
	if err := o.org.Agent("ben").SetAutoAccept(true); err != nil { // for whom the time is as short
		t.Fatal(err)
	}
	people := o.shift("ada", "ben")
	ada, ben := people[0], people[1]
	w := o.message("Maria Lopez")
	ada.sees("Chat · Maria Lopez")
	ada.until("the time left to count down", `/^0:(20|[01]\d)$/.test(document.querySelector('.alert .digits')?.textContent)`)
	ben.card("Maria Lopez", vcc.CardConnected)
	ada.sees("Chat not accepted in time")
	ada.sees("Maria Lopez: the chat went to somebody else: it was not accepted in 20 s.")
	ada.misses("Chat · Maria Lopez")
	ada.shoot("1-too-late")
	if got := o.works(w.ID)[0]; got["Status"] != "Declined" || got["DeclineReason"] != takenBack {
		t.Errorf("the first AgentWork is %v, %v: want it declined by the daemon, in the console", got["Status"], got["DeclineReason"])
	}
}

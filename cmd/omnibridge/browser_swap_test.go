package main

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"omnibridge/vcc"
)

// three lets an agent of o have a case, a chat and a call, in that order, and returns
// the names of their cards.
func (p *person) three(o *office) (call, chat, ticket string) {
	p.t.Helper()
	_, ticket = o.ticket("Refund")
	p.takes(ticket)
	p.load(6)
	o.message("Jonas Weber")
	p.takes("Jonas Weber")
	p.load(21)
	o.rings("Lena Vogt", "+49305550147")
	p.presses("Answer", "Busy Inbound")
	p.card("Lena Vogt", vcc.CardConnected)
	p.load(72)
	return "Lena Vogt", "Jonas Weber", ticket
}

// list waits until ContactPad lists just these cards, each as "name: class · state ·
// plan", in this order.
func (p *person) list(want ...string) {
	p.t.Helper()
	var last []string
	defer func() {
		if p.t.Failed() {
			p.t.Logf("the list of %s: %q", p.name, last)
		}
	}()
	untilSeen(p.t, fmt.Sprintf("the list of %s to be %q", p.name, want), func() bool {
		last = js[[]string](p.t, p.pad, `return [...document.querySelectorAll('.card')].map((c) => c.querySelector('.name').textContent + ': ' + c.querySelector('.second').innerText)`)
		return slices.Equal(last, want)
	})
}

// clocks waits until the clock of each card tells how long the engine says that the
// agent has had it, and the one of the state bar since when the first call was answered,
// if there is one: a page that is short of time paints a second late.
func (p *person) clocks() {
	p.t.Helper()
	var wrong []string
	defer func() {
		if p.t.Failed() {
			p.t.Logf("the clocks of %s: %q", p.name, wrong)
		}
	}()
	untilSeen(p.t, "the clocks of "+p.name+" to be right", func() bool { wrong = p.wrongClocks(); return len(wrong) == 0 })
}

// wrongClocks tells what is wrong with the clocks now.
func (p *person) wrongClocks() (wrong []string) {
	p.t.Helper()
	type reading struct {
		Now   float64 // ms since 1970, of this machine
		Bar   string
		Cards map[string]string // by interaction
	}
	got := js[reading](p.t, p.pad, `return {Now: Date.now(), Bar: document.querySelector('.bar .digits').textContent, Cards: Object.fromEntries([...document.querySelectorAll('.card')].map((c) => [c.querySelector('.face').dataset.interaction, c.querySelector('.digits').textContent]))}`)
	now := time.UnixMilli(int64(got.Now))
	v, err := p.office.daemon.connector.View(p.t.Context())
	if err != nil {
		p.t.Fatal(err)
	}
	near := func(what, shown string, since time.Time) {
		var m, s int
		if _, err := fmt.Sscanf(shown, "%d:%02d", &m, &s); err != nil {
			wrong = append(wrong, fmt.Sprintf("that of %s shows %q", what, shown))
			return
		}
		if is := now.Sub(since); (is - time.Duration(60*m+s)*time.Second).Abs() > 1500*time.Millisecond {
			wrong = append(wrong, fmt.Sprintf("that of %s shows %s, and it is %v", what, shown, is))
		}
	}
	n := 0
	for _, x := range v.Interactions {
		for _, leg := range x.Legs {
			shown, ok := got.Cards[string(x.ID)]
			if !ok || leg.Agent != vcc.AgentID(p.office.id(p.name)) || leg.State != vcc.Connected {
				continue
			}
			n++
			near(x.Work.Name, shown, leg.Since)
			if x.Work.Class == vcc.Live {
				near("the state bar", got.Bar, leg.Since)
			}
		}
	}
	if n != len(got.Cards) {
		wrong = append(wrong, fmt.Sprintf("%d clocks are shown, %d interactions are connected", len(got.Cards), n))
	}
	return wrong
}

// TestSwap: an agent with a call, a chat and a case goes from one to the other by a
// click: the record's tab comes to the front and the dock has what the class allows.
func TestSwap(t *testing.T) {
	t.Parallel()
	o := newCallOffice(t, nil)
	o.knows("Lena", "Vogt", "+49 30 5550147")
	ada := o.shift("ada")[0]
	call, chat, ticket := ada.three(o)
	ada.list(call+": Call · Connected · Hotline", chat+": Chat · Connected · Messages", ticket+": Case · Connected · Cases")
	ada.utility("ContactPad: On a call", false)

	// Each has its own buttons; of two calls at once there is one at most.
	for range 2 {
		ada.opensCard(chat)
		ada.tab(chat)
		ada.may("[Consult]", "Release chat")
		ada.opensCard(ticket)
		ada.tab("Case " + ticket[:8])
		ada.may("[Consult]", "Transfer", "Release case")
		ada.opensCard(call)
		ada.tab(call)
		ada.may("Hold", "Consult", "Release call")
	}
	ada.shoot("1-call")
	ada.opensCard(chat)
	ada.tab(chat)
	ada.tries("Consult", "You already have a call")
	ada.shoot("2-chat")
	for _, name := range []string{call, chat, "Case " + ticket[:8]} {
		ada.tabsOf(name, 1) // however often it was clicked
	}

	// What is done to one leaves the others alone.
	ada.opensCard(call)
	ada.acts("Hold")
	ada.card(call, vcc.CardHeld)
	ada.may("Retrieve", "Consult", "Release call")
	ada.opensCard(ticket)
	ada.tab("Case " + ticket[:8])
	ada.may("[Consult]", "Transfer", "Release case")
	ada.list(call+": Call · On hold · Hotline", chat+": Chat · Connected · Messages", ticket+": Case · Connected · Cases")
	ada.sees("Busy Inbound")
	ada.clocks() // on hold, too, it is since the call was answered
	ada.shoot("3-case")
	ada.opensCard(call)
	ada.acts("Retrieve")
	ada.card(call, vcc.CardConnected)
	ada.acts("Release call")
	ada.card(call, vcc.CardWrapUp)
	ada.sees("Ready (Working)")
	ada.list(chat+": Chat · Connected · Messages", ticket+": Case · Connected · Cases")
	ada.load(21)
	ada.opensCard(chat)
	ada.may("Consult", "Release chat") // there is no call any more
	ada.clocks()
}

// TestPopLeavesTheFocus: a record that opens in the middle of a conversation opens
// behind it, unless an admin wants it in front; else it opens in front.
func TestPopLeavesTheFocus(t *testing.T) {
	t.Parallel()
	for _, always := range []bool{false, true} {
		t.Run(fmt.Sprintf("always %v", always), func(t *testing.T) {
			t.Parallel()
			o := offers(t, func(r *routing) {
				r.Plans = append(r.Plans, planFile{Name: string(callsPlan), Label: "Hotline", WrapUp: duration(2 * time.Second)})
				r.AcceptWithin[vcc.Live], r.ContactPad.PopAlwaysFocus = never, always
			})
			o.knows("Lena", "Vogt", "+49 30 5550147")
			ada := o.shift("ada")[0]
			w, ticket := o.ticket("Refund")
			ada.tab("Case " + w.Name) // nothing else is open
			ada.takes(ticket)
			w, second := o.ticket("Exchange")
			ada.tab("Case " + w.Name) // nobody is talked to
			ada.takes(second)
			o.message("Jonas Weber")
			ada.takes("Jonas Weber")
			ada.tab("Jonas Weber")

			// In the middle of a chat comes a call.
			o.rings("Lena Vogt", "+49305550147")
			ada.presses("Answer", "Busy Inbound")
			ada.tabsOf("Lena Vogt", 1)
			ada.inFront("Lena Vogt", "Jonas Weber", always)
			ada.opensCard("Lena Vogt")
			ada.tab("Lena Vogt")

			// In the middle of a call comes a case.
			w, third := o.ticket("Warranty")
			ada.tabsOf(w.Name, 1)
			ada.inFront("Case "+w.Name, "Lena Vogt", always)
			ada.shoot("1-opened")
			ada.takes(third) // then Salesforce itself brings it to the front
			ada.tab("Case " + w.Name)
			ada.tabsOf(w.Name, 1)
			ada.load(84)
		})
	}
}

// inFront waits until the tab of a record that has opened is in front, if it should
// be, or the one that was there before still is.
func (p *person) inFront(opened, before string, yes bool) {
	p.t.Helper()
	if !yes {
		opened = before
	}
	p.tab(opened)
}

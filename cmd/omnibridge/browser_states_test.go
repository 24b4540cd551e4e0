package main

import (
	"slices"
	"testing"
	"time"

	"omnibridge/vcc"
)

// state waits until the state bar says this, and marks it so.
func (p *person) state(shown, mark string) {
	p.t.Helper()
	p.until("the state bar to say "+shown, `document.querySelector('#state .name').textContent === %s && document.querySelector('.bar').dataset.mark === %s`, shown, mark)
}

// why waits until the second line of the state bar says this.
func (p *person) why(words string) {
	p.t.Helper()
	p.until("the reason to be "+words, `[...document.querySelectorAll('.bar .why')].some((e) => e.innerText.includes(%s))`, words)
}

// back brings ContactPad to the front again, whatever the console has put there.
func (p *person) back() {
	p.t.Helper()
	untilSeen(p.t, "ContactPad in front of "+p.name, func() bool { return p.front("ContactPad") })
}

// TestStates: every state that an admin has defined can be chosen, sets the status in
// Omni-Channel that goes with it, and brings no work unless it is Ready; a status that
// is chosen in Omni-Channel brings its state.
func TestStates(t *testing.T) {
	t.Parallel()
	o := offers(t, func(r *routing) {
		r.ContactPad.States = []stateFile{
			{Major: vcc.Ready, Status: "Available"}, {Major: vcc.Outbound, Status: "Available"}, {Major: vcc.Away, Status: "Busy"},
			{Major: vcc.Away, Minor: "Break", Status: "Busy"}, {Major: vcc.Away, Minor: "Comfort Break", Status: "Busy"},
			{Major: vcc.ExtendedAway, Minor: "Training", Status: "Busy"},
		}
	})
	ada := o.shift("ada")[0]
	o.status("ada", "Available")
	ada.reaches("the menu of states", ada.pad, "#states", func() { ada.click(ada.pad, "#state", "") })
	menu := js[[]string](t, ada.pad, `return [...document.querySelectorAll('#states [role^=menuitem]')].map((e) => e.innerText.trim())`)
	if want := []string{"Ready", "Ready for Outbound", "Away", "Break", "Comfort Break", "Training", "Keyboard and sound", "Log out"}; !slices.Equal(menu, want) {
		t.Errorf("the menu has %q, want %q", menu, want)
	}
	ada.shoot("1-menu")
	began := time.Now()
	ada.press("Away")
	ada.state("Away", "away")
	_, ticket := o.ticket("Refund") // waits until she is back
	for i, minor := range []string{"Away", "Break", "Comfort Break", "Training"} {
		if i > 0 {
			began = time.Now()
			ada.chooses(minor)
		}
		ada.state(minor, "away")
		ada.utility("ContactPad: "+minor, false)
		ada.hears(minor + ".")
		o.status("ada", "Busy")
		ada.until("the clock of the state to begin anew", `(([, m, s]) => 60 * m + Number(s) <= (Date.now() - %s) / 1000 + 1)(/^(\d+):(\d\d)$/.exec(document.querySelector('.bar .digits').textContent))`, began.UnixMilli())
		ada.sees("Interactions (0)")
	}
	ada.shoot("2-training")
	ada.chooses("Ready for Outbound")
	ada.state("Ready for Outbound", "ready")
	o.status("ada", "Available")
	ada.sees("Interactions (0)")
	ada.misses("1 interaction alerting")
	ada.shoot("3-outbound")
	ada.chooses("Ready")
	ada.why("1 interaction alerting")
	ada.takes(ticket)
	ada.acts("Release case")
	ada.state("Ready (Idle)", "ready")

	// The other way round.
	if err := o.org.Agent("ada").Online("Busy"); err != nil {
		t.Fatal(err)
	}
	ada.state("Away", "away")
	if err := o.org.Agent("ada").Online("Available"); err != nil {
		t.Fatal(err)
	}
	ada.until("Ready again", `document.querySelector('#state .name').textContent.startsWith('Ready (')`)
	o.status("ada", "Available")
}

// TestIntendedState: a state that is chosen in the middle of work comes when the last
// wrap-up is over; until then there is no new work.
func TestIntendedState(t *testing.T) {
	t.Parallel()
	o := newCallOffice(t, func(r *routing) {
		for i := range r.Plans {
			if r.Plans[i].Name == "Messages" {
				r.Plans[i].WrapUp = never
			}
		}
	})
	people := o.shift("ada", "ben")
	ada, ben := people[0], people[1]
	ben.chooses("Away")
	ben.state("Away", "away")
	o.message("Jonas Weber")
	ada.takes("Jonas Weber")
	o.rings("Lena Vogt", "+49305550147")
	ada.presses("Answer", "Busy Inbound")
	ada.chooses("Break")
	ada.why("Next: Break, when all work has ended")
	ada.hears("Break, when your 2 interactions have ended.")
	ada.state("Busy Inbound", "working")
	_, ticket := o.ticket("Refund")
	ada.opensCard("Lena Vogt")
	ada.acts("Release call")
	ada.card("Lena Vogt", vcc.CardWrapUp)
	ada.state("Ready (Working)", "working")
	ada.list("Jonas Weber: Chat · Connected · Messages") // the call's wrap-up is over, the chat is not
	ada.why("Next: Break")
	ada.shoot("1-next")
	ada.acts("Release chat")
	ada.card("Jonas Weber", vcc.CardWrapUp)
	ada.state("Wrap Up", "working")
	ada.why("Next: Break")
	o.status("ada", "Available")
	ada.shoot("2-wrap-up")
	ada.acts("Finish now")
	ada.state("Break", "away")
	o.status("ada", "Busy")
	ada.misses("Next: Break")
	ada.sees("Interactions (0)")
	ada.shoot("3-break")
	ben.chooses("Ready")
	ben.sees(ticket) // nobody had got it
}

// TestNoAnswer: who does not answer gets no work for as long as the policy says, is
// told so, and is back at once by a button, by choosing a state, or when it is over.
func TestNoAnswer(t *testing.T) {
	t.Parallel()
	const holds = 25 * time.Second
	o := newCallOffice(t, func(r *routing) {
		r.ContactPad.NoAnswer = map[vcc.Class]duration{vcc.Live: never, vcc.SemiLive: duration(holds)}
		r.AcceptWithin[vcc.Live] = duration(3 * time.Second)
	})
	ada := o.shift("ada")[0]
	o.rings("Lena Vogt", "+49305550147")
	ada.state("Ready (Blocked)", "blocked") // it rang in vain
	ada.until("the time left", `/^No Answer,\s+(20:00|1\d:\d\d)\s+left/.test(document.querySelector('.why')?.innerText)`)
	ada.sees("You missed a call")
	ada.sees("The call from Lena Vogt at ")
	ada.sees("was not answered and went back to the queue. No new work until ")
	ada.hears("You missed a call. No new work until ")
	ada.minimises()
	ada.utility("ContactPad: Blocked", false) // the notice was seen
	ada.opens("ContactPad")
	_, ticket := o.ticket("Refund")
	ada.sees("Interactions (0)")
	ada.shoot("1-missed")
	ada.press("I am back: Ready now")
	ada.misses("Ready (Blocked)")
	ada.hears("Ready.")
	ada.sees(ticket) // that had to wait
	ada.shoot("2-back")
	ada.press("Dismiss")
	ada.takes(ticket)

	// A chat that is declined, with a shorter time: it ends by itself.
	o.message("Jonas Weber")
	ada.sees("Chat · Jonas Weber")
	ada.declines("On a break")
	ada.back()
	ada.state("Ready (Blocked)", "blocked")
	ada.until("the time left", `/^No Answer,\s+0:[0-2]\d\s+left/.test(document.querySelector('.why')?.innerText)`)
	ada.sees("Chat declined")
	ada.shoot("3-declined")
	ada.state("Ready (Working)", "working")
	ada.press("Dismiss")

	// Whoever chooses a state is there.
	o.message("Mia Frei")
	ada.sees("Chat · Mia Frei")
	ada.declines("On a break")
	ada.back()
	ada.state("Ready (Blocked)", "blocked")
	ada.chooses("Ready")
	ada.state("Ready (Working)", "working")
}

// TestBlockedByAFault: work that could not be released blocks new work; the state bar
// names it and leads to it, and when it is released the agent is Ready again.
func TestBlockedByAFault(t *testing.T) {
	t.Parallel()
	o := offers(t, nil)
	ada := o.shift("ada")[0]
	_, ticket := o.ticket("Refund")
	ada.takes(ticket)
	o.message("Jonas Weber")
	ada.takes("Jonas Weber")
	js[bool](t, ada.console, `window.closes = mockConsole.omni.closeAgentWork; mockConsole.omni.closeAgentWork = () => Promise.reject(new Error('Server error')); return true`)
	ada.opensCard("Jonas Weber")
	ada.acts("Release chat")
	ada.card("Jonas Weber", vcc.CardReleaseFailed)
	ada.state("Ready (Blocked)", "blocked")
	ada.minimises()
	ada.utility("ContactPad: Blocked", false)
	ada.opens("ContactPad")
	ada.opensCard(ticket)
	ada.shoot("1-blocked")
	_, second := o.ticket("Exchange") // waits
	ada.pressIn(ada.pad, "the state bar", ".bar .why button", "Jonas Weber")
	ada.until("its card to be selected", `document.querySelector('.card.current .name').textContent === 'Jonas Weber'`)
	ada.may("Consult", "Try again", "Abandon…")
	ada.misses("Exchange")
	js[bool](t, ada.console, `mockConsole.omni.closeAgentWork = closes; return true`)
	ada.acts("Try again")
	ada.card("Jonas Weber", vcc.CardWrapUp)
	ada.until("Ready again", `!document.querySelector('.bar').dataset.mark.includes('blocked')`)
	ada.sees(second)
	ada.shoot("2-released")
}

package main

import (
	"testing"
	"time"

	"omnibridge/vcc"
	"omnibridge/vcc/telephony"
)

// onNetwork waits until the telephone network has a call in this state with an agent.
func (o *office) onNetwork(id vcc.InteractionID, state telephony.State, agent string) {
	o.t.Helper()
	last := []telephony.Call{}
	defer func() {
		if o.t.Failed() {
			o.t.Logf("on the network: %+v", last)
		}
	}()
	untilSeen(o.t, string(id)+" to be "+string(state)+" on the network", func() bool {
		last = o.daemon.calls.network.Calls()
		for _, c := range last {
			if c.Interaction == id {
				return c.State == state && string(c.Agent) == o.id(agent)
			}
		}
		return false
	})
}

// allHungUp waits until the telephone network has no call any more.
func (o *office) allHungUp() {
	o.t.Helper()
	untilSeen(o.t, "the network to be empty", func() bool { return len(o.daemon.calls.network.Calls()) == 0 })
}

// TestCallNobodyAnswers: a call that is not answered rings with the next agent; who
// missed it gets nothing until they say that they are back. One that is rejected
// is treated alike (vcc.md 3.2).
func TestCallNobodyAnswers(t *testing.T) {
	t.Parallel()
	o := newCallOffice(t, func(r *routing) { r.AcceptWithin[vcc.Live] = duration(40 * time.Second) })
	people := o.shift("ada", "ben")
	ada, ben := people[0], people[1]
	id := o.rings("Lena Vogt", "+49305550147")
	ada.sees("Call · Lena Vogt")
	ben.press("Answer")
	ben.card("Lena Vogt", vcc.CardConnected)
	o.onNetwork(id, telephony.Talking, "ben")
	ada.sees("Ready (Blocked)")
	ada.sees("No Answer,")
	ada.sees("The call from Lena Vogt at")
	ada.hears("You missed a call.")
	ada.shoot("1-missed")
	o.rings("Karl Ott", "+49305550148") // for nobody: the one is blocked, the other talks
	ada.press("I am back: Ready now")
	ada.sees("Call · Karl Ott")
	ada.misses("Ready (Blocked)")
	ada.press("Dismiss")
	ada.misses("You missed a call") // what is below moves
	ada.press("Reject")
	ada.sees("Call declined")
	ada.sees("You declined Karl Ott.")
	ada.sees("No Answer,")
	ada.shoot("2-declined")
	ada.press("I am back: Ready now")
	ada.sees("Ready (Idle)") // the call itself does not come back so soon
	ben.acts("Release call")
	ben.sees("Call · Karl Ott")
	ben.press("Answer")
	ben.card("Karl Ott", vcc.CardConnected)
}

// TestCallerHangsUp: while it rings, while they talk, and on hold.
func TestCallerHangsUp(t *testing.T) {
	t.Parallel()
	o := newCallOffice(t, nil)
	ada := o.shift("ada")[0]
	id := o.rings("Lena Vogt", "+49305550147")
	ada.sees("Call · Lena Vogt")
	o.hangsUp(id)
	ada.sees("Lena Vogt left before you accepted.")
	ada.misses("Call · Lena Vogt")
	ada.utility("ContactPad: Ready", false)
	ada.sees("Ready (Idle)")
	ada.shoot("1-left")
	ada.press("Dismiss")

	for _, held := range []bool{false, true} {
		id = o.rings("Karl Ott", "+49305550148")
		ada.press("Answer")
		ada.card("Karl Ott", vcc.CardConnected)
		if held {
			ada.acts("Hold")
			ada.card("Karl Ott", vcc.CardHeld)
			o.onNetwork(id, telephony.Held, "ada")
		}
		o.hangsUp(id)
		ada.card("Karl Ott", vcc.CardWrapUp)
		ada.shoot("2-wrap-up")
		ada.sees("Ready (Idle)")
	}
}

// TestHold: who is on hold is so in words, in sound and on the network, with a clock
// of its own.
func TestHold(t *testing.T) {
	t.Parallel()
	o := newCallOffice(t, nil)
	ada := o.shift("ada")[0]
	id := o.rings("Lena Vogt", "+49305550147")
	ada.press("Answer")
	ada.card("Lena Vogt", vcc.CardConnected)
	o.onNetwork(id, telephony.Talking, "ada")
	ada.acts("Hold")
	ada.card("Lena Vogt", vcc.CardHeld)
	ada.party("Lena Vogt", vcc.PartyHeld)
	ada.may("Retrieve", "Consult", "Release call")
	ada.hears("Lena Vogt is on hold.")
	o.onNetwork(id, telephony.Held, "ada")
	const held, card = `document.querySelector('#dock .parties .digits').textContent`, `document.querySelector('.card .digits').textContent`
	ada.until("the clock of the hold to go", `/^\d+:\d\d$/.test(`+held+`) && !/^0:0[01]$/.test(`+held+`)`)
	ada.until("the hold to have begun", `(window.began = Number(document.querySelector('#dock .parties [data-up]').dataset.up)) > 0`)
	ada.until("the clock of the call to be ahead", held+` < `+card+` || `+card+` >= '0:10'`)
	ada.shoot("1-held")
	ada.acts("Retrieve")
	ada.card("Lena Vogt", vcc.CardConnected)
	ada.may("Hold", "Consult", "Release call")
	ada.hears("Lena Vogt is connected again.")
	o.onNetwork(id, telephony.Talking, "ada")
	ada.acts("Hold")
	ada.card("Lena Vogt", vcc.CardHeld)
	ada.until("the clock of the second hold to begin anew", `Number(document.querySelector('#dock .parties [data-up]').dataset.up) > began + 2000`)
	ada.acts("Release call")
	ada.sees("Ready (Idle)")
}

package main

import (
	"fmt"
	"testing"

	"omnibridge/vcc"
	"omnibridge/vcc/telephony"
)

// TestFullHouse: a call, two chats and three cases at once are what one agent can
// take; to consult may go beyond.
func TestFullHouse(t *testing.T) {
	t.Parallel()
	o := newCallOffice(t, nil)
	ada := o.shift("ada")[0]
	for i := range 5 {
		if i < 2 {
			o.add("LiveChatTranscript", "Support_Chat", "")
			ada.takes(fmt.Sprintf("visitor %08d", i+1))
		} else {
			o.add("Case", "Support_Cases", "")
			ada.takes(fmt.Sprintf("%08d", i-1))
		}
	}
	o.rings("Lena Vogt", "+49305550147")
	ada.presses("Answer", "Busy Inbound")
	ada.card("Lena Vogt", vcc.CardConnected)
	ada.sees("Interactions (6)")
	ada.sees("Load 99 of 100")
	ada.shoot("1-full")
	ben := o.shift("ben")[0]
	ada.pressIn(ada.pad, "the list", ".card .face", "Lena Vogt")
	ada.consults("Ben")
	ben.press("Answer")
	ada.sees("Load 150 of 100: no new work until you are below 100")
	ada.party("Ben Lindqvist", vcc.PartyTalking)
	ada.shoot("2-over")
	ada.acts("Release Ben Lindqvist")
	ada.sees("Load 99 of 100")
}

// TestRestartInACall: the daemon restarts while two agents talk about a customer's
// call. Their panels come back, the call goes on, and so do the voices, which never
// went through the daemon.
func TestRestartInACall(t *testing.T) {
	t.Parallel()
	o := newCallOffice(t, nil)
	people := o.shift("ada", "ben")
	ada, ben := people[0], people[1]
	for _, p := range people {
		p.overhears()
	}
	id := o.rings("Lena Vogt", "+49305550147")
	ada.press("Answer")
	ada.card("Lena Vogt", vcc.CardConnected)
	ada.consults("Ben")
	ben.press("Answer")
	ada.party("Ben Lindqvist", vcc.PartyTalking)
	for _, p := range people {
		p.hearsVoice()
		js[bool](t, p.pad, `window.before = lines.length; return true`)
	}
	o.close()
	ada.sees("Connection lost")
	ada.sees("Your calls go on.") // the customer's, and the one with Ben
	ada.hearsVoice()
	ada.shoot("1-lost")
	o.open()
	for _, p := range people {
		p.misses("Connection lost")
		p.hearsVoice()
		if n := js[int](t, p.pad, `return lines.length - before`); n != 0 {
			t.Errorf("%s was connected anew, %d times", p.name, n)
		}
	}
	ada.party("Lena Vogt", vcc.PartyHeld)
	ada.party("Ben Lindqvist", vcc.PartyTalking)
	ben.card("Ada Okafor", vcc.CardConnected)
	ada.shoot("2-again")
	ada.acts("Release Ben Lindqvist")
	ben.sees("Ready (Idle)")
	ada.acts("Retrieve")
	o.onNetwork(id, telephony.Talking, "ada")
	ada.acts("Release call")
	o.allHungUp()
}

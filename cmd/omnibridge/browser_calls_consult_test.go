package main

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"omnibridge/vcc"
	"omnibridge/vcc/telephony"
)

// option waits until the search shows somebody, with these words about them, and
// whether they can be chosen.
func (p *person) option(name, words string, can bool) {
	p.t.Helper()
	p.until(name+" to be in the search with "+words, `[...document.querySelectorAll('#found [role=option]')].some((o) => o.querySelector('.name').textContent === %s && o.querySelector('.second').textContent.includes(%s) && (o.getAttribute('aria-disabled') !== 'true') === %s)`, name, words, can)
}

// TestConsultComesToNothing: not answered, declined, on a call, logged out.
func TestConsultComesToNothing(t *testing.T) {
	t.Parallel()
	o := newCallOffice(t, func(r *routing) { r.ContactPad.ConsultWithin = duration(40 * time.Second) })
	chloe := o.shift("chloe")[0]
	o.rings("Karl Ott", "+49305550148")
	chloe.press("Answer")
	chloe.card("Karl Ott", vcc.CardConnected)
	chloe.chooses("Away") // later: what else comes is not hers
	chloe.why("Next: Away")
	ada := o.shift("ada")[0]
	o.add("LiveChatTranscript", "Support_Chat", "")
	ada.takes("visitor 00000001")
	ben := o.shift("ben")[0]

	ada.looksFor("e")
	ada.option("Ben Lindqvist", "Ready", true)
	ada.option("Chloe Marchetti", "On a call, cannot be called", false)
	ada.shoot("1-search")
	js[bool](t, ada.pad, `document.querySelector('#found [data-name="Chloe Marchetti"]').click(); return true`)
	ada.sees("Chloe Marchetti: On a call, cannot be called.")
	ada.sees("nobody yet")
	ada.pressIn(ada.pad, "the search", "#found [role=option]", "Ben")
	ada.pressIn(ada.pad, "the search", "[data-act=commit]", "Dial")

	ben.sees("Call · Ada Okafor")
	ada.sees("Ben Lindqvist did not answer.") // after forty seconds
	ben.misses("Call · Ada Okafor")
	ben.sees("Ready (Idle)") // nobody is blocked for a colleague's call
	ada.shoot("2-no-answer")
	ada.press("Dismiss")

	ada.consults("Ben")
	ben.press("Reject")
	ada.sees("Ben Lindqvist declined.")
	ben.sees("Ready (Idle)")
	ada.press("Dismiss")

	ada.consults("Ben")
	ben.sees("Call · Ada Okafor")
	ada.acts("Cancel")
	ada.sees("Ready (Working)")
	ben.misses("Call · Ada Okafor")
	ada.card("visitor 00000001", vcc.CardConnected)

	ben.press("Ready (Idle)")
	ben.press("Log out")
	ben.sees("Log in with Salesforce")
	ada.looksFor("Ben")
	ada.option("Ben Lindqvist", "Logged out, cannot be called", false)
}

// TestConsultNumber: what a number does is told in words; the chat stays.
func TestConsultNumber(t *testing.T) {
	t.Parallel()
	o := newCallOffice(t, func(r *routing) { r.ContactPad.ConsultWithin = duration(15 * time.Second) })
	ada := o.shift("ada")[0]
	o.add("LiveChatTranscript", "Support_Chat", "")
	ada.takes("visitor 00000001")
	for _, c := range []struct{ number, words string }{
		{"+49 30 555 9901", "+49305559901 is busy."},
		{"+49 30 555 9902", "+49305559902 did not answer."},
		{"+49 30 555 9903", "No connection to that number."},
	} {
		ada.looksFor(c.number)
		if n := js[int](t, ada.pad, `return [...document.querySelectorAll('#found [role=option]')].filter((o) => o.innerText.startsWith('Dial')).length`); n != 1 {
			ada.shoot("doubled")
			t.Errorf("the search offers to dial %s %d times", c.number, n)
		}
		ada.pressIn(ada.pad, "the search", "#found [role=option]", "Dial "+c.number)
		ada.pressIn(ada.pad, "the search", "[data-act=commit]", "Dial")
		ada.sees(c.words)
		ada.shoot(c.number[len(c.number)-2:])
		ada.press("Dismiss")
		ada.card("visitor 00000001", vcc.CardConnected)
	}
	ada.looksFor("+49 30 555 9904")
	ada.pressIn(ada.pad, "the search", "#found [role=option]", "Dial +49")
	ada.pressIn(ada.pad, "the search", "[data-act=commit]", "Dial")
	ada.pressIn(ada.pad, "the list", ".card .face", "+49305559904")
	ada.hears("+49305559904 answered.")
	ada.acts("Release call")
	ada.sees("Ready (Working)")
	o.allHungUp()
}

// TestConsultWithoutTelephony: colleagues can be called, numbers not, and the search
// says so.
func TestConsultWithoutTelephony(t *testing.T) {
	t.Parallel()
	o := newCallOffice(t, nil)
	o.ready()
	o.close()
	ctx, stop := context.WithCancel(context.Background())
	d, err := newDaemon(ctx, o.cfg, o.rules, slog.New(slog.DiscardHandler), extras{})
	if err != nil {
		stop()
		t.Fatal(err)
	}
	o.daemon, o.stop, o.ended = d, stop, make(chan error, 1)
	go func() { o.ended <- d.run(ctx) }()
	ada := o.shift("ada")[0]
	o.add("LiveChatTranscript", "Support_Chat", "")
	ada.takes("visitor 00000001")
	ada.looksFor("+49 30 555 9904")
	ada.sees("No telephony is configured")
	ada.until("the number to be off, and there once", `[...document.querySelectorAll('#found [role=option]')].map((o) => o.getAttribute('aria-disabled')).join() === 'true'`)
	ada.shoot("1-none")
}

// TestWarmTransfer: the agent gives the customer to the colleague who is consulted:
// the call and its record are theirs, and the agent wraps up.
func TestWarmTransfer(t *testing.T) {
	t.Parallel()
	o := newCallOffice(t, func(r *routing) { r.Plans[len(r.Plans)-1].WrapUp = never })
	o.knows("Lena", "Vogt", "+49 30 5550147")
	people := o.shift("ada", "ben")
	ada, ben := people[0], people[1]
	id := o.rings("Lena Vogt", "+49305550147")
	ada.press("Answer")
	ada.tab("Lena Vogt")
	ada.consults("Ben")
	ben.press("Answer")
	ada.party("Ben Lindqvist", vcc.PartyTalking)
	ada.acts("Transfer")
	ben.card("Lena Vogt", vcc.CardConnected)
	ben.tab("Lena Vogt")
	ada.card("Lena Vogt", vcc.CardWrapUp)
	ada.sees("Transferred to Ben Lindqvist.")
	ada.hears("Transferred to Ben Lindqvist.")
	ada.shoot("1-gave")
	ben.shoot("2-has")
	o.onNetwork(id, telephony.Talking, "ben")
	ben.may("Hold", "Consult", "Release call")
	ben.sees("Load 51 of 100")
	ada.acts("Finish now")
	ada.sees("Ready (Idle)")
	ben.acts("Release call")
	ben.card("Lena Vogt", vcc.CardWrapUp)
	ben.acts("Finish now")
	ben.sees("Ready (Idle)")
}

package contactpad_test

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"omnibridge/vcc"
)

// Until the name of a record is known, people see and hear what it is and where it came
// from: never an id, in no place that shows or says something.
func TestPageNeverShowsIDs(t *testing.T) {
	s := newStage(t, staging{desk: idle()})
	s.record()
	const id = "5008d000004XyZaAAK"
	nameless := func(c vcc.Card) vcc.Card {
		c.Record, c.Name = id, id
		return c
	}
	clean := func(when string) {
		t.Helper()
		for where, text := range map[string]string{
			"the page": eval[string](t, s.page, `document.body.innerText + [...document.querySelectorAll("[aria-label]")].map((e) => e.getAttribute("aria-label"))`),
			"speech":   eval[string](t, s.page, `spoken.join()`),
			"the bar":  eval[string](t, s.tab, `JSON.stringify(calls.filter((c) => c.name !== "openRecord"))`),
		} {
			if strings.Contains(text, id[:15]) {
				t.Errorf("%s: %s has an id:\n%s", when, where, text)
			}
		}
	}
	alerts := nameless(caseCard("04", "", 0))
	alerts.State, alerts.Since, alerts.Until, alerts.Actions = vcc.CardAlerting, ago(10*time.Second), in(24*time.Minute+spare), nil
	s.pad.show(func(d *vcc.Desk) { d.Cards = []vcc.Card{alerts} })
	s.text("Case for Refunds")
	s.says("A Case alerting, Refunds. Accept it in Omni-Channel. 24 minutes.")
	clean("alerting")
	s.pad.show(func(d *vcc.Desk) { working(d, "Ready (Working)", nameless(caseCard("04", "", 0))) })
	s.wait(`document.querySelector(".card .name")?.innerText === "Case for Refunds" && document.querySelector("#dock .title .link")?.innerText === "Case for Refunds"`)
	s.says("P Case accepted, Refunds.")
	clean("accepted")
	s.settled()
	s.click("#dock [data-do=transfer]")
	s.wait(`document.querySelector("#finder-title")?.innerText === "Transfer · Case for Refunds"`)
	s.keys(escape)
	s.wait(`!document.querySelector("[role=dialog]")`)
	s.pad.show(func(d *vcc.Desk) {
		d.Cards[0].State, d.Cards[0].Actions = vcc.CardReleaseFailed, actions(vcc.Release, vcc.Abandon)
	})
	s.click("#dock [data-do=abandon]")
	s.wait(`document.querySelector("#confirm-title")?.innerText === "Abandon case for Refunds?"`)
	clean("abandoning")
	s.keys(escape)
	s.pad.show(func(d *vcc.Desk) {
		*d = idle()
		d.Notices = []vcc.Notice{{ID: "n1", Kind: vcc.NotDelivered, At: ago(0), Class: vcc.NonLive, Medium: "case", Reason: "away"}}
	})
	s.text("A case")
	clean("not delivered")
	// The 15 characters of it are an id, too; no plan, no name, no record leave the kind.
	short := nameless(caseCard("05", "", 0))
	short.Name, short.PlanLabel = id[:15], ""
	bare := caseCard("06", "", 0)
	bare.Name, bare.Record, bare.PlanLabel = "", "", ""
	s.pad.show(func(d *vcc.Desk) { working(d, "Ready (Working)", short, bare) })
	s.wait(`[...document.querySelectorAll(".card .name")].map((n) => n.innerText).join() === "Case,Case"`)
	clean("without a plan")
	// The name comes: it stands everywhere, and is no news.
	eval[bool](t, s.page, `(spoken.length = 0, true)`)
	s.pad.show(func(d *vcc.Desk) { d.Cards[0].Name = "00001044 Refund not received" })
	s.text("Case · 00001044 Refund not received")
	s.passes(time.Minute)
	if said := eval[[]string](t, s.page, `spoken`); len(said) > 0 {
		t.Errorf("the name that came was said: %q", said)
	}
}

// A call by the number alone is told by its number.
func TestPageNamesThatLookLikeIDs(t *testing.T) {
	d := idle()
	working(&d, "Busy Inbound", callCard("01", "Schwarzenberger", time.Minute))
	s := newStage(t, staging{desk: d})
	s.text("Call · Schwarzenberger")
}

// Work that Omni-Channel accepts by itself is told apart from what the agent accepted,
// by the console's own events: nobody is as quick. It is in the state bar, said, and on
// the utility item until the agent has looked.
func TestPageAcceptedByItself(t *testing.T) {
	s := newStage(t, staging{desk: idle()})
	s.record()
	s.minimise()
	bar := func(label string, highlighted bool) {
		t.Helper()
		s.waitHost(`(() => { const u = calls.filter((c) => c.name === "utility").at(-1)?.args; return u && u.label === ` + quoted(label) + ` && u.highlighted === ` + yes(highlighted) + ` })()`)
	}
	maria, jonas := chat("01", "Maria Lopez", 0), chat("02", "Jonas Weber", 0)
	// By the server's times they are offered long before they are accepted, however slow we are.
	offered := func(id vcc.InteractionID, name string) vcc.Card {
		return alertingChat(id, name, 24*time.Minute+spare)
	}
	s.pad.show(func(d *vcc.Desk) { d.Cards = []vcc.Card{offered("01", "Maria Lopez")} })
	s.says("A Chat alerting: Maria Lopez, Orders. Accept it in Omni-Channel. 24 minutes.")
	// However slow the machine: between the two no moment passes.
	eval[bool](t, s.page, `(window.moments = performance.now, window.still = performance.now(), performance.now = () => still, true)`)
	eval[bool](t, s.tab, `(event("workAssigned", { workItemId: `+quoted(maria.Record)+` }), event("workAccepted", { workItemId: `+quoted(maria.Record)+` }), true)`)
	s.pad.await(t, "event", 3)
	eval[bool](t, s.page, `(performance.now = () => moments.call(performance), true)`)
	s.pad.show(func(d *vcc.Desk) { working(d, "Ready (Working)", maria) })
	s.says("P Chat accepted for you: Maria Lopez, Orders.")
	s.text("Chat accepted for you")
	bar("ContactPad: Chat accepted for you", true)
	eval[bool](t, s.tab, `(event("tabFocused", { recordId: `+quoted(maria.Record)+` }), true)`)
	bar("ContactPad: On 1 chat", false)
	s.noText("accepted for you")
	// The console brought another record to the front before the server told: the agent
	// looks at it, so that it is never new, and yet it is said that it was accepted.
	karl := chat("04", "Karl Ott", 0)
	s.pad.show(func(d *vcc.Desk) {
		d.Cards = append([]vcc.Card{offered("04", "Karl Ott")}, d.Cards...)
	})
	s.says("A Chat alerting: Karl Ott, Orders. Accept it in Omni-Channel. 24 minutes.")
	focus := func(c vcc.Card) {
		t.Helper()
		n := len(s.pad.all("event"))
		eval[bool](t, s.tab, `(event("tabFocused", { recordId: `+quoted(c.Record)+` }), true)`)
		s.pad.await(t, "event", n+1)
	}
	focus(karl)
	s.pad.show(func(d *vcc.Desk) { working(d, "Ready (Working)", maria, karl) })
	s.says("P Chat accepted: Karl Ott, Orders.")
	s.noText("New")
	focus(maria)
	s.noText("New")
	s.pad.show(func(d *vcc.Desk) { working(d, "Ready (Working)", maria) })
	s.says("P Chat Karl Ott has left your list.")
	// By hand, a second later.
	s.pad.show(func(d *vcc.Desk) {
		d.Cards = append([]vcc.Card{offered("02", "Jonas Weber")}, d.Cards...)
	})
	s.says("A Chat alerting: Jonas Weber, Orders. Accept it in Omni-Channel. 24 minutes.")
	eval[bool](t, s.tab, `(event("workAssigned", { workItemId: `+quoted(jonas.Record)+` }), true)`)
	s.pad.await(t, "event", 7)
	s.wait(`(window.later ??= performance.now()) && performance.now() - window.later > 900`)
	eval[bool](t, s.tab, `(event("workAccepted", { workItemId: `+quoted(jonas.Record)+` }), true)`)
	s.pad.await(t, "event", 8)
	s.pad.show(func(d *vcc.Desk) { working(d, "Ready (Working)", maria, jonas) })
	s.says("P Chat accepted: Jonas Weber, Orders.")
	bar("ContactPad: On 2 chats", false)
	// The same chat again, by a quick hand: the console's events know better than the server's times.
	s.pad.show(func(d *vcc.Desk) { working(d, "Ready (Working)", maria) })
	s.says("P Chat Jonas Weber has left your list.")
	s.pad.show(func(d *vcc.Desk) {
		d.Cards = append([]vcc.Card{offered("06", "Jonas Weber")}, d.Cards...)
		d.Cards[0].Record = jonas.Record
	})
	s.says("A Chat alerting: Jonas Weber, Orders. Accept it in Omni-Channel. 24 minutes.")
	eval[bool](t, s.tab, `(event("workAssigned", { workItemId: `+quoted(jonas.Record)+` }), true)`)
	s.pad.await(t, "event", 9)
	s.wait(`(window.again ??= performance.now()) && performance.now() - window.again > 900`)
	eval[bool](t, s.tab, `(event("workAccepted", { workItemId: `+quoted(jonas.Record)+` }), true)`)
	s.pad.await(t, "event", 10)
	s.pad.show(func(d *vcc.Desk) {
		again := chat("06", "Jonas Weber", 0)
		again.Record, again.Since = jonas.Record, d.Cards[0].Since.Add(900*time.Millisecond)
		working(d, "Ready (Working)", maria, again)
		jonas = again
	})
	s.says("P Chat accepted: Jonas Weber, Orders.")
	s.noText("accepted for you")
	// The console says nothing, but the server tells how quick it was.
	s.pad.show(func(d *vcc.Desk) {
		d.Cards = append([]vcc.Card{offered("05", "Ida Blau")}, d.Cards...)
	})
	s.says("A Chat alerting: Ida Blau, Orders. Accept it in Omni-Channel. 24 minutes.")
	s.pad.show(func(d *vcc.Desk) {
		ida := chat("05", "Ida Blau", 0)
		ida.Since = d.Cards[0].Since.Add(300 * time.Millisecond)
		working(d, "Ready (Working)", maria, jonas, ida)
	})
	s.says("P Chat accepted for you: Ida Blau, Orders.")
	s.click(`.card [data-interaction="05"]`)
	bar("ContactPad: On 3 chats", false)
	// While on a call, the customer who waits is still told of.
	eva := chat("03", "Eva Lind", 0)
	s.pad.show(func(d *vcc.Desk) {
		working(d, "Busy Inbound", callCard("09", "Karl Ott", time.Minute), maria, jonas, eva)
		d.Intended = &vcc.AgentState{Major: vcc.Away}
	})
	bar("ContactPad: Chat accepted for you", true)
	s.text("Chat accepted for you")
	s.click(`.card [data-interaction="03"]`)
	bar("ContactPad: On a call", false)
	s.text("Next: Away")
}

// Why a button is off is a whole sentence, wherever the words come from.
func TestPageReasonsAreSentences(t *testing.T) {
	d := idle()
	c := callCard("01", "Maria Lopez", time.Minute)
	c.Actions[0].Off, c.Actions[1].Off = "it still rings", "You are in a conference: release the call."
	working(&d, "Busy Inbound", c)
	s := newStage(t, staging{desk: d})
	s.settled()
	s.click("#dock [data-do=hold]")
	s.wait(`document.querySelector("#dock .hint")?.innerText === "It still rings."`)
	s.click("#dock [data-do=consult]")
	s.wait(`document.querySelector("#dock .hint")?.innerText === "You are in a conference: release the call."`)
	s.pad.script(func(message) (bool, string, string, bool) { return false, "not now", "it is released already", false })
	s.click("#dock [data-do=release]")
	s.wait(`document.querySelector("#dock .said")?.innerText === "It is released already."`)
}

// A call to a colleague about a chat can be cancelled whatever is selected: in the dock
// of the chat, on its own card, and above the list when neither is selected; by keys.
func TestPageCancelsFromAnywhere(t *testing.T) {
	d := idle()
	consult := callCard("09", "Tom Baker", 7*time.Second)
	consult.Of, consult.Direction, consult.Record, consult.Plan, consult.PlanLabel, consult.Actions = "02", "out", "", "", "", actions(vcc.Cancel)
	consult.Parties = []vcc.Party{{ID: "005b", Agent: "005b", Name: "Tom Baker", State: vcc.PartyRinging, Since: ago(7 * time.Second), Until: in(8 * time.Second), Interaction: "09"}}
	working(&d, "Busy Internal", consult, chat("02", "Jonas Weber", time.Minute), caseCard("04", "00001044 Refund not received", time.Hour))
	s := newStage(t, staging{desk: d})
	one := func(where string) {
		t.Helper()
		s.wait(`document.querySelectorAll("[data-do=cancel]").length === 1 && document.querySelector(` + quoted(where+" [data-do=cancel]") + `)`)
	}
	s.focus(`.card [data-interaction="09"]`)
	one("#dock .actions, #dock .parties")
	s.keys(down)
	one("#dock .parties") // the chat's
	s.text("Tom Baker, ringing")
	s.keys(down)
	one(".ringing") // the case's dock has nothing to do with it
	s.text("Consult about chat Jonas Weber")
	s.inspect("calling", false)
	s.focus("#state")
	s.keys(tabs)
	s.waitFocus("cancel")
	s.keys(enter)
	if m := s.pad.command(t, vcc.Cancel, 1); m.text("interaction") != "09" {
		t.Errorf("cancelled %v", m)
	}
	s.waitFocus("04")
	s.pad.show(func(d *vcc.Desk) { working(d, "Ready (Working)", d.Cards[1:]...) })
	s.wait(`!document.querySelector("[data-do=cancel], .ringing")`)
}

func quoted(s string) string { return strconv.Quote(s) }

func yes(b bool) string { return strconv.FormatBool(b) }

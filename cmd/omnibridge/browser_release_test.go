package main

import (
	"fmt"
	"testing"
	"time"

	"github.com/chromedp/chromedp/kb"

	"omnibridge/salesforce/mockorg"
	"omnibridge/vcc"
)

// load waits until ContactPad shows this load, and makes sure that the engine counts
// the same.
func (p *person) load(percent int) {
	p.t.Helper()
	p.until("the load shown", `document.querySelector('[role=meter]')?.getAttribute('aria-valuenow') === String(%s)`, percent)
	v, err := p.office.daemon.connector.View(p.t.Context())
	if err != nil {
		p.t.Fatal(err)
	}
	if got := v.Loads[vcc.AgentID(p.office.id(p.name))]; got != percent {
		p.t.Errorf("%s sees a load of %d, the engine counts %d", p.name, percent, got)
	}
}

// chooses chooses a state in the menu of the state bar.
func (p *person) chooses(state string) {
	p.t.Helper()
	untilSeen(p.t, fmt.Sprintf("%q in the menu of states of %s", state, p.name), func() bool {
		if !js[bool](p.t, p.pad, `return document.querySelector('#states')?.checkVisibility() === true`) {
			p.click(p.pad, "#state", "") // a menu that was open before may have closed just now
		}
		return p.click(p.pad, "#states [role^=menuitem]", state)
	})
}

// TestWrapUp: a release begins the wrap-up at once, which counts down, can be extended,
// wants an outcome and is finished by hand; a state chosen meanwhile comes after it,
// unless Ready is chosen again.
func TestWrapUp(t *testing.T) {
	t.Parallel()
	o := offers(t, func(r *routing) {
		for i := range r.Plans {
			if r.Plans[i].Name == "Messages" {
				r.Plans[i] = planFile{Name: "Messages", Queues: r.Plans[i].Queues, WrapUp: duration(10 * time.Minute), WrapExtendAll: true,
					Dispositions: []string{"Solved", "Call back"}, DispositionRequired: true}
			}
		}
	})
	ada := o.shift("ada")[0]
	o.message("Maria Lopez")
	ada.takes("Maria Lopez")
	ada.load(15)
	ada.chooses("Break")
	ada.sees("Next: Break, when all work has ended")
	ada.hears("Break, when your 1 interaction has ended.")
	ada.shoot("1-next")
	ada.chooses("Cancel: stay Ready")
	ada.misses("Next: Break")
	ada.hears("Ready again. Break was cancelled.")
	ada.chooses("Break")
	ada.sees("Next: Break")

	ada.acts("Release chat")
	ada.card("Maria Lopez", vcc.CardWrapUp)
	ada.hears("Released. Wrap-up")
	ada.until("ten minutes that count down", `/^9:[0-5]\d$/.test(document.querySelector('.card .digits')?.textContent)`)
	ada.may("[Finish now]", "Add 30 s")
	ada.shoot("2-wrap-up")
	const ends = `Number(document.querySelector('.card .digits').dataset.down)` // what the clock counts down to
	before := js[float64](t, ada.pad, "return "+ends)
	ada.acts("Add 30 s")
	ada.hears("Time added.")
	ada.until("more time", ends+` === %s`, before+30_000)
	ada.tries("Finish now", "Choose an outcome first.")
	ada.focused("the outcomes", `e?.id === 'outcome'`)
	ada.types("S") // as in any list
	ada.until("the outcome to be taken", `document.getElementById('outcome')?.value === 'Solved'`)
	ada.shoot("3-outcome")
	ada.acts("Finish now")
	ada.sees("Interactions (0)")
	ada.until("the break to have begun", `document.getElementById('state').innerText.includes('Break')`)
	ada.load(0)
	ada.shoot("4-break")
}

// TestAbandon: only what could not be released can be abandoned, after a warning, and
// the capacity is free at once; Salesforce is asked on until it has closed the work.
func TestAbandon(t *testing.T) {
	t.Parallel()
	o := newOffice(t, nil)
	set := o.org.Settings()
	set.DisconnectAfter = mockorg.Duration(time.Hour)
	if err := o.org.SetSettings(set); err != nil {
		t.Fatal(err)
	}
	ada := o.shift("ada")[0]
	w, card := o.ticket("Refund")
	ada.takes(card)
	ada.may("Consult", "Transfer", "Release case")
	if err := o.org.Agent("ada").Drop(); err != nil {
		t.Fatal(err)
	}
	ada.acts("Release case")
	ada.card(card, vcc.CardReleaseFailed)
	ada.sees("Release did not work: Salesforce did not allow it.")
	ada.sees("Ready (Blocked)")
	ada.hears("Release of " + card + " did not work")
	ada.shoot("1-failed")

	ada.acts("Abandon…")
	ada.sees("Abandon case " + card + "?")
	ada.sees("Only do this because Release did not work. You get 6 of your load back. The case stays yours in Salesforce.")
	ada.focused("Keep it", `e?.dataset.act === 'keep'`)
	ada.shoot("2-sure")
	ada.types(kb.Escape)
	ada.misses("Only do this because")
	ada.card(card, vcc.CardReleaseFailed)
	ada.load(6)
	ada.acts("Abandon…")
	ada.focused("Keep it", `e?.dataset.act === 'keep'`)
	ada.types(kb.Tab, kb.Enter)
	ada.hears("Abandoned. Load 0 of 100.")
	ada.load(0)
	ada.sees("Ready (Idle)")
	ada.shoot("3-abandoned")
	if got := o.works(w.ID)[0]["Status"]; got != "Opened" {
		t.Errorf("the AgentWork is %v, though nobody can close it", got)
	}
	if err := o.org.Agent("ada").Online("Available"); err != nil {
		t.Fatal(err)
	}
	untilSeen(t, "the AgentWork to be closed in the background", func() bool { return o.works(w.ID)[0]["Status"] == "Closed" })
}

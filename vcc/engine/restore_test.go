package engine

import (
	"fmt"
	"testing"
	"time"

	"omnibridge/vcc"
)

func restored(t *testing.T, m *Machine, cfg Config, now time.Time) *Machine {
	var items []vcc.Interaction
	for x := range m.Interactions() {
		items = append(items, x)
	}
	next := newMachine(t, cfg)
	next.Restore(now, items, nil) // agents who are not stored become known by their legs
	if err := audit(next); err != nil {
		t.Fatal(err)
	}
	return next
}

// TestRestoreRowsThatCannotBe holds that contradictory rows are made consistent
// and that what they hold still gets served.
func TestRestoreRowsThatCannotBe(t *testing.T) {
	w := *chat("x", 0).Work
	for i, row := range []vcc.Interaction{
		{State: "dancing", Work: w}, {State: vcc.Offered, Work: w}, {State: vcc.Connected, Work: w, Legs: []vcc.Leg{{Offer: 1, Agent: "bob", State: "gone"}}},
	} {
		row.ID = "x"
		d := newDesk(t, Config{})
		out := d.Restore(t0, []vcc.Interaction{row, row}, []vcc.Agent{{ID: "ada"}, {ID: "ada"}})
		if len(out.Interactions) != 1 {
			t.Errorf("row %d: changed %v", i, out.Interactions)
		}
		d.offers(d.step(online("ada", "Chat")), "x/1 ada")
	}
	d := newDesk(t, Config{})
	twice := []vcc.Leg{{Offer: 1, Agent: "ada", State: vcc.Connected, Size: 33}, {Offer: 2, Agent: "bob", State: vcc.Offered, Size: 33}, {Offer: 1, Agent: "cy", State: vcc.WrapUp}}
	d.Restore(t0, []vcc.Interaction{
		{ID: "x", State: vcc.Waiting, Work: w, Legs: twice}, {ID: "y", State: vcc.Closed, Work: w},
		{ID: "z", State: vcc.Closed, Work: w, Legs: []vcc.Leg{{Offer: 1, Agent: "cy", State: vcc.WrapUp, Until: at(5)}}},
	}, nil)
	d.state("x", vcc.Connected)
	d.state("z", vcc.WrapUp)
	d.at(5)
	d.state("z", vcc.Closed)
}

// TestRestart is a restart as the connector does it: rows, then presence.
func TestRestart(t *testing.T) {
	d := newDesk(t, Config{Plans: []vcc.Plan{{ID: "p", WrapUp: time.Minute}}})
	d.step(online("ada", "Chat"), online("bob", "Cases"), chat("x", 0), caseWork("k", 0, plan("p")))
	d.step(answer(vcc.Accepted, "k", 1))
	d.at(10, answer(vcc.Ended, "k", 1), refuse("x", 1, vcc.Declined), chat("y", 1), chat("z", 2))
	var items []vcc.Interaction
	for x := range d.Interactions() {
		items = append(items, x)
	}
	var agents []vcc.Agent
	for a := range d.Agents() {
		agents = append(agents, a)
	}
	n := newDesk(t, Config{Plans: []vcc.Plan{{ID: "p", WrapUp: time.Minute}}})
	out := n.Restore(at(50), items, agents)
	// The offers of y and z to ada, made at 10, were due at 40.
	if got := fmt.Sprint(out.Directives); got != "[retract y offer 1 ada retract z offer 1 ada]" {
		t.Errorf("restored: %v", got)
	}
	if a, _ := n.Agent("ada"); a.Omni.Online || a.Load != 66 {
		t.Errorf("%+v", a)
	}
	n.offers(n.at(51, chat("new", 3)))
	n.offers(n.at(52, online("ada", "Chat")), "new/1 ada")
	n.state("k", vcc.WrapUp)
	n.at(70)
	n.state("k", vcc.Closed)
	n.state("x", vcc.Waiting)
	if why := n.item("x").Why; why != "1 agent online in Chat, all at capacity; ada refused, asked again at 10:03:10" {
		t.Errorf("why: %s", why)
	}
	n.at(75, answer(vcc.Ended, "y", 1))
	n.offers(n.at(190), "x/2 ada")
}

package engine

import (
	"fmt"
	"math"
	"slices"
	"testing"
	"time"

	"omnibridge/vcc"
)

// script reads values from fuzzed bytes; behind the end everything is zero.
type script struct{ b []byte }

func (s *script) next(n int) int {
	if len(s.b) == 0 {
		return 0
	}
	v := int(s.b[0])
	s.b = s.b[1:]
	return v % n
}

func pick[T any](s *script, of ...T) T { return of[s.next(len(of))] }

func (s *script) report() vcc.Report {
	r := vcc.Report{
		Kind: pick(s, vcc.Arrived, vcc.Alerting, vcc.Accepted, vcc.Refused, vcc.Ended, vcc.Withdrawn, vcc.Moved, vcc.Omni, vcc.Omni,
			vcc.Arrived, "", "dance", vcc.Asked, vcc.Asked, vcc.PanelChanged, vcc.CloseFailed, vcc.RequeueFailed),
		Interaction: pick[vcc.InteractionID](s, "x", "y", "z", "", "|,", "x|"),
		Offer:       pick(s, 1, 2, 3, 0, 4, -1, math.MaxInt, 1<<30),
		Agent:       pick[vcc.AgentID](s, "ada", "bob", "cy", ""),
		Reason:      pick[vcc.Reason](s, vcc.Declined, vcc.Failed, vcc.Undelivered, "", "whatever"),
		Name:        pick(s, "", "Ada"),
	}
	switch r.Kind {
	case vcc.Asked:
		r.Command = s.command(r)
	case vcc.PanelChanged:
		r.Panel = &vcc.Panel{Alive: s.next(3) > 0}
	}
	if s.next(8) > 0 {
		r.Omni = &vcc.Presence{Online: s.next(4) > 0, Channels: pick(s, []vcc.Channel{"Chat"}, []vcc.Channel{"Cases", "Chat", "Chat"}, nil, []vcc.Channel{""})}
	}
	if s.next(8) > 0 {
		r.Work = &vcc.Work{
			Plan: pick[vcc.PlanID](s, "p", "", "q"), Class: pick[vcc.Class](s, vcc.SemiLive, vcc.NonLive, vcc.Live, "", "loud"),
			Channel: pick[vcc.Channel](s, "Chat", "Cases", ""), Prefer: pick[vcc.AgentID](s, "", "bob", "nobody"),
			Skills: pick(s, nil, []vcc.Skill{"french"}, []vcc.Skill{"", "french", "french"}),
			Since:  pick(s, t0, time.Time{}, t0.Add(time.Hour), t0.AddDate(900, 0, 0), time.Unix(0, 0)),
		}
	}
	return r
}

func (s *script) command(r vcc.Report) *vcc.Command {
	return &vcc.Command{
		ID: pick(s, "", "1", "2", "3"), Agent: r.Agent, Interaction: r.Interaction, Force: s.next(2) == 1, By: pick(s, "", "Eva"),
		Do: pick(s, vcc.LogIn, vcc.LogOut, vcc.SetState, vcc.Unblock, vcc.Dismiss, vcc.Release, vcc.Abandon, vcc.FinishWrap, vcc.ExtendWrap, vcc.Dispose,
			vcc.OpenRecord, vcc.Consult, vcc.Cancel, vcc.Transfer, vcc.TakeBack, vcc.AnswerCall, vcc.RejectCall, vcc.ShowWork, vcc.ConsoleGone, "dance"),
		State:       pick(s, vcc.AgentState{}, vcc.AgentState{Major: vcc.Ready}, vcc.AgentState{Major: vcc.Away}, vcc.AgentState{Major: "x"}),
		Target:      pick(s, vcc.Target{}, vcc.Target{Agent: "bob"}, vcc.Target{Plan: "p"}, vcc.Target{Plan: "none", Agent: "x"}, vcc.Target{Number: "123"}),
		Disposition: pick(s, "", "done", "x"),
	}
}

// FuzzStep holds that no report whatever makes a machine panic or its indexes
// differ from its rows, also after it was restored from its rows, and that it
// still serves.
func FuzzStep(f *testing.F) {
	f.Add([]byte{})
	f.Add([]byte("\x07\x00\x00\x00\x00\x00\x01\x01\x00\x01\x00\x00\x00\x00\x00\x00\x00\x01\x01\x01\x00\x00\x00\x00"))
	f.Add([]byte("omnibridge routes whatever it is told, and then some more of the same"))
	f.Fuzz(func(t *testing.T, b []byte) {
		s := &script{b}
		cfg := Config{
			Plans:  []vcc.Plan{{ID: "p", WrapUp: 5 * time.Second}, {ID: "q", Priority: vcc.Highest, Skills: []vcc.Skill{"french"}}},
			Skills: map[vcc.AgentID][]vcc.Skill{"ada": {"french"}}, OptimumLoad: 50, LastResortAfter: 30 * time.Second,
			WrapFreesCapacity: s.next(2) == 1,
		}
		m := newMachine(t, cfg)
		now := t0
		for len(s.b) > 0 {
			now = now.Add(pick(s, 0, time.Second, 10*time.Second, time.Hour, -time.Minute))
			var rs []vcc.Report
			for range s.next(4) {
				rs = append(rs, s.report())
			}
			out := m.Step(now, rs)
			for _, d := range out.Directives {
				if d.Offer <= 0 {
					t.Fatalf("directed %s", d)
				}
			}
			if err := audit(m); err != nil {
				t.Fatalf("%v after %v", err, rs)
			}
			if s.next(16) == 15 {
				m = restored(t, m, cfg, now)
			}
		}
		out := m.Step(now.Add(24*time.Hour), []vcc.Report{online("fresh", "Last"), work("last", vcc.NonLive, "Last", 0)})
		if got := offersOf(out); !slices.Contains(got, "last/1 fresh") {
			t.Fatalf("no longer serves: %v", got)
		}
	})
}

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

package engine

import (
	"fmt"
	"testing"
	"time"

	"omnibridge/vcc"
)

// benchPlans is how many different demands there are in the benchmarks: each plan
// needs a skill of its own, which every fourth agent has.
const benchPlans = 12

// center fills an engine: agents who are present and can take one chat, some of
// whom have cooling refusals, and interactions that wait for a channel in which
// nobody is present, as well as for agents who are all busy.
func center(b testing.TB, agents, waiting int, busy bool) *Machine {
	b.Helper()
	cfg := Config{Sizes: vcc.Sizes{Live: 100, SemiLive: 100, NonLive: 20}, Skills: map[vcc.AgentID][]vcc.Skill{}}
	for p := range benchPlans {
		cfg.Plans = append(cfg.Plans, vcc.Plan{
			ID: vcc.PlanID(fmt.Sprint("plan", p)), Priority: vcc.Priority(1 + p%5), Skills: []vcc.Skill{vcc.Skill(fmt.Sprint("skill", p))},
		})
	}
	var rs []vcc.Report
	for a := range agents {
		id := benchAgent(a)
		for p := range benchPlans {
			if (a+p)%4 == 0 {
				cfg.Skills[id] = append(cfg.Skills[id], vcc.Skill(fmt.Sprint("skill", p)))
			}
		}
		rs = append(rs, online(id, "Chat"))
	}
	m := newMachine(b, cfg)
	m.Step(t0, rs)
	rs = nil
	if busy {
		for a := range agents {
			id := vcc.InteractionID(fmt.Sprint("busy", a))
			rs = append(rs, chat(id, 0, plan(vcc.PlanID(fmt.Sprint("plan", a%4))), prefer(benchAgent((4-a%4)%4+a/4*4))), answer(vcc.Accepted, id, 1))
		}
		for i, r := range rs { // an offer must have been made before it is accepted
			m.Step(at(i/2), []vcc.Report{r})
		}
	}
	rs = nil
	for i := range waiting {
		rs = append(rs, chat(vcc.InteractionID(fmt.Sprint("w", i)), i+1, plan(vcc.PlanID(fmt.Sprint("plan", i%benchPlans)))))
	}
	m.Step(at(agents), rs)
	return m
}

func benchAgent(i int) vcc.AgentID { return vcc.AgentID(fmt.Sprintf("agent%05d", i)) }

// TestDecisionsAreFlat counts the comparisons of one decision, which unlike its
// time are the same on every machine: they may grow with the logarithm of what
// there is, and no faster.
func TestDecisionsAreFlat(t *testing.T) {
	for _, tt := range []struct {
		name             string
		agents, waiting  int
		manyAgents, many int
	}{
		{"agents", 100, 0, 5_000, 0},
		{"waiting", 100, 100, 100, 20_000},
	} {
		few, many := comparisons(t, tt.agents, tt.waiting), comparisons(t, tt.manyAgents, tt.many)
		t.Logf("%s: %d comparisons with few, %d with many", tt.name, few, many)
		if many > 4*few {
			t.Errorf("%s: %d comparisons with few, but %d with many", tt.name, few, many)
		}
	}
}

// comparisons counts those of an arrival, its offer, its end and the login of one
// agent who takes what waits.
func comparisons(t *testing.T, agents, waiting int) int {
	m := center(t, agents, waiting, waiting > 0)
	now := at(agents + waiting)
	for i, p := range m.cfg.Plans { // so that every line is there
		id := vcc.InteractionID(fmt.Sprint("first", i))
		m.Step(now, []vcc.Report{chat(id, agents+waiting+i, plan(p.ID))})
		m.Step(now, []vcc.Report{answer(vcc.Ended, id, 1)})
	}
	n := 0
	for _, l := range m.lines {
		items, seats := l.waiting.cmp, l.ready.cmp
		l.waiting.cmp = func(a, b *item) int { n++; return items(a, b) }
		l.ready.cmp = func(a, b *seat) int { n++; return seats(a, b) }
	}
	w := &vcc.Work{Class: vcc.SemiLive, Channel: "Chat", Plan: m.cfg.Plans[3].ID, Since: now}
	out := m.Step(now, []vcc.Report{{Kind: vcc.Arrived, Interaction: "x", Work: w}, offline(benchAgent(1)), online(benchAgent(1), "Chat")})
	if (len(out.Directives) == 0) != (waiting > 0) {
		t.Fatalf("%d wait: %v", waiting, out.Directives)
	}
	leg := vcc.Leg{Offer: 1}
	id := vcc.InteractionID("x")
	if waiting > 0 {
		x := m.agents[benchAgent(2)].open[0]
		id, leg = x.row.ID, x.row.Legs[0]
	}
	out = m.Step(now, []vcc.Report{answer(vcc.Ended, id, leg.Offer)})
	if (len(out.Directives) == 1) != (waiting > 0) {
		t.Fatalf("%d wait: %v", waiting, out.Directives)
	}
	return n
}

// BenchmarkDecision is one arrival that is offered, accepted and ended. The time
// must not depend on how many agents there are.
func BenchmarkDecision(b *testing.B) {
	for _, agents := range []int{100, 1000, 10_000} {
		b.Run(fmt.Sprintf("agents=%d", agents), func(b *testing.B) {
			m := center(b, agents, 0, false)
			now, i := at(100), 0
			for b.Loop() {
				i++
				now = now.Add(10 * time.Millisecond)
				id := vcc.InteractionID(fmt.Sprint("x", i))
				w := &vcc.Work{Class: vcc.SemiLive, Channel: "Chat", Plan: m.cfg.Plans[i%benchPlans].ID, Since: now}
				out := m.Step(now, []vcc.Report{{Kind: vcc.Arrived, Interaction: id, Work: w}})
				if len(out.Directives) != 1 {
					b.Fatalf("%+v", out)
				}
				m.Step(now, []vcc.Report{answer(vcc.Accepted, id, 1)})
				m.Step(now, []vcc.Report{answer(vcc.Ended, id, 1)})
			}
		})
	}
}

// BenchmarkBacklog is one busy agent who ends an interaction and gets the next of
// those that wait, while another arrives. The time must not depend on how many
// wait.
func BenchmarkBacklog(b *testing.B) {
	for _, waiting := range []int{100, 1000, 10_000, 100_000} {
		b.Run(fmt.Sprintf("waiting=%d", waiting), func(b *testing.B) {
			m := center(b, 100, waiting, true)
			now := at(waiting + 1000)
			// What agents hold, in order; each ends what they hold in turn.
			hold := map[vcc.AgentID]vcc.Report{}
			for x := range m.Interactions() {
				if leg := x.Current(); leg != nil {
					hold[leg.Agent] = answer(vcc.Ended, x.ID, leg.Offer)
				}
			}
			if len(hold) != 100 {
				b.Fatalf("%d agents are busy", len(hold))
			}
			i := 0
			for b.Loop() {
				a := benchAgent(i % 100)
				i++
				now = now.Add(time.Millisecond)
				out := m.Step(now, []vcc.Report{hold[a]})
				if len(out.Directives) != 1 {
					b.Fatalf("%s: %+v", hold[a], out)
				}
				d := out.Directives[0]
				hold[d.Agent] = answer(vcc.Ended, d.Interaction, d.Offer)
				m.Step(now, []vcc.Report{answer(vcc.Accepted, d.Interaction, d.Offer)})
				w := &vcc.Work{Class: vcc.SemiLive, Channel: "Chat", Plan: m.cfg.Plans[i%benchPlans].ID, Since: now}
				m.Step(now, []vcc.Report{{Kind: vcc.Arrived, Interaction: vcc.InteractionID(fmt.Sprint("x", i)), Work: w}})
			}
		})
	}
}

// BenchmarkLogin is an agent who comes and goes while nothing can be given to them.
func BenchmarkLogin(b *testing.B) {
	for _, agents := range []int{100, 10_000} {
		b.Run(fmt.Sprintf("agents=%d", agents), func(b *testing.B) {
			m := center(b, agents, 0, false)
			m.Step(at(10), []vcc.Report{chat("x", 0, plan("plan0"), skills("none has it"))})
			now := at(agents)
			for b.Loop() {
				now = now.Add(time.Millisecond)
				m.Step(now, []vcc.Report{offline(benchAgent(7))})
				m.Step(now, []vcc.Report{online(benchAgent(7), "Chat")})
			}
		})
	}
}

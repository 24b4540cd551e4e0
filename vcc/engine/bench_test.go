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
func center(b *testing.B, agents, waiting int, busy bool) *Machine {
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

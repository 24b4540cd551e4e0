package engine

import (
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"omnibridge/vcc"
)

// crowd is a plan-mixed queue before agents who take one chat each and are always
// overrun. It knows who waits and who is free from directives and its own reports only.
type crowd struct {
	t       *rapid.T
	m       *Machine
	now     time.Time
	ageing  time.Duration
	waits   map[vcc.InteractionID]vcc.Work
	free    map[vcc.AgentID]time.Time // since when
	busy    []vcc.Report              // ends of what agents have, the first begun first
	longest time.Duration
}

func (c *crowd) step(rs ...vcc.Report) {
	out := c.m.Step(c.now, rs)
	offered := map[vcc.InteractionID]vcc.Work{}
	for _, d := range out.Directives {
		if d.Kind != vcc.Offer {
			continue
		}
		// Who is free for longest is chosen.
		for other, since := range c.free {
			if mine, ok := c.free[d.Agent]; !ok || since.Before(mine) {
				c.t.Fatalf("%s, free since %s, while %s is since %s", d, mine, other, since)
			}
		}
		delete(c.free, d.Agent)
		offered[d.Interaction] = c.waits[d.Interaction]
		c.longest = max(c.longest, c.now.Sub(c.waits[d.Interaction].Since))
		delete(c.waits, d.Interaction)
		c.busy = append(c.busy, answer(vcc.Ended, d.Interaction, d.Offer))
		c.busy[len(c.busy)-1].Agent = d.Agent
	}
	for id, got := range offered {
		for other, w := range c.waits {
			// Nobody overtakes who is higher, or who has aged to the top and came before.
			// Break: demand.go, priorityOf; item.go, compareItems.
			if p, q := c.standing(w), c.standing(got); p < q || p == q && w.Since.Before(got.Since) {
				c.t.Fatalf("%s (%d) went before %s (%d), who waits since %s", id, q, other, p, w.Since)
			}
		}
	}
	// Every waiting one has a reason, and a true one: all are busy.
	for id := range c.waits {
		x, _ := c.m.Interaction(id)
		if want := fmt.Sprintf("%s online in Chat, all at capacity", countAgents(len(c.free)+len(c.busy))); x.Why != want {
			c.t.Fatalf("%s waits: %q, want %q", id, x.Why, want)
		}
	}
}

// standing is the priority of w by now, by the words of vcc.Plan.
func (c *crowd) standing(w vcc.Work) int {
	p := int(w.Plan[0] - '0')
	for waited := c.now.Sub(w.Since); p > 1 && waited >= c.ageing; waited -= c.ageing {
		p--
	}
	return p
}

// TestNobodyStarves holds that however much of higher priority keeps coming, with ageing
// everybody is served in the end: after the steps to the top, in the order of arrival.
func TestNobodyStarves(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ageing := time.Duration(rapid.IntRange(5, 20).Draw(t, "ageing")) * time.Second
		cfg := Config{Sizes: vcc.Sizes{Live: 100, SemiLive: 100, NonLive: 20}}
		for p := 1; p <= 5; p++ {
			cfg.Plans = append(cfg.Plans, vcc.Plan{ID: vcc.PlanID(fmt.Sprint(p)), Priority: vcc.Priority(p), Ageing: ageing})
		}
		c := &crowd{t: t, m: newMachine(t, cfg), now: t0, ageing: ageing, waits: map[vcc.InteractionID]vcc.Work{}, free: map[vcc.AgentID]time.Time{}}
		agents := rapid.IntRange(1, 3).Draw(t, "agents")
		for i := range agents {
			id := benchAgent(i)
			c.free[id] = c.now
			c.step(online(id, "Chat"))
			c.now = c.now.Add(time.Second)
		}
		n := 0
		arrive := func(p int) {
			n++
			r := chat(vcc.InteractionID(fmt.Sprint("c", n)), 0, plan(vcc.PlanID(fmt.Sprint(p))))
			r.Work.Since = c.now
			c.waits[r.Interaction] = *r.Work
			c.step(r)
		}
		begun := c.now
		for range 8 { // who could starve
			arrive(rapid.IntRange(1, 5).Draw(t, "priority"))
		}
		for range rapid.IntRange(10, 60).Draw(t, "steps") {
			c.now = c.now.Add(time.Duration(rapid.IntRange(1, 5).Draw(t, "seconds")) * time.Second)
			c.step()
			if len(c.busy) > 0 {
				r := c.busy[0]
				c.busy = c.busy[1:]
				c.free[r.Agent] = c.now
				c.step(r)
			}
			arrive(1) // as fast as any is served
		}
		// Those of the beginning are served by now if there was time to rise and to serve
		// all that came before they had.
		if over := begun.Add(4 * ageing); c.now.After(over.Add(5 * time.Second * time.Duration(8+int(4*ageing/time.Second)))) {
			for id, w := range c.waits {
				if w.Since.Equal(begun) {
					t.Fatalf("%s of plan %s still waits after %s", id, w.Plan, c.now.Sub(w.Since))
				}
			}
		}
	})
}

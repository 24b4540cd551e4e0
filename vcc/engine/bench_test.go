package engine

import (
	"cmp"
	"fmt"
	"maps"
	"runtime"
	"slices"
	"testing"
	"time"

	"omnibridge/vcc"
)

// benchPlans is how many different demands there are in the benchmarks: each plan
// needs a skill of its own, which every fourth agent has.
const benchPlans = 12

// rules says how much the plans of a benchmark ask for.
type rules string

const (
	simple rules = "simple" // each plan a skill and a priority
	rich   rules = "rich"   // levels, expiring and optional skills, ageing, overflow, hours, targets, breakouts, sticky agents
)

// benchConfig is benchPlans plans and agents who have every fourth skill.
func benchConfig(kind rules, agents int) Config {
	cfg := Config{
		Sizes:  vcc.Sizes{Live: 100, SemiLive: 100, NonLive: 20},
		Skills: map[vcc.AgentID][]vcc.Skill{}, Levels: map[vcc.AgentID]map[vcc.Skill]int{},
	}
	skill := func(p int) vcc.Skill { return vcc.Skill(fmt.Sprint("skill", p%benchPlans)) }
	id := func(p int) vcc.PlanID { return vcc.PlanID(fmt.Sprint("plan", p%benchPlans)) }
	hours := &vcc.Hours{Zone: time.UTC, Close: []vcc.Day{{Year: 2026, Month: time.December, Day: 25}}}
	for day := range 7 {
		hours.Open = append(hours.Open, vcc.Span{Day: time.Weekday(day), From: 6 * time.Hour, To: 22 * time.Hour})
	}
	for p := range benchPlans {
		plan := vcc.Plan{ID: id(p), Priority: vcc.Priority(1 + p%5), Skills: []vcc.Skill{skill(p)}}
		if kind == rich {
			plan.Skills = nil
			plan.Needs = []vcc.Need{{Skill: skill(p), Level: 10}, {Skill: skill(p), Level: 40, For: 45 * time.Second}, {Skill: skill(p + 4), Optional: true}}
			plan.Target, plan.Ageing, plan.Sticky = 20*time.Second, 2*time.Minute, time.Hour
			plan.Overflow, plan.OverflowAfter = id(p+4), 90*time.Second
			plan.Breakout, plan.NoAgents, plan.AllRefused = id(p+8), 10*time.Minute, vcc.BreakOut
			plan.Hours = hours
		}
		cfg.Plans = append(cfg.Plans, plan)
	}
	for a := range agents {
		id := benchAgent(a)
		cfg.Levels[id] = map[vcc.Skill]int{}
		for p := range benchPlans {
			if (a+p)%4 == 0 {
				cfg.Skills[id] = append(cfg.Skills[id], skill(p))
				if kind == rich {
					cfg.Levels[id][skill(p)] = 40 + (a*7+p*13)%60
				}
			}
		}
	}
	return cfg
}

// center fills an engine: agents who are present and can take one chat, all of whom
// have one if busy, and interactions that wait, as from a day on which nothing else was
// done.
func center(b testing.TB, kind rules, agents, waiting int, busy bool) *Machine {
	b.Helper()
	m := newMachine(b, benchConfig(kind, agents))
	var rs []vcc.Report
	for a := range agents {
		rs = append(rs, online(benchAgent(a), "Chat"))
	}
	m.Step(t0, rs)
	if busy {
		for a := range agents {
			id := vcc.InteractionID(fmt.Sprint("busy", a))
			out := m.Step(t0, []vcc.Report{chat(id, 0, prefer(benchAgent(a)))})
			if len(out.Directives) != 1 || out.Directives[0].Agent != benchAgent(a) {
				b.Fatalf("%s: %+v", benchAgent(a), out)
			}
			m.Step(t0, []vcc.Report{answer(vcc.Accepted, id, 1)})
		}
	}
	rs = nil
	for i := range waiting {
		r := chat(vcc.InteractionID(fmt.Sprint("w", i)), 0, plan(vcc.PlanID(fmt.Sprint("plan", i%benchPlans))))
		r.Work.Since = t0.Add(time.Duration(i) * time.Millisecond)
		r.Work.Record = string(r.Interaction)
		rs = append(rs, r)
	}
	m.Step(t0.Add(time.Duration(waiting)*time.Millisecond), rs)
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
		for _, kind := range []rules{simple, rich} {
			few, many := comparisons(t, kind, tt.agents, tt.waiting), comparisons(t, kind, tt.manyAgents, tt.many)
			t.Logf("%s, %s: %d comparisons with few, %d with many", tt.name, kind, few, many)
			if many > 4*few {
				t.Errorf("%s, %s: %d comparisons with few, but %d with many", tt.name, kind, few, many)
			}
		}
	}
}

// comparisons counts those of an arrival, its offer, its end and the login of one
// agent who takes what waits.
func comparisons(t *testing.T, kind rules, agents, waiting int) int {
	m := center(t, kind, agents, waiting, waiting > 0)
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

// BenchmarkDecision is the cost of one decision: one interaction that is given to an
// agent, with everything that follows from it until that agent is free again. That is
// three steps, an arrival, an accept and an end, of which one chooses; ns/op is all three,
// choosing-ns the one. Neither may depend on how many agents there are or how much waits.
// Beside it stands what merely to look for the agent, or for what waits longest, costs who
// looks at everything: scan-ns keeps no rows, deadlines, reasons or statistics, and finds
// the same.
//
//	arrives: nothing waits, all are free, and one of them is chosen for what arrives
//	freed:   all are busy, and who gets free is given the next of what waits
//
// What waits by rich plans is reviewed at moments that are known beforehand, a few times
// in its life: a need ends, another plan's agents may take it, its priority rises. Those
// are steps of their own, between decisions. ns/op holds them, choosing-ns does not:
// reviews/op is how many come due for each interaction that is given to somebody, and
// review-ns what one costs. By then such plans have three lines each, since what they ask
// for has changed twice, and each line that an agent serves is one more to place them in.
func BenchmarkDecision(b *testing.B) {
	for _, kind := range []rules{simple, rich} {
		for _, agents := range []int{100, 1000, 10_000} {
			b.Run(fmt.Sprintf("%s/arrives/agents=%d", kind, agents), func(b *testing.B) { arrivals(b, kind, agents) })
		}
		for _, n := range [][2]int{{100, 100}, {100, 10_000}, {100, 100_000}, {10_000, 100}, {10_000, 100_000}} {
			b.Run(fmt.Sprintf("%s/freed/agents=%d/waiting=%d", kind, n[0], n[1]), func(b *testing.B) { freed(b, kind, n[0], n[1]) })
		}
	}
}

// bench gives steps to a machine and times those that choose.
type bench struct {
	b        *testing.B
	m        *Machine
	now      time.Time
	choosing time.Duration
	scanning time.Duration
	reviews  int // timers that came due: reviews, and those that no longer hold
	review   time.Duration
	n        int
}

// passes is a moment that brings no report: what has come due by now is looked at, in
// steps of their own, as whoever asks Next does.
func (c *bench) passes() {
	for at, ok := c.m.Next(); ok && !at.After(c.now); at, ok = c.m.Next() {
		c.reviews += c.m.timers.due(0, at)
		began := time.Now()
		out := c.m.Step(at, nil)
		c.review += time.Since(began)
		if len(out.Directives) != 0 {
			c.b.Fatalf("at %v: %+v", at, out)
		}
	}
}

// due counts timers up to now: those from i on downwards in the heap.
func (t timers) due(i int, now time.Time) int {
	if i >= len(t) || t[i].at.After(now) {
		return 0
	}
	n := 1
	for below := fan*i + 1; below <= fan*i+fan; below++ {
		n += t.due(below, now)
	}
	return n
}

// chooses makes a step that must give something to somebody.
func (c *bench) chooses(r vcc.Report) vcc.Directive {
	began := time.Now()
	out := c.m.Step(c.now, []vcc.Report{r})
	c.choosing += time.Since(began)
	if len(out.Directives) != 1 || out.Directives[0].Kind != vcc.Offer {
		c.b.Fatalf("%s: %+v", r, out)
	}
	return out.Directives[0]
}

func (c *bench) arrival() vcc.Report {
	c.n++
	id := vcc.InteractionID(fmt.Sprint("x", c.n))
	return vcc.Report{Kind: vcc.Arrived, Interaction: id, Work: &vcc.Work{
		Record: string(id), Class: vcc.SemiLive, Channel: "Chat", Plan: c.m.cfg.Plans[c.n%benchPlans].ID, Since: c.now,
	}}
}

// scans is how many looks at everything are timed, after what is measured.
const scans = 16

// scan times a look at everything.
func (c *bench) scan(look func()) {
	began := time.Now()
	look()
	c.scanning += time.Since(began)
}

func (c *bench) report() {
	c.b.ReportMetric(float64(c.choosing.Nanoseconds())/float64(c.b.N), "choosing-ns")
	if c.reviews > 0 {
		c.b.ReportMetric(float64(c.reviews)/float64(c.b.N), "reviews/op")
		c.b.ReportMetric(float64(c.review.Nanoseconds())/float64(c.reviews), "review-ns")
	}
	c.b.ReportMetric(float64(c.scanning.Nanoseconds())/scans, "scan-ns")
}

func arrivals(b *testing.B, kind rules, agents int) {
	c := &bench{b: b, m: center(b, kind, agents, 0, false), now: at(100)}
	life := func(r vcc.Report) vcc.Directive {
		d := c.chooses(r)
		c.m.Step(c.now, []vcc.Report{answer(vcc.Accepted, d.Interaction, 1)})
		c.m.Step(c.now, []vcc.Report{answer(vcc.Ended, d.Interaction, 1)})
		c.now = c.now.Add(10 * time.Millisecond)
		return d
	}
	runtime.GC()
	for b.Loop() {
		life(c.arrival())
	}
	measured := c.choosing
	all := slices.Collect(maps.Values(c.m.agents))
	for range scans {
		r, want := c.arrival(), vcc.AgentID("")
		c.scan(func() { want = scanAgents(c.m, all, r.Work.Plan) })
		if d := life(r); d.Agent != want {
			b.Fatalf("the scan finds %s, and %s is chosen", want, d.Agent)
		}
	}
	c.choosing = measured
	c.report()
}

// scanAgents finds who is chosen for what arrives by plan, of all.
func scanAgents(m *Machine, all []*agent, id vcc.PlanID) vcc.AgentID {
	p := m.plans[id]
	var best *agent
	var of rank
	for _, a := range all {
		r, ok := rank{}, true
		for _, s := range p.Skills {
			level, has := a.levels[s]
			ok = ok && has
			r.level -= level
		}
		for _, n := range p.Needs {
			level, has := a.levels[n.Skill]
			switch {
			case n.Optional && has, n.Level > 10 && level >= n.Level:
				r.level -= level
			case n.Optional:
				r.missing++
			case level < n.Level:
				ok = false
			}
		}
		if !ok || len(a.open) > 0 || !slices.Contains(a.row.Omni.Channels, "Chat") {
			continue
		}
		if best == nil || cmp.Or(compareRanks(r, of), a.row.IdleSince.Compare(best.row.IdleSince), cmp.Compare(a.row.ID, best.row.ID)) < 0 {
			best, of = a, r
		}
	}
	return best.row.ID
}

func freed(b *testing.B, kind rules, agents, waiting int) {
	c := &bench{b: b, m: center(b, kind, agents, waiting, true), now: t0.Add(time.Duration(waiting)*time.Millisecond + time.Second)}
	// What agents hold; each ends what they hold in turn.
	hold := make([]vcc.Report, agents)
	for i := range hold {
		hold[i] = answer(vcc.Ended, vcc.InteractionID(fmt.Sprint("busy", i)), 1)
	}
	life := func() vcc.Directive {
		c.passes()
		i := c.n % agents
		d := c.chooses(hold[i])
		hold[i] = answer(vcc.Ended, d.Interaction, d.Offer)
		c.m.Step(c.now, []vcc.Report{answer(vcc.Accepted, d.Interaction, d.Offer)})
		c.m.Step(c.now, []vcc.Report{c.arrival()})
		c.now = c.now.Add(time.Millisecond)
		return d
	}
	runtime.GC()
	for b.Loop() {
		life()
	}
	measured, reviews, review := c.choosing, c.reviews, c.review
	for range scans {
		c.passes()
		a := c.m.agents[c.m.items[hold[c.n%agents].Interaction].row.Current().Agent]
		var want vcc.InteractionID
		c.scan(func() { want = scanWaiting(c.m, a) })
		if d := life(); d.Interaction != want {
			b.Fatalf("the scan finds %s, and %s is chosen", want, d.Interaction)
		}
	}
	c.choosing, c.reviews, c.review = measured, reviews, review
	c.report()
}

// scanWaiting finds what who gets free is given, of all that waits.
func scanWaiting(m *Machine, a *agent) vcc.InteractionID {
	var best *item
	for _, x := range m.items {
		if x.row.State != vcc.Waiting || best != nil && compareItems(best, x) <= 0 {
			continue
		}
		if _, ok := a.suits(x.line); ok {
			best = x
		}
	}
	return best.row.ID
}

// BenchmarkLogin is an agent who comes and goes while nothing can be given to them.
func BenchmarkLogin(b *testing.B) {
	for _, agents := range []int{100, 10_000} {
		b.Run(fmt.Sprintf("agents=%d", agents), func(b *testing.B) {
			m := center(b, simple, agents, 0, false)
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

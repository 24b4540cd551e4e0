package engine

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"omnibridge/vcc"
)

// Statistics never change what is routed. A day begins at midnight in the zone of the times
// that steps are given; it outlives a restart (stats_kept.go). Counters are told by the places where things
// happen (stats_events.go). What stands, and how long agents do what, is read from the
// rows that a step changed, at its end (stats_standing.go): within a step no time
// passes, so nothing is lost by that. Each event costs the same however much there is,
// but for the place in the order of what waits, which costs its logarithm.

const (
	// recently is how many minutes a plan remembers one by one.
	recently = 30
	// pace is how many of them tell how fast a plan's interactions are connected.
	pace = 15
	// mostCounted bounds the plans that are counted apart, so that whatever names come
	// from outside memory is bounded; the others are counted together.
	mostCounted = 500
	// otherPlans is what those are called. No plan can be routed by this name.
	otherPlans vcc.PlanID = "(other plans)"
)

// reasons are those by which refusals are counted; any other counts as the last.
var reasons = [...]vcc.Reason{vcc.Declined, vcc.TimedOut, vcc.Unavailable, vcc.Failed, vcc.Undelivered, "refused"}

type refusals [len(reasons)]int

func (r *refusals) add(reason vcc.Reason) {
	i := slices.Index(reasons[:], reason)
	if i < 0 {
		i = len(reasons) - 1
	}
	r[i]++
}

// since returns what was added after base, by reason.
func (r refusals) since(base refusals) map[vcc.Reason]int {
	m := map[vcc.Reason]int{}
	for i, n := range r {
		if n -= base[i]; n > 0 {
			m[reasons[i]] = n
		}
	}
	if len(m) == 0 {
		return nil
	}
	return m
}

// counts is everything that a machine counts.
type counts struct {
	since   time.Time // zero: no step was made yet
	day     time.Time // since when today counts
	dayEnds time.Time
	plans   map[vcc.PlanID]*planCounts
	states  map[vcc.State]int // interactions that are not closed; others are of no use
	// What of today's counts has changed since it was last taken (stats_kept.go).
	markedPlans  []*planCounts
	markedAgents []*agent
}

// planTally is vcc.PlanTally as it is counted.
type planTally struct {
	refused refusals
	vcc.PlanTally
}

// since returns what was counted after base.
func (t planTally) since(base planTally) vcc.PlanTally {
	d := t.PlanTally
	d.Refused = t.refused.since(base.refused)
	d.Offered -= base.Offered
	d.Accepted -= base.Accepted
	d.Gone -= base.Gone
	d.Handled -= base.Handled
	d.Handling -= base.Handling
	d.Abandoned -= base.Abandoned
	d.AbandonedByAgent -= base.AbandonedByAgent
	d.LeftRouting -= base.LeftRouting
	d.GivenUp -= base.GivenUp
	d.BrokeOut -= base.BrokeOut
	d.Wraps -= base.Wraps
	d.Wrap -= base.Wrap
	return d
}

// planCounts is what is counted of one plan.
type planCounts struct {
	id       vcc.PlanID
	total    planTally
	morning  planTally // total, when day began
	day      time.Time
	waiting  ordered[place]
	alerting int
	minutes  [recently]minute
	marked   bool        // is in counts.markedPlans
	chats    vcc.Channel // by which a chat came last; empty: none did
}

// minute is what became, within one minute, of those who waited.
type minute struct {
	at int64 // minutes since 1970; the slot is used again when recently have passed
	vcc.Service
}

// place is where an interaction stands in the order of what waits.
type place struct {
	since time.Time
	id    vcc.InteractionID
}

// nobody stands behind all who wait, so that the order is never empty: to make it anew
// for each interaction that comes and goes would cost more than all other counting.
var nobody = place{since: time.Unix(1<<40, 0)}

// waits is how many wait.
func (c *planCounts) waits() int { return c.waiting.size - 1 }

func comparePlaces(a, b place) int {
	return cmp.Or(a.since.Compare(b.since), cmp.Compare(a.id, b.id))
}

// agentCounts is what is counted of one agent.
type agentCounts struct {
	total, morning agentTally
	day            time.Time
	phase          phase
	entered        time.Time // since when phase holds, or was counted
	marked         bool      // is in counts.markedAgents
}

type agentTally struct {
	refused refusals
	vcc.AgentTally
	times [phases]time.Duration
}

// newDay begins to count what is called today anew at midnight.
func (m *Machine) newDay(now time.Time) {
	c := &m.counts
	if now.Before(c.dayEnds) {
		return
	}
	c.day, c.dayEnds = vcc.DayOf(now)
	if c.since.IsZero() {
		c.since, c.day = now, now
	}
}

// resetCounts begins to count anew.
func (m *Machine) resetCounts() {
	m.counts = counts{plans: map[vcc.PlanID]*planCounts{}, states: map[vcc.State]int{}}
	for _, p := range m.cfg.Plans {
		m.countedPlan(p.ID)
	}
}

// countedPlan returns what is counted of a plan.
func (m *Machine) countedPlan(id vcc.PlanID) *planCounts {
	c := m.counts.plans[id]
	if c == nil && len(m.counts.plans) >= mostCounted+len(m.cfg.Plans) && id != otherPlans {
		return m.countedPlan(otherPlans)
	}
	if c == nil {
		c = &planCounts{id: id, day: m.counts.day, waiting: ordered[place]{cmp: comparePlaces}}
		c.waiting.insert(nobody)
		m.counts.plans[id] = c
	}
	if c.day != m.counts.day {
		c.day, c.morning = m.counts.day, c.total
	}
	return c
}

// planCounts returns what is counted of the plan by which x is routed now.
func (m *Machine) planCounts(x *item) *planCounts {
	c := m.countedPlan(cmp.Or(x.row.Via, x.row.Work.Plan))
	m.markPlan(c)
	return c
}

// minuteOf numbers minutes.
func minuteOf(t time.Time) int64 { return t.Unix() / 60 }

// minute returns the counts of the minute of now. Should now go back, what happens is
// counted for the latest minute that was.
func (c *planCounts) minute(now time.Time) *minute {
	at := minuteOf(now)
	s := &c.minutes[at%recently]
	if at > s.at {
		*s = minute{at: at}
	}
	return s
}

// last sums the last n minutes, that of now included.
func (c *planCounts) last(n int, now time.Time) (sum vcc.Service) {
	to := minuteOf(now)
	for i := range c.minutes {
		if s := &c.minutes[i]; s.at > to-int64(n) && s.at <= to {
			sum.Connected += s.Connected
			sum.InTime += s.InTime
			sum.LeftEarly += s.LeftEarly
			sum.LeftLate += s.LeftLate
		}
	}
	return sum
}

// past counts who has waited for longer than target; zero means no target.
func (c *planCounts) past(target time.Duration, now time.Time) int {
	if target <= 0 {
		return 0
	}
	n, before := 0, now.Add(-target)
	for _, b := range c.waiting.blocks {
		if b[len(b)-1].since.Before(before) {
			n += len(b)
			continue
		}
		i, _ := slices.BinarySearchFunc(b, before, func(p place, t time.Time) int { return p.since.Compare(t) })
		return n + i
	}
	return n
}

// Stats returns what was counted, as of now. It looks at every agent and every plan,
// and at no interaction but those that agents have in hand. Who must not be kept waiting
// asks for PlanStats, and page by page for AgentsAfter.
func (m *Machine) Stats(now time.Time) vcc.Stats {
	s := m.PlanStats(now)
	s.Agents = m.AgentsAfter(now, "", len(m.roster))
	return s
}

// PlanStats is Stats without agents.
func (m *Machine) PlanStats(now time.Time) vcc.Stats {
	now = now.Round(0)
	m.newDay(now)
	s := vcc.Stats{At: now, Since: m.counts.since, Day: m.counts.day, Plans: []vcc.PlanStats{}, Agents: []vcc.AgentStats{}}
	for _, id := range slices.Sorted(maps.Keys(m.counts.plans)) {
		s.Plans = append(s.Plans, m.planStats(m.countedPlan(id), now))
	}
	return s
}

// AgentsAfter returns what was counted of those agents whose ids come next after the one
// given, in order, at most as many as asked for.
func (m *Machine) AgentsAfter(now time.Time, after vcc.AgentID, most int) []vcc.AgentStats {
	now = now.Round(0)
	m.newDay(now)
	at, found := slices.BinarySearch(m.roster, after)
	if found {
		at++
	}
	page := m.roster[at:min(at+max(most, 0), len(m.roster))]
	list := make([]vcc.AgentStats, 0, len(page))
	for _, id := range page {
		list = append(list, m.agentStats(m.agents[id], now))
	}
	return list
}

// AgentStats returns what was counted of one agent; false if they are not known.
func (m *Machine) AgentStats(now time.Time, id vcc.AgentID) (vcc.AgentStats, bool) {
	a := m.agents[id]
	if a == nil {
		return vcc.AgentStats{}, false
	}
	m.newDay(now)
	return m.agentStats(a, now.Round(0)), true
}

func (m *Machine) planStats(c *planCounts, now time.Time) vcc.PlanStats {
	p := m.plan(c.id)
	s := vcc.PlanStats{
		Plan: c.id, Label: cmp.Or(p.Label, string(c.id), "(no plan)"), Target: p.Target,
		Waiting: c.waits(), Alerting: c.alerting, Past: c.past(p.Target, now),
		Recent: c.last(recently, now), Today: c.total.since(c.morning), Total: c.total.since(planTally{}),
	}
	if first, _ := c.waiting.first(); first != nobody {
		s.Oldest = first.since
	}
	s.Recent.Still = s.Past
	if percent, ok := s.Recent.OnTarget(); ok && p.Target > 0 {
		s.OnTarget = &percent
	}
	if n := c.last(pace, now).Connected; n >= fewestConnected {
		s.NewWait = new(time.Duration(s.Waiting) * pace * time.Minute / time.Duration(n))
	}
	s.ChatRoom = m.chatRoom(c, now)
	return s
}

// fewestConnected is how many connections an estimate of the wait needs (panel-ux 4).
const fewestConnected = 10

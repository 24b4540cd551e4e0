package engine

import (
	"slices"
	"time"

	"omnibridge/vcc"
)

// What is counted today outlives a restart. Who owns the machine takes what has changed,
// a part at a time (DayCounts), keeps it, and gives it back after Restore (RestoreDay).
// What was counted after it was last taken is lost if the process is killed, and nothing
// else; time in which nothing ran counts for nobody. Totals since the start
// (vcc.PlanStats.Total) begin anew.

// markPlan notes that something of c is to be kept.
func (m *Machine) markPlan(c *planCounts) {
	if !c.marked {
		c.marked = true
		m.counts.markedPlans = append(m.counts.markedPlans, c)
	}
}

// markAgent notes that something counted of a is to be kept.
func (m *Machine) markAgent(a *agent) {
	if !a.counts.marked {
		a.counts.marked = true
		m.counts.markedAgents = append(m.counts.markedAgents, a)
	}
}

// DayCounts returns what of today's counts has changed since it was last taken, of at most
// as many plans and agents as asked for, and tells whether there is more.
func (m *Machine) DayCounts(now time.Time, most int) (d vcc.DayCounts, more bool) {
	now = now.Round(0)
	m.newDay(now)
	c := &m.counts
	d = vcc.DayCounts{At: now, Day: c.day}
	plans := c.markedPlans[:min(len(c.markedPlans), most)]
	for _, p := range plans {
		p.marked = false
		d.Plans = append(d.Plans, m.planDay(m.countedPlan(p.id)))
	}
	agents := c.markedAgents[:min(len(c.markedAgents), most-len(plans))]
	for _, a := range agents {
		a.counts.marked = false
		d.Agents = append(d.Agents, m.agentDay(a, now))
	}
	c.markedPlans = slices.Delete(c.markedPlans, 0, len(plans))
	c.markedAgents = slices.Delete(c.markedAgents, 0, len(agents))
	return d, m.Uncounted()
}

// Uncounted tells whether DayCounts has anything to tell.
func (m *Machine) Uncounted() bool { return len(m.counts.markedPlans)+len(m.counts.markedAgents) > 0 }

func (m *Machine) planDay(c *planCounts) vcc.PlanDay {
	p := vcc.PlanDay{Plan: c.id, Day: c.day, Today: c.total.since(c.morning)}
	for _, s := range c.minutes {
		if s.Service != (vcc.Service{}) {
			p.Minutes = append(p.Minutes, vcc.Minute{At: s.at, Service: s.Service})
		}
	}
	return p
}

func (m *Machine) agentDay(a *agent, now time.Time) vcc.AgentDay {
	m.beginDay(a)
	s := vcc.AgentStats{}
	m.today(a, now, &s)
	return vcc.AgentDay{Agent: a.row.ID, Day: a.counts.day, Today: s.Today, Times: s.Times, At: now, Doing: phaseNames[a.counts.phase]}
}

// phaseNames are those of vcc.AgentDay.Doing.
var phaseNames = [phases]string{
	phaseReady: "ready", phaseBlocked: "blocked", phaseAway: "away", phaseTalk: "talk", phaseHold: "hold", phaseWrap: "wrap",
}

// RestoreDay goes on with what was kept of the day of now; what is of another day is
// forgotten, but for the last minutes of plans. It is called after Restore, before any
// Step.
func (m *Machine) RestoreDay(now time.Time, d vcc.DayCounts) {
	now = now.Round(0)
	m.newDay(now)
	c := &m.counts
	begin, _ := vcc.DayOf(now)
	today := !d.Day.Before(begin) && !d.Day.After(now)
	if today {
		c.day = d.Day.In(now.Location())
	}
	for _, p := range d.Plans {
		m.restorePlanDay(p, today && p.Day.Equal(d.Day))
	}
	for _, a := range d.Agents {
		if known := m.agents[a.Agent]; known != nil && today && a.Day.Equal(d.Day) {
			m.restoreAgentDay(known, a, d.At)
		}
	}
	for _, a := range m.agents {
		a.counts.day, a.counts.phase, a.counts.entered = c.day, m.phaseOf(a), now
	}
}

func (m *Machine) restorePlanDay(p vcc.PlanDay, today bool) {
	c := m.countedPlan(p.Plan)
	if c.id != p.Plan {
		return // one too many: it would be counted among others
	}
	for _, s := range p.Minutes {
		if slot := &c.minutes[((s.At%recently)+recently)%recently]; s.At > slot.at {
			*slot = minute{at: s.At, Service: s.Service}
		}
	}
	if today {
		// Totals begin at zero: so the morning was at less.
		c.morning = planTally{PlanTally: planTally{}.since(planTally{PlanTally: p.Today})}
		for i, reason := range reasons {
			c.morning.refused[i] = -p.Today.Refused[reason]
		}
	}
}

// restoreAgentDay goes on with what was kept of a; until is when the last was heard of who
// counted.
func (m *Machine) restoreAgentDay(a *agent, d vcc.AgentDay, until time.Time) {
	t, was := &a.counts.morning, d.Today // at less than zero, as with plans
	t.AgentTally = vcc.AgentTally{
		Offered: -was.Offered, Accepted: -was.Accepted, Gone: -was.Gone, Handled: -was.Handled, Abandoned: -was.Abandoned, Wraps: -was.Wraps,
	}
	for i, reason := range reasons {
		t.refused[i] = -was.Refused[reason]
	}
	for p, spent := range map[phase]time.Duration{
		phaseReady: d.Times.Ready, phaseBlocked: d.Times.Blocked, phaseAway: d.Times.Away,
		phaseTalk: d.Times.Talk, phaseHold: d.Times.Hold, phaseWrap: d.Times.Wrap,
	} {
		t.times[p] = -spent
	}
	if i := slices.Index(phaseNames[:], d.Doing); i > 0 && until.After(d.At) {
		t.times[i] -= until.Sub(d.At)
	}
}

package engine

import (
	"time"

	"omnibridge/vcc"
)

// waits tells whether a customer waits: x is announced and not connected.
func (x *item) waits() bool {
	if x.consults() {
		return false
	}
	leg := x.row.Current()
	return x.line != nil && leg == nil || leg != nil && leg.State != vcc.Connected
}

// waitsSince is since when the customer of x waits. What agents had already waits
// again since it came back, if nothing later was told.
func (m *Machine) waitsSince(x *item) time.Time {
	since := x.row.Work.Since
	if !x.row.LastAt.After(since) {
		return since
	}
	if x.counted.plan != nil {
		return x.counted.since
	}
	if leg := x.row.Current(); leg != nil {
		return leg.Since
	}
	return m.now
}

// counted is how an interaction is counted among what stands and what waits.
type counted struct {
	state    vcc.State
	plan     *planCounts // nil: it does not wait
	since    time.Time
	alerting bool
}

// stand counts x among what stands and what waits, or no longer. It is told after
// every step in which x changed.
func (m *Machine) stand(x *item) {
	now := counted{state: x.row.State}
	if x.waits() {
		now.plan, now.since, now.alerting = m.planCounts(x), m.waitsSince(x), x.line == nil
		if x.row.Work.Class == vcc.SemiLive {
			now.plan.chats = x.row.Work.Channel
		}
	}
	was := x.counted
	x.counted = now
	if was.state != now.state {
		m.counts.states[was.state]--
		m.counts.states[now.state]++
	}
	if was.plan == now.plan && was.since.Equal(now.since) && was.alerting == now.alerting {
		return
	}
	if was.plan != nil {
		was.plan.waiting.remove(place{was.since, x.row.ID})
		if was.alerting {
			was.plan.alerting--
		}
	}
	if now.plan != nil {
		now.plan.waiting.insert(place{now.since, x.row.ID})
		if now.alerting {
			now.plan.alerting++
		}
	}
}

// chatRoom returns vcc.PlanStats.ChatRoom. It is read from the line in which a chat that
// comes now would wait; none is made for it, since that looks at every agent.
func (m *Machine) chatRoom(c *planCounts, now time.Time) *int {
	if c.chats == "" || c.id == otherPlans {
		return nil
	}
	if !m.plan(c.id).Hours.OpenAt(now) {
		return new(0)
	}
	x := item{row: vcc.Interaction{Work: vcc.Work{Class: vcc.SemiLive, Channel: c.chats, Plan: c.id, Since: m.now}}}
	asks, _ := m.demandOf(&x)
	if l := m.lines[string(asks.appendKey(nil))]; l != nil && !asks.closed {
		return new(l.ready.size)
	}
	return nil
}

// standAll counts everything anew that waits, after a restart.
func (m *Machine) standAll() {
	for _, x := range m.items {
		m.stand(x)
	}
}

// phase is what an agent's time goes to.
type phase int

const (
	phaseOut phase = iota
	phaseReady
	phaseBlocked
	phaseAway
	phaseTalk
	phaseHold
	phaseWrap
	phases
)

// phaseOf returns what a's time goes to now (vcc.AgentTimes).
func (m *Machine) phaseOf(a *agent) phase {
	hold, wrap := false, false
	for _, x := range a.open {
		for i := range x.row.Legs {
			leg := &x.row.Legs[i]
			switch {
			case leg.Agent != a.row.ID:
			case leg.State == vcc.WrapUp:
				wrap = true
			case leg.State == vcc.Connected && leg.HeldSince.IsZero():
				return phaseTalk
			case leg.State == vcc.Connected:
				hold = true
			}
		}
	}
	switch r := a.row; {
	case hold:
		return phaseHold
	case wrap:
		return phaseWrap
	case a.loggedIn() && r.State.Major != vcc.Ready:
		return phaseAway
	case a.loggedIn() && !m.willing(a, true):
		return phaseBlocked
	case a.loggedIn():
		return phaseReady
	case !a.told || !m.willing(a, true) || !r.Omni.Online:
		return phaseOut
	case !available(r.Omni):
		return phaseAway
	default:
		return phaseReady
	}
}

// clockAgent is told after every step in which something of a changed.
func (m *Machine) clockAgent(a *agent) {
	p := m.phaseOf(a)
	if p == a.counts.phase && a.counts.day.Equal(m.counts.day) {
		return
	}
	m.beginDay(a)
	a.counts.spend(m.now)
	a.counts.phase = p
	m.markAgent(a)
}

// spend counts the time up to now.
func (c *agentCounts) spend(now time.Time) {
	if now.After(c.entered) {
		c.total.times[c.phase] += now.Sub(c.entered)
		c.entered = now
	}
}

// beginDay lets what is counted of a begin anew if a day has begun.
func (m *Machine) beginDay(a *agent) {
	c := &a.counts
	if c.day.Equal(m.counts.day) {
		return
	}
	if c.entered.IsZero() {
		c.entered = m.counts.day // nobody has heard of a: phaseOut
	}
	c.spend(m.counts.day)
	c.day, c.morning = m.counts.day, c.total
}

// tally takes what a step changed.
func (m *Machine) tally() {
	for _, x := range m.changed {
		m.stand(x)
	}
	for _, a := range m.desks {
		m.clockAgent(a)
	}
}

// agentStats is how a stands and does.
func (m *Machine) agentStats(a *agent, now time.Time) vcc.AgentStats {
	m.beginDay(a)
	d := vcc.Desk{}
	s := vcc.AgentStats{
		Agent: a.row.ID, Name: m.name(a.row.ID), Panel: a.row.Panel, PanelKnown: a.panelTold, Omni: m.presence(a),
		Open: len(a.open), Why: m.whyNoWork(a),
	}
	for _, x := range a.open {
		for i := range x.row.Legs {
			leg := &x.row.Legs[i]
			if leg.Agent != a.row.ID {
				continue
			}
			if size := m.takes(leg); size > 0 {
				if s.Loads == nil {
					s.Loads = map[vcc.Class]int{}
				}
				s.Load += size
				s.Loads[x.row.Work.Class] += size
			}
			c := vcc.Card{State: cardState(leg), Class: x.row.Work.Class, Since: leg.Since}
			if x.row.Call != nil {
				c.Direction = x.row.Call.Direction
			}
			d.Cards = append(d.Cards, c)
		}
	}
	m.summarise(a, &d)
	s.Shown, s.Mark, s.Since = d.Shown, d.Mark, d.ShownSince
	if d.Mark == "out" && m.here(a) {
		s.Shown, s.Mark = "Omni-Channel only", "ready"
		if len(a.open) > 0 {
			s.Mark = "working"
		}
	}
	m.today(a, now, &s)
	return s
}

// today fills in what was counted since the day began.
func (m *Machine) today(a *agent, now time.Time, s *vcc.AgentStats) {
	c := a.counts // a copy, in which the time up to now is spent
	c.spend(now)
	s.Today = c.total.AgentTally
	s.Today.Refused = c.total.refused.since(c.morning.refused)
	s.Today.Offered -= c.morning.Offered
	s.Today.Accepted -= c.morning.Accepted
	s.Today.Gone -= c.morning.Gone
	s.Today.Handled -= c.morning.Handled
	s.Today.Abandoned -= c.morning.Abandoned
	s.Today.Wraps -= c.morning.Wraps
	spent := func(p phase) time.Duration { return c.total.times[p] - c.morning.times[p] }
	s.Times = vcc.AgentTimes{
		Talk: spent(phaseTalk), Hold: spent(phaseHold), Wrap: spent(phaseWrap),
		Ready: spent(phaseReady), Blocked: spent(phaseBlocked), Away: spent(phaseAway),
	}
	if percent, ok := s.Times.Occupancy(); ok {
		s.Occupancy = &percent
	}
}

// takes is what leg takes of its agent's capacity, in percent.
func (m *Machine) takes(leg *vcc.Leg) int {
	if leg.State == vcc.WrapUp && m.cfg.WrapFreesCapacity {
		return 0
	}
	return leg.Size
}

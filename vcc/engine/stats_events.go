package engine

import (
	"time"

	"omnibridge/vcc"
)

// What follows is told by the places where it happens, before they change the rows
// unless it says otherwise. Consults are calls among agents, and count for nobody.

// agentCounts returns what is counted of a, with today begun.
func (m *Machine) agentCounts(id vcc.AgentID) *agentCounts {
	a := m.agents[id]
	m.beginDay(a)
	m.markAgent(a)
	return &a.counts
}

// countOffer counts that the agent of leg was offered x. Told when leg is there. A
// call that is handed over is accepted with it.
func (m *Machine) countOffer(x *item, leg vcc.Leg) {
	if x.consults() {
		return
	}
	p, a := m.planCounts(x), m.agentCounts(leg.Agent)
	p.total.Offered++
	a.total.Offered++
	if leg.State == vcc.Connected {
		p.total.Accepted++
		a.total.Accepted++
	}
}

// countAccept counts that the agent of leg accepted x, for which a customer waited.
func (m *Machine) countAccept(x *item, leg *vcc.Leg) {
	if x.consults() {
		return
	}
	p := m.planCounts(x)
	p.total.Accepted++
	m.agentCounts(leg.Agent).total.Accepted++
	s := p.minute(m.now)
	s.Connected++
	if !m.late(x, p) {
		s.InTime++
	}
}

// late tells whether x has waited for longer than the target of the plan.
func (m *Machine) late(x *item, p *planCounts) bool {
	target := m.plan(p.id).Target
	return target > 0 && m.now.Sub(m.waitsSince(x)) > target
}

// countRefused counts that the offer of leg came to nothing.
func (m *Machine) countRefused(x *item, leg *vcc.Leg, reason vcc.Reason) {
	m.planCounts(x).total.refused.add(reason)
	m.agentCounts(leg.Agent).total.refused.add(reason)
}

// countEnd counts that the part of leg ends, but for wrap-up.
func (m *Machine) countEnd(x *item, leg *vcc.Leg) {
	if x.consults() {
		return
	}
	p, a := m.planCounts(x), m.agentCounts(leg.Agent)
	if leg.State != vcc.Connected {
		p.total.Gone++
		a.total.Gone++
		return
	}
	p.total.Handled++
	p.total.Handling += max(m.now.Sub(leg.Since), 0)
	a.total.Handled++
}

// countUnseen counts an offer that was accepted and over before anybody looked. Told
// before countEnd, which takes it for one that is gone.
func (m *Machine) countUnseen(x *item, leg *vcc.Leg) {
	if leg.State == vcc.Connected || x.consults() {
		return
	}
	m.countAccept(x, leg)
	p, a := m.planCounts(x), m.agentCounts(leg.Agent)
	p.total.Handled++
	p.total.Gone--
	a.total.Handled++
	a.total.Gone--
}

// countAbandon counts that the agent of leg gives up what cannot be released.
func (m *Machine) countAbandon(x *item, leg *vcc.Leg) {
	m.planCounts(x).total.AbandonedByAgent++
	m.agentCounts(leg.Agent).total.Abandoned++
}

// countWrap counts the wrap-up of leg, if that is what ends, at the time given. One
// that took no time was none.
func (m *Machine) countWrap(x *item, leg *vcc.Leg, at time.Time) {
	if leg.State != vcc.WrapUp || x.consults() || !at.After(leg.Since) {
		return
	}
	p := m.countedPlan(leg.Plan)
	m.markPlan(p)
	p.total.Wraps++
	p.total.Wrap += max(at.Sub(leg.Since), 0)
	m.agentCounts(leg.Agent).total.Wraps++
}

// countLeft counts that x left, if it waited.
func (m *Machine) countLeft(x *item, reason vcc.Reason) {
	if !x.waits() {
		return
	}
	p := m.planCounts(x)
	if reason == vcc.LeftRouting || reason == vcc.Deleted {
		p.total.LeftRouting++ // somebody in Salesforce took it away: the customer did not leave
		return
	}
	p.total.Abandoned++
	if s := p.minute(m.now); m.late(x, p) {
		s.LeftLate++
	} else {
		s.LeftEarly++
	}
}

// countGivenUp counts that x, which waits, is sent away.
func (m *Machine) countGivenUp(x *item) {
	p := m.planCounts(x)
	p.total.GivenUp++
	p.minute(m.now).LeftLate++
}

// countBreakOut counts that x leaves the plan by which it was routed for its breakout.
func (m *Machine) countBreakOut(x *item) { m.planCounts(x).total.BrokeOut++ }

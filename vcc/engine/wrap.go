package engine

import (
	"slices"
	"time"

	"omnibridge/vcc"
)

// Defaults of plans' wrap-up (panel-ux 2.5).
const (
	defaultExtend     = 30 * time.Second
	defaultExtensions = 10
)

// wrapPlan returns the plan by which leg wraps up: the one that held when it ended,
// whatever plan the interaction has gone to since.
func (m *Machine) wrapPlan(x *item, leg *vcc.Leg) *vcc.Plan {
	if leg.State == vcc.WrapUp && leg.Plan != "" {
		return m.plan(leg.Plan)
	}
	return m.plan(x.row.Work.Plan)
}

// endLeg ends an agent's part: who was connected wraps up, an offer that was not
// accepted is over at once. The caller decides what becomes of x. A transfer under
// way stays in the leg, and marks its wrap-up.
func (m *Machine) endLeg(x *item, leg *vcc.Leg) {
	m.countEnd(x, leg)
	m.clearFault(x, leg)
	p, a := m.wrapPlan(x, leg), m.agents[leg.Agent]
	manual := p.WrapManual && a.loggedIn()
	must := p.DispositionRequired && a.loggedIn() && leg.Disposition == ""
	if leg.State != vcc.Connected || p.WrapUp == 0 && !manual && !must {
		m.closeLeg(x, leg, m.now)
		return
	}
	m.offCall(x, leg)
	if leg.Leaving != nil && leg.Leaving.Do != vcc.Transfer {
		leg.Leaving = nil
	}
	leg.State, leg.Since, leg.Retracted, leg.HeldSince, leg.Plan = vcc.WrapUp, m.now, false, time.Time{}, x.row.Work.Plan
	switch {
	case manual:
		leg.Until = time.Time{}
	case p.WrapUp == 0:
		leg.Until, leg.Finished = time.Time{}, true // only the outcome is missing
	default:
		leg.Until = m.now.Add(p.WrapUp)
		m.watchWrap(x, leg)
	}
	m.touch(x)
	m.touchAgent(a)
}

// offCall notes that who is in x has a call until now, which is a sign of life.
func (m *Machine) offCall(x *item, leg *vcc.Leg) {
	if x.live() && leg.State == vcc.Connected {
		m.active(m.agents[leg.Agent])
	}
}

// dropLeg ends the part of an agent whose record was deleted under them: without
// wrap-up, and without counting as handled.
func (m *Machine) dropLeg(x *item, leg *vcc.Leg) {
	m.clearFault(x, leg)
	m.closeLeg(x, leg, m.now)
}

func (m *Machine) watchWrap(x *item, leg *vcc.Leg) {
	m.set(timer{at: leg.Until, kind: wrapOver, item: x.row.ID, offer: leg.Offer})
}

// mustChoose tells whether leg's wrap-up cannot end without an outcome.
func (m *Machine) mustChoose(x *item, leg *vcc.Leg) bool {
	return leg.Disposition == "" && m.wrapPlan(x, leg).DispositionRequired && m.agents[leg.Agent].loggedIn()
}

// wrapTimeUp ends a wrap-up whose time is up, or leaves it open for the outcome.
func (m *Machine) wrapTimeUp(x *item, leg *vcc.Leg, at time.Time) {
	if m.mustChoose(x, leg) {
		leg.Until, leg.Finished = time.Time{}, true
		m.touch(x)
		return
	}
	m.endWrap(x, leg, at)
}

func (m *Machine) endWrap(x *item, leg *vcc.Leg, at time.Time) {
	m.closeLeg(x, leg, at)
	m.settle(x, at)
}

// wrapOf returns the wrap-up of the agent of leg in x, which need not be their
// latest part: what they handed back may alert them again.
func (x *item) wrapOf(agent vcc.AgentID) *vcc.Leg {
	for i := len(x.row.Legs) - 1; i >= 0; i-- {
		if leg := &x.row.Legs[i]; leg.Agent == agent && leg.State == vcc.WrapUp {
			return leg
		}
	}
	return nil
}

// wrapping makes a command about a wrap-up of one about an interaction.
func wrapping(do func(*Machine, *item, *vcc.Leg, vcc.Command) *denied) func(*Machine, *item, *vcc.Leg, vcc.Command) *denied {
	return func(m *Machine, x *item, leg *vcc.Leg, c vcc.Command) *denied {
		if leg = x.wrapOf(leg.Agent); leg == nil {
			return deny(vcc.DeniedNotNow, "it is not in wrap-up")
		}
		return do(m, x, leg, c)
	}
}

// mayFinish tells whether the agent may end the wrap-up of leg now.
func (m *Machine) mayFinish(x *item, leg *vcc.Leg) *denied {
	if m.mustChoose(x, leg) {
		return deny(vcc.DeniedOutcome, "choose an outcome first")
	}
	return nil
}

func (m *Machine) finishWrap(x *item, leg *vcc.Leg, _ vcc.Command) *denied {
	if no := m.mayFinish(x, leg); no != nil {
		return no
	}
	m.endWrap(x, leg, m.now)
	return nil
}

// extendable tells whether the class of x, or its plan, lets wrap-up be extended at
// all (vcc.md 1).
func (m *Machine) extendable(x *item, leg *vcc.Leg) bool {
	p := m.wrapPlan(x, leg)
	return (x.live() || p.WrapExtendAll) && p.WrapExtensions >= 0
}

// mayExtend tells whether the agent may extend the wrap-up of leg now.
func (m *Machine) mayExtend(x *item, leg *vcc.Leg) *denied {
	switch {
	case !m.extendable(x, leg):
		return deny(vcc.DeniedClass, "this wrap-up cannot be extended")
	case leg.Finished:
		return deny(vcc.DeniedNotNow, "its time is over: choose an outcome")
	case leg.Until.IsZero():
		return deny(vcc.DeniedNotNow, "it does not end before you finish it")
	case leg.Extended >= m.wrapPlan(x, leg).WrapExtensions:
		return deny(vcc.DeniedUsedUp, "no more time can be added")
	}
	return nil
}

func (m *Machine) extendWrap(x *item, leg *vcc.Leg, _ vcc.Command) *denied {
	if no := m.mayExtend(x, leg); no != nil {
		return no
	}
	leg.Until = leg.Until.Add(m.wrapPlan(x, leg).WrapExtend)
	leg.Extended++
	m.watchWrap(x, leg)
	m.touch(x)
	return nil
}

// mayDispose tells whether there is an outcome to choose.
func (m *Machine) mayDispose(x *item, leg *vcc.Leg, outcome string) *denied {
	p := m.wrapPlan(x, leg)
	switch {
	case len(p.Dispositions) == 0:
		return deny(vcc.DeniedNotNow, "plan %s has no outcomes to choose from", label(p))
	case outcome != "" && !slices.Contains(p.Dispositions, outcome):
		return deny(vcc.DeniedUnknown, "there is no outcome %q", shorten(outcome))
	}
	return nil
}

// dispose takes the outcome that the agent chose; one that was waited for ends the
// wrap-up.
func (m *Machine) dispose(x *item, leg *vcc.Leg, c vcc.Command) *denied {
	if no := m.mayDispose(x, leg, c.Disposition); no != nil {
		return no
	}
	if c.Disposition == "" {
		return deny(vcc.DeniedOutcome, "choose an outcome")
	}
	leg.Disposition, x.row.Disposition = c.Disposition, c.Disposition
	m.touch(x)
	if leg.Finished {
		m.endWrap(x, leg, m.now)
	}
	return nil
}

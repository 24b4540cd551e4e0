package engine

import (
	"time"

	"omnibridge/vcc"
)

// other returns the part of who is consulted, while it goes on; nil if a number is.
func (x *item) other() *vcc.Leg { return x.row.Current() }

// otherName says who is at the other end of consult y for agent.
func (m *Machine) otherName(y *item, agent vcc.AgentID) string {
	for _, leg := range y.row.Legs {
		if leg.Agent != agent {
			return m.name(leg.Agent)
		}
	}
	return y.row.Work.Name
}

// answerConsult connects who is consulted, who talks to the asker now.
func (m *Machine) answerConsult(y *item, leg *vcc.Leg) {
	y.row.Why = m.name(leg.Agent) + " answered"
	m.noteCall(y, leg, "answered", "")
	m.connect(y, leg)
	m.stopRinging(y)
	m.pop(y, y.other(), true, false)
}

// stopRinging notes that consult y was answered. An asker who has gone back to the
// customer meanwhile is not torn away: who answered waits on hold.
func (m *Machine) stopRinging(y *item) {
	y.row.Call.RingsUntil = time.Time{}
	y.row.State = vcc.Connected
	if k := m.talkOf(y, y.asker().Agent); k != nil && k.toCustomer.HeldSince.IsZero() {
		m.setHeld(y, k.toOther, true)
	}
	m.touch(y)
}

// consultCalled takes what the network tells of a number that is consulted.
func (m *Machine) consultCalled(y *item, r vcc.Report) {
	if y.row.Call.Number == "" {
		m.ignore(r, "an agent is consulted, not a number")
		return
	}
	switch r.Line {
	case vcc.LineAnswered:
		if y.rings() {
			y.row.Why = y.row.Call.Number + " answered"
			m.stopRinging(y)
		}
		return
	case vcc.LineBusy, vcc.LineNoAnswer, vcc.LineUnreachable, vcc.LineHungUp:
	default:
		m.ignore(r, "there is no such line")
		return
	}
	y.row.Call.Gone = true
	m.consultOver(y, map[vcc.Line]string{
		vcc.LineBusy: consultBusy, vcc.LineNoAnswer: consultNoAnswer, vcc.LineUnreachable: consultUnreachable, vcc.LineHungUp: consultHungUp,
	}[r.Line])
}

// cancel stops calling whom the agent wants to consult.
func (m *Machine) cancel(x *item, leg *vcc.Leg, _ vcc.Command) *denied {
	y := x
	if !x.consults() {
		y = m.consultBy(x, leg.Agent)
	}
	switch {
	case y == nil || y.asker() == nil:
		return deny(vcc.DeniedNotNow, "you consult nobody")
	case y.asker().Agent != leg.Agent:
		return deny(vcc.DeniedNotYours, "it is not your consult")
	case !y.rings():
		return deny(vcc.DeniedNotNow, "%s has answered: release the call", m.otherName(y, leg.Agent))
	}
	m.endConsult(y, "cancelled", "cancelled by "+m.name(leg.Agent))
	return nil
}

// leaveConsult ends consult y because one of both hangs up.
func (m *Machine) leaveConsult(y *item, leg *vcc.Leg) {
	switch {
	case !leg.Asker:
		m.consultOver(y, consultHungUp)
	case y.rings():
		m.endConsult(y, "cancelled", "cancelled by "+m.name(leg.Agent))
	default:
		m.endConsult(y, "released", "released by "+m.name(leg.Agent))
	}
}

// consultOver ends consult y by what the other end did, or did not do, and tells
// the asker. What it was about goes on as it stands: a customer stays on hold.
func (m *Machine) consultOver(y *item, reason string) {
	asker := y.asker()
	if asker == nil {
		return
	}
	a, by := m.agents[asker.Agent], m.otherName(y, asker.Agent)
	m.endConsult(y, reason, by+": "+reason)
	n := vcc.Notice{Kind: vcc.ConsultOver, Reason: reason, By: by}
	if x := m.items[y.row.Call.Of]; x != nil {
		n = about(x, n)
	}
	m.notify(a, n)
}

// endConsult ends consult y. Both wrap up if they talked.
func (m *Machine) endConsult(y *item, outcome, why string) {
	y.row.Outcome, y.row.Why = outcome, why
	m.noteCall(y, y.asker(), "consult over", why)
	m.split(y)
	if asker := y.asker(); asker != nil {
		m.phone(y, vcc.Directive{Phone: vcc.PhoneHangUp, Agent: asker.Agent})
	}
	m.endConsultLegs(y, !y.rings())
}

// endConsultLegs ends both parts, with wrap-up or without.
func (m *Machine) endConsultLegs(y *item, wrap bool) {
	y.row.Call.RingsUntil = time.Time{}
	var offers []int
	for _, leg := range y.row.Legs {
		if leg.State != vcc.WrapUp {
			offers = append(offers, leg.Offer)
		}
	}
	for _, n := range offers {
		leg := y.leg(n)
		leg.HeldSince = time.Time{}
		if wrap {
			m.endLeg(y, leg)
		} else {
			m.closeLeg(y, leg, m.now)
		}
	}
	m.settle(y, m.now)
}

// mayHandOver tells whether the agent of leg can give the customer to who is
// consulted.
func (m *Machine) mayHandOver(x *item, leg *vcc.Leg) (*talk, *denied) {
	k, no := m.maySwitch(x, leg)
	switch {
	case no != nil:
	case k.consult.row.Call.Number != "" && k.customer.row.Call.Provider != "":
		no = deny(vcc.DeniedPhone, "a call of %s cannot be given to a number", k.customer.row.Call.Provider)
	case k.consult.other() != nil && m.permitsTo(k.customer, vcc.Target{Agent: k.consult.other().Agent}) != nil:
		no = m.permitsTo(k.customer, vcc.Target{Agent: k.consult.other().Agent})
	default:
		no = m.permits(k.customer, vcc.Transfer)
	}
	return k, no
}

// handOver transfers a call to who is consulted about it: the customer is theirs
// now, the consult is over, and the asker wraps up.
func (m *Machine) handOver(x *item, leg *vcc.Leg, c vcc.Command) *denied {
	k, no := m.mayHandOver(x, leg)
	if no != nil {
		return no
	}
	to := vcc.Target{Number: k.consult.row.Call.Number}
	other := k.consult.other()
	if other != nil {
		to = vcc.Target{Agent: other.Agent}
	}
	if c.Target != (vcc.Target{}) && c.Target != to {
		return deny(vcc.DeniedTarget, "a call can only be transferred to who is consulted: %s", m.otherName(k.consult, leg.Agent))
	}
	x, y, from := k.customer, k.consult, *k.toCustomer
	m.split(x)
	k.toCustomer.HeldSince = time.Time{}
	m.bridge(k, vcc.Directive{Phone: vcc.PhoneMove, Agent: to.Agent})
	y.row.Outcome, y.row.Why = "transferred", m.name(from.Agent)+" gave the call to "+m.otherName(y, from.Agent)
	x.row.Why = y.row.Why
	m.endConsultLegs(y, false)
	m.noteCall(x, &from, "handed over", x.row.Why)

	leg = x.leg(from.Offer)
	leg.Leaving = &vcc.Leaving{Do: vcc.Transfer, Since: m.now, To: to}
	m.endLeg(x, leg)
	if to.Agent == "" {
		x.row.Outcome = "transferred"
		m.settle(x, m.now)
		return nil
	}
	x.row.Offers++
	m.openLeg(x, m.agents[to.Agent], vcc.Connected, time.Time{})
	m.remind(x, to.Agent)
	m.resume(x, to.Agent)
	last := x.row.Current()
	m.pop(x, last, true, false)
	m.owe(x, last, wordAssign)
	return nil
}

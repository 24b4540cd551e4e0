package engine

import (
	"time"

	"omnibridge/vcc"
)

// talk is a customer's call and the consult about it, as one agent has both: one
// conversation, in which the agent talks to one of the two unless all are joined.
type talk struct {
	customer, consult   *item
	toCustomer, toOther *vcc.Leg // the agent's parts
}

// talkOf returns the conversation that x is a part of, if the agent has both ends
// of it; nil otherwise. A call that Salesforce has is in none: nothing of ours carries it.
func (m *Machine) talkOf(x *item, agent vcc.AgentID) *talk {
	k := &talk{customer: x}
	if x.consults() {
		k.customer, k.consult = m.items[x.row.Call.Of], x
	} else {
		k.consult = m.consultBy(x, agent)
	}
	if k.customer == nil || k.consult == nil || !k.customer.live() || !k.customer.ours() {
		return nil
	}
	k.toCustomer, k.toOther = k.customer.row.Current(), k.consult.asker()
	if k.toCustomer == nil || k.toOther == nil || k.toCustomer.State != vcc.Connected ||
		k.toCustomer.Agent != agent || k.toOther.Agent != agent {
		return nil
	}
	return k
}

func (k *talk) joined() bool { return k.consult.row.Call.Joined }

func (m *Machine) setJoined(k *talk, joined bool) {
	k.customer.row.Call.Joined, k.consult.row.Call.Joined = joined, joined
	m.touch(k.customer)
	m.touch(k.consult)
}

// split ends the conference that x is a part of, because x ends: who is left goes
// on talking.
func (m *Machine) split(x *item) {
	if x.row.Call == nil || !x.row.Call.Joined {
		return
	}
	other := m.items[x.row.Call.Of]
	if !x.consults() {
		other = m.items[consultID(x.row.ID, x.row.Consults)]
	}
	for _, y := range []*item{x, other} {
		if y != nil && y.row.Call != nil {
			y.row.Call.Joined = false
			m.touch(y)
		}
	}
	// The network sees x end only if it carries it.
	if other != nil && m.carried(other) && !m.carried(x) {
		for _, leg := range other.row.Legs {
			if leg.State == vcc.Connected {
				m.phone(other, vcc.Directive{Phone: vcc.PhoneRetrieve, Agent: leg.Agent})
			}
		}
	}
}

// setHeld puts the agent's end of x on hold, or takes it off.
func (m *Machine) setHeld(x *item, leg *vcc.Leg, held bool) {
	if held == !leg.HeldSince.IsZero() {
		return
	}
	op := vcc.PhoneHold
	leg.HeldSince = m.now
	if !held {
		op, leg.HeldSince = vcc.PhoneRetrieve, time.Time{}
	}
	m.phone(x, vcc.Directive{Phone: op, Agent: leg.Agent})
	m.touch(x)
}

// mayHold tells whether the agent of leg can put x on hold, or take it off.
func (m *Machine) mayHold(x *item, leg *vcc.Leg, do vcc.CommandKind) *denied {
	switch {
	case !x.live():
		return deny(vcc.DeniedClass, "only a call can be put on hold")
	case leg.State != vcc.Connected:
		return deny(vcc.DeniedNotNow, "you are not connected")
	case x.consults() && x.rings():
		return deny(vcc.DeniedNotNow, "it still rings")
	case x.consults() && x.row.Call.Joined && !leg.Asker:
		return deny(vcc.DeniedNotNow, "you are in a conference: release the call, or ask %s to put you on hold", m.otherName(x, leg.Agent))
	case do == vcc.Hold && !leg.HeldSince.IsZero():
		return deny(vcc.DeniedNotNow, "it is on hold already")
	case do == vcc.Retrieve && leg.HeldSince.IsZero():
		return deny(vcc.DeniedNotNow, "it is not on hold")
	}
	return m.permits(x, do)
}

// hold puts a call on hold. In a conference it leaves the agent alone with the
// other one.
func (m *Machine) hold(x *item, leg *vcc.Leg, _ vcc.Command) *denied {
	if no := m.mayHold(x, leg, vcc.Hold); no != nil {
		return no
	}
	m.split(x)
	m.setHeld(x, leg, true)
	return nil
}

// retrieve takes a call off hold, and puts the other end of the conversation on.
func (m *Machine) retrieve(x *item, leg *vcc.Leg, _ vcc.Command) *denied {
	if no := m.mayHold(x, leg, vcc.Retrieve); no != nil {
		return no
	}
	if k := m.talkOf(x, leg.Agent); k != nil && !k.consult.rings() {
		m.turnTo(k, x)
		return nil
	}
	m.setHeld(x, leg, false)
	return nil
}

// turnTo lets the agent talk to the other end of x, which is one of k.
func (m *Machine) turnTo(k *talk, x *item) {
	if x == k.customer {
		m.setHeld(k.consult, k.toOther, true)
		m.setHeld(k.customer, k.toCustomer, false)
		return
	}
	m.setHeld(k.customer, k.toCustomer, true)
	m.setHeld(k.consult, k.toOther, false)
}

// maySwitch tells whether the agent of leg has a customer and somebody consulted to
// switch between.
func (m *Machine) maySwitch(x *item, leg *vcc.Leg) (*talk, *denied) {
	if !x.live() {
		return nil, deny(vcc.DeniedClass, "only calls have this")
	}
	k := m.talkOf(x, leg.Agent)
	switch {
	case k == nil:
		return nil, deny(vcc.DeniedNotNow, "you have no customer and consulted agent or number in one conversation")
	case k.consult.rings():
		return nil, deny(vcc.DeniedNotNow, "%s has not answered yet", m.otherName(k.consult, leg.Agent))
	}
	return k, nil
}

// alternate puts the one on hold whom the agent talks to, and retrieves the other.
func (m *Machine) alternate(x *item, leg *vcc.Leg, _ vcc.Command) *denied {
	k, no := m.mayAlternate(x, leg)
	if no != nil {
		return no
	}
	if k.toCustomer.HeldSince.IsZero() {
		m.turnTo(k, k.consult)
	} else {
		m.turnTo(k, k.customer)
	}
	return nil
}

func (m *Machine) mayAlternate(x *item, leg *vcc.Leg) (*talk, *denied) {
	k, no := m.maySwitch(x, leg)
	if no == nil && k.joined() {
		no = deny(vcc.DeniedNotNow, "you talk to both: put one on hold")
	}
	if no == nil {
		no = m.permits(k.customer, vcc.Hold)
	}
	return k, no
}

// join lets customer, agent and who is consulted hear each other.
func (m *Machine) join(x *item, leg *vcc.Leg, _ vcc.Command) *denied {
	k, no := m.mayJoin(x, leg)
	if no != nil {
		return no
	}
	m.setHeld(k.customer, k.toCustomer, false)
	for i := range k.consult.row.Legs { // who is consulted may have put it on hold, too
		m.setHeld(k.consult, &k.consult.row.Legs[i], false)
	}
	m.bridge(k, vcc.Directive{Phone: vcc.PhoneJoin, Agent: leg.Agent})
	m.setJoined(k, true)
	return nil
}

func (m *Machine) mayJoin(x *item, leg *vcc.Leg) (*talk, *denied) {
	k, no := m.maySwitch(x, leg)
	if no == nil && k.joined() {
		no = deny(vcc.DeniedNotNow, "you talk to both already")
	}
	return k, no
}

// bridge directs d about both ends of k, to the one that the network carries.
func (m *Machine) bridge(k *talk, d vcc.Directive) {
	if m.carried(k.customer) {
		d.Other = k.consult.row.ID
		m.phone(k.customer, d)
		return
	}
	d.Other = k.customer.row.ID
	m.phone(k.consult, d)
}

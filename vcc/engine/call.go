package engine

import (
	"cmp"
	"slices"
	"time"

	"omnibridge/vcc"
)

// ours tells whether ContactPad itself delivers x. What has no service channel, as
// a call, is not Salesforce's to deliver: an offer of it alerts at once, and the
// agent answers or rejects it in the panel.
func (x *item) ours() bool { return x.row.Work.Channel == "" }

// live tells whether x is a call.
func (x *item) live() bool { return x.row.Work.Class == vcc.Live }

// setCall takes what was told of the call. What we deliver always has one, so that
// nothing has to ask whether there is.
func (x *item) setCall(told *vcc.Call) {
	if told == nil && !x.ours() {
		return
	}
	c := vcc.Call{}
	if told != nil {
		c = *told
	}
	c.Number = cmp.Or(c.Number, x.row.Work.Caller)
	c.Direction = cmp.Or(c.Direction, "in")
	c.Deny = slices.Clone(c.Deny)
	// What follows happens here, and is not told.
	c.Of, c.RingsUntil, c.Joined, c.Gone = "", time.Time{}, false, false
	x.row.Call = &c
}

// copyCall returns a copy that shares nothing with c.
func copyCall(c *vcc.Call) *vcc.Call {
	if c == nil {
		return nil
	}
	c = new(*c)
	c.Deny = slices.Clone(c.Deny)
	return c
}

// repeatsCall tells whether an arrival brings nothing new of a call that is known.
// Somebody who talks to a customer keeps the customer, whatever is said of the
// call; and what one request brought, the same request brings no second time, also
// when it is long over.
func (x *item) repeatsCall(r vcc.Report) bool {
	if !x.ours() {
		return false
	}
	if x.row.Current() != nil {
		return true
	}
	old := x.row.Call
	return x.line == nil && old != nil && r.Call != nil && old.Request != "" && old.Request == r.Call.Request
}

// answerCall connects a call that alerts.
func (m *Machine) answerCall(x *item, leg *vcc.Leg, _ vcc.Command) *denied {
	switch {
	case !x.ours():
		return deny(vcc.DeniedClass, "accept it in Omni-Channel")
	case leg.State == vcc.WrapUp:
		return deny(vcc.DeniedNotNow, "it is over")
	case leg.State == vcc.Connected:
		return nil // another panel of the same agent was quicker
	case x.consults():
		m.answerConsult(x, leg)
		return nil
	}
	x.row.Why = m.name(leg.Agent) + " answered"
	m.noteCall(x, leg, "answered", "")
	leg = m.connect(x, leg)
	m.assigned(x, leg)
	return nil
}

// assigned does what is due when an agent gets a customer's call: the voice goes to
// the agent, the record opens, and who brought the call is told.
func (m *Machine) assigned(x *item, leg *vcc.Leg) {
	m.phone(x, vcc.Directive{Phone: vcc.PhoneMove, Agent: leg.Agent})
	m.pop(x, leg, true, false)
	m.owe(x, leg, wordAssign)
}

// rejectCall refuses a call that alerts: it goes to somebody else.
func (m *Machine) rejectCall(x *item, leg *vcc.Leg, _ vcc.Command) *denied {
	switch {
	case !x.ours():
		return deny(vcc.DeniedClass, "decline it in Omni-Channel")
	case leg.State != vcc.Offered && leg.State != vcc.Alerted:
		return deny(vcc.DeniedNotNow, "it does not alert any more")
	}
	m.unanswered(x, leg, vcc.Declined)
	return nil
}

// unanswered takes what we deliver from an agent who did not answer.
func (m *Machine) unanswered(x *item, leg *vcc.Leg, why vcc.Reason) {
	if x.consults() {
		over := map[vcc.Reason]string{vcc.Declined: consultDeclined, vcc.TimedOut: consultNoAnswer}[why]
		m.consultOver(x, cmp.Or(over, consultUnreachable))
		return
	}
	m.refused(x, leg, vcc.Report{Reason: why})
}

// dropAlerts takes what alerts in a's panel to somebody else, because nobody sees
// it there.
func (m *Machine) dropAlerts(a *agent) {
	for _, x := range slices.Clone(a.open) {
		leg := x.legOf(a.row.ID)
		if x.ours() && leg != nil && (leg.State == vcc.Offered || leg.State == vcc.Alerted) {
			m.unanswered(x, leg, vcc.Unavailable)
		}
	}
}

// endCalls ends what we deliver and a has in hand: a leaves.
func (m *Machine) endCalls(a *agent) {
	m.dropAlerts(a)
	for _, x := range slices.Clone(a.open) {
		if leg := x.legOf(a.row.ID); x.ours() && leg != nil && leg.State == vcc.Connected {
			m.hangUp(x, leg)
		}
	}
}

// releaseCall ends the agent's part in what we deliver, at once: there is nobody to
// wait for.
func (m *Machine) releaseCall(x *item, leg *vcc.Leg, c vcc.Command) *denied {
	switch {
	case leg.State == vcc.WrapUp:
		return deny(vcc.DeniedNotNow, "it is released already")
	case leg.State != vcc.Connected:
		return m.rejectCall(x, leg, c) // vcc.md 3.2: Release while alerting
	}
	if no := m.permits(x, vcc.Release); no != nil {
		return no
	}
	m.hangUp(x, leg)
	return nil
}

// hangUp ends the agent's part in what we deliver.
func (m *Machine) hangUp(x *item, leg *vcc.Leg) {
	if x.consults() {
		m.leaveConsult(x, leg)
		return
	}
	x.row.Why, x.row.Outcome = "released by "+m.name(leg.Agent), "released"
	m.noteCall(x, leg, "released", "")
	m.phone(x, vcc.Directive{Phone: vcc.PhoneHangUp, Agent: leg.Agent})
	m.owe(x, leg, wordRelease)
	m.split(x)
	leg.HeldSince = time.Time{}
	m.endLeg(x, leg)
	m.settle(x, m.now)
}

// customerGone notes that the other end of a call left; the caller ends it.
func (m *Machine) customerGone(x *item) {
	if x.row.Call == nil {
		return
	}
	x.row.Call.Gone = true
	m.split(x)
	if leg := x.row.Current(); leg != nil {
		leg.HeldSince = time.Time{}
	}
}

// called takes what the telephone network tells.
func (m *Machine) called(r vcc.Report) {
	x := m.items[r.Interaction]
	switch {
	case x == nil || x.row.Call == nil || x.row.State == vcc.Closed || x.row.State == vcc.WrapUp:
		m.out.Late++
	case x.consults():
		m.consultCalled(x, r)
	case r.Line == vcc.LineHungUp:
		m.withdrawn(vcc.Report{Kind: vcc.Withdrawn, Interaction: r.Interaction, Reason: vcc.CustomerLeft, Detail: r.Detail})
	default:
		m.ignore(r, "nobody was called")
	}
}

// carried tells whether our telephone network carries x: a call that it brought or
// dialled. A provider's calls it does not have, and two agents talk panel to panel.
func (m *Machine) carried(x *item) bool {
	return m.cfg.Telephony && x.live() && x.row.Call != nil && x.row.Call.Provider == "" && x.row.Call.Direction != "internal"
}

// phone directs d about x to the telephone network, if it carries x.
func (m *Machine) phone(x *item, d vcc.Directive) {
	if !m.carried(x) || x.row.Call.Gone {
		return
	}
	d.Kind, d.Interaction = vcc.Phone, x.row.ID
	m.out.Directives = append(m.out.Directives, d)
}

// permits tells whether who brought x lets agents do this (vcc.md 1, last point).
func (m *Machine) permits(x *item, do vcc.CommandKind) *denied {
	if do == vcc.Retrieve {
		do = vcc.Hold // the one without the other makes no sense
	}
	if c := x.row.Call; c != nil && slices.Contains(c.Deny, do) {
		return deny(vcc.DeniedSwitch, "its provider %s does not permit it", c.Provider)
	}
	return nil
}

// permitsTo tells whether who brought x lets it be transferred to t.
func (m *Machine) permitsTo(x *item, t vcc.Target) *denied {
	switch c := x.row.Call; {
	case c == nil:
	case c.DenyAgents && t.Agent != "":
		return deny(vcc.DeniedTarget, "its provider %s does not permit transfers to agents", c.Provider)
	case c.DenyPlans && t.Plan != "":
		return deny(vcc.DeniedTarget, "its provider %s does not permit transfers to plans", c.Provider)
	}
	return nil
}

// requeue lets what we deliver wait again, as its agent wants: nobody else has to
// take it there first.
func (m *Machine) requeue(x *item, leg *vcc.Leg, plan vcc.PlanID) {
	w := x.row.Work
	w.Plan, w.Since, w.Transfer = plan, m.now, true
	m.handBack(x, leg)
	m.setWork(x, w)
	m.admit(x)
}

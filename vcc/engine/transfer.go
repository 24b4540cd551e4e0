package engine

import (
	"slices"
	"time"

	"omnibridge/vcc"
)

// gaveAway is why who transferred an interaction is not offered it again for a
// while, unless they take it back.
const gaveAway vcc.Reason = "transferred"

// mayTransfer tells whether the agent of leg can transfer x now.
func (m *Machine) mayTransfer(_ *item, leg *vcc.Leg) *denied {
	switch {
	case leg.State == vcc.WrapUp:
		return deny(vcc.DeniedNotNow, "it has ended already")
	case leg.State != vcc.Connected:
		return deny(vcc.DeniedNotNow, "accept it first: until then, decline it in Omni-Channel")
	case leaves(leg):
		return deny(vcc.DeniedNotNow, "%s", underWay(leg.Leaving))
	}
	return nil
}

// mayGet tells whether the agent from may transfer x to t (A26, A27).
func (m *Machine) mayGet(x *item, from vcc.AgentID, t vcc.Target) *denied {
	switch {
	case t.Number != "", t.Agent != "" && t.Plan != "", t == vcc.Target{}:
		return deny(vcc.DeniedTarget, "choose an agent or a plan")
	case t.Agent == from:
		return deny(vcc.DeniedTarget, "you have it already")
	case t.Agent != "" && !m.listed(t.Agent):
		return deny(vcc.DeniedTarget, "%s is no longer an agent", shorten(string(t.Agent)))
	case t.Plan != "" && !m.transferable(t.Plan):
		return deny(vcc.DeniedTarget, "nothing can be transferred to plan %s", shorten(string(t.Plan)))
	case t.Plan != "" && !m.accepts(t.Plan, x):
		return deny(vcc.DeniedTarget, "no queue of plan %s can have it", shorten(string(t.Plan)))
	}
	return m.permitsTo(x, t)
}

// transferable tells whether agents may transfer to a plan (A31).
func (m *Machine) transferable(id vcc.PlanID) bool {
	if m.cfg.Transferable != nil {
		return slices.Contains(m.cfg.Transferable, id)
	}
	return slices.ContainsFunc(m.cfg.Plans, func(p vcc.Plan) bool { return p.ID == id })
}

// transfer gives a non-live interaction to a plan, or to an agent's personal queue;
// a call goes to who is consulted about it (vcc.md 6.2). The agent keeps it until it
// has arrived there.
func (m *Machine) transfer(x *item, leg *vcc.Leg, c vcc.Command) *denied {
	if x.live() {
		return m.handOver(x, leg, c)
	}
	if no := m.mayTransfer(x, leg); no != nil {
		return no
	}
	if no := m.mayGet(x, leg.Agent, c.Target); no != nil {
		return no
	}
	m.giveTo(x, leg, c.Target, m.name(leg.Agent)+" transferred it to "+m.targetName(c.Target))
	return nil
}

// giveTo has x go from the agent of leg to t, which may have it.
func (m *Machine) giveTo(x *item, leg *vcc.Leg, t vcc.Target, why string) {
	m.clearFault(x, leg)
	if t.Agent != "" {
		m.agent(t.Agent) // may never have been at work: the personal queue is theirs all the same
	}
	m.leave(x, leg, vcc.Leaving{Do: vcc.Transfer, Since: m.now, To: t})
	plan := t.Plan
	if plan == "" {
		plan = x.row.Work.Plan
	}
	if x.ours() {
		m.requeue(x, leg, plan)
		return
	}
	m.out.Directives = append(m.out.Directives, vcc.Directive{
		Kind: vcc.Requeue, Interaction: x.row.ID, Offer: leg.Offer, Agent: leg.Agent, Plan: plan, Detail: why,
	})
}

// targetName is what people call a target.
func (m *Machine) targetName(t vcc.Target) string {
	switch {
	case t.Agent != "":
		return m.name(t.Agent)
	case t.Plan != "":
		if p, ok := m.plans[t.Plan]; ok {
			return label(p)
		}
		return string(t.Plan)
	default:
		return t.Number
	}
}

// answersTransfer tells whether the arrival of w is what the transfer by the agent of
// leg brought about, and no repetition of what is known.
func answersTransfer(leg *vcc.Leg, w vcc.Work) bool {
	return leg != nil && leg.State == vcc.Connected && leg.Leaving != nil && leg.Leaving.Do == vcc.Transfer && w.Transfer
}

// handBack takes x, which waits again, from the agent of leg. Who transferred it may
// take it back while it waits, and is not offered it otherwise.
func (m *Machine) handBack(x *item, leg *vcc.Leg) {
	l := leg.Leaving
	if leg.State != vcc.Connected || l == nil || l.Do != vcc.Transfer {
		x.news = "it waits again, " + m.name(leg.Agent) + " had it"
		x.row.Sender = ""
		m.tellChanged(x, leg, "requeued", "")
		m.endLeg(x, leg)
		return
	}
	x.news = m.name(leg.Agent) + " transferred it to " + m.targetName(l.To)
	x.row.Sender, x.row.Outcome = leg.Agent, outTransferred
	if l.To.Agent != "" {
		x.row.Personal = m.personal(l.To.Agent, m.cfg.PersonalLoggedIn, m.cfg.PersonalLoggedOut)
	}
	m.exclude(x, m.agents[leg.Agent], gaveAway)
	m.endLeg(x, leg)
}

// overtaken forgets the transfer by the agent of leg, which ends in another way: its
// wrap-up is none after a transfer.
func overtaken(leg *vcc.Leg) {
	if leg.Leaving != nil && leg.Leaving.Do == vcc.Transfer {
		leg.Leaving = nil
	}
}

// personal is a place in an agent's personal queue from now on.
func (m *Machine) personal(agent vcc.AgentID, in, out time.Duration) *vcc.Personal {
	p := &vcc.Personal{Agent: agent}
	if in > 0 {
		p.LoggedIn = m.now.Add(in)
	}
	if out > 0 {
		p.LoggedOut = m.now.Add(out)
	}
	return p
}

// reserve takes the personal queue that an arrival is for. An agent who is not known
// has none: it is for everybody.
func (m *Machine) reserve(x *item, r vcc.Report) {
	x.row.Personal = nil
	if r.Personal != nil && m.agents[r.Personal.Agent] != nil {
		x.row.Personal = m.personal(r.Personal.Agent, r.PersonalFor[0], r.PersonalFor[1])
	}
}

// here tells whether a can be asked at all, as far as personal queues go.
func (m *Machine) here(a *agent) bool {
	return a.loggedIn() || !m.cfg.PadRequired && !a.row.SignedOff && a.row.Omni.Online
}

// reserved returns the only agent who is asked for x now, and until when, zero
// meaning for ever; nil if x is for everybody.
func (m *Machine) reserved(x *item) (a *agent, until time.Time) {
	p := x.row.Personal
	if p == nil {
		return nil, time.Time{}
	}
	if a = m.agents[p.Agent]; a == nil {
		return nil, time.Time{}
	}
	until = p.LoggedOut
	if m.here(a) {
		until = p.LoggedIn
	}
	if !until.IsZero() && !until.After(m.now) {
		return nil, time.Time{}
	}
	return a, until
}

// whyPersonal says what x, which is in a personal queue, waits for.
func (m *Machine) whyPersonal(x *item) string {
	a, until := m.reserved(x)
	if a == nil {
		return "it is for everybody again"
	}
	why := "it waits for " + m.name(a.row.ID) + " alone"
	if !until.IsZero() {
		why += ", until " + m.clock(until)
	}
	unwilling := m.whyUnwilling(a)
	switch {
	case x.excludes(a.row.ID, m.now):
		return why + ": " + m.whatRefused(a.row.ID, x.asked[a.row.ID].reason) + ", asked again at " + m.clock(x.row.Refusals[a.row.ID])
	case unwilling != "":
		return why + ": " + unwilling
	case x.line.staffed() == 0:
		return why + ", who is not present in " + string(x.line.channel)
	default:
		return why + ", who has no room"
	}
}

// recheckPersonal looks again at what waits for a alone, since a came or went.
func (m *Machine) recheckPersonal(a *agent) {
	var waiting []*item
	for _, l := range m.lines {
		if l.only == a.row.ID {
			waiting = slices.AppendSeq(waiting, l.waiting.all())
		}
	}
	slices.SortFunc(waiting, compareItems)
	for _, x := range waiting {
		m.lookAt(x)
	}
}

// takeBack offers what a transferred to a again, next of all and whether it fits or
// not, as long as nobody has it.
func (m *Machine) takeBack(a *agent, c vcc.Command) *denied {
	x := m.items[c.Interaction]
	if x == nil {
		return deny(vcc.DeniedUnknown, "there is no such interaction any more")
	}
	if no := m.mayTakeBack(x, a); no != nil {
		return no
	}
	x.row.Personal = nil
	m.offer(x, choice{a, takenBack})
	return nil
}

// mayTakeBack tells whether a may take x back now.
func (m *Machine) mayTakeBack(x *item, a *agent) *denied {
	p := a.row.Omni
	switch current := x.row.Current(); {
	case x.row.Work.Class != vcc.NonLive:
		return deny(vcc.DeniedClass, "this kind of work cannot be taken back")
	case x.row.Sender != a.row.ID:
		return deny(vcc.DeniedNotYours, "you have not transferred it")
	case current != nil && current.Agent == a.row.ID:
		return deny(vcc.DeniedNotNow, "it is on its way back to you")
	case current != nil:
		return deny(vcc.DeniedNotNow, "%s has it", m.name(current.Agent))
	case x.line == nil:
		return deny(vcc.DeniedNotNow, "it does not wait any more")
	case !x.ours() && (!a.told || !p.Online || !slices.Contains(p.Channels, x.row.Work.Channel)):
		return deny(vcc.DeniedNotNow, "your status in Omni-Channel does not take it: go online there first")
	}
	return nil
}

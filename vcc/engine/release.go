package engine

import (
	"cmp"
	"slices"
	"time"

	"omnibridge/vcc"
)

// What became of an interaction, in its Outcome.
const (
	outReleased    = "released"
	outEnded       = "ended" // in Salesforce, by whomever
	outAbandoned   = "abandoned by agent"
	outTransferred = "transferred"
	outLost        = "panel lost" // a call whose agent's page did not come back
)

// maxFault is how long at most a fault keeps an agent from getting work (A43).
const maxFault = 180 * time.Second

// faultReason is why an agent is blocked by a release that failed.
const faultReason = "Release failed"

// leaves tells whether a release or transfer is under way.
func leaves(leg *vcc.Leg) bool { return leg.Leaving != nil && leg.Leaving.Failed == "" }

// mayRelease tells whether the agent of leg can release x now.
func (m *Machine) mayRelease(x *item, leg *vcc.Leg) *denied {
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

func underWay(l *vcc.Leaving) string {
	if l.Do == vcc.Transfer {
		return "it is being transferred"
	}
	return "it is being released"
}

// release ends the agent's part. What Salesforce has to close is asked for, and
// wrap-up begins when it is known to be closed (vcc.md 7).
func (m *Machine) release(x *item, leg *vcc.Leg, c vcc.Command) *denied {
	if x.ours() {
		return m.releaseCall(x, leg, c)
	}
	if no := m.mayRelease(x, leg); no != nil {
		return no
	}
	m.clearFault(x, leg)
	m.leave(x, leg, vcc.Leaving{Do: vcc.Release, Since: m.now})
	m.directClose(x, leg, m.name(leg.Agent)+" released it")
	return nil
}

// leave notes that the agent of leg is about to be rid of x.
func (m *Machine) leave(x *item, leg *vcc.Leg, l vcc.Leaving) {
	leg.Leaving = &l
	m.watchLeaving(x, leg)
	m.touch(x)
	m.touchAgent(m.agents[leg.Agent])
}

func (m *Machine) directClose(x *item, leg *vcc.Leg, why string) {
	m.out.Directives = append(m.out.Directives, vcc.Directive{
		Kind: vcc.Close, Interaction: x.row.ID, Offer: leg.Offer, Agent: leg.Agent, Detail: why,
	})
}

// leavingEnds is when a release or transfer under way counts as failed.
func (m *Machine) leavingEnds(l *vcc.Leaving) time.Time {
	if l.Do == vcc.Transfer {
		return l.Since.Add(4 * m.cfg.ReleaseWithin) // the org makes a new request first
	}
	return l.Since.Add(m.cfg.ReleaseWithin)
}

func (m *Machine) watchLeaving(x *item, leg *vcc.Leg) {
	m.set(timer{at: m.leavingEnds(leg.Leaving), kind: leavingOver, item: x.row.ID, offer: leg.Offer})
}

// leavingTooLong takes that nobody said what became of a release or transfer.
func (m *Machine) leavingTooLong(x *item, leg *vcc.Leg) {
	kind := vcc.CloseFailed
	if leg.Leaving.Do == vcc.Transfer {
		kind = vcc.RequeueFailed
	}
	m.leavingFailed(x, leg, kind, "Salesforce did not answer")
}

// kept takes that the org did not let the agent's part end.
func (m *Machine) kept(x *item, leg *vcc.Leg, r vcc.Report) {
	do := vcc.Release
	if r.Kind == vcc.RequeueFailed {
		do = vcc.Transfer
	}
	if leg.State != vcc.Connected || leg.Leaving == nil || leg.Leaving.Do != do {
		m.out.Late++
		return
	}
	m.leavingFailed(x, leg, r.Kind, cmp.Or(shorten(r.Detail), "Salesforce refused"))
}

// leavingFailed keeps leg the agent's. After a release that failed the agent is
// blocked until it is sorted out, since nobody knows what else does not work (A43).
func (m *Machine) leavingFailed(x *item, leg *vcc.Leg, kind vcc.ReportKind, why string) {
	a := m.agents[leg.Agent]
	m.touch(x)
	m.touchAgent(a)
	l := *leg.Leaving
	again := l.Failed != ""
	if kind == vcc.RequeueFailed {
		leg.Leaving = nil
		x.row.Why = "the transfer failed: " + why
		m.notify(a, about(x, vcc.Notice{Kind: vcc.TransferFailed, Detail: why}))
		m.decide(x, vcc.Decision{What: "transfer failed", Offer: leg.Offer, Agent: leg.Agent, Why: x.row.Why})
		return
	}
	l.Failed = why
	leg.Leaving = &l
	x.row.Why = "the release failed: " + why
	if again {
		return
	}
	m.decide(x, vcc.Decision{What: "release failed", Offer: leg.Offer, Agent: leg.Agent, Why: x.row.Why})
	m.notify(a, about(x, vcc.Notice{Kind: vcc.ReleaseFailed, Detail: why}))
	m.block(a, vcc.Block{Reason: faultReason, Interaction: x.row.ID, Since: m.now, Until: m.now.Add(maxFault)})
}

// clearFault takes that x is no longer faulty for the agent of leg. The block it
// caused goes on, no longer than it would have, if another is.
func (m *Machine) clearFault(x *item, leg *vcc.Leg) {
	a := m.agents[leg.Agent]
	if leg.Leaving == nil || leg.Leaving.Failed == "" {
		return
	}
	m.notices(a, func(n vcc.Notice) bool { return n.Kind != vcc.ReleaseFailed || n.Interaction != x.row.ID })
	if b := a.row.Blocked; b == nil || b.Reason != faultReason || b.Interaction != x.row.ID {
		return
	}
	b := *a.row.Blocked
	for _, y := range a.open {
		if l := y.row.Current(); y != x && l != nil && l.Agent == a.row.ID && l.Leaving != nil && l.Leaving.Failed != "" {
			b.Interaction = y.row.ID
			a.row.Blocked = &b
			m.touchAgent(a)
			return
		}
	}
	m.unblocked(a)
}

// notices keeps those notices of a that keep tells.
func (m *Machine) notices(a *agent, keep func(vcc.Notice) bool) {
	kept := slices.DeleteFunc(slices.Clone(a.row.Notices), func(n vcc.Notice) bool { return !keep(n) })
	if len(kept) != len(a.row.Notices) {
		a.row.Notices = kept
		m.touchAgent(a)
	}
}

// mayAbandon tells whether the agent of leg can abandon x: only after a release
// that failed (A38, A39).
func (m *Machine) mayAbandon(_ *item, leg *vcc.Leg) *denied {
	switch {
	case leg.State == vcc.Offered, leg.State == vcc.Alerted:
		return deny(vcc.DeniedNotNow, "decline it in Omni-Channel")
	case leg.State != vcc.Connected:
		return deny(vcc.DeniedNotNow, "it has ended already")
	case leg.Leaving == nil || leg.Leaving.Failed == "" || leg.Leaving.Do != vcc.Release:
		return deny(vcc.DeniedNotNow, "release it first: only what cannot be released can be abandoned")
	}
	return nil
}

// abandon frees the agent at once of what cannot be released, without wrap-up. The
// org goes on being asked to close it; its answer comes late, and changes nothing.
func (m *Machine) abandon(x *item, leg *vcc.Leg, _ vcc.Command) *denied {
	if no := m.mayAbandon(x, leg); no != nil {
		return no
	}
	why := m.name(leg.Agent) + " abandoned it, since it could not be released (" + leg.Leaving.Failed + ")"
	x.row.Why, x.row.Outcome = why, outAbandoned
	m.decide(x, vcc.Decision{What: "abandoned", Offer: leg.Offer, Agent: leg.Agent, Why: why})
	m.directClose(x, leg, why)
	m.countAbandon(x, leg)
	m.clearFault(x, leg)
	m.closeLeg(x, leg, m.now)
	m.settle(x, m.now)
	return nil
}

// ended takes that an agent's part is over.
func (m *Machine) ended(x *item, leg *vcc.Leg) {
	x.row.Why, x.row.Outcome = "ended by "+m.name(leg.Agent), outEnded
	if leg.Leaving != nil && leg.Leaving.Do == vcc.Release {
		x.row.Outcome = outReleased
	}
	overtaken(leg)
	m.countUnseen(x, leg)
	m.split(x)
	m.endLeg(x, leg)
	m.settle(x, m.now)
}

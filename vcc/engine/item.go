package engine

import (
	"cmp"
	"slices"
	"time"

	"omnibridge/vcc"
)

// item is an interaction: its row, and what follows from it.
type item struct {
	row      vcc.Interaction
	priority vcc.Priority // of the plan
	line     *line        // where it waits; nil if it does not
	// asked tells more of each refusal that still holds than the row has room
	// for. After a restart the reason is not known and the time is taken from
	// the row.
	asked   map[vcc.AgentID]refusal
	began   bool   // is in Machine.waiting
	news    string // what made it begin to wait, to lead the decision
	changed bool
}

type refusal struct {
	at     time.Time
	reason vcc.Reason
}

// compareItems is the order in which waiting interactions are served.
func compareItems(a, b *item) int {
	return cmp.Or(
		cmp.Compare(a.priority, b.priority),
		a.row.Work.Since.Compare(b.row.Work.Since),
		cmp.Compare(a.row.ID, b.row.ID),
	)
}

// leg returns the leg of offer n, or nil.
func (x *item) leg(n int) *vcc.Leg {
	for i := range x.row.Legs {
		if x.row.Legs[i].Offer == n {
			return &x.row.Legs[i]
		}
	}
	return nil
}

// excludes tells whether a refusal by agent holds at now.
func (x *item) excludes(agent vcc.AgentID, now time.Time) bool {
	return x.row.Refusals[agent].After(now)
}

// wait lets x wait from now on.
func (m *Machine) wait(x *item) {
	m.enqueue(x)
	if !x.began {
		x.began = true
		m.waiting = append(m.waiting, x)
	}
	m.touch(x)
}

// enqueue puts x in line.
func (m *Machine) enqueue(x *item) {
	x.row.State, x.row.ClosedAt = vcc.Waiting, time.Time{}
	p := m.plan(x.row.Work)
	x.priority = p.Priority
	x.line = m.lineOf(x.row.Work, p)
	x.line.waiting.insert(x)
	m.recheck(x.line)
}

// unwait takes x out of its line.
func (m *Machine) unwait(x *item) {
	if x.line != nil {
		x.line.waiting.remove(x)
		x.line = nil
	}
}

// openLeg gives a a part in x as the offer that was numbered last.
func (m *Machine) openLeg(x *item, a *agent, state vcc.State, until time.Time) {
	x.row.Legs = append(x.row.Legs, vcc.Leg{
		Offer: x.row.Offers, Agent: a.row.ID, State: state,
		Size: m.sizes(a).Of(x.row.Work.Class), Since: m.now, Until: until,
	})
	x.row.State = state
	a.join(x)
	m.idle(a, latest(m.now, m.lastIdle.Add(time.Microsecond)))
	m.touch(x)
	if !until.IsZero() {
		m.set(timer{at: until, kind: offerOver, item: x.row.ID, offer: x.row.Offers})
	}
}

// connect makes an offered leg the agent's.
func (m *Machine) connect(x *item, leg *vcc.Leg) {
	leg.State, leg.Since, leg.Until, leg.Retracted = vcc.Connected, m.now, time.Time{}, false
	x.row.State = vcc.Connected
	m.touch(x)
	m.touchAgent(m.agents[leg.Agent])
}

// endLeg ends an agent's part: who was connected wraps up, an offer that was not
// accepted is over at once. The caller decides what becomes of x.
func (m *Machine) endLeg(x *item, leg *vcc.Leg) {
	wrap := m.plan(x.row.Work).WrapUp
	if leg.State != vcc.Connected || wrap == 0 {
		m.closeLeg(x, leg, m.now)
		return
	}
	leg.State, leg.Since, leg.Until, leg.Retracted = vcc.WrapUp, m.now, m.now.Add(wrap), false
	m.set(timer{at: leg.Until, kind: wrapOver, item: x.row.ID, offer: leg.Offer})
	m.touch(x)
	m.touchAgent(m.agents[leg.Agent])
}

// closeLeg takes a leg away, at the time given.
func (m *Machine) closeLeg(x *item, leg *vcc.Leg, at time.Time) {
	a, worked := m.agents[leg.Agent], leg.State == vcc.Connected || leg.State == vcc.WrapUp
	n := leg.Offer
	x.row.Legs = slices.DeleteFunc(x.row.Legs, func(l vcc.Leg) bool { return l.Offer == n })
	if !slices.ContainsFunc(x.row.Legs, func(l vcc.Leg) bool { return l.Agent == a.row.ID }) {
		a.leave(x)
	}
	if worked {
		m.idle(a, at)
	}
	m.touch(x)
	m.touchAgent(a)
}

// current returns where x stands by the parts that go on; empty if none does.
func (x *item) current() vcc.State {
	switch leg := x.row.Current(); {
	case leg != nil:
		return leg.State
	case x.asker() == nil:
		return ""
	case x.rings():
		return vcc.Alerted
	default:
		return vcc.Connected
	}
}

// settle makes the state of x follow from its legs, unless it waits.
func (m *Machine) settle(x *item, at time.Time) {
	switch {
	case x.line != nil:
		return
	case x.current() != "":
		x.row.State = x.current()
	case len(x.row.Legs) > 0:
		x.row.State = vcc.WrapUp
	default:
		m.close(x, at)
	}
	m.touch(x)
}

func (m *Machine) close(x *item, at time.Time) {
	x.row.State, x.row.ClosedAt = vcc.Closed, at
	m.set(timer{at: at.Add(m.cfg.KeepClosed), kind: keptOver, item: x.row.ID})
}

// retract asks for an offer back. The leg stays, since the agent may be quicker.
func (m *Machine) retract(x *item, leg *vcc.Leg) {
	leg.Retracted = true
	x.row.Why = m.name(leg.Agent) + " did not answer by " + m.clock(leg.Until) + "; the offer is taken back"
	m.out.Directives = append(m.out.Directives, vcc.Directive{
		Kind: vcc.Retract, Interaction: x.row.ID, Offer: leg.Offer, Agent: leg.Agent, Detail: x.row.Why,
	})
	m.touch(x)
}

// latest returns the later of a and b.
func latest(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

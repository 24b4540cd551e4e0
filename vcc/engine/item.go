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
	plan     vcc.PlanID   // by which it waits, counted in Machine.queued
	// asked tells more of each refusal that still holds than the row has room
	// for. After a restart the reason is not known and the time is taken from
	// the row.
	asked    map[vcc.AgentID]refusal
	refusers int       // refusals, by which it stands in line.refused; 0: it does not
	review   time.Time // when what it asks for, or its priority, changes; zero: never
	alone    time.Time // since when nobody was there for it, as far as was looked
	began    bool      // is in Machine.waiting
	news     string    // what made it begin to wait, to lead the decision
	changed  bool
	counted  counted // among what waits, for statistics
}

type refusal struct {
	at     time.Time
	reason vcc.Reason
}

// compareItems is the order in which waiting interactions are served.
func compareItems(a, b *item) int {
	if a.priority != b.priority {
		return cmp.Compare(a.priority, b.priority)
	}
	if c := a.row.Work.Since.Compare(b.row.Work.Since); c != 0 {
		return c
	}
	return cmp.Compare(a.row.ID, b.row.ID)
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

// admit lets x, which has arrived, wait: in its plan, or where that sends what is one
// too many.
func (m *Machine) admit(x *item) {
	if why, many := m.tooMany(x); many && x.row.Personal == nil {
		m.breakOut(x, why)
	}
	m.wait(x)
}

// wait lets x wait from now on. What comes back from an agent was admitted before.
func (m *Machine) wait(x *item) {
	m.enqueue(x)
	m.began(x)
	m.touch(x)
}

// began notes that x began to wait in this step, for the decision that tells it.
func (m *Machine) began(x *item) {
	if !x.began {
		x.began = true
		m.waiting = append(m.waiting, x)
	}
}

// enqueue puts x in line.
func (m *Machine) enqueue(x *item) {
	x.row.State, x.row.ClosedAt = vcc.Waiting, time.Time{}
	if only, _ := m.reserved(x); only == nil {
		x.row.Personal = nil // its time is over
	}
	var next time.Time
	x.priority, next = m.priorityOf(x)
	asks, changes := m.demandOf(x)
	x.line = m.lineOf(asks)
	x.line.waiting.insert(x)
	m.watchRefused(x)
	x.plan = m.planOf(x).ID
	m.queued[x.plan]++
	m.recheck(x.line)
	x.review = time.Time{}
	via := x.row.Via
	alone := m.unstaffed(x)
	if x.row.Via == via { // else it waits elsewhere by now, and all is set for that
		m.lookAgain(x, next, changes, alone)
	}
}

// lookAgain has x looked at again at the first of the times given; zero means none.
func (m *Machine) lookAgain(x *item, times ...time.Time) {
	var first time.Time
	for _, at := range times {
		if !at.IsZero() && (first.IsZero() || at.Before(first)) {
			first = at
		}
	}
	if first.IsZero() || x.line == nil || !x.review.IsZero() && !first.Before(x.review) {
		return
	}
	x.review = first
	m.set(timer{at: first, kind: reviewDue, item: x.row.ID})
}

// lookAt lets x, which waits, stand where what it asks for now puts it.
func (m *Machine) lookAt(x *item) {
	m.unwait(x)
	m.enqueue(x)
}

// unwait takes x out of its line.
func (m *Machine) unwait(x *item) {
	if x.line != nil {
		x.unwatchRefused()
		x.line.waiting.remove(x)
		x.line = nil
		if m.queued[x.plan]--; m.queued[x.plan] == 0 {
			delete(m.queued, x.plan)
		}
	}
}

// openLeg gives a a part in x as the offer that was numbered last.
func (m *Machine) openLeg(x *item, a *agent, state vcc.State, until time.Time) {
	x.row.Legs = append(x.row.Legs, vcc.Leg{
		Offer: x.row.Offers, Agent: a.row.ID, State: state,
		Size: m.sizes(a).Of(x.row.Work.Class), Since: m.now, Until: until, Waited: m.waited(x),
	})
	x.row.State, x.alone = state, time.Time{}
	a.join(x)
	m.countOffer(x, x.row.Legs[len(x.row.Legs)-1])
	m.idle(a, latest(m.now, m.lastIdle.Add(time.Microsecond)))
	m.touch(x)
	if !until.IsZero() {
		m.set(timer{at: until, kind: offerOver, item: x.row.ID, offer: x.row.Offers})
	}
}

// connect makes an offered leg the agent's, and returns where it is now: an earlier
// part of the same agent, in wrap-up, is over by it.
func (m *Machine) connect(x *item, leg *vcc.Leg) *vcc.Leg {
	m.countAccept(x, leg)
	m.remind(x, leg.Agent)
	n := leg.Offer
	m.resume(x, leg.Agent)
	leg = x.leg(n)
	leg.State, leg.Since, leg.Until, leg.Retracted = vcc.Connected, m.now, time.Time{}, false
	leg.Waited = m.waited(x)
	x.row.State, x.row.Sender, x.row.Personal, x.row.Outcome = vcc.Connected, "", nil, ""
	m.touch(x)
	m.touchAgent(m.agents[leg.Agent])
	return leg
}

// resume ends the wrap-up of agent in x, who is at it again.
func (m *Machine) resume(x *item, agent vcc.AgentID) {
	for wrap := x.wrapOf(agent); wrap != nil; wrap = x.wrapOf(agent) {
		m.closeLeg(x, wrap, m.now)
	}
}

// waited is how long the customer of x has waited.
func (m *Machine) waited(x *item) time.Duration { return max(m.now.Sub(x.row.Work.Since), 0) }

// closeLeg takes a leg away, at the time given.
func (m *Machine) closeLeg(x *item, leg *vcc.Leg, at time.Time) {
	a, worked := m.agents[leg.Agent], leg.State == vcc.Connected || leg.State == vcc.WrapUp
	m.countWrap(x, leg, at)
	m.offCall(x, leg)
	n := leg.Offer
	x.row.Legs = slices.DeleteFunc(x.row.Legs, func(l vcc.Leg) bool { return l.Offer == n })
	if !slices.ContainsFunc(x.row.Legs, func(l vcc.Leg) bool { return l.Agent == a.row.ID }) {
		a.leave(x)
	}
	if worked {
		m.idle(a, at)
		a.row.WorkedUntil = latest(a.row.WorkedUntil, at)
	}
	m.touch(x)
	m.touchAgent(a)
	m.fulfil(a)
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
func (m *Machine) retract(x *item, leg *vcc.Leg, why string) {
	leg.Retracted = true
	x.row.Why = why
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

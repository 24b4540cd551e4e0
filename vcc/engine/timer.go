package engine

import (
	"cmp"
	"slices"
	"time"

	"omnibridge/vcc"
)

type timerKind int

const (
	offerOver   timerKind = iota // an offer was not answered in time
	wrapOver                     // a wrap-up ends
	refusalOver                  // who refused may be asked again
	lastResort                   // who refused may be asked again if nobody else is left
	coolOver                     // a channel in which delivery failed is tried again
	reviewDue                    // what a waiting interaction asks for changes, or its priority
	keptOver                     // a closed interaction is dropped
	ringOver                     // who is consulted did not answer in time
	leavingOver                  // a release or transfer was not answered in time
	blockOver                    // a block ends
	wishOver                     // a status that was asked for did not come
	graceOver                    // a panel did not come back after a restart
	callOver                     // the panel of an agent on a call did not come back
	leftOver                     // an agent who logged out leaves work behind for too long
	loginOver                    // nothing was heard of an agent for too long
)

// timer is a time at which something may be due. Timers are never taken out when
// what they wait for goes away: whether one still holds is read from the row that
// it is about (valid), and those that do not are dropped when they come up, or when
// there are many of them (prune).
type timer struct {
	at      time.Time
	kind    timerKind
	item    vcc.InteractionID // all but coolOver
	agent   vcc.AgentID       // refusalOver, lastResort, coolOver
	channel vcc.Channel       // coolOver
	offer   int               // offerOver, wrapOver
}

func compareTimers(a, b timer) int {
	if c := a.at.Compare(b.at); c != 0 {
		return c
	}
	return cmp.Or(
		cmp.Compare(a.kind, b.kind), cmp.Compare(a.item, b.item),
		cmp.Compare(a.agent, b.agent), cmp.Compare(a.channel, b.channel), cmp.Compare(a.offer, b.offer),
	)
}

// fewTimers are not worth looking through.
const fewTimers = 4096

// timers is a heap, the earliest on top. Each has up to fan below it: a flat heap moves
// less when it grows to hundreds of thousands.
type timers []timer

const fan = 4

func (t *timers) push(v timer) {
	h := append(*t, v)
	i := len(h) - 1
	for i > 0 {
		above := (i - 1) / fan
		if compareTimers(v, h[above]) >= 0 {
			break
		}
		h[i] = h[above]
		i = above
	}
	h[i] = v
	*t = h
}

func (t *timers) pop() timer {
	h := *t
	first, last := h[0], h[len(h)-1]
	h[len(h)-1] = timer{}
	h = h[:len(h)-1]
	if len(h) > 0 {
		h.sink(0, last)
	}
	*t = h
	return first
}

// sink puts v where it belongs, at i or below.
func (t timers) sink(i int, v timer) {
	for {
		least := 0
		for below := fan*i + 1; below <= fan*i+fan && below < len(t); below++ {
			if least == 0 || compareTimers(t[below], t[least]) < 0 {
				least = below
			}
		}
		if least == 0 || compareTimers(v, t[least]) <= 0 {
			t[i] = v
			return
		}
		t[i] = t[least]
		i = least
	}
}

// order makes a heap of timers in any order.
func (t timers) order() {
	for i := (len(t) - 2) / fan; i >= 0 && len(t) > 1; i-- {
		t.sink(i, t[i])
	}
}

// set adds a timer.
func (m *Machine) set(t timer) { m.timers.push(t) }

// valid tells whether what t waits for still stands.
func (m *Machine) valid(t timer) bool {
	if t.item == "" {
		return m.validOfAgent(t)
	}
	x := m.items[t.item]
	if x == nil {
		return false
	}
	switch t.kind {
	case offerOver, wrapOver:
		leg := x.leg(t.offer)
		return leg != nil && leg.Until.Equal(t.at) && !leg.Retracted &&
			(leg.State == vcc.WrapUp) == (t.kind == wrapOver) && leg.State != vcc.Connected &&
			!(t.kind == offerOver && x.consults()) // that has ringOver
	case leavingOver:
		leg := x.leg(t.offer)
		return leg != nil && leg.State == vcc.Connected && leaves(leg) && m.leavingEnds(leg.Leaving).Equal(t.at)
	case ringOver:
		return x.row.Call != nil && x.row.Call.RingsUntil.Equal(t.at)
	case refusalOver:
		until, ok := x.row.Refusals[t.agent]
		return ok && until.Equal(t.at)
	case lastResort:
		asked, ok := x.asked[t.agent]
		return ok && asked.at.Add(m.cfg.LastResortAfter).Equal(t.at)
	case reviewDue:
		return x.line != nil && x.review.Equal(t.at)
	default: // keptOver
		return x.row.State == vcc.Closed && x.row.ClosedAt.Add(m.cfg.KeepClosed).Equal(t.at)
	}
}

// prune drops timers that no longer hold from the top, so that the top is the
// next deadline, and all of them when they have come to be most of what there is.
func (m *Machine) prune() {
	if len(m.timers) > m.timersMost {
		m.timers = slices.DeleteFunc(m.timers, func(t timer) bool { return t.kind != loginOver && !m.valid(t) })
		m.timers.order()
		m.timersMost = max(2*len(m.timers), fewTimers)
	}
	for len(m.timers) > 0 && !m.valid(m.timers[0]) {
		m.renew(m.timers.pop())
	}
}

// fire carries out everything that is due.
func (m *Machine) fire() {
	for len(m.timers) > 0 && !m.timers[0].at.After(m.now) {
		t := m.timers.pop()
		if m.valid(t) {
			m.due(t)
		} else {
			m.renew(t)
		}
	}
}

func (m *Machine) due(t timer) {
	x := m.items[t.item]
	if t.item == "" {
		m.dueOfAgent(t)
		return
	}
	switch t.kind {
	case offerOver:
		if x.ours() {
			m.unanswered(x, x.leg(t.offer), vcc.TimedOut)
			break
		}
		leg := x.leg(t.offer)
		m.retract(x, leg, m.name(leg.Agent)+" did not answer by "+m.clock(leg.Until)+"; the offer is taken back")
	case ringOver:
		m.consultOver(x, consultNoAnswer)
	case wrapOver:
		m.wrapTimeUp(x, x.leg(t.offer), t.at)
	case leavingOver:
		m.leavingTooLong(x, x.leg(t.offer))
	case refusalOver:
		x.unwatchRefused()
		delete(x.row.Refusals, t.agent)
		delete(x.asked, t.agent)
		if x.line != nil {
			m.watchRefused(x)
		}
		m.touch(x)
		m.recheck(x.line)
	case lastResort:
		m.recheck(x.line)
	case reviewDue:
		m.lookAt(x)
	case keptOver:
		delete(m.items, t.item)
		m.touch(x)
	}
}

// validOfAgent is valid for a timer about an agent alone.
func (m *Machine) validOfAgent(t timer) bool {
	a := m.agents[t.agent]
	if a == nil {
		return false
	}
	switch t.kind {
	case coolOver:
		return a.row.CoolUntil[t.channel].Equal(t.at)
	case blockOver:
		return a.row.Blocked != nil && a.row.Blocked.Until.Equal(t.at)
	case wishOver:
		return a.row.WishUntil.Equal(t.at)
	case graceOver:
		return a.loggedIn() && !a.panelTold && m.leaseEnds.Equal(t.at)
	case callOver:
		return a.panelTold && !a.row.Panel.Alive && a.lostAt.Add(m.cfg.CallGrace).Equal(t.at)
	case leftOver:
		return !a.loggedIn() && a.row.StateSince.Add(m.cfg.RequeueAfter).Equal(t.at)
	default: // loginOver
		return a.loggedIn() && m.staleAt(a).Equal(t.at)
	}
}

// renew lets the one timer that moves on instead of being set anew do so.
func (m *Machine) renew(t timer) {
	if t.kind == loginOver {
		a := m.agents[t.agent]
		a.watched = false
		m.watchLogin(a)
	}
}

func (m *Machine) dueOfAgent(t timer) {
	a := m.agents[t.agent]
	switch t.kind {
	case coolOver:
		delete(a.row.CoolUntil, t.channel)
		m.touchAgent(a)
	case blockOver:
		m.unblocked(a)
	case wishOver:
		m.wishUp(a)
	case graceOver:
		m.panelLost(a)
	case callOver:
		m.silenced(a)
	case leftOver:
		m.takeLeft(a)
	case loginOver:
		a.watched = false
		m.idleOut(a)
	}
}

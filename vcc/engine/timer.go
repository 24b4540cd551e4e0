package engine

import (
	"cmp"
	"container/heap"
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
	return cmp.Or(
		a.at.Compare(b.at), cmp.Compare(a.kind, b.kind), cmp.Compare(a.item, b.item),
		cmp.Compare(a.agent, b.agent), cmp.Compare(a.channel, b.channel), cmp.Compare(a.offer, b.offer),
	)
}

// fewTimers are not worth looking through.
const fewTimers = 4096

// timers is a heap (container/heap), the earliest on top.
type timers []timer

func (t timers) Len() int           { return len(t) }
func (t timers) Less(i, j int) bool { return compareTimers(t[i], t[j]) < 0 }
func (t timers) Swap(i, j int)      { t[i], t[j] = t[j], t[i] }
func (t *timers) Push(x any)        { *t = append(*t, x.(timer)) }
func (t *timers) Pop() any {
	old := *t
	last := old[len(old)-1]
	old[len(old)-1] = timer{}
	*t = old[:len(old)-1]
	return last
}

// set adds a timer.
func (m *Machine) set(t timer) { heap.Push(&m.timers, t) }

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
		heap.Init(&m.timers)
		m.timersMost = max(2*len(m.timers), fewTimers)
	}
	for len(m.timers) > 0 && !m.valid(m.timers[0]) {
		m.renew(heap.Pop(&m.timers).(timer))
	}
}

// fire carries out everything that is due.
func (m *Machine) fire() {
	for len(m.timers) > 0 && !m.timers[0].at.After(m.now) {
		t := heap.Pop(&m.timers).(timer)
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

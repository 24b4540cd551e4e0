package engine

import (
	"cmp"
	"container/heap"
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
	keptOver                     // a closed interaction is dropped
	ringOver                     // who is consulted did not answer in time
)

// timer is a time at which something may be due. Timers are never taken out when
// what they wait for goes away: whether one still holds is read from the row that
// it is about (valid), and those that do not are dropped when they come up.
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
	if t.kind == coolOver {
		a := m.agents[t.agent]
		return a != nil && a.row.CoolUntil[t.channel].Equal(t.at)
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
	case ringOver:
		return x.row.Call != nil && x.row.Call.RingsUntil.Equal(t.at)
	case refusalOver:
		until, ok := x.row.Refusals[t.agent]
		return ok && until.Equal(t.at)
	case lastResort:
		asked, ok := x.asked[t.agent]
		return ok && asked.at.Add(m.cfg.LastResortAfter).Equal(t.at)
	default: // keptOver
		return x.row.State == vcc.Closed && x.row.ClosedAt.Add(m.cfg.KeepClosed).Equal(t.at)
	}
}

// prune drops timers that no longer hold from the top, so that the top is the
// next deadline.
func (m *Machine) prune() {
	for len(m.timers) > 0 && !m.valid(m.timers[0]) {
		heap.Pop(&m.timers)
	}
}

// fire carries out everything that is due.
func (m *Machine) fire() {
	for len(m.timers) > 0 && !m.timers[0].at.After(m.now) {
		t := heap.Pop(&m.timers).(timer)
		if m.valid(t) {
			m.due(t)
		}
	}
}

func (m *Machine) due(t timer) {
	x := m.items[t.item]
	switch t.kind {
	case offerOver:
		if x.ours() {
			m.unanswered(x, x.leg(t.offer), vcc.TimedOut)
			break
		}
		m.retract(x, x.leg(t.offer))
	case ringOver:
		m.consultOver(x, consultNoAnswer)
	case wrapOver:
		m.closeLeg(x, x.leg(t.offer), t.at)
		m.settle(x, t.at)
	case refusalOver:
		delete(x.row.Refusals, t.agent)
		delete(x.asked, t.agent)
		m.touch(x)
		m.recheck(x.line)
	case lastResort:
		m.recheck(x.line)
	case coolOver:
		a := m.agents[t.agent]
		delete(a.row.CoolUntil, t.channel)
		m.touchAgent(a)
	case keptOver:
		delete(m.items, t.item)
		m.touch(x)
	}
}

package engine

import (
	"container/heap"

	"omnibridge/vcc"
)

// turn is a line in which somebody may be served, and who is next in it.
type turn struct {
	line *line
	next *item
}

// turns is a heap (container/heap) of lines, the one whose next is served first on
// top.
type turns []turn

func (t turns) Len() int           { return len(t) }
func (t turns) Less(i, j int) bool { return compareItems(t[i].next, t[j].next) < 0 }
func (t turns) Swap(i, j int)      { t[i], t[j] = t[j], t[i] }
func (t *turns) Push(x any)        { *t = append(*t, x.(turn)) }
func (t *turns) Pop() any {
	old := *t
	last := old[len(old)-1]
	*t = old[:len(old)-1]
	return last
}

// route offers everything that can be offered, in the order of service.
//
// Between steps no waiting interaction has an eligible agent. So only those pairs
// can have become possible of which one side changed in this step, and every such
// change puts its line in m.check: an interaction began to wait or may be asked
// again of somebody (wait, due), or an agent became ready (place). While routing,
// supply only shrinks; hence one pass in order finds what looking again from the
// start after each offer would.
func (m *Machine) route() {
	for range mostPasses {
		m.pass()
		m.settleRefused()
		if len(m.check) == 0 {
			break
		}
	}
	m.tellWaiting()
}

// mostPasses bounds how often what everybody refused may be sent on within a step.
const mostPasses = 10

// pass is one round of routing.
func (m *Machine) pass() {
	m.refreshStale()
	var queue turns
	for _, l := range m.check {
		l.checked = false
		if x, ok := l.waiting.first(); ok && l.ready.size > 0 {
			queue = append(queue, turn{l, x})
		}
	}
	clear(m.check)
	m.check = m.check[:0]
	heap.Init(&queue)
	for len(queue) > 0 {
		l, x := queue[0].line, queue[0].next
		// Looked up before x leaves the line.
		next, more := l.waiting.after(x)
		if c := m.choose(x); c.agent != nil {
			m.offer(x, c)
		}
		if more && l.ready.size > 0 {
			queue[0].next = next
			heap.Fix(&queue, 0)
		} else {
			heap.Pop(&queue)
		}
	}
	m.refreshStale() // those who got offers
}

func (m *Machine) refreshStale() {
	for _, a := range m.stale {
		if a.stale {
			m.refresh(a)
		}
	}
	clear(m.stale)
	m.stale = m.stale[:0]
}

// tellWaiting leaves a decision for everything that began to wait in this step
// and was not offered to anybody.
func (m *Machine) tellWaiting() {
	for _, x := range m.waiting {
		if x.line != nil {
			x.row.Why = m.whyWaiting(x)
			m.decide(x, vcc.Decision{Considered: x.line.staffed(), Why: x.row.Why})
		}
		x.began, x.news = false, ""
	}
	clear(m.waiting)
	m.waiting = m.waiting[:0]
}

// decide records a decision on x, led by what brought it about.
func (m *Machine) decide(x *item, d vcc.Decision) {
	d.Interaction = x.row.ID
	if x.news != "" {
		d.Why = x.news + "; " + d.Why
	}
	m.out.Decisions = append(m.out.Decisions, d)
}

// choice is who was chosen for an interaction, and by which rule.
type choice struct {
	agent *agent
	rule  rule
}

type rule int

const (
	longestWaiting rule = iota
	askedFor
	refusedLongestAgo
	takenBack
)

// choose returns who is offered x now; no agent if nobody can be.
func (m *Machine) choose(x *item) choice {
	if p := m.agents[m.preferred(x)]; p != nil && m.isReady(p, x.line) && !x.excludes(p.row.ID, m.now) {
		return choice{p, askedFor}
	}
	// Passes over at most as many as have refused x.
	for s := range x.line.ready.all() {
		if !x.excludes(s.agent.row.ID, m.now) {
			return choice{s.agent, longestWaiting}
		}
	}
	if m.cfg.LastResortAfter == 0 {
		return choice{}
	}
	// Everybody with room has refused.
	var oldest *agent
	for s := range x.line.ready.all() {
		id := s.agent.row.ID
		if x.asked[id].at.Add(m.cfg.LastResortAfter).After(m.now) {
			continue
		}
		if oldest == nil || x.asked[id].at.Before(x.asked[oldest.row.ID].at) ||
			x.asked[id].at.Equal(x.asked[oldest.row.ID].at) && id < oldest.row.ID {
			oldest = s.agent
		}
	}
	return choice{oldest, refusedLongestAgo}
}

// preferred returns who is asked first: who was asked for, else, if the plan is
// sticky, who had this record or caller last.
func (m *Machine) preferred(x *item) vcc.AgentID {
	if x.row.Work.Prefer != "" {
		return x.row.Work.Prefer
	}
	p := m.planOf(x)
	if p.Sticky <= 0 {
		return ""
	}
	if c, ok := m.contacts[contactOf(x.row.Work)]; ok && m.now.Sub(c.at) <= p.Sticky {
		return c.agent
	}
	return ""
}

// isReady tells whether a could be chosen in l.
func (m *Machine) isReady(a *agent, l *line) bool {
	return m.serves(a, l) && !a.cools(l.channel, m.now) && m.room(m.burden(a), l.class, m.sizes(a).Of(l.class))
}

// offer directs x to whom was chosen.
func (m *Machine) offer(x *item, c choice) {
	a, considered := c.agent, x.line.staffed()
	why := m.whyChosen(x, c)
	m.unwait(x)
	x.row.Offers++
	until := m.now.Add(m.cfg.AcceptWithin[x.row.Work.Class])
	x.row.Why = why
	state := vcc.Offered
	if x.ours() {
		state = vcc.Alerted
	}
	m.openLeg(x, a, state, until)
	m.refresh(a)
	m.decide(x, vcc.Decision{What: offerWord(x), Offer: x.row.Offers, Agent: a.row.ID, Considered: considered, Why: why})
	m.out.Directives = append(m.out.Directives, vcc.Directive{
		Kind: vcc.Offer, Interaction: x.row.ID, Offer: x.row.Offers, Agent: a.row.ID, Deadline: until, Detail: why,
	})
}

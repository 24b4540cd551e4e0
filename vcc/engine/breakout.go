package engine

import (
	"fmt"
	"time"

	"omnibridge/vcc"
)

// breakOut sends x, which waits or is about to, to the plan that takes what its plan
// cannot. It tells whether it did: a plan without a breakout, or one that x came
// from, keeps what it has.
func (m *Machine) breakOut(x *item, why string) bool {
	from := m.planOf(x)
	to, ok := m.breakoutOf(x)
	if !ok {
		return false
	}
	m.countBreakOut(x)
	x.row.Via, x.alone = to.ID, time.Time{}
	x.news = fmt.Sprintf("%s; it goes from %s to %s", why, label(from), label(to))
	m.out.Decisions = append(m.out.Decisions, vcc.Decision{Interaction: x.row.ID, What: "breakout", Why: x.news})
	if x.line != nil {
		m.unwait(x)
		m.enqueue(x)
		m.began(x)
	}
	m.touch(x)
	return true
}

// breakoutOf returns the plan that takes x if its own cannot; false: there is none, or x
// came from it.
func (m *Machine) breakoutOf(x *item) (*vcc.Plan, bool) {
	to, ok := m.plans[m.planOf(x).Breakout]
	return to, ok && to.ID != x.row.Work.Plan && to.ID != x.row.Via
}

// label is what people call a plan.
func label(p *vcc.Plan) string {
	if p.Label != "" {
		return p.Label
	}
	return string(p.ID)
}

// tooMany tells whether x, which begins to wait, is one more than its plan lets wait.
func (m *Machine) tooMany(x *item) (string, bool) {
	p := m.planOf(x)
	if p.MaxWaiting <= 0 || m.queued[p.ID] < p.MaxWaiting {
		return "", false
	}
	return fmt.Sprintf("%d wait already", m.queued[p.ID]), true
}

// unstaffed returns when it is to be looked whether anybody is there for x, and
// breaks it out if that time has come and nobody is.
func (m *Machine) unstaffed(x *item) (next time.Time) {
	p := m.planOf(x)
	if p.NoAgents <= 0 || p.Breakout == "" || x.line == nil || x.line.closed || x.line.only != "" {
		return time.Time{}
	}
	if x.alone.IsZero() {
		x.alone = m.now
	}
	if x.line.staffed() > 0 {
		x.alone = time.Time{}
		return m.now.Add(p.NoAgents)
	}
	if at := x.alone.Add(p.NoAgents); at.After(m.now) {
		return at
	}
	m.breakOut(x, fmt.Sprintf("nobody with its skills was there for %v", p.NoAgents))
	return time.Time{}
}

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
	to, ok := m.plans[from.Breakout]
	if !ok || from.Breakout == "" || to.ID == x.row.Work.Plan || to.ID == x.row.Via {
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

// label is what people call a plan.
func label(p vcc.Plan) string {
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

// allRefused does what the plan of x says if everybody who could take it has refused.
func (m *Machine) allRefused(x *item) {
	p := m.planOf(x)
	if p.AllRefused == vcc.WaitOn || x.line == nil || x.line.closed || x.line.only != "" || len(x.row.Refusals) == 0 {
		return
	}
	others := x.line.staffed()
	if others > len(x.row.Refusals) {
		return
	}
	refused := 0
	for id := range x.row.Refusals {
		switch a := m.agents[id]; {
		case a == nil || !x.excludes(id, m.now):
		case m.serves(a, x.line):
			others--
			refused++
		case a.loggedIn() && a.row.Blocked != nil:
			refused++ // is there, and blocked for having refused
		}
	}
	if others > 0 || refused == 0 {
		return
	}
	switch p.AllRefused {
	case vcc.BreakOut:
		m.breakOut(x, "everybody has refused it")
	case vcc.AskAgain:
		m.forgive(x)
	case vcc.GiveItUp:
		if x.row.Work.Class == vcc.Live && x.row.Work.Channel == "" {
			m.giveUp(x)
		}
	}
}

// forgive lets who refused longest ago be asked again at once.
func (m *Machine) forgive(x *item) {
	var oldest vcc.AgentID
	for id := range x.row.Refusals {
		if a := m.agents[id]; a == nil || !m.serves(a, x.line) {
			continue
		}
		if oldest == "" || x.asked[id].at.Before(x.asked[oldest].at) || x.asked[id].at.Equal(x.asked[oldest].at) && id < oldest {
			oldest = id
		}
	}
	if oldest == "" {
		return
	}
	delete(x.row.Refusals, oldest)
	delete(x.asked, oldest)
	x.news = "everybody has refused it, " + m.name(oldest) + " longest ago"
	m.began(x)
	m.recheck(x.line)
	m.touch(x)
}

// giveUp releases a call that nobody wants.
func (m *Machine) giveUp(x *item) {
	x.row.Outcome, x.row.Why = "nobody took it", "everybody has refused it; the caller is told that nobody is there"
	m.out.Decisions = append(m.out.Decisions, vcc.Decision{Interaction: x.row.ID, What: "given up", Why: x.row.Why})
	m.phone(x, vcc.Directive{Phone: vcc.PhoneHangUp, Detail: x.row.Why})
	m.owe(x, &vcc.Leg{Offer: x.row.Offers}, wordRelease)
	m.countGivenUp(x)
	m.unwait(x)
	m.settle(x, m.now)
}

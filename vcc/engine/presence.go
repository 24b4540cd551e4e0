package engine

import (
	"time"

	"omnibridge/vcc"
)

// wishFor is how long a change of an agent's status in Omni-Channel is awaited that
// was asked for.
const wishFor = 15 * time.Second

// State and status follow each other, and no loop is possible: a change in
// Omni-Channel never makes us ask for another there, and while one that we asked for
// is awaited no other is followed.
//
//	state entered here ── SetOmni ──▶ wish stands ── its status comes ──▶ done
//	                                      │ 15 s: the status that came instead, if one did, is followed
//	status changed there, no wish ──────────────────────────▶ state entered here, nothing is asked for

// sync asks for the status that goes with the state that a has entered. Several
// statuses may go with one state: one that does is left as it is.
func (m *Machine) sync(a *agent) {
	status, ok := m.cfg.StatusFor[a.row.State]
	if !ok || a.row.WishUntil.IsZero() && a.told && m.agrees(a, status) {
		return
	}
	m.wish(a, status, "the agent is now "+a.row.State.String())
}

// agrees tells whether a's status goes with a's state, which asks for want.
func (m *Machine) agrees(a *agent, want string) bool {
	s, mapped := m.cfg.StateFor[a.status()]
	return a.status() == want || mapped && s == a.row.State
}

// status is what a's console shows; empty: offline.
func (a *agent) status() string {
	if !a.row.Omni.Online {
		return ""
	}
	return a.row.Omni.Status
}

// mayBeOnline tells whether a is online in Omni-Channel, or may be as far as is known.
func (a *agent) mayBeOnline() bool {
	return !a.told || a.row.Omni.Online || !a.row.WishUntil.IsZero()
}

// wish asks for a status. It is asked for also if it is there already while another
// is on its way.
func (m *Machine) wish(a *agent, status, why string) {
	a.row.Wish, a.row.WishUntil, a.row.Strayed = status, m.now.Add(wishFor), false
	m.out.Directives = append(m.out.Directives, vcc.Directive{Kind: vcc.SetOmni, Agent: a.row.ID, Status: status, Detail: why})
	m.watchWish(a)
	m.touchAgent(a)
}

func (m *Machine) watchWish(a *agent) {
	m.set(timer{at: a.row.WishUntil, kind: wishOver, agent: a.row.ID})
}

// unwish ends the waiting for a status.
func (m *Machine) unwish(a *agent) {
	a.row.Wish, a.row.WishUntil, a.row.Strayed = "", time.Time{}, false
	a.row.SignedOff = a.row.SignedOff && a.mayBeOnline()
	m.touchAgent(a)
}

// follow takes that a's status has changed.
func (m *Machine) follow(a *agent) {
	switch {
	case a.row.WishUntil.IsZero():
		m.adopt(a)
	case a.status() == a.row.Wish:
		m.unwish(a)
	default:
		a.row.Strayed = true
	}
}

// wishUp gives a wish up. If the status changed otherwise meanwhile, that was the
// agent's will.
func (m *Machine) wishUp(a *agent) {
	strayed := a.row.Strayed
	m.unwish(a)
	if strayed {
		m.adopt(a)
	}
}

// adopt lets the state of a follow the status. Several states may go with one
// status: the present one stays if it is among them.
func (m *Machine) adopt(a *agent) {
	status := a.status()
	s, ok := m.cfg.StateFor[status]
	if !ok || !a.loggedIn() {
		return
	}
	if own, mapped := m.cfg.StatusFor[a.row.State]; mapped && own == status {
		s = a.row.State
	}
	m.enter(a, s)
}

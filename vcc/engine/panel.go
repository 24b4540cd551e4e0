package engine

import (
	"slices"
	"time"

	"omnibridge/vcc"
)

// panelAlive tells whether the lease of a's panel holds. After a restart nothing was
// told yet, and the panels are on their way back: for Config.LeaseGrace that counts
// as alive.
func (a *agent) panelAlive() bool { return !a.panelTold || a.row.Panel.Alive }

// panel takes the standing of an agent's panel. An offer that alerts in Salesforce's
// own widget is kept when it lapses: the agent may still accept there.
func (m *Machine) panel(r vcc.Report) {
	a := m.agent(r.Agent)
	p := *r.Panel
	if p.Since.IsZero() {
		p.Since = m.now
	}
	if a.panelTold && a.row.Panel.Alive == p.Alive && a.row.Panel.Phone == p.Phone {
		return
	}
	m.setPanel(a, p)
}

func (m *Machine) setPanel(a *agent, p vcc.Panel) {
	a.panelTold, a.row.Panel = true, p
	if !p.Alive {
		m.dropAlerts(a)
		a.lostAt = m.now
		m.set(timer{at: a.lostAt.Add(m.cfg.CallGrace), kind: callOver, agent: a.row.ID})
	}
	m.touchAgent(a)
	m.reseat(a)
}

// watchPanel has the panel of an agent who was logged in before a restart waited for.
func (m *Machine) watchPanel(a *agent) {
	if a.loggedIn() {
		m.leaseEnds = m.now.Add(m.cfg.LeaseGrace)
		m.set(timer{at: m.leaseEnds, kind: graceOver, agent: a.row.ID})
	}
}

// panelLost takes that a panel did not come back after a restart.
func (m *Machine) panelLost(a *agent) {
	m.setPanel(a, vcc.Panel{Since: m.now, Why: "it did not come back after the restart"})
}

// silenced ends the calls of an agent whose panel, through which the voice goes, did not
// come back in time (vcc.md 3.2).
func (m *Machine) silenced(a *agent) {
	why := "ContactPad was not reachable for " + words(m.cfg.CallGrace) + ", so the call ended"
	for _, x := range slices.Clone(a.open) {
		leg := x.legOf(a.row.ID)
		if leg == nil || leg.State != vcc.Connected || !x.ours() || !x.live() || x.row.Call.Provider != "" {
			continue
		}
		n := vcc.Notice{Kind: vcc.CallLost, Detail: why}
		if x.consults() {
			n = about(x, n)
			n.Name = m.otherName(x, a.row.ID)
		} else {
			n = about(x, n)
		}
		m.noteCall(x, leg, "panel lost", why)
		m.hangUp(x, leg)
		x.row.Why, x.row.Outcome = why, outLost
		m.notify(a, n)
	}
}

// loginStale tells whether nothing was heard of a for too long (A20): a is logged out by
// that, or with a call gets no new work.
func (m *Machine) loginStale(a *agent) bool {
	return a.loggedIn() && !m.now.Before(m.staleAt(a))
}

func (m *Machine) staleAt(a *agent) time.Time {
	return latest(a.row.ActiveAt, a.row.StateSince).Add(m.cfg.LoginStale)
}

// active notes that a did something.
func (m *Machine) active(a *agent) {
	if !a.loggedIn() {
		return
	}
	stale := m.loginStale(a)
	a.row.ActiveAt = m.now
	m.touchAgent(a)
	m.watchLogin(a)
	if stale {
		m.reseat(a)
	}
}

// watchLogin has a's login watched by one timer, which moves on when it comes up.
func (m *Machine) watchLogin(a *agent) {
	if a.loggedIn() && !a.watched {
		a.watched = true
		m.set(timer{at: m.staleAt(a), kind: loginOver, agent: a.row.ID})
	}
}

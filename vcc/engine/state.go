package engine

import (
	"slices"

	"omnibridge/vcc"
)

// defaultStates are those an agent may choose if the configuration names none.
var defaultStates = []vcc.AgentState{
	{Major: vcc.Ready}, {Major: vcc.Outbound}, {Major: vcc.Away}, {Major: vcc.Away, Minor: "Break"},
	{Major: vcc.Away, Minor: "Comfort Break"}, {Major: vcc.ExtendedAway}, {Major: vcc.LoggedOut},
}

func (a *agent) loggedIn() bool { return a.row.State.Major != vcc.LoggedOut }

// willing tells whether a takes new work as far as ContactPad goes. Whoever is not
// logged in there is ruled by Omni-Channel alone, unless Config.PadRequired.
func (m *Machine) willing(a *agent, byOmni bool) bool {
	if !a.loggedIn() {
		return byOmni && !m.cfg.PadRequired
	}
	return a.row.State.Major == vcc.Ready && a.row.Intended == nil && a.row.Blocked == nil && a.panelAlive()
}

// panelAlive tells whether the lease of a's panel holds. After a restart nothing
// was told yet, and the panels are on their way back: that counts as alive until
// the daemon tells otherwise, which it does within a lease.
func (a *agent) panelAlive() bool { return !a.panelTold || a.row.Panel.Alive }

func (m *Machine) logIn(a *agent, c vcc.Command) *denied {
	to := c.State
	if to == (vcc.AgentState{}) {
		to.Major = vcc.Ready
	}
	if a.loggedIn() {
		return nil // another panel of the same agent
	}
	if !slices.Contains(m.cfg.States, to) {
		return deny(vcc.DeniedUnknown, "there is no state %q", to)
	}
	m.setState(a, to)
	return nil
}

func (m *Machine) logOut(a *agent, c vcc.Command) *denied {
	if len(a.open) > 0 && !c.Force {
		return deny(vcc.DeniedOpenWork, "you have open work: it ends or goes to somebody else if you log out")
	}
	m.setState(a, vcc.AgentState{})
	m.out.Directives = append(m.out.Directives, vcc.Directive{Kind: vcc.SetOmni, Agent: a.row.ID, Detail: "logged out of ContactPad"})
	return nil
}

// chooseState sets the state, or intends it while there is open work (A41).
func (m *Machine) chooseState(a *agent, c vcc.Command) *denied {
	if !slices.Contains(m.cfg.States, c.State) {
		return deny(vcc.DeniedUnknown, "there is no state %q", c.State)
	}
	if c.State.Major == vcc.LoggedOut {
		return m.logOut(a, c)
	}
	if len(a.open) > 0 && c.State != a.row.State {
		a.row.Intended = new(c.State)
	} else {
		a.row.Intended = nil
		m.setState(a, c.State)
	}
	m.touchAgent(a)
	m.reseat(a)
	return nil
}

// setState makes s hold now.
func (m *Machine) setState(a *agent, s vcc.AgentState) {
	if a.row.State == s {
		return
	}
	was := a.row.State.Major
	a.row.State, a.row.StateSince, a.row.Intended = s, m.now, nil
	if s.Major == vcc.Ready && was != vcc.Ready {
		m.idle(a, m.now)
	}
	m.touchAgent(a)
	m.reseat(a)
}

func (m *Machine) unblock(a *agent, _ vcc.Command) *denied {
	if a.row.Blocked != nil {
		a.row.Blocked = nil
		m.touchAgent(a)
		m.reseat(a)
	}
	return nil
}

func (m *Machine) dismiss(a *agent, c vcc.Command) *denied {
	kept := slices.DeleteFunc(slices.Clone(a.row.Notices), func(n vcc.Notice) bool { return n.ID == c.Notice })
	if len(kept) != len(a.row.Notices) {
		a.row.Notices = kept
		m.touchAgent(a)
	}
	return nil
}

// panel takes the standing of an agent's panel.
func (m *Machine) panel(r vcc.Report) {
	a := m.agent(r.Agent)
	p := *r.Panel
	if p.Since.IsZero() {
		p.Since = m.now
	}
	if a.panelTold && a.row.Panel.Alive == p.Alive && a.row.Panel.Phone == p.Phone {
		return
	}
	a.panelTold, a.row.Panel = true, p
	if !p.Alive {
		m.dropAlerts(a)
	}
	m.touchAgent(a)
	m.reseat(a)
}

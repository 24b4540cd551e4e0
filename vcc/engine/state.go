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
		return byOmni && !m.cfg.PadRequired && !a.row.SignedOff
	}
	return a.row.State.Major == vcc.Ready && a.row.Intended == nil && a.row.Blocked == nil && a.panelAlive() && !m.loginStale(a)
}

func (m *Machine) logIn(a *agent, c vcc.Command) *denied {
	if a.loggedIn() {
		return nil // another panel of the same agent
	}
	to := c.State
	if to == (vcc.AgentState{}) {
		to = m.cfg.States[slices.IndexFunc(m.cfg.States, func(s vcc.AgentState) bool { return s.Major == vcc.Ready })]
	}
	if to.Major == vcc.LoggedOut || !slices.Contains(m.cfg.States, to) {
		return deny(vcc.DeniedUnknown, "there is no state %q to begin in", shorten(to.String()))
	}
	a.row.SignedOff = false
	m.setState(a, to)
	m.active(a)
	m.sync(a)
	return nil
}

// logOut takes a out of ContactPad, and so out of Omni-Channel (vcc.md 3.2).
func (m *Machine) logOut(a *agent, c vcc.Command) *denied {
	if len(a.open) > 0 && !c.Force {
		return deny(vcc.DeniedOpenWork, "you have open work: it ends or goes to somebody else if you log out")
	}
	m.signOff(a, "logged out of ContactPad")
	return nil
}

// signOff logs a out of ContactPad and out of Omni-Channel, as far as is known there.
func (m *Machine) signOff(a *agent, why string) {
	online := a.mayBeOnline()
	a.row.SignedOff = online
	m.goOut(a)
	if online {
		m.wish(a, "", why)
	}
}

// idleOut logs out who has done nothing for too long, and keeps why for them (A20). Who
// is on a call is busy, and only gets nothing new; the end of the call is a sign of life.
func (m *Machine) idleOut(a *agent) {
	if m.talks(a) {
		m.touchDesk(a) // nothing that is stored has changed
		m.reseat(a)
		return
	}
	why := "nothing was done in ContactPad" + m.since(latest(a.row.ActiveAt, a.row.StateSince))
	m.out.Decisions = append(m.out.Decisions, vcc.Decision{Agent: a.row.ID, What: "logged out", Why: m.name(a.row.ID) + ": " + why})
	m.keep(a, vcc.Notice{Kind: vcc.LoggedOutIdle, Detail: words(m.cfg.LoginStale)})
	m.signOff(a, why)
}

// talks tells whether a has a call.
func (m *Machine) talks(a *agent) bool {
	return slices.ContainsFunc(a.open, func(x *item) bool {
		leg := x.legOf(a.row.ID)
		return x.live() && leg != nil && leg.State == vcc.Connected
	})
}

// goOut logs a out. What alerts goes to somebody else, calls and wrap-ups end; chats
// and records stay until Salesforce takes them (A16).
func (m *Machine) goOut(a *agent) {
	m.setState(a, vcc.AgentState{})
	m.endCalls(a)
	for _, x := range slices.Clone(a.open) {
		if leg := x.legOf(a.row.ID); leg != nil && (leg.State == vcc.Offered || leg.State == vcc.Alerted) && !leg.Retracted {
			m.retract(x, leg, m.name(a.row.ID)+" logged out; the offer is taken back")
		}
		for leg := x.wrapOf(a.row.ID); leg != nil; leg = x.wrapOf(a.row.ID) {
			m.endWrap(x, leg, m.now)
		}
	}
	m.watchLeft(a)
}

// watchLeft has what a, who is logged out, has left looked at later.
func (m *Machine) watchLeft(a *agent) {
	if m.cfg.RequeueAfter > 0 && !a.loggedIn() && !a.row.StateSince.IsZero() {
		m.set(timer{at: a.row.StateSince.Add(m.cfg.RequeueAfter), kind: leftOver, agent: a.row.ID})
	}
}

// takeLeft gives back to its plan the non-live work that a, who logged out and did not
// come back, had then.
func (m *Machine) takeLeft(a *agent) {
	if m.here(a) {
		return // goes on by Omni-Channel alone
	}
	for _, x := range slices.Clone(a.open) {
		leg := x.legOf(a.row.ID)
		if leg == nil || leg.State != vcc.Connected || leaves(leg) || x.row.Work.Class != vcc.NonLive || leg.Since.After(a.row.StateSince) {
			continue
		}
		to := vcc.Target{Plan: x.row.Work.Plan}
		why := m.name(a.row.ID) + " logged out" + m.since(a.row.StateSince) + "; it goes back to " + m.targetName(to)
		m.decide(x, vcc.Decision{What: "left behind", Offer: leg.Offer, Agent: a.row.ID, Why: why})
		m.giveTo(x, leg, to, why)
	}
}

// chooseState sets the state, or intends it while there is open work (A41). It also
// ends Blocked: whoever chooses a state is back (vcc.md 3.2).
func (m *Machine) chooseState(a *agent, c vcc.Command) *denied {
	if !slices.Contains(m.cfg.States, c.State) {
		return deny(vcc.DeniedUnknown, "there is no state %q", shorten(c.State.String()))
	}
	if c.State.Major == vcc.LoggedOut {
		return m.logOut(a, c)
	}
	m.unblocked(a)
	m.enter(a, c.State)
	if a.row.State == c.State {
		m.sync(a) // also if it was so before: "go online" is the present state once more
	}
	return nil
}

// enter makes s the state of a, or the intended one: who takes work, or calls, is not
// away before the work that is open has ended. Choosing the present state cancels
// what was intended.
func (m *Machine) enter(a *agent, s vcc.AgentState) {
	was := a.row.State.Major
	switch {
	case s.Major == vcc.LoggedOut:
		m.goOut(a)
	case s != a.row.State && s.Major != vcc.Ready && (was == vcc.Ready || was == vcc.Outbound) && a.works():
		a.row.Intended = new(s)
		m.touchAgent(a)
		m.reseat(a)
	default:
		m.setState(a, s)
	}
}

// works tells whether a has work that was accepted. What only alerts keeps nobody: it
// may still be accepted by who is away (A17).
func (a *agent) works() bool {
	return slices.ContainsFunc(a.open, func(x *item) bool {
		return slices.ContainsFunc(x.row.Legs, func(leg vcc.Leg) bool {
			return leg.Agent == a.row.ID && (leg.State == vcc.Connected || leg.State == vcc.WrapUp)
		})
	})
}

// fulfil applies the intended state of a whose last interaction is over.
func (m *Machine) fulfil(a *agent) {
	if a.row.Intended != nil && !a.works() {
		m.setState(a, *a.row.Intended)
		m.sync(a)
	}
}

// setState makes s hold now, and nothing intended.
func (m *Machine) setState(a *agent, s vcc.AgentState) {
	if a.row.State == s && a.row.Intended == nil {
		return
	}
	was := a.row.State
	a.row.Intended = nil
	if s != was {
		a.row.State, a.row.StateSince = s, m.now
		m.watchLogin(a) // also if the login was stale: the state may follow Omni-Channel
	}
	if s.Major == vcc.Ready && was.Major != vcc.Ready {
		m.idle(a, m.now)
	}
	if s.Major == vcc.LoggedOut || was.Major == vcc.LoggedOut {
		a.row.Blocked = nil
		m.recheckPersonal(a)
	}
	m.touchAgent(a)
	m.reseat(a)
}

// block keeps a from getting work, unless something already does so for longer.
func (m *Machine) block(a *agent, b vcc.Block) {
	if !a.loggedIn() {
		return
	}
	if old := a.row.Blocked; old != nil && (old.Until.IsZero() || old.Until.After(b.Until)) {
		return
	}
	a.row.Blocked = &b
	m.watchBlock(a)
	m.touchAgent(a)
	m.reseat(a)
}

func (m *Machine) watchBlock(a *agent) {
	if b := a.row.Blocked; b != nil && !b.Until.IsZero() {
		m.set(timer{at: b.Until, kind: blockOver, agent: a.row.ID})
	}
}

func (m *Machine) unblocked(a *agent) {
	if a.row.Blocked == nil {
		return
	}
	a.row.Blocked = nil
	m.touchAgent(a)
	m.reseat(a)
}

// unblock is "I am back".
func (m *Machine) unblock(a *agent, _ vcc.Command) *denied {
	m.unblocked(a)
	return nil
}

// noAnswer blocks an agent who declined or did not answer, as Config.NoAnswer says.
func (m *Machine) noAnswer(x *item, a *agent, why vcc.Reason) {
	d := m.cfg.NoAnswer[x.row.Work.Class]
	if d == 0 || why != vcc.Declined && why != vcc.TimedOut {
		return
	}
	m.block(a, vcc.Block{Reason: "No Answer", Interaction: x.row.ID, Since: m.now, Until: m.now.Add(d)})
}

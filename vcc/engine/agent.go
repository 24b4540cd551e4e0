package engine

import (
	"cmp"
	"slices"
	"time"

	"omnibridge/vcc"
)

// agent is an agent: the row, and what follows from it.
type agent struct {
	row vcc.Agent
	// told is whether presence was reported since the machine began or was
	// restored; until it was, the row holds what was known before and the agent
	// does not count as present.
	told      bool
	levels    map[vcc.Skill]int // every skill, with its level; 1 where none was given
	panelTold bool              // the panel's standing was told since the machine began
	lostAt    time.Time         // since when the panel is not reachable, if it is not
	watched   bool              // a timer watches the login
	deskStale bool              // is in Machine.desks
	open      []*item           // those with a leg of this agent, each once, in the order of ids
	seats     []*seat           // one in every line the agent serves, or would if willing
	placed    *placing          // by which all seats are placed; nil: not known, or cools matter
	changed   bool
	stale     bool
	counts    agentCounts // statistics
}

// agent returns the agent of that id, who becomes known by it.
func (m *Machine) agent(id vcc.AgentID) *agent {
	a := m.agents[id]
	if a == nil {
		a = &agent{row: vcc.Agent{ID: id, Name: m.setup.People[id], Skills: m.cfg.Skills[id]}, levels: m.cfg.levelsOf(id)}
		m.agents[id] = a
		at, _ := slices.BinarySearch(m.roster, id)
		m.roster = slices.Insert(m.roster, at, id)
		m.enlist(a)
		m.reseat(a) // could take calls, once logged in
		m.touchAgent(a)
	}
	return a
}

func (a *agent) join(x *item) {
	at, found := slices.BinarySearchFunc(a.open, x.row.ID, func(y *item, id vcc.InteractionID) int { return cmp.Compare(y.row.ID, id) })
	if !found {
		a.open = slices.Insert(a.open, at, x)
	}
}

func (a *agent) leave(x *item) {
	a.open = slices.DeleteFunc(a.open, func(y *item) bool { return y == x })
}

// idle sets a's idle clock, which never goes back.
func (m *Machine) idle(a *agent, at time.Time) {
	a.row.IdleSince = latest(a.row.IdleSince, at)
	m.lastIdle = latest(m.lastIdle, a.row.IdleSince)
	m.touchAgent(a)
}

// sizes returns what interactions take of a.
func (m *Machine) sizes(a *agent) vcc.Sizes {
	if s, ok := m.cfg.AgentSizes[a.row.ID]; ok {
		return s
	}
	return m.cfg.Sizes
}

// burden is what an agent has in hand.
type burden struct {
	load           int // percent
	live, semiLive int // interactions
}

// burden sums what a has in hand over the open legs: there is no counter that
// could drift (I3).
func (m *Machine) burden(a *agent) burden {
	var b burden
	for _, x := range a.open {
		for _, leg := range x.row.Legs {
			if leg.Agent != a.row.ID || leg.State == vcc.WrapUp && m.cfg.WrapFreesCapacity {
				continue
			}
			b.load += leg.Size
			switch x.row.Work.Class {
			case vcc.Live:
				b.live++
			case vcc.SemiLive:
				b.semiLive++
			}
		}
	}
	return b
}

// room tells whether one more of class fits, for an agent with burden b to whom
// it would be of the size given.
func (m *Machine) room(b burden, class vcc.Class, size int) bool {
	switch {
	case b.load+size > vcc.FullCapacity:
		return false
	case class == vcc.Live:
		return b.live == 0
	case class == vcc.SemiLive:
		return b.semiLive < m.cfg.MaxSemiLive
	default:
		return true
	}
}

// available tells whether an agent with presence p can take any work.
func available(p vcc.Presence) bool { return p.Online && len(p.Channels) > 0 }

// serves tells whether a takes work now and could take l's.
func (m *Machine) serves(a *agent, l *line) bool {
	return m.willing(a, l.channel != "") && m.could(a, l)
}

// could tells whether a is present in l's channel and has its skills. What has no
// channel, as a call of ours, does not come through Omni-Channel.
func (m *Machine) could(a *agent, l *line) bool {
	if l.closed || l.only != "" && l.only != a.row.ID {
		return false
	}
	if l.channel != "" && (!a.told || !a.row.Omni.Online || !slices.Contains(a.row.Omni.Channels, l.channel)) {
		return false
	}
	_, suits := a.suits(l)
	return suits
}

// setPresence makes p the presence of a. Presence that is as it was before a
// restart is no change: clock and cool-downs go on.
func (m *Machine) setPresence(a *agent, p vcc.Presence) {
	p.Channels = sortedSet(p.Channels)
	old := a.row.Omni
	same := old.Online == p.Online && old.Status == p.Status && slices.Equal(old.Channels, p.Channels)
	if same && a.told {
		return
	}
	m.countPresence(a, -1)
	a.told, a.row.Omni = true, p
	m.countPresence(a, 1)
	if !same {
		a.row.CoolUntil = nil
		if available(p) && !available(old) {
			m.idle(a, m.now)
		}
		m.follow(a)
	}
	a.row.SignedOff = a.row.SignedOff && a.mayBeOnline()
	if old.Online != p.Online {
		m.recheckPersonal(a)
	}
	m.touchAgent(a)
	m.reseat(a)
}

func (m *Machine) countPresence(a *agent, by int) {
	if !a.told || !a.row.Omni.Online {
		return
	}
	for _, c := range a.row.Omni.Channels {
		if m.present[c] += by; m.present[c] == 0 {
			delete(m.present, c)
		}
	}
}

// cools tells whether a is offered nothing in channel at now.
func (a *agent) cools(channel vcc.Channel, now time.Time) bool {
	return a.row.CoolUntil[channel].After(now)
}

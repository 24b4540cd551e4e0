package engine

import (
	"cmp"
	"slices"
	"time"
)

// line is where the interactions that ask for the same wait. It knows, in order, who
// waits and who could serve them.
type line struct {
	demand
	key     string
	waiting ordered[*item]
	ready   ordered[*seat]
	count   [seatStates]int // seats by state
	used    uint64
	checked bool // is in Machine.check
}

// staffed returns how many agents are present with the skills.
func (l *line) staffed() int { return l.count[full] + l.count[cooling] + l.count[ready] }

type seatState int

const (
	full    seatState = iota // no room for the class
	cooling                  // delivery in the channel failed a moment ago
	ready
	seatStates
)

// seat is the place of one agent in one line that the agent serves. Its tier and
// time are copies, so that it is found again in the line's order after the
// agent's have changed.
type seat struct {
	line  *line
	agent *agent
	state seatState
	rank  rank // never changes while the seat is there
	tier  int  // 0: stays within the optimum load
	idle  time.Time
}

// compareSeats is the order in which ready agents are chosen.
func compareSeats(a, b *seat) int {
	return cmp.Or(
		cmp.Compare(a.tier, b.tier),
		compareRanks(a.rank, b.rank),
		a.idle.Compare(b.idle),
		cmp.Compare(a.agent.row.ID, b.agent.row.ID),
	)
}

// maxLines is how many lines are kept for the interactions to come, with their
// agents in order. Beyond it, the line that was not used for longest gives way if
// nothing waits in it; to make it anew later costs a look at every agent, once.
const maxLines = 128

// lineOf returns the line for what is asked for.
func (m *Machine) lineOf(d demand) *line {
	key := d.key()
	l := m.lines[key]
	if l == nil {
		m.evict()
		l = &line{
			demand: d, key: key,
			waiting: ordered[*item]{cmp: compareItems}, ready: ordered[*seat]{cmp: compareSeats},
		}
		m.lines[key] = l
		for _, a := range m.agents {
			m.seat(a, l)
		}
	}
	m.turns++
	l.used = m.turns
	return l
}

// evict drops the line that was not used for longest if there are too many.
func (m *Machine) evict() {
	if len(m.lines) < maxLines {
		return
	}
	var oldest *line
	for _, l := range m.lines {
		if l.waiting.size == 0 && (oldest == nil || l.used < oldest.used) {
			oldest = l
		}
	}
	if oldest == nil {
		return
	}
	delete(m.lines, oldest.key)
	for _, a := range m.agents {
		a.seats = slices.DeleteFunc(a.seats, func(s *seat) bool { return s.line == oldest })
	}
}

// reseat gives a a seat in every line that a serves, and in no other.
func (m *Machine) reseat(a *agent) {
	for _, s := range a.seats {
		s.line.leave(s)
	}
	clear(a.seats)
	a.seats = a.seats[:0]
	for _, l := range m.lines {
		m.seat(a, l)
	}
}

// seat gives a a seat in l if a serves it. Whether a is ready is looked at before
// routing, like for everybody who changed.
func (m *Machine) seat(a *agent, l *line) {
	if !m.serves(a, l) {
		return
	}
	s := &seat{line: l, agent: a, state: full}
	s.rank, _ = a.suits(l)
	l.count[full]++
	a.seats = append(a.seats, s)
	m.place(s, m.burden(a))
}

func (l *line) leave(s *seat) {
	if s.state == ready {
		l.ready.remove(s)
	}
	l.count[s.state]--
}

// refresh makes all seats of a follow what a has in hand.
func (m *Machine) refresh(a *agent) {
	a.stale = false
	b := m.burden(a)
	for _, s := range a.seats {
		m.place(s, b)
	}
}

// place makes one seat follow what its agent has in hand.
func (m *Machine) place(s *seat, b burden) {
	l, a := s.line, s.agent
	state, tier := ready, 0
	size := m.sizes(a).Of(l.class)
	switch {
	case a.cools(l.channel, m.now):
		state = cooling
	case !m.room(b, l.class, size):
		state = full
	case m.cfg.OptimumLoad > 0 && b.load+size > m.cfg.OptimumLoad:
		tier = 1
	}
	was := s.state
	if was == state && (state != ready || s.tier == tier && s.idle.Equal(a.row.IdleSince)) {
		return
	}
	l.leave(s)
	s.state, s.tier, s.idle = state, tier, a.row.IdleSince
	l.count[state]++
	if state == ready {
		l.ready.insert(s)
		if was != ready {
			m.recheck(l)
		}
	}
}

// recheck has l looked at when this step routes. l may be nil.
func (m *Machine) recheck(l *line) {
	if l != nil && !l.checked {
		l.checked = true
		m.check = append(m.check, l)
	}
}

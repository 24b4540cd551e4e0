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
	place   string // whereabouts
	waiting ordered[*item]
	ready   ordered[*seat]
	refused ordered[*item]  // of those that wait, what was refused, if it matters (refused.go)
	count   [seatStates]int // seats by state
	used    uint64
	dropped bool
	checked bool // is in Machine.check
	thinned bool // is in Machine.thinned
}

// staffed returns how many agents are there with the skills, and take work.
func (l *line) staffed() int { return l.count[full] + l.count[cooling] + l.count[ready] }

type seatState int

const (
	full    seatState = iota // no room for the class
	cooling                  // delivery in the channel failed a moment ago
	ready
	unwilling // could, and takes no work now as far as ContactPad goes
	seatStates
)

// seat is the place of one agent in one line that the agent could serve. Its tier and
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
	if a.tier != b.tier {
		return cmp.Compare(a.tier, b.tier)
	}
	if c := compareRanks(a.rank, b.rank); c != 0 {
		return c
	}
	if c := a.idle.Compare(b.idle); c != 0 {
		return c
	}
	return cmp.Compare(a.agent.row.ID, b.agent.row.ID) // far from the seat, in memory: looked at last
}

// maxLines is how many lines are kept for the interactions to come, with their
// agents in order. Beyond it, those that were not used for longest give way if
// nothing waits in them; to make one anew later costs a look at every agent, once.
const maxLines = 128

// lineOf returns the line for what is asked for.
func (m *Machine) lineOf(d demand) *line {
	m.drafts.key = d.appendKey(m.drafts.key[:0])
	l := m.lines[string(m.drafts.key)]
	if l == nil {
		m.evict()
		key := string(m.drafts.key)
		l = &line{
			demand: d.clone(), key: key, place: d.whereabouts(),
			waiting: ordered[*item]{cmp: compareItems}, ready: ordered[*seat]{cmp: compareSeats},
			refused: ordered[*item]{cmp: compareRefused},
		}
		m.lines[key] = l
		if d.only == "" {
			for _, a := range m.agents {
				m.seat(a, l)
			}
		} else if a := m.agents[d.only]; a != nil {
			m.seat(a, l)
		}
	}
	m.turns++
	l.used = m.turns
	return l
}

// evict drops lines in which nothing waits if there are too many, those not used for
// longest: half of what may be kept at once, so that agents are looked through rarely.
func (m *Machine) evict() {
	if len(m.lines) < m.linesMost {
		return
	}
	var idle []*line
	for _, l := range m.lines {
		if l.waiting.size == 0 {
			idle = append(idle, l)
		}
	}
	slices.SortFunc(idle, func(a, b *line) int { return cmp.Compare(a.used, b.used) })
	busy := len(m.lines) - len(idle)
	for _, l := range idle[:max(0, len(idle)-maxLines/2)] {
		l.dropped = true
		delete(m.lines, l.key)
	}
	// With many lines in which something waits, not every new one looks through all.
	m.linesMost = max(maxLines, busy+busy/2)
	for _, a := range m.agents {
		a.seats = slices.DeleteFunc(a.seats, func(s *seat) bool { return s.line.dropped })
	}
}

// reseat gives a a seat in every line that a could serve, and in no other.
func (m *Machine) reseat(a *agent) {
	for _, s := range a.seats {
		s.line.leave(s)
		m.thin(s.line)
	}
	clear(a.seats)
	a.seats = a.seats[:0]
	for _, l := range m.lines {
		m.seat(a, l)
	}
}

// seat gives a a seat in l if a could serve it. Whether a is ready is looked at before
// routing, like for everybody who changed.
func (m *Machine) seat(a *agent, l *line) {
	if !m.could(a, l) {
		return
	}
	s := &seat{line: l, agent: a, state: full}
	s.rank, _ = a.suits(l)
	if !m.willing(a, l.channel != "") {
		s.state = unwilling
	}
	l.count[s.state]++
	a.seats = append(a.seats, s)
	m.thin(l)
	m.place(s, m.burden(a))
}

func (l *line) leave(s *seat) {
	if s.state == ready {
		l.ready.remove(s)
	}
	l.count[s.state]--
}

// placing is what the places of an agent's seats follow from.
type placing struct {
	burden
	idle time.Time
}

// refresh makes all seats of a follow what a has in hand, if that has changed. What is
// taken in hand always moves the idle clock on (openLeg), so what is as before has not
// changed and changed back meanwhile; a seat that is new since then was placed by the same.
// A cool-down begins with an offer that is over, which is a change, and while one lasts
// nothing is remembered.
func (m *Machine) refresh(a *agent) {
	a.stale = false
	p := placing{m.burden(a), a.row.IdleSince}
	if a.placed != nil && *a.placed == p {
		return
	}
	for _, s := range a.seats {
		m.place(s, p.burden)
	}
	if a.placed = nil; len(a.row.CoolUntil) == 0 {
		a.placed = &p
	}
}

// place makes one seat follow what its agent has in hand.
func (m *Machine) place(s *seat, b burden) {
	l, a := s.line, s.agent
	if s.state == unwilling {
		return // until reseat
	}
	state, size := ready, m.sizes(a).Of(l.class)
	tier := 0
	switch {
	case a.cools(l.channel, m.now):
		state = cooling
	case !m.room(b, l.class, size):
		state = full
	default:
		tier = m.tier(b.load, size)
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

// tier is 0 for an agent with load who stays within the optimum with one more of size,
// else 1.
func (m *Machine) tier(load, size int) int {
	if m.cfg.OptimumLoad > 0 && load+size > m.cfg.OptimumLoad {
		return 1
	}
	return 0
}

// recheck has l looked at when this step routes. l may be nil.
func (m *Machine) recheck(l *line) {
	if l != nil && !l.checked {
		l.checked = true
		m.check = append(m.check, l)
	}
}

package engine

import (
	"cmp"
	"slices"

	"omnibridge/vcc"
)

// Whether everybody has refused an interaction can change when somebody refuses it, when
// who could still take it goes, and when who refused it comes back. A line knows which of
// those that wait in it were refused, and by how many: those that fewer have refused than
// are there need not be looked at.

// whenAllRefused returns what is to be done with x, which waits, if everybody has refused
// it: WaitOn also where nothing else is possible.
func (m *Machine) whenAllRefused(x *item) vcc.AllRefused {
	if x.line.closed || x.line.only != "" {
		return vcc.WaitOn
	}
	does := cmp.Or(m.planOf(x).AllRefused, m.cfg.AllRefused[x.row.Work.Class])
	switch does {
	case vcc.BreakOut:
		if _, ok := m.breakoutOf(x); !ok {
			return vcc.WaitOn
		}
	case vcc.GiveItUp:
		if !x.live() || x.row.Work.Channel != "" {
			return vcc.WaitOn // Salesforce has it, and does not let go
		}
	}
	return does
}

// compareRefused puts first what most have refused.
func compareRefused(a, b *item) int {
	return cmp.Or(cmp.Compare(b.refusers, a.refusers), compareItems(a, b))
}

// watchRefused has it noticed when everybody has refused x, which waits, if that changes
// anything.
func (m *Machine) watchRefused(x *item) {
	if len(x.row.Refusals) == 0 || m.whenAllRefused(x) == vcc.WaitOn {
		return
	}
	x.refusers = len(x.row.Refusals)
	x.line.refused.insert(x)
	m.doubted = append(m.doubted, x)
}

// unwatchRefused ends watchRefused.
func (x *item) unwatchRefused() {
	if x.refusers > 0 {
		x.line.refused.remove(x)
		x.refusers = 0
	}
}

// thin notes that other agents serve l than before.
func (m *Machine) thin(l *line) {
	if l.refused.size > 0 && !l.thinned {
		l.thinned = true
		m.thinned = append(m.thinned, l)
	}
}

// settleRefused does what is to be done with what everybody has refused by now.
func (m *Machine) settleRefused() {
	for _, l := range m.thinned {
		l.thinned = false
		there := l.staffed()
		for x := range l.refused.all() {
			if x.refusers < there {
				break
			}
			m.doubted = append(m.doubted, x)
		}
	}
	m.thinned = m.thinned[:0]
	if len(m.doubted) == 0 {
		return
	}
	list := m.doubted
	m.doubted = nil
	slices.SortFunc(list, compareItems)
	for _, x := range slices.Compact(list) {
		if x.refusers > 0 && m.allRefused(x) {
			m.refusedByAll(x)
		}
	}
}

// allRefused tells whether everybody who is there for x has refused it. Who is blocked for
// having refused is there.
func (m *Machine) allRefused(x *item) bool {
	others := x.line.staffed()
	if others > len(x.row.Refusals) {
		return false
	}
	refused := 0
	for id := range x.row.Refusals {
		switch a := m.agents[id]; {
		case a == nil || !x.excludes(id, m.now):
		case m.serves(a, x.line):
			others--
			refused++
		case a.loggedIn() && a.row.Blocked != nil && m.could(a, x.line):
			refused++
		}
	}
	return others == 0 && refused > 0
}

func (m *Machine) refusedByAll(x *item) {
	switch m.whenAllRefused(x) {
	case vcc.BreakOut:
		m.breakOut(x, "everybody has refused it")
	case vcc.AskAgain:
		m.forgive(x)
	case vcc.GiveItUp:
		m.giveUp(x)
	}
}

// forgive lets who refused longest ago be asked again at once, of those with room if
// somebody has.
func (m *Machine) forgive(x *item) {
	var oldest *agent
	for id := range x.row.Refusals {
		if a := m.agents[id]; a != nil && m.serves(a, x.line) && (oldest == nil || m.sooner(x, a, oldest)) {
			oldest = a
		}
	}
	if oldest == nil {
		return // those who are there are blocked
	}
	id := oldest.row.ID
	x.unwatchRefused()
	delete(x.row.Refusals, id)
	delete(x.asked, id)
	m.watchRefused(x)
	x.news = "everybody has refused it, " + m.name(id) + " longest ago"
	m.began(x)
	m.recheck(x.line)
	m.touch(x)
}

// sooner tells whether a is to be asked again for x before b.
func (m *Machine) sooner(x *item, a, b *agent) bool {
	if ready := m.isReady(a, x.line); ready != m.isReady(b, x.line) {
		return ready
	}
	return cmp.Or(x.asked[a.row.ID].at.Compare(x.asked[b.row.ID].at), cmp.Compare(a.row.ID, b.row.ID)) < 0
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

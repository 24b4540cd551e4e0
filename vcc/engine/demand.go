package engine

import (
	"cmp"
	"slices"
	"strconv"
	"time"

	"omnibridge/vcc"
)

// demand is what an interaction asks for at one moment: somebody present in channel
// who has all that one of the sets asks for. It changes with time only at moments
// that are known beforehand (item.review).
type demand struct {
	channel vcc.Channel
	class   vcc.Class
	// sets are what its own plan asks for and then, once it overflows, the other's.
	sets []needs
	// closed says that its plan is closed now: nobody is asked.
	closed bool
	// only is who is asked alone: it waits in their personal queue, whatever they can.
	only vcc.AgentID
}

// needs is one set of skills; both lists are sorted.
type needs struct {
	must []vcc.Need  // For and Optional are zero
	nice []vcc.Skill // preferred
}

// key tells demands apart, whatever their parts hold.
func (d demand) key() string {
	if d.closed {
		return "closed"
	}
	key := strconv.AppendQuote(nil, string(d.channel))
	if d.only != "" {
		key = append(strconv.AppendQuote(key, string(d.only)), '!')
	}
	key = strconv.AppendQuote(key, string(d.class))
	for _, set := range d.sets {
		key = append(key, '[')
		for _, n := range set.must {
			key = strconv.AppendQuote(key, string(n.Skill))
			key = strconv.AppendInt(key, int64(n.Level), 10)
		}
		for _, s := range set.nice {
			key = append(key, '+')
			key = strconv.AppendQuote(key, string(s))
		}
	}
	return string(key)
}

// add collects needs that hold for what waits since begin; later tells the first
// moment after now at which one of them no longer does.
func (s *needs) add(now, begin time.Time, list []vcc.Need, later func(time.Time)) {
	for _, n := range list {
		if n.Optional {
			s.nice = append(s.nice, n.Skill)
			continue
		}
		if n.For > 0 {
			over := begin.Add(n.For)
			if !over.After(now) {
				continue
			}
			later(over)
		}
		s.must = append(s.must, vcc.Need{Skill: n.Skill, Level: n.Level})
	}
}

func (s *needs) addSkills(list []vcc.Skill) {
	for _, skill := range list {
		s.must = append(s.must, vcc.Need{Skill: skill})
	}
}

// sort brings s into the form that compares: each skill once, with the highest level
// asked for.
func (s *needs) sort() {
	slices.SortFunc(s.must, func(a, b vcc.Need) int {
		return cmp.Or(cmp.Compare(a.Skill, b.Skill), cmp.Compare(b.Level, a.Level))
	})
	s.must = slices.CompactFunc(s.must, func(a, b vcc.Need) bool { return a.Skill == b.Skill })
	s.nice = sortedSet(s.nice)
}

// demandOf returns what x asks for now, and the next moment at which that changes;
// zero: it does not.
func (m *Machine) demandOf(x *item) (d demand, next time.Time) {
	later := func(t time.Time) {
		if t.After(m.now) && (next.IsZero() || t.Before(next)) {
			next = t
		}
	}
	w, p := x.row.Work, m.planOf(x)
	d = demand{channel: w.Channel, class: w.Class}
	if only, until := m.reserved(x); only != nil {
		d.only, d.sets = only.row.ID, []needs{{}}
		later(until)
		return d, next
	}
	if change, ok := p.Hours.Next(m.now); ok {
		later(change)
	}
	if !p.Hours.OpenAt(m.now) {
		d.closed = true
		return d, next
	}
	own := needs{}
	own.addSkills(p.Skills)
	own.addSkills(w.Skills)
	own.add(m.now, w.Since, p.Needs, later)
	own.add(m.now, w.Since, w.Needs, later)
	own.sort()
	d.sets = []needs{own}
	if over, ok := m.plans[p.Overflow]; ok && p.Overflow != "" {
		begins := w.Since.Add(p.OverflowAfter)
		later(begins)
		if !begins.After(m.now) && over.Hours.OpenAt(m.now) {
			other := needs{}
			other.addSkills(over.Skills)
			other.add(m.now, w.Since, over.Needs, later)
			other.sort()
			if !slices.ContainsFunc(d.sets, func(s needs) bool { return slices.Equal(s.must, other.must) && slices.Equal(s.nice, other.nice) }) {
				d.sets = append(d.sets, other)
			}
		}
		if change, ok := over.Hours.Next(m.now); ok {
			later(change)
		}
	}
	return d, next
}

// rank is how well an agent suits a line; the smaller is asked first.
type rank struct {
	set     int // 0: meets what the plan itself asks for
	missing int // optional skills the agent lacks
	level   int // minus the sum of levels in what is asked for
}

func compareRanks(a, b rank) int {
	return cmp.Or(cmp.Compare(a.set, b.set), cmp.Compare(a.missing, b.missing), cmp.Compare(a.level, b.level))
}

// suits tells whether a has the skills that l asks for, and how well.
func (a *agent) suits(l *line) (rank, bool) {
	for i, set := range l.sets {
		r := rank{set: i}
		met := true
		for _, n := range set.must {
			level, has := a.levels[n.Skill]
			if !has || level < n.Level {
				met = false
				break
			}
			r.level -= level
		}
		if !met {
			continue
		}
		for _, s := range set.nice {
			if level, has := a.levels[s]; has {
				r.level -= level
			} else {
				r.missing++
			}
		}
		return r, true
	}
	return rank{}, false
}

// priorityOf returns the priority of x now, and when it rises next; zero: never.
// Waiting raises it by a step each Plan.Ageing, up to the highest, so that no plan
// starves another for ever.
func (m *Machine) priorityOf(x *item) (p vcc.Priority, next time.Time) {
	plan := m.planOf(x)
	p = plan.Priority
	if plan.Ageing <= 0 {
		return p, time.Time{}
	}
	waited := m.now.Sub(x.row.Work.Since)
	steps := max(int(waited/plan.Ageing), 0)
	if p -= vcc.Priority(steps); p <= vcc.Highest {
		return vcc.Highest, time.Time{}
	}
	return p, x.row.Work.Since.Add(time.Duration(steps+1) * plan.Ageing)
}

// planOf returns the plan by which x is routed now: its own, or the one that it broke
// out to.
func (m *Machine) planOf(x *item) vcc.Plan {
	if x.row.Via != "" {
		if p, ok := m.plans[x.row.Via]; ok {
			return p
		}
	}
	return m.plan(x.row.Work)
}

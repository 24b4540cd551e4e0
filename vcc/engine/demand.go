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

// appendKey appends what tells demands apart, whatever their parts hold.
func (d demand) appendKey(key []byte) []byte {
	if d.closed {
		return append(key, "closed"...)
	}
	key = strconv.AppendQuote(key, string(d.channel))
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
	return key
}

// clone returns a copy that shares nothing with what d was made in.
func (d demand) clone() demand {
	sets := make([]needs, len(d.sets))
	for i, s := range d.sets {
		sets[i] = needs{slices.Clone(s.must), slices.Clone(s.nice)}
	}
	d.sets = sets
	return d
}

// drafts are where demands are made, anew for each, so that to ask for what others have
// asked for before costs no memory.
type drafts struct {
	sets [2]needs
	key  []byte
}

// begin empties set i and returns it.
func (d *drafts) begin(i int) *needs {
	s := &d.sets[i]
	s.must, s.nice = s.must[:0], s.nice[:0]
	return s
}

// moment finds the first of some moments after now.
type moment struct{ now, next time.Time }

func (f *moment) later(t time.Time) {
	if t.After(f.now) && (f.next.IsZero() || t.Before(f.next)) {
		f.next = t
	}
}

// opening is whether hours are open from one moment to another.
type opening struct {
	open     bool
	from, to time.Time // to is zero if that never changes
}

// opening returns whether h is open now, and until when that is so.
func (m *Machine) opening(h *vcc.Hours) opening {
	if h == nil {
		return opening{open: true}
	}
	o, known := m.hours[h]
	if !known || m.now.Before(o.from) || !o.to.IsZero() && !m.now.Before(o.to) {
		o = opening{open: h.OpenAt(m.now), from: m.now}
		o.to, _ = h.Next(m.now)
		m.hours[h] = o
	}
	return o
}

// add collects needs that hold for what waits since begin, and tells when one of them no
// longer does.
func (s *needs) add(begin time.Time, list []vcc.Need, ends *moment) {
	for _, n := range list {
		if n.Optional {
			s.nice = append(s.nice, n.Skill)
			continue
		}
		if n.For > 0 {
			over := begin.Add(n.For)
			if !over.After(ends.now) {
				continue
			}
			ends.later(over)
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
	slices.Sort(s.nice)
	s.nice = slices.Compact(s.nice)
}

// demandOf returns what x asks for now, and the next moment at which that changes;
// zero: it does not. It holds until it is asked for the next one.
func (m *Machine) demandOf(x *item) (d demand, next time.Time) {
	w, p, change := &x.row.Work, m.planOf(x), moment{now: m.now}
	d = demand{channel: w.Channel, class: w.Class}
	if only, until := m.reserved(x); only != nil {
		m.drafts.begin(0)
		d.only, d.sets = only.row.ID, m.drafts.sets[:1]
		change.later(until)
		return d, change.next
	}
	hours := m.opening(p.Hours)
	change.later(hours.to)
	if !hours.open {
		d.closed = true
		return d, change.next
	}
	own := m.drafts.begin(0)
	own.addSkills(p.Skills)
	own.addSkills(w.Skills)
	own.add(w.Since, p.Needs, &change)
	own.add(w.Since, w.Needs, &change)
	own.sort()
	d.sets = m.drafts.sets[:1]
	if over := m.plans[p.Overflow]; over != nil && p.Overflow != "" {
		begins, hours := w.Since.Add(p.OverflowAfter), m.opening(over.Hours)
		change.later(begins)
		change.later(hours.to)
		if !begins.After(m.now) && hours.open {
			other := m.drafts.begin(1)
			other.addSkills(over.Skills)
			other.add(w.Since, over.Needs, &change)
			other.sort()
			if !slices.Equal(own.must, other.must) || !slices.Equal(own.nice, other.nice) {
				d.sets = m.drafts.sets[:2]
			}
		}
	}
	return d, change.next
}

// rank is how well an agent suits a line; the smaller is asked first.
type rank struct {
	set     int // 0: meets what the plan itself asks for
	missing int // optional skills the agent lacks
	level   int // minus the sum of levels in what is asked for
}

func compareRanks(a, b rank) int {
	if a.set != b.set {
		return cmp.Compare(a.set, b.set)
	}
	if a.missing != b.missing {
		return cmp.Compare(a.missing, b.missing)
	}
	return cmp.Compare(a.level, b.level)
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
func (m *Machine) planOf(x *item) *vcc.Plan {
	if x.row.Via != "" {
		if p, ok := m.plans[x.row.Via]; ok {
			return p
		}
	}
	return m.plan(x.row.Work.Plan)
}

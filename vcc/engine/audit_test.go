package engine

import (
	"fmt"
	"slices"
	"time"

	"omnibridge/vcc"
)

// offersOf lists the offers of out, each as "interaction/number agent".
func offersOf(out vcc.Output) []string {
	var s []string
	for _, d := range out.Directives {
		if d.Kind == vcc.Offer {
			s = append(s, fmt.Sprintf("%s/%d %s", d.Interaction, d.Offer, d.Agent))
		}
	}
	return s
}

// audit compares every index of m with the rows it was made from, and the rows
// with what must always hold.
func audit(m *Machine) error {
	waiting := 0
	for id, x := range m.items {
		current := 0
		for _, leg := range x.row.Legs {
			if leg.State != vcc.WrapUp && !leg.Asker {
				current++
			}
			if !slices.Contains(m.agents[leg.Agent].open, x) {
				return fmt.Errorf("%s has a leg of %s, who does not know it", id, leg.Agent)
			}
		}
		if current > 1 {
			return fmt.Errorf("I1: %s has %d live offers: %+v", id, current, x.row.Legs)
		}
		if err := auditState(x, current); err != nil {
			return err
		}
		if x.line != nil {
			waiting++
			if found := slices.Collect(x.line.waiting.all()); !slices.Contains(found, x) {
				return fmt.Errorf("%s is not found in its line", id)
			}
		}
		if x.began || x.changed || x.news != "" && x.line == nil {
			return fmt.Errorf("%s keeps marks of a step that is over", id)
		}
	}
	for _, l := range m.lines {
		waiting -= l.waiting.size
		if err := auditLine(m, l); err != nil {
			return err
		}
	}
	if waiting != 0 {
		return fmt.Errorf("%d more wait than stand in lines", waiting)
	}
	for id, a := range m.agents {
		for _, s := range a.seats {
			if m.lines[s.line.key] != s.line {
				return fmt.Errorf("%s has a seat in %s, which was dropped", id, s.line.key)
			}
		}
		for _, x := range a.open {
			if !slices.ContainsFunc(x.row.Legs, func(l vcc.Leg) bool { return l.Agent == id }) {
				return fmt.Errorf("%s holds %s without a leg", id, x.row.ID)
			}
		}
	}
	return nil
}

func auditState(x *item, current int) error {
	if x.consults() && x.asker() != nil { // see auditCalls
		return nil
	}
	ok := false
	switch s := x.row.State; s {
	case vcc.Waiting:
		ok = x.line != nil && current == 0
	case vcc.Closed:
		ok = x.line == nil && len(x.row.Legs) == 0 && !x.row.ClosedAt.IsZero()
	case vcc.WrapUp:
		ok = x.line == nil && current == 0 && len(x.row.Legs) > 0
	default:
		ok = x.line == nil && current == 1 && x.row.Current().State == s
	}
	if !ok {
		return fmt.Errorf("%s is %q with legs %+v, in line %v", x.row.ID, x.row.State, x.row.Legs, x.line != nil)
	}
	return nil
}

func auditLine(m *Machine, l *line) error {
	if l.checked {
		return fmt.Errorf("line %s keeps a mark of a step that is over", l.key)
	}
	want := map[vcc.AgentID]bool{}
	staffed, unready := 0, 0
	for id, a := range m.agents {
		n := 0
		for _, s := range a.seats {
			if s.line == l {
				n++
			}
		}
		serves, could := naiveServes(m, a, l.demand), naiveCould(m, a, l.demand)
		if could != (n == 1) {
			return fmt.Errorf("%s has %d seats in %s, could serve it: %v", id, n, l.key, could)
		}
		if could && !serves {
			unready++
		}
		if serves {
			staffed++
			want[id] = naiveRoom(m, a, l.channel, l.class)
		}
	}
	if unready != l.count[unwilling] {
		return fmt.Errorf("line %s counts %d who take no work, there are %d", l.key, l.count[unwilling], unready)
	}
	if staffed != l.staffed() {
		return fmt.Errorf("line %s counts %d agents, there are %d", l.key, l.staffed(), staffed)
	}
	var last *seat
	n := 0
	for s := range l.ready.all() {
		if !want[s.agent.row.ID] {
			return fmt.Errorf("%s is ready in %s without room", s.agent.row.ID, l.key)
		}
		if last != nil && compareSeats(last, s) >= 0 {
			return fmt.Errorf("line %s is out of order", l.key)
		}
		if !s.idle.Equal(s.agent.row.IdleSince) {
			return fmt.Errorf("%s sits in %s with an old clock", s.agent.row.ID, l.key)
		}
		last = s
		n++
	}
	for _, ready := range want {
		if ready {
			n--
		}
	}
	if n != 0 || l.ready.size != l.count[ready] {
		return fmt.Errorf("line %s: %d ready agents too many", l.key, n)
	}
	return nil
}

// The naive router: the rules once more, over the rows alone, by scanning
// everything. It shares nothing with the indexes.

type naivePick struct {
	item  vcc.InteractionID
	agent vcc.AgentID
}

func naiveServes(m *Machine, a *agent, d demand) bool {
	if d.only != "" {
		return d.only == a.row.ID && naiveThere(m, a, d.channel)
	}
	return !d.closed && naiveThere(m, a, d.channel) && slices.ContainsFunc(d.sets, func(s needs) bool { return naiveHas(m, a, s.must) })
}

// naiveCould tells whether a could serve d, were it not for ContactPad.
func naiveCould(m *Machine, a *agent, d demand) bool {
	switch {
	case d.only != "" && d.only != a.row.ID, d.closed:
		return false
	case d.channel != "" && !(a.told && a.row.Omni.Online && slices.Contains(a.row.Omni.Channels, d.channel)):
		return false
	}
	return slices.ContainsFunc(d.sets, func(s needs) bool { return naiveHas(m, a, s.must) })
}

// naiveThere tells whether a takes work from channel now.
func naiveThere(m *Machine, a *agent, channel vcc.Channel) bool {
	in := a.row.State.Major != vcc.LoggedOut
	if in && (a.row.State.Major != vcc.Ready || a.row.Intended != nil || a.row.Blocked != nil || a.panelTold && !a.row.Panel.Alive) {
		return false
	}
	last := a.row.StateSince
	if a.row.ActiveAt.After(last) {
		last = a.row.ActiveAt
	}
	if in && m.now.Sub(last) >= m.cfg.LoginStale || !in && a.row.SignedOff {
		return false
	}
	if channel == "" {
		return in
	}
	return (in || !m.cfg.PadRequired) && a.told && a.row.Omni.Online && slices.Contains(a.row.Omni.Channels, channel)
}

// naiveLevel returns how well a can do s; 0: not at all.
func naiveLevel(m *Machine, a *agent, s vcc.Skill) int {
	if level := m.cfg.Levels[a.row.ID][s]; level > 0 {
		return level
	}
	if slices.Contains(m.cfg.Skills[a.row.ID], s) {
		return 1
	}
	return 0
}

func naiveHas(m *Machine, a *agent, must []vcc.Need) bool {
	for _, n := range must {
		if naiveLevel(m, a, n.Skill) < max(n.Level, 1) {
			return false
		}
	}
	return true
}

// naiveAsks returns what x asks for now, as sets of needs of which one must be met,
// each with what is preferred; nothing while its plan is closed.
func naiveAsks(m *Machine, x *item) (must [][]vcc.Need, nice [][]vcc.Skill) {
	w, p := x.row.Work, m.plan(x.row.Work)
	if x.row.Via != "" {
		p = m.plans[x.row.Via]
	}
	if !p.Hours.OpenAt(m.now) {
		return nil, nil
	}
	add := func(skills []vcc.Skill, lists ...[]vcc.Need) {
		var all []vcc.Need
		var like []vcc.Skill
		for _, s := range skills {
			all = append(all, vcc.Need{Skill: s})
		}
		for _, list := range lists {
			for _, n := range list {
				switch {
				case n.Optional:
					if !slices.Contains(like, n.Skill) {
						like = append(like, n.Skill)
					}
				case n.For == 0 || m.now.Before(w.Since.Add(n.For)):
					all = append(all, n)
				}
			}
		}
		must, nice = append(must, all), append(nice, like)
	}
	add(append(slices.Clone(p.Skills), w.Skills...), p.Needs, w.Needs)
	if over, ok := m.plans[p.Overflow]; ok && !m.now.Before(w.Since.Add(p.OverflowAfter)) && over.Hours.OpenAt(m.now) {
		add(over.Skills, over.Needs)
	}
	return must, nice
}

// naiveRank returns how well a suits what is asked for, as three numbers of which the
// smaller is better; false if not at all.
func naiveRank(m *Machine, a *agent, must [][]vcc.Need, nice [][]vcc.Skill) ([3]int, bool) {
	for i := range must {
		if !naiveHas(m, a, must[i]) {
			continue
		}
		r := [3]int{i, 0, 0}
		seen := map[vcc.Skill]bool{}
		for _, n := range must[i] {
			if !seen[n.Skill] {
				r[2] -= naiveLevel(m, a, n.Skill)
			}
			seen[n.Skill] = true
		}
		for _, s := range nice[i] {
			if naiveLevel(m, a, s) == 0 {
				r[1]++
			}
			r[2] -= naiveLevel(m, a, s)
		}
		return r, true
	}
	return [3]int{}, false
}

// naiveLegs yields the size and class of every part of an agent that counts.
func naiveLegs(m *Machine, id vcc.AgentID, yield func(size int, class vcc.Class)) {
	for _, x := range m.items {
		for _, leg := range x.row.Legs {
			if leg.Agent == id && (leg.State != vcc.WrapUp || !m.cfg.WrapFreesCapacity) {
				yield(leg.Size, x.row.Work.Class)
			}
		}
	}
}

func naiveLoad(m *Machine, id vcc.AgentID) int {
	sum := 0
	naiveLegs(m, id, func(size int, _ vcc.Class) { sum += size })
	return sum
}

func naiveRoom(m *Machine, a *agent, channel vcc.Channel, class vcc.Class) bool {
	if until, ok := a.row.CoolUntil[channel]; ok && until.After(m.now) {
		return false
	}
	load, live, semi := 0, 0, 0
	naiveLegs(m, a.row.ID, func(size int, class vcc.Class) {
		load += size
		if class == vcc.Live {
			live++
		}
		if class == vcc.SemiLive {
			semi++
		}
	})
	return load+naiveSize(m, a.row.ID, class) <= 100 &&
		(class != vcc.Live || live == 0) && (class != vcc.SemiLive || semi < m.cfg.MaxSemiLive)
}

func naiveSize(m *Machine, id vcc.AgentID, class vcc.Class) int {
	s, ok := m.cfg.AgentSizes[id]
	if !ok {
		s = m.cfg.Sizes
	}
	return s.Of(class)
}

// naiveRoute returns what routing would offer, in order. It works on the rows as
// they stand before routing and keeps what it gives out on the side.
func naiveRoute(m *Machine) []naivePick {
	var picks []naivePick
	given := map[vcc.AgentID][]vcc.Class{}
	clock := map[vcc.AgentID]time.Time{}
	last := time.Time{}
	for id, a := range m.agents {
		clock[id] = a.row.IdleSince
		last = latest(last, a.row.IdleSince)
	}
	var demand []*item
	for _, x := range m.items {
		if x.row.State == vcc.Waiting {
			demand = append(demand, x)
		}
	}
	prio := func(x *item) vcc.Priority {
		p := m.plan(x.row.Work)
		if x.row.Via != "" {
			p = m.plans[x.row.Via]
		}
		if p.Ageing == 0 {
			return p.Priority
		}
		return max(p.Priority-vcc.Priority(max(0, m.now.Sub(x.row.Work.Since)/p.Ageing)), vcc.Highest)
	}
	slices.SortFunc(demand, func(a, b *item) int {
		switch {
		case prio(a) != prio(b):
			return int(prio(a) - prio(b))
		case !a.row.Work.Since.Equal(b.row.Work.Since):
			return a.row.Work.Since.Compare(b.row.Work.Since)
		case a.row.ID < b.row.ID:
			return -1
		}
		return 1
	})
	for _, x := range demand {
		var able, refused []vcc.AgentID
		w := x.row.Work
		must, nice := naiveAsks(m, x)
		for id, a := range m.agents {
			if _, suits := naiveRank(m, a, must, nice); suits && naiveThere(m, a, w.Channel) && naiveFits(m, a, w, given[id]) {
				if until, ok := x.row.Refusals[id]; ok && until.After(m.now) {
					refused = append(refused, id)
				} else {
					able = append(able, id)
				}
			}
		}
		who := naiveBest(m, x, able, given, clock)
		if who == "" {
			who = naiveLastResort(m, x, able, refused)
		}
		if who == "" {
			continue
		}
		picks = append(picks, naivePick{x.row.ID, who})
		given[who] = append(given[who], w.Class)
		last = latest(m.now, last.Add(time.Microsecond))
		clock[who] = latest(clock[who], last)
	}
	return picks
}

func naiveFits(m *Machine, a *agent, w vcc.Work, given []vcc.Class) bool {
	if !naiveRoom(m, a, w.Channel, w.Class) {
		return false
	}
	load, live, semi := 0, 0, 0
	naiveLegs(m, a.row.ID, func(size int, class vcc.Class) {
		load += size
		if class == vcc.SemiLive {
			semi++
		}
		if class == vcc.Live {
			live++
		}
	})
	for _, class := range append(slices.Clone(given), w.Class) {
		load += naiveSize(m, a.row.ID, class)
		if class == vcc.SemiLive {
			semi++
		}
		if class == vcc.Live {
			live++
		}
	}
	return load <= 100 && (w.Class != vcc.Live || live <= 1) && (w.Class != vcc.SemiLive || semi <= m.cfg.MaxSemiLive)
}

func naiveBest(m *Machine, x *item, able []vcc.AgentID, given map[vcc.AgentID][]vcc.Class, clock map[vcc.AgentID]time.Time) vcc.AgentID {
	if p := m.preferred(x); slices.Contains(able, p) {
		return p
	}
	over := func(id vcc.AgentID) bool {
		load := naiveLoad(m, id) + naiveSize(m, id, x.row.Work.Class)
		for _, class := range given[id] {
			load += naiveSize(m, id, class)
		}
		return m.cfg.OptimumLoad > 0 && load > m.cfg.OptimumLoad
	}
	must, nice := naiveAsks(m, x)
	ranks := func(id vcc.AgentID) [3]int {
		r, _ := naiveRank(m, m.agents[id], must, nice)
		return r
	}
	var best vcc.AgentID
	for _, id := range able {
		switch {
		case best == "":
			best = id
		case over(id) != over(best):
			if over(best) {
				best = id
			}
		case ranks(id) != ranks(best):
			a, b := ranks(id), ranks(best)
			if slices.Compare(a[:], b[:]) < 0 {
				best = id
			}
		case !clock[id].Equal(clock[best]):
			if clock[id].Before(clock[best]) {
				best = id
			}
		case id < best:
			best = id
		}
	}
	return best
}

// naiveLastResort asks again who refused longest ago, if nobody else is left.
func naiveLastResort(m *Machine, x *item, able, refused []vcc.AgentID) vcc.AgentID {
	if m.cfg.LastResortAfter == 0 || len(able) > 0 {
		return ""
	}
	var best vcc.AgentID
	when := func(id vcc.AgentID) time.Time { return x.row.Refusals[id].Add(-m.cfg.CoolDown) }
	for _, id := range refused {
		if m.now.Sub(when(id)) < m.cfg.LastResortAfter {
			continue
		}
		if best == "" || when(id).Before(when(best)) || when(id).Equal(when(best)) && id < best {
			best = id
		}
	}
	return best
}

package engine

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"omnibridge/vcc"
)

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
	w, p := x.row.Work, m.plan(x.row.Work.Plan)
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

// naiveChatRoom counts who could be given a chat of a plan that comes now.
func naiveChatRoom(m *Machine, id vcc.PlanID) (n int) {
	channel := m.counts.plans[id].chats
	x := &item{row: vcc.Interaction{Work: vcc.Work{Plan: id, Channel: channel, Class: vcc.SemiLive, Since: m.now}}}
	must, _ := naiveAsks(m, x)
	for _, a := range m.agents {
		able := slices.ContainsFunc(must, func(set []vcc.Need) bool { return naiveHas(m, a, set) })
		if able && naiveThere(m, a, channel) && naiveRoom(m, a, channel, vcc.SemiLive) {
			n++
		}
	}
	return n
}

func naiveSize(m *Machine, id vcc.AgentID, class vcc.Class) int {
	s, ok := m.cfg.AgentSizes[id]
	if !ok {
		s = m.cfg.Sizes
	}
	return s.Of(class)
}

// naiveRoute returns what routing would offer, in order. It works on copies of the rows
// as they stand before routing, and keeps what it gives out on the side.
func naiveRoute(m *Machine) []naivePick {
	n := naive{m: m, given: map[vcc.AgentID][]vcc.Class{}, clock: map[vcc.AgentID]time.Time{}}
	for id, a := range m.agents {
		n.clock[id] = a.row.IdleSince
		n.last = latest(n.last, a.row.IdleSince)
	}
	for _, x := range m.items {
		if x.row.State == vcc.Waiting {
			row := x.row
			row.Refusals = maps.Clone(row.Refusals)
			n.demand = append(n.demand, &item{row: row})
		}
	}
	for range mostPasses {
		n.pass()
		if !n.refused() {
			break
		}
	}
	return n.picks
}

type naive struct {
	m      *Machine
	demand []*item // what still waits
	picks  []naivePick
	given  map[vcc.AgentID][]vcc.Class
	clock  map[vcc.AgentID]time.Time
	last   time.Time
}

func naivePlan(m *Machine, x *item) *vcc.Plan {
	if x.row.Via != "" {
		return m.plans[x.row.Via]
	}
	return m.plan(x.row.Work.Plan)
}

func naivePriority(m *Machine, x *item) vcc.Priority {
	p := naivePlan(m, x)
	if p.Ageing == 0 {
		return p.Priority
	}
	return max(p.Priority-vcc.Priority(max(0, m.now.Sub(x.row.Work.Since)/p.Ageing)), vcc.Highest)
}

func (n *naive) pass() {
	m := n.m
	slices.SortFunc(n.demand, func(a, b *item) int {
		switch pa, pb := naivePriority(m, a), naivePriority(m, b); {
		case pa != pb:
			return int(pa - pb)
		case !a.row.Work.Since.Equal(b.row.Work.Since):
			return a.row.Work.Since.Compare(b.row.Work.Since)
		case a.row.ID < b.row.ID:
			return -1
		}
		return 1
	})
	var left []*item
	for _, x := range n.demand {
		var able, refused []vcc.AgentID
		w := x.row.Work
		for _, id := range naiveServing(m, x) {
			if !naiveFits(m, m.agents[id], w, n.given[id]) {
				continue
			}
			if naiveRefused(m, x, id) {
				refused = append(refused, id)
			} else {
				able = append(able, id)
			}
		}
		who := naiveBest(m, x, able, n.given, n.clock)
		if who == "" {
			who = naiveLastResort(m, x, able, refused)
		}
		if who == "" {
			left = append(left, x)
			continue
		}
		n.picks = append(n.picks, naivePick{x.row.ID, who})
		n.given[who] = append(n.given[who], w.Class)
		n.last = latest(m.now, n.last.Add(time.Microsecond))
		n.clock[who] = latest(n.clock[who], n.last)
	}
	n.demand = left
}

// refused does what is to be done with what everybody has refused, and tells whether that
// may make more possible.
func (n *naive) refused() (again bool) {
	m := n.m
	for _, x := range n.demand {
		by, all := naiveAllRefused(m, x)
		if !all {
			continue
		}
		switch naiveWhenRefused(m, x) {
		case vcc.BreakOut:
			x.row.Via = naivePlan(m, x).Breakout
			again = true
		case vcc.AskAgain:
			// Who has room before who has not, then who refused longest ago.
			slices.SortFunc(by, func(a, b vcc.AgentID) int {
				room := func(id vcc.AgentID) int {
					if naiveFits(m, m.agents[id], x.row.Work, n.given[id]) {
						return 0
					}
					return 1
				}
				return cmp.Or(room(a)-room(b), x.row.Refusals[a].Compare(x.row.Refusals[b]), cmp.Compare(a, b))
			})
			if len(by) > 0 {
				delete(x.row.Refusals, by[0])
				again = true
			}
		}
	}
	return again
}

// naiveServing returns those who take work such as x now, room or not.
func naiveServing(m *Machine, x *item) (ids []vcc.AgentID) {
	must, nice := naiveAsks(m, x)
	for id, a := range m.agents {
		if _, suits := naiveRank(m, a, must, nice); suits && naiveThere(m, a, x.row.Work.Channel) {
			ids = append(ids, id)
		}
	}
	return ids
}

func naiveRefused(m *Machine, x *item, id vcc.AgentID) bool {
	until, ok := x.row.Refusals[id]
	return ok && until.After(m.now)
}

// naiveAllRefused tells whether all who are there for x have refused it, and who of them
// can be asked again: not those who are blocked.
func naiveAllRefused(m *Machine, x *item) (by []vcc.AgentID, all bool) {
	by = naiveServing(m, x)
	for _, id := range by {
		if !naiveRefused(m, x, id) {
			return nil, false
		}
	}
	must, nice := naiveAsks(m, x)
	blocked := 0
	for id, a := range m.agents {
		_, suits := naiveRank(m, a, must, nice)
		w := x.row.Work
		present := w.Channel == "" || a.told && a.row.Omni.Online && slices.Contains(a.row.Omni.Channels, w.Channel)
		if suits && present && a.row.State.Major != vcc.LoggedOut && a.row.Blocked != nil && naiveRefused(m, x, id) {
			blocked++
		}
	}
	return by, len(by)+blocked > 0
}

// naiveWhenRefused is what is to be done with x if everybody refuses it, as far as that
// is possible.
func naiveWhenRefused(m *Machine, x *item) vcc.AllRefused {
	p, w := naivePlan(m, x), x.row.Work
	does := p.AllRefused
	if does == "" {
		does = m.cfg.AllRefused[w.Class]
	}
	_, there := m.plans[p.Breakout]
	switch {
	case x.row.Personal != nil, !p.Hours.OpenAt(m.now):
		return vcc.WaitOn
	case does == vcc.BreakOut && (!there || p.Breakout == w.Plan || p.Breakout == x.row.Via):
		return vcc.WaitOn
	case does == vcc.GiveItUp && (w.Class != vcc.Live || w.Channel != ""):
		return vcc.WaitOn
	}
	return does
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

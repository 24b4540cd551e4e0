package engine

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"omnibridge/vcc"
)

// name returns what people call an agent.
func (m *Machine) name(id vcc.AgentID) string {
	if a := m.agents[id]; a != nil && a.row.Name != "" {
		return a.row.Name
	}
	return cmp.Or(m.setup.People[id], string(id))
}

// clock writes a time of day in the zone that the caller's now is in.
func (m *Machine) clock(t time.Time) string {
	return t.In(m.now.Location()).Format(time.TimeOnly)
}

// agents writes a count of agents.
func countAgents(n int) string {
	if n == 1 {
		return "1 agent"
	}
	return strconv.Itoa(n) + " agents"
}

// whatRefused says how an offer came to nothing.
func (m *Machine) whatRefused(agent vcc.AgentID, reason vcc.Reason) string {
	name := m.name(agent)
	switch reason {
	case vcc.Declined:
		return name + " declined"
	case vcc.TimedOut:
		return name + " did not answer in time"
	case vcc.Unavailable:
		return name + " became unavailable"
	case gaveAway:
		return name + " transferred it"
	case vcc.Failed:
		return "delivery to " + name + " failed"
	case vcc.Undelivered:
		return "the offer to " + name + " was not delivered"
	default:
		return name + " refused"
	}
}

// whereabouts says where those asked for are and what they can do.
func (d demand) whereabouts() string {
	where := string(d.channel)
	if where == "" {
		where = "ContactPad"
	}
	if skills := d.skills(); skills != "" {
		where += " with " + skills
	}
	return where
}

// skills writes what is asked for; empty: nothing.
func (d demand) skills() string {
	var sets []string
	for _, set := range d.sets {
		words := make([]string, len(set.must))
		for i, n := range set.must {
			if words[i] = string(n.Skill); n.Level > 0 {
				words[i] += fmt.Sprintf(" from %d", n.Level)
			}
		}
		if len(words) == 0 {
			return "" // anybody will do
		}
		sets = append(sets, strings.Join(words, ", "))
	}
	return strings.Join(sets, " or ")
}

// whyWaiting says what a waiting x waits for, as things stand. It is made when
// somebody asks, since it changes with every agent who comes and goes.
func (m *Machine) whyWaiting(x *item) string {
	l := x.line
	present := m.present[l.channel]
	var why string
	if l.closed {
		return m.whyClosed(x)
	}
	if l.only != "" {
		return m.whyPersonal(x)
	}
	switch {
	case present == 0 && l.channel != "":
		return "nobody is present in " + string(l.channel)
	case l.staffed() == 0:
		why = m.whyUnstaffed(l, present)
	case l.ready.size > 0:
		why = countAgents(l.staffed()) + " online in " + l.place + ", " + strconv.Itoa(l.ready.size) + " with room"
	case l.count[cooling] == 0:
		why = countAgents(l.staffed()) + " online in " + l.place + ", all at capacity"
	default:
		why = fmt.Sprintf("%s online in %s, %d at capacity, %d not asked for a moment after a failed delivery",
			countAgents(l.staffed()), l.place, l.count[full], l.count[cooling])
	}
	if n := l.count[unwilling]; n > 0 && l.staffed() > 0 && l.channel != "" {
		why += fmt.Sprintf("; %d more not ready in ContactPad", n)
	}
	if refusals := m.whyRefused(x); refusals != "" {
		why += "; " + refusals
	}
	return why
}

// maxNamed bounds how many refusals a why names.
const maxNamed = 3

// whyRefused names those whose refusals hold, the first to be asked again first.
func (m *Machine) whyRefused(x *item) string {
	if len(x.row.Refusals) == 0 {
		return ""
	}
	again := func(id vcc.AgentID) time.Time {
		if m.cfg.LastResortAfter > 0 && x.line.ready.size > 0 {
			return x.asked[id].at.Add(m.cfg.LastResortAfter)
		}
		return x.row.Refusals[id]
	}
	ids := slices.DeleteFunc(slices.Collect(maps.Keys(x.row.Refusals)), func(id vcc.AgentID) bool {
		return !x.excludes(id, m.now)
	})
	slices.SortFunc(ids, func(a, b vcc.AgentID) int {
		return cmp.Or(again(a).Compare(again(b)), cmp.Compare(a, b))
	})
	var parts []string
	for i, id := range ids {
		if i == maxNamed {
			parts = append(parts, fmt.Sprintf("%d more refused", len(ids)-i))
			break
		}
		parts = append(parts, m.whatRefused(id, x.asked[id].reason)+", asked again at "+m.clock(again(id)))
	}
	return strings.Join(parts, "; ")
}

// whyChosen says why c was chosen for x, and what stood against the others.
func (m *Machine) whyChosen(x *item, c choice) string {
	l, a, name := x.line, c.agent, m.name(c.agent.row.ID)
	var why string
	switch {
	case c.rule == takenBack:
		return name + " takes back what they transferred"
	case l.only != "":
		return "it waits for " + name + " alone, who has room"
	case c.rule == askedFor:
		return name + " was asked for and has room"
	case c.rule == refusedLongestAgo:
		return fmt.Sprintf("everybody with room in %s has refused; %s refused longest ago, at %s",
			l.place, name, m.clock(x.asked[a.row.ID].at))
	case l.ready.size == 1:
		why = name + " is the only one with room in " + l.place
	case l.ranked(m, a):
		why = name + " suits it best of " + countAgents(l.ready.size) + " with room in " + l.place +
			", and waits longest (since " + m.clock(a.row.IdleSince) + ") of those who suit it as well"
	default:
		why = name + " waits longest (since " + m.clock(a.row.IdleSince) + ") of " + countAgents(l.ready.size) + " with room in " + l.place
	}
	if m.cfg.OptimumLoad > 0 && l.ready.size > 1 {
		if m.tier(m.burden(a).load, m.sizes(a).Of(l.class)) == 0 {
			why += fmt.Sprintf(" and stays within %d percent", m.cfg.OptimumLoad)
		} else {
			why += fmt.Sprintf(", where nobody would stay within %d percent", m.cfg.OptimumLoad)
		}
	}
	if n := l.count[full]; n > 0 {
		why += "; " + countAgents(n) + " at capacity"
	}
	if n := l.count[cooling]; n > 0 {
		why += fmt.Sprintf("; %s not asked for a moment after a failed delivery", countAgents(n))
	}
	if n := len(x.row.Refusals); n > 0 {
		why += fmt.Sprintf("; %s refused before", countAgents(n))
	}
	return why
}

// ranked tells whether skill had a say in choosing a: not all who are ready and keep
// to the optimum load as a does suit l as well.
func (l *line) ranked(m *Machine, a *agent) bool {
	best, _ := a.suits(l)
	tier := m.tier(m.burden(a).load, m.sizes(a).Of(l.class))
	last, ok := l.ready.before(&seat{tier: tier + 1, rank: rank{set: -1}, agent: a})
	return ok && last.tier == tier && compareRanks(last.rank, best) > 0
}

// whyClosed says when the plan of x opens.
func (m *Machine) whyClosed(x *item) string {
	p := m.planOf(x)
	if at, ok := p.Hours.Next(m.now); ok {
		return fmt.Sprintf("%s is closed until %s", label(p), at.Format("Mon 2 Jan 15:04"))
	}
	return label(p) + " is closed, and its hours name no time at which it opens"
}

// whyUnstaffed says why nobody at all could take what waits in l.
func (m *Machine) whyUnstaffed(l *line, present int) string {
	skilled := l.count[unwilling]
	switch {
	case l.channel == "" && skilled == 0:
		return "no agent has " + cmp.Or(l.skills(), "logged in to ContactPad")
	case l.channel == "":
		return fmt.Sprintf("%s could take it, none is ready in ContactPad", countAgents(skilled))
	case skilled > 0:
		return fmt.Sprintf("%s online in %s, none ready in ContactPad", countAgents(skilled), l.place)
	}
	return fmt.Sprintf("%s online in %s, none with %s", countAgents(present), l.channel, cmp.Or(l.skills(), "what it asks for"))
}

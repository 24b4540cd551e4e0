package engine

import (
	"slices"

	"omnibridge/vcc"
)

// Standing returns copies of interactions that are not closed: of those that wait at
// most as many as asked for, the longest waiting first, then of those that agents have
// at most as many, in the order of agents. All are counted by state. It looks at no
// more than it returns, and at agents until it has enough.
func (m *Machine) Standing(most int) (list []vcc.Interaction, byState map[vcc.State]int) {
	byState = map[vcc.State]int{}
	for state, n := range m.counts.states {
		if n > 0 && state != vcc.Closed && state != "" {
			byState[state] = n
		}
	}
	for _, p := range m.longest(most) {
		list = append(list, m.copyItem(m.items[p.id]))
	}
	waiting := len(list)
	seen := map[*item]bool{}
	for _, id := range m.roster {
		for _, x := range m.agents[id].open {
			if len(list)-waiting >= most {
				return list, byState
			}
			if !seen[x] && x.counted.plan == nil {
				seen[x] = true
				list = append(list, m.copyItem(x))
			}
		}
	}
	return list, byState
}

// longest returns the places of what waits longest, by merging what waits by plan.
func (m *Machine) longest(most int) []place {
	var heads []head
	for _, c := range m.counts.plans {
		if first, _ := c.waiting.first(); first != nobody {
			heads = append(heads, head{first, c})
		}
	}
	order := func(a, b head) int { return comparePlaces(a.place, b.place) }
	slices.SortFunc(heads, order)
	var list []place
	for len(heads) > 0 && len(list) < most {
		next := heads[0]
		heads = heads[1:]
		list = append(list, next.place)
		if behind, _ := next.of.waiting.after(next.place); behind != nobody {
			next.place = behind
			at, _ := slices.BinarySearchFunc(heads, next, order)
			heads = slices.Insert(heads, at, next)
		}
	}
	return list
}

// head is who waits longest of those of a plan who are not listed yet.
type head struct {
	place
	of *planCounts
}

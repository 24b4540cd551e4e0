package engine

import (
	"maps"
	"slices"

	"omnibridge/vcc"
)

// Standing returns copies of interactions that are not closed: of those that wait at
// most as many as asked for, the longest waiting first, then of those that agents have
// at most as many, in the order of agents. All are counted by state. It looks at no
// more than it returns, and at every agent.
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
	for _, id := range slices.Sorted(maps.Keys(m.agents)) {
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

// longest returns the places of what waits longest.
func (m *Machine) longest(most int) []place {
	var all []place
	for _, c := range m.counts.plans {
		n := 0
		for p := range c.waiting.all() {
			if n++; n > most || p == nobody {
				break
			}
			all = append(all, p)
		}
	}
	slices.SortFunc(all, comparePlaces)
	return all[:min(len(all), most)]
}

package omnichannel

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
)

// Misindexed tells what l, or a ledger restored with its chains, would take for another
// chain's or has kept of a chain that is forgotten; "" if nothing.
func (l *Ledger) Misindexed() string {
	restored := Ledger{byWork: map[AgentWorkID]*Chain{}, byPSR: map[PSRID]*Chain{}, byRecord: map[RecordID]*Chain{}}
	for _, c := range slices.SortedFunc(maps.Values(l.chains), func(a, b *Chain) int {
		return cmp.Or(a.Entered.Compare(b.Entered), cmp.Compare(a.Interaction, b.Interaction))
	}) {
		restored.index(c)
	}
	for _, c := range l.chains {
		if c.Work == "" || c.State == Gone {
			continue
		}
		if owner := l.byWork[c.Work]; owner != c {
			return fmt.Sprintf("%s of %+v is found as that of %+v", c.Work, c, owner)
		}
		if owner := restored.byWork[c.Work]; owner != c {
			return fmt.Sprintf("after a restart %s of %+v would be found as that of %+v", c.Work, c, owner)
		}
	}
	for id, c := range l.byWork {
		if l.chains[c.Interaction] != c {
			return fmt.Sprintf("%s is still known, as work of %+v, which is forgotten", id, c)
		}
		if id != c.Work && !slices.Contains(c.Past, id) && (c.Heir == nil || c.Heir.Work != id) {
			return fmt.Sprintf("%s is known as work of %+v, which is not: it would stay known for ever", id, c)
		}
	}
	for id, c := range l.byPSR {
		if l.chains[c.Interaction] != c {
			return fmt.Sprintf("%s is still known, as PSR of %+v, which is forgotten", id, c)
		}
	}
	return ""
}

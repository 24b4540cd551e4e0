package store

import (
	"time"

	"omnibridge/omnichannel"
	"omnibridge/vcc"
)

// Change is what one turn of the loop makes durable. Removals are applied before
// rows: what is both forgotten and given again is kept as given. The order of
// rows within a field does not matter to the rules, which hold for the state
// after the change; of two rows with one key the later counts.
type Change struct {
	Chains             []omnichannel.Chain // added or replaced
	ForgetChains       []vcc.InteractionID // removed; unknown ones are ignored
	Interactions       []vcc.Interaction   // added or replaced, with their legs
	ForgetInteractions []vcc.InteractionID // removed, with their legs; unknown ones are ignored
	Agents             []vcc.Agent         // added or replaced
	Cursors            []omnichannel.Cursor
	// Effects are put into the outbox, behind those that are there. One whose ID
	// is there already replaces it and keeps its place.
	Effects []omnichannel.Effect
	// Done names effects that leave the outbox; unknown ones are ignored.
	Done []string
	// Day, if set, is what was counted today: it replaces what was kept of the plans and
	// agents in it, and of no others.
	Day *vcc.DayCounts
	// Journal is appended in this order; Seq is ignored.
	Journal []Entry
}

// empty tells whether the change changes nothing.
func (c *Change) empty() bool {
	return len(c.Chains) == 0 && len(c.ForgetChains) == 0 &&
		len(c.Interactions) == 0 && len(c.ForgetInteractions) == 0 &&
		len(c.Agents) == 0 && len(c.Cursors) == 0 &&
		len(c.Effects) == 0 && len(c.Done) == 0 && c.Day == nil && len(c.Journal) == 0
}

// Entry is one thing that happened, for people.
type Entry struct {
	// Seq orders the journal: it grows from entry to entry, also across
	// restarts and pruning. The store sets it.
	Seq         int64
	At          time.Time // kept to the microsecond, in UTC
	Interaction vcc.InteractionID
	What        string // "arrived", "alerting", "declined" ...
	Offer       int    // zero: not about an offer
	Agent       vcc.AgentID
	Why         string
}

// Snapshot is everything that a restart needs.
type Snapshot struct {
	Chains       []omnichannel.Chain  // by interaction
	Interactions []vcc.Interaction    // by id
	Agents       []vcc.Agent          // by id
	Effects      []omnichannel.Effect // in the order in which they were decided
	Cursors      []omnichannel.Cursor // by channel
	Day          vcc.DayCounts        // as last kept of each plan and agent; of perhaps another day
}

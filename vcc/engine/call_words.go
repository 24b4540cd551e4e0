package engine

import (
	"fmt"
	"slices"

	"omnibridge/vcc"
)

// What a provider is told (vcc.md 10.2).
const (
	wordAssign  = "AssignToAgent"
	wordRelease = "Release"
)

// owe notes words to the provider of x, and directs that they are said. They are
// owed, and said again after a restart, until Told. A part in an interaction is
// assigned once and released once, so that the words have an id that stays.
func (m *Machine) owe(x *item, leg *vcc.Leg, kind string) {
	if x.row.Call == nil || x.row.Call.Provider == "" {
		return
	}
	x.row.Owed = append(slices.Clone(x.row.Owed), vcc.Word{
		ID: fmt.Sprintf("%s/%d/%s", x.row.ID, leg.Offer, kind), Kind: kind, Agent: leg.Agent,
	})
	m.tell(x)
	m.touch(x)
}

// tell directs that all words owed are said, in order.
func (m *Machine) tell(x *item) {
	if len(x.row.Owed) > 0 {
		m.out.Directives = append(m.out.Directives, vcc.Directive{
			Kind: vcc.Tell, Interaction: x.row.ID, Words: slices.Clone(x.row.Owed),
		})
	}
}

// told takes that words were said.
func (m *Machine) told(r vcc.Report) {
	x := m.items[r.Interaction]
	if x == nil {
		return // dropped meanwhile, and the words with it
	}
	left := slices.DeleteFunc(slices.Clone(x.row.Owed), func(w vcc.Word) bool { return slices.Contains(r.Words, w.ID) })
	if len(left) != len(x.row.Owed) {
		x.row.Owed = left
		m.touch(x)
	}
}

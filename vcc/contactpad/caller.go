package contactpad

import (
	"context"
	"slices"

	"omnibridge/vcc"
)

// choice is what a search for the caller of an interaction found: none, one, which
// opens, or several, of which the agent chooses.
type choice struct {
	records []Record
	failed  bool   // the search did not work
	opened  string // the record that was opened: it is opened again, without a search
	told    bool   // the panels show it
	shown   bool   // its card has been on the desk
}

func (c *choice) message(about vcc.InteractionID) []byte {
	return encode(choicesMessage{"choices", about, c.records, c.failed})
}

// reopen opens the record again that was opened for a caller, if one was.
func (s *Server) reopen(d vcc.Directive) (done bool) {
	s.with(d.Agent, func(t *seat) {
		c := t.console.choices[d.Interaction]
		if c == nil || c.opened == "" {
			return
		}
		done = true
		t.pop(d.Interaction, c.opened, d.Focus)
	})
	return done
}

// popCaller searches for the caller: one record opens, of several the agent
// chooses.
func (s *Server) popCaller(d vcc.Directive) {
	ctx, cancel := context.WithTimeout(s.ctx, findTime)
	defer cancel()
	records, err := s.o.FindCaller(ctx, d.Caller)
	if err != nil {
		s.log.Warn("caller not searched for", "agent", d.Agent, "about", string(d.Interaction), "err", err)
	}
	if len(records) > maxFound {
		records = records[:maxFound]
	}
	s.with(d.Agent, func(t *seat) { t.choose(d, records, err != nil) })
}

// choose opens, with the lock held, the one record that was found, or lets the agent
// choose. Panels show what there is to choose, that there is nothing, or that the
// search failed; one record they show only to take such words back.
func (t *seat) choose(d vcc.Directive, records []Record, failed bool) {
	if records == nil {
		records = []Record{}
	}
	old := t.console.choices[d.Interaction]
	if old == nil && len(t.console.choices) >= maxHeld {
		clear(t.console.choices)
	}
	c := &choice{records: records, failed: failed, told: len(records) != 1 || old != nil && old.told, shown: old != nil && old.shown}
	t.console.choices[d.Interaction] = c
	if len(records) == 1 {
		c.opened = records[0].ID
		t.pop(d.Interaction, c.opened, d.Focus)
	}
	if !c.told {
		return
	}
	for _, p := range t.panels {
		if p.sock != nil {
			p.sock.out.put(0, c.message(d.Interaction))
		}
	}
}

// chosen opens, with the lock held, the record that the agent chose from those of a
// caller. Only the primary panel opens records.
func (t *seat) chosen(p *panel, about vcc.InteractionID, record string) {
	c := t.console.choices[about]
	if c == nil || p.place != t.roster.primary || !slices.ContainsFunc(c.records, func(r Record) bool { return r.ID == record }) {
		return // what the panel shows is old, or not its business
	}
	c.opened = record
	t.pop(about, record, true)
}

// forgetOpened notes that a record could not be opened, so that the next click searches
// for the caller again.
func (c *console) forgetOpened(about vcc.InteractionID, record string) {
	if x := c.choices[about]; x != nil && x.opened == record {
		x.opened = ""
	}
}

// forgetChoices forgets, with the lock held, the choices whose card is gone.
func (t *seat) forgetChoices() {
	on := map[vcc.InteractionID]bool{}
	for _, c := range t.desk.Cards {
		on[c.Interaction] = true
	}
	for id, c := range t.console.choices {
		if c.shown && !on[id] {
			delete(t.console.choices, id)
		}
		c.shown = c.shown || on[id]
	}
}

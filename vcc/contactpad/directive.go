package contactpad

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"time"

	"omnibridge/vcc"
)

// popKey names what is popped once.
type popKey struct {
	interaction vcc.InteractionID
	offer       int
}

// Direct carries out a directive of kind Pop or SetOmni. It never waits and never
// fails: what cannot be done within 30 seconds is dropped, with a line in the log.
// It is called after the commit, and in order.
func (s *Server) Direct(d vcc.Directive) {
	switch d.Kind {
	case vcc.Pop:
		if d.Again || s.firstPop(popKey{d.Interaction, d.Offer}, time.Now()) {
			s.pop(d)
		}
	case vcc.SetOmni:
		s.setOmni(d)
	default:
		s.log.Error("directive is not for panels", "directive", string(d.Kind), "agent", d.Agent)
	}
}

// firstPop tells whether a pop was not directed before.
func (s *Server) firstPop(key popKey, now time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, done := s.popped[key]; done {
		return false
	}
	s.popped[key] = now
	if now.Sub(s.swept) > time.Hour {
		s.swept = now
		for k, at := range s.popped {
			if now.Sub(at) > popsKnownFor {
				delete(s.popped, k)
			}
		}
	}
	return true
}

// pop opens the record in the agent's console, or searches for it by the caller.
func (s *Server) pop(d vcc.Directive) {
	switch {
	case d.Record != "":
		s.with(d.Agent, func(t *seat) { t.pop(d.Interaction, d.Record, d.Focus) })
	case d.Caller != "" && s.o.FindCaller != nil:
		s.spawn(func() { s.popCaller(d) })
	}
}

// pop opens, with the lock held, a record.
func (t *seat) pop(about vcc.InteractionID, record string, focus bool) {
	t.wish(wish{
		name:  "openRecord",
		args:  map[string]any{"recordId": record, "focus": focus},
		about: string(about),
		done: func(_ json.RawMessage, e *ConsoleError) {
			if e != nil && e.Code == "gone" && about != "" {
				t.order(vcc.Command{ID: "gone-" + rand.Text(), Do: vcc.ConsoleGone, Interaction: about}, nil)
			}
		},
	})
}

// popCaller searches for the caller: one record opens, of several the agent
// chooses.
func (s *Server) popCaller(d vcc.Directive) {
	ctx, cancel := context.WithTimeout(s.ctx, findTime)
	defer cancel()
	records, err := s.o.FindCaller(ctx, d.Caller)
	if err != nil {
		s.log.Warn("caller not searched for", "agent", d.Agent, "about", string(d.Interaction), "err", err)
		return
	}
	if len(records) > maxFound {
		records = records[:maxFound]
	}
	s.with(d.Agent, func(t *seat) {
		if len(records) == 1 {
			t.pop(d.Interaction, records[0].ID, d.Focus)
			return
		}
		t.choose(d.Interaction, records)
	})
}

// choose lets, with the lock held, the agent choose from what was found.
func (t *seat) choose(about vcc.InteractionID, records []Record) {
	if records == nil {
		records = []Record{}
	}
	if len(t.console.choices) >= maxHeld {
		clear(t.console.choices)
	}
	t.console.choices[about] = &choice{records: records}
	for _, p := range t.panels {
		if p.sock != nil {
			p.sock.out.put(0, encode(choicesMessage{"choices", about, records}))
		}
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

// setOmni asks the agent's console for a status of Omni-Channel. A wish that is
// still waiting is replaced.
func (s *Server) setOmni(d vcc.Directive) {
	w := wish{name: "logout", args: struct{}{}, about: "Omni-Channel offline"}
	if d.Status != "" {
		id := ""
		if s.o.StatusID != nil {
			id = s.o.StatusID(d.Status)
		}
		if id == "" {
			s.log.Warn("Omni-Channel status not set: the org has none of that name", "agent", d.Agent, "status", d.Status)
			return
		}
		w = wish{name: "setStatus", args: map[string]string{"statusId": id}, about: "Omni-Channel status " + d.Status}
	}
	s.with(d.Agent, func(t *seat) {
		t.console.dropOmni()
		t.wish(w)
	})
}

// dropOmni forgets wishes for a status.
func (c *console) dropOmni() {
	kept := c.held[:0]
	for _, w := range c.held {
		if w.name != "setStatus" && w.name != "logout" {
			kept = append(kept, w)
		}
	}
	c.held = kept
}

package contactpad

import (
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
		if !d.Again || !s.reopen(d) {
			s.spawn(func() { s.popCaller(d) })
		}
	}
}

// pop opens, with the lock held, a record.
func (t *seat) pop(about vcc.InteractionID, record string, focus bool) {
	t.wish(wish{
		name:  "openRecord",
		args:  map[string]any{"recordId": record, "focus": focus},
		about: string(about), interaction: about,
		done: func(_ json.RawMessage, e *ConsoleError) {
			if e != nil && e.Code == "gone" && about != "" {
				t.console.forgetOpened(about, record)
				t.order(vcc.Command{ID: "gone-" + rand.Text(), Do: vcc.ConsoleGone, Interaction: about}, nil)
			}
		},
	})
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

package mockorg

import (
	"maps"
	"slices"
	"time"
)

// WorkVerdict is what became of one work item that was announced to external
// routing, computed from the committed changes and from nothing a client says.
type WorkVerdict struct {
	Work   string `json:"work"`
	Object string `json:"object"`
	// Announced is when its first PSR was made.
	Announced time.Time `json:"announced"`
	// PSRs counts its PSRs: one, plus one for each transfer and change of queue.
	PSRs int `json:"psrs"`
	// Pushes counts its AgentWork rows made from a PSR.
	Pushes int `json:"pushes"`
	// MaxAssigned is the most AgentWork rows that were Assigned from one PSR at
	// one time; more than one is a double push.
	MaxAssigned int `json:"max_assigned"`
	// MaxOpened is the most AgentWork rows that were Opened at one time; more
	// than one is a doubled delivery. A transfer between agents opens the second
	// as it ends the first, so it does not count double.
	MaxOpened int `json:"max_opened"`
	// AcceptedBy are the ids of the users who opened it, in order.
	AcceptedBy []string `json:"accepted_by"`
	// Outcome is "waiting" (a PSR is there, or it alerts), "opened" (an agent has
	// it), "closed" (the agent who had it is done) or "withdrawn" (no agent ever
	// opened it and no PSR is left).
	Outcome string `json:"outcome"`
	// Refused counts the pushes that came to nothing by the status they ended in.
	Refused map[string]int `json:"refused"`
	// FirstPushMS is the time from the first PSR to the first AgentWork in
	// milliseconds of the org's clock; null until there is one.
	FirstPushMS *float64 `json:"first_push_ms"`
}

// ledger follows one work item.
type ledger struct {
	verdict  WorkVerdict
	assigned map[string]map[string]bool // PSR to AgentWork
	opened   map[string]bool            // AgentWork
	psrs     map[string]bool            // those that are there
	dirty    bool
}

// enter takes up one change if it concerns a work item of external routing.
func (c *chronicle) enter(t *tx, e entry) {
	row := e.new
	if row == nil {
		row = e.old
	}
	object := e.rec.table.object.name
	if object != "PendingServiceRouting" && object != "AgentWork" {
		return
	}
	work := row.str("WorkItemId")
	l := c.ledgers[work]
	if l == nil {
		if row.str("RoutingModel") != "ExternalRouting" {
			return
		}
		l = &ledger{assigned: map[string]map[string]bool{}, opened: map[string]bool{}, psrs: map[string]bool{}}
		l.verdict = WorkVerdict{Work: work, Object: t.objectOf(work), Announced: t.at, Refused: map[string]int{}, AcceptedBy: []string{}}
		c.ledgers[work] = l
		c.order = append(c.order, l)
	}
	if !l.dirty {
		l.dirty = true
		c.touched = append(c.touched, l)
	}
	if object == "PendingServiceRouting" {
		if row.str("RoutingModel") == "ExternalRouting" { // what Salesforce routes itself waits for nobody else
			l.enterPSR(e)
		}
		return
	}
	l.enterAgentWork(t, e)
}

func (l *ledger) enterPSR(e entry) {
	id := e.rec.row.ID()
	switch {
	case e.old == nil:
		l.verdict.PSRs++
		l.psrs[id] = true
	case e.new == nil:
		delete(l.psrs, id)
	}
}

func (l *ledger) enterAgentWork(t *tx, e entry) {
	id, psr := e.rec.row.ID(), e.rec.row.str("PendingServiceRoutingId")
	if e.old == nil && psr != "" {
		l.verdict.Pushes++
		if l.verdict.FirstPushMS == nil {
			l.verdict.FirstPushMS = new(float64(t.at.Sub(l.verdict.Announced)) / float64(time.Millisecond))
		}
	}
	before, now := e.old.str("Status"), e.new.str("Status")
	if before == now {
		return
	}
	delete(l.assigned[psr], id)
	delete(l.opened, id)
	switch now {
	case "Assigned":
		if l.assigned[psr] == nil {
			l.assigned[psr] = map[string]bool{}
		}
		l.assigned[psr][id] = true
	case "Opened":
		l.opened[id] = true
		l.verdict.AcceptedBy = append(l.verdict.AcceptedBy, e.new.str("UserId"))
	case "Declined", "DeclinedOnPushTimeout", "Unavailable", "Canceled":
		l.verdict.Refused[now]++
	}
}

// settle closes the books of a commit: the most of anything is counted between
// transactions, not within one.
func (c *chronicle) settle() {
	for _, l := range c.touched {
		l.dirty = false
		v := &l.verdict
		alerting := 0
		for psr, works := range l.assigned {
			alerting += len(works)
			if psr != "" {
				v.MaxAssigned = max(v.MaxAssigned, len(works))
			}
		}
		v.MaxOpened = max(v.MaxOpened, len(l.opened))
		switch {
		case len(l.opened) > 0:
			v.Outcome = "opened"
		case len(l.psrs) > 0 || alerting > 0:
			v.Outcome = "waiting"
		case len(v.AcceptedBy) > 0:
			v.Outcome = "closed"
		default:
			v.Outcome = "withdrawn"
		}
	}
	c.touched = c.touched[:0]
}

// Verdict tells what became of every work item that was ever announced to
// external routing, in the order of their first PSRs.
func (o *Org) Verdict() []WorkVerdict {
	o.mu.RLock()
	defer o.mu.RUnlock()
	verdicts := make([]WorkVerdict, len(o.chronicle.order))
	for i, l := range o.chronicle.order {
		verdicts[i] = l.verdict
		verdicts[i].AcceptedBy = slices.Clone(l.verdict.AcceptedBy)
		verdicts[i].Refused = maps.Clone(l.verdict.Refused)
	}
	return verdicts
}

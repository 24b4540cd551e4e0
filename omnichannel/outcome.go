package omnichannel

import (
	"time"

	"omnibridge/vcc"
)

// onOutcome takes the answer to an effect.
func (l *Ledger) onOutcome(now time.Time, o Outcome) {
	if o.Effect.Interaction == "" {
		return // the Roster's
	}
	c := l.chains[o.Effect.Interaction]
	if c == nil || c.Doing == nil || c.Doing.ID != o.Effect.ID {
		l.out.Stale++
		return
	}
	c.Doing = nil
	l.touch(c)
	if c.State == Gone {
		return // events told how it ended before the answer came
	}
	switch o.Effect.Kind {
	case CreateWork:
		l.onCreate(now, c, o)
	case Look:
		l.onLook(now, c, o)
	case DeclineWork:
		// How the push ended is told by its AgentWork, at which we look anyway.
		if o.Result != Done {
			l.note(c, "not taken back", o.detail())
		}
	case CloseWork, ChangeOwner:
		l.onRelease(now, c, o)
	}
	l.pump(now, c)
}

// retryFirst is the first pause before something that was put off is tried again.
const retryFirst = time.Second

// onCreate takes the answer to a push. The AgentWork's own event may have come
// before it.
func (l *Ledger) onCreate(now time.Time, c *Chain, o Outcome) {
	pushing := c.State == Pushing && c.Offer == o.Effect.Offer
	switch {
	case o.Result == Done && pushing && c.Work == "":
		l.adopt(now, c, AgentWork{ID: o.Work, Status: Assigned})
	case o.Result == Done && l.byWork[o.Work] != c:
		l.drift(c, "AgentWork "+string(o.Work)+" was created, but the work has moved on")
		l.look(now, c)
	case !pushing || c.Work != "":
		// Its event told already what became of it.
	case o.Result == Refused:
		// What the org says decides, never the text of an error (salesforce-omni 2).
		c.Fault = o.detail()
		if c.Fault == "" {
			c.Fault = "the org refused the push"
		}
		l.out.Doubts = append(l.out.Doubts, c.Agent)
		l.look(now, c)
	case o.Result == Unknown:
		c.Doubt = true
		c.Why = "outcome of the push unknown (" + o.detail() + "); looking"
		l.note(c, "unknown outcome", o.detail())
		l.look(now, c)
	case c.TakeBack:
		l.failed(now, c, vcc.Undelivered, "taken back before it was delivered")
	default: // Deferred
		c.Sent = false
		c.Why = "put off: " + o.detail()
		if c.Tries == 0 {
			l.note(c, "put off", o.detail())
		}
		l.wakeAt(now, c, max(o.RetryAfter, pace(retryFirst, c.Tries)), false)
		c.Tries++
	}
}

// onLook takes what the org says of the work item.
func (l *Ledger) onLook(now time.Time, c *Chain, o Outcome) {
	if c.Ended {
		l.settleEnded(now, c, o)
		return
	}
	if o.Result == Done && o.Seen != nil {
		l.settle(now, c, *o.Seen, o.Effect.Rev == c.Rev)
		return
	}
	if o.Result == Refused && c.Tries == 0 {
		l.note(c, "cannot look", o.detail())
	}
	c.Why = "cannot look it up: " + o.detail()
	l.wakeAt(now, c, max(o.RetryAfter, pace(retryFirst, c.Tries)), true)
	c.Tries++
}

// onRelease takes the answer to closing the work or changing its owner.
func (l *Ledger) onRelease(now time.Time, c *Chain, o Outcome) {
	if c.State != Closing && c.State != Requeueing {
		return // events told already
	}
	switch o.Result {
	case Done:
		l.wakeAt(now, c, 5*l.policy.EventPatience, true)
	case Refused:
		l.kept(now, c, o)
	default: // both are idempotent
		c.Sent = false
		c.Why = "put off: " + o.detail()
		l.wakeAt(now, c, max(o.RetryAfter, pace(retryFirst, c.Tries)), false)
		c.Tries++
	}
}

// closeAgain is how long after a refusal to close the work it is tried again: the
// agent wants to be rid of it, and a console may have come back.
const closeAgain = time.Minute

// kept takes that the org did not let the agent's work end. A requeue is given up.
// A close goes on in the background: what the agent was relieved of must not stay
// theirs in Salesforce.
func (l *Ledger) kept(now time.Time, c *Chain, o Outcome) {
	r := vcc.Report{Kind: vcc.CloseFailed, Interaction: c.Interaction, Offer: c.Offer, Agent: c.Agent, Detail: o.detail()}
	if c.State == Requeueing {
		r.Kind = vcc.RequeueFailed
		l.drift(c, string(o.Effect.Kind)+": "+o.detail())
		l.move(now, c, factKept, o.detail())
		l.report(r)
		return
	}
	if c.Tries == 0 {
		l.drift(c, string(o.Effect.Kind)+": "+o.detail())
		l.report(r)
	}
	c.Sent = false
	c.Why = "not closed: " + o.detail()
	l.wakeAt(now, c, closeAgain, false)
	c.Tries++
}

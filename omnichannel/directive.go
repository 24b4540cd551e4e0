package omnichannel

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"omnibridge/vcc"
)

// Direct takes a directive of the engine. One that does not fit where the chain
// stands is answered with the report that tells the engine so.
func (l *Ledger) Direct(now time.Time, d vcc.Directive) Output {
	c := l.chains[d.Interaction]
	if c == nil || c.State == Gone {
		l.report(vcc.Report{Kind: vcc.Withdrawn, Interaction: d.Interaction, Offer: d.Offer, Agent: d.Agent, Reason: vcc.CustomerLeft, Detail: "no longer in external routing"})
		return l.take()
	}
	switch d.Kind {
	case vcc.Offer:
		l.directOffer(now, c, d)
	case vcc.Retract:
		l.directRetract(now, c, d)
	case vcc.Close:
		l.directClose(now, c, d)
	case vcc.Requeue:
		l.directRequeue(now, c, d)
	}
	return l.take()
}

// directOffer starts a push. Offers are numbered without gaps: another number
// than the next was directed before something that we have since reported.
func (l *Ledger) directOffer(now time.Time, c *Chain, d vcc.Directive) {
	if c.State != Announced || d.Offer != c.Offer+1 {
		l.report(vcc.Report{Kind: vcc.Refused, Interaction: c.Interaction, Offer: d.Offer, Agent: d.Agent, Reason: vcc.Undelivered,
			Detail: fmt.Sprintf("it is %s, at offer %d", c.State, c.Offer)})
		return
	}
	if !l.move(now, c, factOffered, d.Detail) {
		return
	}
	c.Offer, c.Agent, c.Work = d.Offer, d.Agent, ""
	l.note(c, "offered", d.Detail)
	l.pump(now, c)
}

// directClose ends the agent's work. Asked again while it is being closed, it tries
// again at once.
func (l *Ledger) directClose(now time.Time, c *Chain, d vcc.Directive) {
	if d.Offer != c.Offer && d.Offer != 0 {
		l.out.Stale++
		return
	}
	if c.Ended {
		return // it has closed already; how is being looked up
	}
	if c.State != InHand && c.State != Closing {
		l.report(vcc.Report{Kind: vcc.CloseFailed, Interaction: c.Interaction, Offer: c.Offer, Agent: c.Agent, Detail: "it is " + string(c.State)})
		return
	}
	if c.State == Closing && c.Doing == nil {
		c.Sent, c.Tries, c.Wake = false, 0, time.Time{}
	}
	if l.move(now, c, factClosing, d.Detail) {
		l.pump(now, c)
	}
}

// directRetract takes a push back, as far as the org allows it.
func (l *Ledger) directRetract(now time.Time, c *Chain, d vcc.Directive) {
	if d.Offer != c.Offer {
		l.out.Stale++
		return
	}
	switch {
	case c.State == Alerting:
		l.retracting(now, c, d.Detail)
	case c.State == Pushing && !c.Sent:
		l.failed(now, c, vcc.Undelivered, d.Detail)
	case c.State == Pushing:
		c.TakeBack = true
		l.touch(c)
	}
}

// directRequeue gives the work to the queue of a plan.
func (l *Ledger) directRequeue(now time.Time, c *Chain, d vcc.Directive) {
	if c.Ended {
		return // it has closed; how is being looked up, and then reported
	}
	if c.State != InHand {
		l.report(vcc.Report{Kind: vcc.RequeueFailed, Interaction: c.Interaction, Offer: c.Offer, Agent: c.Agent, Detail: "it is " + string(c.State)})
		return
	}
	object := l.dir.Channels[c.Channel].Entity
	for _, id := range slices.Sorted(maps.Keys(l.dir.Queues)) {
		if q := l.dir.Queues[id]; q.External && l.policy.plan(q.Name) == d.Plan && q.mayOwn(object) {
			if l.move(now, c, factRequeued, d.Detail) {
				c.To = id
				l.pump(now, c)
			}
			return
		}
	}
	why := fmt.Sprintf("plan %s has no queue in external routing that may own a %s: map one under \"plans\" in the routing file", d.Plan, object)
	l.drift(c, why)
	l.report(vcc.Report{Kind: vcc.RequeueFailed, Interaction: c.Interaction, Offer: c.Offer, Agent: c.Agent, Detail: why})
}

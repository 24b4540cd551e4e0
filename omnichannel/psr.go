package omnichannel

import (
	"fmt"
	"time"

	"omnibridge/vcc"
)

// onPSR takes an event about a PSR.
func (l *Ledger) onPSR(now time.Time, s PSRSeen) {
	p := s.PSR
	c := l.byPSR[p.ID]
	switch {
	case c == nil && s.Deleted:
		l.out.Stale++
	case c == nil:
		l.onNewPSR(now, p)
	case c.State == Gone || c.PSR != p.ID:
		l.out.Stale++ // replayed, or of a PSR that was followed by another
	case s.Deleted:
		l.onPSRDeleted(now, c)
	case p.Serial <= c.Serial:
		l.out.Stale++
	default:
		l.onPSRChanged(now, c, p)
	}
}

// onNewPSR takes a PSR that is not known: new work, or work that is known and
// was given to a queue (again).
func (l *Ledger) onNewPSR(now time.Time, p PSR) {
	c := l.byRecord[p.Record]
	if c == nil {
		c = &Chain{Interaction: vcc.InteractionID(p.ID), State: Sighted, Entered: now, Record: p.Record, Channel: p.Channel}
		l.chains[c.Interaction] = c
		l.follow(c, p)
		l.announce(now, c)
		return
	}
	switch {
	case p.Created.After(c.Since):
		l.join(now, c, p)
	case p.Created.Before(c.Since):
		l.out.Stale++ // an older PSR than the one that announces it now
	default:
		// The org tells times in seconds: which of the two is newer it has to say.
		c.Rev++
		l.look(now, c)
	}
}

// join lets a new PSR of the same work item continue the chain.
func (l *Ledger) join(now time.Time, c *Chain, p PSR) {
	l.follow(c, p)
	switch c.State {
	case Sighted, Held, Announced:
		l.announce(now, c)
	case InHand, Closing, Requeueing:
		l.note(c, "transferred", "to a queue, in Salesforce")
		l.retire(c, c.Work)
		l.announce(now, c)
	default:
		l.look(now, c) // a push is out for the PSR before: see what became of it
	}
}

// follow makes p the PSR that announces c.
func (l *Ledger) follow(c *Chain, p PSR) {
	if c.PSR != "" && c.PSR != p.ID {
		c.OldPSRs = append(c.OldPSRs[:len(c.OldPSRs):len(c.OldPSRs)], c.PSR)
	}
	c.PSR, c.Serial, c.PSRGone = p.ID, p.Serial, false
	c.Queue, c.Channel, c.Prefer, c.Transfer = p.Queue, p.Channel, p.Prefer, p.Transfer
	c.Since = p.Created
	c.Rev++
	l.index(c)
	l.touch(c)
}

// announce reports c to the engine, or holds it if it cannot be routed as
// configured.
func (l *Ledger) announce(now time.Time, c *Chain) {
	work, err := l.work(c)
	if err != nil {
		if c.State == Held && c.Why == err.Error() {
			return
		}
		if c.State != Sighted && c.State != Held { // the engine knows it, and an agent may have had it
			l.report(vcc.Report{Kind: vcc.Withdrawn, Interaction: c.Interaction, Offer: c.Offer, Agent: c.Agent, Reason: vcc.LeftRouting, Detail: err.Error()})
		}
		if l.move(now, c, factUnfit, err.Error()) {
			c.Agent = ""
			l.note(c, "held", err.Error())
		}
		return
	}
	if !l.move(now, c, factAnnounced, "") {
		return
	}
	c.Agent, c.Work = "", ""
	l.report(vcc.Report{Kind: vcc.Arrived, Interaction: c.Interaction, Offer: c.Offer, Work: &work})
	l.note(c, "arrived", fmt.Sprintf("%s in %s", work.Medium, work.Queue))
}

// work describes c to the engine. The error says, for people, what is missing.
func (l *Ledger) work(c *Chain) (vcc.Work, error) {
	if !l.known {
		return vcc.Work{}, fmt.Errorf("the org's setup was not read yet")
	}
	ch, ok := l.dir.Channels[c.Channel]
	if !ok {
		l.out.Resync = true
		return vcc.Work{}, fmt.Errorf("service channel %s is not known: reading the org's setup again", c.Channel)
	}
	cp, err := l.policy.channel(ch)
	if err != nil {
		return vcc.Work{}, err
	}
	w := vcc.Work{
		Record: string(c.Record), Class: cp.Class, Medium: cp.Medium, Channel: ch.Name,
		Prefer: c.Prefer, Since: c.Since, Transfer: c.Transfer,
	}
	if c.Queue != "" {
		q, ok := l.dir.Queues[c.Queue]
		if !ok {
			l.out.Resync = true
			return vcc.Work{}, fmt.Errorf("queue %s is not known: reading the org's setup again", c.Queue)
		}
		w.Queue, w.Plan = q.Name, l.policy.plan(q.Name)
	}
	return w, nil
}

// onPSRChanged takes a newer state of the PSR that announces c.
func (l *Ledger) onPSRChanged(now time.Time, c *Chain, p PSR) {
	moved := c.Queue != p.Queue || c.Channel != p.Channel || c.Prefer != p.Prefer
	c.Serial, c.Queue, c.Channel, c.Prefer = p.Serial, p.Queue, p.Channel, p.Prefer
	c.Rev++
	l.touch(c)
	switch {
	case c.State == Announced && p.Pushed, c.State == Held && p.Pushed:
		l.look(now, c) // somebody else pushed it
	case c.State == Announced && moved, c.State == Held && moved:
		l.announce(now, c)
	case (c.State == Alerting || c.State == Retracting) && !p.Pushed:
		l.expect(now, c) // the AgentWork's own event says why
	}
}

// onPSRDeleted takes the deletion of the PSR that announces c, which means
// nothing by itself.
func (l *Ledger) onPSRDeleted(now time.Time, c *Chain) {
	c.PSRGone = true
	c.Rev++
	l.touch(c)
	switch c.State {
	case Sighted, Held, Announced:
		l.look(now, c)
	case Pushing:
		if c.Sent {
			l.expect(now, c)
		} else {
			l.look(now, c)
		}
	case Alerting, Retracting:
		l.expect(now, c) // Opened or Canceled should follow
	}
}

// expect waits a little for the event that must follow, then looks.
func (l *Ledger) expect(now time.Time, c *Chain) {
	if c.WakeLook && !c.Wake.IsZero() && !c.Wake.After(now.Add(l.policy.EventPatience)) {
		return
	}
	l.wakeAt(now, c, l.policy.EventPatience, true)
}

package omnichannel

import (
	"fmt"
	"slices"
	"time"

	"omnibridge/vcc"
)

// settle makes c agree with what the org says of its work item. fresh tells that
// nothing happened to c since it was asked: only then does absence count.
func (l *Ledger) settle(now time.Time, c *Chain, s Seen, fresh bool) {
	l.retireEnded(c, s.Works)
	psr, announced := newestPSR(s.PSRs)
	another := announced && psr.ID != c.PSR
	switch {
	case !announced:
	case fresh:
		c.PSRGone = c.PSRGone && another // whatever an event said: it is there
	case another && !psr.Created.After(c.Since), !another && c.PSRGone:
		announced = false // read before its end, of which we have heard since
	}
	if announced && (another || psr.Serial > c.Serial || c.State == Sighted) {
		if another && c.State != Sighted && c.State != Held && c.State != Announced && c.State != Pushing && !liveAmong(s.Works, c.Work) {
			l.endPush(now, c, s.Works)
		}
		l.follow(c, psr)
	}
	if slices.ContainsFunc(c.Past, func(id AgentWorkID) bool { return liveAmong(s.Works, id) }) {
		if fresh {
			l.unretire(c, s.Works)
		} else {
			c.Again = true // either its end was heard since the org was asked, or it never came
		}
	}
	live := liveWorks(s.Works, c.Past)
	switch {
	case len(live) > 0:
		l.settleLive(now, c, live)
	case !fresh && !announced:
		l.look(now, c)
	case announced:
		l.settleAnnounced(now, c, s)
	default:
		l.settleNothing(now, c, s)
	}
}

// settleLive is for when some agent has, or is being offered, the work.
func (l *Ledger) settleLive(now time.Time, c *Chain, live []AgentWork) {
	i := slices.IndexFunc(live, func(w AgentWork) bool { return w.ID == c.Work && c.Work != "" })
	if i < 0 {
		i = slices.IndexFunc(live, func(w AgentWork) bool { return l.ours(c, w) })
	}
	opened := slices.IndexFunc(live, func(w AgentWork) bool { return w.Status == Opened })
	alerts := c.State == Alerting || c.State == Retracting
	if i >= 0 && (opened < 0 || opened == i || !alerts) {
		l.settleOurs(now, c, live[i], live)
		return
	}
	// What we knew of has ended, or there was nothing, or it only alerts, and another has it.
	w := live[len(live)-1]
	if opened >= 0 {
		w = live[opened]
	}
	if c.State == Pushing && c.Sent && c.Doubt {
		l.drift(c, fmt.Sprintf("AgentWork %s for %s is not of our making", w.ID, l.name(w.User)))
	}
	if alerts || c.State == Pushing {
		l.undelivered(now, c, "another agent has it")
	}
	if i >= 0 { // it goes on alerting
		l.unindexWork(c.Work)
		c.Work = ""
	}
	l.moved(now, c, Heir{Work: w.ID, Agent: w.User}, w.Status == Opened)
	l.settleHeir(now, c, live)
}

// settleOurs is for when the AgentWork that we know, or were creating, is live.
func (l *Ledger) settleOurs(now time.Time, c *Chain, w AgentWork, live []AgentWork) {
	switch {
	case c.State == Pushing:
		l.adopt(now, c, w)
	case w.Status == Opened:
		l.opened(now, c)
	case c.State == Retracting:
		c.Tries++
		l.wakeAt(now, c, pace(retractLook, c.Tries), true)
	}
	l.settleHeir(now, c, live)
}

// settleHeir is for when somebody else is with the work than the agent who has it: it
// goes to them.
func (l *Ledger) settleHeir(now time.Time, c *Chain, live []AgentWork) {
	if c.State != InHand {
		return
	}
	for _, other := range live {
		if other.ID != c.Work {
			l.inherit(now, c, other)
			return
		}
	}
}

// settleAnnounced is for when a PSR announces the work and nobody has it.
func (l *Ledger) settleAnnounced(now time.Time, c *Chain, s Seen) {
	switch c.State {
	case Sighted, Held:
		l.announce(now, c)
	case Announced:
		l.refresh(c)
	case Pushing:
		if c.Work == "" {
			l.settleNotPushed(now, c)
			return
		}
		l.alerting(now, c) // it was pushed, and has ended since
		l.endPush(now, c, s.Works)
		l.refresh(c)
	case Alerting, Retracting:
		l.endPush(now, c, s.Works)
		if c.State == Announced {
			l.refresh(c)
		}
	case InHand, Closing, Requeueing:
		l.note(c, "transferred", "to a queue, in Salesforce")
		l.retire(c, c.Work)
		l.index(c)
		l.announce(now, c)
	}
}

// refresh reports an announced chain again, since what the engine knows of it may
// be old; the engine drops what is not new.
func (l *Ledger) refresh(c *Chain) {
	if work, err := l.work(c); err == nil {
		l.report(vcc.Report{Kind: vcc.Arrived, Interaction: c.Interaction, Offer: c.Offer, Work: &work})
	}
}

// settleNotPushed is for a push of which the org knows nothing.
func (l *Ledger) settleNotPushed(now time.Time, c *Chain) {
	switch {
	case !c.Sent:
		l.pump(now, c) // it was only waiting for this look
	case c.Fault != "":
		l.failed(now, c, vcc.Failed, c.Fault)
	case c.Doubt && !l.settled(now, c):
		l.wakeAt(now, c, c.Settled.Sub(now), true)
	case c.TakeBack:
		l.failed(now, c, vcc.Undelivered, "taken back before it was delivered")
	default:
		c.Sent, c.Doubt, c.Settled = false, false, time.Time{}
		l.wakeAt(now, c, pace(l.policy.Settle, c.Tries), false)
		c.Tries++
	}
}

// settled tells whether a create in doubt has had its time, so that its absence
// counts. The time begins with the first look that did not find it.
func (l *Ledger) settled(now time.Time, c *Chain) bool {
	if c.Settled.IsZero() {
		c.Settled = now.Add(l.policy.Settle)
		l.touch(c)
	}
	return !now.Before(c.Settled)
}

// failed concludes that the push was not made.
func (l *Ledger) failed(now time.Time, c *Chain, reason vcc.Reason, detail string) {
	if !l.move(now, c, factNotPushed, "") {
		return
	}
	l.report(vcc.Report{Kind: vcc.Refused, Interaction: c.Interaction, Offer: c.Offer, Agent: c.Agent, Reason: reason, Detail: detail})
	l.note(c, string(reason), detail)
	c.Agent = ""
}

// undelivered takes an offer that was overtaken off the engine's hands.
func (l *Ledger) undelivered(now time.Time, c *Chain, detail string) {
	f := factRefused
	if c.State == Pushing {
		f = factNotPushed
	}
	if l.move(now, c, f, "") {
		l.report(vcc.Report{Kind: vcc.Refused, Interaction: c.Interaction, Offer: c.Offer, Agent: c.Agent, Reason: vcc.Undelivered, Detail: detail})
	}
}

// endPush concludes, from the AgentWorks of the work item, how the push ended
// that is no longer live.
func (l *Ledger) endPush(now time.Time, c *Chain, works []AgentWork) {
	reason, detail := vcc.Unavailable, "the push ended in Salesforce"
	for _, w := range works {
		if w.ID != c.Work && !(len(c.Past) > 0 && w.ID == c.Past[len(c.Past)-1]) {
			continue
		}
		if r, ok := w.Status.reason(); ok {
			reason, detail = r, w.DeclineReason
		} else if w.Status == Canceled {
			reason, detail = vcc.Undelivered, "the push was canceled in Salesforce"
		}
	}
	if c.State == Alerting || c.State == Retracting {
		gone := c.PSRGone
		c.PSRGone = false // no look: this is one
		l.refused(now, c, reason, detail)
		c.PSRGone = gone
	}
}

// settleNothing is for when no PSR announces the work and nobody has it.
func (l *Ledger) settleNothing(now time.Time, c *Chain, s Seen) {
	switch c.State {
	case InHand, Closing, Requeueing:
		switch {
		case s.Missing:
			l.deleted(now, c)
		case c.Ended:
			l.closed(now, c, finished)
		default:
			l.closed(now, c, "no longer with the agent in Salesforce")
		}
	case Sighted:
		l.move(now, c, factClosed, "was over before we knew of it")
	case Pushing:
		if c.Sent && c.Doubt && c.Fault == "" && c.Work == "" && !l.settled(now, c) {
			l.wakeAt(now, c, c.Settled.Sub(now), true)
			return
		}
		fallthrough
	default:
		if wasOpened(s.Works, c.Work) {
			l.opened(now, c)
			l.closed(now, c, "accepted and finished while we did not see it")
			return
		}
		reason, detail := l.whyGone(c, s)
		l.withdrawn(now, c, reason, detail)
	}
}

const recordDeleted = "the record was deleted"

// whyGone tells how the work left.
func (l *Ledger) whyGone(c *Chain, s Seen) (vcc.Reason, string) {
	switch {
	case s.Missing:
		return vcc.Deleted, recordDeleted
	case s.Owner != "" && isQueue(s.Owner) && QueueID(s.Owner) != c.Queue:
		return vcc.LeftRouting, "its owner is now queue " + s.Owner
	case s.Owner != "" && !isQueue(s.Owner) && l.dir.Users[vcc.AgentID(s.Owner)] != "":
		return vcc.LeftRouting, "its owner is now " + l.name(vcc.AgentID(s.Owner))
	default:
		return vcc.CustomerLeft, ""
	}
}

// drift notes that the org holds something that we did not expect.
func (l *Ledger) drift(c *Chain, why string) { l.note(c, "drift", why) }

// retireEnded notes which AgentWorks of the item are over. The one that c takes
// for live stays, so that its end is drawn from what follows.
func (l *Ledger) retireEnded(c *Chain, works []AgentWork) {
	for _, w := range works {
		if w.Status.Live() {
			continue
		}
		if c.State == Pushing && c.Work == "" && c.Sent && w.User == c.Agent && !slices.Contains(c.Past, w.ID) && w.PSR == c.PSR {
			// The push was made and has ended already.
			c.Work = w.ID
			l.index(c)
		}
		if w.ID != c.Work {
			l.retire(c, w.ID)
		}
	}
	l.index(c)
}

// unretire takes back that AgentWorks of c have ended which are live: that was drawn from
// events which came late, about what a sweep had told before.
func (l *Ledger) unretire(c *Chain, works []AgentWork) {
	var past []AgentWorkID
	for _, id := range c.Past {
		if liveAmong(works, id) {
			l.unindexWork(id)
		} else {
			past = append(past, id)
		}
	}
	c.Past = past
}

// liveWorks returns the AgentWorks that are with an agent.
func liveWorks(works []AgentWork, past []AgentWorkID) []AgentWork {
	var live []AgentWork
	for _, w := range works {
		if w.Status.Live() && !slices.Contains(past, w.ID) {
			live = append(live, w)
		}
	}
	return live
}

func liveAmong(works []AgentWork, id AgentWorkID) bool {
	return slices.ContainsFunc(works, func(w AgentWork) bool { return w.ID == id && w.Status.Live() })
}

// wasOpened tells whether an AgentWork ended after it was opened.
func wasOpened(works []AgentWork, id AgentWorkID) bool {
	return id != "" && slices.ContainsFunc(works, func(w AgentWork) bool {
		return w.ID == id && (w.Status == Closed || w.Status == Transferred)
	})
}

// newestPSR returns the PSR that was created last.
func newestPSR(psrs []PSR) (PSR, bool) {
	if len(psrs) == 0 {
		return PSR{}, false
	}
	return slices.MaxFunc(psrs, func(a, b PSR) int { return a.Created.Compare(b.Created) }), true
}

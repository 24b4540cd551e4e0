package omnichannel

import (
	"fmt"
	"slices"
	"time"

	"omnibridge/vcc"
)

// retractLook is when we first look after taking an offer back; later looks
// are further apart.
const retractLook = 5 * time.Second

// onWork takes an event about an AgentWork, ours or not.
func (l *Ledger) onWork(now time.Time, w AgentWork) {
	c := l.find(w)
	switch {
	case c == nil && w.Status.Live():
		l.sight(now, w)
	case c == nil, c.State == Gone, slices.Contains(c.Past, w.ID):
		l.out.Stale++
	case w.ID == c.Work:
		c.Rev++
		l.progress(now, c, w)
	case l.ours(c, w):
		c.Rev++
		l.adopt(now, c, w)
	case c.State == InHand && w.Status.Live():
		c.Rev++
		l.inherit(now, c, w)
	case w.Status.Live():
		c.Rev++
		l.look(now, c) // not of our making
	case c.Heir != nil && c.Heir.Work == w.ID:
		l.retireNote(c, w)
	default:
		c.Rev++
		l.retire(c, w.ID)
		l.index(c)
		l.touch(c)
	}
}

// find returns the chain that w belongs to.
func (l *Ledger) find(w AgentWork) *Chain {
	if c := l.byWork[w.ID]; c != nil {
		return c
	}
	if w.PSR != "" {
		if c := l.byPSR[w.PSR]; c != nil {
			return c
		}
	}
	return l.byRecord[w.Record]
}

// ours tells whether w is the AgentWork whose creation is under way for c.
func (l *Ledger) ours(c *Chain, w AgentWork) bool {
	return c.State == Pushing && c.Sent && c.Work == "" && w.User == c.Agent && (w.PSR == c.PSR || w.PSR == "")
}

// sight starts a chain for an AgentWork that nobody announced to us: it may be
// replayed and long over, so the org is asked.
func (l *Ledger) sight(now time.Time, w AgentWork) {
	c := &Chain{
		Interaction: vcc.InteractionID(w.ID), State: Sighted, Entered: now, Since: w.Created,
		Record: w.Record, Channel: w.Channel, PSR: w.PSR, PSRGone: true,
		Why: "an AgentWork that nobody announced; looking it up",
	}
	l.chains[c.Interaction] = c
	l.index(c)
	l.look(now, c)
}

// adopt makes w the live AgentWork of the offer that is being pushed.
func (l *Ledger) adopt(now time.Time, c *Chain, w AgentWork) {
	c.Work = w.ID
	l.index(c)
	takeBack := c.TakeBack
	if w.Status == Assigned {
		l.alerting(now, c)
		if takeBack {
			l.retracting(now, c, "taken back while it was being pushed")
		}
		return
	}
	l.progress(now, c, w)
}

// alerting concludes that the offer shows in the agent's widget.
func (l *Ledger) alerting(now time.Time, c *Chain) {
	if l.move(now, c, factPushed, "") {
		l.report(vcc.Report{Kind: vcc.Alerting, Interaction: c.Interaction, Offer: c.Offer, Agent: c.Agent})
		l.note(c, "alerting", "")
	}
}

// retracting starts waiting for the end of a push that is to be taken back.
func (l *Ledger) retracting(now time.Time, c *Chain, why string) {
	if !l.move(now, c, factRetracted, why+"; waiting for Salesforce to end the push") {
		return
	}
	if q := l.dir.Queues[c.Queue]; q.PushTimeout == 0 {
		c.Why = why + "; queue " + q.Name + " has no push time-out, so only the agent can end it: set one on its routing configuration"
	}
	l.note(c, "retracting", c.Why)
	l.wakeAt(now, c, retractLook, true)
	l.pump(now, c)
}

// progress takes a new status of the live AgentWork of c.
func (l *Ledger) progress(now time.Time, c *Chain, w AgentWork) {
	reason, refused := w.Status.reason()
	switch {
	case w.Status == Assigned:
		// Nothing new: it became known when it was created.
	case w.Status == Opened:
		l.opened(now, c)
	case refused && c.State != InHand:
		l.refused(now, c, reason, w.DeclineReason)
	case w.Status == Closed && c.State == InHand && l.policy.Console:
		l.ending(now, c)
	case w.Status == Closed && (c.State == InHand || c.State == Closing || c.State == Requeueing):
		l.closed(now, c, finished)
	case w.Status == Transferred && c.Heir != nil:
		l.moved(now, c, *c.Heir, false)
	default:
		// Canceled, or an end that does not fit: what is left tells.
		l.retire(c, w.ID)
		l.index(c)
		l.look(now, c)
	}
}

// opened concludes that the agent has it.
func (l *Ledger) opened(now time.Time, c *Chain) {
	if c.State == InHand || c.State == Closing || c.State == Requeueing {
		return
	}
	if l.move(now, c, factOpened, "") {
		c.PSRGone = true // accepting deletes it
		l.report(vcc.Report{Kind: vcc.Accepted, Interaction: c.Interaction, Offer: c.Offer, Agent: c.Agent})
		l.note(c, "accepted", "")
	}
}

// refused concludes that the push ended without being opened.
func (l *Ledger) refused(now time.Time, c *Chain, reason vcc.Reason, detail string) {
	if c.State == Retracting && c.Sent && reason == vcc.Declined {
		reason, detail = vcc.TimedOut, "taken back in the agent's console" // it was us who declined
	}
	l.retire(c, c.Work)
	l.index(c)
	gone := c.PSRGone
	if !l.move(now, c, factRefused, "") {
		return
	}
	l.report(vcc.Report{Kind: vcc.Refused, Interaction: c.Interaction, Offer: c.Offer, Agent: c.Agent, Reason: reason, Detail: detail})
	l.note(c, string(reason), detail)
	c.Agent = ""
	if gone {
		l.look(now, c)
	}
}

// finished is why work ended of which nothing else is known.
const finished = "the agent finished"

// ending takes that the agent's AgentWork closed though nobody directed it. Whether the
// agent finished or the record was deleted under them is the same event, so the record
// is looked for (salesforce-omni 3.3).
func (l *Ledger) ending(now time.Time, c *Chain) {
	if c.Ended {
		return
	}
	c.Ended, c.Why = true, "its AgentWork has closed; looking whether the record is still there"
	l.look(now, c)
}

// settleEnded concludes how work ended whose AgentWork was seen closed. If the org
// cannot be asked, the agent has finished: nobody's capacity waits for that.
func (l *Ledger) settleEnded(now time.Time, c *Chain, o Outcome) {
	if o.Result == Done && o.Seen != nil {
		seen := *o.Seen
		seen.Works = slices.Clone(seen.Works)
		for i := range seen.Works {
			if w := &seen.Works[i]; w.ID == c.Work && w.Status.Live() {
				w.Status = Closed // read before its end
			}
		}
		l.settle(now, c, seen, o.Effect.Rev == c.Rev)
	}
	if c.Ended && !c.Again && c.Doing == nil {
		l.closed(now, c, finished)
	}
}

// closed concludes that the agent's work on it is over.
func (l *Ledger) closed(now time.Time, c *Chain, why string) {
	l.retire(c, c.Work)
	l.index(c)
	if l.move(now, c, factClosed, why) {
		l.report(vcc.Report{Kind: vcc.Ended, Interaction: c.Interaction, Offer: c.Offer, Agent: c.Agent})
		l.note(c, "ended", why)
	}
}

// deleted concludes that the record is gone which an agent has.
func (l *Ledger) deleted(now time.Time, c *Chain) {
	l.retire(c, c.Work)
	l.index(c)
	if l.move(now, c, factClosed, string(vcc.Deleted)) {
		l.report(vcc.Report{Kind: vcc.Withdrawn, Interaction: c.Interaction, Offer: c.Offer, Agent: c.Agent, Reason: vcc.Deleted, Detail: recordDeleted})
		l.note(c, "withdrawn", string(vcc.Deleted))
	}
}

// withdrawn concludes that the work left before anybody opened it.
func (l *Ledger) withdrawn(now time.Time, c *Chain, reason vcc.Reason, detail string) {
	l.retire(c, c.Work)
	l.index(c)
	if l.move(now, c, factWithdrawn, string(reason)) {
		l.report(vcc.Report{Kind: vcc.Withdrawn, Interaction: c.Interaction, Offer: c.Offer, Agent: c.Agent, Reason: reason, Detail: detail})
		l.note(c, "withdrawn", string(reason))
	}
}

// inherit takes an AgentWork that Salesforce made for another agent while one
// has the work: a transfer from agent to agent, which has no PSR.
func (l *Ledger) inherit(now time.Time, c *Chain, w AgentWork) {
	h := Heir{Work: w.ID, Agent: w.User}
	if w.Status == Opened {
		l.moved(now, c, h, true)
		return
	}
	if c.Heir == nil || *c.Heir != h {
		l.disinherit(c)
		c.Heir = &h
		l.note(c, "transferring", fmt.Sprintf("to %s, in Salesforce", l.name(w.User)))
	}
	l.index(c)
	l.touch(c)
}

// disinherit forgets to whom c was to go, since it goes to somebody else.
func (l *Ledger) disinherit(c *Chain) {
	if c.Heir != nil {
		l.unindexWork(c.Heir.Work)
		c.Heir = nil
	}
}

// retireNote ends a transfer that the other agent did not take.
func (l *Ledger) retireNote(c *Chain, w AgentWork) {
	l.note(c, "transfer refused", fmt.Sprintf("%s: %s", l.name(w.User), w.Status))
	l.retire(c, w.ID)
	c.Rev++
	l.touch(c)
}

// moved concludes that Salesforce gave c to another agent. The engine did not
// direct it, so the offer gets the next number here.
func (l *Ledger) moved(now time.Time, c *Chain, to Heir, open bool) {
	l.retire(c, c.Work)
	l.disinherit(c)
	c.Work, c.Agent = to.Work, to.Agent
	c.Offer++
	l.index(c)
	l.byWork[to.Work] = c
	f := factPushed
	if open {
		f = factOpened
	}
	work, err := l.work(c)
	if err != nil {
		l.note(c, "drift", err.Error())
	}
	if !l.move(now, c, f, "") {
		return
	}
	r := vcc.Report{Kind: vcc.Moved, Interaction: c.Interaction, Offer: c.Offer, Agent: c.Agent}
	if err == nil {
		r.Work = &work
	}
	l.report(r)
	l.note(c, "moved", "by Salesforce")
	if open {
		l.report(vcc.Report{Kind: vcc.Accepted, Interaction: c.Interaction, Offer: c.Offer, Agent: c.Agent})
		l.note(c, "accepted", "")
	}
}

// name returns an agent's name, or id.
func (l *Ledger) name(id vcc.AgentID) string {
	if n := l.dir.Users[id]; n != "" {
		return n
	}
	return string(id)
}

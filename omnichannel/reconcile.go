package omnichannel

import (
	"slices"
	"time"
)

// reconcile compares everything with what the org says, on start, after a gap
// and from time to time, and turns each difference into what an event would have
// been. It concludes nothing from absence: what should be there and is not, is
// looked up.
func (l *Ledger) reconcile(now time.Time, b Baseline) {
	l.dir, l.known = b.Directory, true
	announced := map[PSRID]bool{}
	for _, p := range b.PSRs {
		announced[p.ID] = true
		if c := l.byPSR[p.ID]; c != nil && c.State == Gone && c.PSR == p.ID && c.Entered.Before(b.Begun) {
			l.revive(now, c, "its PSR is still there")
			continue
		}
		l.onPSR(now, PSRSeen{PSR: p})
	}
	live := map[AgentWorkID]bool{}
	for _, w := range b.Works {
		live[w.ID] = true
		if c := l.byWork[w.ID]; c != nil && c.State == Gone && c.Entered.Before(b.Begun) {
			l.revive(now, c, "its AgentWork is still "+string(w.Status))
			continue
		}
		l.onWork(now, w)
	}
	l.out.Stale = 0 // most of a baseline is known: that is no sign of anything
	for c := range l.Chains() {
		switch c := l.chains[c.Interaction]; c.State {
		case Held:
			if announced[c.PSR] {
				l.announce(now, c)
			} else {
				l.look(now, c)
			}
		case Announced:
			if !announced[c.PSR] {
				l.look(now, c)
			}
		case Alerting, Retracting, InHand, Closing, Requeueing:
			if !live[c.Work] {
				l.look(now, c)
			}
		}
	}
}

// revive brings back a chain that was taken for over and is not.
func (l *Ledger) revive(now time.Time, c *Chain, why string) {
	if i := slices.Index(l.gone, c); i >= 0 {
		l.gone = slices.Delete(l.gone, i, i+1)
	}
	if !l.move(now, c, factReturned, why) {
		return
	}
	c.Past = nil // one of them may be live after all
	l.drift(c, why)
	l.index(c)
	l.look(now, c)
}

package omnichannel

import (
	"fmt"
	"slices"
	"time"
)

// reconcile compares everything with what the org says, on start, after a gap
// and from time to time, and turns each difference into what an event would have
// been. It concludes nothing from absence: what should be there and is not, is
// looked up.
func (l *Ledger) reconcile(now time.Time, b Baseline) {
	first := !l.known
	l.dir, l.known = b.Directory, true
	var found findings
	announced := map[PSRID]bool{}
	for _, p := range b.PSRs {
		announced[p.ID] = true
		switch c := l.byPSR[p.ID]; {
		case c == nil:
			found.unknown++
		case c.PSR == p.ID && p.Serial > c.Serial:
			found.newer++
		}
		if c := l.byPSR[p.ID]; c != nil && c.State == Gone && c.PSR == p.ID && c.Entered.Before(b.Begun) {
			l.revive(now, c, "its PSR is still there")
			continue
		}
		l.onPSR(now, PSRSeen{PSR: p})
	}
	live := map[AgentWorkID]WorkStatus{}
	for _, w := range b.Works {
		live[w.ID] = w.Status
		if c := l.byWork[w.ID]; c != nil && c.State == Gone && c.Entered.Before(b.Begun) {
			l.revive(now, c, "its AgentWork is still "+string(w.Status))
			continue
		}
		l.onWork(now, w)
	}
	l.out.Stale = 0 // most of a baseline is known: that is no sign of anything
	for c := range l.Chains() {
		if c := l.chains[c.Interaction]; l.absent(now, c, announced, live) {
			found.absent++
			l.look(now, c)
		}
	}
	if !first && found != (findings{}) {
		l.out.Notes = append(l.out.Notes, Note{What: "sweep", Why: found.String()})
	}
}

// absent tells whether a baseline lacks what c should have there, or has with an agent
// what was taken for over. Work that was held for want of configuration is tried again.
func (l *Ledger) absent(now time.Time, c *Chain, announced map[PSRID]bool, live map[AgentWorkID]WorkStatus) bool {
	switch c.State {
	case Held:
		if announced[c.PSR] {
			l.announce(now, c)
		}
		return !announced[c.PSR]
	case Announced:
		return !announced[c.PSR]
	case Alerting, Retracting:
		return live[c.Work] != Assigned || slices.ContainsFunc(c.Past, func(id AgentWorkID) bool { return live[id] == Opened })
	case InHand, Closing, Requeueing:
		return live[c.Work] == ""
	default:
		return false // an effect is under way, whose outcome tells
	}
}

// findings is what a sweep found that no event had told by then. Events that are
// still on their way count, too: a few are no sign of a fault.
type findings struct {
	unknown int // work that waits and was not known
	newer   int // PSRs that have changed
	absent  int // work that is no longer where it was
}

func (f findings) String() string {
	return fmt.Sprintf("found what no event had told: %d new, %d changed, %d no longer there and looked up", f.unknown, f.newer, f.absent)
}

// revive brings back a chain that was taken for over and is not.
func (l *Ledger) revive(now time.Time, c *Chain, why string) {
	if i := slices.Index(l.gone, c); i >= 0 {
		l.gone = slices.Delete(l.gone, i, i+1)
	}
	if !l.move(now, c, factReturned, why) {
		return
	}
	l.unindexWork(c.Past...)
	c.Past = nil // one of them may be live after all
	l.drift(c, why)
	l.index(c)
	l.look(now, c)
}

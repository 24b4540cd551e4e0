package contactpad

import (
	"context"
	"time"

	"omnibridge/vcc"
)

// standing is what the application is told of an agent's panel.
type standing struct {
	told, want vcc.Panel
	telling    bool // one is on its way
}

func (n *standing) settled() bool { return !n.telling && n.told == n.want }

// tellStanding tells, with the lock held, the application if the standing changed.
// Where it changes faster than it can be told, only the newest is.
func (t *seat) tellStanding(now time.Time) {
	n := &t.standing
	want := vcc.Panel{Alive: t.roster.alive(now), Since: n.want.Since}
	if p := t.primary(); p != nil && want.Alive {
		want.Phone = p.phone
	}
	if !want.Alive {
		want.Why = t.whyLost()
	}
	if want.Alive != n.want.Alive || n.want.Since.IsZero() {
		if !want.Alive && n.want.Since.IsZero() {
			return // never had a panel: nothing to tell
		}
		want.Since = now
	} else if !want.Alive {
		want.Why = n.want.Why // of the moment when it was lost
	}
	n.want = want
	if !n.settled() && !n.telling {
		n.telling = true
		t.s.running.Go(t.tellApplication)
	}
}

// whyLost says, with the lock held, why the agent has no live panel.
func (t *seat) whyLost() string {
	switch {
	case t.leaving != "":
		return t.leaving
	case len(t.panels) == 0 && t.broke:
		return "ContactPad's connection was lost"
	case len(t.panels) == 0:
		return "ContactPad is closed"
	}
	for _, p := range t.panels {
		if p.asleep {
			return "the browser put the tab of ContactPad to sleep"
		}
	}
	return "ContactPad does not answer"
}

// tellApplication tells the standing until it is known, and tries again when that
// fails.
func (t *seat) tellApplication() {
	for {
		t.mu.Lock()
		want := t.standing.want
		if want == t.standing.told || t.s.ctx.Err() != nil {
			t.standing.telling = false
			t.mu.Unlock()
			t.hurry()
			return
		}
		t.mu.Unlock()
		ctx, cancel := context.WithTimeout(t.s.ctx, findTime)
		err := t.s.o.Desks.Panel(ctx, t.agent, want)
		cancel()
		if err != nil {
			t.s.log.Warn("standing of a panel not told, trying again", "agent", t.agent, "alive", want.Alive, "err", err)
			t.s.pause(time.Second)
			continue
		}
		t.mu.Lock()
		t.standing.told = want
		t.mu.Unlock()
	}
}

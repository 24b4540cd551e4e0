package connector

import (
	"context"
	"time"

	"omnibridge/connector/store"
	"omnibridge/vcc"
)

// What the engine has counted today is kept with what the loop commits anyway: at most
// every keepEvery while it changes, and every keepStill while it does not, so that how long
// agents have done the same thing is known too. What a killed process loses of it is what
// was counted since; one that is told to end loses nothing.
const (
	keepEvery = 5 * time.Second
	keepStill = time.Minute
	// keepMost bounds what is kept at once. While more has changed, it is kept every keepMore.
	keepMost = 200
	keepMore = time.Second
)

// dayKeeper is an engine whose counts of the day outlive it. One that runs elsewhere keeps
// its own.
type dayKeeper interface {
	DayCounts(now time.Time, most int) (d vcc.DayCounts, more bool)
	Uncounted() bool // DayCounts has something to tell
	RestoreDay(now time.Time, d vcc.DayCounts)
}

// keepDay adds to t what is to be kept by now of what was counted.
func (c *Core) keepDay(now time.Time, t *Turn) {
	if at, ok := c.keepNext(); ok && !at.After(now) {
		c.takeDay(now, t)
	}
}

// takeDay adds to t what has changed of what was counted, and tells whether there is more.
func (c *Core) takeDay(now time.Time, t *Turn) (more bool) {
	k, ok := c.engine.(dayKeeper)
	if !ok {
		return false
	}
	d, more := k.DayCounts(now, keepMost)
	t.Change.Day = &d
	c.kept, c.keepSoon = now, more
	return more
}

// keepNext tells when the counts are to be kept again.
func (c *Core) keepNext() (time.Time, bool) {
	k, ok := c.engine.(dayKeeper)
	switch {
	case !ok || c.kept.IsZero():
		return time.Time{}, false
	case c.keepSoon:
		return c.kept.Add(keepMore), true
	case k.Uncounted():
		return c.kept.Add(keepEvery), true
	default:
		return c.kept.Add(keepStill), true
	}
}

// keepLast keeps what was counted when the loop has ended.
func (c *Connector) keepLast(ctx context.Context) error {
	for more := true; more; {
		t := Turn{}
		more = c.core.takeDay(time.Now(), &t)
		if t.Change.Day == nil {
			return nil
		}
		if err := c.commit(ctx, store.Change{Day: t.Change.Day}); err != nil {
			return err
		}
	}
	return nil
}

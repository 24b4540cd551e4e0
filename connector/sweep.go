package connector

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/cenkalti/backoff/v4"

	"omnibridge/omnichannel"
)

// Names of links.
const (
	StreamLink = "stream" // the org's events
	RESTLink   = "rest"   // the org's REST API
)

// leastApart is the least time between two sweeps that were asked for, so that
// something that keeps asking cannot use the org's API calls up.
const leastApart = 2 * time.Second

// sweeps reads the whole org and lets the loop compare it: at once, when asked,
// and from time to time; more often while the stream is not up, since then it is
// the only source.
func (c *Connector) sweeps(ctx context.Context) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-c.kick:
			if wait := leastApart - time.Since(c.lastSweep()); wait > 0 {
				select {
				case <-time.After(wait):
				case <-ctx.Done():
					return
				}
			}
		case <-c.pace:
			timer.Reset(c.untilSweep())
			continue
		case <-timer.C:
		}
		if err := c.sweep(ctx); err != nil && ctx.Err() == nil {
			c.log.Error("sweep", "err", err)
		}
		timer.Reset(c.untilSweep())
	}
}

// stretch is by how much sweeps are made rarer while API calls are scarce.
const stretch = 6

// untilSweep returns the time to the next sweep that nobody asks for. While the
// stream is up these sweeps are only to be safe, so they are the first thing to be
// left out when the org's API calls become scarce.
func (c *Connector) untilSweep() time.Duration {
	scarce := c.scarce()
	if c.link(StreamLink).State != omnichannel.LinkUp {
		if scarce { // a stream that is down for hours must not take what pushes need
			return stretch * c.o.SweepDown
		}
		return c.o.SweepDown
	}
	c.mu.Lock()
	before := c.shed
	c.shed = scarce
	c.mu.Unlock()
	switch {
	case scarce && !before:
		c.log.Warn("the org's API calls are scarce", "so", c.shedText())
	case !scarce && before:
		c.log.Info("the org's API calls are no longer scarce", "so", fmt.Sprintf("the whole org is read every %v again", c.o.SweepEvery))
	}
	if scarce {
		return stretch * c.o.SweepEvery
	}
	return c.o.SweepEvery
}

func (c *Connector) shedText() string {
	return fmt.Sprintf("the whole org is read every %v instead of every %v while events arrive; pushes are not held back", stretch*c.o.SweepEvery, c.o.SweepEvery)
}

// scarce tells whether API calls are to be saved.
func (c *Connector) scarce() bool {
	if c.o.Budget == nil {
		return false
	}
	return slices.ContainsFunc(c.o.Budget(), func(a omnichannel.Allowance) bool {
		return a.Name == omnichannel.APICalls && (a.Level >= omnichannel.Scarce || !a.Until.IsZero())
	})
}

// sweep reads the whole org, trying until ctx ends or the fault is permanent, and
// returns once the comparison is durable.
func (c *Connector) sweep(ctx context.Context) error {
	b := backoff.WithContext(backoff.NewExponentialBackOff(
		backoff.WithInitialInterval(250*time.Millisecond), backoff.WithMaxInterval(time.Minute), backoff.WithMaxElapsedTime(0)), ctx)
	baseline, err := backoff.RetryWithData(func() (omnichannel.Baseline, error) {
		begun := time.Now()
		baseline, err := c.o.Org.Baseline(ctx)
		if err != nil {
			if ctx.Err() == nil { // else it is we who end
				c.setLink(restFault(err))
			}
			return baseline, err
		}
		baseline.Begun = begun
		return baseline, nil
	}, b)
	if err != nil {
		return fmt.Errorf("read the org: %w", err)
	}
	c.setLink(omnichannel.Link{Name: RESTLink, State: omnichannel.LinkUp})
	if err := c.put(ctx, input{signals: []omnichannel.Signal{baseline}}, true); err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.swept = time.Now()
	c.counts.Sweeps++
	return nil
}

// count changes the counts.
func (c *Connector) count(change func(*Counts)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	change(&c.counts)
}

// restFault describes why the org could not be read. What the fault advises stands
// beside the reason, whose last words it often is.
func restFault(err error) omnichannel.Link {
	l := omnichannel.Link{Name: RESTLink, State: omnichannel.LinkDown, Reason: err.Error()}
	if h, ok := errors.AsType[interface {
		error
		Advice() string
	}](err); ok {
		l.Hint = h.Advice()
		if at := strings.LastIndex(l.Reason, l.Hint); l.Hint != "" && at > 0 {
			l.Reason = strings.TrimRight(l.Reason[:at], " :(")
		}
	}
	return l
}

// askSweep asks for a sweep; several asks before it begins are one.
func (c *Connector) askSweep() {
	select {
	case c.kick <- struct{}{}:
	default:
	}
}

func (c *Connector) lastSweep() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.swept
}

func (c *Connector) link(name string) omnichannel.Link {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.links[name]
}

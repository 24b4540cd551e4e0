package connector

import (
	"context"
	"errors"
	"fmt"
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
		case <-timer.C:
		}
		if err := c.sweep(ctx); err != nil && ctx.Err() == nil {
			c.log.Error("sweep", "err", err)
		}
		if c.link(StreamLink).State == omnichannel.LinkUp {
			timer.Reset(c.o.SweepEvery)
		} else {
			timer.Reset(c.o.SweepDown)
		}
	}
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
			c.setLink(restFault(err))
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

// restFault describes why the org could not be read.
func restFault(err error) omnichannel.Link {
	l := omnichannel.Link{Name: RESTLink, State: omnichannel.LinkDown, Reason: err.Error()}
	if h, ok := errors.AsType[interface {
		error
		Advice() string
	}](err); ok {
		l.Hint = h.Advice()
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

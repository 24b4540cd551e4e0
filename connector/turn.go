package connector

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/cenkalti/backoff/v4"

	"omnibridge/connector/store"
	"omnibridge/omnichannel"
	"omnibridge/vcc"
)

// mostInputs bounds how many inputs one turn, and so one transaction, takes.
const mostInputs = 512

// more returns in and whatever else waits, without waiting for any.
func (c *Connector) more(in input) []input {
	ins := []input{in}
	for len(ins) < mostInputs {
		select {
		case next := <-c.inbox:
			ins = append(ins, next)
		default:
			return ins
		}
	}
	return ins
}

// turn runs one turn and makes it durable.
func (c *Connector) turn(ctx context.Context, ins []input) error {
	now := time.Now()
	var signals []omnichannel.Signal
	var reports []vcc.Report
	for _, in := range ins {
		signals = append(signals, in.signals...)
		reports = append(reports, in.reports...)
	}
	t := c.core.Turn(now, signals, reports)
	for _, in := range ins {
		t.Change.Cursors = append(t.Change.Cursors, in.cursors...)
		for _, n := range in.notes {
			t.Change.Journal = append(t.Change.Journal, store.Entry{At: now, Interaction: n.Interaction, What: n.What, Offer: n.Offer, Agent: n.Agent, Why: n.Why})
		}
	}
	return c.settle(ctx, ins, t)
}

// settle commits a turn, and only then lets it be seen.
func (c *Connector) settle(ctx context.Context, ins []input, t Turn) error {
	err := c.commit(ctx, t.Change)
	if err == nil {
		// Before anybody is answered: a panel that was logged out closes its console.
		for _, d := range t.Directives {
			c.direct(d)
		}
		answer(ins, t.Answers)
	}
	for _, in := range ins {
		if in.done != nil {
			in.done <- err
		}
	}
	if err != nil {
		return err
	}
	c.carrier.take(t.Effects)
	c.show(t.Desks)
	if c.o.Names != nil {
		c.wantNames(ins, t.Change.Interactions)
	}
	if t.Resync {
		c.askSweep()
	}
	if c.o.OnJournal != nil && len(t.Change.Journal) > 0 {
		c.o.OnJournal(t.Change.Journal)
	}
	for _, f := range t.Faults {
		c.log.Error("an input could not be", "err", f)
	}
	for _, e := range t.Change.Journal {
		if e.Interaction == "" { // about the whole org, so worth a line
			c.log.Info("journal", "what", e.What, "why", e.Why)
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.counts.Turns++
	c.counts.Inputs += len(ins)
	c.counts.Effects += len(t.Effects)
	c.counts.Stale += t.Stale
	c.counts.Late += t.Late
	c.counts.Faults += len(t.Faults)
	for _, in := range ins {
		for _, s := range in.signals {
			if o, ok := s.(omnichannel.Outcome); ok {
				c.counts.result(o)
			}
		}
	}
	for _, d := range t.Waits {
		c.counts.Waits.add(d)
	}
	return nil
}

// commit makes a change durable. What the loop knows has changed already, so a
// store that does not take it is tried again for a while; then the process has
// to end, and the next start finds out what is true.
func (c *Connector) commit(ctx context.Context, change store.Change) error {
	ctx = context.WithoutCancel(ctx) // ending must not lose what has happened
	b := backoff.NewExponentialBackOff(backoff.WithInitialInterval(50*time.Millisecond), backoff.WithMaxInterval(2*time.Second), backoff.WithMaxElapsedTime(30*time.Second))
	err := backoff.RetryNotify(func() error {
		err := c.o.Store.Commit(ctx, change)
		if _, broken := errors.AsType[*store.ConstraintError](err); broken {
			return backoff.Permanent(err)
		}
		return err
	}, b, func(err error, d time.Duration) {
		c.log.Warn("the store did not take a change; trying again", "err", err, "in", d)
	})
	if err != nil {
		return fmt.Errorf("store: %w", err)
	}
	return nil
}

package connector

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/cenkalti/backoff/v4"

	"omnibridge/omnichannel"
	"omnibridge/vcc"
)

// Connector runs the loop.
type Connector struct {
	o       Options
	log     *slog.Logger
	core    *Core // the loop's
	inbox   chan input
	asks    chan func(*Core)
	kick    chan struct{} // asks for a sweep
	pace    chan struct{} // the time to the next sweep may have changed
	carrier *carrier
	namer   *namer
	ended   chan struct{}    // closed when the loop has ended
	fresh   chan vcc.AgentID // who began to be watched

	watching sync.Mutex
	watchers map[vcc.AgentID]map[chan vcc.Desk]bool
	allFresh bool // more began to be watched than fresh could hold

	mu     sync.Mutex
	links  map[string]omnichannel.Link
	swept  time.Time // when the last sweep was durable
	shed   bool      // sweeps are stretched, to save API calls
	counts Counts
}

// input is one thing for the loop. done, if not nil, gets nil once it is durable;
// answers, if not nil, has got the answer to the one command in reports by then.
type input struct {
	signals []omnichannel.Signal
	reports []vcc.Report
	answers chan vcc.Answer
	cursors []omnichannel.Cursor
	notes   []omnichannel.Note
	done    chan error
}

// ErrEnded says that the loop has ended, so an input was not taken.
var ErrEnded = errors.New("the connector has ended")

// New returns a connector that is ready to run.
func New(o Options) (*Connector, error) {
	if err := o.validate(); err != nil {
		return nil, err
	}
	core, err := NewCore(o.Policy, o.Engine)
	if err != nil {
		return nil, err
	}
	core.isAgent = o.IsAgent
	c := &Connector{
		o: o, log: o.Logger, core: core,
		inbox: make(chan input, o.Inbox),
		asks:  make(chan func(*Core)),
		kick:  make(chan struct{}, 1),
		pace:  make(chan struct{}, 1),
		ended: make(chan struct{}),
		links: map[string]omnichannel.Link{}, counts: Counts{Waits: newSpread()},
		fresh: make(chan vcc.AgentID, 256), watchers: map[vcc.AgentID]map[chan vcc.Desk]bool{},
	}
	c.namer = newNamer()
	c.carrier = newCarrier(o.Org, func(ctx context.Context, out omnichannel.Outcome) error {
		return c.put(ctx, input{signals: []omnichannel.Signal{out}}, false)
	})
	return c, nil
}

// Run restores what was stored, then connects the org and the engine until ctx
// ends. It then takes no more work, waits a bounded time for what is under way,
// makes that durable and returns nil. An error means that it could not go on.
// It may be called once.
func (c *Connector) Run(ctx context.Context) error {
	defer close(c.ended)
	snapshot, err := c.o.Store.Load(ctx)
	if err != nil && ctx.Err() != nil {
		return nil // told to end before it began
	}
	if err != nil {
		return fmt.Errorf("load the stored state: %w", err)
	}
	if err := c.settle(ctx, nil, c.core.Restore(time.Now(), snapshot)); err != nil {
		return err
	}
	c.tellRestored()
	c.log.Info("state restored", "chains", len(snapshot.Chains), "interactions", len(snapshot.Interactions), "effects", len(snapshot.Effects))

	// The sources end with ctx; the carriers may go on for the time of draining.
	carry, stopCarry := context.WithCancel(context.WithoutCancel(ctx))
	defer stopCarry()
	sources, stopSources := context.WithCancel(ctx)
	defer stopSources()
	var sourcesEnd, carriersEnd sync.WaitGroup
	feedErr := make(chan error, 1)
	// Nothing of an org is taken into a store that may be another's, and none of the
	// store's effects is asked of it.
	bound := make(chan struct{})
	sourcesEnd.Go(func() {
		if err := c.bind(sources); err != nil {
			feedErr <- err
			return
		}
		close(bound)
		sourcesEnd.Go(func() { c.sweeps(sources) })
		if c.o.Names != nil {
			sourcesEnd.Go(func() { c.names(sources) })
		}
		feedErr <- c.o.Feed.Run(sources, Sink{c})
	})
	carriersEnd.Go(func() {
		select {
		case <-bound:
			c.carrier.run(carry, c.o.Workers)
		case <-sources.Done():
		}
	})

	err = c.loop(ctx, feedErr)
	c.carrier.stop()
	if err == nil {
		err = c.drain(carry, &carriersEnd)
	}
	if err == nil {
		err = c.keepLast(ctx)
	}
	stopSources()
	stopCarry()
	c.refuse(&sourcesEnd, &carriersEnd)
	return err
}

// bind finds out which org it is, trying until ctx ends, and ties the store to it.
func (c *Connector) bind(ctx context.Context) error {
	b := backoff.WithContext(backoff.NewExponentialBackOff(
		backoff.WithInitialInterval(250*time.Millisecond), backoff.WithMaxInterval(time.Minute), backoff.WithMaxElapsedTime(0)), ctx)
	id, err := backoff.RetryNotifyWithData(func() (string, error) { return c.o.Org.Identity(ctx) }, b, func(err error, _ time.Duration) { c.setLink(restFault(err)) })
	if err != nil {
		return fmt.Errorf("log in: %w", err)
	}
	return c.o.Store.BindOrg(ctx, id)
}

// loop takes inputs until ctx ends or something is wrong that cannot be mended.
func (c *Connector) loop(ctx context.Context, feedErr <-chan error) error {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		var ins []input
		select {
		case <-ctx.Done():
			return nil
		case err := <-feedErr:
			if ctx.Err() != nil {
				return nil
			}
			return err
		case ask := <-c.asks:
			ask(c.core)
			continue
		case agent := <-c.fresh:
			c.show([]vcc.AgentID{agent})
			continue
		case in := <-c.inbox:
			ins = c.more(in)
		case <-timer.C:
		}
		if err := c.turn(ctx, ins); err != nil {
			return err
		}
		if at, ok := c.core.Next(); ok {
			timer.Reset(time.Until(at))
		} else {
			timer.Stop()
		}
	}
}

// drain takes the outcomes of what was under way when Run was told to end.
func (c *Connector) drain(ctx context.Context, carriers *sync.WaitGroup) error {
	ctx, cancel := context.WithTimeout(ctx, c.o.Drain)
	defer cancel()
	idle := make(chan struct{})
	go func() {
		carriers.Wait()
		close(idle)
	}()
	for {
		select {
		case in := <-c.inbox:
			if err := c.turn(ctx, c.more(in)); err != nil {
				return err
			}
		case <-idle:
			if len(c.inbox) == 0 {
				return nil
			}
		case <-ctx.Done():
			c.log.Warn("effects were still under way; the next start looks up what became of them", "after", c.o.Drain)
			return nil
		}
	}
}

// refuse answers whoever still puts inputs until all have ended.
func (c *Connector) refuse(groups ...*sync.WaitGroup) {
	done := make(chan struct{})
	go func() {
		for _, g := range groups {
			g.Wait()
		}
		close(done)
	}()
	for {
		select {
		case in := <-c.inbox:
			if in.done != nil {
				in.done <- ErrEnded
			}
		case <-done:
			return
		}
	}
}

// put hands an input to the loop; with durable it returns once that is committed.
func (c *Connector) put(ctx context.Context, in input, durable bool) error {
	if durable {
		in.done = make(chan error, 1)
	}
	select {
	case c.inbox <- in:
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-c.ended:
		return ErrEnded
	}
	if !durable {
		return nil
	}
	select {
	case err := <-in.done:
		return err
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-c.ended:
		return ErrEnded
	}
}

// setLink takes the state of one outside connection.
func (c *Connector) setLink(l omnichannel.Link) {
	c.mu.Lock()
	before := c.links[l.Name]
	if before.State == l.State && before.Reason == l.Reason {
		c.mu.Unlock()
		return
	}
	l.Since = before.Since
	if before.State != l.State {
		l.Since = time.Now()
	}
	c.links[l.Name] = l
	c.mu.Unlock()
	if l.State == omnichannel.LinkUp || l.State == omnichannel.LinkConnecting {
		c.log.Info("link", "link", l.Name, "state", l.State, "reason", l.Reason)
	} else {
		c.log.Warn("link", "link", l.Name, "state", l.State, "reason", l.Reason, "hint", l.Hint)
	}
	if l.Name == StreamLink && before.State == omnichannel.LinkUp {
		select {
		case c.pace <- struct{}{}: // sweeps are more often from now on
		default:
		}
	}
	if l.Name == StreamLink && l.State == omnichannel.LinkUp {
		c.askSweep() // what happened before it was up may be missing
	}
}

package connector

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"sync"
	"time"

	"github.com/cenkalti/backoff/v4"

	"omnibridge/connector/store"
	"omnibridge/omnichannel"
	"omnibridge/vcc"
)

// Options is what a Connector is made of.
type Options struct {
	Org    Org
	Feed   Feed
	Engine Engine
	Store  Store
	Policy omnichannel.Policy
	Logger *slog.Logger

	// Inbox is how many inputs may wait for the loop. When it is full, those who
	// put into it wait. Default 1024.
	Inbox int
	// Workers is how many effects are handed to the Org at the same time. It bounds
	// its own calls, and sends what waits for one together, so there should be room
	// for what it can send at once. Default 512.
	Workers int
	// SweepEvery is how often the whole org is read and compared while the stream
	// is up, SweepDown while it is not. Defaults 5 min and 15 s. While the org's API
	// calls are scarce, SweepEvery is stretched: events tell the same, and pushes
	// need the calls.
	SweepEvery, SweepDown time.Duration
	// Budget, if set, tells the org's daily allowances. It must not block.
	Budget func() []omnichannel.Allowance
	// Drain bounds how long Run waits, when it is told to end, for what is under
	// way. Default 10 s.
	Drain time.Duration
	// Names, if set, tells what people call records, by id, each given with its service
	// channel; those that it cannot name are left out. It may block for as long as ctx
	// lasts. It is asked for what has no name and is offered to, or held by, an agent whose
	// ContactPad is open, once with every offer, for many at once
	// when there are many, and not while API calls are scarce.
	Names func(context.Context, map[omnichannel.RecordID]omnichannel.ChannelID) (map[omnichannel.RecordID]string, error)
	// IsAgent, if set, tells which users of the org may be agents, so that they can be
	// consulted and given work before they were ever seen. Default: all of them.
	IsAgent func(vcc.AgentID) bool
	// Direct, if set, takes the directives that are not the org's business (Pop,
	// SetOmni, Phone, Tell), in order, after what they follow from is durable. It is
	// called by the loop and must not block.
	Direct func(vcc.Directive)
	// Owing, if set, takes every interaction of which a provider is owed a word, after
	// that is durable; Restored, once, what was open when the state was restored. Both
	// are called by the loop and must not block.
	Owing    func(vcc.Interaction)
	Restored func([]vcc.Interaction)
	// OnJournal, if set, is called by the loop with the journal entries of each
	// turn after they are durable. It must not block.
	OnJournal func([]store.Entry)
}

func (o *Options) validate() error {
	var errs []error
	for name, missing := range map[string]bool{"Org": o.Org == nil, "Feed": o.Feed == nil, "Engine": o.Engine == nil, "Store": o.Store == nil, "Logger": o.Logger == nil} {
		if missing {
			errs = append(errs, fmt.Errorf("connector: option %s is not set", name))
		}
	}
	for n, def := range map[*int]int{&o.Inbox: 1024, &o.Workers: 512} {
		if *n <= 0 {
			*n = def
		}
	}
	for d, def := range map[*time.Duration]time.Duration{&o.SweepEvery: 5 * time.Minute, &o.SweepDown: 15 * time.Second, &o.Drain: 10 * time.Second} {
		if *d <= 0 {
			*d = def
		}
	}
	return errors.Join(errs...)
}

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

// Counts is what the loop has counted since it started.
type Counts struct {
	Turns   int `json:"turns"`
	Inputs  int `json:"inputs"`
	Effects int `json:"effects"`
	Stale   int `json:"stale"`  // events that were old or repeated
	Late    int `json:"late"`   // answers to offers no longer open
	Faults  int `json:"faults"` // inputs that could not be
	Sweeps  int `json:"sweeps"`
	Signals int `json:"signals"` // what the stream's events told
	Gaps    int `json:"gaps"`    // gaps in the stream that were swept over
	// Results counts effects that were carried out, by kind and by how they came out.
	Results map[omnichannel.EffectKind]map[omnichannel.Result]int `json:"results"`
	// Waits is from a PSR's creation, by the org's clock, to the AgentWork of its
	// first offer.
	Waits Spread `json:"waits"`
}

// result counts an effect that was carried out.
func (c *Counts) result(o omnichannel.Outcome) {
	if c.Results == nil {
		c.Results = map[omnichannel.EffectKind]map[omnichannel.Result]int{}
	}
	if c.Results[o.Effect.Kind] == nil {
		c.Results[o.Effect.Kind] = map[omnichannel.Result]int{}
	}
	c.Results[o.Effect.Kind][o.Result]++
}

// clone returns a copy that shares nothing.
func (c Counts) clone() Counts {
	results := make(map[omnichannel.EffectKind]map[omnichannel.Result]int, len(c.Results))
	for kind, n := range c.Results {
		results[kind] = maps.Clone(n)
	}
	c.Results, c.Waits = results, c.Waits.clone()
	return c
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
		links: map[string]omnichannel.Link{},
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
	sourcesEnd.Go(func() {
		// Nothing of an org is taken into a store that may be another's.
		if err := c.bind(sources); err != nil {
			feedErr <- err
			return
		}
		sourcesEnd.Go(func() { c.sweeps(sources) })
		if c.o.Names != nil {
			sourcesEnd.Go(func() { c.names(sources) })
		}
		feedErr <- c.o.Feed.Run(sources, Sink{c})
	})
	carriersEnd.Go(func() { c.carrier.run(carry, c.o.Workers) })

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
	for _, d := range t.Directives {
		c.direct(d)
	}
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
	if l.Since.IsZero() {
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

package streaming

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/cenkalti/backoff/v4"
)

// Client is one subscription client of one org. Make it with New.
type Client struct {
	options   Options
	transport *transport
	release   func()            // closes idle connections, if the transport is ours
	names     map[string]string // channel of an event to Channel.Name
	running   atomic.Bool
	jitter    float64     // share by which pauses vary
	renewals  chan string // reasons; has room for one

	mu    sync.Mutex
	stats Stats
}

// Stats counts what happened since New.
type Stats struct {
	Logins     uint64 // tokens asked for at the start of a session
	Handshakes uint64 // sessions asked for
	Polls      uint64 // connects sent
	Events     uint64 // events that the owner made durable
	Duplicates uint64 // events dropped because they were delivered before
	Strays     uint64 // events of channels that were not subscribed
	Gaps       uint64 // gaps that the owner closed
	Stale      uint64 // answers that came after their session had ended
}

// New checks the options and returns a client that does nothing until Run. The
// error names every fault of the options.
func New(o Options) (*Client, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	c := &Client{options: o, names: map[string]string{}, release: func() {}, jitter: 0.5, renewals: make(chan string, 1)}
	for _, channel := range o.Channels {
		c.names[channel.Name] = channel.Name
		c.names[replayKey(channel.Name)] = channel.Name
	}
	c.transport = &transport{tokens: o.TokenSource, version: o.APIVersion, userAgent: o.UserAgent}
	if o.HTTP != nil && o.HTTP.Transport != nil {
		c.transport.through = o.HTTP.Transport
	} else {
		own := newRoundTripper()
		c.transport.through, c.release = own, own.CloseIdleConnections
	}
	return c, nil
}

// Stats returns the counts so far. Safe for concurrent use.
func (c *Client) Stats() Stats {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.stats
}

func (c *Client) count(change func(*Stats)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	change(&c.stats)
}

// Run connects and delivers until ctx ends, and returns its cause. Trouble with
// the server is never an error of Run but a Status, and is retried for ever. At
// the end Run tells the server, for at most two seconds, and waits for the
// callbacks to return. It may be called again afterwards, not at the same time.
func (c *Client) Run(ctx context.Context) error {
	if !c.running.CompareAndSwap(false, true) {
		return errors.New("run streaming client: it is running already")
	}
	defer c.running.Store(false)
	defer c.release()

	select {
	case <-c.renewals: // of an earlier run
	default:
	}
	working, cancel := context.WithCancel(ctx)
	r := &run{
		client:  c,
		ctx:     working,
		tasks:   make(chan task),
		wake:    make(chan struct{}, 1),
		seen:    newSeen(),
		machine: newMachine(limits{slack: c.options.Slack, request: requestTimeout}, c.pauses(), c.options.Channels),
	}
	r.loop()
	cancel()
	r.wg.Wait()
	return context.Cause(ctx)
}

// Renew gives the present session up and begins a new one, from the owner's
// cursors: for an owner who has reason to think that events do not come although
// polls are answered. The reason is shown as that of the link. A session that is
// being built already is not disturbed. It does not wait, and is safe for
// concurrent use.
func (c *Client) Renew(reason string) {
	select {
	case c.renewals <- reason:
	default: // one is wanted already
	}
}

// Pauses between attempts. The first attempt after a healthy session does not wait;
// the following pauses begin with firstPause, double, vary by half either way, and
// stop growing at lastPause.
const (
	firstPause = time.Second
	lastPause  = 2 * time.Minute
)

func (c *Client) pauses() pauses {
	return backoff.NewExponentialBackOff(
		backoff.WithInitialInterval(firstPause),
		backoff.WithMaxInterval(lastPause),
		backoff.WithMultiplier(2),
		backoff.WithRandomizationFactor(c.jitter),
		backoff.WithMaxElapsedTime(0), // its default gives up after a quarter of an hour
	)
}

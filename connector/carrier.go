package connector

import (
	"context"
	"sync"

	"omnibridge/omnichannel"
)

// carrier carries effects out, a bounded number at a time; nothing runs while
// there are none. Taking an effect never blocks: there are never more than one
// per chain and one per agent.
type carrier struct {
	org     Org
	deliver func(context.Context, omnichannel.Outcome) error

	mu      sync.Mutex
	idle    *sync.Cond // busy fell to zero, or closed was set
	ctx     context.Context
	workers int // zero until run
	queue   []omnichannel.Effect
	busy    int
	closed  bool
}

func newCarrier(org Org, deliver func(context.Context, omnichannel.Outcome) error) *carrier {
	c := &carrier{org: org, deliver: deliver}
	c.idle = sync.NewCond(&c.mu)
	return c
}

// take queues effects.
func (c *carrier) take(effects []omnichannel.Effect) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return // they are in the outbox, and are asked anew on start
	}
	c.queue = append(c.queue, effects...)
	c.start()
}

// run works until stop, and returns when what was under way has ended; ctx bounds
// the single calls.
func (c *carrier) run(ctx context.Context, workers int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ctx, c.workers = ctx, workers
	c.start()
	for !c.closed || c.busy > 0 {
		c.idle.Wait()
	}
}

// start begins as many effects as may be under way. The caller holds c.mu.
func (c *carrier) start() {
	for c.busy < c.workers && len(c.queue) > 0 {
		e := c.queue[0]
		c.queue = c.queue[1:]
		c.busy++
		go c.carry(c.ctx, e)
	}
}

// carry carries out one effect.
func (c *carrier) carry(ctx context.Context, e omnichannel.Effect) {
	out := c.org.Carry(ctx, e)
	out.Effect = e
	// An error means that the loop has ended: the effect is still in the outbox,
	// and its outcome is found out on the next start.
	_ = c.deliver(ctx, out)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.busy--
	c.start()
	if c.busy == 0 {
		c.idle.Broadcast()
	}
}

// stop takes no more effects, begins none, and lets those under way end.
func (c *carrier) stop() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.closed = true
	c.queue = nil
	c.idle.Broadcast()
}

// load returns how many effects wait and how many are being carried out.
func (c *carrier) load() (waiting, busy int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.queue), c.busy
}

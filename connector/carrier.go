package connector

import (
	"context"
	"sync"

	"omnibridge/omnichannel"
)

// carrier carries effects out with a bounded number of workers. Taking an effect
// never blocks: there are never more than one per chain and one per agent.
type carrier struct {
	org     Org
	deliver func(context.Context, omnichannel.Outcome) error

	mu     sync.Mutex
	wake   *sync.Cond
	queue  []omnichannel.Effect
	busy   int
	closed bool
}

func newCarrier(org Org, deliver func(context.Context, omnichannel.Outcome) error) *carrier {
	c := &carrier{org: org, deliver: deliver}
	c.wake = sync.NewCond(&c.mu)
	return c
}

// take queues effects.
func (c *carrier) take(effects []omnichannel.Effect) {
	if len(effects) == 0 {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return // they are in the outbox, and are asked anew on start
	}
	c.queue = append(c.queue, effects...)
	c.wake.Broadcast()
}

// run works until stop; ctx bounds the single calls.
func (c *carrier) run(ctx context.Context, workers int) {
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() {
			for {
				e, ok := c.next()
				if !ok {
					return
				}
				out := c.org.Carry(ctx, e)
				out.Effect = e
				// An error means that the loop has ended: the effect is still in
				// the outbox, and its outcome is found out on the next start.
				_ = c.deliver(ctx, out)
				c.done()
			}
		})
	}
	wg.Wait()
}

// next waits for an effect; ok is false after stop.
func (c *carrier) next() (e omnichannel.Effect, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for len(c.queue) == 0 && !c.closed {
		c.wake.Wait()
	}
	if c.closed {
		return e, false
	}
	e, c.queue = c.queue[0], c.queue[1:]
	c.busy++
	return e, true
}

func (c *carrier) done() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.busy--
	c.wake.Broadcast()
}

// stop takes no more effects, begins none, and lets those under way end.
func (c *carrier) stop() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.closed = true
	c.queue = nil
	c.wake.Broadcast()
}

// load returns how many effects wait and how many are being carried out.
func (c *carrier) load() (waiting, busy int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.queue), c.busy
}

package salesforce

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// laneTime is how long a call of pushes keeps its lane. What takes longer hangs,
// and must not hold up those who wait: its lane passes on while it goes on.
const laneTime = time.Second

// pushes creates AgentWorks, batched when busy: a push that finds a free lane
// leaves at once, alone; those that find none wait for the first call to come
// back and then leave together, in one collection of up to [MaxBatch]. So
// nothing waits for company when it is quiet, and under load the calls per push
// fall as the load grows.
//
//	free lane ──▶ POST sobjects/AgentWork
//	busy      ──▶ queue ── a call came back ──▶ POST composite/sobjects, all that wait
//
// Each push gets its own answer, as if it had been sent alone. It is safe for
// concurrent use; nothing runs while nothing is asked.
type pushes struct {
	client *Client
	lanes  int // calls that others need not wait for

	mu    sync.Mutex
	queue []*push
	busy  int // lanes taken
}

// push is one AgentWork to be created.
type push struct {
	ctx    context.Context // of who waits for it: when all of a call are gone, the call ends
	fields any
	flight *flight // nil while it waits; guarded by pushes.mu
	answer chan RowResult
}

// flight is one call with the pushes in it.
type flight struct {
	pushes  []*push
	ctx     context.Context
	abandon context.CancelCauseFunc
	waiting int // pushes whose callers still wait; guarded by pushes.mu
}

// newPushes takes a third of the client's places for pushes that leave at once:
// enough that one slow call delays nobody, few enough that load makes batches.
func newPushes(c *Client) *pushes {
	return &pushes{client: c, lanes: max(1, c.opt.Concurrency/3)}
}

// create creates one AgentWork and returns its id. Errors are as of
// [Client.Create], but that a locked row is not tried again here: the lane is
// wanted by others, and the caller knows better whether it still wants to.
func (p *pushes) create(ctx context.Context, fields any) (id string, err error) {
	if ctx.Err() != nil {
		return "", context.Cause(ctx)
	}
	one := &push{ctx: ctx, fields: fields, answer: make(chan RowResult, 1)}
	p.mu.Lock()
	p.queue = append(p.queue, one)
	p.start()
	p.mu.Unlock()
	select {
	case r := <-one.answer:
		return r.ID, r.Err
	case <-ctx.Done():
		return p.leave(one)
	}
}

// start fills the free lanes. The caller holds p.mu.
func (p *pushes) start() {
	for p.busy < p.lanes && len(p.queue) > 0 {
		n := min(len(p.queue), MaxBatch)
		f := &flight{pushes: p.queue[:n:n], waiting: n}
		p.queue = p.queue[n:]
		f.ctx, f.abandon = context.WithCancelCause(context.WithoutCancel(f.pushes[0].ctx))
		for _, one := range f.pushes {
			one.flight = f
		}
		p.busy++
		go p.fly(f)
	}
}

// fly makes one call and answers all who are in it.
func (p *pushes) fly(f *flight) {
	defer f.abandon(nil)
	release := sync.OnceFunc(func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.busy--
		p.start()
	})
	defer release()
	slow := time.AfterFunc(laneTime, release)
	defer slow.Stop()
	if len(f.pushes) == 1 {
		id, err := p.client.create(f.ctx, "AgentWork", f.pushes[0].fields, &call{hasty: true})
		f.pushes[0].answer <- RowResult{ID: id, Err: err}
		return
	}
	rows := make([]any, len(f.pushes))
	for i, one := range f.pushes {
		rows[i] = one.fields
	}
	results, err := p.client.CreateAll(f.ctx, "AgentWork", rows)
	for i, one := range f.pushes {
		r := RowResult{Err: err}
		if err == nil {
			r = results[i]
		}
		one.answer <- r
	}
}

// leave is for a caller that waits no longer.
func (p *pushes) leave(one *push) (id string, err error) {
	why := context.Cause(one.ctx)
	p.mu.Lock()
	if one.flight == nil {
		for i, q := range p.queue {
			if q == one {
				p.queue = append(p.queue[:i:i], p.queue[i+1:]...)
				break
			}
		}
		p.mu.Unlock()
		return "", fmt.Errorf("create AgentWork: not sent: %w", why)
	}
	one.flight.waiting--
	last := one.flight.waiting == 0
	p.mu.Unlock()
	if last {
		one.flight.abandon(why)
		r := <-one.answer // knows whether anything was sent
		return r.ID, r.Err
	}
	select {
	case r := <-one.answer:
		return r.ID, r.Err
	default:
		p.client.counts.unknown.Add(1)
		return "", &UnknownOutcomeError{Op: "create AgentWork", Err: errors.Join(errors.New("given up while the call was under way"), why)}
	}
}

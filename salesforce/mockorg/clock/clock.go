// Package clock is the mock org's time: the machine's clock plus an offset that
// can be moved forward, with timers that follow it.
//
// Moving the clock fires every timer that became due, in order of their due
// times, before Advance returns. A Clock may be used by several goroutines;
// timer functions run one at a time, never under the clock's lock, so they may
// set further timers.
package clock

import (
	"container/heap"
	"sync"
	"time"
)

// Clock tells the org's time. Make one with New and end it with Stop.
type Clock struct {
	mu     sync.Mutex
	offset time.Duration
	queue  timers
	wake   *time.Timer
	closed bool
	still  bool // timers fire on Advance only

	firing sync.Mutex // one timer function at a time, in order of due times
}

// New returns a clock that agrees with the machine's until it is advanced.
func New() *Clock { return &Clock{} }

// NewStill returns a clock whose timers fire only when it is advanced, so that a
// test has what happens in its own hands. Advance(0) fires what is due.
func NewStill() *Clock { return &Clock{still: true} }

// Now returns the org's time.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now()
}

func (c *Clock) now() time.Time { return time.Now().Add(c.offset) }

// Timer is one pending call; Stop takes it back.
type Timer struct {
	c     *Clock
	due   time.Time
	fn    func()
	index int // in the heap; -1 once fired or stopped
}

// AfterFunc calls fn once, d from now in org time, unless the timer is stopped
// before. A d of zero or less fires at once.
func (c *Clock) AfterFunc(d time.Duration, fn func()) *Timer {
	c.mu.Lock()
	defer c.mu.Unlock()
	t := &Timer{c: c, due: c.now().Add(max(d, 0)), fn: fn, index: -1}
	if !c.closed {
		heap.Push(&c.queue, t)
		c.arm()
	}
	return t
}

// Stop takes the call back and tells whether it was still pending.
func (t *Timer) Stop() bool {
	t.c.mu.Lock()
	defer t.c.mu.Unlock()
	if t.index < 0 {
		return false
	}
	heap.Remove(&t.c.queue, t.index)
	return true
}

// Advance moves the org's time forward by d and fires what became due. Time
// never goes back: a negative d is ignored.
func (c *Clock) Advance(d time.Duration) {
	c.mu.Lock()
	c.offset += max(d, 0)
	c.mu.Unlock()
	c.fire()
}

// Stop drops all pending timers; later ones never fire.
func (c *Clock) Stop() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.closed = true
	for _, t := range c.queue {
		t.index = -1
	}
	c.queue = nil
	if c.wake != nil {
		c.wake.Stop()
	}
}

// fire runs every due timer.
func (c *Clock) fire() {
	c.firing.Lock()
	defer c.firing.Unlock()
	for {
		c.mu.Lock()
		if len(c.queue) == 0 || c.queue[0].due.After(c.now()) {
			c.arm()
			c.mu.Unlock()
			return
		}
		t := heap.Pop(&c.queue).(*Timer)
		c.mu.Unlock()
		t.fn()
	}
}

// arm sets the machine's timer for the next due one.
func (c *Clock) arm() {
	if c.wake != nil {
		c.wake.Stop()
		c.wake = nil
	}
	if len(c.queue) > 0 && !c.closed && !c.still {
		c.wake = time.AfterFunc(c.queue[0].due.Sub(c.now()), c.fire)
	}
}

// timers is a heap by due time.
type timers []*Timer

func (q timers) Len() int           { return len(q) }
func (q timers) Less(i, j int) bool { return q[i].due.Before(q[j].due) }
func (q timers) Swap(i, j int)      { q[i], q[j] = q[j], q[i]; q[i].index = i; q[j].index = j }
func (q *timers) Push(x any)        { t := x.(*Timer); t.index = len(*q); *q = append(*q, t) }
func (q *timers) Pop() any {
	old := *q
	t := old[len(old)-1]
	*q = old[:len(old)-1]
	t.index = -1
	return t
}

package salesforce

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"omnibridge/omnichannel"
	"omnibridge/salesforce/streaming"
)

// CanaryState tells whether it is proven that events are delivered.
type CanaryState struct {
	// Off is true if no canaries are to be pushed.
	Off bool
	// Unavailable is why the org takes none, or does not let us listen; "" if it does.
	Unavailable string
	// Pushed counts the canaries that the org took; of them Arrived came back, and
	// Missed did not though the stream seemed up. Others were overtaken by an event,
	// or by the end of their session.
	Pushed  int
	Arrived int
	Missed  int
	// Overdue is true from a canary that was missed to the next event.
	Overdue bool
	// Heard is when the last event came, of any channel; zero if none did.
	Heard time.Time
	// RoundTrip is how long the last canary was under way, from the call that pushed
	// it to its arrival.
	RoundTrip time.Duration
}

const (
	// canaryWait is how long a canary may take. Events usually come within a second.
	canaryWait = 30 * time.Second
	// canaryAgain is when the org is asked again after it refused a canary.
	canaryAgain = time.Hour
)

// canary watches that the stream delivers events, which answers to polls do not
// prove: where nothing was heard for a while it pushes an event itself.
//
//	up, nothing heard for every ──▶ push ──▶ any event comes ──▶ proven, as after any event
//	                                  ▲  └─ none within wait ──▶ missed: the owner is told, and renews the session
//	                                  └───────── pause ──────────────────┘
//
// It proves that the session is alive, not that each channel is. There is no cheap
// proof of that: an event on the channel of PSRs, AgentWork or presence takes a change
// of such a record that its topic watches, which is routing itself, and nothing
// else can be published there. What Salesforce withholds of one channel (on custom
// channels at delivery and without a word, salesforce-package 0.2) is found by
// comparing records with events: the sweep does so all the time, setup on demand.
// Canaries leave once per idle time
// at most, but after a missed one the pauses between them begin at wait and double.
// It lives in memory only, its position in the stream included. Safe for concurrent
// use.
type canary struct {
	every   time.Duration // 0: off
	wait    time.Duration
	push    func(ctx context.Context, payload string) error
	scarce  func() bool // API calls are to be saved
	log     *slog.Logger
	name    string        // of this daemon's canaries
	changed chan struct{} // wakes run; has room for one

	mu       sync.Mutex
	state    CanaryState
	up       bool
	busy     int       // calls of the owner under way, behind which events wait
	absent   string    // why CanaryChannel cannot be listened to
	refused  string    // why none can be pushed
	again    time.Time // when to ask after a refusal
	number   int       // of the last canary
	out      bool      // it is under way
	pushed   time.Time // when its push began
	due      time.Time // when it must have come
	tries    int       // pushes since an event was heard
	position int64     // in the stream, from which the next session goes on
}

func newCanary(every time.Duration, org *Org, log *slog.Logger) *canary {
	c := &canary{every: every, wait: min(canaryWait, every), log: log, name: rand.Text(), changed: make(chan struct{}, 1), position: streaming.ReplayNew}
	c.state.Off = every == 0
	if org != nil {
		c.push, c.scarce = org.pushCanary, org.scarceCalls
	}
	return c
}

// scarceCalls tells whether API calls are to be saved.
func (o *Org) scarceCalls() bool {
	for _, a := range o.Budget() {
		if a.Name == omnichannel.APICalls && (a.Level >= omnichannel.Scarce || !a.Until.IsZero()) {
			return true
		}
	}
	return false
}

// next says when there is something to do; zero means not before a change.
func (c *canary) next() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.deadline()
}

// deadline is next; the caller holds mu.
func (c *canary) deadline() time.Time {
	switch {
	case c.state.Off || !c.up || c.busy > 0 || c.absent != "":
		return time.Time{}
	case c.out:
		return c.due
	}
	at := c.again
	if c.tries > 0 {
		at = latest(at, c.pushed.Add(min(c.wait<<min(c.tries-1, 10), c.idle())))
	}
	if !c.state.Heard.IsZero() {
		at = latest(at, c.state.Heard.Add(c.idle()))
	}
	return latest(at, time.Unix(0, 0)) // at once if nothing was ever heard
}

// idle is how long nothing may be heard. Canaries are among the first things to be
// left out when API calls become scarce.
func (c *canary) idle() time.Duration {
	if c.scarce != nil && c.scarce() {
		return scarcer * c.every
	}
	return c.every
}

// scarcer is by how much canaries are made rarer then.
const scarcer = 6

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// step does what is due: why tells of a canary that was missed, payload is that of
// one to be pushed. Both are empty if nothing is due.
func (c *canary) step(now time.Time) (why, payload string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch at := c.deadline(); {
	case at.IsZero() || now.Before(at):
		return "", ""
	case c.out:
		c.out, c.state.Overdue = false, true
		c.state.Missed++
		return fmt.Sprintf("canary %d did not come within %v, though polls are answered", c.number, c.wait), ""
	}
	c.number++
	c.tries++
	c.out, c.pushed, c.due = true, now, now.Add(time.Hour) // until the push is over
	return "", c.payload()
}

// payload is what the present canary says. The caller holds mu.
func (c *canary) payload() string { return fmt.Sprintf("canary %s %d", c.name, c.number) }

// settle takes in how a push came out.
func (c *canary) settle(now time.Time, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	refused, answered := errors.AsType[*APIError](err)
	c.refused, c.again = "", time.Time{}
	switch {
	case err == nil:
		c.state.Pushed++
		c.due = now.Add(c.wait) // if it is not back already
		return
	case answered && !refused.Retryable:
		c.refused, c.again, c.state.Overdue = clip(err.Error()), now.Add(canaryAgain), false
	}
	c.out = false // it was not sent, or nobody knows: nothing can be said of the stream
}

// hear takes in a batch of events, which is not empty, and of it those of
// CanaryChannel. It tells whether that is news: that none was heard since a canary
// was missed.
func (c *canary) hear(batch, ours []streaming.Event) (news bool) {
	at := batch[len(batch)-1].Received
	c.mu.Lock()
	for _, ev := range ours {
		c.position = ev.Replay
		if c.out && canaryPayload(ev) == c.payload() {
			c.state.Arrived++
			c.state.RoundTrip = at.Sub(c.pushed)
			c.out = false
		}
	}
	if c.out && at.After(c.pushed) {
		c.out = false // delivery is proven without it
	}
	news = c.state.Overdue
	c.state.Heard, c.state.Overdue, c.tries = at, false, 0
	c.mu.Unlock()
	c.wake()
	return news
}

// from returns where CanaryChannel goes on in a new session.
func (c *canary) from() int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.position
}

// lost says that the position is no good any more.
func (c *canary) lost() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.position = streaming.ReplayNew
}

// link takes in the state of the stream. A canary that is under way while the
// session ends proves nothing, whether it comes or not.
func (c *canary) link(s streaming.Status) {
	c.mu.Lock()
	c.up, c.absent = s.Link == streaming.LinkUp, s.Without
	if !c.up {
		c.out = false
	}
	if c.absent != "" {
		c.out, c.state.Overdue = false, false
	}
	c.mu.Unlock()
	c.wake()
}

// occupied says that the owner is at work, so that events wait behind it; free that
// it has ended.
func (c *canary) occupied() (free func()) {
	add := func(n int) {
		c.mu.Lock()
		c.busy += n
		if c.out && n < 0 {
			c.due = latest(c.due, time.Now().Add(c.wait))
		}
		c.mu.Unlock()
		c.wake()
	}
	add(1)
	return func() { add(-1) }
}

func (c *canary) wake() {
	select {
	case c.changed <- struct{}{}:
	default:
	}
}

// read returns the state.
func (c *canary) read() CanaryState {
	c.mu.Lock()
	defer c.mu.Unlock()
	s := c.state
	if s.Unavailable = c.absent; c.refused != "" {
		s.Unavailable = c.refused
	}
	return s
}

// run pushes canaries until ctx ends. It calls missed, with the reason, for each
// that did not come, and told when it turned out whether the org takes any.
func (c *canary) run(ctx context.Context, missed func(why string), told func()) {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		wait := time.Hour
		if at := c.next(); !at.IsZero() {
			wait = max(time.Until(at), 0)
		}
		timer.Reset(wait)
		select {
		case <-ctx.Done():
			return
		case <-c.changed:
			continue
		case <-timer.C:
		}
		why, payload := c.step(time.Now())
		switch {
		case why != "":
			missed(why)
		case payload != "":
			err := c.push(ctx, payload)
			if err != nil && ctx.Err() == nil {
				c.log.Info("no canary could be pushed", "err", err)
			}
			c.settle(time.Now(), err)
			told()
		}
	}
}

// canaryPayload reads what a canary says; "" if it is none of ours.
func canaryPayload(ev streaming.Event) string {
	var data struct {
		Payload string `json:"payload"`
	}
	_ = json.Unmarshal(ev.Data, &data) // others may push to the channel
	return data.Payload
}

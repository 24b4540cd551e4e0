package salesforce

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"omnibridge/salesforce/streaming"
)

// coop is a canary with an org that can be told what to do, in a bubble.
type coop struct {
	*canary
	t     *testing.T
	begun time.Time
	stop  func()

	hand   sync.Mutex      // guards the following
	pushes []time.Duration // when canaries were pushed
	misses []time.Duration // when one was missed
	told   int
	takes  time.Duration // of a push
	fails  error         // of a push
	flight time.Duration // from the push to the event; negative: it never comes
}

func newCoop(t *testing.T, every time.Duration) *coop {
	c := &coop{canary: newCanary(every, nil, slog.New(slog.DiscardHandler)), t: t, begun: time.Now()}
	c.push = func(ctx context.Context, payload string) error {
		c.hand.Lock()
		defer c.hand.Unlock()
		c.pushes = append(c.pushes, time.Since(c.begun))
		if c.flight >= 0 && c.fails == nil {
			time.AfterFunc(c.flight, func() { c.event(CanaryChannel, payload) })
		}
		return errors.Join(sleep(ctx, c.takes), c.fails)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		c.run(ctx, func(string) {
			c.set(func() { c.misses = append(c.misses, time.Since(c.begun)) })
		}, func() { c.set(func() { c.told++ }) })
	}()
	c.stop = func() { cancel(); <-ended }
	return c
}

// set changes what the org does.
func (c *coop) set(change func()) {
	c.hand.Lock()
	defer c.hand.Unlock()
	change()
}

// heals lets canaries come from now on.
func (c *coop) heals() { c.set(func() { c.fails, c.flight = nil, 0 }) }

// event lets an event come.
func (c *coop) event(channel, payload string) (news bool) {
	data, _ := json.Marshal(map[string]any{"event": map[string]any{"replayId": 7}, "payload": payload})
	batch := []streaming.Event{{Channel: channel, Replay: 7, Data: data, Received: time.Now()}}
	if channel != CanaryChannel {
		return c.hear(batch, nil)
	}
	return c.hear(batch, batch)
}

func (c *coop) stream(l streaming.Link) { c.link(streaming.Status{Link: l}) }

// want holds when canaries were pushed and missed against what should be.
func (c *coop) want(pushes, misses []time.Duration) {
	c.t.Helper()
	synctest.Wait()
	c.hand.Lock()
	defer c.hand.Unlock()
	if !slices.Equal(c.pushes, pushes) || !slices.Equal(c.misses, misses) {
		c.t.Errorf("pushed at %v, missed at %v; want %v and %v", c.pushes, c.misses, pushes, misses)
	}
}

const s, m = time.Second, time.Minute

func at(d ...time.Duration) []time.Duration { return d }

func TestCanaryLeavesWhenNothingWasHeard(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCoop(t, 5*m)
		defer c.stop()
		c.set(func() { c.takes, c.flight = 100*time.Millisecond, 300*time.Millisecond })
		time.Sleep(10 * s)
		c.want(nil, nil)
		c.stream(streaming.LinkUp) // nothing was ever heard: prove it at once
		time.Sleep(4 * m)
		c.event("/topic/Other", "")
		time.Sleep(4 * m)
		c.event("/topic/Other", "")
		time.Sleep(11 * m)
		c.want(at(10*s, 10*s+13*m, 10*s+18*m+300*time.Millisecond), nil)
		if got, want := c.read(), (CanaryState{Pushed: 3, Arrived: 3, RoundTrip: 300 * time.Millisecond, Heard: c.begun.Add(10*s + 18*m + 600*time.Millisecond)}); got != want {
			t.Errorf("%+v, want %+v", got, want)
		}
		if c.from() != 7 {
			t.Errorf("the next session goes on from %d", c.from())
		}
	})
}

func TestMissedCanary(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCoop(t, 5*m)
		defer c.stop()
		c.set(func() { c.flight = -1 })
		c.stream(streaming.LinkUp)
		time.Sleep(20 * m)
		// After a miss the session is new, so the next leaves at once; then pauses grow.
		pushes, misses := at(0), []time.Duration{}
		for _, pause := range []time.Duration{30 * s, 1 * m, 2 * m, 4 * m, 5 * m, 5 * m} {
			pushes = append(pushes, pushes[len(pushes)-1]+pause)
		}
		for _, p := range pushes {
			misses = append(misses, p+30*s)
		}
		c.want(pushes, misses)
		if got := c.read(); !got.Overdue || got.Missed != 7 || got.Pushed != 7 || got.Arrived != 0 {
			t.Errorf("%+v", got)
		}
		if !c.event("/topic/Other", "") || c.event("/topic/Other", "") {
			t.Error("the first event after a miss is news, the second is not")
		}
		c.heals()
		time.Sleep(5*m + s)
		c.want(append(pushes, 25*m), misses)
		if got := c.read(); got.Overdue || got.Arrived != 1 {
			t.Errorf("%+v", got)
		}
	})
}

// What is no fault of the stream does not count as one.
func TestCanaryIsNotMissed(t *testing.T) {
	for name, c := range map[string]struct {
		happens func(c *coop) // while a canary is under way that will not come
		pushes  []time.Duration
	}{
		"another event came":           {func(c *coop) { time.Sleep(10 * s); c.heals(); c.event("/topic/Other", "") }, at(0, 5*m+10*s)},
		"another daemon's canary came": {func(c *coop) { time.Sleep(10 * s); c.heals(); c.event(CanaryChannel, "canary other 1") }, at(0, 5*m+10*s)},
		"the session ended":            {func(c *coop) { time.Sleep(10 * s); c.stream(streaming.LinkDown) }, at(0)},
		"the session began anew": {func(c *coop) {
			time.Sleep(10 * s)
			c.stream(streaming.LinkConnecting)
			c.heals()
			c.stream(streaming.LinkUp)
		}, at(0, 30*s, 5*m+30*s)},
		"the channel was taken away": {func(c *coop) { time.Sleep(10 * s); c.link(streaming.Status{Link: streaming.LinkUp, Without: "gone"}) }, at(0)},
		"the owner holds the events up": {func(c *coop) {
			time.Sleep(29 * s)
			free := c.occupied()
			time.Sleep(3 * m)
			c.heals()
			c.event("/topic/Other", "")
			free()
		}, at(0, 3*m+29*s+5*m)},
		"the owner was busy and is done": {func(c *coop) {
			free := c.occupied()
			time.Sleep(3 * m)
			free()
			time.Sleep(29 * s)
			c.heals()
			c.event("/topic/Other", "")
		}, at(0, 3*m+29*s+5*m)},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				coop := newCoop(t, 5*m)
				defer coop.stop()
				coop.set(func() { coop.flight = -1 })
				coop.stream(streaming.LinkUp)
				synctest.Wait()
				c.happens(coop)
				time.Sleep(time.Until(coop.begun.Add(10*m)) - s)
				coop.want(c.pushes, nil)
				if got := coop.read(); got.Arrived > got.Pushed-1 {
					t.Errorf("%+v: the first canary never arrived", got)
				}
			})
		})
	}
}

func TestCanaryThatCannotBePushed(t *testing.T) {
	refused := &APIError{Status: 403, Errors: []ErrorItem{{Code: "INSUFFICIENT_ACCESS", Message: "no"}}}
	busy := &APIError{Status: 503, Errors: []ErrorItem{{Code: "SERVER_UNAVAILABLE"}}, Retryable: true}
	for name, c := range map[string]struct {
		err         error
		unavailable bool
		pushes      []time.Duration
	}{
		"refused":           {fmt.Errorf("push a canary: %w", refused), true, at(0, 1*time.Hour)},
		"not for now":       {busy, false, at(0, 30*s, 90*s, 210*s, 450*s, 750*s, 1050*s)},
		"nobody knows":      {&UnknownOutcomeError{Op: "push", Err: errors.New("reset")}, false, at(0, 30*s, 90*s, 210*s, 450*s, 750*s, 1050*s)},
		"no calls are left": {&LimitError{}, false, at(0, 30*s, 90*s, 210*s, 450*s, 750*s, 1050*s)},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				coop := newCoop(t, 5*m)
				defer coop.stop()
				coop.set(func() { coop.fails = c.err })
				coop.stream(streaming.LinkUp)
				time.Sleep(20 * m)
				synctest.Wait()
				coop.set(func() {
					if got := coop.read(); (got.Unavailable != "") != c.unavailable || got.Missed+got.Pushed != 0 || coop.told != len(coop.pushes) {
						t.Errorf("%+v, told %d", got, coop.told)
					}
				})
				if c.unavailable {
					time.Sleep(41 * m)
				}
				coop.want(c.pushes, nil)
				coop.heals()
				time.Sleep(61 * m)
				if got := coop.read(); got.Unavailable != "" || got.Arrived == 0 {
					t.Errorf("when it is granted again: %+v", got)
				}
			})
		})
	}
}

// TestScarceCalls: they are when little is left of the day's, or nothing.
func TestScarceCalls(t *testing.T) {
	for _, tt := range []struct {
		name   string
		use    func(c *Client)
		scarce bool
	}{
		{"little is used", func(c *Client) { c.budget.usedCalls(Usage{Used: 100, Max: 1000, At: time.Now()}) }, false},
		{"nearly all is used", func(c *Client) { c.budget.usedCalls(Usage{Used: 900, Max: 1000, At: time.Now()}) }, true},
		{"nothing is left", func(c *Client) { c.limits.settle(false, exhausted, time.Now()) }, true},
	} {
		c := offlineClient(t, nil)
		tt.use(c)
		if got := (&Org{client: c}).scarceCalls(); got != tt.scarce {
			t.Errorf("%s: %v", tt.name, got)
		}
	}
}

// Canaries are optional work: while API calls are scarce they are rarer.
func TestCanariesAreShed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCoop(t, 5*m)
		defer c.stop()
		c.stream(streaming.LinkUp)
		time.Sleep(1 * s)
		c.mu.Lock()
		c.scarce = func() bool { return true }
		c.mu.Unlock()
		c.wake()
		time.Sleep(61 * m)
		c.want(at(0, 30*m, 60*m), nil)
		c.mu.Lock()
		c.scarce = func() bool { return false }
		c.mu.Unlock()
		c.wake()
		time.Sleep(10 * m)
		c.want(at(0, 30*m, 60*m, 65*m, 70*m), nil)
	})
	synctest.Test(t, func(t *testing.T) {
		c := newCoop(t, 0)
		defer c.stop()
		c.stream(streaming.LinkUp)
		time.Sleep(time.Hour)
		c.want(nil, nil)
		if !c.read().Off {
			t.Errorf("%+v", c.read())
		}
	})
}

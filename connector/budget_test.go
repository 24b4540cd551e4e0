package connector_test

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"omnibridge/connector"
	"omnibridge/omnichannel"
)

// TestScarceCallsStretchSweeps holds that, when the org's API calls are scarce, the
// sweeps that only are to be safe are what is left out first, that those which replace
// the stream become fewer, and that no push and no sweep that is asked for is.
func TestScarceCallsStretchSweeps(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var allowance atomic.Pointer[omnichannel.Allowance]
		allowance.Store(&omnichannel.Allowance{Name: omnichannel.APICalls, Used: 10, Max: 100})
		var log bytes.Buffer
		o := &org{present: agentsPresent}
		r := start(t, o, newMemory(t), func(opt *connector.Options) {
			opt.Budget = func() []omnichannel.Allowance {
				return []omnichannel.Allowance{{Name: omnichannel.TopicEvents, Level: omnichannel.Scarce}, *allowance.Load()}
			}
			opt.Logger = slog.New(slog.NewTextHandler(&log, nil))
		})
		reads := func(d time.Duration) int {
			o.mu.Lock()
			before := o.baseline
			o.mu.Unlock()
			time.Sleep(d)
			synctest.Wait()
			o.mu.Lock()
			defer o.mu.Unlock()
			return o.baseline - before
		}
		synctest.Wait()
		r.sink.Link(omnichannel.Link{Name: connector.StreamLink, State: omnichannel.LinkUp})
		reads(time.Minute)
		if n := reads(time.Hour); n != 12 {
			t.Errorf("%d sweeps in an hour of plenty, want 12: events are not what sweeps cost", n)
		}
		allowance.Store(&omnichannel.Allowance{Name: omnichannel.APICalls, Used: 90, Max: 100, Level: omnichannel.Scarce})
		reads(5 * time.Minute) // the sweep that was planned already
		if n := reads(time.Hour); n != 2 {
			t.Errorf("%d sweeps in an hour of scarcity, want 2", n)
		}
		v, err := r.c.View(t.Context())
		if err != nil || !strings.Contains(v.Shed, "every 30m0s instead of every 5m0s") || len(v.Budget) != 2 || v.Budget[1].Used != 90 {
			t.Errorf("view %+v, %v", v, err)
		}
		if err := r.sink.Deliver(t.Context(), []omnichannel.Signal{omnichannel.PSRSeen{PSR: psr(1)}}, nil); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if o.pushes() != 1 {
			t.Error("a push was held back")
		}
		if err := r.sink.Gap(t.Context(), topic, "missing"); err != nil || reads(0) != 0 {
			t.Error(err)
		}
		r.sink.Link(omnichannel.Link{Name: connector.StreamLink, State: omnichannel.LinkDown})
		if n := reads(15 * time.Minute); n != 10 {
			t.Errorf("%d sweeps in a quarter of an hour of scarcity without a stream, want 10: they must leave calls for pushes", n)
		}
		r.sink.Link(omnichannel.Link{Name: connector.StreamLink, State: omnichannel.LinkUp})
		allowance.Store(&omnichannel.Allowance{Name: omnichannel.APICalls, Used: 10, Max: 100})
		reads(time.Minute)
		if v, err = r.c.View(t.Context()); err != nil || v.Shed != "" {
			t.Errorf("shed %q, %v", v.Shed, err)
		}
		r.end(t)
		if n := strings.Count(log.String(), "scarce"); n < 2 || strings.Count(log.String(), "are scarce") != 1 || strings.Count(log.String(), "no longer scarce") != 1 {
			t.Errorf("said it %d times: %s", n, log.String())
		}
	})
}

// TestCountsOfWhatWasDone holds what the metrics are made of.
func TestCountsOfWhatWasDone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := &org{present: agentsPresent}
		o.carry = func(_ context.Context, e omnichannel.Effect) omnichannel.Outcome {
			time.Sleep(2 * time.Second)
			return omnichannel.Outcome{Effect: e, Result: omnichannel.Done, Work: "0Bz000000000001AAA", Seen: &omnichannel.Seen{}}
		}
		r := start(t, o, newMemory(t), nil)
		synctest.Wait()
		p := psr(1)
		p.Created = time.Now().Add(-time.Second)
		if err := r.sink.Deliver(t.Context(), []omnichannel.Signal{omnichannel.PSRSeen{PSR: p}}, nil); err != nil {
			t.Fatal(err)
		}
		time.Sleep(2 * time.Second)
		synctest.Wait()
		if err := r.sink.Gap(t.Context(), topic, "missing"); err != nil {
			t.Fatal(err)
		}
		v, err := r.c.View(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		c := v.Counts
		if n := c.Results[omnichannel.CreateWork][omnichannel.Done]; n != 1 || c.Signals != 1 || c.Gaps != 1 || c.Effects < 1 {
			t.Errorf("counts %+v", c)
		}
		if c.Waits.Sum != 3 || len(c.Waits.Counts) != len(c.Waits.Bounds)+1 {
			t.Errorf("waits %+v, want one of 3 s", c.Waits)
		}
		total := uint64(0)
		for i, n := range c.Waits.Counts {
			total += n
			if n == 1 && (c.Waits.Bounds[i] < 3 || c.Waits.Bounds[i-1] >= 3) {
				t.Errorf("3 s counted as at most %v s", c.Waits.Bounds[i])
			}
		}
		if total != 1 {
			t.Errorf("%d waits are counted, want one", total)
		}
		r.end(t)
	})
}

// TestSweepsFollowTheStream holds that sweeps are more often as soon as the stream is
// not up, and not only after the next one that was planned.
func TestSweepsFollowTheStream(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := &org{present: agentsPresent}
		r := start(t, o, newMemory(t), nil)
		reads := func() int {
			o.mu.Lock()
			defer o.mu.Unlock()
			return o.baseline
		}
		synctest.Wait()
		r.sink.Link(omnichannel.Link{Name: connector.StreamLink, State: omnichannel.LinkUp})
		time.Sleep(time.Minute)
		synctest.Wait()
		before := reads()
		r.sink.Link(omnichannel.Link{Name: connector.StreamLink, State: omnichannel.LinkDown, Reason: "gone"})
		time.Sleep(time.Minute)
		synctest.Wait()
		if n := reads() - before; n != 4 {
			t.Errorf("%d sweeps in the first minute without a stream, want 4", n)
		}
		r.end(t)
	})
}

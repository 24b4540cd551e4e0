package clock_test

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"omnibridge/salesforce/mockorg/clock"
)

func TestTimersFollowTheClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := clock.New()
		defer c.Stop()
		start := c.Now()
		var fired []string
		c.AfterFunc(time.Hour, func() { fired = append(fired, "hour") })
		c.AfterFunc(time.Minute, func() {
			fired = append(fired, "minute")
			c.AfterFunc(time.Minute, func() { fired = append(fired, "second minute") })
		})
		gone := c.AfterFunc(2*time.Minute, func() { fired = append(fired, "stopped") })
		if !gone.Stop() || gone.Stop() {
			t.Error("Stop must be true once, then false")
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		if want := []string{"minute"}; !slices.Equal(fired, want) {
			t.Errorf("after a minute: %v, want %v", fired, want)
		}
		c.Advance(59 * time.Minute)
		if want := []string{"minute", "hour"}; !slices.Contains(fired, "hour") || len(fired) != 3 {
			t.Errorf("after an hour: %v, want %v and the second minute", fired, want)
		}
		if got := c.Now().Sub(start); got != time.Hour {
			t.Errorf("moved %v, want 1h", got)
		}
		c.Advance(-time.Hour)
		if got := c.Now().Sub(start); got != time.Hour {
			t.Errorf("time went back to %v", got)
		}
	})
}

func TestStillClockWaitsForItsHand(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := clock.NewStill()
		defer c.Stop()
		fired := 0
		c.AfterFunc(0, func() { fired++ })
		c.AfterFunc(time.Second, func() { fired++ })
		time.Sleep(time.Minute)
		synctest.Wait()
		if fired != 0 {
			t.Fatalf("%d fired without Advance", fired)
		}
		c.Advance(0)
		if fired != 2 {
			t.Errorf("%d fired, want what is due by now: both", fired)
		}
	})
}

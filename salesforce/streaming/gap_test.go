package streaming_test

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"omnibridge/salesforce/streaming"
)

func TestGapIsReportedBetweenSubscriptionAndLaterEvents(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newServer()
		r := newRig(t, s, nil)
		first := s.publish(psr)
		pause(time.Minute)
		s.mu.Lock()
		s.refused[first], s.refused[-2] = true, true
		s.mu.Unlock()
		// Between the two subscriptions, where the stream cannot see it.
		var missed int64
		s.next("subscribe", func(http.ResponseWriter, *http.Request, meta) bool { missed = s.publish(psr); return false })
		var swept []int64
		r.owner.onGap = func() {
			// The query sees everything up to now; an event from now on is streamed.
			s.mu.Lock()
			for _, e := range s.log[psr] {
				swept = append(swept, e.id)
			}
			s.mu.Unlock()
			s.publish(psr)
			time.Sleep(2 * time.Minute) // a slow query must not cost the session
		}
		handshakes := s.count("/meta/handshake")
		s.forget()
		pause(time.Second)
		if len(r.owner.replays()) != 1 {
			t.Errorf("events were delivered before the gap was closed: %v", r.owner.replays())
		}
		pause(5 * time.Minute)
		r.wantLink(streaming.LinkUp)
		want := streaming.Gap{Kind: streaming.GapRefused, Refused: first, From: streaming.ReplayNew}
		if n := len(r.owner.gaps); n != 2 || r.owner.gaps[1] != want {
			t.Errorf("gaps %+v, want the second to be %+v", r.owner.gaps, want)
		}
		if !slices.Contains(swept, missed) || slices.Contains(r.owner.replays(), missed) {
			t.Errorf("event %d fell between: swept %v, streamed %v", missed, swept, r.owner.replays())
		}
		last := s.publish(psr)
		synctest.Wait()
		for id := missed + 1; id <= last; id++ {
			published := slices.ContainsFunc(s.log[psr], func(p published) bool { return p.id == id })
			if published && !slices.Contains(r.owner.replays(), id) {
				t.Errorf("event %d lost, streamed %v", id, r.owner.replays())
			}
		}
		if n := s.count("/meta/handshake") - handshakes; n > 2 {
			t.Errorf("%d handshakes to close one gap", n)
		}
		r.end()
	})
}

func TestGapThatStaysOpenIsReportedAgain(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newServer()
		r := newRig(t, s, nil)
		r.owner.mu.Lock()
		r.owner.gaps, r.owner.failGaps = nil, 2
		r.owner.mu.Unlock()
		pause(time.Minute)
		s.forget() // no cursor yet: each new session starts with new events
		s.publish(psr)
		pause(time.Minute)
		r.wantLink(streaming.LinkUp)
		if n := len(r.owner.gaps); n != 3 {
			t.Errorf("the gap was reported %d times, want twice in vain and once well: %+v", n, r.owner.gaps)
		}
		for _, g := range r.owner.gaps {
			if g.Kind != streaming.GapNoCursor || g.From != streaming.ReplayNew {
				t.Errorf("gap %+v", g)
			}
		}
		r.end()
	})
}

func TestUnreadableCursor(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newServer()
		var repaired atomic.Bool
		r := newRig(t, s, func(o *streaming.Options) {
			read := o.Cursor
			o.Cursor = func(ctx context.Context, channel string) (int64, error) {
				if !repaired.Load() {
					return 0, errors.New("database is locked")
				}
				return read(ctx, channel)
			}
		})
		pause(10 * time.Second)
		if st := r.owner.now(); st.Cause != "cursor-unreadable" || !strings.Contains(st.Reason, psr) {
			t.Errorf("%+v", st)
		}
		repaired.Store(true)
		pause(2 * time.Minute)
		r.wantLink(streaming.LinkUp)
		r.end()
	})
}

package streaming_test

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"omnibridge/salesforce/streaming"
)

// TestRenewBringsWhatTheOldSessionWithheld: polls are answered, events are not
// delivered; only the owner can know that something is wrong.
func TestRenewBringsWhatTheOldSessionWithheld(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newServer()
		r := newRig(t, s, nil)
		sent := []int64{s.publish(psr)}
		pause(time.Minute)
		s.mu.Lock()
		for _, p := range s.sessions {
			delete(p.at, psr) // this session gets nothing of it any more
		}
		s.mu.Unlock()
		sent = append(sent, s.publish(psr))
		pause(10 * time.Minute)
		r.wantLink(streaming.LinkUp)
		if got := r.owner.replays(); !slices.Equal(got, sent[:1]) {
			t.Fatalf("delivered %v before anybody asked", got)
		}
		links := len(r.owner.links)
		r.client.Renew("nothing was heard")
		r.client.Renew("one is enough")
		pause(200 * time.Millisecond)
		if got := r.owner.replays(); !slices.Equal(got, sent) {
			t.Errorf("delivered %v, want %v", got, sent)
		}
		r.wantLink(streaming.LinkUp)
		if told := r.owner.links[links:]; len(told) == 0 || told[0].Cause != "renewed" || told[0].Reason != "nothing was heard" || told[0].Link != streaming.LinkConnecting {
			t.Errorf("the link told %+v", told)
		}
		if n, byes := s.count("/meta/handshake"), s.count("/meta/disconnect"); n != 2 || byes != 1 {
			t.Errorf("%d handshakes, %d goodbyes", n, byes)
		}
		r.end()
	})
}

// TestRenewDoesNotStorm: an owner who asks all the time gets a session a second at
// most, and soon less often.
func TestRenewDoesNotStorm(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newServer()
		r := newRig(t, s, nil)
		for range 600 {
			r.client.Renew("again")
			pause(100 * time.Millisecond)
		}
		r.witness.checkPace(t, time.Time{})
		if n := s.count("/meta/handshake"); n < 3 || n > 12 {
			t.Errorf("%d handshakes in a minute", n)
		}
		r.end()
	})
}

// TestOptionalChannel: without it the link is up, and says so; once it is there
// its events come, too.
func TestOptionalChannel(t *testing.T) {
	const extra = "/u/Extra"
	bubble(t, func(t *testing.T) {
		s := newServer()
		s.denied[extra] = "404::Unknown channel"
		r := newRig(t, s, func(o *streaming.Options) {
			o.Channels = []streaming.Channel{{Name: psr}, {Name: extra, Optional: true}}
		})
		pause(time.Minute)
		if st := r.owner.now(); st.Link != streaming.LinkUp || !strings.Contains(st.Without, extra+": channel-missing: 404::Unknown channel") {
			t.Errorf("%+v", st)
		}
		s.publish(psr)
		pause(4 * time.Minute)
		links := len(r.owner.links)
		s.mu.Lock()
		delete(s.denied, extra)
		s.mu.Unlock()
		pause(4 * time.Minute) // it is tried between two polls
		if st := r.owner.now(); st.Link != streaming.LinkUp || st.Without != "" {
			t.Errorf("once it is there: %+v", st)
		}
		if told := r.owner.links[links:]; len(told) != 1 {
			t.Errorf("trying it was told as %+v", told)
		}
		s.publish(extra)
		synctest.Wait()
		if n := len(r.owner.replays()); n != 2 {
			t.Errorf("%d events, want 2", n)
		}
		r.end()
	})
}

// TestOversizedReplyIsPassedOver: from the same position the same reply would come
// for ever. If the gap cannot be closed, the position stays, and all begins anew.
func TestOversizedReplyIsPassedOver(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newServer()
		r := newRig(t, s, nil)
		first := s.publish(psr)
		pause(10 * time.Second)
		r.owner.mu.Lock()
		r.owner.failGaps = 1
		before := len(r.owner.gaps)
		r.owner.mu.Unlock()
		s.burst(psr, 18, strings.Repeat("x", 1<<20))
		pause(5 * time.Second)
		r.wantLink(streaming.LinkUp)
		next := s.publish(psr)
		synctest.Wait()
		if got := r.owner.replays(); !slices.Equal(got, []int64{first, next}) {
			t.Errorf("delivered %v, want %v", got, []int64{first, next})
		}
		want := streaming.Gap{Kind: streaming.GapOversized, Refused: streaming.NoReplay, From: streaming.ReplayNew}
		if got := r.owner.gaps[before:]; len(got) == 0 || slices.ContainsFunc(got, func(g streaming.Gap) bool { return g != want }) {
			t.Errorf("gaps %+v, want %+v", got, want)
		}
		if at, _ := r.owner.readCursor(t.Context(), psr); at != next {
			t.Errorf("the cursor is %d, want %d", at, next)
		}
		gaps := len(r.owner.gaps)
		s.forget()
		last := s.publish(psr)
		pause(5 * time.Second)
		if got := r.owner.replays(); got[len(got)-1] != last || len(r.owner.gaps) != gaps {
			t.Errorf("the session after that: delivered %v, gaps %+v", got, r.owner.gaps[gaps:])
		}
		r.end()
	})
}

package streaming_test

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"omnibridge/salesforce/streaming"
)

func TestFailedDeliveryBringsTheSameEventsAgain(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newServer()
		r := newRig(t, s, nil)
		sent := []int64{s.publish(psr)}
		pause(time.Minute)
		r.owner.mu.Lock()
		r.owner.fail = 4
		r.owner.mu.Unlock()
		var tried [][]int64
		var at []time.Time
		r.owner.onDeliver = func(batch []streaming.Event) {
			ids := []int64{}
			for _, e := range batch {
				ids = append(ids, e.Replay)
			}
			tried, at = append(tried, ids), append(at, time.Now())
		}
		sent = append(sent, s.publish(psr))
		synctest.Wait()
		pause(5 * time.Minute)
		r.wantLink(streaming.LinkUp)
		if got := r.owner.replays(); !slices.Equal(got, sent) {
			t.Errorf("delivered %v, want %v", got, sent)
		}
		if len(tried) != 5 {
			t.Fatalf("%d attempts, want 5", len(tried))
		}
		if at[1].Sub(at[0]) > 250*time.Millisecond {
			t.Errorf("first recovery after %v", at[1].Sub(at[0]))
		}
		for i := 2; i < len(at); i++ {
			if wait := at[i].Sub(at[i-1]); wait < 500*time.Millisecond || !slices.Equal(tried[i], sent[1:]) {
				t.Errorf("attempt %d came after %v with %v", i, wait, tried[i])
			}
		}
		if st := r.client.Stats(); st.Events != 2 || st.Duplicates != 0 {
			t.Errorf("%+v", st)
		}
		r.end()
	})
}

// TestOnePollAheadOfTheOwner: while the owner has events the server is asked for
// more once, and not again. The owner also takes longer than the server keeps the
// session.
func TestOnePollAheadOfTheOwner(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newServer()
		s.hold = 10 * time.Second
		r := newRig(t, s, nil)
		pause(5 * time.Second)
		busy := true
		r.owner.onDeliver = func([]streaming.Event) {
			if busy {
				busy = false
				time.Sleep(2 * time.Minute)
			}
		}
		before := s.count("/meta/connect")
		s.publish(psr)
		pause(time.Second)
		if n := s.count("/meta/connect"); n != before+1 {
			t.Errorf("%d polls while the owner has one batch, want one", n-before)
		}
		s.publish(psr)
		pause(time.Minute)
		if n := s.count("/meta/connect"); n != before+1 {
			t.Errorf("%d polls while the owner has two batches", n-before-1)
		}
		if st := r.owner.now(); st.Link != streaming.LinkDegraded || st.Cause != "slow-delivery" {
			t.Errorf("%+v", st)
		}
		pause(2 * time.Minute)
		r.wantLink(streaming.LinkUp)
		if got := len(r.owner.replays()); got != 2 {
			t.Errorf("%d events delivered", got)
		}
		if s.mostHeld != 1 {
			t.Errorf("%d connects at once", s.mostHeld)
		}
		r.end()
	})
}

package streaming_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"omnibridge/salesforce/streaming"
)

// TestSilenceAtEachStep: a server that takes a request and says nothing is left
// at the deadline, and its late answer changes nothing.
func TestSilenceAtEachStep(t *testing.T) {
	for _, kind := range []string{"handshake", "connect", "subscribe"} {
		t.Run(kind, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				s := newServer()
				s.next(kind, func(_ http.ResponseWriter, r *http.Request, _ meta) bool { <-r.Context().Done(); return true })
				r := newRig(t, s, nil)
				pause(29 * time.Second)
				r.wantLink(streaming.LinkConnecting)
				pause(5 * time.Second)
				r.wantLink(streaming.LinkUp)
				if st := r.client.Stats(); st.Stale == 0 {
					t.Errorf("the answer of the ended session was not recognised: %+v", st)
				}
				r.end()
			})
		})
	}
}

// TestDisconnectNobodyAskedFor means that the session is over, even beside a
// connect reply that says all is well.
func TestDisconnectNobodyAskedFor(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newServer()
		r := newRig(t, s, nil)
		pause(time.Minute)
		s.publish(psr)
		s.next("connect", func(w http.ResponseWriter, r *http.Request, m meta) bool {
			s.write(w, r, reply(m, "", "", ""), map[string]any{"channel": "/meta/disconnect"})
			return true
		})
		synctest.Wait()
		s.publish(psr)
		synctest.Wait()
		pause(time.Second)
		r.wantLink(streaming.LinkUp)
		if n := s.count("/meta/handshake"); n != 2 || len(r.owner.replays()) != 2 {
			t.Errorf("%d handshakes, delivered %v", n, r.owner.replays())
		}
		r.end()
	})
}

func TestHandshakesAreSpaced(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newServer()
		for range 1000 {
			s.refuse("handshake", "499::Nobody knows", "handshake", "")
			s.next("handshake", func(w http.ResponseWriter, r *http.Request, m meta) bool {
				s.write(w, r, reply(m, "", "", "")) // successful, but no clientId
				return true
			})
		}
		r := newRig(t, s, nil)
		pause(time.Hour)
		all := s.requests("/meta/handshake")
		for i := 1; i < len(all); i++ {
			if gap := all[i].at.Sub(all[i-1].at); gap < time.Second {
				t.Fatalf("handshake %d came %v after the one before", i, gap)
			}
		}
		if n := len(all); n < 20 || n > 70 {
			t.Errorf("%d handshakes in an hour of refusals", n)
		}
		r.end()
	})
}

func TestEndTellsTheServerButDoesNotWaitForIt(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newServer()
		r := newRig(t, s, nil)
		r.end()
		if n := s.count("/meta/disconnect"); n != 1 || len(s.sessions) != 0 {
			t.Errorf("%d disconnects, %d sessions left", n, len(s.sessions))
		}
		r = newRig(t, s, nil)
		s.next("disconnect", func(_ http.ResponseWriter, r *http.Request, _ meta) bool { <-r.Context().Done(); return true })
		start := time.Now()
		r.end()
		if took := time.Since(start); took != 2*time.Second {
			t.Errorf("the end took %v with a mute server", took)
		}
	})
}

func TestRunTwiceAtOnce(t *testing.T) {
	bubble(t, func(t *testing.T) {
		r := newRig(t, newServer(), nil)
		if err := r.client.Run(t.Context()); err == nil || !strings.Contains(err.Error(), "running already") {
			t.Errorf("%v", err)
		}
		r.end()
	})
}

// TestQuietHours: an idle client stays up by the server's polls alone.
func TestQuietHours(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newServer()
		r := newRig(t, s, nil)
		pause(routeLife - 10*time.Minute) // the routing cookie ends a session
		r.wantLink(streaming.LinkUp)
		if n, want := s.count("/meta/connect"), int((routeLife-10*time.Minute)/s.hold); n < want || n > want+3 {
			t.Errorf("%d polls, want about %d", n, want)
		}
		if n := len(r.owner.links); n != 2 {
			t.Errorf("link changes %+v, want connecting and up", r.owner.links)
		}
		id := s.publish(psr)
		synctest.Wait()
		if got := r.owner.replays(); !slices.Equal(got, []int64{id}) {
			t.Errorf("delivered %v", got)
		}
		r.end()
	})
}

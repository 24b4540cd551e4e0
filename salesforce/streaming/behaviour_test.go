package streaming_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"omnibridge/salesforce/streaming"
)

// bubble runs a test with its own time.
func bubble(t *testing.T, f func(t *testing.T)) { synctest.Test(t, f) }

// pause lets time pass, then waits until all is still, so that what happened may
// be read.
func pause(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

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

// TestNextPollWaitsForTheOwner also lets the owner take longer than the server
// keeps the session.
func TestNextPollWaitsForTheOwner(t *testing.T) {
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
		s.publish(psr)
		synctest.Wait()
		polls := s.count("/meta/connect")
		s.publish(psr)
		pause(time.Minute)
		if n := s.count("/meta/connect"); n != polls {
			t.Errorf("%d polls while the owner had events", n-polls)
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

func TestAuthenticationFailuresLogInSparingly(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newServer()
		r := newRig(t, s, nil)
		pause(time.Minute)
		r.tokens.mu.Lock()
		r.tokens.renew = nil // every new token is bad as well
		r.tokens.invalidated = nil
		r.tokens.mu.Unlock()
		s.mu.Lock()
		clear(s.tokens)
		s.mu.Unlock()
		s.publish(psr)
		pause(10*time.Minute + time.Second)
		if n := len(r.tokens.invalidated); n < 5 || n > 21 {
			t.Errorf("%d logins in ten minutes", n)
		}
		if !slices.IsSorted(r.tokens.invalidated[:9]) || r.tokens.invalidated[0] != "token-1" || len(slices.Compact(slices.Clone(r.tokens.invalidated))) != len(r.tokens.invalidated) {
			t.Errorf("invalidated %v, want each token once", r.tokens.invalidated)
		}
		if st := r.owner.now(); st.Link != streaming.LinkDown || st.Cause != "authentication-invalid" {
			t.Errorf("%+v", st)
		}
		r.end()
	})
}

func TestTokenSourceFailures(t *testing.T) {
	tests := []struct {
		name  string
		err   error
		cause string
		apart time.Duration // least time between two questions
	}{
		{"refused", errors.New("invalid_grant"), "login-refused", 30 * time.Second},
		{"network", &net.OpError{Op: "dial", Err: errors.New("no route")}, "token-unavailable", 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				s := newServer()
				r := newRig(t, s, nil)
				pause(time.Minute)
				s.forget()
				r.tokens.mu.Lock()
				r.tokens.err, r.tokens.asked = tt.err, nil
				r.tokens.mu.Unlock()
				pause(5 * time.Minute)
				if n := len(r.tokens.asked); n < 3 || n > 12 {
					t.Errorf("asked %d times in five minutes", n)
				}
				for i := 1; i < len(r.tokens.asked); i++ {
					if apart := r.tokens.asked[i].Sub(r.tokens.asked[i-1]); apart < tt.apart {
						t.Errorf("asked again after %v", apart)
					}
				}
				if st := r.owner.now(); st.Link != streaming.LinkDown || st.Cause != tt.cause || st.Hint == "" {
					t.Errorf("%+v", st)
				}
				r.tokens.mu.Lock()
				r.tokens.err = nil
				r.tokens.mu.Unlock()
				pause(3 * time.Minute)
				r.wantLink(streaming.LinkUp)
				r.end()
			})
		})
	}
}

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

func TestRefusedChannelIsTriedAgainAndOthersGoOn(t *testing.T) {
	const cases = "/data/CaseChangeEvent"
	bubble(t, func(t *testing.T) {
		s := newServer()
		s.next("subscribe", func(w http.ResponseWriter, r *http.Request, m meta) bool {
			p, _ := s.peer(r, m)
			s.follow(p, m)
			second := m
			second.ID, second.Subscription = "4", cases
			refusal := reply(second, "403:denied_by_security_policy:create_denied", "", "")
			refusal["subscription"] = cases
			s.write(w, r, refusal, reply(m, "", "", ""))
			return true
		})
		r := newRig(t, s, func(o *streaming.Options) {
			o.Channels = append(o.Channels, streaming.Channel{Name: cases})
		})
		st := r.owner.now()
		if st.Link != streaming.LinkDegraded || st.Cause != "channel-denied" || !strings.Contains(st.Hint, "Change Data Capture") {
			t.Fatalf("%+v", st)
		}
		sent := s.publish(psr)
		synctest.Wait()
		if got := r.owner.replays(); !slices.Equal(got, []int64{sent}) {
			t.Errorf("the other channel delivered %v", got)
		}
		pause(8 * time.Minute)
		r.wantLink(streaming.LinkUp)
		if n := s.count("/meta/handshake"); n != 1 {
			t.Errorf("%d handshakes; a refused channel must not cost the session", n)
		}
		r.end()
	})
}

func TestFilteredChannel(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newServer()
		filtered := psr + "?QueueId=00G1"
		r := newRig(t, s, func(o *streaming.Options) { o.Channels[0].Name = filtered })
		s.publish(psr)
		synctest.Wait()
		m := s.requests("/meta/subscribe")[0].raw
		if m.Subscription != filtered || string(m.Ext.Replay) != `{"`+psr+`":-1}` {
			t.Errorf("subscribed %s with %s", m.Subscription, m.Ext.Replay)
		}
		if got := r.owner.delivered; len(got) != 1 || got[0].Channel != filtered {
			t.Errorf("delivered %+v", got)
		}
		r.end()
	})
}

func TestOddEvents(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newServer()
		r := newRig(t, s, nil)
		events := `{"channel":"` + psr + `","data":{"payload":1}},` + // no replay ID: never a duplicate
			`{"channel":"` + psr + `","data":{"payload":1}},` +
			`{"channel":"` + psr + `","data":{"event":{"replayId":"9"}}},` +
			`{"channel":"` + psr + `","data":{"event":{"replayId":7}}},` + // out of order is no duplicate
			`{"channel":"` + psr + `","data":{"event":{"replayId":"9"}}},` + // this is one
			`{"channel":"` + psr + `","data":{"event":{"replayId":9},"other":true}},` + // and this is not
			`{"channel":"/topic/Other","data":{"event":{"replayId":8}}},` +
			`{"channel":"` + psr + `"},{}`
		s.next("connect", func(w http.ResponseWriter, r *http.Request, m meta) bool {
			fmt.Fprintf(w, `[%s,{"channel":"/meta/connect","successful":true}]`, events)
			return true
		})
		s.publish(psr)
		synctest.Wait()
		if got := r.owner.replays(); !slices.Equal(got, []int64{1, -1, -1, 9, 7, 9}) {
			t.Errorf("delivered %v", got)
		}
		if st := r.client.Stats(); st.Duplicates != 1 || st.Strays != 1 || st.Events != 6 {
			t.Errorf("%+v", st)
		}
		r.end()
	})
}

func TestHugeReplyAndRedirect(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newServer()
		r := newRig(t, s, nil)
		written := 0
		s.next("connect", func(w http.ResponseWriter, _ *http.Request, _ meta) bool {
			fmt.Fprint(w, `[{"channel":"`)
			filler := bytes.Repeat([]byte("x"), 1<<20)
			for range 64 {
				n, err := w.Write(filler)
				if written += n; err != nil {
					break
				}
			}
			return true
		})
		s.publish(psr)
		pause(time.Second)
		if written > 18<<20 {
			t.Errorf("%d bytes of one reply were taken", written)
		}
		if st := r.owner.now(); st.Cause != "oversized-reply" || st.Link != streaming.LinkDown {
			t.Errorf("%+v", st)
		}
		pause(6 * time.Minute)
		r.wantLink(streaming.LinkUp)
		before := s.count("/meta/connect")
		s.next("connect", func(w http.ResponseWriter, r *http.Request, _ meta) bool {
			w.Header().Set("Location", "http://elsewhere.test/cometd/67.0")
			w.WriteHeader(http.StatusTemporaryRedirect)
			return true
		})
		s.publish(psr)
		synctest.Wait()
		s.publish(psr)
		pause(time.Second)
		if st := r.owner.now(); st.Cause != "redirected" {
			t.Errorf("%+v", st)
		}
		if n := s.count("/meta/connect") - before; n != 1 {
			t.Errorf("the redirect was followed, token and all: %d requests", n)
		}
		r.end()
	})
}

func TestBadInstanceURL(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newServer()
		for _, url := range []string{"ftp://org.test", "org.test", "http://", "://"} {
			r := newRig(t, s, func(o *streaming.Options) { o.TokenSource.(*tokens).instance = url })
			pause(time.Minute)
			if st := r.owner.now(); st.Cause != "bad-instance-url" || st.Hint == "" {
				t.Errorf("%s: %+v", url, st)
			}
			r.end()
		}
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

// TestQuietDay: an idle client stays up by the server's polls alone.
func TestQuietDay(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newServer()
		r := newRig(t, s, nil)
		pause(24 * time.Hour)
		r.wantLink(streaming.LinkUp)
		if n, want := s.count("/meta/connect"), int(24*time.Hour/s.hold); n < want || n > want+3 {
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

func TestSlowLorisIsCut(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newServer()
		r := newRig(t, s, nil)
		s.publish(psr)
		pause(time.Minute)
		s.next("connect", func(w http.ResponseWriter, r *http.Request, _ meta) bool {
			for range 10000 {
				if _, err := fmt.Fprint(w, " "); err != nil || http.NewResponseController(w).Flush() != nil {
					break
				}
				time.Sleep(time.Second)
			}
			return true
		})
		before := s.publish(psr)
		pause(200 * time.Second)
		r.wantLink(streaming.LinkUp)
		after := s.publish(psr)
		synctest.Wait()
		if got := r.owner.replays(); !slices.Contains(got, before) || !slices.Contains(got, after) || len(got) != 3 {
			t.Errorf("delivered %v", got)
		}
		r.end()
	})
}

func TestLogsHoldNoToken(t *testing.T) {
	bubble(t, func(t *testing.T) {
		var log safeBuffer
		s := newServer()
		r := newRig(t, s, func(o *streaming.Options) {
			o.Logger = slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
		})
		for _, f := range faultsOf(s) {
			f.strike(r)
			s.publish(psr)
			pause(3 * time.Minute)
		}
		r.end()
		if text := log.String(); text == "" || strings.Contains(text, "token-") || strings.Contains(text, "Bearer") {
			t.Errorf("log:\n%s", text)
		}
		for line := range strings.Lines(log.String()) {
			if !json.Valid([]byte(line)) {
				t.Errorf("not JSON: %s", line)
			}
		}
	})
}

type safeBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *safeBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *safeBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

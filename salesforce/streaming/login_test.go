package streaming_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"log/slog"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"omnibridge/salesforce/streaming"
)

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

func TestLogsHoldNoToken(t *testing.T) {
	bubble(t, func(t *testing.T) {
		var log safeBuffer
		s := newServer()
		r := newRig(t, s, func(o *streaming.Options) {
			o.Logger = slog.New(slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
		})
		r.stream = &stream{at: map[string]map[int64]time.Time{psr: {}}, sent: map[string][]int64{}}
		for _, c := range append(transportCells(), sessionCells()[:12]...) {
			c.strike(r)
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

package streaming_test

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"
)

// standing lets a fault strike each request of a kind until it is healed.
func standing(c cell, kind string, f func(s *server) fault) cell {
	before := c.strike
	c.strike = func(r *rig) {
		r.server.stand(kind, f(r.server))
		if before != nil {
			before(r)
		}
	}
	heal := c.heal
	c.heal = func(r *rig) {
		r.server.stand(kind, nil)
		if heal != nil {
			heal(r)
		}
	}
	return c
}

// refusing answers with a Bayeux error.
func refusing(refusal, reason string) func(s *server) fault {
	return func(s *server) fault {
		return func(w http.ResponseWriter, r *http.Request, m meta) bool {
			s.write(w, r, reply(m, refusal, "none", reason))
			return true
		}
	}
}

// answering gives the fault whatever the server is.
func answering(f fault) func(*server) fault { return func(*server) fault { return f } }

// Waits that are not ours to shorten: the poll's time and grace in silence, those of
// a reply that stands still, and the longest pause between two attempts.
const (
	untilSilent  = 131 * time.Second
	untilStill   = 31 * time.Second
	longestPause = 121 * time.Second
)

// unwillingCells are faults that last, or that nobody can tell from a quiet
// day before the time of a poll is up.
func unwillingCells() []cell {
	return append(silentCells(), append(refusalCells(), downCells()...)...)
}

func silentCells() []cell {
	return []cell{
		{name: "a half-open connection: nothing arrives, no reset", wait: untilSilent, strike: func(r *rig) { r.pipes.mute() }},
		{name: "the server takes a poll and never answers", wait: untilSilent, strike: struck(func(_ http.ResponseWriter, r *http.Request, _ meta) bool {
			<-r.Context().Done()
			return true
		})},
		{name: "a reply that comes one byte a second", wait: untilSilent, strike: struck(func(w http.ResponseWriter, r *http.Request, _ meta) bool {
			for _, b := range []byte(`[{"channel":"/meta/connect","successful":true,"advice":{"reconnect":"retry","interval":0,"timeout":110000},"ext":{"filling":"` + strings.Repeat("x", 200)) {
				if _, err := w.Write([]byte{b}); err != nil || http.NewResponseController(w).Flush() != nil || r.Context().Err() != nil {
					break
				}
				time.Sleep(time.Second)
			}
			return true
		})},
		{name: "a reply that begins and does not go on, on an open connection", wait: untilStill, strike: struck(func(w http.ResponseWriter, r *http.Request, _ meta) bool {
			fmt.Fprint(w, ` [{"channel":"/meta/connect","succ`)
			http.NewResponseController(w).Flush()
			<-r.Context().Done()
			return true
		})},
		{name: "503::Server is too busy as the failureReason, 401 as the error", wait: 61 * time.Second, check: noLogin,
			strike: refused("401::Authentication invalid", "none", "503::Server is too busy.  Please try your request again later.")},
		{name: "HTTP 503 that asks to be left alone for 30 seconds, by a date", wait: 31 * time.Second, check: patient,
			strike: struck(func(w http.ResponseWriter, _ *http.Request, _ meta) bool {
				w.Header().Set("Retry-After", time.Now().Add(30*time.Second).UTC().Format(http.TimeFormat))
				w.WriteHeader(http.StatusServiceUnavailable)
				return true
			})},
	}
}

// patient holds that the session after the fault was asked for no earlier than the
// server wanted, the second apart that a date leaves open.
func patient(r *rig) {
	posts := r.witness.since(time.Time{})
	handshakes, polls := of("/meta/handshake", posts), of("/meta/connect", posts)
	anew := handshakes[len(handshakes)-1]
	struck := slices.IndexFunc(polls, anew.Before) - 1
	if waited := anew.Sub(polls[struck]); len(handshakes) != 2 || waited < 29*time.Second {
		r.t.Errorf("%d sessions, the last asked for %v after the poll that was refused", len(handshakes), waited)
	}
}

// refusalCells are faults in which Salesforce answers, and says no.
func refusalCells() []cell {
	const limited = "403::Organization total events daily limit exceeded"
	denied := func(at time.Duration, reason string) cell {
		c := cell{lasts: at, wait: at + longestPause, strike: forgotten(nil)}
		return standing(c, "handshake", refusing("403::Handshake denied", reason))
	}
	crowded := denied(3*time.Minute, "403::Organization concurrent user limit exceeded")
	crowded.name = "too many concurrent clients in the org, for 3 minutes"
	closed := denied(10*time.Minute, "")
	closed.name = "403::Handshake denied without a reason, for 10 minutes"
	expelled := standing(cell{name: "each new session is forgotten at once, for 10 minutes", lasts: 10 * time.Minute, wait: 10*time.Minute + longestPause,
		strike: forgotten(nil)}, "connect", refusing("403::Unknown client", ""))
	exhausted := standing(cell{name: "the daily limit of delivered events is reached, for 3 hours", lasts: 3 * time.Hour, wait: 4*time.Hour + time.Minute,
		strike: forgotten(nil)}, "subscribe", refusing(limited, ""))
	exhausted = standing(exhausted, "connect", refusing(limited, ""))
	return []cell{
		crowded, closed, expelled, exhausted,
		{name: "one channel of three is denied, for 20 minutes", channels: three, spared: []string{psr, agents}, lasts: 20 * time.Minute, wait: 26 * time.Minute,
			strike: forgotten(func(s *server) { s.denied[cases] = "403:denied_by_security_policy:create_denied" }),
			heal: func(r *rig) {
				r.server.mu.Lock()
				delete(r.server.denied, cases)
				r.server.mu.Unlock()
			}},
		{name: "every token is refused, for 10 minutes", lasts: 10 * time.Minute, wait: 10*time.Minute + longestPause,
			strike: func(r *rig) {
				r.tokens.mu.Lock()
				r.tokens.renew = nil
				r.tokens.mu.Unlock()
				r.server.mu.Lock()
				revoke(r.server)
				r.server.mu.Unlock()
			},
			heal: func(r *rig) {
				r.tokens.mu.Lock()
				r.tokens.renew = r.server.admit
				r.tokens.mu.Unlock()
			}},
		loginless("the login is refused, for 10 minutes", errors.New("invalid_grant: user hasn't approved this consumer")),
	}
}

// downCells are faults of whatever stands between, and of ourselves.
func downCells() []cell {
	const ten, long = 10 * time.Minute, 10*time.Minute + longestPause
	return []cell{
		loginless("the login host cannot be reached, for 10 minutes", &net.OpError{Op: "dial", Net: "tcp", Err: errors.New("no route to host")}),
		{name: "connections are refused, for 10 minutes", lasts: ten, wait: long,
			strike: func(r *rig) { r.pipes.refuse(true); r.pipes.cut() }, heal: func(r *rig) { r.pipes.refuse(false) }},
		standing(cell{name: "HTTP 503 on every poll, for 10 minutes", lasts: ten, wait: long}, "connect", answering(status(503))),
		standing(cell{name: "polls are answered at once and empty, for 10 minutes", lasts: ten, wait: ten + 2*time.Second, upheld: true}, "connect", func(s *server) fault {
			return func(w http.ResponseWriter, r *http.Request, m meta) bool {
				p, _ := s.peer(r, m)
				if p != nil {
					s.answered(p)
					s.write(w, r, reply(m, "", "", ""))
				}
				return p != nil
			}
		}),
		standing(cell{name: "a proxy loses all cookies, for 10 minutes", lasts: ten, wait: long}, "connect", answering(
			func(_ http.ResponseWriter, r *http.Request, _ meta) bool {
				r.Header.Del("Cookie")
				return false
			})),
		{name: "the daemon's own store fails, for 10 minutes", lasts: ten, wait: long,
			strike: func(r *rig) { r.failing(1 << 30) }, heal: func(r *rig) { r.failing(0) }},
	}
}

// failing lets the owner fail so many times.
func (r *rig) failing(times int) {
	r.owner.mu.Lock()
	defer r.owner.mu.Unlock()
	r.owner.fail = times
}

// loginless loses the session while there is no login to be had.
func loginless(name string, err error) cell {
	return cell{name: name, lasts: 10 * time.Minute, wait: 10*time.Minute + longestPause,
		strike: func(r *rig) {
			r.tokens.mu.Lock()
			r.tokens.err = err
			r.tokens.mu.Unlock()
			r.server.forget()
		},
		heal: func(r *rig) {
			r.tokens.mu.Lock()
			r.tokens.err = nil
			r.tokens.mu.Unlock()
		}}
}

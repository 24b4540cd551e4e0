package streaming_test

import (
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"omnibridge/salesforce/streaming"
)

// shared is a token source that somebody else uses, too.
type shared struct {
	*tokens
	renewed chan struct{}
}

func (s *shared) Renewed(string) <-chan struct{} { return s.renewed }

// other logs in, as a REST call does whose token was refused.
func (s *shared) other(server *server) {
	s.mu.Lock()
	s.n++
	server.admit(fmt.Sprintf("token-%d", s.n))
	s.mu.Unlock()
	close(s.renewed)
}

// made returns when logins were made.
func (s *tokens) made() []time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.logins)
}

// latest returns when the last event was delivered.
func (o *owner) latest() time.Time {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.at[len(o.at)-1]
}

// TestSecondRevocation: the second session is revoked within a second of the first.
// Alone the client must wait 30 s for its login; a token that others got ends that.
func TestSecondRevocation(t *testing.T) {
	for _, others := range []bool{false, true} {
		bubble(t, func(t *testing.T) {
			s := newServer()
			var source *shared
			r := newRig(t, s, func(o *streaming.Options) {
				source = &shared{o.TokenSource.(*tokens), make(chan struct{})}
				o.TokenSource = source
			})
			s.publish(psr)
			pause(time.Minute)
			revokeAll := func() {
				s.mu.Lock()
				revoke(s)
				s.rouse()
				s.mu.Unlock()
			}
			revokeAll()
			pause(900 * time.Millisecond)
			r.wantLink(streaming.LinkUp)
			revokeAll()
			began := time.Now()
			s.publish(psr)
			pause(100 * time.Millisecond)
			logins := r.tokens.made()
			if others {
				source.other(s)
			}
			pause(2 * time.Second)
			if up := r.owner.now().Link == streaming.LinkUp; up != others {
				t.Errorf("others %v: up %v", others, up)
			}
			pause(30 * time.Second)
			r.wantLink(streaming.LinkUp)
			if n := len(r.tokens.made()) - len(logins); (n == 0) != others {
				t.Errorf("others %v: %d logins of its own", others, n)
			}
			if wait := r.owner.latest().Sub(began); wait > 31*time.Second || others && wait > 2*time.Second {
				t.Errorf("others %v: the event waited %v", others, wait)
			}
			r.witness.checkPace(t, time.Time{})
			if d := closest(r.tokens.made()); d > 0 && d < 30*time.Second {
				t.Errorf("logins %v apart", d)
			}
			r.end()
		})
	}
}

// TestFreshTokensAreNoStorm: others get tokens all the time, and none is good here.
func TestFreshTokensAreNoStorm(t *testing.T) {
	bubble(t, func(t *testing.T) {
		s := newServer()
		var source *shared
		r := newRig(t, s, func(o *streaming.Options) {
			source = &shared{o.TokenSource.(*tokens), make(chan struct{})}
			close(source.renewed)
			o.TokenSource = source
		})
		pause(time.Minute)
		r.tokens.mu.Lock()
		r.tokens.renew = nil
		r.tokens.mu.Unlock()
		s.mu.Lock()
		revoke(s)
		s.rouse()
		s.mu.Unlock()
		synctest.Wait()
		began := time.Now()
		pause(10 * time.Minute)
		if n := len(of("/meta/handshake", r.witness.since(began))); n < 5 || n > 20 {
			t.Errorf("%d handshakes in ten minutes", n)
		}
		r.witness.checkPace(t, time.Time{})
		r.end()
	})
}

package cometd

import (
	"cmp"
	"slices"
	"time"
)

// session is one client between handshake and disconnect.
type session struct {
	id, user, version string
	browser           string // its BAYEUX_BROWSER cookie
	tail              []byte // what closes each event it receives
	since             time.Time
	idle              time.Time // when the last handshake or connect was answered
	connected         bool      // the first connect has been answered
	mute              bool      // it is given no events
	subs              []*subscription
	hold              *hold // the connect that waits, if any
	gone              *advice
}

// hold is one connect that waits.
type hold struct{ wake chan struct{} }

// subscription is a client's position in a topic.
type subscription struct {
	name   string // as the client wrote it, with its filter
	head   []byte // what opens each event it receives
	filter map[string]string
	topic  *topic
	sess   *session
	after  int64
}

// delivery is one event on its way to one client.
type delivery struct {
	sub *subscription
	e   *event
}

func (d delivery) append(b []byte) []byte {
	return append(append(append(b, d.sub.head...), d.e.data...), d.sub.sess.tail...)
}

func (sub *subscription) matches(e *event) bool {
	for field, want := range sub.filter {
		if got, ok := e.value(field); !ok || got != want {
			return false
		}
	}
	return true
}

// rouse wakes the held connect, if there is one.
func (c *session) rouse() {
	if c.hold == nil {
		return
	}
	select {
	case c.hold.wake <- struct{}{}:
	default: // it has been woken and has not looked yet
	}
}

// gather takes what waits for a client, in order of the ids, up to MaxReply
// events. lost tells that something it had not received is no longer kept.
func (s *Server) gather(c *session) (out []delivery, lost bool) {
	if c.mute {
		return nil, false
	}
	limit, full, sources := s.set.MaxReply, false, 0
	for _, sub := range c.subs {
		if sub.topic.last <= sub.after {
			continue
		}
		if sub.after < sub.topic.trimmed {
			return nil, true
		}
		before := len(out)
		for _, e := range sub.topic.since(sub.after) {
			if len(out)-before == limit {
				full = true
				break
			}
			if sub.matches(e) {
				out = append(out, delivery{sub, e})
			}
		}
		if len(out) > before {
			sources++
		}
	}
	if sources > 1 {
		slices.SortStableFunc(out, func(a, b delivery) int { return cmp.Compare(a.e.id, b.e.id) })
	}
	if len(out) > limit {
		out, full = out[:limit], true
	}
	for _, d := range out {
		d.sub.after = d.e.id
		s.delivered[bucket(d.sub.topic.name)]++
	}
	if !full { // pass over what the filters held back as well
		for _, sub := range c.subs {
			sub.after = max(sub.after, sub.topic.last)
		}
	}
	return out, false
}

// live finds a client that has not been away for longer than Gap.
func (s *Server) live(id string) *session {
	c := s.clients[id]
	if c != nil && s.stale(c, s.o.Clock.Now()) {
		s.forget(c, adviseHandshake(), "no connect within the gap")
		return nil
	}
	return c
}

func (s *Server) stale(c *session, now time.Time) bool {
	return c.hold == nil && now.Sub(c.idle) > s.set.Gap
}

// sweep forgets every client that stayed away.
func (s *Server) sweep() {
	now := s.o.Clock.Now()
	for _, c := range s.clients {
		if s.stale(c, now) {
			s.forget(c, adviseHandshake(), "no connect within the gap")
		}
	}
}

// forget ends a session. A connect of it that waits is answered 403::Unknown
// client with the advice.
func (s *Server) forget(c *session, a *advice, why string) {
	s.o.Log.Debug("streaming session forgotten", "client", c.id, "user", c.user, "reason", why)
	for _, sub := range c.subs {
		delete(sub.topic.subs, sub)
		s.release(sub.topic)
	}
	c.subs, c.gone = nil, a
	delete(s.clients, c.id)
	c.rouse()
}

// find returns the client's subscription of that name.
func (c *session) find(name string) *subscription {
	i := slices.IndexFunc(c.subs, func(sub *subscription) bool { return sub.name == name })
	if i < 0 {
		return nil
	}
	return c.subs[i]
}

// follow adds a subscription to a topic.
func (s *Server) follow(c *session, name string, filter map[string]string, t *topic) *subscription {
	head := append(append([]byte(`{"channel":`), quote(name)...), `,"data":`...)
	sub := &subscription{name: name, head: head, filter: filter, topic: t, sess: c}
	t.subs[sub] = struct{}{}
	c.subs = append(c.subs, sub)
	return sub
}

// unfollow takes a subscription back, if there is one.
func (s *Server) unfollow(c *session, name string) {
	c.subs = slices.DeleteFunc(c.subs, func(sub *subscription) bool {
		if sub.name != name {
			return false
		}
		delete(sub.topic.subs, sub)
		s.release(sub.topic)
		return true
	})
}

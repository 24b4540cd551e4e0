package cometd

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// maxSubscriptions is how many channels one client may follow: far more than an
// org has, so that only a broken client meets it.
const maxSubscriptions = 1_000

// handshake admits a client. Its reply carries no advice; the first connect's
// does (salesforce-apis 3.2).
func (x *exchange) handshake(m message) {
	s := x.s
	s.mu.Lock()
	defer s.mu.Unlock()
	if x.struck(m, nil) {
		return
	}
	s.sweep()
	if s.set.MaxClients >= 0 && len(s.clients) >= s.set.MaxClients {
		x.deny(m, handshakeDenied, clientLimit)
		return
	}
	now := s.o.Clock.Now()
	c := &session{
		id: strings.ToLower(rand.Text()), user: x.user, version: x.version,
		browser: s.setCookies(x.w, x.r), since: now, idle: now,
	}
	c.tail = append(append([]byte(`,"clientId":`), quote(c.id)...), '}')
	s.clients[c.id] = c
	r := m.answer()
	r.Version, r.MinimumVersion, r.ClientID, r.Successful = "1.0", "1.0", c.id, true
	r.SupportedConnectionTypes = []string{"long-polling"}
	r.Ext = map[string]any{"replay": true, "payload.format": true}
	x.add(r)
}

// connect answers with what waits, or holds the request until something does.
// The first one of a session is answered at once, with the advice.
func (x *exchange) connect(m message, alone bool) {
	s := x.s
	s.mu.Lock()
	defer s.mu.Unlock()
	c := x.session(m)
	if c == nil {
		return
	}
	if m.ConnectionType != "long-polling" {
		x.add(m.fail("400::Invalid connection type "+m.ConnectionType, adviseNone(), ""))
		return
	}
	c.rouse() // an earlier connect that is held finds itself replaced
	c.hold = nil
	first := !c.connected
	c.connected = true
	d := s.set.ConnectTimeout
	if ms := m.timeout(); ms >= 0 {
		d = min(d, time.Duration(ms)*time.Millisecond)
	}
	if first || !alone {
		d = 0
	}
	if d > 0 {
		x.hold(c, m, d)
		return
	}
	x.settle(c, nil, m, true)
	c.idle = s.o.Clock.Now()
	if last := len(x.replies) - 1; first && last >= 0 && x.replies[last].Successful {
		x.replies[last].Advice = &advice{Reconnect: "retry", Interval: new(0), Timeout: s.set.ConnectTimeout.Milliseconds()}
	}
}

// settle answers a connect if there is something to say or nothing to wait for,
// and tells whether it did. The server is locked.
func (x *exchange) settle(c *session, h *hold, m message, late bool) bool {
	s := x.s
	switch {
	case x.silent:
		return true
	case s.closed:
		x.status = http.StatusServiceUnavailable
		return true
	case c.gone != nil:
		x.add(m.fail(unknownClient, c.gone, ""))
		return true
	case c.hold != h:
		x.status = http.StatusInternalServerError
		return true
	case h != nil && x.heldFault(m):
		return true
	case x.struck(m, c):
		return true
	case slices.ContainsFunc(c.subs, func(sub *subscription) bool { return s.exhausted(sub.topic.name) }):
		x.add(m.fail(eventLimit, nil, ""))
		return true
	}
	if !c.mute && x.strike(onEvents, m) != "" {
		c.mute = true
	}
	events, lost := s.gather(c)
	if lost {
		s.forget(c, adviseHandshake(), "an event it waited for is no longer kept")
		x.add(m.fail(unknownClient, adviseHandshake(), ""))
		return true
	}
	if len(events) == 0 && !late {
		return false
	}
	x.events = append(x.events, events...)
	r := m.answer()
	r.ClientID, r.Successful = c.id, true
	x.add(r)
	return true
}

// heldFault lets the faults of a whole POST strike a connect that is held
// already, and tells whether that was its end. The server is locked.
func (x *exchange) heldFault(m message) bool {
	name := x.strike(onRequest, m)
	if name == "" {
		return false
	}
	switch name {
	case "http-503":
		x.status = http.StatusServiceUnavailable
		return true
	case "http-500":
		x.status = http.StatusInternalServerError
		return true
	case "silence":
		quiet := x.s.quiet
		x.s.mu.Unlock()
		x.silent = !x.stay(x.r.Context(), quiet)
		x.s.mu.Lock()
		return x.silent
	}
	x.silent = true
	x.s.mu.Unlock()
	defer x.s.mu.Lock()
	x.cut()
	return true
}

// subscribe adds channels to a session, each from the position asked for.
func (x *exchange) subscribe(m message) {
	if !x.open(m) {
		return
	}
	names := m.subscriptions()
	if len(names) == 0 {
		x.add(m.fail("400::Channel name not specified", nil, ""))
		return
	}
	wanted := make([]interest, 0, len(names))
	for _, name := range names {
		in, refusal := x.admit(name)
		if refusal != nil {
			x.add(m.fail(refusal.Error(), nil, refusal.FailureReason))
			return
		}
		wanted = append(wanted, in)
	}
	x.follow(m, wanted)
}

// open tells whether a message has a session and no fault strikes it.
func (x *exchange) open(m message) bool {
	x.s.mu.Lock()
	defer x.s.mu.Unlock()
	c := x.session(m)
	return c != nil && !x.struck(m, c)
}

// interest is a channel that a client may subscribe to.
type interest struct {
	name, channel string // with and without the filter
	filter        map[string]string
}

// admit checks one channel of a subscribe. The server is not locked.
func (x *exchange) admit(name string) (interest, *Refusal) {
	channel, query, filtered := strings.Cut(name, "?")
	in := interest{name: name, channel: channel}
	missing := &Refusal{Code: 400, Text: fmt.Sprintf("The channel you requested to subscribe to doesn't exist {%s}", name)}
	switch {
	case !strings.HasPrefix(name, "/"):
		return in, &Refusal{Code: 400, Text: "Channel subscriptions must start with a leading '/'"}
	case strings.HasPrefix(channel, "/meta/"), strings.HasPrefix(channel, "/service/"):
		return in, &Refusal{Code: 403, Text: "Restricted channel"}
	case strings.Contains(channel, "*"), filtered && !strings.HasPrefix(channel, "/topic/"):
		return in, missing
	}
	if filtered {
		values, err := url.ParseQuery(query)
		if err != nil || len(values) == 0 {
			return in, missing
		}
		in.filter = make(map[string]string, len(values))
		for field, all := range values {
			in.filter[field] = all[0]
		}
	}
	if err := x.s.o.Channel(channel, x.user); err != nil {
		return in, x.refused(err, channel)
	}
	if filtered {
		if err := x.s.o.Filter(channel, maps.Clone(in.filter)); err != nil {
			return in, x.refused(err, channel)
		}
	}
	return in, nil
}

func (x *exchange) refused(err error, channel string) *Refusal {
	if r, ok := errors.AsType[*Refusal](err); ok {
		return r
	}
	x.s.o.Log.Warn("streaming channel could not be checked", "channel", channel, "user", x.user, "err", err)
	return &Refusal{Code: 403, Text: "Restricted channel"}
}

// follow subscribes to all of the channels, or on the first that cannot be to
// none of them.
func (x *exchange) follow(m message, wanted []interest) {
	s := x.s
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.live(m.ClientID) // it may have gone while the channel was checked
	if c == nil {
		x.add(m.fail(unknownClient, adviseHandshake(), ""))
		return
	}
	if len(c.subs)+len(wanted) > maxSubscriptions {
		x.add(m.fail("403::Subscription limit exceeded for this topic", nil, ""))
		return
	}
	ids, replay := m.replay()
	starts := make([]int64, len(wanted))
	for i, in := range wanted {
		if s.exhausted(in.channel) {
			x.add(m.fail(eventLimit, nil, ""))
			return
		}
		var refused string
		if starts[i], refused = x.position(m, in.channel, ids, replay); refused != "" {
			x.add(m.fail(refused, nil, ""))
			return
		}
	}
	for i, in := range wanted {
		sub := c.find(in.name)
		if sub == nil {
			sub = s.follow(c, in.name, in.filter, s.topic(in.channel))
			sub.after = starts[i]
		} else if replay {
			sub.after = starts[i]
		}
	}
	r := m.answer()
	r.ClientID, r.Subscription, r.Successful = c.id, m.Subscription, true
	x.add(r)
	if s.set.EventsInSubscribe {
		events, _ := s.gather(c)
		x.events = append(x.events, events...)
	}
	c.rouse()
}

// position is where a subscription begins, by the request's replay map, whose
// keys are channels without their filters (salesforce-apis 3.3).
func (x *exchange) position(m message, channel string, ids map[string]json.RawMessage, replay bool) (after int64, refused string) {
	s := x.s
	if !replay {
		return s.lastID, ""
	}
	wanted, ok := ids[channel]
	if !ok {
		return 0, unmapped(channel, ids)
	}
	t := s.topic(channel)
	defer s.release(t)
	s.expire(t, s.o.Clock.Now())
	after, refused = t.start(wanted, s.lastID, s.set.AnyReplayID)
	if text := strings.Trim(string(wanted), `"`); refused == "" && text != "-1" && text != "-2" && x.strike(onReplay, m) != "" {
		return 0, invalidReplay(text)
	}
	return after, refused
}

// unmapped is the error for a replay map without the channel; it shows the map
// as Java prints one.
func unmapped(channel string, ids map[string]json.RawMessage) string {
	pairs := make([]string, 0, len(ids))
	for _, c := range slices.Sorted(maps.Keys(ids)) {
		pairs = append(pairs, c+"="+strings.Trim(string(ids[c]), `"`))
	}
	return fmt.Sprintf("400::The replayId for channel {%s} wasn't found using the provided replay ID map {{%s}}. Ensure that the channel name you provided in the replay map is valid and matches the channel name used for subscribing.",
		channel, strings.Join(pairs, ", "))
}

// unsubscribe takes channels off a session.
func (x *exchange) unsubscribe(m message) {
	x.s.mu.Lock()
	defer x.s.mu.Unlock()
	c := x.session(m)
	if c == nil || x.struck(m, c) {
		return
	}
	names := m.subscriptions()
	if len(names) == 0 {
		x.add(m.fail("400::Channel name not specified", nil, ""))
		return
	}
	for _, name := range names {
		x.s.unfollow(c, name)
	}
	r := m.answer()
	r.ClientID, r.Subscription, r.Successful = c.id, m.Subscription, true
	x.add(r)
}

// disconnect ends a session. A connect it holds is answered with the advice not
// to come back.
func (x *exchange) disconnect(m message) {
	x.s.mu.Lock()
	defer x.s.mu.Unlock()
	c := x.session(m)
	if c == nil || x.struck(m, c) {
		return
	}
	x.s.forget(c, adviseNone(), "disconnected")
	r := m.answer()
	r.ClientID, r.Successful = c.id, true
	x.add(r)
}

package cometd

import (
	"fmt"
	"net/http"
	"strings"
	"time"
)

// The errors that several messages share (salesforce-apis 3.5).
const (
	unknownClient   = "403::Unknown client"
	handshakeDenied = "403::Handshake denied"
	authInvalid     = "401::Authentication invalid"
	authMissing     = "401::Request requires authentication"
	tooBusy         = "503::Server is too busy.  Please try your request again later."
	clientLimit     = "403::Organization concurrent user limit exceeded"
	crowded         = "403::To protect all customers from excessive use and Denial of Service attacks, we limit the number of simultaneous connections per server. Your request has been denied because this limit has been exceeded. Please try your request again later."
	eventLimit      = "403::Organization total events daily limit exceeded"
)

// exchange is one POST and its answer.
type exchange struct {
	s       *Server
	w       http.ResponseWriter
	r       *http.Request
	version string
	refusal string // of the version
	user    string
	denied  string // why the user is not who they say, as a Bayeux error

	replies      []reply
	events       []delivery
	status       int  // answer with this instead of JSON
	code         int  // the status of a JSON answer; 0 for 200
	silent       bool // answer nothing: the client is gone, or the connection
	connectFirst bool
	numericIDs   bool
	drop         bool
	fates        fates
}

func (x *exchange) authenticate() {
	header := strings.TrimSpace(x.r.Header.Get("Authorization"))
	if header == "" {
		x.denied = authMissing
		return
	}
	user, err := x.s.o.Authenticate(header)
	if err != nil {
		x.denied = authInvalid
		return
	}
	x.user = user
}

// survives lets the faults strike that concern the whole POST, and tells whether
// it is to be answered in the ordinary way.
func (x *exchange) survives(messages []message) bool {
	for _, m := range messages {
		if name := x.strikeRequest(m); name != "" && !x.suffer(name) {
			return false
		}
	}
	return true
}

// suffer carries a fault of the whole POST out and tells whether to go on.
func (x *exchange) suffer(name string) bool {
	switch name {
	case "http-503":
		x.status = http.StatusServiceUnavailable
	case "http-500":
		x.status = http.StatusInternalServerError
	case "tcp-reset":
		x.silent = true
		x.cut()
		return false
	case "silence":
		x.s.mu.Lock()
		quiet := x.s.quiet
		x.s.mu.Unlock()
		x.silent = !x.stay(x.r.Context(), quiet)
		return !x.silent
	}
	x.page()
	return false
}

func (x *exchange) strikeRequest(m message) string {
	x.s.mu.Lock()
	defer x.s.mu.Unlock()
	return x.strike(onRequest, m)
}

// kind is the last part of a meta channel, or the whole of another one.
func (m message) kind() string { return strings.TrimPrefix(m.Channel, "/meta/") }

// run handles the messages in order. A connect is held only when it is alone in
// its POST.
func (x *exchange) run(messages []message) {
	for _, m := range messages {
		x.handle(m, len(messages) == 1)
		if x.silent || x.status != 0 {
			return
		}
	}
	x.shape(messages)
}

// shape lets the faults strike that concern how the answer is written.
func (x *exchange) shape(messages []message) {
	s := x.s
	s.mu.Lock()
	defer s.mu.Unlock()
	x.connectFirst, x.numericIDs = s.set.ConnectFirst, s.set.NumericIDs
	for _, m := range messages {
		if len(x.events) > 0 && x.strike(onDelivered, m) != "" {
			x.drop = true
		}
		switch x.strike(onResponse, m) {
		case "connect-first":
			x.connectFirst = true
		case "numeric-ids":
			x.numericIDs = true
		}
	}
}

func (x *exchange) add(r reply) { x.replies = append(x.replies, r) }

// handle answers one message.
func (x *exchange) handle(m message, alone bool) {
	kind := m.kind()
	meta := strings.HasPrefix(m.Channel, "/meta/")
	switch {
	case x.refusal != "":
		x.add(m.fail(x.refusal, adviseNone(), ""))
	case m.Channel == "":
		x.add(m.fail("400::Channel name not specified", nil, ""))
	case x.denied != "":
		x.code = x.s.Settings().AuthStatus
		x.deny(m, x.denied, x.denied)
	case !meta:
		x.add(m.fail("403:denied_by_security_policy:publish_denied", nil, ""))
	case kind == handshake:
		x.handshake(m)
	case kind == connect:
		x.connect(m, alone)
	case kind == subscribe:
		x.subscribe(m)
	case kind == unsubscribe:
		x.unsubscribe(m)
	case kind == disconnect:
		x.disconnect(m)
	default:
		x.add(m.fail("404::Unknown channel", nil, ""))
	}
}

// deny refuses a message for a reason that lies with the user or the server. A
// handshake tells the reason apart from the error.
func (x *exchange) deny(m message, err, reason string) {
	if m.kind() == handshake {
		x.add(m.fail(handshakeDenied, &advice{Reconnect: "none"}, reason))
		return
	}
	if err == reason {
		reason = ""
	}
	r := m.fail(err, adviseNone(), reason)
	r.ClientID = m.ClientID
	x.add(r)
}

// struck lets a fault strike that concerns the answer to a message, and tells
// whether one did. c is the session, nil for a handshake. The server is locked.
func (x *exchange) struck(m message, c *session) bool {
	name := x.strike(onMessage, m)
	if name == "" {
		return false
	}
	k := kinds[name]
	if k.notice {
		x.add(reply{Channel: "/meta/" + disconnect, ClientID: m.ClientID, Successful: true})
	}
	if k.forget && c != nil {
		x.s.forget(c, adviseHandshake(), "fault "+name)
	}
	switch {
	case m.kind() == handshake:
		reason := k.reason
		if reason == "" {
			reason = k.error
		}
		x.deny(m, handshakeDenied, reason)
	case k.error == "" && k.reason == "":
		r := m.answer()
		r.ClientID, r.Successful = m.ClientID, true
		x.add(r)
	case k.error == "":
		x.deny(m, k.reason, k.reason)
	case k.reason != "":
		x.deny(m, k.error, k.reason)
	default:
		x.add(m.fail(k.error, k.advice, ""))
	}
	return true
}

// session finds the client a message speaks for. Without one the reply has been
// added. The server is locked.
func (x *exchange) session(m message) *session {
	c := x.s.live(m.ClientID)
	if c == nil {
		err := unknownClient
		if m.ClientID == "" && m.kind() == subscribe {
			err = "403::Client has not completed handshake"
		}
		x.add(m.fail(err, adviseHandshake(), ""))
		return nil
	}
	for _, name := range []string{cookieBrowser, cookieT} {
		if _, err := x.r.Cookie(name); err != nil {
			x.add(m.fail(fmt.Sprintf("400::Client %s has established a session, but no %s cookie present", c.id, name), adviseNone(), ""))
			return nil
		}
	}
	if browser, _ := x.r.Cookie(cookieBrowser); browser.Value != c.browser {
		x.add(m.fail(unknownClient, adviseHandshake(), ""))
		return nil
	}
	if !x.s.routed(x.r) {
		x.s.setRoute(x.w, x.r)
		x.add(m.fail(unknownClient, adviseHandshake(), ""))
		return nil
	}
	if c.user != x.user {
		x.add(m.fail("400::Authenticated user id does not match the session's user id", adviseNone(), ""))
		return nil
	}
	return c
}

// hold waits until there is something to tell the client, for at most d of the
// org's time. It is called with the server locked and returns so.
func (x *exchange) hold(c *session, m message, d time.Duration) {
	s := x.s
	h := &hold{wake: make(chan struct{}, 1)}
	c.hold = h
	expired := make(chan struct{})
	timer := s.o.Clock.AfterFunc(d, func() { close(expired) })
	defer timer.Stop()
	late := false
	for !x.settle(c, h, m, late) {
		s.mu.Unlock()
		select {
		case <-h.wake:
		case <-expired:
			late = true
		case <-s.done:
		case <-x.r.Context().Done():
			x.silent = true
		}
		s.mu.Lock()
	}
	if c.hold == h {
		c.hold, c.idle = nil, s.o.Clock.Now()
	}
}

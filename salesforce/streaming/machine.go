package streaming

import (
	"errors"
	"fmt"
	"slices"
	"time"
)

// kind is what an input is.
type kind string

const (
	inBegin     kind = "begin"
	inToken     kind = "token"
	inHandshake kind = "handshake"
	inConnect   kind = "connect"
	inSubscribe kind = "subscribe"
	inJob       kind = "job"   // the owner finished a batch or a gap
	inRenew     kind = "renew" // the owner wants a new session; fault says why
	inFresh     kind = "fresh" // somebody else has got another token than the refused one
	inTick      kind = "tick"  // the deadline may have passed
	inStop      kind = "stop"
)

// input is something that happened. Answers carry the number of the deed they
// answer; late ones are recognised by it.
type input struct {
	kind    kind
	seq     uint64
	advice  advice
	results []result // subscribe
	batch   []Event  // events that came along, whatever the answer was
	fault   *fault   // set if the answer was a failure
}

// deed is something to do now.
type deed struct {
	do       kind // inToken, inHandshake, inConnect, inSubscribe; or one of the below
	seq      uint64
	fresh    bool    // token: the last one was refused
	first    bool    // connect: ask for an answer at once
	asks     []ask   // subscribe
	batch    []Event // deliver
	channel  string  // gap
	gap      Gap     // gap
	farewell bool    // abandon: the server may still hold the session, so disconnect
}

const (
	doDeliver kind = "deliver"
	doGap     kind = "gap"
	doForget  kind = "forget"  // drop the jobs that have not begun
	doAbandon kind = "abandon" // cancel what is out and forget the session
)

// limits are the machine's constants of time.
type limits struct {
	slack   time.Duration // on top of the server's poll timeout
	request time.Duration // for a token, handshake, first connect or subscribe
}

const (
	// defaultPollTimeout holds until the server says otherwise (salesforce-apis 3.4).
	defaultPollTimeout = 110 * time.Second
	// longestPoll and longestInterval bound what advice can make of us: the
	// second stays below sessionGap.
	longestPoll     = 10 * time.Minute
	longestInterval = 35 * time.Second
	// sessionGap is how long Salesforce keeps a session that does not poll.
	sessionGap = 40 * time.Second
	// ahead is how many batches the owner may still be at while the next poll is
	// under way: one, so that its disk and the network work at the same time, and a
	// slow owner still slows the server down.
	ahead = 1
	// handshakeSpacing and loginSpacing bound what a fault can cost the org.
	handshakeSpacing = time.Second
	loginSpacing     = 30 * time.Second
	// stableAfter is the age at which a session that worked counts as healthy.
	// Below it, faults are taken as one series, so that a server that lets us in
	// and throws us out is not asked once a second for ever.
	stableAfter = 5 * time.Second
	// A server that answers polls at once and empty is asked once a second
	// after a few such answers.
	quickReply   = 100 * time.Millisecond
	quickReplies = 10
	quickPause   = time.Second
)

// pauses yields growing pauses; backoff/v4's ExponentialBackOff is one. It
// holds the only randomness near the machine.
type pauses interface {
	NextBackOff() time.Duration
	Reset()
}

// job is work the owner still has to finish.
type job struct {
	seq   uint64
	batch bool // events; else a gap
}

// machine decides what the connection does next. It does no I/O and reads no
// clock: time comes with each step, and deadline says when it wants the next.
type machine struct {
	limits limits
	pauses pauses

	state  state
	until  time.Time // deadline of the state; zero if it has none
	seq    uint64    // numbers deeds
	out    uint64    // the request under way, 0 if none
	outAs  kind
	owed   []job // in order of delivery
	subs   subscriptions
	now    time.Time // of the step under way
	deeds  []deed    // of the step under way
	cause  *fault    // last fault of the session
	series int       // faults since the last healthy session

	handshakeAt time.Time     // last handshake asked for
	loginAt     time.Time     // last login asked for after an authentication failure
	suspect     bool          // the token was refused; cleared by a handshake, or by another token
	unlogged    time.Time     // when to try again if that takes no login of ours
	turned      bool          // this session completed a turn: polled or delivered
	heldSince   time.Time     // since when the owner has the batch that it is at
	slow        bool          // the owner holds events longer than a server would wait
	timeout     time.Duration // advice.timeout
	pause       time.Duration // before the next connect
	connectAt   time.Time     // last connect asked for
	quick       int           // quick empty answers in a row
}

func newMachine(l limits, p pauses, channels []Channel) *machine {
	return &machine{limits: l, pauses: p, state: idle, subs: newSubscriptions(channels), timeout: defaultPollTimeout}
}

var errStale = errors.New("late or early: answers nothing that is asked")

// impossibleError reports a pair that the table does not have.
type impossibleError struct {
	in state
	on class
}

func (e *impossibleError) Error() string {
	return fmt.Sprintf("streaming machine: %q cannot happen while %s", e.on, e.in)
}

// step takes one input, at a time not before the last one's, and returns what
// to do, in order. A stale input changes nothing. After an impossible one the
// state and its deadline stand, so that the next tick leads out.
func (m *machine) step(now time.Time, in input) ([]deed, error) {
	m.now, m.deeds = now, nil
	if err := m.expects(in); err != nil {
		return nil, err
	}
	c := m.absorb(in)
	if c == "" {
		return m.deeds, nil
	}
	t, ok := table[cell{m.state, c}]
	if !ok {
		return nil, &impossibleError{m.state, c}
	}
	m.state, m.until = t.to, time.Time{}
	for _, a := range t.do {
		m.perform(a)
	}
	return m.deeds, nil
}

// expects tells whether in answers something that is asked.
func (m *machine) expects(in input) error {
	switch in.kind {
	case inBegin:
		if m.state != idle {
			return errStale
		}
	case inToken, inHandshake, inConnect, inSubscribe:
		if m.out == 0 || in.seq != m.out || in.kind != m.outAs {
			return errStale
		}
	case inJob:
		if len(m.owed) == 0 || m.owed[0].seq != in.seq {
			return errStale
		}
	case inRenew:
		if !slices.Contains(inSession, m.state) {
			return errStale // a new one is under way
		}
	case inFresh:
		if !m.awaitsLogin() {
			return errStale
		}
	case inTick:
		if d := m.deadline(); d.IsZero() || m.now.Before(d) {
			return errStale
		}
	}
	if m.state == stopped {
		return errStale
	}
	return nil
}

// absorb takes in the content of an input and says what it means; "" means
// that the connection stays as it is.
func (m *machine) absorb(in input) class {
	switch in.kind {
	case inBegin:
		return began
	case inStop:
		return asked
	case inRenew:
		m.cause = in.fault
		return failed
	case inFresh:
		m.suspect = false
		m.until = m.unlogged
		return ""
	case inTick:
		return m.absorbTick()
	case inJob:
		return m.absorbJob(in)
	}
	m.out = 0
	if in.kind == inSubscribe && in.fault == nil {
		in.fault = m.absorbResults(in.results)
	}
	// A handshake's answer may carry no events: nothing is subscribed yet.
	if len(in.batch) > 0 && in.kind != inHandshake {
		m.owe(deed{do: doDeliver, batch: in.batch})
	}
	if in.fault == nil && (in.advice.reconnect == "handshake" || in.advice.reconnect == "none") && in.kind == inConnect {
		in.fault = &fault{verdict: advisedHandshake}
	}
	if in.fault != nil {
		m.cause = in.fault
		if in.fault.verdict == oversized {
			m.subs.passOver()
		}
		return failed
	}
	switch in.kind {
	case inToken:
		return tokenGiven
	case inHandshake:
		m.suspect = false
		m.absorbTimeout(in.advice)
		return handshaken
	case inConnect:
		m.absorbConnect(in)
	}
	return m.onward()
}

func (m *machine) absorbTick() class {
	if held := m.held(); !held.IsZero() && !m.now.Before(held) {
		m.slow = true
		if m.until.IsZero() || m.now.Before(m.until) {
			return ""
		}
	}
	switch m.state {
	case backingOff:
		return due
	case pausing:
		m.pause = 0
		return ready
	}
	m.out = 0
	m.cause = &fault{silent, "no answer while " + string(m.state)}
	return failed
}

// absorbJob follows the owner. After a failure nothing is owed any more: the
// next session brings the same events again.
func (m *machine) absorbJob(in input) class {
	if in.fault != nil {
		m.owed, m.out, m.slow = nil, 0, false
		m.deeds = append(m.deeds, deed{do: doForget})
		m.cause = in.fault
		return failed
	}
	m.owed = m.owed[1:]
	m.heldSince, m.slow = m.now, false
	switch {
	case m.state == delivering:
		if c := m.onward(); c != owing {
			m.turned = true
			return c
		}
	case m.state == backingOff && len(m.owed) == 0 && !m.now.Before(m.until):
		return due
	}
	return ""
}

func (m *machine) absorbConnect(in input) {
	m.absorbTimeout(in.advice)
	m.pause = 0
	if in.advice.interval > 0 {
		m.pause = time.Duration(min(in.advice.interval, longestInterval.Milliseconds())) * time.Millisecond
	}
	if m.state != polling {
		return
	}
	m.turned = true
	if len(in.batch) > 0 || m.now.Sub(m.connectAt) >= quickReply {
		m.quick = 0
	} else if m.quick++; m.quick >= quickReplies {
		m.pause = max(m.pause, quickPause)
	}
}

// absorbTimeout obeys how long the server holds a connect, within reason.
func (m *machine) absorbTimeout(a advice) {
	if a.timeout > 0 {
		m.timeout = time.Duration(min(a.timeout, longestPoll.Milliseconds())) * time.Millisecond
	}
}

// absorbResults settles each channel and returns the fault that ends the
// session, if one of the answers does.
func (m *machine) absorbResults(results []result) *fault {
	var worst *fault
	for _, r := range results {
		gap, f := m.subs.settle(m.now, r)
		if f != nil && (worst == nil || f.wait > worst.wait) {
			worst = f
		}
		if gap != nil {
			m.owe(deed{do: doGap, channel: r.channel, gap: *gap})
		}
	}
	return worst
}

// onward says how a session goes on after a good answer. A subscribe waits for
// all events to be durable, since it starts from what is.
func (m *machine) onward() class {
	switch batches := m.batches(); {
	case batches > ahead, batches > 0 && m.subs.wanting(m.now):
		return owing
	case m.subs.wanting(m.now):
		return unsettled
	case m.pause > 0:
		return paced
	}
	return ready
}

func (m *machine) owe(d deed) {
	m.seq++
	d.seq = m.seq
	if m.batches() == 0 {
		m.heldSince = m.now
	}
	m.owed = append(m.owed, job{m.seq, d.do == doDeliver})
	m.deeds = append(m.deeds, d)
}

// batches counts those that the owner still has to make durable. A gap does not
// keep the connection from polling: closing it may take longer than the server
// keeps a silent session.
func (m *machine) batches() (n int) {
	for _, j := range m.owed {
		if j.batch {
			n++
		}
	}
	return n
}

// held says when the owner will have been at a batch for too long; zero if it is
// at none, or that is known.
func (m *machine) held() time.Time {
	if m.slow || m.batches() == 0 || !slices.Contains(inSession, m.state) {
		return time.Time{}
	}
	return m.heldSince.Add(sessionGap)
}

// awaitsLogin tells whether the next attempt is to log in anew.
func (m *machine) awaitsLogin() bool { return m.state == backingOff && m.suspect }

// deadline says when the machine wants the next tick; zero means never.
func (m *machine) deadline() time.Time {
	if m.state == backingOff && len(m.owed) > 0 && !m.now.Before(m.until) {
		return time.Time{} // the owner's answer will bring it on
	}
	if held := m.held(); !held.IsZero() && (m.until.IsZero() || held.Before(m.until)) {
		return held
	}
	return m.until
}

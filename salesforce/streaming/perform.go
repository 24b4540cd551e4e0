package streaming

import "time"

// perform carries out the entry of a state.
func (m *machine) perform(a act) {
	switch a {
	case actToken:
		fresh := m.suspect
		if fresh {
			m.loginAt = m.now
		}
		m.request(deed{do: inToken, fresh: fresh}, m.limits.request)
	case actHandshake:
		m.subs.reset()
		m.timeout, m.turned, m.pause, m.quick = defaultPollTimeout, false, 0, 0
		m.handshakeAt = m.now
		m.request(deed{do: inHandshake}, m.limits.request)
	case actFirst:
		m.request(deed{do: inConnect, first: true}, m.limits.request)
	case actSubscribe:
		m.request(deed{do: inSubscribe, asks: m.subs.next(m.now)}, m.limits.request)
	case actConnect:
		m.connectAt = m.now
		m.request(deed{do: inConnect}, m.timeout+m.limits.slack)
	case actPause:
		m.until = m.now.Add(m.pause)
	case actAbandon:
		m.out = 0
		m.deeds = append(m.deeds, deed{do: doAbandon, farewell: m.cause.held})
	case actPlan:
		m.until = m.now.Add(m.plan(m.cause))
	case actGoodbye:
		m.out = 0
		m.deeds = append(m.deeds, deed{do: doAbandon, farewell: true})
	}
}

func (m *machine) request(d deed, within time.Duration) {
	m.seq++
	d.seq = m.seq
	m.out, m.outAs = d.seq, d.do
	m.until = m.now.Add(within)
	m.deeds = append(m.deeds, d)
}

// plan chooses the pause before the next attempt: none after a healthy session,
// then growing ones, never shorter than the verdict asks, than a second since
// the last handshake, or than 30 s since the last login that followed an
// authentication failure.
func (m *machine) plan(f *fault) time.Duration {
	if m.turned && m.now.Sub(m.handshakeAt) >= stableAfter {
		m.series = 0
		m.pauses.Reset()
	}
	m.turned = false
	pause := f.wait
	if m.series > 0 {
		pause = max(pause, m.pauses.NextBackOff())
	}
	m.series++
	if !m.handshakeAt.IsZero() {
		pause = max(pause, handshakeSpacing-m.now.Sub(m.handshakeAt))
	}
	if f.do == reauthenticate {
		m.suspect = true
	}
	if f.verdict == loginRefused {
		m.loginAt = m.now // this was a login, whatever led to it
	}
	m.unlogged = m.now.Add(max(pause, 0))
	if m.suspect && !m.loginAt.IsZero() {
		pause = max(pause, loginSpacing-m.now.Sub(m.loginAt))
	}
	return max(pause, 0)
}

// status describes the connection for people.
func (m *machine) status() Status {
	s := m.standing()
	s.Without = m.subs.without()
	return s
}

func (m *machine) standing() Status {
	switch m.state {
	case stopped:
		return Status{Link: LinkDown, Cause: "stopped"}
	case backingOff:
		s := m.describe(LinkDown, m.cause)
		s.Until = m.until
		if m.recovering() && m.until.Sub(m.now) <= handshakeSpacing {
			s.Link, s.Until = LinkConnecting, time.Time{}
		}
		return s
	case polling, pausing, delivering, subscribing:
		if m.slow {
			return m.describe(LinkDegraded, &fault{verdict: slowOwner})
		}
		confirmed, refusal := m.subs.standing()
		if refusal != nil {
			return m.describe(LinkDegraded, refusal)
		}
		// By the table each of these states has had a connect answered, and leaves
		// when the next answer is late. In subscribing, only optional channels are left.
		if confirmed {
			return Status{Link: LinkUp}
		}
	}
	if m.recovering() {
		return m.describe(LinkConnecting, m.cause)
	}
	return m.describe(LinkDown, m.cause)
}

// recovering tells whether this is the first attempt of its series.
func (m *machine) recovering() bool { return m.series <= 1 }

func (m *machine) describe(l Link, f *fault) Status {
	if f == nil {
		return Status{Link: l}
	}
	return Status{Link: l, Cause: f.name, Reason: f.detail, Hint: f.hint}
}

package streaming

import "time"

// The functions here turn a reply into an input for the machine. Every element
// is routed by its channel, wherever it stands: a server may put events before
// or after the answer, into any answer but a handshake's, and may add a
// disconnect that nobody asked for (salesforce-apis 3.2).

// handshakeInput reads the answer to a handshake; the client ID is returned.
func handshakeInput(r response, sent outgoing) (in input, clientID string) {
	in = input{kind: inHandshake, fault: r.fault, advice: noAdvice}
	if in.fault != nil {
		return in, ""
	}
	m, ok := answerTo(r.messages, sent)
	switch {
	case !ok:
		in.fault = &fault{malformed, "no answer to the handshake in the reply"}
	case !m.successful:
		in.fault = classify(onHandshake, m)
	case m.clientID == "":
		in.fault = &fault{malformed, "the handshake brought no clientId"}
	default:
		in.advice = m.advice
	}
	return in, m.clientID
}

// connectInput reads the answer to a connect.
func connectInput(r response, sent outgoing) input {
	in := input{kind: inConnect, fault: r.fault, advice: noAdvice}
	if in.fault != nil {
		return in
	}
	m, ok := answerTo(r.messages, sent)
	switch {
	case ok && !m.successful:
		in.fault = classify(onConnect, m)
	case ok:
		in.advice = m.advice
	}
	if in.fault == nil {
		in.fault = besides(r.messages, "/meta/connect")
	}
	if in.fault == nil && !ok {
		in.fault = &fault{malformed, "no answer to the connect in the reply"}
	}
	return in
}

// subscribeInput reads the answers to a subscribe of several channels.
func subscribeInput(r response, sent []outgoing, positions []int64) input {
	in := input{kind: inSubscribe, fault: r.fault, advice: noAdvice}
	if in.fault != nil {
		return in
	}
	for i, s := range sent {
		m, ok := answerTo(r.messages, s)
		f := &fault{verdict: unanswered}
		switch {
		case m.successful:
			f = nil
		case ok:
			f = classify(onSubscribe, m)
		}
		in.results = append(in.results, result{s.Subscription, positions[i], f})
	}
	in.fault = besides(r.messages, "/meta/subscribe")
	return in
}

// answerTo finds the answer to a message: by ID, else by what it is about. Some
// servers leave the ID out, or the subscription of a failed subscribe.
func answerTo(messages []message, sent outgoing) (message, bool) {
	found, ok := message{}, false
	for _, m := range messages {
		if m.channel != sent.Channel {
			continue
		}
		if m.id == sent.ID {
			return m, true
		}
		if m.id == "" && (m.subscription == "" || replayKey(m.subscription) == replayKey(sent.Subscription)) {
			found, ok = m, true
		}
	}
	return found, ok
}

// besides finds trouble that came along with an answer to channel: a disconnect
// that was not asked for, or the failure of another meta message.
func besides(messages []message, channel string) *fault {
	for _, m := range messages {
		switch {
		case m.channel == "/meta/disconnect":
			return &fault{disconnected, m.fault}
		case m.channel == channel || m.successful:
		case m.channel == "/meta/connect":
			return classify(onConnect, m)
		case m.channel == "/meta/handshake":
			return classify(onHandshake, m)
		}
	}
	return nil
}

// events picks the events out of a reply, in order. Names leads from the
// channel of an event to that of its subscription; strays are those that
// nobody subscribed to.
func events(messages []message, names map[string]string, received time.Time) (batch []Event, strays int) {
	for i := range messages {
		m := &messages[i]
		if m.data == nil || isMeta(m.channel) {
			continue
		}
		name, known := names[m.channel]
		if !known {
			name, known = names[replayKey(m.channel)]
		}
		if !known {
			strays++
			continue
		}
		if batch == nil {
			batch = make([]Event, 0, len(messages)-i)
		}
		batch = append(batch, Event{name, m.replay, m.data, received})
	}
	return batch, strays
}

package cometd

import (
	"bytes"
	"encoding/json"
	"errors"
	"strconv"
)

// The meta channels a client may send to, by the last part of their names.
const (
	handshake   = "handshake"
	connect     = "connect"
	subscribe   = "subscribe"
	unsubscribe = "unsubscribe"
	disconnect  = "disconnect"
)

// message is what a client sends. Members whose type clients disagree about
// stay raw until they are needed.
type message struct {
	ID             json.RawMessage `json:"id"`
	Channel        string          `json:"channel"`
	ClientID       string          `json:"clientId"`
	ConnectionType string          `json:"connectionType"`
	Subscription   json.RawMessage `json:"subscription"`
	Advice         json.RawMessage `json:"advice"`
	Ext            json.RawMessage `json:"ext"`

	place int // among the messages of its POST
}

// reply answers one message, or tells of a disconnect nobody asked for.
type reply struct {
	ID                       json.RawMessage `json:"id,omitempty"`
	Channel                  string          `json:"channel"`
	Version                  string          `json:"version,omitempty"`
	MinimumVersion           string          `json:"minimumVersion,omitempty"`
	ClientID                 string          `json:"clientId,omitempty"`
	SupportedConnectionTypes []string        `json:"supportedConnectionTypes,omitempty"`
	Subscription             json.RawMessage `json:"subscription,omitempty"`
	Successful               bool            `json:"successful"`
	Error                    string          `json:"error,omitempty"`
	Advice                   *advice         `json:"advice,omitempty"`
	Ext                      map[string]any  `json:"ext,omitempty"`
}

type advice struct {
	Reconnect string `json:"reconnect"`
	Interval  *int   `json:"interval,omitempty"`
	Timeout   int64  `json:"timeout,omitempty"` // milliseconds
}

var errNotBayeux = errors.New("the body must be a Bayeux message or an array of them, in JSON")

// parse reads a request body: an array of messages, or one message bare.
func parse(body []byte) ([]message, error) {
	body = bytes.TrimSpace(body)
	if len(body) == 0 {
		return nil, errNotBayeux
	}
	switch body[0] {
	case '[':
		var all []message
		if err := json.Unmarshal(body, &all); err != nil {
			return nil, errNotBayeux
		}
		for i := range all {
			all[i].place = i
		}
		return all, nil
	case '{':
		var one message
		if err := json.Unmarshal(body, &one); err != nil {
			return nil, errNotBayeux
		}
		return []message{one}, nil
	}
	return nil, errNotBayeux
}

// timeout is the advice.timeout of a connect in milliseconds, -1 without one.
func (m message) timeout() int64 {
	var a struct {
		Timeout *float64 `json:"timeout"`
	}
	if len(m.Advice) == 0 || json.Unmarshal(m.Advice, &a) != nil || a.Timeout == nil || *a.Timeout < 0 {
		return -1
	}
	return int64(min(*a.Timeout, 1e12))
}

// replay is the ext.replay map of a subscribe and whether there is one. A
// handshake's ext.replay is a boolean, which is none.
func (m message) replay() (map[string]json.RawMessage, bool) {
	var ext struct {
		Replay json.RawMessage `json:"replay"`
	}
	if len(m.Ext) == 0 || json.Unmarshal(m.Ext, &ext) != nil {
		return nil, false
	}
	var ids map[string]json.RawMessage
	if json.Unmarshal(ext.Replay, &ids) != nil || ids == nil {
		return nil, false
	}
	return ids, true
}

// subscriptions are the channels a message names: a string, or by the Bayeux
// specification an array of strings.
func (m message) subscriptions() []string {
	var one string
	if json.Unmarshal(m.Subscription, &one) == nil {
		if one == "" {
			return nil
		}
		return []string{one}
	}
	var several []string
	if json.Unmarshal(m.Subscription, &several) != nil {
		return nil
	}
	return several
}

// answer starts the reply to a message, with its id exactly as it came.
func (m message) answer() reply { return reply{ID: m.ID, Channel: m.Channel} }

// fail is the reply of a message that did not succeed.
func (m message) fail(err string, a *advice, reason string) reply {
	r := m.answer()
	r.Error, r.Advice = err, a
	if m.Channel == "/meta/"+subscribe || m.Channel == "/meta/"+unsubscribe {
		r.Subscription = m.Subscription
	}
	if reason != "" {
		r.Ext = map[string]any{"sfdc": map[string]string{"failureReason": reason}}
	}
	return r
}

func adviseHandshake() *advice { return &advice{Reconnect: "handshake", Interval: new(0)} }
func adviseNone() *advice      { return &advice{Reconnect: "none", Interval: new(0)} }

// numeric turns an id of digits in quotes into a JSON number, as some servers
// of the real service do.
func numeric(id json.RawMessage) json.RawMessage {
	text, err := strconv.Unquote(string(id))
	if err != nil {
		return id
	}
	n, err := strconv.ParseInt(text, 10, 53)
	if err != nil || strconv.FormatInt(n, 10) != text {
		return id
	}
	return json.RawMessage(text)
}

// quote is s as a JSON string, with & and < left alone.
func quote(s string) []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(s) // a string always encodes
	return bytes.TrimSpace(b.Bytes())
}

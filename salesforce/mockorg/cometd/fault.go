package cometd

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Fault is one way of going wrong, armed for the next Count occasions. A fault
// that concerns connects strikes one that is held already, at once.
type Fault struct {
	Name  string `json:"name"`            // one of FaultNames
	On    string `json:"on,omitempty"`    // handshake, connect, subscribe, unsubscribe or disconnect; empty for the fault's own choice
	User  string `json:"user,omitempty"`  // only this user's requests; empty for everybody's
	Count int    `json:"count,omitempty"` // how often; 0 means once, negative until disarmed
}

// stage is the point of an exchange at which a fault strikes.
type stage int

const (
	onRequest   stage = iota // the whole POST, before anything is done
	onMessage                // the answer to one message
	onReplay                 // the replay id of a subscribe
	onResponse               // how the answer is written
	onDelivered              // a response that carries events
)

// kind is what a fault does. on are the messages it strikes by default.
type kind struct {
	stage
	on     []string
	about  string
	error  string  // onMessage: the error of the reply
	reason string  // and its failureReason
	advice *advice // and its advice
	forget bool    // the session ends
	notice bool    // an unsolicited /meta/disconnect goes first
}

var polls = []string{connect}

// kinds is every fault there is (salesforce-apis 3.5 and end of 5).
var kinds = map[string]kind{
	"unknown-client":      {onMessage, polls, "the session is lost: 403::Unknown client, advice handshake", unknownClient, "", adviseHandshake(), true, false},
	"unknown-client-none": {onMessage, polls, "the session is lost: 403::Unknown client, advice none, after an unsolicited /meta/disconnect", unknownClient, "", adviseNone(), true, true},
	"disconnect":          {onMessage, polls, "an unsolicited /meta/disconnect before a successful connect reply; the session is lost", "", "", nil, true, true},
	"auth-invalid":        {onMessage, []string{handshake, connect}, "401::Authentication invalid, advice none", authInvalid, authInvalid, adviseNone(), false, false},
	"busy":                {onMessage, []string{handshake, connect, subscribe}, "503::Server is too busy in failureReason while the error says 401", authInvalid, tooBusy, adviseNone(), false, false},
	"client-limit":        {onMessage, []string{handshake}, "403::Organization concurrent user limit exceeded", "", clientLimit, adviseNone(), false, false},
	"crowded":             {onMessage, []string{handshake}, "403::To protect all customers … at handshake", "", crowded, adviseNone(), false, false},
	"event-limit":         {onMessage, []string{connect, subscribe}, "403::Organization total events daily limit exceeded", eventLimit, "", nil, false, false},
	"create-denied":       {onMessage, []string{subscribe}, "403:denied_by_security_policy:create_denied", "403:denied_by_security_policy:create_denied", "", nil, false, false},
	"expired-replay":      {stage: onReplay, on: []string{subscribe}, about: "the replay id of a subscribe is no longer valid"},
	"http-503":            {stage: onRequest, on: polls, about: "HTTP 503 with a page instead of JSON"},
	"http-500":            {stage: onRequest, on: polls, about: "HTTP 500 without a body"},
	"tcp-reset":           {stage: onRequest, on: polls, about: "the connection is reset without an answer"},
	"silence":             {stage: onRequest, on: polls, about: "no answer at all until the client gives up or the fault is disarmed"},
	"connect-first":       {stage: onResponse, on: polls, about: "the connect reply comes before the events"},
	"numeric-ids":         {stage: onResponse, on: []string{handshake, connect, subscribe, unsubscribe, disconnect}, about: "message ids come back as numbers"},
	"drop-reply":          {stage: onDelivered, on: polls, about: "events are written to a connection that is cut half way; they count as delivered"},
}

// FaultNames tells what faults there are, by name, and what each does.
func FaultNames() map[string]string {
	about := make(map[string]string, len(kinds))
	for name, k := range kinds {
		about[name] = k.about
	}
	return about
}

// Arm makes a fault strike. On an error nothing is armed.
func (s *Server) Arm(f Fault) error {
	k, ok := kinds[f.Name]
	if !ok {
		return fmt.Errorf("arm streaming fault %q: no such fault; use one of %s", f.Name, strings.Join(slices.Sorted(maps.Keys(kinds)), ", "))
	}
	switch f.On {
	case "", handshake, connect, subscribe, unsubscribe, disconnect:
	default:
		return fmt.Errorf("arm streaming fault %q: on is %q; use handshake, connect, subscribe, unsubscribe, disconnect or nothing", f.Name, f.On)
	}
	if f.On != "" && f.On != subscribe && k.stage == onReplay {
		return fmt.Errorf("arm streaming fault %q: on is %q; only a subscribe carries a replay id", f.Name, f.On)
	}
	if f.Count == 0 {
		f.Count = 1
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = append(s.faults, &f)
	for _, c := range s.clients {
		c.rouse()
	}
	return nil
}

// Disarm takes back all faults of that name, or all faults if the name is empty,
// and returns how many there were. Requests that silence swallowed are answered.
func (s *Server) Disarm(name string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	before := len(s.faults)
	s.faults = slices.DeleteFunc(s.faults, func(f *Fault) bool { return name == "" || f.Name == name })
	if name == "" || name == "silence" {
		close(s.quiet)
		s.quiet = make(chan struct{})
	}
	return before - len(s.faults)
}

// Faults lists what is armed, oldest first, with the occasions left.
func (s *Server) Faults() []Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := make([]Fault, 0, len(s.faults))
	for _, f := range s.faults {
		all = append(all, *f)
	}
	return all
}

// strike uses up one occasion of the first armed fault that fits, and returns
// its name, or nothing.
func (s *Server) strike(at stage, on, user string) string {
	for i, f := range s.faults {
		k := kinds[f.Name]
		if k.stage != at || (f.User != "" && f.User != user) {
			continue
		}
		if (f.On == "" && !slices.Contains(k.on, on)) || (f.On != "" && f.On != on) {
			continue
		}
		if f.Count > 0 {
			if f.Count--; f.Count == 0 {
				s.faults = slices.Delete(s.faults, i, i+1)
			}
		}
		s.o.Log.Debug("streaming fault fired", "fault", f.Name, "on", on, "user", user)
		return f.Name
	}
	return ""
}

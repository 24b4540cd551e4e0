package cometd

// Fault is one way of going wrong, armed for the next messages that fit. A fault
// that concerns connects strikes one that is held already, at once.
type Fault struct {
	// Name is one of FaultNames. It may be empty when there is a Script.
	Name string `json:"name"`
	// On narrows it to handshake, connect, subscribe, unsubscribe or disconnect; empty
	// for the fault's own choice, for a script what all of its outcomes choose.
	On string `json:"on,omitempty"`
	// User narrows it to one user's requests; empty for everybody's.
	User string `json:"user,omitempty"`
	// Count is how many messages it strikes, or how often the script is gone through;
	// 0 means one, negative all until it is disarmed.
	Count int `json:"count,omitempty"`
	// After is how many messages that fit are let through first. A message fits once,
	// however long it is held.
	After int `json:"after,omitempty"`
	// Probability is that of striking a message that fits, above 0 and at most 1; 0
	// means 1. It is drawn from a source of the fault's own, made from the server's
	// seed (Options.FaultSeed, SeedFaults) and the number of faults armed before: the
	// same seed, faults and messages make for the same strikes.
	Probability float64 `json:"probability,omitempty"`
	// Script makes messages that fit meet with one outcome after another: names of
	// faults, or "ok", which also keeps other faults from the message. It decides when
	// a message arrives, so an outcome that turns out to have no occasion (drop-reply
	// where there are no events) is used up all the same. At the end it begins anew if
	// Count says so. At most 1,000.
	Script []string `json:"script,omitempty"`
}

// stage is the point of an exchange at which a fault strikes.
type stage int

const (
	onRequest   stage = iota // the whole POST, before anything is done
	onMessage                // the answer to one message
	onReplay                 // the replay id of a subscribe
	onEvents                 // what a session is given
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
	"withhold":            {stage: onEvents, on: polls, about: "the session gets no more events, though its connects are answered; a new session gets them, and so does this one when the fault is disarmed"},
	"drop-reply":          {stage: onDelivered, on: polls, about: "events are written to a connection that is cut half way; they count as delivered"},
}

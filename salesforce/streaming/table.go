package streaming

// state is where the connection stands.
type state string

const (
	idle           state = "idle"           // Run has not begun
	authenticating state = "authenticating" // asking for a token
	handshaking    state = "handshaking"    // asking for a session
	connecting     state = "connecting"     // first connect, which the server answers at once
	subscribing    state = "subscribing"    // one request with some of the channels that want it
	polling        state = "polling"        // a connect is held by the server
	pausing        state = "pausing"        // between two connects, for advice.interval or against a hot loop
	delivering     state = "delivering"     // no request is out: the owner has more batches to make durable than may be ahead
	backingOff     state = "backing off"    // no session: waiting for the next attempt and for the owner's hands to be empty
	stopped        state = "stopped"        // the end
)

// class is what an input means to the connection, once the machine has taken
// in its content.
type class string

const (
	began      class = "began"
	tokenGiven class = "token given"
	handshaken class = "handshaken"

	// How a session goes on after a good answer, in order of precedence.
	owing     class = "owing"     // too many events wait for the owner
	unsettled class = "unsettled" // a channel wants to be subscribed
	paced     class = "paced"     // the next connect must wait
	ready     class = "ready"     // poll

	failed class = "failed" // a fault; its verdict decides how long to wait
	due    class = "due"    // the wait is over and the owner's hands are empty
	asked  class = "asked"  // asked to stop
)

// inSession are the states in which Salesforce has a session for us that it has
// confirmed by an answer to a connect.
var inSession = []state{subscribing, polling, pausing, delivering}

type cell struct {
	in state
	on class
}

type transition struct {
	to state
	do []act
}

// act is what a transition does on entry of its new state.
type act string

const (
	actToken     act = "token"
	actHandshake act = "handshake"
	actFirst     act = "first connect"
	actSubscribe act = "subscribe"
	actConnect   act = "connect"
	actPause     act = "pause"
	actAbandon   act = "abandon" // cancel what is out, forget the session
	actPlan      act = "plan"    // choose when to try again
	actGoodbye   act = "goodbye" // tell the server that the session ends
)

// table is the whole machine: a pair that is not listed cannot happen.
var table = buildTable()

func buildTable() map[cell]transition {
	t := map[cell]transition{
		{idle, began}:                {authenticating, []act{actToken}},
		{authenticating, tokenGiven}: {handshaking, []act{actHandshake}},
		{handshaking, handshaken}:    {connecting, []act{actFirst}},
		{pausing, ready}:             {polling, []act{actConnect}},
		{backingOff, due}:            {authenticating, []act{actToken}},
		{backingOff, failed}:         {backingOff, []act{actPlan}}, // the owner failed on what was left
	}
	for _, s := range []state{connecting, subscribing, polling, delivering} {
		t[cell{s, owing}] = transition{delivering, nil}
		t[cell{s, unsettled}] = transition{subscribing, []act{actSubscribe}}
		t[cell{s, paced}] = transition{pausing, []act{actPause}}
		t[cell{s, ready}] = transition{polling, []act{actConnect}}
	}
	for _, s := range []state{authenticating, handshaking, connecting, subscribing, polling, pausing, delivering} {
		t[cell{s, failed}] = transition{backingOff, []act{actAbandon, actPlan}}
		t[cell{s, asked}] = transition{stopped, []act{actGoodbye}}
	}
	for _, s := range []state{idle, backingOff} {
		t[cell{s, asked}] = transition{stopped, nil}
	}
	return t
}

package vcc

import (
	"fmt"
	"time"
)

// DirectiveKind says what the engine wants done.
type DirectiveKind string

const (
	// Offer asks to push the interaction to Agent as offer number Offer. It is
	// answered by Alerting, Accepted or Refused with that number, or by
	// Withdrawn.
	Offer DirectiveKind = "offer"
	// Retract takes offer number Offer back. It is answered by Refused, or by
	// Accepted if the agent was quicker.
	Retract DirectiveKind = "retract"
	// Close ends the agent's work on the interaction; answered by Ended, or by
	// CloseFailed.
	Close DirectiveKind = "close"
	// Requeue gives the interaction to the queue of Plan; answered by Arrived, or by
	// RequeueFailed.
	Requeue DirectiveKind = "requeue"
	// Pop opens Record in the agent's console, in front if Focus. It is about offer
	// Offer and done at most once for it, unless Again.
	Pop DirectiveKind = "pop"
	// SetOmni asks the agent's console for the Omni-Channel status Status (developer
	// name); empty means offline. Answered by Omni, some time.
	SetOmni DirectiveKind = "set omni"
	// Phone asks the telephone network for Line of a call.
	Phone DirectiveKind = "phone"
	// Tell says that words are owed to a provider; answered by Told.
	Tell DirectiveKind = "tell"
)

// PhoneOp is what a telephone network is asked for.
type PhoneOp string

const (
	PhoneDial     PhoneOp = "dial"     // Number, for the agent; answered by Called
	PhoneHold     PhoneOp = "hold"     // the customer hears music
	PhoneRetrieve PhoneOp = "retrieve" // off hold, or out of a conference
	PhoneJoin     PhoneOp = "join"     // with the call Other
	PhoneMove     PhoneOp = "move"     // the other end now talks to Agent, or without one to the other end of Other
	PhoneHangUp   PhoneOp = "hang up"  //
)

// Directive is what the engine wants done.
type Directive struct {
	Kind        DirectiveKind
	Interaction InteractionID // all but SetOmni
	Offer       int           // Offer, Retract, Close, Pop
	Agent       AgentID       // all but Requeue and Tell
	Deadline    time.Time     // Offer: when the engine will take it back; Phone: until when it may ring
	Plan        PlanID        // Requeue
	Record      string        // Pop
	Focus       bool          // Pop
	Again       bool          // Pop
	Caller      string        // Pop of a call without Record: the number to search for
	Status      string        // SetOmni
	Phone       PhoneOp       // Phone
	Number      string        // Phone: dial
	Other       InteractionID // Phone: join, move
	Words       []Word        // Tell
	Detail      string        // for people: why
}

func (d Directive) String() string {
	return fmt.Sprintf("%s %s offer %d %s", d.Kind, d.Interaction, d.Offer, d.Agent)
}

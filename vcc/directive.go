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
	// Close ends the agent's work on the interaction; answered by Ended.
	Close DirectiveKind = "close"
	// Requeue gives the interaction to the queue of Plan; answered by Arrived.
	Requeue DirectiveKind = "requeue"
)

// Directive is what the engine wants done.
type Directive struct {
	Kind        DirectiveKind
	Interaction InteractionID
	Offer       int       // Offer, Retract, Close
	Agent       AgentID   // Offer, Retract, Close
	Deadline    time.Time // Offer: when the engine will take it back
	Plan        PlanID    // Requeue
	Detail      string    // for people: why
}

func (d Directive) String() string {
	return fmt.Sprintf("%s %s offer %d %s", d.Kind, d.Interaction, d.Offer, d.Agent)
}

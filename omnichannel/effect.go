package omnichannel

import (
	"time"

	"omnibridge/vcc"
)

// EffectKind says what is to be done in the org.
type EffectKind string

const (
	// CreateWork creates an AgentWork: pushes the work to Agent. It is not
	// idempotent: an attempt whose outcome is unknown is answered Unknown.
	CreateWork EffectKind = "create AgentWork"
	// Look reads what the org says of the work item (Seen).
	Look EffectKind = "look up work item"
	// ReadPresence reads the current presence rows of Agent.
	ReadPresence EffectKind = "read presence"
	// DeclineWork takes a push back in the agent's own console, while it is not yet
	// accepted. AgentWork cannot be updated, so nothing else does.
	DeclineWork EffectKind = "decline AgentWork"
	// CloseWork ends the opened AgentWork: in the agent's console, or from outside
	// where the org allows it.
	CloseWork EffectKind = "close AgentWork"
	// ChangeOwner gives the record to Queue.
	ChangeOwner EffectKind = "change owner"
)

// Effect is one thing to be done in the org. Effects of one interaction are
// carried out one at a time; the answer is an Outcome with the same ID.
type Effect struct {
	ID          string            `json:"id"`
	Kind        EffectKind        `json:"kind"`
	Interaction vcc.InteractionID `json:"interaction,omitempty"` // all but ReadPresence
	Offer       int               `json:"offer,omitempty"`
	Agent       vcc.AgentID       `json:"agent,omitempty"`
	PSR         PSRID             `json:"psr,omitempty"`
	Record      RecordID          `json:"record,omitempty"`
	Channel     ChannelID         `json:"channel,omitempty"`
	Work        AgentWorkID       `json:"work,omitempty"`
	Queue       QueueID           `json:"queue,omitempty"`
	// Rev is the revision of the chain when a Look was asked for.
	Rev int `json:"rev,omitempty"`
}

// Result says how an effect came out.
type Result string

const (
	Done     Result = "done"     // carried out
	Refused  Result = "refused"  // the org said no; it was certainly not carried out, and would be refused again
	Unknown  Result = "unknown"  // it may or may not have been carried out
	Deferred Result = "deferred" // certainly not carried out; worth trying again later
)

// Outcome answers an Effect.
type Outcome struct {
	Effect  Effect
	Result  Result
	Work    AgentWorkID   // CreateWork done
	Seen    *Seen         // Look done
	Rows    []PresenceRow // ReadPresence done: the current ones
	Code    string        // Refused, Unknown, Deferred: the org's error code or the kind of fault
	Message string        // for people
	// RetryAfter is how long the org asked to wait; zero if it did not say.
	RetryAfter time.Duration
}

func (o Outcome) detail() string {
	switch {
	case o.Code == "":
		return o.Message
	case o.Message == "":
		return o.Code
	default:
		return o.Code + ": " + o.Message
	}
}

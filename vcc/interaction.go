package vcc

import "time"

// State is where an interaction stands in the engine.
type State string

const (
	Waiting   State = "waiting"   // no agent has it
	Offered   State = "offered"   // an offer was directed, not yet seen by the agent
	Alerted   State = "alerting"  // the offer shows in the agent's widget
	Connected State = "connected" // an agent opened it
	WrapUp    State = "wrap-up"   // it ended; the agent tidies up
	Closed    State = "closed"    // over; holds no capacity
)

// Leg is one agent's part in an interaction. The sum of the sizes of an agent's
// open legs is the agent's load: it is never counted, always summed.
type Leg struct {
	Offer int       `json:"offer"`
	Agent AgentID   `json:"agent"`
	State State     `json:"state"` // Offered, Alerted, Connected or WrapUp
	Size  int       `json:"size"`  // percent of the agent's capacity
	Since time.Time `json:"since"`
	// Until is when the offer is taken back (Offered, Alerted) or the wrap-up
	// ends (WrapUp); zero while connected.
	Until time.Time `json:"until,omitzero"`
	// Retracted says that the offer was directed back and the answer is awaited.
	Retracted bool `json:"retracted,omitempty"`
}

// Interaction is an interaction as the engine knows it: what is stored, and what
// pages show.
type Interaction struct {
	ID     InteractionID `json:"id"`
	State  State         `json:"state"`
	Work   Work          `json:"work"`
	Offers int           `json:"offers"` // how many offers were made; the number of the last
	Legs   []Leg         `json:"legs,omitempty"`
	// Refusals holds who refused, and until when they are not asked again.
	Refusals map[AgentID]time.Time `json:"refusals,omitempty"`
	// Why says in words why it stands where it stands: for a waiting one, what
	// it waits for.
	Why string `json:"why,omitempty"`
	// ClosedAt is when it closed; the row is kept a while so that refusals hold
	// and late answers are recognised.
	ClosedAt time.Time `json:"closedAt,omitzero"`
}

// Current returns the leg that is not in wrap-up, if there is one.
func (x *Interaction) Current() *Leg {
	for i := range x.Legs {
		if x.Legs[i].State != WrapUp {
			return &x.Legs[i]
		}
	}
	return nil
}

// Agent is an agent as the engine knows it.
type Agent struct {
	ID        AgentID   `json:"id"`
	Name      string    `json:"name,omitempty"`
	Skills    []Skill   `json:"skills,omitempty"`
	Omni      Presence  `json:"omni"`
	IdleSince time.Time `json:"idleSince,omitzero"` // since when no interaction was given
	// CoolUntil is when a channel in which delivery failed is tried again.
	CoolUntil map[Channel]time.Time `json:"coolUntil,omitempty"`
	// Load is the sum of the sizes of the agent's open legs, in percent. It is
	// derived whenever the row is read, and never stored.
	Load int `json:"-"`
}

// Decision is the engine's why-record of one choice.
type Decision struct {
	Interaction InteractionID `json:"interaction"`
	Offer       int           `json:"offer,omitempty"` // zero: nobody was chosen
	Agent       AgentID       `json:"agent,omitempty"`
	Considered  int           `json:"considered"` // agents looked at
	Why         string        `json:"why"`        // for people: why this one, or why nobody
}

// Output is what one step of an engine produced: what is to be done, which rows
// changed and must be stored before it is done, and why.
type Output struct {
	Directives   []Directive
	Decisions    []Decision
	Interactions []InteractionID // changed
	Agents       []AgentID       // changed
	// Late counts reports that answered an offer that is no longer open.
	Late int
}

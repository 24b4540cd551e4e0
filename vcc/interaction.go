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
	// Asker marks the part of the agent who made a call to consult; the other part is
	// that of who is consulted.
	Asker bool `json:"asker,omitempty"`
	// HeldSince is since when the agent has it on hold (live); zero: not.
	HeldSince time.Time `json:"heldSince,omitzero"`
	// Leaving says how the agent wants to be rid of it while that is not yet so.
	Leaving *Leaving `json:"leaving,omitempty"`
	// Extended counts how often wrap-up was extended.
	Extended    int    `json:"extended,omitempty"`
	Disposition string `json:"disposition,omitempty"`
	// Finished says that wrap-up would have ended but for a disposition.
	Finished bool `json:"finished,omitempty"`
	// Plan is the plan by which it wraps up; the interaction may have gone to another.
	Plan PlanID `json:"plan,omitempty"`
	// Popped says that its record was opened in the agent's console.
	Popped bool `json:"popped,omitempty"`
	// Waited is how long the customer had waited when the agent accepted it.
	Waited time.Duration `json:"waited,omitempty"`
}

// Leaving is a release or transfer under way.
type Leaving struct {
	Do     CommandKind `json:"do"` // Release or Transfer
	Since  time.Time   `json:"since"`
	To     Target      `json:"to,omitzero"`      // Transfer
	Failed string      `json:"failed,omitempty"` // why it came to nothing, for people; only then is there Abandon
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
	// Via is the plan by which it is routed if it broke out of its own; empty: its own.
	Via PlanID `json:"via,omitempty"`
	// Last is who had it last, and is asked first if the plan is sticky.
	Last   AgentID   `json:"last,omitempty"`
	LastAt time.Time `json:"lastAt,omitzero"`
	// Personal is the personal queue that it waits in, if so.
	Personal *Personal `json:"personal,omitempty"`
	// Call is what a live interaction has besides, and what the Interactions API
	// brought.
	Call *Call `json:"call,omitempty"`
	// Consults counts the consults about it, to name the next one.
	Consults int `json:"consults,omitempty"`
	// Sender is who transferred it last, and may take it back while it waits.
	Sender AgentID `json:"sender,omitempty"`
	// Outcome says how it ended, for statistics: "released", "abandoned by agent",
	// "customer left", "transferred" ...
	Outcome string `json:"outcome,omitempty"`
	// Disposition is the outcome that an agent chose last.
	Disposition string `json:"disposition,omitempty"`
	// Owed are the words to its provider that have not been said yet.
	Owed []Word `json:"owed,omitempty"`
	// Why says in words why it stands where it stands: for a waiting one, what
	// it waits for.
	Why string `json:"why,omitempty"`
	// ClosedAt is when it closed; the row is kept a while so that refusals hold
	// and late answers are recognised.
	ClosedAt time.Time `json:"closedAt,omitzero"`
}

// Personal is a personal queue: only Agent is asked, until one of the times has
// come, according to whether the agent is logged in (vcc.md 6.3).
type Personal struct {
	Agent     AgentID   `json:"agent"`
	LoggedIn  time.Time `json:"loggedIn,omitzero"`  // zero: for ever
	LoggedOut time.Time `json:"loggedOut,omitzero"` // zero: for ever
}

// Call is what a live interaction has besides.
type Call struct {
	Number    string `json:"number,omitempty"`    // the other end's
	Direction string `json:"direction,omitempty"` // "in", "out" or "internal"
	Provider  string `json:"provider,omitempty"`  // who brought it, by the Interactions API
	External  string `json:"external,omitempty"`  // its id there
	Request   string `json:"request,omitempty"`   // the id of the request that brought it, there
	// Deny lists the activities that the provider does not permit (vcc.md 10.2).
	Deny []CommandKind `json:"deny,omitempty"`
	// DenyAgents and DenyPlans say that it may not be transferred to agents, to plans.
	DenyAgents bool `json:"denyAgents,omitempty"`
	DenyPlans  bool `json:"denyPlans,omitempty"`
	// Of is the interaction that it consults about; empty: it is a customer's.
	Of InteractionID `json:"of,omitempty"`
	// Rings until RingsUntil while who is consulted has not answered.
	RingsUntil time.Time `json:"ringsUntil,omitzero"`
	// Joined says that all parties hear each other (conference).
	Joined bool `json:"joined,omitempty"`
	// Gone says that the other end hung up.
	Gone bool `json:"gone,omitempty"`
}

// Word is a notification owed to a provider.
type Word struct {
	ID    string  `json:"id"`   // notificationid: the same however often it is sent
	Kind  string  `json:"kind"` // "AssignToAgent" or "Release"
	Agent AgentID `json:"agent,omitempty"`
}

// Current returns the leg that is not in wrap-up, if there is one; the asker's
// part in a consult does not count.
func (x *Interaction) Current() *Leg {
	for i := range x.Legs {
		if x.Legs[i].State != WrapUp && !x.Legs[i].Asker {
			return &x.Legs[i]
		}
	}
	return nil
}

// Decision is the engine's why-record of one choice.
type Decision struct {
	Interaction InteractionID `json:"interaction"`
	Offer       int           `json:"offer,omitempty"` // zero: nobody was chosen
	Agent       AgentID       `json:"agent,omitempty"`
	Considered  int           `json:"considered"` // agents looked at
	// What is the journal's word for it: "abandoned", "transferred". Empty: an offer,
	// or that it waits.
	What string `json:"what,omitempty"`
	Why  string `json:"why"` // for people: why this one, or why nobody
}

// Output is what one step of an engine produced: what is to be done, which rows
// changed and must be stored before it is done, and why.
type Output struct {
	Directives   []Directive
	Decisions    []Decision
	Interactions []InteractionID // changed
	Agents       []AgentID       // changed
	// Desks lists the agents whose desk may show something else now.
	Desks []AgentID
	// Answers answers the commands of this step.
	Answers []Answer
	// Late counts reports that answered an offer that is no longer open.
	Late int
}

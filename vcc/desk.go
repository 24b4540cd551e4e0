package vcc

import "time"

// Desk is what one agent's panel shows: derived from agent and interactions
// whenever something of it changed, and never stored. Its JSON is what goes to the
// panel. Times are instants: nobody has to be told that time passes.
type Desk struct {
	Agent    AgentID     `json:"agent"`
	Name     string      `json:"name"`
	State    AgentState  `json:"state"`
	Since    time.Time   `json:"since,omitzero"`
	Intended *AgentState `json:"intended,omitempty"`
	// Shown is the state bar's summary: "Ready (Idle)", "Ready (Working)", "Busy
	// Inbound", "Ready (Blocked)", "Away" ... (vcc.md 5.1), ShownSince since when.
	Shown      string    `json:"shown"`
	ShownSince time.Time `json:"shownSince,omitzero"`
	// Mark is the kind of Shown, for shape and colour: "ready", "working", "away",
	// "out", "blocked".
	Mark    string       `json:"mark"`
	Blocked *Block       `json:"blocked,omitempty"`
	Omni    Presence     `json:"omni"`
	Load    int          `json:"load"`    // percent
	States  []AgentState `json:"states"`  // those that may be chosen
	Cards   []Card       `json:"cards"`   // alerting ones, then live, semi-live, non-live; oldest first in each
	Notices []Notice     `json:"notices"` //
	// Why tells why the agent gets no new work, if so, in words; empty: would get it.
	Why string `json:"why,omitempty"`
}

// Card is one interaction on the desk.
type Card struct {
	Interaction InteractionID `json:"interaction"`
	Offer       int           `json:"offer"`
	Class       Class         `json:"class"`
	Medium      Medium        `json:"medium"`
	Name        string        `json:"name"`
	Record      string        `json:"record,omitempty"`
	Caller      string        `json:"caller,omitempty"` // without Record: the number by which a record is searched for
	Plan        PlanID        `json:"plan,omitempty"`
	PlanLabel   string        `json:"planLabel,omitempty"`
	State       CardState     `json:"state"`
	Since       time.Time     `json:"since"`            // accepted; alerting: offered; wrap-up: began
	Until       time.Time     `json:"until,omitzero"`   // alerting and wrap-up: when it ends
	Waited      time.Duration `json:"waited,omitempty"` // how long the customer waited, in nanoseconds
	Size        int           `json:"size"`             // percent of the agent's capacity
	HeldSince   time.Time     `json:"heldSince,omitzero"`
	Parties     []Party       `json:"parties,omitempty"` // of a call, besides the agent
	// Of is the interaction that this call consults about.
	Of         InteractionID `json:"of,omitempty"`
	Direction  string        `json:"direction,omitempty"` // "in", "out" or "internal"
	Why        string        `json:"why,omitempty"`       // release failed: in words
	Actions    []Action      `json:"actions"`             // in the dock's order; absent: not of this class
	Outcomes   []string      `json:"outcomes,omitempty"`  // dispositions to choose from
	Outcome    string        `json:"outcome,omitempty"`
	MustChoose bool          `json:"mustChoose,omitempty"`
	// Transferred says, in wrap-up, to whom it was transferred.
	Transferred string `json:"transferred,omitempty"`
}

// CardState is what a card says.
type CardState string

const (
	CardAlerting      CardState = "alerting"
	CardConnected     CardState = "connected"
	CardHeld          CardState = "on hold"
	CardReleasing     CardState = "releasing"
	CardReleaseFailed CardState = "release failed"
	CardTransferring  CardState = "transferring"
	CardWrapUp        CardState = "wrap-up"
)

// Party is somebody in a call besides the agent whose card it is.
type Party struct {
	ID    string     `json:"id"` // "customer", an agent's id, or a number
	Name  string     `json:"name"`
	State PartyState `json:"state"`
	Since time.Time  `json:"since,omitzero"`
	Until time.Time  `json:"until,omitzero"` // ringing: when it stops
	Agent AgentID    `json:"agent,omitempty"`
	// Interaction is the call that this party is in: Cancel, Release, Hold and
	// Retrieve of it are about this party.
	Interaction InteractionID `json:"interaction"`
}

// PartyState is where a party of a call stands.
type PartyState string

const (
	PartyRinging PartyState = "ringing"
	PartyTalking PartyState = "talking"
	PartyHeld    PartyState = "on hold"
	PartyGone    PartyState = "gone"
)

// Action is something a card's class allows. One that is not possible now says
// why, so that the button can.
type Action struct {
	Do  CommandKind `json:"do"`
	Off string      `json:"off,omitempty"` // why not now; empty: possible
}

// Search asks for who can be consulted, or given a transfer.
type Search struct {
	Agent       AgentID       // who asks
	Interaction InteractionID // about what
	For         CommandKind   // Consult or Transfer
	Text        string        // part of the name, case does not matter; empty means all
	Most        int           // how many options to return
}

// Option is an agent, a plan or a number that may be chosen: exactly one is set.
type Option struct {
	Agent AgentID `json:"agent,omitempty"`
	Plan  PlanID  `json:"plan,omitempty"`
	// Number is set where the text is a phone number: choosing it dials.
	Number string `json:"number,omitempty"`
	Name   string `json:"name"`
	// Mark is "ready", "working", "away", "blocked", "out", "plan" or "call" (a number).
	Mark string `json:"mark"`
	// State says how it stands, for people: "Busy, takes it later", "3 waiting".
	State string `json:"state"`
	// Off says why it cannot be chosen; empty: it can.
	Off string `json:"off,omitempty"`
}

// Found answers a Search: the first options, A to Z (A30), and how many there are.
type Found struct {
	Total   int      `json:"total"`
	Options []Option `json:"options"`
}

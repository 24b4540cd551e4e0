package vcc

import "fmt"

type (
	// InteractionID names one interaction for its whole life, also across
	// transfers. It is opaque to the engine.
	InteractionID string
	// AgentID names an agent: the id of the agent's Salesforce user.
	AgentID string
	// PlanID names an interaction plan.
	PlanID string
	// Channel names a service channel by its developer name. An agent can be
	// given an interaction only while present in its channel.
	Channel string
	// Medium is what kind of conversation it is: "chat", "messaging", "case".
	Medium string
	// Skill names something an agent can do.
	Skill string
)

// Class says how much of an agent's attention an interaction takes (vcc.md 1).
type Class string

const (
	Live     Class = "live"      // a call: by default the agent's whole attention
	SemiLive Class = "semi-live" // a chat or message: the customer is present
	NonLive  Class = "non-live"  // a case, lead or record: the customer is not present
)

// Classes lists every class, the most demanding first.
var Classes = []Class{Live, SemiLive, NonLive}

// Valid tells whether c is one of the three classes.
func (c Class) Valid() bool { return c == Live || c == SemiLive || c == NonLive }

// Priority is the absolute priority of a plan; a smaller number goes first
// (vcc.md 3.1 row 5).
type Priority int

const (
	Highest Priority = 1
	Higher  Priority = 2
	Normal  Priority = 3
	Lower   Priority = 4
	Lowest  Priority = 5
)

// FullCapacity is what one agent has to give, in percent.
const FullCapacity = 100

// Sizes says how many percent of an agent's capacity one interaction of each
// class takes (vcc.md 2).
type Sizes struct {
	Live     int `json:"live"`     // 51 to 100, so that two calls can never fit
	SemiLive int `json:"semiLive"` // 1 to 100
	NonLive  int `json:"nonLive"`  // 1 to 100
}

// DefaultSizes is one call, or three chats, or five records at a time
// (vcc.md 11, A3).
var DefaultSizes = Sizes{Live: 100, SemiLive: 33, NonLive: 20}

// Of returns the size of class c, in percent.
func (s Sizes) Of(c Class) int {
	switch c {
	case Live:
		return s.Live
	case SemiLive:
		return s.SemiLive
	default:
		return s.NonLive
	}
}

// Validate tells what is wrong with the sizes, or nil.
func (s Sizes) Validate() error {
	if s.Live < 51 || s.Live > FullCapacity {
		return fmt.Errorf("size of live interactions is %d percent: must be 51 to 100, so that two never fit", s.Live)
	}
	if s.SemiLive < 1 || s.SemiLive > FullCapacity {
		return fmt.Errorf("size of semi-live interactions is %d percent: must be 1 to 100", s.SemiLive)
	}
	if s.NonLive < 1 || s.NonLive > FullCapacity {
		return fmt.Errorf("size of non-live interactions is %d percent: must be 1 to 100", s.NonLive)
	}
	return nil
}

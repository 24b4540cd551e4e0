package omnichannel

import "time"

// LinkState is the state of one outside connection.
type LinkState string

const (
	LinkConnecting LinkState = "connecting" // not yet up
	LinkUp         LinkState = "up"         // proven by answers, not assumed
	LinkDegraded   LinkState = "degraded"   // works in part; Reason says which part does not
	LinkDown       LinkState = "down"       // does not work; it is being retried
)

// Link is what is known of one outside connection.
type Link struct {
	Name   string    `json:"name"` // "stream", "rest"
	State  LinkState `json:"state"`
	Reason string    `json:"reason,omitempty"` // why it is not up
	Hint   string    `json:"hint,omitempty"`   // what a person can do
	Since  time.Time `json:"since,omitzero"`
}

package omnichannel

// Signal is something that the org told us: PSRSeen, WorkSeen, PresenceSeen, an
// Outcome, or a Baseline.
type Signal interface{ signal() }

// PSRSeen is an event of the org's stream about a PSR. Of a deleted one only the
// id is known.
type PSRSeen struct {
	PSR     PSR
	Deleted bool
}

// WorkSeen is an event of the org's stream about an AgentWork.
type WorkSeen struct{ Work AgentWork }

// PresenceSeen is an event of the org's stream about a UserServicePresence.
type PresenceSeen struct{ Row PresenceRow }

func (PSRSeen) signal()      {}
func (WorkSeen) signal()     {}
func (PresenceSeen) signal() {}
func (Outcome) signal()      {}
func (Baseline) signal()     {}

// Cursor is how far the stream of one channel has been made durable.
type Cursor struct {
	Channel string
	Replay  int64
}

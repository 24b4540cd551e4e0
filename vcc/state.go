package vcc

import "time"

// Major is the kind of an agent's state (vcc.md 5.1).
type Major string

const (
	LoggedOut    Major = ""         // not in ContactPad
	Ready        Major = "ready"    // takes work
	Outbound     Major = "outbound" // Ready for Outbound: takes none, may call
	Away         Major = "away"
	ExtendedAway Major = "extended away"
)

// Valid tells whether m is one of the five.
func (m Major) Valid() bool {
	switch m {
	case LoggedOut, Ready, Outbound, Away, ExtendedAway:
		return true
	}
	return false
}

// AgentState is the state that an agent, or whoever decides for them, chose. Busy
// and Wrap-up are not chosen: they follow from the interactions (Desk.Shown).
type AgentState struct {
	Major Major  `json:"major"`
	Minor string `json:"minor,omitempty"` // "Break", "Comfort Break", or one an admin defined
}

func (s AgentState) String() string {
	if s.Minor != "" {
		return s.Minor
	}
	switch s.Major {
	case LoggedOut:
		return "Logged Out"
	case Ready:
		return "Ready"
	case Outbound:
		return "Ready for Outbound"
	case Away:
		return "Away"
	default:
		return "Extended Away"
	}
}

// Block keeps an agent in Ready (Blocked): no new offers until it ends (A43).
type Block struct {
	Reason      string        `json:"reason"` // for the agent: "No Answer", "Your phone is not connected"
	Interaction InteractionID `json:"interaction,omitempty"`
	Since       time.Time     `json:"since"`
	Until       time.Time     `json:"until,omitzero"` // zero: until the agent says so
}

// Panel is the standing of an agent's ContactPad. The daemon asks the panel and
// counts the answers (panel-ux, finding 1); Alive is false once the lease lapsed.
type Panel struct {
	Alive bool      `json:"alive"`
	Phone bool      `json:"phone,omitempty"` // can carry voice now
	Since time.Time `json:"since,omitzero"`
	Why   string    `json:"why,omitempty"` // not alive: for people
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

	// State is what holds in ContactPad; the zero value is logged out.
	State      AgentState  `json:"state,omitzero"`
	StateSince time.Time   `json:"stateSince,omitzero"`
	Intended   *AgentState `json:"intended,omitempty"` // takes effect when the last wrap-up ends (A41)
	Blocked    *Block      `json:"blocked,omitempty"`
	Notices    []Notice    `json:"notices,omitempty"` // not yet dismissed, newest first; bounded
	// Answered holds the answers to the last commands, so that a command sent twice is
	// done once.
	Answered []Answer `json:"answered,omitempty"`
	// Wish is the Omni-Channel status that was asked for last, and when: the change
	// that it causes must not be taken for the agent's own.
	Wish      string    `json:"wish,omitempty"`
	WishUntil time.Time `json:"wishUntil,omitzero"`
	// Strayed says that the status changed to something else while a wish stood.
	Strayed bool `json:"strayed,omitempty"`
	// SignedOff says that the agent logged out of ContactPad and is still online in
	// Omni-Channel, or may be: no work until that ends (vcc.md 11, A16).
	SignedOff bool `json:"signedOff,omitempty"`
	// ActiveAt is when the agent last did something (A20).
	ActiveAt time.Time `json:"activeAt,omitzero"`
	// WorkedUntil is when the agent's last part in an interaction was over.
	WorkedUntil time.Time `json:"workedUntil,omitzero"`

	// Panel is told anew after every restart, and never stored.
	Panel Panel `json:"-"`
	// Load is the sum of the sizes of the agent's open legs, in percent. It is
	// derived whenever the row is read, and never stored.
	Load int `json:"-"`
}

// Notice is something an agent must be told, until dismissed. Words are the
// panel's business: a notice has a kind and the facts (panel-ux 6).
type Notice struct {
	ID          string        `json:"id"` // unique for the agent
	Kind        NoticeKind    `json:"kind"`
	At          time.Time     `json:"at"`
	Interaction InteractionID `json:"interaction,omitempty"`
	Name        string        `json:"name,omitempty"`   // of the interaction, for people
	Medium      Medium        `json:"medium,omitempty"` //
	Class       Class         `json:"class,omitempty"`  //
	Detail      string        `json:"detail,omitempty"` // words of the other side
	Reason      string        `json:"reason,omitempty"` // a code the panel has words for
	By          string        `json:"by,omitempty"`     // who did it, or who has it now
	Until       time.Time     `json:"until,omitzero"`
	Count       int           `json:"count,omitempty"` // how many of the same cause within five minutes
}

// NoticeKind says what a notice is about; the numbers are those of panel-ux 6.
type NoticeKind string

const (
	NotDelivered    NoticeKind = "not delivered"    // M14
	CustomerGone    NoticeKind = "customer left"    // M15
	OfferOver       NoticeKind = "offer over"       // M16
	OfferDeclined   NoticeKind = "declined"         // M17
	MissedCall      NoticeKind = "missed call"      // W16
	ReleaseFailed   NoticeKind = "release failed"   // M21
	ConsultOver     NoticeKind = "consult over"     // M22: Reason says how
	TransferFailed  NoticeKind = "transfer failed"  // M23
	ChangedByOthers NoticeKind = "changed by other" // M24, M27
	LoggedOutIdle   NoticeKind = "logged out idle"  // nothing was done for as long as Detail says
	CallLost        NoticeKind = "call lost"        // ContactPad was not reachable for too long; Detail says so
)

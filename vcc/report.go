package vcc

import (
	"fmt"
	"time"
)

// ReportKind says what happened.
type ReportKind string

const (
	// Arrived: Work waits for an agent. For an interaction that is known it
	// means that it waits again (transferred to a queue): the part of the agent
	// who had it ends and wraps up, and who refused it stays excluded. Offer is
	// the number of its last offer, so that numbers go on where the engine has
	// forgotten it.
	Arrived ReportKind = "arrived"
	// Alerting: the offer reached the agent's Omni-Channel widget.
	Alerting ReportKind = "alerting"
	// Accepted: the agent opened the work.
	Accepted ReportKind = "accepted"
	// Refused: the offer came to nothing; Reason says why. The interaction
	// waits again.
	Refused ReportKind = "refused"
	// Ended: the agent's part is over; wrap-up starts.
	Ended ReportKind = "ended"
	// Withdrawn: the work left before or while an agent had it; Reason says how.
	Withdrawn ReportKind = "withdrawn"
	// Moved: Salesforce itself gave the interaction to Agent as offer number
	// Offer, which the engine had not made; the part of the agent who had it
	// before ends. An interaction that is not known comes with its Work. It
	// counts against Agent's capacity even when it does not fit.
	Moved ReportKind = "moved"
	// Omni: the agent's presence in Omni-Channel is now as told.
	Omni ReportKind = "omni"
	// Asked: an agent asks for Command.
	Asked ReportKind = "asked"
	// PanelChanged: the agent's ContactPad is now as Panel tells.
	PanelChanged ReportKind = "panel"
	// CloseFailed: the Close directed for offer Offer came to nothing; Detail says
	// why. The org was told no: the agent still has the work there.
	CloseFailed ReportKind = "close failed"
	// RequeueFailed: the Requeue directed came to nothing; the agent still has it.
	RequeueFailed ReportKind = "requeue failed"
	// Called: the other end of a call is now as Line tells.
	Called ReportKind = "called"
	// Named: people call the interaction's record Name.
	Named ReportKind = "named"
	// Told: the words to a provider that Words lists were said.
	Told ReportKind = "told"
	// SetUp: the org is set up as Setup tells.
	SetUp ReportKind = "set up"
)

// Setup is what transfers and consults need to know of how the org is set up. Who is
// given one does not change it.
type Setup struct {
	// People are the names of those who may be agents, whether or not they were ever
	// seen at work.
	People map[AgentID]string
	// Whole says that People are all of them: an agent who is none of them is one no
	// more (A26), unless they are at work just now.
	Whole bool
	// Takes lists, for each channel, the plans that its work can be transferred to. Work
	// of a channel that is not in it can be transferred to any.
	Takes map[Channel][]PlanID
}

// Line is what a telephone network tells of the other end of a call.
type Line string

const (
	LineAnswered    Line = "answered"
	LineBusy        Line = "busy"
	LineNoAnswer    Line = "no answer"
	LineUnreachable Line = "unreachable"
	LineHungUp      Line = "hung up"
)

// Reason says why an offer was refused or how work left.
type Reason string

const (
	Declined    Reason = "declined"    // the agent said no
	TimedOut    Reason = "timed out"   // the agent did not answer in time
	Unavailable Reason = "unavailable" // the agent went offline or lost the connection
	Failed      Reason = "failed"      // Salesforce did not take the offer
	Undelivered Reason = "undelivered" // the offer was never made; not the agent's doing

	CustomerLeft Reason = "customer left" // the visitor left, or what was asked for is gone
	LeftRouting  Reason = "left routing"  // the owner is now outside external routing
	Deleted      Reason = "deleted"       // the record is gone
)

// Blames tells whether a refusal for this reason keeps the agent from being
// offered the same interaction again for a while.
func (r Reason) Blames() bool { return r != Undelivered }

// Work is what an interaction is about.
type Work struct {
	Record   string    `json:"record"`           // Salesforce id of the work item
	Name     string    `json:"name,omitempty"`   // for people; may be empty
	Queue    string    `json:"queue,omitempty"`  // developer name of the Omni-Channel queue
	Plan     PlanID    `json:"plan"`             //
	Class    Class     `json:"class"`            //
	Medium   Medium    `json:"medium"`           //
	Channel  Channel   `json:"channel"`          //
	Skills   []Skill   `json:"skills,omitempty"` // needed besides those of the plan
	Prefer   AgentID   `json:"prefer,omitempty"` // asked first, if free
	Since    time.Time `json:"since"`            // since when the customer waits
	Transfer bool      `json:"transfer,omitempty"`
	// Needs are skills needed besides, with a level or for a time.
	Needs []Need `json:"needs,omitempty"`
	// Caller is the number or address of the customer, if known.
	Caller string `json:"caller,omitempty"`
}

// Presence is an agent's standing in Omni-Channel.
type Presence struct {
	Online   bool      `json:"online"`
	Status   string    `json:"status,omitempty"`   // developer name of the status
	Channels []Channel `json:"channels,omitempty"` // channels the status serves; none: can take no work
}

// Report tells the engine what happened outside it. Which fields are set
// follows from Kind.
type Report struct {
	Kind        ReportKind
	Interaction InteractionID    // all but Omni, Asked, PanelChanged and SetUp
	Offer       int              // Alerting, Accepted, Refused, Ended, Moved: the offer answered; Arrived: the last one
	Agent       AgentID          // Alerting, Accepted, Refused, Ended, Moved, Omni, Asked, PanelChanged
	Reason      Reason           // Refused, Withdrawn
	Detail      string           // for people: code and words of the other side
	Work        *Work            // Arrived, and Moved of what is not known
	Name        string           // Omni: the agent's name, if known; Named: what people call the record
	Omni        *Presence        // Omni
	Command     *Command         // Asked
	Panel       *Panel           // PanelChanged
	Setup       *Setup           // SetUp
	Line        Line             // Called
	Words       []string         // Told: ids
	Call        *Call            // Arrived of a live one
	Personal    *Personal        // Arrived: the personal queue it is for; times are set by the engine from PersonalFor
	PersonalFor [2]time.Duration // Arrived with Personal: how long it waits there while the agent is logged in, logged out; zero means for ever
}

func (r Report) String() string {
	s := fmt.Sprintf("%s %s", r.Kind, r.Interaction)
	if r.Offer > 0 {
		s += fmt.Sprintf(" offer %d", r.Offer)
	}
	if r.Agent != "" {
		s += " " + string(r.Agent)
	}
	if r.Reason != "" {
		s += " " + string(r.Reason)
	}
	return s
}

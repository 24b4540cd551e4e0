package omnichannel

import (
	"fmt"
	"slices"
	"time"

	"omnibridge/vcc"
)

// State is where the delivery of one work item stands.
type State string

const (
	Sighted    State = "sighted"    // an AgentWork that we do not know was seen; it is being looked up
	Held       State = "held"       // announced, but its channel or queue is not configured; Why says what to do
	Announced  State = "announced"  // waits for the engine to offer it
	Pushing    State = "pushing"    // an AgentWork is being created
	Alerting   State = "alerting"   // the AgentWork is Assigned
	Retracting State = "retracting" // it is to be taken back; AgentWork cannot be updated, so we wait for its end
	InHand     State = "opened"     // an agent opened it
	Closing    State = "closing"    // it is to be closed from outside
	Requeueing State = "requeueing" // its owner is being changed to a queue
	Gone       State = "gone"       // over; remembered for a while
)

// Fact is a conclusion about a chain, in the past tense.
type Fact string

const (
	factAnnounced Fact = "announced" // a PSR announces it
	factUnfit     Fact = "unfit"     // it cannot be routed as configured
	factOffered   Fact = "offered"   // the engine directed an offer
	factPushed    Fact = "pushed"    // its AgentWork is Assigned
	factNotPushed Fact = "not pushed"
	factOpened    Fact = "opened"
	factRefused   Fact = "refused"   // the push ended without being opened
	factRetracted Fact = "retracted" // the engine took the offer back
	factClosing   Fact = "closing"   // the engine directed a close
	factRequeued  Fact = "requeued"  // the engine directed a change of queue
	factKept      Fact = "kept"      // requeueing was refused by the org
	factClosed    Fact = "closed"    // the opened AgentWork ended
	factWithdrawn Fact = "withdrawn" // it left before anybody opened it
	factReturned  Fact = "returned"  // the org still has what we thought was over
)

type move struct {
	in State
	on Fact
}

// moves is the whole machine: a pair that is not listed cannot happen, and is
// refused as a MoveError.
var moves = map[move]State{
	{Sighted, factAnnounced}: Announced, {Sighted, factPushed}: Alerting, {Sighted, factOpened}: InHand, {Sighted, factClosed}: Gone, {Sighted, factUnfit}: Held,

	{Held, factAnnounced}: Announced, {Held, factUnfit}: Held, {Held, factPushed}: Alerting, {Held, factOpened}: InHand, {Held, factWithdrawn}: Gone,

	{Announced, factAnnounced}: Announced, {Announced, factUnfit}: Held, {Announced, factOffered}: Pushing,
	{Announced, factPushed}: Alerting, {Announced, factOpened}: InHand, {Announced, factWithdrawn}: Gone,

	{Pushing, factPushed}: Alerting, {Pushing, factOpened}: InHand, {Pushing, factRefused}: Announced, {Pushing, factNotPushed}: Announced, {Pushing, factWithdrawn}: Gone,

	{Alerting, factOpened}: InHand, {Alerting, factRefused}: Announced, {Alerting, factRetracted}: Retracting, {Alerting, factWithdrawn}: Gone,

	{Retracting, factOpened}: InHand, {Retracting, factRefused}: Announced, {Retracting, factWithdrawn}: Gone,

	{InHand, factClosing}: Closing, {InHand, factRequeued}: Requeueing, {InHand, factAnnounced}: Announced, {InHand, factOpened}: InHand, {InHand, factPushed}: Alerting, {InHand, factClosed}: Gone, {InHand, factUnfit}: Held,

	{Closing, factClosing}: Closing, {Closing, factAnnounced}: Announced, {Closing, factOpened}: InHand, {Closing, factPushed}: Alerting, {Closing, factClosed}: Gone, {Closing, factUnfit}: Held,

	{Requeueing, factKept}: InHand, {Requeueing, factAnnounced}: Announced, {Requeueing, factOpened}: InHand, {Requeueing, factPushed}: Alerting, {Requeueing, factClosed}: Gone, {Requeueing, factUnfit}: Held,

	{Gone, factReturned}: Sighted,
}

// MoveError says that a fact cannot happen in a state. It is a fault of ours, is
// counted, and changes nothing.
type MoveError struct {
	Interaction vcc.InteractionID
	State       State
	Fact        Fact
}

func (e *MoveError) Error() string {
	return fmt.Sprintf("interaction %s: %q cannot happen while %s", e.Interaction, e.Fact, e.State)
}

// Chain is the delivery of one work item: the PSR that announces it, and those
// that follow on transfers. It is stored as it is.
type Chain struct {
	Interaction vcc.InteractionID `json:"interaction"`
	State       State             `json:"state"`
	Since       time.Time         `json:"since"`         // when its PSR was created
	Entered     time.Time         `json:"entered"`       // when State was entered
	Why         string            `json:"why,omitempty"` // for people: why it stands where it stands

	Record  RecordID  `json:"record"`
	Channel ChannelID `json:"channel"`
	Queue   QueueID   `json:"queue,omitempty"`

	PSR      PSRID       `json:"psr,omitempty"` // the one that announces it, or did last
	Serial   int         `json:"serial,omitempty"`
	PSRGone  bool        `json:"psrGone,omitempty"` // its deletion was seen
	OldPSRs  []PSRID     `json:"oldPsrs,omitempty"` // those before it
	Transfer bool        `json:"transfer,omitempty"`
	Prefer   vcc.AgentID `json:"prefer,omitempty"`

	Offer int           `json:"offer"`           // number of the last offer
	Agent vcc.AgentID   `json:"agent,omitempty"` // who it is offered to, or who has it
	Work  AgentWorkID   `json:"work,omitempty"`  // the live AgentWork
	Past  []AgentWorkID `json:"past,omitempty"`  // those that ended, oldest first
	Heir  *Heir         `json:"heir,omitempty"`  // InHand: a transfer to an agent under way
	To    QueueID       `json:"to,omitempty"`    // Requeueing: the new owner

	// Sent says that the effect which the state calls for (create, close, change
	// owner) has left, or may have.
	Sent bool `json:"sent,omitempty"`
	// Doubt says that the outcome of a sent create is unknown. The org may still be
	// carrying it out: that it is not there counts only from Settled on.
	Doubt   bool      `json:"doubt,omitempty"`
	Settled time.Time `json:"settled,omitzero"`
	// TakeBack says that the engine took the offer back while it was being pushed.
	TakeBack bool `json:"takeBack,omitempty"`
	// Ended says that the AgentWork which an agent had opened was seen closed, and that
	// the org is asked whether the record is still there.
	Ended bool `json:"ended,omitempty"`
	// Fault is what the org answered to a create that it refused.
	Fault string `json:"fault,omitempty"`

	Doing    *Effect   `json:"doing,omitempty"` // the effect that is being carried out; at most one
	Again    bool      `json:"again,omitempty"` // look as soon as nothing is being done
	Rev      int       `json:"rev"`             // counts the org's events about this chain
	Effects  int       `json:"effects"`         // counts effects; makes their ids
	Tries    int       `json:"tries,omitempty"` // fruitless attempts in a row; sets the pace
	Wake     time.Time `json:"wake,omitzero"`   // when to go on: look, or try again
	WakeLook bool      `json:"wakeLook,omitempty"`
}

// Heir is the agent to whom Salesforce transfers what another agent has.
type Heir struct {
	Work  AgentWorkID `json:"work"`
	Agent vcc.AgentID `json:"agent"`
}

// keptPast bounds how many ended AgentWorks a chain remembers. An event about an
// older one is unexpected, so it is looked up and does no harm.
const keptPast = 32

// retire notes that an AgentWork of c ended.
func (l *Ledger) retire(c *Chain, id AgentWorkID) {
	if id == "" || slices.Contains(c.Past, id) {
		return
	}
	c.Past = append(slices.Clone(c.Past), id)
	if most := len(c.Past) - keptPast; most > 0 {
		l.unindexWork(c.Past[:most]...)
		c.Past = c.Past[most:]
	}
	if c.Work == id {
		c.Work = ""
	}
	if c.Heir != nil && c.Heir.Work == id {
		c.Heir = nil
	}
}

// want returns the effect that the chain's state calls for now, or ""; console tells
// whether agents' consoles can be reached.
func (c *Chain) want(console bool) EffectKind {
	switch {
	case c.Again:
		return Look
	case c.Sent:
		return ""
	case c.State == Pushing && c.PSRGone:
		return Look // it decides whether there is anything to push
	case c.State == Pushing:
		return CreateWork
	case c.State == Retracting && console:
		return DeclineWork
	case c.State == Closing:
		return CloseWork
	case c.State == Requeueing:
		return ChangeOwner
	default:
		return ""
	}
}

// pace is how long to wait after so many fruitless attempts: it doubles from
// first, up to a minute.
func pace(first time.Duration, tries int) time.Duration {
	const most = time.Minute
	for range tries {
		if first *= 2; first >= most {
			return most
		}
	}
	return min(first, most)
}

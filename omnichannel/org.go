package omnichannel

import (
	"slices"
	"time"

	"omnibridge/vcc"
)

// PSR is a PendingServiceRouting record as the org tells it: Salesforce's
// announcement that a work item waits for external routing.
type PSR struct {
	ID       PSRID
	Serial   int // grows with every change of the record; fences old events
	Record   RecordID
	Queue    QueueID
	Channel  ChannelID
	Pushed   bool // an AgentWork is Assigned for it
	Transfer bool
	Prefer   vcc.AgentID // PreferredUserId; empty if none
	Created  time.Time
}

// WorkStatus is the status of an AgentWork in the org's own words.
type WorkStatus string

const (
	Assigned              WorkStatus = "Assigned"
	Unavailable           WorkStatus = "Unavailable"
	Declined              WorkStatus = "Declined"
	Opened                WorkStatus = "Opened"
	Closed                WorkStatus = "Closed"
	DeclinedOnPushTimeout WorkStatus = "DeclinedOnPushTimeout"
	Canceled              WorkStatus = "Canceled"
	Transferred           WorkStatus = "Transferred"
)

// workStatuses is in the order of the numbers by which PushTopic events name
// statuses (salesforce-omni 2).
var workStatuses = []WorkStatus{Assigned, Unavailable, Declined, Opened, Closed, DeclinedOnPushTimeout, Canceled, Transferred}

// StatusNumber returns the status that a PushTopic event names by number n.
func StatusNumber(n int) (WorkStatus, bool) {
	if n < 0 || n >= len(workStatuses) {
		return "", false
	}
	return workStatuses[n], true
}

// Valid tells whether s is a status that is known.
func (s WorkStatus) Valid() bool {
	for _, known := range workStatuses {
		if s == known {
			return true
		}
	}
	return false
}

// Live tells whether an AgentWork of this status is with an agent.
func (s WorkStatus) Live() bool { return s == Assigned || s == Opened }

// reason returns why an offer that ended in this status was refused.
func (s WorkStatus) reason() (vcc.Reason, bool) {
	switch s {
	case Declined:
		return vcc.Declined, true
	case DeclinedOnPushTimeout:
		return vcc.TimedOut, true
	case Unavailable:
		return vcc.Unavailable, true
	default:
		return "", false
	}
}

// AgentWork is an AgentWork record: Salesforce's record of one offer.
type AgentWork struct {
	ID            AgentWorkID
	PSR           PSRID // empty if Salesforce made it without one
	Record        RecordID
	User          vcc.AgentID
	Channel       ChannelID
	Status        WorkStatus
	DeclineReason string
	Created       time.Time
}

// PresenceRow is a UserServicePresence record: one stretch of an agent's
// presence. It ends (Current false) on a change of status, just before the next
// row is made, and on logout (salesforce-omni 1.3).
type PresenceRow struct {
	ID      PresenceID
	User    vcc.AgentID
	Status  StatusID
	Current bool
	Away    bool
}

// Seen is what the org says of one work item: PSRs were read first, then the
// AgentWorks, then the record, so that an accept in between shows as Opened.
type Seen struct {
	PSRs  []PSR       // those in external routing
	Works []AgentWork // every one, oldest first
	// Owner is the record's owner, empty if it could not be read.
	Owner string
	// Missing says that the record is deleted.
	Missing bool
}

// Baseline is what the org says of everything in external routing, read in the
// same order as Seen.
type Baseline struct {
	// Begun is when the reading began, by the clock of whoever runs the Ledger.
	Begun time.Time
	// Instance is the host that the org runs on. When it changes the org was moved:
	// every agent was logged out by that, and no event tells (salesforce-omni 3.1).
	Instance  string
	Directory Directory
	PSRs      []PSR
	Works     []AgentWork // Assigned and Opened only
	Presence  []PresenceRow
}

// Directory is the org's setup, by id.
type Directory struct {
	Channels map[ChannelID]Channel
	Statuses map[StatusID]Status
	Queues   map[QueueID]Queue
	Users    map[vcc.AgentID]string // name
	// Usernames are what users log in with, as other systems know them.
	Usernames map[vcc.AgentID]string
	// Self is the user by whom we are logged in, who is no agent; empty: not known.
	Self vcc.AgentID
	// Left are users who were deactivated in the last two days at least.
	Left map[vcc.AgentID]bool
}

// Channel is a ServiceChannel.
type Channel struct {
	Name   vcc.Channel // developer name
	Entity string      // API name of the object that it routes
}

// Status is a ServicePresenceStatus; one without channels is a busy one.
type Status struct {
	Name     string // developer name
	Channels []ChannelID
}

// Queue is a queue bound to a routing configuration.
type Queue struct {
	Name        string        // developer name
	External    bool          // routed from outside
	PushTimeout time.Duration // after which Salesforce takes a push back; zero: never
	Objects     []string      // API names of what it may own; nil: not known
}

// mayOwn tells whether records of an object may belong to q.
func (q Queue) mayOwn(object string) bool {
	return q.Objects == nil || slices.Contains(q.Objects, object)
}

package setup

import (
	"time"

	"omnibridge/omnichannel"
	"omnibridge/salesforce"
	"omnibridge/vcc"
)

// State is what was found in the org.
type State struct {
	Login  Login
	At     time.Time // of the login, by the org's clock
	DryRun bool
	// ByTopic is true where events come from PushTopics, false for Change Data
	// Capture.
	ByTopic bool
	// Needs is what the source says it needs of the org, for people.
	Needs string
	// Topics tells what was done about each PushTopic; in a dry run, what would be.
	Topics []salesforce.TopicChange
	// Canary tells the same of the channel of canaries; zero if none is wanted.
	Canary salesforce.TopicChange

	Channels []Channel
	Statuses []Status
	Queues   []Queue
	// Users are the agents of the routing file who were found.
	Users map[vcc.AgentID]User

	// CreatesWork tells whether the user may create AgentWork.
	CreatesWork bool
	// Calls is the use of the org's daily API requests.
	Calls salesforce.Usage

	Stream Stream
	Events []Delivery

	// Faults tells what the org refused, by part.
	Faults map[Part]Fault
}

// Login says who is logged in, and where.
type Login struct {
	Org      string `json:"org"` // its name
	OrgID    string `json:"orgId"`
	Sandbox  bool   `json:"sandbox"`
	Instance string `json:"instance"` // its address
	Username string `json:"username"`
	UserID   string `json:"userId"`
}

// Channel is a service channel.
type Channel struct {
	Name   string // developer name
	Object string // API name of the object whose records it routes
}

// Status is a presence status.
type Status struct {
	Name     string
	Channels []string // service channels it serves, by developer name
}

// Queue is a queue that has a routing configuration, or that the routing file
// names.
type Queue struct {
	Name     string
	Routing  string // developer name of its routing configuration; "" if it has none
	External bool   // the configuration's model is External Routing
	// PushTimeout is the configuration's; 0 means none.
	PushTimeout time.Duration
	Objects     []string // API names of what it may own
	Members     int      // users and groups
}

// User is a user of the org.
type User struct {
	Name   string
	Active bool
}

// Stream is how the subscription came out.
type Stream struct {
	Channels []string // what was subscribed to; none if nothing was there yet
	Up       bool     // all of them were confirmed, and the stream answered
	Reason   string   // why it is not up
	Hint     string
}

// Delivery compares the events of one object with its records.
type Delivery struct {
	Object string
	// Listened is false where there was nothing to subscribe to yet.
	Listened bool
	// Since is the time from which on every new record must have caused an event
	// that is still retained.
	Since time.Time
	// Records is how many a query found that were created since; of them at most
	// [MaxRecords] are looked for.
	Records int
	// Missing is how many of them no event came of.
	Missing int
	// Delivered is how many records events came of.
	Delivered int
	// Cut is true if listening ended before the stream had nothing more to tell.
	Cut bool
	// Undecoded is why events could not be understood; "" if all could.
	Undecoded string
}

// Part is something that is made or read by itself.
type Part string

// The parts, by the finding that tells of a fault.
const (
	Topics      Part = "PushTopics"
	Canary      Part = "canary"
	Channels    Part = "service channels"
	Statuses    Part = "presence statuses"
	Queues      Part = "queues"
	QueueDetail Part = "members and objects of queues"
	Agents      Part = "agents"
	CreateWork  Part = "creating AgentWork"
)

// Fault is a refusal of the org.
type Fault struct {
	Code string // Salesforce's, as INVALID_TYPE
	Text string // for people, with a hint
}

// Wanted is what the daemon is told to route, as far as the org has to fit it.
type Wanted struct {
	// Policy gives classes to service channels, and plans to queues; all of these
	// have to be in the org.
	Policy omnichannel.Policy
	// Agents are the users that the routing file names.
	Agents []vcc.AgentID
}

// class tells whether a service channel has one.
func (w Wanted) class(c Channel) bool {
	entities := w.Policy.Entities
	if entities == nil {
		entities = omnichannel.DefaultEntities()
	}
	_, named := w.Policy.Channels[vcc.Channel(c.Name)]
	_, known := entities[c.Object]
	return named || known
}

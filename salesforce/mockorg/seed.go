package mockorg

import (
	"fmt"
	"slices"
	"strings"
)

// Seed is what an org holds when it starts. It is plain data: DefaultSeed makes
// one, which a test may change before New. Records get their ids in the order of
// the seed, so the same seed gives the same ids in every org. An org that goes on
// where another stopped has a State instead.
type Seed struct {
	// Name of the organization.
	Name string
	// Users in order; those who are agents have a presence configuration.
	Users []SeedUser
	// Channels are the service channels; each routes one object.
	Channels []SeedChannel
	// Statuses are the presence statuses and the channels they serve.
	Statuses []SeedStatus
	// Routings are the routing configurations that queues point to.
	Routings []SeedRouting
	// Queues hold work; those with a routing configuration make PSRs.
	Queues []SeedQueue
	// DeclineReasons are those an agent's widget offers.
	DeclineReasons []string
}

// SeedUser is one user of the org.
type SeedUser struct {
	// Username is unique; its local part names the agent on the control plane.
	Username  string
	FirstName string
	LastName  string
	// Alias is at most eight characters; empty means the start of the local part.
	Alias string
	// UserType is Standard when empty; the system's own user is AutomatedProcess.
	UserType string
	// Agent is the user's presence configuration; nil for those without Omni.
	Agent *SeedAgent
}

// SeedAgent is the presence configuration of one agent.
type SeedAgent struct {
	// Capacity is the total weight of work the agent may hold.
	Capacity int64
	// AutoAccept opens pushed work by itself; it excludes Decline.
	AutoAccept bool
	// Decline lets the agent decline pushed work; it excludes AutoAccept.
	Decline bool
	// StatusOnDecline and StatusOnPushTimeout are statuses by developer name
	// the agent is moved to; empty keeps the status.
	StatusOnDecline     string
	StatusOnPushTimeout string
}

// SeedChannel is one service channel.
type SeedChannel struct {
	DeveloperName string
	Label         string
	// Object is the API name of the routed object, one channel per object.
	Object string
	// CapacityModel is TabBased (also when empty) or StatusBased.
	CapacityModel string
	AutoAccept    bool
}

// SeedStatus is one presence status; without channels it means busy.
type SeedStatus struct {
	DeveloperName string
	Label         string
	Channels      []string
}

// SeedRouting is one routing configuration.
type SeedRouting struct {
	DeveloperName string
	Label         string
	// Model is ExternalRouting, LeastActive or MostAvailable.
	Model string
	// Priority: the lower number is routed first.
	Priority int64
	// CapacityWeight or CapacityPercentage, not both.
	CapacityWeight     float64
	CapacityPercentage float64
	// PushTimeout in seconds; 0 is off.
	PushTimeout int64
}

// SeedQueue is one queue.
type SeedQueue struct {
	DeveloperName string
	Name          string
	// Routing is a routing configuration by developer name; empty for none.
	Routing string
	// Objects the queue may own.
	Objects []string
	// Members by username; nil means every agent.
	Members []string
}

// IntegrationUser is the username the default seed has for the daemon.
const IntegrationUser = "integration@acme.example"

// automatedProcess is the username of the user as whom the org itself acts. A
// seed without it gets it added.
const automatedProcess = "autoproc@acme.example"

// DefaultSeed returns a small support centre: an integration user, six agents
// with room for plenty of work, a channel each for chats, messaging sessions,
// cases and leads, three statuses, and five queues, one of which Salesforce
// routes itself. The push timeout is 20 seconds.
func DefaultSeed() Seed {
	agent := func(user, first, last string) SeedUser {
		return SeedUser{Username: user + "@acme.example", FirstName: first, LastName: last,
			Agent: &SeedAgent{Capacity: 1000, Decline: true}}
	}
	return Seed{
		Name: "Acme Support",
		Users: []SeedUser{
			{Username: IntegrationUser, FirstName: "Omnibridge", LastName: "Integration", Alias: "omnib"},
			{Username: automatedProcess, FirstName: "Automated", LastName: "Process", Alias: "autoproc", UserType: "AutomatedProcess"},
			agent("ada", "Ada", "Okafor"),
			agent("ben", "Ben", "Lindqvist"),
			agent("chloe", "Chloe", "Marchetti"),
			agent("dev", "Dev", "Ramanathan"),
			agent("elena", "Elena", "Petrova"),
			agent("farid", "Farid", "Haddad"),
		},
		Channels: []SeedChannel{
			{DeveloperName: "Chat", Object: "LiveChatTranscript"},
			{DeveloperName: "Messaging", Object: "MessagingSession"},
			{DeveloperName: "Cases", Object: "Case"},
			{DeveloperName: "Leads", Object: "Lead"},
		},
		Statuses: []SeedStatus{
			{DeveloperName: "Available", Channels: []string{"Chat", "Messaging", "Cases", "Leads"}},
			{DeveloperName: "Available_Chat", Label: "Available - Chat", Channels: []string{"Chat", "Messaging"}},
			{DeveloperName: "Busy", Channels: []string{}},
		},
		Routings: []SeedRouting{
			{DeveloperName: "External_Chat", Label: "External: chat", Model: "ExternalRouting", Priority: 1, CapacityWeight: 51, PushTimeout: 20},
			{DeveloperName: "External_Messaging", Label: "External: messaging", Model: "ExternalRouting", Priority: 2, CapacityWeight: 33, PushTimeout: 20},
			{DeveloperName: "External_Cases", Label: "External: cases", Model: "ExternalRouting", Priority: 3, CapacityWeight: 20, PushTimeout: 20},
			{DeveloperName: "Internal", Label: "Salesforce routes", Model: "MostAvailable", Priority: 4, CapacityWeight: 20},
		},
		Queues: []SeedQueue{
			{DeveloperName: "Support_Chat", Routing: "External_Chat", Objects: []string{"LiveChatTranscript"}},
			{DeveloperName: "Support_Messaging", Routing: "External_Messaging", Objects: []string{"MessagingSession"}},
			{DeveloperName: "Support_Cases", Routing: "External_Cases", Objects: []string{"Case"}},
			{DeveloperName: "Sales_Leads", Routing: "External_Cases", Objects: []string{"Lead"}},
			{DeveloperName: "Internal_Cases", Routing: "Internal", Objects: []string{"Case"}},
		},
		DeclineReasons: []string{"Wrapping up", "Not my skill", "On a break"},
	}
}

// label is the text people see: the given one, else the name with spaces.
func label(given, name string) string {
	if given != "" {
		return given
	}
	return strings.ReplaceAll(name, "_", " ")
}

// validate reports every fault of the seed at once.
func (s Seed) validate() error {
	c := seedCheck{names: map[string]bool{}}
	if s.Name == "" {
		c.fault("name is empty: give the organization one")
	}
	for _, ch := range s.Channels {
		c.add("channel", ch.DeveloperName)
		c.add("channel for object", ch.Object)
		c.oneOf("capacity model of channel "+ch.DeveloperName, ch.CapacityModel, "", "TabBased", "StatusBased")
	}
	for _, st := range s.Statuses {
		c.add("status", st.DeveloperName)
		for _, ch := range st.Channels {
			c.refer("status "+st.DeveloperName, "channel", ch)
		}
	}
	for _, u := range s.Users {
		c.user(u)
	}
	for _, r := range s.Routings {
		c.add("routing", r.DeveloperName)
		c.oneOf("model of routing "+r.DeveloperName, r.Model, "ExternalRouting", "LeastActive", "MostAvailable")
		if r.CapacityWeight != 0 && r.CapacityPercentage != 0 {
			c.fault("routing %s has both a capacity weight and a percentage: keep one", r.DeveloperName)
		}
		if r.PushTimeout < 0 || r.CapacityWeight < 0 || r.CapacityPercentage < 0 {
			c.fault("routing %s has a negative number: use zero or more", r.DeveloperName)
		}
	}
	for _, q := range s.Queues {
		c.add("queue", q.DeveloperName)
		if q.Routing != "" {
			c.refer("queue "+q.DeveloperName, "routing", q.Routing)
		}
		for _, m := range q.Members {
			c.refer("queue "+q.DeveloperName, "user", m)
		}
	}
	if len(c.faults) > 0 {
		return fmt.Errorf("seed refused: %s", strings.Join(c.faults, "; "))
	}
	return nil
}

// seedCheck gathers the names a seed defines and what is wrong with it.
type seedCheck struct {
	names  map[string]bool // "status Busy"
	faults []string
}

func (c *seedCheck) fault(format string, args ...any) {
	c.faults = append(c.faults, fmt.Sprintf(format, args...))
}

func (c *seedCheck) add(what, name string) {
	key := what + " " + strings.ToLower(name)
	switch {
	case name == "":
		c.fault("a %s has no name: give it one", what)
	case c.names[key]:
		c.fault("%s %s is there twice: rename one", what, name)
	}
	c.names[key] = true
}

func (c *seedCheck) refer(from, what, name string) {
	if !c.names[what+" "+strings.ToLower(name)] {
		c.fault("%s names %s %q, which the seed does not hold: add it or correct the name", from, what, name)
	}
}

func (c *seedCheck) oneOf(what, value string, values ...string) {
	if !slices.Contains(values, value) {
		c.fault("%s is %q: use %s", what, value, strings.Trim(strings.Join(values, ", "), ", "))
	}
}

func (c *seedCheck) user(u SeedUser) {
	c.add("user", u.Username)
	local, domain, found := strings.Cut(u.Username, "@")
	if !found || local == "" || domain == "" {
		c.fault("username %q is not like an email address: write name@company.example", u.Username)
	}
	if u.LastName == "" {
		c.fault("user %s has no last name: give one", u.Username)
	}
	if u.Agent == nil {
		return
	}
	if u.Agent.AutoAccept && u.Agent.Decline {
		c.fault("agent %s has auto-accept and decline both on, which Salesforce does not allow: switch one off", u.Username)
	}
	if u.Agent.Capacity < 0 {
		c.fault("agent %s has capacity %d: use zero or more", u.Username, u.Agent.Capacity)
	}
	for _, status := range []string{u.Agent.StatusOnDecline, u.Agent.StatusOnPushTimeout} {
		if status != "" {
			c.refer("agent "+u.Username, "status", status)
		}
	}
}

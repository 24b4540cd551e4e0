package setup

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"omnibridge/salesforce"
)

// Verdict is how a check came out.
type Verdict string

// The verdicts. Missing, Withheld and WouldFix mean that the org is not ready;
// with the others the daemon can do its work.
const (
	OK        Verdict = "ok"
	Fixed     Verdict = "fixed"      // it was missing or different, and setup has mended it
	WouldFix  Verdict = "would fix"  // the same, in a dry run
	Missing   Verdict = "missing"    // a person has to mend it
	Withheld  Verdict = "withheld"   // Salesforce does not deliver what it should
	NotProven Verdict = "not proven" // nothing speaks against it, but nothing shows it
	Warning   Verdict = "warning"    // it works, but something is to be known
)

// Finding is what one check found.
type Finding struct {
	// Check names what was looked at, e.g. "queue Support_Chat".
	Check   string  `json:"check"`
	Verdict Verdict `json:"verdict"`
	// Detail is what was found.
	Detail string `json:"detail"`
	// Why says why it matters, and Fix what a person has to do; both are empty where
	// nobody has to do anything.
	Why string `json:"why,omitempty"`
	Fix string `json:"fix,omitempty"`
}

// ready tells whether the daemon can work in spite of the finding.
func (f Finding) ready() bool {
	return f.Verdict != Missing && f.Verdict != Withheld && f.Verdict != WouldFix
}

// judge collects findings.
type judge struct {
	State
	wanted   Wanted
	findings []Finding
}

// Judge turns what was found into findings, in the order in which they are best
// mended. It is pure: the same state gives the same findings.
func Judge(s State, w Wanted) []Finding {
	j := &judge{State: s, wanted: w}
	j.topics()
	j.canary()
	j.queues()
	j.planned()
	j.channels()
	j.mixed()
	j.agents()
	j.createsWork()
	j.calls()
	j.stream()
	for _, d := range s.Events {
		j.delivery(d)
	}
	return j.findings
}

func (j *judge) ok(check, format string, args ...any) {
	j.findings = append(j.findings, Finding{Check: check, Verdict: OK, Detail: fmt.Sprintf(format, args...)})
}

func (j *judge) add(check string, v Verdict, detail, why, fix string) {
	j.findings = append(j.findings, Finding{check, v, detail, why, fix})
}

// unread tells whether a part could not be read, and says so.
func (j *judge) unread(part Part, why string) bool {
	f, refused := j.Faults[part]
	if refused {
		j.refused(string(part), f, why)
	}
	return refused
}

// refused is the finding of a fault.
func (j *judge) refused(check string, f Fault, why string) {
	fix := "Setup > Permission Sets > Omnibridge Integration > Manage Assignments > Add Assignment: assign the set (salesforce/package/access) to the integration user"
	if f.Code == "INVALID_TYPE" || f.Code == "NOT_FOUND" {
		fix = "Setup > Omni-Channel Settings > tick Enable Omni-Channel; if it is on: " + fix
	}
	j.add(check, Missing, f.Text, why, fix)
}

func (j *judge) topics() {
	for _, t := range j.Topics {
		j.made("PushTopic "+t.Name, t)
	}
	if f, refused := j.Faults[Topics]; refused {
		j.add(string(Topics), Missing, f.Text, "without them the org tells nothing, and work is found by the sweep only",
			"Setup > Permission Sets > Omnibridge Integration > Manage Assignments: assign it to the integration user ("+j.Needs+"); then run setup again")
	}
}

// made tells of something that setup makes.
func (j *judge) made(check string, t salesforce.TopicChange) {
	done := map[string]string{"unchanged": "is as this version needs it", "created": "was not there: created", "updated": "was different: corrected"}
	planned := map[string]string{"created": "is not there: would be created", "updated": "is different: would be corrected"}
	switch {
	case t.What == "unchanged":
		j.ok(check, "%s", done[t.What])
	case j.DryRun:
		j.add(check, WouldFix, planned[t.What], "", "")
	default:
		j.add(check, Fixed, done[t.What], "", "")
	}
}

// canary tells of the channel by which the daemon proves that events come. It can do
// its work without.
func (j *judge) canary() {
	if f, refused := j.Faults[Canary]; refused {
		j.add("canary", Warning, "not available: "+f.Text, "in quiet times nothing proves that events still come: that a session has gone mute shows only in the next sweep",
			"Setup > Permission Sets > Omnibridge Integration > Object Settings > Streaming Channels: Read and Create ("+salesforce.CanaryNeeds+")")
		return
	}
	if j.State.Canary.What != "" {
		j.made("streaming channel "+j.State.Canary.Name, j.State.Canary)
	}
}

const (
	whyQueue   = "work reaches the daemon only through a queue that is routed externally"
	whyTimeout = "an AgentWork cannot be taken back from outside: without a push time-out, work that an agent ignores stays with that agent for ever"
)

// queues looks at those that are routed externally.
func (j *judge) queues() {
	if j.unread(Queues, whyQueue) {
		return
	}
	external := j.external()
	if len(external) == 0 {
		j.add("external routing", Missing, "no queue has a routing configuration of the model External Routing", whyQueue,
			"Setup > Routing Configurations > New: Routing Model External Routing, Push Time-Out 20; then Setup > Queues > New: choose it, the supported objects and the members")
		return
	}
	j.unread(QueueDetail, "a queue without objects or members takes no work")
	for _, q := range external {
		before := len(j.findings)
		check := "queue " + q.Name
		if q.PushTimeout <= 0 {
			j.add(check, Missing, "its routing configuration "+q.Routing+" has no push time-out", whyTimeout,
				"Setup > Routing Configurations > "+q.Routing+" > Edit > Push Time-Out (seconds): set it, e.g. to 20")
		}
		if _, unread := j.Faults[QueueDetail]; !unread {
			j.queueDetail(check, q)
		}
		if len(j.findings) == before {
			j.ok(check, "is routed externally by %s, with a push time-out of %v", q.Routing, q.PushTimeout)
		}
	}
}

func (j *judge) queueDetail(check string, q Queue) {
	if len(q.Objects) == 0 {
		j.add(check, Missing, "it supports no object", "no record can be given to it", "Setup > Queues > "+q.Name+" > Edit > Supported Objects: add those to route")
	}
	_, unread := j.Faults[Channels]
	for _, object := range q.Objects {
		if !unread && !slices.ContainsFunc(j.Channels, func(c Channel) bool { return c.Object == object }) {
			j.add(check, Missing, "it supports "+object+", which no service channel routes", "a record of an object without a service channel makes no PSR, so nobody gets it",
				"Setup > Service Channels > New: Salesforce Object "+object+"; or take the object from the queue in Setup > Queues > "+q.Name+" > Edit")
		}
	}
	if q.Members == 0 {
		j.add(check, Warning, "it has no members", "agents who are not members may be unable to open the work that they are given",
			"Setup > Queues > "+q.Name+" > Edit > Queue Members: add the agents, or a public group of them")
	}
}

func (j *judge) external() []Queue {
	var list []Queue
	for _, q := range j.Queues {
		if q.External {
			list = append(list, q)
		}
	}
	return list
}

// planned looks for the queues that the routing file names.
func (j *judge) planned() {
	if _, unread := j.Faults[Queues]; unread {
		return
	}
	for _, name := range slices.Sorted(maps.Keys(j.wanted.Policy.Plans)) {
		check := fmt.Sprintf("plan %s, queue %s", j.wanted.Policy.Plans[name], name)
		why := "the plan gets no work from it"
		i := slices.IndexFunc(j.Queues, func(q Queue) bool { return q.Name == name })
		switch {
		case i < 0:
			j.add(check, Missing, "the org has no queue of this developer name", why, "correct \"queues\" of the plan in the routing file, or Setup > Queues > New")
		case !j.Queues[i].External:
			j.add(check, Missing, "the queue is not routed externally", why,
				"Setup > Queues > "+name+" > Edit > Routing Configuration: choose one of the model External Routing")
		default:
			j.ok(check, "is routed externally")
		}
	}
}

// channels looks at the service channels through which external queues route.
func (j *judge) channels() {
	if j.unread(Channels, "the class of work follows from its service channel") {
		return
	}
	j.unread(Statuses, "an agent is available for a channel by a presence status that serves it")
	_, statusesUnread := j.Faults[Statuses]
	routed := j.routedObjects()
	for _, c := range j.Channels {
		check := "service channel " + c.Name
		if !routed[c.Object] {
			continue // Omni-Channel's own business
		}
		switch {
		case !j.wanted.class(c):
			j.add(check, Missing, "its object "+c.Object+" has no class", "work of it is reported, but not routed: its size and rights follow from its class",
				fmt.Sprintf(`name it in the routing file (OMNIBRIDGE_ROUTING_FILE): "channels": {%q: {"class": "non-live", "medium": "ticket"}}`, c.Name))
		case !statusesUnread && !slices.ContainsFunc(j.State.Statuses, func(s Status) bool { return slices.Contains(s.Channels, c.Name) }):
			j.add(check, Missing, "no presence status serves it", "nobody can be available for its work",
				"Setup > Presence Statuses > (a status of kind Online) > Edit > Selected Channels: add it; then allow the status in the agents' permission set or profile, Service Presence Statuses Access")
		default:
			j.ok(check, "routes %s, has a class and a presence status that serves it", c.Object)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(j.wanted.Policy.Channels)) {
		if !slices.ContainsFunc(j.Channels, func(c Channel) bool { return c.Name == string(name) }) {
			j.add("service channel "+string(name), Missing, "the routing file names it, but the org has no service channel of this developer name", "its class is not used by any work",
				"correct \"channels\" in the routing file, or Setup > Service Channels > New")
		}
	}
}

// routedObjects are those that queues of external routing support; where that
// cannot be read, all that have a channel.
func (j *judge) routedObjects() map[string]bool {
	routed := map[string]bool{}
	_, unread := j.Faults[QueueDetail]
	for _, q := range j.external() {
		for _, object := range q.Objects {
			routed[object] = true
		}
	}
	for _, c := range j.Channels {
		if unread {
			routed[c.Object] = true
		}
	}
	return routed
}

// mixed warns of queues by which Omni-Channel routes to the same channels
// (peers 2, row 10).
func (j *judge) mixed() {
	routed := j.routedObjects()
	for _, q := range j.Queues {
		if q.External || q.Routing == "" {
			continue
		}
		var same []string
		for _, c := range j.Channels {
			if routed[c.Object] && slices.Contains(q.Objects, c.Object) {
				same = append(same, c.Name)
			}
		}
		if len(same) > 0 {
			j.add("queue "+q.Name, Warning, "Omni-Channel itself routes it, to service channel "+strings.Join(same, ", ")+" like the queues of external routing",
				"two routers that do not know of each other give work to the same agents: it rings twice, or is refused for want of capacity",
				"Setup > Queues > "+q.Name+" > Edit > Routing Configuration: choose one of the model External Routing; or see that its members are no agents of the daemon")
		}
	}
}

func (j *judge) agents() {
	if len(j.wanted.Agents) == 0 || j.unread(Agents, "their skills and sizes come from the routing file") {
		return
	}
	before := len(j.findings)
	for _, id := range slices.Sorted(slices.Values(j.wanted.Agents)) {
		u, there := j.Users[id]
		check := "agent " + string(id)
		switch {
		case !there:
			j.add(check, Missing, "the org has no such user", "the routing file gives skills to nobody",
				"take the id from the address of the user's page in Setup > Users, and correct \"agents\" in the routing file")
		case !u.Active:
			j.add(check, Missing, u.Name+" is not an active user", "nobody who is not active can log in and take work",
				"Setup > Users > "+u.Name+" > Edit > tick Active; or take the agent from the routing file")
		}
	}
	if len(j.findings) == before {
		j.ok(string(Agents), "the routing file names %d, all of them active users", len(j.wanted.Agents))
	}
}

func (j *judge) createsWork() {
	const why = "an AgentWork is how work is given to an agent"
	switch {
	case j.unread(CreateWork, why):
	case !j.CreatesWork:
		j.add(string(CreateWork), Missing, "the integration user may not create AgentWork", why,
			"Setup > Omni-Channel Settings > tick Enable Omni-Channel; Setup > Users > (the integration user) > Edit: a licence that holds Omni-Channel, such as Service Cloud User")
	default:
		j.ok(string(CreateWork), "the integration user may")
	}
}

// tight is the share of the daily API requests, in percent, from which on people
// are told.
const tight = 70

func (j *judge) calls() {
	const check = "API calls"
	u := j.Calls
	switch {
	case u.Max <= 0:
		j.add(check, NotProven, "the org does not tell how many are left today", "without any, nothing can be pushed to agents",
			"Setup > Company Information > API Requests, Last 24 Hours: see for yourself")
	case u.Used*100 >= tight*u.Max:
		j.add(check, Warning, fmt.Sprintf("%d of %d are left today", u.Max-u.Used, u.Max), "without any, nothing can be pushed to agents until the count has fallen",
			"Setup > Company Information > API Requests, Last 24 Hours; Setup > System Overview shows who uses them: spare some, or buy more")
	default:
		j.ok(check, "%d of %d are left today", u.Max-u.Used, u.Max)
	}
}

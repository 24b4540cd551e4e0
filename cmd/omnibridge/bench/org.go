package bench

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"omnibridge/salesforce/mockorg"
)

// What the org of the REST bench is like.
const (
	orgAgents  = 60
	replyTakes = 20 * time.Millisecond // each reply of the REST API
	losesOneOf = 100                   // requests that change records: it is carried out, and no reply comes
	losesFirst = 25                    // of them
)

// org is a mock org far away, whose agents accept and close at once.
type org struct {
	*mockorg.Org
	server *http.Server
	served chan error
	agents []string // their ids

	changes atomic.Int64 // requests that change records
	lost    atomic.Int64 // replies to them that were taken away
}

func newOrg() (*org, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	seed := mockorg.DefaultSeed()
	for i := range orgAgents {
		seed.Users = append(seed.Users, mockorg.SeedUser{Username: fmt.Sprintf("bench%d@acme.example", i), LastName: "Bench", Agent: &mockorg.SeedAgent{Capacity: 10_000}})
	}
	mock, err := mockorg.New(mockorg.Options{BaseURL: "http://" + l.Addr().String(), Seed: &seed})
	if err != nil {
		return nil, errors.Join(err, l.Close())
	}
	o := &org{Org: mock, served: make(chan error, 1)}
	o.server = &http.Server{Handler: http.HandlerFunc(o.lose), ReadHeaderTimeout: 10 * time.Second}
	go func() { o.served <- o.server.Serve(l) }()
	if err := o.prepare(); err != nil {
		return nil, errors.Join(err, o.close())
	}
	return o, nil
}

// prepare puts the agents to work and the org far away.
func (o *org) prepare() error {
	for i := range orgAgents {
		name := fmt.Sprintf("bench%d", i)
		agent := o.Agent(name)
		if err := agent.Online("Available"); err != nil {
			return fmt.Errorf("agent %s: %w", name, err)
		}
		pilot := mockorg.Autopilot{Mode: "accept", After: mockorg.Duration(20 * time.Millisecond), Handle: mockorg.Duration(200 * time.Millisecond)}
		if err := agent.Autopilot(pilot); err != nil {
			return fmt.Errorf("agent %s: %w", name, err)
		}
	}
	for _, row := range o.Records("User") {
		if name, _ := row["Username"].(string); strings.HasPrefix(name, "bench") {
			o.agents = append(o.agents, row.ID())
		}
	}
	return o.Arm(mockorg.Fault{Name: "latency", Count: -1, Delay: replyTakes})
}

// lose takes the reply away from some of the requests that change records.
func (o *org) lose(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodPost && strings.HasPrefix(r.URL.Path, "/services/data/") {
		n := o.changes.Add(1)
		if n%losesOneOf == losesFirst && o.Arm(mockorg.Fault{Name: "lost-reply", Path: r.URL.Path, Method: http.MethodPost}) == nil {
			o.lost.Add(1)
		}
	}
	o.ServeHTTP(w, r)
}

func (o *org) close() error {
	err := errors.Join(o.server.Close(), o.Org.Close())
	<-o.served
	return err
}

// calls is how many calls of the REST API there were so far.
func (o *org) calls() int {
	used, _ := o.DailyRequests()
	return used
}

// work is one case in a queue, waiting for an AgentWork.
type work struct {
	PSR     string `json:"PendingServiceRoutingId"`
	Item    string `json:"WorkItemId"`
	Channel string `json:"ServiceChannelId"`
	Agent   string `json:"UserId"`
}

// burst starts n cases at once, and deals them out among the agents for whoever
// does not route.
func (o *org) burst(n int) ([]work, error) {
	all := make([]work, n)
	for i := range all {
		made, err := o.AddWork(mockorg.NewWork{Object: "Case", Queue: "Support_Cases"})
		if err != nil {
			return nil, err
		}
		all[i] = work{PSR: made.PSR, Item: made.ID, Agent: o.agents[i%len(o.agents)]}
	}
	return all, nil
}

// channels fills in the service channels of the cases.
func (o *org) channels(all []work) {
	of := map[string]string{}
	for _, row := range o.Records("PendingServiceRouting") {
		of[row.ID()], _ = row["ServiceChannelId"].(string)
	}
	for i := range all {
		all[i].Channel = of[all[i].PSR]
	}
}

// outcome is what became of cases.
type outcome struct {
	works  int // AgentWorks
	closed int // those that came to their end
	waits  []time.Duration
}

// outcome looks at the AgentWorks of cases. Waits are from PSR to AgentWork by the
// org's clock, or from the time the client began, if that was later.
func (o *org) outcome(all []work, began time.Time) outcome {
	begun := make(map[string]time.Time, len(all))
	for _, w := range all {
		begun[w.PSR] = time.Time{}
	}
	for _, row := range o.Records("PendingServiceRouting") {
		if _, ok := begun[row.ID()]; ok {
			begun[row.ID()], _ = row["CreatedDate"].(time.Time)
		}
	}
	var found outcome
	for _, row := range o.Records("AgentWork") {
		psr, _ := row["PendingServiceRoutingId"].(string)
		since, ok := begun[psr]
		if !ok {
			continue
		}
		found.works++
		if row["Status"] == "Closed" {
			found.closed++
		}
		at, _ := row["CreatedDate"].(time.Time)
		if began.After(since) {
			since = began
		}
		found.waits = append(found.waits, at.Sub(since))
	}
	return found
}

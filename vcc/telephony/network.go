package telephony

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
	"sync"
	"time"

	"omnibridge/vcc"
)

// Options is what a Network needs. Report must be set; every other field says what
// zero means.
type Options struct {
	// Report takes what happened. It may block; later reports wait.
	Report func(vcc.Report)
	// Rules say what happens when a number is dialled; the first that matches holds.
	// Nil means DefaultRules. A number that none matches cannot be reached.
	Rules []Rule
	// MaxCalls bounds how many calls there are at once. Zero means 1,000.
	MaxCalls int
}

// Rule says what happens when a number is dialled.
type Rule struct {
	// Pattern is the number, in which * stands for any digits and ? for one.
	Pattern string
	// Line is what comes of it: answered, busy, no answer or unreachable.
	Line vcc.Line
	// After is how long that takes.
	After time.Duration
	// Talk is how long who answered talks before they hang up; zero means for ever.
	Talk time.Duration
}

// DefaultRules let numbers that end in 01 be busy, in 02 ring without an answer and
// in 03 be unreachable; all others answer after three seconds.
var DefaultRules = []Rule{
	{Pattern: "*01", Line: vcc.LineBusy, After: time.Second},
	{Pattern: "*02", Line: vcc.LineNoAnswer, After: time.Minute},
	{Pattern: "*03", Line: vcc.LineUnreachable, After: time.Second},
	{Pattern: "*", Line: vcc.LineAnswered, After: 3 * time.Second},
}

func (o Options) withDefaults() Options {
	if o.Rules == nil {
		o.Rules = DefaultRules
	}
	o.Rules = slices.Clone(o.Rules)
	if o.MaxCalls == 0 {
		o.MaxCalls = 1000
	}
	return o
}

func (o Options) validate() error {
	var errs []error
	wrong := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if o.Report == nil {
		wrong("Report is not set: nobody would hear what happens")
	}
	if o.MaxCalls < 0 {
		wrong("MaxCalls is %d: must be at least 1, or 0 for 1000", o.MaxCalls)
	}
	for i, r := range o.Rules {
		if _, err := path.Match(r.Pattern, ""); err != nil || r.Pattern == "" || strings.ContainsAny(r.Pattern, `[]\/`) {
			wrong("Rules[%d].Pattern is %q: write digits, * for any and ? for one", i, r.Pattern)
		}
		if !slices.Contains([]vcc.Line{vcc.LineAnswered, vcc.LineBusy, vcc.LineNoAnswer, vcc.LineUnreachable}, r.Line) {
			wrong("Rules[%d].Line is %q: must be answered, busy, no answer or unreachable", i, r.Line)
		}
		if r.After < 0 || r.Talk < 0 {
			wrong("Rules[%d].After is %s and Talk %s: neither may be negative", i, r.After, r.Talk)
		}
	}
	return errors.Join(errs...)
}

// State is where the other end of a call stands.
type State string

const (
	Waiting State = "waiting" // for an agent, with music
	Ringing State = "ringing" // it is called, and has not answered
	Talking State = "talking"
	Held    State = "on hold"
	Joined  State = "in conference"
)

// Call is a call as the network has it.
type Call struct {
	Interaction vcc.InteractionID `json:"interaction"`
	Number      string            `json:"number"` // of the other end
	Name        string            `json:"name,omitempty"`
	Inbound     bool              `json:"inbound"`
	State       State             `json:"state"`
	Agent       vcc.AgentID       `json:"agent,omitempty"` // who has it; empty while waiting
	With        vcc.InteractionID `json:"with,omitempty"`  // the call it is connected with besides, or instead of an agent
	Since       time.Time         `json:"since"`           // since when it is in State
}

// call is a call and what is to happen to it.
type call struct {
	Call
	talk  time.Duration // how long the other end talks, once it does
	timer *time.Timer   // what happens next by itself
}

// Network is a simulated telephone network.
type Network struct {
	o    Options
	mu   sync.Mutex
	all  map[vcc.InteractionID]*call
	news []vcc.Report
	wake chan struct{} // holds one
}

// New returns a network without calls. The error lists every fault of o.
func New(o Options) (*Network, error) {
	o = o.withDefaults()
	if err := o.validate(); err != nil {
		return nil, fmt.Errorf("configure the telephone network: %w", err)
	}
	return &Network{o: o, all: map[vcc.InteractionID]*call{}, wake: make(chan struct{}, 1)}, nil
}

// Run reports what happens until ctx ends, and then ends all calls without a word.
func (n *Network) Run(ctx context.Context) {
	for {
		n.mu.Lock()
		news := n.news
		n.news = nil
		n.mu.Unlock()
		for _, r := range news {
			if ctx.Err() == nil {
				n.o.Report(r)
			}
		}
		if len(news) > 0 {
			continue
		}
		select {
		case <-n.wake:
		case <-ctx.Done():
			n.stop()
			return
		}
	}
}

func (n *Network) stop() {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, c := range n.all {
		c.stop()
	}
	n.all, n.news = map[vcc.InteractionID]*call{}, nil
}

// Caller is a customer who calls.
type Caller struct {
	Number string     // must be set
	Name   string     // for people; may be empty
	Plan   vcc.PlanID // by which the call is routed
	Record string     // Salesforce id of the record to open; empty: the number is searched for
	// Patience is how long the customer waits for an agent; zero means for ever.
	Patience time.Duration
	// Talk is how long the customer talks before hanging up; zero means for ever.
	Talk time.Duration
}

// Call lets a customer call and returns the interaction that it becomes.
func (n *Network) Call(c Caller) (vcc.InteractionID, error) {
	if c.Number == "" {
		return "", errors.New("call: the caller has no number: set Number")
	}
	if c.Patience < 0 || c.Talk < 0 {
		return "", fmt.Errorf("call: Patience is %s and Talk %s: neither may be negative", c.Patience, c.Talk)
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if len(n.all) >= n.o.MaxCalls {
		return "", fmt.Errorf("call: there are %d calls already: wait until one ends", len(n.all))
	}
	id := vcc.InteractionID("call-" + strings.ToLower(rand.Text()[:16]))
	in := n.add(Call{Interaction: id, Number: c.Number, Name: c.Name, Inbound: true, State: Waiting}, c.Talk)
	n.report(vcc.Report{
		Kind: vcc.Arrived, Interaction: id,
		Work: &vcc.Work{Record: c.Record, Name: cmp.Or(c.Name, c.Number), Plan: c.Plan, Class: vcc.Live, Medium: "call", Caller: c.Number, Since: in.Since},
		Call: &vcc.Call{Number: c.Number, Direction: "in"},
	})
	n.later(in, c.Patience, vcc.LineHungUp)
	return id, nil
}

// Resume takes a call that went on while the network was away, as after a restart.
// What is over, or is none of the network's, is not taken.
func (n *Network) Resume(x vcc.Interaction) {
	if x.Call == nil || x.Work.Class != vcc.Live || x.Call.Provider != "" || x.Call.Direction == "internal" || x.Call.Gone {
		return
	}
	c := Call{Interaction: x.ID, Number: x.Call.Number, Name: x.Work.Name, Inbound: x.Call.Of == "", State: Waiting}
	for _, leg := range x.Legs {
		if leg.State == vcc.Connected {
			c.Agent, c.State = leg.Agent, Talking
			if !leg.HeldSince.IsZero() {
				c.State = Held
			}
		}
	}
	switch {
	case x.State == vcc.WrapUp || x.State == vcc.Closed:
		return
	case !x.Call.RingsUntil.IsZero():
		c.State = Ringing
	case x.Call.Joined && c.State == Talking:
		c.State = Joined
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.all[x.ID] == nil {
		n.add(c, 0)
	}
}

// HangUp lets the other end of a call hang up; false if there is no such call.
func (n *Network) HangUp(id vcc.InteractionID) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	c := n.all[id]
	if c != nil {
		n.end(c, vcc.LineHungUp)
	}
	return c != nil
}

// Calls returns all calls, the longest in its state first.
func (n *Network) Calls() []Call {
	n.mu.Lock()
	defer n.mu.Unlock()
	list := make([]Call, 0, len(n.all))
	for _, c := range n.all {
		list = append(list, c.Call)
	}
	slices.SortFunc(list, func(a, b Call) int {
		return cmp.Or(a.Since.Compare(b.Since), cmp.Compare(a.Interaction, b.Interaction))
	})
	return list
}

package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"omnibridge/omnichannel"
	"omnibridge/vcc"
	"omnibridge/vcc/engine"
)

// routing is the routing file: what an admin decides about plans, agents and
// deadlines. Every member may be left out.
type routing struct {
	Sizes           vcc.Sizes                                 `json:"sizes"`           // percent of an agent's capacity
	OptimumLoad     int                                       `json:"optimumLoad"`     // percent
	MaxSemiLive     int                                       `json:"maxSemiLive"`     // chats per agent
	AcceptWithin    map[vcc.Class]duration                    `json:"acceptWithin"`    // by class
	CoolDown        duration                                  `json:"coolDown"`        // after a refusal
	FailCoolDown    duration                                  `json:"failCoolDown"`    // after a delivery that failed
	ChannelCoolDown duration                                  `json:"channelCoolDown"` // the same, for the agent's whole channel
	LastResortAfter duration                                  `json:"lastResortAfter"` // when all have refused
	AllRefused      map[vcc.Class]vcc.AllRefused              `json:"allRefused"`      // by class; plans may say otherwise
	WrapUp          duration                                  `json:"wrapUp"`          // of plans that are not listed
	Channels        map[vcc.Channel]omnichannel.ChannelPolicy `json:"channels"`        // by developer name of the service channel
	WrapFrees       bool                                      `json:"wrapFreesCapacity"`
	ContactPad      padFile                                   `json:"contactPad"`
	Plans           []planFile                                `json:"plans"`
	Agents          map[string]agentFile                      `json:"agents"` // by Salesforce user id
}

// planFile is a plan. The meaning of each member is that of the field of vcc.Plan of
// the same name.
type planFile struct {
	Name     string      `json:"name"`
	Label    string      `json:"label"`
	Queues   []string    `json:"queues"` // developer names
	Skills   []vcc.Skill `json:"skills"` // all of them are needed
	Needs    []needFile  `json:"needs"`
	Priority string      `json:"priority"`

	Target        duration       `json:"target"`
	Ageing        duration       `json:"ageing"`
	Overflow      vcc.PlanID     `json:"overflow"`
	OverflowAfter duration       `json:"overflowAfter"`
	Hours         *hoursFile     `json:"hours"`
	MaxWaiting    int            `json:"maxWaiting"`
	NoAgents      duration       `json:"noAgents"`
	AllRefused    vcc.AllRefused `json:"allRefused"`
	Breakout      vcc.PlanID     `json:"breakout"`
	Sticky        duration       `json:"sticky"`

	WrapUp              duration `json:"wrapUp"`
	WrapManual          bool     `json:"wrapManual"`
	WrapExtend          duration `json:"wrapExtend"`
	WrapExtendAll       bool     `json:"wrapExtendAll"`
	WrapExtensions      int      `json:"wrapExtensions"`
	Dispositions        []string `json:"dispositions"`
	DispositionRequired bool     `json:"dispositionRequired"`
}

// needFile is a skill with a level, or needed for a time only, or not quite.
type needFile struct {
	Skill    vcc.Skill `json:"skill"`
	Level    int       `json:"level"`
	For      duration  `json:"for"`
	Optional bool      `json:"optional"`
}

type agentFile struct {
	Skills []vcc.Skill       `json:"skills"`
	Levels map[vcc.Skill]int `json:"levels"` // 1 to 100; a skill that is named here need not be listed above
	Sizes  *vcc.Sizes        `json:"sizes"`
}

// read returns the plan; check has found its hours right.
func (p planFile) read() vcc.Plan {
	hours, _ := p.Hours.read()
	plan := vcc.Plan{
		ID: vcc.PlanID(p.Name), Label: p.Label, Skills: p.Skills, Priority: priorities[strings.ToLower(p.Priority)],
		Target: time.Duration(p.Target), Ageing: time.Duration(p.Ageing), Overflow: p.Overflow, OverflowAfter: time.Duration(p.OverflowAfter),
		Hours: hours, MaxWaiting: p.MaxWaiting, NoAgents: time.Duration(p.NoAgents), AllRefused: p.AllRefused, Breakout: p.Breakout, Sticky: time.Duration(p.Sticky),
		WrapUp: time.Duration(p.WrapUp), WrapManual: p.WrapManual, WrapExtend: time.Duration(p.WrapExtend), WrapExtendAll: p.WrapExtendAll,
		WrapExtensions: p.WrapExtensions, Dispositions: p.Dispositions, DispositionRequired: p.DispositionRequired,
	}
	for _, n := range p.Needs {
		plan.Needs = append(plan.Needs, vcc.Need{Skill: n.Skill, Level: n.Level, For: time.Duration(n.For), Optional: n.Optional})
	}
	return plan
}

// duration reads "30s" and "5m".
type duration time.Duration

func (d *duration) UnmarshalText(b []byte) error {
	v, err := time.ParseDuration(string(b))
	if err == nil && v < 0 {
		err = fmt.Errorf("%q is negative", b)
	}
	*d = duration(v)
	return err
}

var priorities = map[string]vcc.Priority{
	"": vcc.Normal, "highest": vcc.Highest, "higher": vcc.Higher, "normal": vcc.Normal, "lower": vcc.Lower, "lowest": vcc.Lowest,
}

// loadRouting reads the routing file; an empty name is an empty file.
func loadRouting(file string) (routing, error) {
	var r routing
	if file == "" {
		return r, nil
	}
	b, err := os.ReadFile(file)
	if err != nil {
		return r, fmt.Errorf("routing file: %w", err)
	}
	dec := json.NewDecoder(bytes.NewReader(b))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&r); err != nil {
		return r, fmt.Errorf("routing file %s, near line %d: %w", file, lineOf(b, dec.InputOffset(), err), err)
	}
	if err := r.check(); err != nil {
		return r, fmt.Errorf("routing file %s:\n%w", file, err)
	}
	return r, nil
}

// lineOf returns the line that a fault of decoding is about. Of a name that is not
// known only the text of the error tells; read is how far the decoder has come.
func lineOf(b []byte, read int64, err error) int {
	at := int(read)
	if e, ok := errors.AsType[*json.SyntaxError](err); ok {
		at = int(e.Offset)
	} else if e, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		at = int(e.Offset)
	} else if _, name, ok := strings.Cut(err.Error(), "unknown field "); ok {
		at = max(bytes.Index(b, []byte(name)), 0)
	} else if errors.Is(err, io.ErrUnexpectedEOF) {
		at = len(bytes.TrimSpace(b))
	}
	return 1 + bytes.Count(b[:min(at, len(b))], []byte("\n"))
}

// check reports every fault that engine and ledger do not find themselves.
func (r routing) check() error {
	var errs []error
	of := map[string]string{} // queue to plan
	names := map[string]bool{}
	for i, p := range r.Plans {
		if p.Name == "" {
			errs = append(errs, fmt.Errorf("  plans[%d] has no name: give it one", i))
		}
		if names[p.Name] {
			errs = append(errs, fmt.Errorf("  plan %q is listed twice: keep one", p.Name))
		}
		names[p.Name] = true
		if _, ok := priorities[strings.ToLower(p.Priority)]; !ok {
			errs = append(errs, fmt.Errorf("  plan %q: priority %q is not one of highest, higher, normal, lower, lowest", p.Name, p.Priority))
		}
		if _, err := p.Hours.read(); err != nil {
			errs = append(errs, fmt.Errorf("  plan %q: hours: %w", p.Name, err))
		}
		for _, q := range p.Queues {
			if other, taken := of[q]; taken {
				errs = append(errs, fmt.Errorf("  queue %q belongs to plans %q and %q: keep it in one", q, other, p.Name))
			}
			of[q] = p.Name
		}
	}
	for _, id := range slices.Sorted(maps.Keys(r.Agents)) {
		if l := len(id); (l != 15 && l != 18) || !strings.HasPrefix(id, "005") {
			errs = append(errs, fmt.Errorf("  agents: %q is not the id of a Salesforce user: give its 15 or 18 characters, 005 first", id))
		}
	}
	errs = append(errs, r.ContactPad.check()...)
	return errors.Join(errs...)
}

// policy returns what of the file concerns delivery.
func (r routing) policy(grace time.Duration) omnichannel.Policy {
	p := omnichannel.Policy{Channels: r.Channels, Plans: map[string]vcc.PlanID{}, Grace: grace}
	for _, plan := range r.Plans {
		for _, q := range plan.Queues {
			p.Plans[q] = vcc.PlanID(plan.Name)
		}
	}
	return p
}

// engine returns what of the file concerns routing.
func (r routing) engine() engine.Config {
	c := engine.Config{
		Sizes: r.Sizes, OptimumLoad: r.OptimumLoad, MaxSemiLive: r.MaxSemiLive,
		CoolDown: time.Duration(r.CoolDown), FailCoolDown: time.Duration(r.FailCoolDown),
		ChannelCoolDown: time.Duration(r.ChannelCoolDown), LastResortAfter: time.Duration(r.LastResortAfter),
		DefaultPlan:  vcc.Plan{WrapUp: time.Duration(r.WrapUp)},
		AcceptWithin: map[vcc.Class]time.Duration{}, Skills: map[vcc.AgentID][]vcc.Skill{}, AgentSizes: map[vcc.AgentID]vcc.Sizes{},
		Levels: map[vcc.AgentID]map[vcc.Skill]int{}, WrapFreesCapacity: r.WrapFrees, AllRefused: r.AllRefused,
	}
	r.ContactPad.engine(&c)
	for class, d := range r.AcceptWithin {
		c.AcceptWithin[class] = time.Duration(d)
	}
	for _, p := range r.Plans {
		c.Plans = append(c.Plans, p.read())
	}
	for id, a := range r.Agents {
		agent := vcc.AgentID(omnichannel.Long(id))
		c.Skills[agent], c.Levels[agent] = a.Skills, a.Levels
		if a.Sizes != nil {
			c.AgentSizes[agent] = *a.Sizes
		}
	}
	return c
}

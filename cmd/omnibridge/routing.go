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
// deadlines. Every member may be left out. ROUTING.md is made from it: desc says what a
// member means and default what it is if it is left out.
type routing struct {
	Sizes           vcc.Sizes                                 `json:"sizes" default:"{\"live\": 100, \"semiLive\": 33, \"nonLive\": 20}" desc:"percent of an agent's capacity that one interaction of each class takes"`
	OptimumLoad     int                                       `json:"optimumLoad" desc:"load in percent up to which an agent is preferred to who has more; none: load does not matter while there is room"`
	MaxSemiLive     int                                       `json:"maxSemiLive" default:"10" desc:"how many chats and messages one agent may have, besides the limit of 100 percent"`
	AcceptWithin    map[vcc.Class]duration                    `json:"acceptWithin" default:"{\"live\": \"20s\", \"semi-live\": \"30s\", \"non-live\": \"60s\"}" desc:"how long an agent has to answer, by class"`
	CoolDown        duration                                  `json:"coolDown" default:"180s" desc:"how long who declined, did not answer or was not available is not offered the same interaction again"`
	FailCoolDown    duration                                  `json:"failCoolDown" default:"coolDown" desc:"the same after a delivery that failed"`
	ChannelCoolDown duration                                  `json:"channelCoolDown" default:"30s" desc:"how long an agent is offered nothing in a service channel in which a delivery failed; a change of presence ends it"`
	LastResortAfter duration                                  `json:"lastResortAfter" desc:"how long after the oldest refusal what everybody has refused is offered to that agent again; shorter than coolDown; none: never"`
	AllRefused      map[vcc.Class]vcc.AllRefused              `json:"allRefused" default:"{\"live\": \"wait\", \"semi-live\": \"breakout\", \"non-live\": \"wait\"}" desc:"what becomes of an interaction that everybody has refused who could take it, by class, unless its plan says so itself; breakout waits where the plan names none"`
	WrapUp          duration                                  `json:"wrapUp" desc:"wrap-up of interactions whose plan is not listed; none: no wrap-up"`
	Channels        map[vcc.Channel]omnichannel.ChannelPolicy `json:"channels" desc:"class and medium of service channels by developer name, for objects other than LiveChatTranscript, MessagingSession, Case and Lead"`
	WrapFrees       bool                                      `json:"wrapFreesCapacity" default:"false" desc:"an interaction in wrap-up takes none of the agent's capacity"`
	ContactPad      padFile                                   `json:"contactPad" desc:"what agents do in ContactPad"`
	Plans           []planFile                                `json:"plans" desc:"how the interactions of each queue are routed; a queue that no plan lists is a plan of its own, by its developer name"`
	Agents          map[string]agentFile                      `json:"agents" desc:"what agents can do, by Salesforce user id (15 or 18 characters); where it is given, only those who are listed may log in to ContactPad"`
}

// planFile is a plan. The meaning of each member is that of the field of vcc.Plan of
// the same name.
type planFile struct {
	Name     string      `json:"name" desc:"the plan's name; required"`
	Label    string      `json:"label" default:"name" desc:"what agents see in the transfer list"`
	Queues   []string    `json:"queues" desc:"developer names of the Salesforce queues whose work it is; a queue belongs to one plan"`
	Skills   []vcc.Skill `json:"skills" desc:"skills an agent needs, all of them"`
	Needs    []needFile  `json:"needs" desc:"further skills: with a level, for a time only, or optional"`
	Priority string      `json:"priority" default:"normal" desc:"highest, higher, normal, lower or lowest; the higher always goes first"`

	Target        duration       `json:"target" desc:"how soon an agent should have it; statistics count what was later"`
	Ageing        duration       `json:"ageing" desc:"for each such time of waiting its priority rises a step; none: never"`
	Overflow      vcc.PlanID     `json:"overflow" desc:"the plan whose agents may take it too, after overflowAfter"`
	OverflowAfter duration       `json:"overflowAfter" desc:"how long it waits for the agents of its own plan alone; none: not at all"`
	Hours         *hoursFile     `json:"hours" desc:"when it is routed; outside, it waits and says so; none: always"`
	MaxWaiting    int            `json:"maxWaiting" desc:"how many may wait; one more goes to breakout; none: no limit"`
	NoAgents      duration       `json:"noAgents" desc:"how long one waits while no agent with its skills is there at all, before it goes to breakout; none: for ever"`
	AllRefused    vcc.AllRefused `json:"allRefused" desc:"what becomes of one that everybody refused who could take it: wait (until a cool-down ends), breakout (goes there at once), give up (calls: released), ask again (who refused longest ago, at once); none: as the file's allRefused says for its class"`
	Breakout      vcc.PlanID     `json:"breakout" desc:"the plan that takes what maxWaiting, noAgents and allRefused send away; none: it waits on"`
	Sticky        duration       `json:"sticky" desc:"how long after the last contact the agent who had this record or caller is asked first; none: not at all"`

	WrapUp              duration `json:"wrapUp" desc:"how long an agent tidies up afterwards; none: no wrap-up, unless wrapManual"`
	WrapManual          bool     `json:"wrapManual" default:"false" desc:"wrap-up lasts until the agent ends it"`
	WrapExtend          duration `json:"wrapExtend" default:"30s" desc:"how much one extension of wrap-up adds"`
	WrapExtendAll       bool     `json:"wrapExtendAll" default:"false" desc:"wrap-up of chats and cases can be extended too, not of calls only"`
	WrapExtensions      int      `json:"wrapExtensions" default:"10" desc:"how often wrap-up can be extended; -1: never"`
	Dispositions        []string `json:"dispositions" desc:"outcomes an agent may choose from in wrap-up"`
	DispositionRequired bool     `json:"dispositionRequired" default:"false" desc:"wrap-up stays open until one was chosen"`
}

// needFile is a skill with a level, or needed for a time only, or not quite.
type needFile struct {
	Skill    vcc.Skill `json:"skill" desc:"its name; required"`
	Level    int       `json:"level" desc:"the least level, 1 to 100; none: any"`
	For      duration  `json:"for" desc:"how long from the beginning of the wait it is needed; none: always"`
	Optional bool      `json:"optional" default:"false" desc:"who lacks it may take it, who has it is asked first"`
}

type agentFile struct {
	Skills []vcc.Skill       `json:"skills" desc:"what the agent can do"`
	Levels map[vcc.Skill]int `json:"levels" desc:"how well, 1 to 100, by skill; a skill without a level has 1, and one that is named here need not be listed in skills"`
	Sizes  *vcc.Sizes        `json:"sizes" desc:"sizes for this agent, in place of the general ones"`
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
		return r, fmt.Errorf("%s_ROUTING_FILE: routing file: %w", prefix, err)
	}
	if name, at, twice := repeated(b); twice {
		return r, fmt.Errorf("routing file %s, near line %d: %q is there twice in one object: keep one", file, 1+bytes.Count(b[:at], []byte("\n")), name)
	}
	dec := json.NewDecoder(bytes.NewReader(b))
	dec.DisallowUnknownFields()
	err = dec.Decode(&r)
	if err == nil {
		if _, more := dec.Token(); !errors.Is(more, io.EOF) {
			err = errors.New("there is more after the end of the object: the file holds one")
		}
	}
	if err != nil {
		return r, fmt.Errorf("routing file %s, near line %d: %w", file, lineOf(b, dec.InputOffset(), err), err)
	}
	if err := r.check(); err != nil {
		return r, fmt.Errorf("routing file %s:\n%w", file, err)
	}
	return r, nil
}

// repeated returns a member that an object has twice, of which the decoder would take
// the last in silence, and where it is. What is no JSON is left to the decoder.
func repeated(b []byte) (name string, at int64, found bool) {
	dec := json.NewDecoder(bytes.NewReader(b))
	type level struct {
		seen map[string]bool // nil: an array
		name bool            // the next token is a name
	}
	var open []level
	for {
		t, err := dec.Token()
		if err != nil {
			return "", 0, false
		}
		if n := len(open); n > 0 && open[n-1].name {
			if s, ok := t.(string); ok {
				if open[n-1].seen[s] {
					return s, dec.InputOffset(), true
				}
				open[n-1].seen[s], open[n-1].name = true, false
				continue
			}
		}
		switch t {
		case json.Delim('{'):
			open = append(open, level{seen: map[string]bool{}, name: true})
			continue
		case json.Delim('['):
			open = append(open, level{})
			continue
		case json.Delim('}'), json.Delim(']'):
			open = open[:len(open)-1]
		}
		if n := len(open); n > 0 {
			open[n-1].name = open[n-1].seen != nil // a value has ended
		}
	}
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
	long := map[string]string{} // id in long form to how the file writes it
	for _, id := range slices.Sorted(maps.Keys(r.Agents)) {
		if other, taken := long[omnichannel.Long(id)]; taken {
			errs = append(errs, fmt.Errorf("  agents: %q and %q are one user: keep one", other, id))
		}
		long[omnichannel.Long(id)] = id
		if l := len(id); (l != 15 && l != 18) || !strings.HasPrefix(id, "005") {
			errs = append(errs, fmt.Errorf("  agents: %q is not the id of a Salesforce user: give its 15 or 18 characters, 005 first", id))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(r.Channels)) {
		if class := r.Channels[name].Class; !class.Valid() {
			errs = append(errs, fmt.Errorf("  channels: %q: class %q is not one of live, semi-live, non-live", name, class))
		}
	}
	errs = append(errs, r.ContactPad.check()...)
	return errors.Join(errs...)
}

// isAgent returns what tells whether a user of the org, by the long id, may be an agent. It
// is quick: the loop asks it of every user with each sweep.
func (r routing) isAgent() func(vcc.AgentID) bool {
	listed := make(map[vcc.AgentID]bool, len(r.Agents))
	for id := range r.Agents {
		listed[vcc.AgentID(omnichannel.Long(id))] = true
	}
	return func(user vcc.AgentID) bool { return len(listed) == 0 || listed[user] }
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

package engine

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"omnibridge/vcc"
)

// Config is how an engine routes. The zero value is valid: every field says what
// zero means. Facts and choices: vcc.md 2 and 11.
type Config struct {
	// Sizes is what an interaction of each class takes of an agent; zero means
	// vcc.DefaultSizes.
	Sizes vcc.Sizes
	// AgentSizes overrides Sizes for single agents; an entry is used whole.
	AgentSizes map[vcc.AgentID]vcc.Sizes
	// OptimumLoad is the load, in percent, up to which agents are preferred
	// (A47). Zero means that load does not matter as long as there is room.
	OptimumLoad int
	// MaxSemiLive is how many semi-live interactions one agent may have, besides
	// the limit of 100 percent (A46). Zero means 10.
	MaxSemiLive int
	// Plans are the configured interaction plans.
	Plans []vcc.Plan
	// DefaultPlan is used for interactions of a plan that is not configured.
	// Its ID is not looked at.
	DefaultPlan vcc.Plan
	// Skills says what each agent can do; who is not listed has no skills.
	Skills map[vcc.AgentID][]vcc.Skill
	// Levels says how well agents can do what they can: 1 to 100. A skill without a
	// level has level 1; one that is named here need not be in Skills.
	Levels map[vcc.AgentID]map[vcc.Skill]int
	// AcceptWithin is how long an agent has to accept before the offer is taken
	// back (A6). A class not listed gets: semi-live 30 s, non-live 60 s, live 20 s.
	AcceptWithin map[vcc.Class]time.Duration
	// CoolDown is how long who declined, did not answer or was unavailable is
	// not offered the same interaction again (A8, A9). Zero means 180 s.
	CoolDown time.Duration
	// FailCoolDown is the same after a delivery that failed. Zero means CoolDown.
	FailCoolDown time.Duration
	// ChannelCoolDown is how long an agent is offered nothing in a channel in
	// which a delivery failed (A8). A change of presence ends it. Zero means 30 s.
	ChannelCoolDown time.Duration
	// LastResortAfter lets an interaction that every agent with room for it has
	// refused be offered again, to the one whose refusal is oldest, this long
	// after that refusal. It must be shorter than CoolDown. Zero means never.
	LastResortAfter time.Duration
	// AllRefused says what becomes of an interaction of a class that everybody refused who
	// is there and could take it, unless its plan says so itself (A9). A class not listed
	// gets: semi-live BreakOut, others WaitOn.
	AllRefused map[vcc.Class]vcc.AllRefused
	// WrapFreesCapacity makes an interaction in wrap-up take none of the agent's
	// capacity. By default it keeps its size until wrap-up is over (A12).
	WrapFreesCapacity bool
	// PadRequired keeps agents who are not logged in to ContactPad from getting work.
	// By default they are ruled by Omni-Channel alone. Calls always need ContactPad.
	PadRequired bool
	// States are those an agent may choose, in the menu's order; empty means Ready,
	// Ready for Outbound, Away, Break, Comfort Break, Extended Away and Logged Out.
	States []vcc.AgentState
	// NoAnswer is how long an agent who declined an offer, or did not answer it, gets
	// no new work at all (A8); "I am back" ends it. It holds for agents who are logged
	// in to ContactPad. A class not listed gets: live 180 s, others none.
	NoAnswer map[vcc.Class]time.Duration
	// LeaseGrace is how long after a restart an agent's panel counts as reachable
	// although nothing was told of it yet. Zero means 40 s.
	LeaseGrace time.Duration
	// LoginStale is how long after an agent last did something they are logged out of
	// ContactPad (A20): who is on a call, when that is over. Zero means 12 h.
	LoginStale time.Duration
	// ReleaseWithin is how long a release may take before it counts as failed, so that
	// the agent may abandon; a transfer has four times as long. Zero means 15 s.
	ReleaseWithin time.Duration
	// PersonalLoggedIn and PersonalLoggedOut are how long what was transferred to an
	// agent waits for that agent alone, while they are there and while they are not
	// (A27). Zero means for ever.
	PersonalLoggedIn, PersonalLoggedOut time.Duration
	// Transferable lists the plans that agents may transfer to (A31); nil means all of
	// Plans.
	Transferable []vcc.PlanID
	// CrossMediaConsult lets agents consult about semi-live and non-live interactions
	// (vcc.md 6.1).
	CrossMediaConsult bool
	// StatusFor tells which Omni-Channel status (developer name; empty: offline) goes
	// with a state that an agent enters in ContactPad; a state not listed changes
	// nothing there.
	StatusFor map[vcc.AgentState]string
	// StateFor tells which state goes with a status that an agent chose in
	// Omni-Channel; a status not listed changes nothing here.
	StateFor map[string]vcc.AgentState
	// PopNonLive says when the record of a non-live interaction opens: PopOnRoute or
	// PopOnAccept. Empty means PopOnRoute (A5).
	PopNonLive string
	// PopAlwaysFocus lets a record open in front although the agent is in the middle of
	// another live or semi-live interaction.
	PopAlwaysFocus bool
	// ConsultWithin is how long who is consulted may let it ring, 5 s to 180 s (A33).
	// Zero means 15 s.
	ConsultWithin time.Duration
	// ConsultWrap is how long both wrap up after a consult. Zero means not at all.
	ConsultWrap time.Duration
	// CallGrace is how long a call goes on whose agent's ContactPad is not reachable, so
	// that the page can come back (vcc.md 3.2). Calls of providers have their voice
	// elsewhere, and go on. Zero means 20 s.
	CallGrace time.Duration
	// RequeueAfter is how long after an agent logged out of ContactPad, and is gone from
	// Omni-Channel too where that would do, the non-live work that they left goes back to
	// its plan (A16). Zero means that it stays theirs.
	RequeueAfter time.Duration
	// Telephony says that a telephone network is there: numbers can be dialled.
	Telephony bool
	// KeepClosed is how long a closed interaction is kept, so that refusals hold
	// if it arrives again and late answers are recognised. Zero means 1 h.
	KeepClosed time.Duration
}

// Defaults of Config; see its fields.
const (
	DefaultMaxSemiLive     = 10
	DefaultCoolDown        = 180 * time.Second
	DefaultChannelCoolDown = 30 * time.Second
	DefaultKeepClosed      = time.Hour
	DefaultConsultWithin   = 15 * time.Second
)

// WithDefaults returns a copy of c, of which nothing is shared with the caller,
// with every default filled in: what New works with.
func (c Config) WithDefaults() Config {
	if c.Sizes == (vcc.Sizes{}) {
		c.Sizes = vcc.DefaultSizes
	}
	if c.MaxSemiLive == 0 {
		c.MaxSemiLive = DefaultMaxSemiLive
	}
	if c.CoolDown == 0 {
		c.CoolDown = DefaultCoolDown
	}
	if c.FailCoolDown == 0 {
		c.FailCoolDown = c.CoolDown
	}
	if c.ChannelCoolDown == 0 {
		c.ChannelCoolDown = DefaultChannelCoolDown
	}
	if c.KeepClosed == 0 {
		c.KeepClosed = DefaultKeepClosed
	}
	if c.ConsultWithin == 0 {
		c.ConsultWithin = DefaultConsultWithin
	}
	within := map[vcc.Class]time.Duration{
		vcc.Live: 20 * time.Second, vcc.SemiLive: 30 * time.Second, vcc.NonLive: 60 * time.Second,
	}
	maps.Copy(within, c.AcceptWithin)
	c.AcceptWithin = within
	refused := map[vcc.Class]vcc.AllRefused{vcc.Live: vcc.WaitOn, vcc.SemiLive: vcc.BreakOut, vcc.NonLive: vcc.WaitOn}
	maps.Copy(refused, c.AllRefused)
	c.AllRefused = refused
	c.AgentSizes = maps.Clone(c.AgentSizes)
	if c.States = slices.Clone(c.States); len(c.States) == 0 {
		c.States = slices.Clone(defaultStates)
	}
	c.agentDefaults()
	c.Plans = slices.Clone(c.Plans)
	for i, p := range c.Plans {
		c.Plans[i] = normalPlan(p)
	}
	c.DefaultPlan = normalPlan(c.DefaultPlan)
	skills := make(map[vcc.AgentID][]vcc.Skill, len(c.Skills))
	for id, s := range c.Skills {
		skills[id] = sortedSet(s)
	}
	levels := make(map[vcc.AgentID]map[vcc.Skill]int, len(c.Levels))
	for id, l := range c.Levels {
		levels[id] = maps.Clone(l)
		skills[id] = sortedSet(append(slices.Clone(skills[id]), slices.Collect(maps.Keys(l))...))
	}
	c.Skills, c.Levels = skills, levels
	return c
}

func normalPlan(p vcc.Plan) vcc.Plan {
	if p.Priority == 0 {
		p.Priority = vcc.Normal
	}
	if p.Label == "" {
		p.Label = string(p.ID)
	}
	if p.WrapExtend == 0 {
		p.WrapExtend = defaultExtend
	}
	if p.WrapExtensions == 0 {
		p.WrapExtensions = defaultExtensions
	}
	p.Skills = sortedSet(p.Skills)
	p.Needs = slices.Clone(p.Needs)
	return p
}

// levelsOf returns every skill of an agent with its level.
func (c Config) levelsOf(id vcc.AgentID) map[vcc.Skill]int {
	levels := map[vcc.Skill]int{}
	for _, s := range c.Skills[id] {
		levels[s] = 1
	}
	maps.Copy(levels, c.Levels[id])
	return levels
}

// sortedSet returns a sorted copy of s without repetitions; nil if s is empty.
func sortedSet[T ~string](s []T) []T {
	if len(s) == 0 {
		return nil
	}
	s = slices.Clone(s)
	slices.Sort(s)
	return slices.Compact(s)
}

// validate tells everything that is wrong with c, which has its defaults.
func (c Config) validate() error {
	var errs []error
	wrong := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if err := c.Sizes.Validate(); err != nil {
		wrong("Sizes: %w", err)
	}
	for _, id := range slices.Sorted(maps.Keys(c.AgentSizes)) {
		if err := c.AgentSizes[id].Validate(); err != nil {
			wrong("AgentSizes[%q]: %w", id, err)
		}
	}
	if c.OptimumLoad < 0 || c.OptimumLoad > vcc.FullCapacity {
		wrong("OptimumLoad is %d percent: must be 1 to 100, or 0 for none", c.OptimumLoad)
	}
	if c.MaxSemiLive < 0 {
		wrong("MaxSemiLive is %d: must be at least 1, or 0 for %d", c.MaxSemiLive, DefaultMaxSemiLive)
	}
	for _, d := range []struct {
		field string
		value time.Duration
		zero  string
	}{
		{"CoolDown", c.CoolDown, "180s"}, {"FailCoolDown", c.FailCoolDown, "the value of CoolDown"},
		{"ChannelCoolDown", c.ChannelCoolDown, "30s"}, {"LastResortAfter", c.LastResortAfter, "never"},
		{"KeepClosed", c.KeepClosed, "1h"}, {"ConsultWrap", c.ConsultWrap, "none"},
	} {
		if d.value < 0 {
			wrong("%s is %s: must be positive, or 0 for %s", d.field, d.value, d.zero)
		}
	}
	if c.LastResortAfter > 0 && c.LastResortAfter >= c.CoolDown {
		wrong("LastResortAfter is %s and CoolDown %s: it must be shorter than CoolDown, or 0 for never, since after the cool-down everybody is asked again anyway",
			c.LastResortAfter, c.CoolDown)
	}
	if d := c.ConsultWithin; d < minConsultWithin || d > maxConsultWithin {
		wrong("ConsultWithin is %s: must be %s to %s, or 0 for %s", d, minConsultWithin, maxConsultWithin, DefaultConsultWithin)
	}
	for _, class := range slices.Sorted(maps.Keys(c.AcceptWithin)) {
		if !class.Valid() {
			wrong("AcceptWithin[%q]: there is no such class: use live, semi-live or non-live", class)
		} else if d := c.AcceptWithin[class]; d <= 0 {
			wrong("AcceptWithin[%q] is %s: must be positive; leave the class out for its default", class, d)
		}
	}
	for _, class := range slices.Sorted(maps.Keys(c.AllRefused)) {
		switch does := c.AllRefused[class]; {
		case !class.Valid():
			wrong("AllRefused[%q]: there is no such class: use live, semi-live or non-live", class)
		case does == "" || !knownAllRefused(does):
			wrong("AllRefused[%q] is %q: must be %q, %q, %q or %q; leave the class out for its default", class, does, vcc.WaitOn, vcc.BreakOut, vcc.GiveItUp, vcc.AskAgain)
		case does == vcc.GiveItUp && class != vcc.Live:
			wrong("AllRefused[%q] is %q: only live interactions can be given up", class, does)
		}
	}
	errs = append(errs, c.agentFaults()...)
	return errors.Join(append(errs, c.validatePlans()...)...)
}

func knownAllRefused(a vcc.AllRefused) bool {
	return slices.Contains([]vcc.AllRefused{"", vcc.WaitOn, vcc.BreakOut, vcc.GiveItUp, vcc.AskAgain}, a)
}

func (c Config) validatePlans() []error {
	var errs []error
	wrong := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	seen := map[vcc.PlanID]bool{}
	check := func(field string, p vcc.Plan) {
		if p.Priority < vcc.Highest || p.Priority > vcc.Lowest {
			wrong("%s.Priority is %d: must be 1 (highest) to 5 (lowest), or 0 for normal", field, p.Priority)
		}
		if p.WrapUp < 0 {
			wrong("%s.WrapUp is %s: must be positive, or 0 for none", field, p.WrapUp)
		}
		for _, n := range p.Needs {
			if n.Skill == "" || n.Level < 0 || n.Level > 100 || n.For < 0 {
				wrong("%s.Needs holds %+v: name the skill, a level of 0 to 100, and a time that is not negative", field, n)
			}
		}
		for name, d := range map[string]time.Duration{"Target": p.Target, "Ageing": p.Ageing, "OverflowAfter": p.OverflowAfter, "NoAgents": p.NoAgents, "Sticky": p.Sticky, "WrapExtend": p.WrapExtend} {
			if d < 0 {
				wrong("%s.%s is %s: must not be negative", field, name, d)
			}
		}
		for name, id := range map[string]vcc.PlanID{"Overflow": p.Overflow, "Breakout": p.Breakout} {
			if id != "" && (id == p.ID || !slices.ContainsFunc(c.Plans, func(o vcc.Plan) bool { return o.ID == id })) {
				wrong("%s.%s is %q: name another plan that is configured", field, name, id)
			}
		}
		if p.MaxWaiting < 0 {
			wrong("%s.MaxWaiting is %d: must not be negative, 0 means no limit", field, p.MaxWaiting)
		}
		if (p.MaxWaiting > 0 || p.NoAgents > 0 || p.AllRefused == vcc.BreakOut) && p.Breakout == "" {
			wrong("%s sends interactions away (MaxWaiting, NoAgents or AllRefused) and names no Breakout: name the plan that takes them", field)
		}
		if !knownAllRefused(p.AllRefused) {
			wrong("%s.AllRefused is %q: must be empty, %q, %q, %q or %q", field, p.AllRefused, vcc.WaitOn, vcc.BreakOut, vcc.GiveItUp, vcc.AskAgain)
		}
		if p.DispositionRequired && len(p.Dispositions) == 0 {
			wrong("%s.DispositionRequired is set and Dispositions is empty, so that no wrap-up could ever end: list the outcomes to choose from", field)
		}
		if slices.Contains(p.Dispositions, "") {
			wrong("%s.Dispositions holds an empty outcome: name it or remove it", field)
		}
		if slices.Contains(p.Skills, "") {
			wrong("%s.Skills holds an empty name: name the skill or remove it", field)
		}
	}
	for i, p := range c.Plans {
		field := fmt.Sprintf("Plans[%d]", i)
		switch {
		case p.ID == "":
			wrong("%s.ID is empty: give the plan an id", field)
		case p.ID == consultPlan:
			wrong("%s.ID is %q, which is kept for consults: give the plan another id", field, p.ID)
		case seen[p.ID]:
			wrong("%s.ID %q is used twice: give each plan an id of its own", field, p.ID)
		}
		seen[p.ID] = true
		check(field, p)
	}
	check("DefaultPlan", c.DefaultPlan)
	for _, id := range slices.Sorted(maps.Keys(c.Levels)) {
		for _, skill := range slices.Sorted(maps.Keys(c.Levels[id])) {
			if level := c.Levels[id][skill]; level < 1 || level > 100 {
				wrong("Levels[%q][%q] is %d: must be 1 to 100", id, skill, level)
			}
		}
	}
	for _, id := range slices.Sorted(maps.Keys(c.Skills)) {
		if slices.Contains(c.Skills[id], "") {
			wrong("Skills[%q] holds an empty name: name the skill or remove it", id)
		}
	}
	return errs
}

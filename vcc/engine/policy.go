package engine

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"omnibridge/vcc"
)

// Values of Config.PopNonLive.
const (
	PopOnRoute  = "on_route"  // as soon as Salesforce has the work for the agent, also while it alerts
	PopOnAccept = "on_accept" // when the agent accepted it
)

// Defaults of Config that concern agents; see its fields.
const (
	DefaultLeaseGrace    = 40 * time.Second
	DefaultLoginStale    = 12 * time.Hour
	DefaultReleaseWithin = 15 * time.Second
	DefaultNoAnswer      = 180 * time.Second // of live
	DefaultCallGrace     = 20 * time.Second
)

// agentDefaults fills in what concerns agents.
func (c *Config) agentDefaults() {
	noAnswer := map[vcc.Class]time.Duration{vcc.Live: DefaultNoAnswer}
	maps.Copy(noAnswer, c.NoAnswer)
	c.NoAnswer = noAnswer
	if c.LeaseGrace == 0 {
		c.LeaseGrace = DefaultLeaseGrace
	}
	if c.LoginStale == 0 {
		c.LoginStale = DefaultLoginStale
	}
	if c.ReleaseWithin == 0 {
		c.ReleaseWithin = DefaultReleaseWithin
	}
	if c.CallGrace == 0 {
		c.CallGrace = DefaultCallGrace
	}
	if c.PopNonLive == "" {
		c.PopNonLive = PopOnRoute
	}
	c.Transferable = slices.Clone(c.Transferable)
	c.StatusFor = maps.Clone(c.StatusFor)
	c.StateFor = maps.Clone(c.StateFor)
}

// agentFaults tells what is wrong with what concerns agents.
func (c Config) agentFaults() []error {
	var errs []error
	wrong := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	for _, class := range slices.Sorted(maps.Keys(c.NoAnswer)) {
		if !class.Valid() {
			wrong("NoAnswer[%q]: there is no such class: use live, semi-live or non-live", class)
		} else if d := c.NoAnswer[class]; d < 0 {
			wrong("NoAnswer[%q] is %s: must be positive, or 0 for none", class, d)
		}
	}
	for _, d := range []struct {
		field string
		value time.Duration
		zero  string
	}{
		{"LeaseGrace", c.LeaseGrace, "40s"}, {"LoginStale", c.LoginStale, "12h"}, {"ReleaseWithin", c.ReleaseWithin, "15s"},
		{"CallGrace", c.CallGrace, "20s"}, {"RequeueAfter", c.RequeueAfter, "never"},
		{"PersonalLoggedIn", c.PersonalLoggedIn, "for ever"}, {"PersonalLoggedOut", c.PersonalLoggedOut, "for ever"},
	} {
		if d.value < 0 {
			wrong("%s is %s: must be positive, or 0 for %s", d.field, d.value, d.zero)
		}
	}
	if c.PopNonLive != PopOnRoute && c.PopNonLive != PopOnAccept {
		wrong("PopNonLive is %q: must be %q or %q", c.PopNonLive, PopOnRoute, PopOnAccept)
	}
	for _, id := range c.Transferable {
		if !slices.ContainsFunc(c.Plans, func(p vcc.Plan) bool { return p.ID == id }) {
			wrong("Transferable holds %q, which is none of Plans: configure the plan or remove it", id)
		}
	}
	return append(errs, c.stateFaults()...)
}

// stateFaults tells what is wrong with the states and with what goes with them.
func (c Config) stateFaults() []error {
	var errs []error
	wrong := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	for i, s := range c.States {
		switch {
		case !s.Major.Valid():
			wrong("States[%d].Major is %q: must be ready, outbound, away, extended away, or empty for logged out", i, s.Major)
		case slices.Index(c.States, s) < i:
			wrong("States[%d] %q is there twice: remove one", i, s)
		case s.Major == vcc.LoggedOut && s.Minor != "":
			wrong("States[%d] %q: logged out cannot have a minor state", i, s)
		}
	}
	if !slices.ContainsFunc(c.States, func(s vcc.AgentState) bool { return s.Major == vcc.Ready }) {
		wrong("States holds none that is ready: nobody could ever get work")
	}
	for s := range c.StatusFor {
		if s != (vcc.AgentState{}) && !slices.Contains(c.States, s) {
			wrong("StatusFor[%q]: there is no such state in States", s)
		}
	}
	for _, status := range slices.Sorted(maps.Keys(c.StateFor)) {
		if s := c.StateFor[status]; s != (vcc.AgentState{}) && !slices.Contains(c.States, s) {
			wrong("StateFor[%q] is %q: there is no such state in States", status, s)
		}
	}
	return errs
}

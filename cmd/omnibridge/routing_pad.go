package main

import (
	"fmt"
	"slices"
	"time"

	"omnibridge/vcc"
	"omnibridge/vcc/engine"
)

// padFile is what an admin decides about ContactPad and what agents do in it. The
// meaning of each member is that of the field of engine.Config of the same name.
type padFile struct {
	Required          bool                   `json:"required"`
	States            []stateFile            `json:"states"`
	NoAnswer          map[vcc.Class]duration `json:"noAnswer"`
	LoginStale        duration               `json:"loginStale"`
	ReleaseWithin     duration               `json:"releaseWithin"`
	PersonalLoggedIn  duration               `json:"personalLoggedIn"`
	PersonalLoggedOut duration               `json:"personalLoggedOut"`
	CallGrace         duration               `json:"callGrace"`
	RequeueAfter      duration               `json:"requeueAfter"`
	Transferable      []vcc.PlanID           `json:"transferable"`
	CrossMediaConsult *bool                  `json:"crossMediaConsult"` // default true
	ConsultWithin     duration               `json:"consultWithin"`
	ConsultWrap       duration               `json:"consultWrap"`
	PopNonLive        string                 `json:"popNonLive"`
	PopAlwaysFocus    bool                   `json:"popAlwaysFocus"`
}

// stateFile is a state that agents may choose, and the Omni-Channel status that goes
// with it both ways: whoever enters the state gets the status, and whoever chooses
// the status in Omni-Channel enters the first state that has it. No status leaves
// Omni-Channel alone.
type stateFile struct {
	Major  vcc.Major `json:"major"` // "ready", "outbound", "away", "extended away"
	Minor  string    `json:"minor"`
	Status string    `json:"status"` // developer name
}

// majors are those that a file may name; logging out is always there.
var majors = []vcc.Major{vcc.Ready, vcc.Outbound, vcc.Away, vcc.ExtendedAway}

// check reports every fault that the engine does not find itself.
func (p padFile) check() []error {
	var errs []error
	seen := map[vcc.AgentState]bool{}
	for i, s := range p.States {
		state := vcc.AgentState{Major: s.Major, Minor: s.Minor}
		if !slices.Contains(majors, s.Major) {
			errs = append(errs, fmt.Errorf("  contactPad.states[%d]: major %q is none of ready, outbound, away, extended away", i, s.Major))
		}
		if seen[state] {
			errs = append(errs, fmt.Errorf("  contactPad.states[%d]: %s is listed twice: keep one", i, state))
		}
		seen[state] = true
	}
	if len(p.States) > 0 && !seen[vcc.AgentState{Major: vcc.Ready}] {
		errs = append(errs, fmt.Errorf("  contactPad.states lacks {\"major\": \"ready\"}: nobody could take work"))
	}
	return errs
}

// engine puts the file's wishes into c.
func (p padFile) engine(c *engine.Config) {
	c.PadRequired, c.Transferable, c.PopNonLive, c.PopAlwaysFocus = p.Required, p.Transferable, p.PopNonLive, p.PopAlwaysFocus
	c.LoginStale, c.ReleaseWithin = time.Duration(p.LoginStale), time.Duration(p.ReleaseWithin)
	c.PersonalLoggedIn, c.PersonalLoggedOut = time.Duration(p.PersonalLoggedIn), time.Duration(p.PersonalLoggedOut)
	c.CallGrace, c.RequeueAfter = time.Duration(p.CallGrace), time.Duration(p.RequeueAfter)
	c.ConsultWithin, c.ConsultWrap = time.Duration(p.ConsultWithin), time.Duration(p.ConsultWrap)
	c.CrossMediaConsult = p.CrossMediaConsult == nil || *p.CrossMediaConsult
	if p.NoAnswer != nil {
		c.NoAnswer = map[vcc.Class]time.Duration{}
		for class, d := range p.NoAnswer {
			c.NoAnswer[class] = time.Duration(d)
		}
	}
	if len(p.States) == 0 {
		return
	}
	c.StatusFor, c.StateFor = map[vcc.AgentState]string{}, map[string]vcc.AgentState{}
	for _, s := range p.States {
		state := vcc.AgentState{Major: s.Major, Minor: s.Minor}
		c.States = append(c.States, state)
		if s.Status == "" {
			continue
		}
		c.StatusFor[state] = s.Status
		if _, taken := c.StateFor[s.Status]; !taken {
			c.StateFor[s.Status] = state
		}
	}
	c.States = append(c.States, vcc.AgentState{})
}

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
	Required          bool                   `json:"required" default:"false" desc:"nobody gets work without ContactPad; else who is not logged in there is ruled by Omni-Channel alone. Calls always need it"`
	States            []stateFile            `json:"states" desc:"states an agent may choose, in the menu's order, with the Omni-Channel status that goes with each; none: Ready, Ready for Outbound, Away, Break, Comfort Break and Extended Away, without statuses"`
	NoAnswer          map[vcc.Class]duration `json:"noAnswer" default:"{\"live\": \"180s\"}" desc:"how long an agent who declined an offer, or did not answer it, gets no new work at all, by class"`
	LoginStale        duration               `json:"loginStale" default:"12h" desc:"how long after an agent last did anything they are logged out; a call counts as doing something"`
	Lease             duration               `json:"lease" default:"30s" desc:"how long after its last answer a panel counts as lost, so that its agent gets nothing new; it is asked three times as often"`
	ReleaseWithin     duration               `json:"releaseWithin" default:"15s" desc:"how long a release may take before it counts as failed, so that the agent may abandon"`
	PersonalLoggedIn  duration               `json:"personalLoggedIn" desc:"how long what was transferred to an agent waits for that agent alone while they are there; none: for ever"`
	PersonalLoggedOut duration               `json:"personalLoggedOut" desc:"the same while they are not there; none: for ever"`
	CallGrace         duration               `json:"callGrace" default:"20s" desc:"how long a call goes on while its agent's ContactPad cannot be reached"`
	RequeueAfter      duration               `json:"requeueAfter" desc:"how long after an agent left the cases they still had go back to their plan; none: they stay theirs"`
	Transferable      []vcc.PlanID           `json:"transferable" desc:"names of the plans that agents may transfer to; none: all"`
	CrossMediaConsult *bool                  `json:"crossMediaConsult" default:"true" desc:"agents may consult by voice about chats and cases"`
	ConsultWithin     duration               `json:"consultWithin" default:"15s" desc:"how long who is consulted may let it ring, 5s to 180s"`
	ConsultWrap       duration               `json:"consultWrap" desc:"how long both wrap up after a consult; none: not at all"`
	PopNonLive        string                 `json:"popNonLive" default:"on_route" desc:"when the record of a case opens: on_route or on_accept"`
	PopAlwaysFocus    bool                   `json:"popAlwaysFocus" default:"false" desc:"a record opens in front although the agent is in the middle of another call or chat"`
}

// stateFile is a state that agents may choose, and the Omni-Channel status that goes
// with it both ways: whoever enters the state gets the status, and whoever chooses
// the status in Omni-Channel enters the first state that has it. No status leaves
// Omni-Channel alone.
type stateFile struct {
	Major  vcc.Major `json:"major" desc:"ready, outbound, away or extended away; ready must be among them"`
	Minor  string    `json:"minor" desc:"what it is called, as Break; none: the plain state"`
	Status string    `json:"status" desc:"developer name of the Omni-Channel status; none: Omni-Channel is left alone"`
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
	if lease := time.Duration(p.Lease); lease != 0 && (lease < 3*time.Second || lease > 10*time.Minute) {
		errs = append(errs, fmt.Errorf("  contactPad.lease is %v: use 3s to 10m", lease))
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
	if p.Lease > 0 {
		c.LeaseGrace = time.Duration(p.Lease) + 10*time.Second // a page comes back within seconds
	}
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

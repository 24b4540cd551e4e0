package vcc

import "time"

// Stats is what a routing engine counts, at one moment. What was counted today outlives a
// restart (DayCounts); totals begin anew when the engine does.
type Stats struct {
	At    time.Time `json:"at"`
	Since time.Time `json:"since"` // since when it counts
	// Day is since when what is called Today counts: midnight where At is told, or when that
	// day was first counted if that was later.
	Day    time.Time    `json:"day"`
	Plans  []PlanStats  `json:"plans"`  // by id; those configured and those that were met
	Agents []AgentStats `json:"agents"` // by id
}

// PlanStats is how one plan does (panel-ux 4). An interaction counts for the plan by
// which it is routed; consults are not counted.
type PlanStats struct {
	Plan   PlanID        `json:"plan"`
	Label  string        `json:"label"`
	Target time.Duration `json:"target,omitempty"` // zero: none is set
	// Waiting counts what was announced and is not yet connected, Alerting what of that
	// is offered to an agent.
	Waiting  int `json:"waiting"`
	Alerting int `json:"alerting"`
	// Oldest is since when the customer waits who waits longest; zero: nobody waits.
	Oldest time.Time `json:"oldest,omitzero"`
	Past   int       `json:"past"` // wait for longer than Target
	// Recent is what became of those who waited, in this minute and the 29 before.
	Recent Service `json:"recent"`
	// OnTarget is what Recent comes to, in percent; nil: too few, or no target is set.
	OnTarget *int `json:"onTarget,omitempty"`
	// NewWait is about how long one who comes now will wait: what waits, by the pace of
	// the last 15 minutes. Nil: too few were connected to tell.
	NewWait *time.Duration `json:"newWait,omitempty"`
	// ChatRoom is how many agents could be given one more chat now, in the channel by which
	// one came last: they take work, have the skills that the plan asks for at first, and
	// room (vcc.md 11, A49). Nil: not known, as none came of late that asked for just that.
	ChatRoom *int      `json:"chatRoom,omitempty"`
	Today    PlanTally `json:"today"`
	Total    PlanTally `json:"total"` // since Stats.Since; never falls
}

// Service is what became of those who waited.
type Service struct {
	Connected int `json:"connected"`
	InTime    int `json:"inTime"`    // of Connected: within the target
	LeftEarly int `json:"leftEarly"` // left within the target; not held against the plan
	LeftLate  int `json:"leftLate"`  // left after it, or were sent away
	Still     int `json:"still"`     // wait now, for longer than the target
}

// fewest is how many events a percentage needs to mean anything (panel-ux 4).
const fewest = 10

// OnTarget is the share of those who were connected within the target, in percent, of
// all for whom the target has passed or who were connected. That those who still wait
// past it count keeps a jam from looking good. False: too few to tell.
func (s Service) OnTarget() (percent int, ok bool) {
	all := s.Connected + s.LeftLate + s.Still
	if all < fewest {
		return 0, false
	}
	return s.InTime * 100 / all, true
}

// PlanTally counts what happened to the interactions of a plan. Offers are as many as
// were accepted, refused, or gone, and those that are open.
type PlanTally struct {
	Offered  int            `json:"offered"`
	Accepted int            `json:"accepted"`
	Refused  map[Reason]int `json:"refused,omitempty"` // by reason; what is zero is left out
	Gone     int            `json:"gone"`              // offers that ended otherwise: the customer left, or it was moved
	// Handled counts parts of agents that ended after they were connected, Handling how
	// long those lasted, holds included. What was deleted under its agent is not handled.
	Handled  int           `json:"handled"`
	Handling time.Duration `json:"handling"`
	// Abandoned counts customers who left while they waited.
	Abandoned int `json:"abandoned"`
	// AbandonedByAgent counts what an agent gave up that could not be released.
	AbandonedByAgent int           `json:"abandonedByAgent"`
	LeftRouting      int           `json:"leftRouting"` // were taken out of routing, or deleted, while they waited
	GivenUp          int           `json:"givenUp"`     // were sent away, since everybody refused
	BrokeOut         int           `json:"brokeOut"`    // went from this plan to its breakout
	Wraps            int           `json:"wraps"`       // wrap-ups that ended, Wrap how long those lasted
	Wrap             time.Duration `json:"wrap"`
}

// AgentStats is how one agent stands and does.
type AgentStats struct {
	Agent AgentID `json:"agent"`
	Name  string  `json:"name"`
	// Shown, Mark and Since are those of the agent's state bar (Desk); who is not in
	// ContactPad and gets work all the same is "Omni-Channel only".
	Shown string    `json:"shown"`
	Mark  string    `json:"mark"`
	Since time.Time `json:"since,omitzero"`
	// Panel is the standing of ContactPad; PanelKnown is false if nothing was told of it.
	Panel      Panel         `json:"panel"`
	PanelKnown bool          `json:"panelKnown"`
	Omni       Presence      `json:"omni"`
	Load       int           `json:"load"`                // percent
	Loads      map[Class]int `json:"loads,omitempty"`     // Load by class
	Open       int           `json:"open"`                // interactions in hand
	Why        string        `json:"why,omitempty"`       // why there is no new work; empty: there is
	Today      AgentTally    `json:"today"`               //
	Times      AgentTimes    `json:"times"`               // of today
	Occupancy  *int          `json:"occupancy,omitempty"` // Times.Occupancy; nil: not known
}

// AgentTally counts what an agent did; see PlanTally.
type AgentTally struct {
	Offered   int            `json:"offered"`
	Accepted  int            `json:"accepted"`
	Refused   map[Reason]int `json:"refused,omitempty"`
	Gone      int            `json:"gone"`
	Handled   int            `json:"handled"`
	Abandoned int            `json:"abandoned"` // given up, since it could not be released
	Wraps     int            `json:"wraps"`
}

// AgentTimes is how an agent's time was spent. Each moment counts once: for talk if
// anything is connected and not on hold, else for hold, else for wrap-up, else as the
// agent's state says. Time logged out does not count.
type AgentTimes struct {
	Talk    time.Duration `json:"talk"` // also chats and records
	Hold    time.Duration `json:"hold"`
	Wrap    time.Duration `json:"wrap"`
	Ready   time.Duration `json:"ready"`   // would get work
	Blocked time.Duration `json:"blocked"` // Ready, and gets none: blocked, ContactPad lost, about to go away
	Away    time.Duration `json:"away"`    // Ready for Outbound, too
}

// Occupancy is the share of the time with work, in percent, of that and the time ready
// for it. False: less than a minute of both.
func (t AgentTimes) Occupancy() (percent int, ok bool) {
	busy := t.Talk + t.Hold + t.Wrap
	if busy+t.Ready < time.Minute {
		return 0, false
	}
	return int(100 * busy / (busy + t.Ready)), true
}

// Holding is what takes a part of an agent's capacity.
type Holding struct {
	Interaction InteractionID `json:"interaction"`
	Offer       int           `json:"offer"`
	Size        int           `json:"size"` // percent; zero in wrap-up where that frees capacity
	Class       Class         `json:"class"`
	Medium      Medium        `json:"medium,omitempty"`
	Name        string        `json:"name"`
	PlanLabel   string        `json:"planLabel,omitempty"`
	State       CardState     `json:"state"`
	Since       time.Time     `json:"since"`
	Until       time.Time     `json:"until,omitzero"`
	// Evidence says how that is known, for people.
	Evidence string `json:"evidence"`
	Why      string `json:"why,omitempty"` // it should not be so: why it is
}

// Check is one condition of getting new work.
type Check struct {
	What   string `json:"what"`
	OK     bool   `json:"ok"`
	Detail string `json:"detail"` // for people
}

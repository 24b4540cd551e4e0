package vcc

import "time"

// DayCounts is what an engine has counted today, or a part of it, in the form in which it
// is kept over a restart.
type DayCounts struct {
	At     time.Time  `json:"at"`  // until when it counts
	Day    time.Time  `json:"day"` // since when what is called today counts
	Plans  []PlanDay  `json:"-"`
	Agents []AgentDay `json:"-"`
}

// PlanDay is what was counted of a plan.
type PlanDay struct {
	Plan  PlanID    `json:"plan"`
	Day   time.Time `json:"day"` // which day Today is of
	Today PlanTally `json:"today"`
	// Minutes are the last ones in which anything was counted, in any order.
	Minutes []Minute `json:"minutes,omitempty"`
}

// Minute is what became of those who waited, within one minute.
type Minute struct {
	At int64 `json:"at"` // minutes since 1970
	Service
}

// AgentDay is what was counted of an agent.
type AgentDay struct {
	Agent AgentID    `json:"agent"`
	Day   time.Time  `json:"day"` // which day the others are of
	Today AgentTally `json:"today"`
	Times AgentTimes `json:"times"` // until At
	At    time.Time  `json:"at"`
	// Doing is what the agent's time has gone to since At: the name of a member of
	// AgentTimes, or empty where none counts.
	Doing string `json:"doing,omitempty"`
}

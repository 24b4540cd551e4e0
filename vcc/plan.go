package vcc

import "time"

// Plan is an interaction plan: how the interactions of one queue are routed. Every
// field but ID may be left zero.
type Plan struct {
	ID PlanID
	// Label is what agents see in the transfer list; empty means ID (vcc.md 11, A31).
	Label    string
	Skills   []Skill  // an agent needs all of them
	Needs    []Need   // further needs: with a level, for a time only, or optional
	Priority Priority // zero means Normal

	// Target is how soon an agent should have it; statistics count what was later.
	Target time.Duration
	// Ageing is how long a waiting interaction waits for each step that its priority
	// rises; zero means that it never does.
	Ageing time.Duration
	// Overflow is the plan whose agents may take it too, OverflowAfter after it began
	// to wait.
	Overflow      PlanID
	OverflowAfter time.Duration
	// Hours is when it is routed; nil means always. Outside, it waits and says so.
	Hours *Hours
	// MaxWaiting is how many may wait; one more goes to Breakout. Zero means no limit.
	MaxWaiting int
	// NoAgents is how long one waits while no agent with its skills is there at all,
	// before it goes to Breakout; zero means for ever.
	NoAgents time.Duration
	// AllRefused says what becomes of one that everybody refused who could take it;
	// empty: what is configured for its class.
	AllRefused AllRefused
	// Breakout is the plan that takes what MaxWaiting, NoAgents and AllRefused send
	// away; empty means that it waits on, and why says so.
	Breakout PlanID
	// Sticky is how long after the last contact the agent who had this record or
	// caller is asked first; zero means not at all.
	Sticky time.Duration

	// WrapUp is how long an agent tidies up after an interaction of this plan ended;
	// zero means none, unless WrapManual.
	WrapUp time.Duration
	// WrapManual makes wrap-up last until the agent ends it.
	WrapManual bool
	// WrapExtend is how much one extension adds; zero means 30 s. Live interactions
	// can always be extended, others if WrapExtendAll (vcc.md 1).
	WrapExtend    time.Duration
	WrapExtendAll bool
	// WrapExtensions is how often; zero means ten times (panel-ux 2.5).
	WrapExtensions int
	// Dispositions are the outcomes that an agent may choose from.
	Dispositions []string
	// DispositionRequired keeps wrap-up open until one was chosen.
	DispositionRequired bool
}

// Need is a skill that a plan or an interaction asks for.
type Need struct {
	Skill Skill `json:"skill"`
	// Level is the least level, 1 to 100; zero means that any will do.
	Level int `json:"level,omitempty"`
	// For is how long, from the beginning of the wait, it is needed; zero means always.
	For time.Duration `json:"for,omitempty"`
	// Optional ones are never needed; who has them is preferred.
	Optional bool `json:"optional,omitempty"`
}

// AllRefused says what becomes of an interaction that all have refused (A9).
type AllRefused string

const (
	WaitOn   AllRefused = "wait"      // until a cool-down ends
	BreakOut AllRefused = "breakout"  // it goes to Plan.Breakout at once, and waits where there is none
	GiveItUp AllRefused = "give up"   // live: it is released, as if the caller were told that nobody is there
	AskAgain AllRefused = "ask again" // who refused longest ago is asked again at once
)

// Hours is when a plan is open: weekly spans in one time zone, but for holidays.
// Its methods are pure: the zone is data, loaded by whoever reads the
// configuration.
type Hours struct {
	Zone  *time.Location
	Open  []Span
	Close []Day // whole days on which it is closed
}

// Span is a part of every week, from From (inclusive) to To (exclusive), as time
// since midnight of Day; To may reach 24 h.
type Span struct {
	Day      time.Weekday
	From, To time.Duration
}

// Day is a calendar day in the zone of Hours.
type Day struct {
	Year  int
	Month time.Month
	Day   int
}

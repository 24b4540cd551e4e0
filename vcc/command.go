package vcc

// CommandKind says what an agent asks for.
type CommandKind string

const (
	LogIn    CommandKind = "log in"    // State: the state to begin in; zero means Ready
	LogOut   CommandKind = "log out"   // with open work only if Force
	SetState CommandKind = "set state" // State; with open work it becomes the intended state
	Unblock  CommandKind = "unblock"   // "I am back": ends Blocked
	Dismiss  CommandKind = "dismiss"   // Notice

	Release     CommandKind = "release"      // starts wrap-up; of a call: ends it
	Abandon     CommandKind = "abandon"      // only after Release failed
	FinishWrap  CommandKind = "finish wrap"  //
	ExtendWrap  CommandKind = "extend wrap"  //
	Dispose     CommandKind = "dispose"      // Disposition
	OpenRecord  CommandKind = "open record"  // pops it again, with the focus
	Hold        CommandKind = "hold"         //
	Retrieve    CommandKind = "retrieve"     //
	Alternate   CommandKind = "alternate"    // holds the one, retrieves the other
	Join        CommandKind = "join"         // conference: customer, agent and who is consulted
	Consult     CommandKind = "consult"      // Target: Agent or Number
	Cancel      CommandKind = "cancel"       // a consult that still rings
	Transfer    CommandKind = "transfer"     // Target: Agent or Plan; of a call: to who is consulted
	TakeBack    CommandKind = "take back"    // what was transferred and still waits
	AnswerCall  CommandKind = "answer"       // a call that alerts
	RejectCall  CommandKind = "reject"       //
	ShowWork    CommandKind = "show work"    // brings Omni-Channel's widget to the front
	ConsoleGone CommandKind = "console gone" // the record could not be opened: told, nothing changes
)

// Command is what an agent asks for in ContactPad. Which fields are set follows
// from Do.
type Command struct {
	ID          string        `json:"id"` // unique for the agent; sent twice, it is done once
	Do          CommandKind   `json:"do"`
	Agent       AgentID       `json:"agent"`
	Interaction InteractionID `json:"interaction,omitempty"`
	State       AgentState    `json:"state,omitzero"`
	Target      Target        `json:"target,omitzero"`
	Disposition string        `json:"disposition,omitempty"`
	Notice      string        `json:"notice,omitempty"`
	Force       bool          `json:"force,omitempty"` // LogOut, Consult: although it was warned
	// By and Why are set when a supervisor acts for the agent.
	By  string `json:"by,omitempty"`
	Why string `json:"why,omitempty"`
}

// Target is who is consulted, or who gets a transfer: exactly one is set.
type Target struct {
	Agent  AgentID `json:"agent,omitempty"`
	Plan   PlanID  `json:"plan,omitempty"`
	Number string  `json:"number,omitempty"`
}

// Answer answers a command.
type Answer struct {
	Command string  `json:"command"` // its ID
	Agent   AgentID `json:"agent"`
	OK      bool    `json:"ok"`
	// Code says why not, for the panel's words; Text says it for people.
	Code Denial `json:"code,omitempty"`
	Text string `json:"text,omitempty"`
}

// Denial is why a command was refused; nothing changed.
type Denial string

const (
	DeniedUnknown   Denial = "unknown"      // no such interaction, agent, plan, notice, state or command
	DeniedClass     Denial = "class"        // the class has no such activity (vcc.md 1)
	DeniedSwitch    Denial = "switched off" // the admin switched it off: cross-media consult
	DeniedNotNow    Denial = "not now"      // the activity exists, but not in this state
	DeniedNotYours  Denial = "not yours"    //
	DeniedBusy      Denial = "busy"         // one call at a time (A35, A36)
	DeniedTarget    Denial = "target"       // to self, archived, unmapped, logged out (A26, A32)
	DeniedPhone     Denial = "no phone"     // no telephony is configured
	DeniedOutcome   Denial = "outcome"      // choose a disposition first
	DeniedOpenWork  Denial = "open work"    // LogOut: asks first
	DeniedUsedUp    Denial = "used up"      // no more extensions
	DeniedLoggedOut Denial = "logged out"   //
)

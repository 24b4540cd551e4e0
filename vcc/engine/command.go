package engine

import (
	"fmt"
	"slices"

	"omnibridge/vcc"
)

// denied is why a command was refused; nothing changed.
type denied struct {
	code vcc.Denial
	text string
}

func deny(code vcc.Denial, format string, args ...any) *denied {
	return &denied{code, fmt.Sprintf(format, args...)}
}

// commands says who carries out what agents ask for. Those about an interaction
// find it checked to be the agent's own (doOwn).
var commands = map[vcc.CommandKind]func(*Machine, *agent, vcc.Command) *denied{
	vcc.LogIn:    (*Machine).logIn,
	vcc.LogOut:   (*Machine).logOut,
	vcc.SetState: (*Machine).chooseState,
	vcc.Unblock:  (*Machine).unblock,
	vcc.Dismiss:  (*Machine).dismiss,

	vcc.Release:    own((*Machine).release),
	vcc.OpenRecord: own((*Machine).openRecord),

	vcc.AnswerCall: own((*Machine).answerCall),
	vcc.RejectCall: own((*Machine).rejectCall),
	vcc.Hold:       own((*Machine).hold),
	vcc.Retrieve:   own((*Machine).retrieve),
	vcc.Alternate:  own((*Machine).alternate),
	vcc.Join:       own((*Machine).join),
	vcc.Consult:    own((*Machine).consult),
	vcc.Cancel:     own((*Machine).cancel),
	vcc.Transfer:   own((*Machine).handOver),
}

// own wraps a command about an interaction in which the agent has a part.
func own(do func(*Machine, *item, *vcc.Leg, vcc.Command) *denied) func(*Machine, *agent, vcc.Command) *denied {
	return func(m *Machine, a *agent, c vcc.Command) *denied {
		x := m.items[c.Interaction]
		if x == nil {
			return deny(vcc.DeniedUnknown, "there is no interaction %s", shorten(string(c.Interaction)))
		}
		leg := x.legOf(a.row.ID)
		if leg == nil {
			return deny(vcc.DeniedNotYours, "the interaction is not yours any more")
		}
		return do(m, x, leg, c)
	}
}

// legOf returns the agent's latest part in x, or nil.
func (x *item) legOf(id vcc.AgentID) *vcc.Leg {
	for i := len(x.row.Legs) - 1; i >= 0; i-- {
		if x.row.Legs[i].Agent == id {
			return &x.row.Legs[i]
		}
	}
	return nil
}

// keptAnswers bounds how many answers are kept for commands that come twice: more
// than a panel has open at once.
const keptAnswers = 32

// asked takes a command of an agent and answers it, once.
func (m *Machine) asked(r vcc.Report) {
	c := *r.Command
	a := m.agent(c.Agent)
	if i := slices.IndexFunc(a.row.Answered, func(old vcc.Answer) bool { return old.Command == c.ID }); i >= 0 && c.ID != "" {
		m.out.Answers = append(m.out.Answers, a.row.Answered[i])
		return
	}
	answer := vcc.Answer{Command: c.ID, Agent: c.Agent, OK: true}
	if no := m.do(a, c); no != nil {
		answer.OK, answer.Code, answer.Text = false, no.code, no.text
	}
	m.out.Answers = append(m.out.Answers, answer)
	if c.ID == "" {
		return
	}
	a.row.Answered = append(slices.Clone(a.row.Answered), answer)
	if n := len(a.row.Answered) - keptAnswers; n > 0 {
		a.row.Answered = a.row.Answered[n:]
	}
	m.touchAgent(a)
}

func (m *Machine) do(a *agent, c vcc.Command) *denied {
	do, ok := commands[c.Do]
	switch {
	case !ok:
		return deny(vcc.DeniedUnknown, "there is no command %q", shorten(string(c.Do)))
	case !a.loggedIn() && c.Do != vcc.LogIn:
		return deny(vcc.DeniedLoggedOut, "you are logged out: log in first")
	}
	return do(m, a, c)
}

// release ends the agent's part. What Salesforce has to close is asked for; wrap-up
// begins when it is known to be closed.
func (m *Machine) release(x *item, leg *vcc.Leg, c vcc.Command) *denied {
	if x.ours() {
		return m.releaseCall(x, leg, c)
	}
	if leg.State != vcc.Connected {
		return deny(vcc.DeniedNotNow, "it is %s: only what you have accepted can be released", leg.State)
	}
	leg.Leaving = &vcc.Leaving{Do: vcc.Release, Since: m.now}
	m.out.Directives = append(m.out.Directives, vcc.Directive{
		Kind: vcc.Close, Interaction: x.row.ID, Offer: leg.Offer, Agent: leg.Agent, Detail: m.name(leg.Agent) + " released it",
	})
	m.touch(x)
	m.touchAgent(m.agents[leg.Agent])
	return nil
}

// openRecord opens the record again.
func (m *Machine) openRecord(x *item, leg *vcc.Leg, c vcc.Command) *denied {
	if leg.State == vcc.Offered || leg.State == vcc.Alerted {
		return deny(vcc.DeniedNotNow, "accept it first")
	}
	m.pop(x, leg, true, true)
	return nil
}

// pop directs that the record of x is opened in the console of the agent of leg.
func (m *Machine) pop(x *item, leg *vcc.Leg, focus, again bool) {
	w := x.row.Work
	if w.Record == "" && w.Caller == "" {
		return
	}
	m.out.Directives = append(m.out.Directives, vcc.Directive{
		Kind: vcc.Pop, Interaction: x.row.ID, Offer: leg.Offer, Agent: leg.Agent,
		Record: w.Record, Caller: w.Caller, Focus: focus, Again: again,
	})
}

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
	vcc.Abandon:    own((*Machine).abandon),
	vcc.OpenRecord: own((*Machine).openRecord),
	vcc.FinishWrap: own(wrapping((*Machine).finishWrap)),
	vcc.ExtendWrap: own(wrapping((*Machine).extendWrap)),
	vcc.Dispose:    own(wrapping((*Machine).dispose)),
	vcc.TakeBack:   (*Machine).takeBack,

	// What the panel does by itself, and only tells.
	vcc.ShowWork:    (*Machine).noted,
	vcc.ConsoleGone: (*Machine).noted,

	vcc.AnswerCall: own((*Machine).answerCall),
	vcc.RejectCall: own((*Machine).rejectCall),
	vcc.Hold:       own((*Machine).hold),
	vcc.Retrieve:   own((*Machine).retrieve),
	vcc.Alternate:  own((*Machine).alternate),
	vcc.Join:       own((*Machine).join),
	vcc.Consult:    own((*Machine).consult),
	vcc.Cancel:     own((*Machine).cancel),
	vcc.Transfer:   own((*Machine).transfer),
}

// own wraps a command about an interaction in which the agent has a part.
func own(do func(*Machine, *item, *vcc.Leg, vcc.Command) *denied) func(*Machine, *agent, vcc.Command) *denied {
	return func(m *Machine, a *agent, c vcc.Command) *denied {
		x := m.items[c.Interaction]
		if x == nil {
			return deny(vcc.DeniedUnknown, "there is no such interaction any more")
		}
		leg := x.legOf(a.row.ID)
		if leg == nil {
			return deny(vcc.DeniedNotYours, "the interaction is not yours any more")
		}
		if no := m.entitled(x, c.Do); no != nil {
			return no
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
	} else {
		m.tellSupervised(a, c)
	}
	if c.By == "" {
		m.active(a)
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
	case !a.loggedIn() && c.Do != vcc.LogIn && c.Do != vcc.Dismiss:
		return deny(vcc.DeniedLoggedOut, "you are logged out: log in first")
	}
	return do(m, a, c)
}

// noted takes what changes nothing here.
func (m *Machine) noted(_ *agent, c vcc.Command) *denied {
	if c.Do == vcc.ConsoleGone {
		m.out.Decisions = append(m.out.Decisions, vcc.Decision{
			Interaction: c.Interaction, Agent: c.Agent, What: "record not opened", Why: "the record could not be opened in the console of " + m.name(c.Agent),
		})
	}
	return nil
}

// rights are the activities that not every class has (vcc.md 1).
var rights = map[vcc.CommandKind][]vcc.Class{
	vcc.Hold: {vcc.Live}, vcc.Retrieve: {vcc.Live}, vcc.Alternate: {vcc.Live}, vcc.Join: {vcc.Live},
	vcc.Transfer: {vcc.Live, vcc.NonLive},
}

// entitled tells whether the class of x has an activity, and who brought x permits it.
func (m *Machine) entitled(x *item, do vcc.CommandKind) *denied {
	classes, some := rights[do]
	switch {
	case some && !slices.Contains(classes, x.row.Work.Class):
		return deny(vcc.DeniedClass, "a %s interaction has no %s", x.row.Work.Class, do)
	case some && x.live() && !x.ours():
		return deny(vcc.DeniedClass, "Salesforce has this call: use the controls there")
	}
	return m.permits(x, do)
}

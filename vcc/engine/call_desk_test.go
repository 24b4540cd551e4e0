package engine

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"omnibridge/vcc"
)

// floor is a desk on which agents sit who are logged in to ContactPad.
type floor struct {
	*desk
	commands int
	out      vcc.Output // of the last step
}

func newFloor(t testing.TB, c Config, agents ...vcc.AgentID) *floor {
	f := &floor{desk: newDesk(t, c)}
	for _, a := range agents {
		f.do(vcc.Report{Kind: vcc.PanelChanged, Agent: a, Panel: &vcc.Panel{Alive: true, Phone: true}})
		f.may(a, vcc.LogIn, "")
	}
	return f
}

// do steps with reports and checks what must always hold.
func (f *floor) do(rs ...vcc.Report) vcc.Output {
	f.t.Helper()
	f.out = f.Step(f.now, rs)
	if err := errors.Join(audit(f.Machine), auditCalls(f.Machine)); err != nil {
		f.t.Fatal(err)
	}
	return f.out
}

// later moves on by seconds.
func (f *floor) later(seconds int, rs ...vcc.Report) vcc.Output {
	f.t.Helper()
	f.now = f.now.Add(at(seconds).Sub(t0))
	return f.do(rs...)
}

// ask has an agent ask for something and returns the answer.
func (f *floor) ask(a vcc.AgentID, do vcc.CommandKind, id vcc.InteractionID, to ...vcc.Target) vcc.Answer {
	f.t.Helper()
	f.commands++
	c := vcc.Command{ID: fmt.Sprint(f.commands), Do: do, Agent: a, Interaction: id}
	if len(to) > 0 {
		c.Target = to[0]
	}
	out := f.do(vcc.Report{Kind: vcc.Asked, Command: &c})
	if len(out.Answers) != 1 || out.Answers[0].Command != c.ID {
		f.t.Fatalf("%s %s: answered %+v", a, do, out.Answers)
	}
	return out.Answers[0]
}

// may asks for what must be possible.
func (f *floor) may(a vcc.AgentID, do vcc.CommandKind, id vcc.InteractionID, to ...vcc.Target) {
	f.t.Helper()
	if got := f.ask(a, do, id, to...); !got.OK {
		f.t.Fatalf("%s may not %s %s: %s (%s)", a, do, id, got.Text, got.Code)
	}
}

// mayNot asks for what must be refused, and checks that nothing but the memory of
// the answer changed.
func (f *floor) mayNot(why vcc.Denial, words string, a vcc.AgentID, do vcc.CommandKind, id vcc.InteractionID, to ...vcc.Target) {
	f.t.Helper()
	got := f.ask(a, do, id, to...)
	if got.OK || got.Code != why || !strings.Contains(got.Text, words) || got.Text == "" {
		f.t.Fatalf("%s, %s %s: got %+v, want %s with %q", a, do, id, got, why, words)
	}
	if len(f.out.Directives)+len(f.out.Interactions)+len(f.out.Decisions) > 0 {
		f.t.Fatalf("a refused command changed something: %+v", f.out)
	}
}

// directed lists the directives of the last step, in words.
func (f *floor) directed(want ...string) {
	f.t.Helper()
	var got []string
	for _, d := range f.out.Directives {
		s := fmt.Sprintf("%s %s", d.Kind, d.Interaction)
		switch d.Kind {
		case vcc.Offer:
			s += fmt.Sprintf(" %d %s", d.Offer, d.Agent)
		case vcc.Phone:
			s = strings.Join(strings.Fields(fmt.Sprintf("%s %s %s %s %s", d.Phone, d.Interaction, d.Agent, d.Number, d.Other)), " ")
		case vcc.Pop:
			s += fmt.Sprintf(" %s %s%s", d.Agent, d.Record, d.Caller)
		case vcc.Tell:
			for _, w := range d.Words {
				s += fmt.Sprintf(" %s:%s", w.Kind, w.Agent)
			}
		}
		got = append(got, s)
	}
	if strings.Join(got, ", ") != strings.Join(want, ", ") {
		f.t.Fatalf("directed\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// card returns what an agent's desk shows of an interaction.
func (f *floor) card(a vcc.AgentID, id vcc.InteractionID) vcc.Card {
	f.t.Helper()
	d, _ := f.Desk(a)
	i := slices.IndexFunc(d.Cards, func(c vcc.Card) bool { return c.Interaction == id })
	if i < 0 {
		f.t.Fatalf("%s has no card of %s: %+v", a, id, d.Cards)
	}
	return d.Cards[i]
}

func (f *floor) noCard(a vcc.AgentID, id vcc.InteractionID) {
	f.t.Helper()
	d, _ := f.Desk(a)
	if slices.ContainsFunc(d.Cards, func(c vcc.Card) bool { return c.Interaction == id }) {
		f.t.Fatalf("%s has a card of %s", a, id)
	}
}

// parties checks who a card says is in the call, each as "name state".
func (f *floor) parties(a vcc.AgentID, id vcc.InteractionID, want ...string) {
	f.t.Helper()
	var got []string
	for _, p := range f.card(a, id).Parties {
		got = append(got, p.Name+" "+string(p.State))
	}
	if strings.Join(got, ", ") != strings.Join(want, ", ") {
		f.t.Fatalf("%s's card of %s lists %q, want %q", a, id, got, want)
	}
}

// buttons checks the actions of a card; those that are off carry an "x".
func (f *floor) buttons(a vcc.AgentID, id vcc.InteractionID, want string) {
	f.t.Helper()
	var got []string
	for _, b := range f.card(a, id).Actions {
		s := string(b.Do)
		if b.Off != "" {
			s += " x"
		}
		got = append(got, s)
	}
	if s := strings.Join(got, ", "); s != want {
		f.t.Fatalf("%s can %q with %s, want %q", a, s, id, want)
	}
}

// told checks that a has one notice, of how a consult ended.
func (f *floor) told(a vcc.AgentID, reason, by string) {
	f.t.Helper()
	row, _ := f.Agent(a)
	if len(row.Notices) != 1 || row.Notices[0].Kind != vcc.ConsultOver || row.Notices[0].Reason != reason || row.Notices[0].By != by {
		f.t.Fatalf("%s was told %+v, want consult over: %s by %s", a, row.Notices, reason, by)
	}
}

// ours is a call that ContactPad delivers.
func ours(id vcc.InteractionID, since int, change ...func(*vcc.Report)) vcc.Report {
	r := vcc.Report{Kind: vcc.Arrived, Interaction: id, Work: &vcc.Work{
		Class: vcc.Live, Medium: "call", Name: "Maria Lopez", Caller: "+44 20 7946 0018", Since: at(since),
	}}
	for _, f := range change {
		f(&r)
	}
	return r
}

func by(provider, request string) func(*vcc.Report) {
	return func(r *vcc.Report) {
		r.Call = &vcc.Call{Provider: provider, External: "ext-" + string(r.Interaction), Request: request}
	}
}

func heard(id vcc.InteractionID, l vcc.Line) vcc.Report {
	return vcc.Report{Kind: vcc.Called, Interaction: id, Line: l}
}

func agentTarget(a vcc.AgentID) vcc.Target { return vcc.Target{Agent: a} }
func number(n string) vcc.Target           { return vcc.Target{Number: n} }

// auditCalls holds what must always be so of calls.
func auditCalls(m *Machine) error {
	for id, x := range m.items {
		current, askers := 0, 0
		for _, leg := range x.row.Legs {
			switch {
			case leg.State == vcc.WrapUp:
				if !leg.HeldSince.IsZero() {
					return fmt.Errorf("%s: %s holds what is over", id, leg.Agent)
				}
			case leg.Asker:
				askers++
			default:
				current++
			}
			if !leg.HeldSince.IsZero() && x.row.Call != nil && x.row.Call.Joined {
				return fmt.Errorf("%s: %s holds a conference", id, leg.Agent)
			}
		}
		if x.row.Call != nil && x.row.Call.Joined && current+askers == 0 {
			return fmt.Errorf("%s is over, and joined", id)
		}
		if current > 1 {
			return fmt.Errorf("%s: two agents talk to one: %+v", id, x.row.Legs)
		}
		if err := auditConsult(m, x, current, askers); err != nil {
			return err
		}
	}
	for id, a := range m.agents {
		calls := map[vcc.InteractionID]bool{} // by conversation
		for _, x := range a.open {
			if leg := x.legOf(id); x.live() && x.ours() && leg.State != vcc.WrapUp { // Salesforce gives calls as it likes
				of := x.row.ID
				if origin := m.items[originOf(x)]; leg.Asker && origin != nil && origin.live() {
					if part := origin.legOf(id); part != nil && part.State == vcc.Connected {
						of = origin.row.ID
					}
				}
				calls[of] = true
			}
		}
		if len(calls) > 1 {
			return fmt.Errorf("%s is in several conversations: %v", id, calls)
		}
	}
	return nil
}

func originOf(x *item) vcc.InteractionID {
	if x.row.Call == nil {
		return ""
	}
	return x.row.Call.Of
}

func auditConsult(m *Machine, x *item, current, askers int) error {
	id, over := x.row.ID, x.row.State == vcc.WrapUp || x.row.State == vcc.Closed
	switch {
	case !x.consults():
		if askers > 0 {
			return fmt.Errorf("%s is no consult and has an asker", id)
		}
		return nil
	case over:
		if askers+current > 0 || x.rings() || x.row.Call.Joined {
			return fmt.Errorf("%s is over: %+v %+v", id, x.row.Legs, x.row.Call)
		}
		return nil
	case askers != 1 || (current == 1) == (x.row.Call.Number != ""):
		return fmt.Errorf("%s has the wrong parts: %+v", id, x.row.Legs)
	case (x.row.State == vcc.Alerted) != x.rings() || x.rings() && !x.row.Call.RingsUntil.After(m.now):
		return fmt.Errorf("%s is %s and rings until %s at %s", id, x.row.State, x.row.Call.RingsUntil, m.now)
	}
	origin := m.items[x.row.Call.Of]
	if x.row.Call.Joined && (origin == nil || !origin.row.Call.Joined) {
		return fmt.Errorf("%s is joined with %s, which is not", id, x.row.Call.Of)
	}
	if k := m.talkOf(x, x.asker().Agent); k != nil && !k.joined() && k.toCustomer.HeldSince.IsZero() && !x.rings() && k.toOther.HeldSince.IsZero() {
		return fmt.Errorf("%s talks to both ends of %s without having joined them", k.toOther.Agent, id)
	}
	return nil
}

package engine

import (
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"omnibridge/vcc"
)

// house is a configuration in which everything is switched on.
func house() Config {
	return Config{
		Sizes:     vcc.Sizes{Live: 51, SemiLive: 15, NonLive: 6},
		Telephony: true, CrossMediaConsult: true, DefaultPlan: vcc.Plan{WrapUp: 30 * time.Second},
	}
}

const y = vcc.InteractionID("x-consult-1")

// talking has ada talk to a customer on x.
func talking(t *testing.T, c Config) *floor {
	f := newFloor(t, c, "ada", "bob", "cy")
	f.do(ours("x", 0))
	f.may("ada", vcc.AnswerCall, "x")
	return f
}

// consulting has ada talk to bob about x, whose customer is on hold.
func consulting(t *testing.T, c Config) *floor {
	f := talking(t, c)
	f.may("ada", vcc.Consult, "x", agentTarget("bob"))
	f.later(5)
	f.may("bob", vcc.AnswerCall, y)
	return f
}

// ends checks how the two ends of ada's conversation stand.
func (f *floor) ends(customer, other string) {
	f.t.Helper()
	f.parties("ada", "x", "Maria Lopez "+customer)
	f.parties("ada", y, "bob "+other)
}

func TestConsult(t *testing.T) {
	f := talking(t, house())
	f.may("ada", vcc.Consult, "x", agentTarget("bob"))
	f.directed("hold x ada")
	f.state(y, vcc.Alerted)
	f.parties("ada", "x", "Maria Lopez on hold")
	f.buttons("ada", "x", "retrieve, release")
	f.parties("ada", y, "bob ringing")
	f.buttons("ada", y, "cancel")
	f.parties("bob", y, "ada talking")
	f.buttons("bob", y, "answer, reject")
	if c := f.card("bob", y); c.Name != "ada" || c.Direction != "internal" || c.Of != "x" || !c.Until.Equal(at(15)) || c.PlanLabel != "Consult" {
		t.Errorf("bob's card: %+v", c)
	}
	if p := f.card("ada", y).Parties[0]; !p.Until.Equal(at(15)) || p.Agent != "bob" || p.Interaction != y {
		t.Errorf("ringing party: %+v", p)
	}
	f.mayNot(vcc.DeniedNotNow, "still rings", "ada", vcc.Hold, y)
	f.mayNot(vcc.DeniedNotNow, "has not answered yet", "ada", vcc.Alternate, "x")
	f.mayNot(vcc.DeniedNotNow, "has not answered yet", "ada", vcc.Transfer, "x")

	f.later(14)
	f.may("bob", vcc.AnswerCall, y)
	f.state(y, vcc.Connected)
	if next, ok := f.Next(); ok && next.Before(at(3600)) {
		t.Errorf("still waits for %s", next)
	}
	f.ends("on hold", "talking")
	f.buttons("ada", "x", "alternate, join, transfer, release")
	f.buttons("ada", y, "release")
	f.buttons("bob", y, "hold, release")

	f.may("ada", vcc.Alternate, "x")
	f.directed("retrieve x ada") // the other talks panel to panel: no network
	f.ends("talking", "on hold")
	f.may("ada", vcc.Alternate, y)
	f.ends("on hold", "talking")
	f.may("ada", vcc.Retrieve, "x") // is to alternate, too
	f.ends("talking", "on hold")

	f.may("ada", vcc.Join, "x")
	f.directed("join x ada " + string(y))
	f.ends("talking", "talking")
	f.buttons("ada", "x", "hold, join x, transfer, release")
	f.parties("bob", y, "ada talking", "Maria Lopez talking")
	f.buttons("bob", y, "hold x, release")
	f.mayNot(vcc.DeniedNotNow, "in a conference", "bob", vcc.Hold, y)
	f.mayNot(vcc.DeniedNotNow, "both already", "ada", vcc.Join, y)
	f.mayNot(vcc.DeniedNotNow, "talk to both", "ada", vcc.Alternate, y)
	f.may("ada", vcc.Hold, "x") // alone with bob again
	f.parties("bob", y, "ada talking")

	// Each is released on its own (A37).
	f.may("ada", vcc.Release, y)
	f.state(y, vcc.Closed)
	f.noCard("bob", y)
	f.parties("ada", "x", "Maria Lopez on hold")
	f.may("ada", vcc.Retrieve, "x")
	f.may("ada", vcc.Consult, "x", agentTarget("bob"))
	f.state("x-consult-2", vcc.Alerted)
}

// TestConsultAnsweredWhileWithCustomer: an agent who went back to the customer while
// it rang is not torn away.
func TestConsultAnsweredWhileWithCustomer(t *testing.T) {
	f := talking(t, house())
	f.may("ada", vcc.Consult, "x", agentTarget("bob"))
	f.may("ada", vcc.Retrieve, "x")
	f.buttons("ada", "x", "hold, release")
	f.may("bob", vcc.AnswerCall, y)
	f.ends("talking", "on hold")
	f.may("ada", vcc.Alternate, "x")
	f.ends("on hold", "talking")

	f = talking(t, house())
	f.may("ada", vcc.Consult, "x", number("1234"))
	f.may("ada", vcc.Retrieve, "x")
	f.do(heard(y, vcc.LineAnswered))
	f.directed("hold " + string(y) + " ada")
}

// TestConferenceEndsOnTheNetwork: of a colleague, who talks panel to panel, the
// network does not see that they leave: it is told that the customer is no longer in
// a conference. Break: call_hold.go, split: leave out the end.
func TestConferenceEndsOnTheNetwork(t *testing.T) {
	for _, leaves := range []vcc.AgentID{"ada", "bob"} {
		f := consulting(t, house())
		f.may("ada", vcc.Join, "x")
		f.may(leaves, vcc.Release, y)
		f.directed("retrieve x ada")
	}

	f := talking(t, house())
	f.may("ada", vcc.Consult, "x", number("1234"))
	f.do(heard(y, vcc.LineAnswered))
	f.may("ada", vcc.Join, "x")
	f.may("ada", vcc.Release, y)
	f.directed("hang up " + string(y) + " ada")
}

func TestConsultOutlivesItsOrigin(t *testing.T) {
	for _, over := range []vcc.Report{heard("x", vcc.LineHungUp), answer(vcc.Ended, "x", 1)} {
		outlives(t, over)
	}
}

func outlives(t *testing.T, over vcc.Report) {
	f := consulting(t, house())
	f.may("ada", vcc.Join, "x")
	f.do(over)
	f.state("x", vcc.WrapUp)
	f.parties("ada", y, "bob talking")
	f.buttons("ada", y, "hold, release")
	f.later(30)
	f.state("x", vcc.Closed)
	f.state(y, vcc.Connected)
	f.may("bob", vcc.Release, y)
	f.told("ada", "hung up", "bob")
}

// TestConsultAboutWhatWentOn: the consult goes on while its origin has come back to
// somebody else, whose customer is none of the asker's business.
func TestConsultAboutWhatWentOn(t *testing.T) {
	f := newFloor(t, house(), "ada", "bob", "cy")
	f.do(ours("x", 0, by("crm", "r1")))
	f.may("ada", vcc.AnswerCall, "x")
	f.may("ada", vcc.Consult, "x", agentTarget("bob"))
	f.may("bob", vcc.AnswerCall, y)
	f.do(vcc.Report{Kind: vcc.Withdrawn, Interaction: "x", Reason: vcc.CustomerLeft})
	f.later(60, ours("x", 60, by("crm", "r2")))
	f.may("cy", vcc.AnswerCall, "x")
	for _, do := range []vcc.CommandKind{vcc.Alternate, vcc.Join, vcc.Transfer} {
		f.mayNot(vcc.DeniedNotNow, "", "ada", do, y)
	}
	f.buttons("ada", y, "hold, release")
	f.buttons("cy", "x", "hold, consult, release")
	f.may("cy", vcc.Hold, "x")
	f.parties("ada", y, "bob talking")
}

// TestConsultNameTaken: a consult that outlives all memory of its origin keeps its
// name.
func TestConsultNameTaken(t *testing.T) {
	f := newFloor(t, house(), "ada", "bob", "cy")
	f.do(ours("x", 0, by("crm", "r1")))
	f.may("ada", vcc.AnswerCall, "x")
	f.may("ada", vcc.Consult, "x", agentTarget("bob"))
	f.may("bob", vcc.AnswerCall, y)
	f.do(vcc.Report{Kind: vcc.Withdrawn, Interaction: "x", Reason: vcc.CustomerLeft})
	f.later(30)
	f.later(3600)
	if _, known := f.Interaction("x"); known {
		t.Fatal("x is still known")
	}
	f.do(ours("x", 3700, by("crm", "r2")))
	f.may("cy", vcc.AnswerCall, "x")
	f.may("cy", vcc.Consult, "x", number("1234"))
	f.state("x-consult-2", vcc.Alerted)
	f.parties("ada", y, "bob talking")
}

// TestConsultEnds: every way in which a consult comes to nothing, and what the asker
// is told. The customer stays on hold.
func TestConsultEnds(t *testing.T) {
	for _, tt := range []struct {
		name   string
		to     vcc.Target
		do     func(*floor)
		reason string // empty: nothing is told
		by     string
	}{
		{"bob does not answer", agentTarget("bob"), func(f *floor) { f.later(14); f.state(y, vcc.Alerted); f.later(1) }, "no answer", "bob"},
		{"bob rejects", agentTarget("bob"), func(f *floor) { f.may("bob", vcc.RejectCall, y) }, "declined", "bob"},
		{"bob hangs up", agentTarget("bob"), func(f *floor) { f.may("bob", vcc.AnswerCall, y); f.may("bob", vcc.Release, y) }, "hung up", "bob"},
		{"bob's panel is lost", agentTarget("bob"), func(f *floor) {
			f.do(vcc.Report{Kind: vcc.PanelChanged, Agent: "bob", Panel: &vcc.Panel{}})
		}, "unreachable", "bob"},
		{"ada cancels", agentTarget("bob"), func(f *floor) { f.may("ada", vcc.Cancel, "x") }, "", ""},
		{"ada cancels it by its own name", agentTarget("bob"), func(f *floor) { f.may("ada", vcc.Cancel, y) }, "", ""},
		{"ada releases while it rings", agentTarget("bob"), func(f *floor) { f.may("ada", vcc.Release, y) }, "", ""},
		{"ada releases", agentTarget("bob"), func(f *floor) { f.may("bob", vcc.AnswerCall, y); f.may("ada", vcc.Release, y) }, "", ""},
		{"number busy", number("+442079460018"), func(f *floor) { f.do(heard(y, vcc.LineBusy)) }, "busy", "+442079460018"},
		{"number unreachable", number("+442079460018"), func(f *floor) { f.do(heard(y, vcc.LineUnreachable)) }, "unreachable", "+442079460018"},
		{"number does not answer", number("+442079460018"), func(f *floor) { f.do(heard(y, vcc.LineNoAnswer)) }, "no answer", "+442079460018"},
		{"number rings for too long", number("+442079460018"), func(f *floor) { f.later(15); f.directed("hang up " + string(y) + " ada") }, "no answer", "+442079460018"},
		{"number hangs up", number("+442079460018"), func(f *floor) { f.do(heard(y, vcc.LineAnswered), heard(y, vcc.LineHungUp)); f.directed() }, "hung up", "+442079460018"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := talking(t, house())
			f.may("ada", vcc.Consult, "x", tt.to)
			tt.do(f)
			f.state(y, vcc.Closed)
			f.noCard("ada", y)
			f.parties("ada", "x", "Maria Lopez on hold")
			if f.load("ada") != 51 || f.load("bob") != 0 {
				t.Errorf("loads %d and %d", f.load("ada"), f.load("bob"))
			}
			if tt.reason != "" {
				f.told("ada", tt.reason, tt.by)
			} else if a, _ := f.Agent("ada"); len(a.Notices) > 0 {
				t.Errorf("told %+v", a.Notices)
			}
			f.may("ada", vcc.Retrieve, "x")
		})
	}
}

func TestConsultNumber(t *testing.T) {
	f := talking(t, house())
	f.may("ada", vcc.Consult, "x", number(" +44 (0)20-7946 0018 "))
	f.directed("hold x ada", "dial x-consult-1 ada +4402079460018")
	f.parties("ada", y, "+4402079460018 ringing")
	f.later(3, heard(y, vcc.LineAnswered))
	f.state(y, vcc.Connected)
	f.later(60)
	f.state(y, vcc.Connected)
	f.may("ada", vcc.Alternate, "x")
	f.directed("hold x-consult-1 ada", "retrieve x ada")
	f.may("ada", vcc.Transfer, y)
	f.directed("move x x-consult-1")
	f.state(y, vcc.Closed)
	f.state("x", vcc.WrapUp)
	if x := f.item("x"); x.Outcome != "transferred" {
		t.Errorf("%+v", x)
	}
}

// TestHandOver: the customer goes to who was consulted, as accepted.
func TestHandOver(t *testing.T) {
	f := newFloor(t, house(), "ada", "bob")
	f.do(ours("x", 0, by("crm", "r"), func(r *vcc.Report) { r.Work.Record = "003A" }))
	f.may("ada", vcc.AnswerCall, "x")
	f.may("ada", vcc.Consult, "x", agentTarget("bob"))
	f.may("bob", vcc.AnswerCall, y)
	f.mayNot(vcc.DeniedTarget, "bob", "ada", vcc.Transfer, "x", agentTarget("cy"))
	f.mayNot(vcc.DeniedNotNow, "", "bob", vcc.Transfer, y)
	f.may("ada", vcc.Transfer, "x", agentTarget("bob"))
	f.directed("pop x bob 003A+44 20 7946 0018", "tell x AssignToAgent:ada AssignToAgent:bob")
	f.state(y, vcc.Closed)
	f.noCard("bob", y)
	f.parties("bob", "x", "Maria Lopez talking")
	f.buttons("bob", "x", "hold, consult, release")
	if c := f.card("ada", "x"); c.State != vcc.CardWrapUp {
		t.Errorf("ada's card: %+v", c)
	}
	x := f.item("x")
	if x.State != vcc.Connected || len(x.Legs) != 2 || x.Legs[0].Leaving == nil || x.Legs[0].Leaving.To.Agent != "bob" {
		t.Errorf("%+v", x)
	}
	if f.load("ada") != 51 || f.load("bob") != 51 {
		t.Errorf("loads %d and %d", f.load("ada"), f.load("bob"))
	}
	// bob may consult in turn, about the same.
	f.later(30)
	f.may("bob", vcc.Consult, "x", agentTarget("ada"))
	f.parties("ada", "x-consult-2", "bob talking")
}

func TestHandOverToNumberOfProvidersCall(t *testing.T) {
	f := newFloor(t, house(), "ada")
	f.do(ours("x", 0, by("crm", "r")))
	f.may("ada", vcc.AnswerCall, "x")
	f.may("ada", vcc.Consult, "x", number("1234"))
	f.do(heard(y, vcc.LineAnswered))
	f.mayNot(vcc.DeniedPhone, "a call of crm", "ada", vcc.Transfer, "x")
}

func TestConsultDenied(t *testing.T) {
	off := house()
	off.Telephony, off.CrossMediaConsult = false, false
	f := newFloor(t, off, "ada", "bob", "cy", "dee")
	f.may("dee", vcc.LogOut, "")
	f.do(vcc.Report{Kind: vcc.PanelChanged, Agent: "eve", Panel: &vcc.Panel{Alive: true}})
	f.do(ours("x", 0))
	f.mayNot(vcc.DeniedNotNow, "not connected", "ada", vcc.Consult, "x", agentTarget("bob"))
	f.may("ada", vcc.AnswerCall, "x")
	for _, tt := range []struct {
		to    vcc.Target
		why   vcc.Denial
		words string
	}{
		{vcc.Target{}, vcc.DeniedTarget, "choose"},
		{vcc.Target{Plan: "p"}, vcc.DeniedTarget, "choose"},
		{vcc.Target{Agent: "bob", Number: "123"}, vcc.DeniedTarget, "choose"},
		{agentTarget("ada"), vcc.DeniedTarget, "yourself"},
		{agentTarget("nobody"), vcc.DeniedUnknown, "no agent nobody"},
		{agentTarget("dee"), vcc.DeniedTarget, "dee: logged out"},
		{agentTarget("eve"), vcc.DeniedTarget, "eve: logged out"},
		{number("+44 20"), vcc.DeniedPhone, "no telephony is configured"},
	} {
		f.mayNot(tt.why, tt.words, "ada", vcc.Consult, "x", tt.to)
	}
	f.mayNot(vcc.DeniedNotNow, "consult nobody", "ada", vcc.Cancel, "x")

	f.do(ours("z", 1))
	f.mayNot(vcc.DeniedBusy, "bob: on a call", "ada", vcc.Consult, "x", agentTarget("bob")) // it only alerts
	f.do(vcc.Report{Kind: vcc.PanelChanged, Agent: "cy", Panel: &vcc.Panel{}})
	f.mayNot(vcc.DeniedTarget, "cy: ContactPad is not connected", "ada", vcc.Consult, "x", agentTarget("cy"))
	f.do(vcc.Report{Kind: vcc.PanelChanged, Agent: "cy", Panel: &vcc.Panel{Alive: true}})
	away := vcc.Command{ID: "away", Do: vcc.SetState, Agent: "cy", State: vcc.AgentState{Major: vcc.Away}}
	f.do(vcc.Report{Kind: vcc.Asked, Command: &away}) // does not matter
	f.may("ada", vcc.Consult, "x", agentTarget("cy"))
	f.mayNot(vcc.DeniedBusy, "already have a call", "ada", vcc.Consult, "x", agentTarget("dee"))
	f.mayNot(vcc.DeniedNotNow, "a consult itself", "ada", vcc.Consult, y, agentTarget("dee"))
	f.may("cy", vcc.AnswerCall, y)
	f.mayNot(vcc.DeniedNotNow, "a consult itself", "cy", vcc.Consult, y, agentTarget("dee"))
	f.mayNot(vcc.DeniedNotNow, "has answered", "ada", vcc.Cancel, "x")
	f.mayNot(vcc.DeniedNotYours, "not your consult", "cy", vcc.Cancel, y)

	on := newFloor(t, house(), "ada")
	on.do(ours("x", 0))
	on.may("ada", vcc.AnswerCall, "x")
	on.mayNot(vcc.DeniedTarget, "not a phone number", "ada", vcc.Consult, "x", number("call me"))
}

// TestCrossMediaConsult: from a chat or case, the call is beside it, whether it fits
// or not (A34).
func TestCrossMediaConsult(t *testing.T) {
	f := newFloor(t, house(), "ada", "bob")
	f.do(online("ada", "Cases", "Chat"), caseWork("k", 0))
	f.do(answer(vcc.Accepted, "k", 1))
	for _, id := range []vcc.InteractionID{"c1", "c2", "c3", "c4", "c5"} {
		f.do(chat(id, 1), answer(vcc.Accepted, id, 1))
		f.do(answer(vcc.Accepted, id, 1))
	}
	f.may("ada", vcc.Consult, "k", agentTarget("bob"))
	f.directed() // nobody is put on hold
	if got := f.load("ada"); got != 6+5*15+51 {
		t.Fatalf("load is %d", got)
	}
	const yk = "k-consult-1"
	f.may("bob", vcc.AnswerCall, yk)
	f.buttons("ada", yk, "hold, release")
	f.mayNot(vcc.DeniedNotNow, "no customer", "ada", vcc.Alternate, yk)
	f.mayNot(vcc.DeniedBusy, "already have a call", "ada", vcc.Consult, "c1", agentTarget("cy"))
	f.may("ada", vcc.Hold, yk)
	f.parties("bob", yk, "ada talking")
	// While over 100 nothing is offered; also no call, which would be the second.
	f.do(caseWork("k2", 2), ours("x", 3))
	f.directed()
	f.do(answer(vcc.Ended, "k", 1))
	f.state(yk, vcc.Connected)
	f.may("ada", vcc.Release, yk)
	f.state(yk, vcc.Closed)
	if len(f.out.Directives) == 0 {
		t.Error("with room again, nothing was offered")
	}
}

// TestConsultWhileOnCall: one call at a time (A35).
func TestConsultWhileOnCall(t *testing.T) {
	f := newFloor(t, house(), "ada", "bob")
	f.do(online("ada", "Cases"), caseWork("k", 0), ours("x", 0, func(r *vcc.Report) { r.Work.Prefer = "ada" }))
	f.do(answer(vcc.Accepted, "k", 1))
	f.mayNot(vcc.DeniedBusy, "already have a call", "ada", vcc.Consult, "k", agentTarget("bob")) // it alerts
	f.may("ada", vcc.AnswerCall, "x")
	f.mayNot(vcc.DeniedBusy, "already have a call", "ada", vcc.Consult, "k", agentTarget("bob"))
	f.may("ada", vcc.Release, "x")
	f.may("ada", vcc.Consult, "k", agentTarget("bob")) // wrapping up a call is not being on one
}

func TestConsultWrap(t *testing.T) {
	c := house()
	c.ConsultWrap = 10 * time.Second
	f := consulting(t, c)
	f.may("bob", vcc.Release, y)
	f.state(y, vcc.WrapUp)
	for _, a := range []vcc.AgentID{"ada", "bob"} {
		if got := f.card(a, y); got.State != vcc.CardWrapUp || !got.Until.Equal(at(15)) {
			t.Errorf("%s: %+v", a, got)
		}
	}
	f.later(10)
	f.state(y, vcc.Closed)
	// What was never answered needs no tidying up.
	f.may("ada", vcc.Consult, "x", agentTarget("bob"))
	f.may("bob", vcc.RejectCall, "x-consult-2")
	f.state("x-consult-2", vcc.Closed)
}

// TestLeave: who leaves ends their calls, and a colleague who is called is told.
func TestLeave(t *testing.T) {
	f := consulting(t, house())
	f.do(ours("z", 1))
	f.directed("offer z 1 cy")
	f.endAll("bob")
	f.told("ada", "hung up", "bob")
	f.endAll("cy")
	f.directed("offer z 2 bob")
	f.endAll("ada")
	f.state("x", vcc.WrapUp)
	if next, _ := f.Next(); next.IsZero() {
		t.Error("nothing waits for the wrap-up to end")
	}
}

// endAll ends the calls of an agent who leaves.
func (f *floor) endAll(a vcc.AgentID) {
	f.t.Helper()
	f.begin(f.now)
	f.endCalls(f.agents[a])
	f.out = f.finish()
	if err := auditCalls(f.Machine); err != nil {
		f.t.Fatal(err)
	}
}

func TestRestoreConsult(t *testing.T) {
	for name, f := range map[string]*floor{"rings": talking(t, house()), "talks": consulting(t, house()), "number": talking(t, house())} {
		t.Run(name, func(t *testing.T) {
			switch name {
			case "rings":
				f.may("ada", vcc.Consult, "x", agentTarget("bob"))
			case "talks":
				f.may("ada", vcc.Join, "x")
			case "number":
				f.may("ada", vcc.Consult, "x", number("1234"))
			}
			other := restarted(t, f, house())
			if got, want := other.item(y), f.item(y); !reflect.DeepEqual(got, want) {
				t.Fatalf("restored\n%+v\nfrom\n%+v", got, want)
			}
			for _, g := range []*floor{f, other} {
				g.later(15)
			}
			if got, want := other.item(y), f.item(y); got.State != want.State {
				t.Errorf("%s, want %s", got.State, want.State)
			}
		})
	}
	t.Run("a part is missing", func(t *testing.T) {
		f := consulting(t, house())
		for _, gone := range []int{1, 2} {
			x := f.item(y)
			x.Legs = append([]vcc.Leg{}, x.Legs...)
			x.Legs = append(x.Legs[:gone-1], x.Legs[gone:]...)
			m := newMachine(t, house())
			m.Restore(f.now, []vcc.Interaction{f.item("x"), x}, nil)
			if err := auditCalls(m); err != nil {
				t.Fatal(err)
			}
			if got, _ := m.Interaction(y); got.State != vcc.Closed {
				t.Errorf("without part %d it is %s", gone, got.State)
			}
		}
	})
}

// restarted returns a floor restored from the rows of f.
func restarted(t *testing.T, f *floor, c Config) *floor {
	other := &floor{desk: newDesk(t, c)}
	other.now = f.now
	out := other.Restore(f.now, slices.Collect(f.Interactions()), slices.Collect(f.Agents()))
	if len(out.Interactions)+len(out.Directives) > 0 {
		t.Fatalf("restoring changed %+v", out)
	}
	return other
}

func TestDialable(t *testing.T) {
	for _, tt := range []struct {
		text, want string
		ok         bool
	}{
		{"+44 20 7946 0018", "+442079460018", true},
		{"(020) 7946.0018", "02079460018", true},
		{"999", "999", true},
		{"*121#", "*121#", true},
		{"12", "", false},
		{"", "", false},
		{"+", "", false},
		{"44+20", "", false},
		{"12a4", "", false},
		{"tel:123", "", false},
		{strings.Repeat("1", 21), "", false},
		{strings.Repeat("*", 60) + "12", "", false},
	} {
		got, ok := dialable(tt.text)
		if ok != tt.ok || ok && got != tt.want {
			t.Errorf("dialable(%q) = %q, %v", tt.text, got, ok)
		}
	}
}

func TestConsultConfig(t *testing.T) {
	for _, tt := range []struct {
		c     Config
		wrong string
	}{
		{Config{ConsultWithin: 5 * time.Second}, ""},
		{Config{ConsultWithin: 180 * time.Second}, ""},
		{Config{ConsultWithin: 4 * time.Second}, "ConsultWithin is 4s"},
		{Config{ConsultWithin: 181 * time.Second}, "ConsultWithin is 3m1s"},
		{Config{ConsultWrap: -time.Second}, "ConsultWrap is -1s"},
		{Config{Plans: []vcc.Plan{{ID: consultPlan}}}, "kept for consults"},
	} {
		_, err := New(tt.c)
		if tt.wrong == "" && err != nil || tt.wrong != "" && (err == nil || !strings.Contains(err.Error(), tt.wrong)) {
			t.Errorf("%+v: %v, want %q", tt.c.ConsultWithin, err, tt.wrong)
		}
	}
}

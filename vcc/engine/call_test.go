package engine

import (
	"strings"
	"testing"
	"time"

	"omnibridge/vcc"
)

func TestCall(t *testing.T) {
	f := newFloor(t, Config{Telephony: true, DefaultPlan: vcc.Plan{WrapUp: 30 * time.Second}}, "ada")
	f.do(ours("x", 0))
	f.directed("offer x 1 ada")
	f.state("x", vcc.Alerted) // nobody else delivers it
	f.buttons("ada", "x", "answer, reject")
	f.mayNot(vcc.DeniedNotNow, "not connected", "ada", vcc.Hold, "x")

	f.later(5)
	f.may("ada", vcc.AnswerCall, "x")
	f.directed("move x ada", "pop x ada +44 20 7946 0018")
	f.state("x", vcc.Connected)
	f.may("ada", vcc.AnswerCall, "x") // from another panel
	f.directed()
	f.parties("ada", "x", "Maria Lopez talking")
	f.buttons("ada", "x", "hold, consult, release")
	f.mayNot(vcc.DeniedNotNow, "not on hold", "ada", vcc.Retrieve, "x")
	f.mayNot(vcc.DeniedNotNow, "does not alert", "ada", vcc.RejectCall, "x")

	f.may("ada", vcc.Hold, "x")
	f.directed("hold x ada")
	f.later(10)
	if c := f.card("ada", "x"); c.State != vcc.CardHeld || !c.HeldSince.Equal(at(5)) {
		t.Fatalf("%+v", c)
	}
	f.parties("ada", "x", "Maria Lopez on hold")
	f.buttons("ada", "x", "retrieve, consult, release")
	f.mayNot(vcc.DeniedNotNow, "on hold already", "ada", vcc.Hold, "x")
	f.may("ada", vcc.Retrieve, "x")
	f.directed("retrieve x ada")

	f.may("ada", vcc.Hold, "x")
	f.may("ada", vcc.Release, "x")
	f.directed("hang up x ada")
	f.state("x", vcc.WrapUp) // at once
	f.parties("ada", "x")
	f.mayNot(vcc.DeniedNotNow, "released already", "ada", vcc.Release, "x")
	f.later(30)
	f.state("x", vcc.Closed)
	if x := f.item("x"); x.Outcome != "released" {
		t.Errorf("outcome is %q", x.Outcome)
	}
}

// TestCallUnanswered: a call that nobody takes up goes to the next agent at once.
func TestCallUnanswered(t *testing.T) {
	for _, tt := range []struct {
		name string
		do   func(*floor)
		why  string
	}{
		{"rejected", func(f *floor) { f.may("ada", vcc.RejectCall, "x") }, "ada declined"},
		{"released while it alerts", func(f *floor) { f.may("ada", vcc.Release, "x") }, "ada declined"},
		{"not answered in time", func(f *floor) { f.later(19); f.directed(); f.later(1) }, "ada did not answer in time"},
		{"panel lost", func(f *floor) {
			f.do(vcc.Report{Kind: vcc.PanelChanged, Agent: "ada", Panel: &vcc.Panel{}})
		}, "ada became unavailable"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := newFloor(t, Config{}, "ada", "bob")
			f.do(ours("x", 0))
			f.directed("offer x 1 ada")
			tt.do(f)
			f.directed("offer x 2 bob")
			if why := f.out.Decisions[0].Why; !strings.HasPrefix(why, tt.why) {
				t.Errorf("why: %s", why)
			}
			f.noCard("ada", "x")
			f.mayNot(vcc.DeniedNotYours, "", "ada", vcc.AnswerCall, "x")
			f.may("bob", vcc.AnswerCall, "x")
		})
	}
}

func TestCallNotDeliveredByUs(t *testing.T) {
	f := newFloor(t, Config{}, "ada")
	f.do(online("ada", "Chat"), chat("c", 0))
	f.mayNot(vcc.DeniedClass, "Omni-Channel", "ada", vcc.AnswerCall, "c")
	f.mayNot(vcc.DeniedClass, "Omni-Channel", "ada", vcc.RejectCall, "c")
	f.do(answer(vcc.Accepted, "c", 1))
	for _, do := range []vcc.CommandKind{vcc.Hold, vcc.Retrieve, vcc.Alternate, vcc.Join, vcc.Transfer} {
		f.mayNot(vcc.DeniedClass, "", "ada", do, "c")
	}
	f.mayNot(vcc.DeniedSwitch, "switched off", "ada", vcc.Consult, "c", agentTarget("bob"))
}

func TestOneCallAtATime(t *testing.T) {
	f := newFloor(t, Config{Sizes: vcc.Sizes{Live: 51, SemiLive: 15, NonLive: 6}}, "ada")
	f.do(ours("x", 0), ours("y", 1))
	f.directed("offer x 1 ada")
	f.may("ada", vcc.AnswerCall, "x")
	f.directed("pop x ada +44 20 7946 0018")
	f.may("ada", vcc.Release, "x")
	f.directed("offer y 1 ada")
}

func TestCallerHangsUp(t *testing.T) {
	t.Run("waiting", func(t *testing.T) {
		f := newFloor(t, Config{})
		f.do(ours("x", 0))
		f.do(heard("x", vcc.LineHungUp))
		f.state("x", vcc.Closed)
	})
	t.Run("alerting", func(t *testing.T) {
		f := newFloor(t, Config{DefaultPlan: vcc.Plan{WrapUp: 30 * time.Second}}, "ada")
		f.do(ours("x", 0))
		f.do(heard("x", vcc.LineHungUp))
		f.state("x", vcc.Closed)
		f.noCard("ada", "x")
	})
	t.Run("on hold", func(t *testing.T) {
		f := newFloor(t, Config{Telephony: true, DefaultPlan: vcc.Plan{WrapUp: 30 * time.Second}}, "ada")
		f.do(ours("x", 0))
		f.may("ada", vcc.AnswerCall, "x")
		f.may("ada", vcc.Hold, "x")
		f.do(heard("x", vcc.LineHungUp))
		f.directed() // there is nothing left to hang up
		if !f.item("x").Call.Gone {
			t.Error("the customer is not gone")
		}
		f.state("x", vcc.WrapUp)
		if out := f.do(heard("x", vcc.LineHungUp)); out.Late != 1 || len(out.Interactions) > 0 {
			t.Errorf("%+v", out)
		}
	})
	t.Run("what makes no sense", func(t *testing.T) {
		f := newFloor(t, Config{}, "ada")
		f.do(ours("x", 0))
		if out := f.do(heard("x", vcc.LineBusy)); len(out.Decisions) != 1 || len(out.Interactions) > 0 {
			t.Errorf("%+v", out)
		}
		if out := f.do(heard("nothing", vcc.LineHungUp)); out.Late != 1 {
			t.Errorf("%+v", out)
		}
	})
}

// TestProvider: who brought a call is told, until it says that it was told.
func TestProvider(t *testing.T) {
	c := Config{Telephony: true}
	f := newFloor(t, c, "ada")
	f.do(ours("x", 0, by("crm", "r1")))
	f.may("ada", vcc.AnswerCall, "x")
	f.directed("pop x ada +44 20 7946 0018", "tell x AssignToAgent:ada") // its calls are not on our network
	f.may("ada", vcc.Release, "x")
	f.directed("tell x AssignToAgent:ada Release:ada")
	owed := f.item("x").Owed
	if len(owed) != 2 || owed[0].ID == owed[1].ID {
		t.Fatalf("%+v", owed)
	}
	f.do(vcc.Report{Kind: vcc.Told, Interaction: "x", Words: []string{owed[0].ID, "unknown"}})
	if left := f.item("x").Owed; len(left) != 1 || left[0] != owed[1] {
		t.Fatalf("left %+v", left)
	}
	// What was said is not known after a restart.
	other := newMachine(t, c)
	f.out = other.Restore(f.now, []vcc.Interaction{f.item("x")}, nil)
	f.directed("tell x Release:ada")
	f.do(vcc.Report{Kind: vcc.Told, Interaction: "x", Words: []string{owed[1].ID}})
	if out := f.do(vcc.Report{Kind: vcc.Told, Interaction: "x", Words: []string{owed[1].ID}}); len(out.Interactions) > 0 {
		t.Error("told twice changed something")
	}

	t.Run("repeats", func(t *testing.T) {
		f := newFloor(t, Config{}, "ada")
		f.do(ours("x", 0, by("crm", "r1")))
		f.may("ada", vcc.AnswerCall, "x")
		for _, request := range []string{"r1", "r2"} { // nobody takes a customer from an agent
			if out := f.do(ours("x", 7, by("crm", request))); len(out.Interactions) > 0 {
				t.Fatalf("%s: %+v", request, out)
			}
		}
		f.do(vcc.Report{Kind: vcc.Withdrawn, Interaction: "x", Reason: vcc.CustomerLeft})
		f.directed("tell x AssignToAgent:ada Release:ada") // also when the provider ends it
		f.do(ours("x", 0, by("crm", "r1")))
		f.state("x", vcc.Closed)
		f.do(ours("x", 9, by("crm", "r3")))
		f.directed("offer x 2 ada")
	})
	t.Run("permits", func(t *testing.T) {
		f := newFloor(t, Config{}, "ada")
		f.do(ours("x", 0, by("crm", "r1"), func(r *vcc.Report) { r.Call.Deny = []vcc.CommandKind{vcc.Hold, vcc.Release} }))
		f.may("ada", vcc.AnswerCall, "x")
		f.mayNot(vcc.DeniedSwitch, "crm does not permit", "ada", vcc.Hold, "x")
		f.mayNot(vcc.DeniedSwitch, "crm does not permit", "ada", vcc.Release, "x")
		f.mayNot(vcc.DeniedSwitch, "crm does not permit", "ada", vcc.Retrieve, "x")
		f.buttons("ada", "x", "hold x, consult x, release x")
		f.mayNot(vcc.DeniedSwitch, "crm does not permit", "ada", vcc.Consult, "x", number("1234")) // which needs hold
	})
}

// TestChannelless: what the Interactions API brings without a call is delivered by
// ContactPad too.
func TestChannelless(t *testing.T) {
	f := newFloor(t, Config{Plans: []vcc.Plan{{ID: "p"}}}, "ada", "bob")
	f.do(ours("x", 0, by("crm", "r1"), func(r *vcc.Report) { r.Work.Class, r.Work.Record = vcc.NonLive, "500A" }))
	f.directed("offer x 1 ada")
	f.buttons("ada", "x", "answer, reject")
	f.may("ada", vcc.AnswerCall, "x")
	f.directed("pop x ada 500A+44 20 7946 0018", "tell x AssignToAgent:ada")
	f.buttons("ada", "x", "transfer, release")
	f.mayNot(vcc.DeniedClass, "", "ada", vcc.Hold, "x")
	f.later(5)
	f.may("ada", vcc.Transfer, "x", vcc.Target{Plan: "p"})
	f.directed("offer x 2 bob") // nobody has to requeue it elsewhere first
	if w := f.item("x").Work; w.Plan != "p" || !w.Since.Equal(at(5)) || f.item("x").Sender != "ada" {
		t.Fatalf("%+v", f.item("x"))
	}
	f.may("bob", vcc.RejectCall, "x")
	f.may("ada", vcc.TakeBack, "x")
	f.directed("offer x 3 ada")
	f.may("ada", vcc.AnswerCall, "x")
	f.later(180) // bob may be asked again
	f.may("ada", vcc.Transfer, "x", agentTarget("bob"))
	f.directed("offer x 4 bob")
	f.may("bob", vcc.AnswerCall, "x")
	f.may("bob", vcc.Release, "x")
	f.state("x", vcc.Closed)

	f = newFloor(t, Config{Plans: []vcc.Plan{{ID: "p"}}}, "ada", "bob")
	f.do(ours("x", 0, by("crm", "r1"), func(r *vcc.Report) {
		r.Work.Class, r.Work.Record, r.Call.DenyPlans = vcc.NonLive, "500A", true
	}))
	f.may("ada", vcc.AnswerCall, "x")
	f.mayNot(vcc.DeniedTarget, "crm does not permit", "ada", vcc.Transfer, "x", vcc.Target{Plan: "p"})
	f.may("ada", vcc.Release, "x")
	f.directed("tell x AssignToAgent:ada Release:ada")
	f.state("x", vcc.Closed)

	f.do(ours("y", 0, by("crm", "r2"), func(r *vcc.Report) {
		r.Work.Class, r.Work.Record, r.Call.DenyAgents = vcc.NonLive, "500B", true
	}))
	f.may("bob", vcc.AnswerCall, "y")
	f.mayNot(vcc.DeniedTarget, "crm does not permit transfers to agents", "bob", vcc.Transfer, "y", agentTarget("ada"))
	f.may("bob", vcc.Transfer, "y", vcc.Target{Plan: "p"})
}

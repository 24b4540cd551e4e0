package engine

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"omnibridge/vcc"
)

// TestShown holds the words of the state bar (vcc.md 5.1, A42): the most demanding
// interaction decides, and nothing of it is stored.
func TestShown(t *testing.T) {
	sizes := vcc.Sizes{Live: 51, SemiLive: 15, NonLive: 6}
	f := newFloor(t, Config{Sizes: sizes, Telephony: true, DefaultPlan: vcc.Plan{WrapUp: 10 * time.Second}}, "ada", "bob")
	f.enter("bob", stAway)
	f.do(online("ada", "Chat", "Cases"))
	f.later(60, caseWork("k", 50))
	shown := func(want, mark string, since int) {
		t.Helper()
		if d := mustDesk(f, "ada"); d.Shown != want || d.Mark != mark || !d.ShownSince.Equal(at(since)) {
			t.Fatalf("%q (%s) since %s, want %q (%s) since %s", d.Shown, d.Mark, d.ShownSince, want, mark, at(since))
		}
	}
	shown("Ready (Idle)", "ready", 0) // alerting is not working yet
	f.later(5, answer(vcc.Accepted, "k", 1))
	shown("Ready (Working)", "working", 65)
	f.later(5, ours("c", 0))
	f.may("ada", vcc.AnswerCall, "c")
	shown("Busy Inbound", "working", 70)
	f.later(5)
	f.may("ada", vcc.Consult, "c", agentTarget("bob"))
	shown("Busy Inbound", "working", 70)
	f.may("bob", vcc.AnswerCall, "c-consult-1")
	if d := mustDesk(f, "bob"); d.Shown != "Busy Internal" {
		t.Errorf("%+v", d)
	}
	f.later(5)
	f.may("ada", vcc.Release, "c-consult-1")
	f.may("ada", vcc.Release, "c")
	shown("Ready (Working)", "working", 65)
	f.later(5, answer(vcc.Ended, "k", 1))
	shown("Wrap Up", "working", 80)
	f.later(10)
	shown("Ready (Idle)", "ready", 95)
	f.enter("ada", vcc.AgentState{Major: vcc.ExtendedAway})
	shown("Extended Away", "away", 95)
}

func TestCards(t *testing.T) {
	sizes := vcc.Sizes{Live: 51, SemiLive: 15, NonLive: 6}
	plans := []vcc.Plan{{ID: "p", Label: "Orders", WrapUp: time.Minute}}
	f := newFloor(t, Config{Sizes: sizes, Plans: plans}, "ada")
	f.now = at(100)
	f.do(on("ada"), caseWork("k", 10, plan("p")), chat("x", 20), ours("c", 30), chat("y", 40))
	f.later(5, answer(vcc.Accepted, "k", 1))
	f.later(5, answer(vcc.Accepted, "y", 1))
	f.may("ada", vcc.AnswerCall, "c")
	var order []string
	d := mustDesk(f, "ada")
	for _, c := range d.Cards {
		order = append(order, string(c.Interaction)+" "+string(c.State))
	}
	if got := strings.Join(order, ", "); got != "x alerting, c connected, y connected, k connected" {
		t.Errorf("order: %s", got)
	}
	k := f.card("ada", "k")
	if k.Waited != 95*time.Second || k.PlanLabel != "Orders" || !k.Since.Equal(at(105)) || k.Size != 6 || k.Name != "rk" || !k.Until.IsZero() {
		t.Errorf("%+v", k)
	}
	if x := f.card("ada", "x"); x.Waited != 80*time.Second || !x.Until.Equal(at(130)) || !x.Since.Equal(at(100)) {
		t.Errorf("%+v", x)
	}
	if d.Load != 51+15+15+6 {
		t.Errorf("load %d", d.Load)
	}
	f.later(10, answer(vcc.Ended, "k", 1))
	if k := f.card("ada", "k"); k.State != vcc.CardWrapUp || !k.Since.Equal(at(120)) || !k.Until.Equal(at(180)) || k.Waited != 95*time.Second {
		t.Errorf("%+v", k)
	}
	data, err := json.Marshal(mustDesk(f, "ada"))
	if err != nil || strings.Contains(string(data), `"cards":null`) || strings.Contains(string(data), `"actions":null`) || strings.Contains(string(data), `"notices":null`) {
		t.Errorf("%s, %v", data, err)
	}
	if _, ok := f.Desk("nobody"); ok {
		t.Error("nobody has a desk")
	}
}

// TestActivities is the table of vcc.md 1: what each class has, and nothing else.
func TestActivities(t *testing.T) {
	all := []vcc.CommandKind{vcc.Release, vcc.Abandon, vcc.Hold, vcc.Retrieve, vcc.Alternate, vcc.Join, vcc.Consult, vcc.Transfer}
	for _, tt := range []struct {
		class   vcc.Class
		cross   bool
		buttons string
		never   []vcc.CommandKind
		code    vcc.Denial
	}{
		{vcc.SemiLive, false, "release", []vcc.CommandKind{vcc.Hold, vcc.Retrieve, vcc.Alternate, vcc.Join, vcc.Transfer}, vcc.DeniedClass},
		{vcc.SemiLive, true, "consult, release", []vcc.CommandKind{vcc.Hold, vcc.Retrieve, vcc.Alternate, vcc.Join, vcc.Transfer}, vcc.DeniedClass},
		{vcc.NonLive, false, "transfer, release", []vcc.CommandKind{vcc.Hold, vcc.Retrieve, vcc.Alternate, vcc.Join}, vcc.DeniedClass},
		{vcc.NonLive, true, "consult, transfer, release", []vcc.CommandKind{vcc.Hold, vcc.Retrieve, vcc.Alternate, vcc.Join}, vcc.DeniedClass},
	} {
		f := newFloor(t, Config{CrossMediaConsult: tt.cross}, "ada")
		f.do(online("ada", "W"), work("x", tt.class, "W", 0))
		f.buttons("ada", "x", "show work")
		f.do(answer(vcc.Accepted, "x", 1))
		f.buttons("ada", "x", tt.buttons)
		for _, do := range tt.never {
			f.mayNot(tt.code, "", "ada", do, "x", agentTarget("bob"))
		}
		if !tt.cross {
			f.mayNot(vcc.DeniedSwitch, "switched off", "ada", vcc.Consult, "x", agentTarget("bob"))
		}
		for _, do := range all {
			f.mayNot(vcc.DeniedUnknown, "", "ada", do, "nothing")
			f.mayNot(vcc.DeniedLoggedOut, "", "bob", do, "x")
		}
	}
}

// TestProviderNarrows: what who brought it does not permit is off, and refused.
func TestProviderNarrows(t *testing.T) {
	f := newFloor(t, Config{CrossMediaConsult: true}, "ada")
	r := caseWork("x", 0)
	r.Call = &vcc.Call{Provider: "acme", Deny: []vcc.CommandKind{vcc.Transfer, vcc.Release}}
	f.do(on("ada"), r)
	f.do(answer(vcc.Accepted, "x", 1))
	f.buttons("ada", "x", "consult, transfer x, release x")
	f.mayNot(vcc.DeniedSwitch, "acme", "ada", vcc.Transfer, "x", agentTarget("bob"))
	f.mayNot(vcc.DeniedSwitch, "acme", "ada", vcc.Release, "x")
}

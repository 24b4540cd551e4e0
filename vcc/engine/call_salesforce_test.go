package engine

import (
	"testing"

	"omnibridge/vcc"
)

// TestCallsOfSalesforce holds that a call which Salesforce delivers is not ours to hold or
// to give on, also with a colleague consulted about it.
func TestCallsOfSalesforce(t *testing.T) {
	f := newFloor(t, Config{Telephony: true, CrossMediaConsult: true}, "ada", "bob")
	f.do(online("ada", "Phone"), call("v", 0))
	f.do(answer(vcc.Accepted, "v", 1))
	f.buttons("ada", "v", "consult, release")
	f.may("ada", vcc.Consult, "v", agentTarget("bob"))
	if c := f.card("ada", "v"); !c.HeldSince.IsZero() {
		t.Errorf("it is on hold since %v, and nothing can take it off", c.HeldSince)
	}
	f.may("bob", vcc.AnswerCall, "v-consult-1")
	for _, do := range []vcc.CommandKind{vcc.Hold, vcc.Retrieve, vcc.Alternate, vcc.Join, vcc.Transfer} {
		if got := f.ask("ada", do, "v", agentTarget("bob")); got.OK {
			t.Errorf("%s: %+v", do, got)
		}
	}
	f.may("ada", vcc.Release, "v-consult-1")
	f.do(vcc.Report{Kind: vcc.Moved, Interaction: "mine", Agent: "ada", Offer: 1, Work: ours("mine", 0).Work})
	if _, known := f.Interaction("mine"); known {
		t.Error("Salesforce gave somebody what it does not have")
	}
	f.do(ours("l", 0))
	x, _ := f.Interaction("l")
	f.do(vcc.Report{Kind: vcc.Moved, Interaction: "l", Agent: "bob", Offer: x.Offers + 1})
	if got, _ := f.Interaction("l"); got.Offers != x.Offers {
		t.Errorf("Salesforce moved a call that it does not have: %+v", got)
	}
	f.do(vcc.Report{Kind: vcc.Moved, Interaction: "v", Agent: "bob", Offer: 2, Work: ours("v", 0).Work})
	if got, _ := f.Interaction("v"); got.Work.Channel != "Phone" || got.Call != nil || got.Offers != 1 {
		t.Errorf("a move made what Salesforce has ours: %+v", got)
	}
}

package engine

import (
	"slices"
	"testing"
	"time"

	"omnibridge/vcc"
)

// TestTransferThatSomethingElseOvertook holds that nothing counts as transferred which
// left its agent in another way while the transfer was under way.
func TestTransferThatSomethingElseOvertook(t *testing.T) {
	for _, over := range []vcc.Report{
		{Kind: vcc.Withdrawn, Interaction: "k", Reason: vcc.LeftRouting},
		{Kind: vcc.Moved, Interaction: "k", Agent: "bob", Offer: 2},
		answer(vcc.Ended, "k", 1),
	} {
		f := newFloor(t, Config{Plans: []vcc.Plan{{ID: "p", WrapUp: time.Minute}, {ID: "q"}}}, "ada")
		f.do(online("ada", "Cases"), caseWork("k", 0, plan("p")))
		f.do(answer(vcc.Accepted, "k", 1))
		f.may("ada", vcc.Transfer, "k", vcc.Target{Plan: "q"})
		f.do(over)
		c := f.card("ada", "k")
		if c.State != vcc.CardWrapUp || c.Transferred != "" {
			t.Errorf("after %s her card says %s, transferred to %q", over, c.State, c.Transferred)
		}
		f.buttons("ada", "k", "finish wrap")
	}
}

// TestOfferNumbersAreStored holds that the number which an arrival brings is stored, also
// if it brings nothing else.
func TestOfferNumbersAreStored(t *testing.T) {
	d := newDesk(t, Config{})
	d.step(chat("x", 0))
	again := chat("x", 0)
	again.Offer = 5
	if out := d.step(again); !slices.Contains(out.Interactions, "x") || d.item("x").Offers != 5 {
		t.Errorf("changed %v, at offer %d", out.Interactions, d.item("x").Offers)
	}
	d.offers(d.step(online("ada", "Chat")), "x/6 ada")
}

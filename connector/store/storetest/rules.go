package storetest

import (
	"strings"
	"testing"

	"omnibridge/connector/store"
	"omnibridge/omnichannel"
	"omnibridge/vcc"
)

// testConstraints breaks each rule once, in the middle of a change whose other
// rows are right: the rule is named, and nothing of the change is stored.
func testConstraints(t *testing.T, b Backend) {
	chain := func(f func(*omnichannel.Chain)) store.Change {
		x := Chain("bad")
		f(&x)
		return store.Change{Chains: []omnichannel.Chain{x}}
	}
	work := func(f func(*vcc.Interaction)) store.Change {
		x := Interaction("bad")
		f(&x)
		return store.Change{Interactions: []vcc.Interaction{x}}
	}
	leg := func(f func(*vcc.Leg)) store.Change {
		return work(func(x *vcc.Interaction) { f(&x.Legs[0]) })
	}
	second := func(offer int, first, other vcc.State) store.Change {
		return work(func(x *vcc.Interaction) {
			x.Legs[0].State = first
			x.Legs = append(x.Legs, vcc.Leg{Offer: offer, Agent: "x", State: other, Size: 1})
		})
	}
	for _, tt := range []struct {
		name   string
		change store.Change
		rule   store.Rule
		about  vcc.InteractionID
	}{
		{"PSR pushed twice", chain(func(x *omnichannel.Chain) { x.PSR = "0JRheld" }), store.OnePush, "bad"},
		{"PSR pushed while taken back", chain(func(x *omnichannel.Chain) { x.PSR, x.State = "0JRheld", omnichannel.Pushing }), store.OnePush, "bad"},
		{"PSR taken back while pushed", chain(func(x *omnichannel.Chain) { x.PSR, x.State = "0JRheld", omnichannel.Retracting }), store.OnePush, "bad"},
		{"offered twice", second(2, vcc.Offered, vcc.Offered), store.OneLiveOffer, "bad"},
		{"offered while alerting", second(2, vcc.Alerted, vcc.Offered), store.OneLiveOffer, "bad"},
		{"alerting while connected", second(2, vcc.Connected, vcc.Alerted), store.OneLiveOffer, "bad"},
		{"connected twice", second(2, vcc.Connected, vcc.Connected), store.OneLiveOffer, "bad"},
		{"number used twice", second(1, vcc.WrapUp, vcc.WrapUp), store.OfferOnce, "bad"},
		{"offer 0", leg(func(l *vcc.Leg) { l.Offer = 0 }), store.OfferNumber, "bad"},
		{"chain offer below 0", chain(func(x *omnichannel.Chain) { x.Offer = -1 }), store.OfferNumber, "bad"},
		{"offers below 0", work(func(x *vcc.Interaction) { x.Offers = -1 }), store.OfferNumber, "bad"},
		{"size 0", leg(func(l *vcc.Leg) { l.Size = 0 }), store.SizeRange, "bad"},
		{"size 101", leg(func(l *vcc.Leg) { l.Size = 101 }), store.SizeRange, "bad"},
		{"serial below 0", chain(func(x *omnichannel.Chain) { x.Serial = -1 }), store.SerialRange, "bad"},
		{"chain state", chain(func(x *omnichannel.Chain) { x.State = "lost" }), store.KnownState, "bad"},
		{"no chain state", chain(func(x *omnichannel.Chain) { x.State = "" }), store.KnownState, "bad"},
		{"interaction state", work(func(x *vcc.Interaction) { x.State = "lost" }), store.KnownState, "bad"},
		{"leg state", leg(func(l *vcc.Leg) { l.State = vcc.Waiting }), store.KnownState, "bad"},
		{"leg without agent", leg(func(l *vcc.Leg) { l.Agent = "" }), store.Named, "bad"},
		{"chain without id", chain(func(x *omnichannel.Chain) { x.Interaction = "" }), store.Named, ""},
		{"interaction without id", work(func(x *vcc.Interaction) { x.ID = "" }), store.Named, ""},
		{"id that is no text", work(func(x *vcc.Interaction) { x.ID = "a\xff" }), store.Named, "a\xff"},
		{"agent without id", store.Change{Agents: []vcc.Agent{{}}}, store.Named, ""},
		{"agent with a nul", store.Change{Agents: []vcc.Agent{{ID: "a\x00b"}}}, store.Named, ""},
		{"cursor without channel", store.Change{Cursors: cursors(Cursor("", 1))}, store.Named, ""},
		{"effect without id", store.Change{Effects: []omnichannel.Effect{{Interaction: "bad"}}}, store.Named, "bad"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := b.Fresh(t)
			held := Turn("held", 1)
			commit(t, s, held)
			before := stateOf(t, s)
			c := Turn("good", 2)
			c.ForgetInteractions, c.Done, c.Agents = []vcc.InteractionID{"held"}, []string{"held/1"}, []vcc.Agent{Agent("x")}
			c.Chains = append(c.Chains, tt.change.Chains...)
			c.Interactions = append(c.Interactions, tt.change.Interactions...)
			c.Agents = append(c.Agents, tt.change.Agents...)
			c.Cursors = append(c.Cursors, tt.change.Cursors...)
			c.Effects = append(c.Effects, tt.change.Effects...)
			err := s.Commit(t.Context(), c)
			var got *store.ConstraintError
			if !asError(err, &got) {
				t.Fatalf("Commit: %v", err)
			}
			if got.Rule != tt.rule || got.Interaction != tt.about || got.Detail == "" || strings.Contains(got.Detail, "%!") {
				t.Errorf("refused with %+v, want rule %q of interaction %q", got, tt.rule, tt.about)
			}
			if d := diff(before, stateOf(t, s)); d != "" {
				t.Errorf("something was stored (-before +after):\n%s", d)
			}
			commit(t, s, Turn("good", 2)) // the store goes on
		})
	}
}

// testPSRChangesHands: the rule is about the state after the change, in whatever
// order the rows come.
func testPSRChangesHands(t *testing.T, b Backend) {
	with := func(id vcc.InteractionID, st omnichannel.State, psr omnichannel.PSRID) omnichannel.Chain {
		x := Chain(id)
		x.State, x.PSR = st, psr
		return x
	}
	for _, tt := range []struct {
		name string
		rows []omnichannel.Chain
	}{
		{"taken over, old first", []omnichannel.Chain{with("a", omnichannel.Gone, "p"), with("b", omnichannel.Alerting, "p")}},
		{"taken over, new first", []omnichannel.Chain{with("b", omnichannel.Alerting, "p"), with("a", omnichannel.Gone, "p")}},
		{"traded", []omnichannel.Chain{with("a", omnichannel.Alerting, "q"), with("b", omnichannel.Pushing, "p")}},
		{"passed on", []omnichannel.Chain{with("b", omnichannel.Alerting, "p"), with("a", omnichannel.Alerting, "r")}},
		{"none known", []omnichannel.Chain{with("a", omnichannel.Alerting, ""), with("b", omnichannel.Alerting, "")}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := b.Fresh(t)
			commit(t, s, store.Change{Chains: []omnichannel.Chain{with("a", omnichannel.Alerting, "p"), with("b", omnichannel.Alerting, "q")}})
			commit(t, s, store.Change{Chains: tt.rows})
			got := map[vcc.InteractionID]omnichannel.PSRID{}
			for _, x := range stateOf(t, s).Snapshot.Chains {
				got[x.Interaction] = x.PSR
			}
			for _, x := range tt.rows {
				if got[x.Interaction] != x.PSR {
					t.Errorf("%s has PSR %q, want %q", x.Interaction, got[x.Interaction], x.PSR)
				}
			}
		})
	}
}

package engine

import (
	"fmt"
	"testing"
	"time"

	"omnibridge/vcc"
)

// TestDocumentedMixes holds the worked example of vcc.md 2: sizes 51, 33 and 20.
func TestDocumentedMixes(t *testing.T) {
	sizes := vcc.Sizes{Live: 51, SemiLive: 33, NonLive: 20}
	for _, tt := range []struct {
		live, semi, non int
		load            int // of the whole mix
		fits            bool
	}{
		{1, 0, 2, 91, true}, {1, 1, 0, 84, true}, {0, 1, 3, 93, true}, {0, 2, 1, 86, true},
		{0, 0, 5, 100, true}, {0, 3, 0, 99, true},
		{2, 0, 0, 102, false}, {1, 0, 3, 111, false}, {0, 0, 6, 120, false}, {0, 4, 0, 132, false},
	} {
		t.Run(fmt.Sprintf("%d live %d semi-live %d non-live", tt.live, tt.semi, tt.non), func(t *testing.T) {
			d := newDesk(t, Config{Sizes: sizes})
			d.step(online("ada", "Phone", "Chat", "Cases"))
			n, offered := 0, 0
			add := func(k int, class vcc.Class, channel vcc.Channel) {
				for range k {
					n++
					id := vcc.InteractionID(fmt.Sprint("i", n))
					out := d.step(work(id, class, channel, n))
					if got := len(offersOf(out)); got == 1 {
						offered++
						d.step(answer(vcc.Accepted, id, 1))
					}
				}
			}
			add(tt.live, vcc.Live, "Phone")
			add(tt.semi, vcc.SemiLive, "Chat")
			add(tt.non, vcc.NonLive, "Cases")
			if fits := offered == n; fits != tt.fits {
				t.Fatalf("%d of %d were offered, load %d; the mix should fit: %v", offered, n, d.load("ada"), tt.fits)
			}
			if load := d.load("ada"); tt.fits && load != tt.load || load > 100 {
				t.Errorf("load is %d, want %d", load, tt.load)
			}
			if !tt.fits && offered != n-1 {
				t.Errorf("%d of %d were offered: only the last should not fit", offered, n)
			}
		})
	}
}

func TestCapacity(t *testing.T) {
	t.Run("a call excludes everything by default", func(t *testing.T) {
		d := newDesk(t, Config{})
		out := d.step(online("ada", "Phone", "Chat"), call("c", 0), chat("x", 1))
		d.offers(out, "c/1 ada")
		d.state("x", vcc.Waiting)
	})
	t.Run("at most one live, whatever the size", func(t *testing.T) {
		// Wrap-up that frees capacity leaves the class free too.
		d := newDesk(t, Config{WrapFreesCapacity: true, Plans: []vcc.Plan{{ID: "p", WrapUp: time.Minute}}})
		d.step(online("ada", "Phone"), call("c", 0, plan("p")), call("e", 1, plan("p")))
		d.step(answer(vcc.Accepted, "c", 1))
		d.state("e", vcc.Waiting)
		d.offers(d.step(answer(vcc.Ended, "c", 1)), "e/1 ada")
	})
	t.Run("at most one live, also if an old one was smaller", func(t *testing.T) {
		d := newDesk(t, Config{Sizes: vcc.Sizes{Live: 51, SemiLive: 33, NonLive: 20}})
		d.Restore(t0, []vcc.Interaction{{
			ID: "c", State: vcc.Connected, Work: *call("c", 0).Work, Legs: []vcc.Leg{{Offer: 1, Agent: "ada", State: vcc.Connected, Size: 40}},
		}}, nil)
		d.offers(d.step(online("ada", "Phone", "Chat"), call("e", 0), chat("x", 1)), "x/1 ada")
	})
	t.Run("at most MaxSemiLive semi-live", func(t *testing.T) {
		d := newDesk(t, Config{Sizes: vcc.Sizes{Live: 51, SemiLive: 1, NonLive: 1}, MaxSemiLive: 2})
		d.offers(d.step(online("ada", "Chat", "Cases"), chat("a", 0), chat("b", 1), chat("c", 2), caseWork("d", 3)),
			"a/1 ada", "b/1 ada", "d/1 ada")
	})
	t.Run("ten semi-live by default", func(t *testing.T) {
		d := newDesk(t, Config{Sizes: vcc.Sizes{Live: 51, SemiLive: 1, NonLive: 1}})
		rs := []vcc.Report{online("ada", "Chat")}
		for i := range 12 {
			rs = append(rs, chat(vcc.InteractionID(fmt.Sprint("x", i)), i))
		}
		if got := len(offersOf(d.step(rs...))); got != 10 {
			t.Errorf("%d were offered, want 10", got)
		}
	})
	t.Run("sizes of single agents", func(t *testing.T) {
		d := newDesk(t, Config{AgentSizes: map[vcc.AgentID]vcc.Sizes{"bob": {Live: 100, SemiLive: 50, NonLive: 20}}})
		d.step(online("bob", "Chat"))
		d.offers(d.step(chat("a", 0), chat("b", 1), chat("c", 2)), "a/1 bob", "b/1 bob")
		if d.load("bob") != 100 {
			t.Errorf("load is %d", d.load("bob"))
		}
	})
	t.Run("wrap-up holds capacity", func(t *testing.T) {
		d := newDesk(t, Config{Sizes: vcc.Sizes{Live: 100, SemiLive: 100, NonLive: 20}, Plans: []vcc.Plan{{ID: "p", WrapUp: 10 * time.Second}}})
		d.step(online("ada", "Chat"), chat("a", 0, plan("p")), chat("b", 1))
		d.step(answer(vcc.Accepted, "a", 1))
		d.offers(d.at(5, answer(vcc.Ended, "a", 1)))
		d.state("a", vcc.WrapUp)
		if next, ok := d.Next(); !ok || !next.Equal(at(15)) {
			t.Fatalf("next is %v %v", next, ok)
		}
		d.offers(d.at(15), "b/1 ada")
		d.state("a", vcc.Closed)
	})
	t.Run("moved work may exceed 100 percent, then nothing is offered", func(t *testing.T) {
		d := newDesk(t, Config{Sizes: vcc.Sizes{Live: 100, SemiLive: 60, NonLive: 20}})
		d.step(online("ada", "Chat"), online("bob", "Chat"), chat("a", 0), chat("b", 1))
		d.step(answer(vcc.Accepted, "a", 1), answer(vcc.Accepted, "b", 1))
		out := d.step(vcc.Report{Kind: vcc.Moved, Interaction: "b", Offer: 2, Agent: "ada"}, answer(vcc.Accepted, "b", 2))
		d.offers(out)
		if d.load("ada") != 120 || d.load("bob") != 0 {
			t.Errorf("loads are %d and %d", d.load("ada"), d.load("bob"))
		}
		d.offers(d.step(chat("c", 2)), "c/1 bob")
	})
}

func TestOrderOfDemand(t *testing.T) {
	plans := []vcc.Plan{{ID: "gold", Priority: vcc.Highest}, {ID: "lead", Priority: vcc.Lowest}}
	d := newDesk(t, Config{Sizes: vcc.Sizes{Live: 100, SemiLive: 100, NonLive: 100}, Plans: plans})
	d.step(chat("Late", 9), chat("b", 5), chat("a", 5), caseWork("low", 0, plan("lead")), caseWork("high", 10, plan("gold")))
	for i, want := range []vcc.InteractionID{"high", "a", "b", "Late", "low"} {
		out := d.step(online(vcc.AgentID(fmt.Sprint("agent", i)), "Chat", "Cases"))
		d.offers(out, fmt.Sprintf("%s/1 agent%d", want, i))
	}
}

func TestBlockedHeadHoldsUpNobody(t *testing.T) {
	d := newDesk(t, Config{Plans: []vcc.Plan{{ID: "french", Priority: vcc.Highest, Skills: []vcc.Skill{"french"}}}})
	d.offers(d.step(chat("fr", 0, plan("french")), chat("x", 1), caseWork("y", 2), online("ada", "Chat")), "x/1 ada")
}

func TestChoiceOfAgent(t *testing.T) {
	whole := vcc.Sizes{Live: 100, SemiLive: 100, NonLive: 20}
	t.Run("longest waiting", func(t *testing.T) {
		d := newDesk(t, Config{Sizes: whole})
		d.at(0, online("bob", "Chat"))
		d.at(1, online("ada", "Chat"))
		d.offers(d.at(2, chat("x", 0)), "x/1 bob")
	})
	t.Run("then by id", func(t *testing.T) {
		d := newDesk(t, Config{Sizes: whole})
		d.step(online("bob", "Chat"), online("ada", "Chat"))
		d.offers(d.at(2, chat("x", 0)), "x/1 ada")
	})
	t.Run("who is asked for", func(t *testing.T) {
		d := newDesk(t, Config{Sizes: whole})
		d.step(online("ada", "Chat"), online("bob", "Chat"))
		d.offers(d.step(chat("x", 0, prefer("bob")), chat("y", 1, prefer("bob"))), "x/1 bob", "y/1 ada")
	})
	t.Run("skills of plan and work", func(t *testing.T) {
		d := newDesk(t, Config{
			Plans:  []vcc.Plan{{ID: "p", Skills: []vcc.Skill{"billing"}}},
			Skills: map[vcc.AgentID][]vcc.Skill{"ada": {"billing"}, "bob": {"french", "billing"}, "cy": {"french"}},
		})
		d.step(online("ada", "Chat"), online("bob", "Chat"), online("cy", "Chat"))
		d.offers(d.step(chat("x", 0, plan("p"), skills("french"))), "x/1 bob")
	})
	t.Run("within the optimum load first", func(t *testing.T) {
		d := newDesk(t, Config{OptimumLoad: 40})
		d.at(0, online("ada", "Chat"), chat("a", 0))
		d.at(1, online("bob", "Chat"))
		// ada waits longer, but two would be 66 percent.
		d.offers(d.at(2, chat("b", 1)), "b/1 bob")
		// Both are at 33: neither stays within 40, so who waits longest.
		d.offers(d.at(3, chat("c", 2)), "c/1 ada")
	})
	t.Run("without an optimum a backlog goes round", func(t *testing.T) {
		d := newDesk(t, Config{})
		rs := []vcc.Report{online("ada", "Chat"), online("bob", "Chat")}
		for i := range 6 {
			rs = append(rs, chat(vcc.InteractionID(fmt.Sprint(i)), i))
		}
		d.offers(d.step(rs...), "0/1 ada", "1/1 bob", "2/1 ada", "3/1 bob", "4/1 ada", "5/1 bob")
	})
	t.Run("not whose channel does not match", func(t *testing.T) {
		d := newDesk(t, Config{})
		d.offers(d.step(online("ada", "Cases"), online("bob"), offline("cy"), chat("x", 0)))
	})
}

func TestIdleClock(t *testing.T) {
	d := newDesk(t, Config{Plans: []vcc.Plan{{ID: "p", WrapUp: 5 * time.Second}}})
	want := func(seconds int, when string) {
		t.Helper()
		if a, _ := d.Agent("ada"); !a.IdleSince.Equal(at(seconds)) {
			t.Fatalf("%s: idle since %s, want %s", when, a.IdleSince, at(seconds))
		}
	}
	d.at(0, online("ada", "Chat"))
	want(0, "came online")
	d.at(5, online("ada", "Chat", "Cases"))
	want(0, "serves more channels")
	d.at(10, chat("x", 0, plan("p")))
	want(10, "got an offer")
	d.at(12, answer(vcc.Accepted, "x", 1))
	want(10, "accepted")
	d.at(20, answer(vcc.Ended, "x", 1))
	want(10, "wraps up")
	d.at(26) // a second late
	want(25, "wrap-up over")
	d.at(30, chat("y", 0))
	d.at(31, refuse("y", 1, vcc.Undelivered))
	d.at(40, vcc.Report{Kind: vcc.Withdrawn, Interaction: "y"})
	want(31, "undelivered, offered again, withdrawn")
	d.at(41, chat("z", 0))
	d.at(45, refuse("z", 1, vcc.Declined))
	want(45, "declined")
	d.at(50, online("ada"))
	d.at(60, online("ada", "Chat"))
	want(60, "available again")
}

package engine

import (
	"fmt"
	"strings"
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

func TestOfferLife(t *testing.T) {
	for _, tt := range []struct {
		name   string
		work   vcc.Report
		within int
	}{
		{"live", call("x", 0), 20}, {"semi-live", chat("x", 0), 30}, {"non-live", caseWork("x", 0), 60},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := newDesk(t, Config{})
			out := d.step(online("ada", "Phone", "Chat", "Cases"), tt.work)
			if got := out.Directives[0].Deadline; !got.Equal(at(tt.within)) {
				t.Fatalf("deadline %s, want %s", got, at(tt.within))
			}
			d.step(answer(vcc.Alerting, "x", 1))
			d.state("x", vcc.Alerted)
			if out := d.at(tt.within - 1); len(out.Directives) != 0 {
				t.Fatalf("early: %v", out.Directives)
			}
			if out := d.at(tt.within); len(out.Directives) != 1 || out.Directives[0].Kind != vcc.Retract || out.Directives[0].Offer != 1 {
				t.Fatalf("at the deadline: %v", out.Directives)
			}
			if out := d.at(tt.within + 100); len(out.Directives) != 0 || len(out.Interactions) != 0 {
				t.Fatalf("retracted twice: %v", out.Directives)
			}
			d.state("x", vcc.Alerted)
			// The agent was quicker.
			if out := d.step(answer(vcc.Accepted, "x", 1)); out.Late != 0 {
				t.Fatal("an accept that won was counted late")
			}
			d.state("x", vcc.Connected)
		})
	}
	t.Run("answered in the step of the deadline", func(t *testing.T) {
		d := newDesk(t, Config{})
		d.step(online("ada", "Chat"), chat("x", 0))
		if out := d.at(30, answer(vcc.Accepted, "x", 1)); len(out.Directives) != 0 {
			t.Fatalf("%v", out.Directives)
		}
	})
	t.Run("accepted without alerting, ended without wrap-up", func(t *testing.T) {
		d := newDesk(t, Config{})
		d.step(online("ada", "Chat"), chat("x", 0))
		d.step(answer(vcc.Accepted, "x", 1))
		d.step(answer(vcc.Ended, "x", 1))
		d.state("x", vcc.Closed)
		if d.load("ada") != 0 {
			t.Errorf("load is %d", d.load("ada"))
		}
	})
	t.Run("ended without accepted", func(t *testing.T) {
		d := newDesk(t, Config{})
		d.step(online("ada", "Chat"), chat("x", 0))
		d.step(answer(vcc.Ended, "x", 1))
		d.state("x", vcc.Closed)
	})
	t.Run("dropped after an hour", func(t *testing.T) {
		d := newDesk(t, Config{})
		d.step(chat("x", 0), vcc.Report{Kind: vcc.Withdrawn, Interaction: "x"})
		d.at(3599)
		d.state("x", vcc.Closed)
		out := d.at(3600)
		if _, ok := d.Interaction("x"); ok || len(out.Interactions) != 1 {
			t.Errorf("kept: %v, changed %v", ok, out.Interactions)
		}
		if next, ok := d.Next(); ok {
			t.Errorf("there is still a deadline at %s", next)
		}
	})
}

func TestRefusals(t *testing.T) {
	for _, reason := range []vcc.Reason{vcc.Declined, vcc.TimedOut, vcc.Unavailable} {
		t.Run(string(reason), func(t *testing.T) {
			d := newDesk(t, Config{})
			d.step(online("ada", "Chat"), chat("x", 0))
			d.offers(d.at(5, refuse("x", 1, reason)))
			d.state("x", vcc.Waiting)
			d.offers(d.at(6, chat("y", 0)), "y/1 ada") // only this one is refused
			d.offers(d.at(184))
			if next, ok := d.Next(); !ok || !next.Equal(at(185)) {
				t.Fatalf("next is %v", next)
			}
			d.offers(d.at(185), "x/2 ada")
		})
	}
	t.Run("the next agent", func(t *testing.T) {
		d := newDesk(t, Config{})
		d.step(online("ada", "Chat"), online("bob", "Chat"), chat("x", 0))
		out := d.at(5, vcc.Report{Kind: vcc.Refused, Interaction: "x", Offer: 1, Agent: "ada", Reason: vcc.Declined, Detail: "busy"})
		d.offers(out, "x/2 bob")
		if why := out.Decisions[0].Why; !strings.HasPrefix(why, "ada declined (busy); bob ") {
			t.Errorf("why: %s", why)
		}
	})
	t.Run("undelivered is not the agent's doing", func(t *testing.T) {
		d := newDesk(t, Config{})
		d.step(online("ada", "Chat"), chat("x", 0))
		d.offers(d.step(refuse("x", 1, vcc.Undelivered)), "x/2 ada")
	})
	t.Run("failed cools the channel for that agent", func(t *testing.T) {
		d := newDesk(t, Config{FailCoolDown: 100 * time.Second})
		d.step(online("ada", "Chat", "Cases"), chat("x", 0))
		d.offers(d.at(10, refuse("x", 1, vcc.Failed), chat("y", 1), caseWork("z", 2)), "z/1 ada")
		d.offers(d.at(39))
		d.offers(d.at(40), "y/1 ada")
		d.offers(d.at(109))
		d.offers(d.at(110), "x/2 ada")
	})
	t.Run("a change of presence ends the channel's cool-down", func(t *testing.T) {
		d := newDesk(t, Config{})
		d.step(online("ada", "Chat"), chat("x", 0))
		d.offers(d.at(10, refuse("x", 1, vcc.Failed), chat("y", 1)))
		d.offers(d.at(11, online("ada", "Chat")))                     // no change
		d.offers(d.at(12, online("ada", "Chat", "Cases")), "y/1 ada") // a change
		d.offers(d.at(13, offline("ada")), []string{}...)             // x stays refused
		d.offers(d.at(14, online("ada", "Chat")), []string{}...)      //
		d.offers(d.at(190), "x/2 ada")                                //
	})
	t.Run("hold when it arrives again", func(t *testing.T) {
		d := newDesk(t, Config{})
		d.step(online("ada", "Chat"), chat("x", 0))
		d.at(5, refuse("x", 1, vcc.Declined), vcc.Report{Kind: vcc.Withdrawn, Interaction: "x", Reason: vcc.LeftRouting})
		d.state("x", vcc.Closed)
		d.offers(d.at(20, chat("x", 20)))
		d.offers(d.at(21, online("bob", "Chat")), "x/2 bob")
	})
}

func TestLastResort(t *testing.T) {
	d := newDesk(t, Config{LastResortAfter: 60 * time.Second})
	d.step(online("ada", "Chat"), online("bob", "Chat"), chat("x", 0))
	d.offers(d.at(10, refuse("x", 1, vcc.Declined)), "x/2 bob")
	d.offers(d.at(15, refuse("x", 2, vcc.Declined)))
	if why := d.item("x").Why; !strings.Contains(why, "ada declined, asked again at 10:01:10") {
		t.Errorf("why: %s", why)
	}
	d.offers(d.at(69))
	out := d.at(70)
	d.offers(out, "x/3 ada")
	if why := out.Decisions[0].Why; !strings.Contains(why, "ada refused longest ago, at 10:00:10") {
		t.Errorf("why: %s", why)
	}
	d.offers(d.at(76, refuse("x", 3, vcc.Declined)), "x/4 bob")
	// Who has not refused comes first, and a fresh agent ends the last resort.
	d.offers(d.at(80, refuse("x", 4, vcc.Declined)))
	d.offers(d.at(81, online("cy", "Chat")), "x/5 cy")
}

func TestLate(t *testing.T) {
	for _, tt := range []struct {
		name string
		r    vcc.Report
		late int
	}{
		{"an old number", answer(vcc.Accepted, "x", 1), 1},
		{"a number to come", answer(vcc.Accepted, "x", 3), 1},
		{"another agent", vcc.Report{Kind: vcc.Accepted, Interaction: "x", Offer: 2, Agent: "ada"}, 1},
		{"not known", answer(vcc.Accepted, "nothing", 1), 1},
		{"refused once more", refuse("x", 1, vcc.Declined), 1},
		{"accepted once more", answer(vcc.Accepted, "x", 2), 0},
		{"alerting after accepted", answer(vcc.Alerting, "x", 2), 1},
		{"refused after accepted", refuse("x", 2, vcc.Declined), 1},
		{"an old move", vcc.Report{Kind: vcc.Moved, Interaction: "x", Offer: 2, Agent: "ada"}, 1},
		{"a move that stands", vcc.Report{Kind: vcc.Moved, Interaction: "x", Offer: 2, Agent: "bob"}, 0},
		{"withdrawn of what is not known", vcc.Report{Kind: vcc.Withdrawn, Interaction: "nothing"}, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := newDesk(t, Config{})
			d.step(online("ada", "Chat"), online("bob", "Chat"), chat("x", 0))
			d.step(refuse("x", 1, vcc.Declined))
			d.step(answer(vcc.Accepted, "x", 2))
			out := d.at(1, tt.r)
			if out.Late != tt.late || len(out.Directives)+len(out.Interactions)+len(out.Agents) != 0 {
				t.Errorf("late %d, want %d; %+v", out.Late, tt.late, out)
			}
			d.state("x", vcc.Connected)
		})
	}
}

func TestArrivedAgain(t *testing.T) {
	plans := []vcc.Plan{{ID: "p", WrapUp: 30 * time.Second}, {ID: "q", Priority: vcc.Highest}}
	t.Run("the same is a repeat", func(t *testing.T) {
		d := newDesk(t, Config{})
		d.step(chat("x", 0))
		for _, r := range []vcc.Report{online("ada", "Chat"), answer(vcc.Alerting, "x", 1), answer(vcc.Accepted, "x", 1)} {
			if out := d.step(chat("x", 0)); len(out.Interactions)+len(out.Decisions)+len(out.Directives) != 0 {
				t.Errorf("before %s: %+v", r, out)
			}
			d.step(r)
		}
		d.step(chat("x", 0))
		d.state("x", vcc.Connected)
	})
	t.Run("renamed", func(t *testing.T) {
		d := newDesk(t, Config{})
		d.step(online("ada", "Chat"), chat("x", 0))
		out := d.step(chat("x", 0, func(w *vcc.Work) { w.Name = "Help" }))
		d.state("x", vcc.Offered)
		if len(out.Interactions) != 1 || d.item("x").Work.Name != "Help" {
			t.Errorf("%+v", out)
		}
	})
	t.Run("another queue while waiting", func(t *testing.T) {
		d := newDesk(t, Config{Plans: plans})
		d.step(chat("x", 5), chat("y", 0))
		d.step(caseWork("x", 5))
		d.offers(d.step(online("ada", "Chat")), "y/1 ada")
		d.offers(d.step(online("bob", "Cases")), "x/1 bob")
	})
	t.Run("while offered", func(t *testing.T) {
		d := newDesk(t, Config{Plans: plans})
		d.step(online("ada", "Chat"), chat("x", 0, plan("p")))
		d.step(caseWork("x", 9))
		if x := d.item("x"); x.State != vcc.Waiting || len(x.Legs) != 0 || d.load("ada") != 0 {
			t.Errorf("%+v", x)
		}
		if out := d.step(refuse("x", 1, vcc.Unavailable)); out.Late != 1 {
			t.Error("the answer to the offer that went is not late")
		}
	})
	t.Run("while connected", func(t *testing.T) {
		d := newDesk(t, Config{Plans: plans})
		d.step(online("ada", "Chat"), online("bob", "Chat"), chat("x", 0, plan("p")))
		d.step(answer(vcc.Accepted, "x", 1))
		out := d.at(10, chat("x", 9, plan("q")))
		d.offers(out, "x/2 bob")
		x := d.item("x")
		if len(x.Legs) != 2 || x.Legs[0].State != vcc.WrapUp || !x.Legs[0].Until.Equal(at(40)) || d.load("ada") != 33 {
			t.Errorf("%+v, load %d", x, d.load("ada"))
		}
		d.at(11, answer(vcc.Accepted, "x", 2))
		d.at(12, answer(vcc.Ended, "x", 2))
		d.state("x", vcc.WrapUp) // ada's
		d.at(40)
		d.state("x", vcc.Closed)
	})
	t.Run("as another class while wrapping up", func(t *testing.T) {
		d := newDesk(t, Config{Plans: plans, MaxSemiLive: 1})
		d.step(online("ada", "Chat"), chat("x", 0, plan("p")), chat("y", 1))
		d.step(answer(vcc.Accepted, "x", 1))
		d.offers(d.step(answer(vcc.Ended, "x", 1)))
		d.offers(d.at(5, caseWork("x", 5)), "y/1 ada") // the part that wraps up is no chat any more
	})
	t.Run("after it closed", func(t *testing.T) {
		d := newDesk(t, Config{})
		d.step(online("ada", "Chat"), chat("x", 0))
		d.step(answer(vcc.Ended, "x", 1))
		d.offers(d.at(5, chat("x", 0)), "x/2 ada")
		d.at(3600)
		d.state("x", vcc.Offered) // the first closing's timer does not drop it
	})
}

func TestWithdrawn(t *testing.T) {
	gone := vcc.Report{Kind: vcc.Withdrawn, Interaction: "x", Reason: vcc.CustomerLeft}
	plans := []vcc.Plan{{ID: "p", WrapUp: 30 * time.Second}}
	t.Run("waiting", func(t *testing.T) {
		d := newDesk(t, Config{})
		d.step(chat("x", 0))
		d.step(gone)
		d.state("x", vcc.Closed)
		d.offers(d.step(online("ada", "Chat")))
	})
	t.Run("alerting", func(t *testing.T) {
		d := newDesk(t, Config{Plans: plans})
		d.step(online("ada", "Chat"), chat("x", 0, plan("p")))
		d.step(answer(vcc.Alerting, "x", 1))
		d.step(gone)
		d.state("x", vcc.Closed)
		if d.load("ada") != 0 {
			t.Errorf("load is %d", d.load("ada"))
		}
	})
	t.Run("connected", func(t *testing.T) {
		d := newDesk(t, Config{Plans: plans})
		d.step(online("ada", "Chat"), chat("x", 0, plan("p")))
		d.step(answer(vcc.Accepted, "x", 1))
		d.step(gone)
		d.state("x", vcc.WrapUp)
		if out := d.step(gone); len(out.Interactions) != 0 {
			t.Errorf("a repeat changed %v", out.Interactions)
		}
		d.at(30)
		d.state("x", vcc.Closed)
		if why := d.item("x").Why; why != "withdrawn: customer left" {
			t.Errorf("why: %s", why)
		}
	})
}

func TestMoved(t *testing.T) {
	to := func(n int, a vcc.AgentID) vcc.Report {
		return vcc.Report{Kind: vcc.Moved, Interaction: "x", Offer: n, Agent: a}
	}
	t.Run("from who had it", func(t *testing.T) {
		d := newDesk(t, Config{Plans: []vcc.Plan{{ID: "p", WrapUp: 30 * time.Second}}})
		d.step(online("ada", "Chat"), chat("x", 0, plan("p")))
		d.step(answer(vcc.Accepted, "x", 1))
		d.step(to(2, "bob"))
		x := d.item("x")
		if x.State != vcc.Alerted || x.Legs[0].State != vcc.WrapUp || x.Legs[1].Agent != "bob" || !x.Legs[1].Until.IsZero() {
			t.Fatalf("%+v", x)
		}
		d.step(answer(vcc.Accepted, "x", 2))
		d.state("x", vcc.Connected)
		d.at(30)
		if x := d.item("x"); x.State != vcc.Connected || len(x.Legs) != 1 {
			t.Errorf("%+v", x)
		}
	})
	t.Run("refused", func(t *testing.T) {
		d := newDesk(t, Config{})
		d.step(online("ada", "Chat"), online("bob", "Chat"), chat("x", 0))
		d.step(answer(vcc.Accepted, "x", 1), to(2, "bob"))
		d.offers(d.step(refuse("x", 2, vcc.Declined)), "x/3 ada")
	})
	t.Run("while waiting", func(t *testing.T) {
		d := newDesk(t, Config{})
		d.step(chat("x", 0))
		d.step(to(1, "bob"))
		d.offers(d.step(online("ada", "Chat")))
		d.state("x", vcc.Alerted)
	})
	t.Run("without a number", func(t *testing.T) {
		d := newDesk(t, Config{})
		d.step(online("ada", "Chat"), chat("x", 0))
		d.step(answer(vcc.Accepted, "x", 1), to(0, "bob"), to(0, "bob"))
		if x := d.item("x"); x.Offers != 2 || x.Legs[0].Agent != "bob" {
			t.Errorf("%+v", x)
		}
	})
	t.Run("not known", func(t *testing.T) {
		d := newDesk(t, Config{})
		r := to(4, "bob")
		if out := d.step(r); len(out.Decisions) != 1 || !strings.Contains(out.Decisions[0].Why, "does not tell the work") {
			t.Errorf("%+v", out)
		}
		r.Work = chat("x", 0).Work
		d.step(r)
		d.state("x", vcc.Alerted)
		if d.load("bob") != 33 || d.item("x").Offers != 4 {
			t.Errorf("%+v, load %d", d.item("x"), d.load("bob"))
		}
	})
}

func TestWhyWaiting(t *testing.T) {
	d := newDesk(t, Config{Skills: map[vcc.AgentID][]vcc.Skill{"ada": {"french"}}})
	why := func(id vcc.InteractionID, want string) {
		t.Helper()
		if got := d.item(id).Why; got != want {
			t.Errorf("%s: %q, want %q", id, got, want)
		}
	}
	out := d.step(chat("x", 0, skills("french")))
	why("x", "nobody is present in Chat")
	if len(out.Decisions) != 1 || out.Decisions[0].Offer != 0 || out.Decisions[0].Why != "nobody is present in Chat" {
		t.Errorf("%+v", out.Decisions)
	}
	d.step(online("bob", "Chat"), online("cy", "Chat"))
	why("x", "2 agents online in Chat, none with french")
	ada := online("ada", "Chat")
	ada.Name = "Ada L."
	d.step(ada)
	d.at(180, refuse("x", 1, vcc.Declined))
	why("x", "1 agent online in Chat with french, 1 with room; Ada L. declined, asked again at 10:06:00")
	d.step(offline("ada"), offline("cy"), chat("a", 0), chat("b", 1), chat("c", 2), chat("e", 3))
	why("e", "1 agent online in Chat, all at capacity")
}

func TestNonsenseChangesNothing(t *testing.T) {
	for _, r := range []vcc.Report{
		{}, {Kind: "dance", Interaction: "x"}, {Kind: vcc.Omni, Agent: "ada"}, {Kind: vcc.Omni, Omni: &vcc.Presence{}},
		{Kind: vcc.Arrived, Interaction: "n"}, {Kind: vcc.Arrived, Work: &vcc.Work{Class: vcc.Live}},
		{Kind: vcc.Arrived, Interaction: "n", Work: &vcc.Work{Class: "loud"}},
		{Kind: vcc.Moved, Interaction: "x", Offer: 9}, {Kind: vcc.Moved, Interaction: "x", Offer: 1 << 40, Agent: "ada"},
		{Kind: vcc.Moved, Interaction: "x", Offer: -1, Agent: "ada"},
		{Kind: vcc.Moved, Interaction: "x", Offer: 9, Agent: "ada", Work: &vcc.Work{Class: "loud"}},
	} {
		d := newDesk(t, Config{})
		d.step(chat("x", 0))
		out := d.at(1, r)
		if len(out.Decisions) != 1 || !strings.HasPrefix(out.Decisions[0].Why, "ignored ") {
			t.Errorf("%+v: %+v", r, out.Decisions)
		}
		if len(out.Interactions)+len(out.Agents)+len(out.Directives)+out.Late != 0 {
			t.Errorf("%+v changed something: %+v", r, out)
		}
	}
}

func TestConfigFaultsAreToldTogether(t *testing.T) {
	_, err := New(Config{
		Sizes: vcc.Sizes{Live: 50, SemiLive: 1, NonLive: 1}, AgentSizes: map[vcc.AgentID]vcc.Sizes{"ada": {}},
		OptimumLoad: 101, MaxSemiLive: -1, CoolDown: -1, FailCoolDown: -2, ChannelCoolDown: -3, KeepClosed: -4,
		LastResortAfter: time.Hour, AcceptWithin: map[vcc.Class]time.Duration{vcc.Live: 0, "loud": 1},
		Plans:       []vcc.Plan{{}, {ID: "p", Priority: 9}, {ID: "p", WrapUp: -1, Skills: []vcc.Skill{""}}},
		DefaultPlan: vcc.Plan{Priority: -1}, Skills: map[vcc.AgentID][]vcc.Skill{"bob": {""}},
	})
	if err == nil {
		t.Fatal("no error")
	}
	for _, want := range []string{
		"Sizes: size of live interactions is 50 percent", `AgentSizes["ada"]`, "OptimumLoad is 101", "MaxSemiLive is -1",
		"CoolDown is -1ns", "FailCoolDown is -2ns", "ChannelCoolDown is -3ns", "KeepClosed is -4ns", "LastResortAfter is 1h0m0s",
		`AcceptWithin["live"] is 0s`, `AcceptWithin["loud"]`, "Plans[0].ID is empty", "Plans[1].Priority is 9",
		`Plans[2].ID "p" is used twice`, "Plans[2].WrapUp is -1ns", "Plans[2].Skills", "DefaultPlan.Priority is -1", `Skills["bob"]`,
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("not told: %s", want)
		}
	}
}

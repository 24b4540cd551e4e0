package engine

import (
	"strings"
	"testing"
	"time"

	"omnibridge/vcc"
)

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
	t.Run("deleted while connected", func(t *testing.T) {
		d := newDesk(t, Config{Plans: plans})
		d.step(online("ada", "Chat"), chat("x", 0, plan("p")))
		d.step(answer(vcc.Accepted, "x", 1))
		d.step(vcc.Report{Kind: vcc.Withdrawn, Interaction: "x", Reason: vcc.Deleted})
		d.state("x", vcc.Closed) // nothing is left to wrap up
		if load := d.load("ada"); load != 0 {
			t.Errorf("load is %d", load)
		}
		if s := d.stats("p").Total; s.Handled != 0 || s.Wraps != 0 || s.Accepted != 1 {
			t.Errorf("counted %+v, want it accepted and not handled", s)
		}
	})
	t.Run("deleted while waiting", func(t *testing.T) {
		d := newDesk(t, Config{Plans: plans})
		d.step(chat("x", 0, plan("p")))
		d.step(vcc.Report{Kind: vcc.Withdrawn, Interaction: "x", Reason: vcc.Deleted})
		if s := d.stats("p").Total; s.Abandoned != 0 || s.LeftRouting != 1 {
			t.Errorf("counted %+v, want no customer who gave up", s)
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

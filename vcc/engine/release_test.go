package engine

import (
	"testing"
	"time"

	"omnibridge/vcc"
)

// closing is a desk on which ada has chat x, with another waiting that does not fit.
func closing(t *testing.T, c Config) *floor {
	c.Sizes = vcc.Sizes{Live: 100, SemiLive: 60, NonLive: 20}
	f := newFloor(t, c, "ada")
	f.do(on("ada"), chat("x", 0, plan("p")))
	f.do(answer(vcc.Accepted, "x", 1), chat("y", 1))
	return f
}

func failed(k vcc.ReportKind, id vcc.InteractionID, n int, why string) vcc.Report {
	return vcc.Report{Kind: k, Interaction: id, Offer: n, Detail: why}
}

func wrapping10(p vcc.Plan) Config {
	p.ID, p.WrapUp = "p", 10*time.Second
	return Config{Plans: []vcc.Plan{p}}
}

func TestRelease(t *testing.T) {
	f := closing(t, wrapping10(vcc.Plan{}))
	f.buttons("ada", "x", "release")
	f.may("ada", vcc.Release, "x")
	f.directed("close x")
	f.buttons("ada", "x", "release x")
	if c := f.card("ada", "x"); c.State != vcc.CardReleasing {
		t.Fatalf("%+v", c)
	}
	f.mayNot(vcc.DeniedNotNow, "being released", "ada", vcc.Release, "x")
	f.mayNot(vcc.DeniedNotNow, "release it first", "ada", vcc.Abandon, "x")
	f.later(5, answer(vcc.Ended, "x", 1))
	f.state("x", vcc.WrapUp)
	if x := f.item("x"); x.Outcome != "released" || x.Legs[0].Leaving != nil {
		t.Errorf("%+v", x)
	}
	f.mayNot(vcc.DeniedNotNow, "ended already", "ada", vcc.Release, "x")
	f.later(10)
	f.directed("offer y 1 ada")
	f.mayNot(vcc.DeniedNotNow, "accept it first", "ada", vcc.Release, "y")
	f.mayNot(vcc.DeniedNotNow, "decline it", "ada", vcc.Abandon, "y")
	f.mayNot(vcc.DeniedUnknown, "no such interaction", "ada", vcc.Release, "nothing")
	f.mayNot(vcc.DeniedNotYours, "not yours", "ada", vcc.Release, "x")
	if next, _ := f.Next(); next.Equal(at(15)) {
		t.Error("the release that was answered is still waited for")
	}
}

// TestReleaseFails is A38 to A40 and A43: only a release that failed or was not
// answered leads to abandon; until it is sorted out, no new work comes.
func TestReleaseFails(t *testing.T) {
	for _, tt := range []struct {
		name, why string
		fail      func(*floor)
	}{
		{"refused", "STATUS: no console", func(f *floor) { f.later(15, failed(vcc.CloseFailed, "x", 1, "STATUS: no console")) }},
		{"not answered", "Salesforce did not answer", func(f *floor) { f.later(14); f.buttons("ada", "x", "release x"); f.later(1) }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := closing(t, wrapping10(vcc.Plan{}))
			f.may("ada", vcc.Release, "x")
			tt.fail(f)
			if c := f.card("ada", "x"); c.State != vcc.CardReleaseFailed || c.Why != tt.why {
				t.Fatalf("%+v", c)
			}
			f.notices("ada", "release failed")
			f.stands("ada", "Ready (Blocked)", "blocked", "", "Release failed, until 10:03:15")
			if b := mustDesk(f, "ada").Blocked; b.Interaction != "x" {
				t.Errorf("%+v", b)
			}
			f.buttons("ada", "x", "release, abandon")
			f.do(failed(vcc.CloseFailed, "x", 1, "again")) // tells nothing new
			f.notices("ada", "release failed")

			f.may("ada", vcc.Release, "x") // try again
			f.directed("close x")
			f.notices("ada")
			f.stands("ada", "Ready (Working)", "working", "", "")
			f.mayNot(vcc.DeniedNotNow, "release it first", "ada", vcc.Abandon, "x")
			f.later(15)
			f.stands("ada", "Ready (Blocked)", "blocked", "", "Release failed")

			f.may("ada", vcc.Abandon, "x")
			f.directed("close x", "offer y 1 ada") // room at once, and Salesforce goes on being asked
			f.state("x", vcc.Closed)
			if x := f.item("x"); x.Outcome != "abandoned by agent" || f.out.Decisions[0].Agent != "ada" {
				t.Errorf("%+v, %+v", x, f.out.Decisions)
			}
			f.notices("ada")
			f.stands("ada", "Ready (Idle)", "ready", "", "")
			if out := f.do(answer(vcc.Ended, "x", 1)); out.Late != 1 {
				t.Error("what ends in the background is not late")
			}
			f.state("x", vcc.Closed)
		})
	}
}

func TestFaultBlock(t *testing.T) {
	f := newFloor(t, Config{}, "ada")
	f.do(on("ada"), chat("x", 0), chat("y", 1))
	f.do(answer(vcc.Accepted, "x", 1), answer(vcc.Accepted, "y", 1))
	f.may("ada", vcc.Release, "x")
	f.later(10)
	f.may("ada", vcc.Release, "y")
	f.later(5) // x failed
	f.later(10, failed(vcc.CloseFailed, "y", 1, "no"))
	f.stands("ada", "Ready (Blocked)", "blocked", "", "until 10:03:25")
	f.do(answer(vcc.Ended, "y", 1))
	f.stands("ada", "Ready (Blocked)", "blocked", "", "until 10:03:25") // x is still faulty
	if b := mustDesk(f, "ada").Blocked; b.Interaction != "x" {
		t.Errorf("blocked by %s", b.Interaction)
	}
	f.later(180) // but not for ever
	f.stands("ada", "Ready (Working)", "working", "", "")
	f.buttons("ada", "x", "release, abandon")
	f.do(answer(vcc.Ended, "x", 1)) // it went through after all
	f.state("x", vcc.Closed)
	f.notices("ada")
}

// TestLongerBlockStays: what keeps an agent away for longer is not cut short.
func TestLongerBlockStays(t *testing.T) {
	f := newFloor(t, Config{NoAnswer: map[vcc.Class]time.Duration{vcc.SemiLive: time.Minute}, AcceptWithin: map[vcc.Class]time.Duration{vcc.SemiLive: time.Hour}}, "ada")
	f.do(on("ada"), chat("x", 0), chat("y", 0))
	f.do(answer(vcc.Accepted, "x", 1))
	f.may("ada", vcc.Release, "x")
	f.later(15)
	f.stands("ada", "Ready (Blocked)", "blocked", "", "Release failed, until 10:03:15")
	f.do(refuse("y", 1, vcc.Declined))
	f.stands("ada", "Ready (Blocked)", "blocked", "", "Release failed, until 10:03:15")
	f.may("ada", vcc.Unblock, "")
	f.stands("ada", "Ready (Working)", "working", "", "")
}

func TestCloseFailedThatNobodyAskedFor(t *testing.T) {
	f := closing(t, Config{})
	for _, r := range []vcc.Report{failed(vcc.CloseFailed, "x", 1, ""), failed(vcc.RequeueFailed, "x", 1, ""), failed(vcc.CloseFailed, "y", 1, ""), failed(vcc.CloseFailed, "z", 1, "")} {
		if out := f.do(r); out.Late != 1 || len(out.Interactions) > 0 {
			t.Errorf("%s: %+v", r, out)
		}
	}
}

// TestReleaseOverRestart: what is under way is still waited for, and no longer.
func TestReleaseOverRestart(t *testing.T) {
	f := closing(t, Config{})
	f.may("ada", vcc.Release, "x")
	n := restarted(t, f, Config{})
	n.later(15)
	if c := n.card("ada", "x"); c.State != vcc.CardReleaseFailed {
		t.Fatalf("%+v", c)
	}
	n = restarted(t, n, Config{})
	n.may("ada", vcc.Abandon, "x")
	n.later(180)
}

func TestWrapUp(t *testing.T) {
	ended := func(t *testing.T, class vcc.Class, p vcc.Plan) *floor {
		f := newFloor(t, wrapping10(p), "ada")
		f.do(online("ada", "W"), work("x", class, "W", 0, plan("p")))
		f.do(answer(vcc.Accepted, "x", 1))
		f.do(answer(vcc.Ended, "x", 1))
		return f
	}
	t.Run("by timer", func(t *testing.T) {
		f := ended(t, vcc.SemiLive, vcc.Plan{})
		f.buttons("ada", "x", "finish wrap")
		f.mayNot(vcc.DeniedClass, "cannot be extended", "ada", vcc.ExtendWrap, "x")
		f.mayNot(vcc.DeniedNotNow, "no outcomes", "ada", vcc.Dispose, "x")
		f.later(10)
		f.state("x", vcc.Closed)
		f.mayNot(vcc.DeniedNotYours, "", "ada", vcc.FinishWrap, "x")
	})
	t.Run("finished by hand", func(t *testing.T) {
		f := ended(t, vcc.NonLive, vcc.Plan{})
		f.later(3)
		f.may("ada", vcc.FinishWrap, "x")
		f.state("x", vcc.Closed)
		if a, _ := f.Agent("ada"); !a.IdleSince.Equal(at(3)) {
			t.Errorf("idle since %s", a.IdleSince)
		}
	})
	t.Run("extended", func(t *testing.T) {
		for _, tt := range []struct {
			class vcc.Class
			plan  vcc.Plan
			times int
			by    int
		}{
			{vcc.Live, vcc.Plan{}, 10, 30}, {vcc.NonLive, vcc.Plan{WrapExtendAll: true, WrapExtensions: 2, WrapExtend: 5 * time.Second}, 2, 5},
			{vcc.Live, vcc.Plan{WrapExtensions: 1}, 1, 30},
		} {
			f := ended(t, tt.class, tt.plan)
			for range tt.times {
				f.may("ada", vcc.ExtendWrap, "x")
			}
			f.buttons("ada", "x", "finish wrap, extend wrap x")
			f.mayNot(vcc.DeniedUsedUp, "no more time", "ada", vcc.ExtendWrap, "x")
			f.later(10 + tt.times*tt.by - 1)
			f.state("x", vcc.WrapUp)
			f.later(1)
			f.state("x", vcc.Closed)
		}
		f := ended(t, vcc.Live, vcc.Plan{WrapExtensions: -1})
		f.buttons("ada", "x", "finish wrap")
		f.mayNot(vcc.DeniedClass, "", "ada", vcc.ExtendWrap, "x")
	})
	t.Run("manual", func(t *testing.T) {
		f := ended(t, vcc.NonLive, vcc.Plan{WrapManual: true, WrapExtendAll: true})
		f.buttons("ada", "x", "finish wrap, extend wrap x")
		f.mayNot(vcc.DeniedNotNow, "before you finish it", "ada", vcc.ExtendWrap, "x")
		f.later(36000)
		f.state("x", vcc.WrapUp)
		f.may("ada", vcc.FinishWrap, "x")
		f.state("x", vcc.Closed)
	})
	t.Run("who has no ContactPad cannot finish", func(t *testing.T) {
		f := newFloor(t, wrapping10(vcc.Plan{WrapManual: true, Dispositions: []string{"a"}, DispositionRequired: true}))
		f.do(online("ada", "W"), work("x", vcc.NonLive, "W", 0, plan("p")))
		f.do(answer(vcc.Accepted, "x", 1))
		f.do(answer(vcc.Ended, "x", 1))
		f.later(10)
		f.state("x", vcc.Closed)
	})
}

func TestDisposition(t *testing.T) {
	start := func(t *testing.T, p vcc.Plan) *floor {
		p.ID, p.Dispositions = "p", []string{"sold", "lost"}
		f := newFloor(t, Config{Plans: []vcc.Plan{p}}, "ada")
		f.do(on("ada"), caseWork("x", 0, plan("p")))
		f.do(answer(vcc.Accepted, "x", 1))
		f.mayNot(vcc.DeniedNotNow, "not in wrap-up", "ada", vcc.Dispose, "x")
		f.do(answer(vcc.Ended, "x", 1))
		return f
	}
	choose := func(f *floor, outcome string) vcc.Answer {
		return f.send(vcc.Command{Do: vcc.Dispose, Agent: "ada", Interaction: "x", Disposition: outcome})
	}
	t.Run("chosen while there is time", func(t *testing.T) {
		f := start(t, vcc.Plan{WrapUp: 10 * time.Second})
		f.buttons("ada", "x", "finish wrap, dispose")
		if got := choose(f, "stolen"); got.Code != vcc.DeniedUnknown {
			t.Fatalf("%+v", got)
		}
		if got := choose(f, ""); got.Code != vcc.DeniedOutcome {
			t.Fatalf("%+v", got)
		}
		choose(f, "lost")
		choose(f, "sold")
		if c := f.card("ada", "x"); c.Outcome != "sold" || c.MustChoose || len(c.Outcomes) != 2 {
			t.Fatalf("%+v", c)
		}
		f.later(10)
		f.state("x", vcc.Closed)
		if x := f.item("x"); x.Disposition != "sold" {
			t.Errorf("%+v", x)
		}
	})
	t.Run("required", func(t *testing.T) {
		f := start(t, vcc.Plan{WrapUp: 10 * time.Second, DispositionRequired: true, WrapExtendAll: true})
		f.mayNot(vcc.DeniedOutcome, "choose an outcome", "ada", vcc.FinishWrap, "x")
		f.buttons("ada", "x", "finish wrap x, extend wrap, dispose")
		f.later(10)
		f.state("x", vcc.WrapUp)
		f.buttons("ada", "x", "finish wrap x, extend wrap x, dispose")
		f.mayNot(vcc.DeniedNotNow, "its time is over", "ada", vcc.ExtendWrap, "x")
		if c := f.card("ada", "x"); !c.MustChoose || !c.Until.IsZero() {
			t.Fatalf("%+v", c)
		}
		n := restarted(t, f, Config{Plans: f.cfg.Plans})
		choose(n, "sold")
		n.state("x", vcc.Closed)
	})
	t.Run("required, chosen in time", func(t *testing.T) {
		f := start(t, vcc.Plan{WrapUp: 10 * time.Second, DispositionRequired: true})
		choose(f, "sold")
		f.may("ada", vcc.FinishWrap, "x")
		f.state("x", vcc.Closed)
	})
	t.Run("required without any wrap-up", func(t *testing.T) {
		f := start(t, vcc.Plan{DispositionRequired: true})
		f.state("x", vcc.WrapUp)
		f.mayNot(vcc.DeniedOutcome, "", "ada", vcc.FinishWrap, "x")
		choose(f, "lost")
		f.state("x", vcc.Closed)
	})
}

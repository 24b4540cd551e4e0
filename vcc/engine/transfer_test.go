package engine

import (
	"slices"
	"strings"
	"testing"
	"time"

	"omnibridge/vcc"
)

// desk2 is ada with case x, and bob and cy who could have it.
func desk2(t *testing.T, c Config) *floor {
	c.Plans = append(c.Plans, vcc.Plan{ID: "p", WrapUp: 10 * time.Second, Skills: []vcc.Skill{"billing"}}, vcc.Plan{ID: "q", Label: "Finance questions"})
	c.Skills = map[vcc.AgentID][]vcc.Skill{"ada": {"billing"}, "cy": {"billing"}}
	f := newFloor(t, c, "ada", "bob", "cy")
	f.do(on("ada"), on("bob"), on("cy"), caseWork("x", 0, plan("p"), prefer("ada")))
	f.do(answer(vcc.Accepted, "x", 1))
	return f
}

// transferred is what Salesforce announces after a transfer.
func transferred(id vcc.InteractionID, since int, change ...func(*vcc.Work)) vcc.Report {
	r := caseWork(id, since, change...)
	r.Work.Transfer = true
	return r
}

func planTarget(p vcc.PlanID) vcc.Target { return vcc.Target{Plan: p} }

func TestTransferToPlan(t *testing.T) {
	f := desk2(t, Config{})
	f.buttons("ada", "x", "transfer, release")
	f.may("ada", vcc.Transfer, "x", planTarget("q"))
	f.directed("requeue x")
	if d := f.out.Directives[0]; d.Plan != "q" || d.Agent != "ada" || d.Offer != 1 {
		t.Errorf("%+v", d)
	}
	if c := f.card("ada", "x"); c.State != vcc.CardTransferring {
		t.Errorf("%+v", c)
	}
	f.buttons("ada", "x", "transfer x, release x")
	f.mayNot(vcc.DeniedNotNow, "being transferred", "ada", vcc.Transfer, "x", planTarget("q"))
	f.mayNot(vcc.DeniedNotNow, "being transferred", "ada", vcc.Release, "x")
	f.mayNot(vcc.DeniedNotYours, "not transferred", "ada", vcc.TakeBack, "x")

	f.later(5, transferred("x", 5, plan("q")))
	f.directed("offer x 2 bob")
	if c := f.card("ada", "x"); c.State != vcc.CardWrapUp || c.Transferred != "Finance questions" {
		t.Errorf("%+v", c)
	}
	f.mayNot(vcc.DeniedNotNow, "bob has it", "ada", vcc.TakeBack, "x")
	f.buttons("ada", "x", "finish wrap, take back x")
	f.do(answer(vcc.Accepted, "x", 2))
	f.mayNot(vcc.DeniedNotYours, "not transferred", "ada", vcc.TakeBack, "x")
	f.later(10)
	f.noCard("ada", "x")
	f.state("x", vcc.Connected)
}

// TestSenderIsNotAsked: what somebody gave away does not come straight back, although
// nobody else could take it.
func TestSenderIsNotAsked(t *testing.T) {
	f := newFloor(t, Config{Plans: []vcc.Plan{{ID: "p"}, {ID: "q"}}}, "ada")
	f.do(on("ada"), caseWork("x", 0, plan("p")))
	f.do(answer(vcc.Accepted, "x", 1))
	f.may("ada", vcc.Transfer, "x", planTarget("q"))
	f.do(transferred("x", 1, plan("q")))
	f.directed()
	if why := f.item("x").Why; !strings.Contains(why, "ada transferred it, asked again at 10:03:00") {
		t.Errorf("why: %s", why)
	}
	f.later(180)
	f.directed("offer x 2 ada")
}

func TestTransferDenied(t *testing.T) {
	f := desk2(t, Config{})
	for _, tt := range []struct {
		to  vcc.Target
		why string
	}{
		{agentTarget("ada"), "you have it already"}, {agentTarget("nobody"), "no longer an agent"}, {planTarget("none"), "nothing can be transferred to plan none"},
		{vcc.Target{}, "choose an agent or a plan"}, {number("123"), "choose an agent or a plan"}, {vcc.Target{Agent: "bob", Plan: "q"}, "choose"},
	} {
		f.mayNot(vcc.DeniedTarget, tt.why, "ada", vcc.Transfer, "x", tt.to)
	}
	f.do(chat("c", 1, prefer("ada")))
	f.do(answer(vcc.Accepted, "c", 1))
	f.mayNot(vcc.DeniedClass, "semi-live", "ada", vcc.Transfer, "c", agentTarget("bob"))
	f.buttons("ada", "c", "release")
	f.do(caseWork("k", 2, prefer("ada")))
	f.mayNot(vcc.DeniedNotNow, "accept it first", "ada", vcc.Transfer, "k", agentTarget("bob"))
	f.do(answer(vcc.Ended, "x", 1))
	f.mayNot(vcc.DeniedNotNow, "ended already", "ada", vcc.Transfer, "x", agentTarget("bob"))

	f = desk2(t, Config{Transferable: []vcc.PlanID{"p"}})
	f.mayNot(vcc.DeniedTarget, "plan q", "ada", vcc.Transfer, "x", planTarget("q"))
	f.may("ada", vcc.Transfer, "x", planTarget("p"))
}

func TestTransferFails(t *testing.T) {
	f := desk2(t, Config{})
	f.may("ada", vcc.Transfer, "x", planTarget("q"))
	if out := f.do(failed(vcc.CloseFailed, "x", 1, "of a release before")); out.Late != 1 || f.card("ada", "x").State != vcc.CardTransferring {
		t.Errorf("%+v", out)
	}
	f.later(3, failed(vcc.RequeueFailed, "x", 1, "plan q has no queue"))
	f.notices("ada", "transfer failed")
	if n := mustDesk(f, "ada").Notices[0]; n.Detail != "plan q has no queue" {
		t.Errorf("%+v", n)
	}
	f.buttons("ada", "x", "transfer, release") // ada keeps it
	f.stands("ada", "Ready (Working)", "working", "", "")
	f.may("ada", vcc.Transfer, "x", planTarget("q"))
	f.later(59)
	f.buttons("ada", "x", "transfer x, release x")
	f.later(1)
	f.buttons("ada", "x", "transfer, release")
	// A release that failed does not keep a transfer from helping.
	f.may("ada", vcc.Release, "x")
	f.do(failed(vcc.CloseFailed, "x", 1, "no"))
	f.may("ada", vcc.Transfer, "x", planTarget("q"))
	f.stands("ada", "Ready (Working)", "working", "", "")
	f.do(answer(vcc.Ended, "x", 1)) // closed instead
	if x := f.item("x"); x.State != vcc.WrapUp || x.Outcome != "ended" || f.card("ada", "x").Transferred != "" {
		t.Errorf("%+v", x)
	}
}

// TestTransferToAgent: it waits for that agent alone, whatever they can, until the
// time that holds has come.
func TestTransferToAgent(t *testing.T) {
	give := func(t *testing.T, c Config) *floor {
		f := desk2(t, c)
		f.do(chat("b1", 1, prefer("bob")), chat("b2", 1, prefer("bob")), chat("b3", 1, prefer("bob"))) // bob is full
		f.may("ada", vcc.Transfer, "x", agentTarget("bob"))
		if d := f.out.Directives[0]; d.Plan != "p" { // to the queue of its own plan
			t.Errorf("%+v", d)
		}
		f.later(5, transferred("x", 5, plan("p")))
		f.directed()
		return f
	}
	t.Run("takes it later", func(t *testing.T) {
		f := give(t, Config{})
		if why := f.item("x").Why; why != "it waits for bob alone, who has no room" {
			t.Errorf("why: %s", why)
		}
		f.do(answer(vcc.Accepted, "b1", 1))
		f.do(answer(vcc.Ended, "b1", 1))
		f.directed("offer x 2 bob") // who lacks the skill
		f.do(answer(vcc.Accepted, "x", 2))
		if x := f.item("x"); x.Personal != nil || x.Sender != "" {
			t.Errorf("%+v", x)
		}
	})
	t.Run("logged-in time", func(t *testing.T) {
		f := give(t, Config{PersonalLoggedIn: time.Minute, PersonalLoggedOut: time.Hour})
		f.later(59)
		f.offers(f.out)
		f.later(1)
		f.offers(f.out, "x/2 cy") // ada gave it away
	})
	t.Run("logged-out time", func(t *testing.T) {
		f := give(t, Config{PersonalLoggedIn: time.Hour, PersonalLoggedOut: time.Minute})
		f.later(30)
		f.send(vcc.Command{Do: vcc.LogOut, Agent: "bob", Force: true})
		f.later(29)
		f.directed()
		n := restarted(t, f, f.cfg)
		n.do(on("cy"))
		n.directed()
		n.later(1)
		n.directed("offer x 2 cy")
	})
	t.Run("logs out after that time", func(t *testing.T) {
		f := give(t, Config{PersonalLoggedOut: time.Minute})
		f.later(61)
		f.offers(f.out)
		f.send(vcc.Command{Do: vcc.LogOut, Agent: "bob", Force: true})
		if got := offersOf(f.out); !slices.Contains(got, "x/2 cy") {
			t.Errorf("offers %v", got)
		}
	})
	t.Run("declines it", func(t *testing.T) {
		f := give(t, Config{})
		f.do(answer(vcc.Accepted, "b1", 1))
		f.do(answer(vcc.Ended, "b1", 1))
		f.do(refuse("x", 2, vcc.Declined))
		f.directed("offer x 3 cy")
	})
	t.Run("does not answer", func(t *testing.T) {
		f := give(t, Config{})
		f.do(answer(vcc.Accepted, "b1", 1))
		f.do(answer(vcc.Ended, "b1", 1))
		f.later(5, refuse("x", 2, vcc.TimedOut))
		f.directed() // it stays bob's
		f.later(180)
		f.offers(f.out, "x/3 bob")
	})
	t.Run("a personal queue that an arrival names", func(t *testing.T) {
		f := newFloor(t, Config{}, "ada", "bob")
		f.do(on("ada"), on("bob"))
		r, s := caseWork("k", 0), caseWork("n", 0)
		r.Personal, r.PersonalFor = &vcc.Personal{Agent: "bob"}, [2]time.Duration{time.Minute, 0}
		s.Personal = &vcc.Personal{Agent: "nobody"}
		f.do(r, s)
		f.directed("offer k 1 bob", "offer n 1 ada")
		if p := f.item("k").Personal; p == nil || !p.LoggedIn.Equal(at(60)) || !p.LoggedOut.IsZero() {
			t.Errorf("%+v", p)
		}
	})
}

func TestTakeBack(t *testing.T) {
	give := func(t *testing.T, to vcc.Target) *floor {
		f := desk2(t, Config{Sizes: vcc.Sizes{Live: 100, SemiLive: 90, NonLive: 30}})
		f.do(chat("b", 1, prefer("bob")), chat("c", 1, prefer("cy")))
		f.may("ada", vcc.Transfer, "x", to)
		f.later(5, transferred("x", 5, plan("q")))
		f.do(chat("a", 2, prefer("ada"))) // the wrap-up leaves no room
		f.directed()
		return f
	}
	for _, to := range []vcc.Target{agentTarget("bob"), planTarget("q")} {
		f := give(t, to)
		f.buttons("ada", "x", "finish wrap, take back")
		f.mayNot(vcc.DeniedNotYours, "not transferred", "bob", vcc.TakeBack, "x")
		f.may("ada", vcc.FinishWrap, "x")
		f.directed("offer a 1 ada") // 90 percent
		f.may("ada", vcc.TakeBack, "x")
		f.directed("offer x 2 ada") // although it does not fit, and although ada gave it away
		if p := f.item("x").Personal; p != nil {
			t.Errorf("it is still %s's alone", p.Agent)
		}
		if f.load("ada") != 120 {
			t.Errorf("load is %d", f.load("ada"))
		}
		f.mayNot(vcc.DeniedNotNow, "on its way back", "ada", vcc.TakeBack, "x")
		f.do(answer(vcc.Accepted, "x", 2))
		if c := f.card("ada", "x"); c.State != vcc.CardConnected {
			t.Errorf("%+v", c)
		}
	}
	t.Run("while it wraps up", func(t *testing.T) {
		f := give(t, planTarget("q"))
		f.may("ada", vcc.TakeBack, "x")
		f.buttons("ada", "x", "show work")
		f.may("ada", vcc.FinishWrap, "x") // the wrap-up is still there
		f.do(refuse("x", 2, vcc.Undelivered))
		f.may("ada", vcc.TakeBack, "x")
		f.later(1, answer(vcc.Accepted, "x", 3))
		if c := f.card("ada", "x"); c.State != vcc.CardConnected || c.Offer != 3 {
			t.Errorf("%+v", c)
		}
	})
	t.Run("accepted over its wrap-up", func(t *testing.T) {
		f := give(t, planTarget("q"))
		f.may("ada", vcc.TakeBack, "x")
		f.do(answer(vcc.Accepted, "x", 2))
		if d := mustDesk(f, "ada"); len(d.Cards) != 1 || d.Cards[0].State != vcc.CardConnected {
			t.Errorf("%+v", d.Cards)
		}
	})
	t.Run("not from offline", func(t *testing.T) {
		f := give(t, planTarget("q"))
		f.do(offline("ada"))
		f.mayNot(vcc.DeniedNotNow, "go online", "ada", vcc.TakeBack, "x")
		f.buttons("ada", "x", "finish wrap, take back x")
	})
	t.Run("not what left", func(t *testing.T) {
		f := give(t, planTarget("q"))
		f.do(vcc.Report{Kind: vcc.Withdrawn, Interaction: "x", Reason: vcc.LeftRouting})
		f.mayNot(vcc.DeniedNotNow, "does not wait", "ada", vcc.TakeBack, "x")
	})
}

// TestWrapUpOfWhatWentOn: the sender's wrap-up follows the plan that held, and a
// repeated announcement of what waits is no second transfer.
func TestWrapUpOfWhatWentOn(t *testing.T) {
	f := newFloor(t, Config{Plans: []vcc.Plan{
		{ID: "p", WrapUp: 10 * time.Second, Dispositions: []string{"done"}, WrapExtendAll: true}, {ID: "q", WrapManual: true, Dispositions: []string{"other"}},
	}}, "ada")
	f.do(on("ada"), caseWork("x", 0, plan("p")))
	f.do(answer(vcc.Accepted, "x", 1))
	f.may("ada", vcc.Transfer, "x", planTarget("q"))
	f.do(caseWork("x", 0, plan("p"))) // the old announcement again
	f.buttons("ada", "x", "transfer x, release x")
	f.do(transferred("x", 0, plan("q")), transferred("x", 0, plan("q")))
	f.buttons("ada", "x", "finish wrap, extend wrap, dispose, take back")
	if c := f.card("ada", "x"); c.Outcomes[0] != "done" {
		t.Errorf("%+v", c)
	}
	f.may("ada", vcc.TakeBack, "x")
	f.do(answer(vcc.Accepted, "x", 2))
	// In the same second to the same plan: only Salesforce's mark tells them apart.
	f.may("ada", vcc.Transfer, "x", planTarget("q"))
	f.do(transferred("x", 0, plan("q")))
	f.state("x", vcc.Waiting)
}

package engine

import (
	"slices"
	"strings"
	"testing"
	"time"

	"omnibridge/vcc"
)

// whats lists the journal's words of the decisions of out.
func whats(out vcc.Output) []string {
	var list []string
	for _, d := range out.Decisions {
		if d.What != "" {
			list = append(list, d.What)
		}
	}
	return list
}

// TestBreakoutIsOfOneWait holds that what an interaction broke out of, and how long
// nobody was there for it, ends with that wait.
func TestBreakoutIsOfOneWait(t *testing.T) {
	plans := []vcc.Plan{
		{ID: "p", Skills: []vcc.Skill{"none"}, NoAgents: 10 * time.Second, Breakout: "q"},
		{ID: "q"}, {ID: "r", Skills: []vcc.Skill{"sales"}, NoAgents: time.Minute, Breakout: "q"},
	}
	d := newDesk(t, Config{Plans: plans, Skills: map[vcc.AgentID][]vcc.Skill{"cy": {"sales"}}})
	d.step(online("ada", "Cases"), caseWork("k", 0, plan("p")))
	d.offers(d.at(10), "k/1 ada")
	d.step(answer(vcc.Accepted, "k", 1))
	d.at(20, transferred("k", 20, plan("r")))
	if x := d.item("k"); x.Via != "" || x.State != vcc.Waiting || !strings.Contains(x.Why, "sales") {
		t.Fatalf("given to plan r it is routed by %q: %s (%s)", x.Via, x.State, x.Why)
	}
	d.step(online("cy", "Cases"))
	d.state("k", vcc.Offered)
	d.at(70, offline("cy"), refuse("k", 2, vcc.Unavailable))
	d.at(100)
	if x := d.item("k"); x.Via != "" {
		t.Errorf("it broke out after 30 s without anybody: what was before its offer counted")
	}
	d.at(130)
	if x := d.item("k"); x.Via != "q" {
		t.Errorf("it is routed by %q a minute after the last agent left (%s)", x.Via, x.Why)
	}
}

// TestQueueLengthIsForArrivals holds that what somebody refused is not sent away
// because others came meanwhile.
func TestQueueLengthIsForArrivals(t *testing.T) {
	d := newDesk(t, Config{Plans: []vcc.Plan{{ID: "p", MaxWaiting: 1, Breakout: "q", AllRefused: vcc.WaitOn}, {ID: "q", Skills: []vcc.Skill{"none"}}}, Sizes: vcc.Sizes{Live: 100, SemiLive: 100, NonLive: 20}})
	d.step(online("ada", "Chat"), chat("first", 0, plan("p")))
	d.step(chat("second", 1, plan("p")), chat("third", 2, plan("p")))
	if x := d.item("third"); x.Via != "q" {
		t.Fatalf("the third goes by %q", x.Via)
	}
	d.step(refuse("first", 1, vcc.Unavailable))
	if x := d.item("first"); x.Via != "" {
		t.Errorf("who came first was sent to %s because others wait", x.Via)
	}
}

// TestAllRefusedWhileBlocked holds that agents who are blocked for having refused
// count among those who have.
func TestAllRefusedWhileBlocked(t *testing.T) {
	d := newDesk(t, Config{Telephony: true, Plans: []vcc.Plan{{ID: "calls", AllRefused: vcc.GiveItUp}}})
	d.step(vcc.Report{Kind: vcc.Asked, Command: &vcc.Command{ID: "1", Do: vcc.LogIn, Agent: "ada"}})
	d.offers(d.step(ours("l", 0, by("acme", "1"), func(r *vcc.Report) { r.Work.Plan = "calls" })), "l/1 ada")
	out := d.step(vcc.Report{Kind: vcc.Asked, Command: &vcc.Command{ID: "2", Do: vcc.RejectCall, Agent: "ada", Interaction: "l"}})
	x := d.item("l")
	if x.State != vcc.Closed || !slices.Contains(whats(out), "given up") {
		t.Fatalf("the only agent rejected it, and it is %s: %s", x.State, x.Why)
	}
	if len(x.Owed) != 1 || x.Owed[0].Kind != wordRelease {
		t.Errorf("its provider is owed %+v, want that it was released", x.Owed)
	}
	for _, dir := range out.Directives {
		if dir.Kind == vcc.Phone {
			t.Errorf("%s: %s, although the network does not carry it", dir, dir.Phone)
		}
	}
}

// TestBlockedElsewhere holds that who is blocked for having refused a chat, and is gone
// from Omni-Channel, does not count among those who are there.
func TestBlockedElsewhere(t *testing.T) {
	d := newDesk(t, Config{
		NoAnswer: map[vcc.Class]time.Duration{vcc.SemiLive: time.Minute},
		Plans:    []vcc.Plan{{ID: "p", Breakout: "q", Skills: []vcc.Skill{"french"}}, {ID: "q"}},
		Skills:   map[vcc.AgentID][]vcc.Skill{"ada": {"french"}, "bob": {"french"}},
		Sizes:    vcc.Sizes{Live: 100, SemiLive: 100, NonLive: 20},
	})
	d.step(online("ada", "Chat"), online("bob", "Chat"), vcc.Report{Kind: vcc.Asked, Command: &vcc.Command{ID: "1", Do: vcc.LogIn, Agent: "ada"}})
	d.step(chat("x", 0, plan("p"), prefer("bob")))
	d.offers(d.step(chat("c", 0, plan("p"))), "c/1 ada")
	d.step(refuse("c", 1, vcc.Declined))
	if a, _ := d.Agent("ada"); a.Blocked == nil {
		t.Fatal("ada is not blocked")
	}
	d.step(offline("ada"))
	d.step(offline("bob"))
	if x := d.item("c"); x.State != vcc.Waiting || x.Via != "" {
		t.Errorf("nobody is there, and it is %s by %q", x.State, x.Via)
	}
}

// TestWhyNamesTheRule holds that who is chosen for skill is not said to be chosen
// for waiting, and that those who are not ready are told of.
func TestWhyNamesTheRule(t *testing.T) {
	d := newDesk(t, Config{
		Plans:  []vcc.Plan{{ID: "p", Skills: []vcc.Skill{"french"}}},
		Levels: map[vcc.AgentID]map[vcc.Skill]int{"ada": {"french": 40}, "bob": {"french": 80}, "cy": {"french": 80}},
		Sizes:  vcc.Sizes{Live: 100, SemiLive: 100, NonLive: 20},
	})
	d.step(online("ada", "Chat"))
	d.at(5, online("bob", "Chat"))
	d.at(6, online("cy", "Chat"))
	d.offers(d.step(chat("c1", 6, plan("p"))), "c1/1 bob")
	if why := d.item("c1").Why; !strings.Contains(why, "suits it best") {
		t.Errorf("why = %q, want that skill decided", why)
	}
	d.step(chat("c2", 6, plan("p")))
	d.offers(d.step(chat("c3", 6, plan("p"))), "c3/1 ada")
	if why := d.item("c3").Why; !strings.Contains(why, "the only one with room") {
		t.Errorf("why = %q", why)
	}
	d.step(chat("c4", 6, plan("p")))
	d.step(vcc.Report{Kind: vcc.Asked, Command: &vcc.Command{ID: "1", Do: vcc.LogIn, Agent: "cy"}},
		vcc.Report{Kind: vcc.PanelChanged, Agent: "cy", Panel: &vcc.Panel{}})
	if why := d.item("c4").Why; !strings.Contains(why, "2 agents online in Chat with french, all at capacity; 1 more not ready in ContactPad") {
		t.Errorf("why = %q", why)
	}
}

// TestDecisionsAreJournaled holds that what is no choice of an agent has a word of
// its own in the journal, and never counts as waiting.
func TestDecisionsAreJournaled(t *testing.T) {
	d := newDesk(t, Config{Telephony: true, CrossMediaConsult: true})
	ask := func(c vcc.Command) vcc.Output {
		c.ID, c.Agent = string(c.Do)+d.now.String(), "ada"
		out := d.step(vcc.Report{Kind: vcc.Asked, Command: &c})
		if !out.Answers[0].OK {
			t.Fatalf("%s: %+v", c.Do, out.Answers[0])
		}
		return out
	}
	d.step(online("ada", "Chat"))
	ask(vcc.Command{Do: vcc.LogIn})
	d.step(chat("c", 0))
	d.step(answer(vcc.Accepted, "c", 1))
	for _, tt := range []struct {
		out  func() vcc.Output
		want string
	}{
		{func() vcc.Output {
			return ask(vcc.Command{Do: vcc.Consult, Interaction: "c", Target: vcc.Target{Number: "12345"}})
		}, "consult"},
		{func() vcc.Output { return ask(vcc.Command{Do: vcc.ConsoleGone, Interaction: "c"}) }, "record not opened"},
		{func() vcc.Output { return d.step(vcc.Report{Kind: "nonsense", Interaction: "c"}) }, "ignored"},
		{func() vcc.Output {
			ask(vcc.Command{Do: vcc.Release, Interaction: "c"})
			d.step(answer(vcc.CloseFailed, "c", 1))
			return ask(vcc.Command{Do: vcc.Abandon, Interaction: "c"})
		}, "abandoned"},
	} {
		if got := whats(tt.out()); !slices.Equal(got, []string{tt.want}) {
			t.Errorf("the journal says %q, want %q", got, tt.want)
		}
	}
}

// TestPersonalQueuesLeaveNoLines holds that lines of personal queues go when nothing
// waits in them any more.
func TestPersonalQueuesLeaveNoLines(t *testing.T) {
	d := newDesk(t, Config{Plans: []vcc.Plan{{ID: "p"}}})
	const many = 4 * maxLines
	for i := range many {
		id := vcc.AgentID("agent" + strings.Repeat("x", i))
		d.Step(d.now, []vcc.Report{offline(id), {
			Kind: vcc.Arrived, Interaction: vcc.InteractionID("k" + string(id)), Personal: &vcc.Personal{Agent: id},
			Work: &vcc.Work{Record: "r", Plan: "p", Class: vcc.NonLive, Channel: "Cases", Since: d.now},
		}})
	}
	if n := len(d.lines); n < many {
		t.Fatalf("%d lines for %d personal queues", n, many)
	}
	for i := range many {
		d.Step(d.now, []vcc.Report{{Kind: vcc.Withdrawn, Interaction: vcc.InteractionID("kagent" + strings.Repeat("x", i)), Reason: vcc.CustomerLeft}})
	}
	for i := range 2 * many {
		d.Step(d.now, []vcc.Report{caseWork("k", 0, plan("p"), skills(vcc.Skill(strings.Repeat("s", i+1))))})
	}
	if n := len(d.lines); n > maxLines {
		t.Errorf("%d lines are kept of those that came and went", n)
	}
}

// TestOutcomesThatCannotBeChosen holds that a plan cannot ask for an outcome that it
// does not list.
func TestOutcomesThatCannotBeChosen(t *testing.T) {
	_, err := New(Config{Plans: []vcc.Plan{{ID: "p", DispositionRequired: true}, {ID: "q", Dispositions: []string{""}}}})
	for _, want := range []string{"Plans[0].DispositionRequired", "Plans[1].Dispositions"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("the faults lack %s: %v", want, err)
		}
	}
}

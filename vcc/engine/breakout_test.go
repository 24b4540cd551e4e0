package engine

import (
	"strings"
	"testing"
	"time"

	"omnibridge/vcc"
)

// TestPlanRules is one small story per rule of a plan.
func TestPlanRules(t *testing.T) {
	fluent := map[vcc.AgentID]map[vcc.Skill]int{"ada": {"french": 40}, "bob": {"french": 80}}
	for _, tt := range []struct {
		name  string
		plans []vcc.Plan
		do    func(d *desk)
	}{
		{"the higher level is chosen, though the other waits longer", []vcc.Plan{{ID: "p", Skills: []vcc.Skill{"french"}}}, func(d *desk) {
			d.step(online("ada", "Chat"))
			d.at(5, online("bob", "Chat"))
			d.offers(d.step(chat("c", 5, plan("p"))), "c/1 bob")
		}},
		{"too low a level is not enough", []vcc.Plan{{ID: "p", Needs: []vcc.Need{{Skill: "french", Level: 50}}}}, func(d *desk) {
			d.step(online("ada", "Chat"))
			d.offers(d.step(chat("c", 0, plan("p"))))
			if why := d.item("c").Why; !strings.Contains(why, "french from 50") {
				d.t.Errorf("why = %q, want the level", why)
			}
			d.offers(d.at(1, online("bob", "Chat")), "c/1 bob")
		}},
		{"a need for a time expires", []vcc.Plan{{ID: "p", Needs: []vcc.Need{{Skill: "french", Level: 50, For: 10 * time.Second}}}}, func(d *desk) {
			d.step(online("ada", "Chat"))
			d.step(chat("c", 0, plan("p")))
			d.offers(d.at(9))
			d.offers(d.at(10), "c/1 ada")
		}},
		{"an optional skill is preferred and not needed", []vcc.Plan{{ID: "p", Needs: []vcc.Need{{Skill: "french", Optional: true}}}}, func(d *desk) {
			d.step(online("cy", "Chat"))
			d.at(5, online("ada", "Chat"))
			d.offers(d.step(chat("c1", 5, plan("p"))), "c1/1 ada")
			d.step(offline("ada"))
			d.offers(d.step(chat("c2", 5, plan("p"))), "c2/1 cy")
		}},
		{"waiting raises the priority, step by step", []vcc.Plan{{ID: "low", Priority: vcc.Lower, Ageing: 10 * time.Second}, {ID: "high", Priority: vcc.Higher}}, func(d *desk) {
			d.step(call("old", 0, plan("low")))
			d.at(18, call("new", 18, plan("high")))
			d.offers(d.at(19, online("cy", "Phone")), "new/1 cy") // two steps up it would be as high, and older: not yet
		}},
		{"after enough steps the older goes first", []vcc.Plan{{ID: "low", Priority: vcc.Lower, Ageing: 10 * time.Second}, {ID: "high", Priority: vcc.Higher}}, func(d *desk) {
			d.step(call("old", 0, plan("low")))
			d.at(19, call("new", 19, plan("high")))
			d.offers(d.at(20, online("cy", "Phone")), "old/1 cy")
		}},
		{"the other plan's agents may take it after a while, its own are preferred", []vcc.Plan{{ID: "p", Skills: []vcc.Skill{"french"}, Overflow: "q", OverflowAfter: 10 * time.Second}, {ID: "q", Skills: []vcc.Skill{"sales"}}}, func(d *desk) {
			d.step(online("cy", "Chat"), chat("c1", 0, plan("p")))
			d.offers(d.at(9))
			d.offers(d.at(10), "c1/1 cy")
			d.at(20, online("ada", "Chat"))
			d.offers(d.step(chat("c2", 0, plan("p"))), "c2/1 ada")
		}},
		{"a closed plan keeps its work and says until when", []vcc.Plan{{ID: "p", Hours: &vcc.Hours{Open: []vcc.Span{{Day: time.Monday, From: 10*time.Hour + time.Minute, To: 11 * time.Hour}}}}}, func(d *desk) {
			d.step(online("ada", "Chat"), chat("c", 0, plan("p")))
			if why := d.item("c").Why; !strings.Contains(why, "closed until Mon 2 Mar 10:01") {
				d.t.Errorf("why = %q", why)
			}
			if next, ok := d.Next(); !ok || !next.Equal(at(60)) {
				d.t.Errorf("next = %v, want when it opens", next)
			}
			d.offers(d.at(60), "c/1 ada")
		}},
		{"one too many breaks out", []vcc.Plan{{ID: "p", Skills: []vcc.Skill{"none"}, MaxWaiting: 1, Breakout: "q"}, {ID: "q"}}, func(d *desk) {
			d.step(online("cy", "Chat"))
			d.offers(d.step(chat("c1", 0, plan("p"))))
			d.offers(d.step(chat("c2", 0, plan("p"))), "c2/1 cy")
			if x := d.item("c2"); x.Via != "q" || x.Work.Plan != "p" {
				d.t.Errorf("it goes by %q of %q", x.Via, x.Work.Plan)
			}
		}},
		{"nobody there breaks out, somebody busy does not", []vcc.Plan{{ID: "p", Skills: []vcc.Skill{"french"}, NoAgents: 10 * time.Second, Breakout: "q"}, {ID: "q"}}, func(d *desk) {
			d.step(online("cy", "Chat"), chat("c1", 0, plan("p")))
			d.offers(d.at(9))
			d.offers(d.at(10), "c1/1 cy")
			d.step(online("ada", "Chat"), chat("c2", 10, plan("p")), chat("c3", 10, plan("p")), chat("c4", 10, plan("p")), chat("c5", 10, plan("p")))
			d.state("c5", vcc.Waiting)
			d.at(25)
			d.at(40)
			if x := d.item("c5"); x.Via != "" {
				d.t.Errorf("it broke out by %s although somebody is there", x.Via)
			}
		}},
		{"all refused breaks out", []vcc.Plan{{ID: "p", Skills: []vcc.Skill{"french"}, AllRefused: vcc.BreakOut, Breakout: "q"}, {ID: "q"}}, func(d *desk) {
			d.step(online("ada", "Chat"), online("bob", "Chat"), online("cy", "Chat"), chat("c", 0, plan("p")))
			d.offers(d.step(refuse("c", 1, vcc.Declined)), "c/2 ada")
			d.offers(d.step(refuse("c", 2, vcc.Declined)), "c/3 cy")
		}},
		{"all refused asks again who refused first", []vcc.Plan{{ID: "p", Skills: []vcc.Skill{"french"}, AllRefused: vcc.AskAgain}}, func(d *desk) {
			d.step(online("ada", "Chat"), online("bob", "Chat"), chat("c", 0, plan("p")))
			d.at(1, refuse("c", 1, vcc.Declined))
			d.offers(d.at(2, refuse("c", 2, vcc.Declined)), "c/3 bob")
		}},
		{"all refused waits on by default", []vcc.Plan{{ID: "p", Skills: []vcc.Skill{"french"}}}, func(d *desk) {
			d.step(online("ada", "Chat"), online("cy", "Chat"), chat("c", 0, plan("p")))
			d.offers(d.at(1, refuse("c", 1, vcc.Declined)))
			d.offers(d.at(180))
			d.offers(d.at(181), "c/2 ada")
		}},
		{"a sticky plan asks the same agent again, for a while", []vcc.Plan{{ID: "p", Sticky: time.Minute}}, func(d *desk) {
			same := func(w *vcc.Work) { w.Plan, w.Record, w.Caller = "p", "r", "+441" }
			d.step(online("ada", "Chat"), chat("c1", 0, same))
			d.step(answer(vcc.Accepted, "c1", 1))
			d.at(5, answer(vcc.Ended, "c1", 1))
			d.at(1, online("bob", "Chat")) // waits for longer now
			d.offers(d.at(30, chat("c2", 30, same)), "c2/1 ada")
			d.step(answer(vcc.Accepted, "c2", 1), answer(vcc.Ended, "c2", 1))
			d.offers(d.at(91, chat("c3", 91, same)), "c3/1 bob")
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tt.do(newDesk(t, Config{Plans: tt.plans, Levels: fluent, Skills: map[vcc.AgentID][]vcc.Skill{"cy": {"sales"}}}))
		})
	}
}

// TestAllRefused is what becomes, by class and by plan, of what everybody has refused who
// is there, however that comes about.
func TestAllRefused(t *testing.T) {
	q := vcc.Plan{ID: "q"}
	declines := func(d *desk, id vcc.InteractionID, n int) vcc.Output { return d.step(refuse(id, n, vcc.Declined)) }
	asks := func(a vcc.AgentID, c vcc.Command) vcc.Report {
		c.Agent = a
		return vcc.Report{Kind: vcc.Asked, Command: &c}
	}
	// ada declines while bob, who could take it too, is busy with x.
	busyBob := func(d *desk, r vcc.Report) {
		r.Work.Plan = "p"
		x := r
		x.Interaction, x.Work = "x", new(*r.Work)
		x.Work.Prefer = "bob"
		d.step(online("ada", "Chat", "Cases", "Phone"), online("bob", "Chat", "Cases", "Phone"), online("cy", "Chat", "Cases", "Phone"), x)
		d.offers(d.step(answer(vcc.Accepted, "x", 1), r), string(r.Interaction)+"/1 ada")
		d.offers(declines(d, r.Interaction, 1))
	}
	for _, tt := range []struct {
		name    string
		byClass map[vcc.Class]vcc.AllRefused
		plan    vcc.Plan
		do      func(d *desk)
	}{
		{"a chat breaks out if its plan says where", nil, vcc.Plan{Breakout: "q"}, func(d *desk) {
			busyBob(d, chat("c", 0))
			d.offers(d.step(offline("bob")), "c/2 cy")
		}},
		{"a chat waits if its plan says not where", nil, vcc.Plan{}, func(d *desk) {
			busyBob(d, chat("c", 0))
			d.offers(d.step(offline("bob")))
			d.offers(d.at(180), "c/2 ada")
		}},
		{"a case waits though its plan has a breakout", nil, vcc.Plan{Breakout: "q"}, func(d *desk) {
			busyBob(d, caseWork("k", 0))
			d.offers(d.step(offline("bob")))
		}},
		{"a call waits though its plan has a breakout", nil, vcc.Plan{Breakout: "q"}, func(d *desk) {
			busyBob(d, call("l", 0))
			d.offers(d.step(offline("bob")))
		}},
		{"a class has a rule of its own", map[vcc.Class]vcc.AllRefused{vcc.NonLive: vcc.BreakOut}, vcc.Plan{Breakout: "q"}, func(d *desk) {
			busyBob(d, caseWork("k", 0))
			d.offers(d.step(offline("bob")), "k/2 cy")
		}},
		{"the plan overrides the class", map[vcc.Class]vcc.AllRefused{vcc.NonLive: vcc.BreakOut}, vcc.Plan{Breakout: "q", AllRefused: vcc.WaitOn}, func(d *desk) {
			busyBob(d, caseWork("k", 0))
			d.offers(d.step(offline("bob")))
		}},
		{"a chat is asked again when the last who could take it goes", nil, vcc.Plan{AllRefused: vcc.AskAgain}, func(d *desk) {
			busyBob(d, chat("c", 0))
			d.offers(d.step(offline("bob")), "c/2 ada")
		}},
		{"the last who could take it becomes away", nil, vcc.Plan{AllRefused: vcc.AskAgain}, func(d *desk) {
			busyBob(d, chat("c", 0))
			d.step(asks("bob", vcc.Command{Do: vcc.LogIn}))
			d.offers(d.step(asks("bob", vcc.Command{Do: vcc.SetState, State: stAway})), "c/2 ada")
		}},
		{"the last who could take it gets free and refuses", nil, vcc.Plan{AllRefused: vcc.AskAgain}, func(d *desk) {
			busyBob(d, chat("c", 0))
			d.offers(d.at(1, answer(vcc.Ended, "x", 1)), "c/2 bob")
			d.offers(d.at(2, refuse("c", 2, vcc.TimedOut)), "c/3 ada")
		}},
		{"who has refused it comes back, and nobody else is there", nil, vcc.Plan{Breakout: "q"}, func(d *desk) {
			busyBob(d, chat("c", 0))
			d.offers(d.step(offline("ada")))
			d.offers(d.step(offline("bob"))) // nobody is there who has refused it
			d.state("c", vcc.Waiting)
			d.offers(d.step(online("ada", "Chat")), "c/2 cy")
		}},
		{"who still could take it stays, and it waits for them", nil, vcc.Plan{AllRefused: vcc.AskAgain}, func(d *desk) {
			busyBob(d, chat("c", 0))
			d.offers(d.at(179))
		}},
		{"of those who refused it who has room is asked first", nil, vcc.Plan{AllRefused: vcc.AskAgain}, func(d *desk) {
			busyBob(d, chat("c", 0))
			d.offers(d.at(1, answer(vcc.Ended, "x", 1)), "c/2 bob")
			d.step(chat("y", 1, prefer("ada")))
			d.offers(d.at(2, refuse("c", 2, vcc.TimedOut)), "c/3 bob")
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tt.plan.ID, tt.plan.Skills = "p", []vcc.Skill{"french"}
			french := []vcc.Skill{"french"}
			tt.do(newDesk(t, Config{
				Plans: []vcc.Plan{tt.plan, q}, AllRefused: tt.byClass, Skills: map[vcc.AgentID][]vcc.Skill{"ada": french, "bob": french},
				Sizes: vcc.Sizes{Live: 100, SemiLive: 100, NonLive: 100},
			}))
		})
	}
}

// TestAllRefusedFaults holds that a rule of a class that cannot be is told.
func TestAllRefusedFaults(t *testing.T) {
	_, err := New(Config{AllRefused: map[vcc.Class]vcc.AllRefused{"loud": vcc.WaitOn, vcc.NonLive: vcc.GiveItUp, vcc.SemiLive: "cry", vcc.Live: ""}})
	for _, want := range []string{`AllRefused["loud"]`, `AllRefused["non-live"] is "give up"`, `AllRefused["semi-live"] is "cry"`, `AllRefused["live"] is ""`} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("the faults lack %s: %v", want, err)
		}
	}
}

// TestNoBreakoutInACircle holds that what broke out stays where it is, even if plans
// send to each other.
func TestNoBreakoutInACircle(t *testing.T) {
	d := newDesk(t, Config{Plans: []vcc.Plan{
		{ID: "p", Skills: []vcc.Skill{"none"}, NoAgents: time.Second, Breakout: "q"},
		{ID: "q", Skills: []vcc.Skill{"none"}, NoAgents: time.Second, Breakout: "p"},
	}})
	d.step(chat("c", 0, plan("p")))
	for second := range 10 {
		d.at(second)
	}
	if x := d.item("c"); x.Via != "q" || x.State != vcc.Waiting {
		t.Errorf("it is %s by %q, want waiting by q", x.State, x.Via)
	}
}

// TestPlanFaults holds that every fault of a plan's rules is told, with the field.
func TestPlanFaults(t *testing.T) {
	_, err := New(Config{
		Plans: []vcc.Plan{
			{ID: "p", Overflow: "p", Breakout: "nowhere", MaxWaiting: -1, Ageing: -1, AllRefused: "cry", Needs: []vcc.Need{{Level: 101}}},
			{ID: "q", NoAgents: time.Second},
		},
		Levels: map[vcc.AgentID]map[vcc.Skill]int{"ada": {"french": 0}},
	})
	for _, want := range []string{"Plans[0].Overflow", "Plans[0].Breakout", "Plans[0].MaxWaiting", "Plans[0].Ageing", "Plans[0].AllRefused", "Plans[0].Needs", "Plans[1] sends interactions away", `Levels["ada"]["french"]`} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("the faults lack %s: %v", want, err)
		}
	}
}

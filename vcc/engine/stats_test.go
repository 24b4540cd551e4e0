package engine

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"omnibridge/vcc"
)

// plan returns what is counted of a plan, as of the desk's time.
func (d *desk) stats(id vcc.PlanID) vcc.PlanStats {
	d.t.Helper()
	for _, p := range d.Stats(d.now).Plans {
		if p.Plan == id {
			return p
		}
	}
	d.t.Fatalf("plan %s is not counted", id)
	return vcc.PlanStats{}
}

func (d *desk) statsOf(id vcc.AgentID) vcc.AgentStats {
	d.t.Helper()
	s, ok := d.AgentStats(d.now, id)
	if !ok {
		d.t.Fatalf("%s is not counted", id)
	}
	return s
}

func countingDesk(t *testing.T) *desk {
	d := newDesk(t, Config{
		Sizes: vcc.Sizes{Live: 100, SemiLive: 100, NonLive: 20},
		Plans: []vcc.Plan{{ID: "p", Label: "Orders", Target: 20 * time.Second, WrapUp: 10 * time.Second}},
	})
	d.step()
	return d
}

func percent(p *int) string {
	if p == nil {
		return "too few"
	}
	return fmt.Sprint(*p)
}

// TestOnTargetCountsThoseWhoStillWait walks through the formula of panel-ux 4.
func TestOnTargetCountsThoseWhoStillWait(t *testing.T) {
	d := countingDesk(t)
	d.step(online("ada", "Chat"))
	for i := range 9 { // each is connected at once
		id := vcc.InteractionID(fmt.Sprint("c", i))
		d.step(chat(id, 0, plan("p")))
		d.step(answer(vcc.Accepted, id, 1))
		d.step(answer(vcc.Ended, id, 1))
		d.at(10 * (i + 1)) // the wrap-up ends
	}
	if s := d.stats("p"); s.OnTarget != nil || s.NewWait != nil || s.Recent.Connected != 9 || s.Recent.InTime != 3 {
		t.Fatalf("nine are too few, and the first three came in time: %+v", s)
	}
	d.step(chat("late", 90, plan("p")))
	d.at(110)
	if s := d.stats("p"); s.Past != 0 || s.OnTarget != nil || !s.Oldest.Equal(at(90)) || s.Waiting != 1 || s.Alerting != 1 {
		t.Fatalf("at the target nobody is past it: %+v", s)
	}
	d.at(111)
	if s := d.stats("p"); s.Past != 1 || percent(s.OnTarget) != "30" || s.Recent.Still != 1 {
		t.Fatalf("3 of 9 and 1 that still waits: %+v", s)
	}
	d.step(vcc.Report{Kind: vcc.Withdrawn, Interaction: "late", Reason: vcc.CustomerLeft})
	if s := d.stats("p"); s.Past != 0 || percent(s.OnTarget) != "30" || s.Recent.LeftLate != 1 || s.Waiting != 0 || s.Today.Abandoned != 1 || s.Today.Gone != 1 {
		t.Fatalf("who left after the target counts: %+v", s)
	}
	d.step(chat("early", 111, plan("p")))
	d.step(vcc.Report{Kind: vcc.Withdrawn, Interaction: "early", Reason: vcc.CustomerLeft})
	if s := d.stats("p"); percent(s.OnTarget) != "30" || s.Recent.LeftEarly != 1 || s.Today.Abandoned != 2 {
		t.Fatalf("who left before it does not: %+v", s)
	}
	d.step(chat("owned", 111, plan("p")))
	d.step(vcc.Report{Kind: vcc.Withdrawn, Interaction: "owned", Reason: vcc.LeftRouting})
	if s := d.stats("p"); percent(s.OnTarget) != "30" || s.Today.LeftRouting != 1 || s.Today.Abandoned != 2 {
		t.Fatalf("nor who left routing: %+v", s)
	}
	d.at(29 * 60)
	if s := d.stats("p"); s.Recent.Connected != 9 {
		t.Fatalf("in the 30th minute all nine count: %+v", s)
	}
	d.at(30 * 60)
	if s := d.stats("p"); s.Recent.Connected != 3 || s.Today.Handled != 9 || s.Today.Wraps != 9 || s.Today.Wrap != 90*time.Second {
		t.Fatalf("then those of the first minute no longer do: %+v", s)
	}
}

// TestRoomForChats counts who could take one chat more (A49): not who is away, full, or
// lacks the skill, and nobody while the plan is closed.
func TestRoomForChats(t *testing.T) {
	hours := &vcc.Hours{Zone: time.UTC, Open: []vcc.Span{{Day: t0.Weekday(), From: 0, To: 11 * time.Hour}}}
	d := newDesk(t, Config{
		Plans:  []vcc.Plan{{ID: "p", Skills: []vcc.Skill{"billing"}, Hours: hours}, {ID: "q"}},
		Skills: map[vcc.AgentID][]vcc.Skill{"ada": {"billing"}, "bob": {"billing"}},
		Sizes:  vcc.Sizes{Live: 100, SemiLive: 50, NonLive: 20},
	})
	is := func(p vcc.PlanID, want int) {
		t.Helper()
		if s := d.stats(p); s.ChatRoom == nil || *s.ChatRoom != want {
			t.Errorf("plan %s: %v, want %d", p, s.ChatRoom, want)
		}
	}
	d.step(online("ada", "Chat"), online("bob", "Chat"), online("cy", "Chat"))
	if s := d.stats("p"); s.ChatRoom != nil {
		t.Errorf("%d could take chats, of which none came yet", *s.ChatRoom)
	}
	d.step(chat("x1", 0, plan("p"), prefer("ada")), chat("y1", 0, plan("q"), prefer("cy")))
	is("p", 2)
	is("q", 3)
	d.step(chat("x2", 0, plan("p"), prefer("ada")))
	is("p", 1) // ada is full
	d.step(offline("bob"))
	is("p", 0)
	is("q", 1)
	d.step(answer(vcc.Ended, "x2", 1))
	is("p", 1)
	d.at(60 * 60)
	is("p", 0)
	if s := d.stats("q"); s.ChatRoom == nil || *s.ChatRoom == 0 {
		t.Error("only p is closed")
	}
}

// TestNewWaitFollowsThePace estimates by the connections of 15 minutes.
func TestNewWaitFollowsThePace(t *testing.T) {
	d := countingDesk(t)
	var presence []vcc.Report
	for i := range 10 {
		presence = append(presence, online(vcc.AgentID(fmt.Sprint("a", i)), "Chat"))
	}
	d.step(presence...)
	for i := range 14 {
		d.step(chat(vcc.InteractionID(fmt.Sprintf("c%02d", i)), 0, plan("p")))
	}
	for i := range 10 {
		d.step(answer(vcc.Accepted, vcc.InteractionID(fmt.Sprintf("c%02d", i)), 1))
	}
	if s := d.stats("p"); s.NewWait == nil || *s.NewWait != 4*15*time.Minute/10 {
		t.Fatalf("4 wait, 10 were connected in 15 minutes: %v %+v", s.NewWait, s)
	}
	d.at(15 * 60)
	if s := d.stats("p"); s.NewWait != nil {
		t.Fatalf("that was too long ago: %v", *s.NewWait)
	}
}

// TestDayBeginsAtMidnight holds that today begins anew, that time is split there, and
// that totals never fall.
func TestDayBeginsAtMidnight(t *testing.T) {
	d := countingDesk(t)
	d.step(online("ada", "Chat"), chat("x", 0, plan("p")))
	d.at(60, answer(vcc.Accepted, "x", 1))
	midnight := int(14 * time.Hour / time.Second) // t0 is at ten
	d.at(midnight + 100)
	if s := d.statsOf("ada"); s.Times != (vcc.AgentTimes{Talk: 100 * time.Second}) || s.Today.Accepted != 0 {
		t.Fatalf("since midnight: %+v", s)
	}
	if s := d.stats("p"); s.Today.Accepted != 0 || s.Total.Accepted != 1 || d.Stats(d.now).Day != at(midnight) || !d.Stats(d.now).Since.Equal(t0) {
		t.Fatalf("since midnight: %+v", s)
	}
	d.step(answer(vcc.Ended, "x", 1))
	if s := d.stats("p"); s.Today.Handled != 1 || s.Total.Handled != 1 || s.Today.Handling != time.Duration(midnight+40)*time.Second {
		t.Fatalf("a part counts when it ends: %+v", s)
	}
	d.at(midnight + 110) // the wrap-up ends
	d.at(3*86400 + 7)    // nothing happened for two days
	if s := d.statsOf("ada"); s.Today.Handled != 0 || s.Times.Wrap != 0 || s.Times.Ready != time.Duration(3*86400+7-midnight-2*86400)*time.Second {
		t.Fatalf("two days later: %+v", s)
	}
}

// TestTimesAndOccupancy follows one agent through a call with a hold.
func TestTimesAndOccupancy(t *testing.T) {
	f := newFloor(t, Config{Plans: []vcc.Plan{{ID: "p", WrapUp: 30 * time.Second}}}, "ada", "bob")
	begin := f.now
	f.later(40)
	f.do(ours("x", 0, func(r *vcc.Report) { r.Work.Plan = "p" }))
	f.later(5)
	f.may("ada", vcc.AnswerCall, "x")
	f.later(100)
	f.may("ada", vcc.Hold, "x")
	f.later(20)
	f.may("ada", vcc.Release, "x")
	f.later(30)
	f.later(5)
	s, _ := f.AgentStats(f.now, "ada")
	if want := (vcc.AgentTimes{Talk: 100 * time.Second, Hold: 20 * time.Second, Wrap: 30 * time.Second, Ready: 50 * time.Second}); s.Times != want || percent(s.Occupancy) != "75" {
		t.Errorf("%+v, %s percent, after %s; want %+v, 75 percent", s.Times, percent(s.Occupancy), f.now.Sub(begin), want)
	}
	if s.Today.Offered != 1 || s.Today.Accepted != 1 || s.Today.Handled != 1 || s.Today.Wraps != 1 || s.Shown != "Ready (Idle)" {
		t.Errorf("%+v", s)
	}
}

// TestHandedOverCallCountsForBoth: who gives a call away handled it, who gets it was
// offered it and took it, and the customer's wait ended once.
func TestHandedOverCallCountsForBoth(t *testing.T) {
	f := newFloor(t, Config{}, "ada", "bob")
	f.do(ours("x", 0))
	f.may("ada", vcc.AnswerCall, "x")
	f.may("ada", vcc.Consult, "x", vcc.Target{Agent: "bob"})
	f.may("bob", vcc.AnswerCall, "x-consult-1")
	f.may("ada", vcc.Transfer, "x")
	for id, want := range map[vcc.AgentID]vcc.AgentTally{"ada": {Offered: 1, Accepted: 1, Handled: 1}, "bob": {Offered: 1, Accepted: 1}} {
		if s, _ := f.AgentStats(f.now, id); fmt.Sprint(s.Today) != fmt.Sprint(want) {
			t.Errorf("%s: %+v, want %+v", id, s.Today, want)
		}
	}
	for _, p := range f.Stats(f.now).Plans {
		if p.Plan == consultPlan {
			t.Error("consults are counted")
		}
		if p.Plan == "" && (p.Recent.Connected != 1 || p.Today.Accepted != 2 || p.Label != "(no plan)") {
			t.Errorf("%+v", p)
		}
	}
}

// TestCountsAfterRestart: what stands is counted again, what happened begins anew.
func TestCountsAfterRestart(t *testing.T) {
	d := countingDesk(t)
	d.step(online("ada", "Chat"), chat("x", 0, plan("p")), chat("y", 1, plan("p")))
	d.at(50, answer(vcc.Accepted, "x", 1))
	twin := newDesk(t, d.cfg)
	twin.now = at(60)
	twin.Restore(twin.now, slices.Collect(d.Interactions()), slices.Collect(d.Agents()))
	s := twin.stats("p")
	if s.Waiting != 1 || s.Past != 1 || !s.Oldest.Equal(at(1)) || s.Total.Accepted != 0 || !twin.Stats(twin.now).Since.Equal(at(60)) {
		t.Errorf("%+v", s)
	}
	if list, states := twin.Standing(10); len(list) != 2 || list[0].ID != "y" || states[vcc.Connected] != 1 || states[vcc.Waiting] != 1 {
		t.Errorf("%v %+v", states, list)
	}
	twin.at(70, online("ada", "Chat"))
	if s := twin.statsOf("ada"); s.Times.Talk != 10*time.Second || s.Load != 100 {
		t.Errorf("%+v", s)
	}
}

// TestDayWithoutMidnight holds that a day on which clocks leave midnight out begins when it
// does, and that a restart on it loses nothing.
func TestDayWithoutMidnight(t *testing.T) {
	zone, err := time.LoadLocation("America/Santiago")
	if err != nil {
		t.Fatal(err)
	}
	begins := time.Date(2026, 9, 6, 1, 0, 0, 0, zone)
	d := countingDesk(t)
	for d.now = begins.Add(-3 * time.Hour); d.now.Before(begins); d.now = d.now.Add(15 * time.Minute) {
		d.step(online("ada", "Chat"))
	}
	d.step()
	if s := d.Stats(d.now); !s.Day.Equal(begins) {
		t.Errorf("the day begins at %v, want %v", s.Day, begins)
	}
	d.step(chat("x", 0, plan("p")))
	d.step(answer(vcc.Accepted, "x", 1))
	d.now = d.now.Add(10 * time.Hour)
	d.step()
	kept, _ := d.DayCounts(d.now, 1000)
	twin := newDesk(t, d.cfg)
	twin.now = d.now.Add(time.Minute)
	twin.Restore(twin.now, slices.Collect(d.Interactions()), slices.Collect(d.Agents()))
	twin.RestoreDay(twin.now, kept)
	if s := twin.stats("p"); s.Today.Accepted != 1 || !twin.Stats(twin.now).Day.Equal(begins) {
		t.Errorf("after a restart %+v", s)
	}
	twin.now = time.Date(2026, 9, 7, 0, 0, 0, 0, zone)
	twin.step()
	if s := twin.stats("p"); s.Today.Accepted != 0 {
		t.Errorf("the day after %+v", s)
	}
}

// TestPlansAreBounded holds that names from outside do not take memory without end.
func TestPlansAreBounded(t *testing.T) {
	d := countingDesk(t)
	for i := range 3 * mostCounted {
		d.Step(d.now, []vcc.Report{chat(vcc.InteractionID(fmt.Sprint("x", i)), 0, plan(vcc.PlanID(fmt.Sprint("made up ", i))))})
	}
	s := d.Stats(d.now)
	waiting := 0
	for _, p := range s.Plans {
		waiting += p.Waiting
	}
	if len(s.Plans) > mostCounted+2 || waiting != 3*mostCounted || d.stats(otherPlans).Waiting < mostCounted {
		t.Errorf("%d plans, %d wait", len(s.Plans), waiting)
	}
	if list, _ := d.Standing(7); len(list) != 7 || list[0].ID != "x0" {
		t.Errorf("listed %d", len(list))
	}
}

// TestHoldsAndChecks reads what a supervisor is told of an agent who gets no work.
func TestHoldsAndChecks(t *testing.T) {
	d := newDesk(t, Config{Sizes: vcc.Sizes{Live: 51, SemiLive: 15, NonLive: 6}, Plans: []vcc.Plan{{ID: "p", Label: "Orders"}}, ReleaseWithin: 5 * time.Second})
	d.step(online("ada", "Chat", "Cases"), vcc.Report{Kind: vcc.Asked, Command: &vcc.Command{ID: "1", Do: vcc.LogIn, Agent: "ada"}})
	d.step(vcc.Report{Kind: vcc.PanelChanged, Agent: "ada", Panel: &vcc.Panel{Alive: true}})
	d.step(chat("c", 0, plan("p")), caseWork("k", 0, plan("p")))
	d.step(answer(vcc.Alerting, "c", 1), answer(vcc.Accepted, "k", 1))
	d.at(10, vcc.Report{Kind: vcc.Asked, Command: &vcc.Command{ID: "2", Do: vcc.Release, Agent: "ada", Interaction: "k"}})
	d.at(15)
	var got []string
	for _, h := range d.Holds("ada") {
		got = append(got, strings.TrimSuffix(fmt.Sprintf("%d %s %s %s: %s %s", h.Size, h.Interaction, h.PlanLabel, h.State, h.Evidence, h.Why), " "))
	}
	want := []string{
		"15 c Orders alerting: Salesforce has it for the agent, who has not accepted yet",
		"6 k Orders release failed: Salesforce told that the agent opened it Salesforce did not answer",
	}
	if !slices.Equal(got, want) {
		t.Errorf("holds\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	d.step(vcc.Report{Kind: vcc.PanelChanged, Agent: "ada", Panel: &vcc.Panel{Why: "ContactPad does not answer"}})
	got = nil
	for _, c := range d.Checks("ada") {
		got = append(got, fmt.Sprintf("%v %s: %s", c.OK, c.What, c.Detail))
	}
	want = []string{
		"true Logged in: in ContactPad, last active at 10:00:10",
		"false ContactPad: lost since 10:00:15: ContactPad does not answer",
		"false Ready: Ready since 10:00:00; blocked: Release failed, until 10:03:15",
		"true Omni-Channel: Cases, Chat",
		"true Room: 79 percent free: room for 1 live or 5 semi-live or 13 non-live",
		"true No cooling down: no delivery failed a moment ago",
	}
	if !slices.Equal(got, want) {
		t.Errorf("checks\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if d.Holds("nobody") != nil || d.Checks("nobody") != nil {
		t.Error("nobody holds something")
	}
}

// TestStoryOfACall holds that everything that happens to what Salesforce does not
// deliver leaves a why-record with the journal's word.
func TestStoryOfACall(t *testing.T) {
	f := newFloor(t, Config{}, "ada", "bob")
	var got []string
	note := func() {
		for _, d := range f.out.Decisions {
			got = append(got, strings.TrimSpace(fmt.Sprintf("%s %d %s", d.What, d.Offer, d.Agent)))
		}
	}
	f.do(ours("x", 0))
	note()
	f.may("ada", vcc.RejectCall, "x")
	note()
	f.may("bob", vcc.AnswerCall, "x")
	note()
	f.do(vcc.Report{Kind: vcc.Called, Interaction: "x", Line: vcc.LineHungUp})
	note()
	want := []string{"arrived 0", "offered 1 ada", "declined 1 ada", "offered 2 bob", "answered 2 bob", "withdrawn 2 bob"}
	if !slices.Equal(got, want) {
		t.Errorf("told\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// TestLongestWaitingOfAllPlans holds that those who wait longest are listed first, whatever
// plans they wait in.
func TestLongestWaitingOfAllPlans(t *testing.T) {
	d := newDesk(t, Config{Plans: []vcc.Plan{{ID: "a"}, {ID: "b"}, {ID: "c"}}})
	var want []vcc.InteractionID
	for i, p := range []vcc.PlanID{"b", "a", "a", "c", "b", "c", "c", "a", "b"} {
		id := vcc.InteractionID(fmt.Sprint("x", i))
		d.step(chat(id, i-20, plan(p)))
		want = append(want, id)
	}
	for most := range len(want) + 2 {
		var got []vcc.InteractionID
		list, states := d.Standing(most)
		for _, x := range list {
			got = append(got, x.ID)
		}
		if !slices.Equal(got, want[:min(most, len(want))]) || states[vcc.Waiting] != len(want) {
			t.Errorf("the first %d of %v are %v", most, states, got)
		}
	}
}

// BenchmarkLook is each look that a status page takes between two turns of the loop, at
// 10,000 agents of whom all have something in hand while 100,000 interactions wait. The
// longest of them is told as most-ns: for that long the loop is kept waiting.
func BenchmarkLook(b *testing.B) {
	m := center(b, rich, 10_000, 100_000, true)
	now := at(200)
	m.Step(now, nil)
	for _, look := range []struct {
		name string
		at   func()
	}{
		{"plans", func() { m.PlanStats(now) }},
		{"standing=500", func() { m.Standing(500) }},
		{"agents=100", func() {
			for _, s := range m.AgentsAfter(now, "agent05000", 100) {
				m.Agent(s.Agent)
				m.Holds(s.Agent)
			}
		}},
	} {
		b.Run(look.name, func(b *testing.B) {
			most := time.Duration(0)
			for b.Loop() {
				began := time.Now()
				look.at()
				most = max(most, time.Since(began))
			}
			b.ReportMetric(float64(most.Nanoseconds()), "most-ns")
		})
	}
}

// TestAgentsPageByPage holds that pages, whatever their size, come to the whole.
func TestAgentsPageByPage(t *testing.T) {
	m := center(t, simple, 23, 0, true)
	want := m.Stats(at(9)).Agents
	for size := range 25 {
		var got []vcc.AgentStats
		for size > 0 {
			after := vcc.AgentID("")
			if len(got) > 0 {
				after = got[len(got)-1].Agent
			}
			page := m.AgentsAfter(at(9), after, size)
			got = append(got, page...)
			if len(page) < size {
				break
			}
		}
		if size > 0 && !reflect.DeepEqual(got, want) {
			t.Errorf("by %d there are %d agents, want %d", size, len(got), len(want))
		}
	}
	if page := m.AgentsAfter(at(9), want[4].Agent+"x", 1); len(page) != 1 || page[0].Agent != want[5].Agent {
		t.Errorf("after one who is not there comes %+v", page)
	}
}

package engine

import (
	"cmp"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"omnibridge/vcc"
)

// recount counts a history once more: from the rows before and after each step and the
// one report that it took, by looking at everything each time.
type recount struct {
	plans  map[vcc.PlanID]*vcc.PlanTally
	agents map[vcc.AgentID]*vcc.AgentTally
	waits  []waitEnd
	began  map[vcc.InteractionID]time.Time // when what agents had had waits again
	before map[vcc.InteractionID]vcc.Interaction
	phase  map[vcc.AgentID]phase
	times  map[vcc.AgentID]map[phase]time.Duration
	last   time.Time
}

// waitEnd is how a wait ended.
type waitEnd struct {
	at         time.Time
	plan       vcc.PlanID
	left, late bool
}

func newRecount() *recount {
	return &recount{
		plans: map[vcc.PlanID]*vcc.PlanTally{}, agents: map[vcc.AgentID]*vcc.AgentTally{}, began: map[vcc.InteractionID]time.Time{},
		before: map[vcc.InteractionID]vcc.Interaction{}, phase: map[vcc.AgentID]phase{}, times: map[vcc.AgentID]map[phase]time.Duration{}, last: t0,
	}
}

func routedBy(x vcc.Interaction) vcc.PlanID { return cmp.Or(x.Via, x.Work.Plan) }

func (c *recount) plan(id vcc.PlanID) *vcc.PlanTally {
	if c.plans[id] == nil {
		c.plans[id] = &vcc.PlanTally{Refused: map[vcc.Reason]int{}}
	}
	return c.plans[id]
}

func (c *recount) agent(id vcc.AgentID) *vcc.AgentTally {
	if c.agents[id] == nil {
		c.agents[id] = &vcc.AgentTally{Refused: map[vcc.Reason]int{}}
	}
	return c.agents[id]
}

func isConsult(x vcc.Interaction) bool { return x.Call != nil && x.Call.Of != "" }

func isWaiting(x vcc.Interaction) bool {
	return !isConsult(x) && slices.Contains([]vcc.State{vcc.Waiting, vcc.Offered, vcc.Alerted}, x.State)
}

func (c *recount) since(x vcc.Interaction) time.Time {
	if x.LastAt.After(x.Work.Since) {
		return c.began[x.ID]
	}
	return x.Work.Since
}

// step takes one step: r is its report, answer what a command was told.
func (c *recount) step(m *Machine, r vcc.Report, out vcc.Output) {
	for a := range m.Agents() {
		c.spend(a.ID, m.now.Sub(c.last))
	}
	c.last = m.now
	now := map[vcc.InteractionID]vcc.Interaction{}
	for x := range m.Interactions() {
		now[x.ID] = x
	}
	for _, id := range slices.Sorted(maps.Keys(now)) {
		x, old := now[id], c.before[id]
		if isConsult(x) || isConsult(old) {
			continue
		}
		c.compare(m, old, x, r, out)
		if isWaiting(x) && !isWaiting(old) {
			c.began[id] = m.now
		}
	}
	c.before = now
	for a := range m.Agents() {
		c.phase[a.ID] = naivePhase(m, m.agents[a.ID])
	}
}

// compare counts what happened to one interaction.
func (c *recount) compare(m *Machine, old, x vcc.Interaction, r vcc.Report, out vcc.Output) {
	target := func(id vcc.PlanID) time.Duration { return m.plan(id).Target }
	late := func() bool {
		t := target(routedBy(old))
		return t > 0 && m.now.Sub(c.since(old)) > t
	}
	for _, leg := range x.Legs {
		if !slices.ContainsFunc(old.Legs, func(l vcc.Leg) bool { return l.Offer == leg.Offer }) {
			c.plan(routedBy(x)).Offered++
			c.agent(leg.Agent).Offered++
			if leg.State == vcc.Connected { // handed over
				c.plan(routedBy(x)).Accepted++
				c.agent(leg.Agent).Accepted++
			}
		}
	}
	for _, was := range old.Legs {
		i := slices.IndexFunc(x.Legs, func(l vcc.Leg) bool { return l.Offer == was.Offer })
		var is vcc.State
		if i >= 0 {
			is = x.Legs[i].State
		}
		p, a := c.plan(routedBy(old)), c.agent(was.Agent)
		offer := was.State == vcc.Offered || was.State == vcc.Alerted
		about := r.Interaction == x.ID && (r.Offer == was.Offer || r.Offer == 0)
		command := r.Kind == vcc.Asked && r.Command.Interaction == x.ID && r.Command.Agent == was.Agent && len(out.Answers) > 0 && out.Answers[0].OK
		switch {
		case offer && is == vcc.Connected, offer && is != was.State && r.Kind == vcc.Ended && about:
			p.Accepted++
			a.Accepted++
			c.waits = append(c.waits, waitEnd{at: m.now, plan: routedBy(old), late: late()})
			if is != vcc.Connected {
				p.Handled++
				a.Handled++
			}
		case offer && is == "":
			switch reason := whyRefused(m, old, was, r, about, command); reason {
			case "":
				p.Gone++
				a.Gone++
			default:
				p.Refused[reason]++
				a.Refused[reason]++
			}
		case was.State == vcc.Connected && is != vcc.Connected && command && r.Command.Do == vcc.Abandon:
			p.AbandonedByAgent++
			a.Abandoned++
		case was.State == vcc.Connected && is == "" && r.Kind == vcc.Withdrawn && r.Reason == vcc.Deleted && r.Interaction == x.ID:
			// deleted under the agent: nothing was handled
		case was.State == vcc.Connected && is != vcc.Connected:
			p.Handled++
			p.Handling += m.now.Sub(was.Since)
			a.Handled++
		case was.State == vcc.WrapUp && is == "" && m.now.After(was.Since):
			c.plan(was.Plan).Wraps++
			c.plan(was.Plan).Wrap += m.now.Sub(was.Since)
			a.Wraps++
		}
	}
	leaves := r.Kind == vcc.Withdrawn || r.Kind == vcc.Called && r.Line == vcc.LineHungUp
	switch {
	case isWaiting(old) && leaves && r.Interaction == x.ID && (r.Reason == vcc.LeftRouting || r.Reason == vcc.Deleted):
		c.plan(routedBy(old)).LeftRouting++
	case isWaiting(old) && leaves && r.Interaction == x.ID:
		c.plan(routedBy(old)).Abandoned++
		c.waits = append(c.waits, waitEnd{at: m.now, plan: routedBy(old), left: true, late: late()})
	case slices.ContainsFunc(out.Decisions, func(d vcc.Decision) bool { return d.Interaction == x.ID && d.What == "given up" }):
		c.plan(routedBy(x)).GivenUp++
		c.waits = append(c.waits, waitEnd{at: m.now, plan: routedBy(x), left: true, late: true})
	}
	for _, d := range out.Decisions { // Via begins anew when it arrives anew, and may end as it was
		if d.Interaction == x.ID && d.What == "breakout" {
			c.plan(x.Work.Plan).BrokeOut++
		}
	}
}

// whyRefused says why an offer is no more; empty: not by a refusal.
func whyRefused(m *Machine, x vcc.Interaction, leg vcc.Leg, r vcc.Report, about, command bool) vcc.Reason {
	ours := x.Work.Channel == ""
	switch {
	case r.Kind == vcc.Refused && about:
		return r.Reason
	case !ours, r.Interaction == x.ID && (r.Kind == vcc.Withdrawn || r.Kind == vcc.Called || r.Kind == vcc.Moved):
		return ""
	case command:
		return vcc.Declined
	case !leg.Until.After(m.now):
		return vcc.TimedOut
	case r.Agent == leg.Agent && (r.Kind == vcc.PanelChanged || r.Kind == vcc.Asked || r.Kind == vcc.Omni):
		return vcc.Unavailable
	case m.agents[leg.Agent].row.State.Major == vcc.LoggedOut: // nothing was heard of them for too long
		return vcc.Unavailable
	}
	return ""
}

func (c *recount) spend(id vcc.AgentID, d time.Duration) {
	if c.times[id] == nil {
		c.times[id] = map[phase]time.Duration{}
	}
	c.times[id][c.phase[id]] += d
}

func naivePhase(m *Machine, a *agent) phase {
	states := map[string]bool{}
	for _, x := range m.items {
		for _, leg := range x.row.Legs {
			if leg.Agent == a.row.ID {
				states[fmt.Sprintf("%s %t", leg.State, !leg.HeldSince.IsZero())] = true
			}
		}
	}
	in := a.row.State.Major != vcc.LoggedOut
	switch {
	case states["connected false"]:
		return phaseTalk
	case states["connected true"]:
		return phaseHold
	case states["wrap-up false"] || states["wrap-up true"]:
		return phaseWrap
	case in && a.row.State.Major != vcc.Ready:
		return phaseAway
	case in && naiveThere(m, a, ""):
		return phaseReady
	case in:
		return phaseBlocked
	case m.cfg.PadRequired || a.row.SignedOff || !a.told || !a.row.Omni.Online:
		return phaseOut
	case len(a.row.Omni.Channels) == 0:
		return phaseAway
	}
	return phaseReady
}

// check compares what was counted with the recount and with the rows.
func (c *recount) check(t *rapid.T, m *Machine) {
	s := m.Stats(m.now)
	for _, p := range s.Plans {
		want := vcc.PlanStats{Plan: p.Plan, Label: p.Label, Target: p.Target, OnTarget: p.OnTarget, NewWait: p.NewWait, Total: *c.plan(p.Plan)}
		if len(want.Total.Refused) == 0 {
			want.Total.Refused = nil
		}
		if p.ChatRoom != nil {
			want.ChatRoom = new(naiveChatRoom(m, p.Plan))
		}
		want.Today = want.Total
		for _, x := range c.before {
			if !isWaiting(x) || routedBy(x) != p.Plan {
				continue
			}
			want.Waiting++
			if x.State != vcc.Waiting {
				want.Alerting++
			}
			since := c.since(x)
			if want.Oldest.IsZero() || since.Before(want.Oldest) {
				want.Oldest = since
			}
			if p.Target > 0 && m.now.Sub(since) > p.Target {
				want.Past++
			}
		}
		for _, w := range c.waits {
			if w.plan != p.Plan || w.at.Unix()/60 <= m.now.Unix()/60-30 {
				continue
			}
			switch {
			case !w.left:
				want.Recent.Connected++
				if !w.late {
					want.Recent.InTime++
				}
			case w.late:
				want.Recent.LeftLate++
			default:
				want.Recent.LeftEarly++
			}
		}
		want.Recent.Still = want.Past
		if !reflect.DeepEqual(p, want) {
			t.Fatalf("counted\n%+v\nthere were\n%+v", p, want)
		}
	}
	for id := range c.plans {
		if !slices.ContainsFunc(s.Plans, func(p vcc.PlanStats) bool { return p.Plan == id }) {
			t.Fatalf("plan %q is not counted", id)
		}
	}
	for _, a := range s.Agents {
		c.checkAgent(t, m, a)
	}
	shown, states := m.Standing(1000)
	count := map[vcc.State]int{}
	for x := range m.Interactions() {
		if x.State != vcc.Closed {
			count[x.State]++
		}
	}
	if !maps.Equal(count, states) {
		t.Fatalf("counted %v, there are %v", states, count)
	}
	for _, x := range shown {
		count[x.State]--
	}
	for state, n := range count {
		if n != 0 {
			t.Fatalf("%d %s are not listed", n, state)
		}
	}
}

func (c *recount) checkAgent(t *rapid.T, m *Machine, a vcc.AgentStats) {
	want := *c.agent(a.Agent)
	if len(want.Refused) == 0 {
		want.Refused = nil
	}
	if !reflect.DeepEqual(a.Today, want) {
		t.Fatalf("%s: counted\n%+v\nthere were\n%+v", a.Agent, a.Today, want)
	}
	spent := c.times[a.Agent]
	times := vcc.AgentTimes{
		Talk: spent[phaseTalk], Hold: spent[phaseHold], Wrap: spent[phaseWrap], Ready: spent[phaseReady], Blocked: spent[phaseBlocked], Away: spent[phaseAway],
	}
	if a.Times != times {
		t.Fatalf("%s: counted %+v, there were %+v", a.Agent, a.Times, times)
	}
	load, byClass := 0, 0
	for _, h := range m.Holds(a.Agent) {
		load += h.Size
		if h.Evidence == "" || h.Name == "" {
			t.Fatalf("%s holds %+v", a.Agent, h)
		}
	}
	for _, n := range a.Loads {
		byClass += n
	}
	row, _ := m.Agent(a.Agent)
	if load != row.Load || a.Load != row.Load || byClass != row.Load {
		t.Fatalf("%s has %d percent; held %d, told %d, by class %d", a.Agent, row.Load, load, a.Load, byClass)
	}
	// The checklist and the one reason agree. Cooling is of single channels.
	met := true
	for _, check := range m.Checks(a.Agent) {
		met = met && (check.OK || check.What == "No cooling down")
	}
	if met != (a.Why == "") {
		t.Fatalf("%s: %q, and the checks say %+v", a.Agent, a.Why, m.Checks(a.Agent))
	}
}

// day drives a machine through random reports and commands, one a step.
type day struct {
	kept vcc.DayCounts
	*outside
	c *recount
	n int
}

func (d *day) step(r vcc.Report) {
	reports := []vcc.Report{r}
	if r.Kind == "" {
		reports = nil
	}
	out := d.m.Step(d.now, reports)
	for _, dir := range out.Directives {
		if dir.Kind == vcc.Offer {
			d.keep(offered{pair: pair{dir.Interaction, dir.Agent}, n: dir.Offer})
		}
	}
	if err := audit(d.m); err != nil {
		d.t.Fatal(err)
	}
	d.c.step(d.m, r, out)
	d.c.check(d.t, d.m)
}

// to lets time pass, and everything be done that is due.
func (d *day) to(at time.Time) {
	for next, ok := d.m.Next(); ok && !next.After(at); next, ok = d.m.Next() {
		d.now = next
		d.step(vcc.Report{})
	}
	d.now = at
}

// happens draws what happens next.
func (d *day) happens() vcc.Report {
	t := d.t
	agent := rapid.SampledFrom(propertyAgents).Draw(t, "who")
	id := rapid.SampledFrom([]vcc.InteractionID{"l1", "l2", "l3"}).Draw(t, "call")
	switch rapid.IntRange(0, 12).Draw(t, "what") {
	case 0:
		d.since++
		w := vcc.Work{Plan: rapid.SampledFrom([]vcc.PlanID{"p", "q"}).Draw(t, "plan"), Class: vcc.Live, Caller: "123" + string(id), Since: d.now.Add(-time.Duration(d.since%3) * time.Second)}
		return vcc.Report{Kind: vcc.Arrived, Interaction: id, Work: &w, Call: &vcc.Call{Provider: "acme"}}
	case 1:
		return vcc.Report{Kind: vcc.Called, Interaction: id, Line: vcc.LineHungUp}
	case 2:
		return vcc.Report{Kind: vcc.PanelChanged, Agent: agent, Panel: &vcc.Panel{Alive: rapid.IntRange(0, 3).Draw(t, "alive") > 0}}
	case 3, 4, 5, 6:
		return d.command(agent)
	case 7:
		x := rapid.SampledFrom(propertyItems).Draw(t, "item")
		return vcc.Report{Kind: vcc.Withdrawn, Interaction: x, Reason: rapid.SampledFrom([]vcc.Reason{vcc.LeftRouting, vcc.Deleted, ""}).Draw(t, "why")}
	case 8:
		x := rapid.SampledFrom(propertyItems).Draw(t, "item")
		if row, ok := d.m.Interaction(x); ok {
			return vcc.Report{Kind: vcc.CloseFailed, Interaction: x, Offer: row.Offers}
		}
	}
	return d.report()
}

func (d *day) command(agent vcc.AgentID) vcc.Report {
	t := d.t
	d.n++
	c := vcc.Command{ID: fmt.Sprint(d.n), Agent: agent, Force: true, Do: vcc.LogIn}
	desk, ok := d.m.Desk(agent)
	if ok && desk.State.Major != vcc.LoggedOut {
		c.Do, c.State = vcc.SetState, rapid.SampledFrom(d.m.cfg.States).Draw(t, "state")
		if len(desk.Cards) > 0 && rapid.IntRange(0, 5).Draw(t, "work") > 0 {
			card := rapid.SampledFrom(desk.Cards).Draw(t, "card")
			c.Interaction, c.State = card.Interaction, vcc.AgentState{}
			if len(card.Actions) > 0 {
				c.Do = rapid.SampledFrom(card.Actions).Draw(t, "action").Do
				c.Target = vcc.Target{Agent: rapid.SampledFrom(propertyAgents).Draw(t, "target")}
				if c.Do == vcc.Transfer && card.Class == vcc.Live {
					c.Target = vcc.Target{}
				}
			}
		}
	}
	return vcc.Report{Kind: vcc.Asked, Agent: agent, Command: &c}
}

// TestCountsAreThoseOfTheHistory holds that whatever happens, what is counted is what a
// recount of the history finds. Break: any line of stats_events.go or stats_standing.go.
func TestCountsAreThoseOfTheHistory(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		cfg := drawConfig(t)
		cfg.CrossMediaConsult, cfg.Telephony = true, true
		cfg.ReleaseWithin, cfg.LoginStale = 10*time.Second, 100*time.Second
		cfg.PadRequired = rapid.Bool().Draw(t, "pad required")
		cfg.Plans[0].Target, cfg.Plans[1].Target = 10*time.Second, 0
		if rapid.Bool().Draw(t, "breakout") {
			cfg.Plans[0].Breakout, cfg.Plans[0].MaxWaiting = "q", 1
		}
		cfg.Plans[1].AllRefused = rapid.SampledFrom([]vcc.AllRefused{vcc.WaitOn, vcc.GiveItUp, vcc.AskAgain}).Draw(t, "all refused")
		m := newMachine(t, cfg)
		d := &day{outside: &outside{
			t: t, cfg: cfg, m: m, now: t0,
			open: map[vcc.InteractionID]*offered{}, works: map[vcc.InteractionID]vcc.Work{}, refusal: map[pair]time.Time{}, forgiven: map[vcc.InteractionID]bool{},
		}, c: newRecount()}
		for _, a := range propertyAgents {
			d.step(online(a, "Chat", "Cases", "Phone"))
		}
		for range rapid.IntRange(1, 80).Draw(t, "steps") {
			wait := rapid.SampledFrom([]int{0, 1, 3, 8, 20, 90}).Draw(t, "seconds")
			d.to(d.now.Add(time.Duration(wait) * time.Second))
			r := d.happens()
			d.book(r)
			d.step(r)
			d.take(rapid.IntRange(0, 3).Draw(t, "kept"))
		}
		d.restored()
	})
}

// take keeps at most as many counts as given, as who keeps them does.
func (d *day) take(most int) {
	part, more := d.m.DayCounts(d.now, most)
	if more != d.m.Uncounted() || len(part.Plans)+len(part.Agents) > most {
		d.t.Fatalf("of at most %d took %+v, more %v", most, part, more)
	}
	d.kept.At, d.kept.Day = part.At, part.Day
	for _, p := range part.Plans {
		d.kept.Plans = append(slices.DeleteFunc(d.kept.Plans, func(old vcc.PlanDay) bool { return old.Plan == p.Plan }), p)
	}
	for _, a := range part.Agents {
		d.kept.Agents = append(slices.DeleteFunc(d.kept.Agents, func(old vcc.AgentDay) bool { return old.Agent == a.Agent }), a)
	}
}

// restored holds that what was counted today is the same after a restart. Break: any line
// of stats_kept.go, or leave out a markPlan or markAgent.
func (d *day) restored() {
	d.take(1000)
	d.now = d.now.Add(7 * time.Second)
	d.m.Step(d.now, nil)
	d.take(1000)
	twin := newMachine(d.t, d.cfg)
	back := d.now.Add(3 * time.Second) // which count for nobody
	again := twin.Restore(d.now, slices.Collect(d.m.Interactions()), slices.Collect(d.m.Agents()))
	twin.RestoreDay(back, d.kept)
	if len(again.Directives)+len(again.Interactions) > 0 {
		return // more has happened
	}
	// What was lately counted leaves as time goes by, also while nobody runs.
	was, late, is := d.m.Stats(d.now), d.m.Stats(back), twin.Stats(back)
	if !was.Day.Equal(is.Day) {
		d.t.Fatalf("the day began at %s, and after a restart at %s", was.Day, is.Day)
	}
	for _, w := range was.Plans {
		i := slices.IndexFunc(is.Plans, func(p vcc.PlanStats) bool { return p.Plan == w.Plan })
		if i < 0 {
			if fmt.Sprintf("%+v", w.Today) != fmt.Sprintf("%+v", vcc.PlanTally{}) {
				d.t.Fatalf("nothing is left of %+v", w)
			}
			continue
		}
		g := is.Plans[i]
		lately := late.Plans[slices.IndexFunc(late.Plans, func(p vcc.PlanStats) bool { return p.Plan == w.Plan })].Recent
		lately.Still = g.Recent.Still // who still waits is not counted but seen
		if !reflect.DeepEqual(g.Today, w.Today) || g.Recent != lately {
			d.t.Fatalf("restored\n%+v\nfrom\n%+v", g, w)
		}
		if none := fmt.Sprintf("%+v", vcc.PlanTally{}); fmt.Sprintf("%+v", g.Total) != none {
			d.t.Fatalf("since the start %+v were counted, want none", g.Total)
		}
	}
	for i, w := range was.Agents {
		if g := is.Agents[i]; !reflect.DeepEqual(g.Today, w.Today) || g.Times != w.Times {
			d.t.Fatalf("restored %s\n%+v %+v\nfrom\n%+v %+v", g.Agent, g.Today, g.Times, w.Today, w.Times)
		}
	}
}

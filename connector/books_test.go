package connector_test

import (
	"cmp"
	"fmt"
	"time"

	"omnibridge/connector/store"
	"omnibridge/omnichannel"
	"omnibridge/vcc"
)

// books is what the rows of a store come to at a moment, counted without the daemon's help.
type books struct {
	store.Snapshot
	now    time.Time
	states map[string]int
	plans  map[vcc.PlanID]*planBook
	agents map[vcc.AgentID]*agentBook
}

type planBook struct {
	waiting, alerting, past int
	oldest                  time.Time
	today                   vcc.PlanTally
	recent                  vcc.Service
}

type agentBook struct {
	load, open    int
	calls, wrapUp bool
	today         vcc.AgentTally
	times         vcc.AgentTimes
}

// target is that of each plan of busyDay.
const target = 20 * time.Second

func readBooks(s store.Snapshot, now time.Time) books {
	b := books{s, now, map[string]int{}, map[vcc.PlanID]*planBook{}, map[vcc.AgentID]*agentBook{}}
	for _, p := range s.Day.Plans {
		b.plans[p.Plan] = &planBook{today: p.Today}
		for _, m := range p.Minutes { // none is older than half an hour
			r := &b.plans[p.Plan].recent
			r.Connected, r.InTime, r.LeftEarly, r.LeftLate = r.Connected+m.Connected, r.InTime+m.InTime, r.LeftEarly+m.LeftEarly, r.LeftLate+m.LeftLate
		}
	}
	for _, a := range s.Agents {
		b.agents[a.ID] = &agentBook{}
	}
	for _, d := range s.Day.Agents {
		a := b.agents[d.Agent]
		a.today, a.times = d.Today, d.Times
		since := now.Sub(d.At)
		switch d.Doing {
		case "talk":
			a.times.Talk += since
		case "wrap":
			a.times.Wrap += since
		case "ready":
			a.times.Ready += since
		case "blocked":
			a.times.Blocked += since
		case "away":
			a.times.Away += since
		}
	}
	for _, x := range s.Interactions {
		if x.State != vcc.Closed {
			b.add(x)
		}
	}
	for _, c := range s.Chains {
		if c.State == omnichannel.Held {
			b.states["held"]++
		}
	}
	return b
}

// add counts an interaction that is not closed.
func (b books) add(x vcc.Interaction) {
	b.states[string(x.State)]++
	for _, leg := range x.Legs {
		a := b.agents[leg.Agent]
		a.load, a.open = a.load+leg.Size, a.open+1
		a.calls = a.calls || leg.State == vcc.Connected
		a.wrapUp = a.wrapUp || leg.State == vcc.WrapUp
	}
	p := b.plans[cmp.Or(x.Via, x.Work.Plan)]
	switch x.State {
	case vcc.Alerted:
		p.alerting++
	case vcc.Waiting:
	default:
		return
	}
	p.waiting++
	if b.now.Sub(x.Work.Since) > target {
		p.past++
		p.recent.Still++
	}
	if p.oldest.IsZero() || x.Work.Since.Before(p.oldest) {
		p.oldest = x.Work.Since
	}
}

// shows is what the page calls the state of an agent, and whether work is due to them.
func (a *agentBook) shows(row vcc.Agent) (shown string, ready bool) {
	switch {
	case a.calls:
		return "Busy Inbound", false
	case row.State.Major == vcc.LoggedOut:
		return "Logged Out", false
	case row.Blocked != nil:
		return "Ready (Blocked)", false
	case row.State.Major == vcc.Away:
		return row.State.Minor, false
	case a.wrapUp:
		return "Wrap Up", false
	}
	return "Ready (Idle)", row.Omni.Online && a.load == 0
}

// page is what the page should show.
func (b books) page() numbers {
	n := numbers{}
	var waiting, alerting, past int
	var oldest time.Time
	var all vcc.Service
	for id, p := range b.plans {
		waiting, alerting, past = waiting+p.waiting, alerting+p.alerting, past+p.past
		if oldest.IsZero() || p.oldest.Before(oldest) {
			oldest = p.oldest
		}
		all.Connected, all.InTime, all.LeftLate, all.Still = all.Connected+p.recent.Connected, all.InTime+p.recent.InTime, all.LeftLate+p.recent.LeftLate, all.Still+p.recent.Still
		for name, value := range map[string]any{
			"Waiting": p.waiting, "Oldest": int64(b.now.Sub(p.oldest)), "Past target": p.past, "On target, 30 min": percent(p.recent.OnTarget()), "Handled": p.today.Handled,
			"Refused": sum(p.today.Refused), "Left": p.today.Abandoned, "Broke out": p.today.BrokeOut, "Wrap-up": int64(p.today.Wrap),
		} {
			n.set(value, "plans", id, name)
		}
	}
	marks := map[string]int{}
	for _, row := range b.Agents {
		a := b.agents[row.ID]
		shown, ready := a.shows(row)
		marks[shown]++
		if ready {
			marks["ready"]++
		}
		for name, value := range map[string]any{
			"State": shown, "Load": a.load, "Handled": a.today.Handled, "Refused": sum(a.today.Refused), "Occupancy": percent(a.times.Occupancy()), "Omni-Channel": "Available Chat",
		} {
			n.set(value, "agents", row.ID, name)
		}
	}
	n.set(fmt.Sprintf("%d; %d alerting", waiting, alerting), "top Waiting")
	n.set(fmt.Sprintf("%s; %d past target", clock(b.now.Sub(oldest)), past), "top Oldest")
	n.set(fmt.Sprintf("%d %%; last 30 min", percent(all.OnTarget())), "top On target")
	n.set(fmt.Sprintf("%d; %d working, %d away, %d blocked", marks["ready"], marks["Busy Inbound"]+marks["Wrap Up"], marks["Break"], marks["Ready (Blocked)"]), "top Agents ready")
	n.set(len(b.plans), "Plans")
	n.set(len(b.Agents), "Agents")
	n.set(pastTarget(b.plans)+marks["Ready (Blocked)"], "Attention")
	n.set(b.states["waiting"]+b.states["held"], "Waiting")
	n.set(b.states["alerting"], "Alerting")
	n.set(b.states["connected"], "Connected")
	n.set(b.states["wrap-up"], "Wrap-up")
	b.rows(n)
	return n
}

// rows is the page's lists of interactions.
func (b books) rows(n numbers) {
	titles := map[vcc.State]string{vcc.Waiting: "Waiting", vcc.Alerted: "Alerting", vcc.Connected: "Connected", vcc.WrapUp: "Wrap-up"}
	for _, x := range b.Interactions {
		if x.State == vcc.Closed {
			continue
		}
		of := []any{titles[x.State], x.ID}
		n.set(x.Work.Plan, append(of, "Plan")...)
		n.set(roughly(b.now.Sub(x.Work.Since)), append(of, "Since")...)
		n.set(x.Why, append(of, "Why")...)
		for _, leg := range x.Legs { // one each
			n.set(fmt.Sprintf("%s %s, offer %d", leg.Agent, leg.State, leg.Offer), append(of, "Agent")...)
		}
	}
	for _, c := range b.Chains {
		n.set(roughly(b.now.Sub(c.Since)), "Waiting", c.Interaction, "Since")
		n.set(c.Why, "Waiting", c.Interaction, "Why")
	}
}

// doc is what the JSON should tell.
func (b books) doc() numbers {
	n := numbers{}
	for state, count := range b.states {
		n.set(count, "state", state)
	}
	for id, p := range b.plans {
		n.set(fmt.Sprint(p.waiting, p.alerting, p.past), "plan", id)
		n.set(fmt.Sprintf("%+v", p.today), "plan", id, "today")
	}
	for id, a := range b.agents {
		n.set(fmt.Sprint(a.load, a.load, a.open, a.open), "agent", id)
		n.set(fmt.Sprintf("%+v %+v", a.today, a.times), "agent", id, "today")
	}
	return n
}

// dayOf is what was kept of the day's counts, as far as the journal tells of it.
func dayOf(s store.Snapshot) numbers {
	n := numbers{}
	for _, p := range s.Day.Plans {
		n.set(fmt.Sprint(p.Today.Offered, p.Today.Accepted, p.Today.Refused[vcc.Declined], p.Today.Handled, p.Today.Abandoned, p.Today.LeftRouting), p.Plan)
	}
	for _, a := range s.Day.Agents {
		n.set(fmt.Sprint(a.Today.Offered, a.Today.Accepted, a.Today.Refused[vcc.Declined], a.Today.Handled), a.Agent)
	}
	return n
}

// retold counts the same from the journal.
func retold(s store.Snapshot, journal []store.Entry) numbers {
	plan := map[vcc.InteractionID]vcc.PlanID{}
	for _, x := range s.Interactions {
		plan[x.ID] = x.Work.Plan
	}
	plans, agents := map[vcc.PlanID]*[6]int{}, map[vcc.AgentID]*[4]int{}
	for _, p := range s.Day.Plans {
		plans[p.Plan] = new([6]int)
	}
	for _, a := range s.Agents {
		agents[a.ID] = new([4]int)
	}
	kinds := map[string]int{"offered": 0, "answered": 1, "declined": 2, "released": 3}
	for _, e := range journal {
		p := plans[plan[e.Interaction]]
		if k, ok := kinds[e.What]; ok {
			p[k]++
			agents[e.Agent][k]++
		}
		switch e.What + ": " + e.Why {
		case "withdrawn: withdrawn: customer left":
			p[4]++
		case "withdrawn: withdrawn: left routing":
			p[5]++
		}
	}
	n := numbers{}
	for id, p := range plans {
		n.set(fmt.Sprint(p[0], p[1], p[2], p[3], p[4], p[5]), id)
	}
	for id, a := range agents {
		n.set(fmt.Sprint(a[0], a[1], a[2], a[3]), id)
	}
	return n
}

// pastTarget is how many plans have somebody who waits past the target.
func pastTarget(plans map[vcc.PlanID]*planBook) (n int) {
	for _, p := range plans {
		if p.past > 0 {
			n++
		}
	}
	return n
}

func sum(m map[vcc.Reason]int) (n int) {
	for _, of := range m {
		n += of
	}
	return n
}

// percent is -1 of too few, as the page sorts it.
func percent(p int, ok bool) int {
	if !ok {
		return -1
	}
	return p
}

// clock and roughly write what is shorter than an hour.
func clock(d time.Duration) string { return fmt.Sprintf("%d:%02d", d/time.Minute, d/time.Second%60) }

func roughly(d time.Duration) string {
	if d < time.Minute {
		return fmt.Sprintf("%d s", d/time.Second)
	}
	return fmt.Sprintf("%d min", d/time.Minute)
}

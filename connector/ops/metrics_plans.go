package ops

import (
	"cmp"
	"time"

	"omnibridge/connector"
	"omnibridge/vcc"
)

// planNumbers is what the engine counts by plan. Plans are the only names from outside
// that become labels; the engine counts no more than some hundreds apart.
func planNumbers(v connector.View) []family {
	f := map[string]*family{}
	var list []*family
	begin := func(name, help string, counter bool) {
		f[name] = &family{name: "omnibridge_plan_" + name, help: help, counter: counter}
		list = append(list, f[name])
	}
	begin("waiting", "Interactions that are announced and not yet connected.", false)
	begin("alerting", "Interactions that wait and are offered to an agent.", false)
	begin("oldest_seconds", "How long the customer waits who waits longest; 0: nobody waits.", false)
	begin("past_target", "Interactions that have waited for longer than the plan's target.", false)
	begin("on_target_ratio", "Connected within the target, of all connected, left late or waiting past it, over 30 minutes; absent: too few, or no target.", false)
	begin("offers_total", "Offers that ended or were accepted, by how.", true)
	begin("handled_total", "Agents' parts in interactions that ended after they were connected.", true)
	begin("handling_seconds_total", "How long handled parts lasted.", true)
	begin("wraps_total", "Wrap-ups that ended.", true)
	begin("wrap_seconds_total", "How long wrap-ups lasted.", true)
	begin("left_total", "Interactions that left without being handled to their end, by how.", true)
	begin("breakouts_total", "Interactions that went to the plan's breakout.", true)
	for _, p := range v.Plans {
		name := cmp.Or(string(p.Plan), "(no plan)")
		add := func(family string, value float64, labels ...string) {
			f[family].add(value, append([]string{"plan", name}, labels...)...)
		}
		add("waiting", float64(p.Waiting))
		add("alerting", float64(p.Alerting))
		add("oldest_seconds", waited(v.At, p.Oldest).Seconds())
		add("past_target", float64(p.Past))
		if p.OnTarget != nil {
			add("on_target_ratio", float64(*p.OnTarget)/100)
		}
		add("offers_total", float64(p.Total.Accepted), "result", "accepted")
		add("offers_total", float64(p.Total.Gone), "result", "gone")
		for _, r := range []vcc.Reason{vcc.Declined, vcc.TimedOut, vcc.Unavailable, vcc.Failed, vcc.Undelivered, otherReason} {
			add("offers_total", float64(p.Total.Refused[r]), "result", word(string(r)))
		}
		add("handled_total", float64(p.Total.Handled))
		add("handling_seconds_total", p.Total.Handling.Seconds())
		add("wraps_total", float64(p.Total.Wraps))
		add("wrap_seconds_total", p.Total.Wrap.Seconds())
		add("left_total", float64(p.Total.Abandoned), "how", "customer")
		add("left_total", float64(p.Total.LeftRouting), "how", "left_routing")
		add("left_total", float64(p.Total.GivenUp), "how", "given_up")
		add("left_total", float64(p.Total.AbandonedByAgent), "how", "by_agent")
		add("breakouts_total", float64(p.Total.BrokeOut))
	}
	all := []family{agentMarks(v)}
	for _, one := range list {
		all = append(all, *one)
	}
	return all
}

// waited is how long somebody has waited since; zero: nobody waits.
func waited(now, since time.Time) time.Duration {
	if since.IsZero() {
		return 0
	}
	return max(now.Sub(since), 0)
}

func agentMarks(v connector.View) family {
	f := family{name: "omnibridge_agents_shown", help: "Agents by the kind of state that ContactPad's state bar shows."}
	marks := map[string]int{}
	for _, a := range v.AgentStats {
		marks[a.Mark]++
	}
	for _, mark := range []string{"ready", "working", "away", "blocked", "out"} {
		f.add(float64(marks[mark]), "mark", mark)
	}
	return f
}

// panelStates is how many agents' ContactPads answer.
func panelStates(panels []Panel) family {
	f := family{name: "omnibridge_panels", help: "Agents with a ContactPad, by whether it answers."}
	alive := 0
	for _, p := range panels {
		if p.Alive {
			alive++
		}
	}
	f.add(float64(alive), "state", "alive")
	f.add(float64(len(panels)-alive), "state", "lost")
	return f
}

package engine

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"omnibridge/vcc"
)

// exchange is a random day of agents who call, consult and hand over.
type exchange struct {
	t        *rapid.T
	m        *Machine
	cfg      Config
	now      time.Time
	commands int
	panels   panels
}

var exchangeItems = []vcc.InteractionID{"p1", "p2", "p3", "c1", "k1"} // calls, a chat, a case

// step gives reports to the machine and checks what must always hold. Each check was
// seen to fail with the rule broken; the line to break is named at the check.
func (e *exchange) step(rs ...vcc.Report) vcc.Output {
	out := e.m.Step(e.now, rs)
	// Two agents on one customer, a conversation with both ends open and not joined, a
	// consult without its parts. Break: call_hold.go, turnTo: leave out the first line.
	if err := errors.Join(audit(e.m), auditCalls(e.m)); err != nil {
		e.t.Fatalf("after %v: %v", rs, err)
	}
	e.panels.follow(e.t, e.m, out)
	for _, d := range out.Directives {
		switch d.Kind {
		case vcc.Offer:
			// Nothing is offered beyond 100, and no second call. Break: agent.go, room.
			a := e.m.agents[d.Agent]
			calls := 0
			for _, x := range a.open {
				if leg := x.legOf(d.Agent); x.live() && leg.State != vcc.WrapUp && !leg.Asker {
					calls++
				}
			}
			if load := e.m.burden(a).load; load > vcc.FullCapacity || calls > 1 && e.m.items[d.Interaction].live() {
				e.t.Fatalf("%s, who has load %d and %d calls", d, load, calls)
			}
		case vcc.Phone:
			if x := e.m.items[d.Interaction]; !e.cfg.Telephony || x.row.Call.Provider != "" || x.row.Call.Direction == "internal" {
				e.t.Fatalf("%s %s of what the network does not carry", d.Phone, d.Interaction)
			}
		}
	}
	return out
}

// ask has an agent ask for something. What is refused changes nothing.
func (e *exchange) ask(c vcc.Command) vcc.Answer {
	e.step() // what is due by itself
	e.commands++
	c.ID = fmt.Sprint(e.commands)
	out := e.step(vcc.Report{Kind: vcc.Asked, Command: &c})
	if len(out.Answers) != 1 {
		e.t.Fatalf("%+v: answered %+v", c, out.Answers)
	}
	if got := out.Answers[0]; !got.OK && len(out.Directives)+len(out.Interactions) > 0 {
		e.t.Fatalf("%+v was refused (%s) and changed %v %v", c, got.Text, out.Interactions, out.Directives)
	}
	return out.Answers[0]
}

// press presses a button of a card: it does what it says, and if it is off, nothing.
func (e *exchange) press(a vcc.AgentID) {
	e.step() // what is due by itself
	d, _ := e.m.Desk(a)
	if len(d.Cards) == 0 {
		return
	}
	c := rapid.SampledFrom(d.Cards).Draw(e.t, "card")
	if len(c.Actions) == 0 {
		return
	}
	b := rapid.SampledFrom(c.Actions).Draw(e.t, "button")
	switch {
	case b.Do == vcc.Consult, b.Do == vcc.Dispose, b.Do == vcc.Transfer && c.Class != vcc.Live:
		return // needs a target
	}
	// Break: call_card.go, callActions: add(vcc.Join, nil).
	if got := e.ask(vcc.Command{Do: b.Do, Agent: a, Interaction: c.Interaction}); got.OK != (b.Off == "") {
		e.t.Fatalf("%s's button %s of %s is %q, and the answer %+v", a, b.Do, c.Interaction, b.Off, got)
	}
}

func (e *exchange) anyItem() vcc.InteractionID {
	id := rapid.SampledFrom(exchangeItems).Draw(e.t, "item")
	if x := e.m.items[id]; x != nil && x.row.Consults > 0 && rapid.Bool().Draw(e.t, "its consult") {
		return consultID(id, x.row.Consults)
	}
	return id
}

// arrive brings an interaction.
func (e *exchange) arrive(id vcc.InteractionID) {
	switch id[0] {
	case 'p':
		r := ours(id, 0)
		r.Work.Since = e.now
		if rapid.Bool().Draw(e.t, "by a provider") {
			by("crm", fmt.Sprint("r", rapid.IntRange(0, 3).Draw(e.t, "request")))(&r)
			if rapid.IntRange(0, 3).Draw(e.t, "denies") == 0 {
				r.Call.Deny = []vcc.CommandKind{rapid.SampledFrom([]vcc.CommandKind{vcc.Hold, vcc.Release, vcc.Transfer}).Draw(e.t, "deny")}
			}
		}
		e.step(r)
	case 'c':
		e.step(chat(id, 0))
	default:
		e.step(caseWork(id, 0))
	}
}

// act does something at random.
func (e *exchange) act() {
	agent := rapid.SampledFrom(propertyAgents).Draw(e.t, "agent")
	switch rapid.IntRange(0, 12).Draw(e.t, "act") {
	case 0, 1:
		e.arrive(rapid.SampledFrom(exchangeItems).Draw(e.t, "item"))
	case 2, 3, 4, 5:
		e.press(agent)
	case 6, 7:
		d, _ := e.m.Desk(agent)
		if len(d.Cards) == 0 {
			return
		}
		to := vcc.Target{Agent: rapid.SampledFrom(propertyAgents).Draw(e.t, "to")}
		if rapid.IntRange(0, 3).Draw(e.t, "number") == 0 {
			to = vcc.Target{Number: "1234"}
		}
		e.ask(vcc.Command{Do: vcc.Consult, Agent: agent, Interaction: rapid.SampledFrom(d.Cards).Draw(e.t, "card").Interaction, Target: to})
	case 8: // anything about anything
		e.ask(vcc.Command{
			Do:          rapid.SampledFrom([]vcc.CommandKind{vcc.AnswerCall, vcc.RejectCall, vcc.Hold, vcc.Retrieve, vcc.Alternate, vcc.Join, vcc.Consult, vcc.Cancel, vcc.Transfer, vcc.Release}).Draw(e.t, "do"),
			Agent:       agent,
			Interaction: e.anyItem(), Target: vcc.Target{Agent: rapid.SampledFrom([]vcc.AgentID{"", "ada", "bob"}).Draw(e.t, "to")},
		})
	case 9:
		e.step(heard(e.anyItem(), rapid.SampledFrom([]vcc.Line{vcc.LineAnswered, vcc.LineAnswered, vcc.LineBusy, vcc.LineHungUp}).Draw(e.t, "line")))
	case 10:
		if x := e.m.items[e.anyItem()]; x != nil && x.row.Current() != nil && !x.ours() {
			kind := rapid.SampledFrom([]vcc.ReportKind{vcc.Accepted, vcc.Accepted, vcc.Refused, vcc.Ended}).Draw(e.t, "kind")
			e.step(vcc.Report{Kind: kind, Interaction: x.row.ID, Offer: x.row.Current().Offer, Reason: vcc.Declined})
		} else if x != nil {
			e.step(vcc.Report{Kind: vcc.Withdrawn, Interaction: x.row.ID, Reason: vcc.CustomerLeft})
		}
	case 11:
		e.step(vcc.Report{Kind: vcc.PanelChanged, Agent: agent, Panel: &vcc.Panel{Alive: rapid.IntRange(0, 3).Draw(e.t, "alive") > 0}})
	case 12:
		if rapid.Bool().Draw(e.t, "out") {
			e.ask(vcc.Command{Do: vcc.LogOut, Agent: agent, Force: rapid.Bool().Draw(e.t, "force")})
		}
		e.ask(vcc.Command{Do: vcc.LogIn, Agent: agent})
	}
}

// restart goes on with a machine restored from the rows, in which all stands as it
// stood. Break: call_restore.go, restoreCall: return true at once.
func (e *exchange) restart() {
	e.step()
	other := newMachine(e.t, e.cfg)
	other.Restore(e.now, slices.Collect(e.m.Interactions()), slices.Collect(e.m.Agents()))
	var rs []vcc.Report
	for _, id := range propertyAgents {
		a := e.m.agents[id]
		rs = append(rs, vcc.Report{Kind: vcc.Omni, Agent: id, Omni: &a.row.Omni}, vcc.Report{Kind: vcc.PanelChanged, Agent: id, Panel: new(a.row.Panel)})
	}
	other.Step(e.now, rs)
	for _, id := range slices.Collect(func(yield func(vcc.InteractionID) bool) {
		for id := range e.m.items {
			if !yield(id) {
				return
			}
		}
	}) {
		was, _ := e.m.Interaction(id)
		is, _ := other.Interaction(id)
		if was.State != is.State || !reflect.DeepEqual(was.Call, is.Call) || fmt.Sprint(was.Legs) != fmt.Sprint(is.Legs) || fmt.Sprint(was.Owed) != fmt.Sprint(is.Owed) {
			e.t.Fatalf("restored\n%+v %+v\nfrom\n%+v %+v", is, is.Call, was, was.Call)
		}
	}
	e.m, e.panels = other, panels{} // they connect again, and are told all
}

// end lets everybody hang up and go home: nothing may be left.
func (e *exchange) end() {
	for _, id := range exchangeItems {
		e.step(heard(id, vcc.LineHungUp), vcc.Report{Kind: vcc.Withdrawn, Interaction: id, Reason: vcc.CustomerLeft})
	}
	for _, a := range propertyAgents {
		e.ask(vcc.Command{Do: vcc.LogOut, Agent: a, Force: true})
	}
	for range 50 {
		next, ok := e.m.Next()
		if !ok {
			break
		}
		e.now = next
		e.step()
	}
	for x := range e.m.Interactions() {
		e.t.Fatalf("%s is left, %s: %+v %+v", x.ID, x.State, x.Legs, x.Call)
	}
	for a := range e.m.Agents() {
		if a.Load != 0 {
			e.t.Fatalf("%s is left with load %d", a.ID, a.Load)
		}
	}
}

func TestExchange(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		cfg := Config{
			Sizes:     rapid.SampledFrom([]vcc.Sizes{{}, {Live: 51, SemiLive: 30, NonLive: 20}}).Draw(t, "sizes"),
			Telephony: rapid.Bool().Draw(t, "telephony"), CrossMediaConsult: rapid.Bool().Draw(t, "cross-media"),
			ConsultWrap: time.Duration(rapid.SampledFrom([]int{0, 10}).Draw(t, "consult wrap")) * time.Second,
			DefaultPlan: vcc.Plan{WrapUp: time.Duration(rapid.SampledFrom([]int{0, 15}).Draw(t, "wrap")) * time.Second},
			KeepClosed:  100 * time.Second, CoolDown: 60 * time.Second,
		}
		e := &exchange{t: t, cfg: cfg, m: newMachine(t, cfg), now: t0, panels: panels{}}
		for _, a := range propertyAgents {
			e.step(online(a, "Chat", "Cases"), vcc.Report{Kind: vcc.PanelChanged, Agent: a, Panel: &vcc.Panel{Alive: true}})
			e.ask(vcc.Command{Do: vcc.LogIn, Agent: a})
		}
		for range rapid.IntRange(1, 80).Draw(t, "steps") {
			if rapid.IntRange(0, 3).Draw(t, "wait") == 0 {
				e.now = e.now.Add(time.Duration(rapid.IntRange(0, 20).Draw(t, "seconds")) * time.Second)
			}
			e.act()
			if rapid.IntRange(0, 19).Draw(t, "restart") == 0 {
				e.restart()
			}
		}
		e.end()
	})
}

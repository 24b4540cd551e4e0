package engine

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"omnibridge/vcc"
)

// people is a model of agents at their panels and of a Salesforce that does what it
// is told, or not, or late. It acts only by what desks show, or blindly.
type people struct {
	t      *rapid.T
	cfg    Config
	m      *Machine
	twin   *Machine // was restored from the rows of m, and gets the same reports; nil: not yet
	now    time.Time
	n      int
	offers []vcc.Directive // offers, closes and requeues that may be answered
	forced map[string]bool // offers that may exceed capacity, as "interaction/offer"
	panels panels
}

// panels is what each agent's ContactPad shows: the desk as it was when the engine last
// said that it changed.
type panels map[vcc.AgentID]string

// follow looks at the desks that a step named, and holds that no other changed: a quiet
// panel equals the store (invariant I8).
func (p panels) follow(t *rapid.T, m *Machine, out vcc.Output) {
	for _, id := range propertyAgents {
		d, ok := m.Desk(id)
		if !ok {
			continue
		}
		is := jsonOf(t, d)
		// Break: machine.go, touch: leave out the desks.
		if was, shown := p[id]; shown && was != is && !slices.Contains(out.Desks, id) {
			t.Fatalf("the desk of %s changed, and nobody was told: from\n%s\nto\n%s", id, was, is)
		}
		p[id] = is
	}
}

var peopleItems = []vcc.InteractionID{"c1", "c2", "k1", "k2", "k3", "l1", "l2", "v1"} // chats, cases, calls of ours and of Salesforce

func peopleConfig(t *rapid.T) Config {
	seconds := func(label string, of ...int) time.Duration {
		return time.Duration(rapid.SampledFrom(of).Draw(t, label)) * time.Second
	}
	return Config{
		Sizes: vcc.Sizes{Live: 51, SemiLive: 33, NonLive: 20}, Telephony: true, CrossMediaConsult: rapid.Bool().Draw(t, "cross"),
		Plans: []vcc.Plan{
			{ID: "p", Breakout: "q", AllRefused: anyOf(t, "all refused", []vcc.AllRefused{"", vcc.AskAgain, vcc.BreakOut, vcc.GiveItUp}), WrapUp: seconds("wrap", 0, 15), Dispositions: []string{"sold", "lost"}, DispositionRequired: rapid.Bool().Draw(t, "required"), WrapExtensions: 2, WrapExtendAll: true},
			{ID: "q", WrapUp: seconds("wrap", 0, 15), WrapManual: rapid.Bool().Draw(t, "manual")},
		},
		NoAnswer:     map[vcc.Class]time.Duration{vcc.SemiLive: seconds("no answer", 0, 20)},
		RequeueAfter: seconds("requeue", 0, 30), ConsultWrap: seconds("consult wrap", 0, 10),
		PersonalLoggedIn: seconds("personal", 0, 40), PersonalLoggedOut: seconds("personal", 0, 40),
		ReleaseWithin: 10 * time.Second, CoolDown: 30 * time.Second, KeepClosed: 300 * time.Second, LoginStale: 200 * time.Second,
		PadRequired: rapid.Bool().Draw(t, "pad required"), WrapFreesCapacity: rapid.Bool().Draw(t, "wrap frees"),
		PopNonLive: anyOf(t, "pop", []string{PopOnRoute, PopOnAccept}),
		StatusFor:  map[vcc.AgentState]string{stReady: "Available", stAway: "Pause"},
		StateFor:   map[string]vcc.AgentState{"Available": stReady, "Pause": stAway},
	}
}

// step applies reports and checks what must always hold.
func (p *people) step(rs ...vcc.Report) vcc.Output {
	t, m := p.t, p.m
	out := m.Step(p.now, rs)
	goesOnAlike(t, p.now, m, p.twin, rs, out)
	for _, d := range out.Directives {
		switch d.Kind {
		case vcc.Offer, vcc.Close, vcc.Requeue, vcc.Retract:
			p.offers = append(p.offers, d)
		}
		if d.Kind == vcc.Offer && !p.forced[fmt.Sprint(d.Interaction, "/", d.Offer)] {
			// Break: state.go, willing: leave a condition out.
			if a := m.agents[d.Agent]; a.row.Intended != nil || a.row.Blocked != nil || a.loggedIn() && (a.row.State != stReady || !a.panelAlive()) {
				t.Fatalf("%s, who is %+v", d, a.row)
			}
		}
	}
	p.panels.follow(t, m, out)
	if err := audit(m); err != nil {
		t.Fatal(err)
	}
	if err := auditCalls(m); err != nil {
		t.Fatal(err)
	}
	for _, a := range propertyAgents {
		p.check(a)
	}
	return out
}

// check holds what must be so of one agent.
func (p *people) check(id vcc.AgentID) {
	t, m := p.t, p.m
	a := m.agents[id]
	if a == nil {
		return
	}
	// Break: item.go, closeLeg: leave out fulfil.
	if a.row.Intended != nil && len(a.open) == 0 {
		t.Fatalf("%s has nothing open and is still to be %s", id, a.row.Intended)
	}
	if !a.loggedIn() && (a.row.Blocked != nil || a.row.Intended != nil) {
		t.Fatalf("%s is logged out and %+v", id, a.row)
	}
	if b := a.row.Blocked; b != nil && !b.Until.After(m.now) {
		t.Fatalf("%s is blocked until %s, and it is %s", id, b.Until, m.now)
	}
	if len(a.row.Notices) > keptNotices || len(a.row.Answered) > keptAnswers {
		t.Fatalf("%s keeps %d notices and %d answers", id, len(a.row.Notices), len(a.row.Answered))
	}
	load, forced, legs := 0, false, 0
	for _, x := range m.items {
		for _, leg := range x.row.Legs {
			if leg.Agent != id {
				continue
			}
			legs++
			forced = forced || x.consults() || p.forced[fmt.Sprint(x.row.ID, "/", leg.Offer)]
			if leg.State != vcc.WrapUp || !m.cfg.WrapFreesCapacity {
				load += leg.Size
			}
			// Break: item.go, connect: keep the earlier wrap-up.
			if leg.State == vcc.Connected && x.wrapOf(id) != nil {
				t.Fatalf("%s works on %s and wraps it up", id, x.row.ID)
			}
			if leg.State == vcc.WrapUp && leg.Until.IsZero() && !a.loggedIn() {
				t.Fatalf("%s is gone, and nothing ends the wrap-up of %s", id, x.row.ID)
			}
		}
	}
	d, _ := m.Desk(id)
	// Break: agent.go, room: compare with 120.
	if d.Load != load || !forced && load > 100 || len(d.Cards) != legs {
		t.Fatalf("%s has load %d, legs %d; the desk says %d, %d cards", id, load, legs, d.Load, len(d.Cards))
	}
	if d.Why == "" && (!a.loggedIn() && m.cfg.PadRequired || a.loggedIn() && a.row.State != stReady) {
		t.Fatalf("%s gets no work and is not told why: %+v", id, d)
	}
}

// ask has an agent ask, and checks that a refusal changed nothing.
func (p *people) ask(c vcc.Command) vcc.Answer {
	p.n++
	c.ID = fmt.Sprint(p.n)
	if c.Do == vcc.TakeBack {
		if x, ok := p.m.Interaction(c.Interaction); ok {
			p.forced[fmt.Sprint(c.Interaction, "/", x.Offers+1)] = true
		}
	}
	p.step()                                                                   // what is due anyway
	stale := p.m.agents[c.Agent] != nil && p.m.loginStale(p.m.agents[c.Agent]) // asking for anything gives work again
	before := p.rows()
	out := p.step(vcc.Report{Kind: vcc.Asked, Command: &c})
	answer := out.Answers[0]
	// Break: any command: change something before it is refused.
	if after := p.rows(); !answer.OK && !stale && (after != before || len(out.Directives)+len(out.Decisions) > 0) {
		p.t.Fatalf("%s of %s was refused (%+v), and changed\n%s\nto\n%s\n%+v", c.Do, c.Interaction, answer, before, after, out)
	}
	if answer.OK == (answer.Code != "") || answer.OK == (answer.Text != "") {
		p.t.Fatalf("%+v", answer)
	}
	again := p.step(vcc.Report{Kind: vcc.Asked, Command: &c})
	if len(again.Answers) != 1 || again.Answers[0] != answer || len(again.Directives) > 0 {
		p.t.Fatalf("%s of %s asked twice: %+v, then %+v", c.Do, c.Interaction, out, again)
	}
	return answer
}

// rows writes down everything but what a refused command may change.
func (p *people) rows() string {
	var agents []vcc.Agent
	for a := range p.m.Agents() {
		a.Answered, a.ActiveAt = nil, time.Time{}
		agents = append(agents, a)
	}
	data, err := json.Marshal([]any{slices.Collect(p.m.Interactions()), agents})
	if err != nil {
		p.t.Fatal(err)
	}
	return string(data)
}

// press has somebody press a button that a desk shows: it works if and only if it is
// not off.
func (p *people) press(agent vcc.AgentID) {
	d, ok := p.m.Desk(agent)
	if !ok || d.State.Major == vcc.LoggedOut {
		return
	}
	card, b, ok := drawButton(p.t, d)
	if !ok {
		return
	}
	c := vcc.Command{Do: b.Do, Agent: agent, Interaction: card.Interaction}
	switch {
	case b.Do == vcc.Dispose:
		c.Disposition = anyOf(p.t, "outcome", card.Outcomes)
	case b.Do == vcc.Transfer && card.Class == vcc.NonLive:
		c.Target = anyOf(p.t, "target", []vcc.Target{{Plan: "p"}, {Plan: "q"}, {Agent: p.other(agent)}})
	case b.Do == vcc.Consult:
		c.Target = vcc.Target{Number: "+44 20 7946 0018"}
	}
	// Break: desk.go, actions: add one without looking, or with a wrong reason.
	if answer := p.ask(c); answer.OK != (b.Off == "") {
		p.t.Fatalf("%s of %s (%s) shows %+v, and is answered %+v", b.Do, card.Interaction, card.State, b, answer)
	}
}

func (p *people) other(agent vcc.AgentID) vcc.AgentID {
	for _, id := range propertyAgents {
		if id != agent && p.m.agents[id] != nil {
			return id
		}
	}
	return propertyAgents[0]
}

// blindly asks for anything about anything.
func (p *people) blindly(agent vcc.AgentID) {
	t := p.t
	p.ask(vcc.Command{
		Agent: agent, Interaction: anyOf(t, "item", append(slices.Clone(peopleItems), "c1-consult-1", "none")),
		Do: anyOf(t, "do", []vcc.CommandKind{
			vcc.LogIn, vcc.LogIn, vcc.LogOut, vcc.SetState, vcc.SetState, vcc.Unblock, vcc.Dismiss, vcc.Release, vcc.Abandon, vcc.FinishWrap, vcc.ExtendWrap,
			vcc.Dispose, vcc.OpenRecord, vcc.Hold, vcc.Retrieve, vcc.Alternate, vcc.Join, vcc.Consult, vcc.Cancel, vcc.Transfer, vcc.TakeBack,
			vcc.AnswerCall, vcc.RejectCall, vcc.ShowWork, vcc.ConsoleGone, "dance",
		}),
		State:       anyOf(t, "state", []vcc.AgentState{stReady, stReady, stAway, stBreak, stOut, stGone, {Major: "x"}}),
		Target:      anyOf(t, "target", []vcc.Target{{}, {Agent: "ada"}, {Agent: "bob"}, {Plan: "q"}, {Plan: "x"}, {Number: "12345"}, {Number: "x"}}),
		Disposition: anyOf(t, "outcome", []string{"", "sold", "stolen"}),
		Force:       rapid.Bool().Draw(t, "force"), By: anyOf(t, "by", []string{"", "", "Eva"}),
	})
}

// answered tells whether what d asked for is over, as far as the engine knows.
func (p *people) answered(d vcc.Directive) bool {
	x := p.m.items[d.Interaction]
	if x == nil || x.row.Current() == nil || x.row.Current().Offer != d.Offer {
		return true
	}
	leaves := x.row.Current().Leaving != nil
	return leaves != (d.Kind == vcc.Close || d.Kind == vcc.Requeue) && x.row.State == vcc.Connected
}

// org lets Salesforce, or the network, do something.
func (p *people) org() vcc.Report {
	t := p.t
	id := anyOf(t, "item", peopleItems)
	agent := anyOf(t, "agent", propertyAgents)
	arrives := func() vcc.Report {
		r := chat(id, p.n%50, plan(anyOf(t, "plan", []vcc.PlanID{"p", "q"})))
		switch id[0] {
		case 'k':
			r = caseWork(id, p.n%50, plan(r.Work.Plan))
		case 'l':
			r = ours(id, p.n%50, func(r *vcc.Report) { r.Work.Plan = "p" }, by("crm", fmt.Sprint(p.n/4)))
		case 'v':
			r = work(id, vcc.Live, "Chat", p.n%50, plan(r.Work.Plan))
		}
		return r
	}
	switch kind := evenly(t, "org", 17); {
	case kind < 3:
		return arrives()
	case kind == 3:
		return status(agent, anyOf(t, "status", []string{"", "Available", "Available", "Pause"}))
	case kind == 4:
		return vcc.Report{Kind: vcc.PanelChanged, Agent: agent, Panel: &vcc.Panel{Alive: evenly(t, "alive", 3) > 0, Phone: true}}
	case kind == 5:
		return vcc.Report{Kind: vcc.Withdrawn, Interaction: id, Reason: anyOf(t, "reason", []vcc.Reason{vcc.CustomerLeft, vcc.LeftRouting, vcc.Deleted})}
	case kind == 6 && id[0] != 'l' && id[0] != 'v': // a second call would be Salesforce's doing
		x, ok := p.m.Interaction(id)
		if !ok {
			break
		}
		p.forced[fmt.Sprint(id, "/", x.Offers+1)] = true
		return vcc.Report{Kind: vcc.Moved, Interaction: id, Agent: agent, Offer: x.Offers + 1}
	case kind == 7:
		return heard(id+"-consult-1", anyOf(t, "line", []vcc.Line{vcc.LineAnswered, vcc.LineBusy, vcc.LineHungUp}))
	case kind == 8:
		return vcc.Report{Kind: vcc.Named, Interaction: id, Name: anyOf(t, "name", []string{"", "Maria", "Case 42"})}
	case kind == 9:
		if x, ok := p.m.Interaction(id); ok && len(x.Owed) > 0 {
			return vcc.Report{Kind: vcc.Told, Interaction: id, Words: []string{x.Owed[0].ID, "nothing"}}
		}
	case kind == 10:
		return vcc.Report{Kind: vcc.SetUp, Setup: &vcc.Setup{
			People: map[vcc.AgentID]string{"ada": anyOf(t, "called", []string{"Ada", "Ada L"}), "bob": "Bob"},
			Whole:  rapid.Bool().Draw(t, "whole"), Takes: map[vcc.Channel][]vcc.PlanID{"Cases": {"p", "q"}},
		}}
	}
	if len(p.offers) == 0 {
		return arrives()
	}
	recent := p.offers[max(0, len(p.offers)-5):]
	if open := slices.DeleteFunc(slices.Clone(p.offers), p.answered); len(open) > 0 && evenly(t, "open", 4) > 0 {
		recent = open
	}
	d := anyOf(t, "directive", recent)
	r := vcc.Report{Interaction: d.Interaction, Offer: d.Offer, Agent: d.Agent, Detail: "words"}
	switch d.Kind {
	case vcc.Close:
		r.Kind = anyOf(t, "answer", []vcc.ReportKind{vcc.Ended, vcc.Ended, vcc.CloseFailed})
	case vcc.Requeue:
		if evenly(t, "requeued", 4) > 0 {
			return transferred(d.Interaction, p.n%50, plan(d.Plan))
		}
		r.Kind = vcc.RequeueFailed
	default:
		r.Kind = anyOf(t, "answer", []vcc.ReportKind{vcc.Alerting, vcc.Accepted, vcc.Accepted, vcc.Accepted, vcc.Refused, vcc.Ended})
		if r.Kind == vcc.Refused {
			r.Reason = anyOf(t, "reason", []vcc.Reason{vcc.Declined, vcc.TimedOut, vcc.Unavailable, vcc.Failed, vcc.Undelivered})
		}
	}
	return r
}

// restart has a twin go on from the rows as the store keeps them, and checks that
// nobody's desk looks another.
func (p *people) restart() {
	t, m := p.t, p.m
	p.step()
	twin := twinOf(t, p.now, m)
	if twin == nil {
		return
	}
	for _, id := range propertyAgents {
		a, _ := m.Desk(id)
		b, _ := twin.Desk(id)
		if x, y := jsonOf(t, a), jsonOf(t, b); x != y {
			t.Fatalf("before the restart\n%s\nafter\n%s", x, y)
		}
	}
	p.twin = twin
}

func jsonOf(t *rapid.T, v any) string {
	data, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// TestPeople holds, over random days of agents: capacity, states, desks that tell
// the truth, commands that are done whole and once or not at all, and restarts that
// nobody notices.
func TestPeople(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		cfg := peopleConfig(t)
		p := &people{t: t, cfg: cfg, m: newMachine(t, cfg), now: t0, forced: map[string]bool{}, panels: panels{}}
		for _, a := range propertyAgents[:3] {
			p.step(status(a, "Available"), vcc.Report{Kind: vcc.PanelChanged, Agent: a, Panel: &vcc.Panel{Alive: true, Phone: true}})
			if a != "cy" {
				p.ask(vcc.Command{Do: vcc.LogIn, Agent: a})
			}
		}
		for range rapid.IntRange(20, 60).Draw(t, "steps") {
			agent := anyOf(t, "who", propertyAgents[:3])
			switch kind := evenly(t, "what", 16); {
			case kind < 6:
				p.step(p.org())
			case kind < 10:
				p.press(agent)
			case kind < 12:
				p.blindly(agent)
			case kind == 12:
				p.restart()
			default:
				p.now = p.now.Add(time.Duration(rapid.IntRange(0, 15).Draw(t, "seconds")) * time.Second)
				if next, ok := p.m.Next(); ok && rapid.Bool().Draw(t, "to the deadline") {
					p.now = latest(p.now, next)
				}
				p.step()
				if next, ok := p.m.Next(); ok && !next.After(p.now) {
					t.Fatalf("next is %s, and it is %s", next, p.now)
				}
			}
		}
	})
}

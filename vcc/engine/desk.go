package engine

import (
	"cmp"
	"slices"
	"time"

	"omnibridge/vcc"
)

// Desk returns what the panel of an agent shows; false if the agent is not known.
func (m *Machine) Desk(id vcc.AgentID) (vcc.Desk, bool) {
	a := m.agents[id]
	if a == nil {
		return vcc.Desk{}, false
	}
	d := vcc.Desk{
		Agent: id, Name: m.name(id), State: a.row.State, Since: a.row.StateSince, Intended: copied(a.row.Intended),
		Blocked: copied(a.row.Blocked), Omni: m.copyAgent(a).Omni, Load: m.burden(a).load,
		States: slices.Clone(m.cfg.States), Notices: slices.Clone(a.row.Notices), Cards: []vcc.Card{}, Why: m.whyNoWork(a),
	}
	if d.Notices == nil {
		d.Notices = []vcc.Notice{}
	}
	for _, x := range a.open {
		for i := range x.row.Legs {
			if leg := &x.row.Legs[i]; leg.Agent == id {
				d.Cards = append(d.Cards, m.card(x, leg))
			}
		}
	}
	slices.SortFunc(d.Cards, compareCards)
	m.summarise(a, &d)
	return d, true
}

func copied[T any](p *T) *T {
	if p == nil {
		return nil
	}
	return new(*p)
}

// compareCards is the order of a desk: what alerts, then by class, and in a class
// the first accepted first.
func compareCards(a, b vcc.Card) int {
	alerts := func(c vcc.Card) int {
		if c.State == vcc.CardAlerting {
			return 0
		}
		return 1
	}
	return cmp.Or(
		cmp.Compare(alerts(a), alerts(b)),
		cmp.Compare(slices.Index(vcc.Classes, a.Class), slices.Index(vcc.Classes, b.Class)),
		a.Since.Compare(b.Since), cmp.Compare(a.Interaction, b.Interaction), cmp.Compare(a.Offer, b.Offer),
	)
}

func (m *Machine) card(x *item, leg *vcc.Leg) vcc.Card {
	w, p := x.row.Work, m.wrapPlan(x, leg)
	c := vcc.Card{
		Interaction: x.row.ID, Offer: leg.Offer, Class: w.Class, Medium: w.Medium, Name: cmp.Or(w.Name, w.Record, string(x.row.ID)), Record: w.Record,
		Plan: w.Plan, PlanLabel: cmp.Or(m.plan(w.Plan).Label, string(w.Plan)), State: cardState(leg), Since: leg.Since, Until: leg.Until,
		Waited: leg.Waited, Size: leg.Size, HeldSince: leg.HeldSince, Actions: m.actions(x, leg),
	}
	if w.Record == "" {
		c.Caller = w.Caller
	}
	switch {
	case c.State == vcc.CardReleaseFailed:
		c.Why = leg.Leaving.Failed
	case c.State == vcc.CardWrapUp:
		c.Outcomes, c.Outcome, c.MustChoose = slices.Clone(p.Dispositions), leg.Disposition, m.mustChoose(x, leg)
		if leg.Leaving != nil && leg.Leaving.Do == vcc.Transfer {
			c.Transferred = m.targetName(leg.Leaving.To)
		}
	}
	m.callCard(x, leg, &c)
	return c
}

func cardState(leg *vcc.Leg) vcc.CardState {
	switch {
	case leg.State == vcc.WrapUp:
		return vcc.CardWrapUp
	case leg.State != vcc.Connected:
		return vcc.CardAlerting
	case leg.Leaving != nil && leg.Leaving.Failed != "":
		return vcc.CardReleaseFailed
	case leg.Leaving != nil && leg.Leaving.Do == vcc.Release:
		return vcc.CardReleasing
	case leg.Leaving != nil:
		return vcc.CardTransferring
	case !leg.HeldSince.IsZero():
		return vcc.CardHeld
	default:
		return vcc.CardConnected
	}
}

// actions lists what the class allows, in the dock's order. What the class has and
// is not possible now says why (vcc.md 1).
func (m *Machine) actions(x *item, leg *vcc.Leg) []vcc.Action {
	list := []vcc.Action{}
	add := func(do vcc.CommandKind, no *denied) {
		if no == nil {
			no = m.permits(x, do)
		}
		a := vcc.Action{Do: do}
		if no != nil {
			a.Off = no.text
		}
		list = append(list, a)
	}
	switch {
	case leg.State == vcc.WrapUp:
		m.wrapActions(x, leg, add)
	case x.ours():
		return m.callActions(x, leg)
	case leg.State != vcc.Connected:
		add(vcc.ShowWork, nil)
	default:
		if m.cfg.CrossMediaConsult || x.live() {
			add(vcc.Consult, m.mayConsult(x, leg))
		}
		if x.row.Work.Class == vcc.NonLive {
			add(vcc.Transfer, m.mayTransfer(x, leg))
		}
		add(vcc.Release, m.mayRelease(x, leg))
		if m.mayAbandon(x, leg) == nil {
			add(vcc.Abandon, nil)
		}
	}
	return list
}

// wrapActions adds what an agent can do in wrap-up. A part in a consult's wrap-up is
// like any other; only the last wrap-up of an agent in x can be acted on.
func (m *Machine) wrapActions(x *item, leg *vcc.Leg, add func(vcc.CommandKind, *denied)) {
	if last := x.wrapOf(leg.Agent); last.Offer != leg.Offer {
		return
	}
	add(vcc.FinishWrap, m.mayFinish(x, leg))
	if m.extendable(x, leg) {
		add(vcc.ExtendWrap, m.mayExtend(x, leg))
	}
	if m.mayDispose(x, leg, "") == nil {
		add(vcc.Dispose, nil)
	}
	if leg.Leaving != nil && leg.Leaving.Do == vcc.Transfer && x.row.Work.Class == vcc.NonLive {
		add(vcc.TakeBack, m.mayTakeBack(x, m.agents[leg.Agent]))
	}
}

// summarise fills in the state bar's line. Busy and wrap-up follow from the cards,
// the most demanding first (A42); presence stays what was chosen (vcc.md 5.1).
func (m *Machine) summarise(a *agent, d *vcc.Desk) {
	d.ShownSince = a.row.StateSince
	var call, work, wrap *vcc.Card
	for i := range d.Cards {
		c := &d.Cards[i]
		switch {
		case c.State == vcc.CardAlerting:
		case c.State == vcc.CardWrapUp:
			wrap = earlier(wrap, c)
		case c.Class == vcc.Live:
			call = earlier(call, c)
		default:
			work = earlier(work, c)
		}
	}
	switch {
	case call != nil:
		d.Shown, d.Mark, d.ShownSince = busy[call.Direction], "working", call.Since
		if d.Shown == "" {
			d.Shown = busy["in"]
		}
	case a.row.State.Major == vcc.LoggedOut:
		d.Shown, d.Mark = "Logged Out", "out"
	case a.row.Blocked != nil && a.row.State.Major == vcc.Ready:
		d.Shown, d.Mark, d.ShownSince = "Ready (Blocked)", "blocked", a.row.Blocked.Since
	case a.row.State.Major == vcc.Away, a.row.State.Major == vcc.ExtendedAway:
		d.Shown, d.Mark = a.row.State.String(), "away"
	case work != nil:
		d.Shown, d.Mark, d.ShownSince = named(a.row.State, "Working"), "working", latest(work.Since, a.row.StateSince)
	case wrap != nil:
		d.Shown, d.Mark, d.ShownSince = "Wrap Up", "working", wrap.Since
	default:
		d.Shown, d.Mark, d.ShownSince = named(a.row.State, "Idle"), "ready", latest(a.row.StateSince, a.row.WorkedUntil)
	}
}

// busy are the words for being on a call, by its direction.
var busy = map[string]string{"in": "Busy Inbound", "out": "Busy Outbound", "internal": "Busy Internal"}

func earlier(a, b *vcc.Card) *vcc.Card {
	if a == nil || b.Since.Before(a.Since) {
		return b
	}
	return a
}

// named returns "Ready (Idle)" and the like; Ready for Outbound takes no work, and so
// is neither idle nor working.
func named(s vcc.AgentState, how string) string {
	if s.Major != vcc.Ready {
		return s.String()
	}
	return s.String() + " (" + how + ")"
}

// since writes since when something is.
func (m *Machine) since(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return " since " + m.clock(t)
}

package engine

import (
	"cmp"
	"slices"

	"omnibridge/vcc"
)

// Desk returns what the panel of an agent shows; false if the agent is not known.
func (m *Machine) Desk(id vcc.AgentID) (vcc.Desk, bool) {
	a := m.agents[id]
	if a == nil {
		return vcc.Desk{}, false
	}
	d := vcc.Desk{
		Agent: id, Name: m.name(id), State: a.row.State, Since: a.row.StateSince, Intended: a.row.Intended,
		Blocked: a.row.Blocked, Omni: a.row.Omni, Load: m.burden(a).load,
		States: slices.Clone(m.cfg.States), Notices: slices.Clone(a.row.Notices), Cards: []vcc.Card{},
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
	w, p := x.row.Work, m.plan(x.row.Work)
	c := vcc.Card{
		Interaction: x.row.ID, Offer: leg.Offer, Class: w.Class, Medium: w.Medium, Name: cmp.Or(w.Name, w.Record, string(x.row.ID)), Record: w.Record,
		Plan: w.Plan, PlanLabel: cmp.Or(p.Label, string(w.Plan)), Since: leg.Since, Until: leg.Until, Size: leg.Size, HeldSince: leg.HeldSince, Actions: []vcc.Action{},
	}
	switch {
	case leg.State == vcc.WrapUp:
		c.State = vcc.CardWrapUp
	case leg.State != vcc.Connected:
		c.State = vcc.CardAlerting
	case leg.Leaving != nil && leg.Leaving.Failed != "":
		c.State, c.Why = vcc.CardReleaseFailed, leg.Leaving.Failed
	case leg.Leaving != nil && leg.Leaving.Do == vcc.Release:
		c.State = vcc.CardReleasing
	case leg.Leaving != nil:
		c.State = vcc.CardTransferring
	case !leg.HeldSince.IsZero():
		c.State = vcc.CardHeld
	default:
		c.State = vcc.CardConnected
	}
	c.Actions = m.actions(x, leg, c.State)
	m.callCard(x, leg, &c)
	return c
}

// actions lists what the class allows, in the dock's order.
func (m *Machine) actions(x *item, leg *vcc.Leg, s vcc.CardState) []vcc.Action {
	if x.ours() && leg.State != vcc.WrapUp {
		return m.callActions(x, leg)
	}
	if s == vcc.CardConnected {
		return []vcc.Action{{Do: vcc.Release}}
	}
	return []vcc.Action{}
}

// summarise fills in the state bar's line.
func (m *Machine) summarise(a *agent, d *vcc.Desk) {
	d.ShownSince = a.row.StateSince
	switch a.row.State.Major {
	case vcc.LoggedOut:
		d.Shown, d.Mark = "Logged Out", "out"
	case vcc.Ready:
		switch {
		case a.row.Blocked != nil:
			d.Shown, d.Mark, d.ShownSince = "Ready (Blocked)", "blocked", a.row.Blocked.Since
		case len(d.Cards) > 0 && slices.ContainsFunc(d.Cards, func(c vcc.Card) bool { return c.State != vcc.CardAlerting }):
			d.Shown, d.Mark = "Ready (Working)", "working"
		default:
			d.Shown, d.Mark = "Ready (Idle)", "ready"
		}
	case vcc.Outbound:
		d.Shown, d.Mark = a.row.State.String(), "ready"
	default:
		d.Shown, d.Mark = a.row.State.String(), "away"
	}
}

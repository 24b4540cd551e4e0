package engine

import (
	"cmp"

	"omnibridge/vcc"
)

// parties lists who is in the call of card x besides the agent of leg: the other
// end, and whom the agent consults, or is in conference with.
func (m *Machine) parties(x *item, leg *vcc.Leg) []vcc.Party {
	if x.row.Call == nil || !x.live() || leg.State == vcc.WrapUp {
		return nil
	}
	if x.consults() {
		list := []vcc.Party{m.otherParty(x, leg)}
		if customer := m.items[x.row.Call.Of]; x.row.Call.Joined && customer != nil {
			if part := customer.row.Current(); part != nil {
				list = append(list, m.customer(customer, part))
			}
		}
		return list
	}
	list := []vcc.Party{m.customer(x, leg)}
	if y := m.consultBy(x, leg.Agent); y != nil {
		list = append(list, m.otherParty(y, y.asker()))
	}
	return list
}

// customer is the customer of call x, as the agent of leg hears them.
func (m *Machine) customer(x *item, leg *vcc.Leg) vcc.Party {
	p := vcc.Party{
		ID: "customer", Name: cmp.Or(x.row.Work.Name, x.row.Call.Number, "Customer"), Interaction: x.row.ID,
		State: vcc.PartyTalking, Since: leg.Since,
	}
	switch {
	case x.row.Call.Gone:
		p.State = vcc.PartyGone
	case leg.State != vcc.Connected:
		p.State, p.Since = vcc.PartyRinging, x.row.Work.Since
	case !leg.HeldSince.IsZero():
		p.State, p.Since = vcc.PartyHeld, leg.HeldSince
	}
	return p
}

// otherParty is the other end of consult y, as the agent of leg hears it.
func (m *Machine) otherParty(y *item, leg *vcc.Leg) vcc.Party {
	p := vcc.Party{
		ID: y.row.Call.Number, Name: m.otherName(y, leg.Agent), Interaction: y.row.ID, State: vcc.PartyTalking, Since: leg.Since,
	}
	for _, other := range y.row.Legs {
		if other.Agent != leg.Agent {
			p.ID, p.Agent = string(other.Agent), other.Agent
			p.Since = latest(p.Since, other.Since)
		}
	}
	switch {
	case y.rings() && leg.Asker:
		p.State, p.Until = vcc.PartyRinging, y.row.Call.RingsUntil
	case !leg.HeldSince.IsZero():
		p.State, p.Since = vcc.PartyHeld, leg.HeldSince
	}
	return p
}

// callCard fills in what the card of a call has besides.
func (m *Machine) callCard(x *item, leg *vcc.Leg, c *vcc.Card) {
	if x.row.Call == nil {
		return
	}
	c.Direction, c.Of, c.Parties = x.row.Call.Direction, x.row.Call.Of, m.parties(x, leg)
	if x.consults() {
		c.Name = m.otherName(x, leg.Agent)
	}
}

// callActions lists what can be done with a call, in the dock's order: with the
// customer first, with who is consulted, and the end last. What the agent's part
// has nothing to do with is absent.
func (m *Machine) callActions(x *item, leg *vcc.Leg) []vcc.Action {
	var list []vcc.Action
	add := func(do vcc.CommandKind, no *denied) {
		a := vcc.Action{Do: do}
		if no != nil {
			a.Off = no.text
		}
		list = append(list, a)
	}
	if leg.State != vcc.Connected {
		return []vcc.Action{{Do: vcc.AnswerCall}, {Do: vcc.RejectCall}}
	}
	k := m.talkOf(x, leg.Agent)
	switch {
	case !x.live():
	case !leg.HeldSince.IsZero():
		add(vcc.Retrieve, m.mayHold(x, leg, vcc.Retrieve))
	case !x.consults() || !x.rings():
		add(vcc.Hold, m.mayHold(x, leg, vcc.Hold))
	}
	if k != nil {
		_, alternate := m.mayAlternate(x, leg)
		_, join := m.mayJoin(x, leg)
		_, transfer := m.mayHandOver(x, leg)
		add(vcc.Alternate, alternate)
		add(vcc.Join, join)
		add(vcc.Transfer, transfer)
	}
	if !x.consults() && (x.live() || m.cfg.CrossMediaConsult) {
		add(vcc.Consult, m.mayConsult(x, leg))
	}
	if x.consults() && x.rings() && leg.Asker {
		add(vcc.Cancel, nil)
		return list
	}
	add(vcc.Release, m.permits(x, vcc.Release))
	return list
}

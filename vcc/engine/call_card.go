package engine

import (
	"cmp"

	"omnibridge/vcc"
)

// parties lists who is in call x besides the agent of leg. Who asks has two cards, of
// the customer and of the consult, each with its own other end; who is consulted has
// one, which lists the customer too once all are joined.
func (m *Machine) parties(x *item, leg *vcc.Leg) []vcc.Party {
	if x.row.Call == nil || !x.live() || leg.State == vcc.WrapUp {
		return nil
	}
	if x.consults() {
		list := []vcc.Party{m.otherParty(x, leg)}
		if customer := m.items[x.row.Call.Of]; x.row.Call.Joined && !leg.Asker && customer != nil {
			if part := customer.row.Current(); part != nil {
				list = append(list, m.customer(customer, part))
			}
		}
		return list
	}
	return []vcc.Party{m.customer(x, leg)}
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

// callActions lists what can be done with what ContactPad delivers, in the dock's
// order, the end last. With a customer and somebody consulted in one conversation,
// what is about both is with the customer's card (panel-ux, W6).
func (m *Machine) callActions(x *item, leg *vcc.Leg) []vcc.Action {
	var list []vcc.Action
	add := func(do vcc.CommandKind, no *denied) {
		a := vcc.Action{Do: do}
		if no != nil {
			a.Off = no.text
		}
		list = append(list, a)
	}
	hold := vcc.Hold
	if !leg.HeldSince.IsZero() {
		hold = vcc.Retrieve
	}
	k := m.talkOf(x, leg.Agent)
	switch {
	case leg.State != vcc.Connected:
		return []vcc.Action{{Do: vcc.AnswerCall}, {Do: vcc.RejectCall}}
	case x.consults() && x.rings():
		return []vcc.Action{{Do: vcc.Cancel}}
	case k != nil && x.consults():
	case k != nil && (k.consult.rings() || k.joined()):
		add(hold, m.mayHold(x, leg, hold))
	case k != nil:
		_, no := m.mayAlternate(x, leg)
		add(vcc.Alternate, no)
	case x.live():
		add(hold, m.mayHold(x, leg, hold))
	}
	switch {
	case x.consults():
	case x.row.Work.Class == vcc.NonLive:
		if m.cfg.CrossMediaConsult {
			add(vcc.Consult, m.mayConsult(x, leg))
		}
		no := m.permits(x, vcc.Transfer)
		if no == nil {
			no = m.mayTransfer(x, leg)
		}
		add(vcc.Transfer, no)
	case k == nil && (x.live() || m.cfg.CrossMediaConsult):
		add(vcc.Consult, m.mayConsult(x, leg))
	case k != nil && !k.consult.rings():
		_, no := m.mayJoin(x, leg)
		add(vcc.Join, no)
		_, no = m.mayHandOver(x, leg)
		add(vcc.Transfer, no)
	}
	add(vcc.Release, m.permits(x, vcc.Release))
	return list
}

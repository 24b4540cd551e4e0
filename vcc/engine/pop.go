package engine

import "omnibridge/vcc"

// popRouted opens the record of a non-live interaction that Salesforce has for the
// agent, be it accepted or not (vcc.md 4, A5).
func (m *Machine) popRouted(x *item, leg *vcc.Leg) {
	if x.row.Work.Class == vcc.NonLive && m.cfg.PopNonLive == PopOnRoute {
		m.pop(x, leg, true, false)
	}
}

// popAccepted opens the record of what the agent has now, unless it was before.
func (m *Machine) popAccepted(x *item, leg *vcc.Leg) { m.pop(x, leg, true, false) }

// pop directs that the record of x is opened in the console of the agent of leg,
// once for each offer unless again. Unasked it takes the focus, if focus, only from
// an agent who is not in the middle of something.
func (m *Machine) pop(x *item, leg *vcc.Leg, focus, again bool) {
	w, a := x.row.Work, m.agents[leg.Agent]
	if w.Record == "" && w.Caller == "" || !a.loggedIn() || leg.Popped && !again {
		return
	}
	leg.Popped = true
	m.out.Directives = append(m.out.Directives, vcc.Directive{
		Kind: vcc.Pop, Interaction: x.row.ID, Offer: leg.Offer, Agent: leg.Agent,
		Record: w.Record, Caller: w.Caller, Focus: focus && (again || m.cfg.PopAlwaysFocus || !a.engaged(x)), Again: again,
	})
	m.touch(x)
}

// engaged tells whether a talks to somebody about anything but x.
func (a *agent) engaged(x *item) bool {
	for _, y := range a.open {
		if y == x || y.row.Work.Class == vcc.NonLive || y.row.Call != nil && y.row.Call.Of == x.row.ID || x.row.Call != nil && x.row.Call.Of == y.row.ID {
			continue // a call and the consult about it are one conversation
		}
		for _, leg := range y.row.Legs {
			if leg.Agent == a.row.ID && leg.State == vcc.Connected {
				return true
			}
		}
	}
	return false
}

// openRecord opens the record again.
func (m *Machine) openRecord(x *item, leg *vcc.Leg, _ vcc.Command) *denied {
	if no := m.mayOpen(x, leg); no != nil {
		return no
	}
	m.pop(x, leg, true, true)
	return nil
}

// mayOpen tells whether there is a record to open. While it alerts there is none for
// the agent yet (A45), unless it was opened already.
func (m *Machine) mayOpen(x *item, leg *vcc.Leg) *denied {
	switch {
	case (leg.State == vcc.Offered || leg.State == vcc.Alerted) && !leg.Popped:
		return deny(vcc.DeniedNotNow, "accept it first")
	case x.row.Work.Record == "" && x.row.Work.Caller == "":
		return deny(vcc.DeniedUnknown, "it has no record")
	}
	return nil
}

package contactpad

import (
	"slices"

	"omnibridge/vcc"
)

// signal relays what two browsers say to each other to establish a call. Only the
// agents who are parties of that call hear it, each in the primary panel; the desks
// say who they are.
func (t *seat) signal(k *socket, m inbound) *farewell {
	if len(m.Data) == 0 || len(m.Data) > maxSignal {
		return byeProtocol("Data for the other side must have 1 to 16384 bytes.")
	}
	for _, other := range t.peers(k, m) {
		to := t.s.seat(other)
		if to == nil {
			continue
		}
		to.mu.Lock()
		if p := to.primary(); p != nil && p.sock != nil && to.talksTo(m.Interaction, t.agent) {
			p.sock.out.put(0, encode(rtcMessage{"rtc", m.Interaction, t.agent, m.Data}))
		}
		to.mu.Unlock()
	}
	return nil
}

// peers returns the agents that m is for: none unless it comes from the primary
// panel of a party.
func (t *seat) peers(k *socket, m inbound) []vcc.AgentID {
	t.mu.Lock()
	defer t.mu.Unlock()
	if p := t.primary(); p == nil || p.sock != k {
		return nil
	}
	var list []vcc.AgentID
	for _, c := range t.desk.Cards {
		if c.Interaction != m.Interaction || c.Class != vcc.Live {
			continue
		}
		for _, p := range c.Parties {
			if p.Agent != "" && p.Agent != t.agent && p.State != vcc.PartyGone && (m.To == "" || m.To == p.Agent) && !slices.Contains(list, p.Agent) {
				list = append(list, p.Agent)
			}
		}
	}
	return list
}

// talksTo tells, with the lock held, whether the agent has the call, too, with
// other as a party of it.
func (t *seat) talksTo(call vcc.InteractionID, other vcc.AgentID) bool {
	return slices.ContainsFunc(t.desk.Cards, func(c vcc.Card) bool {
		return c.Interaction == call && c.Class == vcc.Live &&
			slices.ContainsFunc(c.Parties, func(p vcc.Party) bool { return p.Agent == other && p.State != vcc.PartyGone })
	})
}

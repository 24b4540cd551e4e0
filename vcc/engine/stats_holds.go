package engine

import (
	"fmt"
	"slices"
	"strings"

	"omnibridge/vcc"
)

// presence is what is known of a in Omni-Channel.
func (m *Machine) presence(a *agent) vcc.Presence {
	if !a.told {
		return vcc.Presence{}
	}
	return a.row.Omni // its list is never changed, but replaced
}

// Holds returns what takes each part of an agent's capacity, in the order of their
// desk; nil if the agent is not known.
func (m *Machine) Holds(id vcc.AgentID) []vcc.Holding {
	a := m.agents[id]
	if a == nil {
		return nil
	}
	var cards []vcc.Card
	holds := []vcc.Holding{}
	for _, x := range a.open {
		for i := range x.row.Legs {
			if leg := &x.row.Legs[i]; leg.Agent == id {
				c := m.card(x, leg)
				c.Size = m.takes(leg)
				cards = append(cards, c)
			}
		}
	}
	slices.SortFunc(cards, compareCards)
	for _, c := range cards {
		x := m.items[c.Interaction]
		holds = append(holds, vcc.Holding{
			Interaction: c.Interaction, Offer: c.Offer, Size: c.Size, Class: c.Class, Medium: c.Medium, Name: c.Name,
			PlanLabel: c.PlanLabel, State: c.State, Since: c.Since, Until: c.Until, Why: c.Why,
			Evidence: m.evidence(x, x.leg(c.Offer)),
		})
	}
	return holds
}

// evidence says how it is known that the agent of leg has x.
func (m *Machine) evidence(x *item, leg *vcc.Leg) string {
	switch {
	case leg.State == vcc.WrapUp && leg.Until.IsZero():
		return "ended at " + m.clock(leg.Since) + "; the agent ends the wrap-up"
	case leg.State == vcc.WrapUp:
		return "ended at " + m.clock(leg.Since) + "; the wrap-up ends by itself"
	case x.ours() && leg.State == vcc.Connected:
		return "connected by ContactPad; Salesforce does not know of it"
	case x.ours():
		return "alerts in ContactPad; Salesforce does not know of it"
	case leg.Retracted:
		return "the offer is being taken back; Salesforce has not confirmed it yet"
	case leg.State == vcc.Offered:
		return "offered; Salesforce has not confirmed it yet"
	case leg.State == vcc.Alerted:
		return "Salesforce has it for the agent, who has not accepted yet"
	case leg.Leaving != nil && leg.Leaving.Failed == "":
		return "Salesforce was asked at " + m.clock(leg.Leaving.Since) + " to end it, and has not confirmed it yet"
	default:
		return "Salesforce told that the agent opened it"
	}
}

// Checks returns the conditions of getting new work and how an agent meets them, the
// widest first; nil if the agent is not known. Calls need no Omni-Channel.
func (m *Machine) Checks(id vcc.AgentID) []vcc.Check {
	a := m.agents[id]
	if a == nil {
		return nil
	}
	list := []vcc.Check{m.checkLogin(a)}
	if a.loggedIn() {
		list = append(list, m.checkPanel(a), m.checkReady(a))
	}
	b := m.burden(a)
	room := slices.ContainsFunc(vcc.Classes, func(c vcc.Class) bool { return m.room(b, c, m.sizes(a).Of(c)) })
	return append(list, m.checkOmni(a), vcc.Check{What: "Room", OK: room, Detail: m.roomLeft(a)}, m.checkCooling(a))
}

func (m *Machine) checkLogin(a *agent) vcc.Check {
	c := vcc.Check{What: "Logged in"}
	switch {
	case !a.loggedIn():
		c.OK = !m.cfg.PadRequired && !a.row.SignedOff
		c.Detail = "not in ContactPad"
		switch {
		case a.row.SignedOff && (a.row.Omni.Online || !a.told):
			c.Detail += ": logged out there, and still online in Omni-Channel"
		case !m.cfg.PadRequired:
			c.Detail += ": ruled by Omni-Channel alone, no calls"
		}
	case m.loginStale(a):
		c.Detail = "nothing was done in ContactPad" + m.since(latest(a.row.ActiveAt, a.row.StateSince))
	default:
		c.OK, c.Detail = true, "in ContactPad, last active"+strings.Replace(m.since(latest(a.row.ActiveAt, a.row.StateSince)), "since", "at", 1)
	}
	return c
}

func (m *Machine) checkPanel(a *agent) vcc.Check {
	c := vcc.Check{What: "ContactPad", OK: a.panelAlive(), Detail: "answers" + m.since(a.row.Panel.Since)}
	switch {
	case !a.panelTold:
		c.Detail = "not heard of since the restart; awaited"
	case !c.OK:
		c.Detail = "lost" + m.since(a.row.Panel.Since)
		if a.row.Panel.Why != "" {
			c.Detail += ": " + a.row.Panel.Why
		}
	case !a.row.Panel.Phone:
		c.Detail += "; no phone or microphone"
	}
	return c
}

func (m *Machine) checkReady(a *agent) vcc.Check {
	r := a.row
	c := vcc.Check{What: "Ready", OK: r.State.Major == vcc.Ready && r.Intended == nil && r.Blocked == nil, Detail: r.State.String() + m.since(r.StateSince)}
	if r.Intended != nil {
		c.Detail += "; " + r.Intended.String() + " when the open work has ended"
	}
	if b := r.Blocked; b != nil {
		c.Detail += "; blocked: " + b.Reason
		if !b.Until.IsZero() {
			c.Detail += ", until " + m.clock(b.Until)
		}
	}
	return c
}

func (m *Machine) checkOmni(a *agent) vcc.Check {
	c := vcc.Check{What: "Omni-Channel", OK: a.told && available(a.row.Omni)}
	switch p := a.row.Omni; {
	case !a.told:
		c.Detail = "not heard of yet: calls only"
	case !p.Online:
		c.Detail = "offline: calls only"
	case len(p.Channels) == 0:
		c.Detail = fmt.Sprintf("status %s takes no work: calls only", p.Status)
	default:
		words := make([]string, len(p.Channels))
		for i, channel := range p.Channels {
			words[i] = string(channel)
		}
		c.Detail = strings.Join(words, ", ")
	}
	return c
}

// checkCooling tells of channels in which nothing is offered for a while.
func (m *Machine) checkCooling(a *agent) vcc.Check {
	var cold []string
	for channel, until := range a.row.CoolUntil {
		if a.cools(channel, m.now) {
			cold = append(cold, fmt.Sprintf("nothing in %s until %s, after a failed delivery", channel, m.clock(until)))
		}
	}
	slices.Sort(cold)
	if len(cold) == 0 {
		return vcc.Check{What: "No cooling down", OK: true, Detail: "no delivery failed a moment ago"}
	}
	return vcc.Check{What: "No cooling down", Detail: strings.Join(cold, "; ")}
}

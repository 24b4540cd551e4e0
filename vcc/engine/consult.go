package engine

import (
	"fmt"
	"strings"
	"time"

	"omnibridge/vcc"
)

// consultPlan is the plan of consults, which are not routed: their wrap-up is
// Config.ConsultWrap. No plan can be configured by this name.
const consultPlan vcc.PlanID = "(consult)"

// How long a consult may ring (A33).
const (
	minConsultWithin = 5 * time.Second
	maxConsultWithin = 180 * time.Second
)

// Why a consult came to nothing, in Notice.Reason (panel-ux 6, M22).
const (
	consultNoAnswer    = "no answer"
	consultBusy        = "busy"
	consultDeclined    = "declined"
	consultUnreachable = "unreachable"
	consultHungUp      = "hung up"
)

// consultID names the nth consult about an interaction.
func consultID(of vcc.InteractionID, n int) vcc.InteractionID {
	return vcc.InteractionID(fmt.Sprintf("%s-consult-%d", of, n))
}

// consults tells whether x is a call to consult about another interaction.
func (x *item) consults() bool { return x.row.Call != nil && x.row.Call.Of != "" }

// rings tells whether nobody has answered yet whom x consults.
func (x *item) rings() bool { return x.row.Call != nil && !x.row.Call.RingsUntil.IsZero() }

// asker returns the part of who asks in a consult that goes on, or nil.
func (x *item) asker() *vcc.Leg {
	for i := range x.row.Legs {
		if leg := &x.row.Legs[i]; leg.Asker && leg.State != vcc.WrapUp {
			return leg
		}
	}
	return nil
}

// consultBy returns the consult about x that agent has going, or nil. It is the
// last one: nobody asks twice at once, and a customer's call goes to somebody else
// only with its consult over.
func (m *Machine) consultBy(x *item, agent vcc.AgentID) *item {
	y := m.items[consultID(x.row.ID, x.row.Consults)]
	if y == nil || !y.consults() || y.row.Call.Of != x.row.ID {
		return nil
	}
	if leg := y.asker(); leg == nil || leg.Agent != agent {
		return nil
	}
	return y
}

// onCall returns the call that a has in hand besides x, or nil. One that wraps up
// is over.
func (a *agent) onCall(x *item) *item {
	for _, y := range a.open {
		if leg := y.legOf(a.row.ID); y != x && y.live() && leg.State != vcc.WrapUp {
			return y
		}
	}
	return nil
}

// mayConsult tells whether the agent of leg may consult about x.
func (m *Machine) mayConsult(x *item, leg *vcc.Leg) *denied {
	switch {
	case !x.live() && !m.cfg.CrossMediaConsult:
		return deny(vcc.DeniedSwitch, "consulting is switched off for this kind of work")
	case x.consults():
		return deny(vcc.DeniedNotNow, "this call is a consult itself")
	case leg.State != vcc.Connected:
		return deny(vcc.DeniedNotNow, "you are not connected")
	case leg.Leaving != nil && leg.Leaving.Failed == "":
		return deny(vcc.DeniedNotNow, "you are about to leave it")
	}
	if y := m.agents[leg.Agent].onCall(x); y != nil {
		return deny(vcc.DeniedBusy, "you already have a call: release it first")
	}
	if x.live() {
		return m.permits(x, vcc.Hold) // the customer is put on hold
	}
	return nil
}

// reachable tells whether other can be consulted now (A36). Capacity and state do
// not matter: a colleague asks, and may be refused.
func (m *Machine) reachable(other *agent) *denied {
	switch {
	case !other.loggedIn():
		return deny(vcc.DeniedTarget, "logged out, cannot be called")
	case !other.panelAlive():
		return deny(vcc.DeniedTarget, "ContactPad is not connected, cannot be called")
	case other.onCall(nil) != nil:
		return deny(vcc.DeniedBusy, "on a call, cannot be called")
	}
	return nil
}

// consult calls somebody about x.
func (m *Machine) consult(x *item, leg *vcc.Leg, c vcc.Command) *denied {
	if no := m.mayConsult(x, leg); no != nil {
		return no
	}
	t := c.Target
	switch {
	case t.Plan != "", t.Agent != "" && t.Number != "", t == vcc.Target{}:
		return deny(vcc.DeniedTarget, "choose an agent or enter a number")
	case t.Number != "":
		number, ok := dialable(t.Number)
		switch {
		case !m.cfg.Telephony:
			return deny(vcc.DeniedPhone, "no telephony is configured: consult an agent")
		case !ok:
			return deny(vcc.DeniedTarget, "%q is not a phone number", shorten(t.Number))
		}
		m.ring(x, leg, nil, number)
		return nil
	case t.Agent == leg.Agent:
		return deny(vcc.DeniedTarget, "you cannot consult yourself")
	}
	if !m.listed(t.Agent) {
		return deny(vcc.DeniedUnknown, "there is no agent %s", shorten(string(t.Agent)))
	}
	other := m.person(t.Agent)
	if no := m.reachable(other); no != nil {
		return deny(no.code, "%s: %s", m.name(t.Agent), no.text)
	}
	m.ring(x, leg, other, "")
	return nil
}

// ring begins a consult about x: an interaction of its own (vcc.md 6.1), in which
// both parts take the size of a call, whether that fits or not (A34).
func (m *Machine) ring(x *item, leg *vcc.Leg, other *agent, number string) {
	asker, until := m.agents[leg.Agent], m.now.Add(m.cfg.ConsultWithin)
	if x.live() && x.ours() {
		m.setHeld(x, leg, true)
	}
	x.row.Consults++
	for m.items[consultID(x.row.ID, x.row.Consults)] != nil {
		x.row.Consults++ // of an earlier life of x
	}
	m.touch(x)
	y := m.newItem(consultID(x.row.ID, x.row.Consults), vcc.Work{
		Record: x.row.Work.Record, Plan: consultPlan, Class: vcc.Live, Medium: "call", Since: m.now,
	})
	y.row.Call = &vcc.Call{Of: x.row.ID, Direction: "out", Number: number, RingsUntil: until}
	y.row.Offers = 1
	m.openLeg(y, asker, vcc.Connected, time.Time{})
	y.row.Legs[0].Asker = true
	if other != nil {
		y.row.Call.Direction, y.row.Work.Name = "internal", m.name(other.row.ID)
		y.row.Offers = 2
		m.openLeg(y, other, vcc.Alerted, time.Time{})
		y.row.Legs[1].Until = until
		y.row.Why = m.name(leg.Agent) + " consults " + m.name(other.row.ID)
	} else {
		y.row.Work.Name = number
		y.row.Why = m.name(leg.Agent) + " consults " + number
	}
	y.row.State = vcc.Alerted
	m.set(timer{at: until, kind: ringOver, item: y.row.ID})
	m.phone(y, vcc.Directive{Phone: vcc.PhoneDial, Agent: leg.Agent, Number: number, Deadline: until})
	d := vcc.Decision{What: "consult", Offer: y.row.Offers, Considered: 1, Why: y.row.Why + " about " + string(x.row.ID)}
	if other != nil {
		d.Agent = other.row.ID
	}
	m.decide(y, d)
}

// dialable returns a phone number as a network takes it, of what somebody typed;
// false if it is none. Spaces, dashes, dots, slashes and brackets are for the eye.
func dialable(text string) (string, bool) {
	var b strings.Builder
	digits := 0
	for _, r := range strings.TrimSpace(text) {
		switch {
		case r >= '0' && r <= '9':
			digits++
			b.WriteRune(r)
		case r == '+' && b.Len() == 0, (r == '*' || r == '#') && digits+b.Len() < maxDigits:
			b.WriteRune(r)
		case strings.ContainsRune(" -./()\u00a0", r):
		default:
			return "", false
		}
		if digits > maxDigits || b.Len() > 2*maxDigits {
			return "", false
		}
	}
	return b.String(), digits >= 3
}

// maxDigits is more than E.164 has, for prefixes of switchboards.
const maxDigits = 20

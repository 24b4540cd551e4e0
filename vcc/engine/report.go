package engine

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"omnibridge/vcc"
)

// maxOffer bounds the offer numbers that the outside may bring, so that no
// report can make them overflow.
const maxOffer = 1 << 30

// apply takes one report.
func (m *Machine) apply(r vcc.Report) {
	switch {
	case r.Kind == vcc.Omni && r.Agent == "":
		m.ignore(r, "it names no agent")
	case r.Kind == vcc.Omni && r.Omni == nil:
		m.ignore(r, "it tells no presence")
	case r.Kind == vcc.Omni:
		m.omni(r)
	case r.Kind == vcc.Asked && (r.Command == nil || r.Command.Agent == ""):
		m.ignore(r, "it tells no command, or not whose")
	case r.Kind == vcc.Asked:
		m.asked(r)
	case r.Kind == vcc.PanelChanged && (r.Panel == nil || r.Agent == ""):
		m.ignore(r, "it tells no panel, or not whose")
	case r.Kind == vcc.PanelChanged:
		m.panel(r)
	case r.Kind == vcc.SetUp && r.Setup == nil:
		m.ignore(r, "it tells no setup")
	case r.Kind == vcc.SetUp:
		m.setUp(*r.Setup)
	case r.Interaction == "":
		m.ignore(r, "it names no interaction")
	case r.Kind == vcc.Named:
		m.named(r)
	case r.Kind == vcc.Called:
		m.called(r)
	case r.Kind == vcc.Told:
		m.told(r)
	case m.items[r.Interaction] != nil && m.items[r.Interaction].consults():
		m.ignore(r, "it is a consult, which nobody else knows of")
	case r.Kind == vcc.Arrived:
		m.arrived(r)
	case r.Kind == vcc.Withdrawn:
		m.withdrawn(r)
	case r.Kind == vcc.Moved:
		m.moved(r)
	case r.Kind == vcc.Alerting, r.Kind == vcc.Accepted, r.Kind == vcc.Refused, r.Kind == vcc.Ended,
		r.Kind == vcc.CloseFailed, r.Kind == vcc.RequeueFailed:
		m.answered(r)
	default:
		m.ignore(r, "there is no such kind of report")
	}
}

// ignore leaves a trace of a report that cannot be acted on.
func (m *Machine) ignore(r vcc.Report, why string) {
	m.out.Decisions = append(m.out.Decisions, vcc.Decision{
		Interaction: r.Interaction, What: "ignored", Why: fmt.Sprintf("ignored %q: %s", shorten(r.String()), why),
	})
}

func (m *Machine) omni(r vcc.Report) {
	a := m.agent(r.Agent)
	if r.Name != "" && r.Name != a.row.Name {
		m.rename(a, r.Name)
	}
	m.setPresence(a, *r.Omni)
}

// work returns a copy of what r tells of the work, in a form that compares; the
// text says what is wrong with it, if it is.
func (m *Machine) work(r vcc.Report) (vcc.Work, string) {
	switch {
	case r.Work == nil:
		return vcc.Work{}, "it does not tell the work"
	case !r.Work.Class.Valid():
		return vcc.Work{}, fmt.Sprintf("class %q is none of live, semi-live and non-live", r.Work.Class)
	}
	w := *r.Work
	w.Skills = sortedSet(w.Skills)
	w.Since = w.Since.Round(0)
	if w.Since.IsZero() {
		w.Since = m.now
		if x := m.items[r.Interaction]; x != nil && x.row.State != vcc.Closed {
			w.Since = x.row.Work.Since
		}
	}
	return w, ""
}

// sameDemand tells whether two works ask for the same, whatever they are called.
func sameDemand(a, b vcc.Work) bool {
	return a.Record == b.Record && a.Queue == b.Queue && a.Plan == b.Plan && a.Class == b.Class &&
		a.Channel == b.Channel && slices.Equal(a.Skills, b.Skills) && slices.Equal(a.Needs, b.Needs) && a.Prefer == b.Prefer &&
		a.Since.Equal(b.Since) && a.Transfer == b.Transfer
}

// arrived lets work wait. The same work once more is a repeat as long as it waits
// or somebody has it; when it is over, the same work waits again: what still
// waits outside must not be lost.
func (m *Machine) arrived(r vcc.Report) {
	w, wrong := m.work(r)
	if wrong != "" {
		m.ignore(r, wrong)
		return
	}
	x := m.items[r.Interaction]
	if x == nil {
		x = m.newItem(r.Interaction, w)
		x.setCall(r.Call)
		x.row.Offers = max(min(r.Offer, maxOffer), 0)
		m.reserve(x, r)
		m.noteCall(x, nil, "arrived", string(w.Medium))
		m.admit(x)
		return
	}
	if x.repeatsCall(r) {
		return
	}
	x.keepName(&w)
	if n := min(r.Offer, maxOffer); n > x.row.Offers {
		x.row.Offers = n
		m.touch(x)
	}
	current := x.row.Current()
	if (x.line != nil || current != nil) && sameDemand(x.row.Work, w) && !answersTransfer(current, w) {
		if x.row.Work.Name != w.Name || x.row.Work.Medium != w.Medium {
			x.row.Work.Name, x.row.Work.Medium = w.Name, w.Medium
			m.touch(x)
		}
		return
	}
	m.reserve(x, r)
	if current != nil {
		m.handBack(x, current)
	}
	m.unwait(x)
	m.setWork(x, w)
	x.setCall(r.Call)
	m.noteCall(x, nil, "arrived", "again")
	m.admit(x)
}

func (m *Machine) newItem(id vcc.InteractionID, w vcc.Work) *item {
	x := &item{row: vcc.Interaction{ID: id, Work: w}}
	m.items[id] = x
	return x
}

// setWork changes what x is about. What agents have in hand depends on the class.
func (m *Machine) setWork(x *item, w vcc.Work) {
	x.keepName(&w)
	if w.Plan != x.row.Work.Plan || !w.Since.Equal(x.row.Work.Since) || x.row.State == vcc.Closed {
		x.row.Via = "" // what its last wait broke out of is over
	}
	x.row.Work = w
	for _, leg := range x.row.Legs {
		m.touchAgent(m.agents[leg.Agent])
	}
}

// answered takes an answer to an offer, if it answers the one that is open.
func (m *Machine) answered(r vcc.Report) {
	x := m.items[r.Interaction]
	if x == nil {
		m.out.Late++
		return
	}
	leg := x.row.Current()
	if leg == nil || leg.Offer != r.Offer || r.Agent != "" && r.Agent != leg.Agent {
		m.out.Late++
		return
	}
	connected := leg.State == vcc.Connected
	switch {
	case r.Kind == vcc.Ended:
		// Also of an offer: it was accepted and over before anybody looked.
		m.ended(x, leg)
	case r.Kind == vcc.CloseFailed, r.Kind == vcc.RequeueFailed:
		m.kept(x, leg, r)
	case r.Kind == vcc.Accepted && connected:
	case r.Kind == vcc.Accepted:
		x.row.Why = m.name(leg.Agent) + " accepted"
		leg = m.connect(x, leg)
		m.popAccepted(x, leg)
		m.active(m.agents[leg.Agent])
	case connected:
		m.out.Late++
	case r.Kind == vcc.Refused:
		m.refused(x, leg, r)
	case leg.State == vcc.Offered: // Alerting
		leg.State, x.row.State = vcc.Alerted, vcc.Alerted
		m.popRouted(x, leg)
		m.touch(x)
		m.touchAgent(m.agents[leg.Agent])
	}
}

// refused takes the offer from the agent and lets x wait again.
func (m *Machine) refused(x *item, leg *vcc.Leg, r vcc.Report) {
	a := m.agents[leg.Agent]
	x.news = m.whatRefused(a.row.ID, r.Reason)
	if r.Detail != "" {
		x.news += " (" + shorten(r.Detail) + ")"
	}
	was := *leg
	m.countRefused(x, leg, r.Reason)
	m.noteCall(x, leg, string(r.Reason), x.news)
	m.closeLeg(x, leg, m.now)
	if r.Reason.Blames() {
		m.exclude(x, a, r.Reason)
		m.idle(a, m.now)
	}
	if r.Reason == vcc.Declined {
		m.active(a)
		x.row.Personal = nil // who said no is not the only one asked any more
	}
	m.noAnswer(x, a, r.Reason)
	m.tellRefused(x, was, r, x.row.Refusals[a.row.ID])
	m.wait(x)
}

// exclude keeps a from being offered x for a while, and after a failed delivery
// from being offered anything in that channel for a shorter while (A8).
func (m *Machine) exclude(x *item, a *agent, reason vcc.Reason) {
	until := m.now.Add(m.cfg.CoolDown)
	if reason == vcc.Failed {
		until = m.now.Add(m.cfg.FailCoolDown)
		if a.row.CoolUntil == nil {
			a.row.CoolUntil = map[vcc.Channel]time.Time{}
		}
		cool := m.now.Add(m.cfg.ChannelCoolDown)
		a.row.CoolUntil[x.row.Work.Channel] = cool
		m.set(timer{at: cool, kind: coolOver, agent: a.row.ID, channel: x.row.Work.Channel})
		m.touchAgent(a)
	}
	if x.row.Refusals == nil {
		x.row.Refusals = map[vcc.AgentID]time.Time{}
	}
	x.row.Refusals[a.row.ID] = until
	m.set(timer{at: until, kind: refusalOver, item: x.row.ID, agent: a.row.ID})
	m.remember(x, a.row.ID, refusal{m.now, reason})
}

// remember keeps what the row has no room for.
func (m *Machine) remember(x *item, agent vcc.AgentID, r refusal) {
	if x.asked == nil {
		x.asked = map[vcc.AgentID]refusal{}
	}
	x.asked[agent] = r
	if m.cfg.LastResortAfter > 0 {
		m.set(timer{at: r.at.Add(m.cfg.LastResortAfter), kind: lastResort, item: x.row.ID, agent: agent})
	}
}

// withdrawn closes x; who was connected wraps up first, unless its record is gone:
// then there is nothing to wrap up, and nothing was handled.
func (m *Machine) withdrawn(r vcc.Report) {
	x := m.items[r.Interaction]
	if x == nil {
		return // it never came here, or was dropped: there is nothing to close
	}
	current := x.row.Current()
	if x.line == nil && current == nil {
		return
	}
	x.row.Why = "withdrawn"
	if r.Reason != "" {
		x.row.Why += ": " + string(r.Reason)
	}
	if r.Detail != "" {
		x.row.Why += " (" + shorten(r.Detail) + ")"
	}
	m.countLeft(x, r.Reason)
	m.noteCall(x, current, "withdrawn", x.row.Why)
	m.unwait(x)
	m.customerGone(x)
	x.row.Outcome = cmp.Or(string(r.Reason), "withdrawn")
	if current != nil {
		m.tellWithdrawn(x, current, r.Reason)
		if current.State == vcc.Connected {
			m.owe(x, current, wordRelease) // what was assigned is released, whoever ends it
		}
		if current.State == vcc.Connected && r.Reason == vcc.Deleted {
			m.dropLeg(x, current)
		} else {
			overtaken(current)
			m.endLeg(x, current)
		}
	}
	m.settle(x, m.now)
}

// moved takes that Salesforce gave x to an agent. The agent has it as an offer
// that Salesforce made: alerting, without a deadline of ours, until Accepted,
// Refused or Ended is reported for its number. Offer number zero means the next.
func (m *Machine) moved(r vcc.Report) {
	x := m.items[r.Interaction]
	w, wrong := m.work(r)
	switch {
	case r.Agent == "":
		m.ignore(r, "it names no agent")
		return
	case r.Offer < 0 || r.Offer > maxOffer:
		m.ignore(r, "the offer number is out of range")
		return
	case wrong != "" && (x == nil || r.Work != nil):
		m.ignore(r, wrong)
		return
	case x != nil && x.ours(), r.Work != nil && w.Channel == "":
		m.ignore(r, "Salesforce does not have it")
		return
	case x != nil && m.knowsMove(x, r):
		return
	case x != nil && r.Offer != 0 && r.Offer <= x.row.Offers:
		m.out.Late++
		return
	case x == nil:
		x = m.newItem(r.Interaction, w)
	}
	m.unwait(x)
	if current := x.row.Current(); current != nil {
		m.tellChanged(x, current, "moved", m.name(r.Agent))
		overtaken(current)
		m.endLeg(x, current)
	}
	x.row.Personal, x.row.Sender, x.row.Outcome = nil, "", ""
	if r.Work != nil {
		m.setWork(x, w)
	}
	x.row.ClosedAt = time.Time{}
	x.row.Offers = max(r.Offer, x.row.Offers+1)
	x.row.Why = "Salesforce gave it to " + m.name(r.Agent)
	m.openLeg(x, m.agent(r.Agent), vcc.Alerted, time.Time{})
	m.popRouted(x, x.row.Current())
}

// knowsMove tells whether r repeats a move that stands.
func (m *Machine) knowsMove(x *item, r vcc.Report) bool {
	current := x.row.Current()
	return current != nil && current.Agent == r.Agent && (r.Offer == 0 || r.Offer == current.Offer)
}

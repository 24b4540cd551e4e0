package engine

import (
	"maps"
	"time"

	"omnibridge/vcc"
)

// Restore forgets everything and goes on from stored rows. Open offers are kept
// as they are, and what became due meanwhile is done now. Presence is not
// trusted: every agent counts as offline until it is reported, and if the report
// tells what the row told, idle clock and cool-downs go on as if nothing had
// been. Agents' skills come from the configuration. Rows of which the parts
// contradict each other are made consistent and listed as changed. Work that an agent left
// behind for too long (Config.RequeueAfter) is given back, also if that failed before.
//
// Rows do not tell why and when exactly somebody refused. After a restart a why
// says "refused", and the last resort counts from the end of the cool-down
// backwards (the shorter one, if FailCoolDown differs from CoolDown).
func (m *Machine) Restore(now time.Time, interactions []vcc.Interaction, agents []vcc.Agent) vcc.Output {
	m.reset()
	m.changed, m.changedAgents = nil, nil
	m.begin(now)
	for _, row := range agents {
		m.restoreAgent(row)
	}
	for _, row := range interactions {
		m.restoreItem(row)
	}
	for _, a := range m.changedAgents {
		a.changed = false // that they came to be known is no change
	}
	m.changedAgents = nil
	m.standAll()
	return m.finish()
}

func (m *Machine) restoreAgent(row vcc.Agent) {
	if m.agents[row.ID] != nil {
		return
	}
	a := m.agent(row.ID)
	row.Skills = a.row.Skills
	row.Load = 0
	row.Omni.Channels = sortedSet(row.Omni.Channels)
	row.CoolUntil = maps.Clone(row.CoolUntil)
	row.IdleSince = row.IdleSince.Round(0)
	a.row = row
	m.lastIdle = latest(m.lastIdle, row.IdleSince)
	m.watchPanel(a)
	m.watchLogin(a)
	m.watchBlock(a)
	m.watchLeft(a)
	if !row.WishUntil.IsZero() {
		m.watchWish(a)
	}
	for channel, until := range row.CoolUntil {
		m.set(timer{at: until, kind: coolOver, agent: row.ID, channel: channel})
	}
}

func (m *Machine) restoreItem(row vcc.Interaction) {
	if m.items[row.ID] != nil {
		return
	}
	x := &item{row: row}
	m.items[row.ID] = x
	x.row.Work.Skills = sortedSet(row.Work.Skills)
	x.row.Legs = nil
	for _, leg := range row.Legs {
		m.restoreLeg(x, leg)
	}
	x.row.Refusals = maps.Clone(row.Refusals)
	m.contact(x, row.Last, row.LastAt)
	ago := min(m.cfg.CoolDown, m.cfg.FailCoolDown)
	for id, until := range row.Refusals {
		m.set(timer{at: until, kind: refusalOver, item: row.ID, agent: id})
		m.remember(x, id, refusal{at: until.Add(-ago)})
	}
	over := row.State == vcc.Closed || row.State == vcc.WrapUp
	if m.restoreCall(x) {
		return
	}
	switch {
	case x.current() != "":
		x.row.State = x.current()
	case over && len(x.row.Legs) > 0:
		x.row.State = vcc.WrapUp
	case over && row.ClosedAt.IsZero():
		m.close(x, m.now)
	case over:
		m.close(x, row.ClosedAt)
	case row.State == vcc.Waiting:
		m.enqueue(x)
	default:
		m.wait(x)
	}
	if x.row.State != row.State || len(x.row.Legs) != len(row.Legs) {
		m.touch(x)
	}
}

// restoreLeg takes a stored leg, unless it cannot be: an unknown state, a number
// used twice, or a second one that is current.
func (m *Machine) restoreLeg(x *item, leg vcc.Leg) {
	switch leg.State {
	case vcc.Offered, vcc.Alerted, vcc.Connected, vcc.WrapUp:
	default:
		return
	}
	if x.leg(leg.Offer) != nil || leg.State != vcc.WrapUp && !leg.Asker && x.row.Current() != nil {
		return
	}
	if leg.Asker && x.asker() != nil {
		return
	}
	x.row.Legs = append(x.row.Legs, leg)
	x.row.Offers = max(x.row.Offers, leg.Offer)
	m.agent(leg.Agent).join(x)
	if leg.State == vcc.Connected && leaves(&leg) {
		m.watchLeaving(x, &leg)
	}
	kind := offerOver
	if leg.State == vcc.WrapUp {
		kind = wrapOver
	}
	if !leg.Until.IsZero() {
		m.set(timer{at: leg.Until, kind: kind, item: x.row.ID, offer: leg.Offer})
	}
}

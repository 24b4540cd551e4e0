package omnichannel_test

import (
	"slices"
	"strings"
	"time"

	"pgregory.net/rapid"

	"omnibridge/omnichannel"
	"omnibridge/vcc"
)

// act lets one thing happen, if there is anything of its kind. What makes histories go on
// is the likeliest: else few would get as far as a transfer.
func (m *model) act() {
	t := m.t
	switch evenly(t, "act", 24) {
	case 0, 1:
		if len(m.pending()) < 4 {
			m.announce(omnichannel.RecordID(m.id("570")), anyOf(t, "queue", []omnichannel.QueueID{queue, queue, other}), false)
		}
	case 2, 3:
		if streams := m.busy(); len(streams) > 0 {
			m.deliver(anyOf(t, "stream", streams))
		}
	case 4, 5, 6:
		for _, stream := range m.busy() {
			m.deliver(stream)
		}
	case 7:
		if len(m.past) > 0 {
			m.take(m.ledger.Step(m.now, anyOf(t, "past event", m.past)))
		}
	case 8:
		if rapid.Bool().Draw(t, "gap") {
			m.streams = [2][]omnichannel.Signal{}
		}
		m.sweep()
	case 9, 10, 11, 12:
		if len(m.effects) > 0 {
			how := []string{"well", "well", "well", "well", "late", "put off", "lost before", "lost after", "lost and slow"}
			m.carry(evenly(t, "effect", len(m.effects)), anyOf(t, "how", how))
		}
	case 13:
		m.pass(time.Duration(rapid.IntRange(1, 5000).Draw(t, "ms")) * time.Millisecond)
	case 14:
		switch evenly(t, "seldom", 4) {
		case 0:
			m.restart()
		case 1:
			m.sales = !m.sales
			m.sweep()
		}
	case 15, 16, 17:
		m.direct(vcc.Offer, vcc.Waiting)
	case 18:
		m.direct(anyOf(t, "directive", []vcc.DirectiveKind{vcc.Retract, vcc.Close, vcc.Requeue, vcc.Requeue}))
	default:
		deeds := m.deeds(func(omnichannel.RecordID) bool { return true })
		if some := slices.DeleteFunc(slices.Clone(deeds), deed.ends); len(some) > 0 && evenly(t, "goes on", 4) > 0 {
			deeds = some
		}
		if len(deeds) > 0 {
			anyOf(t, "deed", deeds).do()
		}
	}
}

// direct has the engine direct something about an interaction, of which it believes what
// it was told.
func (m *model) direct(kind vcc.DirectiveKind, states ...vcc.State) {
	t := m.t
	switch kind {
	case vcc.Retract:
		states = []vcc.State{vcc.Offered, vcc.Alerted}
	case vcc.Close, vcc.Requeue:
		states = []vcc.State{vcc.Connected}
	}
	ids := m.waiting(states...)
	if len(ids) == 0 {
		return
	}
	id := anyOf(t, "interaction", ids)
	b := m.belief[id]
	d := vcc.Directive{Kind: kind, Interaction: id}
	switch kind {
	case vcc.Offer:
		b.state, b.offer, b.agent = vcc.Offered, b.offer+1, anyOf(t, "agent", agents)
	case vcc.Requeue:
		d.Plan = anyOf(t, "plan", []vcc.PlanID{"Support", "Sales", "nowhere"})
	}
	d.Offer, d.Agent = b.offer, b.agent
	m.take(m.ledger.Direct(m.now, d))
}

// evenly draws 0 to n-1, each as likely: rapid's own ranges and samples favour the first,
// so that what stands last in a list hardly ever happens.
func evenly(t *rapid.T, label string, n int) int {
	v := 0
	for _, b := range rapid.SliceOfN(rapid.Bool(), 12, 12).Draw(t, label) {
		v *= 2
		if b {
			v++
		}
	}
	return v % n
}

func anyOf[T any](t *rapid.T, label string, of []T) T { return of[evenly(t, label, len(of))] }

// deed is something that an agent, a customer or Salesforce does.
type deed struct {
	name string
	do   func()
}

func (d deed) String() string { return d.name }

// ends tells whether nobody has the work, or soon will, after d.
func (d deed) ends() bool {
	return !strings.HasPrefix(d.name, "accept") && !strings.HasPrefix(d.name, "transfer")
}

// deeds lists what can be done now to the records that match.
func (m *model) deeds(match func(omnichannel.RecordID) bool) []deed {
	var deeds []deed
	add := func(name string, do func()) { deeds = append(deeds, deed{name, do}) }
	for _, w := range m.ofStatus(omnichannel.Assigned) {
		if !match(w.Record) {
			continue
		}
		add("accept "+string(w.ID), func() { m.accept(w) })
		for _, s := range []omnichannel.WorkStatus{omnichannel.Declined, omnichannel.DeclinedOnPushTimeout, omnichannel.Unavailable} {
			add(string(s)+" "+string(w.ID), func() {
				m.setStatus(w, s)
				m.release(w.PSR)
			})
		}
	}
	for _, w := range m.ofStatus(omnichannel.Opened) {
		if !match(w.Record) {
			continue
		}
		add("delete the record of "+string(w.ID), func() { m.deleteRecord(w.Record) })
		add("close "+string(w.ID), func() {
			m.cancel(w.Record)
			m.setStatus(w, omnichannel.Closed)
		})
		add("transfer to a queue "+string(w.ID), func() {
			m.now = m.now.Add(time.Millisecond)
			m.cancel(w.Record)
			m.setStatus(w, omnichannel.Transferred)
			m.announce(w.Record, other, true)
		})
		if !slices.ContainsFunc(m.ofStatus(omnichannel.Assigned), func(x *omnichannel.AgentWork) bool { return x.Record == w.Record }) {
			add("transfer to an agent "+string(w.ID), func() {
				heir := &omnichannel.AgentWork{ID: omnichannel.AgentWorkID(m.id("0Bz")), Record: w.Record, User: agents[m.ids%len(agents)], Channel: chat, Status: omnichannel.Assigned, Created: m.now}
				m.works = append(m.works, heir)
				m.emitWork(*heir)
			})
		}
	}
	for _, p := range m.pending() {
		if !match(p.Record) {
			continue
		}
		add("delete "+string(p.Record), func() { m.deleteRecord(p.Record) })
		add("taken by hand "+string(p.ID), func() {
			m.cancel(p.Record)
			m.deletePSR(p.ID)
			m.owners[p.Record] = string(agents[0])
		})
		add("customer leaves "+string(p.ID), func() {
			m.cancel(p.Record)
			m.deletePSR(p.ID)
		})
		add("other queue "+string(p.ID), func() {
			m.now = m.now.Add(time.Millisecond)
			m.cancel(p.Record)
			m.deletePSR(p.ID)
			m.announce(p.Record, other, false)
		})
	}
	return deeds
}

// accept opens an AgentWork; a transfer to an agent ends the one before, and which of the
// two events comes first nobody promises.
func (m *model) accept(w *omnichannel.AgentWork) {
	before := m.ofStatus(omnichannel.Opened)
	first := rapid.Bool().Draw(m.t, "opened first")
	if first {
		m.setStatus(w, omnichannel.Opened)
	}
	for _, x := range before {
		if x.Record == w.Record {
			m.setStatus(x, omnichannel.Transferred)
		}
	}
	if !first {
		m.setStatus(w, omnichannel.Opened)
	}
	m.owners[w.Record] = string(w.User)
	if m.psrs[w.PSR] != nil {
		m.deletePSR(w.PSR)
	}
}

// deleteRecord deletes a work item, and with it what is under way.
func (m *model) deleteRecord(record omnichannel.RecordID) {
	m.missing[record] = true
	m.cancel(record)
	for _, p := range m.pending() {
		if p.Record == record {
			m.deletePSR(p.ID)
		}
	}
	for _, w := range m.ofStatus(omnichannel.Opened) {
		if w.Record == record {
			m.setStatus(w, omnichannel.Closed)
		}
	}
}

// cancel ends the pushes of a record.
func (m *model) cancel(record omnichannel.RecordID) {
	for _, w := range m.ofStatus(omnichannel.Assigned) {
		if w.Record == record {
			m.setStatus(w, omnichannel.Canceled)
		}
	}
}

func (m *model) busy() []int {
	var streams []int
	for i, s := range m.streams {
		if len(s) > 0 {
			streams = append(streams, i)
		}
	}
	return streams
}

func (m *model) pending() []*omnichannel.PSR {
	var found []*omnichannel.PSR
	for _, p := range m.psrs {
		found = append(found, p)
	}
	slices.SortFunc(found, func(a, b *omnichannel.PSR) int { return slices.Compare([]byte(a.ID), []byte(b.ID)) })
	return found
}

package omnichannel_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"omnibridge/omnichannel"
	"omnibridge/vcc"
)

// model is an org, an event stream that loses and repeats, a network that loses
// replies, and an engine that offers at random. It is written from the facts
// (salesforce-omni 2 and 3.3), not from the ledger.
type model struct {
	t      *rapid.T
	now    time.Time
	ids    int
	psrs   map[omnichannel.PSRID]*omnichannel.PSR
	works  []*omnichannel.AgentWork
	owners map[omnichannel.RecordID]string

	streams [2][]omnichannel.Signal // PSR and AgentWork events not yet delivered, each in order
	past    []omnichannel.Signal    // delivered ones, which a replay may repeat
	effects []omnichannel.Effect

	// slow are creates whose reply was lost before the org carried them out; it
	// still does, within less than Policy.Settle.
	slow []slowPush

	sales   bool // the queue Sales is set up
	missing map[omnichannel.RecordID]bool
	console bool // agents' consoles can be reached: pushes are declined and work is closed there
	ledger  *omnichannel.Ledger
	stored  map[vcc.InteractionID][]byte  // the rows, as the store keeps them
	told    map[omnichannel.PSRID]bool    // PSRs of which the ledger was told
	belief  map[vcc.InteractionID]*belief // what the engine was told
}

type slowPush struct {
	effect omnichannel.Effect
	at     time.Time
}

// belief is an interaction in the eyes of the engine.
type belief struct {
	state  vcc.State
	offer  int // number of the last offer, ours or Salesforce's
	agent  vcc.AgentID
	record string
}

const (
	chat  omnichannel.ChannelID = "0N9000000000001AAA"
	queue omnichannel.QueueID   = "00G000000000001AAA"
	other omnichannel.QueueID   = "00G000000000002AAA"
)

var directory = omnichannel.Directory{
	Channels: map[omnichannel.ChannelID]omnichannel.Channel{chat: {Name: "Chat", Entity: "LiveChatTranscript"}},
	Queues: map[omnichannel.QueueID]omnichannel.Queue{
		queue: {Name: "Support", External: true, PushTimeout: 20 * time.Second}, other: {Name: "Sales", External: true, PushTimeout: 20 * time.Second},
	},
}

func newModel(t *rapid.T) *model {
	m := &model{
		t: t, now: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC),
		psrs: map[omnichannel.PSRID]*omnichannel.PSR{}, owners: map[omnichannel.RecordID]string{},
		belief: map[vcc.InteractionID]*belief{}, told: map[omnichannel.PSRID]bool{}, stored: map[vcc.InteractionID][]byte{},
	}
	m.missing = map[omnichannel.RecordID]bool{}
	m.console, m.sales = rapid.Bool().Draw(t, "console"), rapid.Bool().Draw(t, "sales")
	m.ledger = m.newLedger()
	m.sweep()
	return m
}

func (m *model) newLedger() *omnichannel.Ledger {
	l, err := omnichannel.NewLedger(omnichannel.Policy{Console: m.console})
	if err != nil {
		m.t.Fatal(err)
	}
	return l
}

func (m *model) id(prefix string) string {
	m.ids++
	return fmt.Sprintf("%s%012dAAA", prefix, m.ids)
}

// ---- the org ----

func (m *model) emitPSR(p omnichannel.PSR, deleted bool) {
	m.streams[0] = append(m.streams[0], omnichannel.PSRSeen{PSR: p, Deleted: deleted})
}

func (m *model) emitWork(w omnichannel.AgentWork) {
	m.streams[1] = append(m.streams[1], omnichannel.WorkSeen{Work: w})
}

func (m *model) announce(record omnichannel.RecordID, to omnichannel.QueueID, transfer bool) {
	p := &omnichannel.PSR{ID: omnichannel.PSRID(m.id("0JR")), Serial: 1, Record: record, Queue: to, Channel: chat, Transfer: transfer, Created: m.now.Truncate(time.Second)} // as the org tells it
	m.psrs[p.ID] = p
	m.owners[record] = string(to)
	m.emitPSR(*p, false)
}

func (m *model) deletePSR(id omnichannel.PSRID) {
	delete(m.psrs, id)
	m.emitPSR(omnichannel.PSR{ID: id}, true)
}

func (m *model) setStatus(w *omnichannel.AgentWork, s omnichannel.WorkStatus) {
	w.Status = s
	m.emitWork(*w)
}

func (m *model) release(id omnichannel.PSRID) {
	if p := m.psrs[id]; p != nil {
		p.Serial++
		p.Pushed = false
		m.emitPSR(*p, false)
	}
}

// push is POST AgentWork. The model accepts a second push of the same PSR, as
// Salesforce may: that it never comes is the ledger's doing.
func (m *model) push(e omnichannel.Effect) (omnichannel.AgentWorkID, bool) {
	p := m.psrs[e.PSR]
	if p == nil {
		return "", false
	}
	for _, w := range m.works {
		if w.PSR == e.PSR && w.Status == omnichannel.Assigned {
			m.t.Fatalf("I1: %s is pushed to %s while it is still assigned to %s", e.PSR, e.Agent, w.User)
		}
	}
	w := &omnichannel.AgentWork{ID: omnichannel.AgentWorkID(m.id("0Bz")), PSR: p.ID, Record: p.Record, User: e.Agent, Channel: chat, Status: omnichannel.Assigned, Created: m.now}
	m.works = append(m.works, w)
	p.Serial++
	p.Pushed = true
	if rapid.Bool().Draw(m.t, "work event first") {
		m.emitWork(*w)
		m.emitPSR(*p, false)
	} else {
		m.emitPSR(*p, false)
		m.emitWork(*w)
	}
	return w.ID, true
}

func (m *model) ofStatus(s omnichannel.WorkStatus) []*omnichannel.AgentWork {
	var found []*omnichannel.AgentWork
	for _, w := range m.works {
		if w.Status == s {
			found = append(found, w)
		}
	}
	return found
}

func (m *model) seen(record omnichannel.RecordID) *omnichannel.Seen {
	s := &omnichannel.Seen{Owner: m.owners[record], Missing: m.missing[record]}
	for _, p := range m.psrs {
		if p.Record == record {
			s.PSRs = append(s.PSRs, *p)
		}
	}
	for _, w := range m.works {
		if w.Record == record {
			s.Works = append(s.Works, *w)
		}
	}
	return s
}

// ---- our side ----

// take passes what a step produced on: effects to the network, reports to the
// engine.
func (m *model) take(o omnichannel.Output) {
	m.effects = append(m.effects, o.Effects...)
	m.store(o.Changed)
	m.unrouted()
	if wrong := m.ledger.Misindexed(); wrong != "" {
		m.t.Fatal(wrong)
	}
	for _, f := range o.Faults {
		m.t.Fatalf("an input could not be: %v", f)
	}
	for _, r := range o.Reports {
		m.hear(r)
	}
}

// store keeps what has changed, and holds that nothing else has. Break: ledger.go, look:
// leave out l.touch.
func (m *model) store(changed []vcc.InteractionID) {
	for _, id := range changed {
		delete(m.stored, id)
		if c, ok := m.ledger.Chain(id); ok {
			m.stored[id] = m.row(c)
		}
	}
	for c := range m.ledger.Chains() {
		if row := m.row(c); !bytes.Equal(row, m.stored[c.Interaction]) {
			m.t.Fatalf("nobody was told that a row changed from\n%s\nto\n%s", m.stored[c.Interaction], row)
		}
	}
}

// row writes a chain down, but for what is of no use after a restart: no look is under
// way then whose answer could be old.
func (m *model) row(c omnichannel.Chain) []byte {
	c.Rev = 0
	b, err := json.Marshal(c)
	if err != nil {
		m.t.Fatal(err)
	}
	return b
}

func (m *model) hear(r vcc.Report) {
	b := m.belief[r.Interaction]
	if b == nil {
		b = &belief{}
		m.belief[r.Interaction] = b
	}
	switch r.Kind {
	case vcc.Arrived:
		if b.state == vcc.Offered || b.state == vcc.Alerted {
			m.t.Fatalf("%v while offer %d is open", r, b.offer)
		}
		b.state, b.agent, b.record = vcc.Waiting, "", r.Work.Record
	case vcc.Moved:
		if r.Offer <= b.offer {
			m.t.Fatalf("%v reuses an offer number: the last is %d", r, b.offer)
		}
		b.state, b.agent, b.offer = vcc.Alerted, r.Agent, r.Offer
	case vcc.Alerting, vcc.Accepted, vcc.Refused, vcc.Ended:
		if r.Offer != b.offer || r.Agent != b.agent {
			m.t.Fatalf("%v answers no open offer: the last is %d of %s", r, b.offer, b.agent)
		}
		b.state = map[vcc.ReportKind]vcc.State{vcc.Alerting: vcc.Alerted, vcc.Accepted: vcc.Connected, vcc.Refused: vcc.Waiting, vcc.Ended: vcc.Closed}[r.Kind]
	case vcc.CloseFailed, vcc.RequeueFailed:
		if r.Offer != b.offer || r.Agent != b.agent {
			m.t.Fatalf("%v answers no open offer: the last is %d of %s", r, b.offer, b.agent)
		}
	case vcc.Withdrawn:
		for id, p := range m.psrs {
			if string(p.Record) == b.record && m.told[id] && (p.Queue == queue || r.Reason != vcc.LeftRouting) {
				m.t.Fatalf("%v, but the ledger was told of %s, which still waits", r, id)
			}
		}
		b.state = vcc.Closed
	}
}

func (m *model) sweep() {
	b := omnichannel.Baseline{Directory: directory, Begun: m.now}
	if !m.sales {
		b.Directory.Queues = map[omnichannel.QueueID]omnichannel.Queue{queue: directory.Queues[queue]}
	}
	for _, p := range m.psrs {
		b.PSRs = append(b.PSRs, *p)
	}
	for _, w := range m.works {
		if w.Status.Live() {
			b.Works = append(b.Works, *w)
		}
	}
	m.take(m.ledger.Step(m.now, b))
}

// carry carries out the effect at index i, well or badly.
func (m *model) carry(i int, how string) {
	e := m.effects[i]
	m.effects = slices.Delete(m.effects, i, i+1)
	o := omnichannel.Outcome{Effect: e, Result: omnichannel.Deferred, Code: "UNAVAILABLE"}
	switch {
	case how == "put off":
	case how == "lost before" && e.Kind == omnichannel.CreateWork:
		o.Result = omnichannel.Unknown
	case how == "lost and slow" && e.Kind == omnichannel.CreateWork:
		o.Result = omnichannel.Unknown
		m.slow = append(m.slow, slowPush{e, m.now.Add(2 * time.Second)})
	case e.Kind == omnichannel.CreateWork:
		id, ok := m.push(e)
		o.Result, o.Work = omnichannel.Done, id
		if !ok {
			o.Result, o.Code = omnichannel.Refused, "INVALID_CROSS_REFERENCE_KEY"
		}
		if how == "lost after" {
			o.Result, o.Work, o.Code = omnichannel.Unknown, "", "TIMEOUT"
		}
	case e.Kind == omnichannel.Look:
		o.Result, o.Seen = omnichannel.Done, m.seen(e.Record)
	default:
		o = m.dismiss(e, how)
	}
	if how == "late" {
		m.overtake(e.Record)
	}
	m.take(m.ledger.Step(m.now, o))
}

// dismiss is a decline or close in the agent's console, or a change of owner.
func (m *model) dismiss(e omnichannel.Effect, how string) omnichannel.Outcome {
	o := omnichannel.Outcome{Effect: e, Result: omnichannel.Refused, Code: "NO_CONSOLE"}
	if how == "lost before" || e.Kind == omnichannel.DeclineWork && !m.console {
		return o
	}
	i := slices.IndexFunc(m.works, func(w *omnichannel.AgentWork) bool { return w.ID == e.Work })
	if i < 0 {
		return o
	}
	w := m.works[i]
	switch {
	case e.Kind == omnichannel.DeclineWork && w.Status == omnichannel.Assigned:
		m.setStatus(w, omnichannel.Declined)
		m.release(w.PSR)
	case e.Kind == omnichannel.CloseWork && w.Status == omnichannel.Opened:
		m.cancel(w.Record)
		m.setStatus(w, omnichannel.Closed)
	case e.Kind == omnichannel.ChangeOwner && w.Status == omnichannel.Opened:
		m.now = m.now.Add(time.Millisecond)
		m.cancel(w.Record)
		m.setStatus(w, omnichannel.Transferred)
		m.announce(w.Record, e.Queue, true)
	default:
		return o // it was overtaken
	}
	o.Result, o.Code = omnichannel.Done, ""
	if how == "lost after" {
		o.Result, o.Code = omnichannel.Unknown, "TIMEOUT"
	}
	return o
}

// overtake lets something happen to a record, and its events arrive, between the
// org's answer and its being heard.
func (m *model) overtake(record omnichannel.RecordID) {
	deeds := m.deeds(func(r omnichannel.RecordID) bool { return r == record })
	if len(deeds) > 0 {
		anyOf(m.t, "overtaking deed", deeds).do()
	}
	for stream := range m.streams {
		for len(m.streams[stream]) > 0 {
			m.deliver(stream)
		}
	}
}

// pass lets time go by.
func (m *model) pass(d time.Duration) {
	m.now = m.now.Add(d)
	for len(m.slow) > 0 && !m.slow[0].at.After(m.now) {
		m.push(m.slow[0].effect)
		m.slow = m.slow[1:]
	}
	m.take(m.ledger.Tick(m.now))
}

func (m *model) deliver(stream int) {
	s := m.streams[stream][0]
	m.streams[stream] = m.streams[stream][1:]
	m.past = append(m.past, s)
	if p, ok := s.(omnichannel.PSRSeen); ok {
		m.told[p.PSR.ID] = true
	}
	m.take(m.ledger.Step(m.now, s))
}

// restart ends the process and starts it from what was stored. Effects under way
// may or may not have been carried out; nobody hears of it.
func (m *model) restart() {
	for _, e := range m.effects {
		if e.Kind == omnichannel.CreateWork && rapid.Bool().Draw(m.t, "carried out before the crash") {
			m.push(e)
		}
	}
	m.effects = nil
	var stored []omnichannel.Chain
	for _, id := range slices.Sorted(maps.Keys(m.stored)) {
		var c omnichannel.Chain
		if err := json.Unmarshal(m.stored[id], &c); err != nil {
			m.t.Fatal(err)
		}
		stored = append(stored, c)
	}
	m.ledger = m.newLedger()
	m.take(m.ledger.Restore(m.now, stored))
	m.sweep()
}

// settle lets everything come to rest and compares.
func (m *model) settle() {
	m.sales = true
	for range 60 {
		for stream := range m.streams {
			for len(m.streams[stream]) > 0 {
				m.deliver(stream)
			}
		}
		for len(m.effects) > 0 {
			m.carry(0, "well")
		}
		m.sweep()
		m.pass(time.Minute)
	}
	live := map[omnichannel.RecordID]omnichannel.Chain{}
	for c := range m.ledger.Chains() {
		if old, twice := live[c.Record]; twice {
			m.t.Fatalf("two chains for %s: %+v and %+v", c.Record, old, c)
		}
		live[c.Record] = c
	}
	for record := range m.owners {
		m.compare(record, live[record])
	}
}

func (m *model) compare(record omnichannel.RecordID, c omnichannel.Chain) {
	b := m.belief[c.Interaction]
	if b == nil {
		b = &belief{state: vcc.Closed}
	}
	s := m.seen(record)
	i := slices.IndexFunc(s.Works, func(w omnichannel.AgentWork) bool { return w.Status == omnichannel.Opened })
	j := slices.IndexFunc(s.Works, func(w omnichannel.AgentWork) bool { return w.Status == omnichannel.Assigned })
	switch {
	case i >= 0:
		if c.State != omnichannel.InHand || c.Agent != s.Works[i].User || b.state != vcc.Connected || b.agent != c.Agent {
			m.t.Fatalf("%s is with %s; ledger: %s %s, engine: %+v", record, s.Works[i].User, c.State, c.Agent, *b)
		}
	case j >= 0:
		if (c.State != omnichannel.Alerting && c.State != omnichannel.Retracting) || c.Agent != s.Works[j].User || b.state != vcc.Alerted || b.agent != c.Agent {
			m.t.Fatalf("%s alerts %s; ledger: %s %s, engine: %+v", record, s.Works[j].User, c.State, c.Agent, *b)
		}
	case len(s.PSRs) > 0:
		if c.State != omnichannel.Announced || c.PSR != s.PSRs[0].ID || b.state != vcc.Waiting {
			m.t.Fatalf("%s waits as %s; ledger: %s %s (%s), engine: %+v", record, s.PSRs[0].ID, c.State, c.PSR, c.Why, *b)
		}
	default:
		if c.Interaction != "" {
			m.t.Fatalf("%s is over; ledger: %+v, engine: %+v", record, c, *b)
		}
	}
}

// TestLedgerAgreesWithTheOrg lets everything happen in any order, and holds at
// every step that no PSR is pushed twice (I1), that every answer names the open
// offer, and that nothing happens that the machine does not know; at the end,
// that nothing is lost (I4) and nothing is held twice (I2).
func TestLedgerAgreesWithTheOrg(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := newModel(t)
		for range 60 + evenly(t, "steps", 100) {
			m.act()
		}
		m.settle()
	})
}

var agents = []vcc.AgentID{"005000000000001AAA", "005000000000002AAA", "005000000000003AAA"}

// unrouted holds that the ledger knows which chains the engine does not know, the oldest
// first. Break: ledger.go, take: leave out l.file.
func (m *model) unrouted() {
	want, states := map[vcc.InteractionID]bool{}, map[omnichannel.State]int{}
	for c := range m.ledger.Chains() {
		if c.State == omnichannel.Sighted || c.State == omnichannel.Held {
			want[c.Interaction] = true
			states[c.State]++
		}
	}
	list, byState := m.ledger.Unrouted(2)
	if len(list) != min(len(want), 2) || !maps.Equal(states, byState) {
		m.t.Fatalf("%d of %v are unrouted, want of %v: %+v", len(list), byState, states, want)
	}
	for i, c := range list {
		if !want[c.Interaction] || i > 0 && c.Since.Before(list[i-1].Since) {
			m.t.Fatalf("%+v is unrouted, want the first of %v", list, want)
		}
	}
}

func (m *model) waiting(states ...vcc.State) []vcc.InteractionID {
	var ids []vcc.InteractionID
	for c := range m.ledger.Chains() {
		if b := m.belief[c.Interaction]; b != nil && slices.Contains(states, b.state) {
			ids = append(ids, c.Interaction)
		}
	}
	return ids
}

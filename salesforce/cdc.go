package salesforce

import (
	"context"
	"encoding/json"
	"fmt"

	"omnibridge/omnichannel"
	"omnibridge/salesforce/streaming"
)

// CaptureChannel is the streaming channel of the change events: the custom
// channel of the guide for external routing (salesforce-omni 3.1), which an
// admin deploys from salesforce/package/cdc.
const CaptureChannel = "/data/ExternalRoutingChannel__chn"

// rememberedRecords bounds what is remembered between batches. One takes about
// a kilobyte.
const rememberedRecords = 8_000

// capture is the Source of change events.
//
// A change event of an update holds only what changed (salesforce-apis 3.6), so
// it has to be completed. What never changes in a record (which work, whose, when
// created) may come from any time: from the record's create event, or from a row
// read by SOQL. What changes is taken from the event itself. Only a PSR's state is
// spread over several events; its Serial, which grows with every change, proves
// that nothing lies between what is remembered and the event. Whatever cannot be
// completed so, and whatever Salesforce announces without telling it (GAP events),
// is read: one call for all of a batch, before any of it is handed over.
type capture struct {
	org   *Org
	known *memory
}

// NewCapture returns the events of Change Data Capture. It sends nothing.
func NewCapture(org *Org) Source { return &capture{org: org, known: newMemory(rememberedRecords)} }

// Channels has the stream go on with new events when a position is refused:
// change events are retained for 72 hours, and delivering them all again could use
// up the day's allowance, an eighth of that of PushTopics; the sweep that follows
// a gap reads what was between (salesforce-apis 3.7).
func (*capture) Channels() []streaming.Channel {
	return []streaming.Channel{{Name: CaptureChannel, Fallback: streaming.FallbackNew}}
}

// Ensure does nothing: making a channel takes Customize Application, which the
// daemon should not have. That it is missing is told when it is subscribed to.
func (*capture) Ensure(context.Context) ([]TopicChange, error) { return nil, nil }

func (*capture) Needs() string {
	return "deploy salesforce/package/cdc, and give the integration user View All Data by its permission set: Salesforce withholds the events of a custom channel from others without a word"
}

// Decode implements Source.
func (c *capture) Decode(ctx context.Context, batch []streaming.Event) (Decoded, error) {
	var d Decoded
	var changes []change
	for _, ev := range batch {
		ch, why := readChange(ev)
		if why != "" {
			d.gap(ev.Channel, fmt.Sprintf("event %d: %s", ev.Replay, why))
		}
		if ch.entity != nil {
			changes = append(changes, ch)
		}
	}
	read := newReading()
	for i, ch := range changes {
		for _, id := range ch.ids {
			if c.lacks(read, ch, id) {
				if err := c.read(ctx, read, changes[i:]); err != nil {
					return Decoded{}, err
				}
			}
			s, err := c.apply(read, ch, id)
			if err != nil {
				d.gap(ch.channel, fmt.Sprintf("event %d: %s %s: %v", ch.replay, ch.entity.object, id, err))
			} else if s != nil {
				d.Signals = append(d.Signals, s)
			}
		}
	}
	return d, nil
}

// lacks tells whether a record must be read for the change to mean something.
func (c *capture) lacks(read reading, ch change, id string) bool {
	if _, done := read.rows[id]; done || read.unread[id] != nil {
		return false
	}
	switch ch.kind {
	case createChange, deleteChange:
		return false
	case updateChange:
		base, ok := c.known.get(id)
		return ch.entity.concerns(ch.fields) && (!ok || !ch.entity.follows(base, ch.fields))
	}
	return true // a gap, or a record that is back
}

// apply makes the signal of one change of one record, and remembers the record.
func (c *capture) apply(read reading, ch change, id string) (omnichannel.Signal, error) {
	if err := read.unread[id]; err != nil {
		return nil, err
	}
	before, known := c.known.get(id)
	row, done := read.rows[id]
	now := ch.fields
	switch {
	case ch.kind == deleteChange, done && row == nil && ch.kind != createChange:
		c.known.forget(id)
		return ch.entity.gone(id), nil
	case ch.kind == updateChange && !ch.entity.concerns(ch.fields):
		return nil, nil // noise, such as an agent's capacity counted anew
	case ch.kind == updateChange && done:
		now = ch.entity.newer(row, row.with(ch.fields))
	case ch.kind == updateChange:
		now = before.with(ch.fields)
	case ch.kind != createChange: // gap or undeleted
		now = row
	}
	if known {
		now = ch.entity.newer(before, now)
	} else if ch.kind == createChange {
		before = now
	}
	c.known.put(id, now)
	return ch.entity.signal(id, now, before)
}

// change is one change event about records of an object that is ours.
type change struct {
	entity  *entity
	kind    changeKind
	ids     []string // in their long form
	fields  fieldSet // those that signals are made of; none of a gap
	channel string
	replay  int64
}

// changeKind is what a change event says.
type changeKind int

const (
	createChange changeKind = iota + 1
	updateChange
	deleteChange
	readChanges // read the records: Salesforce does not tell what happened
)

// changeKinds are the change types of single records (salesforce-apis 3.6). Of a
// record that was undeleted not every field need be told.
var changeKinds = map[string]changeKind{
	"CREATE": createChange, "UPDATE": updateChange, "DELETE": deleteChange, "UNDELETE": readChanges,
	"GAP_CREATE": readChanges, "GAP_UPDATE": readChanges, "GAP_DELETE": readChanges, "GAP_UNDELETE": readChanges,
}

// readChange reads the envelope of an event; why is set if the org must be read
// instead. A change of an object that is not ours is neither.
func readChange(ev streaming.Event) (ch change, why string) {
	var data struct {
		Payload fieldSet `json:"payload"`
	}
	var header struct {
		Entity string   `json:"entityName"`
		IDs    []string `json:"recordIds"`
		Type   string   `json:"changeType"`
	}
	if err := json.Unmarshal(ev.Data, &data); err != nil {
		return change{}, err.Error()
	}
	if err := json.Unmarshal(data.Payload["ChangeEventHeader"], &header); err != nil {
		return change{}, "it has no ChangeEventHeader: " + err.Error()
	}
	e := entities[header.Entity]
	if e == nil {
		return change{}, "" // others may share the channel
	}
	if header.Type == "GAP_OVERFLOW" {
		return change{}, "Salesforce left out changes of " + e.object + ": too many at once (GAP_OVERFLOW)"
	}
	kind := changeKinds[header.Type]
	if kind == 0 {
		return change{}, fmt.Sprintf("change type %q of %s is not known", clip(header.Type), e.object)
	}
	if len(header.IDs) == 0 {
		return change{}, "it names no record of " + e.object
	}
	ch = change{entity: e, kind: kind, fields: fieldSet{}, channel: ev.Channel, replay: ev.Replay}
	for _, id := range header.IDs {
		if !isID(id) { // of many, Salesforce may name only the prefix, as 0Bz*
			return change{}, fmt.Sprintf("%q is no record id of %s", clip(id), e.object)
		}
		ch.ids = append(ch.ids, omnichannel.Long(id))
	}
	for _, name := range e.fields {
		if value, ok := data.Payload[name]; ok {
			ch.fields[name] = value
		}
	}
	return ch, ""
}

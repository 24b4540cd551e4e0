package mockorg

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"omnibridge/salesforce/mockorg/cometd"
)

// publish sends the events of a commit, in the order of its changes. The org's
// lock is held, so events leave in the order of commits; the streaming server
// calls nothing of the org's while it takes them.
func (o *Org) publish(t *tx, changes []entry) {
	o.commits++
	for _, e := range changes {
		if e.rec.table.object.name == "PushTopic" {
			o.readTopics(t)
			break
		}
	}
	for i, e := range changes {
		if o.omni.untold(e) {
			continue
		}
		for _, tp := range o.topics[e.rec.table.object] {
			if kind := tp.eventOf(t, e); kind != "" {
				o.publishTopic(t, tp, kind, e)
			}
		}
		if len(o.captured) > 0 || len(o.channels) > 0 {
			o.publishChange(t, e, i+1)
		}
	}
}

// readTopics makes the active PushTopics ready.
func (o *Org) readTopics(t *tx) {
	o.topics = map[*object][]*topic{}
	t.each("PushTopic", func(row Row) bool {
		if !row.flag("IsActive") {
			return true
		}
		if tp, err := o.schema.newTopic(row); err == nil { // the check refused any other
			o.topics[tp.plan.object] = append(o.topics[tp.plan.object], tp)
		}
		return true
	})
}

// publishTopic sends one PushTopic event.
func (o *Org) publishTopic(t *tx, tp *topic, kind string, e entry) {
	row := e.new
	if row == nil {
		row = e.old
	}
	head := fmt.Appendf(nil, `{"event":{"createdDate":"%s","replayId":`, t.at.Format(streamTime))
	tail := append([]byte(`,"type":"`), kind...)
	tail = tp.appendSObject(append(tail, `"},"sobject":`...), kind, row, o.omni.set.EventStatus == "text")
	o.streaming.Publish(tp.channel, withReplayID(head, append(tail, '}')))
}

// publishChange sends one change event to each channel that carries it.
func (o *Org) publishChange(t *tx, e entry, sequence int) {
	if !o.carried(e.rec.table.object) {
		return
	}
	changeType := changeTypeOf(e)
	switch o.faults.strikeChange(e.rec.table.object.name) {
	case "change-gap":
		changeType = gapPrefix + changeType
	case "change-overflow":
		changeType = gapOverflow
	}
	channels := o.captureChannels(e, changeType, t.at)
	if len(channels) == 0 {
		return
	}
	head := fmt.Appendf(nil, `{"schema":"%s","payload":`, e.rec.table.object.schemaID())
	head = o.appendPayload(head, t, e, changeType, sequence)
	head = append(head, `,"event":{"replayId":`...)
	for _, channel := range channels {
		o.streaming.Publish(channel, withReplayID(head, []byte("}}")))
	}
}

// publishGeneric sends a generic streaming event.
func (o *Org) publishGeneric(channel, payload string) {
	head := fmt.Appendf(nil, `{"event":{"createdDate":"%s","replayId":`, o.clock.Now().UTC().Format(streamTime))
	tail := appendText([]byte(`},"payload":`), payload)
	o.streaming.Publish(channel, withReplayID(head, append(tail, '}')))
}

// withReplayID builds an event's data around its replay id.
func withReplayID(head, tail []byte) func(int64) json.RawMessage {
	return func(id int64) json.RawMessage {
		b := make([]byte, 0, len(head)+len(tail)+20)
		b = append(b, head...)
		b = strconv.AppendInt(b, id, 10)
		return append(b, tail...)
	}
}

// channel tells the streaming server whether a channel can be subscribed to
// (salesforce-apis 3.5).
func (o *Org) channel(name, _ string) error {
	o.mu.RLock()
	defer o.mu.RUnlock()
	head, rest, _ := strings.Cut(strings.TrimPrefix(name, "/"), "/")
	switch head {
	case "topic":
		if o.topic(name) != nil {
			return nil
		}
		return &cometd.Refusal{Code: 400, Text: fmt.Sprintf("The channel you requested to subscribe to doesn't exist {%s}", name)}
	case "data":
		if o.captures(rest) {
			return nil
		}
		return &cometd.Refusal{Code: 403, Args: "denied_by_security_policy", Text: "create_denied"}
	case "u":
		for _, rec := range o.tables[o.schema.object("StreamingChannel")].ordered {
			if !rec.dead && rec.row.str("Name") == name {
				return nil
			}
		}
		return &cometd.Refusal{Code: 404, Text: "Unknown channel"}
	}
	return &cometd.Refusal{Code: 403, Text: fmt.Sprintf("Cannot create channel {%s}", name)}
}

// topic finds an active PushTopic by its channel, whose case matters.
func (o *Org) topic(channel string) *topic {
	for _, list := range o.topics {
		for _, tp := range list {
			if tp.channel == channel {
				return tp
			}
		}
	}
	return nil
}

// captures tells whether anything appears on a channel of change events.
func (o *Org) captures(name string) bool {
	if _, ok := o.channels[name]; ok || name == "ChangeEvents" {
		return true
	}
	for ob := range o.captured {
		if ob.changeEvent() == name {
			return true
		}
	}
	return false
}

// filter tells the streaming server whether a subscription may be narrowed by
// the given fields: a PushTopic's by those it selects.
func (o *Org) filter(channel string, fields map[string]string) error {
	o.mu.RLock()
	defer o.mu.RUnlock()
	tp := o.topic(channel)
	if tp == nil {
		return nil // the channel itself is refused
	}
next:
	for name := range fields {
		for _, f := range tp.selected {
			if f.name == name {
				continue next
			}
		}
		return &cometd.Refusal{Code: 400, Text: fmt.Sprintf("The filter field %s is not selected by the PushTopic {%s}", clip(name), channel)}
	}
	return nil
}

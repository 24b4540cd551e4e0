package mockorg

import (
	"fmt"
	"hash/fnv"
	"slices"
	"strings"
	"time"

	"omnibridge/salesforce/mockorg/soql"
)

// ChannelMember is an object that a custom channel of change events carries.
type ChannelMember struct {
	// Object is its API name.
	Object string
	// Filter is a condition as in a WHERE clause, on the record's fields and on
	// ChangeEventHeader.changeType; empty lets every change pass.
	Filter string
}

// member is a ChannelMember made ready.
type member struct {
	object *object
	filter *soql.Query // nil for every change
	text   string      // of the filter
}

// SelectForCapture chooses the objects whose changes appear on
// /data/ChangeEvents and on their own channels, in place of those chosen before.
// Nothing is selected at first. An unknown object is refused and nothing changes.
func (o *Org) SelectForCapture(objects ...string) error {
	selected := map[*object]bool{}
	for _, name := range objects {
		ob := o.schema.object(name)
		if ob == nil {
			return fmt.Errorf("select %q for change data capture: there is no such object", name)
		}
		selected[ob] = true
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.captured = selected
	return nil
}

// AddChannel makes a custom channel of change events, /data/<name>, whose name
// ends in __chn; its members need not be selected. A channel of that name is
// replaced (salesforce-omni 3.1).
func (o *Org) AddChannel(name string, members ...ChannelMember) error {
	ready, err := o.schema.members(name, members)
	if err != nil {
		return err
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.channels[name] = ready
	return nil
}

// members makes the members of a custom channel ready.
func (s *schema) members(name string, members []ChannelMember) ([]member, error) {
	if !strings.HasSuffix(name, "__chn") || strings.ContainsAny(name, "/ ?*") {
		return nil, fmt.Errorf("add channel %q: a custom channel's name ends in __chn, such as ExternalRoutingChannel__chn", name)
	}
	var ready []member
	for _, m := range members {
		ob := s.object(m.Object)
		if ob == nil {
			return nil, fmt.Errorf("add channel %s: there is no object %q", name, m.Object)
		}
		filter, err := s.filter(ob, m.Filter)
		if err != nil {
			return nil, fmt.Errorf("add channel %s: filter of %s: %w", name, ob.name, err)
		}
		ready = append(ready, member{ob, filter, m.Filter})
	}
	return ready, nil
}

// filter parses the condition of a channel member.
func (s *schema) filter(ob *object, text string) (*soql.Query, error) {
	if text == "" {
		return nil, nil
	}
	q, err := soql.Parse("SELECT Id FROM " + ob.name + " WHERE " + text)
	if err != nil {
		return nil, err
	}
	for _, name := range q.WherePaths() {
		if !strings.EqualFold(name, changeTypePath) && ob.field(name) == nil {
			return nil, fmt.Errorf("%s has no field %s", ob.name, name)
		}
	}
	return q, nil
}

const changeTypePath = "ChangeEventHeader.changeType"

// passes tells whether a change is for a member of a custom channel. A filter
// sees what the event holds: of an update only the fields that changed, of a
// deletion none; others are null to it (salesforce-package 1.6). Gap events hold
// nothing to judge by: gaps tells whether they pass (Settings.GapFilter).
func (m member) passes(e entry, changeType, gaps string, now time.Time) bool {
	if m.object != e.rec.table.object {
		return false
	}
	if m.filter == nil {
		return true
	}
	if strings.HasPrefix(changeType, gapPrefix) {
		return gaps == "pass"
	}
	ok, err := m.filter.Match(func(name string) (any, error) {
		if strings.EqualFold(name, changeTypePath) {
			return changeType, nil
		}
		f := m.object.field(name)
		if !e.tells(f, changeType) {
			return nil, nil
		}
		return f.shown(e.new[f.name]), nil
	}, now)
	return ok && err == nil
}

// tells tells whether the change event holds a field.
func (e entry) tells(f *field, changeType string) bool {
	switch changeType {
	case "CREATE":
		return e.new[f.name] != nil
	case "UPDATE":
		return e.old[f.name] != e.new[f.name]
	}
	return false
}

// carried tells whether any channel may carry an object's changes.
func (o *Org) carried(ob *object) bool {
	if o.captured[ob] {
		return true
	}
	for _, members := range o.channels {
		if slices.ContainsFunc(members, func(m member) bool { return m.object == ob }) {
			return true
		}
	}
	return false
}

// captureChannels returns the channels that carry a change, the org's lock held.
func (o *Org) captureChannels(e entry, changeType string, now time.Time) []string {
	var list []string
	ob := e.rec.table.object
	if o.captured[ob] {
		list = append(list, "/data/ChangeEvents", "/data/"+ob.changeEvent())
	}
	for name, members := range o.channels {
		if slices.ContainsFunc(members, func(m member) bool { return m.passes(e, changeType, o.omni.set.GapFilter, now) }) {
			list = append(list, "/data/"+name)
		}
	}
	slices.Sort(list) // so that replay ids do not depend on the order of a map
	return list
}

// changeEvent names the object's change events: CaseChangeEvent, or
// Ticket__ChangeEvent for the custom object Ticket__c.
func (ob *object) changeEvent() string {
	if base, custom := strings.CutSuffix(ob.name, "__c"); custom {
		return base + "__ChangeEvent"
	}
	return ob.name + "ChangeEvent"
}

// Gap events say that a record changed, or that many did, but not what changed
// (salesforce-apis 3.6). Two faults put them in the place of change events.
const (
	gapPrefix   = "GAP_"
	gapOverflow = "GAP_OVERFLOW"
	noRecord    = "000000000000000AAA" // whom an overflow event names
)

// changeTypeOf is the changeType of a change.
func changeTypeOf(e entry) string {
	switch {
	case e.old == nil:
		return "CREATE"
	case e.new == nil:
		return "DELETE"
	}
	return "UPDATE"
}

// appendPayload appends the payload of a change event: the header, and the
// fields that a create set or an update changed (salesforce-apis 3.6).
func (o *Org) appendPayload(b []byte, t *tx, e entry, changeType string, sequence int) []byte {
	ob := e.rec.table.object
	var fields []*field
	for _, f := range ob.fields {
		if f.kind != kindID && f.name != "IsDeleted" && f.name != "SystemModstamp" && e.tells(f, changeType) {
			fields = append(fields, f)
		}
	}
	id := e.rec.row.ID()
	if changeType == gapOverflow {
		id = noRecord
	}
	b = fmt.Appendf(b, `{"ChangeEventHeader":{"entityName":"%s","recordIds":["%s"],"changeType":"%s","changeOrigin":%s,`+
		`"transactionKey":"%08x-0000-4000-8000-%012x","sequenceNumber":%d,"commitTimestamp":%d,"commitNumber":%d,"commitUser":"%s"`,
		ob.name, id, changeType, appendText(nil, t.origin), o.commits, o.commits, sequence, t.at.UnixMilli(), o.commits, t.user)
	if changeType == "UPDATE" {
		b = append(b, `,"changedFields":[`...)
		for i, f := range fields {
			if i > 0 {
				b = append(b, ',')
			}
			b = appendText(b, f.name)
		}
		b = append(b, ']')
	}
	b = append(b, '}')
	for _, f := range fields {
		b = append(b, ',', '"')
		b = append(b, f.name...)
		b = append(b, '"', ':')
		b = appendValue(b, f, e.new[f.name], streamTime)
	}
	return append(b, '}')
}

// schemaID stands for the id of the event's schema; it changes with the object only.
func (ob *object) schemaID() string {
	h := fnv.New64a()
	_, _ = h.Write([]byte(ob.changeEvent())) // a hash takes everything
	return fmt.Sprintf("%016x", h.Sum64())
}

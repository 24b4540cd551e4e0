package mockorg

import (
	"fmt"
	"math"
	"slices"
	"strings"
)

// topic is a PushTopic record made ready: which changes of which records it
// tells about, and what it shows of them.
type topic struct {
	channel  string
	plan     *plan
	selected []*field
	where    []*field
	notify   string // NotifyForFields
	on       map[string]bool
}

// The types of PushTopic events (salesforce-apis 3.6).
const (
	created = "created"
	updated = "updated"
	deleted = "deleted"
)

// newTopic reads a PushTopic record.
func (s *schema) newTopic(row Row) (*topic, error) {
	p, err := s.prepare(row.str("Query"))
	if err != nil {
		return nil, err
	}
	t := &topic{
		channel: "/topic/" + row.str("Name"), plan: p, notify: row.str("NotifyForFields"),
		on: map[string]bool{
			created: row.flag("NotifyForOperationCreate"),
			updated: row.flag("NotifyForOperationUpdate"),
			deleted: row.flag("NotifyForOperationDelete"),
		},
	}
	q := p.query
	if q.Count || len(q.OrderBy) > 0 || q.Limit >= 0 || q.Offset >= 0 {
		return nil, refuse("MALFORMED_QUERY", "A PushTopic query takes only SELECT, FROM and WHERE", "Query")
	}
	for _, name := range q.Fields {
		f := p.leaf(name)
		if f == nil {
			return nil, refuse("INVALID_FIELD", "A PushTopic query cannot follow relationships: "+clip(name), "Query")
		}
		if f.kind == kindTextArea {
			return nil, refuse("INVALID_FIELD", "A PushTopic query cannot select text areas: "+f.name, "Query")
		}
		t.selected = append(t.selected, f)
	}
	if !slices.Contains(t.selected, p.object.field("id")) {
		return nil, refuse("INVALID_FIELD", "A PushTopic query must select Id", "Query")
	}
	for _, name := range q.WherePaths() {
		f := p.leaf(name)
		if f == nil {
			return nil, refuse("INVALID_FIELD", "A PushTopic query cannot follow relationships: "+clip(name), "Query")
		}
		t.where = append(t.where, f)
	}
	return t, nil
}

// checkTopic refuses PushTopics that could not work.
func checkTopic(t *tx, old, new Row) error {
	if name := new.str("Name"); strings.ContainsAny(name, "/?*{} ") {
		return refuse("INVALID_FIELD", "The name of a PushTopic becomes part of a channel; it cannot be "+clip(name), "Name")
	}
	version, _ := new["ApiVersion"].(float64)
	if version != math.Trunc(version) || version < 20 || version > maxVersion {
		return refuse("INVALID_API_VERSION", fmt.Sprintf("Invalid API version: %v", version), "ApiVersion")
	}
	if most := t.o.usage.now().PushTopics; old == nil && t.o.tables[t.o.schema.object("PushTopic")].live() >= most {
		return refuse("LIMIT_EXCEEDED", fmt.Sprintf("An org can have %d PushTopics, and this one has them already", most))
	}
	_, err := t.o.schema.newTopic(new)
	return err
}

// eventOf tells which event a change is for the topic, "" for none. The org's
// lock is held.
func (tp *topic) eventOf(t *tx, e entry) string {
	kind, row := updated, e.new
	switch {
	case e.old == nil:
		kind = created
	case e.new == nil:
		kind, row = deleted, e.old
	}
	if !tp.on[kind] || kind == updated && !tp.concerned(e.old, e.new) {
		return ""
	}
	ok, err := tp.plan.query.Match(t.o.getter(tp.plan, &row), t.at)
	if err != nil || !ok { // a literal that does not fit its field matches nothing
		return ""
	}
	return kind
}

// concerned tells whether an update changed a field the topic looks at
// (salesforce-omni 3.2).
func (tp *topic) concerned(old, new Row) bool {
	switch tp.notify {
	case "All":
		return true
	case "Select":
		return differ(old, new, tp.selected)
	case "Where":
		return differ(old, new, tp.where)
	}
	return differ(old, new, tp.selected) || differ(old, new, tp.where)
}

func differ(old, new Row, fields []*field) bool {
	for _, f := range fields {
		if f.shown(old[f.name]) != f.shown(new[f.name]) {
			return true
		}
	}
	return false
}

// appendSObject appends what the topic shows of a row; of a deleted one only the
// id is left. words tells the status of AgentWork as REST does.
func (tp *topic) appendSObject(b []byte, kind string, row Row, words bool) []byte {
	if kind == deleted {
		return fmt.Appendf(b, `{"Id":"%s"}`, row.ID())
	}
	b = append(b, '{')
	for i, f := range tp.selected {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(b, '"')
		b = append(b, f.name...)
		b = append(b, '"', ':')
		if f.name == "Status" && tp.plan.object.name == "AgentWork" && !words {
			b = fmt.Append(b, statusNumbers[row.str("Status")])
			continue
		}
		b = appendValue(b, f, row[f.name], streamTime)
	}
	return append(b, '}')
}

// statusNumbers are the database values of AgentWork.Status, which PushTopic
// events carry instead of the names (salesforce-omni 2; Settings.EventStatus).
var statusNumbers = map[string]int{
	"Assigned": 0, "Unavailable": 1, "Declined": 2, "Opened": 3, "Closed": 4,
	"DeclinedOnPushTimeout": 5, "Canceled": 6, "Transferred": 7,
}

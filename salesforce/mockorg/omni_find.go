package mockorg

import (
	"maps"
	"slices"
	"strings"
)

// want is a condition on an indexed field: any of the values.
type want struct {
	field  string
	values []any
}

// is wants a field to have one of the values.
func is(field string, values ...any) want { return want{field, values} }

// among returns the live rows of an object that fulfil every want, in creation
// order. It looks through the smallest of the wants' index sets, so the work an
// agent holds is found quickly both in an org with many agents and in one with
// a long past.
func (t *tx) among(object string, wants ...want) []Row {
	tb := t.o.tables[t.o.schema.object(object)]
	var best []map[*record]struct{}
	size := -1
	for _, w := range wants {
		sets := make([]map[*record]struct{}, 0, len(w.values))
		n := 0
		for _, v := range w.values {
			set := tb.index[tb.object.field(w.field)][v]
			sets, n = append(sets, set), n+len(set)
		}
		if size < 0 || n < size {
			best, size = sets, n
		}
	}
	var recs []*record
	for _, set := range best {
		for rec := range maps.Keys(set) {
			if fulfils(rec.row, wants) {
				recs = append(recs, rec)
			}
		}
	}
	slices.SortFunc(recs, bySeq)
	rows := make([]Row, len(recs))
	for i, rec := range recs {
		rows[i] = rec.row
	}
	return rows
}

func fulfils(row Row, wants []want) bool {
	for _, w := range wants {
		if !slices.Contains(w.values, row[w.field]) {
			return false
		}
	}
	return true
}

// first returns the oldest live row of an object that fulfils every want.
func (t *tx) first(object string, wants ...want) (Row, bool) {
	rows := t.among(object, wants...)
	if len(rows) == 0 {
		return nil, false
	}
	return rows[0], true
}

// ofWork returns the AgentWork rows of a work item that stand in a status.
func ofWork(t *tx, work string, status string) []Row {
	return t.among("AgentWork", is("WorkItemId", work), is("Status", status))
}

// held returns the AgentWork rows an agent holds capacity for.
func held(t *tx, user string) []Row {
	return t.among("AgentWork", is("UserId", user), is("Status", "Assigned", "Opened"))
}

// channelOf returns the service channel that routes an object.
func channelOf(t *tx, object string) (Row, bool) {
	return t.first("ServiceChannel", is("RelatedEntity", object))
}

// routingOf returns the routing configuration of an owner that is a queue with
// one; false for users, and for queues that route nothing.
func routingOf(t *tx, owner string) (Row, bool) {
	group, ok := t.get(owner)
	if !ok || !isQueue(owner) {
		return nil, false
	}
	return t.get(group.str("QueueRoutingConfigId"))
}

// isQueue tells whether an owner is a group rather than a user.
func isQueue(owner string) bool { return strings.HasPrefix(owner, "00G") }

// configOf returns the presence configuration of an agent.
func configOf(t *tx, user string) (Row, bool) {
	link, ok := t.first("PresenceUserConfigUser", is("UserId", user))
	if !ok {
		return nil, false
	}
	return t.get(link.str("PresenceUserConfigId"))
}

// presenceOf returns an agent's present status row.
func presenceOf(t *tx, user string) (Row, bool) {
	return t.first("UserServicePresence", is("UserId", user), is("IsCurrentState", true))
}

// serves tells whether a status has a channel.
func serves(t *tx, status, channel string) bool {
	_, ok := t.first("ServiceChannelStatus", is("ServicePresenceStatusId", status), is("ServiceChannelId", channel))
	return ok
}

// isAway tells whether a status serves no channel at all, which is what makes
// it a busy one (salesforce-omni 1.4).
func isAway(t *tx, status string) bool {
	_, ok := t.first("ServiceChannelStatus", is("ServicePresenceStatusId", status))
	return !ok
}

// objectOf names the object an id belongs to.
func (t *tx) objectOf(id string) string {
	if ob := t.o.schema.ofID(id); ob != nil {
		return ob.name
	}
	return ""
}

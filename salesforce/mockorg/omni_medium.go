package mockorg

import (
	"slices"
	"time"
)

// medium says what a kind of work item does in the course of its life: which
// Status it takes and which times it notes. Objects without an entry (leads,
// custom objects) are routed all the same and keep their fields to themselves.
type medium struct {
	// conversation: somebody at the other end waits, and may leave.
	conversation bool
	// over are the Status values after which nothing is routed any more.
	over []string
	// arrived are the fields of a new item; queued those of one that waits
	// (again), served those of an accepted one, ended those of one that is over
	// after it was served, missed those of one that never was.
	arrived, queued, served func(row Row, now time.Time) Row
	ended, missed           func(row Row, by endedBy, now time.Time) Row
}

// endedBy says who ended a conversation, in the neutral words; each medium has
// its own spelling (salesforce-omni 1.5, 1.6).
type endedBy int

const (
	byAgent endedBy = iota
	byVisitor
	bySystem
)

// media holds the life of every object that has one (salesforce-omni 1.5 to 1.7).
var media = map[string]medium{
	"LiveChatTranscript": {
		conversation: true,
		over:         []string{"Completed", "Missed", "Blocked", "Dropped"},
		arrived:      func(_ Row, now time.Time) Row { return Row{"Status": "Waiting", "RequestTime": now} },
		queued:       func(Row, time.Time) Row { return Row{} }, // a transferred chat stays InProgress
		served: func(row Row, now time.Time) Row {
			if row["StartTime"] != nil { // transferred
				return Row{"Status": "InProgress"}
			}
			return Row{"Status": "InProgress", "StartTime": now, "WaitTime": seconds(row, "RequestTime", now)}
		},
		ended: func(row Row, by endedBy, now time.Time) Row {
			return Row{"Status": "Completed", "EndTime": now, "EndedBy": [...]string{"Agent", "Visitor", "System"}[by],
				"ChatDuration": seconds(row, "StartTime", now)}
		},
		missed: func(row Row, by endedBy, now time.Time) Row {
			return Row{"Status": "Missed", "EndTime": now, "EndedBy": [...]string{"Agent", "Visitor", "System"}[by],
				"Abandoned": seconds(row, "RequestTime", now)}
		},
	},
	"MessagingSession": {
		conversation: true,
		over:         []string{"Ended", "Error"},
		arrived:      func(_ Row, now time.Time) Row { return Row{"Status": "Waiting", "StartTime": now} },
		queued:       func(Row, time.Time) Row { return Row{"Status": "Waiting"} },
		served: func(row Row, now time.Time) Row {
			if row["AcceptTime"] != nil {
				return Row{"Status": "Active"}
			}
			return Row{"Status": "Active", "AcceptTime": now}
		},
		ended: func(_ Row, by endedBy, now time.Time) Row {
			return Row{"Status": "Ended", "EndTime": now, "EndedByType": [...]string{"Agent", "EndUser", "System"}[by]}
		},
		missed: func(_ Row, by endedBy, now time.Time) Row {
			return Row{"Status": "Ended", "EndTime": now, "EndedByType": [...]string{"Agent", "EndUser", "System"}[by]}
		},
	},
	"Case": {
		over:    []string{"Closed"},
		arrived: func(Row, time.Time) Row { return Row{"Status": "New", "Origin": "Web"} },
		queued:  func(Row, time.Time) Row { return Row{} },
		served:  func(Row, time.Time) Row { return Row{} },
		ended:   closedCase,
		missed:  closedCase,
	},
}

func closedCase(Row, endedBy, time.Time) Row { return Row{"Status": "Closed"} }

// mediumOf returns the life of an object, an empty one for those without.
func mediumOf(object string) medium {
	if m, ok := media[object]; ok {
		return m
	}
	none := func(Row, time.Time) Row { return Row{} }
	nothing := func(Row, endedBy, time.Time) Row { return Row{} }
	return medium{arrived: none, queued: none, served: none, ended: nothing, missed: nothing}
}

// isOver tells whether a work item's Status ends its life.
func (m medium) isOver(row Row) bool {
	return row != nil && slices.Contains(m.over, row.str("Status"))
}

// seconds are whole seconds from the time in a field to now, nil without one.
func seconds(row Row, field string, now time.Time) any {
	from, ok := row[field].(time.Time)
	if !ok {
		return nil
	}
	return int64(now.Sub(from) / time.Second)
}

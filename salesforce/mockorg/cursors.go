package mockorg

import (
	"sync"
	"time"
)

// cursors keeps the results of queries that have pages yet to be fetched: for
// two days, and at most maxCursors of them, the oldest going first.
type cursors struct {
	mu    sync.Mutex
	byID  map[string]*cursor
	order []*cursor // oldest first
	n     uint64
}

func newCursors() *cursors { return &cursors{byID: map[string]*cursor{}} }

// keep stores a cursor under a fresh id.
func (cs *cursors) keep(cur *cursor) {
	cs.mu.Lock()
	defer cs.mu.Unlock()
	cs.n++
	cur.id = makeID(cursorIDs, cs.n)
	cs.byID[cur.id] = cur
	cs.order = append(cs.order, cur)
	if len(cs.order) > maxCursors {
		delete(cs.byID, cs.order[0].id)
		cs.order[0] = nil
		cs.order = cs.order[1:]
	}
}

// find returns a cursor that has not expired, nil when there is none.
func (cs *cursors) find(id string, now time.Time) *cursor {
	long, ok := parseID(id)
	if !ok {
		return nil
	}
	cs.mu.Lock()
	defer cs.mu.Unlock()
	cur := cs.byID[long]
	if cur == nil || now.Sub(cur.at) > cursorLife {
		return nil
	}
	return cur
}

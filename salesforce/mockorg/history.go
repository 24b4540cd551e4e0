package mockorg

import (
	"strings"
	"time"
)

// keptChanges bounds the history; the verdicts outlive it.
const keptChanges = 200_000

// Change is one committed change of one record, as a subscriber to everything
// would see it.
type Change struct {
	// Seq numbers the changes of an org from 1; Commit is the same for the
	// changes of one transaction.
	Seq    uint64    `json:"seq"`
	Commit uint64    `json:"commit"`
	Time   time.Time `json:"time"`
	Object string    `json:"object"`
	ID     string    `json:"id"`
	// Op is "created", "updated" or "deleted".
	Op string `json:"op"`
	// User made the change.
	User string `json:"user"`
	// Fields are the new values of what changed, without the system's own
	// fields; of a created record all that are not null, of a deleted one none.
	Fields Row `json:"fields,omitempty"`
}

// chronicle is what an org remembers of its commits: the latest changes, a
// ledger per work item, and who waits for the next one. The org's lock guards
// it, apart from next and done, which are read with it and waited on without.
type chronicle struct {
	changes []Change // the last keptChanges at least, oldest first
	seq     uint64
	commit  uint64
	ledgers map[string]*ledger // by work item id
	order   []*ledger          // by time of announcement
	touched []*ledger          // by the commit being recorded
	next    chan struct{}      // closed at the next commit
	done    chan struct{}      // closed when the org is
}

func newChronicle() *chronicle {
	return &chronicle{ledgers: map[string]*ledger{}, next: make(chan struct{}), done: make(chan struct{})}
}

// end tells everybody who waits that no commit will come. The org's lock is held.
func (c *chronicle) end() {
	if c != nil && !c.ended() {
		close(c.done)
	}
}

// reset forgets everything but the numbering, and lets those who wait look again.
// The org's lock is held.
func (c *chronicle) reset() {
	c.changes, c.ledgers, c.order, c.touched = nil, map[string]*ledger{}, nil, nil
	close(c.next)
	c.next = make(chan struct{})
}

func (c *chronicle) ended() bool {
	select {
	case <-c.done:
		return true
	default:
		return false
	}
}

// record takes up a commit.
func (c *chronicle) record(t *tx, entries []entry) {
	c.commit++
	for _, e := range entries {
		c.seq++
		change := Change{Seq: c.seq, Commit: c.commit, Time: t.at, User: t.user, Object: e.rec.table.object.name, ID: e.rec.row.ID()}
		switch {
		case e.old == nil:
			change.Op, change.Fields = "created", difference(nil, e.new)
		case e.new == nil:
			change.Op = "deleted"
		default:
			change.Op, change.Fields = "updated", difference(e.old, e.new)
		}
		c.changes = append(c.changes, change)
		c.enter(t, e)
	}
	if len(c.changes) > 2*keptChanges {
		c.changes = append([]Change(nil), c.changes[len(c.changes)-keptChanges:]...)
	}
	c.settle()
	close(c.next)
	c.next = make(chan struct{})
}

// difference are the fields of new that old has otherwise.
func difference(old, new Row) Row {
	fields := Row{}
	for name, value := range new {
		switch name {
		case "LastModifiedDate", "LastModifiedById", "SystemModstamp", "CreatedDate", "CreatedById", "IsDeleted", "Id":
			continue
		}
		if old == nil && value != nil || old != nil && old[name] != value {
			fields[name] = value
		}
	}
	return fields
}

// History returns the committed changes after a sequence number, oldest first,
// of one object or, with "", of all. Only the latest are kept, 200,000 at least.
func (o *Org) History(object string, after uint64) []Change {
	o.mu.RLock()
	defer o.mu.RUnlock()
	changes := []Change{}
	for _, c := range o.chronicle.changes {
		if c.Seq > after && (object == "" || strings.EqualFold(object, c.Object)) {
			changes = append(changes, c)
		}
	}
	return changes
}

package mockorg

import (
	"fmt"
	"maps"
	"net/http"
	"strings"
	"time"
)

// The records of the org and the transactions that change them.
//
// Everything that writes goes through Org.change; everything that reads, through
// change or view. Rows are values: nobody alters one in place, so a Row that
// was handed out stays as it was. Within change, rules see old and new rows and
// may change more records; all of it commits or rolls back together, and the
// events go out after the commit in the order of the records' first changes,
// one event per record with its final state (salesforce-apis 3.6).

// Row is one record: field name, in the schema's spelling, to value. Values are
// nil, string, bool, int64, float64 and time.Time (dates are times at midnight
// UTC); an absent field is nil. Ids have 18 characters.
type Row map[string]any

// ID returns the record's id.
func (r Row) ID() string { return r.str("Id") }

// str returns a text or reference field, "" when it is nil.
func (r Row) str(field string) string { s, _ := r[field].(string); return s }

// flag returns a boolean field.
func (r Row) flag(field string) bool { b, _ := r[field].(bool); return b }

// num returns an int field, 0 when it is nil.
func (r Row) num(field string) int64 { n, _ := r[field].(int64); return n }

// APIError is a refusal as the REST API words it.
type APIError struct {
	Status  int    // HTTP status when the error is the whole reply
	Code    string // such as REQUIRED_FIELD_MISSING
	Message string
	Fields  []string // the fields at fault, if any
}

func (e *APIError) Error() string { return e.Code + ": " + e.Message }

// refuse makes a 400 APIError.
func refuse(code, message string, fields ...string) *APIError {
	return &APIError{Status: http.StatusBadRequest, Code: code, Message: message, Fields: fields}
}

// rule is behaviour attached to an object.
type rule struct {
	// check runs before an API insert (old nil) or update; an *APIError refuses
	// the change. It may look at other records but must not change any.
	check func(t *tx, old, new Row) error
	// checkRemove runs before an API delete and may refuse it in the same way.
	checkRemove func(t *tx, old Row) error
	// after runs after any insert (old nil), update or delete (new nil), whoever
	// caused it, and may make further changes.
	after func(t *tx, old, new Row) error
}

// rule registers behaviour for an object. It is called while the org is built.
func (o *Org) rule(object string, r rule) {
	ob := o.schema.object(object)
	if ob == nil {
		panic("mockorg: rule for unknown object " + object)
	}
	o.rules[ob] = append(o.rules[ob], r)
}

// caller is who changes records, for CreatedById and for the header of change
// events.
type caller struct {
	user   string // 18-character user id
	origin string // such as com/salesforce/api/rest/67.0;client=x
}

// entry is one step of a transaction: an insert (old nil), a removal (new nil)
// or an update. The list of them is both the way back and what events are made of.
type entry struct {
	rec      *record
	old, new Row
}

// maxDepth bounds rules that set off rules.
const maxDepth = 64

// tx is a transaction. It is valid only inside the function given to change.
type tx struct {
	o      *Org
	user   string
	origin string
	at     time.Time
	log    []entry
	depth  int
}

// change runs fn under the org's lock. When fn fails everything it did is
// undone and its error returned; otherwise events are published. It must not be
// called from within another change or view.
func (o *Org) change(user string, fn func(*tx) error) error {
	return o.changeAs(caller{user: user, origin: "com/salesforce/core"}, fn)
}

func (o *Org) changeAs(who caller, fn func(*tx) error) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	t := &tx{o: o, user: who.user, origin: who.origin, at: o.clock.Now().UTC()}
	committed := false
	defer func() {
		if !committed { // also when fn panics
			t.rollback(0)
		}
	}()
	if err := fn(t); err != nil {
		return err
	}
	committed = true
	o.commit(t)
	return nil
}

// view runs fn with the records at rest. fn must not change anything.
func (o *Org) view(fn func(*tx) error) error {
	o.mu.RLock()
	defer o.mu.RUnlock()
	return fn(&tx{o: o, at: o.clock.Now().UTC()})
}

// commit publishes what the transaction changed and tidies the tables.
func (o *Org) commit(t *tx) {
	touched := map[*table]bool{}
	for _, e := range t.log {
		touched[e.rec.table] = true
	}
	if changes := t.net(); len(changes) > 0 {
		o.chronicle.record(t, changes)
		o.omni.countQueued(t.at, changes)
		o.publish(t, changes)
	}
	for tb := range touched {
		tb.compact(o.options.KeepDeleted)
	}
}

// net folds the steps into one per record: its first state before and its last
// after, without records that came and went or that did not change.
func (t *tx) net() []entry {
	var changes []entry
	at := make(map[*record]int, len(t.log))
	for _, e := range t.log {
		if i, ok := at[e.rec]; ok {
			changes[i].new = e.new
			continue
		}
		at[e.rec] = len(changes)
		changes = append(changes, e)
	}
	kept := changes[:0]
	for _, e := range changes {
		if e.old != nil || e.new != nil {
			kept = append(kept, e)
		}
	}
	return kept
}

// savepoint marks a place to roll back to.
func (t *tx) savepoint() int { return len(t.log) }

// rollback undoes every step after the mark, last first.
func (t *tx) rollback(mark int) {
	for i := len(t.log) - 1; i >= mark; i-- {
		e := t.log[i]
		switch {
		case e.old == nil:
			e.rec.table.undoInsert(e.rec)
		case e.new == nil:
			e.rec.table.undoRemove(e.rec, e.old)
		default:
			e.rec.table.replace(e.rec, e.old)
		}
	}
	t.log = t.log[:mark]
}

// now returns the transaction's time, the same throughout.
func (t *tx) now() time.Time { return t.at }

// insert adds a record as the system would: no editability checks, but defaults,
// autonumber and system fields. Rules follow.
func (t *tx) insert(object string, fields Row) (id string, err error) {
	ob := t.o.schema.object(object)
	if ob == nil {
		return "", fmt.Errorf("insert %s: no such object", object)
	}
	tb := t.o.tables[ob]
	row := make(Row, len(fields)+12)
	for _, f := range ob.fields {
		if f.initial != nil {
			row[f.name] = f.initial
		}
	}
	if err := ob.assign(row, fields); err != nil {
		return "", err
	}
	id = tb.nextID(t.o.prefixOf(ob))
	row["Id"], row["IsDeleted"] = id, false
	row["CreatedDate"], row["LastModifiedDate"], row["SystemModstamp"] = t.at, t.at, t.at
	row["CreatedById"], row["LastModifiedById"] = t.user, t.user
	if f := ob.field("ownerid"); f != nil && row["OwnerId"] == nil {
		row["OwnerId"] = t.user
	}
	tb.number(row)
	derive(ob, nil, row)
	rec := tb.insert(row)
	t.log = append(t.log, entry{rec: rec, new: row})
	return id, t.follow(ob, nil, row)
}

// set changes fields of a record as the system would, without editability
// checks. A value equal to the old one is no change; when nothing changes, the
// record stays as it was and no rule runs.
func (t *tx) set(id string, fields Row) error {
	rec := t.o.find(id)
	if rec == nil || rec.dead {
		return fmt.Errorf("set %s: no such record", id)
	}
	ob, old := rec.table.object, rec.row
	row := maps.Clone(old)
	if err := ob.assign(row, fields); err != nil {
		return err
	}
	if maps.Equal(row, old) {
		return nil
	}
	row["LastModifiedDate"], row["SystemModstamp"], row["LastModifiedById"] = t.at, t.at, t.user
	derive(ob, old, row)
	rec.table.replace(rec, row)
	t.log = append(t.log, entry{rec: rec, old: old, new: row})
	return t.follow(ob, old, row)
}

// touch marks a record as modified though no field of its own changed, as an
// API update that repeats the stored values does.
func (t *tx) touch(id string) error {
	rec := t.o.find(id)
	if rec == nil || rec.dead {
		return fmt.Errorf("touch %s: no such record", id)
	}
	old := rec.row
	row := maps.Clone(old)
	row["LastModifiedDate"], row["SystemModstamp"], row["LastModifiedById"] = t.at, t.at, t.user
	rec.table.replace(rec, row)
	t.log = append(t.log, entry{rec: rec, old: old, new: row})
	return t.follow(rec.table.object, old, row)
}

// remove puts a record into the recycle bin, where queryAll still sees it.
func (t *tx) remove(id string) error {
	rec := t.o.find(id)
	if rec == nil || rec.dead {
		return fmt.Errorf("remove %s: no such record", id)
	}
	old := rec.row
	row := maps.Clone(old)
	row["IsDeleted"], row["LastModifiedDate"], row["SystemModstamp"], row["LastModifiedById"] = true, t.at, t.at, t.user
	rec.table.remove(rec, row)
	t.log = append(t.log, entry{rec: rec, old: old})
	return t.follow(rec.table.object, old, nil)
}

// follow runs the after-rules of an object.
func (t *tx) follow(ob *object, old, new Row) error {
	if t.depth >= maxDepth {
		return fmt.Errorf("rules of %s set each other off without end", ob.name)
	}
	t.depth++
	defer func() { t.depth-- }()
	for _, r := range t.o.rules[ob] {
		if r.after == nil {
			continue
		}
		if err := r.after(t, old, new); err != nil {
			return err
		}
	}
	return nil
}

// get returns a record that is not deleted. Ids of 15 and 18 characters do.
func (t *tx) get(id string) (Row, bool) {
	if rec := t.o.find(id); rec != nil && !rec.dead {
		return rec.row, true
	}
	return nil, false
}

// each calls fn for every record of an object that is not deleted, in creation
// order, until fn returns false. Records that fn adds are not visited.
func (t *tx) each(object string, fn func(Row) bool) {
	if ob := t.o.schema.object(object); ob != nil {
		t.o.tables[ob].each(fn)
	}
}

// where returns the records of an object whose field equals the value, in
// creation order. Reference fields, unique and idLookup fields and those marked
// "index" in the schema are found without a scan.
func (t *tx) where(object, field string, value any) []Row {
	ob := t.o.schema.object(object)
	if ob == nil {
		return nil
	}
	f := ob.field(field)
	if f == nil {
		return nil
	}
	return t.o.tables[ob].where(f, value)
}

// Records returns copies of all records of an object in creation order, deleted
// ones included with IsDeleted true (as far as they are kept, see
// Options.KeepDeleted). An unknown object has none.
func (o *Org) Records(object string) []Row {
	ob := o.schema.object(object)
	if ob == nil {
		return nil
	}
	o.mu.RLock()
	defer o.mu.RUnlock()
	recs := o.tables[ob].all()
	rows := make([]Row, len(recs))
	for i, rec := range recs {
		rows[i] = maps.Clone(rec.row)
	}
	return rows
}

// find returns a record, dead or alive, nil when there never was one.
func (o *Org) find(id string) *record {
	long, ok := parseID(id)
	if !ok {
		return nil
	}
	ob := o.schema.ofID(long)
	if ob == nil {
		return nil
	}
	return o.tables[ob].byID[long]
}

// derive fills the fields that follow from others.
func derive(ob *object, old, row Row) {
	switch ob.name {
	case "Contact", "Lead", "User":
		row["Name"] = strings.TrimSpace(row.str("FirstName") + " " + row.str("LastName"))
	case "Case":
		closed := row.str("Status") == "Closed"
		if closed && !old.flag("IsClosed") {
			row["ClosedDate"] = row["LastModifiedDate"]
		} else if !closed {
			row["ClosedDate"] = nil
		}
		row["IsClosed"] = closed
	case "Task":
		row["IsClosed"] = row.str("Status") == "Completed"
	}
}

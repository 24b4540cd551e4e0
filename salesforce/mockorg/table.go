package mockorg

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// record is one row's place in its table. The row is replaced, never altered.
type record struct {
	table *table
	row   Row
	seq   uint64 // creation order
	dead  bool   // in the recycle bin
}

// table holds the records of one object: by id, in creation order, and by the
// values of its indexed fields. The org's lock guards it.
type table struct {
	object  *object
	byID    map[string]*record
	ordered []*record // creation order; may hold dead records until compacted
	dead    int       // how many of ordered are dead
	bin     []*record // dead records that were compacted away, oldest first
	index   map[*field]map[any]map[*record]struct{}
	folded  map[*field]map[any]map[*record]struct{} // text fields without regard to case
	seq     uint64
	numbers int64
}

func newTable(ob *object) *table {
	tb := &table{object: ob, byID: map[string]*record{}, index: map[*field]map[any]map[*record]struct{}{},
		folded: map[*field]map[any]map[*record]struct{}{}}
	for _, f := range ob.fields {
		if f.indexed {
			tb.index[f] = map[any]map[*record]struct{}{}
			if f.text() {
				tb.folded[f] = map[any]map[*record]struct{}{}
			}
		}
	}
	return tb
}

// nextID draws an id. Numbers are not given back by a rollback, as in an org.
func (tb *table) nextID(prefix string) string {
	tb.seq++
	return makeID(prefix, tb.seq)
}

// number fills the autonumber fields of a new row.
func (tb *table) number(row Row) {
	for _, f := range tb.object.fields {
		if f.auto > 0 && row[f.name] == nil {
			tb.numbers++
			row[f.name] = fmt.Sprintf("%0*d", f.auto, tb.numbers)
		}
	}
}

func (tb *table) insert(row Row) *record {
	rec := &record{table: tb, row: row, seq: tb.seq}
	tb.byID[row.ID()] = rec
	tb.ordered = append(tb.ordered, rec)
	for f := range tb.index {
		tb.enter(f, rec)
	}
	return rec
}

// undoInsert takes back the insert of rec. Steps are undone last first, so all
// records after it are gone already.
func (tb *table) undoInsert(rec *record) {
	for f := range tb.index {
		tb.leave(f, rec)
	}
	delete(tb.byID, rec.row.ID())
	tb.ordered = tb.ordered[:len(tb.ordered)-1]
}

func (tb *table) replace(rec *record, row Row) {
	old := rec.row
	for f := range tb.index {
		if old[f.name] == row[f.name] {
			continue
		}
		tb.leave(f, rec)
		rec.row = row
		tb.enter(f, rec)
		rec.row = old
	}
	rec.row = row
}

func (tb *table) remove(rec *record, row Row) {
	for f := range tb.index {
		tb.leave(f, rec)
	}
	rec.row, rec.dead = row, true
	tb.dead++
}

func (tb *table) undoRemove(rec *record, row Row) {
	rec.row, rec.dead = row, false
	tb.dead--
	for f := range tb.index {
		tb.enter(f, rec)
	}
}

// live is how many records are not deleted.
func (tb *table) live() int { return len(tb.ordered) - tb.dead }

// enter and leave keep one field's indexes in step with the record's present row.
func (tb *table) enter(f *field, rec *record) {
	value := rec.row[f.name]
	enter(tb.index[f], value, rec)
	if folded := tb.folded[f]; folded != nil {
		enter(folded, fold(value), rec)
	}
}

func (tb *table) leave(f *field, rec *record) {
	value := rec.row[f.name]
	leave(tb.index[f], value, rec)
	if folded := tb.folded[f]; folded != nil {
		leave(folded, fold(value), rec)
	}
}

func enter(index map[any]map[*record]struct{}, value any, rec *record) {
	set := index[value]
	if set == nil {
		set = map[*record]struct{}{}
		index[value] = set
	}
	set[rec] = struct{}{}
}

func leave(index map[any]map[*record]struct{}, value any, rec *record) {
	set := index[value]
	delete(set, rec)
	if len(set) == 0 {
		delete(index, value)
	}
}

// fold brings text into a form in which case makes no difference.
func fold(value any) any {
	if text, ok := value.(string); ok {
		return strings.ToLower(strings.ToUpper(text))
	}
	return value
}

// lookup returns the live records whose indexed field has a value, as SOQL and
// uniqueness compare: text without regard to case.
func (tb *table) lookup(f *field, value any) []*record {
	set, ok := tb.candidates(f, value)
	if !ok {
		return nil
	}
	return inOrder(set)
}

// candidates returns the set of live records that may equal a value of a query.
// ok is false when the field has no index that can tell.
func (tb *table) candidates(f *field, value any) (set map[*record]struct{}, ok bool) {
	if folded := tb.folded[f]; folded != nil {
		return folded[fold(value)], true
	}
	index := tb.index[f]
	if index == nil {
		return nil, false
	}
	text, isText := value.(string)
	switch {
	case value == nil, f.kind == kindBoolean:
		return index[value], true
	case f.kind == kindReference && isText:
		id, ok := parseID(text)
		if !ok {
			return nil, true // no record has such a value
		}
		return index[id], true
	case f.restricted && isText:
		value, ok := f.pick(text)
		if !ok {
			return nil, true
		}
		return index[value], true
	}
	return nil, false
}

// each visits the live records present when it begins.
func (tb *table) each(fn func(Row) bool) {
	for _, rec := range tb.ordered[:len(tb.ordered):len(tb.ordered)] {
		if !rec.dead && !fn(rec.row) {
			return
		}
	}
}

// where returns the live rows whose field has the value, in creation order.
func (tb *table) where(f *field, value any) []Row {
	value, err := f.normal(value)
	if err != nil {
		return nil
	}
	var rows []Row
	if set, ok := tb.index[f]; ok {
		for _, rec := range inOrder(set[value]) {
			rows = append(rows, rec.row)
		}
		return rows
	}
	tb.each(func(row Row) bool {
		if row[f.name] == value {
			rows = append(rows, row)
		}
		return true
	})
	return rows
}

// inOrder sorts a set of records by creation.
func inOrder(set map[*record]struct{}) []*record {
	return slices.SortedFunc(maps.Keys(set), bySeq)
}

func bySeq(a, b *record) int {
	switch {
	case a.seq < b.seq:
		return -1
	case a.seq > b.seq:
		return 1
	}
	return 0
}

// all returns every record, dead ones included, in creation order.
func (tb *table) all() []*record {
	recs := slices.Concat(tb.bin, tb.ordered)
	if len(tb.bin) > 0 {
		slices.SortFunc(recs, bySeq)
	}
	return recs
}

// compact moves dead records out of the way of each once they are the larger
// half, and forgets the oldest beyond keep.
func (tb *table) compact(keep int) {
	if tb.dead < 64 || tb.dead < len(tb.ordered)/2 {
		return
	}
	live := make([]*record, 0, len(tb.ordered)-tb.dead)
	for _, rec := range tb.ordered {
		if rec.dead {
			tb.bin = append(tb.bin, rec)
		} else {
			live = append(live, rec)
		}
	}
	tb.ordered, tb.dead = live, 0
	if extra := len(tb.bin) - keep; extra > 0 {
		for _, rec := range tb.bin[:extra] {
			delete(tb.byID, rec.row.ID())
		}
		tb.bin = slices.Clone(tb.bin[extra:])
	}
}

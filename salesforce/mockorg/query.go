package mockorg

import (
	"cmp"
	"fmt"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Query pages (salesforce-apis 2.3).
const (
	minPage    = 200
	maxPage    = 2_000
	cursorLife = 48 * time.Hour
	maxCursors = 100 // over all users; the oldest goes first
	cursorIDs  = "01g"
)

// cursor is a query's result with pages yet to be fetched.
type cursor struct {
	id      string
	object  *object
	columns *column
	rows    []Row
	size    int // rows per page
	at      time.Time
}

// run finds the rows of a query, in order. deleted includes the recycle bin.
func (t *tx) run(p *plan, deleted bool) ([]Row, error) {
	q := p.query
	most := math.MaxInt
	if q.Limit >= 0 {
		most = max(q.Offset, 0) + q.Limit
	}
	var rows []Row
	var row Row
	get := t.o.getter(p, &row) // one for all rows
	for _, rec := range t.o.scan(p, deleted || q.AllRows) {
		if len(q.OrderBy) == 0 && len(rows) >= most {
			break
		}
		if rec.dead && !deleted && !q.AllRows {
			continue
		}
		row = rec.row
		ok, err := q.Match(get, t.at)
		if err != nil {
			return nil, asRefusal(err)
		}
		if ok {
			rows = append(rows, row)
		}
	}
	if len(q.OrderBy) > 0 {
		if err := t.order(p, rows); err != nil {
			return nil, asRefusal(err)
		}
	}
	rows = rows[min(max(q.Offset, 0), len(rows)):]
	if q.Limit >= 0 {
		rows = rows[:min(q.Limit, len(rows))]
	}
	return rows, nil
}

// order sorts rows as ORDER BY asks; ties keep the order of creation.
func (t *tx) order(p *plan, rows []Row) (err error) {
	var x, y Row
	getX, getY := t.o.getter(p, &x), t.o.getter(p, &y)
	slices.SortStableFunc(rows, func(a, b Row) int {
		x, y = a, b
		c, e := p.query.Compare(getX, getY)
		err = cmp.Or(err, e)
		return c
	})
	return err
}

// scan returns the records a query has to look at: the smallest set that an
// index or a list of ids offers, else all of them.
func (o *Org) scan(p *plan, deleted bool) []*record {
	tb := o.tables[p.object]
	var best []map[*record]struct{}
	size := -1
	for name, values := range p.query.Equalities() {
		f := p.leaf(name)
		if f == nil {
			continue
		}
		if f.kind == kindID {
			return tb.byIDs(values)
		}
		if deleted {
			continue // indexes know only what is alive
		}
		sets, n, ok := tb.union(f, values)
		if ok && (size < 0 || n < size) {
			best, size = sets, n
		}
	}
	switch {
	case deleted:
		return tb.all()
	case size < 0:
		return tb.ordered
	}
	recs := make([]*record, 0, size)
	for _, set := range best {
		for rec := range set {
			recs = append(recs, rec)
		}
	}
	slices.SortFunc(recs, bySeq)
	return slices.Compact(recs)
}

// union returns the candidates for any of the values; ok is false when one of
// them cannot be looked up.
func (tb *table) union(f *field, values []any) (sets []map[*record]struct{}, n int, ok bool) {
	for _, value := range values {
		set, ok := tb.candidates(f, value)
		if !ok {
			return nil, 0, false
		}
		sets, n = append(sets, set), n+len(set)
	}
	return sets, n, true
}

// byIDs returns the records with the given ids, dead ones too, in creation order.
func (tb *table) byIDs(values []any) []*record {
	var recs []*record
	for _, value := range values {
		text, _ := value.(string)
		if id, ok := parseID(text); ok && tb.byID[id] != nil {
			recs = append(recs, tb.byID[id])
		}
	}
	slices.SortFunc(recs, bySeq)
	return slices.Compact(recs)
}

// query answers /query and /queryAll.
func (c *call) query(rest []string, deleted bool) (reply, error) {
	if err := c.only(http.MethodGet); err != nil {
		return reply{}, err
	}
	if len(rest) == 1 {
		return c.more(rest[0])
	}
	if len(rest) > 1 {
		return reply{}, errNotFound()
	}
	text := c.params.Get("q")
	if strings.TrimSpace(text) == "" {
		return reply{}, refuse("MALFORMED_QUERY", "A query string has to be specified")
	}
	p, err := c.o.schema.prepare(text)
	if err != nil {
		return reply{}, err
	}
	c.object, c.soql = p.object.name, text
	if c.params.Get("columns") == "true" {
		return c.columns(p)
	}
	var body []byte
	err = c.view(func(t *tx) error {
		rows, err := t.run(p, deleted)
		if err != nil {
			return err
		}
		if p.query.Count {
			body = fmt.Appendf(nil, `{"totalSize":%d,"done":true,"records":[]}`, len(rows))
			return nil
		}
		body = c.page(&cursor{object: p.object, columns: p.columns, rows: rows, size: c.pageSize(), at: t.at}, 0)
		return nil
	})
	return reply{status: http.StatusOK, body: body}, err
}

// more answers a nextRecordsUrl: the locator is the cursor's id and a position.
// Its API version is whatever the client says (salesforce-apis 6, jsforce).
func (c *call) more(locator string) (reply, error) {
	id, position, _ := strings.Cut(locator, "-")
	at, err := strconv.Atoi(position)
	cur := c.o.cursors.find(id, c.o.clock.Now())
	if cur == nil || err != nil || at < 0 || at >= len(cur.rows) {
		return reply{}, refuse("INVALID_QUERY_LOCATOR", "invalid query locator")
	}
	c.object = cur.object.name
	var body []byte
	err = c.view(func(*tx) error { body = c.page(cur, at); return nil })
	return reply{status: http.StatusOK, body: body}, err
}

// page prints the rows of a cursor from a position on, and keeps the cursor
// when rows remain.
func (c *call) page(cur *cursor, from int) []byte {
	to := min(from+cur.size, len(cur.rows))
	b := make([]byte, 0, 64+(to-from)*256)
	b = fmt.Appendf(b, `{"totalSize":%d,"done":%t,`, len(cur.rows), to == len(cur.rows))
	if to < len(cur.rows) {
		if cur.id == "" {
			c.o.cursors.keep(cur)
		}
		b = fmt.Appendf(b, `"nextRecordsUrl":"/services/data/%s/query/%s-%d",`, c.version, cur.id, to)
	}
	b = append(b, `"records":[`...)
	for i, row := range cur.rows[from:to] {
		if i > 0 {
			b = append(b, ',')
		}
		b = c.o.appendRow(b, c.version, cur.object, row, cur.columns)
	}
	return append(b, "]}"...)
}

// pageSize reads Sforce-Query-Options; sizes out of range become the nearest
// that is in it.
func (c *call) pageSize() int {
	most := c.o.options.PageSize
	for option := range strings.SplitSeq(c.header.Get("Sforce-Query-Options"), ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(option), "=")
		if n, err := strconv.Atoi(strings.TrimSpace(value)); err == nil && strings.EqualFold(strings.TrimSpace(name), "batchSize") {
			return min(max(n, min(minPage, most)), most)
		}
	}
	return most
}

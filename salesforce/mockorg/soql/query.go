// Package soql reads the mock org's queries and tries rows against them.
//
// It covers the part of SOQL that clients of this project and the foreign ones
// use, and refuses the rest by name:
//
//	SELECT fields | COUNT()  FROM object [alias]
//	[WHERE condition]  [ORDER BY field [ASC|DESC] [NULLS FIRST|LAST], ...]
//	[LIMIT n]  [OFFSET n]  [FOR VIEW|REFERENCE]  [ALL ROWS]
//
// Conditions are = != <> < <= > >=, IN, NOT IN and LIKE on fields, also those of
// parents (Owner.Name), joined by AND, OR and NOT with the parentheses that
// Salesforce demands. Values are texts, numbers, booleans, null, dates,
// date-times and date literals such as TODAY and LAST_N_DAYS:3. Comparisons of
// text ignore case, ids match in both their forms, and an empty text is null.
// Days are those of UTC.
//
// Not here: aggregates other than COUNT(), GROUP BY, sub-queries, semi-joins,
// FIELDS(), TYPEOF, functions, multi-select picklists, SOSL. The package knows
// no schema either: whether a field exists is for the caller, who asks Paths,
// and whether a value fits its field shows when a row is matched.
//
// A Query does not change once parsed, so goroutines may share it.
package soql

import (
	"strconv"
	"strings"
	"time"
)

// Bounds of a query, as documented by Salesforce (salesforce-apis 2.3).
const (
	MaxLength = 100_000 // characters
	MaxOffset = 2_000
)

// Query is a parsed query.
type Query struct {
	Fields  []string // as written, without the object's alias: "Id", "Owner.Name"; empty when Count
	From    string   // the object
	Where   Expr     // nil when every row qualifies
	OrderBy []Order
	Limit   int    // -1 when there is none
	Offset  int    // -1 when there is none
	Count   bool   // SELECT COUNT(): only the number of rows is asked for
	For     string // VIEW or REFERENCE, or empty
	AllRows bool   // ALL ROWS: deleted rows qualify too

	equalities map[string][]any
}

// Order is one term of ORDER BY.
type Order struct {
	Path      string
	Desc      bool
	NullsLast bool // nulls come first unless this is set, in both directions
}

// Match tells whether a row satisfies the WHERE clause, given the time that
// TODAY and its like refer to. It returns the getter's error, or an *Error with
// the code INVALID_FIELD when a value does not fit its field's type.
func (q *Query) Match(get Getter, now time.Time) (bool, error) {
	if q.Where == nil {
		return true, nil
	}
	return q.Where.match(get, now)
}

// Compare orders two rows as ORDER BY asks; 0 when it does not tell them apart.
func (q *Query) Compare(a, b Getter) (int, error) {
	for _, o := range q.OrderBy {
		x, err := a(o.Path)
		if err != nil {
			return 0, err
		}
		y, err := b(o.Path)
		if err != nil {
			return 0, err
		}
		if c := o.Compare(x, y); c != 0 {
			return c, nil
		}
	}
	return 0, nil
}

// Compare orders two values of the term's field.
func (o Order) Compare(a, b any) int {
	c := Compare(a, b)
	switch nulls := isNull(a) != isNull(b); {
	case nulls && o.NullsLast, !nulls && o.Desc:
		return -c
	default:
		return c
	}
}

// Paths returns every field path that the query uses, each once, in the
// spelling of its first use.
func (q *Query) Paths() []string {
	list := append([]string(nil), q.Fields...)
	list = append(list, q.wherePaths()...)
	for _, o := range q.OrderBy {
		list = append(list, o.Path)
	}
	return distinct(list)
}

// WherePaths returns the field paths of the WHERE clause, each once.
func (q *Query) WherePaths() []string { return distinct(q.wherePaths()) }

func (q *Query) wherePaths() (list []string) {
	if q.Where != nil {
		q.Where.walk(func(path string) { list = append(list, path) })
	}
	return list
}

func distinct(paths []string) []string {
	seen := make(map[string]bool, len(paths))
	out := paths[:0]
	for _, p := range paths {
		if key := strings.ToLower(p); !seen[key] {
			seen[key] = true
			out = append(out, p)
		}
	}
	return out
}

// Equalities returns, for each field that the WHERE clause pins down, the values
// of which it must have one: from "f = v" and "f IN (...)" that hold for every
// matching row. A store may look these up in an index and match only what it
// finds. Texts are to be compared as Match does, without regard to case and
// with both forms of an id equal; nil stands for no value. The map belongs to
// the query: read it only.
func (q *Query) Equalities() map[string][]any { return q.equalities }

// findEqualities collects the equalities of e, which must hold.
func findEqualities(e Expr, into map[string][]any) {
	switch e := e.(type) {
	case conjunction:
		for _, part := range e {
			findEqualities(part, into)
		}
	case *test:
		if v, ok := e.value.plain(); ok && e.op == "=" && into[e.path] == nil {
			into[e.path] = []any{v}
		}
	case *inTest:
		if e.not || into[e.path] != nil {
			return
		}
		list := make([]any, len(e.values))
		for i := range e.values {
			v, ok := e.values[i].plain()
			if !ok {
				return
			}
			list[i] = v
		}
		into[e.path] = list
	}
}

// String prints the query so that Parse reads the same query again.
func (q *Query) String() string {
	var b strings.Builder
	b.WriteString("SELECT ")
	if q.Count {
		b.WriteString("COUNT()")
	} else {
		b.WriteString(strings.Join(q.Fields, ", "))
	}
	b.WriteString(" FROM " + q.From)
	if q.Where != nil {
		b.WriteString(" WHERE " + q.Where.String())
	}
	for i, o := range q.OrderBy {
		if i == 0 {
			b.WriteString(" ORDER BY ")
		} else {
			b.WriteString(", ")
		}
		b.WriteString(o.String())
	}
	if q.Limit >= 0 {
		b.WriteString(" LIMIT " + strconv.Itoa(q.Limit))
	}
	if q.Offset >= 0 {
		b.WriteString(" OFFSET " + strconv.Itoa(q.Offset))
	}
	if q.For != "" {
		b.WriteString(" FOR " + q.For)
	}
	if q.AllRows {
		b.WriteString(" ALL ROWS")
	}
	return b.String()
}

// String prints the term as SOQL.
func (o Order) String() string {
	s := o.Path
	if o.Desc {
		s += " DESC"
	}
	if o.NullsLast {
		s += " NULLS LAST"
	}
	return s
}

package soql

import (
	"strings"
	"time"
)

// Getter returns one row's value for a path such as "Status" or "Owner.Name":
// nil, string, bool, int64, float64 or time.Time. How it compares names is its
// own business. An error ends the match and is returned from it unchanged.
type Getter func(path string) (any, error)

// Expr is a condition on a row. String prints it as SOQL.
type Expr interface {
	String() string
	match(get Getter, now time.Time) (bool, error)
	walk(visit func(path string))
}

type (
	conjunction []Expr
	disjunction []Expr
	negation    struct{ Expr }

	// test compares a field with one value.
	test struct {
		path  string
		op    string
		value value
		at    place
	}

	// likeTest compares a field with a pattern.
	likeTest struct {
		path    string
		pattern pattern
		printed string
		at      place
	}

	// inTest looks for a field's value in a list.
	inTest struct {
		path   string
		not    bool
		values []value
		null   bool               // the list holds null
		texts  map[uint64][]int32 // by hashText, for long lists of nothing but text and null
		at     place
	}
)

func (c conjunction) match(get Getter, now time.Time) (bool, error) {
	for _, e := range c {
		if ok, err := e.match(get, now); !ok || err != nil {
			return false, err
		}
	}
	return true, nil
}

func (d disjunction) match(get Getter, now time.Time) (bool, error) {
	for _, e := range d {
		if ok, err := e.match(get, now); ok || err != nil {
			return ok && err == nil, err
		}
	}
	return false, nil
}

func (n negation) match(get Getter, now time.Time) (bool, error) {
	ok, err := n.Expr.match(get, now)
	return !ok && err == nil, err
}

// match knows no "unknown": a field without a value differs from every value
// and is neither below nor above any.
func (t *test) match(get Getter, now time.Time) (bool, error) {
	row, err := get(t.path)
	if err != nil {
		return false, err
	}
	if isNull(row) || t.value.isNull() {
		same := isNull(row) && t.value.isNull()
		return t.op == "=" && same || t.op == "!=" && !same, nil
	}
	order, ok := t.value.compare(row, now)
	if !ok {
		return false, misfit(t.at, t.path, row)
	}
	switch t.op {
	case "=":
		return order == 0, nil
	case "!=":
		return order != 0, nil
	case "<":
		return order < 0, nil
	case "<=":
		return order <= 0, nil
	case ">":
		return order > 0, nil
	default:
		return order >= 0, nil
	}
}

func (l *likeTest) match(get Getter, _ time.Time) (bool, error) {
	row, err := get(l.path)
	if err != nil || isNull(row) {
		return false, err
	}
	s, ok := row.(string)
	if !ok {
		return false, l.at.errorf(InvalidField, "invalid operator on %s field '%s': LIKE is for text", typeName(row), l.path)
	}
	return l.pattern.match(s), nil
}

func (in *inTest) match(get Getter, now time.Time) (bool, error) {
	row, err := get(in.path)
	if err != nil {
		return false, err
	}
	if isNull(row) {
		return in.null != in.not, nil
	}
	found, ok := in.find(row, now)
	if !ok {
		return false, misfit(in.at, in.path, row)
	}
	return found != in.not, nil
}

// find looks for a value that is not null. Its second result is false when a
// literal of the list does not fit the row's type.
func (in *inTest) find(row any, now time.Time) (found, fits bool) {
	if in.texts != nil {
		s, ok := row.(string)
		if !ok {
			return false, false
		}
		for _, i := range in.texts[hashText(s)] {
			if equalText(s, in.values[i].text) {
				return true, true
			}
		}
		return false, true
	}
	for i := range in.values {
		v := &in.values[i]
		if v.isNull() {
			continue
		}
		order, ok := v.compare(row, now)
		if !ok || order == 0 {
			return ok, ok
		}
	}
	return false, true
}

// longList is the length from which a list is worth a hash table.
const longList = 9

// index prepares the list for find.
func (in *inTest) index() {
	onlyText := true
	for i := range in.values {
		v := &in.values[i]
		in.null = in.null || v.isNull()
		onlyText = onlyText && (v.kind == textKind || v.kind == nullKind)
	}
	if !onlyText || len(in.values) < longList {
		return
	}
	in.texts = make(map[uint64][]int32, len(in.values))
	for i := range in.values {
		if v := &in.values[i]; !v.isNull() {
			h := hashText(v.text)
			in.texts[h] = append(in.texts[h], int32(i))
		}
	}
}

// misfit is the error for a literal that does not fit its field, in
// Salesforce's words.
func misfit(at place, path string, row any) error {
	quotes := "should not be enclosed in quotes"
	name := typeName(row)
	if name == "string" {
		quotes = "should be enclosed in quotes"
	}
	return at.errorf(InvalidField, "value of filter criterion for field '%s' must be of type %s and %s", path, name, quotes)
}

func typeName(row any) string {
	switch row.(type) {
	case bool:
		return "boolean"
	case int64, int:
		return "int"
	case float64:
		return "double"
	case time.Time:
		return "dateTime"
	default:
		return "string"
	}
}

func (c conjunction) String() string { return join(c, " AND ") }
func (d disjunction) String() string { return join(d, " OR ") }
func (n negation) String() string    { return "NOT " + group(n.Expr) }
func (t *test) String() string       { return t.path + " " + t.op + " " + t.value.String() }
func (l *likeTest) String() string   { return l.path + " LIKE '" + l.printed + "'" }

func (in *inTest) String() string {
	var b strings.Builder
	b.WriteString(in.path)
	if in.not {
		b.WriteString(" NOT")
	}
	b.WriteString(" IN (")
	for i := range in.values {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(in.values[i].String())
	}
	b.WriteByte(')')
	return b.String()
}

func join(list []Expr, word string) string {
	parts := make([]string, len(list))
	for i, e := range list {
		parts[i] = group(e)
	}
	return strings.Join(parts, word)
}

// group prints e as one condition.
func group(e Expr) string {
	switch e.(type) {
	case conjunction, disjunction, negation:
		return "(" + e.String() + ")"
	default:
		return e.String()
	}
}

func (c conjunction) walk(visit func(string)) {
	for _, e := range c {
		e.walk(visit)
	}
}

func (d disjunction) walk(visit func(string)) {
	for _, e := range d {
		e.walk(visit)
	}
}

func (n negation) walk(visit func(string))  { n.Expr.walk(visit) }
func (t *test) walk(visit func(string))     { visit(t.path) }
func (l *likeTest) walk(visit func(string)) { visit(l.path) }
func (in *inTest) walk(visit func(string))  { visit(in.path) }

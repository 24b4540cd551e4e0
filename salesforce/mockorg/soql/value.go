package soql

import (
	"cmp"
	"strconv"
	"strings"
	"time"
)

// kind is the type of a literal.
type kind byte

const (
	nullKind kind = iota
	textKind
	boolKind
	intKind
	decimalKind
	dateTimeKind
	dateKind
	formulaKind
)

// family groups the kinds that can be compared with the same field.
func (k kind) family() kind {
	switch k {
	case decimalKind:
		return intKind
	case dateKind, formulaKind:
		return dateTimeKind
	default:
		return k
	}
}

// value is a literal of a query, decoded once.
type value struct {
	kind    kind
	text    string
	integer int64 // a boolean is 0 or 1
	decimal float64
	time    time.Time // for a date, its midnight
	formula formula
}

// isNull holds for an empty text too: Salesforce stores no empty texts.
func (v *value) isNull() bool { return v.kind == nullKind || v.kind == textKind && v.text == "" }

// isNull is the same for a row's value.
func isNull(row any) bool { return row == nil || row == "" }

// compare orders a row's value, which is not null, relative to v, which is not
// null either. A date stands for all of its day and a formula for all of its
// stretch, so that 0 means within. The second result is false when the types
// cannot be compared.
func (v *value) compare(row any, now time.Time) (int, bool) {
	switch row := row.(type) {
	case string:
		return v.compareText(row, now)
	case bool:
		return cmp.Compare(b2i(row), v.integer), v.kind == boolKind
	case int64:
		return v.compareInteger(row)
	case int:
		return v.compareInteger(int64(row))
	case float64:
		switch v.kind {
		case intKind:
			return cmp.Compare(row, float64(v.integer)), true
		case decimalKind:
			return cmp.Compare(row, v.decimal), true
		}
	case time.Time:
		return v.compareTime(row, now)
	}
	return 0, false
}

func b2i(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

func (v *value) compareText(row string, now time.Time) (int, bool) {
	switch v.kind {
	case textKind:
		if equalText(row, v.text) {
			return 0, true
		}
		return compareFold(row, v.text), true
	case dateTimeKind, dateKind, formulaKind:
		// A row may hold its dates as JSON does.
		for _, layout := range rowTimes {
			if t, err := time.Parse(layout, row); err == nil {
				return v.compareTime(t, now)
			}
		}
	}
	return 0, false
}

// rowTimes are the forms in which a row may hold a date or date-time as text.
var rowTimes = [...]string{time.DateOnly, "2006-01-02T15:04:05.999999999Z0700", time.RFC3339Nano}

func (v *value) compareInteger(row int64) (int, bool) {
	switch v.kind {
	case intKind:
		return cmp.Compare(row, v.integer), true
	case decimalKind:
		return cmp.Compare(float64(row), v.decimal), true
	}
	return 0, false
}

func (v *value) compareTime(row, now time.Time) (int, bool) {
	var from, to time.Time
	switch v.kind {
	case dateTimeKind:
		return row.Compare(v.time), true
	case dateKind:
		from, to = v.time, v.time.AddDate(0, 0, 1)
	case formulaKind:
		from, to = v.formula.bounds(now)
	default:
		return 0, false
	}
	switch {
	case row.Before(from):
		return -1, true
	case row.Before(to):
		return 0, true
	default:
		return 1, true
	}
}

// plain returns the literal as a row would hold it. Its second result is false
// for a literal that stands for a stretch of time.
func (v *value) plain() (any, bool) {
	switch v.kind {
	case nullKind:
		return nil, true
	case textKind:
		if v.text == "" {
			return nil, true
		}
		return v.text, true
	case boolKind:
		return v.integer == 1, true
	case intKind:
		return v.integer, true
	case decimalKind:
		return v.decimal, true
	case dateTimeKind:
		return v.time, true
	default:
		return nil, false
	}
}

// String prints the literal so that it can be parsed again.
func (v *value) String() string {
	switch v.kind {
	case textKind:
		return quote(v.text)
	case boolKind:
		return strconv.FormatBool(v.integer == 1)
	case intKind:
		return strconv.FormatInt(v.integer, 10)
	case decimalKind:
		s := strconv.FormatFloat(v.decimal, 'g', -1, 64)
		if !strings.ContainsAny(s, ".e") {
			s += ".0"
		}
		return s
	case dateTimeKind:
		return v.time.Format("2006-01-02T15:04:05.999999999Z")
	case dateKind:
		return v.time.Format(time.DateOnly)
	case formulaKind:
		return v.formula.name
	default:
		return "null"
	}
}

// Compare orders two values of a row for ORDER BY, ascending: null first, text
// without regard to case, false before true, numbers by size whatever their
// type, times by instant. Values of different types, which a typed field never
// holds, are ordered by type so that the order is total.
func Compare(a, b any) int {
	if isNull(a) || isNull(b) {
		return cmp.Compare(b2i(!isNull(a)), b2i(!isNull(b)))
	}
	switch a := a.(type) {
	case string:
		if b, ok := b.(string); ok {
			return compareFold(a, b)
		}
	case bool:
		if b, ok := b.(bool); ok {
			return cmp.Compare(b2i(a), b2i(b))
		}
	case time.Time:
		if b, ok := b.(time.Time); ok {
			return a.Compare(b)
		}
	}
	if rank(a) != rank(b) || rank(a) != rankNumber {
		return cmp.Compare(rank(a), rank(b))
	}
	if a, ok := asInteger(a); ok {
		if b, ok := asInteger(b); ok {
			return cmp.Compare(a, b)
		}
	}
	return cmp.Compare(asDecimal(a), asDecimal(b))
}

const rankNumber = 1

func rank(v any) int {
	switch v.(type) {
	case bool:
		return 0
	case int64, int, float64:
		return rankNumber
	case time.Time:
		return 2
	case string:
		return 3
	default:
		return 4
	}
}

func asInteger(v any) (int64, bool) {
	switch v := v.(type) {
	case int64:
		return v, true
	case int:
		return int64(v), true
	default:
		return 0, false
	}
}

func asDecimal(v any) float64 {
	if f, ok := v.(float64); ok {
		return f
	}
	n, _ := asInteger(v)
	return float64(n)
}

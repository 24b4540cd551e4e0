package soql

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

var (
	textGen = rapid.OneOf(
		rapid.String(),
		rapid.StringMatching(`[aAbBéÉſK%_\\' \n]{0,6}`),
		rapid.SampledFrom([]string{"0015e00000A1b2C", "0015e00000A1b2CAAR", "0015E00000a1B2cAAR", ""}),
	)
	// The names collide on purpose, and none is a word of the language.
	pathGen = rapid.SampledFrom([]string{"Text", "TEXT", "Flag", "Int", "Real", "At", "Owner.Text", "A.B.C.Int"})
)

// kindOf is the type of a generated field.
func kindOf(path string) kind {
	name := path[strings.LastIndexByte(path, '.')+1:]
	return map[string]kind{"text": textKind, "flag": boolKind, "int": intKind, "real": decimalKind, "at": dateTimeKind}[strings.ToLower(name)]
}

func genTime(t *rapid.T) time.Time {
	return noon.Add(time.Duration(rapid.Int64Range(-3e6, 3e6).Draw(t, "ms")) * 100 * time.Millisecond)
}

// genValue draws a literal that fits the kind.
func genValue(t *rapid.T, k kind) value {
	if rapid.IntRange(0, 9).Draw(t, "null") == 0 {
		return value{}
	}
	switch k {
	case textKind:
		return value{kind: textKind, text: textGen.Draw(t, "text")}
	case boolKind:
		return value{kind: boolKind, integer: b2i(rapid.Bool().Draw(t, "bool"))}
	case intKind, decimalKind:
		if rapid.Bool().Draw(t, "whole") {
			return value{kind: intKind, integer: rapid.Int64().Draw(t, "int")}
		}
		return value{kind: decimalKind, decimal: rapid.Float64().Draw(t, "real")}
	}
	switch rapid.IntRange(0, 2).Draw(t, "date") {
	case 0:
		return value{kind: dateTimeKind, time: genTime(t)}
	case 1:
		return value{kind: dateKind, time: genTime(t).Truncate(24 * time.Hour)}
	default:
		f, _ := newFormula(rapid.SampledFrom([]string{"TODAY", "LAST_WEEK", "LAST_N_DAYS:2", "N_MONTHS_AGO:1"}).Draw(t, "formula"))
		return value{kind: formulaKind, formula: f}
	}
}

func genRow(t *rapid.T) Getter {
	fields := map[string]any{}
	return func(path string) (any, error) {
		key := strings.ToLower(path)
		if v, ok := fields[key]; ok {
			return v, nil
		}
		var v any
		if rapid.IntRange(0, 5).Draw(t, "null") > 0 {
			switch kindOf(path) {
			case textKind:
				v = textGen.Draw(t, "text")
			case boolKind:
				v = rapid.Bool().Draw(t, "bool")
			case intKind:
				v = rapid.Int64Range(-3, 3).Draw(t, "int")
			case decimalKind:
				v = rapid.Float64().Draw(t, "real")
			default:
				v = genTime(t)
			}
		}
		fields[key] = v
		return v, nil
	}
}

func genTest(t *rapid.T) Expr {
	path := pathGen.Draw(t, "path")
	k := kindOf(path)
	switch n := rapid.IntRange(0, 3).Draw(t, "test"); {
	case n == 0 && k == textKind:
		p, printed, err := newPattern(rapid.StringMatching(`([a-cÉ]|%|_|\\%|\\_|\\\\|\\')*`).Draw(t, "pattern"))
		if err != nil {
			t.Fatal(err)
		}
		return &likeTest{path: path, pattern: p, printed: printed}
	case n == 1:
		in := &inTest{path: path, not: rapid.Bool().Draw(t, "not"), values: make([]value, rapid.IntRange(1, 2*longList).Draw(t, "length"))}
		for i := range in.values {
			in.values[i] = genValue(t, k)
		}
		in.index()
		return in
	default:
		v := genValue(t, k)
		ops := []string{"=", "!=", "<", "<=", ">", ">="}
		if v.isNull() || k == boolKind {
			ops = ops[:2]
		}
		return &test{path: path, op: rapid.SampledFrom(ops).Draw(t, "op"), value: v}
	}
}

func genExpr(t *rapid.T, depth int) Expr {
	if depth == 0 {
		return genTest(t)
	}
	parts := func() []Expr {
		list := make([]Expr, rapid.IntRange(2, 4).Draw(t, "parts"))
		for i := range list {
			list[i] = genExpr(t, depth-1)
		}
		return list
	}
	switch rapid.IntRange(0, 3).Draw(t, "expr") {
	case 0:
		return conjunction(parts())
	case 1:
		return disjunction(parts())
	case 2:
		return negation{genExpr(t, depth-1)}
	default:
		return genTest(t)
	}
}

func genQuery(t *rapid.T) *Query {
	q := &Query{From: rapid.SampledFrom([]string{"Case", "Group", "Order", "X__c"}).Draw(t, "from"), Limit: -1, Offset: -1}
	if q.Count = rapid.Bool().Draw(t, "count"); !q.Count {
		q.Fields = rapid.SliceOfNDistinct(pathGen, 1, 4, strings.ToLower).Draw(t, "fields")
		for range rapid.IntRange(0, 2).Draw(t, "terms") {
			q.OrderBy = append(q.OrderBy, Order{pathGen.Draw(t, "by"), rapid.Bool().Draw(t, "desc"), rapid.Bool().Draw(t, "last")})
		}
	}
	if rapid.Bool().Draw(t, "where") {
		q.Where = genExpr(t, 2)
	}
	q.Limit = rapid.IntRange(-1, 1e6).Draw(t, "limit")
	q.Offset = rapid.IntRange(-1, MaxOffset).Draw(t, "offset")
	q.For = rapid.SampledFrom([]string{"", "VIEW", "REFERENCE"}).Draw(t, "for")
	q.AllRows = rapid.Bool().Draw(t, "all")
	return q
}

// Any query, printed and parsed, prints the same and matches the same rows.
func TestPropertyRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		q := genQuery(t)
		parsed, err := Parse(q.String())
		if err != nil {
			t.Fatalf("%s: %v", q, err)
		}
		if parsed.String() != q.String() {
			t.Fatalf("printed %s\nparsed  %s", q, parsed)
		}
		get := genRow(t)
		want, err := q.Match(get, noon)
		if err != nil {
			t.Fatalf("%s: %v", q, err)
		}
		if got, err := parsed.Match(get, noon); got != want || err != nil {
			t.Fatalf("%s matches: %v, %v, want %v", q, got, err, want)
		}
	})
}

// A row that matches has, in every pinned field, one of the pinned values.
func TestPropertyEqualitiesHold(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		parts := conjunction{genExpr(t, 1), genExpr(t, 1)}
		q, err := Parse("SELECT Id FROM X WHERE " + parts.String())
		if err != nil {
			t.Fatal(err)
		}
		get := genRow(t)
		if ok, err := q.Match(get, noon); err != nil || !ok {
			return
		}
		for path, allowed := range q.Equalities() {
			v, _ := get(path)
			if !slices.ContainsFunc(allowed, func(a any) bool {
				x, isText := v.(string)
				y, both := a.(string)
				return Compare(v, a) == 0 || isText && both && equalText(x, y)
			}) {
				t.Fatalf("%s matches %s = %v, which is none of %v", q, path, v, allowed)
			}
		}
	})
}

// LIKE agrees with a regular expression.
func TestPropertyLike(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		quoted := rapid.StringMatching(`([ab]|%|_|\\%|\\_)*`).Draw(t, "pattern")
		s := rapid.StringMatching(`[aAbB%_]*`).Draw(t, "text")
		p, _, err := newPattern(quoted)
		if err != nil {
			t.Fatal(err)
		}
		expr := strings.NewReplacer(`\%`, `%`, `\_`, `_`, `%`, `.*`, `_`, `.`).Replace(quoted)
		want := regexp.MustCompile(`(?is)^` + expr + `$`).MatchString(s)
		if got := p.match(s); got != want {
			t.Fatalf("%q LIKE %q: %v, want %v", s, quoted, got, want)
		}
	})
}

// A long list gives what its values give one by one.
func TestPropertyLongLists(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		in := &inTest{path: "Text", values: make([]value, 3*longList)}
		var any disjunction
		for i := range in.values {
			in.values[i] = genValue(t, textKind)
			any = append(any, &test{path: "Text", op: "=", value: in.values[i]})
		}
		in.index()
		if in.texts == nil {
			t.Fatal("the list has no index")
		}
		get := genRow(t)
		got, _ := in.match(get, noon)
		want, _ := any.match(get, noon)
		if got != want {
			v, _ := get("Text")
			t.Fatalf("%q in %s: %v, want %v", v, in, got, want)
		}
	})
}

// Compare is a total order, and equal texts hash alike.
func TestPropertyCompare(t *testing.T) {
	gen := rapid.Custom(func(t *rapid.T) any {
		switch rapid.IntRange(0, 5).Draw(t, "type") {
		case 0:
			return nil
		case 1:
			return textGen.Draw(t, "text")
		case 2:
			return rapid.Bool().Draw(t, "bool")
		case 3:
			return rapid.Int64Range(-9, 9).Draw(t, "int")
		case 4:
			return rapid.Float64Range(-9, 9).Draw(t, "real")
		default:
			return genTime(t)
		}
	})
	rapid.Check(t, func(t *rapid.T) {
		a, b, c := gen.Draw(t, "a"), gen.Draw(t, "b"), gen.Draw(t, "c")
		if Compare(a, a) != 0 || cmp.Compare(Compare(a, b), 0) != -cmp.Compare(Compare(b, a), 0) {
			t.Fatalf("%v and %v have no order", a, b)
		}
		if Compare(a, b) <= 0 && Compare(b, c) <= 0 && Compare(a, c) > 0 {
			t.Fatalf("%v, %v and %v go round", a, b, c)
		}
		x, y := fmt.Sprint(a), fmt.Sprint(b)
		if equalText(x, y) && hashText(x) != hashText(y) {
			t.Fatalf("%q and %q are equal and hash differently", x, y)
		}
	})
}

package soql

import (
	"errors"
	"reflect"
	"strings"
	"testing"
)

func TestParseReads(t *testing.T) {
	tests := []struct {
		query string
		want  string // canonical form; empty when it is the query itself
	}{
		{"SELECT Id FROM Case", ""},
		{"select Id , Owner.Name from Case", "SELECT Id, Owner.Name FROM Case"},
		{"SELECT COUNT() FROM Group", ""},
		{"select count ( ) from Order where Id != null", "SELECT COUNT() FROM Order WHERE Id != null"},
		{"SELECT c.Id, Owner.Name FROM Case c WHERE C.Status = 'New' ORDER BY c.Id", "SELECT Id, Owner.Name FROM Case WHERE Status = 'New' ORDER BY Id"},
		{"SELECT Case.Id FROM Case AS x LIMIT 1", "SELECT Id FROM Case LIMIT 1"},
		{"SELECT A FROM B WHERE (A = 1 AND B = 2) OR C = 3", ""},
		{"SELECT A FROM B WHERE (((A = 1)))", "SELECT A FROM B WHERE A = 1"},
		{"SELECT A FROM B WHERE A <> 1 and b=2 AND (not c IN (1, 2.50))", "SELECT A FROM B WHERE A != 1 AND b = 2 AND (NOT c IN (1, 2.5))"},
		{"SELECT A FROM B WHERE NOT (A = 1 OR B = 2)", ""},
		{"SELECT A FROM B WHERE A NOT IN ('x', null, '')", ""},
		{"SELECT A FROM B WHERE A IN (TODAY, 2026-11-22, 2026-11-22T08:15:00.5+01:00)", "SELECT A FROM B WHERE A IN (TODAY, 2026-11-22, 2026-11-22T07:15:00.5Z)"},
		{"SELECT A FROM B WHERE A LIKE 'a\\%b%_\\_'", "SELECT A FROM B WHERE A LIKE 'a\\%b%_\\_'"},
		{`SELECT A FROM B WHERE A = 'it\'s \\ \n \u00e9'`, `SELECT A FROM B WHERE A = 'it\'s \\ \n é'`},
		{"SELECT A FROM B WHERE A = TRUE AND B = false", "SELECT A FROM B WHERE A = true AND B = false"},
		{"SELECT A FROM B WHERE A >= -3 AND B < +.5 AND C > 1e3", "SELECT A FROM B WHERE A >= -3 AND B < 0.5 AND C > 1000.0"},
		{"SELECT A FROM B WHERE A > last_n_days:007", "SELECT A FROM B WHERE A > LAST_N_DAYS:7"},
		{"SELECT A FROM B WHERE A = 2026-11-22T08:15:00-0130", "SELECT A FROM B WHERE A = 2026-11-22T09:45:00Z"},
		{"SELECT A FROM B ORDER BY A asc nulls first, B desc nulls last LIMIT 0 OFFSET 2000 for view all rows",
			"SELECT A FROM B ORDER BY A, B DESC NULLS LAST LIMIT 0 OFFSET 2000 FOR VIEW ALL ROWS"},
		{"SELECT\n\tA\nFROM B", "SELECT A FROM B"},
	}
	for _, tt := range tests {
		q, err := Parse(tt.query)
		if err != nil {
			t.Errorf("%s: %v", tt.query, err)
			continue
		}
		want := tt.want
		if want == "" {
			want = tt.query
		}
		if got := q.String(); got != want {
			t.Errorf("%s:\n got %s\nwant %s", tt.query, got, want)
		}
	}
}

func TestParseFields(t *testing.T) {
	q, err := Parse("SELECT Id, Owner.Name FROM Case c WHERE c.status = 'New' ORDER BY STATUS DESC, Priority NULLS LAST LIMIT 10")
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"Id", "Owner.Name"}; !reflect.DeepEqual(q.Fields, want) || q.From != "Case" || q.Count {
		t.Errorf("Fields %q of %q, want %q of Case", q.Fields, q.From, want)
	}
	if want := []Order{{Path: "STATUS", Desc: true}, {Path: "Priority", NullsLast: true}}; !reflect.DeepEqual(q.OrderBy, want) {
		t.Errorf("OrderBy %+v, want %+v", q.OrderBy, want)
	}
	if q.Limit != 10 || q.Offset != -1 {
		t.Errorf("Limit %d, Offset %d, want 10 and -1", q.Limit, q.Offset)
	}
	if got, want := q.Paths(), []string{"Id", "Owner.Name", "status", "Priority"}; !reflect.DeepEqual(got, want) {
		t.Errorf("Paths() = %q, want %q", got, want)
	}
	if got, want := q.WherePaths(), []string{"status"}; !reflect.DeepEqual(got, want) {
		t.Errorf("WherePaths() = %q, want %q", got, want)
	}
	if want := []string{"Id", "Owner.Name"}; !reflect.DeepEqual(q.Fields, want) {
		t.Errorf("Paths changed Fields to %q", q.Fields)
	}
}

func TestParseRefuses(t *testing.T) {
	const mixed = "need parentheses to mix"
	tests := []struct {
		query  string
		code   string // MALFORMED_QUERY when empty
		line   int    // 1 when 0
		column int
		says   string
	}{
		{query: "", column: 1, says: "a query starts with SELECT"},
		{query: "FIND {x}", column: 6, says: "unexpected character '{'"},
		{query: "SELEC Id FROM X", column: 1, says: "'SELEC'; a query starts with SELECT"},
		{query: "SELECT", column: 7, says: "expected field names or COUNT()"},
		{query: "SELECT FROM X", column: 8, says: "unexpected token: 'FROM'"},
		{query: "SELECT Id", column: 10, says: "unexpected end of query; expected ',' and another field, or FROM"},
		{query: "SELECT Id, FROM X", column: 12, says: "expected the name of a field"},
		{query: "SELECT Id FROM", column: 15, says: "expected the name of an object"},
		{query: "SELECT Id FROM X, Y", column: 17, says: "FROM names one object"},
		{query: "SELECT Id FROM X.Y", column: 16, says: "FROM names one object"},
		{query: "SELECT FIELDS(ALL) FROM X", column: 14, says: "FIELDS() is not supported, name the fields"},
		{query: "SELECT COUNT(Id) FROM X", column: 13, says: "other than COUNT() are not supported"},
		{query: "SELECT Id, (SELECT Id FROM Y) FROM X", column: 12, says: "sub-queries are not supported"},
		{query: "SELECT Id, id FROM X", column: 12, says: "duplicate field selected: id"},
		{query: "SELECT A.B.C.D.E.F.G FROM X", column: 8, says: "more than 5 relationships"},
		{query: "SELECT Id FROM X WHERE", column: 23, says: "expected a condition"},
		{query: "SELECT Id FROM X WHERE A", column: 25, says: "expected =, !=, <, <=, >, >=, LIKE, IN or NOT IN"},
		{query: "SELECT Id FROM X WHERE A =", column: 27, says: "expected a value"},
		{query: "SELECT Id FROM X WHERE A = foo", column: 28, says: "unexpected token: 'foo'; expected a value (texts need single quotes)"},
		{query: "SELECT Id FROM X WHERE A = LAST_N_DAYS", column: 28, says: "expected a value"},
		{query: "SELECT Id FROM X WHERE A = LAST_N_DAYS:100001", column: 28, says: "expected a value"},
		{query: "SELECT Id FROM X WHERE A = TODAY:3", column: 28, says: "expected a value"},
		{query: "SELECT Id FROM X WHERE A = 'x", column: 28, says: "no closing quote"},
		{query: `SELECT Id FROM X WHERE A = 'a\qb'`, column: 28, says: `illegal character sequence '\q'`},
		{query: `SELECT Id FROM X WHERE A = '\ud800'`, column: 28, says: `illegal character sequence '\u'`},
		{query: `SELECT Id FROM X WHERE A = "x"`, column: 28, says: "texts need single quotes"},
		{query: "SELECT Id FROM X WHERE A = :b", column: 28, says: "bind variables"},
		{query: "SELECT Id FROM X WHERE A > null", column: 28, says: "operator > does not go with null"},
		{query: "SELECT Id FROM X WHERE A <= true", column: 29, says: "operator <= does not go with true"},
		{query: "SELECT Id FROM X WHERE A = 2026-02-30", column: 28, says: "there is no day 2026-02-30"},
		{query: "SELECT Id FROM X WHERE A = 2026-02-20T10:00Z", column: 28, says: "is no date-time"},
		{query: "SELECT Id FROM X WHERE A = 2026-02-20T10:00:00 01:00", column: 50, says: "is %2B in a URL"},
		{query: "SELECT Id FROM X WHERE A = 1699-12-31", column: 28, says: "between the years 1700 and 4000"},
		{query: "SELECT Id FROM X WHERE A = 4000-12-31T23:30:00-01:00", column: 28, says: "between the years 1700 and 4000"},
		{query: "SELECT Id FROM X WHERE A = 1e999", column: 28, says: "too large"},
		{query: "SELECT Id FROM X WHERE A = 1 OR B = 2 AND C = 3", column: 39, says: mixed},
		{query: "SELECT Id FROM X WHERE A = 1 AND B = 2 OR C = 3", column: 40, says: mixed},
		{query: "SELECT Id FROM X WHERE NOT A = 1 AND B = 2", column: 34, says: mixed},
		{query: "SELECT Id FROM X WHERE (A = 1", column: 30, says: "expected ')'"},
		{query: "SELECT Id FROM X WHERE A IN ()", column: 30, says: "expected a value"},
		{query: "SELECT Id FROM X WHERE A IN 'x'", column: 29, says: "expected '('"},
		{query: "SELECT Id FROM X WHERE A IN (SELECT Id FROM Y)", column: 30, says: "sub-queries are not supported"},
		{query: "SELECT Id FROM X WHERE A IN ('x', 5)", column: 35, says: "of one type: 5 does not go with 'x'"},
		{query: "SELECT Id FROM X WHERE A LIKE 5", column: 31, says: "LIKE needs a text in quotes"},
		{query: "SELECT Id FROM X WHERE A INCLUDES ('x')", column: 26, says: "INCLUDES is not supported"},
		{query: "SELECT Id FROM X GROUP BY Id", column: 18, says: "GROUP BY is not supported"},
		{query: "SELECT Id FROM X WITH SECURITY_ENFORCED", column: 18, says: "WITH is not supported"},
		{query: "SELECT Id FROM X ORDER Id", column: 24, says: "expected BY"},
		{query: "SELECT Id FROM X ORDER BY Id NULLS", column: 35, says: "expected FIRST or LAST"},
		{query: "SELECT COUNT() FROM X ORDER BY Id", column: 32, says: "ORDER BY does not go with COUNT()"},
		{query: "SELECT Id FROM X LIMIT -1", column: 24, says: "LIMIT needs a whole number"},
		{query: "SELECT Id FROM X LIMIT 1.5", column: 24, says: "LIMIT needs a whole number"},
		{query: "SELECT Id FROM X OFFSET 2001", column: 25, code: OutOfRange, says: "Maximum SOQL offset allowed is 2000"},
		{query: "SELECT Id FROM X OFFSET 5 LIMIT 3", column: 27, says: "the clauses come in the order"},
		{query: "SELECT Id FROM X FOR UPDATE", column: 22, says: "UPDATE is not supported"},
		{query: "SELECT Id\nFROM X\nWHERE é = 1", line: 3, column: 7, says: "unexpected character 'é'"},
		{query: "SELECT Id FROM X WHERE A = 'äöü' AND B", column: 39, says: "unexpected end of query"},
		{query: "SELECT Id FROM X WHERE " + strings.Repeat("(", 101) + "A = 1" + strings.Repeat(")", 101), column: 124, code: TooComplicated, says: "more than 100 nested parentheses"},
	}
	for _, tt := range tests {
		_, err := Parse(tt.query)
		e, ok := errors.AsType[*Error](err)
		if !ok {
			t.Errorf("%s: error %v, want an *Error", tt.query, err)
			continue
		}
		code, line := tt.code, max(tt.line, 1)
		if code == "" {
			code = MalformedQuery
		}
		if e.Code != code || e.Line != line || e.Column != tt.column || !strings.Contains(e.Message, tt.says) {
			t.Errorf("%s:\n got %s %d:%d %s\nwant %s %d:%d ...%s...", tt.query, e.Code, e.Line, e.Column, e.Message, code, line, tt.column, tt.says)
		}
	}
}

func TestErrorPointsAtThePlace(t *testing.T) {
	_, err := Parse("SELECT Id FROM Account WHERE Name = 'Acme' AND Industry = Banking LIMIT 5")
	want := "MALFORMED_QUERY: \n" +
		"'Acme' AND Industry = Banking LIMIT 5\n" +
		"                      ^\n" +
		"ERROR at Row:1:Column:59\n" +
		"unexpected token: 'Banking'; expected a value (texts need single quotes)"
	want = strings.Replace(want, "'Acme' AND Industry = Banking LIMIT 5\n   ", " = 'Acme' AND Industry = Banking LIMIT 5\n      ", 1)
	if err == nil || err.Error() != want {
		t.Errorf("got %v\nwant %s", err, want)
	}
}

func TestLengthIsBoundedInCharacters(t *testing.T) {
	head, tail := "SELECT Id FROM X WHERE A = '", "'"
	fits := head + strings.Repeat("ü", MaxLength-len(head)-len(tail)) + tail
	if _, err := Parse(fits); err != nil {
		t.Errorf("%d characters: %v", MaxLength, err)
	}
	_, err := Parse(head + "ü" + fits[len(head):])
	if e, ok := errors.AsType[*Error](err); !ok || e.Code != TooLong {
		t.Errorf("one more: %v, want %s", err, TooLong)
	}
	if _, err := Parse("SELECT Id FROM X WHERE A = '\xff'"); err == nil {
		t.Error("text that is not UTF-8 was accepted")
	}
}

func TestLongChainsOfConditions(t *testing.T) {
	q, err := Parse("SELECT Id FROM X WHERE " + strings.Repeat("A = 1 AND ", 5000) + "A = 1")
	if err != nil {
		t.Fatal(err)
	}
	if n := len(q.Where.(conjunction)); n != 5001 {
		t.Errorf("%d conditions, want 5001", n)
	}
}

func TestEqualities(t *testing.T) {
	tests := []struct {
		where string
		want  map[string][]any
	}{
		{"A = 'x'", map[string][]any{"A": {"x"}}},
		{"A = 'x' AND (B IN (1, 2) AND C = null) AND D > 5", map[string][]any{"A": {"x"}, "B": {int64(1), int64(2)}, "C": {nil}}},
		{"A = 'x' OR B = 1", map[string][]any{}},
		{"A = 'x' AND (B = 1 OR C = 2)", map[string][]any{"A": {"x"}}},
		{"NOT A = 'x'", map[string][]any{}},
		{"A != 'x' AND B NOT IN (1) AND C LIKE 'x'", map[string][]any{}},
		{"A = TODAY AND B IN (2026-11-22)", map[string][]any{}},
		{"A IN ('', true)", nil},
		{"A = 'x' AND A = 'y'", map[string][]any{"A": {"x"}}},
	}
	for _, tt := range tests {
		q, err := Parse("SELECT Id FROM X WHERE " + tt.where)
		if err != nil {
			t.Errorf("%s: %v", tt.where, err)
			continue
		}
		want := tt.want
		if want == nil {
			want = map[string][]any{"A": {nil, true}}
		}
		if got := q.Equalities(); !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %v, want %v", tt.where, got, want)
		}
	}
}

package soql

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// noon is a Sunday.
var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// row makes a getter whose names ignore case.
func row(fields map[string]any) Getter {
	return func(path string) (any, error) {
		for name, v := range fields {
			if strings.EqualFold(name, path) {
				return v, nil
			}
		}
		return nil, fmt.Errorf("no field %s", path)
	}
}

func mustParse(t testing.TB, where string) *Query {
	t.Helper()
	q, err := Parse("SELECT Id FROM X WHERE " + where)
	if err != nil {
		t.Fatalf("%s: %v", where, err)
	}
	return q
}

func TestMatch(t *testing.T) {
	fields := map[string]any{
		"Text": "Straße 12", "Empty": nil, "Blank": "", "Yes": true, "No": false,
		"Int": int64(42), "Real": 2.5, "Big": int64(9007199254740993), "At": noon, "Day": "2026-11-20", "Stamp": "2026-11-22T13:00:00.000+0100",
		"Id": "0015e00000A1b2CAAR", "Short": "0015e00000A1b2C", "Long": "internationalizing", "Midnight": noon.Add(12 * time.Hour),
		"Owner.Name": "Ann", "Abc": "abc", "Aab": "aab",
	}
	tests := []struct {
		where string
		want  bool
	}{
		{"Text = 'STRAßE 12'", true}, {"Text = 'strasse 12'", false}, {"Text != 'x'", true}, {"Text < 'straßf'", true}, {"Text >= 'Straße 1'", true},
		{"owner.name = 'ANN'", true},
		{"Text = null", false}, {"Text != null", true}, {"Text = ''", false},
		{"Empty = null", true}, {"Empty = ''", true}, {"Blank = null", true}, {"Blank != null", false},
		{"Empty != 'x'", true}, {"Empty = 'x'", false}, {"Empty < 'x'", false}, {"Empty > 'x'", false}, {"Empty >= 3", false},
		{"NOT Empty = 'x'", true}, {"NOT Empty < 'x'", true},
		{"Empty IN ('x')", false}, {"Empty IN ('x', null)", true}, {"Empty NOT IN ('x')", true}, {"Empty NOT IN ('x', null)", false},
		{"Empty LIKE '%'", false}, {"NOT Empty LIKE '%'", true},
		{"Yes = true", true}, {"Yes != false", true}, {"No = TRUE", false}, {"Yes IN (false, true)", true},
		{"Int = 42", true}, {"Int = 42.0", true}, {"Int > 41.5", true}, {"Int <= 41", false}, {"Int <> 41", true}, {"Real < 3", true}, {"Real = 2.5", true},
		{"Big = 9007199254740993", true}, {"Big = 9007199254740992", false}, {"Int IN (1, 42)", true}, {"Int NOT IN (1, 42.0)", false},
		{"At = 2026-11-22T12:00:00Z", true}, {"At = 2026-11-22T13:00:00+01:00", true}, {"At > 2026-11-22T11:59:59.999Z", true},
		{"At = 2026-11-22", true}, {"At > 2026-11-22", false}, {"At >= 2026-11-22", true}, {"At < 2026-11-23", true}, {"At IN (2026-11-21, 2026-11-22)", true},
		{"Day = 2026-11-20", true}, {"Day < TODAY", true}, {"Day >= LAST_N_DAYS:2", true}, {"Day > LAST_N_DAYS:1", false}, {"Stamp = 2026-11-22T12:00:00Z", true},
		{"At = TODAY", true}, {"At = YESTERDAY", false}, {"At > YESTERDAY", true}, {"At < TOMORROW", true}, {"At != TODAY", false},
		{"At = LAST_N_DAYS:3", true}, {"At = N_DAYS_AGO:0", true}, {"At = THIS_WEEK", true}, {"At = LAST_WEEK", false}, {"At = THIS_QUARTER", true},
		{"Id = '0015e00000A1b2C'", true}, {"Id = '0015e00000A1b2CAAR'", true}, {"Id = '0015e00000a1b2c'", false}, {"Id != '0015e00000A1b2C'", false},
		{"Short = '0015e00000A1b2CAAR'", true}, {"Short = '0015e00000A1b2CAAQ'", false}, {"Long = 'internationaliz'", false},
		{"Id IN ('1','2','3','4','5','6','7','8','9','0015e00000A1b2C')", true}, {"Short IN ('1','2','3','4','5','6','7','8','9','0015e00000A1b2CAAR')", true},
		{"Long IN ('1','2','3','4','5','6','7','8','9','internationaliz')", false},
		{"Midnight = 2026-11-22", false}, {"Midnight = TOMORROW", true}, {"Midnight > TODAY", true},
		{"Abc LIKE 'ab%bc'", false}, {"Abc LIKE 'a%b%c'", true}, {"Aab LIKE '%ab'", true}, {"Aab LIKE 'a%a%b%'", true}, {"Aab LIKE '%a%a%a%'", false},
		{"Id IN ('x', '0015e00000A1b2C')", true}, {"Id LIKE '001%'", true},
		{"Text LIKE 'straße%'", true}, {"Text LIKE '%SSE%'", false}, {"Text LIKE 'Stra_e 1_'", true}, {"Text LIKE 'Straße 1'", false}, {`Text LIKE 'Stra\_e%'`, false},
		{"Yes = true AND No = true", false}, {"Yes = true AND No = false AND Int = 42", true}, {"Yes = false OR No = false", true},
		{"(Yes = false OR Int = 42) AND (NOT No = true)", true}, {"NOT (Yes = true AND No = false)", false},
	}
	for _, tt := range tests {
		got, err := mustParse(t, tt.where).Match(row(fields), noon)
		if err != nil || got != tt.want {
			t.Errorf("%s: %v, %v, want %v", tt.where, got, err, tt.want)
		}
	}
}

func TestMatchWithoutWhere(t *testing.T) {
	q, err := Parse("SELECT Id FROM X")
	if err != nil {
		t.Fatal(err)
	}
	if ok, err := q.Match(nil, noon); !ok || err != nil {
		t.Errorf("Match = %v, %v, want true", ok, err)
	}
	if q.Equalities() != nil || q.WherePaths() != nil {
		t.Error("a query without WHERE pins something down")
	}
}

func TestMatchRefusesWrongTypes(t *testing.T) {
	fields := map[string]any{"Text": "x", "Flag": true, "Int": int64(1), "Real": 1.5, "At": noon}
	tests := []struct{ where, says string }{
		{"Text = 5", "'Text' must be of type string and should be enclosed in quotes"},
		{"Text > TODAY", "'Text' must be of type string"},
		{"Flag = 'true'", "'Flag' must be of type boolean and should not be enclosed in quotes"},
		{"Int = '1'", "'Int' must be of type int and"},
		{"Real != '1'", "'Real' must be of type double and"},
		{"At = '2026-11-22'", "'At' must be of type dateTime and"},
		{"At IN ('a')", "'At' must be of type dateTime"},
		{"Int IN ('a','b','c','d','e','f','g','h','i')", "'Int' must be of type int"},
		{"Int LIKE '1%'", "invalid operator on int field 'Int'"},
		{"NOT Text = 5", "'Text' must be"},
		{"Int = 1 AND Text = 5", "'Text' must be"},
		{"Text = 5 OR Int = 1", "'Text' must be"},
	}
	for _, tt := range tests {
		ok, err := mustParse(t, tt.where).Match(row(fields), noon)
		e, typed := errors.AsType[*Error](err)
		if ok || !typed || e.Code != InvalidField || e.Column < 24 || !strings.Contains(e.Message, tt.says) {
			t.Errorf("%s: %v, %v, want %s ... %s", tt.where, ok, err, InvalidField, tt.says)
		}
	}
}

func TestMatchReturnsTheGettersError(t *testing.T) {
	broken := errors.New("broken")
	get := func(string) (any, error) { return nil, broken }
	for _, where := range []string{"A = 1", "A IN (1)", "A LIKE 'x'", "NOT A = 1", "A = 1 OR B = 1", "A = 1 AND B = 1"} {
		if ok, err := mustParse(t, where).Match(get, noon); ok || err != broken {
			t.Errorf("%s: %v, %v, want the getter's error", where, ok, err)
		}
	}
}

func TestDateLiterals(t *testing.T) {
	// A Wednesday, and early: UTC's day is not the zone's.
	now := time.Date(2026, 2, 18, 23, 30, 0, 0, time.FixedZone("", -3600*2))
	tests := []struct{ name, from, to string }{
		{"YESTERDAY", "2026-02-18", "2026-02-19"},
		{"today", "2026-02-19", "2026-02-20"},
		{"TOMORROW", "2026-02-20", "2026-02-21"},
		{"LAST_WEEK", "2026-02-08", "2026-02-15"},
		{"THIS_WEEK", "2026-02-15", "2026-02-22"},
		{"NEXT_WEEK", "2026-02-22", "2026-03-01"},
		{"LAST_MONTH", "2026-01-01", "2026-02-01"},
		{"THIS_MONTH", "2026-02-01", "2026-03-01"},
		{"NEXT_MONTH", "2026-03-01", "2026-04-01"},
		{"LAST_QUARTER", "2025-10-01", "2026-01-01"},
		{"THIS_QUARTER", "2026-01-01", "2026-04-01"},
		{"NEXT_QUARTER", "2026-04-01", "2026-07-01"},
		{"LAST_YEAR", "2025-01-01", "2026-01-01"},
		{"THIS_YEAR", "2026-01-01", "2027-01-01"},
		{"NEXT_YEAR", "2027-01-01", "2028-01-01"},
		{"LAST_90_DAYS", "2025-11-21", "2026-02-20"},
		{"NEXT_90_DAYS", "2026-02-20", "2026-05-21"},
		{"LAST_N_DAYS:3", "2026-02-16", "2026-02-20"},
		{"NEXT_N_DAYS:3", "2026-02-20", "2026-02-23"},
		{"N_DAYS_AGO:3", "2026-02-16", "2026-02-17"},
		{"LAST_N_WEEKS:2", "2026-02-01", "2026-02-15"},
		{"NEXT_N_MONTHS:2", "2026-03-01", "2026-05-01"},
		{"N_QUARTERS_AGO:1", "2025-10-01", "2026-01-01"},
		{"LAST_N_YEARS:2", "2024-01-01", "2026-01-01"},
	}
	for _, tt := range tests {
		f, ok := newFormula(tt.name)
		if !ok {
			t.Errorf("%s is not known", tt.name)
			continue
		}
		from, to := f.bounds(now)
		if from.Format(time.DateOnly) != tt.from || to.Format(time.DateOnly) != tt.to {
			t.Errorf("%s: %v to %v, want %s to %s", tt.name, from, to, tt.from, tt.to)
		}
	}
	for _, name := range []string{"", "LAST_N_DAYS", "LAST_N_HOURS:1", "DAYS:1", "N_DAYS:1", "LAST_N_:1", "TODAY:1", "THIS_FISCAL_YEAR"} {
		if _, ok := newFormula(name); ok {
			t.Errorf("%q was accepted", name)
		}
	}
}

func TestIDChecksum(t *testing.T) {
	for short, long := range map[string]string{"0015e00000A1b2C": "0015e00000A1b2CAAR", "001A0000006Vm9r": "001A0000006Vm9rIAC"} {
		if got := short + idChecksum(short); !sameID(short, long) {
			t.Errorf("%s becomes %s, want %s", short, got, long)
		}
	}
}

func TestOrderCompare(t *testing.T) {
	values := []any{int64(2), nil, int64(1), int64(3)}
	tests := []struct {
		order Order
		want  string
	}{
		{Order{}, "[<nil> 1 2 3]"},
		{Order{Desc: true}, "[<nil> 3 2 1]"},
		{Order{NullsLast: true}, "[1 2 3 <nil>]"},
		{Order{Desc: true, NullsLast: true}, "[3 2 1 <nil>]"},
	}
	for _, tt := range tests {
		got := slices.SortedFunc(slices.Values(values), tt.order.Compare)
		if fmt.Sprint(got) != tt.want {
			t.Errorf("%+v: %v, want %s", tt.order, got, tt.want)
		}
	}
}

func TestQueryCompare(t *testing.T) {
	q, err := Parse("SELECT Id FROM X ORDER BY A DESC, B")
	if err != nil {
		t.Fatal(err)
	}
	one, two := row(map[string]any{"A": "x", "B": int64(2)}), row(map[string]any{"A": "X", "B": 2.5})
	if c, err := q.Compare(one, two); c != -1 || err != nil {
		t.Errorf("Compare = %d, %v, want -1 by the second term", c, err)
	}
	if c, err := q.Compare(two, two); c != 0 || err != nil {
		t.Errorf("Compare of a row with itself = %d, %v", c, err)
	}
	if _, err := q.Compare(one, row(nil)); err == nil {
		t.Error("the getter's error is lost")
	}
}

package soql

import (
	"errors"
	"testing"
)

// FuzzParse holds that no text crashes the parser or a match, that every error
// is typed and points into the text, and that what was accepted survives being
// printed and parsed again.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		"SELECT Id, Owner.Name FROM Case c WHERE c.Status = 'New' AND (A IN ('x', null) OR NOT B LIKE 'a\\%_%') ORDER BY Id DESC NULLS LAST LIMIT 5 OFFSET 2",
		"SELECT COUNT() FROM Group WHERE A >= 2026-11-22T08:15:00+01:00 AND B = LAST_N_DAYS:3 AND C != -1.5e3",
		"select id from x where ((a = true)) for view all rows",
		"SELECT Id FROM X WHERE A = 'a\\u00e9\\n' OR A NOT IN (1, 2.5)",
		"SELECT FIELDS(ALL) FROM X GROUP BY Id", "SELECT Id FROM X WHERE A = 'x", "SELECT Id\nFROM é", "((((", "NOT NOT", "",
	} {
		f.Add(seed)
	}
	get := func(path string) (any, error) { return path, nil }
	f.Fuzz(func(t *testing.T, text string) {
		q, err := Parse(text)
		if err != nil {
			if e, ok := errors.AsType[*Error](err); !ok || e.Code == "" || e.Message == "" || e.Column < 0 || e.Column > len(text)+1 {
				t.Fatalf("%q: %#v", text, err)
			}
			return
		}
		printed := q.String()
		again, err := Parse(printed)
		if err != nil || again.String() != printed {
			t.Fatalf("%q\nprints as %q\nwhich reads as %v, %v", text, printed, again, err)
		}
		ok, err := q.Match(get, noon)
		ok2, err2 := again.Match(get, noon)
		if ok != ok2 || (err == nil) != (err2 == nil) {
			t.Fatalf("%q matches: %v, %v; printed: %v, %v", text, ok, err, ok2, err2)
		}
		q.Paths()
	})
}

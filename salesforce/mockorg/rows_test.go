package mockorg

import (
	"errors"
	"net/http"
	"strings"
	"testing"
)

// A record that fails after it was written, because a rule says so, leaves
// nothing behind, and the others stay.
func TestFailedRowLeavesNothing(t *testing.T) {
	o := newOrg(t)
	o.rule("Account", rule{after: func(_ *tx, _, new Row) error {
		if new.str("Name") == "bad" {
			return errors.New("too late")
		}
		return nil
	}})
	c := &call{o: o, method: http.MethodPost, path: "/services/data/v67.0/composite/sobjects", header: http.Header{},
		body: []byte(`{"records":[{"attributes":{"type":"Account"},"Name":"good"},{"attributes":{"type":"Account"},"Name":"bad"}]}`)}
	answer, err := c.answer()
	if err != nil || !strings.Contains(string(answer.body), "UNKNOWN_EXCEPTION") {
		t.Fatalf("%s, %v", answer.body, err)
	}
	if rows := o.Records("Account"); len(rows) != 1 || rows[0].str("Name") != "good" {
		t.Errorf("accounts are %v", rows)
	}
}

package salesforce

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// Caller is a record that a caller's number was found in.
type Caller struct {
	ID   string // 18 characters
	Name string
	Kind string // "Contact", "Lead" or "Account"
}

// mostCallers bounds how many records one object may answer with: more than a few
// help nobody to choose.
const mostCallers = 6

// callerDigits is how many digits at the end of a number are compared: numbers are
// written with and without their country code.
const callerDigits = 9

// FindCaller looks for who has a telephone number: contacts, then leads that were not
// converted, then accounts. A number of fewer than six digits, as of a withheld one,
// finds nobody (vcc.md 4).
//
// Numbers are stored as people write them, so that only their last digits are
// compared, with anything between. An index does not help with that: in an org of
// millions of contacts it is slow, and ctx should bound it.
func (o *Org) FindCaller(ctx context.Context, number string) ([]Caller, error) {
	digits := slices.DeleteFunc([]rune(number), func(r rune) bool { return r < '0' || r > '9' })
	if len(digits) < 6 {
		return nil, nil
	}
	digits = digits[max(0, len(digits)-callerDigits):]
	like := Quote("%" + strings.Join(strings.Split(string(digits), ""), "%"))
	var found []Caller
	for _, q := range []struct{ kind, where string }{
		{"Contact", "Phone LIKE " + like + " OR MobilePhone LIKE " + like},
		{"Lead", "IsConverted = false AND (Phone LIKE " + like + " OR MobilePhone LIKE " + like + ")"},
		{"Account", "Phone LIKE " + like},
	} {
		rows, err := Query[struct {
			ID   string `json:"Id"`
			Name string `json:"Name"`
		}](ctx, o.client, fmt.Sprintf("SELECT Id, Name FROM %s WHERE %s ORDER BY LastModifiedDate DESC LIMIT %d", q.kind, q.where, mostCallers))
		if err != nil {
			return nil, fmt.Errorf("find who has the number: %w", err)
		}
		for _, r := range rows {
			found = append(found, Caller{ID: r.ID, Name: r.Name, Kind: q.kind})
		}
	}
	return found, nil
}

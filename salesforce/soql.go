package salesforce

import (
	"fmt"
	"regexp"
	"strings"
)

// soqlEscapes are the characters that SOQL wants escaped in a string.
var soqlEscapes = strings.NewReplacer(
	`\`, `\\`, `'`, `\'`, `"`, `\"`, "\n", `\n`, "\r", `\r`, "\t", `\t`, "\b", `\b`, "\f", `\f`)

// Quote returns s as a SOQL string literal, quotes included, so that no text
// can end the literal early. In a LIKE pattern % and _ keep their meaning.
func Quote(s string) string { return "'" + soqlEscapes.Replace(s) + "'" }

// QuoteList returns a parenthesised list for IN, e.g. ('a', 'b'). SOQL has no
// empty list: the caller must not ask with none.
func QuoteList(list []string) string {
	var b strings.Builder
	b.WriteByte('(')
	for i, s := range list {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(Quote(s))
	}
	b.WriteByte(')')
	return b.String()
}

var (
	objectForm = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_]{0,79}$`)
	idForm     = regexp.MustCompile(`^[A-Za-z0-9]{15}(?:[A-Za-z0-9]{3})?$`)
)

// checkObject refuses what cannot be an object's API name.
func checkObject(object string) error {
	if !objectForm.MatchString(object) {
		return fmt.Errorf("%w: %q is no API name of an object: give e.g. AgentWork", ErrBadCall, clip(object))
	}
	return nil
}

// checkID refuses what cannot be a record's id.
func checkID(id string) error {
	if !idForm.MatchString(id) {
		return fmt.Errorf("%w: %q is no record id: ids have 15 or 18 letters and digits", ErrBadCall, clip(id))
	}
	return nil
}

package salesforce

import (
	"fmt"
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

// isObject reports whether s can be an object's API name.
func isObject(s string) bool {
	if s == "" || len(s) > 80 || !isLetter(s[0]) {
		return false
	}
	for i := range len(s) {
		if !isLetter(s[i]) && !isDigit(s[i]) && s[i] != '_' {
			return false
		}
	}
	return true
}

// checkObject refuses what cannot be an object's API name.
func checkObject(object string) error {
	if !isObject(object) {
		return fmt.Errorf("%w: %q is no API name of an object: give e.g. AgentWork", ErrBadCall, clip(object))
	}
	return nil
}

// isID reports whether s can be a record's id.
func isID(s string) bool {
	if len(s) != 15 && len(s) != 18 {
		return false
	}
	for i := range len(s) {
		if !isLetter(s[i]) && !isDigit(s[i]) {
			return false
		}
	}
	return true
}

// checkID refuses what cannot be a record's id.
func checkID(id string) error {
	if !isID(id) {
		return fmt.Errorf("%w: %q is no record id: ids have 15 or 18 letters and digits", ErrBadCall, clip(id))
	}
	return nil
}

func isLetter(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' }

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

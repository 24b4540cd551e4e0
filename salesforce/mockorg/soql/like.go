package soql

import "strings"

// Characters of a pattern that stand for others.
const (
	anyText rune = -1 - iota // %: any number of characters, none included
	anyChar                  // _: exactly one
)

// pattern is the right side of LIKE, folded.
type pattern []rune

// match tells whether all of s fits. When a later part fails it goes back to
// the last %, so that the time is bounded by the product of the lengths.
func (p pattern) match(s string) bool {
	at, retry, retryFrom := 0, -1, s
	for s != "" {
		r, n := next(s)
		switch {
		case at < len(p) && p[at] == anyText:
			at++
			retry, retryFrom = at, s
		case at < len(p) && (p[at] == anyChar || p[at] == r):
			at, s = at+1, s[n:]
		case retry >= 0:
			_, n = next(retryFrom)
			retryFrom = retryFrom[n:]
			at, s = retry, retryFrom
		default:
			return false
		}
	}
	for at < len(p) && p[at] == anyText {
		at++
	}
	return at == len(p)
}

// newPattern reads the inside of a quoted pattern, where \% and \_ stand for
// the characters themselves, and returns its printed form too.
func newPattern(quoted string) (p pattern, printed string, err error) {
	runes, err := unescape(quoted, true)
	if err != nil {
		return nil, "", err
	}
	var b strings.Builder
	p = make(pattern, len(runes))
	for i, r := range runes {
		switch r {
		case anyText:
			b.WriteByte('%')
		case anyChar:
			b.WriteByte('_')
		case '%', '_':
			b.WriteByte('\\')
			b.WriteRune(r)
		default:
			writeEscaped(&b, r)
		}
		p[i] = r
		if r >= 0 {
			p[i] = fold(r)
		}
	}
	return p, b.String(), nil
}

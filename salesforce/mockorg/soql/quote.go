package soql

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// escapes are the characters that a backslash changes. Inside LIKE \% and \_
// come on top; elsewhere they are harmless.
var escapes = map[byte]rune{
	'n': '\n', 'N': '\n', 'r': '\r', 'R': '\r', 't': '\t', 'T': '\t', 'b': '\b', 'B': '\b', 'f': '\f', 'F': '\f',
	'"': '"', '\'': '\'', '\\': '\\', '%': '%', '_': '_',
}

// unescape decodes the inside of a quoted text. In a pattern, % and _ without a
// backslash become anyText and anyChar.
func unescape(s string, isPattern bool) ([]rune, error) {
	out := make([]rune, 0, len(s))
	for i := 0; i < len(s); {
		switch c := s[i]; {
		case c == '\\':
			r, n, err := unescapeOne(s[i:])
			if err != nil {
				return nil, err
			}
			out, i = append(out, r), i+n
		case isPattern && c == '%':
			out, i = append(out, anyText), i+1
		case isPattern && c == '_':
			out, i = append(out, anyChar), i+1
		default:
			r, n := utf8.DecodeRuneInString(s[i:])
			out, i = append(out, r), i+n
		}
	}
	return out, nil
}

// unescapeOne decodes the escape at the start of s and tells its length.
func unescapeOne(s string) (rune, int, error) {
	if len(s) >= 2 {
		if r, ok := escapes[s[1]]; ok {
			return r, 2, nil
		}
		if s[1] == 'u' && len(s) >= 6 {
			n, err := strconv.ParseUint(s[2:6], 16, 16)
			if err == nil && utf8.ValidRune(rune(n)) {
				return rune(n), 6, nil
			}
		}
	}
	shown, _ := strings.CutPrefix(s, `\`)
	for _, r := range shown {
		shown = string(r)
		break
	}
	return 0, 0, fmt.Errorf(`illegal character sequence '\%s' in string literal; write \\ for a backslash`, shown)
}

// quote prints a text as a SOQL literal.
func quote(s string) string {
	var b strings.Builder
	b.WriteByte('\'')
	for _, r := range s {
		writeEscaped(&b, r)
	}
	b.WriteByte('\'')
	return b.String()
}

func writeEscaped(b *strings.Builder, r rune) {
	switch r {
	case '\n':
		b.WriteString(`\n`)
	case '\r':
		b.WriteString(`\r`)
	case '\t':
		b.WriteString(`\t`)
	case '\b':
		b.WriteString(`\b`)
	case '\f':
		b.WriteString(`\f`)
	case '\'', '\\':
		b.WriteByte('\\')
		b.WriteRune(r)
	default:
		b.WriteRune(r)
	}
}

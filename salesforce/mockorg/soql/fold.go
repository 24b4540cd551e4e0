package soql

import (
	"cmp"
	"unicode"
	"unicode/utf8"
)

// Salesforce compares text without regard to case. The functions here do so
// without building folded copies, since they run once per row.

// fold maps the characters that differ only in case to one of them.
func fold(r rune) rune {
	if r < utf8.RuneSelf {
		if 'A' <= r && r <= 'Z' {
			r += 'a' - 'A'
		}
		return r
	}
	// By way of upper case, because several small letters may share one
	// capital, such as the two sigmas.
	return unicode.ToLower(unicode.ToUpper(r))
}

// next returns the folded first character of s and the size of what it folded.
func next(s string) (rune, int) {
	if c := s[0]; c < utf8.RuneSelf {
		return fold(rune(c)), 1
	}
	r, n := utf8.DecodeRuneInString(s)
	return fold(r), n
}

// compareFold orders two texts without regard to case.
func compareFold(a, b string) int {
	for a != "" && b != "" {
		x, n := next(a)
		y, m := next(b)
		if x != y {
			return cmp.Compare(x, y)
		}
		a, b = a[n:], b[m:]
	}
	return cmp.Compare(len(a), len(b))
}

// equalText is equality as a WHERE clause means it: without regard to case, and
// with the 15-character form of a record id equal to its 18-character form.
func equalText(a, b string) bool {
	return compareFold(a, b) == 0 || sameID(a, b) || sameID(b, a)
}

// sameID tells whether long is the 18-character form of the record id short.
// The checksum keeps ordinary words of 18 letters out.
func sameID(short, long string) bool {
	return len(short) == 15 && len(long) == 18 && long[:15] == short && long[15:] == idChecksum(short)
}

// idChecksum returns the three characters that make the 15-character id safe
// in places that ignore case: each tells which of five characters are capitals.
func idChecksum(id string) string {
	const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
	var sum [3]byte
	for i := range sum {
		capitals := 0
		for j := range 5 {
			if c := id[5*i+j]; 'A' <= c && c <= 'Z' {
				capitals |= 1 << j
			}
		}
		sum[i] = letters[capitals]
	}
	return string(sum[:])
}

// hashText is equal for texts that equalText calls equal.
func hashText(s string) uint64 {
	if len(s) == 18 {
		s = s[:15] // both forms of an id; other texts of 18 bytes only collide a little more
	}
	h := uint64(14695981039346656037) // FNV-1a, a character at a time
	for s != "" {
		r, n := next(s)
		h = (h ^ uint64(r)) * 1099511628211
		s = s[n:]
	}
	return h
}

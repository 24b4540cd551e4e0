package mockorg

import "strings"

// Record ids are three characters of key prefix, three of instance, one
// reserved and eight of base-62 number, fifteen in all and case-sensitive. The
// form the API speaks adds three check characters so that the id survives
// software that ignores case (salesforce-omni 10).

const (
	idAlphabet  = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	idChecksum  = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
	idInstance  = "Mk0" // the made-up instance every mock org lives on
	idShort     = 15
	idLong      = 18
	numberChars = 8
)

// makeID returns the 18-character id of record number n of the object with the
// given key prefix.
func makeID(prefix string, n uint64) string {
	var b [idShort]byte
	copy(b[:], prefix)
	copy(b[3:], idInstance)
	b[6] = '0'
	for i := idShort - 1; i >= idShort-numberChars; i-- {
		b[i] = idAlphabet[n%uint64(len(idAlphabet))]
		n /= uint64(len(idAlphabet))
	}
	return longID(string(b[:]))
}

// longID appends the check characters to a 15-character id.
func longID(short string) string {
	var b [idLong]byte
	copy(b[:], short)
	for group := range 3 {
		bits := 0
		for i := range 5 {
			if c := short[group*5+i]; c >= 'A' && c <= 'Z' {
				bits |= 1 << i
			}
		}
		b[idShort+group] = idChecksum[bits]
	}
	return string(b[:])
}

// idNumber is the number that an id was made from.
func idNumber(id string) (n uint64) {
	for _, c := range []byte(id[idShort-numberChars : idShort]) {
		n = n*uint64(len(idAlphabet)) + uint64(strings.IndexByte(idAlphabet, c))
	}
	return n
}

// parseID brings an id of 15 or 18 characters into its 18-character form and
// tells whether it is well formed. The case of an 18-character id is restored
// from its check characters; one that cannot have had them is malformed.
func parseID(id string) (string, bool) {
	if len(id) != idShort && len(id) != idLong {
		return "", false
	}
	for i := range len(id) {
		if strings.IndexByte(idAlphabet, id[i]) < 0 {
			return "", false
		}
	}
	if len(id) == idShort {
		return longID(id), true
	}
	if long := longID(id[:idShort]); long == id {
		return id, true
	}
	return restoreCase(id)
}

// restoreCase sets the case of each of the first 15 characters as the check
// characters say.
func restoreCase(id string) (string, bool) {
	b := []byte(id[:idShort])
	for group := range 3 {
		check := strings.ToUpper(id[idShort+group : idShort+group+1])
		bits := strings.Index(idChecksum, check)
		if bits < 0 {
			return "", false
		}
		for i := range 5 {
			c := &b[group*5+i]
			upper := bits&(1<<i) != 0
			switch {
			case upper && *c >= 'a' && *c <= 'z':
				*c -= 'a' - 'A'
			case upper && (*c < 'A' || *c > 'Z'):
				return "", false // a digit cannot be upper case
			case !upper && *c >= 'A' && *c <= 'Z':
				*c += 'a' - 'A'
			}
		}
	}
	return longID(string(b)), true
}

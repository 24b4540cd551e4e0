package login

import (
	"fmt"
	"strings"
)

// statement is what the org said of who logged in, in two places.
type statement struct{ token, info said }

// said is one of them. Both are signed or fetched from the org; where they say the
// same thing they must agree.
type said struct {
	Subject  string `json:"sub"` // https://login.salesforce.com/id/ORG/USER
	Org      string `json:"organization_id"`
	User     string `json:"user_id"`
	Username string `json:"preferred_username"`
}

// claims holds the statement against the daemon's own org.
func (s statement) claims(own string) (Claims, error) {
	org, user, err := subject(s.token.Subject)
	if err != nil {
		return Claims{}, err
	}
	for _, place := range []said{s.token, s.info} {
		if place.Org != "" && long(place.Org) != org || place.User != "" && long(place.User) != user {
			return Claims{}, fmt.Errorf("%w: the org contradicts itself about who it is", ErrNotGenuine)
		}
	}
	if org != long(own) {
		return Claims{}, fmt.Errorf("%w: user %s is of %s, not of %s", ErrOtherOrg, user, org, own)
	}
	return Claims{User: user, Org: org, Username: s.info.Username}, nil
}

// subject reads the ids of org and user from an identity URL. Its host differs with
// the kind of org, so only the path counts (salesforce-package 4).
func subject(sub string) (org, user string, err error) {
	parts := strings.Split(sub, "/")
	if n := len(parts); n >= 3 && parts[n-3] == "id" {
		org, user = long(parts[n-2]), long(parts[n-1])
	}
	if !strings.HasPrefix(org, "00D") || !strings.HasPrefix(user, "005") {
		return "", "", fmt.Errorf("%w: the subject %.100q does not name an org and a user", ErrNotGenuine, sub)
	}
	return org, user, nil
}

// long returns an id of 15 or 18 characters in its long form, or "" if it is none.
// The last three characters tell which of the others are capitals.
func long(id string) string {
	if len(id) != 15 && len(id) != 18 {
		return ""
	}
	var tail [3]byte
	for i := range 15 {
		c := id[i]
		switch {
		case c >= 'A' && c <= 'Z':
			tail[i/5] |= 1 << (i % 5)
		case c >= 'a' && c <= 'z', c >= '0' && c <= '9':
		default:
			return ""
		}
	}
	for i, bits := range tail {
		tail[i] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"[bits]
	}
	full := id[:15] + string(tail[:])
	if len(id) == 18 && !strings.EqualFold(id[15:], full[15:]) {
		return ""
	}
	return full
}

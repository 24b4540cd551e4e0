package identity

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"slices"
	"time"
)

const (
	codeLife = 15 * time.Minute
	maxCodes = 10_000
)

// code is what an authorization code stands for.
type code struct {
	clientID, username string
	redirect           string // as the request had it
	challenge, nonce   string
	scopes             []string
	expires            time.Time
	used               bool
}

// issueCode makes a code for a person's login.
func (s *Service) issueCode(a *authorization, username string) string {
	text := "aPrx" + rand.Text() + rand.Text() + "==" // a real one needs escaping too
	s.mu.Lock()
	defer s.mu.Unlock()
	s.codes.put(text, &code{
		clientID: a.clientID, username: username, redirect: a.redirect, challenge: a.challenge, nonce: a.nonce, scopes: a.scopes,
		expires: s.o.Clock.Now().Add(codeLife),
	})
	return text
}

// byCode lets in who logged in at the org's page. A code that is refused stays
// good, so that a client that tries twice, as some do with their secret, is told
// the true reason.
func (s *Service) byCode(r *http.Request) (User, App, origin, *denial) {
	app, d := s.clientOf(r, func(a App) bool { return a.SecretOptional })
	if d != nil {
		return User{}, app, origin{}, d
	}
	c, d := s.redeem(app, r.PostForm.Get("code"), r.PostForm.Get("redirect_uri"), r.PostForm.Get("code_verifier"))
	if d != nil {
		return User{}, app, origin{}, d
	}
	app.Scopes = slices.Clone(c.scopes)
	u, d := s.person(c.username, app, badCode)
	if d != nil {
		return u, app, origin{}, d
	}
	from := origin{nonce: c.nonce, person: true}
	if lasting(c.scopes) {
		s.mu.Lock()
		from.refresh = s.issue(grantee{clientID: app.ClientID, username: u.Username, scopes: app.Scopes})
		s.mu.Unlock()
		from.family = from.refresh
	}
	return u, app, from, nil
}

// redeem uses a code up.
func (s *Service) redeem(app App, text, redirect, verifier string) (code, *denial) {
	if text == "" {
		return code{}, noCode
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	c, ok := s.codes.get(text)
	switch {
	case !ok, c.clientID != app.ClientID:
		return code{}, badCode
	case c.used, !s.o.Clock.Now().Before(c.expires):
		return code{}, staleCode
	case redirect != c.redirect:
		return code{}, otherCallback
	case c.challenge != "" && verifier == "":
		return code{}, noVerifier
	case c.challenge != "" && !same(challengeOf(verifier), c.challenge):
		return code{}, badVerifier
	}
	c.used = true
	return *c, nil
}

// challengeOf is the S256 challenge of a verifier.
func challengeOf(verifier string) string {
	sum := sha256.Sum256([]byte(verifier))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

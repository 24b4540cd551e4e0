package identity

import (
	"crypto/rand"
	"errors"
	"net/http"
	"regexp"
)

// The cookies of a browser: its session, as a real org calls it, and what a page
// is bound to before there is one.
const (
	sessionCookie = "sid"
	browserCookie = "BrowserId"
)

// Visitor tells who is logged in at a browser: pages of the org can ask it.
func (s *Service) Visitor(r *http.Request) (User, bool) {
	cookie, err := r.Cookie(sessionCookie)
	if err != nil {
		return User{}, false
	}
	session, ok := s.use(cookie.Value)
	if !ok {
		return User{}, false
	}
	u, ok := s.o.Users(session.Username)
	return u, ok && u.Active && !u.Locked
}

// Welcome logs a user in at the browser that w answers, in the place of whoever
// was: pages of the org that let people choose who they are call it.
func (s *Service) Welcome(w http.ResponseWriter, r *http.Request, username string) error {
	u, ok := s.o.Users(username)
	if !ok || !u.Active || u.Locked {
		return errors.New("log in: there is no active user of that name")
	}
	s.bid(r)
	session := s.admit(u, App{Scopes: []string{"full"}}, GrantBrowser, "")
	http.SetCookie(w, cookie(r, sessionCookie, session.Token))
	return nil
}

// bid ends the session of a browser.
func (s *Service) bid(r *http.Request) {
	if old, err := r.Cookie(sessionCookie); err == nil {
		s.Revoke(old.Value)
	}
}

// logout is /services/auth/idp/oidc/logout and /secur/logout.jsp: the browser's
// session ends. Apps keep theirs, and are not called back.
func (s *Service) logout(w http.ResponseWriter, r *http.Request) {
	s.bid(r)
	gone := cookie(r, sessionCookie, "")
	gone.MaxAge = -1
	http.SetCookie(w, gone)
	s.show(w, http.StatusOK, notice{Title: "You are logged out", Text: "Close this window, or go back to the app and log in again."})
}

// browserID is what browser sets.
var browserID = regexp.MustCompile(`^[A-Z2-7]{26}$`)

// browser recognises a browser, or marks it.
func (s *Service) browser(w http.ResponseWriter, r *http.Request) string {
	if old, err := r.Cookie(browserCookie); err == nil && browserID.MatchString(old.Value) {
		return old.Value
	}
	id := rand.Text()
	http.SetCookie(w, cookie(r, browserCookie, id))
	return id
}

// cookie is made as a real org's are, which pages of other sites that frame it
// get too; over plain http, which is the mock's alone, browsers take no such
// cookies.
func cookie(r *http.Request, name, value string) *http.Cookie {
	c := &http.Cookie{Name: name, Value: value, Path: "/", HttpOnly: true, SameSite: http.SameSiteLaxMode}
	if r.TLS != nil {
		c.Secure, c.SameSite = true, http.SameSiteNoneMode
	}
	return c
}

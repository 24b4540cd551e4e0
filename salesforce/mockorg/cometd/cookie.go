package cometd

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/binary"
	"net/http"
	"strings"
	"time"
)

// The cookies without which there is no session (salesforce-apis 3.1).
const (
	cookieBrowser = "BAYEUX_BROWSER"
	cookieT       = "t"
	cookieRoute   = "sfdc-stream" // the load balancer's: which node knows the client
)

// routed tells whether the request's routing cookie still leads to the node
// that holds its session. The cookie carries the time it was issued.
func (s *Server) routed(r *http.Request) bool {
	cookie, err := r.Cookie(cookieRoute)
	if err != nil {
		return false
	}
	raw, err := base64.RawURLEncoding.DecodeString(strings.TrimPrefix(cookie.Value, "!"))
	if err != nil || len(raw) < 8 {
		return false
	}
	issued := time.UnixMilli(int64(binary.BigEndian.Uint64(raw)))
	return s.o.Clock.Now().Sub(issued) < s.set.CookieLife
}

// setRoute issues a fresh routing cookie. Without TLS it is not Secure: a
// client's jar would drop it.
func (s *Server) setRoute(w http.ResponseWriter, r *http.Request) {
	now := s.o.Clock.Now()
	raw := binary.BigEndian.AppendUint64(nil, uint64(now.UnixMilli()))
	raw = append(raw, rand.Text()...)
	c := &http.Cookie{
		Name: cookieRoute, Value: "!" + base64.RawURLEncoding.EncodeToString(raw),
		Path: "/", Expires: now.Add(s.set.CookieLife),
	}
	if r.TLS != nil {
		c.Secure, c.SameSite = true, http.SameSiteNoneMode
	}
	http.SetCookie(w, c)
}

// setCookies issues what a handshake needs and returns the browser's identity.
// What the client already has is kept, so several clients can share a jar.
func (s *Server) setCookies(w http.ResponseWriter, r *http.Request) (browser string) {
	secure := r.TLS != nil
	if c, err := r.Cookie(cookieBrowser); err == nil && c.Value != "" {
		browser = c.Value
	} else {
		browser = strings.ToLower(rand.Text())
		http.SetCookie(w, &http.Cookie{Name: cookieBrowser, Value: browser, Path: "/cometd/", Secure: secure, HttpOnly: true})
	}
	if _, err := r.Cookie(cookieT); err != nil {
		http.SetCookie(w, &http.Cookie{Name: cookieT, Value: rand.Text(), Path: "/cometd/", Secure: secure, HttpOnly: true})
	}
	if _, err := r.Cookie("BrowserId"); err != nil {
		http.SetCookie(w, &http.Cookie{
			Name: "BrowserId", Value: rand.Text(), Path: "/", Secure: secure,
			Expires: s.o.Clock.Now().AddDate(1, 0, 0),
		})
	}
	if !s.routed(r) {
		s.setRoute(w, r)
	}
	return browser
}

package cometd_test

import (
	"net/http"
	"net/url"
	"slices"
)

// partial is a jar that withholds a cookie.
type partial struct {
	http.CookieJar
	missing string
}

func without(jar http.CookieJar, missing string) http.CookieJar { return partial{jar, missing} }

func (p partial) SetCookies(*url.URL, []*http.Cookie) {}

func (p partial) Cookies(u *url.URL) []*http.Cookie {
	return slices.DeleteFunc(p.CookieJar.Cookies(u), func(c *http.Cookie) bool { return c.Name == p.missing })
}

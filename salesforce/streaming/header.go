package streaming

import (
	"net/http"
	"time"
)

// header is what all requests of a session say alike, made once for many of them.
type header struct {
	token string
	until time.Time // when to look whether a cookie has expired
	lines http.Header
}

// cookiesAgain is how long an expired cookie may still be sent.
const cookiesAgain = time.Second

// header returns the header of a request with this token. It is shared by
// requests, so nobody may change it.
func (s *session) header(token, userAgent string, now time.Time) http.Header {
	if h := s.usualHeader.Load(); h != nil && h.token == token && now.Before(h.until) {
		return h.lines
	}
	lines := http.Header{
		"Content-Type": {"application/json"}, "Accept": {"application/json"},
		"User-Agent": {userAgent}, "Authorization": {"Bearer " + token},
	}
	r := http.Request{Header: lines}
	for _, cookie := range s.cookies.Cookies(s.url) {
		r.AddCookie(cookie)
	}
	s.usualHeader.Store(&header{token, now.Add(cookiesAgain), lines})
	return lines
}

// keep takes in the cookies of a response.
func (s *session) keep(resp *http.Response) {
	if cookies := lasting(resp); len(cookies) > 0 {
		s.cookies.SetCookies(s.url, cookies)
		s.usualHeader.Store(nil)
	}
}

// lasting returns the cookies of a response with their life told as a length
// and not as a date. The dates are of the server's clock: with clocks three
// hours apart the routing cookie would be dropped as it arrives, and every
// session with it. Nor does a length care if the clock here is set meanwhile.
func lasting(resp *http.Response) []*http.Cookie {
	cookies := resp.Cookies()
	if len(cookies) == 0 {
		return nil // as in most replies
	}
	sent, err := http.ParseTime(resp.Header.Get("Date"))
	if err != nil {
		sent = time.Now()
	}
	for _, c := range cookies {
		if c.Expires.IsZero() || c.MaxAge != 0 {
			continue
		}
		if c.MaxAge = int(c.Expires.Sub(sent) / time.Second); c.MaxAge <= 0 {
			c.MaxAge = -1 // a server deletes a cookie so
		}
	}
	return cookies
}

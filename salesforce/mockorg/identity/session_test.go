package identity_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"omnibridge/salesforce/mockorg/identity"
)

func TestSessionsEnd(t *testing.T) {
	o := start(t, nil)
	login := func() string { t.Helper(); return o.assert(t, o.claims("", nil)).AccessToken }
	gone := func(token string) {
		t.Helper()
		_, err := o.Check("Bearer " + token)
		refused, ok := err.(*identity.Refused)
		if !ok || refused.Status != 401 || refused.Code != "INVALID_SESSION_ID" || refused.Message != "Session expired or invalid" {
			t.Errorf("check of an ended session: %v", err)
		}
	}
	alive := func(token string) {
		t.Helper()
		if _, err := o.Check(token); err != nil {
			t.Errorf("check of a live session: %v", err)
		}
	}
	token := login()
	for _, scheme := range []string{"Bearer ", "bearer ", "OAuth ", ""} {
		alive(scheme + token)
	}
	for header, code := range map[string]string{"": "INVALID_SESSION_ID", "Bearer ": "INVALID_SESSION_ID", "Bearer x": "INVALID_SESSION_ID", "Basic " + token: "INVALID_AUTH_HEADER"} {
		if _, err := o.Check(header); err == nil || !strings.HasPrefix(err.Error(), code) {
			t.Errorf("header %.10q: %v, want %s", header, err, code)
		}
	}
	o.clock.Advance(30 * time.Minute)
	alive(token) // early in its life, which does not prolong it
	o.clock.Advance(45 * time.Minute)
	alive(token) // late in its life
	o.clock.Advance(119 * time.Minute)
	alive(token)
	o.clock.Advance(2*time.Hour + time.Second)
	gone(token)
	idle := login()
	o.clock.Advance(30 * time.Minute)
	alive(idle)
	o.clock.Advance(91 * time.Minute)
	gone(idle)

	token, other := login(), login()
	if !o.Revoke(token) || o.Revoke(token) {
		t.Error("Revoke must be true once, then false")
	}
	gone(token)
	alive(other)
	if n := o.RevokeUser("0055e000000AbCdAAK"); n != 1 {
		t.Errorf("revoked %d sessions of the user", n)
	}
	gone(other)
	login()
	token = login()
	if n := o.RevokeAll(); n != 2 {
		t.Errorf("revoked %d sessions", n)
	}
	gone(token)
	token = login()
	o.SetSessionLife(time.Minute)
	o.clock.Advance(61 * time.Second)
	gone(token)
	if n := len(o.Sessions()); n != 0 {
		t.Errorf("%d sessions left", n)
	}
}

func TestSessionsAreBounded(t *testing.T) {
	o := start(t, nil)
	first := o.assert(t, o.claims("", nil)).AccessToken
	second := o.assert(t, o.claims("", nil)).AccessToken
	if _, err := o.Check(first); err != nil { // so the second is the one not used
		t.Fatal(err)
	}
	form := url.Values{"grant_type": {"client_credentials"}, "client_id": {"daemon"}, "client_secret": {"daemon-secret"}}
	for range 9_999 {
		r := httptest.NewRequest(http.MethodPost, "/services/oauth2/token", strings.NewReader(form.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		o.ServeHTTP(httptest.NewRecorder(), r)
	}
	if n := len(o.Sessions()); n != 10_000 {
		t.Errorf("%d sessions, want 10,000", n)
	}
	if _, err := o.Check(first); err != nil {
		t.Errorf("a session in use: %v", err)
	}
	if _, err := o.Check(second); err == nil {
		t.Error("the least recently used session is still there")
	}
}

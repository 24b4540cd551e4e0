package identity_test

import (
	"crypto/sha256"
	"encoding/base64"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"omnibridge/salesforce/mockorg/identity"
)

const (
	verifier = "a-verifier-of-at-least-forty-three-characters-x"
	callback = "http://127.0.0.1:49152/oauth/callback"
)

var challenge = func() string {
	sum := sha256.Sum256([]byte(verifier))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}()

// ask is the address that a good login to Pad starts at, with some parameters
// replaced; empty ones are left out.
func (o *org) ask(params ...string) string {
	q := url.Values{"response_type": {"code"}, "client_id": {"pad"}, "redirect_uri": {callback}, "scope": {"openid"}, "state": {"s&t"},
		"code_challenge": {challenge}, "code_challenge_method": {"S256"}}
	for i := 0; i < len(params); i += 2 {
		if q.Set(params[i], params[i+1]); params[i+1] == "" {
			q.Del(params[i])
		}
	}
	return o.url + "/services/oauth2/authorize?" + q.Encode()
}

// opens asks once, without a session, and follows nothing.
func opens(t testing.TB, method, address string) (*http.Response, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	reply, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer reply.Body.Close()
	body, _ := io.ReadAll(reply.Body)
	return reply, string(body)
}

func TestAppsAreSentBackWithErrors(t *testing.T) {
	o := start(t, withPeople)
	for _, test := range []struct {
		name   string
		params []string
		want   string
	}{
		{"implicit flow", []string{"response_type", "token"}, "unsupported_response_type"},
		{"no response type", []string{"response_type", ""}, "unsupported_response_type"},
		{"a scope that the app has not", []string{"scope", "openid api"}, "invalid_scope"},
		{"a scope that is none", []string{"scope", "everything"}, "invalid_scope"},
		{"no challenge", []string{"code_challenge", ""}, "invalid_request"},
		{"a short challenge", []string{"code_challenge", "abc"}, "invalid_request"},
		{"a padded challenge", []string{"code_challenge", challenge + "="}, "invalid_request"},
		{"a plain challenge", []string{"code_challenge_method", "plain"}, "invalid_request"},
		{"nobody there", []string{"prompt", "none"}, "login_required"},
		{"none with another", []string{"prompt", "none login"}, "invalid_request"},
		{"nobody there at once", []string{"immediate", "true"}, "immediate_unsuccessful"},
		{"an app that is switched off", []string{"client_id", "shut"}, "OAUTH_APP_BLOCKED"},
	} {
		reply, _ := opens(t, http.MethodGet, o.ask(test.params...))
		at, err := reply.Location()
		if err != nil || reply.StatusCode != 302 || !strings.HasPrefix(at.String(), callback+"?") {
			t.Errorf("%s: %s, %v", test.name, reply.Status, at)
			continue
		}
		q := at.Query()
		if q.Get("error") != test.want || q.Get("error_description") == "" || q.Get("state") != "s&t" || q.Has("code") {
			t.Errorf("%s: %s, want %s", test.name, at, test.want)
		}
	}
}

func TestNobodyIsSentToAnAddressOfAStranger(t *testing.T) {
	o := start(t, withPeople)
	for _, test := range []struct {
		name   string
		params []string
		want   string
	}{
		{"no client", []string{"client_id", ""}, "invalid_client_id"},
		{"an unknown client", []string{"client_id", "x"}, "invalid_client_id"},
		{"no callback", []string{"redirect_uri", ""}, "redirect_uri_missing"},
		{"another host", []string{"redirect_uri", "https://evil.test/callback"}, "redirect_uri_mismatch"},
		{"a host that begins so", []string{"redirect_uri", "https://pad.test.evil.test/callback"}, "redirect_uri_mismatch"},
		{"another path", []string{"redirect_uri", "https://pad.test/callback/"}, "redirect_uri_mismatch"},
		{"another case", []string{"redirect_uri", "https://PAD.test/callback"}, "redirect_uri_mismatch"},
		{"another port", []string{"redirect_uri", "https://pad.test:8443/callback"}, "redirect_uri_mismatch"},
		{"another query", []string{"redirect_uri", "https://pad.test/callback?tenant=2"}, "redirect_uri_mismatch"},
		{"a fragment", []string{"redirect_uri", "https://pad.test/callback#x"}, "redirect_uri_mismatch"},
		{"no address", []string{"redirect_uri", "callback"}, "redirect_uri_mismatch"},
		{"a loopback host not listed", []string{"redirect_uri", "http://[::1]:9/cb"}, "redirect_uri_mismatch"},
		{"https on loopback", []string{"redirect_uri", "https://127.0.0.1:9/cb"}, "redirect_uri_mismatch"},
		{"a loopback name with another path", []string{"redirect_uri", "http://localhost:9/other"}, "redirect_uri_mismatch"},
		{"user information", []string{"redirect_uri", "http://127.0.0.1@evil.test/"}, "redirect_uri_mismatch"},
		{"user information on loopback", []string{"redirect_uri", "http://a@127.0.0.1/"}, "redirect_uri_mismatch"},
		{"a script", []string{"redirect_uri", "javascript:alert(1)"}, "redirect_uri_mismatch"},
	} {
		reply, body := opens(t, http.MethodGet, o.ask(test.params...))
		if reply.StatusCode != 400 || reply.Header.Get("Location") != "" || !strings.Contains(body, "error="+test.want) {
			t.Errorf("%s: %s %s", test.name, reply.Status, body)
		}
	}
	for _, address := range []string{o.ask() + "&state=2", o.ask() + "&client_id=pad", o.ask("state", strings.Repeat("x", 20_000)), o.ask() + "&a=%zz"} {
		if reply, _ := opens(t, http.MethodGet, address); reply.StatusCode != 400 {
			t.Errorf("%.300s: %s", address, reply.Status)
		}
	}
	if reply, _ := opens(t, http.MethodDelete, o.ask()); reply.StatusCode != 405 || reply.Header.Get("Allow") != "GET, POST" {
		t.Errorf("DELETE: %s", reply.Status)
	}
}

func TestCallbacksThatAreAllowed(t *testing.T) {
	o := start(t, withPeople)
	for _, redirect := range []string{"https://pad.test/callback", "https://pad.test/callback?tenant=1", "http://127.0.0.1", "http://127.0.0.1:9/any/path?x=y",
		"http://localhost/back", "http://localhost:65535/back"} {
		at, err := identity.NewBrowser().LogIn(t.Context(), o.ask("redirect_uri", redirect), ops)
		if err != nil {
			t.Errorf("%s: %v", redirect, err)
			continue
		}
		want, _ := url.Parse(redirect)
		q := at.Query()
		for name := range want.Query() {
			if q.Get(name) != want.Query().Get(name) {
				t.Errorf("%s lost its query: %s", redirect, at)
			}
		}
		if at.Host != want.Host || at.Path != want.Path || q.Get("code") == "" || q.Get("state") != "s&t" {
			t.Errorf("%s: sent back to %s", redirect, at)
		}
	}
}

// logIn goes through the page and returns the query that the app gets.
func logIn(t testing.TB, b *identity.Browser, address, username string) url.Values {
	t.Helper()
	at, err := b.LogIn(t.Context(), address, username)
	if err != nil {
		t.Fatal(err)
	}
	return at.Query()
}

// answered tells what a login came to: a code, an error, or the page, which is
// not gone through.
func answered(t testing.TB, b *identity.Browser, address string) string {
	t.Helper()
	at, err := b.LogIn(t.Context(), address, "nobody")
	switch {
	case err != nil && strings.Contains(err.Error(), "This user cannot log in"):
		return "page"
	case err != nil:
		t.Fatal(err)
	case at.Query().Get("code") != "":
		return "code"
	}
	return at.Query().Get("error")
}

func TestSessionsAndApprovalsSpareThePage(t *testing.T) {
	o := start(t, withPeople)
	b := identity.NewBrowser()
	expect := func(when, want string, params ...string) {
		t.Helper()
		if got := answered(t, b, o.ask(params...)); got != want {
			t.Errorf("%s: %s, want %s", when, got, want)
		}
	}
	expect("nobody is logged in", "page")
	logIn(t, b, o.ask(), ops)
	expect("logged in and approved", "code")
	expect("without the page", "code", "prompt", "none")
	expect("at once", "code", "immediate", "true")
	expect("a hint of another is idle", "code", "login_hint", "old@acme.test")
	expect("to log in again", "page", "prompt", "login")
	expect("to choose", "page", "prompt", "select_account")
	expect("to approve again", "page", "prompt", "consent")
	expect("more is asked for", "page", "scope", "openid email")
	expect("more is asked for, without the page", "consent_required", "scope", "openid email", "prompt", "none")
	expect("an app that an administrator approved", "code", "client_id", "wall")
	logIn(t, b, o.ask("scope", "openid email"), ops)
	expect("all of it is approved", "code", "scope", "email", "prompt", "none")
	if got := answered(t, identity.NewBrowser(), o.ask("prompt", "none")); got != "login_required" {
		t.Errorf("another browser: %s", got)
	}
	logIn(t, b, o.ask("prompt", "login"), "old@acme.test")
	expect("another user", "code")
	expect("whom the administrator did not approve", "OAUTH_APP_ACCESS_DENIED", "client_id", "wall")
	o.RevokeUser("0055e000000AbCeAAK")
	expect("the session is revoked", "login_required", "prompt", "none")
	logIn(t, b, o.ask(), ops)
	o.clock.Advance(3 * time.Hour)
	expect("the session is too old", "login_required", "prompt", "none")
	logIn(t, b, o.ask(), ops)
	u := o.users[ops]
	u.Active = false
	o.users[ops] = u
	expect("the user is deactivated", "login_required", "prompt", "none")
}

func TestDenying(t *testing.T) {
	o := start(t, withPeople)
	b := identity.NewBrowser()
	at, err := b.Deny(t.Context(), o.ask())
	if err != nil {
		t.Fatal(err)
	}
	q := at.Query()
	if q.Get("error") != "access_denied" || q.Get("error_description") != "end-user denied authorization" || q.Get("state") != "s&t" || q.Has("code") {
		t.Errorf("sent back to %s", at)
	}
	if got := answered(t, b, o.ask("prompt", "none")); got != "login_required" {
		t.Errorf("denying logged somebody in: %s", got)
	}
}

func TestWhoCannotLogIn(t *testing.T) {
	o := start(t, withPeople)
	for name, want := range map[string]string{"off@acme.test": "cannot log in", "bad@acme.test": "cannot log in", "x": "cannot log in", "": "Choose who you are"} {
		if _, err := identity.NewBrowser().LogIn(t.Context(), o.ask(), name); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", name, err)
		}
	}
	if n := len(o.Sessions()); n != 0 {
		t.Errorf("%d sessions", n)
	}
}

func TestLoginsOfPeopleLogNoSecret(t *testing.T) {
	o := start(t, withPeople)
	code := logIn(t, identity.NewBrowser(), o.ask("scope", "openid refresh_token"), ops).Get("code")
	r := o.token(t, "grant_type", "authorization_code", "client_id", "pad", "redirect_uri", callback, "code_verifier", verifier, "code", code)
	if r.status != 200 {
		t.Fatalf("%+v", r)
	}
	o.token(t, "grant_type", "authorization_code", "client_id", "pad", "redirect_uri", callback, "code_verifier", verifier, "code", code)
	text := o.log.String()
	if !strings.Contains(text, "logged in") || !strings.Contains(text, "login refused") {
		t.Fatalf("log: %s", text)
	}
	for _, secret := range []string{code, verifier, r.AccessToken, "pad-secret", challenge, "!AQ"} {
		if strings.Contains(text, secret) {
			t.Errorf("%.20s… is in the log", secret)
		}
	}
}

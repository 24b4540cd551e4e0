package identity_test

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"omnibridge/salesforce/mockorg/identity"

	"github.com/golang-jwt/jwt/v5"
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

func TestCodesAreRefused(t *testing.T) {
	o := start(t, withPeople)
	good := map[string]string{"grant_type": "authorization_code", "client_id": "pad", "redirect_uri": callback, "code_verifier": verifier}
	b := identity.NewBrowser()
	for _, test := range []struct {
		name   string
		change map[string]string
		want   string
	}{
		{"as it should be", nil, ""},
		{"with the secret", map[string]string{"client_secret": "pad-secret"}, ""},
		{"with a wrong secret", map[string]string{"client_secret": "x"}, "invalid_client: invalid client credentials"},
		{"without a code", map[string]string{"code": ""}, "invalid_request: missing required parameter: code"},
		{"with a code of no one's", map[string]string{"code": "aPrx"}, "invalid_grant: invalid authorization code"},
		{"by another app", map[string]string{"client_id": "wall", "client_secret": "wall-secret"}, "invalid_grant: invalid authorization code"},
		{"by an app that must show its secret", map[string]string{"client_id": "wall"}, "invalid_client: invalid client credentials"},
		{"by an unknown app", map[string]string{"client_id": "x"}, "invalid_client_id: client identifier invalid"},
		{"with another callback", map[string]string{"redirect_uri": "http://127.0.0.1:49153/oauth/callback"}, "redirect_uri_mismatch: redirect_uri must match configuration"},
		{"without a callback", map[string]string{"redirect_uri": ""}, "redirect_uri_mismatch: redirect_uri must match configuration"},
		{"without the verifier", map[string]string{"code_verifier": ""}, "invalid_grant: missing required code verifier"},
		{"with another verifier", map[string]string{"code_verifier": verifier + "x"}, "invalid_request: invalid code verifier"},
		{"with the challenge as verifier", map[string]string{"code_verifier": challenge}, "invalid_request: invalid code verifier"},
	} {
		fields := maps.Clone(good)
		fields["code"] = logIn(t, b, o.ask(), ops).Get("code")
		code := fields["code"]
		maps.Copy(fields, test.change)
		if r := o.exchange(t, fields); r != test.want {
			t.Errorf("%s: %q, want %q", test.name, r, test.want)
		}
		if test.want == "" {
			if again := o.exchange(t, fields); again != "invalid_grant: expired authorization code" {
				t.Errorf("%s, again: %q", test.name, again)
			}
			continue
		}
		fields = maps.Clone(good)
		fields["code"] = code
		if r := o.exchange(t, fields); r != "" {
			t.Errorf("%s, then as it should be: %q", test.name, r)
		}
	}
}

// exchange returns why a code was refused, empty if it was not.
func (o *org) exchange(t testing.TB, fields map[string]string) string {
	t.Helper()
	var list []string
	for name, value := range fields {
		list = append(list, name, value)
	}
	r := o.token(t, list...)
	if r.status == 200 {
		return ""
	}
	return r.Error + ": " + r.ErrorDescription
}

func TestCodesAgeAndFollowTheUser(t *testing.T) {
	o := start(t, withPeople)
	b := identity.NewBrowser()
	fields := map[string]string{"grant_type": "authorization_code", "client_id": "pad", "redirect_uri": callback, "code_verifier": verifier}
	fields["code"] = logIn(t, b, o.ask(), ops).Get("code")
	o.clock.Advance(15*time.Minute - time.Second)
	if r := o.exchange(t, fields); r != "" {
		t.Errorf("just in time: %s", r)
	}
	fields["code"] = logIn(t, b, o.ask(), ops).Get("code")
	o.clock.Advance(15 * time.Minute)
	if r := o.exchange(t, fields); r != "invalid_grant: expired authorization code" {
		t.Errorf("too late: %q", r)
	}
	fields["code"] = logIn(t, b, o.ask(), ops).Get("code")
	u := o.users[ops]
	u.Active = false
	o.users[ops] = u
	if r := o.exchange(t, fields); r != "invalid_grant: inactive user" {
		t.Errorf("after the user was deactivated: %q", r)
	}
}

// A daemon's app by whose policy people approve it for themselves can act for
// somebody only once that person did.
func TestApprovalAtABrowserLetsAnAssertionIn(t *testing.T) {
	o := start(t, withPeople)
	if r := o.assert(t, o.claims("iss", "jwt")); r.ErrorDescription != "user hasn't approved this consumer" {
		t.Errorf("before: %+v", r)
	}
	at := logIn(t, identity.NewBrowser(), o.ask("client_id", "jwt", "scope", "api refresh_token"), ops)
	if at.Get("code") == "" {
		t.Fatalf("sent back with %v", at)
	}
	if r := o.assert(t, o.claims("iss", "jwt")); r.status != 200 {
		t.Errorf("after: %+v", r)
	}
	if r := o.assert(t, jwt.MapClaims{"iss": "jwt", "sub": "old@acme.test", "aud": o.url, "exp": time.Now().Add(time.Minute).Unix()}); r.ErrorDescription != "user hasn't approved this consumer" {
		t.Errorf("another user: %+v", r)
	}
}

// person is a browser whose steps a test takes one by one.
type person struct {
	http.Client
	t testing.TB
}

func newPerson(t testing.TB) *person {
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &person{http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}, t}
}

// do sends a request, whose headers may be given, and returns status, body and
// headers.
func (p *person) do(ctx context.Context, method, address string, form url.Values, header ...string) (int, string, http.Header) {
	p.t.Helper()
	r, err := http.NewRequestWithContext(ctx, method, address, strings.NewReader(form.Encode()))
	if err != nil {
		p.t.Fatal(err)
	}
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	reply, err := p.Client.Do(r)
	if err != nil {
		p.t.Fatal(err)
	}
	defer reply.Body.Close()
	body, _ := io.ReadAll(reply.Body)
	return reply.StatusCode, string(body), reply.Header
}

var formField = regexp.MustCompile(`name="form" value="([^"]+)"`)

// open goes to the page and returns its address and the proof in its form.
func (p *person) open(o *org, address string) (page, form string) {
	p.t.Helper()
	status, _, header := p.do(p.t.Context(), http.MethodGet, address, nil)
	page = o.url + header.Get("Location")
	if status != 302 || !strings.HasPrefix(header.Get("Location"), "/setup/secur/RemoteAccessAuthorizationPage.apexp?source=") {
		p.t.Fatalf("authorize: %d %s", status, page)
	}
	status, body, header := p.do(p.t.Context(), http.MethodGet, page, nil)
	proof := formField.FindStringSubmatch(body)
	if status != 200 || proof == nil || header.Get("X-Frame-Options") != "DENY" || !strings.Contains(header.Get("Content-Security-Policy"), "frame-ancestors 'none'") {
		p.t.Fatalf("page: %d %v %s", status, header, body)
	}
	return page, proof[1]
}

func TestThePageTakesOneDecisionOfItsOwnBrowser(t *testing.T) {
	o := start(t, withPeople)
	p, stranger := newPerson(t), newPerson(t)
	page, form := p.open(o, o.ask())
	_, other := p.open(o, o.ask())
	stranger.open(o, o.ask())
	allow := func(form string) url.Values {
		return url.Values{"form": {form}, "decision": {"allow"}, "username": {ops}}
	}
	for _, test := range []struct {
		name   string
		who    *person
		form   url.Values
		header []string
		want   int
	}{
		{"no proof", p, allow(""), nil, 410},
		{"a made up proof", p, allow("x"), nil, 410},
		{"the proof of another page", p, allow(other), nil, 410},
		{"another browser", stranger, allow(form), nil, 410},
		{"no browser's cookie", newPerson(t), allow(form), nil, 410},
		{"a form of another site", p, allow(form), []string{"Origin", "https://evil.test"}, 403},
		{"a form of another site, as browsers tell", p, allow(form), []string{"Sec-Fetch-Site", "cross-site"}, 403},
		{"a body that is too large", p, url.Values{"form": {strings.Repeat("x", 70_000)}}, nil, 403},
		{"nobody chosen", p, url.Values{"form": {form}, "decision": {"allow"}}, nil, 422},
		{"the first time", p, allow(form), []string{"Origin", o.url, "Sec-Fetch-Site", "same-origin"}, 302},
		{"the second time", p, allow(form), nil, 410},
	} {
		status, _, header := test.who.do(t.Context(), http.MethodPost, page, test.form, test.header...)
		if status != test.want || (header.Get("Location") != "") != (test.want == 302) {
			t.Errorf("%s: %d to %q, want %d", test.name, status, header.Get("Location"), test.want)
		}
		if cookies := header.Values("Set-Cookie"); (test.want == 302) != strings.Contains(fmt.Sprint(cookies), "sid=00D5e000000XyZ1!") {
			t.Errorf("%s: cookies %q", test.name, cookies)
		}
	}
	page, _ = p.open(o, o.ask("prompt", "login"))
	o.clock.Advance(15 * time.Minute)
	if status, body, _ := p.do(t.Context(), http.MethodGet, page, nil); status != 410 || !strings.Contains(body, "This login is over") {
		t.Errorf("an old page: %d %s", status, body)
	}
	if status, _, _ := p.do(t.Context(), http.MethodPut, page, nil); status != 405 {
		t.Errorf("PUT: %d", status)
	}
}

func TestCookiesAreOutOfReachOfScripts(t *testing.T) {
	o := start(t, withPeople)
	p := newPerson(t)
	page, form := p.open(o, o.ask())
	_, _, header := p.do(t.Context(), http.MethodPost, page, url.Values{"form": {form}, "decision": {"allow"}, "username": {ops}})
	sid := header.Get("Set-Cookie")
	if !containsAll(sid, "sid=", "Path=/", "HttpOnly", "SameSite=Lax") || strings.Contains(sid, "Secure") {
		t.Errorf("over http: %s", sid)
	}
	first := regexp.MustCompile(`sid=([^;]+)`).FindStringSubmatch(sid)[1]
	page, form = p.open(o, o.ask("prompt", "login"))
	p.do(t.Context(), http.MethodPost, page, url.Values{"form": {form}, "decision": {"allow"}, "username": {ops}})
	if _, err := o.Check("Bearer " + first); err == nil {
		t.Error("the session of before goes on after another login")
	}
}

func TestLoggingOutEndsTheBrowsersSessionOnly(t *testing.T) {
	for _, path := range []string{"/services/auth/idp/oidc/logout", "/secur/logout.jsp"} {
		o := start(t, withPeople)
		p := newPerson(t)
		page, form := p.open(o, o.ask())
		_, _, header := p.do(t.Context(), http.MethodPost, page, url.Values{"form": {form}, "decision": {"allow"}, "username": {ops}})
		at, _ := url.Parse(header.Get("Location"))
		r := o.token(t, "grant_type", "authorization_code", "client_id", "pad", "redirect_uri", callback, "code_verifier", verifier, "code", at.Query().Get("code"))
		status, body, header := p.do(t.Context(), http.MethodGet, o.url+path, nil)
		if status != 200 || !strings.Contains(body, "You are logged out") || !containsAll(header.Get("Set-Cookie"), "sid=", "Max-Age=0") {
			t.Errorf("%s: %d %s", path, status, header)
		}
		if _, _, header := p.do(t.Context(), http.MethodGet, o.ask("prompt", "none"), nil); !strings.Contains(header.Get("Location"), "login_required") {
			t.Errorf("%s: after it %s", path, header.Get("Location"))
		}
		if _, err := o.Check("Bearer " + r.AccessToken); err != nil {
			t.Errorf("%s: the app's session: %v", path, err)
		}
	}
}

func TestThePageOffersPeople(t *testing.T) {
	const many = 250
	users := map[string]identity.User{}
	var people []identity.User
	for i := range many {
		u := identity.User{ID: fmt.Sprintf("0055e000000%04dAAK", i), Username: fmt.Sprintf("user%d@acme.test", i), FirstName: "Nº" + fmt.Sprint(i), LastName: `O'"<b>`, Active: i != 7}
		users[u.Username], people = u, append(people, u)
	}
	o := start(t, func(opt *identity.Options) {
		withPeople(opt)
		opt.Users = func(name string) (identity.User, bool) { u, ok := users[name]; return u, ok }
		opt.People = func() []identity.User { return people }
	})
	p := newPerson(t)
	page, _ := p.open(o, o.ask("login_hint", "user240@acme.test"))
	for _, test := range []struct {
		query, status string
		rows          int
		first         string
	}{
		{"", "201 of 249 users shown; find the others by name", 201, "user240@acme.test"},
		{"nº24", "11 of 249 users", 11, "user240@acme.test"},
		{"user248@ nº", "1 of 249 users", 1, "user248@acme.test"},
		{"user7@", "0 of 249 users", 0, ""},
	} {
		_, body, _ := p.do(t.Context(), http.MethodGet, page+"&q="+url.QueryEscape(test.query), nil)
		rows := regexp.MustCompile(`type="radio" name="username" value="([^"]+)"`).FindAllStringSubmatch(body, -1)
		if len(rows) != test.rows || !strings.Contains(body, test.status) || strings.Contains(body, "<b>O") || len(rows) > 0 && rows[0][1] != test.first {
			t.Errorf("%q: %d rows, want %d and %q first: %.2000s", test.query, len(rows), test.rows, test.first, body)
		}
		if checked := strings.Count(body, " checked"); checked > 1 || (checked == 1) != (test.first == "user240@acme.test") {
			t.Errorf("%q: %d chosen", test.query, checked)
		}
	}
	if q := logIn(t, identity.NewBrowser(), o.ask(), "user249@acme.test"); q.Get("code") == "" {
		t.Errorf("somebody who is not among the first: %v", q)
	}
}

func TestOpenerPolicyIsASwitch(t *testing.T) {
	o := start(t, withPeople)
	p := newPerson(t)
	page, _ := p.open(o, o.ask())
	for _, on := range []bool{false, true, false} {
		o.SetOpenerPolicy(on)
		if _, _, header := p.do(t.Context(), http.MethodGet, page, nil); (header.Get("Cross-Origin-Opener-Policy") == "same-origin") != on {
			t.Errorf("switched %v: %q", on, header.Get("Cross-Origin-Opener-Policy"))
		}
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

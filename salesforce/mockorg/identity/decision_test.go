package identity_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"omnibridge/salesforce/mockorg/identity"
)

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

// The one who is logged in stands first and is chosen, whatever the app expects.
func TestThePageChoosesWhoIsThere(t *testing.T) {
	o := start(t, withPeople)
	p := newPerson(t)
	page, form := p.open(o, o.ask())
	p.do(t.Context(), http.MethodPost, page, url.Values{"form": {form}, "decision": {"allow"}, "username": {ops}})
	for prompt, want := range map[string]string{"select_account": ops, "consent": ops, "login": "new@acme.test"} {
		page, _ := p.open(o, o.ask("prompt", prompt, "login_hint", "NEW@acme.test"))
		_, body, _ := p.do(t.Context(), http.MethodGet, page, nil)
		if chosen := regexp.MustCompile(`value="([^"]+)" required checked`).FindStringSubmatch(body); chosen == nil || chosen[1] != want {
			t.Errorf("%s: %v, want %s", prompt, chosen, want)
		}
	}
}

func TestChoosingAnotherUserChangesTheSession(t *testing.T) {
	o := start(t, withPeople)
	b := identity.NewBrowser()
	for _, username := range []string{ops, "old@acme.test", "old@acme.test", ops} {
		logIn(t, b, o.ask("prompt", "select_account"), username)
		if all := o.Sessions(); len(all) != 1 || all[0].Username != username {
			t.Errorf("%s was chosen: %+v", username, all)
		}
	}
}

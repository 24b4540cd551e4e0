package identity_test

import (
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"omnibridge/salesforce/mockorg/identity"

	"github.com/golang-jwt/jwt/v5"
)

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

// Apps that have to show their secret to refresh are refused without, the others with a wrong one.
func TestRefreshingWithoutTheSecret(t *testing.T) {
	o := start(t, withPeople)
	for _, test := range []struct{ client, secret, shown, want string }{
		{"wall", "wall-secret", "", "invalid_client"},
		{"wall", "wall-secret", "x", "invalid_client"},
		{"wall", "wall-secret", "wall-secret", ""},
		{"pad", "pad-secret", "x", "invalid_client"},
		{"pad", "", "", ""},
	} {
		code := logIn(t, identity.NewBrowser(), o.ask("client_id", test.client, "scope", ""), ops).Get("code")
		r := o.token(t, "grant_type", "authorization_code", "client_id", test.client, "client_secret", test.secret, "redirect_uri", callback, "code_verifier", verifier, "code", code)
		if r.Scope != "openid profile email custom_permissions refresh_token" {
			t.Errorf("no scope asked for: %+v", r)
		}
		var token struct {
			Refresh string `json:"refresh_token"`
		}
		if err := json.Unmarshal([]byte(r.body), &token); err != nil || token.Refresh == "" {
			t.Fatalf("%+v, %v", r, err)
		}
		if r := o.token(t, "grant_type", "refresh_token", "client_id", test.client, "client_secret", test.shown, "refresh_token", token.Refresh); r.Error != test.want {
			t.Errorf("%s with %q: %+v", test.client, test.shown, r)
		}
		look := o.do(t, http.MethodPost, "/services/oauth2/introspect", "", url.Values{"token": {token.Refresh}, "client_id": {test.client}, "client_secret": {test.client + "-secret"}})
		if rotated := test.client == "wall" && test.want == ""; strings.Contains(look.body, `"active":true`) == rotated {
			t.Errorf("%s with %q: the first token is then %s", test.client, test.shown, look.body)
		}
	}
}

// An ID token says that a person was there.
func TestProgramsGetNoIDToken(t *testing.T) {
	o := start(t, func(opt *identity.Options) {
		opt.Apps = append(opt.Apps, identity.App{ClientID: "robot", Secret: "s", RunAs: ops, Scopes: []string{"openid", "api"}})
	})
	if r := o.token(t, "grant_type", "client_credentials", "client_id", "robot", "client_secret", "s"); r.status != 200 || strings.Contains(r.body, "id_token") {
		t.Errorf("%+v", r)
	}
}

func TestAFewPeopleTooMany(t *testing.T) {
	o := start(t, withPeople)
	p := newPerson(t)
	first, _ := p.open(o, o.ask())
	for range 999 {
		p.do(t.Context(), http.MethodGet, o.ask(), nil)
	}
	if status, _, _ := p.do(t.Context(), http.MethodGet, first, nil); status != 200 {
		t.Errorf("the first of 1,000: %d", status)
	}
	p.do(t.Context(), http.MethodGet, o.ask(), nil)
	if status, _, _ := p.do(t.Context(), http.MethodGet, first, nil); status != 410 {
		t.Errorf("the first of 1,001: %d", status)
	}
}

func TestRefreshingKeepsToWhatWasAskedFor(t *testing.T) {
	o := start(t, withPeople)
	code := logIn(t, identity.NewBrowser(), o.ask("scope", "refresh_token email"), ops).Get("code")
	r := o.token(t, "grant_type", "authorization_code", "client_id", "pad", "redirect_uri", callback, "code_verifier", verifier, "code", code)
	var token struct {
		Refresh string `json:"refresh_token"`
		IDToken string `json:"id_token"`
	}
	if err := json.Unmarshal([]byte(r.body), &token); err != nil || r.Scope != "refresh_token email" || token.IDToken != "" {
		t.Fatalf("%+v, %v", r, err)
	}
	if r := o.token(t, "grant_type", "refresh_token", "client_id", "pad", "refresh_token", token.Refresh); r.Scope != "refresh_token email" || strings.Contains(r.body, "id_token") {
		t.Errorf("%+v", r)
	}
}

func TestCustomPermissionsAreToldWhenAskedFor(t *testing.T) {
	o := start(t, withPeople)
	for scope, told := range map[string]bool{"openid": false, "openid custom_permissions": true} {
		code := logIn(t, identity.NewBrowser(), o.ask("scope", scope), ops).Get("code")
		r := o.token(t, "grant_type", "authorization_code", "client_id", "pad", "redirect_uri", callback, "code_verifier", verifier, "code", code)
		info := o.do(t, http.MethodGet, "/services/oauth2/userinfo", "Bearer "+r.AccessToken, nil)
		if info.status != 200 || strings.Contains(info.body, `"custom_permissions":{"Supervisor":true}`) != told || strings.Contains(info.body, "custom_permissions") != told {
			t.Errorf("%s: %s", scope, info.body)
		}
	}
}

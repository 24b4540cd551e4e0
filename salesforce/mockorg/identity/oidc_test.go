package identity_test

import (
	"cmp"
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"omnibridge/salesforce/mockorg/identity"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

// party is an app that people log in to, made with the libraries that real ones
// are made with.
type party struct {
	*oidc.Provider
	oauth2.Config
	verifier string
}

// newParty discovers the org.
func newParty(t testing.TB, o *org, id, secret string, scopes ...string) *party {
	t.Helper()
	provider, err := oidc.NewProvider(t.Context(), o.url)
	if err != nil {
		t.Fatal(err)
	}
	return &party{Provider: provider, verifier: oauth2.GenerateVerifier(),
		Config: oauth2.Config{ClientID: id, ClientSecret: secret, Endpoint: provider.Endpoint(), RedirectURL: "http://127.0.0.1:49152/oauth/callback", Scopes: scopes}}
}

// ask is the address that a login starts at.
func (p *party) ask(params ...string) string {
	options := []oauth2.AuthCodeOption{oidc.Nonce("n-1"), oauth2.S256ChallengeOption(p.verifier)}
	for i := 0; i < len(params); i += 2 {
		options = append(options, oauth2.SetAuthURLParam(params[i], params[i+1]))
	}
	return p.AuthCodeURL("state 1", options...)
}

// login goes through the page and returns the code.
func (p *party) login(t testing.TB, b *identity.Browser, username string, params ...string) string {
	t.Helper()
	at, err := b.LogIn(t.Context(), p.ask(params...), username)
	if err != nil {
		t.Fatal(err)
	}
	q := at.Query()
	if q.Get("code") == "" || q.Get("state") != "state 1" {
		t.Fatalf("sent back to %s", at)
	}
	return q.Get("code")
}

func (p *party) exchange(ctx context.Context, code string) (*oauth2.Token, error) {
	return p.Exchange(ctx, code, oauth2.VerifierOption(p.verifier))
}

// refused is why an exchange or a refresh failed.
func refused(err error) string {
	if e, ok := err.(*oauth2.RetrieveError); ok {
		return e.ErrorCode + ": " + e.ErrorDescription
	}
	return "no refusal"
}

func TestPeopleLogInByOpenID(t *testing.T) {
	for _, app := range []struct {
		id, secret string
		profile    bool // in the ID token
		rotates    bool
	}{{"pad", "", false, false}, {"pad", "pad-secret", false, false}, {"wall", "wall-secret", true, true}} {
		t.Run(app.id+" "+cmp.Or(app.secret, "without secret"), func(t *testing.T) {
			o := start(t, withPeople)
			p := newParty(t, o, app.id, app.secret, oidc.ScopeOpenID, "profile", "email", "custom_permissions", "refresh_token")
			token, err := p.exchange(t.Context(), p.login(t, identity.NewBrowser(), ops))
			if err != nil {
				t.Fatal(err)
			}
			raw, _ := token.Extra("id_token").(string)
			idToken, err := p.Verifier(&oidc.Config{ClientID: app.id}).Verify(t.Context(), raw)
			if err != nil {
				t.Fatal(err)
			}
			subject := o.url + "/id/" + orgID + "/0055e000000AbCdAAK"
			if idToken.Subject != subject || idToken.Nonce != "n-1" || idToken.Issuer != o.url || idToken.VerifyAccessToken(token.AccessToken) != nil {
				t.Errorf("ID token %+v", idToken)
			}
			if life := idToken.Expiry.Sub(idToken.IssuedAt); life.Minutes() != 2 {
				t.Errorf("the ID token lives %v", life)
			}
			var claims struct {
				Email  string
				Custom map[string]bool `json:"custom_permissions"`
			}
			if err := idToken.Claims(&claims); err != nil || (claims.Email == ops) != app.profile || claims.Custom["Supervisor"] != !app.profile {
				t.Errorf("claims %+v, %v", claims, err)
			}
			for name, want := range map[string]string{"id": subject, "instance_url": o.url, "scope": "openid profile email custom_permissions refresh_token", "token_type": "Bearer"} {
				if got, _ := token.Extra(name).(string); got != want {
					t.Errorf("%s is %q, want %q", name, got, want)
				}
			}
			if token.Extra("issued_at") == nil || token.Extra("signature") == nil || !token.Expiry.IsZero() {
				t.Error("want issued_at and signature, and nothing about expiry")
			}
			userinfoSays(t, p, token, subject)
			refreshes(t, p, token, app.rotates)
		})
	}
}

// userinfoSays checks the user information of ops.
func userinfoSays(t *testing.T, p *party, token *oauth2.Token, subject string) {
	t.Helper()
	info, err := p.UserInfo(t.Context(), oauth2.StaticTokenSource(token))
	if err != nil {
		t.Fatal(err)
	}
	var claims map[string]any
	if err := info.Claims(&claims); err != nil || info.Subject != subject || info.Email != ops || !info.EmailVerified {
		t.Errorf("user information %+v, %v", info, err)
	}
	for name, want := range map[string]any{"user_id": "0055e000000AbCdAAK", "organization_id": orgID, "preferred_username": ops, "nickname": ops,
		"name": "Olive Ops", "given_name": "Olive", "family_name": "Ops", "zoneinfo": "Europe/Berlin", "utcOffset": 3600000.0, "user_type": "STANDARD",
		"active": true, "language": "en_US", "locale": "en_US", "is_app_installed": true, "is_salesforce_integration_user": false} {
		if claims[name] != want {
			t.Errorf("%s is %v, want %v", name, claims[name], want)
		}
	}
	for _, name := range []string{"photos", "picture", "address", "urls", "profile", "updated_at"} {
		if claims[name] == nil {
			t.Errorf("there is no %s", name)
		}
	}
}

// refreshes gets new tokens, and checks what becomes of the refresh token.
func refreshes(t *testing.T, p *party, token *oauth2.Token, rotates bool) {
	t.Helper()
	refresh := func(from string) (*oauth2.Token, error) {
		return p.TokenSource(t.Context(), &oauth2.Token{RefreshToken: from}).Token()
	}
	next, err := refresh(token.RefreshToken)
	if err != nil {
		t.Fatal(err)
	}
	if (next.RefreshToken != token.RefreshToken) != rotates || next.AccessToken == token.AccessToken {
		t.Errorf("rotated: %v, want %v", next.RefreshToken != token.RefreshToken, rotates)
	}
	raw, _ := next.Extra("id_token").(string)
	if _, err := p.Verifier(&oidc.Config{ClientID: p.ClientID}).Verify(t.Context(), raw); err != nil {
		t.Errorf("ID token of a refresh: %v", err)
	}
	if !rotates {
		return
	}
	third, err := refresh(next.RefreshToken)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := refresh(token.RefreshToken); refused(err) != "invalid_grant: expired access/refresh token" {
		t.Errorf("an old token: %v", err)
	}
	if _, err := p.UserInfo(t.Context(), oauth2.StaticTokenSource(third)); err != nil {
		t.Errorf("a token two back ended the login: %v", err)
	}
	if _, err := refresh(next.RefreshToken); refused(err) != "invalid_grant: expired access/refresh token" {
		t.Errorf("the token before: %v", err)
	}
	if _, err := refresh(third.RefreshToken); err == nil {
		t.Error("the newest token outlived the use of the one before")
	}
	if _, err := p.UserInfo(t.Context(), oauth2.StaticTokenSource(third)); err == nil {
		t.Error("a session outlived its stolen refresh token")
	}
}

func TestTokensOfPeopleAreIntrospectedAndRevoked(t *testing.T) {
	o := start(t, withPeople)
	p := newParty(t, o, "pad", "pad-secret", "openid", "refresh_token")
	token, err := p.exchange(t.Context(), p.login(t, identity.NewBrowser(), ops))
	if err != nil {
		t.Fatal(err)
	}
	look := func(token string) string {
		return o.do(t, http.MethodPost, "/services/oauth2/introspect", "", url.Values{"token": {token}, "client_id": {"pad"}, "client_secret": {"pad-secret"}}).body
	}
	for _, text := range []string{token.AccessToken, token.RefreshToken} {
		if body := look(text); !containsAll(body, `"active":true`, `"scope":"openid refresh_token"`, `"username":"ops@acme.test"`) {
			t.Errorf("introspection: %s", body)
		}
	}
	if r := o.do(t, http.MethodPost, "/services/oauth2/revoke", "", url.Values{"token": {token.RefreshToken}}); r.status != 200 {
		t.Fatalf("revoke: %+v", r)
	}
	for _, text := range []string{token.AccessToken, token.RefreshToken} {
		if body := look(text); !containsAll(body, `"active":false`) {
			t.Errorf("after revoking: %s", body)
		}
	}
}

func TestAnOldRefreshTokenMakesRoom(t *testing.T) {
	o := start(t, withPeople)
	p := newParty(t, o, "pad", "", "openid", "refresh_token")
	b := identity.NewBrowser()
	var tokens []*oauth2.Token
	for range 6 {
		token, err := p.exchange(t.Context(), p.login(t, b, ops))
		if err != nil {
			t.Fatal(err)
		}
		tokens = append(tokens, token)
	}
	for i, token := range tokens {
		_, err := p.TokenSource(t.Context(), &oauth2.Token{RefreshToken: token.RefreshToken}).Token()
		if (err == nil) != (i > 0) {
			t.Errorf("approval %d of six: %v", i+1, err)
		}
	}
}

func TestKeysRotate(t *testing.T) {
	o := start(t, withPeople)
	p := newParty(t, o, "pad", "", "openid")
	verifier := p.Verifier(&oidc.Config{ClientID: "pad"})
	b := identity.NewBrowser()
	idToken := func() string {
		t.Helper()
		token, err := p.exchange(t.Context(), p.login(t, b, ops))
		if err != nil {
			t.Fatal(err)
		}
		raw, _ := token.Extra("id_token").(string)
		return raw
	}
	old := idToken()
	kids := map[string]bool{}
	for i := range 3 {
		raw := idToken()
		if _, err := verifier.Verify(t.Context(), raw); err != nil {
			t.Fatalf("after %d rotations: %v", i, err)
		}
		header, _, _ := strings.Cut(raw, ".")
		if kids[header] = true; len(kids) != i+1 {
			t.Errorf("after %d rotations: signed with a key of before", i)
		}
		if i == 2 {
			break
		}
		if err := o.RotateKeys(); err != nil {
			t.Fatal(err)
		}
	}
	fresh := newParty(t, o, "pad", "", "openid").Verifier(&oidc.Config{ClientID: "pad"})
	if _, err := fresh.Verify(t.Context(), old); err != nil {
		t.Errorf("two rotations later: %v", err)
	}
	if err := o.RotateKeys(); err != nil {
		t.Fatal(err)
	}
	fresh = newParty(t, o, "pad", "", "openid").Verifier(&oidc.Config{ClientID: "pad"})
	if _, err := fresh.Verify(t.Context(), old); err == nil {
		t.Error("a key is published after three rotations")
	}
}

func TestDiscoveryReadsAsInARealOrg(t *testing.T) {
	o := start(t, withPeople)
	r := o.do(t, http.MethodGet, "/.well-known/openid-configuration", "", nil)
	for _, want := range []string{`"issuer":"` + o.url + `"`, `"authorization_endpoint":"` + o.url + `/services/oauth2/authorize"`, `"jwks_uri":"` + o.url + `/id/keys"`,
		`"introspection_endpoint"`, `"revocation_endpoint"`, `"end_session_endpoint":"` + o.url + `/services/auth/idp/oidc/logout"`,
		`"id_token_signing_alg_values_supported":["RS256"]`, `"subject_types_supported":["public"]`, `"code_challenge_methods_supported":["S256"]`} {
		if !containsAll(r.body, want) {
			t.Errorf("%s is not in %s", want, r.body)
		}
	}
	var document struct {
		Scopes []string `json:"scopes_supported"`
	}
	newParty(t, o, "pad", "").Claims(&document)
	if !slices.Contains(document.Scopes, "openid") || !slices.Contains(document.Scopes, "custom_permissions") {
		t.Errorf("scopes %v", document.Scopes)
	}
	if r := o.do(t, http.MethodPost, "/.well-known/openid-configuration", "", nil); r.status != 405 {
		t.Errorf("POST: %d", r.status)
	}
	if r := o.do(t, http.MethodGet, "/id/keys", "", nil); !containsAll(r.body, `"kty":"RSA"`, `"alg":"RS256"`, `"use":"sig"`, `"kid":"`, `"e":"AQAB"`) {
		t.Errorf("keys: %s", r.body)
	}
}

package identity_test

import (
	"bytes"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"omnibridge/salesforce/mockorg/clock"
	"omnibridge/salesforce/mockorg/identity"

	"github.com/golang-jwt/jwt/v5"
)

const orgID = "00D5e000000XyZ1EAK"

var (
	signing = sync.OnceValue(newKey)
	foreign = sync.OnceValue(newKey)
)

func newKey() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return key
}

// org is the service over real HTTP.
type org struct {
	*identity.Service
	clock *clock.Clock
	url   string
	users map[string]identity.User
	log   *bytes.Buffer
}

func start(t testing.TB, change func(*identity.Options)) *org {
	o := &org{clock: clock.New(), log: &bytes.Buffer{}, users: map[string]identity.User{
		"ops@acme.test": {ID: "0055e000000AbCdAAK", Username: "ops@acme.test", Email: "ops@acme.test", FirstName: "Olive", LastName: "Ops", Password: "pass&word", SecurityToken: "TOKEN", Active: true, TimeZone: "Europe/Berlin"},
		"old@acme.test": {ID: "0055e000000AbCeAAK", Username: "old@acme.test", Password: "pass", Active: true, PasswordOld: true},
		"off@acme.test": {ID: "0055e000000AbCfAAK", Username: "off@acme.test", Password: "pass"},
		"new@acme.test": {ID: "0055e000000AbChAAK", Username: "new@acme.test", SecurityToken: "T", Active: true},
		"bad@acme.test": {ID: "0055e000000AbCgAAK", Username: "bad@acme.test", Password: "pass", Active: true, Locked: true},
	}}
	t.Cleanup(o.clock.Stop)
	opt := identity.Options{
		Clock: o.clock, BaseURL: func() string { return o.url }, OrgID: orgID, Sandbox: true,
		Users: func(name string) (identity.User, bool) {
			u, ok := o.users[strings.ToLower(name)]
			return u, ok
		},
		Apps: []identity.App{
			{ClientID: "daemon", Secret: "daemon-secret", PublicKey: &signing().PublicKey, RunAs: "ops@acme.test"},
			{ClientID: "picky", PublicKey: &signing().PublicKey, Permits: func(string) bool { return false }},
			{ClientID: "scopeless", Secret: "s", RunAs: "ops@acme.test", Scopes: []string{"full", "refresh_token"}},
			{ClientID: "plain", Secret: "plain-secret"},
			{ClientID: "ghost", Secret: "s", RunAs: "nobody@acme.test"},
		},
		Log: slog.New(slog.NewTextHandler(o.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	}
	if change != nil {
		change(&opt)
	}
	s, err := identity.New(opt)
	if err != nil {
		t.Fatal(err)
	}
	h := httptest.NewServer(s)
	t.Cleanup(h.Close)
	o.Service, o.url = s, h.URL
	return o
}

type reply struct {
	status           int
	body             string
	AccessToken      string `json:"access_token"`
	InstanceURL      string `json:"instance_url"`
	ID               string
	TokenType        string `json:"token_type"`
	Scope            string
	IssuedAt         string `json:"issued_at"`
	Signature        string
	Error            string
	ErrorDescription string `json:"error_description"`
}

func (o *org) do(t testing.TB, method, path, authorization string, form url.Values) reply {
	t.Helper()
	r, _ := http.NewRequestWithContext(t.Context(), method, o.url+path, strings.NewReader(form.Encode()))
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	if authorization != "" {
		r.Header.Set("Authorization", authorization)
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	all, _ := io.ReadAll(resp.Body)
	out := reply{status: resp.StatusCode, body: string(all)}
	if strings.HasPrefix(resp.Header.Get("Content-Type"), "application/json") {
		if err := json.Unmarshal(all, &out); err != nil {
			t.Fatalf("%s: %v", all, err)
		}
		if resp.Header.Get("Cache-Control") != "no-cache, no-store" {
			t.Errorf("%s may be cached", path)
		}
	}
	return out
}

func (o *org) token(t testing.TB, fields ...string) reply {
	t.Helper()
	form := url.Values{}
	for i := 0; i < len(fields); i += 2 {
		form.Set(fields[i], fields[i+1])
	}
	return o.do(t, http.MethodPost, "/services/oauth2/token", "", form)
}

func (o *org) assert(t testing.TB, claims jwt.MapClaims) reply {
	t.Helper()
	text, err := jwt.NewWithClaims(jwt.SigningMethodRS256, claims).SignedString(signing())
	if err != nil {
		t.Fatal(err)
	}
	return o.token(t, "grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer", "assertion", text)
}

// claims are those of a good assertion, with one of them replaced; nil takes it
// away.
func (o *org) claims(name string, value any) jwt.MapClaims {
	c := jwt.MapClaims{"iss": "daemon", "sub": "ops@acme.test", "aud": o.url, "exp": time.Now().Add(3 * time.Minute).Unix()}
	if name != "" {
		c[name] = value
	}
	if value == nil {
		delete(c, name)
	}
	return c
}

func TestJWTBearer(t *testing.T) {
	o := start(t, nil)
	r := o.assert(t, o.claims("", nil))
	if r.status != 200 || r.InstanceURL != o.url || r.TokenType != "Bearer" || r.Scope != "api refresh_token" {
		t.Fatalf("%+v", r)
	}
	if r.ID != o.url+"/id/"+orgID+"/0055e000000AbCdAAK" || !strings.HasPrefix(r.AccessToken, "00D5e000000XyZ1!") {
		t.Errorf("id %s, token %.20s…", r.ID, r.AccessToken)
	}
	for _, absent := range []string{"issued_at", "signature", "expires_in"} {
		if strings.Contains(r.body, absent) {
			t.Errorf("a JWT reply has no %s: %s", absent, r.body)
		}
	}
	session, err := o.Check("Bearer " + r.AccessToken)
	if err != nil || session.UserID != "0055e000000AbCdAAK" || session.ClientID != "daemon" || session.OrgID != orgID || session.Grant != identity.GrantJWT {
		t.Errorf("session %+v, %v", session, err)
	}
	now := time.Now()
	for _, test := range []struct {
		claim string
		value any
		code  string // empty if it is good
		text  string
	}{
		{"exp", fmt.Sprint(now.Add(time.Minute).Unix()), "", ""},
		{"exp", now.Add(time.Minute).UnixMilli(), "", ""},
		{"exp", now.Add(5*time.Minute - time.Second).Unix(), "", ""},
		{"exp", float64(now.Add(time.Minute).Unix()) + 0.5, "", ""},
		{"exp", now.Add(-time.Second).Unix(), "invalid_grant", "expired authorization code"},
		{"exp", fmt.Sprint(now.Add(-time.Hour).Unix()), "invalid_grant", "expired authorization code"},
		{"exp", now.Add(-2 * time.Minute).UnixMilli(), "invalid_grant", "expired authorization code"},
		{"exp", now.Add(6 * time.Minute).Unix(), "invalid_grant", "invalid assertion"},
		{"exp", now.Add(6 * time.Minute).UnixMilli(), "invalid_grant", "invalid assertion"},
		{"exp", nil, "invalid_grant", "invalid assertion"},
		{"exp", "soon", "invalid_grant", "invalid assertion"},
		{"exp", -1, "invalid_grant", "invalid assertion"},
		{"exp", 1e300, "invalid_grant", "invalid assertion"},
		{"aud", "https://login.salesforce.com", "", ""},
		{"aud", "https://test.salesforce.com", "", ""},
		{"aud", o.url + "/", "", ""},
		{"aud", []string{"https://elsewhere.test", o.url}, "", ""},
		{"aud", "https://elsewhere.test", "invalid_grant", "audience is invalid"},
		{"aud", []string{}, "invalid_grant", "audience is invalid"},
		{"aud", nil, "invalid_grant", "audience is invalid"},
		{"iss", "nobody", "invalid_client_id", "client identifier invalid"},
		{"iss", nil, "invalid_client_id", "client identifier invalid"},
		{"iss", 7, "invalid_client_id", "client identifier invalid"},
		{"iss", "plain", "invalid_grant", "invalid assertion"}, // an app without a certificate
		{"iss", "picky", "invalid_grant", "user hasn't approved this consumer"},
		{"sub", "nobody@acme.test", "invalid_grant", "user hasn't approved this consumer"},
		{"sub", "off@acme.test", "invalid_grant", "inactive user"},
		{"sub", "bad@acme.test", "invalid_grant", "user is locked"},
		{"sub", nil, "invalid_grant", "invalid assertion"},
	} {
		before := o.Logins()
		r := o.assert(t, o.claims(test.claim, test.value))
		if r.Error != test.code || r.ErrorDescription != test.text || (r.status == 200) != (test.code == "") || (r.status == 400) != (test.code != "") {
			t.Errorf("%s %v: %d %s %q, want %s %q", test.claim, test.value, r.status, r.Error, r.ErrorDescription, test.code, test.text)
		}
		counted := identity.GrantJWT
		if test.code != "" {
			counted = identity.LoginRefused
		}
		if after := o.Logins(); after[counted] != before[counted]+1 {
			t.Errorf("%s %v: logins %v after %v", test.claim, test.value, after, before)
		}
	}
}

func TestAssertionMustBeSignedByTheApp(t *testing.T) {
	o := start(t, nil)
	sign := func(method jwt.SigningMethod, key any) string {
		text, err := jwt.NewWithClaims(method, o.claims("", nil)).SignedString(key)
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	good := sign(jwt.SigningMethodRS256, signing())
	parts := strings.Split(good, ".")
	wrongKey := map[string]string{ // what a certificate that is not the key's leads to (salesforce-package 1.7)
		"another key":  sign(jwt.SigningMethodRS256, foreign()),
		"no signature": parts[0] + "." + parts[1] + ".",
	}
	for name, assertion := range wrongKey {
		r := o.token(t, "grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer", "assertion", assertion)
		if r.status != 400 || r.Error != "invalid_client" || r.ErrorDescription != "invalid client credentials" {
			t.Errorf("%s: %+v", name, r)
		}
	}
	for name, assertion := range map[string]string{
		"another algorithm": sign(jwt.SigningMethodRS512, signing()),
		"no algorithm":      sign(jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType),
		"a shared secret":   sign(jwt.SigningMethodHS256, []byte("daemon-secret")),
		"another header":    parts[0] + "x." + parts[1] + "." + parts[2],
		"two parts":         parts[0] + "." + parts[1],
		"nonsense":          "nonsense",
		"nothing":           "",
	} {
		r := o.token(t, "grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer", "assertion", assertion)
		if r.status != 400 || r.Error != "invalid_grant" || r.ErrorDescription != "invalid assertion" {
			t.Errorf("%s: %+v", name, r)
		}
	}
}

func TestOtherGrants(t *testing.T) {
	o := start(t, nil)
	refresh, err := o.IssueRefresh("daemon", "ops@acme.test")
	if err != nil {
		t.Fatal(err)
	}
	dead, err := o.IssueRefresh("daemon", "off@acme.test")
	if err != nil {
		t.Fatal(err)
	}
	password := []string{"grant_type", "password", "client_id", "daemon", "client_secret", "daemon-secret", "username"}
	for _, test := range []struct {
		name   string
		fields []string
		code   string
		text   string
	}{
		{"client credentials", []string{"grant_type", "client_credentials", "client_id", "daemon", "client_secret", "daemon-secret"}, "", ""},
		{"wrong secret", []string{"grant_type", "client_credentials", "client_id", "daemon", "client_secret", "x"}, "invalid_client", "invalid client credentials"},
		{"no secret", []string{"grant_type", "client_credentials", "client_id", "picky", "client_secret", ""}, "invalid_client", "invalid client credentials"},
		{"unknown app", []string{"grant_type", "client_credentials", "client_id", "x", "client_secret", "x"}, "invalid_client_id", "client identifier invalid"},
		{"no execution user", []string{"grant_type", "client_credentials", "client_id", "plain", "client_secret", "plain-secret"}, "invalid_grant", "no client credentials user enabled"},
		{"execution user gone", []string{"grant_type", "client_credentials", "client_id", "ghost", "client_secret", "s"}, "invalid_grant", "no client credentials user enabled"},
		{"no usable scope", []string{"grant_type", "client_credentials", "client_id", "scopeless", "client_secret", "s"}, "invalid_grant", "no valid scopes defined"},
		{"password", append(password, "ops@acme.test", "password", "pass&wordTOKEN"), "", ""},
		{"password without token", append(password, "ops@acme.test", "password", "pass&word"), "invalid_grant", "authentication failure"},
		{"unknown user", append(password, "x", "password", "x"), "invalid_grant", "authentication failure"},
		{"no password set", append(password, "new@acme.test", "password", "T"), "invalid_grant", "authentication failure"},
		{"inactive user", append(password, "off@acme.test", "password", "pass"), "invalid_grant", "inactive user"},
		{"inactive user, wrong password", append(password, "off@acme.test", "password", "x"), "invalid_grant", "authentication failure"},
		{"locked user", append(password, "bad@acme.test", "password", "pass"), "invalid_grant", "user is locked"},
		{"refresh", []string{"grant_type", "refresh_token", "client_id", "daemon", "client_secret", "daemon-secret", "refresh_token", refresh}, "", ""},
		{"refresh without secret", []string{"grant_type", "refresh_token", "client_id", "daemon", "refresh_token", refresh}, "", ""},
		{"refresh with wrong secret", []string{"grant_type", "refresh_token", "client_id", "daemon", "client_secret", "x", "refresh_token", refresh}, "invalid_client", "invalid client credentials"},
		{"refresh of another app", []string{"grant_type", "refresh_token", "client_id", "plain", "client_secret", "plain-secret", "refresh_token", refresh}, "invalid_grant", "expired access/refresh token"},
		{"refresh unknown", []string{"grant_type", "refresh_token", "client_id", "daemon", "refresh_token", "x"}, "invalid_grant", "expired access/refresh token"},
		{"refresh of inactive user", []string{"grant_type", "refresh_token", "client_id", "daemon", "refresh_token", dead}, "invalid_grant", "inactive user"},
		{"unknown grant", []string{"grant_type", "device"}, "unsupported_grant_type", "grant type not supported"},
		{"no grant", nil, "unsupported_grant_type", "grant type not supported"},
	} {
		r := o.token(t, test.fields...)
		if r.Error != test.code || r.ErrorDescription != test.text || (r.status == 200) != (test.code == "") {
			t.Errorf("%s: %+v, want %s %q", test.name, r, test.code, test.text)
		}
		if test.code == "" && (r.IssuedAt == "" || r.Signature == "") {
			t.Errorf("%s: %+v, want issued_at and signature", test.name, r)
		}
	}
	basic := o.do(t, http.MethodPost, "/services/oauth2/token", "Basic ZGFlbW9uOmRhZW1vbi1zZWNyZXQ=", url.Values{"grant_type": {"client_credentials"}})
	if basic.status != 200 || basic.Scope != "api" {
		t.Errorf("client credentials by Basic: %+v", basic)
	}
	if r := o.do(t, http.MethodGet, "/services/oauth2/token", "", nil); r.status != 400 || r.ErrorDescription != "must use HTTP POST" {
		t.Errorf("GET: %+v", r)
	}
	if r := o.token(t, "grant_type", strings.Repeat("x", 70_000)); r.status != 400 || r.Error != "invalid_request" {
		t.Errorf("a large body: %+v", r)
	}
	want := map[string]int{identity.GrantCredentials: 2, identity.GrantPassword: 1, identity.GrantRefresh: 2, identity.LoginRefused: 18}
	if got := o.Logins(); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("logins %v, want %v", got, want)
	}
}

func TestOptionsThatCannotWork(t *testing.T) {
	good := identity.Options{Clock: clock.New(), BaseURL: func() string { return "" }, OrgID: orgID, Users: func(string) (identity.User, bool) { return identity.User{}, false }}
	for name, change := range map[string]func(*identity.Options){
		"Clock":       func(o *identity.Options) { o.Clock = nil },
		"BaseURL":     func(o *identity.Options) { o.BaseURL = nil },
		"OrgID":       func(o *identity.Options) { o.OrgID = "00D" },
		"Users":       func(o *identity.Options) { o.Users = nil },
		"SessionLife": func(o *identity.Options) { o.SessionLife = -1 },
		"Apps[1]":     func(o *identity.Options) { o.Apps = []identity.App{{ClientID: "a"}, {ClientID: "a"}} },
	} {
		o := good
		change(&o)
		if _, err := identity.New(o); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
	}
	s, err := identity.New(good)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.IssueRefresh("x", "y"); err == nil {
		t.Error("a refresh token for an unknown app")
	}
}

func containsAll(text string, parts ...string) bool {
	for _, part := range parts {
		if !strings.Contains(text, part) {
			return false
		}
	}
	return true
}

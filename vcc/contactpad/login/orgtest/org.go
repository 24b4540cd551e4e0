// Package orgtest is an org that logs people in, for tests: an OpenID provider that
// holds its callers to the protocol, and that can be made to misbehave. It was
// written from the facts about Salesforce, not from our client.
//
// Its exported fields may be set before a request, not during one.
package orgtest

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"math/big"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// Org is the provider.
type Org struct {
	URL      string // the issuer
	ClientID string
	Secret   string // empty: the app does not need one
	Callback string // the one that is registered

	ID       string // of the org
	User     string // who logs in
	Username string

	Issuer string               // what discovery says instead of URL
	Token  func(map[string]any) // changes the id token's claims
	Info   func(map[string]any) // changes the userinfo
	Found  func(map[string]any) // changes the discovery
	Key    *rsa.PrivateKey      // what id tokens are signed with instead of the published key
	Method jwt.SigningMethod    // instead of RS256
	Deny   string               // the user does not agree: this error
	Down   bool                 // nothing is answered but 503

	t      testing.TB
	key    *rsa.PrivateKey
	mu     sync.Mutex
	codes  map[string]url.Values // by code: what authorize was asked
	tokens map[string]bool       // access tokens that are good
	asked  map[string]int        // requests by path
}

// New starts an org. It ends with the test.
func New(t testing.TB) *Org {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	o := &Org{ClientID: "consumer-key", ID: "00D000000000001EAA", User: "005000000000001AAA", Username: "ana@example.com",
		t: t, key: key, codes: map[string]url.Values{}, tokens: map[string]bool{}, asked: map[string]int{}}
	srv := httptest.NewServer(o)
	t.Cleanup(srv.Close)
	o.URL = srv.URL
	return o
}

// Asked tells how often a path was requested.
func (o *Org) Asked(path string) int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.asked[path]
}

// Good tells how many access tokens are not revoked.
func (o *Org) Good() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return len(o.tokens)
}

// ServeHTTP serves the org's endpoints.
func (o *Org) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	o.mu.Lock()
	o.asked[r.URL.Path]++
	o.mu.Unlock()
	if o.Down {
		http.Error(w, "down", http.StatusServiceUnavailable)
		return
	}
	switch r.URL.Path {
	case "/.well-known/openid-configuration":
		o.discovery(w)
	case "/services/oauth2/authorize":
		o.authorize(w, r)
	case "/services/oauth2/token":
		o.token(w, r)
	case "/services/oauth2/userinfo":
		o.userinfo(w, r)
	case "/services/oauth2/revoke":
		o.mu.Lock()
		delete(o.tokens, r.FormValue("token"))
		o.mu.Unlock()
	case "/id/keys":
		reply(w, map[string]any{"keys": []any{map[string]any{"kty": "RSA", "alg": "RS256", "use": "sig", "kid": "1",
			"n": base64.RawURLEncoding.EncodeToString(o.key.N.Bytes()), "e": base64.RawURLEncoding.EncodeToString(big.NewInt(int64(o.key.E)).Bytes())}}})
	default:
		http.NotFound(w, r)
	}
}

func reply(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(v)
}

func (o *Org) discovery(w http.ResponseWriter) {
	issuer := o.URL
	if o.Issuer != "" {
		issuer = o.Issuer
	}
	d := map[string]any{
		"issuer": issuer, "authorization_endpoint": o.URL + "/services/oauth2/authorize", "token_endpoint": o.URL + "/services/oauth2/token",
		"userinfo_endpoint": o.URL + "/services/oauth2/userinfo", "revocation_endpoint": o.URL + "/services/oauth2/revoke", "jwks_uri": o.URL + "/id/keys",
		"id_token_signing_alg_values_supported": []string{"RS256"},
	}
	if o.Found != nil {
		o.Found(d)
	}
	reply(w, d)
}

// authorize agrees at once, as for somebody who is logged in already.
func (o *Org) authorize(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	for name, want := range map[string]string{"response_type": "code", "client_id": o.ClientID, "redirect_uri": o.Callback, "code_challenge_method": "S256"} {
		if q.Get(name) != want {
			o.t.Errorf("authorize: %s is %q, want %q", name, q.Get(name), want)
		}
	}
	for _, name := range []string{"state", "nonce", "code_challenge", "scope"} {
		if q.Get(name) == "" {
			o.t.Errorf("authorize: %s is missing", name)
		}
	}
	back := url.Values{"state": {q.Get("state")}}
	if o.Deny != "" {
		back.Set("error", o.Deny)
		back.Set("error_description", "end-user denied authorization")
	} else {
		code := rand.Text()
		o.mu.Lock()
		o.codes[code] = q
		o.mu.Unlock()
		back.Set("code", code)
	}
	http.Redirect(w, r, q.Get("redirect_uri")+"?"+back.Encode(), http.StatusFound)
}

func (o *Org) token(w http.ResponseWriter, r *http.Request) {
	refuse := func(code, text string) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusBadRequest)
		json.NewEncoder(w).Encode(map[string]string{"error": code, "error_description": text})
	}
	o.mu.Lock()
	asked, ok := o.codes[r.FormValue("code")]
	delete(o.codes, r.FormValue("code"))
	o.mu.Unlock()
	id, secret, basic := r.BasicAuth()
	if !basic {
		id, secret = r.FormValue("client_id"), r.FormValue("client_secret")
	}
	sum := sha256.Sum256([]byte(r.FormValue("code_verifier")))
	switch {
	case !ok:
		refuse("invalid_grant", "expired authorization code")
	case r.FormValue("redirect_uri") != o.Callback:
		refuse("redirect_uri_mismatch", "redirect_uri must match configuration")
	case id != o.ClientID || secret != o.Secret:
		refuse("invalid_client", "invalid client credentials")
	case base64.RawURLEncoding.EncodeToString(sum[:]) != asked.Get("code_challenge"):
		refuse("invalid_request", "invalid code verifier")
	default:
		access := rand.Text()
		o.mu.Lock()
		o.tokens[access] = true
		o.mu.Unlock()
		reply(w, map[string]any{"access_token": access, "token_type": "Bearer", "scope": asked.Get("scope"), "id_token": o.idToken(access, asked.Get("nonce"))})
	}
}

func (o *Org) idToken(access, nonce string) string {
	sum := sha256.Sum256([]byte(access))
	claims := map[string]any{
		"iss": o.URL, "sub": o.subject(), "aud": o.ClientID, "nonce": nonce, "exp": time.Now().Add(2 * time.Minute).Unix(), "iat": time.Now().Unix(),
		"at_hash": base64.RawURLEncoding.EncodeToString(sum[:16]),
	}
	if o.Token != nil {
		o.Token(claims)
	}
	method, key := jwt.SigningMethod(jwt.SigningMethodRS256), any(o.key)
	if o.Key != nil {
		key = o.Key
	}
	if o.Method != nil {
		method = o.Method
		switch method.Alg() {
		case "none":
			key = jwt.UnsafeAllowNoneSignatureType
		case "HS256":
			key = o.key.N.Bytes()
		}
	}
	t := jwt.NewWithClaims(method, jwt.MapClaims(claims))
	t.Header["kid"] = "1"
	signed, err := t.SignedString(key)
	if err != nil {
		o.t.Errorf("sign: %v", err)
	}
	return signed
}

// subject is the identity URL: its host is that of the login server, not of the
// My Domain.
func (o *Org) subject() string { return "https://login.salesforce.com/id/" + o.ID + "/" + o.User }

func (o *Org) userinfo(w http.ResponseWriter, r *http.Request) {
	o.mu.Lock()
	good := len(r.Header.Get("Authorization")) > 7 && o.tokens[r.Header.Get("Authorization")[7:]]
	o.mu.Unlock()
	if !good {
		http.Error(w, "Bad_OAuth_Token", http.StatusForbidden)
		return
	}
	info := map[string]any{"sub": o.subject(), "user_id": o.User, "organization_id": o.ID, "preferred_username": o.Username, "name": "Ana Silva",
		"email": "ana@acme.example", "email_verified": false, "custom_permissions": map[string]string{"Omnibridge_Supervisor": "1"}} // of a shape that nobody relies on
	if o.Info != nil {
		o.Info(info)
	}
	reply(w, info)
}

package salesforce

import (
	"crypto/x509"
	"encoding/pem"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

func TestJWTAssertion(t *testing.T) {
	for _, tt := range []struct{ audience, want string }{{"", "LOGIN"}, {"https://login.salesforce.com", "https://login.salesforce.com"}} {
		form := make(chan url.Values, 1)
		f := newFakeOrg(t, nil)
		f.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			_ = r.ParseForm()
			form <- r.PostForm
			answer(w, 200, `{"access_token":"t","instance_url":"`+f.URL+`"}`)
		})
		s, err := NewTokenSource(TokenOptions{LoginURL: f.URL + "/", Grant: JWTBearer{ClientID: "app", Username: "ops@acme.test", Key: testKey(), Audience: tt.audience}})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.Token(t.Context()); err != nil {
			t.Fatal(err)
		}
		got := <-form
		if got.Get("grant_type") != "urn:ietf:params:oauth:grant-type:jwt-bearer" {
			t.Errorf("grant_type %q", got.Get("grant_type"))
		}
		claims := jwt.MapClaims{}
		parsed, err := jwt.ParseWithClaims(got.Get("assertion"), claims, func(*jwt.Token) (any, error) { return testKey().Public(), nil },
			jwt.WithValidMethods([]string{"RS256"}), jwt.WithExpirationRequired())
		if err != nil || parsed.Method.Alg() != "RS256" {
			t.Fatalf("assertion does not verify: %v", err)
		}
		if want := strings.Replace(tt.want, "LOGIN", f.URL, 1); claims["aud"] != want {
			t.Errorf("aud = %v, want the string %q", claims["aud"], want)
		}
		if claims["iss"] != "app" || claims["sub"] != "ops@acme.test" {
			t.Errorf("claims %v", claims)
		}
		if exp, _ := claims.GetExpirationTime(); time.Until(exp.Time) > 3*time.Minute {
			t.Errorf("expires in %v, Salesforce takes 3 minutes at most", time.Until(exp.Time))
		}
	}
}

func TestClientCredentials(t *testing.T) {
	f := newFakeOrg(t, nil)
	f.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_ = r.ParseForm()
		if r.PostForm.Get("grant_type") != "client_credentials" || r.PostForm.Get("client_id") != "app" || r.PostForm.Get("client_secret") != "s3cret" || r.URL.RawQuery != "" {
			answer(w, 400, `{"error":"invalid_client","error_description":"invalid client credentials"}`)
			return
		}
		answer(w, 200, `{"access_token":"t","instance_url":"`+f.URL+`","id":"x"}`)
	})
	s, err := NewTokenSource(TokenOptions{LoginURL: f.URL, Grant: ClientCredentials{ClientID: "app", ClientSecret: "s3cret"}})
	if err != nil {
		t.Fatal(err)
	}
	if tok, instance, err := (StreamTokens{s}).Token(t.Context()); err != nil || tok != "t" || instance != f.URL {
		t.Errorf("%q %q %v", tok, instance, err)
	}
}

func TestParseKey(t *testing.T) {
	der, err := x509.MarshalPKCS8PrivateKey(testKey())
	if err != nil {
		t.Fatal(err)
	}
	for name, block := range map[string]*pem.Block{
		"PKCS8": {Type: "PRIVATE KEY", Bytes: der},
		"PKCS1": {Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(testKey())},
	} {
		if key, err := ParseKey(pem.EncodeToMemory(block)); err != nil || !key.Equal(testKey()) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := ParseKey([]byte("hunter2")); err == nil || strings.Contains(err.Error(), "hunter2") || !strings.Contains(err.Error(), "PEM") {
		t.Errorf("error %v", err)
	}
}

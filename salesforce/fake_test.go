package salesforce

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"
)

// testKey is made once: RSA keys are slow to make.
var testKey = sync.OnceValue(func() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return key
})

// fakeOrg is a scripted server: a token endpoint that counts, and a handler
// for everything else that is only asked with a token that is still good.
type fakeOrg struct {
	*httptest.Server
	api func(w http.ResponseWriter, r *http.Request, body string)

	mu       sync.Mutex
	logins   int
	valid    string                                            // the token that is good; empty refuses all
	oauth    func(w http.ResponseWriter, r *http.Request) bool // answers a token request instead, if it returns true
	requests []string
}

func newFakeOrg(tb testing.TB, api func(w http.ResponseWriter, r *http.Request, body string)) *fakeOrg {
	tb.Helper()
	f := &fakeOrg{api: api}
	f.Server = httptest.NewServer(f)
	tb.Cleanup(f.Close)
	return f
}

func (f *fakeOrg) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	if r.URL.Path == "/services/oauth2/token" {
		f.token(w, r)
		return
	}
	f.mu.Lock()
	f.requests = append(f.requests, r.Method+" "+r.URL.RequestURI())
	good := r.Header.Get("Authorization") == "Bearer "+f.valid && f.valid != ""
	f.mu.Unlock()
	if !good {
		answer(w, 401, `[{"message":"Session expired or invalid","errorCode":"INVALID_SESSION_ID"}]`)
		return
	}
	f.api(w, r, string(body))
}

func (f *fakeOrg) token(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.logins++
	if f.oauth != nil && f.oauth(w, r) {
		return
	}
	f.valid = fmt.Sprintf("00D!tok%d", f.logins)
	_ = json.NewEncoder(w).Encode(map[string]string{
		"access_token": f.valid, "instance_url": f.URL, "token_type": "Bearer",
		"id": f.URL + "/id/00D000000000001EAA/005000000000001AAA", "issued_at": "1795356078660",
	})
}

// revoke makes the current token worthless.
func (f *fakeOrg) revoke() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.valid = "revoked-" + rand.Text()
}

func (f *fakeOrg) seen() (requests []string, logins int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]string(nil), f.requests...), f.logins
}

func (f *fakeOrg) tokens(tb testing.TB) *TokenSource {
	tb.Helper()
	s, err := NewTokenSource(TokenOptions{LoginURL: f.URL, Grant: JWTBearer{ClientID: "app", Username: "ops@acme.test", Key: testKey()}})
	if err != nil {
		tb.Fatal(err)
	}
	return s
}

// client returns a client whose pauses are recorded and not waited for.
func (f *fakeOrg) client(tb testing.TB, set ...func(*Options)) *Client {
	tb.Helper()
	o := Options{Tokens: f.tokens(tb)}
	for _, fn := range set {
		fn(&o)
	}
	c, err := NewClient(o)
	if err != nil {
		tb.Fatal(err)
	}
	c.wait = func(ctx context.Context, _ time.Duration) error { return context.Cause(ctx) }
	return c
}

// answer writes a reply.
func answer(w http.ResponseWriter, status int, body string) {
	ctype := "application/json;charset=UTF-8"
	if strings.HasPrefix(body, "<") {
		ctype = "text/html"
	}
	w.Header().Set("Content-Type", ctype)
	w.WriteHeader(status)
	_, _ = io.WriteString(w, body)
}

// hangUp drops the connection without a reply.
func hangUp(w http.ResponseWriter) {
	conn, _, err := w.(http.Hijacker).Hijack()
	if err == nil {
		_ = conn.Close()
	}
}

// script answers the nth request with the nth step, and the last one for ever.
func script(steps ...func(w http.ResponseWriter)) func(http.ResponseWriter, *http.Request, string) {
	var mu sync.Mutex
	n := 0
	return func(w http.ResponseWriter, _ *http.Request, _ string) {
		mu.Lock()
		step := steps[min(n, len(steps)-1)]
		n++
		mu.Unlock()
		step(w)
	}
}

func says(status int, body string) func(http.ResponseWriter) {
	return func(w http.ResponseWriter) { answer(w, status, body) }
}

func errBody(code, message string) string {
	b, _ := json.Marshal([]map[string]any{{"errorCode": code, "message": message}})
	return string(b)
}

const created = `{"id":"0Bz000000000001CAA","success":true,"errors":[]}`

func captureLog(t *testing.T) func() string {
	t.Helper()
	var mu sync.Mutex
	var buf bytes.Buffer
	old := log.Writer()
	log.SetOutput(writerFunc(func(p []byte) (int, error) {
		mu.Lock()
		defer mu.Unlock()
		return buf.Write(p)
	}))
	t.Cleanup(func() { log.SetOutput(old) })
	return func() string {
		mu.Lock()
		defer mu.Unlock()
		return buf.String()
	}
}

type writerFunc func([]byte) (int, error)

func (fn writerFunc) Write(p []byte) (int, error) { return fn(p) }

func offlineClient(t *testing.T, fn roundTrip) *Client {
	t.Helper()
	s, err := NewTokenSource(TokenOptions{LoginURL: "https://acme.my.salesforce.com", Grant: ClientCredentials{ClientID: "a", ClientSecret: "b"}})
	if err != nil {
		t.Fatal(err)
	}
	s.current = Token{Access: "t", InstanceURL: "https://acme.my.salesforce.com"}
	c, err := NewClient(Options{Tokens: s, Transport: fn})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

package salesforce

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func TestManyFirstCallsMakeOneTokenRequest(t *testing.T) {
	f := newFakeOrg(t, says2(200, `{}`))
	s := f.tokens(t)
	var wg sync.WaitGroup
	for range 64 {
		wg.Go(func() {
			if tok, err := s.Token(t.Context()); err != nil || tok.Access != "00D!tok1" {
				t.Errorf("token %q, error %v", tok.Access.Reveal(), err)
			}
		})
	}
	wg.Wait()
	if _, logins := f.seen(); logins != 1 {
		t.Errorf("%d token requests, want 1", logins)
	}
}

func says2(status int, body string) func(http.ResponseWriter, *http.Request, string) {
	return func(w http.ResponseWriter, _ *http.Request, _ string) { answer(w, status, body) }
}

func TestTokenHoldsWhatSalesforceSaid(t *testing.T) {
	f := newFakeOrg(t, says2(200, `{}`))
	tok, err := f.tokens(t).Token(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	want := Token{Access: "00D!tok1", InstanceURL: f.URL, OrgID: "00D000000000001EAA", UserID: "005000000000001AAA", Issued: time.UnixMilli(1795356078660)}
	if tok != want {
		t.Errorf("got %#v", tok)
	}
}

func TestRefusalsOfTheTokenEndpoint(t *testing.T) {
	for _, tt := range []struct {
		status    int
		body      string
		permanent bool
		hint      string
	}{
		{400, `{"error":"invalid_grant","error_description":"user hasn't approved this consumer"}`, true, "pre-authorized"},
		{400, `{"error":"invalid_grant","error_description":"audience is invalid"}`, true, "login host"},
		{400, `{"error":"invalid_grant","error_description":"invalid assertion"}`, true, "clock"},
		{400, `{"error":"invalid_grant","error_description":"expired authorization code"}`, true, "clock"},
		{400, `{"error":"invalid_grant","error_description":"authentication failure"}`, true, "not locked"},
		{400, `{"error":"invalid_grant","error_description":"authentication failure - Invalid Password"}`, true, "not locked"},
		{400, `{"error":"invalid_grant","error_description":"user is locked"}`, true, "unlock"},
		{400, `{"error":"invalid_grant","error_description":"expired access/refresh token"}`, true, "authorise"},
		{400, `{"error":"invalid_grant","error_description":"no valid scopes defined"}`, true, "scope"},
		{400, `{"error":"invalid_grant"}`, true, ""},
		{400, `{"error":"invalid_client_id","error_description":"client identifier invalid"}`, true, "consumer key"},
		{401, `{"error":"invalid_client","error_description":"invalid client credentials"}`, true, "secret"},
		{400, `{"error":"invalid_client","error_description":"invalid client credentials"}`, true, "certificate"},
		{400, `{"error":"unsupported_grant_type","error_description":"grant type not supported"}`, true, "OAuth flow"},
		{400, `{"error":"something_new"}`, true, ""},
		{404, `<html>`, true, ""},
		{302, ``, true, "redirects"},
		{400, `{"error":"unknown_error","error_description":"retry your request"}`, false, ""},
		{400, `{"error":"rate_limit_exceeded","error_description":"login rate exceeded"}`, false, ""},
		{420, ``, false, ""},
		{429, ``, false, ""},
		{500, `{"error":"invalid_grant"}`, false, ""},
		{503, `<html>busy</html>`, false, ""},
		{200, `<html>maintenance</html>`, false, ""},
		{200, `null`, false, ""},
	} {
		f := newFakeOrg(t, nil)
		f.oauth = func(w http.ResponseWriter, _ *http.Request) bool { answer(w, tt.status, tt.body); return true }
		_, err := f.tokens(t).Token(t.Context())
		e, ok := errors.AsType[*AuthError](err)
		if !ok {
			t.Errorf("%d %s: error %v", tt.status, tt.body, err)
			continue
		}
		if e.Permanent != tt.permanent || e.Retryable() == tt.permanent || !strings.Contains(e.Hint, tt.hint) || (tt.hint != "" && e.Hint == "") {
			t.Errorf("%d %s: permanent %v, hint %q", tt.status, tt.body, e.Permanent, e.Hint)
		}
		if e.RetryAfter <= 0 {
			t.Errorf("%d %s: no pause before the next attempt", tt.status, tt.body)
		}
	}
}

// roundTrip is a transport without a network, for tests on fake time.
type roundTrip func(*http.Request) (*http.Response, error)

func (fn roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return fn(r) }

func reply(r *http.Request, status int, body string) *http.Response {
	return &http.Response{StatusCode: status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body)), Request: r}
}

func TestOneAttemptPer30SecondsAfterARefusal(t *testing.T) {
	testKey()
	synctest.Test(t, func(t *testing.T) {
		var at []time.Duration
		start := time.Now()
		s, err := NewTokenSource(TokenOptions{LoginURL: "https://acme.my.salesforce.com", Grant: JWTBearer{ClientID: "a", Username: "u", Key: testKey()},
			Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
				at = append(at, time.Since(start))
				return reply(r, 400, `{"error":"invalid_grant","error_description":"authentication failure"}`), nil
			})})
		if err != nil {
			t.Fatal(err)
		}
		for i := range 61 {
			_, err := s.Token(t.Context())
			remains := time.Duration(30-i%30) * time.Second
			if e, ok := errors.AsType[*AuthError](err); !ok || !e.Permanent || e.RetryAfter != remains {
				t.Fatalf("after %d s: %v, and %+v remains, want %v", i, err, e, remains)
			}
			time.Sleep(time.Second)
		}
		if fmt.Sprint(at) != "[0s 30s 1m0s]" {
			t.Errorf("attempts at %v", at)
		}
	})
}

func TestTransientFailuresAreSpacedAndHeal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := 0
		s, err := NewTokenSource(TokenOptions{LoginURL: "https://acme.my.salesforce.com", Grant: ClientCredentials{ClientID: "a", ClientSecret: "b"},
			Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
				if n++; n < 4 {
					return nil, errors.New("connection refused")
				}
				return reply(r, 200, `{"access_token":"t","instance_url":"https://acme.my.salesforce.com"}`), nil
			})})
		if err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		for {
			_, err := s.Token(t.Context())
			if err == nil {
				break
			}
			e, _ := errors.AsType[*AuthError](err)
			if e == nil || e.Permanent {
				t.Fatal(err)
			}
			time.Sleep(e.RetryAfter)
		}
		if got := time.Since(start); got != 3500*time.Millisecond { // 0.5 + 1 + 2
			t.Errorf("healed after %v", got)
		}
	})
}

func TestWaiterCanGiveUpAndTheFlightGoesOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		s, err := NewTokenSource(TokenOptions{LoginURL: "https://acme.my.salesforce.com", Grant: ClientCredentials{ClientID: "a", ClientSecret: "b"},
			Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
				select {
				case <-release:
				case <-r.Context().Done():
					return nil, r.Context().Err()
				}
				return reply(r, 200, `{"access_token":"t","instance_url":"https://acme.my.salesforce.com"}`), nil
			})})
		if err != nil {
			t.Fatal(err)
		}
		hasty, cancel := context.WithCancel(t.Context())
		var hastyErr error
		go func() { _, hastyErr = s.Token(hasty) }() // it starts the flight, and leaves it
		synctest.Wait()
		var patient Token
		go func() { patient, _ = s.Token(t.Context()) }()
		synctest.Wait()
		cancel()
		synctest.Wait()
		if !errors.Is(hastyErr, context.Canceled) {
			t.Errorf("who gave up got %v", hastyErr)
		}
		close(release)
		synctest.Wait()
		if patient.Access != "t" {
			t.Error("who waited got no token")
		}
	})
}

func TestInvalidateOfAnOldTokenKeepsTheNewOne(t *testing.T) {
	f := newFakeOrg(t, says2(200, `{}`))
	s := f.tokens(t)
	old, _ := s.Token(t.Context())
	s.Invalidate(old.Access.Reveal())
	fresh, _ := s.Token(t.Context())
	s.Invalidate(old.Access.Reveal())
	if again, _ := s.Token(t.Context()); again != fresh || fresh == old {
		t.Errorf("old %v, new %v, then %v", old, fresh, again)
	}
	if _, logins := f.seen(); logins != 2 {
		t.Errorf("%d logins, want 2", logins)
	}
}

// TestRenewedTellsOfOthersLogins: it asks for no token itself.
func TestRenewedTellsOfOthersLogins(t *testing.T) {
	f := newFakeOrg(t, says2(200, `{}`))
	s := f.tokens(t)
	is := func(c <-chan struct{}) bool {
		select {
		case <-c:
			return true
		default:
			return false
		}
	}
	none := s.Renewed("")
	old, _ := s.Token(t.Context())
	waits := StreamTokens{s}.Renewed(old.Access.Reveal())
	s.Invalidate(old.Access.Reveal())
	if _, logins := f.seen(); !is(none) || is(waits) || is(s.Renewed(old.Access.Reveal())) || logins != 1 {
		t.Errorf("the first token was told %v, a second that is not there %v, with %d logins", is(none), is(waits), logins)
	}
	if _, err := s.Token(t.Context()); err != nil || !is(waits) || !is(s.Renewed(old.Access.Reveal())) {
		t.Errorf("the second token was told %v (%v)", is(waits), err)
	}
}

func TestLoginsThatHealNothingAreHeldBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		logins := 0
		s, err := NewTokenSource(TokenOptions{LoginURL: "https://acme.my.salesforce.com", Grant: ClientCredentials{ClientID: "a", ClientSecret: "b"},
			Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
				logins++
				return reply(r, 200, `{"access_token":"t","instance_url":"https://acme.my.salesforce.com"}`), nil
			})})
		if err != nil {
			t.Fatal(err)
		}
		for range 600 { // a call every second for ten minutes, each answered 401
			tok, err := s.Token(t.Context())
			if e, ok := errors.AsType[*AuthError](err); err != nil && (!ok || e.Permanent || e.RetryAfter <= 0) {
				t.Fatal(err)
			}
			s.Invalidate(tok.Access.Reveal())
			time.Sleep(time.Second)
		}
		if most := loginBurst + 101; logins < loginBurst || logins > most {
			t.Errorf("%d logins in ten minutes, want at most %d", logins, most)
		}
	})
}

// TestALateFlightFindsTheTokenThere: who missed the flight that has just
// landed starts one, which must not log in again.
func TestALateFlightFindsTheTokenThere(t *testing.T) {
	f := newFakeOrg(t, says2(200, `{}`))
	s := f.tokens(t)
	tok, _ := s.Token(t.Context())
	again, err := s.renew(t.Context())
	if _, logins := f.seen(); err != nil || again != tok || logins != 1 {
		t.Errorf("%d logins, %v", logins, err)
	}
}

func TestTokenNeverMovesFromHTTPSToHTTP(t *testing.T) {
	s, err := NewTokenSource(TokenOptions{LoginURL: "https://acme.my.salesforce.com", Grant: ClientCredentials{ClientID: "a", ClientSecret: "b"},
		Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
			return reply(r, 200, `{"access_token":"t","instance_url":"http://acme.my.salesforce.com"}`), nil
		})})
	if err != nil {
		t.Fatal(err)
	}
	_, err = s.Token(t.Context())
	if e, ok := errors.AsType[*AuthError](err); !ok || !e.Permanent || !strings.Contains(err.Error(), "https") {
		t.Errorf("error %v", err)
	}
}

func TestTokenOptionsAreChecked(t *testing.T) {
	grant := ClientCredentials{ClientID: "a", ClientSecret: "hunter2"}
	for _, tt := range []struct {
		opt  TokenOptions
		want string
	}{
		{TokenOptions{LoginURL: "", Grant: grant}, "login URL"},
		{TokenOptions{LoginURL: "acme.my.salesforce.com", Grant: grant}, "scheme"},
		{TokenOptions{LoginURL: "https://u:hunter2@acme.test", Grant: grant}, "password"},
		{TokenOptions{LoginURL: "https://acme.lightning.force.com", Grant: grant}, "Lightning"},
		{TokenOptions{LoginURL: "https://acme.test/services", Grant: grant}, "path"},
		{TokenOptions{LoginURL: "https://acme.test"}, "grant"},
		{TokenOptions{LoginURL: "https://acme.test", Grant: ClientCredentials{ClientID: "a"}}, "secret"},
		{TokenOptions{LoginURL: "https://acme.test", Grant: ClientCredentials{ClientSecret: "hunter2"}}, "client ID"},
		{TokenOptions{LoginURL: "https://acme.test", Grant: JWTBearer{Username: "u", Key: testKey()}}, "client ID"},
		{TokenOptions{LoginURL: "https://acme.test", Grant: JWTBearer{ClientID: "a", Key: testKey()}}, "username"},
		{TokenOptions{LoginURL: "https://acme.test", Grant: JWTBearer{ClientID: "a", Username: "u"}}, "key"},
	} {
		_, err := NewTokenSource(tt.opt)
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%v: error %v, want one about %q", tt.opt.LoginURL, err, tt.want)
		} else if strings.Contains(err.Error(), "hunter2") {
			t.Errorf("the error shows a secret: %v", err)
		}
	}
}

func TestSecretNeverShows(t *testing.T) {
	s := Secret("hunter2")
	inside := struct{ S Secret }{s}
	var b strings.Builder
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d", "%t"} {
		fmt.Fprintf(&b, verb+verb, s, inside)
	}
	j, _ := json.Marshal(map[string]any{"a": s, "b": inside})
	b.Write(j)
	for _, h := range []slog.Handler{slog.NewJSONHandler(&b, nil), slog.NewTextHandler(&b, nil)} {
		slog.New(h).Info("m", "a", s, "b", inside, "c", Token{Access: s}, "d", ClientCredentials{ClientSecret: s})
	}
	if got := b.String(); strings.Contains(got, "hunter2") || strings.Contains(got, "68756e746572") || !strings.Contains(got, redacted) {
		t.Errorf("a secret shows: %s", got)
	}
	if s.Reveal() != "hunter2" {
		t.Error("Reveal does not")
	}
}

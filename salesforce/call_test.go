package salesforce

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

var fields = map[string]any{"UserId": "005000000000001AAA"}

func TestOneReloginAndOneReplayPer401(t *testing.T) {
	f := newFakeOrg(t, says2(201, created))
	c := f.client(t)
	if _, err := c.Create(t.Context(), "AgentWork", fields); err != nil {
		t.Fatal(err)
	}
	f.revoke()
	if _, err := c.Create(t.Context(), "AgentWork", fields); err != nil {
		t.Fatal(err)
	}
	requests, logins := f.seen()
	if len(requests) != 3 || logins != 2 {
		t.Errorf("%d requests, %d logins; want 3 and 2", len(requests), logins)
	}
}

func TestA401ThatNoLoginHealsEndsAfterOneReplay(t *testing.T) {
	for _, tt := range []struct {
		message  string
		requests int
		logins   int
	}{
		{"Session expired or invalid", 2, 2},
		{"This session is not valid for use with the REST API", 1, 1},
		{"Connected app is not attached to Agent", 1, 1},
	} {
		f := newFakeOrg(t, says2(401, errBody("INVALID_SESSION_ID", tt.message)))
		_, err := f.client(t).Create(t.Context(), "AgentWork", fields)
		e, ok := errors.AsType[*APIError](err)
		if !ok || e.Status != 401 {
			t.Errorf("%s: error %v", tt.message, err)
		}
		if requests, logins := f.seen(); len(requests) != tt.requests || logins != tt.logins {
			t.Errorf("%s: %d requests, %d logins; want %d, %d", tt.message, len(requests), logins, tt.requests, tt.logins)
		}
	}
}

func TestManyParallel401sMakeOneRelogin(t *testing.T) {
	f := newFakeOrg(t, says2(200, `{"x":1}`))
	c := f.client(t, func(o *Options) { o.Concurrency = 100 })
	if _, err := c.Do(t.Context(), "GET", "limits", nil); err != nil {
		t.Fatal(err)
	}
	f.revoke()
	var wg sync.WaitGroup
	for range 100 {
		wg.Go(func() {
			if _, err := c.Do(t.Context(), "GET", "limits", nil); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if _, logins := f.seen(); logins != 2 {
		t.Errorf("%d logins, want 2: the first and one re-login", logins)
	}
}

// TestRetryTable goes through salesforce-apis 2.6 row by row, for a read and
// for a create: how many requests are sent, and what the caller gets.
func TestRetryTable(t *testing.T) {
	const once = 1
	for _, tt := range []struct {
		status      int
		code, words string
		get, post   int // requests when it never gets better
		unknown     bool
		retryable   bool
		wantHint    string
	}{
		{status: 403, code: "REQUEST_LIMIT_EXCEEDED", words: "TotalRequests Limit exceeded.", get: once, post: once, retryable: true, wantHint: "24 hours"},
		{status: 403, code: "REQUEST_LIMIT_EXCEEDED", words: "ConcurrentRequests (Concurrent API Requests) Limit exceeded.", get: 4, post: 4, retryable: true},
		{status: 503, code: "SERVER_UNAVAILABLE", words: "server too busy", get: 5, post: once, unknown: true, retryable: true},
		{status: 500, code: "UNKNOWN_EXCEPTION", words: "An unexpected error occurred", get: 5, post: once, unknown: true, retryable: true},
		{status: 502, code: "", words: "", get: 5, post: once, unknown: true, retryable: true},
		{status: 420, code: "", words: "", get: 3, post: once, unknown: true, retryable: true},
		{status: 429, code: "", words: "", get: 4, post: 4, retryable: true},
		{status: 408, code: "", words: "", get: 5, post: once, unknown: true, retryable: true},
		{status: 400, code: "UNABLE_TO_LOCK_ROW", words: "unable to obtain exclusive access to this record", get: 5, post: 5, retryable: true},
		{status: 500, code: "UNABLE_TO_LOCK_ROW", words: "unable to obtain exclusive access to this record", get: 5, post: 5, retryable: true},
		{status: 400, code: "QUERY_TIMEOUT", get: once, post: once, wantHint: "narrow"},
		{status: 403, code: "TXN_SECURITY_METERING_ERROR", get: once, post: once, wantHint: "policy"},
		{status: 400, code: "DUPLICATE_VALUE", get: once, post: once, wantHint: "exists"},
		{status: 400, code: "DUPLICATES_DETECTED", get: once, post: once, wantHint: "rule"},
		{status: 404, code: "ENTITY_IS_DELETED", get: once, post: once, wantHint: "deleted"},
		{status: 404, code: "NOT_FOUND", get: once, post: once, wantHint: "may not see"},
		{status: 400, code: "INVALID_CROSS_REFERENCE_KEY", get: once, post: once, wantHint: "refers"},
		{status: 400, code: "MALFORMED_ID", get: once, post: once},
		{status: 400, code: "MALFORMED_QUERY", get: once, post: once},
		{status: 400, code: "INVALID_FIELD", get: once, post: once, wantHint: "field"},
		{status: 400, code: "INVALID_FIELD_FOR_INSERT_UPDATE", get: once, post: once, wantHint: "field"},
		{status: 400, code: "INVALID_TYPE", get: once, post: once, wantHint: "object"},
		{status: 400, code: "REQUIRED_FIELD_MISSING", get: once, post: once},
		{status: 400, code: "STRING_TOO_LONG", get: once, post: once},
		{status: 400, code: "FIELD_CUSTOM_VALIDATION_EXCEPTION", get: once, post: once, wantHint: "validation"},
		{status: 400, code: "FIELD_INTEGRITY_EXCEPTION", get: once, post: once},
		{status: 400, code: "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", get: once, post: once},
		{status: 400, code: "INSUFFICIENT_ACCESS_OR_READONLY", get: once, post: once, wantHint: "access"},
		{status: 400, code: "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY", get: once, post: once, wantHint: "access"},
		{status: 403, code: "API_DISABLED_FOR_ORG", get: once, post: once, wantHint: "API Enabled"},
		{status: 400, code: "LIMIT_EXCEEDED", get: once, post: once},
		{status: 400, code: "INVALID_QUERY_LOCATOR", get: once, post: once},
		{status: 404, code: "", get: once, post: once},
		{status: 409, code: "", get: once, post: once},
		{status: 302, code: "", get: once, post: once, wantHint: "redirects"},
	} {
		name := fmt.Sprintf("%d %s %s", tt.status, tt.code, tt.words)
		body := errBody(tt.code, tt.words)
		if tt.code == "" {
			body = "<html><body>gateway</body></html>"
		}
		f := newFakeOrg(t, says2(tt.status, body))
		_, err := f.client(t).Do(t.Context(), "GET", "x", nil)
		e, ok := errors.AsType[*APIError](err)
		if requests, _ := f.seen(); len(requests) != tt.get || !ok {
			t.Errorf("%s: GET made %d requests, want %d; error %v", name, len(requests), tt.get, err)
		}
		if ok && (e.Retryable != tt.retryable || !strings.Contains(e.Hint, tt.wantHint)) {
			t.Errorf("%s: retryable %v, hint %q", name, e.Retryable, e.Hint)
		}

		f = newFakeOrg(t, says2(tt.status, body))
		_, err = f.client(t).Create(t.Context(), "AgentWork", fields)
		_, unknown := errors.AsType[*UnknownOutcomeError](err)
		if requests, _ := f.seen(); len(requests) != tt.post || err == nil || unknown != tt.unknown {
			t.Errorf("%s: POST made %d requests, want %d; unknown %v, error %v", name, len(requests), tt.post, unknown, err)
		}

		if tt.post > 1 { // and it succeeds when it does get better
			f = newFakeOrg(t, script(says(tt.status, body), says(201, created)))
			if id, err := f.client(t).Create(t.Context(), "AgentWork", fields); err != nil || id != "0Bz000000000001AAA" {
				t.Errorf("%s: then better: %q, %v", name, id, err)
			}
		}
	}
}

func TestOddErrorBodies(t *testing.T) {
	std := captureLog(t)
	for _, tt := range []struct{ body, code, message string }{
		{`[]`, "", ""},
		{`null`, "", ""},
		{``, "", ""},
		{`   `, "", ""},
		{`{}`, "", ""},
		{`[null]`, "", ""},
		{`42`, "", ""},
		{`"text"`, "", ""},
		{`[{"errorCode":`, "", ""},
		{`{"error":"invalid_grant","error_description":"bad"}`, "invalid_grant", "bad"},
		{`{"errorCode":"A","message":"b"}`, "A", "b"},
		{`[{"errorCode":"A","message":"b","fields":["C"]},{"errorCode":"D"}]`, "A", "b"},
		{`[{"errorCode":"ALL_OR_NONE_OPERATION_ROLLED_BACK"},{"errorCode":"D"}]`, "D", ""},
		{"<html><head><title>Gone</title></head><body>for\tlunch</body></html>", "", "Gone for lunch"},
		{`[{"errorCode":"A","message":"` + strings.Repeat("é", 5000) + `"}]`, "A", strings.Repeat("é", 250) + "…"},
		{`[{"errorCode":"A","message":"two\nlines"}]`, "A", "two lines"},
	} {
		f := newFakeOrg(t, says2(400, tt.body))
		for _, call := range []func(*Client) error{
			func(c *Client) error { _, err := c.Create(t.Context(), "AgentWork", fields); return err },
			func(c *Client) error {
				_, err := Query[map[string]any](t.Context(), c, "SELECT Id FROM Case")
				return err
			},
		} {
			err := call(f.client(t))
			e, ok := errors.AsType[*APIError](err)
			if !ok {
				t.Errorf("%.40s: error %v", tt.body, err)
				continue
			}
			if e.Status != 400 || len(e.Errors) == 0 || e.Code() != tt.code || e.root().Message != tt.message || err.Error() == "" {
				t.Errorf("%.40s: %d %+v", tt.body, e.Status, e.Errors)
			}
		}
	}
	if std() != "" {
		t.Errorf("simpleforce wrote to the standard logger: %s", std())
	}
}

func FuzzReadAPIError(f *testing.F) {
	for _, seed := range []string{`[]`, `null`, `[{"errorCode":"A"}]`, `{"error":1}`, `<html>`, "[[]]", "\xff"} {
		f.Add(400, []byte(seed))
	}
	f.Fuzz(func(t *testing.T, status int, body []byte) {
		e := readAPIError(status, body)
		if len(e.Errors) == 0 || e.Error() == "" || strings.ContainsAny(e.Error(), "\n\r\x00") {
			t.Errorf("%q gives %q", body, e.Error())
		}
	})
}

// captureLog redirects the standard logger, which simpleforce writes to.
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

func TestLostReplies(t *testing.T) {
	for name, step := range map[string]func(http.ResponseWriter){
		"hung up":          hangUp,
		"half a body":      func(w http.ResponseWriter) { w.Header().Set("Content-Length", "100"); answer(w, 201, created) },
		"not JSON":         says(201, "<html>"),
		"no id":            says(201, `{"success":true}`),
		"empty":            says(201, ``),
		"empty array":      says(201, `[]`),
		"a body too large": says(201, strings.Repeat(" ", 2000)+created),
	} {
		std := captureLog(t)
		f := newFakeOrg(t, script(step))
		c := f.client(t, func(o *Options) { o.MaxReply = 1000 })
		_, err := c.Create(t.Context(), "AgentWork", fields)
		if _, ok := errors.AsType[*UnknownOutcomeError](err); !ok {
			t.Errorf("%s: error %v, want an unknown outcome", name, err)
		}
		if requests, _ := f.seen(); len(requests) != 1 {
			t.Errorf("%s: %d requests: a create must not be repeated", name, len(requests))
		}
		if c.Stats().Unknown != 1 {
			t.Errorf("%s: counted %d unknown outcomes", name, c.Stats().Unknown)
		}
		if std() != "" {
			t.Errorf("%s: simpleforce wrote to the standard logger: %s", name, std())
		}
	}
	// A read is simply read again.
	f := newFakeOrg(t, script(hangUp, says(200, `{"a":1}`)))
	if body, err := f.client(t).Do(t.Context(), "GET", "x", nil); err != nil || string(body) != `{"a":1}` {
		t.Errorf("read: %s, %v", body, err)
	}
}

func TestLateReplyOfACreateIsUnknown(t *testing.T) {
	arrived, free := make(chan struct{}), make(chan struct{})
	f := newFakeOrg(t, func(w http.ResponseWriter, _ *http.Request, _ string) {
		close(arrived)
		<-free
		answer(w, 201, created)
	})
	defer close(free)
	ctx, cancel := context.WithCancel(t.Context())
	c := f.client(t)
	go func() { <-arrived; cancel() }()
	_, err := c.Create(ctx, "AgentWork", fields)
	if _, ok := errors.AsType[*UnknownOutcomeError](err); !ok || !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
}

func TestSlowAttemptsEnd(t *testing.T) {
	free := make(chan struct{})
	f := newFakeOrg(t, func(http.ResponseWriter, *http.Request, string) { <-free })
	defer close(free)
	c := f.client(t, func(o *Options) { o.AttemptTimeout = 30 * time.Millisecond })
	_, err := c.Create(t.Context(), "AgentWork", fields)
	if _, ok := errors.AsType[*UnknownOutcomeError](err); !ok || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("create: error %v", err)
	}
	_, err = c.Do(t.Context(), "GET", "x", nil)
	if _, ok := errors.AsType[*UnknownOutcomeError](err); ok || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("read: error %v", err)
	}
	if requests, _ := f.seen(); len(requests) != 1+paces[outage].tries {
		t.Errorf("%d requests", len(requests))
	}
}

func TestNothingSentIsNotUnknown(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	dead := l.Addr().String()
	_ = l.Close()
	var tries atomic.Int32
	f := newFakeOrg(t, says2(201, created))
	live := f.Listener.Addr().String()
	c := f.client(t, func(o *Options) {
		o.Transport = &http.Transport{DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			addr := dead
			if tries.Add(1) > 2 {
				addr = live
			}
			return (&net.Dialer{}).DialContext(ctx, network, addr)
		}}
	})
	if _, err := c.Create(t.Context(), "AgentWork", fields); err != nil || tries.Load() != 3 {
		t.Errorf("after %d connections: %v", tries.Load(), err)
	}
	gone, err := NewTokenSource(TokenOptions{LoginURL: "http://" + dead, Grant: ClientCredentials{ClientID: "a", ClientSecret: "b"}})
	if err != nil {
		t.Fatal(err)
	}
	c.opt.Tokens = gone
	_, err = c.Create(t.Context(), "AgentWork", fields)
	if e, ok := errors.AsType[*AuthError](err); !ok || e.Permanent {
		t.Errorf("no login host: %v", err)
	}
}

func TestRetryAfterIsHonouredAndPausesGrow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var at []time.Duration
		start := time.Now()
		c := offlineClient(t, func(r *http.Request) (*http.Response, error) {
			at = append(at, time.Since(start))
			resp := reply(r, 503, ``)
			if len(at) == 1 {
				resp.Header.Set("Retry-After", "7")
			}
			if len(at) == 4 {
				resp = reply(r, 200, `{}`)
			}
			return resp, nil
		})
		if _, err := c.Do(t.Context(), "GET", "x", nil); err != nil {
			t.Fatal(err)
		}
		if len(at) != 4 || at[1] != 7*time.Second {
			t.Fatalf("attempts at %v", at)
		}
		// The second pause doubles from half a second, the third again; jitter is a half.
		for i, want := range []time.Duration{time.Second, 2 * time.Second} {
			if got := at[i+2] - at[i+1]; got < want/2 || got > want*3/2 {
				t.Errorf("pause %d is %v, want %v give or take a half", i+2, got, want)
			}
		}
	})
}

func TestACallEndsByItsDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := offlineClient(t, func(r *http.Request) (*http.Response, error) {
			resp := reply(r, 503, errBody("SERVER_UNAVAILABLE", "busy"))
			resp.Header.Set("Retry-After", "50")
			return resp, nil
		})
		start := time.Now()
		_, err := c.Do(t.Context(), "GET", "x", nil)
		e, ok := errors.AsType[*APIError](err)
		// The second pause would end after the deadline of a minute: say why now.
		if got := time.Since(start); got != 50*time.Second || !ok || e.RetryAfter != 50*time.Second {
			t.Errorf("after %v: %v", got, err)
		}
	})
}

// offlineClient is a client with a token and no network, for fake time.
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

func TestBreakerForTheDailyLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sent, mode := 0, "full"
		hold := make(chan struct{})
		c := offlineClient(t, func(r *http.Request) (*http.Response, error) {
			sent++
			switch mode {
			case "full":
				resp := reply(r, 403, errBody("REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded."))
				resp.Header.Set("Sforce-Limit-Info", "api-usage=15000/15000; per-app-api-usage=1/250(appName=X)")
				return resp, nil
			case "dead":
				return nil, errors.New("no route to host")
			case "slow":
				<-hold
			}
			return reply(r, 200, `{}`), nil
		})
		do := func() error { _, err := c.Do(t.Context(), "GET", "x", nil); return err }
		if e, ok := errors.AsType[*APIError](do()); !ok || e.Code() != "REQUEST_LIMIT_EXCEEDED" {
			t.Fatal("the first refusal must show as it is")
		}
		for range 10 {
			e, ok := errors.AsType[*LimitError](do())
			if !ok || e.Usage.Used != 15000 || e.Usage.Max != 15000 || !strings.Contains(e.Error(), "15000 of 15000") {
				t.Fatalf("while open: %v", e)
			}
		}
		if sent != 1 {
			t.Fatalf("%d requests while the breaker was open", sent-1)
		}
		time.Sleep(5 * time.Minute) // a probe, refused: open again
		if _, ok := errors.AsType[*APIError](do()); !ok || sent != 2 {
			t.Fatalf("probe: %d requests", sent)
		}
		if _, ok := errors.AsType[*LimitError](do()); !ok || sent != 2 {
			t.Fatal("a refused probe must keep it open")
		}
		time.Sleep(5 * time.Minute) // a probe that gets no answer decides nothing
		mode = "dead"
		if err := do(); err == nil {
			t.Fatal("no error")
		}
		mode, sent = "slow", 0
		var probeErr error
		go func() { probeErr = do() }()
		synctest.Wait()
		if _, ok := errors.AsType[*LimitError](do()); !ok || sent != 1 {
			t.Fatal("one probe at a time")
		}
		close(hold)
		synctest.Wait()
		mode = "fine"
		if err := do(); err != nil || probeErr != nil || sent != 2 || !c.Stats().Until.IsZero() {
			t.Errorf("after a good probe: %v, %v, %d", err, probeErr, sent)
		}
	})
}

func TestConcurrencyIsBounded(t *testing.T) {
	var now, most atomic.Int32
	full := make(chan struct{})
	f := newFakeOrg(t, func(w http.ResponseWriter, _ *http.Request, _ string) {
		n := now.Add(1)
		for m := most.Load(); n > m && !most.CompareAndSwap(m, n); m = most.Load() {
		}
		if n == 3 {
			select {
			case <-full:
			default:
				close(full)
			}
		}
		<-full // the first ones wait until the gate is full
		now.Add(-1)
		answer(w, 200, `{}`)
	})
	c := f.client(t, func(o *Options) { o.Concurrency = 3 })
	var wg sync.WaitGroup
	for range 30 {
		wg.Go(func() {
			if _, err := c.Do(t.Context(), "GET", "x", nil); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if most.Load() != 3 {
		t.Errorf("%d requests at once, want 3", most.Load())
	}
}

func TestNoSecretInLogOrError(t *testing.T) {
	std := captureLog(t)
	var buf bytes.Buffer
	f := newFakeOrg(t, script(says(503, `[]`), hangUp, says(401, `[]`), says(403, errBody("REQUEST_LIMIT_EXCEEDED", "TotalRequests"))))
	c := f.client(t, func(o *Options) {
		o.Log = slog.New(slog.NewJSONHandler(&buf, &slog.HandlerOptions{Level: slog.LevelDebug}))
	})
	_, err := Query[map[string]any](t.Context(), c, "SELECT Id FROM Contact WHERE Phone = '+49123'")
	if err == nil {
		t.Fatal("no error")
	}
	all := buf.String() + err.Error() + std()
	for _, bad := range []string{"00D!tok", "+49123", "49123", "Bearer", "[simpleforce]"} {
		if strings.Contains(all, bad) {
			t.Errorf("%q shows in: %s", bad, all)
		}
	}
	if !strings.Contains(buf.String(), "tried again") || !strings.Contains(buf.String(), "daily api limit") {
		t.Errorf("log: %s", buf.String())
	}
}

func TestRequestAsSent(t *testing.T) {
	var got *http.Request
	var sent string
	f := newFakeOrg(t, func(w http.ResponseWriter, r *http.Request, body string) {
		got, sent = r, body
		answer(w, 201, created)
	})
	c := f.client(t, func(o *Options) { o.Version, o.AppName = "63.0", "omni" })
	if _, err := c.Create(t.Context(), "AgentWork", fields); err != nil {
		t.Fatal(err)
	}
	if got.Method != "POST" || got.URL.Path != "/services/data/v63.0/sobjects/AgentWork" || sent != `{"UserId":"005000000000001AAA"}` {
		t.Errorf("%s %s %s", got.Method, got.URL, sent)
	}
	if got.Header.Get("Sforce-Call-Options") != "client=omni" || got.Header.Get("Content-Type") != "application/json" {
		t.Errorf("headers %v", got.Header)
	}
}

func TestClientOptionsAreChecked(t *testing.T) {
	f := newFakeOrg(t, nil)
	for _, o := range []Options{{}, {Tokens: f.tokens(t), Version: "v62.0"}, {Tokens: f.tokens(t), Version: "62"}, {Tokens: f.tokens(t), Timeout: -1}, {Tokens: f.tokens(t), Concurrency: -1}} {
		if _, err := NewClient(o); err == nil {
			t.Errorf("%+v is accepted", o)
		}
	}
}

func BenchmarkCreate(b *testing.B) {
	f := newFakeOrg(b, says2(201, created))
	b.Run("stack", func(b *testing.B) {
		c := f.client(b)
		b.ReportAllocs()
		for b.Loop() {
			if _, err := c.Create(b.Context(), "AgentWork", fields); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("net-http", func(b *testing.B) {
		client := &http.Client{Transport: newTransport(2)}
		f.mu.Lock()
		tok := f.valid
		f.mu.Unlock()
		b.ReportAllocs()
		for b.Loop() {
			req, err := http.NewRequestWithContext(b.Context(), "POST", f.URL+"/services/data/v62.0/sobjects/AgentWork", strings.NewReader(`{"UserId":"005000000000001AAA"}`))
			if err != nil {
				b.Fatal(err)
			}
			req.Header.Set("Authorization", "Bearer "+tok)
			req.Header.Set("Content-Type", "application/json")
			resp, err := client.Do(req)
			if err != nil {
				b.Fatal(err)
			}
			if _, err := readBounded(resp.Body, 1<<20); err != nil {
				b.Fatal(err)
			}
			_ = resp.Body.Close()
		}
	})
}

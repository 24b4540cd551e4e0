package salesforce

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptrace"
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

// TestATokenThatDiesCostsNoMoreThanIsUnderWay: of a hundred calls, only those that
// have a place find out that the token is dead; the others wait for the new one.
func TestATokenThatDiesCostsNoMoreThanIsUnderWay(t *testing.T) {
	f := newFakeOrg(t, says2(200, `{"x":1}`))
	c := f.client(t, func(o *Options) { o.Concurrency = 10 })
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
	if requests, logins := f.seen(); len(requests) > 1+10+100 || logins != 2 {
		t.Errorf("%d requests, %d logins; want at most 111, and 2", len(requests), logins)
	}
}

// TestLostReplies: a create whose reply is lost in any way is unknown, and is never
// sent again.
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

// TestReplyThatUnpacksWithoutEnd: the bound of a reply is for what it unpacks to.
func TestReplyThatUnpacksWithoutEnd(t *testing.T) {
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	blank := bytes.Repeat([]byte(" "), 1<<20)
	for range 64 {
		_, _ = z.Write(blank)
	}
	_ = z.Close()
	f := newFakeOrg(t, func(w http.ResponseWriter, r *http.Request, _ string) {
		if r.Header.Get("Accept-Encoding") != "gzip" {
			t.Errorf("asked for %q", r.Header.Get("Accept-Encoding"))
		}
		w.Header().Set("Content-Encoding", "gzip")
		_, _ = w.Write(packed.Bytes())
	})
	_, err := f.client(t, func(o *Options) { o.MaxReply = 1 << 20 }).Do(t.Context(), "GET", "limits", nil)
	if requests, _ := f.seen(); !errors.Is(err, errTooLarge) || len(requests) != 1 {
		t.Errorf("%v after %d requests", err, len(requests))
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
	synctest.Test(t, func(t *testing.T) {
		requests := 0
		c := offlineClient(t, func(r *http.Request) (*http.Response, error) {
			requests++
			httptrace.ContextClientTrace(r.Context()).GotConn(httptrace.GotConnInfo{}) // it may be on its way
			<-r.Context().Done()
			return nil, r.Context().Err()
		})
		c.opt.AttemptTimeout = time.Second
		begun := time.Now()
		_, err := c.Create(t.Context(), "AgentWork", fields)
		if _, ok := errors.AsType[*UnknownOutcomeError](err); !ok || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("create: error %v", err)
		}
		if took := time.Since(begun); took != c.opt.AttemptTimeout {
			t.Errorf("the attempt took %v, want %v", took, c.opt.AttemptTimeout)
		}
		_, err = c.Do(t.Context(), "GET", "x", nil)
		if _, ok := errors.AsType[*UnknownOutcomeError](err); ok || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("read: error %v", err)
		}
		if requests != 1+paces[outage].tries {
			t.Errorf("%d requests", requests)
		}
	})
}

func TestNothingSentIsNotUnknown(t *testing.T) {
	dead := refusing(t)
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

// offlineClient is a client with a token and no network, for fake time.
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

// BenchmarkTokenExpiry is what it costs that the token dies in the middle of a hundred
// parallel calls: the token requests, of which there must be one, and the calls that
// were refused and sent again.
func BenchmarkTokenExpiry(b *testing.B) {
	const calls = 100
	var served atomic.Int64
	var f *fakeOrg
	f = newFakeOrg(b, func(w http.ResponseWriter, _ *http.Request, _ string) {
		if served.Add(1) == calls/2 {
			f.revoke()
		}
		answer(w, 200, `{"x":1}`)
	})
	var requests, logins int
	for b.Loop() {
		c := f.client(b)    // whose logins are not rationed yet
		served.Store(calls) // the first call is not one of them
		if _, err := c.Do(b.Context(), "GET", "limits", nil); err != nil {
			b.Fatal(err)
		}
		served.Store(0)
		before, tokens := f.seen()
		var all sync.WaitGroup
		for range calls {
			all.Go(func() {
				if _, err := c.Do(b.Context(), "GET", "limits", nil); err != nil {
					b.Error(err)
				}
			})
		}
		all.Wait()
		after, now := f.seen()
		if now-tokens != 1 {
			b.Fatalf("%d token requests", now-tokens)
		}
		requests, logins = requests+len(after)-len(before)-calls, logins+1
	}
	b.ReportMetric(float64(logins)/float64(b.N), "token-requests/expiry")
	b.ReportMetric(float64(requests)/float64(b.N), "refused-calls/expiry")
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

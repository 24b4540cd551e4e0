package salesforce

import (
	"errors"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

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

// TestTooManyCallsLowersConcurrency holds that calls which Salesforce refuses because
// there are too many keep their places while they pause, and give them back then.
func TestTooManyCallsLowersConcurrency(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		refuse := 2
		var at []time.Duration
		begun := time.Now()
		c := offlineClient(t, func(r *http.Request) (*http.Response, error) {
			mu.Lock()
			defer mu.Unlock()
			at = append(at, time.Since(begun))
			if refuse > 0 {
				refuse--
				resp := reply(r, 403, errBody("REQUEST_LIMIT_EXCEEDED", "ConcurrentRequests (Concurrent API Requests) Limit exceeded."))
				resp.Header.Set("Retry-After", "20")
				return resp, nil
			}
			return reply(r, 200, `{}`), nil
		})
		c.gate = make(chan struct{}, 2)
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() {
				if _, err := c.Do(t.Context(), "GET", "x", nil); err != nil {
					t.Error(err)
				}
			})
			synctest.Wait()
		}
		mu.Lock()
		if len(at) != 2 {
			t.Errorf("%d calls while both places pause, want 2", len(at))
		}
		mu.Unlock()
		wg.Wait()
		for _, d := range at[2:] {
			if d < 20*time.Second {
				t.Errorf("calls at %v", at)
			}
		}
		if len(at) != 6 || len(c.gate) != 0 {
			t.Errorf("%d calls, %d places taken at the end", len(at), len(c.gate))
		}
		refuse = 100
		if _, err := c.Do(t.Context(), "GET", "x", nil); err == nil || len(c.gate) != 0 {
			t.Errorf("%v, and %d places taken", err, len(c.gate))
		}
	})
}

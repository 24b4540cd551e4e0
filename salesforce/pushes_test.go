package salesforce

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"omnibridge/omnichannel"
)

// workCalls is an org that creates AgentWorks and keeps what was sent to it.
type workCalls struct {
	mu    sync.Mutex
	sizes []int                            // rows of each call; 0 stands for one that is no collection
	rows  map[string]int                   // how often each PSR was pushed
	hold  func(ctx context.Context, n int) // called before call n is answered, without the lock
}

// RoundTrip implements http.RoundTripper.
func (w *workCalls) RoundTrip(r *http.Request) (*http.Response, error) {
	httptrace.ContextClientTrace(r.Context()).GotConn(httptrace.GotConnInfo{}) // it is sent
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	n := len(w.seen())
	status, text := w.answer(string(body))
	if w.hold != nil {
		w.hold(r.Context(), n)
		if err := r.Context().Err(); err != nil {
			return nil, err
		}
	}
	return reply(r, status, text), nil
}

// answer takes the body of a call, and returns the reply to it.
func (w *workCalls) answer(body string) (status int, text string) {
	type row struct {
		PSR string `json:"PendingServiceRoutingId"`
	}
	var sent struct {
		row
		Records []row `json:"records"`
	}
	if err := json.Unmarshal([]byte(body), &sent); err != nil {
		return 400, errBody("JSON_PARSER_ERROR", err.Error())
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.sizes = append(w.sizes, len(sent.Records))
	if len(sent.Records) == 0 {
		w.rows[sent.PSR]++
		return 201, workReply(sent.PSR)
	}
	replies := make([]string, len(sent.Records))
	for i, r := range sent.Records {
		w.rows[r.PSR]++
		replies[i] = workReply(r.PSR)
	}
	return 200, "[" + strings.Join(replies, ",") + "]"
}

// workReply tells an id that shows which PSR it is for.
func workReply(psr string) string {
	return `{"id":"0Bz` + psr[3:15] + `","success":true,"errors":[]}`
}

func (w *workCalls) seen() []int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return append([]int(nil), w.sizes...)
}

// worksOf returns an org with so many lanes in front of calls, for fake time.
func worksOf(t *testing.T, calls *workCalls, lanes int) *Org {
	t.Helper()
	calls.rows = map[string]int{}
	o, err := NewOrg(OrgOptions{Client: offlineClient(t, calls.RoundTrip)})
	if err != nil {
		t.Fatal(err)
	}
	o.pushes.lanes = lanes
	return o
}

func pushOf(n int) omnichannel.Effect {
	e := effect(omnichannel.CreateWork)
	e.PSR = omnichannel.PSRID(fmt.Sprintf("0JR%012dAAA", n))
	return e
}

// carryAll carries out pushes from to to at once, and returns their outcomes
// when all are known.
func carryAll(ctx context.Context, o *Org, from, to int) func() []omnichannel.Outcome {
	outs := make([]omnichannel.Outcome, to-from)
	var wg sync.WaitGroup
	for i := range outs {
		wg.Go(func() { outs[i] = o.Carry(ctx, pushOf(from+i)) })
	}
	return func() []omnichannel.Outcome { wg.Wait(); return outs }
}

func TestALonePushLeavesAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		calls := &workCalls{}
		o := worksOf(t, calls, 1)
		begun := time.Now()
		for n := range 3 {
			if out := o.Carry(t.Context(), pushOf(n)); out.Result != omnichannel.Done {
				t.Fatalf("outcome %+v", out)
			}
		}
		if took := time.Since(begun); took != 0 || fmt.Sprint(calls.seen()) != "[0 0 0]" {
			t.Errorf("calls of %v rows, waited %v: want three single creates that waited for nothing", calls.seen(), took)
		}
	})
}

func TestPushesThatWaitLeaveTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		calls := &workCalls{hold: func(context.Context, int) { time.Sleep(100 * time.Millisecond) }}
		o := worksOf(t, calls, 2)
		begun := time.Now()
		for i, out := range carryAll(t.Context(), o, 0, 502)() {
			if want := fmt.Sprintf("0Bz%012d", i); out.Result != omnichannel.Done || string(out.Work)[:15] != want {
				t.Fatalf("push %d: %s %s, want %s", i, out.Result, out.Work, want)
			}
		}
		if got := fmt.Sprint(calls.seen()); got != "[0 0 200 200 100]" {
			t.Errorf("calls of %s rows", got)
		}
		if took := time.Since(begun); took != 300*time.Millisecond {
			t.Errorf("took %v, want three times the org's 100 ms", took)
		}
	})
}

// TestAHungCallHoldsNobodyUp holds that a call that gets no answer gives its lane
// to those who wait, long before its own time-out.
func TestAHungCallHoldsNobodyUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		calls := &workCalls{hold: func(ctx context.Context, n int) {
			if n == 0 {
				<-ctx.Done()
			}
		}}
		o := worksOf(t, calls, 1)
		hung := carryAll(t.Context(), o, 0, 1)
		synctest.Wait()
		begun := time.Now()
		for _, out := range carryAll(t.Context(), o, 1, 4)() {
			if out.Result != omnichannel.Done {
				t.Errorf("outcome %+v", out)
			}
		}
		if took := time.Since(begun); took != laneTime {
			t.Errorf("the others waited %v, want %v", took, laneTime)
		}
		if out := hung()[0]; out.Result != omnichannel.Unknown {
			t.Errorf("the hung one: %+v", out)
		}
		// Its lane was given back once, not twice.
		synctest.Wait()
		if busy, _ := standing(o.pushes); busy != 0 {
			t.Errorf("%d lanes are taken", busy)
		}
	})
}

func TestPushesWhoseCallerLeaves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		calls := &workCalls{hold: func(ctx context.Context, _ int) {
			select {
			case <-ctx.Done():
			case <-time.After(500 * time.Millisecond):
			}
		}}
		o := worksOf(t, calls, 1)
		alone, leaveAlone := context.WithCancel(t.Context())
		early, leaveEarly := context.WithCancel(t.Context())
		late, leaveLate := context.WithCancel(t.Context())
		first := carryAll(alone, o, 0, 1)
		synctest.Wait()
		waits, flies, stays := carryAll(early, o, 1, 2), carryAll(late, o, 2, 3), carryAll(t.Context(), o, 3, 4)
		synctest.Wait()
		leaveEarly()
		if out := waits()[0]; out.Result != omnichannel.Deferred || out.Code != "CANCELED" {
			t.Errorf("who waited: %+v, want deferred: it was not sent", out)
		}
		leaveAlone() // the only one in its call: the call ends
		if out := first()[0]; out.Result != omnichannel.Unknown {
			t.Errorf("alone under way: %+v", out)
		}
		synctest.Wait()
		leaveLate()
		if out := flies()[0]; out.Result != omnichannel.Unknown {
			t.Errorf("under way with others: %+v", out)
		}
		if out := stays()[0]; out.Result != omnichannel.Done {
			t.Errorf("who stayed: %+v", out)
		}
		if calls.rows[string(pushOf(1).PSR)] != 0 {
			t.Error("a push that had left was sent")
		}
	})
}

// TestAPushThatFindsNoPlace: a call that had no turn among all calls yet was not
// sent, and who leaves it is told so.
func TestAPushThatFindsNoPlace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		calls := &workCalls{}
		o := worksOf(t, calls, 1)
		for range cap(o.client.gate) {
			o.client.gate <- struct{}{}
		}
		ctx, leave := context.WithCancel(t.Context())
		out := carryAll(ctx, o, 0, 1)
		synctest.Wait()
		leave()
		if out := out()[0]; out.Result != omnichannel.Deferred || len(calls.seen()) != 0 {
			t.Errorf("%+v, sent %v", out, calls.seen())
		}
	})
}

// TestEveryPushIsSentOnce holds, whatever comes when, that each push is sent
// once, gets its own answer, and that no call holds more than is allowed.
func TestEveryPushIsSentOnce(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		lanes := rapid.IntRange(1, 4).Draw(rt, "lanes")
		bursts := rapid.SliceOfN(rapid.IntRange(1, 250), 1, 6).Draw(rt, "bursts")
		pause := rapid.IntRange(0, 300).Draw(rt, "pause")
		slow := rapid.IntRange(0, 2500).Draw(rt, "slow")
		synctest.Test(t, func(t *testing.T) {
			calls := &workCalls{hold: func(_ context.Context, n int) { time.Sleep(time.Duration(slow*(n%3)) * time.Millisecond) }}
			o := worksOf(t, calls, lanes)
			total := 0
			var ends []func() []omnichannel.Outcome
			for _, n := range bursts {
				ends = append(ends, carryAll(t.Context(), o, total, total+n))
				total += n
				time.Sleep(time.Duration(pause) * time.Millisecond)
			}
			n := 0
			for _, end := range ends {
				for _, out := range end() {
					if out.Result != omnichannel.Done || string(out.Work)[:15] != fmt.Sprintf("0Bz%012d", n) {
						rt.Fatalf("push %d: %s %s", n, out.Result, out.Work)
					}
					n++
				}
			}
			for psr, times := range calls.rows {
				if times != 1 {
					rt.Fatalf("%s was pushed %d times", psr, times)
				}
			}
			sum := 0
			for _, size := range calls.seen() {
				if size > MaxBatch || size == 1 {
					rt.Fatalf("a collection of %d", size)
				}
				sum += max(size, 1)
			}
			synctest.Wait()
			if busy, waiting := standing(o.pushes); sum != total || busy != 0 || waiting != 0 {
				rt.Fatalf("%d of %d sent, %d lanes taken, %d wait", sum, total, busy, waiting)
			}
		})
	})
}

// standing returns how many lanes are taken and how many pushes wait.
func standing(p *pushes) (busy, waiting int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.busy, len(p.queue)
}

// together carries out n pushes in one collection over HTTP.
func together(t *testing.T, o *Org, n int) []omnichannel.Outcome {
	t.Helper()
	p := o.pushes
	p.mu.Lock()
	p.busy = p.lanes
	p.mu.Unlock()
	end := carryAll(t.Context(), o, 0, n)
	for waiting := 0; waiting < n; runtime.Gosched() {
		_, waiting = standing(p)
	}
	p.mu.Lock()
	p.busy = 0
	p.start()
	p.mu.Unlock()
	return end()
}

// TestATokenThatExpiresUnderManyPushes says what the end of a session costs in the
// middle of 100 parallel calls: one token request, and one more request for each
// call that was under way.
func TestATokenThatExpiresUnderManyPushes(t *testing.T) {
	f := newFakeOrg(t, nil)
	calls := &workCalls{rows: map[string]int{}}
	f.api = func(w http.ResponseWriter, _ *http.Request, body string) {
		status, text := calls.answer(body)
		answer(w, status, text)
	}
	o, err := NewOrg(OrgOptions{Client: f.client(t, func(o *Options) { o.Concurrency = 100 })})
	if err != nil {
		t.Fatal(err)
	}
	if out := o.Carry(t.Context(), pushOf(0)); out.Result != omnichannel.Done {
		t.Fatalf("outcome %+v", out)
	}
	f.revoke()
	before, _ := f.seen()
	for _, out := range carryAll(t.Context(), o, 1, 101)() {
		if out.Result != omnichannel.Done {
			t.Errorf("%s: %s: %s", out.Result, out.Code, out.Message)
		}
	}
	requests, logins := f.seen()
	if logins != 2 {
		t.Errorf("%d token requests, want 2: the first login and one more", logins)
	}
	for psr, n := range calls.rows {
		if n != 1 {
			t.Errorf("%s was pushed %d times", psr, n)
		}
	}
	t.Logf("100 pushes over an expired session: %d requests, %d of them answered 401; %d token request", len(requests)-len(before), len(requests)-len(before)-len(calls.seen())+1, logins-1)
}

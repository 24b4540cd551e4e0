package connector_test

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"omnibridge/connector"
	"omnibridge/connector/store"
	"omnibridge/omnichannel"
	"omnibridge/vcc/engine"
)

// TestRoutesWhatArrives is the whole way once: a PSR comes by the stream, an
// agent is present, the push leaves, the accept is followed to its end.
func TestRoutesWhatArrives(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := start(t, &org{present: agentsPresent}, newMemory(t), nil)
		synctest.Wait()
		p := psr(1)
		if err := r.sink.Deliver(t.Context(), []omnichannel.Signal{omnichannel.PSRSeen{PSR: p}}, []omnichannel.Cursor{{Channel: topic, Replay: 7}}); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if got := r.store.state(t, "0JR000000000001AAA"); got != omnichannel.Alerting || r.org.pushes() != 1 {
			t.Fatalf("state %q after %d pushes, want alerting after one", got, r.org.pushes())
		}
		if replay, ok, err := r.sink.Cursor(t.Context(), topic); replay != 7 || !ok || err != nil {
			t.Errorf("cursor = %d %v %v, want 7", replay, ok, err)
		}
		w := r.org.works[0]
		for _, status := range []omnichannel.WorkStatus{omnichannel.Opened, omnichannel.Closed} {
			w.Status = status
			if err := r.sink.Deliver(t.Context(), []omnichannel.Signal{omnichannel.WorkSeen{Work: w}}, nil); err != nil {
				t.Fatal(err)
			}
		}
		if got := r.store.state(t, "0JR000000000001AAA"); got != omnichannel.Gone {
			t.Errorf("state %q at the end, want gone", got)
		}
		v, err := r.c.View(t.Context())
		if err != nil || len(v.Interactions) != 0 || len(v.Agents) != 1 || v.Agents[0].Name != "Ada" {
			t.Errorf("view: %+v, %v", v, err)
		}
		r.end(t)
	})
}

// TestDurableBeforeVisible holds that when an effect leaves, the state that calls
// for it is in the store already (DESIGN 2.3), and the cursor with it (I6).
func TestDurableBeforeVisible(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o, m := &org{present: agentsPresent}, newMemory(t)
		o.before = func(e omnichannel.Effect) {
			if e.Kind != omnichannel.CreateWork {
				return
			}
			s, err := m.Load(context.Background())
			if err != nil {
				t.Error(err)
			}
			if len(s.Chains) != 1 || s.Chains[0].State != omnichannel.Pushing || s.Chains[0].Doing.ID != e.ID || len(s.Effects) != 1 || s.Effects[0] != e {
				t.Errorf("the push left before its state was durable: %+v", s)
			}
			if len(s.Cursors) != 1 || s.Cursors[0].Replay != 3 {
				t.Errorf("the push left before the cursor was durable: %+v", s.Cursors)
			}
		}
		r := start(t, o, m, nil)
		synctest.Wait()
		if err := r.sink.Deliver(t.Context(), []omnichannel.Signal{omnichannel.PSRSeen{PSR: psr(1)}}, []omnichannel.Cursor{{Channel: topic, Replay: 3}}); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if o.pushes() != 1 {
			t.Error("no push left")
		}
		r.end(t)
	})
}

// TestStoreThatFails holds that nothing leaves and no cursor moves while the store
// does not take a change, and that the program ends when it never does.
func TestStoreThatFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o, m := &org{present: agentsPresent}, newMemory(t)
		r := start(t, o, m, nil)
		synctest.Wait()
		m.breakBy(errDisk)
		delivered := make(chan error, 1)
		go func() {
			delivered <- r.sink.Deliver(context.Background(), []omnichannel.Signal{omnichannel.PSRSeen{PSR: psr(1)}}, []omnichannel.Cursor{{Channel: topic, Replay: 3}})
		}()
		if err := <-delivered; !errors.Is(err, errDisk) && !errors.Is(err, connector.ErrEnded) {
			t.Errorf("Deliver = %v, want the store's error", err)
		}
		if err := <-r.ended; !errors.Is(err, errDisk) {
			t.Errorf("Run = %v, want the store's error", err)
		}
		if o.pushes() != 0 {
			t.Error("a push left although its state was not durable")
		}
		if _, ok, _ := m.Cursor(t.Context(), topic); ok {
			t.Error("the cursor moved")
		}
		r.stop()
	})
}

// TestStoreThatRecovers holds that a store which fails for a while loses nothing.
func TestStoreThatRecovers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o, m := &org{present: agentsPresent}, newMemory(t)
		r := start(t, o, m, nil)
		synctest.Wait()
		m.breakBy(errDisk)
		time.AfterFunc(3*time.Second, func() { m.breakBy(nil) })
		if err := r.sink.Deliver(t.Context(), []omnichannel.Signal{omnichannel.PSRSeen{PSR: psr(1)}}, nil); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if got := m.state(t, "0JR000000000001AAA"); got != omnichannel.Alerting {
			t.Errorf("state %q, want alerting", got)
		}
		r.end(t)
	})
}

// TestRestartLooksBeforeItPushes holds that a push which may have left before a
// crash is looked up, not repeated.
func TestRestartLooksBeforeItPushes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o, m := &org{present: agentsPresent, psrs: []omnichannel.PSR{psr(1)}}, newMemory(t)
		o.carry = func(ctx context.Context, e omnichannel.Effect) omnichannel.Outcome {
			if e.Kind != omnichannel.CreateWork {
				return omnichannel.Outcome{Effect: e, Result: omnichannel.Deferred}
			}
			o.mu.Lock()
			o.works = append(o.works, omnichannel.AgentWork{ID: "0Bz000000000009AAA", PSR: e.PSR, Record: e.Record, User: e.Agent, Channel: chat, Status: omnichannel.Assigned})
			o.mu.Unlock()
			<-ctx.Done() // the reply never comes
			return omnichannel.Outcome{Effect: e, Result: omnichannel.Unknown}
		}
		r := start(t, o, m, func(opt *connector.Options) { opt.Drain = time.Second })
		synctest.Wait()
		if o.pushes() != 1 {
			t.Fatalf("%d pushes, want one under way", o.pushes())
		}
		r.end(t) // the store is as after a crash: the push is under way
		if got := m.state(t, "0JR000000000001AAA"); got != omnichannel.Pushing {
			t.Fatalf("stored as %q, want pushing", got)
		}
		o.carry = nil
		r = start(t, o, m, nil)
		synctest.Wait()
		if got := m.state(t, "0JR000000000001AAA"); got != omnichannel.Alerting || o.pushes() != 1 {
			t.Errorf("state %q after %d pushes, want alerting after the one", got, o.pushes())
		}
		r.end(t)
	})
}

// TestDrain holds that the end waits for what is under way and stores its outcome.
func TestDrain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o, m := &org{present: agentsPresent, psrs: []omnichannel.PSR{psr(1)}}, newMemory(t)
		o.before = func(omnichannel.Effect) { time.Sleep(2 * time.Second) }
		r := start(t, o, m, nil)
		synctest.Wait()
		begun := time.Now()
		r.end(t)
		if took := time.Since(begun); took != 2*time.Second {
			t.Errorf("ended after %v, want the 2s that the push takes", took)
		}
		if got := m.state(t, "0JR000000000001AAA"); got != omnichannel.Alerting {
			t.Errorf("stored as %q, want alerting", got)
		}
	})
}

// TestSweeps holds how often the org is read: often while the stream is down,
// seldom while it is up, at once when it comes up, and within a gap.
func TestSweeps(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o, m := &org{}, newMemory(t)
		r := start(t, o, m, nil)
		read := func(want int, when string) {
			t.Helper()
			synctest.Wait()
			o.mu.Lock()
			defer o.mu.Unlock()
			if o.baseline != want {
				t.Errorf("%s: read %d times, want %d", when, o.baseline, want)
			}
		}
		read(1, "at start")
		time.Sleep(31 * time.Second)
		read(3, "after 31 s without a stream")
		r.sink.Link(omnichannel.Link{Name: connector.StreamLink, State: omnichannel.LinkUp})
		time.Sleep(time.Second)
		read(4, "when the stream came up")
		time.Sleep(4 * time.Minute)
		read(4, "four minutes later")
		time.Sleep(time.Minute)
		read(5, "five minutes later")
		if err := r.sink.Deliver(t.Context(), nil, []omnichannel.Cursor{{Channel: topic, Replay: 5}}); err != nil {
			t.Fatal(err)
		}
		if err := r.sink.Gap(t.Context(), topic, "replay id expired"); err != nil {
			t.Fatal(err)
		}
		read(6, "in a gap")
		if _, ok, err := r.sink.Cursor(t.Context(), topic); ok || err != nil {
			t.Errorf("the cursor that the org refused is still there (%v)", err)
		}
		r.end(t)
	})
}

// advised is a fault with words on what to do about it.
type advised struct{ text, advice string }

func (e advised) Error() string  { return e.text }
func (e advised) Advice() string { return e.advice }

// TestOrgThatCannotBeRead holds that the link says so, and that it is tried until
// it works.
func TestOrgThatCannotBeRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o, m := &org{down: advised{"HTTP 503 (wait a little)", "wait a little"}}, newMemory(t)
		r := start(t, o, m, nil)
		synctest.Wait()
		links, swept := r.c.Links()
		want := omnichannel.Link{Name: connector.RESTLink, State: omnichannel.LinkDown, Reason: "HTTP 503", Hint: "wait a little", Since: links[0].Since}
		if links[0] != want || !swept.IsZero() {
			t.Errorf("links %+v, swept %v", links, swept)
		}
		o.mu.Lock()
		o.down = nil
		o.mu.Unlock()
		time.Sleep(time.Minute)
		synctest.Wait()
		if links, swept := r.c.Links(); links[0].State != omnichannel.LinkUp || swept.IsZero() {
			t.Errorf("links %+v, swept %v", links, swept)
		}
		r.end(t)
	})
}

// TestLinkTellsSinceWhen holds that a link is in a state since it came into it, whatever
// further reasons there are, and that our own end is no fault of the org's.
func TestLinkTellsSinceWhen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := &org{down: errors.New("HTTP 503")}
		r := start(t, o, newMemory(t), nil)
		down := time.Now()
		time.Sleep(time.Minute)
		o.mu.Lock()
		o.down = errors.New("HTTP 500")
		o.mu.Unlock()
		time.Sleep(2 * time.Minute)
		synctest.Wait()
		if links, _ := r.c.Links(); links[0].Reason != "HTTP 500" || !links[0].Since.Equal(down) {
			t.Errorf("%+v, want it down since %v for the later reason", links[0], down)
		}
		o.mu.Lock()
		o.down = nil
		o.mu.Unlock()
		time.Sleep(2 * time.Minute)
		o.mu.Lock()
		o.slow = true
		o.mu.Unlock()
		time.Sleep(time.Minute)
		synctest.Wait()
		r.end(t)
		if links, _ := r.c.Links(); links[0].State != omnichannel.LinkUp {
			t.Errorf("%+v: what ended is us", links[0])
		}
	})
}

// TestViewOfNothing holds that what a new connector shows are empty lists, and no nulls.
func TestViewOfNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := start(t, &org{down: errors.New("HTTP 503")}, newMemory(t), nil)
		v, err := r.c.View(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		text, err := json.Marshal(v)
		if err != nil || strings.Contains(string(text), "null") {
			t.Errorf("%s, %v", text, err)
		}
		r.end(t)
	})
}

// TestJournalFollowsCommit holds that what a person is told is durable.
func TestJournalFollowsCommit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMemory(t)
		told := 0
		r := start(t, &org{present: agentsPresent, psrs: []omnichannel.PSR{psr(1)}}, m, func(opt *connector.Options) {
			opt.OnJournal = func(entries []store.Entry) {
				told += len(entries)
				stored, err := m.Journal(context.Background(), store.JournalQuery{})
				if err != nil || len(stored) < told {
					t.Errorf("%d entries told, %d stored (%v)", told, len(stored), err)
				}
			}
		})
		synctest.Wait()
		r.end(t)
		if told < 3 {
			t.Errorf("%d entries told, want arrived, offered and alerting", told)
		}
	})
}

// TestStoreOfAnotherOrg holds that nothing of one org gets into the store of
// another, and that no org is asked for what another's store has under way.
func TestStoreOfAnotherOrg(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMemory(t)
		first := &org{present: agentsPresent, psrs: []omnichannel.PSR{psr(2)}}
		first.carry = func(ctx context.Context, e omnichannel.Effect) omnichannel.Outcome {
			<-ctx.Done()
			return omnichannel.Outcome{Effect: e, Result: omnichannel.Unknown}
		}
		r := start(t, first, m, func(o *connector.Options) { o.Drain = time.Second })
		synctest.Wait()
		r.end(t)
		const pushed = "0JR000000000002AAA"
		if got := m.state(t, pushed); got != omnichannel.Pushing {
			t.Fatalf("stored as %q, want a push under way", got)
		}
		eng, err := engine.New(engine.Config{})
		if err != nil {
			t.Fatal(err)
		}
		other := &org{id: "00D000000000002AAA", logsIn: time.Second, psrs: []omnichannel.PSR{psr(1)}}
		c, err := connector.New(connector.Options{
			Org: other, Feed: feed{make(chan connector.Sink)}, Engine: eng, Store: m, Logger: slog.New(slog.DiscardHandler),
		})
		if err != nil {
			t.Fatal(err)
		}
		err = c.Run(t.Context())
		if _, ok := errors.AsType[*store.OrgError](err); !ok {
			t.Errorf("Run = %v, want that the store is another org's", err)
		}
		if got := m.state(t, "0JR000000000001AAA"); got != "" {
			t.Errorf("the other org's work was stored as %q", got)
		}
		if got := m.state(t, pushed); got != omnichannel.Pushing || len(other.carried) > 0 {
			t.Errorf("the first org's push is stored as %q, and the other org was asked for %+v", got, other.carried)
		}
	})
}

func TestOptionsNameWhatIsMissing(t *testing.T) {
	_, err := connector.New(connector.Options{})
	for _, want := range []string{"Org", "Feed", "Engine", "Store", "Logger"} {
		if err == nil || !strings.Contains(err.Error(), "option "+want+" is not set") {
			t.Errorf("error %v does not name %s", err, want)
		}
	}
}

// TestToldToEndBeforeItBegan holds that a connector which is told to end while it reads
// its state ends cleanly.
func TestToldToEndBeforeItBegan(t *testing.T) {
	eng, err := engine.New(engine.Config{})
	if err != nil {
		t.Fatal(err)
	}
	c, err := connector.New(connector.Options{Org: &org{}, Feed: feed{make(chan connector.Sink)}, Engine: eng, Store: newMemory(t), Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	stop()
	if err := c.Run(ctx); err != nil {
		t.Errorf("Run = %v, want a clean end", err)
	}
}

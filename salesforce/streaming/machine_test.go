package streaming

import (
	"testing"
	"time"
)

func TestMachineComesUpInOrder(t *testing.T) {
	w := newWorld(t, "/topic/A", "/topic/B")
	w.step(input{kind: inBegin})
	for _, want := range []kind{inToken, inHandshake, inConnect, inSubscribe} {
		if w.request == nil || w.request.do != want {
			t.Fatalf("request %+v, want %s", w.request, want)
		}
		if got := w.m.status().Link; got != LinkConnecting {
			t.Errorf("link %s while %s", got, w.m.state)
		}
		w.answer(input{})
	}
	if w.m.status().Link != LinkUp || w.m.state != polling || w.request.first {
		t.Errorf("%s, %+v", w.m.state, w.m.status())
	}
}

// TestMachineLeavesEveryFault: whatever fails wherever, the next attempt comes at
// once after a healthy session, and later ones as the verdict and the pauses say.
func TestMachineLeavesEveryFault(t *testing.T) {
	verdicts := []verdict{unknownClient, disconnected, authenticationInvalid, serverBusy, dailyLimit, network, silent, apiVersion, badRequest, ownerFailed}
	for _, v := range verdicts {
		w := begin(t, "/topic/A")
		w.pass(time.Minute)
		w.answer(input{fault: &fault{verdict: v}})
		if w.m.state != backingOff {
			t.Fatalf("%s: %s", v.name, w.m.state)
		}
		if got := w.m.deadline().Sub(w.now); got != v.wait {
			t.Errorf("%s after a healthy session waits %v, want %v", v.name, got, v.wait)
		}
		fresh := v.do == reauthenticate
		w.tickAt()
		if w.request.do != inToken || w.request.fresh != fresh {
			t.Errorf("%s: then %+v, want a token, fresh %v", v.name, w.request, fresh)
		}
		w.answer(input{})
		w.answer(input{fault: &fault{verdict: v}})
		least := max(v.wait, time.Second)
		if fresh {
			least = loginSpacing
		}
		if got := w.m.deadline().Sub(w.now); got < least {
			t.Errorf("%s a second time waits %v, want at least %v", v.name, got, least)
		}
		if got := w.m.status().Link; got != LinkDown {
			t.Errorf("%s twice: link %s, want down", v.name, got)
		}
		w.nice()
	}
}

func TestMachineBackoffGrowsUntilASessionIsHealthy(t *testing.T) {
	w := begin(t, "/topic/A")
	var waits []time.Duration
	fail := func() {
		w.answer(input{fault: &fault{verdict: unknownClient}})
		waits = append(waits, w.m.deadline().Sub(w.now))
		w.nice()
	}
	w.pass(time.Minute)
	fail() // after a healthy minute
	fail() // at once: the session proved nothing
	fail()
	w.pass(2 * time.Second)
	w.answer(input{}) // a turn, but too young
	fail()
	w.pass(10 * time.Second)
	w.answer(input{}) // healthy again
	fail()
	want := []time.Duration{0, time.Second, 2 * time.Second, 4 * time.Second, 0}
	for i := range want {
		if waits[i] != want[i] {
			t.Fatalf("waits %v, want %v", waits, want)
		}
	}
}

func TestMachineObeysAdviceAndResistsHotLoops(t *testing.T) {
	w := begin(t, "/topic/A")
	w.pass(time.Second)
	w.answer(input{advice: advice{reconnect: "retry", interval: 3000, timeout: 60000}})
	if w.m.state != pausing || w.m.deadline().Sub(w.now) != 3*time.Second {
		t.Fatalf("%s until %v", w.m.state, w.m.deadline().Sub(w.now))
	}
	w.tickAt()
	if got := w.m.deadline().Sub(w.now); got != 80*time.Second {
		t.Fatalf("a poll may take %v, want timeout and slack", got)
	}
	w.pass(time.Second)
	w.answer(input{advice: advice{reconnect: "retry", interval: -1, timeout: (24 * time.Hour).Milliseconds()}})
	if got := w.m.deadline().Sub(w.now); got != longestPoll+testLimits.slack {
		t.Fatalf("a server may make a poll last %v", got)
	}
	w.pass(time.Second)
	w.answer(input{advice: advice{reconnect: "retry", interval: -1, timeout: 60000}})
	before := w.connects
	start := w.now
	for w.now.Sub(start) < time.Minute {
		if w.request == nil {
			w.tickAt()
			continue
		}
		w.pass(time.Millisecond)
		w.answer(input{})
	}
	if n := w.connects - before; n > 80 {
		t.Errorf("%d polls in a minute of instant empty answers", n)
	}
	w.nice()
	if w.request == nil {
		w.tickAt()
	}
	w.answer(input{advice: advice{reconnect: "handshake", interval: -1, timeout: -1}})
	if w.m.state != backingOff {
		t.Errorf("advice to shake hands is not obeyed: %s", w.m.state)
	}
}

// TestMachineCountsQuickAnswersInARow: one that brings events, or is held, is no
// part of a hot loop.
func TestMachineCountsQuickAnswersInARow(t *testing.T) {
	for name, breaks := range map[string]func(w *world){
		"events":      func(w *world) { w.answer(input{batch: []Event{{Channel: "/topic/A"}}}); w.finishJob(nil) },
		"a held poll": func(w *world) { w.pass(quickReply); w.answer(input{}) },
	} {
		w := begin(t, "/topic/A")
		for range 2 {
			breaks(w)
			for range quickReplies - 1 {
				w.answer(input{})
			}
		}
		if w.m.state != polling {
			t.Errorf("%s in between, and it is %s", name, w.m.state)
		}
		w.answer(input{})
		if w.m.state != pausing {
			t.Errorf("%s before %d quick answers, and it is %s", name, quickReplies, w.m.state)
		}
	}
}

// TestMachineForgetsALoginThatHelped: the session after it is lost for another
// reason, which is no login's business.
func TestMachineForgetsALoginThatHelped(t *testing.T) {
	w := begin(t, "/topic/A")
	w.pass(time.Minute)
	w.answer(input{fault: &fault{verdict: authenticationInvalid}})
	w.nice()
	w.pass(stableAfter)
	w.answer(input{fault: &fault{verdict: unknownClient}})
	if wait := w.m.deadline().Sub(w.now); wait >= loginSpacing/2 || w.m.suspect {
		t.Fatalf("waits %v, the token suspected: %v", wait, w.m.suspect)
	}
}

func TestMachineCutsASilentPoll(t *testing.T) {
	w := begin(t, "/topic/A")
	if got := w.m.deadline().Sub(w.now); got != defaultPollTimeout+testLimits.slack {
		t.Fatalf("deadline after %v", got)
	}
	w.tickAt()
	if s := w.m.status(); w.m.state != backingOff || s.Cause != "silent" || s.Link != LinkConnecting {
		t.Fatalf("%s %+v", w.m.state, s)
	}
	w.nice()
}

// TestMachineWakesFromSleep: a host that was suspended finds its poll overdue by
// hours, and tries at once and once.
func TestMachineWakesFromSleep(t *testing.T) {
	w := begin(t, "/topic/A")
	w.pass(9 * time.Hour)
	w.step(input{kind: inTick})
	if w.m.state != backingOff || w.m.deadline().After(w.now) {
		t.Fatalf("%s until %v", w.m.state, w.m.deadline())
	}
	before := len(w.handshakes)
	w.nice()
	if n := len(w.handshakes) - before; n != 1 {
		t.Errorf("%d handshakes after sleep", n)
	}
}

// TestMachineSaysWhenTheOwnerIsSlow: whether or not a poll is under way beside it.
func TestMachineSaysWhenTheOwnerIsSlow(t *testing.T) {
	for _, batches := range []int{1, 2} {
		w := begin(t, "/topic/A")
		start := w.now
		for range batches {
			w.answer(input{batch: []Event{{Channel: "/topic/A"}}})
		}
		if polls := w.request != nil; polls != (batches == 1) {
			t.Fatalf("with %d batches that are not durable it polls: %v", batches, polls)
		}
		w.tickAt()
		if s := w.m.status(); s.Link != LinkDegraded || s.Cause != "slow-delivery" || w.now.Sub(start) != sessionGap {
			t.Fatalf("%d batches, after %v: %+v", batches, w.now.Sub(start), s)
		}
		if batches == 1 { // answers change nothing about it
			w.answer(input{})
			if s := w.m.status(); s.Link != LinkDegraded {
				t.Fatalf("%+v", s)
			}
		}
		w.finishJob(nil)
		if s := w.m.status(); s.Link != LinkUp || w.request == nil || w.request.do != inConnect {
			t.Fatalf("%d batches: %+v, then %+v", batches, s, w.request)
		}
		if batches == 2 { // the clock runs for each batch anew
			w.pass(sessionGap - time.Second)
			w.step(input{kind: inTick})
			if s := w.m.status(); s.Link != LinkUp {
				t.Fatalf("%+v", s)
			}
			w.tickAt()
			if s := w.m.status(); s.Link != LinkDegraded {
				t.Fatalf("%+v", s)
			}
			w.finishJob(nil)
		}
		w.tickAt() // the poll's own deadline is still watched
		if w.m.state != backingOff {
			t.Fatalf("%s", w.m.state)
		}
	}
}

// TestMachineDeliversWhatCameWithAFault: events beside a fatal reply are made
// durable before the next session reads the cursor.
func TestMachineDeliversWhatCameWithAFault(t *testing.T) {
	w := begin(t, "/topic/A")
	w.pass(time.Minute)
	w.answer(input{batch: []Event{{Channel: "/topic/A"}}, fault: &fault{verdict: unknownClient}})
	if w.m.state != backingOff || len(w.jobs) != 1 || !w.m.deadline().IsZero() {
		t.Fatalf("%s, %d jobs, deadline %v", w.m.state, len(w.jobs), w.m.deadline())
	}
	w.finishJob(nil)
	if w.m.state != authenticating {
		t.Fatalf("%s: recovery must begin when the owner is done", w.m.state)
	}
}

// withGapAndEvents is a machine whose owner has a gap to close and events behind
// it, which came with the end of the session.
func withGapAndEvents(t *testing.T) *world {
	w := newWorld(t, "/topic/A")
	w.step(input{kind: inBegin})
	for range 3 {
		w.answer(input{})
	}
	w.answer(input{results: []result{{"/topic/A", ReplayNew, nil}}})
	w.answer(input{batch: []Event{{Channel: "/topic/A"}}, fault: &fault{verdict: unknownClient}})
	if len(w.jobs) != 2 || w.m.state != backingOff {
		t.Fatalf("%d jobs while %s", len(w.jobs), w.m.state)
	}
	w.pass(time.Minute)
	return w
}

func TestMachineWaitsForAllJobsBeforeANewSession(t *testing.T) {
	w := withGapAndEvents(t)
	w.finishJob(nil)
	if w.m.state != backingOff {
		t.Fatalf("%s with events that are not durable", w.m.state)
	}
	w.finishJob(nil)
	if w.m.state != authenticating {
		t.Fatalf("%s with nothing owed", w.m.state)
	}
}

func TestMachineDropsEventsBehindAGapThatStaysOpen(t *testing.T) {
	w := withGapAndEvents(t)
	w.finishJob(&fault{verdict: gapOpen}) // checks that no job is left
	if w.m.state != backingOff || w.m.deadline().IsZero() {
		t.Fatalf("%s", w.m.state)
	}
}

func TestMachineStopsFromEveryState(t *testing.T) {
	for n := range 8 {
		w := newWorld(t, "/topic/A")
		if n > 0 {
			w.step(input{kind: inBegin})
		}
		for i := 1; i < n && w.request != nil; i++ {
			if n == 7 && i == 5 {
				w.answer(input{fault: &fault{verdict: serverBusy}})
				continue
			}
			w.answer(input{})
		}
		w.step(input{kind: inStop})
		if w.m.state != stopped || w.m.status().Link != LinkDown || !w.m.deadline().IsZero() {
			t.Errorf("after %d steps: %s", n, w.m.state)
		}
		if _, err := w.m.step(w.now, input{kind: inStop}); err == nil {
			t.Error("a stopped machine stops again")
		}
	}
}

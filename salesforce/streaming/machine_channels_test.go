package streaming

import (
	"testing"
	"time"
)

func TestMachineFallsBackToRetainedThenNew(t *testing.T) {
	refused := func(from int64) input {
		return input{results: []result{{"/topic/A", from, &fault{verdict: replayRefused}}}}
	}
	w := newWorld(t, "/topic/A")
	w.step(input{kind: inBegin})
	for range 3 {
		w.answer(input{})
	}
	if a := w.request.asks[0]; a.forced {
		t.Fatalf("first subscribe does not ask the owner's cursor: %+v", a)
	}
	w.answer(refused(8731))
	if a := w.request.asks[0]; !a.forced || a.from != ReplayAll {
		t.Fatalf("after a refused ID: %+v", a)
	}
	w.answer(refused(ReplayAll))
	if a := w.request.asks[0]; !a.forced || a.from != ReplayNew {
		t.Fatalf("after a refused -2: %+v", a)
	}
	w.answer(input{results: []result{{"/topic/A", ReplayNew, nil}}})
	if len(w.jobs) != 1 || w.jobs[0].gap != (Gap{GapRefused, 8731, ReplayNew}) {
		t.Fatalf("jobs %+v", w.jobs)
	}
	if w.m.state != polling {
		t.Fatalf("%s: a gap alone must not keep the session from polling", w.m.state)
	}
	// Events wait for the gap, and a connect for all events but those that came last.
	w.answer(input{batch: []Event{{Channel: "/topic/A", Replay: 1}}})
	if w.m.state != polling {
		t.Fatalf("%s with one batch that is not durable", w.m.state)
	}
	w.answer(input{batch: []Event{{Channel: "/topic/A", Replay: 2}}})
	if w.m.state != delivering || w.request != nil {
		t.Fatalf("%s, request %+v", w.m.state, w.request)
	}
	w.finishJob(nil)
	if w.m.state != delivering {
		t.Fatalf("%s before the events are durable", w.m.state)
	}
	w.finishJob(nil)
	if w.m.state != polling {
		t.Fatalf("%s after all is durable", w.m.state)
	}
}

func TestMachineFallbackNewSkipsRetained(t *testing.T) {
	w := newWorld(t, "/topic/A")
	w.m.subs[0].Fallback = FallbackNew
	w.step(input{kind: inBegin})
	for range 3 {
		w.answer(input{})
	}
	w.answer(input{results: []result{{"/topic/A", 5, &fault{verdict: replayRefused}}}})
	if a := w.request.asks[0]; a.from != ReplayNew {
		t.Fatalf("%+v", a)
	}
	// Even -1 refused is no endless loop: the channel is parked.
	w.answer(input{results: []result{{"/topic/A", ReplayNew, &fault{verdict: replayRefused}}}})
	if s := w.m.status(); s.Link != LinkDegraded || w.m.state != polling {
		t.Fatalf("%s %+v", w.m.state, s)
	}
}

func TestMachineReportsAMissingCursorAsGap(t *testing.T) {
	w := newWorld(t, "/topic/A")
	w.step(input{kind: inBegin})
	for range 3 {
		w.answer(input{})
	}
	w.answer(input{results: []result{{"/topic/A", ReplayNew, nil}}})
	if len(w.jobs) != 1 || w.jobs[0].gap != (Gap{GapNoCursor, NoReplay, ReplayNew}) {
		t.Fatalf("jobs %+v", w.jobs)
	}
}

func TestMachineParksAChannelAndTriesItBetweenPolls(t *testing.T) {
	w := newWorld(t, "/topic/A", "/topic/B")
	w.step(input{kind: inBegin})
	for range 3 {
		w.answer(input{})
	}
	w.answer(input{results: []result{{"/topic/A", 3, nil}, {"/topic/B", 4, &fault{channelDenied, "403"}}}})
	if s := w.m.status(); s.Link != LinkDegraded || s.Cause != "channel-denied" || s.Hint == "" {
		t.Fatalf("%+v", s)
	}
	w.pass(100 * time.Second)
	w.answer(input{})
	if w.request.do != inConnect {
		t.Fatalf("%s: too early to try again", w.request.do)
	}
	w.pass(channelDenied.wait)
	w.answer(input{batch: []Event{{Channel: "/topic/A"}}})
	w.finishJob(nil)
	if w.request.do != inSubscribe || len(w.request.asks) != 1 || w.request.asks[0].channel != "/topic/B" {
		t.Fatalf("%+v", w.request)
	}
	if s := w.m.status(); s.Link != LinkDegraded {
		t.Fatalf("%+v while it is tried again", s)
	}
	w.answer(input{})
	if w.m.status().Link != LinkUp {
		t.Fatalf("%+v", w.m.status())
	}
}

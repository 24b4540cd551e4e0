package streaming

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

// TestMachineKeepsItsPromises runs random histories: good and bad answers, late
// ones, owners that fail, time that passes. world.check and world.take hold the
// promises after every step; at the end, a willing server always gets us up.
func TestMachineKeepsItsPromises(t *testing.T) {
	var verdicts []verdict
	for _, r := range append(append([]rule(nil), rules...), statuses...) {
		verdicts = append(verdicts, r.verdict)
	}
	verdicts = append(verdicts, disconnected, network, silent, malformed, oversized, ownerFailed, cursorUnreadable, loginRefused, tokenUnavailable, unanswered)
	names := []string{"/topic/1", "/topic/2", "/topic/3", "/topic/4", "/topic/5", "/topic/6", "/topic/7", "/topic/8", "/topic/9", "/topic/10"}
	rapid.Check(t, func(t *rapid.T) {
		w := newWorld(t, names[:rapid.IntRange(1, len(names)).Draw(t, "channels")]...)
		w.step(input{kind: inBegin})
		drawFault := func() *fault { return &fault{verdict: rapid.SampledFrom(verdicts).Draw(t, "verdict")} }
		for range rapid.IntRange(1, 80).Draw(t, "steps") {
			w.pass(time.Duration(rapid.SampledFrom([]int{0, 1, 30, 900, 20000, 200000}).Draw(t, "ms")) * time.Millisecond)
			switch rapid.SampledFrom([]string{"good", "good", "good", "events", "bad", "mixed", "job", "job", "owner", "tick", "tick", "late", "renew", "fresh"}).Draw(t, "what") {
			case "good":
				if w.request != nil {
					w.answer(input{advice: advice{"retry", rapid.Int64Range(-1, 2000).Draw(t, "interval"), 110000}})
				}
			case "events":
				if w.request != nil && w.request.do != inToken {
					in := input{batch: []Event{{}}}
					if rapid.Bool().Draw(t, "with fault") {
						in.fault = drawFault()
					}
					w.answer(in)
				}
			case "bad":
				if w.request != nil {
					w.answer(input{fault: drawFault()})
				}
			case "mixed":
				if w.request != nil && w.request.do == inSubscribe {
					w.answer(mixed(t, w.request.asks, drawFault))
				}
			case "job":
				if len(w.jobs) > 0 {
					w.finishJob(nil)
				}
			case "owner":
				if len(w.jobs) > 0 {
					w.finishJob(&fault{verdict: ownerFailed})
				}
			case "tick":
				if !w.m.deadline().IsZero() {
					w.tickAt()
				}
			case "fresh":
				w.step(input{kind: inFresh})
			case "renew":
				w.step(input{kind: inRenew, fault: &fault{verdict: renewed}})
			case "late":
				w.step(input{
					kind: rapid.SampledFrom([]kind{inToken, inHandshake, inConnect, inSubscribe, inJob, inBegin}).Draw(t, "kind"),
					seq:  uint64(1e6), batch: []Event{{}},
				})
			}
		}
		w.nice()
		w.step(input{kind: inStop})
		if w.m.state != stopped {
			t.Fatalf("cannot be stopped: %s", w.m.state)
		}
	})
}

// mixed answers each channel of a subscribe by chance.
func mixed(t *rapid.T, asks []ask, drawFault func() *fault) input {
	in := input{results: []result{}}
	for _, a := range asks {
		r := result{channel: a.channel, from: a.from}
		if !a.forced {
			r.from = rapid.Int64Range(-2, 5).Draw(t, "cursor")
		}
		switch rapid.IntRange(0, 3).Draw(t, "result") {
		case 0:
			r.fault = drawFault()
		case 1:
			r.fault = &fault{verdict: replayRefused}
		}
		in.results = append(in.results, r)
	}
	return in
}

// TestTableHasNoDeadEnds: from every state but stopped a stop leads out, and
// from every state with a request or an owner a fault does.
func TestTableHasNoDeadEnds(t *testing.T) {
	for _, s := range []state{idle, authenticating, handshaking, connecting, subscribing, polling, pausing, delivering, backingOff} {
		if to := table[cell{s, asked}].to; to != stopped {
			t.Errorf("asked to stop while %s: %q", s, to)
		}
		if to := table[cell{s, failed}].to; s != idle && to != backingOff {
			t.Errorf("failed while %s: %q", s, to)
		}
	}
	for from := range table {
		if from.in == stopped {
			t.Errorf("%v leads out of the end", from)
		}
	}
}

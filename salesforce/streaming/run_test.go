package streaming

import (
	"context"
	"testing"
	"time"
)

// TestLateAnswersTouchNothing: what belongs to an ended session must not reach
// the one after it.
func TestLateAnswersTouchNothing(t *testing.T) {
	c, err := New(goodOptions())
	if err != nil {
		t.Fatal(err)
	}
	current := &session{clientID: "current"}
	r := &run{client: c, ctx: t.Context(), session: current, token: "good", seen: newSeen(),
		machine: newMachine(testLimits, &fixedPauses{}, c.options.Channels)}
	if _, err := r.machine.step(time.Now(), input{kind: inBegin}); err != nil {
		t.Fatal(err)
	}
	body := messages(t, `[{"channel":"/topic/A","data":{}}]`).messages
	for i, k := range []kind{inToken, inHandshake, inConnect, inSubscribe} {
		r.take(answer{input: input{kind: k, seq: 99}, clientID: "old", token: "old", instance: "http://old.test", messages: body})
		if r.session != current || current.clientID != "current" || r.token != "good" || len(r.jobs) != 0 {
			t.Errorf("a late answer to %s changed the session: %+v, token %s, %d jobs", k, r.session, r.token, len(r.jobs))
		}
		if n := c.Stats().Stale; n != uint64(i+1) {
			t.Errorf("%d late answers counted", n)
		}
	}
}

// TestNothingIsHandedOverAfterTheEnd: the owner's context has ended by then.
func TestNothingIsHandedOverAfterTheEnd(t *testing.T) {
	o := goodOptions()
	o.Deliver = func(context.Context, []Event) error { t.Error("delivered after the end"); return nil }
	c, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	r := &run{client: c, ctx: ctx, seen: newSeen(), jobs: []deed{{do: doDeliver, batch: []Event{{Channel: "/topic/A"}}}}}
	r.work()
	for _, task := range r.begun {
		task()
	}
}

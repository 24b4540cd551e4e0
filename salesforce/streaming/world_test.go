package streaming

import (
	"errors"
	"strings"
	"time"
)

// fixedPauses doubles from one second and has no randomness.
type fixedPauses struct{ next time.Duration }

func (p *fixedPauses) Reset() { p.next = 0 }
func (p *fixedPauses) NextBackOff() time.Duration {
	p.next = min(max(2*p.next, time.Second), 2*time.Minute)
	return p.next
}

var testLimits = limits{slack: 20 * time.Second, request: 30 * time.Second}

// world drives a machine and keeps its own account of what must hold.
type world struct {
	t       interface{ Fatalf(string, ...any) }
	m       *machine
	now     time.Time
	names   []string
	request *deed  // under way
	jobs    []deed // with the owner
	last    []deed // of the last step

	shaken, replied         bool
	stands, askedFor        map[string]bool
	handshakes, loginsAfter []time.Time
	connects                int
	gaps                    int
}

func newWorld(t interface{ Fatalf(string, ...any) }, names ...string) *world {
	channels := make([]Channel, len(names))
	for i, n := range names {
		channels[i] = Channel{Name: n, Fallback: FallbackRetained}
	}
	return &world{
		t: t, now: time.Now(), names: names,
		m:      newMachine(testLimits, &fixedPauses{}, channels),
		stands: map[string]bool{}, askedFor: map[string]bool{},
	}
}

func (w *world) step(in input) {
	deeds, err := w.m.step(w.now, in)
	w.last = deeds
	if _, impossible := errors.AsType[*impossibleError](err); impossible {
		w.t.Fatalf("%v", err)
	}
	if err != nil && len(deeds) > 0 {
		w.t.Fatalf("stale input %s caused %d deeds", in.kind, len(deeds))
	}
	for _, d := range deeds {
		w.take(d)
	}
	w.check()
}

// take obeys a deed and holds it against the promises.
func (w *world) take(d deed) {
	switch d.do {
	case doDeliver, doGap:
		w.jobs = append(w.jobs, d)
		return
	case doForget:
		w.jobs = nil
		return
	case doAbandon:
		w.request = nil
		w.shaken, w.replied = false, false
		clear(w.stands)
		clear(w.askedFor)
		return
	}
	if w.request != nil {
		w.t.Fatalf("%s asked while %s is under way", d.do, w.request.do)
	}
	w.request = &d
	switch d.do {
	case inToken:
		if len(w.jobs) > 0 {
			w.t.Fatalf("a new session while the owner has %d jobs", len(w.jobs))
		}
		if d.fresh {
			w.loginsAfter = append(w.loginsAfter, w.now)
		}
	case inHandshake:
		w.handshakes = append(w.handshakes, w.now)
	case inSubscribe:
		if len(d.asks) == 0 {
			w.t.Fatalf("subscribe with %d channels", len(d.asks))
		}
		if w.batches() > 0 {
			w.t.Fatalf("subscribe while events are not durable")
		}
		for _, a := range d.asks {
			w.askedFor[a.channel] = true
		}
	case inConnect:
		w.connects++
		if n := w.batches(); n > 1 {
			w.t.Fatalf("connect while %d batches are not durable", n)
		}
		if !d.first && len(w.askedFor) != len(w.names) {
			w.t.Fatalf("polling with %d of %d channels asked for", len(w.askedFor), len(w.names))
		}
	}
}

// batches counts those that the owner has not made durable.
func (w *world) batches() (n int) {
	for _, j := range w.jobs {
		if j.do == doDeliver {
			n++
		}
	}
	return n
}

func (w *world) check() {
	if w.m.status().Link == LinkUp && (!w.shaken || !w.replied || len(w.stands) != len(w.names)) {
		w.t.Fatalf("up with handshake %v, connect reply %v, %d of %d channels", w.shaken, w.replied, len(w.stands), len(w.names))
	}
	spaced(w.t, "handshakes", w.handshakes, time.Second)
	spaced(w.t, "logins after an authentication failure", w.loginsAfter, 30*time.Second)
	if d := w.m.deadline(); !d.IsZero() && !strings.Contains(d.String(), " m=") {
		w.t.Fatalf("%s until %v by the clock on the wall, which may be set at any time", w.m.state, d)
	}
	if w.m.state != idle && w.m.state != stopped && w.m.deadline().IsZero() && w.request == nil && len(w.jobs) == 0 {
		w.t.Fatalf("%s without a deadline, a request or a job: stuck", w.m.state)
	}
}

func spaced(t interface{ Fatalf(string, ...any) }, what string, at []time.Time, by time.Duration) {
	if n := len(at); n > 1 && at[n-1].Sub(at[n-2]) < by {
		t.Fatalf("%s %v apart, want at least %v", what, at[n-1].Sub(at[n-2]), by)
	}
}

// answer answers the request under way.
func (w *world) answer(in input) {
	d := *w.request
	w.request = nil
	in.kind, in.seq = d.do, d.seq
	if in.advice == (advice{}) {
		in.advice = noAdvice
	}
	if in.fault == nil {
		switch d.do {
		case inHandshake:
			w.shaken = true
		case inConnect:
			w.replied = true
		case inSubscribe:
			if in.results == nil {
				for _, a := range d.asks {
					in.results = append(in.results, result{a.channel, max(a.from, ReplayAll), nil})
				}
			}
			for _, r := range in.results {
				if r.fault == nil {
					w.stands[r.channel] = true
				}
			}
		}
	}
	w.step(in)
}

func (w *world) finishJob(f *fault) {
	d := w.jobs[0]
	w.jobs = w.jobs[1:]
	if d.do == doGap && f == nil {
		w.gaps++
	}
	w.step(input{kind: inJob, seq: d.seq, fault: f})
	if f != nil && len(w.jobs) > 0 {
		w.t.Fatalf("%d jobs left after one failed: later events must not overtake it", len(w.jobs))
	}
}

func (w *world) pass(d time.Duration) { w.now = w.now.Add(d) }

// tickAt moves to the machine's deadline.
func (w *world) tickAt() {
	if d := w.m.deadline(); d.After(w.now) {
		w.now = d
	}
	w.step(input{kind: inTick})
}

// nice answers everything well until the link is up.
func (w *world) nice() {
	for range 200 {
		switch {
		case w.m.status().Link == LinkUp:
			return
		case len(w.jobs) > 0:
			w.finishJob(nil)
		case w.request != nil:
			if w.m.state == polling {
				w.pass(100 * time.Second)
			}
			w.pass(time.Millisecond)
			w.answer(input{})
		default:
			w.tickAt()
		}
	}
	w.t.Fatalf("not up after 200 good steps: %s, %+v", w.m.state, w.m.status())
}

func begin(t interface{ Fatalf(string, ...any) }, names ...string) *world {
	w := newWorld(t, names...)
	w.step(input{kind: inBegin})
	w.nice()
	return w
}

package streaming_test

import (
	"cmp"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"omnibridge/salesforce/streaming"
)

// The fault matrix: each cell is one thing that goes wrong in the middle of a
// stream, and what must hold whatever it is (peers 3.4). Time is the bubble's,
// so hours cost nothing and every run measures the same.

// The distances of the matrix, so that what it measures means something. No
// request arrives in the instant of a burst, which would make its outcome chance.
const (
	roundTrip = 20137 * time.Microsecond // each request
	loginTime = 50 * time.Millisecond    // each new token
	willing   = 250 * time.Millisecond
)

// cell is one fault.
type cell struct {
	name     string        // what happened, in words of the page
	channels []string      // default: psr alone; the first three get events
	strike   func(r *rig)  // makes it happen, in the middle of the stream
	lasts    time.Duration // how long the other side is unwilling; 0 means that it is not, or that it strikes once
	heal     func(r *rig)  // ends what lasts
	wait     time.Duration // longest wait of an event for its delivery; default 250 ms
	spared   []string      // channels that may wait 250 ms at most whatever wait says
	gaps     []string      // channels whose gap must be reported
	passes   bool          // events are passed over, if the gap that is reported covers them
	quiet    bool          // no session may be lost over it
	upheld   bool          // the link may be up while it lasts, since polls are answered
	events   int           // to stream; default 250
	check    func(r *rig)  // what else must hold
}

// org is a streaming server as the matrix sees it.
type org struct {
	http.Handler
	publish func(channel string, n int) []int64
	close   func()
}

// outcome is what a cell showed.
type outcome struct {
	cell     cell
	wait     time.Duration // longest wait of an event
	after    time.Duration // what of it was left when the other side was willing again
	sessions []time.Time   // handshakes after the strike
	logins   []time.Time   // after the strike
	requests int           // most in one minute while the other side was unwilling
	repeated uint64        // events that came twice and were dropped
	passed   int           // events that were passed over
	replays  []string      // where subscriptions went on
	gaps     []string      // channels of reported gaps
	causes   []string      // that the link showed, in order
}

// stream is what was published and when.
type stream struct {
	t    *testing.T
	o    org
	sent map[string][]int64
	at   map[string]map[int64]time.Time
}

// publish sends n events in bursts of five, 500 a second, to each channel in turn.
func (s *stream) publish(channels []string, n int) {
	const burst = 5
	for i := range n / burst {
		channel := channels[i%len(channels)]
		s.note(channel, s.o.publish(channel, burst))
		time.Sleep(burst * time.Second / 500)
	}
}

func (s *stream) note(channel string, ids []int64) {
	for _, id := range ids {
		s.sent[channel] = append(s.sent[channel], id)
		s.at[channel][id] = time.Now()
	}
}

// run streams, lets the fault strike, and holds the client to its promises.
func (c cell) run(t *testing.T, o org) outcome {
	channels := c.channels
	if channels == nil {
		channels = []string{psr}
	}
	r := newRig(t, o.Handler, func(options *streaming.Options) {
		options.Channels = nil
		for _, name := range channels {
			options.Channels = append(options.Channels, streaming.Channel{Name: name})
		}
	})
	r.tokens.takes = loginTime
	pause(10 * time.Second) // a healthy session
	r.wantLink(streaming.LinkUp)
	s := &stream{t, o, map[string][]int64{}, map[string]map[int64]time.Time{}}
	r.stream = s
	busy := channels[:min(len(channels), 3)]
	for _, name := range busy {
		s.at[name] = map[int64]time.Time{}
	}
	all := cmp.Or(c.events, 250)
	s.publish(busy, all*2/5)
	before := mark(r)
	c.strike(r)
	s.publish(busy, all*3/5)
	if c.lasts > 0 {
		pause(c.lasts - time.Since(before.at))
		r.witness.checkPace(t, before.at.Add(time.Second))
		if s := r.owner.now(); (s.Link == streaming.LinkUp) != c.upheld {
			t.Errorf("while it lasts the link is %+v", s)
		}
		before.requests = r.busiest(before.at.Add(time.Second))
		c.heal(r)
		before.healed = time.Now()
	}
	pause(c.wait - c.lasts + 10*time.Second)
	r.wantLink(streaming.LinkUp)
	s.publish(busy, 10*len(busy))
	pause(time.Second)
	r.wantLink(streaming.LinkUp)
	got := c.judge(r, s, before)
	if c.check != nil {
		c.check(r)
	}
	r.end()
	return got
}

// moment is what stood when the fault struck.
type moment struct {
	at       time.Time
	stats    streaming.Stats
	gaps     int
	links    int
	requests int
	healed   time.Time // zero if nothing lasted
}

func mark(r *rig) moment {
	r.owner.mu.Lock()
	defer r.owner.mu.Unlock()
	return moment{at: time.Now(), stats: r.client.Stats(), gaps: len(r.owner.gaps), links: len(r.owner.links)}
}

// judge compares what was sent with what came.
func (c cell) judge(r *rig, s *stream, before moment) outcome {
	t, o := r.t, r.owner
	o.mu.Lock()
	defer o.mu.Unlock()
	got := outcome{cell: c, requests: before.requests, gaps: slices.Sorted(slices.Values(o.gapsOf[before.gaps:]))}
	came := map[string][]int64{}
	for i, e := range o.delivered {
		came[e.Channel] = append(came[e.Channel], e.Replay)
		wait := o.at[i].Sub(s.at[e.Channel][e.Replay])
		got.wait = max(got.wait, wait)
		if s.at[e.Channel][e.Replay].Before(before.healed) {
			got.after = max(got.after, o.at[i].Sub(before.healed))
		}
		if limit := cmp.Or(c.wait, willing); wait > limit || wait > willing && slices.Contains(c.spared, e.Channel) {
			t.Fatalf("event %d of %s waited %v", e.Replay, e.Channel, wait)
		}
	}
	posts := r.witness.since(before.at)
	if c.passes {
		got.passed = s.pass(came, of("/meta/subscribe", posts))
	}
	for name, sent := range s.sent {
		if !slices.Equal(came[name], sent) {
			t.Errorf("%s: %d events of %d came, or not in order", name, len(came[name]), len(sent))
		}
	}
	if !slices.Equal(got.gaps, c.gaps) {
		t.Errorf("gaps of %v reported, want %v", got.gaps, c.gaps)
	}
	for _, l := range o.links[before.links:] {
		if l.Cause != "" && !slices.Contains(got.causes, l.Cause) {
			got.causes = append(got.causes, l.Cause)
		}
	}
	got.sessions, got.logins = of("/meta/handshake", posts), slices.Clone(r.tokens.logins)
	if c.quiet && len(got.sessions) > 0 {
		t.Errorf("%d sessions over what is no fault", len(got.sessions))
	}
	got.repeated = r.client.Stats().Duplicates - before.stats.Duplicates
	got.replays = positions(posts)
	r.witness.checkPace(t, time.Time{})
	if d := closest(r.tokens.logins); d > 0 && d < 30*time.Second {
		t.Errorf("logins %v apart", d)
	}
	return got
}

// pass takes from what was sent the events that did not come and that a gap
// covers: those published before the last subscription was there.
func (s *stream) pass(came map[string][]int64, subscribed []time.Time) (passed int) {
	for name, sent := range s.sent {
		s.sent[name] = slices.DeleteFunc(slices.Clone(sent), func(id int64) bool {
			over := !slices.Contains(came[name], id) && len(subscribed) > 0 &&
				s.at[name][id].Before(subscribed[len(subscribed)-1].Add(roundTrip))
			if over {
				passed++
			}
			return over
		})
	}
	return passed
}

// positions says where the subscriptions of posts went on, each kind once.
func positions(posts []post) (kinds []string) {
	for _, p := range posts {
		for _, m := range p.metas {
			if m.Channel != "/meta/subscribe" {
				continue
			}
			word := "the stored position"
			switch at := string(m.Ext.Replay); {
			case strings.Contains(at, ":-2"):
				word = "everything retained"
			case strings.Contains(at, ":-1"):
				word = "new events"
			}
			if !slices.Contains(kinds, word) {
				kinds = append(kinds, word)
			}
		}
	}
	return kinds
}

// checkPace holds what went out against what may: a handshake a second, and
// nothing that Salesforce finds too large.
func (w *witness) checkPace(t *testing.T, from time.Time) {
	posts := w.since(from)
	if at := of("/meta/handshake", posts); len(at) > 1 && closest(at) < time.Second {
		t.Errorf("handshakes %v apart", closest(at))
	}
	for _, p := range posts {
		if p.size > 32768 {
			t.Errorf("a request of %d bytes", p.size)
		}
	}
}

// busiest is the most requests that the client made in a minute since from. A
// server that is not willing must not be asked more than once a second.
func (r *rig) busiest(from time.Time) int {
	var at []time.Time
	for _, p := range r.witness.since(from) {
		at = append(at, p.at)
	}
	n := busiest(at)
	if n > 65 {
		r.t.Errorf("%d requests in one minute to a server that is not willing", n)
	}
	return n
}

// matrix runs cells against fresh servers and returns what they showed.
func matrix(t *testing.T, cells []cell, start func(t *testing.T) org) []outcome {
	got := make([]outcome, len(cells))
	for i, c := range cells {
		t.Run(c.name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				o := start(t)
				defer o.close()
				got[i] = c.run(t, o)
			})
		})
	}
	return got
}

// scripted is the server of this package as an org.
func scripted(vary func(*server)) func(t *testing.T) org {
	return func(t *testing.T) org {
		s := newServer()
		s.away = roundTrip
		vary(s)
		publish := func(channel string, n int) []int64 { return s.burst(channel, n, "") }
		return org{Handler: s, publish: publish, close: func() {
			if s.stale > 0 || s.mostHeld > 1 {
				t.Errorf("%d cookies of old sessions in handshakes, %d connects at once", s.stale, s.mostHeld)
			}
		}}
	}
}

// TestFaultMatrix is the matrix, and the page that tells of it.
func TestFaultMatrix(t *testing.T) {
	plain := scripted(func(*server) {})
	short := matrix(t, willingCells(), plain)
	long := matrix(t, unwillingCells(), plain)
	partly := func(o outcome) bool { return o.cell.name == "" } // with -run of some cells
	if !t.Failed() && !slices.ContainsFunc(slices.Concat(short, long), partly) {
		checkPage(t, page(short, long))
	}
}

// TestFaultMatrixOverOddReplies runs it again with everything at once that
// servers are free to do otherwise.
func TestFaultMatrixOverOddReplies(t *testing.T) {
	cells := slices.DeleteFunc(willingCells(), func(c cell) bool { return c.name == heavyReply || c.passes }) // slow under -race
	for i := range cells {
		cells[i].events = 100
	}
	matrix(t, cells, scripted(func(s *server) {
		s.connectFirst, s.numericIDs, s.inSubscribe, s.gzip = true, true, true, true
	}))
}

package streaming_test

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"omnibridge/salesforce/streaming"
)

const psr = "/topic/PendingServiceRouting"

// tokens is a token source whose tokens can be refused; each login yields the
// next one and makes it good at the server.
type tokens struct {
	mu          sync.Mutex
	n           int
	invalidated []string
	err         error
	renew       func(token string) // called with each new token
	asked       []time.Time
	instance    string
}

func (s *tokens) Token(context.Context) (string, string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked = append(s.asked, time.Now())
	if s.err != nil {
		return "", "", s.err
	}
	if s.n == 0 {
		s.n = 1
	}
	instance := s.instance
	if instance == "" {
		instance = "http://org.test"
	}
	return fmt.Sprintf("token-%d", s.n), instance, nil
}

func (s *tokens) Invalidate(token string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.invalidated = append(s.invalidated, token)
	if token == fmt.Sprintf("token-%d", s.n) {
		s.n++
		if s.renew != nil {
			s.renew(fmt.Sprintf("token-%d", s.n))
		}
	}
}

// owner is what a connector does with events: it makes a batch durable
// together with the cursor, and can fail.
type owner struct {
	t *testing.T

	mu        sync.Mutex
	cursor    map[string]int64
	delivered []streaming.Event
	at        []time.Time
	fail      int // deliveries to fail
	gaps      []streaming.Gap
	failGaps  int
	links     []streaming.Status
	onDeliver func(batch []streaming.Event)
	onGap     func()
}

func newOwner(t *testing.T) *owner { return &owner{t: t, cursor: map[string]int64{}} }

func (o *owner) readCursor(_ context.Context, channel string) (int64, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if at, ok := o.cursor[channel]; ok {
		return at, nil
	}
	return streaming.NoReplay, nil
}

func (o *owner) deliver(_ context.Context, batch []streaming.Event) error {
	if o.onDeliver != nil {
		o.onDeliver(batch)
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.fail > 0 {
		o.fail--
		return errors.New("disk full")
	}
	for _, e := range batch {
		if !json.Valid(e.Data) || e.Received.IsZero() {
			o.t.Errorf("event %d is broken: %s", e.Replay, e.Data)
		}
		o.delivered = append(o.delivered, e)
		o.at = append(o.at, time.Now())
		o.cursor[e.Channel] = max(o.cursor[e.Channel], e.Replay)
	}
	return nil
}

func (o *owner) closeGap(_ context.Context, channel string, gap streaming.Gap) error {
	if o.onGap != nil {
		o.onGap()
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.gaps = append(o.gaps, gap)
	if o.failGaps > 0 {
		o.failGaps--
		return errors.New("query timed out")
	}
	delete(o.cursor, channel)
	return nil
}

func (o *owner) link(s streaming.Status) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.links = append(o.links, s)
}

func (o *owner) now() streaming.Status {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.links[len(o.links)-1]
}

func (o *owner) replays() (ids []int64) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, e := range o.delivered {
		ids = append(ids, e.Replay)
	}
	return ids
}

// stall is the longest time between two deliveries.
func (o *owner) stall() (longest time.Duration) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for i := 1; i < len(o.at); i++ {
		longest = max(longest, o.at[i].Sub(o.at[i-1]))
	}
	return longest
}

// rig is a client over a server, in a bubble.
type rig struct {
	t      *testing.T
	pipes  *pipes
	tokens *tokens
	owner  *owner
	client *streaming.Client
	ended  chan error
	stop   context.CancelCauseFunc
}

var errOver = errors.New("the test is over")

// newRig starts a client and waits until it is up, or as far as it gets.
func newRig(t *testing.T, h http.Handler, change func(*streaming.Options)) *rig {
	r := &rig{t: t, tokens: &tokens{}, owner: newOwner(t), ended: make(chan error, 1)}
	if s, ok := h.(*server); ok {
		r.tokens.renew = func(token string) {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.tokens[token] = true
		}
	}
	var client *http.Client
	r.pipes, client = serve(t, h)
	o := streaming.Options{
		TokenSource: r.tokens, APIVersion: "67.0", Channels: []streaming.Channel{{Name: psr}},
		Cursor: r.owner.readCursor, Deliver: r.owner.deliver, OnGap: r.owner.closeGap, OnLink: r.owner.link,
		HTTP: client,
	}
	if change != nil {
		change(&o)
	}
	var err error
	if r.client, err = streaming.New(o); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancelCause(t.Context())
	r.stop = stop
	go func() { r.ended <- r.client.Run(ctx) }()
	synctest.Wait()
	return r
}

// end stops the client and checks how it ends.
func (r *rig) end() {
	r.t.Helper()
	r.stop(errOver)
	if err := <-r.ended; !errors.Is(err, errOver) {
		r.t.Errorf("Run returned %v, want the cause of its context", err)
	}
	if s := r.owner.now(); s.Link != streaming.LinkDown || s.Cause != "stopped" {
		r.t.Errorf("after the end the link is %+v", s)
	}
}

func (r *rig) wantLink(want streaming.Link) {
	r.t.Helper()
	synctest.Wait()
	if s := r.owner.now(); s.Link != want {
		r.t.Fatalf("link %+v, want %s", s, want)
	}
}

// org is a streaming server as the delivery suite sees it.
type org struct {
	http.Handler
	publish func() int64
	close   func()
	events  int // to stream; 0 means 2,500
}

// suiteFault is what goes wrong once in the middle of a stream.
type suiteFault struct {
	name   string
	strike func(r *rig)
	stall  time.Duration // longest silence that is the server's doing
	gap    bool          // a gap must be reported
}

// deliverySuite streams 2,500 events at 500 a second, lets a fault strike after
// the first 1,000, and wants every event once, in order, with no noticeable
// stall (peers 3.4).
func deliverySuite(t *testing.T, start func(t *testing.T) (org, []suiteFault)) {
	var names []string
	synctest.Test(t, func(t *testing.T) {
		o, faults := start(t)
		defer o.close()
		for _, f := range faults {
			names = append(names, f.name)
		}
	})
	for i, name := range names {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				o, faults := start(t)
				defer o.close()
				streamThrough(t, o, faults[i])
			})
		})
	}
}

func streamThrough(t *testing.T, o org, f suiteFault) {
	const burst, pace = 5, 10 * time.Millisecond
	all := cmp.Or(o.events, 2500)
	before := all * 2 / 5
	r := newRig(t, o.Handler, nil)
	r.wantLink(streaming.LinkUp)
	pause(time.Second) // handshakes are a second apart
	gapsBefore := len(r.owner.gaps)
	var sent []int64
	for n := range all {
		if n == before {
			f.strike(r)
		}
		sent = append(sent, o.publish())
		if n%burst == 0 {
			time.Sleep(pace)
		}
	}
	pause(10*time.Second + f.stall)
	r.wantLink(streaming.LinkUp)
	if got := r.owner.replays(); !slices.Equal(got, sent) {
		t.Errorf("%d events of %d delivered, or not in order", len(got), len(sent))
	}
	if got := r.owner.stall(); got > max(f.stall, 250*time.Millisecond) {
		t.Errorf("stalled for %v", got)
	}
	if got := len(r.owner.gaps) > gapsBefore; got != f.gap {
		t.Errorf("gap reported: %v, want %v (%v)", got, f.gap, r.owner.gaps)
	}
	r.end()
}

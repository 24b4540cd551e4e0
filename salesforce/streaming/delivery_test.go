package streaming_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
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
	logins      []time.Time   // that followed a refused token, or were refused
	takes       time.Duration // for a login
	err         error
	renew       func(token string) // called with each new token
	asked       []time.Time
	instance    string
}

func (s *tokens) Token(context.Context) (string, string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asked = append(s.asked, time.Now())
	if _, network := s.err.(net.Error); s.err != nil && !network {
		s.logins = append(s.logins, time.Now())
	}
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
	s.invalidated = append(s.invalidated, token)
	current := token == fmt.Sprintf("token-%d", s.n)
	if current && s.err == nil {
		s.logins = append(s.logins, time.Now())
		s.n++
		if s.renew != nil {
			s.renew(fmt.Sprintf("token-%d", s.n))
		}
	}
	s.mu.Unlock()
	if current {
		time.Sleep(s.takes)
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
	gapsOf    []string // channels of gaps
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
	o.gaps, o.gapsOf = append(o.gaps, gap), append(o.gapsOf, channel)
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

// rig is a client over a server, in a bubble.
type rig struct {
	t       *testing.T
	handler http.Handler
	server  *server // the handler, if it is one of these
	pipes   *pipes
	witness *witness
	twin    *rig    // a second client, if there is one
	stream  *stream // of the matrix
	tokens  *tokens
	owner   *owner
	client  *streaming.Client
	ended   chan error
	stop    context.CancelCauseFunc
}

// strict holds that nothing is logged as an error: a machine that is asked the
// impossible says so there.
type strict struct {
	slog.Handler
	t *testing.T
}

func (strict) Enabled(_ context.Context, level slog.Level) bool { return level >= slog.LevelError }

func (s strict) Handle(_ context.Context, r slog.Record) error {
	s.t.Error(r.Message)
	return nil
}

var errOver = errors.New("the test is over")

// newRig starts a client and waits until it is up, or as far as it gets.
func newRig(t *testing.T, h http.Handler, change func(*streaming.Options)) *rig {
	r := &rig{t: t, handler: h, tokens: &tokens{}, owner: newOwner(t), ended: make(chan error, 1)}
	if s, ok := h.(*server); ok {
		r.server = s
		r.tokens.renew = s.admit
	}
	var client *http.Client
	r.pipes, client = serve(t, h)
	r.witness = &witness{through: client.Transport}
	o := streaming.Options{
		TokenSource: r.tokens, APIVersion: "67.0", Channels: []streaming.Channel{{Name: psr}},
		Cursor: r.owner.readCursor, Deliver: r.owner.deliver, OnGap: r.owner.closeGap, OnLink: r.owner.link,
		HTTP: &http.Client{Transport: r.witness}, Logger: slog.New(strict{slog.DiscardHandler, t}),
	}
	if change != nil {
		change(&o)
	}
	var err error
	if r.client, err = streaming.New(o); err != nil {
		t.Fatal(err)
	}
	streaming.Steady(r.client)
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

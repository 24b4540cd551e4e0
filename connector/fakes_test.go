package connector_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"time"

	"omnibridge/connector"
	"omnibridge/connector/store"
	"omnibridge/omnichannel"
	"omnibridge/vcc"
	"omnibridge/vcc/engine"
)

const (
	chat   omnichannel.ChannelID = "0N9000000000001AAA"
	queue  omnichannel.QueueID   = "00G000000000001AAA"
	ready  omnichannel.StatusID  = "0N5000000000001AAA"
	topic                        = "/topic/PSR"
	ada    vcc.AgentID           = "005000000000001AAA"
	within                       = 20 * time.Second
)

var agentsPresent = []vcc.AgentID{ada}

// org is an org that a test scripts. The zero value takes every push.
type org struct {
	mu       sync.Mutex
	psrs     []omnichannel.PSR
	works    []omnichannel.AgentWork
	present  []vcc.AgentID
	self     vcc.AgentID // whom the daemon is logged in as; empty: not told
	baseline int         // how often it was read
	down     error
	slow     bool          // to be read: until whoever asks no longer waits
	id       string        // empty: always the same
	logsIn   time.Duration // how long it takes to tell it
	carried  []omnichannel.Effect
	// carry, if set, answers in the org's place.
	carry func(ctx context.Context, e omnichannel.Effect) omnichannel.Outcome
	// before, if set, is called before an effect is carried out.
	before func(e omnichannel.Effect)
}

func (o *org) Identity(context.Context) (string, error) {
	time.Sleep(o.logsIn)
	if o.id == "" {
		return "00D000000000001AAA", nil
	}
	return o.id, nil
}

func (o *org) Baseline(ctx context.Context) (omnichannel.Baseline, error) {
	o.mu.Lock()
	slow := o.slow
	o.mu.Unlock()
	if slow {
		<-ctx.Done()
		return omnichannel.Baseline{}, ctx.Err()
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.baseline++
	b := omnichannel.Baseline{
		Directory: omnichannel.Directory{
			Channels: map[omnichannel.ChannelID]omnichannel.Channel{chat: {Name: "Chat", Entity: "LiveChatTranscript"}},
			Statuses: map[omnichannel.StatusID]omnichannel.Status{ready: {Name: "Available", Channels: []omnichannel.ChannelID{chat}}},
			Queues:   map[omnichannel.QueueID]omnichannel.Queue{queue: {Name: "Support", External: true, PushTimeout: within}},
			Users:    map[vcc.AgentID]string{ada: "Ada"},
		},
		PSRs: slices.Clone(o.psrs), Works: slices.Clone(o.works),
	}
	if o.self != "" {
		b.Directory.Self, b.Directory.Users[o.self] = o.self, "Robot"
	}
	for i, id := range o.present {
		b.Presence = append(b.Presence, omnichannel.PresenceRow{ID: omnichannel.PresenceID(fmt.Sprint("presence", i)), User: id, Status: ready, Current: true})
	}
	return b, o.down
}

func (o *org) Carry(ctx context.Context, e omnichannel.Effect) omnichannel.Outcome {
	o.mu.Lock()
	o.carried = append(o.carried, e)
	before, carry := o.before, o.carry
	o.mu.Unlock()
	if before != nil {
		before(e)
	}
	if carry != nil {
		return carry(ctx, e)
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	out := omnichannel.Outcome{Effect: e, Result: omnichannel.Done}
	switch e.Kind {
	case omnichannel.CreateWork:
		w := omnichannel.AgentWork{ID: omnichannel.AgentWorkID(fmt.Sprintf("0Bz%012dAAA", len(o.works)+1)), PSR: e.PSR, Record: e.Record, User: e.Agent, Channel: e.Channel, Status: omnichannel.Assigned}
		o.works = append(o.works, w)
		out.Work = w.ID
	case omnichannel.Look:
		out.Seen = &omnichannel.Seen{PSRs: slices.Clone(o.psrs), Works: slices.Clone(o.works)}
	}
	return out
}

// pushes returns how many creates were carried out.
func (o *org) pushes() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	n := 0
	for _, e := range o.carried {
		if e.Kind == omnichannel.CreateWork {
			n++
		}
	}
	return n
}

// psr returns the n-th PSR of a test.
func psr(n int) omnichannel.PSR {
	return omnichannel.PSR{
		ID: omnichannel.PSRID(fmt.Sprintf("0JR%012dAAA", n)), Serial: 1, Record: omnichannel.RecordID(fmt.Sprintf("570%012dAAA", n)),
		Queue: queue, Channel: chat, Created: time.Date(2026, 1, 1, 0, 0, n, 0, time.UTC),
	}
}

// feed is a stream that a test speaks through: it hands its sink over.
type feed struct{ sinks chan connector.Sink }

func (f feed) Run(ctx context.Context, sink connector.Sink) error {
	select {
	case f.sinks <- sink:
	case <-ctx.Done():
	}
	<-ctx.Done()
	return nil
}

// memory is a store that can be made to fail and shows what was committed.
type memory struct {
	*store.Store
	mu      sync.Mutex
	fail    error
	changes []store.Change
}

func newMemory(t testing.TB) *memory {
	st, err := store.Open(context.Background(), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := st.Close(); err != nil {
			t.Error(err)
		}
	})
	return &memory{Store: st}
}

func (m *memory) Commit(ctx context.Context, c store.Change) error {
	m.mu.Lock()
	fail := m.fail
	m.mu.Unlock()
	if fail != nil {
		return fail
	}
	if err := m.Store.Commit(ctx, c); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.changes = append(m.changes, c)
	return nil
}

func (m *memory) breakBy(err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.fail = err
}

// state returns the committed state of a chain.
func (m *memory) state(t testing.TB, id vcc.InteractionID) omnichannel.State {
	s, err := m.Load(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range s.Chains {
		if c.Interaction == id {
			return c.State
		}
	}
	return ""
}

// rig is a running connector with its surroundings.
type rig struct {
	org   *org
	store *memory
	c     *connector.Connector
	sink  connector.Sink
	stop  context.CancelFunc
	ended chan error
}

var errDisk = errors.New("disk full")

func start(t testing.TB, o *org, m *memory, change func(*connector.Options)) *rig {
	eng, err := engine.New(engine.Config{})
	if err != nil {
		t.Fatal(err)
	}
	f := feed{make(chan connector.Sink)}
	opt := connector.Options{Org: o, Feed: f, Engine: eng, Store: m, Logger: slog.New(slog.DiscardHandler)}
	if change != nil {
		change(&opt)
	}
	c, err := connector.New(opt)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	r := &rig{org: o, store: m, c: c, stop: stop, ended: make(chan error, 1)}
	go func() { r.ended <- c.Run(ctx) }()
	select {
	case r.sink = <-f.sinks:
	case err := <-r.ended:
		t.Fatalf("ended at once: %v", err)
	}
	return r
}

// end stops the connector and expects a clean end.
func (r *rig) end(t testing.TB) {
	r.stop()
	if err := <-r.ended; err != nil {
		t.Errorf("Run = %v, want a clean end", err)
	}
}

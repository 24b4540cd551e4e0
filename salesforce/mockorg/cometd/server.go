package cometd

import (
	"bytes"
	"cmp"
	"encoding/json"
	"math/rand/v2"
	"slices"
	"sync"
	"time"
)

// Server is one org's streaming endpoint, an http.Handler for /cometd/{version}
// and what lies below. Make one with New and end it with Close.
type Server struct {
	o    Options
	done chan struct{} // closed by Close

	mu            sync.Mutex
	set           Settings
	clients       map[string]*session
	topics        map[string]*topic
	lastID        int64
	random        *rand.Rand
	retained      int
	retainedBytes int
	delivered     [2]int // by bucket, since dayEnd less 24 h
	dayEnd        time.Time
	faults        []*armed
	faultSeed     uint64
	faultsArmed   uint64        // since the seed was set
	quiet         chan struct{} // closed when silence ends
	closed        bool

	buffers sync.Pool // of *bytes.Buffer, for replies
	zippers sync.Pool // of *gzip.Writer
}

// New returns a server without clients and without events. It panics if Options
// are unusable, which is a fault of the program and not of its input.
func New(o Options) *Server {
	o, err := o.withDefaults()
	if err != nil {
		panic(err)
	}
	return &Server{
		o: o, done: make(chan struct{}), set: o.settings(),
		clients: map[string]*session{}, topics: map[string]*topic{},
		random: rand.New(rand.NewPCG(o.Seed, 0)), faultSeed: o.FaultSeed,
		quiet:   make(chan struct{}),
		buffers: sync.Pool{New: func() any { return new(bytes.Buffer) }},
	}
}

// Publish appends an event to a channel and wakes who follows it. build makes
// the event's data member, a JSON object that must not change afterwards, for
// the replay id the event gets. It runs under the server's lock, so it must
// neither call the server nor wait for anything. When it returns nil there is no
// event and Publish returns 0; so it does after Close.
func (s *Server) Publish(channel string, build func(replayID int64) json.RawMessage) int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return 0
	}
	t := s.topic(channel)
	s.lastID++
	if !s.set.Contiguous {
		s.lastID += s.random.Int64N(4)
	}
	data := build(s.lastID)
	if data == nil {
		s.release(t)
		return 0
	}
	s.retain(t, &event{id: s.lastID, at: s.o.Clock.Now(), data: data})
	for sub := range t.subs {
		sub.sess.rouse()
	}
	return s.lastID
}

// Purge forgets every retained event, as if its retention had passed: replay ids
// handed out so far become invalid. A client that had not received one of them
// loses its session.
func (s *Server) Purge() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, t := range s.topics {
		s.drop(t, len(t.log))
		s.release(t)
	}
}

// LastReplayID is the replay id of the newest event, 0 when there was none.
func (s *Server) LastReplayID() int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.lastID
}

// Continue makes the replay ids of events to come greater than id, so that those
// an earlier server gave out are not taken for ids of this one's events.
func (s *Server) Continue(id int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lastID = max(s.lastID, id)
}

// Close ends all held connects with 503, which is what every later request gets
// too. It may be called more than once.
func (s *Server) Close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.closed {
		s.closed = true
		close(s.done)
	}
}

// Settings returns how the server behaves now.
func (s *Server) Settings() Settings {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.set
}

// Set changes the settings. A connect that is already held keeps its time. On an
// error nothing has changed.
func (s *Server) Set(change func(*Settings)) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	next := s.set
	change(&next)
	if err := next.validate(); err != nil {
		return err
	}
	s.set = next
	return nil
}

// ClientInfo is a client that has shaken hands and is not yet forgotten.
type ClientInfo struct {
	ID       string
	User     string
	Version  string    // of the API, from the address of its handshake
	Channels []string  // in order of subscription, with their filters
	Since    time.Time // its handshake
	Idle     time.Time // when its last handshake or connect was answered
	Held     bool      // a connect of it waits
}

// Clients lists the clients, oldest first.
func (s *Server) Clients() []ClientInfo {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sweep()
	all := make([]ClientInfo, 0, len(s.clients))
	for _, c := range s.clients {
		info := ClientInfo{ID: c.id, User: c.user, Version: c.version, Since: c.since, Idle: c.idle, Held: c.hold != nil}
		for _, sub := range c.subs {
			info.Channels = append(info.Channels, sub.name)
		}
		all = append(all, info)
	}
	slices.SortFunc(all, func(a, b ClientInfo) int {
		return cmp.Or(a.Since.Compare(b.Since), cmp.Compare(a.ID, b.ID))
	})
	return all
}

// Forget drops a client as the service does when it scales: its next request, or
// the connect it holds, is answered 403::Unknown client with the advice to shake
// hands again. It tells whether there was such a client.
func (s *Server) Forget(clientID string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.live(clientID)
	if c != nil {
		s.forget(c, adviseHandshake(), "asked to")
	}
	return c != nil
}

// ForgetAll drops every client and returns how many there were.
func (s *Server) ForgetAll() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sweep()
	n := len(s.clients)
	for _, c := range s.clients {
		s.forget(c, adviseHandshake(), "asked to")
	}
	return n
}

// Usage is what counts against the org's streaming allocations
// (salesforce-apis 3.7). The delivered counts start anew every 24 h.
type Usage struct {
	Clients, MaxClients                 int
	Delivered, MaxDelivered             int // PushTopic and generic events
	DeliveredEvents, MaxDeliveredEvents int // platform and change events
	Retained                            int // events kept for replay
}

// Usage returns the current counts and their limits.
func (s *Server) Usage() Usage {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sweep()
	s.turnDay()
	return Usage{
		Clients: len(s.clients), MaxClients: s.set.MaxClients,
		Delivered: s.delivered[topics], MaxDelivered: s.set.MaxDelivered,
		DeliveredEvents: s.delivered[bus], MaxDeliveredEvents: s.set.MaxDeliveredEvents,
		Retained: s.retained,
	}
}

// The two allocations that deliveries count against.
const (
	topics = iota // PushTopic and generic
	bus           // platform and change events
)

func bucket(channel string) int {
	if eventBus(channel) {
		return bus
	}
	return topics
}

// exhausted tells whether the org may not receive more of a channel today.
func (s *Server) exhausted(channel string) bool {
	s.turnDay()
	b := bucket(channel)
	limit := [...]int{topics: s.set.MaxDelivered, bus: s.set.MaxDeliveredEvents}[b]
	return limit >= 0 && s.delivered[b] >= limit
}

func (s *Server) turnDay() {
	if now := s.o.Clock.Now(); !now.Before(s.dayEnd) {
		s.delivered, s.dayEnd = [2]int{}, now.Add(24*time.Hour)
	}
}

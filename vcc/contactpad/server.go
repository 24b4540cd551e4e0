package contactpad

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/gorilla/websocket"

	"omnibridge/vcc"
)

// Server serves ContactPad. Make it with New, mount it at /pad/, and end it with
// Close.
type Server struct {
	o        Options
	base     *url.URL
	origin   string
	log      *slog.Logger
	pages    *pages
	mux      *http.ServeMux
	sessions *keeper
	upgrader websocket.Upgrader

	ctx     context.Context // ends with Close
	cancel  context.CancelFunc
	running sync.WaitGroup

	mu      sync.Mutex // of all below
	closed  bool
	opening int // sockets that are being upgraded
	sockets map[*socket]struct{}
	seats   map[vcc.AgentID]*seat
	tries   map[string]*try // by nonce: may be started
	started map[string]*try // by state: are in the org
	logins  map[string]*allowance
	popped  map[popKey]time.Time
	swept   time.Time // popped
}

// New returns a server, or everything that is wrong with o. It reads the stored
// sessions, with ctx.
func New(ctx context.Context, o Options) (*Server, error) {
	o = o.withDefaults()
	if err := o.validate(); err != nil {
		return nil, fmt.Errorf("contactpad: %w", err)
	}
	base, err := baseURL(o.URL)
	if err != nil {
		return nil, err
	}
	p, err := openPages(o, base)
	if err != nil {
		return nil, fmt.Errorf("contactpad: %w", err)
	}
	k, err := openKeeper(ctx, o.Sessions)
	if err != nil {
		return nil, fmt.Errorf("contactpad: %w", err)
	}
	s := &Server{
		o: o, base: base, origin: base.Scheme + "://" + base.Host, log: o.Log, pages: p, sessions: k,
		sockets: map[*socket]struct{}{}, seats: map[vcc.AgentID]*seat{},
		tries: map[string]*try{}, started: map[string]*try{}, logins: map[string]*allowance{}, popped: map[popKey]time.Time{},
	}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	s.upgrader = websocket.Upgrader{
		HandshakeTimeout: helloWithin,
		ReadBufferSize:   1024,
		WriteBufferSize:  4096,
		WriteBufferPool:  &sync.Pool{},
		Subprotocols:     []string{subprotocol},
		CheckOrigin:      func(r *http.Request) bool { return r.Header.Get("Origin") == s.origin },
	}
	s.mux = http.NewServeMux()
	s.mux.HandleFunc("/pad/ws", s.serveSocket)
	s.mux.HandleFunc("/pad/session", s.serveSession)
	s.mux.HandleFunc("/pad/login", s.serveLogin)
	s.mux.HandleFunc("/pad/callback", s.serveCallback)
	s.mux.Handle("/pad/", p)
	s.running.Go(s.askWaiting)
	return s, nil
}

// ServeHTTP serves everything below /pad/.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.pages.secure(w.Header())
	s.mux.ServeHTTP(w, r)
}

// Close tells every panel that the daemon restarts, and ends all. Panels come back
// by themselves, and go on with their session. It returns when all is ended, or,
// with ctx's error, when ctx is.
func (s *Server) Close(ctx context.Context) error {
	s.mu.Lock()
	s.closed = true
	for k := range s.sockets {
		k.out.end(byeRestart())
	}
	s.mu.Unlock()
	s.cancel()
	done := make(chan struct{})
	go func() { s.running.Wait(); close(done) }()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
	}
	s.mu.Lock()
	for k := range s.sockets {
		k.conn.Close()
	}
	s.mu.Unlock()
	return fmt.Errorf("close contactpad: %w", context.Cause(ctx))
}

// admit makes room for one more socket, if there is.
func (s *Server) admit() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed || len(s.sockets)+s.opening >= s.o.MaxSockets {
		return false
	}
	s.opening++
	return true
}

// register takes a socket in that was upgraded, and starts it, unless the server has
// ended meanwhile.
func (s *Server) register(k *socket) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.opening--
	if s.closed {
		return false
	}
	s.sockets[k] = struct{}{}
	s.running.Go(k.read)
	s.running.Go(k.write)
	return true
}

// spawn runs f beside, unless the server has ended.
func (s *Server) spawn(f func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.closed {
		s.running.Go(f)
	}
}

// dismiss forgets a socket, or with nil one that was never upgraded.
func (s *Server) dismiss(k *socket) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if k == nil {
		s.opening--
	} else {
		delete(s.sockets, k)
	}
}

// with runs f with the lock of the agent's seat held. It makes the seat if there is
// none; after Close it does nothing.
func (s *Server) with(agent vcc.AgentID, f func(*seat)) {
	for {
		s.mu.Lock()
		t := s.seats[agent]
		if s.closed {
			s.mu.Unlock()
			return
		}
		if t == nil {
			t = newSeat(s, agent)
			s.seats[agent] = t
			s.running.Go(func() { t.run(s.ctx) })
		}
		s.mu.Unlock()
		t.mu.Lock()
		if !t.ended {
			f(t)
			t.changed(time.Now())
			t.mu.Unlock()
			return
		}
		t.mu.Unlock()
	}
}

// seat returns the agent's seat, or nil.
func (s *Server) seat(agent vcc.AgentID) *seat {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.seats[agent]
}

// retire ends a seat if it still is of no use, and tells whether it did.
func (s *Server) retire(t *seat) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.idle(time.Now()) {
		return false
	}
	t.ended = true
	delete(s.seats, t.agent)
	return true
}

// askWaiting asks the panels that are not logged in whether they live; the others
// their seat asks.
func (s *Server) askWaiting() {
	for s.ctx.Err() == nil {
		s.pause(s.o.AskEvery)
		s.mu.Lock()
		for k := range s.sockets {
			k.mu.Lock()
			if k.seat == nil && k.hello.T != "" {
				k.asked++
				k.out.put(kindAsk, encode(askMessage{"ask", k.asked, time.Now().UnixMilli()}))
			}
			k.mu.Unlock()
		}
		s.mu.Unlock()
	}
}

// pause waits, or until Close.
func (s *Server) pause(d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-s.ctx.Done():
	}
}

// Review ends at once the sessions of all whom Options.Gone names, and logs their
// agents out: each panel asks to log in again, and shows why. It is called when what
// Gone tells may have changed. An error says that it may last only until a restart.
func (s *Server) Review(ctx context.Context) error {
	gone := map[vcc.AgentID]string{}
	err := s.sessions.end(ctx, func(one Session) bool {
		why := s.o.Gone(one)
		if why != "" {
			gone[one.Agent] = why
		}
		return why != ""
	})
	for agent, why := range gone {
		s.log.Info("sessions ended", "agent", agent, "why", why)
		s.with(agent, func(t *seat) {
			t.endSessions(time.Now())
			if len(t.panels) == 0 && t.leaving != why { // else somebody let in since, or just expelled
				t.expel(why)
			}
		})
	}
	return err
}

// logOut ends all sessions of an agent who has logged out.
func (s *Server) logOut(agent vcc.AgentID) {
	const why = "You are logged out."
	if err := s.sessions.revoke(s.ctx, agent); err != nil {
		s.log.Error("sessions ended, but only until a restart", "agent", agent, "err", err)
	}
	t := s.seat(agent)
	if t == nil {
		return
	}
	t.mu.Lock()
	var left []*socket
	for _, p := range t.panels {
		if p.sock != nil {
			left = append(left, p.sock)
		}
	}
	t.leaving = why
	t.roster.clear(time.Now())
	t.prune()
	t.changed(time.Now())
	t.mu.Unlock()
	for _, k := range left {
		k.stand(t, "logged out", why)
	}
}

package contactpad

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"omnibridge/vcc"
	"omnibridge/vcc/contactpad/login"
)

const (
	testOrg  = "00D000000000001EAA"
	patience = time.Minute // for what must come: the machine may be busy
)

// desks is an application for tests.
type desks struct {
	mu       sync.Mutex
	done     []vcc.Command
	panels   []vcc.Panel
	watchers map[vcc.AgentID]chan vcc.Desk
	now      map[vcc.AgentID]vcc.Desk
	answer   func(ctx context.Context, c vcc.Command) (vcc.Answer, error) // nil: all is done
	find     func(s vcc.Search) (vcc.Found, error)
	refuse   error // of Panel
	did      chan vcc.Command
}

func newDesks() *desks {
	return &desks{watchers: map[vcc.AgentID]chan vcc.Desk{}, now: map[vcc.AgentID]vcc.Desk{}, did: make(chan vcc.Command, 1000)}
}

// next waits for the next command.
func (d *desks) next(t *testing.T) vcc.Command {
	t.Helper()
	select {
	case c := <-d.did:
		return c
	case <-time.After(patience):
		t.Fatal("no command came")
	}
	return vcc.Command{}
}

func (d *desks) Do(ctx context.Context, c vcc.Command) (vcc.Answer, error) {
	d.mu.Lock()
	d.done = append(d.done, c)
	select {
	case d.did <- c:
	default: // nobody counts so many
	}
	f := d.answer
	d.mu.Unlock()
	if f != nil {
		return f(ctx, c)
	}
	return vcc.Answer{Command: c.ID, Agent: c.Agent, OK: true}, nil
}

func (d *desks) Panel(_ context.Context, agent vcc.AgentID, p vcc.Panel) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.refuse != nil {
		return d.refuse
	}
	d.panels = append(d.panels, p)
	return nil
}

func (d *desks) Watch(agent vcc.AgentID) (<-chan vcc.Desk, func()) {
	d.mu.Lock()
	defer d.mu.Unlock()
	c := make(chan vcc.Desk, 1)
	d.watchers[agent] = c
	c <- d.desk(agent)
	return c, func() {
		d.mu.Lock()
		defer d.mu.Unlock()
		if d.watchers[agent] == c {
			delete(d.watchers, agent)
		}
	}
}

func (d *desks) desk(agent vcc.AgentID) vcc.Desk {
	v, ok := d.now[agent]
	if !ok {
		v = vcc.Desk{Agent: agent, Name: "Agent " + string(agent), State: vcc.AgentState{Major: vcc.Ready}, Shown: "Ready (Idle)"}
	}
	return v
}

// set changes an agent's desk.
func (d *desks) set(v vcc.Desk) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.now[v.Agent] = v
	if c := d.watchers[v.Agent]; c != nil {
		select {
		case <-c:
		default:
		}
		c <- v
	}
}

func (d *desks) Find(_ context.Context, s vcc.Search) (vcc.Found, error) {
	if d.find != nil {
		return d.find(s)
	}
	return vcc.Found{}, errors.New("nothing to find")
}

func (d *desks) commands() []vcc.Command {
	d.mu.Lock()
	defer d.mu.Unlock()
	return append([]vcc.Command(nil), d.done...)
}

func (d *desks) standings() []vcc.Panel {
	d.mu.Lock()
	defer d.mu.Unlock()
	return append([]vcc.Panel(nil), d.panels...)
}

// noProvider is an org that cannot be asked.
type noProvider struct{}

func (noProvider) Begin(context.Context, login.Try) (string, error) {
	return "https://org.example/authorize", nil
}
func (noProvider) Finish(context.Context, login.Try, string) (login.Claims, error) {
	return login.Claims{}, login.ErrNotReady
}

// rig is a server with an application for tests. Its listener is in memory when
// inside a synctest bubble.
type rig struct {
	t      testing.TB
	s      *Server
	desks  *desks
	dial   func(ctx context.Context, network, addr string) (net.Conn, error)
	url    string
	client *http.Client
}

func options(d *desks) Options {
	return Options{
		URL: "http://127.0.0.1", FrameAncestors: []string{"https://acme.lightning.force.com"},
		Desks: d, Login: noProvider{}, Org: func() string { return testOrg },
		Agent: func(_ context.Context, user string, _ login.Claims) (vcc.AgentID, error) {
			return vcc.AgentID(user), nil
		},
	}
}

// bubble starts a server whose connections are pipes, for use inside synctest.
func bubble(t testing.TB, change func(*Options)) *rig {
	l := newPipes()
	r := &rig{t: t, desks: newDesks(), url: "http://127.0.0.1", dial: func(ctx context.Context, _, _ string) (net.Conn, error) { return l.dial(ctx) }}
	r.start(l, change)
	return r
}

// real starts a server on a loopback address.
func real(t testing.TB, change func(*Options)) *rig {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	r := &rig{t: t, desks: newDesks(), url: "http://" + l.Addr().String(), dial: (&net.Dialer{}).DialContext}
	r.start(l, change)
	return r
}

func (r *rig) start(l net.Listener, change func(*Options)) {
	r.t.Helper()
	o := options(r.desks)
	o.URL = r.url
	if testing.Verbose() {
		o.Log = slog.New(slog.NewTextHandler(r.t.Output(), nil))
	}
	if change != nil {
		change(&o)
	}
	s, err := New(r.t.Context(), o)
	if err != nil {
		r.t.Fatal(err)
	}
	r.s = s
	transport := &http.Transport{DialContext: r.dial, DisableKeepAlives: true}
	r.client = &http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	srv := &http.Server{Handler: s, ReadHeaderTimeout: 10 * time.Second}
	done := make(chan struct{})
	go func() { srv.Serve(l); close(done) }()
	r.t.Cleanup(func() { srv.Close(); <-done })
	r.t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := s.Close(ctx); err != nil {
			r.t.Error(err)
		}
	})
}

// session makes a session and returns its token.
func (r *rig) session(agent vcc.AgentID) string {
	r.t.Helper()
	now := time.Now()
	token, _, err := r.s.sessions.issue(context.Background(), Session{Agent: agent, Org: testOrg, User: string(agent), Since: now, Until: now.Add(r.s.o.SessionLife)})
	if err != nil {
		r.t.Fatal(err)
	}
	return token
}

// pad is a panel for tests. Everything that it is sent is in seen.
type pad struct {
	r    *rig
	conn *websocket.Conn
	mute bool // does not answer whether it lives

	mu   sync.Mutex
	seen []heard
	cond *sync.Cond
	over error
}

// heard is a message of the server.
type heard struct {
	T    string `json:"t"`
	data []byte
}

func (h heard) into(t testing.TB, v any) {
	t.Helper()
	if err := json.Unmarshal(h.data, v); err != nil {
		t.Fatalf("%s: %v", h.data, err)
	}
}

func (r *rig) tryOpen(header http.Header) (*websocket.Conn, *http.Response, error) {
	if header == nil {
		header = http.Header{}
	}
	if header.Get("Origin") == "" {
		header.Set("Origin", r.url)
	}
	d := websocket.Dialer{NetDialContext: r.dial, Subprotocols: []string{subprotocol}, HandshakeTimeout: patience}
	return d.Dial("ws"+r.url[4:]+"/pad/ws", header)
}

func (r *rig) open(header http.Header) *pad {
	r.t.Helper()
	conn, _, err := r.tryOpen(header)
	if err != nil {
		r.t.Fatal(err)
	}
	p := &pad{r: r, conn: conn}
	p.cond = sync.NewCond(&p.mu)
	done := make(chan struct{})
	go func() { p.read(); close(done) }()
	r.t.Cleanup(func() { conn.Close(); <-done })
	return p
}

// panel opens a panel of an agent and says hello.
func (r *rig) panel(id, token string) *pad {
	r.t.Helper()
	p := r.open(nil)
	p.say(map[string]any{"t": "hello", "v": 1, "panel": id, "token": token, "visible": true})
	return p
}

func (p *pad) read() {
	for {
		_, data, err := p.conn.ReadMessage()
		p.mu.Lock()
		if err != nil {
			p.over = err
			p.cond.Broadcast()
			p.mu.Unlock()
			return
		}
		h := heard{data: data}
		json.Unmarshal(data, &h)
		p.seen = append(p.seen, h)
		mute := p.mute
		p.cond.Broadcast()
		p.mu.Unlock()
		if h.T == "ask" && !mute {
			var a askMessage
			json.Unmarshal(data, &a)
			p.say(map[string]any{"t": "alive", "n": a.N, "visible": true})
		}
	}
}

func (p *pad) say(m any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.conn.WriteJSON(m)
}

// wait returns the first message after the first n that ok wants, and its place.
func (p *pad) wait(n int, what string, ok func(heard) bool) (heard, int) {
	p.r.t.Helper()
	stop := time.AfterFunc(patience, func() { p.mu.Lock(); p.cond.Broadcast(); p.mu.Unlock() })
	defer stop.Stop()
	until := time.Now().Add(patience)
	p.mu.Lock()
	defer p.mu.Unlock()
	for {
		for ; n < len(p.seen); n++ {
			if ok(p.seen[n]) {
				return p.seen[n], n + 1
			}
		}
		if p.over != nil || !time.Now().Before(until) {
			for _, h := range p.seen {
				p.r.t.Logf("seen %s", h.data)
			}
			p.r.t.Fatalf("waited for %s: connection: %v", what, p.over)
		}
		p.cond.Wait()
	}
}

// silence makes the panel answer no more whether it lives, or again.
func (p *pad) silence(on bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.mute = on
}

func (p *pad) await(t string) heard {
	p.r.t.Helper()
	h, _ := p.wait(0, t, func(h heard) bool { return h.T == t })
	return h
}

// last returns the last message of a type, and how many there were.
func (p *pad) last(t string) (heard, int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	var last heard
	n := 0
	for _, h := range p.seen {
		if h.T == t {
			last, n = h, n+1
		}
	}
	return last, n
}

// ended waits for the end of the connection, and returns why.
func (p *pad) ended() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	for p.over == nil {
		p.cond.Wait()
	}
	return p.over
}

// pipes is a listener in memory.
type pipes struct {
	conns chan net.Conn
	done  chan struct{}
	once  sync.Once
}

func newPipes() *pipes { return &pipes{conns: make(chan net.Conn), done: make(chan struct{})} }

func (l *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case <-l.done:
		return nil, net.ErrClosed
	}
}
func (l *pipes) Close() error   { l.once.Do(func() { close(l.done) }); return nil }
func (l *pipes) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 80} }

func (l *pipes) dial(ctx context.Context) (net.Conn, error) {
	a, b := net.Pipe()
	select {
	case l.conns <- b:
		return a, nil
	case <-l.done:
		return nil, net.ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

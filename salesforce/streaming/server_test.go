package streaming_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"sort"
	"strings"
	"sync"
	"time"
)

// server is a small scripted Bayeux server, written from salesforce-apis 3
// alone. Its behaviours are fields; its faults are functions that a test puts
// in the way of the next request of a kind.
type server struct {
	connectFirst, numericIDs, inSubscribe, gzip bool
	muddled                                     bool // answers come in another order, and twice; events do not

	hold  time.Duration // how long a connect is held; 110 s
	away  time.Duration // how long a request is on its way, there and back
	clock time.Duration // how far the server's clock is ahead of the client's

	mu       sync.Mutex
	log      map[string][]published
	lastID   int64
	oldest   int64 // IDs below are refused
	refused  map[int64]bool
	sessions map[string]*peer
	tokens   map[string]bool // that are good
	faults   map[string][]fault
	standing map[string]fault  // by kind, until it is taken away
	denied   map[string]string // channel to the error of its subscribe reply
	asked    []asked
	mostHeld int // connects of one session
	stale    int // cookies that came with handshakes
	packed   int // replies that were compressed
	largest  int // reply, in bytes before that
	along    int // events in subscribe replies
}

type published struct {
	id   int64
	data json.RawMessage
}

// peer is one client's session.
type peer struct {
	id     string
	browse string
	at     map[string]int64 // position by channel
	wake   chan struct{}
	last   time.Time // of the last answer to a connect
	routed time.Time // when its routing cookie was issued
	held   int       // connects under way
}

// asked is one meta message as it came.
type asked struct {
	channel string
	at      time.Time
	raw     meta
	token   string
}

type meta struct {
	ID           string `json:"id"`
	Channel      string `json:"channel"`
	ClientID     string `json:"clientId"`
	Subscription string `json:"subscription"`
	Ext          struct {
		Replay json.RawMessage `json:"replay"`
	} `json:"ext"`
	Advice *struct {
		Timeout *int `json:"timeout"`
	} `json:"advice"`
}

// fault answers in place of the server; false lets the server go on.
type fault func(w http.ResponseWriter, r *http.Request, m meta) bool

func newServer() *server {
	return &server{
		hold: 110 * time.Second, log: map[string][]published{}, refused: map[int64]bool{},
		sessions: map[string]*peer{}, tokens: map[string]bool{"token-1": true}, faults: map[string][]fault{},
		standing: map[string]fault{}, denied: map[string]string{},
	}
}

func (s *server) publish(channel string) int64 { return s.burst(channel, 1, "")[0] }

// burst publishes events at once, each with a filling.
func (s *server) burst(channel string, n int, filling string) (ids []int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for range n {
		s.lastID += 1 + s.lastID%3 // not contiguous
		data := fmt.Sprintf(`{"event":{"createdDate":%q,"replayId":%d,"type":"created"},"sobject":{"Id":"0JR%012d","Subject":%q}}`,
			time.Now().Format(time.RFC3339Nano), s.lastID, s.lastID, filling)
		s.log[channel] = append(s.log[channel], published{s.lastID, json.RawMessage(data)})
		ids = append(ids, s.lastID)
	}
	s.rouse()
	return ids
}

// rouse wakes all held connects. The server is locked.
func (s *server) rouse() {
	for _, p := range s.sessions {
		p.rouse()
	}
}

func (p *peer) rouse() {
	select {
	case p.wake <- struct{}{}:
	default:
	}
}

func (s *server) count(channel string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := 0
	for _, a := range s.asked {
		if a.channel == channel {
			n++
		}
	}
	return n
}

func (s *server) requests(channel string) (all []asked) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, a := range s.asked {
		if a.channel == channel {
			all = append(all, a)
		}
	}
	return all
}

func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var metas []meta
	body, err := io.ReadAll(r.Body)
	if r.URL.Path != "/cometd/67.0" || err != nil || json.Unmarshal(body, &metas) != nil || len(metas) == 0 {
		http.Error(w, "not Bayeux", http.StatusBadRequest)
		return
	}
	time.Sleep(s.away)
	token := bearer(r)
	kind := strings.TrimPrefix(metas[0].Channel, "/meta/")
	s.mu.Lock()
	for _, m := range metas {
		s.asked = append(s.asked, asked{m.Channel, time.Now(), m, token})
	}
	f := s.standing[kind]
	if queue := s.faults[kind]; len(queue) > 0 {
		f, s.faults[kind] = queue[0], queue[1:]
	}
	good := s.tokens[token]
	s.mu.Unlock()
	if len(body) > 32768 {
		http.Error(w, "Maximum Request Size Exceeded", http.StatusRequestEntityTooLarge)
		return
	}
	if f != nil && f(w, r, metas[0]) {
		return
	}
	if !good && kind == "handshake" {
		s.write(w, r, reply(metas[0], "403::Handshake denied", "none", "401::Authentication invalid"))
		return
	}
	if !good {
		s.write(w, r, reply(metas[0], "401::Authentication invalid", "none", ""))
		return
	}
	switch kind {
	case "handshake":
		s.handshake(w, r, metas[0])
	case "connect":
		s.connect(w, r, metas[0])
	case "subscribe":
		s.subscribe(w, r, metas)
	case "disconnect":
		s.mu.Lock()
		delete(s.sessions, metas[0].ClientID)
		s.mu.Unlock()
		s.write(w, r, reply(metas[0], "", "", ""))
	}
}

func bearer(r *http.Request) string {
	return strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
}

// admit makes a token good.
func (s *server) admit(token string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tokens[token] = true
}

// admits tells whether the token of a request is good still.
func (s *server) admits(r *http.Request) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.tokens[bearer(r)]
}

func (s *server) handshake(w http.ResponseWriter, r *http.Request, m meta) {
	s.mu.Lock()
	id := fmt.Sprintf("client%d", len(s.asked))
	s.stale += len(r.Cookies())
	s.sessions[id] = &peer{id: id, browse: id + "-cookie", at: map[string]int64{}, wake: make(chan struct{}, 1), last: time.Now(), routed: time.Now()}
	s.mu.Unlock()
	http.SetCookie(w, &http.Cookie{Name: "BAYEUX_BROWSER", Value: id + "-cookie", Path: "/cometd/"})
	now := time.Now().Add(s.clock)
	w.Header().Set("Date", now.UTC().Format(http.TimeFormat))
	http.SetCookie(w, &http.Cookie{Name: "sfdc-stream", Value: "!" + id, Path: "/", Expires: now.Add(routeLife)})
	answer := reply(m, "", "", "")
	answer["clientId"] = id
	s.write(w, r, answer)
}

// routeLife is how long the routing cookie leads to the node that knows the
// session (salesforce-apis 3.1).
const routeLife = 3 * time.Hour

// peer finds the session of a request, which its cookie must confirm.
func (s *server) peer(r *http.Request, m meta) (*peer, string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.sessions[m.ClientID]
	_, lost := r.Cookie("sfdc-stream")
	switch cookie, err := r.Cookie("BAYEUX_BROWSER"); {
	case p == nil || err == nil && lost != nil || time.Since(p.routed) > routeLife || time.Since(p.last) > 40*time.Second+s.hold:
		return nil, "403::Unknown client"
	case err != nil || cookie.Value != p.browse:
		return nil, "400::Client " + p.id + " has established a session, but no BAYEUX_BROWSER cookie present"
	}
	return p, ""
}

func (s *server) connect(w http.ResponseWriter, r *http.Request, m meta) {
	p, refusal := s.peer(r, m)
	if p == nil {
		s.write(w, r, reply(m, refusal, "handshake", ""))
		return
	}
	held := p // p may be forgotten meanwhile
	s.mu.Lock()
	p.held++
	s.mostHeld = max(s.mostHeld, p.held)
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		held.held--
		s.mu.Unlock()
	}()
	answer := reply(m, "", "", "")
	first := m.Advice != nil && m.Advice.Timeout != nil && *m.Advice.Timeout == 0
	if first {
		answer["advice"] = map[string]any{"reconnect": "retry", "interval": 0, "timeout": s.hold.Milliseconds()}
	}
	events := s.take(p)
	if len(events) == 0 && !first {
		select {
		case <-p.wake:
		case <-time.After(s.hold):
		case <-r.Context().Done():
			return
		}
		if p, refusal = s.peer(r, m); p == nil {
			s.write(w, r, reply(m, refusal, "handshake", ""))
			return
		}
		if !s.admits(r) {
			s.write(w, r, reply(m, "401::Authentication invalid", "none", ""))
			return
		}
		events = s.take(p)
	}
	s.answered(p)
	if s.connectFirst {
		s.write(w, r, append([]map[string]any{answer}, events...)...)
		return
	}
	s.write(w, r, append(events, answer)...)
}

// answered starts the time within which the next poll must come.
func (s *server) answered(p *peer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p.last = time.Now()
}

// take is what waits for a session, at most 1,000 events of a channel.
func (s *server) take(p *peer) (events []map[string]any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for channel, at := range p.at {
		log := s.log[channel]
		from := sort.Search(len(log), func(i int) bool { return log[i].id > at })
		for _, e := range log[from:min(from+1000, len(log))] {
			events = append(events, map[string]any{"channel": channel, "data": e.data, "clientId": p.id})
			p.at[channel] = e.id
		}
	}
	return events
}

func (s *server) subscribe(w http.ResponseWriter, r *http.Request, metas []meta) {
	var answers []map[string]any
	p, refusal := s.peer(r, metas[0])
	for _, m := range metas {
		if p == nil {
			answers = append(answers, reply(m, refusal, "handshake", ""))
			continue
		}
		answer := reply(m, s.follow(p, m), "", "")
		answer["subscription"] = m.Subscription
		answers = append(answers, answer)
	}
	if p != nil && s.inSubscribe {
		events := s.take(p)
		s.mu.Lock()
		s.along += len(events)
		s.mu.Unlock()
		answers = append(events, answers...)
	}
	s.write(w, r, answers...)
}

// follow sets the position of a subscription, or says why not.
func (s *server) follow(p *peer, m meta) (refusal string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	key, _, _ := strings.Cut(m.Subscription, "?")
	var replay map[string]int64
	json.Unmarshal(m.Ext.Replay, &replay)
	at, known := replay[key]
	switch {
	case s.denied[key] != "":
		return s.denied[key]
	case !known:
		return "400::The replayId for channel {" + key + "} wasn't found using the provided replay ID map {{}}"
	case s.refused[at] || at >= 0 && at < s.oldest:
		return fmt.Sprintf("400::The replayId {%d} you provided was invalid.  Please provide a valid ID, -2 to replay all events, or -1 to replay only new events.", at)
	case at == -1:
		at = s.lastID
	}
	p.at[key] = at
	return ""
}

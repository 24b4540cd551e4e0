package streaming_test

import (
	"compress/gzip"
	"encoding/json"
	"fmt"
	"net/http"
	"sort"
	"strconv"
	"strings"
	"sync"
	"time"
)

// server is a small scripted Bayeux server, written from salesforce-apis 3
// alone. Its behaviours are fields; its faults are functions that a test puts
// in the way of the next request of a kind.
type server struct {
	connectFirst, numericIDs, inSubscribe, gzip bool

	hold time.Duration // how long a connect is held; 110 s

	mu       sync.Mutex
	log      map[string][]published
	lastID   int64
	oldest   int64 // IDs below are refused
	refused  map[int64]bool
	sessions map[string]*peer
	tokens   map[string]bool // that are good
	faults   map[string][]fault
	asked    []asked
	held     int // connects under way
	mostHeld int
	stale    int // cookies that came with handshakes
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
	}
}

// next puts a fault in the way of the next request of a kind; a held connect
// is one already and is not struck.
func (s *server) next(kind string, f fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults[kind] = append(s.faults[kind], f)
}

func (s *server) publish(channel string) int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lastID += 1 + s.lastID%3 // not contiguous
	data := fmt.Sprintf(`{"event":{"createdDate":%q,"replayId":%d,"type":"created"},"sobject":{"Id":"0JR%012d"}}`, time.Now().Format(time.RFC3339Nano), s.lastID, s.lastID)
	s.log[channel] = append(s.log[channel], published{s.lastID, json.RawMessage(data)})
	for _, p := range s.sessions {
		p.rouse()
	}
	return s.lastID
}

func (p *peer) rouse() {
	select {
	case p.wake <- struct{}{}:
	default:
	}
}

// forget drops all sessions and ends their held connects.
func (s *server) forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, p := range s.sessions {
		p.rouse()
	}
	clear(s.sessions)
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
	if r.URL.Path != "/cometd/67.0" || json.NewDecoder(r.Body).Decode(&metas) != nil || len(metas) == 0 {
		http.Error(w, "not Bayeux", http.StatusBadRequest)
		return
	}
	token := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
	kind := strings.TrimPrefix(metas[0].Channel, "/meta/")
	s.mu.Lock()
	for _, m := range metas {
		s.asked = append(s.asked, asked{m.Channel, time.Now(), m, token})
	}
	var f fault
	if queue := s.faults[kind]; len(queue) > 0 {
		f, s.faults[kind] = queue[0], queue[1:]
	}
	good := s.tokens[token]
	s.mu.Unlock()
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

func (s *server) handshake(w http.ResponseWriter, r *http.Request, m meta) {
	s.mu.Lock()
	id := fmt.Sprintf("client%d", len(s.asked))
	s.stale += len(r.Cookies())
	s.sessions[id] = &peer{id: id, browse: id + "-cookie", at: map[string]int64{}, wake: make(chan struct{}, 1), last: time.Now()}
	s.mu.Unlock()
	http.SetCookie(w, &http.Cookie{Name: "BAYEUX_BROWSER", Value: id + "-cookie", Path: "/cometd/"})
	answer := reply(m, "", "", "")
	answer["clientId"] = id
	s.write(w, r, answer)
}

// peer finds the session of a request, which its cookie must confirm.
func (s *server) peer(r *http.Request, m meta) (*peer, string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	p := s.sessions[m.ClientID]
	switch cookie, err := r.Cookie("BAYEUX_BROWSER"); {
	case p == nil || time.Since(p.last) > 40*time.Second+s.hold:
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
	s.mu.Lock()
	s.held++
	s.mostHeld = max(s.mostHeld, s.held)
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		s.held--
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
		events = s.take(p)
	}
	s.mu.Lock()
	p.last = time.Now()
	s.mu.Unlock()
	if s.connectFirst {
		s.write(w, r, append([]map[string]any{answer}, events...)...)
		return
	}
	s.write(w, r, append(events, answer)...)
}

// take is what waits for a session, at most 100 events of a channel.
func (s *server) take(p *peer) (events []map[string]any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for channel, at := range p.at {
		log := s.log[channel]
		from := sort.Search(len(log), func(i int) bool { return log[i].id > at })
		for _, e := range log[from:min(from+100, len(log))] {
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
		answers = append(s.take(p), answers...)
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

// reply is the answer to a meta message.
func reply(m meta, refusal, reconnect, reason string) map[string]any {
	answer := map[string]any{"id": m.ID, "channel": m.Channel, "successful": refusal == ""}
	if m.ClientID != "" {
		answer["clientId"] = m.ClientID
	}
	if refusal != "" {
		answer["error"] = refusal
	}
	if reconnect != "" {
		answer["advice"] = map[string]any{"reconnect": reconnect, "interval": 0}
	}
	if reason != "" {
		answer["ext"] = map[string]any{"sfdc": map[string]any{"failureReason": reason}}
	}
	return answer
}

func (s *server) write(w http.ResponseWriter, r *http.Request, answers ...map[string]any) {
	if s.numericIDs {
		for _, a := range answers {
			if id, ok := a["id"].(string); ok {
				a["id"], _ = strconv.Atoi(id)
			}
		}
	}
	w.Header().Set("Content-Type", "application/json")
	if s.gzip && strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		w.Header().Set("Content-Encoding", "gzip")
		z := gzip.NewWriter(w)
		defer z.Close()
		json.NewEncoder(z).Encode(answers)
		return
	}
	json.NewEncoder(w).Encode(answers)
}

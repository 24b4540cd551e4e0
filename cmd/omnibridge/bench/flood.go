package bench

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// channel is what every client subscribes to.
const channel = "/topic/Bench"

// stampField is the member of an event that says when it was published, in µs
// since 1970.
const stampField = "Stamp__c"

// flood is a Bayeux server that is as cheap as can be, since events per second
// are a figure of both sides. At /flood{N}/cometd/67.0 it answers every poll at
// once with N events of about 650 bytes; at /steady{R}/cometd/67.0 it publishes R
// events a second from the subscribe on, and a poll gets those that are due.
type flood struct {
	mu       sync.Mutex
	sessions map[string]*flooded
}

// flooded is a session.
type flooded struct {
	ready chan struct{} // closed when it is subscribed
	once  sync.Once
	begun time.Time // when it was subscribed; read after ready is closed
	sent  int64     // a session has one poll at a time
}

// firstReplay comes before the first event of a session.
const firstReplay = 100

// meta is a message of a client, as far as the server reads it.
type meta struct {
	ID           string          `json:"id"`
	Channel      string          `json:"channel"`
	ClientID     string          `json:"clientId"`
	Subscription json.RawMessage `json:"subscription"`
	Advice       json.RawMessage `json:"advice"`
}

func newFlood() *flood { return &flood{sessions: map[string]*flooded{}} }

func (f *flood) session(id string) *flooded {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.sessions[id]
}

// maxRequest bounds a request; clients send some hundred bytes.
const maxRequest = 32 << 10

func (f *flood) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPost {
		http.Error(w, "long polling only", http.StatusMethodNotAllowed) // Faye tries WebSocket
		return
	}
	var metas []meta
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxRequest)).Decode(&metas); err != nil || len(metas) == 0 {
		http.Error(w, fmt.Sprintf("an array of messages is needed: %v", err), http.StatusBadRequest)
		return
	}
	first, _, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	rate, steady := strings.CutPrefix(first, "steady")
	n, err := strconv.Atoi(strings.TrimPrefix(rate, "flood"))
	if err != nil || n <= 0 {
		http.NotFound(w, r)
		return
	}
	body := []byte{'['}
	for _, m := range metas {
		if s := f.session(m.ClientID); s != nil && m.Channel == "/meta/connect" && m.Advice == nil && len(metas) == 1 {
			if steady {
				body = s.due(body, r, n)
			} else {
				body = s.batch(body, r, n)
			}
		}
		body = f.answer(body, m)
	}
	body[len(body)-1] = ']' // in place of the last comma
	w.Header().Set("Content-Type", "application/json")
	w.Write(body)
}

// answer appends the reply to a message.
func (f *flood) answer(body []byte, m meta) []byte {
	more := ""
	switch s := f.session(m.ClientID); {
	case m.Channel == "/meta/handshake":
		f.mu.Lock()
		m.ClientID = fmt.Sprintf("2bc9d4f1a7c04e5b8d3f6a90%08d", len(f.sessions))
		f.sessions[m.ClientID] = &flooded{ready: make(chan struct{})}
		f.mu.Unlock()
		more = `,"successful":true,"version":"1.0","supportedConnectionTypes":["long-polling"]`
	case s == nil:
		more = `,"successful":false,"error":"403::Unknown client"`
	case m.Channel == "/meta/subscribe":
		more = `,"successful":true,"subscription":` + string(m.Subscription)
		s.once.Do(func() { s.begun = time.Now(); close(s.ready) })
	case m.Channel == "/meta/connect" && m.Advice != nil:
		more = `,"successful":true,"advice":{"reconnect":"retry","interval":0,"timeout":110000}`
	default:
		more = `,"successful":true`
	}
	if m.ID != "" {
		more += `,"id":"` + m.ID + `"`
	}
	return fmt.Appendf(body, `{"channel":"%s","clientId":"%s"%s},`, m.Channel, m.ClientID, more)
}

// batch appends n events that are published now.
func (s *flooded) batch(body []byte, r *http.Request, n int) []byte {
	if !s.subscribed(r) {
		return body
	}
	body = slices.Grow(body, n*eventSize)
	for now := time.Now(); n > 0; n-- {
		body = s.event(body, now)
	}
	return body
}

// due appends the events of a steady rate that are due, at least one. An event is
// published when it is due, whether or not a poll is there.
func (s *flooded) due(body []byte, r *http.Request, rate int) []byte {
	if !s.subscribed(r) {
		return body
	}
	at := func(i int64) time.Time { return s.begun.Add(time.Duration(i) * time.Second / time.Duration(rate)) }
	now := time.Now()
	for at(s.sent).After(now) {
		if r.Context().Err() != nil {
			return body
		}
		nap(at(s.sent).Sub(now)) // at most until the next event
		now = time.Now()
	}
	for !at(s.sent).After(now) {
		body = s.event(body, at(s.sent))
	}
	return body
}

func (s *flooded) subscribed(r *http.Request) bool {
	select {
	case <-s.ready:
		return true
	case <-r.Context().Done():
		return false
	}
}

// eventSize is about what an event takes.
const eventSize = 700

// event appends a PushTopic event and a comma.
func (s *flooded) event(body []byte, published time.Time) []byte {
	s.sent++
	body = append(body, `{"clientId":"2bc9d4f1a7c04e5b8d3f6a9012345678","channel":"`+channel+`","data":{"event":{"createdDate":"2026-11-22T10:00:00.123Z","replayId":`...)
	body = strconv.AppendInt(body, firstReplay+s.sent, 10)
	body = append(body, `,"type":"updated"},"sobject":{"`+stampField+`":`...)
	body = strconv.AppendInt(body, published.UnixMicro(), 10)
	return append(body, `,"Id":"0JR000000012345","WorkItemId":"5700000000000AB","ServiceChannelId":"0N90000000000AB","QueueId":"00G0000000000AB","OwnerId":"0050000000000AB",`+
		`"RoutingModel":"ExternalRouting","RoutingPriority":1,"CapacityWeight":1.00,"CapacityPercentage":null,"IsTransfer":false,"IsPushAttempted":true,"LastDeclinedAgentSession":null,`+
		`"CreatedDate":"2026-11-22T09:59:58.000Z","LastModifiedDate":"2026-11-22T10:00:00.000Z","DrpSkills":"a, b and c","PreferredUserId":null,"Subject":"Where is my order? \"still\" waiting"}}},`...)
}

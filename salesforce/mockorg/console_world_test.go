package mockorg

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
)

// seat is a browser at an org's console: somebody with a cookie jar.
type seat struct {
	*world
	client *http.Client
	url    string
	jar    http.CookieJar
}

// hall is a world that is served, with no browser yet.
func newHall(t *testing.T, change func(*Seed)) *seat {
	t.Helper()
	w := newWorld(t, change)
	server := httptest.NewServer(w.o)
	t.Cleanup(func() { w.o.Close(); server.Close() })
	return (&seat{world: w, url: server.URL}).another()
}

// another is one more browser, in which nobody is logged in.
func (s *seat) another() *seat {
	jar, err := cookiejar.New(nil)
	s.must(err)
	return &seat{world: s.world, url: s.url, jar: jar, client: &http.Client{Jar: jar, Timeout: time.Minute}}
}

// as logs a user in.
func (s *seat) as(user string) *seat {
	s.Helper()
	s.call(200, "POST", "/lightning/api/login", `{"user":"`+user+`"}`)
	return s
}

// call makes one request and wants a status. The reply is read as JSON.
func (s *seat) call(want int, method, path, body string, headers ...string) map[string]any {
	s.Helper()
	r, err := http.NewRequestWithContext(s.Context(), method, s.url+path, strings.NewReader(body))
	s.must(err)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	reply, err := s.client.Do(r)
	s.must(err)
	defer reply.Body.Close()
	text, err := io.ReadAll(reply.Body)
	s.must(err)
	if reply.StatusCode != want {
		s.Fatalf("%s %s %s: status %d, want %d: %s", method, path, body, reply.StatusCode, want, text)
	}
	var value map[string]any
	_ = json.Unmarshal(text, &value) // pages and refusals of the server itself are no JSON
	return value
}

// ear is a stream that is listened to.
type ear struct {
	*seat
	conn *websocket.Conn
}

// listen opens the stream of the page.
func (s *seat) listen(path string) *ear {
	s.Helper()
	dialer := websocket.Dialer{Jar: s.jar, HandshakeTimeout: time.Minute}
	conn, _, err := dialer.DialContext(s.Context(), "ws"+strings.TrimPrefix(s.url, "http")+path, nil)
	s.must(err)
	s.Cleanup(func() { conn.Close() })
	return &ear{s, conn}
}

// next is the next message.
func (e *ear) next() streamed {
	e.Helper()
	e.must(e.conn.SetReadDeadline(time.Now().Add(time.Minute)))
	var m streamed
	e.must(e.conn.ReadJSON(&m))
	return m
}

// hears wants the next events to have these names, whatever states and records
// are told between, and returns their parameters.
func (e *ear) hears(names ...string) []map[string]any {
	e.Helper()
	var params []map[string]any
	for _, name := range names {
		m := e.next()
		for m.T != "event" {
			m = e.next()
		}
		if m.Name != name {
			e.Fatalf("heard %s %v, want %s", m.Name, m.Params, name)
		}
		p, _ := m.Params.(map[string]any)
		params = append(params, p)
	}
	return params
}

// state is the next state of the widget.
func (e *ear) state() omniView {
	e.Helper()
	for {
		if m := e.next(); m.T == "omni" {
			return *m.Omni
		}
	}
}

// until waits for a condition that a goroutine of the org brings about.
func (s *seat) until(what string, ok func() bool) {
	s.Helper()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(time.Minute); !ok(); <-tick.C {
		if time.Now().After(end) {
			s.Fatalf("waited in vain until %s", what)
		}
	}
}

func (s *seat) connected(agent string) bool {
	state, err := s.o.Agent(agent).State()
	s.must(err)
	return state.Connected
}

// works are the statuses of the works in a view.
func works(v omniView) []string {
	list := []string{}
	for _, w := range v.Works {
		list = append(list, w.Status+" "+w.Title)
	}
	slices.Sort(list)
	return list
}

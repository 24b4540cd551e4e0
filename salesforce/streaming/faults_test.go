package streaming_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"
)

// refuse answers the next request of a kind with a Bayeux error.
func (s *server) refuse(kind, refusal, reconnect, reason string) {
	s.next(kind, func(w http.ResponseWriter, r *http.Request, m meta) bool {
		s.write(w, r, reply(m, refusal, reconnect, reason))
		return true
	})
}

func status(code int) fault {
	return func(w http.ResponseWriter, r *http.Request, m meta) bool {
		http.Error(w, "<html>maintenance</html>", code)
		return true
	}
}

// cutHalfway writes the beginning of a reply and closes the connection.
func cutHalfway(w http.ResponseWriter, r *http.Request, m meta) bool {
	conn, buffer, err := w.(http.Hijacker).Hijack()
	if err != nil {
		return false
	}
	fmt.Fprintf(buffer, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 5000\r\n\r\n[{\"channel\":\"%s\",\"data\":{", psr)
	buffer.Flush()
	conn.Close()
	return true
}

func faultsOf(s *server) []suiteFault {
	return []suiteFault{
		{name: "none", strike: func(*rig) {}},
		{name: "403 unknown client, advice handshake", strike: func(*rig) { s.forget() }},
		{name: "403 unknown client, advice none", strike: func(*rig) {
			s.next("connect", func(w http.ResponseWriter, r *http.Request, m meta) bool {
				s.forget()
				s.write(w, r, map[string]any{"channel": "/meta/disconnect"}, reply(m, "403::Unknown client", "none", ""))
				return true
			})
		}},
		{name: "unsolicited disconnect", strike: func(*rig) {
			s.next("connect", func(w http.ResponseWriter, r *http.Request, m meta) bool {
				s.forget()
				s.write(w, r, map[string]any{"channel": "/meta/disconnect"}, reply(m, "", "", ""))
				return true
			})
		}},
		{name: "403, then the replay ID is refused", gap: true, strike: func(r *rig) {
			s.mu.Lock()
			for _, e := range s.log[psr] {
				s.refused[e.id] = true
			}
			s.mu.Unlock()
			s.forget()
		}},
		{name: "401 on connect", strike: func(*rig) {
			s.mu.Lock()
			clear(s.tokens)
			s.mu.Unlock()
		}},
		{name: "HTTP 401", strike: func(*rig) {
			s.next("connect", status(401))
			s.mu.Lock()
			clear(s.tokens)
			s.mu.Unlock()
		}},
		{name: "HTTP 503", strike: func(*rig) { s.next("connect", status(503)) }},
		{name: "HTTP 500", strike: func(*rig) { s.next("connect", status(500)) }},
		{name: "connection reset", strike: func(r *rig) { r.pipes.cut() }},
		{name: "reply cut halfway", strike: func(r *rig) { s.next("connect", cutHalfway) }},
		{name: "402 session unknown", strike: func(*rig) { s.refuse("connect", "402::session_unknown", "handshake", "") }},
		{name: "401 with Unknown client", strike: func(*rig) { s.refuse("connect", "401:zz:Unknown client", "handshake", "") }},
		{name: "login page instead of JSON", strike: func(*rig) {
			s.next("connect", func(w http.ResponseWriter, _ *http.Request, _ meta) bool {
				fmt.Fprint(w, "<html>log in</html>")
				return true
			})
		}},
		{name: "503 in failureReason", stall: 61 * time.Second, strike: func(*rig) {
			s.refuse("connect", "401::Authentication invalid", "none", "503::Server is too busy.  Please try your request again later.")
		}},
		{name: "delivery fails", strike: func(r *rig) {
			r.owner.mu.Lock()
			r.owner.fail = 1
			r.owner.mu.Unlock()
		}},
		{name: "no answer", stall: 131 * time.Second, strike: func(*rig) {
			s.next("connect", func(_ http.ResponseWriter, r *http.Request, _ meta) bool {
				<-r.Context().Done()
				return true
			})
		}},
	}
}

func TestDelivery(t *testing.T) {
	variants := map[string]func(*server){
		"plain":                func(*server) {},
		"connect reply first":  func(s *server) { s.connectFirst = true },
		"events in subscribe":  func(s *server) { s.inSubscribe = true },
		"all of them together": func(s *server) { s.connectFirst, s.numericIDs, s.inSubscribe, s.gzip = true, true, true, true },
	}
	for name, vary := range variants {
		t.Run(name, func(t *testing.T) {
			deliverySuite(t, func(t *testing.T) (org, []suiteFault) {
				s := newServer()
				vary(s)
				o := org{Handler: s, publish: func() int64 { return s.publish(psr) }, close: func() {
					if s.stale > 0 || s.mostHeld > 1 {
						t.Errorf("%d cookies of old sessions in handshakes, %d connects at once", s.stale, s.mostHeld)
					}
				}}
				if name != "plain" {
					o.events = 500
				}
				return o, faultsOf(s)
			})
		})
	}
}

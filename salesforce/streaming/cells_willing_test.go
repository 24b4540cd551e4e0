package streaming_test

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"
)

const (
	cases  = "/data/CaseChangeEvent"
	agents = "/topic/AgentWork"
)

var three = []string{psr, cases, agents}

// forgotten ends the session and changes the server's manners for the next one.
func forgotten(change func(s *server)) func(r *rig) {
	return func(r *rig) {
		if change != nil {
			r.server.mu.Lock()
			change(r.server)
			r.server.mu.Unlock()
		}
		r.server.forget()
	}
}

// struck puts a fault in the way of the next poll.
func struck(f fault) func(r *rig) { return func(r *rig) { r.server.next("connect", f) } }

// refused answers the next poll with a Bayeux error.
func refused(refusal, reconnect, reason string) func(r *rig) {
	return func(r *rig) { r.server.refuse("connect", refusal, reconnect, reason) }
}

// expire refuses all positions that are known in a channel by now.
func expire(s *server, channel string) {
	for _, e := range s.log[channel] {
		s.refused[e.id] = true
	}
}

// revoke makes all tokens bad.
func revoke(s *server) { clear(s.tokens) }

// dismissed ends the session beside an answer to the poll.
func dismissed(refusal, reconnect string) func(r *rig) {
	return func(r *rig) {
		struck(func(w http.ResponseWriter, req *http.Request, m meta) bool {
			r.server.forget()
			r.server.write(w, req, map[string]any{"channel": "/meta/disconnect"}, reply(m, refusal, reconnect, ""))
			return true
		})(r)
	}
}

// willingCells are faults after which the org would serve us at once.
func willingCells() []cell {
	return append(sessionCells(), append(transportCells(), replyCells()...)...)
}

// sessionCells are about sessions, tokens, cookies and positions. The first
// three and those that transportCells and replyCells begin with are what other
// clients were measured at, with as many events.
func sessionCells() []cell {
	return []cell{
		{name: "Salesforce forgets the session: 403::Unknown client, advice handshake", events: 2500, strike: forgotten(nil)},
		{name: "the session is forgotten and the stored replay ID has expired", events: 2500, gaps: []string{psr},
			strike: forgotten(func(s *server) { expire(s, psr) })},
		{name: "401::Authentication invalid, advice none", events: 2500, strike: func(r *rig) {
			struck(func(w http.ResponseWriter, req *http.Request, m meta) bool {
				r.server.mu.Lock()
				revoke(r.server)
				r.server.mu.Unlock()
				return false
			})(r)
		}},
		{name: "the token is revoked while a poll is held", strike: func(r *rig) {
			pause(time.Second)
			r.server.mu.Lock()
			revoke(r.server)
			r.server.rouse()
			r.server.mu.Unlock()
		}},
		{name: "HTTP 401 in place of a Bayeux reply", strike: struck(status(401))},
		{name: "403::Unknown client, advice none, with /meta/disconnect", strike: dismissed("403::Unknown client", "none")},
		{name: "a /meta/disconnect nobody asked for", strike: dismissed("", "")},
		{name: "401 as the error, 403::Unknown client as the failureReason", strike: refused("401::Authentication invalid", "none", "403::Unknown client"),
			check: noLogin},
		{name: "402::session_unknown, as CometD says it", strike: refused("402::session_unknown", "handshake", "")},
		{name: "401:id:Unknown client, as Faye says it", strike: refused("401:zz:Unknown client", "handshake", ""), check: noLogin},
		{name: "a proxy loses the cookies of one request", strike: struck(func(_ http.ResponseWriter, r *http.Request, _ meta) bool {
			r.Header.Del("Cookie")
			return false
		})},
		{name: "the routing cookie expires after 3 hours", strike: func(r *rig) {
			time.Sleep(routeLife - 10300*time.Millisecond)
		}},
		{name: "the clocks of org and daemon are 4 hours apart", strike: forgotten(func(s *server) { s.clock = -4 * time.Hour })},
		{name: "the same user streams from a second node", quiet: true, strike: second, check: func(r *rig) {
			if got, want := len(r.twin.owner.replays()), len(r.owner.replays()); got == 0 || got >= want {
				r.t.Errorf("the second node has %d events, the first %d", got, want)
			}
			r.twin.end()
		}},
		{name: "the stored replay ID of one channel in three has expired", channels: three, gaps: []string{cases},
			strike: forgotten(func(s *server) { expire(s, cases) })},
		{name: "110 seconds of silence, twice", quiet: true, strike: func(*rig) { pause(225 * time.Second) }},
		{name: "110 seconds of silence after headers and a blank that came at once", quiet: true, strike: func(r *rig) {
			pause(time.Second) // all events are delivered
			struck(func(w http.ResponseWriter, req *http.Request, _ meta) bool {
				req.Header.Del("Accept-Encoding") // the headers are gone, the reply cannot be compressed any more
				fmt.Fprint(w, "\r\n")
				http.NewResponseController(w).Flush()
				return false
			})(r)
			pause(225 * time.Second)
		}},
	}
}

func noLogin(r *rig) {
	if n := len(r.tokens.logins); n > 0 {
		r.t.Errorf("%d logins, though the token is good", n)
	}
}

// second starts another client of the same user at the same server.
func second(r *rig) {
	r.twin = newRig(r.t, r.server, nil)
}

// transportCells are about HTTP and what is below.
func transportCells() []cell {
	return []cell{
		{name: "HTTP 503 on a poll", events: 2500, strike: struck(status(503))},
		{name: "the connection is reset during a poll", events: 2500, strike: func(r *rig) { r.pipes.cut() }},
		{name: "HTTP 500, as CometD ends the first of two polls", strike: struck(status(500))},
		{name: "the server closes after the headers", strike: struck(cutAfter(""))},
		{name: "a reply is cut in the middle", strike: struck(cutAfter(`[{"channel":"` + psr + `","data":{`))},
		{name: "a reply is lost that the server takes for delivered", strike: func(r *rig) {
			struck(func(w http.ResponseWriter, req *http.Request, m meta) bool {
				if p, _ := r.server.peer(req, m); p != nil {
					r.server.take(p)
				}
				return cutAfter("")(w, req, m)
			})(r)
		}},
		{name: "a login page in place of JSON", strike: struck(func(w http.ResponseWriter, _ *http.Request, _ meta) bool {
			fmt.Fprint(w, "<html>log in</html>")
			return true
		})},
		{name: "the server starts again and knows nobody", strike: func(r *rig) { r.server.forget(); r.pipes.cut() }},
	}
}

// cutAfter writes the beginning of a reply and closes the connection.
func cutAfter(text string) fault {
	return func(w http.ResponseWriter, _ *http.Request, _ meta) bool {
		conn, buffer, err := w.(http.Hijacker).Hijack()
		if err != nil {
			return false
		}
		fmt.Fprintf(buffer, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 5000\r\n\r\n%s", text)
		buffer.Flush()
		conn.Close()
		return true
	}
}

// struckBy holds that the server has done what it was to do.
func struckBy(done func(s *server) bool) func(r *rig) {
	return func(r *rig) {
		r.server.mu.Lock()
		defer r.server.mu.Unlock()
		if !done(r.server) {
			r.t.Error("the fault never struck")
		}
	}
}

// muddle repeats the answers of a reply, in another order. Its events stay.
func muddle(answers []map[string]any) []map[string]any {
	var events, metas []map[string]any
	for _, a := range answers {
		if _, event := a["data"]; event {
			events = append(events, a)
		} else {
			metas = append(metas, maps.Clone(a), a)
		}
	}
	slices.Reverse(metas)
	return append(events, metas...)
}

const heavyReply = "a reply of 11 MB"

// replyCells are about the form of requests and replies, and about the owner.
func replyCells() []cell {
	many := []string{psr}
	for i := range 99 {
		many = append(many, fmt.Sprintf("/topic/%s%03d", strings.Repeat("x", 1000), i))
	}
	return []cell{
		{name: "the connect reply comes first in its array", events: 2500, strike: forgotten(func(s *server) { s.connectFirst = !s.connectFirst })},
		{name: "the connect reply comes last in its array", quiet: true, strike: func(*rig) {}},
		{name: "message ids come back as numbers", strike: forgotten(func(s *server) { s.numericIDs = !s.numericIDs })},
		{name: "answers come in another order than asked, and twice", channels: three, strike: forgotten(func(s *server) { s.muddled = !s.muddled })},
		{name: "events come inside a subscribe reply", strike: forgotten(func(s *server) { s.inSubscribe = !s.inSubscribe }),
			check: struckBy(func(s *server) bool { return !s.inSubscribe || s.along > 0 })},
		{name: "replies are compressed", strike: forgotten(func(s *server) { s.gzip = !s.gzip }),
			check: struckBy(func(s *server) bool { return s.packed > 0 })},
		{name: heavyReply, quiet: true, check: struckBy(func(s *server) bool { return s.largest > 11<<20 }), strike: func(r *rig) {
			r.stream.note(psr, r.server.burst(psr, 11, strings.Repeat("x", 1<<20)))
		}},
		{name: "events of 18 MB wait, more than the client takes in one reply", gaps: []string{psr}, passes: true, strike: func(r *rig) {
			r.stream.note(psr, r.server.burst(psr, 18, strings.Repeat("x", 1<<20)))
		}},
		{name: "100 channels with names of 1,000 bytes: more than a request may weigh", channels: many, strike: func(r *rig) {
			r.owner.mu.Lock()
			for _, name := range many[3:] {
				r.owner.cursor[name] = 0 // quiet channels that have a position
			}
			r.owner.mu.Unlock()
			r.server.forget()
		}},
		{name: "the daemon's own store fails once", strike: func(r *rig) {
			r.owner.mu.Lock()
			r.owner.fail = 1
			r.owner.mu.Unlock()
		}},
	}
}

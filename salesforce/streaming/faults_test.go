package streaming_test

import (
	"net/http"
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

// next puts a fault in the way of the next request of a kind; a held connect
// is one already and is not struck.
func (s *server) next(kind string, f fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults[kind] = append(s.faults[kind], f)
}

// stand lets a fault strike each request of a kind; nil ends that.
func (s *server) stand(kind string, f fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.standing[kind] = f
}

// forget drops all sessions and ends their held connects.
func (s *server) forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rouse()
	clear(s.sessions)
}

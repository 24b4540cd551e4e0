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

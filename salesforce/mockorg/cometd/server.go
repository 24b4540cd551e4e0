package cometd

import (
	"encoding/json"
	"net/http"
)

// Server is one org's streaming endpoint. Make one with New, end it with Close.
type Server struct{ o Options }

// New returns a server without clients and without events. It panics if Options
// are unusable, which is a fault of the program, not of its input.
func New(o Options) *Server {
	o, err := o.withDefaults()
	if err != nil {
		panic(err)
	}
	return &Server{o: o}
}

// ServeHTTP answers /cometd/{version} and what lies below.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {}

// Publish appends an event to a channel and returns its replay id.
func (s *Server) Publish(channel string, build func(replayID int64) json.RawMessage) int64 { return 0 }

// Close ends all held connects; every later request is answered 503.
func (s *Server) Close() {}

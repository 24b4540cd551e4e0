package main

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"
)

// gate stands before an org. It can hold requests before the org carries them
// out, or their replies after, so that a story can kill the program between any two
// steps; and it remembers the tokens and assertions that pass, so that a story
// can search for them.
type gate struct {
	org http.Handler

	mu      sync.Mutex
	rules   []*holding // oldest first
	secrets []string
}

// holding is a request to be held.
type holding struct {
	after        bool
	method, what string        // "*" is any method
	skip         int           // so many that fit pass
	struck       bool          // a request fitted
	lose         bool          // it never comes to the org
	held         chan struct{} // closed when one is held
	let          chan struct{} // closed when it may go
}

func newGate(org http.Handler) *gate { return &gate{org: org} }

// ServeHTTP passes a request on, unless it is the one to be held.
func (g *gate) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer "); ok {
		g.remember(token)
	}
	if strings.HasSuffix(r.URL.Path, "/token") {
		body, _ := io.ReadAll(io.LimitReader(r.Body, 1<<20)) // what is missing shows as a login that fails
		r.Body = io.NopCloser(bytes.NewReader(body))
		if form, err := url.ParseQuery(string(body)); err == nil {
			g.remember(form.Get("assertion"))
		}
	}
	if h := g.strike(r, false); h != nil {
		// Whoever asked may die meanwhile: what it sent is here all the same.
		body, _ := io.ReadAll(io.LimitReader(r.Body, 1<<20))
		r.Body = io.NopCloser(bytes.NewReader(body))
		h.wait()
		if h.lose {
			panic(http.ErrAbortHandler)
		}
	}
	if !g.mayStrike(r) {
		g.org.ServeHTTP(w, r)
		return
	}
	// The reply is only known to be the one when it is there.
	reply := httptest.NewRecorder()
	g.org.ServeHTTP(reply, r)
	if h := g.strike(r, true); h != nil {
		h.wait()
	}
	for name, values := range reply.Header() {
		w.Header()[name] = values
	}
	w.WriteHeader(reply.Code)
	_, _ = w.Write(reply.Body.Bytes()) // whoever asked may be gone
}

// mayStrike tells whether the reply to r may have to be held.
func (g *gate) mayStrike(r *http.Request) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return slices.ContainsFunc(g.rules, func(h *holding) bool { return h.after && !h.struck && h.fits(r) })
}

// strike returns the rule that holds r, if it is the first to fit.
func (g *gate) strike(r *http.Request, after bool) *holding {
	g.mu.Lock()
	defer g.mu.Unlock()
	i := slices.IndexFunc(g.rules, func(h *holding) bool { return !h.struck && h.after == after && h.fits(r) })
	if i < 0 {
		return nil
	}
	h := g.rules[i]
	if h.skip--; h.skip >= 0 {
		return nil
	}
	h.struck = true
	return h
}

func (h *holding) fits(r *http.Request) bool {
	if h.method != "*" && r.Method != h.method {
		return false
	}
	if strings.HasPrefix(h.what, "/") {
		return strings.HasPrefix(r.URL.Path, h.what)
	}
	return slices.Contains(strings.Split(r.URL.Path, "/"), h.what) || strings.Contains(r.URL.Query().Get("q"), "FROM "+h.what)
}

func (h *holding) wait() {
	close(h.held)
	<-h.let
}

// release lets the oldest go on that is held, or is to be, or lets it never arrive. It
// tells whether there is one.
func (g *gate) release(lose bool) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(g.rules) == 0 {
		return false
	}
	g.rules[0].lose = lose
	close(g.rules[0].let)
	g.rules = g.rules[1:]
	return true
}

func (g *gate) remember(secret string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if secret != "" && !slices.Contains(g.secrets, secret) {
		g.secrets = append(g.secrets, secret)
	}
}

// seen returns the secrets that have passed.
func (g *gate) seen() []string {
	g.mu.Lock()
	defer g.mu.Unlock()
	return slices.Clone(g.secrets)
}

func (s *story) hold(args []string) error {
	if len(args) != 3 || args[0] != "before" && args[0] != "after" {
		return usage("hold before|after METHOD OBJECT|/PATH")
	}
	return s.gate.arm(holding{after: args[0] == "after", method: args[1], what: args[2]})
}

func (g *gate) arm(h holding) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if slices.ContainsFunc(g.rules, func(h *holding) bool { return !h.struck }) {
		return errors.New("something is to be held already: wait until it is, or release it first")
	}
	h.held, h.let = make(chan struct{}), make(chan struct{})
	g.rules = append(g.rules, &h)
	return nil
}

func (s *story) held([]string) error {
	s.gate.mu.Lock()
	rules := s.gate.rules
	s.gate.mu.Unlock()
	if len(rules) == 0 {
		return errors.New("nothing is to be held")
	}
	select {
	case <-rules[len(rules)-1].held:
		return nil
	case <-time.After(patience):
		return errors.New("waited in vain: no such request came")
	}
}

func (s *story) release([]string) error {
	s.gate.release(false)
	return nil
}

func (s *story) lose([]string) error {
	s.gate.release(true)
	return nil
}

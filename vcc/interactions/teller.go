package interactions

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"sync"
	"time"

	"github.com/cenkalti/backoff/v4"

	"omnibridge/vcc"
)

// maxTogether is how many notifications go into one call of an endpoint.
const maxTogether = 50

// notification is one entry of what is posted to a provider (vcc.md 10.2).
type notification struct {
	Notification string `json:"notification"`
	ObjectID     string `json:"objectid"`
	ID           string `json:"notificationid"`
	Params       struct {
		AccountName string
		Agent       string
		AgentID     string `json:"AgentId"`
	} `json:"params"`
}

// owed is a word that waits to be told.
type owed struct {
	interaction vcc.InteractionID
	word        vcc.Word
	external    string
}

// teller tells one provider what it is owed, in order.
type teller struct {
	name string

	mu     sync.Mutex
	queue  []owed
	known  map[string]bool // ids of words in queue
	full   bool            // something was not taken since the queue was empty
	wake   chan struct{}   // holds one: something came
	change chan struct{}   // holds one: the provider registered again
}

// Tell takes what the provider of x is owed. It does not wait, and what waits
// already is not taken twice. What does not fit (Options.MaxQueue) stays owed: it is
// told with the next word about x, or after a restart.
func (s *Server) Tell(x vcc.Interaction) {
	if x.Call == nil || x.Call.Provider == "" || len(x.Owed) == 0 {
		return
	}
	t := s.teller(x.Call.Provider)
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, w := range x.Owed {
		switch {
		case t.known[w.ID]:
		case len(t.queue) >= s.o.MaxQueue:
			if !t.full {
				t.full = true
				s.o.Log.Error("too much waits to be told to a provider; what is more waits in the engine", "provider", t.name, "waiting", len(t.queue))
			}
		default:
			t.known[w.ID] = true
			t.queue = append(t.queue, owed{x.ID, w, x.Call.External})
		}
	}
	signal(t.wake)
}

// Waiting returns how much waits to be told, to all providers together.
func (s *Server) Waiting() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := 0
	for _, t := range s.tellers {
		t.mu.Lock()
		n += len(t.queue)
		t.mu.Unlock()
	}
	return n
}

// Run tells providers what they are owed until ctx ends. It is called once.
func (s *Server) Run(ctx context.Context) {
	s.mu.Lock()
	s.running = ctx
	for _, t := range s.tellers {
		s.work.Go(func() { s.run(ctx, t) })
	}
	s.mu.Unlock()
	<-ctx.Done()
	s.mu.Lock()
	s.running = nil // no teller begins any more
	s.mu.Unlock()
	s.work.Wait()
}

// teller returns the teller of a provider, and starts it if Run does.
func (s *Server) teller(name string) *teller {
	s.mu.Lock()
	defer s.mu.Unlock()
	t := s.tellers[name]
	if t == nil {
		t = &teller{name: name, known: map[string]bool{}, wake: make(chan struct{}, 1), change: make(chan struct{}, 1)}
		s.tellers[name] = t
		if ctx := s.running; ctx != nil {
			s.work.Go(func() { s.run(ctx, t) })
		}
	}
	return t
}

func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// again has a try made now that would be made later.
func (t *teller) again() { signal(t.change) }

func (t *teller) first(most int) []owed {
	t.mu.Lock()
	defer t.mu.Unlock()
	return append([]owed(nil), t.queue[:min(most, len(t.queue))]...)
}

// drop takes the first n out of the queue.
func (t *teller) drop(n int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, o := range t.queue[:n] {
		delete(t.known, o.word.ID)
	}
	t.queue = append([]owed(nil), t.queue[n:]...)
	if len(t.queue) == 0 {
		t.full = false
	}
}

func (s *Server) run(ctx context.Context, t *teller) {
	for ctx.Err() == nil {
		batch := t.first(maxTogether)
		if len(batch) == 0 {
			select {
			case <-t.wake:
			case <-ctx.Done():
			}
			continue
		}
		n, ok := s.say(ctx, t, batch)
		if ok && s.told(ctx, t, batch[:n]) {
			t.drop(n)
		}
	}
}

// say brings the first of batch to the provider, and returns how many are done with:
// taken, refused for good, or given up. It is false only when ctx ended.
func (s *Server) say(ctx context.Context, t *teller, batch []owed) (int, bool) {
	wait, until := s.backoff(), time.Now().Add(s.o.GiveUp)
	for {
		p, known := s.provider(t.name)
		if !known || p.Endpoint == "" {
			return len(batch), true // it wants to hear nothing
		}
		err := s.post(ctx, p, batch)
		var never *neverError
		switch {
		case err == nil:
			return len(batch), true
		case ctx.Err() != nil:
			return 0, false
		case errors.As(err, &never) && len(batch) > 1:
			batch = batch[:1] // find the one that is wrong
			continue
		case errors.As(err, &never):
			s.o.Log.Error("a provider refused what it was told; it is not told again", "provider", t.name, "interaction", batch[0].interaction, "word", batch[0].word.Kind, "err", err)
			return 1, true
		}
		left := time.Until(until)
		if left <= 0 {
			s.o.Log.Error("a provider could not be told for too long; what it is owed is dropped", "provider", t.name, "words", len(batch), "tried", s.o.GiveUp, "err", err)
			return len(batch), true
		}
		d := min(wait.NextBackOff(), left) // the last try is made when the time is up
		var later *laterError
		if errors.As(err, &later) {
			d = max(d, later.after)
		}
		s.o.Log.Warn("a provider could not be told; trying again", "provider", t.name, "in", d, "err", err)
		if !s.pause(ctx, t, d) {
			return 0, false
		}
	}
}

// pause waits, or until the provider registers anew; false when ctx ended.
func (s *Server) pause(ctx context.Context, t *teller, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-t.change:
	case <-ctx.Done():
		return false
	}
	return true
}

// backoff never gives up of its own.
func (s *Server) backoff() *backoff.ExponentialBackOff {
	return backoff.NewExponentialBackOff(
		backoff.WithInitialInterval(min(time.Second, s.o.RetryMost)), backoff.WithMaxInterval(s.o.RetryMost), backoff.WithMaxElapsedTime(0),
	)
}

// told reports that words were said, until it is durable; false when ctx ended.
func (s *Server) told(ctx context.Context, t *teller, said []owed) bool {
	var reports []vcc.Report
	at := map[vcc.InteractionID]int{}
	for _, o := range said {
		i, ok := at[o.interaction]
		if !ok {
			i = len(reports)
			at[o.interaction] = i
			reports = append(reports, vcc.Report{Kind: vcc.Told, Interaction: o.interaction})
		}
		reports[i].Words = append(reports[i].Words, o.word.ID)
	}
	wait := s.backoff()
	for {
		within, cancel := context.WithTimeout(ctx, s.o.PutWithin)
		err := s.o.Put(within, reports)
		cancel()
		if err == nil {
			return true
		}
		if ctx.Err() != nil {
			return false
		}
		s.o.Log.Warn("what a provider was told could not be noted; trying again", "provider", t.name, "err", err)
		if !s.pause(ctx, t, wait.NextBackOff()) {
			return false
		}
	}
}

// neverError says that telling this again is no use.
type neverError struct{ status int }

func (e *neverError) Error() string { return fmt.Sprintf("it answered %d", e.status) }

// laterError says that telling it later may be.
type laterError struct {
	status int
	after  time.Duration
}

func (e *laterError) Error() string { return fmt.Sprintf("it answered %d", e.status) }

// post calls the endpoint once.
func (s *Server) post(ctx context.Context, p Provider, batch []owed) error {
	list := make([]notification, len(batch))
	for i, o := range batch {
		n := notification{Notification: o.word.Kind, ObjectID: o.external, ID: notificationID(o.word.ID)}
		n.Params.AccountName = s.o.Account
		n.Params.Agent, n.Params.AgentID = s.o.AgentName(o.word.Agent)
		list[i] = n
	}
	body, err := json.Marshal(list)
	if err != nil {
		return fmt.Errorf("write down notifications: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, s.o.CallWithin)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, p.Endpoint, bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("call the endpoint: %w", err)
	}
	for name, value := range p.Headers {
		req.Header.Set(name, value)
	}
	req.Header.Set("Content-Type", "application/json")
	client := http.Client{Transport: s.o.Transport, CheckRedirect: func(*http.Request, []*http.Request) error {
		return http.ErrUseLastResponse // headers with secrets go nowhere else
	}}
	resp, err := client.Do(req)
	if wrapped := (*url.Error)(nil); errors.As(err, &wrapped) {
		err = wrapped.Err // the address may hold a secret
	}
	if err != nil {
		return fmt.Errorf("call the endpoint: %w", err)
	}
	defer resp.Body.Close()
	_, _ = io.CopyN(io.Discard, resp.Body, 64<<10) // so that the connection is used again
	return judge(resp)
}

// judge tells what an answer means. What better credentials, another address or a
// moment's patience may heal is tried again.
func judge(resp *http.Response) error {
	switch code := resp.StatusCode; {
	case code >= 200 && code < 300:
		return nil
	case code == http.StatusTooManyRequests, code == http.StatusServiceUnavailable:
		return &laterError{code, retryAfter(resp.Header, time.Now())}
	case code >= 500, code >= 300 && code < 400, code == http.StatusUnauthorized, code == http.StatusForbidden,
		code == http.StatusNotFound, code == http.StatusRequestTimeout, code == http.StatusTooEarly:
		return &laterError{status: code}
	default:
		return &neverError{code}
	}
}

// retryAfter reads how long to wait, in seconds or until a date by the clock of whoever
// answered; at most an hour.
func retryAfter(h http.Header, now time.Time) time.Duration {
	wait, told := time.Duration(0), h.Get("Retry-After")
	if n, err := strconv.Atoi(told); err == nil {
		wait = time.Duration(min(n, 3600)) * time.Second
	} else if until, err := http.ParseTime(told); err == nil {
		if theirs, err := http.ParseTime(h.Get("Date")); err == nil {
			now = theirs
		}
		wait = until.Sub(now)
	}
	return min(max(wait, 0), time.Hour)
}

// notificationID gives a word's id the shape that providers know, a UUID; the same
// for the same word.
func notificationID(word string) string {
	h := sha256.Sum256([]byte(word))
	h[6], h[8] = h[6]&0x0f|0x80, h[8]&0x3f|0x80 // version 8, by RFC 9562
	return fmt.Sprintf("%x-%x-%x-%x-%x", h[:4], h[4:6], h[6:8], h[8:10], h[10:16])
}

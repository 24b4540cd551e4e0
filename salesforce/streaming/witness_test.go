package streaming_test

import (
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"sync"
	"time"
)

// witness writes down what a client sends, on the client's side of the network,
// so that attempts count that reach no server.
type witness struct {
	through http.RoundTripper

	mu    sync.Mutex
	posts []post
}

// post is one request.
type post struct {
	at    time.Time
	size  int // of the body, in bytes
	metas []meta
}

func (w *witness) RoundTrip(r *http.Request) (*http.Response, error) {
	p := post{at: time.Now()}
	if body, err := r.GetBody(); err == nil {
		text, _ := io.ReadAll(body)
		p.size = len(text)
		_ = json.Unmarshal(text, &p.metas) // what is not Bayeux the server refuses
	}
	w.mu.Lock()
	w.posts = append(w.posts, p)
	w.mu.Unlock()
	return w.through.RoundTrip(r)
}

// since returns the requests from a time on.
func (w *witness) since(from time.Time) []post {
	w.mu.Lock()
	defer w.mu.Unlock()
	i := slices.IndexFunc(w.posts, func(p post) bool { return !p.at.Before(from) })
	if i < 0 {
		return nil
	}
	return slices.Clone(w.posts[i:])
}

// of returns when requests of a channel were made.
func of(channel string, posts []post) (at []time.Time) {
	for _, p := range posts {
		if len(p.metas) > 0 && p.metas[0].Channel == channel {
			at = append(at, p.at)
		}
	}
	return at
}

// closest is the shortest time between two of them; 0 if there are less.
func closest(at []time.Time) (shortest time.Duration) {
	for i := 1; i < len(at); i++ {
		if d := at[i].Sub(at[i-1]); i == 1 || d < shortest {
			shortest = d
		}
	}
	return shortest
}

// busiest is the most of them in any one minute.
func busiest(at []time.Time) (most int) {
	from := 0
	for i := range at {
		for at[i].Sub(at[from]) >= time.Minute {
			from++
		}
		most = max(most, i-from+1)
	}
	return most
}

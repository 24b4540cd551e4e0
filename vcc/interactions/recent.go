package interactions

import (
	"context"
	"sync"
)

// keptRequests is how many ids of requests are remembered. Older ones are known to
// the engine, by the interactions that they brought.
const keptRequests = 10_000

// requestKey names a request; without an id it is like no other.
type requestKey struct{ provider, id string }

// recent remembers the last requests that were done, and those that are under way.
type recent struct {
	mu    sync.Mutex
	seen  map[requestKey]bool
	ring  []requestKey
	next  int
	doing map[requestKey]chan struct{} // closed when it is known whether it was done
}

// begin tells which of keys are to be done: the first of each that was not done before.
// What somebody else does just now is waited for, until ctx ends. done must be called,
// once, and says whether they were done. Nothing is held while waiting, so two that wait
// for each other cannot be.
func (r *recent) begin(ctx context.Context, keys []requestKey) (first []bool, done func(bool), err error) {
	for {
		first, other, done := r.claim(keys)
		if other == nil {
			return first, done, nil
		}
		select {
		case <-other:
		case <-ctx.Done():
			return nil, nil, context.Cause(ctx)
		}
	}
}

// claim takes keys, all or none: other is then what must end before.
func (r *recent) claim(keys []requestKey) (first []bool, other chan struct{}, done func(bool)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, k := range keys {
		if c := r.doing[k]; c != nil {
			return nil, c, nil
		}
	}
	if r.seen == nil {
		r.seen, r.doing = map[requestKey]bool{}, map[requestKey]chan struct{}{}
	}
	mine, ended := []requestKey{}, make(chan struct{})
	first = make([]bool, len(keys))
	for i, k := range keys {
		if first[i] = k.id == "" || !r.seen[k] && r.doing[k] == nil; first[i] && k.id != "" {
			r.doing[k] = ended
			mine = append(mine, k)
		}
	}
	return first, nil, func(were bool) {
		r.mu.Lock()
		defer r.mu.Unlock()
		for _, k := range mine {
			delete(r.doing, k)
			if were {
				r.add(k)
			}
		}
		close(ended)
	}
}

// add remembers, with the lock held, a request that was done.
func (r *recent) add(k requestKey) {
	r.seen[k] = true
	if len(r.ring) < keptRequests {
		r.ring = append(r.ring, k)
		return
	}
	delete(r.seen, r.ring[r.next])
	r.ring[r.next] = k
	r.next = (r.next + 1) % keptRequests
}

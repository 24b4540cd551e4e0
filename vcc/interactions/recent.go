package interactions

import "sync"

// keptRequests is how many ids of requests are remembered. Older ones are known to
// the engine, by the interactions that they brought.
const keptRequests = 10_000

type requestKey struct{ provider, id string }

// recent remembers the last requests that were done.
type recent struct {
	mu   sync.Mutex
	seen map[requestKey]bool
	ring []requestKey
	next int
}

func (r *recent) has(k requestKey) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.seen[k]
}

func (r *recent) add(keys []requestKey) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.seen == nil {
		r.seen = map[requestKey]bool{}
	}
	for _, k := range keys {
		if r.seen[k] {
			continue
		}
		r.seen[k] = true
		if len(r.ring) < keptRequests {
			r.ring = append(r.ring, k)
			continue
		}
		delete(r.seen, r.ring[r.next])
		r.ring[r.next] = k
		r.next = (r.next + 1) % keptRequests
	}
}

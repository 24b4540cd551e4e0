package identity

// shelf keeps things until they are taken or too many came after them.
type shelf[V any] struct {
	most  int
	items map[string]V
	order []string // of keys, oldest first; those taken leave theirs behind
}

func newShelf[V any](most int) shelf[V] {
	return shelf[V]{most: most, items: map[string]V{}}
}

// put keeps v under a key that was not used before.
func (s *shelf[V]) put(key string, v V) {
	if len(s.order) >= s.most {
		delete(s.items, s.order[0])
		s.order = s.order[1:]
	}
	s.items[key], s.order = v, append(s.order, key)
}

func (s *shelf[V]) get(key string) (v V, ok bool) {
	v, ok = s.items[key]
	return v, ok
}

func (s *shelf[V]) drop(key string) { delete(s.items, key) }

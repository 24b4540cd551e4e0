package streaming

import "hash/maphash"

// memoryPerChannel is how many delivered events of a channel are remembered.
const memoryPerChannel = 16384

// seen remembers which events were delivered, so that a replay does not bring
// them to the owner again. The package comment says why it compares whole
// events and not replay IDs alone.
type seen struct {
	seed     maphash.Seed
	channels map[string]*memory
}

// memory is the last events of one channel: a ring for their age, a map for
// their content.
type memory struct {
	content map[int64]uint64 // replay ID to hash of the data
	ring    []int64
	next    int
	last    int64 // while a batch is checked: the greatest ID so far
}

func newSeen() *seen {
	return &seen{maphash.MakeSeed(), map[string]*memory{}}
}

// fresh returns the events that were not delivered before, each once.
func (s *seen) fresh(batch []Event) []Event {
	if s.allFresh(batch) {
		return batch
	}
	type identity struct {
		channel string
		replay  int64
		content uint64
	}
	out, within := make([]Event, 0, len(batch)), map[identity]bool{}
	for _, e := range batch {
		id := identity{e.Channel, e.Replay, maphash.Bytes(s.seed, e.Data)}
		if s.has(e) || e.Replay != NoReplay && within[id] {
			continue
		}
		within[id] = true
		out = append(out, e)
	}
	return out
}

// allFresh is the usual case, without allocation: IDs of each channel rise
// within the batch, and none was seen.
func (s *seen) allFresh(batch []Event) bool {
	for _, m := range s.channels {
		m.last = NoReplay
	}
	for _, e := range batch {
		if e.Replay == NoReplay {
			continue
		}
		m := s.memory(e.Channel)
		if e.Replay <= m.last || s.has(e) {
			return false
		}
		m.last = e.Replay
	}
	return true
}

func (s *seen) memory(channel string) *memory {
	m := s.channels[channel]
	if m == nil {
		m = &memory{content: map[int64]uint64{}, last: NoReplay}
		s.channels[channel] = m
	}
	return m
}

func (s *seen) has(e Event) bool {
	m := s.channels[e.Channel]
	if m == nil {
		return false
	}
	content, known := m.content[e.Replay]
	return known && content == maphash.Bytes(s.seed, e.Data)
}

// delivered remembers a batch that the owner made durable. What has no replay ID is
// never known again.
func (s *seen) delivered(batch []Event) {
	for _, e := range batch {
		if e.Replay == NoReplay {
			continue
		}
		s.memory(e.Channel).add(e.Replay, maphash.Bytes(s.seed, e.Data))
	}
}

func (m *memory) add(replay int64, content uint64) {
	_, known := m.content[replay]
	m.content[replay] = content
	switch {
	case known:
	case len(m.ring) < memoryPerChannel:
		m.ring = append(m.ring, replay)
	default:
		delete(m.content, m.ring[m.next])
		m.ring[m.next] = replay
		m.next = (m.next + 1) % memoryPerChannel
	}
}

package cometd

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"time"
)

// event is one published message. Its data is shared by all who receive it.
type event struct {
	id     int64
	at     time.Time
	data   json.RawMessage
	fields map[string]string // of data.sobject, read when the first filter asks
}

// topic is the log of one channel: the events that can still be replayed, in
// order of their ids, and who follows it.
type topic struct {
	name    string
	log     []*event
	last    int64 // id of the newest event ever
	trimmed int64 // id of the newest event no longer in log
	subs    map[*subscription]struct{}
}

// since are the events after a position, oldest first.
func (t *topic) since(after int64) []*event {
	i, found := t.find(after)
	if found {
		i++
	}
	return t.log[i:]
}

func (t *topic) find(id int64) (int, bool) {
	return slices.BinarySearchFunc(t.log, id, func(e *event, id int64) int { return cmp.Compare(e.id, id) })
}

// trim forgets the n oldest events and returns their size.
func (t *topic) trim(n int) (bytes int) {
	if n == 0 {
		return 0
	}
	for _, e := range t.log[:n] {
		bytes += len(e.data)
	}
	t.trimmed = t.log[n-1].id
	clear(t.log[:n]) // append moves the rest away from the array in time
	t.log = t.log[n:]
	return bytes
}

// start finds the position that a subscription begins at. wanted is the raw
// replay id of the request. The error is the one of the subscribe reply.
func (t *topic) start(wanted json.RawMessage, newest int64, lenient bool) (after int64, refused string) {
	text := string(bytes.Trim(wanted, `"`))
	id, err := strconv.ParseInt(text, 10, 64)
	switch {
	case err != nil:
		return 0, invalidReplay(text)
	case id == -1:
		return newest, ""
	case id == -2:
		return t.trimmed, ""
	}
	if lenient && id >= t.trimmed && id > 0 && id <= newest {
		return id, ""
	}
	if _, found := t.find(id); !found {
		return 0, invalidReplay(text)
	}
	return id, ""
}

// invalidReplay is the error for an id that was never issued here or is past
// its retention; both blanks are the service's (salesforce-apis 3.3).
func invalidReplay(id string) string {
	return fmt.Sprintf("400::The replayId {%s} you provided was invalid.  Please provide a valid ID, -2 to replay all events, or -1 to replay only new events.", id)
}

// value is a field of data.sobject as text; ok is false without such a field.
func (e *event) value(field string) (text string, ok bool) {
	if e.fields == nil {
		e.fields = map[string]string{}
		var data struct {
			SObject map[string]json.RawMessage `json:"sobject"`
		}
		if json.Unmarshal(e.data, &data) == nil {
			for name, raw := range data.SObject {
				var s string
				if json.Unmarshal(raw, &s) != nil {
					s = string(raw)
				}
				e.fields[name] = s
			}
		}
	}
	text, ok = e.fields[field]
	return text, ok
}

// topic returns the log of a channel, which it makes at first use.
func (s *Server) topic(channel string) *topic {
	t := s.topics[channel]
	if t == nil {
		t = &topic{name: channel, subs: map[*subscription]struct{}{}, trimmed: s.lastID, last: s.lastID}
		s.topics[channel] = t
	}
	return t
}

// retain appends an event and keeps the log inside its time and the server
// inside its bounds.
func (s *Server) retain(t *topic, e *event) {
	t.log = append(t.log, e)
	t.last = e.id
	s.retained++
	s.retainedBytes += len(e.data)
	s.expire(t, e.at)
	for s.retained > s.set.MaxRetained || s.retainedBytes > s.set.MaxRetainedBytes {
		s.dropOldest()
	}
}

// expire forgets what is past its retention.
func (s *Server) expire(t *topic, now time.Time) {
	if len(t.log) == 0 {
		return
	}
	horizon := now.Add(-s.o.Retention(t.name))
	n := 0
	for n < len(t.log) && t.log[n].at.Before(horizon) {
		n++
	}
	s.drop(t, n)
}

func (s *Server) drop(t *topic, n int) {
	s.retained -= n
	s.retainedBytes -= t.trim(n)
}

// dropOldest forgets the oldest event of all. Topics are few, so looking at the
// head of each is cheaper than an index.
func (s *Server) dropOldest() {
	var oldest *topic
	for _, t := range s.topics {
		if len(t.log) > 0 && (oldest == nil || t.log[0].id < oldest.log[0].id) {
			oldest = t
		}
	}
	if oldest != nil {
		s.drop(oldest, 1)
	}
}

// release forgets a topic that nobody follows and that holds no events.
func (s *Server) release(t *topic) {
	if len(t.subs) == 0 && len(t.log) == 0 {
		delete(s.topics, t.name)
	}
}

package streaming

import (
	"encoding/json"
	"fmt"
	"reflect"
	"testing"
	"time"

	"pgregory.net/rapid"
)

var noTime time.Time

func event(channel string, replay int64, data string) Event {
	return Event{Channel: channel, Replay: replay, Data: json.RawMessage(data)}
}

// TestSeenAgreesWithAModel: an event is dropped exactly if the same channel,
// ID and data came before, in this batch or a delivered one.
func TestSeenAgreesWithAModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s, known := newSeen(), map[string]string{}
		for range rapid.IntRange(1, 8).Draw(t, "batches") {
			var batch, want []Event
			within := map[string]bool{}
			for range rapid.IntRange(0, 12).Draw(t, "events") {
				e := event(rapid.SampledFrom([]string{"/a", "/b"}).Draw(t, "channel"), rapid.Int64Range(-1, 6).Draw(t, "replay"),
					rapid.SampledFrom([]string{"{}", "[]"}).Draw(t, "data"))
				batch = append(batch, e)
				id := fmt.Sprint(e.Channel, e.Replay)
				if e.Replay == NoReplay || known[id] != string(e.Data) && !within[id+string(e.Data)] {
					want = append(want, e)
				}
				within[id+string(e.Data)] = true
			}
			got := s.fresh(batch)
			if len(got) != len(want) || len(got) > 0 && !reflect.DeepEqual(got, want) {
				t.Fatalf("of %v fresh are %v, want %v", batch, got, want)
			}
			if rapid.Bool().Draw(t, "delivered") {
				s.delivered(got)
				for _, e := range got {
					known[fmt.Sprint(e.Channel, e.Replay)] = string(e.Data)
				}
			}
		}
	})
}

func TestSeenIsBounded(t *testing.T) {
	s := newSeen()
	for i := range int64(3 * memoryPerChannel) {
		s.delivered([]Event{event("/a", i, "{}")})
	}
	m := s.channels["/a"]
	if len(m.content) != memoryPerChannel || len(m.ring) != memoryPerChannel {
		t.Errorf("%d IDs in the map, %d in the ring", len(m.content), len(m.ring))
	}
	if !s.has(event("/a", 2*memoryPerChannel, "{}")) || s.has(event("/a", 2*memoryPerChannel-1, "{}")) {
		t.Error("not the last events are remembered")
	}
}

func BenchmarkSeen(b *testing.B) {
	s := newSeen()
	batch := make([]Event, 100)
	id := int64(0)
	b.ReportAllocs()
	for b.Loop() {
		for i := range batch {
			id++
			batch[i] = event([]string{"/a", "/b"}[i%2], id, `{"event":{"replayId":1},"sobject":{"Id":"0JR000000000001"}}`)
		}
		s.delivered(s.fresh(batch))
	}
	b.ReportMetric(100*float64(b.N)/b.Elapsed().Seconds(), "events/s")
}

package store_test

import (
	"fmt"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"omnibridge/connector/store"
	"omnibridge/omnichannel"
	"omnibridge/vcc"
)

// BenchmarkJournal is what a delivery of the stream costs that changes nothing
// but the cursor, and notes each of its events. The time is per event.
func BenchmarkJournal(b *testing.B) {
	for _, entries := range []int{1, 100, 1000} {
		b.Run(fmt.Sprintf("entries=%d", entries), func(b *testing.B) {
			s, err := store.Open(b.Context(), store.Options{Path: filepath.Join(b.TempDir(), "store.db")})
			if err != nil {
				b.Fatal(err)
			}
			defer s.Close()
			n, at := int64(0), time.Now()
			b.ReportAllocs()
			for b.Loop() {
				c := store.Change{Journal: make([]store.Entry, entries)}
				for i := range c.Journal {
					n++
					c.Journal[i] = store.Entry{At: at, Interaction: vcc.InteractionID(strconv.FormatInt(n, 10)), What: "arrived", Why: "bench"}
				}
				c.Cursors = []omnichannel.Cursor{{Channel: "/topic/Bench", Replay: n}}
				if err := s.Commit(b.Context(), c); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(n), "ns/event")
		})
	}
}

package cometd_test

import (
	"fmt"
	"testing"
)

// From Publish to the client's having read the event, over loopback.
func BenchmarkPublishToReceive(b *testing.B) {
	o := start(b, nil)
	c := o.up(b, "ann", "/event/A__e")
	unlimited(b, o)
	for b.Loop() {
		got := c.held()
		o.publish("/event/A__e", 1)
		if a := <-got; len(a.all) != 2 {
			b.Fatalf("%+v", a)
		}
	}
}

func BenchmarkBatchOf100(b *testing.B) {
	o := start(b, nil)
	c := o.up(b, "ann", "/topic/A")
	unlimited(b, o)
	body := fmt.Sprintf(`[{"channel":"/meta/connect","clientId":%q,"connectionType":"long-polling"}]`, c.id)
	var bytes int
	for b.Loop() {
		for n := range 100 {
			o.publish("/topic/A", n)
		}
		_, text, _, err := c.post(b.Context(), body)
		if err != nil {
			b.Fatal(err)
		}
		bytes = len(text)
	}
	b.SetBytes(int64(bytes))
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/100, "ns/event")
}

func BenchmarkPublishTo1000Clients(b *testing.B) {
	o := start(b, nil)
	for range 1_000 {
		o.up(b, "ann", "/topic/A")
	}
	for b.Loop() {
		o.publish("/topic/A", 1)
	}
}

package streaming_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"slices"
	"testing"
	"time"

	"omnibridge/salesforce/mockorg/clock"
	"omnibridge/salesforce/mockorg/cometd"
	"omnibridge/salesforce/streaming"
	"omnibridge/salesforce/wiretest"
)

// TestBlackHole: over real sockets, the connection dies without a word in the middle
// of a poll. The client's own deadline finds it: the poll's time and the grace.
func TestBlackHole(t *testing.T) {
	const hold, slack = 400 * time.Millisecond, 1500 * time.Millisecond
	org := cometd.New(cometd.Options{Clock: clock.New(), ConnectTimeout: hold})
	server := httptest.NewServer(org)
	t.Cleanup(func() { org.Close(); server.CloseClientConnections(); server.Close() })
	w := wiretest.New(t, server.Listener.Addr().String())
	publish := func() int64 {
		return org.Publish(psr, func(id int64) json.RawMessage {
			return fmt.Appendf(nil, `{"event":{"replayId":%d},"sobject":{}}`, id)
		})
	}
	o := newOwner(t)
	got, links := make(chan int64, 100), make(chan streaming.Status, 100)
	o.onDeliver = func(batch []streaming.Event) {
		for _, e := range batch {
			got <- e.Replay
		}
	}
	c, err := streaming.New(streaming.Options{
		TokenSource: &tokens{instance: "http://" + w.Addr().String()}, APIVersion: "67.0", Channels: []streaming.Channel{{Name: psr}}, Slack: slack,
		Cursor: o.readCursor, Deliver: o.deliver, OnGap: o.closeGap, OnLink: func(s streaming.Status) { links <- s },
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithTimeout(t.Context(), 2*time.Minute)
	defer stop()
	ended := make(chan error, 1)
	go func() { ended <- c.Run(ctx) }()
	until := func(is func(streaming.Status) bool) {
		t.Helper()
		for !is(wait(t, ctx, links)) {
		}
	}
	up := func(s streaming.Status) bool { return s.Link == streaming.LinkUp }
	until(up)
	sent := []int64{publish()}
	received := []int64{wait(t, ctx, got)}
	for range 2 { // the second comes so soon that it counts as the same trouble: a pause goes before the session
		began := time.Now()
		if w.Swallow() == 0 {
			t.Fatal("no connection went through the wire")
		}
		sent = append(sent, publish())
		until(func(s streaming.Status) bool { return s.Cause == "silent" })
		if took := time.Since(began); took > 10*(hold+slack) {
			t.Errorf("noticed after %v, want about %v", took, hold+slack)
		}
		until(up)
		received = append(received, wait(t, ctx, got))
	}
	if !slices.Equal(sent, received) {
		t.Errorf("received %v, want %v", received, sent)
	}
	stop()
	if err := <-ended; err != context.Canceled {
		t.Errorf("Run returned %v", err)
	}
}

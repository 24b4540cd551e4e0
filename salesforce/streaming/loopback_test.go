package streaming_test

import (
	"context"
	"net/http/httptest"
	"slices"
	"testing"
	"time"

	"omnibridge/salesforce/streaming"
)

// TestOverRealSockets uses the client's own transport over TCP: cookies, gzip,
// keep-alive, and a listener that resets all connections in between.
func TestOverRealSockets(t *testing.T) {
	s := newServer()
	s.gzip = true
	listener := httptest.NewServer(s)
	defer listener.Close()
	o := newOwner(t)
	got := make(chan int64, 100)
	up := make(chan struct{}, 100)
	o.onDeliver = func(batch []streaming.Event) {
		for _, e := range batch {
			got <- e.Replay
		}
	}
	c, err := streaming.New(streaming.Options{
		TokenSource: &tokens{instance: listener.URL}, APIVersion: "67.0", Channels: []streaming.Channel{{Name: psr}},
		Cursor: o.readCursor, Deliver: o.deliver, OnGap: o.closeGap,
		OnLink: func(st streaming.Status) {
			o.link(st)
			if st.Link == streaming.LinkUp {
				up <- struct{}{}
			}
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithTimeout(t.Context(), 2*time.Minute)
	defer stop()
	ended := make(chan error, 1)
	go func() { ended <- c.Run(ctx) }()
	wait(t, ctx, up)
	var sent, received []int64
	for range 5 {
		sent = append(sent, s.publish(psr))
		received = append(received, wait(t, ctx, got))
	}
	listener.CloseClientConnections() // it may strike between two polls, where nobody notices
	sent = append(sent, s.publish(psr))
	received = append(received, wait(t, ctx, got))
	if !slices.Equal(sent, received) {
		t.Errorf("received %v, want %v", received, sent)
	}
	stop()
	if err := <-ended; err != context.Canceled {
		t.Errorf("Run returned %v", err)
	}
}

func wait[T any](t *testing.T, ctx context.Context, from <-chan T) T {
	t.Helper()
	select {
	case v := <-from:
		return v
	case <-ctx.Done():
		t.Fatal("nothing came")
		panic("unreachable")
	}
}

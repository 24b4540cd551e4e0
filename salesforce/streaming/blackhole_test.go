package streaming_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"

	"omnibridge/salesforce/mockorg/clock"
	"omnibridge/salesforce/mockorg/cometd"
	"omnibridge/salesforce/streaming"
)

// wire forwards TCP connections to a server, until it becomes a black hole: then
// what it has accepted stays open, and is acknowledged by the kernel, but nothing
// goes through any more. No keep-alive probe and no reset tells.
type wire struct {
	net.Listener
	to string
	wg sync.WaitGroup

	mu    sync.Mutex
	lines []*line
}

// line is one connection through the wire.
type line struct {
	ends [2]net.Conn
	hole chan struct{} // closed when nothing goes through any more
}

func newWire(t *testing.T, to string) *wire {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w := &wire{Listener: l, to: to}
	w.wg.Go(w.accept)
	t.Cleanup(func() {
		_ = l.Close()
		w.mu.Lock()
		for _, line := range w.lines {
			_, _ = line.ends[0].Close(), line.ends[1].Close()
		}
		w.mu.Unlock()
		w.wg.Wait()
	})
	return w
}

func (w *wire) accept() {
	for {
		in, err := w.Accept()
		if err != nil {
			return
		}
		out, err := net.Dial("tcp", w.to)
		if err != nil {
			_ = in.Close()
			return
		}
		l := &line{[2]net.Conn{in, out}, make(chan struct{})}
		w.mu.Lock()
		w.lines = append(w.lines, l)
		w.mu.Unlock()
		w.wg.Go(func() { l.forward(in, out) })
		w.wg.Go(func() { l.forward(out, in) })
	}
}

// forward copies from one end to the other. What falls into the hole is read, so
// that the sender's window never closes.
func (l *line) forward(from, to net.Conn) {
	buffer := make([]byte, 4096)
	for {
		n, err := from.Read(buffer)
		select {
		case <-l.hole:
			if err != nil {
				return // not told to the other end
			}
			continue
		default:
		}
		if n > 0 {
			if _, err := to.Write(buffer[:n]); err != nil {
				return
			}
		}
		if err != nil {
			_ = to.(*net.TCPConn).CloseWrite()
			return
		}
	}
}

// swallow makes a black hole of the connections there are.
func (w *wire) swallow() (swallowed int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, l := range w.lines {
		select {
		case <-l.hole:
		default:
			close(l.hole)
			swallowed++
		}
	}
	return swallowed
}

// TestBlackHole: over real sockets, the connection dies without a word in the middle
// of a poll. The client's own deadline finds it: the poll's time and the grace.
func TestBlackHole(t *testing.T) {
	const hold, slack = 400 * time.Millisecond, 1500 * time.Millisecond
	org := cometd.New(cometd.Options{Clock: clock.New(), ConnectTimeout: hold})
	server := httptest.NewServer(org)
	t.Cleanup(func() { org.Close(); server.CloseClientConnections(); server.Close() })
	w := newWire(t, server.Listener.Addr().String())
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
		if w.swallow() == 0 {
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

// Package wiretest is a network for tests that goes silent: connections through it
// die without a word, as behind a firewall that forgot them.
package wiretest

import (
	"net"
	"sync"
	"testing"
)

// Wire forwards TCP connections to a server, until it becomes a black hole: then
// what it has accepted stays open, and is acknowledged by the kernel, but nothing
// goes through any more. No keep-alive probe and no reset tells. It listens at Addr,
// and is safe for concurrent use.
type Wire struct {
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

// New returns a wire to the server at an address, as host:port. It ends with the test.
func New(t testing.TB, to string) *Wire {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w := &Wire{Listener: l, to: to}
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

func (w *Wire) accept() {
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

// Swallow makes a black hole of the connections there are, and tells how many it was
// not one of yet.
func (w *Wire) Swallow() (swallowed int) {
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

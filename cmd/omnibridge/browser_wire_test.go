package main

import (
	"io"
	"net"
	"sync"
	"testing"
)

// wire is the network between browsers and the daemon: it passes all on, but can hold
// what goes one way, so that the daemon can be killed between any two steps. Once cut it
// carries nothing until it is mended, so that a test can look at the daemon before any
// browser is with it again.
type wire struct {
	to net.Addr // of the daemon's listener

	mu    sync.Mutex
	pairs map[net.Conn]net.Conn // of each browser's connection, the daemon's
	up    chan struct{}         // not nil: what goes to the daemon waits until it is closed
	down  chan struct{}         // what comes from it
	held  int                   // bytes of browsers that wait
	apart bool                  // it is cut
}

// newWire listens in the daemon's place.
func newWire(t *testing.T, l net.Listener, to net.Addr) *wire {
	w := &wire{to: to, pairs: map[net.Conn]net.Conn{}}
	var running sync.WaitGroup
	running.Go(func() {
		for {
			from, err := l.Accept()
			if err != nil {
				return
			}
			running.Go(func() { w.carry(from) })
		}
	})
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
		w.cut()
		running.Wait()
	})
	return w
}

func (w *wire) carry(from net.Conn) {
	defer from.Close()
	to, err := net.Dial(w.to.Network(), w.to.String())
	if err != nil {
		return // nobody is there: the browser is refused
	}
	defer to.Close()
	w.mu.Lock()
	if w.apart {
		w.mu.Unlock()
		return
	}
	w.pairs[from] = to
	w.mu.Unlock()
	defer func() {
		w.mu.Lock()
		delete(w.pairs, from)
		w.mu.Unlock()
	}()
	back := make(chan struct{})
	go func() {
		defer close(back)
		w.copy(from, to, true)
		from.Close()
	}()
	w.copy(to, from, false)
	to.Close()
	<-back
}

// copy passes on what comes, once it may.
func (w *wire) copy(to io.Writer, from io.Reader, down bool) {
	buf := make([]byte, 64<<10)
	for {
		n, err := from.Read(buf)
		w.mu.Lock()
		let := w.up
		if down {
			let = w.down
		} else if let != nil {
			w.held += n
		}
		w.mu.Unlock()
		if let != nil {
			<-let
		}
		if _, failed := to.Write(buf[:n]); err != nil || failed != nil {
			return
		}
	}
}

// holdUp holds what browsers send from now on, holdDown what they are sent.
func (w *wire) holdUp() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.up, w.held = make(chan struct{}), 0
}

func (w *wire) holdDown() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.down = make(chan struct{})
}

// holds tells whether something of a browser is held.
func (w *wire) holds() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.held > 0
}

// cut breaks every connection, so that what was held is lost, and lets no other come to
// be.
func (w *wire) cut() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for from, to := range w.pairs {
		_, _ = from.Close(), to.Close() // they may be closed already
	}
	for _, c := range []chan struct{}{w.up, w.down} {
		if c != nil {
			close(c)
		}
	}
	w.up, w.down, w.apart = nil, nil, true
}

// mend lets connections come to be again.
func (w *wire) mend() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.apart = false
}

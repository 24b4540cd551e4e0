package salesforce

import (
	"crypto/tls"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"
)

// wire forwards TCP connections to a server. Those that are swallowed stay open, and
// what is sent on them is acknowledged, but nothing goes through any more.
type wire struct {
	net.Listener
	to string
	wg sync.WaitGroup

	mu    sync.Mutex
	hole  chan struct{} // closed when the connections there are go silent
	conns []net.Conn
}

func newWire(t *testing.T, to string) *wire {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w := &wire{Listener: l, to: to, hole: make(chan struct{})}
	w.wg.Go(w.accept)
	t.Cleanup(func() {
		_ = l.Close()
		w.mu.Lock()
		for _, c := range w.conns {
			_ = c.Close()
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
		w.mu.Lock()
		hole := w.hole
		w.conns = append(w.conns, in, out)
		w.mu.Unlock()
		w.wg.Go(func() { forward(in, out, hole) })
		w.wg.Go(func() { forward(out, in, hole) })
	}
}

// forward copies from one end to the other. What falls into the hole is read all the
// same, so that the sender's window never closes.
func forward(from, to net.Conn, hole <-chan struct{}) {
	buffer := make([]byte, 4096)
	for {
		n, err := from.Read(buffer)
		select {
		case <-hole:
			if err != nil {
				return // not told to the other end
			}
			continue
		default:
		}
		if _, failed := to.Write(buffer[:n]); err != nil || failed != nil {
			_ = to.Close()
			return
		}
	}
}

// swallow silences the connections there are.
func (w *wire) swallow() {
	w.mu.Lock()
	defer w.mu.Unlock()
	close(w.hole)
	w.hole = make(chan struct{})
}

// TestDeadConnectionIsLeft: under HTTP/2 all calls share a connection. When it dies
// without a word the next attempt must not wait on it as well.
func TestDeadConnectionIsLeft(t *testing.T) {
	f := newFakeOrg(t, says2(200, `{"x":1}`))
	var mu sync.Mutex
	remotes := map[string]bool{}
	srv := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.ProtoMajor != 2 {
			t.Errorf("%s, want HTTP/2", r.Proto)
		}
		mu.Lock()
		remotes[r.RemoteAddr] = true
		mu.Unlock()
		f.ServeHTTP(w, r)
	}))
	srv.EnableHTTP2 = true
	srv.StartTLS()
	t.Cleanup(srv.Close)
	w := newWire(t, srv.Listener.Addr().String())

	transport := newTransport(2)
	t.Cleanup(transport.CloseIdleConnections)
	transport.TLSClientConfig = &tls.Config{RootCAs: srv.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs}
	if transport.HTTP2 == nil || transport.HTTP2.SendPingTimeout+transport.HTTP2.PingTimeout >= (Options{}).withDefaults().AttemptTimeout {
		t.Fatal("no ping finds a dead connection within an attempt")
	}
	transport.HTTP2.SendPingTimeout, transport.HTTP2.PingTimeout = 200*time.Millisecond, 200*time.Millisecond
	c := f.client(t, func(o *Options) { o.Transport, o.AttemptTimeout = transport, 2*time.Second })
	f.URL = "https://" + w.Addr().String() // where the next login sends the calls
	for i := range 3 {
		if _, err := c.Do(t.Context(), "GET", "limits", nil); err != nil {
			t.Fatalf("call %d: %v", i, err)
		}
		w.swallow()
	}
	mu.Lock()
	defer mu.Unlock()
	if len(remotes) < 3 {
		t.Errorf("%d connections for three calls, each but the last followed by silence", len(remotes))
	}
}

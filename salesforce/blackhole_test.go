package salesforce

import (
	"crypto/tls"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"omnibridge/salesforce/wiretest"
)

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
	w := wiretest.New(t, srv.Listener.Addr().String())

	transport := newTransport(2)
	t.Cleanup(transport.CloseIdleConnections)
	transport.TLSClientConfig = &tls.Config{RootCAs: srv.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs}
	if transport.HTTP2 == nil || transport.HTTP2.SendPingTimeout+transport.HTTP2.PingTimeout >= (Options{}).withDefaults().AttemptTimeout {
		t.Fatal("no ping finds a dead connection within an attempt")
	}
	transport.HTTP2.SendPingTimeout, transport.HTTP2.PingTimeout = 500*time.Millisecond, 2*time.Second // a busy machine answers late
	c := f.client(t, func(o *Options) { o.Transport, o.AttemptTimeout = transport, time.Minute })
	f.URL = "https://" + w.Addr().String() // where the next login sends the calls
	for i := range 3 {
		if _, err := c.Do(t.Context(), "GET", "limits", nil); err != nil {
			t.Fatalf("call %d: %v", i, err)
		}
		w.Swallow()
	}
	mu.Lock()
	defer mu.Unlock()
	if len(remotes) < 3 {
		t.Errorf("%d connections for three calls, each but the last followed by silence", len(remotes))
	}
}

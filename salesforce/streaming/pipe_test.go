package streaming_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// pipes is a network inside a synctest bubble: a listener and a dialler over
// net.Pipe. A bubble is a leak check as well: it fails the test if a goroutine
// of the client outlives Run.
type pipes struct {
	accept chan net.Conn
	closed chan struct{}
	once   sync.Once

	mu     sync.Mutex
	conns  []*pipe // the server's ends
	deaf   bool    // connections are refused
	dialed int     // or tried to
}

// pipe is the server's end of a connection. A mute one is half open: nothing
// arrives in either direction, and no reset tells.
type pipe struct {
	net.Conn
	mute atomic.Bool
}

func (p *pipe) Read(b []byte) (int, error) {
	for {
		n, err := p.Conn.Read(b)
		if err != nil || !p.mute.Load() {
			return n, err
		}
	}
}

func (p *pipe) Write(b []byte) (int, error) {
	if p.mute.Load() {
		return len(b), nil
	}
	return p.Conn.Write(b)
}

// mute makes the connections that stand half open.
func (p *pipes) mute() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range p.conns {
		c.mute.Store(true)
	}
}

// refuse refuses connections from now on, or no longer.
func (p *pipes) refuse(yes bool) {
	p.mu.Lock()
	p.deaf = yes
	p.mu.Unlock()
}

func newPipes() *pipes { return &pipes{accept: make(chan net.Conn), closed: make(chan struct{})} }

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.accept:
		return c, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error   { p.once.Do(func() { close(p.closed) }); return nil }
func (p *pipes) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)} }

func (p *pipes) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	ours, end := net.Pipe()
	theirs := &pipe{Conn: end}
	p.mu.Lock()
	deaf := p.deaf
	p.dialed++
	p.mu.Unlock()
	if deaf {
		return nil, &net.OpError{Op: "dial", Net: "pipe", Err: errors.New("connection refused")}
	}
	select {
	case p.accept <- theirs:
		p.mu.Lock()
		p.conns = append(p.conns, theirs)
		p.mu.Unlock()
		return ours, nil
	case <-p.closed:
		return nil, errors.New("connection refused")
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// cut resets every connection there is.
func (p *pipes) cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range p.conns {
		c.Close()
	}
	p.conns = nil
}

// serve serves h over pipes for the length of the test and returns them with a
// client for them.
func serve(t *testing.T, h http.Handler) (*pipes, *http.Client) {
	p := newPipes()
	server := &http.Server{Handler: h}
	go server.Serve(p)
	through := &http.Transport{DialContext: p.dial, IdleConnTimeout: time.Minute}
	t.Cleanup(func() {
		through.CloseIdleConnections()
		server.Close()
	})
	return p, &http.Client{Transport: through}
}

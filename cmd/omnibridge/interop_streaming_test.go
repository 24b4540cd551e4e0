package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"omnibridge/salesforce/streaming"
)

// Our streaming client against Bayeux servers that others wrote: both know
// nothing of Salesforce, of its replay or of its errors. They keep the client
// from agreeing only with our own mock.

// foreignServer is one of the servers of testdata/interop/server.mjs.
type foreignServer struct {
	t   *testing.T
	url string
}

func serveForeign(t *testing.T, kind, module string) foreignServer {
	t.Helper()
	cmd := nodeCommand(t, t.Context(), module, "server.mjs", kind)
	cmd.Stderr = t.Output()
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = stdin.Close() // it ends with its input
		if err := cmd.Wait(); err != nil && !errors.Is(t.Context().Err(), context.Canceled) {
			t.Errorf("%s server: %v", kind, err)
		}
	})
	var line struct{ URL string }
	text, err := bufio.NewReader(stdout).ReadBytes('\n')
	if err == nil {
		err = json.Unmarshal(text, &line)
	}
	if err != nil || line.URL == "" {
		t.Fatalf("the first line of the %s server: %q, %v", kind, text, err)
	}
	return foreignServer{t, line.URL}
}

// command tells the server to do something now.
func (s foreignServer) command(path string, params url.Values) {
	s.t.Helper()
	reply, err := http.Post(s.url+path+"?"+params.Encode(), "", nil)
	if err != nil {
		s.t.Fatal(err)
	}
	reply.Body.Close()
	if reply.StatusCode != http.StatusNoContent {
		s.t.Fatalf("%s: %s", path, reply.Status)
	}
}

// Token is a token nobody checks.
func (s foreignServer) Token(context.Context) (token, instance string, err error) {
	return "unchecked", s.url, nil
}

// Invalidate must not be called: these servers refuse no token.
func (s foreignServer) Invalidate(string) { s.t.Error("the client took its token for refused") }

// foreignListener is our client with an owner that keeps everything.
type foreignListener struct {
	t      *testing.T
	server foreignServer
	client *streaming.Client
	links  chan streaming.Status

	mu     sync.Mutex
	events []streaming.Event
	gaps   int
	told   []string      // each change of the link
	sent   int           // events published so far
	grown  chan struct{} // told when events came
}

var foreignChannels = []string{"/topic/Foreign", "/data/ForeignChangeEvent"}

func listenForeign(t *testing.T, server foreignServer) *foreignListener {
	l := &foreignListener{t: t, server: server, links: make(chan streaming.Status, 100), grown: make(chan struct{}, 1)}
	var channels []streaming.Channel
	for _, name := range foreignChannels {
		channels = append(channels, streaming.Channel{Name: name})
	}
	var err error
	l.client, err = streaming.New(streaming.Options{
		TokenSource: server, APIVersion: "62.0", Channels: channels,
		Cursor: l.cursor, Deliver: l.deliver, OnGap: l.gap,
		OnLink: l.link,
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithTimeout(t.Context(), interopDeadline)
	ended := make(chan error, 1)
	go func() { ended <- l.client.Run(ctx) }()
	t.Cleanup(func() { stop(); <-ended })
	return l
}

func (l *foreignListener) cursor(_ context.Context, channel string) (int64, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, e := range slices.Backward(l.events) {
		if e.Channel == channel {
			return e.Replay, nil
		}
	}
	return streaming.NoReplay, nil
}

func (l *foreignListener) deliver(_ context.Context, batch []streaming.Event) error {
	l.mu.Lock()
	l.events = append(l.events, batch...)
	l.mu.Unlock()
	select {
	case l.grown <- struct{}{}:
	default:
	}
	return nil
}

func (l *foreignListener) gap(context.Context, string, streaming.Gap) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.gaps++
	return nil
}

func (l *foreignListener) link(s streaming.Status) {
	l.mu.Lock()
	l.told = append(l.told, strings.TrimSpace(fmt.Sprintf("%s %s %s", s.Link, s.Cause, s.Reason)))
	l.mu.Unlock()
	l.links <- s
}

// story is what the client went through, for a failure.
func (l *foreignListener) story() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return fmt.Sprintf("%+v, %s", l.client.Stats(), strings.Join(l.told, "; "))
}

// untilUp waits for the link, and returns why it was away.
func (l *foreignListener) untilUp() (cause string) {
	l.t.Helper()
	deadline := time.After(patience)
	for {
		select {
		case s := <-l.links:
			if s.Link == streaming.LinkUp {
				return cause
			}
			if s.Cause != "" {
				cause = s.Cause
			}
		case <-deadline:
			l.t.Fatalf("the link is not up, last cause %q: %s", cause, l.story())
		}
	}
}

// publish has the server send events in one go and wants all of them, in order.
func (l *foreignListener) publish(channel string, count int) {
	l.t.Helper()
	l.server.command("/publish", url.Values{"channel": {channel}, "from": {fmt.Sprint(l.sent + 1)}, "count": {fmt.Sprint(count)}})
	from := l.sent
	l.sent += count
	deadline := time.After(patience)
	for {
		l.mu.Lock()
		got := slices.Clone(l.events[min(from, len(l.events)):])
		l.mu.Unlock()
		if len(got) >= count {
			l.check(channel, from, got)
			return
		}
		select {
		case <-l.grown:
		case <-deadline:
			l.t.Fatalf("%d of %d events came: %s", len(got), count, l.story())
		}
	}
}

func (l *foreignListener) check(channel string, from int, got []streaming.Event) {
	l.t.Helper()
	if len(got) != l.sent-from {
		l.t.Fatalf("%d events came, want %d", len(got), l.sent-from)
	}
	for i, e := range got {
		n := from + 1 + i
		want := fmt.Sprintf(`{"event":{"replayId":%d},"payload":"event %d"}`, n, n)
		if e.Channel != channel || e.Replay != int64(n) || string(e.Data) != want {
			l.t.Fatalf("event %d is %s %d %s, want %s", i, e.Channel, e.Replay, e.Data, want)
		}
	}
}

// tell is the story that both servers play: bursts of every size, then a server
// that forgets its clients.
func (l *foreignListener) tell() {
	l.t.Helper()
	l.untilUp()
	for _, count := range []int{1, 10, 100, 1000} {
		for _, channel := range foreignChannels {
			l.publish(channel, count)
		}
	}
	l.server.command("/restart", nil)
	if cause := l.untilUp(); cause != "unknown-client" {
		l.t.Errorf("after the restart the link was away for %q, want unknown-client", cause)
	}
	l.publish(foreignChannels[1], 10)
	l.publish(foreignChannels[0], 1)
}

// settled checks the counts at the end: nothing twice, nothing astray.
func (l *foreignListener) settled(handshakes uint64) {
	l.t.Helper()
	s := l.client.Stats()
	if s.Handshakes != handshakes || s.Duplicates != 0 || s.Strays != 0 {
		l.t.Errorf("want %d handshakes: %s", handshakes, l.story())
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.events) != l.sent {
		l.t.Errorf("%d events came, want %d", len(l.events), l.sent)
	}
	if l.gaps != len(foreignChannels) { // a first subscribe has no position, later ones do
		l.t.Errorf("%d gaps, want one for each of %d channels at the start", l.gaps, len(foreignChannels))
	}
}

// faye puts the reply before the events and says 401:id:Unknown client.
func TestInteropServerFaye(t *testing.T) {
	t.Parallel()
	l := listenForeign(t, serveForeign(t, "faye", "faye"))
	l.tell()
	l.settled(2)
}

// CometD puts events before the reply, says 402::session_unknown, insists on its
// cookie, and can end a session with a disconnect that nobody asked for.
func TestInteropServerCometD(t *testing.T) {
	t.Parallel()
	l := listenForeign(t, serveForeign(t, "cometd", "cometd-nodejs-server"))
	l.tell()
	l.server.command("/disconnect", nil)
	if cause := l.untilUp(); cause != "disconnected" {
		t.Errorf("after the disconnect the link was away for %q, want disconnected", cause)
	}
	l.publish(foreignChannels[0], 100)
	l.settled(3)
}

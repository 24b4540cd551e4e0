package cometd_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"omnibridge/salesforce/mockorg/clock"
	"omnibridge/salesforce/mockorg/cometd"
)

// element is one member of an answer.
type element struct {
	ID           json.RawMessage
	Channel      string
	ClientID     string
	Successful   *bool
	Error        string
	Subscription json.RawMessage
	Advice       *struct {
		Reconnect string
		Interval  *int
		Timeout   int
	}
	Ext struct {
		Replay        bool
		PayloadFormat bool `json:"payload.format"`
		SFDC          struct{ FailureReason string }
	}
	Data struct{ N, Replay int64 }
}

func (e element) ok() bool { return e.Successful != nil && *e.Successful }

// org is a server with a clock and a way to reach it.
type org struct {
	*cometd.Server
	clock *clock.Clock
	url   string
	dial  *http.Transport
}

var errToken = errors.New("no such token")

func options(c *clock.Clock) cometd.Options {
	return cometd.Options{
		Clock: c,
		Authenticate: func(header string) (string, error) {
			for _, scheme := range []string{"Bearer ", "OAuth ", ""} {
				if token, ok := strings.CutPrefix(header, scheme); ok && strings.HasPrefix(token, "00D!") {
					return strings.TrimPrefix(token, "00D!"), nil
				}
			}
			return "", errToken
		},
	}
}

// start serves over loopback. It is for tests whose time is the machine's.
func start(t testing.TB, change func(*cometd.Options)) *org {
	c := clock.New()
	o := options(c)
	if change != nil {
		change(&o)
	}
	s := cometd.New(o)
	h := httptest.NewServer(s)
	t.Cleanup(func() { s.Close(); h.Close(); c.Stop() })
	return &org{s, c, h.URL, &http.Transport{}}
}

// bubble runs a test in fake time, over connections in memory.
func bubble(t *testing.T, change func(*cometd.Options), f func(t *testing.T, o *org)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		c := clock.New()
		opt := options(c)
		if change != nil {
			change(&opt)
		}
		s := cometd.New(opt)
		l := &pipes{conns: make(chan net.Conn), done: make(chan struct{})}
		h := &http.Server{Handler: s}
		go h.Serve(l)
		o := &org{s, c, "http://org", &http.Transport{DialContext: l.dial}}
		f(t, o)
		s.Close()
		o.dial.CloseIdleConnections()
		h.Close()
		c.Stop()
	})
}

type pipes struct {
	conns chan net.Conn
	done  chan struct{}
}

func (p *pipes) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	ours, theirs := net.Pipe()
	select {
	case p.conns <- theirs:
		return ours, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}
func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.done:
		return nil, net.ErrClosed
	}
}
func (p *pipes) Close() error {
	select {
	case <-p.done:
	default:
		close(p.done)
	}
	return nil
}
func (p *pipes) Addr() net.Addr { return &net.TCPAddr{} }

// client speaks Bayeux with cookies of its own.
type client struct {
	t    testing.TB
	o    *org
	http *http.Client
	auth string
	path string
	id   string
	n    int
}

func (o *org) client(t testing.TB, user string) *client {
	jar, _ := cookiejar.New(nil)
	return &client{t: t, o: o, http: &http.Client{Jar: jar, Transport: o.dial}, auth: "Bearer 00D!" + user, path: "/cometd/67.0"}
}

// post sends a body as it is.
func (c *client) post(ctx context.Context, body string) (int, string, http.Header, error) {
	r, _ := http.NewRequestWithContext(ctx, http.MethodPost, c.o.url+c.path, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json;charset=UTF-8")
	if c.auth != "" {
		r.Header.Set("Authorization", c.auth)
	}
	resp, err := c.http.Do(r)
	if err != nil {
		return 0, "", nil, err
	}
	defer resp.Body.Close()
	all, err := io.ReadAll(resp.Body)
	return resp.StatusCode, string(all), resp.Header, err
}

// send posts an array of messages and fails the test unless it is answered.
func (c *client) send(messages ...string) []element {
	c.t.Helper()
	status, body, _, err := c.post(c.t.Context(), "["+strings.Join(messages, ",")+"]")
	if err != nil || status != http.StatusOK {
		c.t.Fatalf("post: %v, status %d, body %q", err, status, body)
	}
	return decode(c.t, body)
}

func decode(t testing.TB, body string) []element {
	t.Helper()
	var all []element
	if err := json.Unmarshal([]byte(body), &all); err != nil {
		t.Fatalf("answer %q: %v", body, err)
	}
	return all
}

func (c *client) message(channel, members string) string {
	c.n++
	if c.id != "" {
		members = `,"clientId":"` + c.id + `"` + members
	}
	return fmt.Sprintf(`{"id":"%d","channel":"/meta/%s"%s}`, c.n, channel, members)
}

func (c *client) one(channel, members string) element {
	c.t.Helper()
	all := c.send(c.message(channel, members))
	if len(all) != 1 {
		c.t.Fatalf("%s was answered by %d elements, want 1: %+v", channel, len(all), all)
	}
	return all[0]
}

func (c *client) handshake() element {
	c.t.Helper()
	c.id = ""
	e := c.one("handshake", `,"version":"1.0","supportedConnectionTypes":["long-polling"],"ext":{"replay":true}`)
	c.id = e.ClientID
	return e
}

const poll = `,"connectionType":"long-polling"`

func (c *client) connect() []element { c.t.Helper(); return c.send(c.message("connect", poll)) }

func (c *client) subscribe(channel string, replay string) element {
	c.t.Helper()
	members := `,"subscription":` + strconv.Quote(channel)
	if replay != "" {
		name, _, _ := strings.Cut(channel, "?")
		members += `,"ext":{"replay":{` + strconv.Quote(name) + `:` + replay + `}}`
	}
	return c.one("subscribe", members)
}

// up shakes hands, connects and subscribes; all must succeed.
func (o *org) up(t testing.TB, user string, channels ...string) *client {
	t.Helper()
	c := o.client(t, user)
	c.ready(channels...)
	return c
}

func (c *client) ready(channels ...string) {
	c.t.Helper()
	if e := c.handshake(); !e.ok() {
		c.t.Fatalf("handshake: %+v", e)
	}
	if e := c.one("connect", poll+`,"advice":{"timeout":0}`); !e.ok() {
		c.t.Fatalf("connect: %+v", e)
	}
	for _, channel := range channels {
		if e := c.subscribe(channel, ""); !e.ok() {
			c.t.Fatalf("subscribe %s: %+v", channel, e)
		}
	}
}

// publish sends the n-th event and returns its replay id.
func (o *org) publish(channel string, n int) int64 {
	return o.Publish(channel, func(id int64) json.RawMessage {
		return fmt.Appendf(nil, `{"n":%d,"replay":%d,"sobject":{"N":%d,"Name":"a&b","Open":true}}`, n, id, n)
	})
}

// events are the numbers of the events in an answer, in order.
func events(all []element) (n []int64) {
	for _, e := range all {
		if e.Successful == nil {
			n = append(n, e.Data.N)
		}
	}
	return n
}

// held sends a connect in the background; the answer comes on the channel once
// the server holds it and has something to say.
type answer struct {
	status int
	all    []element
	after  time.Duration
	err    error
}

func (c *client) held() <-chan answer {
	c.t.Helper()
	body := "[" + c.message("connect", poll) + "]"
	got := make(chan answer, 1)
	began := time.Now()
	go func() {
		status, text, _, err := c.post(c.t.Context(), body)
		a := answer{status: status, after: time.Since(began), err: err}
		if err == nil && status == http.StatusOK {
			a.err = json.Unmarshal([]byte(text), &a.all)
		}
		got <- a
	}()
	return got
}

func zipped(text string) io.Reader {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	z.Write([]byte(text))
	z.Close()
	return &b
}

func unzip(t testing.TB, body []byte) []byte {
	t.Helper()
	z, err := gzip.NewReader(bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	all, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func unlimited(t testing.TB, o *org) {
	t.Helper()
	if err := o.Set(func(s *cometd.Settings) { s.MaxDelivered, s.MaxDeliveredEvents = -1, -1 }); err != nil {
		t.Fatal(err)
	}
}

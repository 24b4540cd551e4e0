package streaming

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"time"
)

// maxReply bounds a reply after decompression. Salesforce asks clients to take
// 10 MB at least (salesforce-apis 3.1).
const maxReply = 16 << 20

// maxGuess bounds the memory that is made ready for a reply of unknown length.
const maxGuess = 1 << 20

var errTooLarge = errors.New("reply exceeds 16 MiB")

// transport posts Bayeux messages. It has no state of its own: what belongs to
// a session is in session.
type transport struct {
	tokens    TokenSource
	through   http.RoundTripper
	version   string
	userAgent string
}

// newRoundTripper makes a transport for long polls: half-open connections are
// found by keep-alive probes in about a minute and by pings under HTTP/2, long
// before a poll's deadline. Answers are decompressed by net/http.
func newRoundTripper() *http.Transport {
	dialer := &net.Dialer{Timeout: 10 * time.Second, KeepAliveConfig: net.KeepAliveConfig{
		Enable: true, Idle: 15 * time.Second, Interval: 15 * time.Second, Count: 3,
	}}
	return &http.Transport{
		Proxy:               http.ProxyFromEnvironment,
		DialContext:         dialer.DialContext,
		TLSHandshakeTimeout: 10 * time.Second,
		MaxIdleConnsPerHost: 2,
		IdleConnTimeout:     90 * time.Second,
		ForceAttemptHTTP2:   true,
		HTTP2:               &http.HTTP2Config{SendPingTimeout: 30 * time.Second, PingTimeout: 15 * time.Second},
	}
}

// session is what the server knows us by: the client ID it gave, the cookies
// that route to the node that gave it, and the instance they belong to. The
// next handshake begins a new one (salesforce-apis 3.1: cookies expire).
type session struct {
	cookies  *cookiejar.Jar
	url      *url.URL // of all requests
	clientID string
	messages int // numbers the messages

	usual       atomic.Int64 // length of the last reply: about what the next will have
	usualHeader atomic.Pointer[header]
}

func (t *transport) newSession(instance string) (*session, *fault) {
	u, err := url.Parse(instance)
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		return nil, &fault{badInstance, strconv.Quote(instance)}
	}
	jar, err := cookiejar.New(nil)
	if err != nil {
		return nil, &fault{badInstance, err.Error()}
	}
	path := strings.TrimRight(u.Path, "/") + "/cometd/" + t.version
	return &session{cookies: jar, url: &url.URL{Scheme: u.Scheme, Host: u.Host, Path: path}}, nil
}

// outgoing is a meta message.
type outgoing struct {
	ID                       string         `json:"id"`
	Channel                  string         `json:"channel"`
	ClientID                 string         `json:"clientId,omitempty"`
	Version                  string         `json:"version,omitempty"`
	MinimumVersion           string         `json:"minimumVersion,omitempty"`
	SupportedConnectionTypes []string       `json:"supportedConnectionTypes,omitempty"`
	ConnectionType           string         `json:"connectionType,omitempty"`
	Subscription             string         `json:"subscription,omitempty"`
	Advice                   map[string]int `json:"advice,omitempty"`
	Ext                      map[string]any `json:"ext,omitempty"`
}

// message starts a message of the session. Only the goroutine that owns the
// session calls it.
func (s *session) message(channel string) outgoing {
	s.messages++
	return outgoing{ID: strconv.Itoa(s.messages), Channel: channel, ClientID: s.clientID}
}

func (s *session) handshake() outgoing {
	m := s.message("/meta/handshake")
	m.ClientID = ""
	m.Version, m.MinimumVersion = "1.0", "1.0"
	m.SupportedConnectionTypes = []string{"long-polling"}
	m.Ext = map[string]any{"replay": true}
	return m
}

func (s *session) connect(first bool) outgoing {
	m := s.message("/meta/connect")
	m.ConnectionType = "long-polling"
	if first {
		m.Advice = map[string]int{"timeout": 0}
	}
	return m
}

func (s *session) subscribe(channel string) outgoing {
	m := s.message("/meta/subscribe")
	m.Subscription = channel
	return m
}

// at sets the position of a subscribe. The key has no filter, and there is one
// channel in the map (salesforce-apis 3.3).
func (m outgoing) at(position int64) outgoing {
	m.Ext = map[string]any{"replay": map[string]int64{replayKey(m.Subscription): position}}
	return m
}

// response is what a request brought.
type response struct {
	messages []message
	token    string // the token it was made with
	fault    *fault // set if there is no Bayeux reply
}

// post sends messages and reads the whole reply. The caller's context is its
// only deadline, but for a reply that stands still. Of the session's fields it changes those that are safe for
// concurrent use. It goes to the round tripper itself, since there is no use for what a
// http.Client adds: a redirect would carry the token to a host nobody chose.
func (t *transport) post(ctx context.Context, s *session, messages ...outgoing) response {
	token, _, err := t.tokens.Token(ctx)
	if err != nil {
		return response{fault: classifyToken(err)}
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	r := response{token: token}
	body, err := encode(messages)
	if err != nil {
		r.fault = classifyTransport(fmt.Errorf("write Bayeux messages: %w", err))
		return r
	}
	again := func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body)), nil }
	content, _ := again()
	req := (&http.Request{
		Method: http.MethodPost, URL: s.url, Host: s.url.Host, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: s.header(token, t.userAgent, time.Now()), Body: content, GetBody: again, ContentLength: int64(len(body)),
	}).WithContext(ctx)
	resp, err := t.through.RoundTrip(req)
	if err != nil {
		r.fault = classifyTransport(fmt.Errorf("post to %s: %w", s.url, err))
		return r
	}
	defer resp.Body.Close()
	s.keep(resp)
	resp.Body = &pulse{ReadCloser: resp.Body, stop: func() { cancel(errStill) }}
	r.messages, r.fault = read(resp, &s.usual)
	if r.fault != nil && context.Cause(ctx) == errStill {
		r.fault = &fault{silent, errStill.Error()}
	}
	return r
}

// encode returns messages as JSON. Nearly all requests are a lone connect, which
// is spared the way through encoding/json.
func encode(messages []outgoing) ([]byte, error) {
	if len(messages) == 1 {
		m := &messages[0]
		if m.Channel == "/meta/connect" && m.Advice == nil && m.Ext == nil && plain(m.ClientID) {
			return []byte(`[{"id":"` + m.ID + `","channel":"/meta/connect","clientId":"` + m.ClientID + `","connectionType":"` + m.ConnectionType + `"}]`), nil
		}
	}
	return json.Marshal(messages)
}

// plain tells whether a string stands for itself in JSON.
func plain(s string) bool {
	for _, c := range []byte(s) {
		if c < ' ' || c >= 0x7f || strings.IndexByte(`"\<>&`, c) >= 0 {
			return false
		}
	}
	return s != ""
}

// read takes a Bayeux reply from a response of any status: some servers answer
// errors with 4xx and a good body. Most say no length: usual, that of the last one,
// is a good guess, without which memory is filled with outgrown buffers.
func read(resp *http.Response, usual *atomic.Int64) ([]message, *fault) {
	var buffer bytes.Buffer
	n := min(usual.Load(), maxGuess)
	if resp.ContentLength > 0 {
		n = resp.ContentLength
	}
	if n > 0 && n <= maxReply {
		buffer.Grow(int(n) + bytes.MinRead)
	}
	_, err := buffer.ReadFrom(io.LimitReader(resp.Body, maxReply+1))
	usual.Store(int64(buffer.Len()))
	if buffer.Len() > maxReply {
		err = errTooLarge
	}
	if err != nil && resp.StatusCode == http.StatusOK {
		return nil, classifyTransport(err)
	}
	if err != nil { // a page, whatever is in it: no events are
		return nil, classifyHTTP(resp.StatusCode, resp.Header)
	}
	messages, err := decode(buffer.Bytes())
	switch {
	case resp.StatusCode == http.StatusOK && err != nil:
		return nil, &fault{malformed, err.Error()}
	case resp.StatusCode != http.StatusOK && !hasMeta(messages):
		return nil, classifyHTTP(resp.StatusCode, resp.Header)
	}
	return messages, nil
}

func hasMeta(messages []message) bool {
	for _, m := range messages {
		if isMeta(m.channel) {
			return true
		}
	}
	return false
}

func isMeta(channel string) bool { return strings.HasPrefix(channel, "/meta/") }

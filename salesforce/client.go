package salesforce

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync/atomic"
	"time"

	"github.com/simpleforce/simpleforce"
)

// Options says how to talk to the org. Only Tokens must be set.
type Options struct {
	// Tokens signs the calls.
	Tokens *TokenSource
	// Version of the API, e.g. "62.0", which is the default.
	Version string
	// AppName is sent as the client's name; Salesforce repeats it in change
	// events, so that the daemon can tell its own echoes. Default "omnibridge".
	AppName string
	// Transport carries the requests; nil means a transport of its own.
	Transport http.RoundTripper
	// Timeout bounds a call with all its attempts and pauses; default 60 s.
	Timeout time.Duration
	// AttemptTimeout bounds one attempt; default 20 s.
	AttemptTimeout time.Duration
	// Concurrency bounds the requests under way at once; default 10. Salesforce
	// allows 25 long ones per org, 5 in a developer edition.
	Concurrency int
	// MaxReply bounds the body of a reply, in bytes; default 32 MiB.
	MaxReply int64
	// MaxRows bounds the rows of one query; default 200,000.
	MaxRows int
	// ProbeInterval is how long no call goes out after the daily limit was
	// reached, and the time between probes; default 5 minutes.
	ProbeInterval time.Duration
	// Log gets retries, logins forced by a 401, the breaker's changes and the
	// thresholds of daily allowances that are crossed; nil means silence.
	Log *slog.Logger
}

var versionForm = regexp.MustCompile(`^[1-9][0-9]{1,2}\.0$`)

func (o Options) withDefaults() Options {
	setDefault(&o.Version, "62.0")
	setDefault(&o.AppName, "omnibridge")
	setDefault(&o.Timeout, time.Minute)
	setDefault(&o.AttemptTimeout, 20*time.Second)
	setDefault(&o.Concurrency, 10)
	setDefault(&o.MaxReply, 32<<20)
	setDefault(&o.MaxRows, 200_000)
	setDefault(&o.ProbeInterval, 5*time.Minute)
	if o.Transport == nil {
		o.Transport = newTransport(o.Concurrency)
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return o
}

func (o Options) validate() error {
	switch {
	case o.Tokens == nil:
		return errors.New("salesforce client: no token source: make one with NewTokenSource")
	case !versionForm.MatchString(o.Version):
		return fmt.Errorf("salesforce client: API version %q is none: give e.g. \"62.0\"", o.Version)
	case o.Timeout < 0, o.AttemptTimeout < 0, o.Concurrency < 0, o.MaxReply < 0, o.MaxRows < 0, o.ProbeInterval < 0:
		return errors.New("salesforce client: timeouts and bounds must not be negative")
	}
	return nil
}

func setDefault[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}

// Client makes REST calls to one org.
type Client struct {
	opt    Options
	limits limits
	budget *budget
	gate   chan struct{} // a place per request under way
	counts counters
	wait   func(context.Context, time.Duration) error // pause between attempts
}

type counters struct{ calls, attempts, retries, relogins, unknown atomic.Int64 }

// Stats are counts since the client was made.
type Stats struct {
	Calls    int64     // calls made
	Attempts int64     // requests sent for them
	Retries  int64     // attempts after the first
	Relogins int64     // tokens dropped because of a 401
	Unknown  int64     // calls that ended with an UnknownOutcomeError
	Usage    Usage     // the org's daily API requests
	Until    time.Time // not zero: the breaker is open at least until then
}

// ErrBadCall says that a call was not made, because it cannot be right: an id
// that is none, a path that is not escaped, a body without a JSON form.
var ErrBadCall = errors.New("the call cannot be made")

// NewClient checks the options and returns a client. It sends nothing.
func NewClient(o Options) (*Client, error) {
	o = o.withDefaults()
	if err := o.validate(); err != nil {
		return nil, err
	}
	return &Client{
		opt:    o,
		limits: limits{interval: o.ProbeInterval},
		budget: newBudget(o.Log),
		gate:   make(chan struct{}, o.Concurrency),
		wait:   sleep,
	}, nil
}

// Stats returns the client's counts and what it knows of the org's limits.
func (c *Client) Stats() Stats {
	usage, until := c.limits.read()
	return Stats{
		Calls: c.counts.calls.Load(), Attempts: c.counts.attempts.Load(), Retries: c.counts.retries.Load(),
		Relogins: c.counts.relogins.Load(), Unknown: c.counts.unknown.Load(), Usage: usage, Until: until,
	}
}

// Do makes one call and returns the body of the reply, which is empty where
// Salesforce sends none. A path that begins with "/" is taken as it is,
// another one is relative to /services/data/vNN.0/; it must be escaped. The
// body is encoded as JSON; nil means none.
//
// Errors: [*APIError] (refused, nothing happened), [*UnknownOutcomeError] (POST
// only), [*LimitError] (not sent), [*AuthError] (no token), [ErrBadCall] (not sent), or
// that of the context or the network.
func (c *Client) Do(ctx context.Context, method, path string, body any) ([]byte, error) {
	return c.do(ctx, method+" "+withoutQuery(path), method, path, body)
}

// do is Do with a name for the errors.
func (c *Client) do(ctx context.Context, op, method, path string, body any) ([]byte, error) {
	return c.apex(ctx, &call{op: op, repeatable: method != http.MethodPost}, method, path, body)
}

// apex makes a call through the library's ApexREST, which takes any path.
func (c *Client) apex(ctx context.Context, k *call, method, path string, body any) ([]byte, error) {
	path, err := c.resolve(method, path)
	if err != nil {
		return nil, fmt.Errorf("%s: %w: %w", k.op, ErrBadCall, err)
	}
	payload, err := encode(body)
	if err != nil {
		return nil, fmt.Errorf("%s: %w: encode the body: %w", k.op, ErrBadCall, err)
	}
	var reply []byte
	err = c.run(ctx, k, func(sf *simpleforce.Client) error {
		var e error
		if payload == nil {
			reply, e = sf.ApexREST(method, path, nil)
		} else {
			reply, e = sf.ApexREST(method, path, bytes.NewReader(payload))
		}
		return e
	})
	return reply, err
}

// run carries out one call through a simpleforce client of its own, which
// lives no longer than the call (the library is not safe for concurrent use).
func (c *Client) run(ctx context.Context, k *call, fn func(*simpleforce.Client) error) error {
	c.counts.calls.Add(1)
	ctx, cancel := context.WithTimeoutCause(ctx, c.opt.Timeout,
		fmt.Errorf("no success within %v: %w", c.opt.Timeout, context.DeadlineExceeded))
	defer cancel()
	k.c, k.ctx = c, ctx
	sf := simpleforce.NewClient(placeholder, c.opt.AppName, c.opt.Version)
	sf.SetHttpClient(&http.Client{Transport: k})
	sf.SetSidLoc("-", placeholder) // call.send puts the real token and instance in
	err := fn(sf)
	if k.err != nil { // what really happened; the library saw a success
		err = k.err
	}
	if err == nil {
		return nil
	}
	if k.unsure {
		c.counts.unknown.Add(1)
		return &UnknownOutcomeError{Op: k.op, Err: err}
	}
	return fmt.Errorf("%s: %w", k.op, err)
}

// resolve returns the path relative to the instance, as ApexREST wants it.
func (c *Client) resolve(method, path string) (string, error) {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPatch, http.MethodPut, http.MethodDelete:
	default:
		return "", fmt.Errorf("method %q is not supported", method)
	}
	if !strings.HasPrefix(path, "/") {
		path = "/services/data/v" + c.opt.Version + "/" + path
	}
	// What the library cannot parse it would log, so it never gets to see it.
	if u, err := url.ParseRequestURI(path); err != nil || u.Host != "" || strings.HasPrefix(path, "//") {
		return "", errors.New("the path is not a valid one: escape its parts with url.PathEscape")
	}
	if len(path) > maxURL {
		return "", fmt.Errorf("the URL has %d bytes, Salesforce takes %d: ask for less at once", len(path), maxURL)
	}
	return path[1:], nil
}

// maxURL leaves room for headers in the 16,384 bytes that Salesforce takes
// for both together (salesforce-apis 2.1).
const maxURL = 14_000

// encode returns the JSON of a body, nil for none; bytes that are JSON already
// pass as they are.
func encode(body any) ([]byte, error) {
	switch b := body.(type) {
	case nil:
		return nil, nil
	case json.RawMessage:
		return b, nil
	}
	return json.Marshal(body)
}

// withoutQuery cuts what may be personal data off a path.
func withoutQuery(path string) string {
	path, _, _ = strings.Cut(path, "?")
	return path
}

// sleep waits, or returns why the context ended.
func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

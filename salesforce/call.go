package salesforce

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"sync/atomic"
	"time"

	"github.com/cenkalti/backoff/v4"
)

// placeholder stands where simpleforce wants an instance; call.send replaces
// it for every attempt, since a re-login may name another instance.
const placeholder = "https://instance.invalid"

// call is one call to the org, and the RoundTripper under the simpleforce
// client made for it: it binds the library to a context, signs, retries,
// meters and judges replies.
//
// The library is only ever shown success. A failure is kept in err, and the
// library gets an empty object instead of the failed reply: it would panic on
// "[]", lose what HTML says, and write bodies and queries to the process's
// standard logger. What it does not see it cannot log, so nobody's logger has
// to be touched.
type call struct {
	c          *Client
	ctx        context.Context                            // a field, because the library's functions take none
	op         string                                     // for errors and the log, e.g. "create AgentWork"
	repeatable bool                                       // carrying it out twice does no harm
	hasty      bool                                       // a locked row is the caller's to try again
	keep       func(body []byte) (show []byte, err error) // may keep a reply and show the library less of it

	err    error // why the call failed
	unsure bool  // it failed, but may have been carried out all the same
}

// fault is why an attempt failed.
type fault struct {
	err   error
	class class
	after time.Duration // what Salesforce asked us to wait
	sent  bool          // the request may have been carried out
	place bool          // it still has its place among the calls under way: see rest
}

// RoundTrip makes attempts until one succeeds or none can. Its error is always
// nil: see call.
func (k *call) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body != nil {
		defer func() { _ = r.Body.Close() }()
	}
	body, err := k.attempts(r)
	if err == nil && k.keep != nil {
		body, err = k.keep(body)
	}
	if err != nil {
		k.err, body = err, []byte("{}")
	}
	return &http.Response{
		Status: "200 OK", StatusCode: http.StatusOK, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: http.Header{"Content-Type": {"application/json"}}, Request: r,
		ContentLength: int64(len(body)), Body: io.NopCloser(bytes.NewReader(body)),
	}, nil
}

// attempts runs the retry table.
func (k *call) attempts(r *http.Request) ([]byte, error) {
	var tries [later + 1]int
	var pauses [later + 1]backoff.BackOff
	for {
		body, f := k.attempt(r)
		if f == nil {
			return body, nil
		}
		if f.sent && !k.repeatable {
			k.unsure = true
		}
		p := paces[f.class]
		tries[f.class]++
		if pauses[f.class] == nil {
			pauses[f.class] = p.delays()
		}
		last := k.unsure || f.class == locked && k.hasty || tries[f.class] >= p.tries
		if err := k.rest(f, last, max(pauses[f.class].NextBackOff(), f.after)); err != nil {
			return nil, err
		}
	}
}

// rest pauses before the next attempt; the error says why there is none. A call
// that was refused because there are too many keeps its place meanwhile: so fewer
// go out until the org has room again.
func (k *call) rest(f *fault, last bool, pause time.Duration) error {
	if f.place {
		defer func() { <-k.c.gate }()
	}
	if last || k.ctx.Err() != nil {
		return f.err
	}
	if end, ok := k.ctx.Deadline(); ok && time.Until(end) <= pause {
		return f.err // the reason says more than a deadline would
	}
	k.c.counts.retries.Add(1)
	k.c.opt.Log.LogAttrs(k.ctx, slog.LevelInfo, "salesforce call is tried again",
		slog.String("op", k.op), slog.Duration("in", pause), slog.Any("err", f.err))
	if err := k.c.wait(k.ctx, pause); err != nil {
		return errors.Join(err, f.err)
	}
	return nil
}

// attempt sends the request once: a place, token, breaker, the request itself.
func (k *call) attempt(r *http.Request) (body []byte, f *fault) {
	select {
	case k.c.gate <- struct{}{}:
		defer func() {
			if f == nil || f.class != busy {
				<-k.c.gate
			} else {
				f.place = true
			}
		}()
	case <-k.ctx.Done():
		return nil, &fault{err: context.Cause(k.ctx)}
	}
	// After the wait for a place, or all who wait would use a token that died meanwhile.
	tok, err := k.c.opt.Tokens.Token(k.ctx)
	if err != nil {
		f = &fault{err: err}
		if refused, ok := errors.AsType[*AuthError](err); ok && !refused.Permanent {
			f.class, f.after = offline, refused.RetryAfter
		}
		return nil, f
	}
	probe, err := k.c.limits.admit(time.Now())
	if err != nil {
		return nil, &fault{err: err}
	}
	heard := silent
	defer func() {
		opened, closed := k.c.limits.settle(probe, heard, time.Now())
		if opened || closed {
			k.logBreaker(opened)
		}
	}()
	body, f = k.send(r, tok)
	if f == nil {
		heard = served
		return body, nil
	}
	if refused, ok := errors.AsType[*APIError](f.err); ok {
		heard = served
		switch refused.class {
		case daily:
			heard = exhausted
		case relogin:
			k.c.opt.Tokens.Invalidate(tok.Access.Reveal())
			k.c.counts.relogins.Add(1)
		}
	}
	return nil, f
}

func (k *call) logBreaker(opened bool) {
	usage, until := k.c.limits.read()
	if opened {
		k.c.opt.Log.LogAttrs(k.ctx, slog.LevelWarn, "daily api limit of the org is used up, calls stop",
			slog.Int("used", usage.Used), slog.Int("max", usage.Max), slog.Time("until", until))
		return
	}
	k.c.opt.Log.LogAttrs(k.ctx, slog.LevelInfo, "the org answers again after the daily api limit, calls go on",
		slog.Int("used", usage.Used), slog.Int("max", usage.Max))
}

// send makes the request and judges what comes back.
func (k *call) send(r *http.Request, tok Token) ([]byte, *fault) {
	ctx, cancel := context.WithTimeoutCause(k.ctx, k.c.opt.AttemptTimeout, errSlow)
	defer cancel()
	// From the moment there is a connection, bytes may have left.
	var sent atomic.Bool
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) { sent.Store(true) }})
	req, err := k.sign(r.Clone(ctx), tok)
	if err != nil {
		return nil, &fault{err: err}
	}
	k.c.counts.attempts.Add(1)
	resp, err := k.c.opt.Transport.RoundTrip(req)
	if err != nil {
		f := k.broken(ctx, err, sent.Load())
		if f.class == offline && k.ctx.Err() == nil {
			f.err = &UnreachableError{req.URL.Host, f.err}
		}
		return nil, f
	}
	defer func() { _ = resp.Body.Close() }()
	now := time.Now()
	if usage, ok := k.c.limits.meter(resp.Header, now); ok {
		k.c.budget.usedCalls(usage)
	}
	body, err := readBounded(resp.Body, k.c.opt.MaxReply)
	if resp.StatusCode >= 200 && resp.StatusCode < 300 {
		if err != nil { // carried out, but what came of it is lost
			return nil, k.broken(ctx, err, true)
		}
		return body, nil
	}
	refused := readAPIError(resp.StatusCode, body)
	refused.RetryAfter = retryAfter(resp.Header, now)
	return nil, &fault{err: refused, class: refused.class, after: refused.RetryAfter,
		sent: refused.class == outage || refused.class == noRoute}
}

// errSlow is the cause of an attempt that ran out of time.
var errSlow = fmt.Errorf("no reply in time: %w", context.DeadlineExceeded)

// broken judges an attempt that brought no usable reply.
func (k *call) broken(ctx context.Context, err error, sent bool) *fault {
	if cause := context.Cause(ctx); cause != nil {
		err = cause
	}
	if errors.Is(err, errTooLarge) {
		return &fault{err: err, sent: sent} // it would be as large the next time
	}
	if sent {
		return &fault{err: err, class: outage, sent: true}
	}
	return &fault{err: err, class: offline}
}

// sign completes a clone of the library's request.
func (k *call) sign(req *http.Request, tok Token) (*http.Request, error) {
	instance, err := url.Parse(tok.InstanceURL)
	if err != nil {
		return nil, err
	}
	req.URL.Scheme, req.URL.Host, req.Host = instance.Scheme, instance.Host, instance.Host
	if req.GetBody != nil {
		if req.Body, err = req.GetBody(); err != nil {
			return nil, err
		}
	}
	req.Header.Set("Authorization", "Bearer "+tok.Access.Reveal())
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", k.c.opt.AppName)
	req.Header.Set("Sforce-Call-Options", "client="+k.c.opt.AppName)
	return req, nil
}

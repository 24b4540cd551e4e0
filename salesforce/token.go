package salesforce

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"
	"golang.org/x/time/rate"
)

// Logins in a row, and the time that earns another one: 600 an hour, a sixth
// of what Salesforce takes from one user.
const (
	loginBurst = 20
	loginEvery = 6 * time.Second
)

// maxTokenReply bounds the body of a token reply, in bytes.
const maxTokenReply = 1 << 20

// Token is an access token with what Salesforce said about it. It has no
// expiry: Salesforce does not tell one, a 401 does (salesforce-apis 1.2).
type Token struct {
	Access      Secret
	InstanceURL string    // scheme and host of every API call
	OrgID       string    // 18 characters; empty when Salesforce did not say
	UserID      string    // 18 characters; empty when Salesforce did not say
	Issued      time.Time // by Salesforce's clock if it said so, else by ours
}

// TokenOptions says how to get access tokens.
type TokenOptions struct {
	// LoginURL is the host that issues tokens, e.g. https://acme.my.salesforce.com.
	LoginURL string
	// Grant is JWTBearer or ClientCredentials.
	Grant Grant
	// Transport carries the requests; nil means a transport of its own.
	Transport http.RoundTripper
	// Timeout bounds one request; default 15 s.
	Timeout time.Duration
	// HoldAfterRefusal is the least time between attempts after Salesforce
	// refused the credentials, since repeating them can lock the user;
	// default 30 s.
	HoldAfterRefusal time.Duration
}

func (o TokenOptions) withDefaults() TokenOptions {
	if o.Transport == nil {
		o.Transport = newTransport(2)
	}
	if o.Timeout <= 0 {
		o.Timeout = 15 * time.Second
	}
	if o.HoldAfterRefusal <= 0 {
		o.HoldAfterRefusal = 30 * time.Second
	}
	return o
}

// TokenSource hands out the daemon's access token and renews it when told
// that it no longer works. However many callers ask at once, one request goes
// out; each caller can give up on its own.
type TokenSource struct {
	opt    TokenOptions
	login  *url.URL
	http   *http.Client
	flight singleflight.Group
	budget *rate.Limiter // of logins

	mu       sync.Mutex
	changed  chan struct{} // closed and made anew when there is a new token
	current  Token
	refusal  *AuthError // why the last attempt failed; nil after a success
	nextTry  time.Time  // no attempt before this moment
	failures int        // attempts failed in a row
}

// NewTokenSource checks the options and returns a source. It sends nothing.
func NewTokenSource(o TokenOptions) (*TokenSource, error) {
	o = o.withDefaults()
	login, err := parseBase(o.LoginURL)
	if err != nil {
		return nil, fmt.Errorf("login URL: %w", err)
	}
	if o.Grant == nil {
		return nil, errors.New("no OAuth grant: configure JWT bearer or client credentials")
	}
	if err := o.Grant.validate(); err != nil {
		return nil, err
	}
	return &TokenSource{opt: o, login: login, changed: make(chan struct{}), budget: rate.NewLimiter(rate.Every(loginEvery), loginBurst), http: &http.Client{
		Transport: o.Transport,
		// A redirect would carry the credentials to a host nobody configured.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}, nil
}

// Token returns the current token, or gets one. The error is an [*AuthError],
// or ctx's when the caller gave up; in that case the request goes on for the
// others. While a failed attempt is being held back the same error is returned
// at once, with the time that remains.
func (s *TokenSource) Token(ctx context.Context) (Token, error) {
	if tok, known, err := s.known(); known {
		return tok, err
	}
	// The flight must outlive the caller that happened to start it.
	detached := context.WithoutCancel(ctx)
	ch := s.flight.DoChan("token", func() (any, error) { return s.renew(detached) })
	select {
	case r := <-ch:
		tok, _ := r.Val.(Token)
		return tok, r.Err
	case <-ctx.Done():
		return Token{}, fmt.Errorf("wait for an access token: %w", context.Cause(ctx))
	}
}

// Invalidate drops the token that a 401 was the answer to. If another token
// has taken its place meanwhile, nothing happens: so any number of late 401s
// cost one login.
func (s *TokenSource) Invalidate(access string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.current.Access.Reveal() == access {
		s.current = Token{}
	}
}

// Renewed returns a channel that is closed when there is a token other than this
// one, which it does not ask for.
func (s *TokenSource) Renewed(access string) <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	if now := s.current.Access.Reveal(); now != "" && now != access {
		closed := make(chan struct{})
		close(closed)
		return closed
	}
	return s.changed
}

// known answers without a request if that can be done.
func (s *TokenSource) known() (tok Token, known bool, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.current.Access != "" {
		return s.current, true, nil
	}
	if wait := time.Until(s.nextTry); s.refusal != nil && wait > 0 {
		held := *s.refusal
		held.RetryAfter = wait
		return Token{}, true, &held
	}
	return Token{}, false, nil
}

// renew runs once at a time.
func (s *TokenSource) renew(ctx context.Context) (Token, error) {
	if tok, known, err := s.known(); known { // the flight before this one may just have landed
		return tok, err
	}
	ctx, cancel := context.WithTimeout(ctx, s.opt.Timeout)
	defer cancel()
	tok, failure := s.affordable(ctx)
	s.mu.Lock()
	defer s.mu.Unlock()
	if failure == nil {
		s.current, s.refusal, s.failures = tok, nil, 0
		close(s.changed)
		s.changed = make(chan struct{})
		return tok, nil
	}
	s.failures++
	hold := s.opt.HoldAfterRefusal
	if !failure.Permanent {
		hold = min(hold, 500*time.Millisecond<<min(s.failures-1, 10))
		hold = max(hold, failure.RetryAfter)
	}
	failure.RetryAfter = hold
	s.refusal, s.nextTry = failure, time.Now().Add(hold)
	return Token{}, failure
}

// affordable makes one attempt if the budget of logins allows it. A token that
// every call finds refused, though logins succeed, would otherwise cost a login
// per call, until Salesforce blocks the user for an hour.
func (s *TokenSource) affordable(ctx context.Context) (Token, *AuthError) {
	now := time.Now()
	r := s.budget.ReserveN(now, 1)
	if wait := r.DelayFrom(now); wait > 0 {
		r.CancelAt(now)
		return Token{}, &AuthError{RetryAfter: wait, Code: "login_held_back",
			Hint: "tokens are refused soon after they are issued: look for what ends the integration user's sessions"}
	}
	return s.request(ctx)
}

// request makes one attempt.
func (s *TokenSource) request(ctx context.Context) (Token, *AuthError) {
	form, err := s.opt.Grant.form(s.login.String(), time.Now())
	if err != nil {
		return Token{}, &AuthError{Permanent: true, Err: err}
	}
	endpoint := s.login.JoinPath("services/oauth2/token").String()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, endpoint, strings.NewReader(form.Encode()))
	if err != nil {
		return Token{}, &AuthError{Permanent: true, Err: err}
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Accept", "application/json")
	resp, err := s.http.Do(req)
	if err != nil {
		return Token{}, &AuthError{Err: err, Hint: unreachable(err)}
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := readBounded(resp.Body, maxTokenReply)
	if err != nil {
		return Token{}, &AuthError{Status: resp.StatusCode, Err: err}
	}
	tok, failure := s.judge(resp.StatusCode, body)
	if failure != nil {
		failure.RetryAfter = retryAfter(resp.Header, time.Now())
	}
	return tok, failure
}

// judge reads a reply of the token endpoint.
func (s *TokenSource) judge(status int, body []byte) (Token, *AuthError) {
	var reply struct {
		Access      string `json:"access_token"`
		InstanceURL string `json:"instance_url"`
		ID          string `json:"id"`
		IssuedAt    string `json:"issued_at"`
		Error       string `json:"error"`
		Description string `json:"error_description"`
	}
	if err := json.Unmarshal(body, &reply); err != nil || status != http.StatusOK || reply.Access == "" {
		return Token{}, judgeAuth(status, reply.Error, reply.Description)
	}
	instance, err := parseBase(reply.InstanceURL)
	if err != nil {
		return Token{}, &AuthError{Status: status, Err: fmt.Errorf("instance_url: %w", err)}
	}
	if s.login.Scheme == "https" && instance.Scheme != "https" {
		return Token{}, &AuthError{Status: status, Permanent: true,
			Err: errors.New("instance_url is not https: the token would travel in the clear")}
	}
	tok := Token{Access: Secret(reply.Access), InstanceURL: instance.String(), Issued: time.Now()}
	// The identity URL ends in /id/{org}/{user}.
	if parts := strings.Split(strings.TrimSuffix(reply.ID, "/"), "/"); len(parts) >= 2 {
		tok.OrgID, tok.UserID = parts[len(parts)-2], parts[len(parts)-1]
	}
	if ms, err := strconv.ParseInt(reply.IssuedAt, 10, 64); err == nil {
		tok.Issued = time.UnixMilli(ms)
	}
	return tok, nil
}

// StreamTokens shows a TokenSource to the streaming client, which wants the
// bare strings.
type StreamTokens struct{ Source *TokenSource }

// Token returns the access token and the instance to use it at; errors are
// those of [TokenSource.Token].
func (t StreamTokens) Token(ctx context.Context) (token, instanceURL string, err error) {
	tok, err := t.Source.Token(ctx)
	return tok.Access.Reveal(), tok.InstanceURL, err
}

// Invalidate drops a token that the streaming endpoint refused.
func (t StreamTokens) Invalidate(token string) { t.Source.Invalidate(token) }

// Renewed tells when the daemon's REST calls, or anybody else, got another token.
func (t StreamTokens) Renewed(refused string) <-chan struct{} { return t.Source.Renewed(refused) }

// parseBase reads the address of a host: scheme and authority, nothing else.
func parseBase(s string) (*url.URL, error) {
	u, err := url.Parse(strings.TrimSuffix(s, "/"))
	switch {
	case err != nil:
		return nil, errors.New("not a URL: give scheme and host, e.g. https://acme.my.salesforce.com")
	case u.Scheme != "https" && u.Scheme != "http", u.Host == "":
		return nil, fmt.Errorf("%q has no http(s) scheme or no host: give e.g. https://acme.my.salesforce.com", u.Redacted())
	case u.User != nil:
		return nil, errors.New("holds a user name or password: remove them")
	case u.Path != "", u.RawQuery != "", u.Fragment != "":
		return nil, fmt.Errorf("%q has a path, query or fragment: give scheme and host only", u.Redacted())
	case strings.HasSuffix(u.Hostname(), ".lightning.force.com"):
		return nil, fmt.Errorf("%q is the Lightning host, which serves no API: give the My Domain host (.my.salesforce.com)", u.Host)
	}
	return u, nil
}

// newTransport returns a transport for one host and that many connections. All calls
// share one connection under HTTP/2, so that one that died without a word would take
// each of them to its deadline, for a quarter of an hour: pings find it sooner than an
// attempt's time is up.
func newTransport(conns int) *http.Transport {
	return &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		DialContext:            (&net.Dialer{Timeout: 10 * time.Second, KeepAlive: 30 * time.Second}).DialContext,
		TLSHandshakeTimeout:    10 * time.Second,
		MaxIdleConns:           conns,
		MaxIdleConnsPerHost:    conns, // the default of 2 would churn connections
		IdleConnTimeout:        90 * time.Second,
		MaxResponseHeaderBytes: 64 << 10,
		ForceAttemptHTTP2:      true,
		HTTP2:                  &http.HTTP2Config{SendPingTimeout: 10 * time.Second, PingTimeout: 5 * time.Second},
	}
}

// readBounded reads all of r, at most limit bytes of it.
func readBounded(r io.Reader, limit int64) ([]byte, error) {
	b, err := io.ReadAll(io.LimitReader(r, limit+1))
	if err != nil {
		return nil, err
	}
	if int64(len(b)) > limit {
		return nil, fmt.Errorf("%w: more than %d bytes", errTooLarge, limit)
	}
	return b, nil
}

// errTooLarge says that a reply was larger than the bound set for it.
var errTooLarge = errors.New("the reply is too large")

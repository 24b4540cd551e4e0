package login

import (
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

// Options says which org is asked, and as which app.
type Options struct {
	// Issuer is the My Domain of the org, "https://acme.my.salesforce.com". Its
	// discovery and its tokens must name exactly it as the issuer; login.salesforce.com
	// would take users of any org (salesforce-package 4).
	Issuer string
	// ClientID is the consumer key of the app for the login of people, which has no
	// scope "api".
	ClientID string
	// ClientSecret may be empty for an app that does not require one: PKCE is always
	// used.
	ClientSecret string
	// Callback is the address of /pad/callback, as it is registered with the app.
	Callback string
	// Org returns the id of the daemon's own org, 18 characters, or "" while that is
	// not known. It must not block.
	Org func() string

	HTTP *http.Client // default: one of its own; a transport is taken over, limits are set
	Log  *slog.Logger // default: none
}

// validate tells everything that is wrong, at once.
func (o Options) validate() error {
	var wrong []error
	for _, f := range []struct{ name, text string }{{"Issuer", o.Issuer}, {"Callback", o.Callback}} {
		u, err := url.Parse(f.text)
		switch {
		case err != nil || u.Host == "":
			wrong = append(wrong, fmt.Errorf("%s %q is not an address", f.name, f.text))
		case u.Scheme != "https" && (u.Scheme != "http" || !loopback(u.Hostname())):
			wrong = append(wrong, fmt.Errorf("%s %q must be https, except on a loopback address", f.name, f.text))
		}
	}
	if u, err := url.Parse(o.Issuer); err == nil && strings.Trim(u.Path, "/")+u.RawQuery+u.Fragment != "" {
		wrong = append(wrong, fmt.Errorf("the Issuer %q has a path: write only the My Domain, like https://acme.my.salesforce.com", o.Issuer))
	}
	if o.ClientID == "" {
		wrong = append(wrong, errors.New("ClientID is missing: the consumer key of the app for the login of people"))
	}
	if o.Org == nil {
		wrong = append(wrong, errors.New("Org is missing"))
	}
	return errors.Join(wrong...)
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// Bounds of talking to the org.
const (
	answerWithin = 10 * time.Second
	revokeWithin = 3 * time.Second
	mostAnswer   = 1 << 20         // bytes of an answer that are read
	askAgain     = 5 * time.Second // after discovery failed
)

// Org is the org as the one who knows people.
type Org struct {
	o      Options
	client *http.Client

	mu     sync.Mutex
	found  *provider // nil: not discovered yet
	failed error     // why not
	at     time.Time // when that was
}

// provider is what discovery told.
type provider struct {
	*oidc.Provider
	config   oauth2.Config
	verifier *oidc.IDTokenVerifier
	revoke   string // address; empty: cannot
}

// New returns the org of o, or everything that is wrong with o. It does not ask the
// org yet: that may be unreachable now.
func New(o Options) (*Org, error) {
	if err := o.validate(); err != nil {
		return nil, fmt.Errorf("login: %w", err)
	}
	o.Issuer = strings.TrimSuffix(o.Issuer, "/")
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	client := &http.Client{Timeout: answerWithin, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	if o.HTTP != nil {
		client.Transport = o.HTTP.Transport
	}
	client.Transport = bounded{client.Transport}
	return &Org{o: o, client: client}, nil
}

// bounded cuts answers off.
type bounded struct{ next http.RoundTripper }

// RoundTrip does one request.
func (b bounded) RoundTrip(r *http.Request) (*http.Response, error) {
	next := b.next
	if next == nil {
		next = http.DefaultTransport
	}
	resp, err := next.RoundTrip(r)
	if err == nil {
		resp.Body = struct {
			io.Reader
			io.Closer
		}{io.LimitReader(resp.Body, mostAnswer), resp.Body}
	}
	return resp, err
}

// Begin returns the address in the org to send a browser to.
func (g *Org) Begin(ctx context.Context, t Try) (string, error) {
	if g.o.Org() == "" {
		return "", ErrNotReady
	}
	p, err := g.discover(ctx)
	if err != nil {
		return "", err
	}
	with := []oauth2.AuthCodeOption{oidc.Nonce(t.Nonce), oauth2.S256ChallengeOption(t.Verifier), oauth2.SetAuthURLParam("display", "popup")}
	if t.Anew {
		with = append(with, oauth2.SetAuthURLParam("prompt", "login"))
	}
	return p.config.AuthCodeURL(t.State, with...), nil
}

// discover asks the org once for its addresses. While that fails it is asked again
// at most every five seconds, however many want to log in.
func (g *Org) discover(ctx context.Context) (*provider, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.found != nil {
		return g.found, nil
	}
	if g.failed != nil && time.Since(g.at) < askAgain {
		return nil, g.failed
	}
	// Others wait for the outcome, so it does not end with this one's patience.
	ctx, cancel := context.WithTimeout(oidc.ClientContext(context.WithoutCancel(ctx), g.client), answerWithin)
	defer cancel()
	g.found, g.failed = g.ask(ctx)
	g.at = time.Now()
	return g.found, g.failed
}

func (g *Org) ask(ctx context.Context) (*provider, error) {
	found, err := oidc.NewProvider(ctx, g.o.Issuer)
	if mismatch, ok := errors.AsType[*oidc.IssuerMismatchError](err); ok {
		return nil, fmt.Errorf("discover %s: the org calls itself %q: configure that as the issuer, the My Domain of the org", g.o.Issuer, mismatch.Discovered)
	}
	if err != nil {
		return nil, fmt.Errorf("discover %s: %w", g.o.Issuer, err)
	}
	var more struct {
		Revoke string `json:"revocation_endpoint"`
		Keys   string `json:"jwks_uri"`
	}
	if err := found.Claims(&more); err != nil {
		return nil, fmt.Errorf("discover %s: %w", g.o.Issuer, err)
	}
	e := found.Endpoint()
	e.AuthStyle = oauth2.AuthStyleInParams // trying both would use the code up
	for _, to := range []string{e.AuthURL, e.TokenURL, found.UserInfoEndpoint(), more.Keys} {
		if !strings.HasPrefix(to, g.o.Issuer+"/") {
			return nil, fmt.Errorf("discover %s: the org names %q, which is not an address of its own", g.o.Issuer, to)
		}
	}
	if !strings.HasPrefix(more.Revoke, g.o.Issuer+"/") {
		more.Revoke = ""
	}
	return &provider{
		Provider: found,
		config: oauth2.Config{ClientID: g.o.ClientID, ClientSecret: g.o.ClientSecret, RedirectURL: g.o.Callback, Endpoint: e,
			Scopes: []string{oidc.ScopeOpenID, "profile"}},
		verifier: found.Verifier(&oidc.Config{ClientID: g.o.ClientID, SupportedSigningAlgs: []string{oidc.RS256}}),
		revoke:   more.Revoke,
	}, nil
}

// Finish exchanges the code with which the browser came back, verifies what comes
// for it, and revokes it: no token of the org is kept.
func (g *Org) Finish(ctx context.Context, t Try, code string) (Claims, error) {
	own := g.o.Org()
	if own == "" {
		return Claims{}, ErrNotReady
	}
	p, err := g.discover(ctx)
	if err != nil {
		return Claims{}, err
	}
	ctx, cancel := context.WithTimeout(oidc.ClientContext(ctx, g.client), answerWithin)
	defer cancel()
	token, err := p.config.Exchange(ctx, code, oauth2.VerifierOption(t.Verifier))
	if refused, ok := errors.AsType[*oauth2.RetrieveError](err); ok && refused.ErrorCode != "" {
		return Claims{}, fmt.Errorf("%w: the org did not take the code: %s: %s", ErrNotGenuine, refused.ErrorCode, refused.ErrorDescription)
	}
	if err != nil {
		return Claims{}, fmt.Errorf("exchange the code: %w", withoutBody(err))
	}
	defer g.revoke(ctx, p, token)
	said, err := p.verify(ctx, t, token)
	if err != nil {
		return Claims{}, err
	}
	return said.claims(own)
}

// withoutBody keeps an answer that is no answer of OAuth out of logs: it may hold
// anything.
func withoutBody(err error) error {
	if refused, ok := errors.AsType[*oauth2.RetrieveError](err); ok {
		return fmt.Errorf("the org answered %s", refused.Response.Status)
	}
	return err
}

// verify returns what the org says of who logged in.
func (p *provider) verify(ctx context.Context, t Try, token *oauth2.Token) (statement, error) {
	var s statement
	raw, ok := token.Extra("id_token").(string)
	if !ok {
		return s, fmt.Errorf("%w: no id token came: the app needs the scope openid", ErrNotGenuine)
	}
	id, err := p.verifier.Verify(ctx, raw)
	if err != nil {
		return s, fmt.Errorf("%w: %w", ErrNotGenuine, err)
	}
	if subtle.ConstantTimeCompare([]byte(id.Nonce), []byte(t.Nonce)) != 1 {
		return s, fmt.Errorf("%w: the nonce is of another try", ErrNotGenuine)
	}
	if id.AccessTokenHash != "" {
		if err := id.VerifyAccessToken(token.AccessToken); err != nil {
			return s, fmt.Errorf("%w: %w", ErrNotGenuine, err)
		}
	}
	if err := id.Claims(&s.token); err != nil {
		return s, fmt.Errorf("%w: %w", ErrNotGenuine, err)
	}
	info, err := p.UserInfo(ctx, oauth2.StaticTokenSource(token))
	if err != nil {
		return s, errors.New("ask who the user is: the org did not tell")
	}
	if info.Subject != id.Subject {
		return s, fmt.Errorf("%w: two answers are about different users", ErrNotGenuine)
	}
	if err := info.Claims(&s.info); err != nil {
		return s, fmt.Errorf("%w: %w", ErrNotGenuine, err)
	}
	return s, nil
}

// revoke gives the token back. That it fails is no reason not to log in: the token
// may do nothing but tell who the user is, and ends by itself.
func (g *Org) revoke(ctx context.Context, p *provider, token *oauth2.Token) {
	if p.revoke == "" {
		return
	}
	one := token.RefreshToken // with it, all that came of it ends
	if one == "" {
		one = token.AccessToken
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), revokeWithin)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, p.revoke, strings.NewReader(url.Values{"token": {one}}.Encode()))
	if err != nil {
		return
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	resp, err := g.client.Do(req)
	if err != nil {
		g.o.Log.Warn("token of a login not revoked", "err", err)
		return
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		g.o.Log.Warn("token of a login not revoked", "status", resp.Status)
	}
}

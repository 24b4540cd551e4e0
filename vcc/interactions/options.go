package interactions

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"time"

	"omnibridge/vcc"
)

// Options is what a Server needs. Tokens, Put and Store must be set; every other
// field says what zero means.
type Options struct {
	// Tokens are the bearer tokens that are let in.
	Tokens []Token
	// Put gives reports to the engine and returns once what follows from them is
	// durable. It may be called by many goroutines.
	Put func(ctx context.Context, reports []vcc.Report) error
	// Store keeps providers.
	Store Store
	// Plan returns the plan of a route; false if there is none. Nil means that routes
	// are named like the plans.
	Plan func(route string) (vcc.PlanID, bool)
	// Agent returns the agent whom others call name (user name or Salesforce user id),
	// for personal queues; false if there is none. Nil means that name is the id.
	Agent func(name string) (vcc.AgentID, bool)
	// Known tells whether the agents are known already: after a start it takes a moment
	// to read them. Until then what is for one agent alone is to be sent again (503),
	// not refused. Nil means that they are.
	Known func() bool
	// AgentName returns what others call an agent: user name, and the id shown to
	// people. Nil means the agent's id for both.
	AgentName func(id vcc.AgentID) (name, shown string)
	// Account is the name of this contact centre, told to providers. Empty means
	// "omnibridge".
	Account string
	// Rate is how many requests a second are taken, of all tokens together, and Burst
	// how many at once. Zero means 50 and 100.
	Rate  float64
	Burst int
	// PutWithin bounds one Put. Zero means 10 s.
	PutWithin time.Duration
	// CallWithin bounds one call of a provider's endpoint. Zero means 10 s.
	CallWithin time.Duration
	// RetryMost is the longest wait between two tries of an endpoint. Zero means 1 min.
	RetryMost time.Duration
	// GiveUp is how long an endpoint is tried before what it is owed is dropped. Zero
	// means 24 h.
	GiveUp time.Duration
	// MaxQueue bounds what waits to be told to one provider. What is more is not taken
	// (Tell). Zero means 10,000.
	MaxQueue int
	// Transport carries the calls of endpoints. Nil means http.DefaultTransport.
	Transport http.RoundTripper
	// Log gets what an administrator has to know. Nil means nothing.
	Log *slog.Logger
}

// Token lets somebody in.
type Token struct {
	// Secret is the bearer token, of at least 16 bytes.
	Secret string
	// Providers names the providers that it may speak for; none means all, and
	// requests without a provider.
	Providers []string
}

// Store keeps documents by kind and name. The connector's store is one.
type Store interface {
	// Keep stores doc, durably; it replaces an older one of the name.
	Keep(ctx context.Context, kind, name string, doc []byte) error
	// Kept returns every document of a kind, by name.
	Kept(ctx context.Context, kind string) (map[string][]byte, error)
}

// minSecret is the least length of a token: what is shorter can be guessed.
const minSecret = 16

func (o Options) withDefaults() Options {
	set := func(d *time.Duration, to time.Duration) {
		if *d == 0 {
			*d = to
		}
	}
	set(&o.PutWithin, 10*time.Second)
	set(&o.CallWithin, 10*time.Second)
	set(&o.RetryMost, time.Minute)
	set(&o.GiveUp, 24*time.Hour)
	if o.Account == "" {
		o.Account = "omnibridge"
	}
	if o.Rate == 0 {
		o.Rate = 50
	}
	if o.Burst == 0 {
		o.Burst = 100
	}
	if o.MaxQueue == 0 {
		o.MaxQueue = 10_000
	}
	if o.Plan == nil {
		o.Plan = func(route string) (vcc.PlanID, bool) { return vcc.PlanID(route), true }
	}
	if o.Agent == nil {
		o.Agent = func(name string) (vcc.AgentID, bool) { return vcc.AgentID(name), true }
	}
	if o.Known == nil {
		o.Known = func() bool { return true }
	}
	if o.AgentName == nil {
		o.AgentName = func(id vcc.AgentID) (string, string) { return string(id), string(id) }
	}
	if o.Transport == nil {
		o.Transport = http.DefaultTransport
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	o.Tokens = slices.Clone(o.Tokens)
	return o
}

// validate tells everything that is wrong, without any secret.
func (o Options) validate() error {
	var errs []error
	wrong := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if len(o.Tokens) == 0 {
		wrong("Tokens is empty: give at least one, or nobody is let in")
	}
	for i, t := range o.Tokens {
		if len(t.Secret) < minSecret {
			wrong("Tokens[%d].Secret has %d bytes: must be at least %d", i, len(t.Secret), minSecret)
		}
	}
	if o.Put == nil {
		wrong("Put is not set: requests would lead nowhere")
	}
	if o.Store == nil {
		wrong("Store is not set: providers would be forgotten")
	}
	if o.Rate < 0 || o.Burst < 0 || o.MaxQueue < 0 {
		wrong("Rate is %g, Burst %d and MaxQueue %d: none may be negative", o.Rate, o.Burst, o.MaxQueue)
	}
	for _, d := range []struct {
		field string
		value time.Duration
	}{{"PutWithin", o.PutWithin}, {"CallWithin", o.CallWithin}, {"RetryMost", o.RetryMost}, {"GiveUp", o.GiveUp}} {
		if d.value < 0 {
			wrong("%s is %s: must be positive, or 0 for its default", d.field, d.value)
		}
	}
	return errors.Join(errs...)
}

// door knows the tokens by their hashes, so that comparing takes the same time
// whatever is compared.
type door []struct {
	hash      [sha256.Size]byte
	providers []string
}

func newDoor(tokens []Token) door {
	d := make(door, len(tokens))
	for i, t := range tokens {
		d[i].hash, d[i].providers = sha256.Sum256([]byte(t.Secret)), slices.Clone(t.Providers)
	}
	return d
}

// pass is what a token lets its holder do.
type pass struct{ providers []string }

// speaksFor tells whether the holder may act for a provider.
func (p pass) speaksFor(provider string) bool {
	return len(p.providers) == 0 || slices.Contains(p.providers, provider)
}

// open returns the pass of a secret; false if it is none of ours.
func (d door) open(secret string) (p pass, ok bool) {
	hash := sha256.Sum256([]byte(secret))
	for i := range d {
		if subtle.ConstantTimeCompare(hash[:], d[i].hash[:]) == 1 {
			p, ok = pass{d[i].providers}, true
		}
	}
	return p, ok
}

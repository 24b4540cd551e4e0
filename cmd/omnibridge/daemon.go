package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"omnibridge/connector"
	"omnibridge/connector/store"
	"omnibridge/salesforce"
	"omnibridge/vcc"
	"omnibridge/vcc/contactpad"
	"omnibridge/vcc/engine"
)

// daemon is the whole program, wired.
type daemon struct {
	cfg       config
	log       *slog.Logger
	store     *store.Store
	connector *connector.Connector
	listener  net.Listener
	pages     *http.Server
	pad       *contactpad.Server // nil: there is no ContactPad
	calls     calls
	gate      string // of the simulated telephone network
}

// extras is what a daemon has that its configuration does not tell.
type extras struct {
	onJournal func([]store.Entry) // may be nil
	network   bool                // a simulated telephone network
}

// newDaemon wires everything and binds its address; nothing runs yet. ctx must last
// as long as the daemon does.
func newDaemon(ctx context.Context, cfg config, rt routing, log *slog.Logger, more extras) (d *daemon, err error) {
	d = &daemon{cfg: cfg, log: log, gate: rand.Text()}
	defer func() {
		if err != nil {
			err = errors.Join(err, d.close())
		}
	}()
	rules := rt.engine()
	rules.Telephony = more.network
	eng, err := engine.New(rules)
	if err != nil {
		return d, fmt.Errorf("routing file:\n%w", err)
	}
	tokens, _, org, err := cfg.connect(log)
	if err != nil {
		return d, err
	}
	feed, err := salesforce.NewFeed(salesforce.FeedOptions{Source: org.Counted(cfg.source(org)), Tokens: tokens, Version: cfg.APIVersion, Log: log.With("component", "stream"),
		Org: org, CanaryAfter: cfg.CanaryAfter})
	if err != nil {
		return d, err
	}
	if d.store, err = store.Open(ctx, store.Options{Path: cfg.Data, Logger: log.With("component", "store")}); err != nil {
		return d, err
	}
	reached := &reachedOrg{Org: org}
	names := org.Names
	if cfg.PublicURL == "" {
		names = nil // nobody would see them, and they cost a call
	}
	policy := rt.policy(cfg.PresenceGrace)
	policy.Console = cfg.PublicURL != ""
	d.connector, err = connector.New(connector.Options{
		Org: reached, Feed: feedOf{feed}, Engine: eng, Store: d.store, Policy: policy, Logger: log.With("component", "connector"),
		SweepEvery: cfg.SweepEvery, Budget: org.Budget, Drain: cfg.Drain, OnJournal: more.onJournal, Direct: d.direct, Names: names,
		Owing: d.owing, Restored: d.restored, IsAgent: rt.isAgent(),
	})
	if err != nil {
		return d, err
	}
	if cfg.PublicURL != "" {
		if d.pad, err = newPad(ctx, cfg, rt, reached, d.connector, d.store, log); err != nil {
			return d, err
		}
		reached.consoles = d.pad.Console()
		reached.review = func(ctx context.Context) {
			if err := d.pad.Review(ctx); err != nil {
				log.Error("sessions of who has left ended, but perhaps only until a restart", "err", err)
			}
		}
	}
	if d.calls, err = newCalls(ctx, d, rt, more.network, reached, log); err != nil {
		return d, err
	}
	if d.listener, err = net.Listen("tcp", cfg.Listen); err != nil {
		return d, fmt.Errorf("%s_LISTEN: %w: name another address, or stop what has this one", prefix, err)
	}
	d.pages = &http.Server{
		Handler:           d.handler(feed),
		ReadHeaderTimeout: 10 * time.Second, ReadTimeout: 30 * time.Second, WriteTimeout: 30 * time.Second,
		ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
	return d, nil
}

// direct hands a directive that is not the org's business to whom it is for. The
// loop calls it, so it must not block.
func (d *daemon) direct(what vcc.Directive) {
	switch what.Kind {
	case vcc.Pop, vcc.SetOmni:
		if d.pad != nil {
			d.pad.Direct(what)
		}
	case vcc.Phone:
		d.calls.direct(what)
	}
}

// owing and restored are called by the loop, when all is wired.
func (d *daemon) owing(x vcc.Interaction)         { d.calls.owing(x) }
func (d *daemon) restored(open []vcc.Interaction) { d.calls.restored(open) }

// url is where the status page is.
func (d *daemon) url() string { return "http://" + d.listener.Addr().String() }

// run does the job until ctx ends, and then ends cleanly: it takes no more work,
// lets what is under way end, makes it durable, and closes.
func (d *daemon) run(ctx context.Context) error {
	served := make(chan error, 1)
	go func() { served <- d.pages.Serve(d.listener) }()
	pruned := make(chan struct{})
	pruning, stop := context.WithCancel(ctx)
	go func() {
		defer close(pruned)
		d.prune(pruning)
	}()
	calling, hangUp := context.WithCancel(context.WithoutCancel(ctx))
	called := make(chan struct{})
	go func() {
		defer close(called)
		d.calls.run(calling)
	}()
	err := d.connector.Run(ctx)
	hangUp()
	<-called
	stop()
	<-pruned
	// Browsers answer a farewell at once; but here, too, the machine may be busy.
	closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	if d.pad != nil {
		err = errors.Join(err, d.pad.Close(closing))
	}
	_ = d.pages.Shutdown(closing) // pages hold nothing: what is left is cut off
	d.listener = nil
	if serveErr := <-served; !errors.Is(serveErr, http.ErrServerClosed) {
		err = errors.Join(err, fmt.Errorf("status page: %w", serveErr))
	}
	return err
}

// prune keeps the journal within its retention.
func (d *daemon) prune(ctx context.Context) {
	every := time.NewTicker(time.Hour)
	defer every.Stop()
	for {
		if n, err := d.store.Prune(ctx, time.Now().Add(-d.cfg.JournalRetains)); err != nil && ctx.Err() == nil {
			d.log.Warn("the journal was not pruned", "err", err)
		} else if n > 0 {
			d.log.Info("journal pruned", "entries", n)
		}
		select {
		case <-every.C:
		case <-ctx.Done():
			return
		}
	}
}

// close gives back what newDaemon took. It may be called on a daemon that is only
// half made.
func (d *daemon) close() error {
	var errs []error
	if d.listener != nil {
		errs = append(errs, d.listener.Close())
	}
	if d.store != nil {
		errs = append(errs, d.store.Close())
	}
	return errors.Join(errs...)
}

// feedOf lets the org's feed deliver to the connector; the two do not know each
// other.
type feedOf struct{ *salesforce.Feed }

func (f feedOf) Run(ctx context.Context, sink connector.Sink) error { return f.Feed.Run(ctx, sink) }

// connect returns the org that the configuration names, and what it is reached by.
// It sends nothing.
func (c config) connect(log *slog.Logger) (*salesforce.TokenSource, *salesforce.Client, *salesforce.Org, error) {
	tokens, err := salesforce.NewTokenSource(salesforce.TokenOptions{LoginURL: c.OrgURL, Grant: c.grant()})
	if err != nil {
		return nil, nil, nil, err
	}
	client, err := salesforce.NewClient(salesforce.Options{
		Tokens: tokens, Version: c.APIVersion, Timeout: c.CallTimeout, AttemptTimeout: c.CallTimeout, Concurrency: c.Concurrency,
		Log: log.With("component", "rest"),
	})
	if err != nil {
		return nil, nil, nil, err
	}
	org, err := salesforce.NewOrg(salesforce.OrgOptions{Client: client})
	return tokens, client, org, err
}

// source returns where events come from.
func (c config) source(org *salesforce.Org) salesforce.Source {
	if c.Events == "cdc" {
		return salesforce.NewCapture(org)
	}
	return salesforce.NewPushTopics(org)
}

// grant returns how the daemon logs in.
func (c config) grant() salesforce.Grant {
	if c.JWTKey == "" {
		return salesforce.ClientCredentials{ClientID: c.ClientID, ClientSecret: c.ClientSecret}
	}
	key, err := salesforce.ParseKey([]byte(c.JWTKey.Reveal()))
	if err != nil {
		return nil // check has refused it
	}
	return salesforce.JWTBearer{ClientID: c.ClientID, Username: c.Username, Audience: c.JWTAudience, Key: key}
}

package connector

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"omnibridge/connector/store"
	"omnibridge/omnichannel"
	"omnibridge/vcc"
)

// Options is what a Connector is made of.
type Options struct {
	Org    Org
	Feed   Feed
	Engine Engine
	Store  Store
	Policy omnichannel.Policy
	Logger *slog.Logger

	// Inbox is how many inputs may wait for the loop. When it is full, those who
	// put into it wait. Default 1024.
	Inbox int
	// Workers is how many effects are handed to the Org at the same time. It bounds
	// its own calls, and sends what waits for one together, so there should be room
	// for what it can send at once. Default 512.
	Workers int
	// SweepEvery is how often the whole org is read and compared while the stream
	// is up, SweepDown while it is not. Defaults 5 min and 15 s. While the org's API
	// calls are scarce, SweepEvery is stretched: events tell the same, and pushes
	// need the calls.
	SweepEvery, SweepDown time.Duration
	// Budget, if set, tells the org's daily allowances. It must not block.
	Budget func() []omnichannel.Allowance
	// Drain bounds how long Run waits, when it is told to end, for what is under
	// way. Default 10 s.
	Drain time.Duration
	// Names, if set, tells what people call records, by id, each given with its service
	// channel; those that it cannot name are left out. It may block for as long as ctx
	// lasts. It is asked for what has no name and is offered to, or held by, an agent whose
	// ContactPad is open, once with every offer, for many at once
	// when there are many, and not while API calls are scarce.
	Names func(context.Context, map[omnichannel.RecordID]omnichannel.ChannelID) (map[omnichannel.RecordID]string, error)
	// IsAgent, if set, tells which users of the org may be agents, so that they can be
	// consulted and given work before they were ever seen. Default: all of them.
	IsAgent func(vcc.AgentID) bool
	// Direct, if set, takes the directives that are not the org's business (Pop,
	// SetOmni, Phone, Tell), in order, after what they follow from is durable. It is
	// called by the loop and must not block.
	Direct func(vcc.Directive)
	// Owing, if set, takes every interaction of which a provider is owed a word, after
	// that is durable; Restored, once, what was open when the state was restored. Both
	// are called by the loop and must not block.
	Owing    func(vcc.Interaction)
	Restored func([]vcc.Interaction)
	// OnJournal, if set, is called by the loop with the journal entries of each
	// turn after they are durable. It must not block.
	OnJournal func([]store.Entry)
}

func (o *Options) validate() error {
	var errs []error
	for name, missing := range map[string]bool{"Org": o.Org == nil, "Feed": o.Feed == nil, "Engine": o.Engine == nil, "Store": o.Store == nil, "Logger": o.Logger == nil} {
		if missing {
			errs = append(errs, fmt.Errorf("connector: option %s is not set", name))
		}
	}
	for n, def := range map[*int]int{&o.Inbox: 1024, &o.Workers: 512} {
		if *n <= 0 {
			*n = def
		}
	}
	for d, def := range map[*time.Duration]time.Duration{&o.SweepEvery: 5 * time.Minute, &o.SweepDown: 15 * time.Second, &o.Drain: 10 * time.Second} {
		if *d <= 0 {
			*d = def
		}
	}
	return errors.Join(errs...)
}

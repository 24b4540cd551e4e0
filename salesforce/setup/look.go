package setup

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"omnibridge/omnichannel"
	"omnibridge/salesforce"
)

// Options says what to look at. Tokens, Client, Source and Version must be set.
type Options struct {
	Tokens *salesforce.TokenSource
	Client *salesforce.Client
	// Source is where events come from; Version is the API version they are
	// streamed by.
	Source  salesforce.Source
	Version string
	// Plan tells what Source.Ensure would do. Nil where it makes nothing.
	Plan func(context.Context) ([]salesforce.TopicChange, error)
	// Canary makes the channel by which the daemon proves that events come, and
	// PlanCanary tells what it would do. Both are nil where none is wanted.
	Canary, PlanCanary func(context.Context) (salesforce.TopicChange, error)
	// DryRun changes nothing.
	DryRun bool
	// Quiet is for how long the stream must tell nothing before what it has not
	// told counts as withheld; default 3 s.
	Quiet time.Duration
	Log   *slog.Logger // nil means silence
}

func (o Options) withDefaults() Options {
	o.Quiet = cmp.Or(o.Quiet, 3*time.Second)
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return o
}

func (o Options) validate() error {
	switch {
	case o.Tokens == nil || o.Client == nil || o.Source == nil || o.Version == "":
		return errors.New("setup: Tokens, Client, Source and Version must be set")
	case (o.Canary == nil) != (o.PlanCanary == nil):
		return errors.New("setup: Canary and PlanCanary belong together")
	case o.Quiet < 0:
		return fmt.Errorf("setup: Quiet is %v: must not be negative", o.Quiet)
	}
	return nil
}

// looker is one call of Look.
type looker struct {
	Options
	wanted Wanted
	s      State
}

// Look makes the source's channels and that of canaries, unless it is a dry run, and
// reads what Judge needs: about fifteen API calls, and at most MaxEvents events of the org's daily
// allowance. What the org refuses becomes a Fault of the State; an error means that
// the org could not be asked.
func Look(ctx context.Context, o Options, w Wanted) (State, error) {
	if err := o.validate(); err != nil {
		return State{}, err
	}
	l := &looker{Options: o.withDefaults(), wanted: w}
	l.s = State{DryRun: o.DryRun, Needs: o.Source.Needs(), Faults: map[Part]Fault{}}
	for _, c := range o.Source.Channels() {
		l.s.ByTopic = l.s.ByTopic || strings.HasPrefix(c.Name, topicPrefix)
	}
	if err := l.login(ctx); err != nil {
		return State{}, fmt.Errorf("log in: %w", err)
	}
	for _, part := range []struct {
		name Part
		look func(context.Context) error
	}{
		{Topics, l.topics}, {Canary, l.canary}, {Channels, l.channels}, {Statuses, l.statuses}, {Queues, l.queues},
		{QueueDetail, l.queueDetail}, {Agents, l.agents}, {CreateWork, l.createWork},
	} {
		err := part.look(ctx)
		if refused, ok := errors.AsType[*salesforce.APIError](err); ok {
			l.s.Faults[part.name] = Fault{refused.Code(), refused.Error()}
		} else if err != nil {
			return State{}, fmt.Errorf("%s: %w", part.name, err)
		}
	}
	if err := l.deliveries(ctx); err != nil {
		return State{}, fmt.Errorf("events: %w", err)
	}
	l.s.Calls = o.Client.Stats().Usage
	return l.s, nil
}

func (l *looker) login(ctx context.Context) error {
	tok, err := l.Tokens.Token(ctx)
	if err != nil {
		return err
	}
	type orgRow struct {
		ID        string `json:"Id"`
		Name      string
		IsSandbox bool
	}
	type userRow struct {
		ID       string `json:"Id"`
		Username string
	}
	orgs, err := salesforce.Query[orgRow](ctx, l.Client, "SELECT Id, Name, IsSandbox FROM Organization LIMIT 1")
	if err != nil {
		return err
	}
	l.s.At = tok.Issued
	l.s.Login = Login{OrgID: tok.OrgID, Instance: tok.InstanceURL, UserID: tok.UserID}
	for _, r := range orgs {
		l.s.Login.Org, l.s.Login.OrgID, l.s.Login.Sandbox = r.Name, omnichannel.Long(r.ID), r.IsSandbox
	}
	if tok.UserID == "" {
		return nil
	}
	users, err := salesforce.Query[userRow](ctx, l.Client, "SELECT Id, Username FROM User WHERE Id = "+salesforce.Quote(tok.UserID))
	for _, r := range users {
		l.s.Login.Username = r.Username
	}
	return err
}

// topics makes the source's channels, or tells how it would.
func (l *looker) topics(ctx context.Context) (err error) {
	switch {
	case !l.DryRun:
		l.s.Topics, err = l.Source.Ensure(ctx)
	case l.Plan != nil:
		l.s.Topics, err = l.Plan(ctx)
	}
	return err
}

// canary makes the channel of canaries, or tells how it would.
func (l *looker) canary(ctx context.Context) (err error) {
	switch {
	case l.Options.Canary == nil:
	case l.DryRun:
		l.s.Canary, err = l.PlanCanary(ctx)
	default:
		l.s.Canary, err = l.Options.Canary(ctx)
	}
	return err
}

// createWork asks whether the user may create AgentWork.
func (l *looker) createWork(ctx context.Context) error {
	body, err := l.Client.Do(ctx, http.MethodGet, "sobjects/AgentWork/describe", nil)
	if err != nil {
		return err
	}
	var described struct{ Createable bool }
	if err := json.Unmarshal(body, &described); err != nil {
		return fmt.Errorf("decode reply: %w", err)
	}
	l.s.CreatesWork = described.Createable
	return nil
}

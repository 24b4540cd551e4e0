package salesforce

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/cenkalti/backoff/v4"

	"omnibridge/omnichannel"
	"omnibridge/salesforce/streaming"
)

// Sink takes what a Feed delivers. Its methods may block; Deliver and Gap return
// when what they were given is durable.
type Sink interface {
	// Cursor returns how far a channel was made durable; ok is false if it never was.
	Cursor(ctx context.Context, channel string) (replay int64, ok bool, err error)
	// Deliver takes signals in order, and how far the stream has come with them.
	Deliver(ctx context.Context, signals []omnichannel.Signal, cursors []omnichannel.Cursor) error
	// Gap says that events of a channel may be missing: the org is to be read.
	Gap(ctx context.Context, channel, why string) error
	// Link tells the state of the stream. It must not block.
	Link(l omnichannel.Link)
}

// FeedOptions says how events are streamed.
type FeedOptions struct {
	Source    Source
	Tokens    *TokenSource
	Version   string            // API version
	Transport http.RoundTripper // nil means one made for long polls
	Log       *slog.Logger
}

// Feed is the org's events as signals.
type Feed struct{ o FeedOptions }

// NewFeed returns a feed. It sends nothing.
func NewFeed(o FeedOptions) (*Feed, error) {
	if o.Source == nil || o.Tokens == nil || o.Log == nil {
		return nil, errors.New("salesforce feed: Source, Tokens and Log must be set")
	}
	return &Feed{o: o}, nil
}

// Run makes sure that the channels are there and delivers their events to sink
// until ctx ends; then it returns nil. Faults of the org are told as the link's
// state, and tried again; only a wrong configuration of ours is an error.
func (f *Feed) Run(ctx context.Context, sink Sink) error {
	tell := func(state omnichannel.LinkState, reason, hint string) {
		sink.Link(omnichannel.Link{Name: "stream", State: state, Reason: reason, Hint: hint})
	}
	tell(omnichannel.LinkConnecting, "", "")
	if err := f.channels(ctx, tell); err != nil {
		return nil // ctx has ended
	}
	o := streaming.Options{
		TokenSource: StreamTokens{f.o.Tokens}, APIVersion: f.o.Version, Channels: f.o.Source.Channels(), Logger: f.o.Log,
		Cursor: func(ctx context.Context, channel string) (int64, error) {
			replay, ok, err := sink.Cursor(ctx, channel)
			if !ok {
				return streaming.NoReplay, err
			}
			return replay, err
		},
		Deliver: func(ctx context.Context, batch []streaming.Event) error { return f.deliver(ctx, sink, batch) },
		OnGap: func(ctx context.Context, channel string, gap streaming.Gap) error {
			return sink.Gap(ctx, channel, gapText(gap))
		},
		OnLink: func(s streaming.Status) {
			if ctx.Err() == nil { // going down at the end is no news
				tell(omnichannel.LinkState(s.Link), s.Reason, f.hint(s))
			}
		},
	}
	if f.o.Transport != nil {
		o.HTTP = &http.Client{Transport: f.o.Transport}
	}
	client, err := streaming.New(o)
	if err != nil {
		return err
	}
	if err := client.Run(ctx); err != nil && ctx.Err() == nil {
		return err
	}
	return nil
}

// hint adds, for a channel that is refused, what the source needs.
func (f *Feed) hint(s streaming.Status) string {
	switch s.Cause {
	case "channel-denied", "channel-missing", "user-not-allowed", "entity-no-access":
		return s.Hint + "; " + f.o.Source.Needs()
	}
	return s.Hint
}

// channels makes sure of the channels, for as long as it takes. While it does not
// succeed the org is still swept, so work is still routed, only later.
func (f *Feed) channels(ctx context.Context, tell func(omnichannel.LinkState, string, string)) error {
	return backoff.RetryNotify(func() error {
		changes, err := f.o.Source.Ensure(ctx)
		for _, c := range changes {
			if c.What != "unchanged" {
				f.o.Log.Info("PushTopic", "topic", c.Name, "was", c.What)
			}
		}
		return err
	}, f.patience(ctx), func(err error, _ time.Duration) {
		tell(omnichannel.LinkDown, err.Error(), f.o.Source.Needs())
	})
}

// patience is for what is tried until ctx ends.
func (f *Feed) patience(ctx context.Context) backoff.BackOff {
	b := backoff.NewExponentialBackOff(backoff.WithInitialInterval(250*time.Millisecond), backoff.WithMaxInterval(time.Minute), backoff.WithMaxElapsedTime(0))
	return backoff.WithContext(b, ctx)
}

// deliver decodes a batch and hands it over. An event that cannot be decoded
// never will be: its place in the stream is passed, and the org is read instead.
func (f *Feed) deliver(ctx context.Context, sink Sink, batch []streaming.Event) error {
	d, err := backoff.RetryNotifyWithData(func() (Decoded, error) { return f.o.Source.Decode(ctx, batch) }, f.patience(ctx),
		func(err error, in time.Duration) {
			f.o.Log.Warn("events wait, since the org cannot be asked about them", "err", err, "in", in)
		})
	if err != nil {
		return err // ctx has ended
	}
	for channel, why := range d.Gaps {
		f.o.Log.Error("events tell less than what happened; reading the org instead", "channel", channel, "why", why)
		if err := sink.Gap(ctx, channel, why); err != nil {
			return err
		}
	}
	return sink.Deliver(ctx, d.Signals, reached(batch))
}

// reached returns how far the channels have come with a batch.
func reached(batch []streaming.Event) []omnichannel.Cursor {
	var cursors []omnichannel.Cursor
	at := map[string]int{} // channel to its place in cursors
	for _, ev := range batch {
		if ev.Replay == streaming.NoReplay {
			continue
		}
		if i, ok := at[ev.Channel]; ok {
			cursors[i].Replay = ev.Replay
		} else {
			at[ev.Channel] = len(cursors)
			cursors = append(cursors, omnichannel.Cursor{Channel: ev.Channel, Replay: ev.Replay})
		}
	}
	return cursors
}

func gapText(g streaming.Gap) string {
	if g.Kind == streaming.GapNoCursor {
		return "first subscription: what was before is read by query"
	}
	return fmt.Sprintf("replay id %d is no longer known (%s); going on from %d, and what was between is read by query", g.Refused, g.Kind, g.From)
}

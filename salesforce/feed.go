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
	Org       *Org
	Tokens    *TokenSource
	Version   string            // API version
	Transport http.RoundTripper // nil means one made for long polls
	Log       *slog.Logger
}

// Feed is the org's events as signals.
type Feed struct{ o FeedOptions }

// NewFeed returns a feed. It sends nothing.
func NewFeed(o FeedOptions) (*Feed, error) {
	if o.Org == nil || o.Tokens == nil || o.Log == nil {
		return nil, errors.New("salesforce feed: Org, Tokens and Log must be set")
	}
	return &Feed{o: o}, nil
}

// Run makes sure that the topics are there and delivers their events to sink
// until ctx ends; then it returns nil. Faults of the org are told as the link's
// state, and tried again; only a wrong configuration of ours is an error.
func (f *Feed) Run(ctx context.Context, sink Sink) error {
	tell := func(state omnichannel.LinkState, reason, hint string) {
		sink.Link(omnichannel.Link{Name: "stream", State: state, Reason: reason, Hint: hint})
	}
	tell(omnichannel.LinkConnecting, "", "")
	if err := f.topics(ctx, tell); err != nil {
		return nil // ctx has ended
	}
	var channels []streaming.Channel
	for _, name := range Channels() {
		channels = append(channels, streaming.Channel{Name: name})
	}
	o := streaming.Options{
		TokenSource: StreamTokens{f.o.Tokens}, APIVersion: f.o.Version, Channels: channels, Logger: f.o.Log,
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
				tell(omnichannel.LinkState(s.Link), s.Reason, s.Hint)
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

// topics creates or corrects the topics, for as long as it takes. While it does
// not succeed the org is still swept, so work is still routed, only later.
func (f *Feed) topics(ctx context.Context, tell func(omnichannel.LinkState, string, string)) error {
	b := backoff.NewExponentialBackOff(backoff.WithInitialInterval(250*time.Millisecond), backoff.WithMaxInterval(time.Minute), backoff.WithMaxElapsedTime(0))
	return backoff.RetryNotify(func() error {
		changes, err := f.o.Org.Topics(ctx)
		for _, c := range changes {
			if c.What != "unchanged" {
				f.o.Log.Info("PushTopic", "topic", c.Name, "was", c.What)
			}
		}
		return err
	}, backoff.WithContext(b, ctx), func(err error, _ time.Duration) {
		tell(omnichannel.LinkDown, err.Error(), "the integration user needs Read, Create and Edit on PushTopic")
	})
}

// deliver decodes a batch and hands it over. An event that cannot be decoded
// never will be: its place in the stream is passed, and the org is read instead.
func (f *Feed) deliver(ctx context.Context, sink Sink, batch []streaming.Event) error {
	var signals []omnichannel.Signal
	var cursors []omnichannel.Cursor
	broken := map[string]error{}
	at := map[string]int{} // channel to its place in cursors
	for _, ev := range batch {
		s, err := f.o.Org.Decode(ev)
		if err != nil {
			broken[ev.Channel] = err
			f.o.Log.Error("an event cannot be read; reading the org instead", "err", err)
		}
		signals = append(signals, s...)
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
	for channel, err := range broken {
		if err := sink.Gap(ctx, channel, err.Error()); err != nil {
			return err
		}
	}
	return sink.Deliver(ctx, signals, cursors)
}

func gapText(g streaming.Gap) string {
	if g.Kind == streaming.GapNoCursor {
		return "first subscription: what was before is read by query"
	}
	return fmt.Sprintf("replay id %d is no longer known (%s); going on from %d, and what was between is read by query", g.Refused, g.Kind, g.From)
}

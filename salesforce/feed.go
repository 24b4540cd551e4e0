package salesforce

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"sync"
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
	// Org pushes canaries to CanaryChannel: CanaryAfter is how long nothing may be
	// heard before one is to prove that events are still delivered; 0 means never, and
	// needs no Org.
	Org         *Org
	CanaryAfter time.Duration
}

// Feed is the org's events as signals.
type Feed struct {
	o      FeedOptions
	canary *canary
}

// NewFeed returns a feed. It sends nothing.
func NewFeed(o FeedOptions) (*Feed, error) {
	if o.Source == nil || o.Tokens == nil || o.Log == nil {
		return nil, errors.New("salesforce feed: Source, Tokens and Log must be set")
	}
	if o.CanaryAfter < 0 || o.CanaryAfter > 0 && o.Org == nil {
		return nil, errors.New("salesforce feed: CanaryAfter must not be negative, and canaries need an Org")
	}
	return &Feed{o, newCanary(o.CanaryAfter, o.Org, o.Log)}, nil
}

// Canary tells whether it is proven that events are delivered.
func (f *Feed) Canary() CanaryState { return f.canary.read() }

// Run makes sure that the channels are there and delivers their events to sink
// until ctx ends; then it returns nil. Faults of the org are told as the link's
// state, and tried again; only a wrong configuration of ours is an error.
func (f *Feed) Run(ctx context.Context, sink Sink) error {
	n := &feeding{Feed: f, ctx: ctx, sink: sink}
	n.tell(omnichannel.LinkConnecting, "", "")
	if err := f.channels(ctx, n.tell); err != nil {
		return nil // ctx has ended
	}
	o := streaming.Options{
		TokenSource: StreamTokens{f.o.Tokens}, APIVersion: f.o.Version, Channels: f.o.Source.Channels(), Logger: f.o.Log,
		Cursor: n.cursor, Deliver: n.deliver, OnGap: n.gap, OnLink: n.link,
	}
	if f.o.CanaryAfter > 0 {
		n.makeCanary()
		o.Channels = append(o.Channels, streaming.Channel{Name: CanaryChannel, Fallback: streaming.FallbackNew, Optional: true})
	}
	if f.o.Transport != nil {
		o.HTTP = &http.Client{Transport: f.o.Transport}
	}
	client, err := streaming.New(o)
	if err != nil {
		return err
	}
	var watch sync.WaitGroup
	watching, stop := context.WithCancel(ctx)
	watch.Go(func() { f.canary.run(watching, func(why string) { n.missed(client, why) }, n.judge) })
	err = client.Run(ctx)
	stop()
	watch.Wait()
	if ctx.Err() == nil {
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

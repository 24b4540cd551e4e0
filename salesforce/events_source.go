package salesforce

import (
	"context"

	"omnibridge/omnichannel"
	"omnibridge/salesforce/streaming"
)

// Source is a way in which the org tells its events: PushTopics
// ([NewPushTopics]) or Change Data Capture ([NewCapture]). One Feed uses a
// Source, from one goroutine at a time.
type Source interface {
	// Channels returns what to subscribe to.
	Channels() []streaming.Channel
	// Ensure makes sure that the org has the channels, as far as it is the
	// daemon's to make them, and tells what it did.
	Ensure(ctx context.Context) ([]TopicChange, error)
	// Needs says, for people, what the org must give the integration user, for
	// when Ensure fails or a channel is refused.
	Needs() string
	// Decode turns a batch of events into signals, in their order. It may read
	// records of the org. An error means that it could not for now, and that the
	// same batch is to be tried again.
	Decode(ctx context.Context, batch []streaming.Event) (Decoded, error)
}

// Decoded is what a batch of events says.
type Decoded struct {
	Signals []omnichannel.Signal
	// Gaps tells, by channel, why signals may be missing, so that the whole org is
	// to be read: an event that will never decode, or one that says that Salesforce
	// left others out.
	Gaps map[string]string
}

// gap notes why the org is to be read; of several reasons the last is kept.
func (d *Decoded) gap(channel, why string) {
	if d.Gaps == nil {
		d.Gaps = map[string]string{}
	}
	d.Gaps[channel] = why
}

// pushTopics is the Source of the daemon's PushTopics, whose events are complete.
type pushTopics struct{ org *Org }

// NewPushTopics returns the events of PushTopics, which the daemon makes itself.
// It sends nothing.
func NewPushTopics(org *Org) Source { return pushTopics{org} }

func (pushTopics) Channels() []streaming.Channel {
	var list []streaming.Channel
	for _, name := range Channels() {
		list = append(list, streaming.Channel{Name: name})
	}
	return list
}

func (p pushTopics) Ensure(ctx context.Context) ([]TopicChange, error) { return p.org.Topics(ctx) }

func (pushTopics) Needs() string {
	return "the integration user needs Read, Create and Edit on PushTopic"
}

func (p pushTopics) Decode(_ context.Context, batch []streaming.Event) (Decoded, error) {
	var d Decoded
	for _, ev := range batch {
		s, err := p.org.Decode(ev)
		if err != nil {
			d.gap(ev.Channel, err.Error())
		}
		d.Signals = append(d.Signals, s...)
	}
	return d, nil
}

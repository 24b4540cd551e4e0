package salesforce

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/cenkalti/backoff/v4"

	"omnibridge/omnichannel"
	"omnibridge/salesforce/streaming"
)

// feeding is one Run of a Feed: what the streaming client calls, between it, the
// canary and the sink.
type feeding struct {
	*Feed
	ctx  context.Context // of Run
	sink Sink

	mu     sync.Mutex // guards the following, and the order of what the sink is told
	status streaming.Status
}

// makeCanaryWithin bounds how long the stream waits for the canary's channel.
const makeCanaryWithin = 5 * time.Second

// makeCanary makes sure of the canary's channel before it is subscribed to. If that
// fails, it is tried again with each canary, and the stream is there all the same.
func (n *feeding) makeCanary() {
	ctx, cancel := context.WithTimeout(n.ctx, makeCanaryWithin)
	defer cancel()
	change, err := n.o.Org.EnsureCanary(ctx)
	switch {
	case n.ctx.Err() != nil:
	case err != nil:
		n.o.Log.Warn("canary: not available", "channel", CanaryChannel, "err", err, "needs", CanaryNeeds)
	case change.What != "unchanged":
		n.o.Log.Info("streaming channel", "channel", CanaryChannel, "was", change.What)
	}
}

func (n *feeding) tell(state omnichannel.LinkState, reason, hint string) {
	n.sink.Link(omnichannel.Link{Name: "stream", State: state, Reason: reason, Hint: hint})
}

// link is streaming.Options.OnLink.
func (n *feeding) link(s streaming.Status) {
	n.mu.Lock()
	n.status = s
	n.mu.Unlock()
	n.canary.link(s)
	n.judge()
}

// judge tells the sink how the stream stands: by what the streaming client knows,
// and where that is content, by what the canary knows.
func (n *feeding) judge() {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.ctx.Err() != nil || n.status.Link == "" { // going down at the end is no news
		return
	}
	s, c := n.status, n.canary.read()
	switch {
	case s.Link != streaming.LinkUp || c.Off:
		n.tell(omnichannel.LinkState(s.Link), s.Reason, n.hint(s))
	case c.Overdue:
		n.tell(omnichannel.LinkDegraded, "events do not come, though polls are answered: a canary was not delivered",
			"the org is read instead, and the session begun anew until events come; if that lasts, see status.salesforce.com for the org's instance")
	case c.Unavailable != "":
		n.tell(omnichannel.LinkUp, "canary: not available, so that events still come is not proven in quiet times: "+c.Unavailable, CanaryNeeds)
	default:
		n.tell(omnichannel.LinkUp, "", "")
	}
}

// missed does what there is to do about a canary that did not come: the link says
// so, the session is begun anew, and the org is read, since events may be missing.
func (n *feeding) missed(client *streaming.Client, why string) {
	n.judge()
	n.o.Log.Warn("events do not come; reading the org and beginning a new session", "why", why)
	client.Renew(why)
	if err := n.sink.Gap(n.ctx, CanaryChannel, why); err != nil && n.ctx.Err() == nil {
		n.o.Log.Error("the org was not read after a canary was missed", "err", err)
	}
}

// cursor is streaming.Options.Cursor. Canaries are not the sink's business.
func (n *feeding) cursor(ctx context.Context, channel string) (int64, error) {
	if channel == CanaryChannel {
		return n.canary.from(), nil
	}
	replay, ok, err := n.sink.Cursor(ctx, channel)
	if !ok {
		return streaming.NoReplay, err
	}
	return replay, err
}

// gap is streaming.Options.OnGap.
func (n *feeding) gap(ctx context.Context, channel string, gap streaming.Gap) error {
	if channel == CanaryChannel {
		n.canary.lost()
		return nil
	}
	defer n.canary.occupied()()
	return n.sink.Gap(ctx, channel, gapText(gap))
}

// deliver is streaming.Options.Deliver: canaries end here, the rest is decoded and
// handed over.
func (n *feeding) deliver(ctx context.Context, batch []streaming.Event) error {
	defer n.canary.occupied()()
	ours := func(ev streaming.Event) bool { return ev.Channel == CanaryChannel }
	var canaries []streaming.Event
	rest := batch
	if slices.ContainsFunc(batch, ours) {
		rest = nil
		for _, ev := range batch {
			if ours(ev) {
				canaries = append(canaries, ev)
			} else {
				rest = append(rest, ev)
			}
		}
		n.o.Org.client.budget.deliveredEvents(time.Now(), CanaryChannel, len(canaries))
	}
	if n.canary.hear(batch, canaries) {
		n.o.Log.Info("events come again")
		n.judge()
	}
	if len(rest) == 0 {
		return nil
	}
	return n.handOver(ctx, rest)
}

// handOver decodes a batch and hands it over. An event that cannot be decoded
// never will be: its place in the stream is passed, and the org is read instead.
func (n *feeding) handOver(ctx context.Context, batch []streaming.Event) error {
	d, err := backoff.RetryNotifyWithData(func() (Decoded, error) { return n.o.Source.Decode(ctx, batch) }, n.patience(ctx),
		func(err error, in time.Duration) {
			n.o.Log.Warn("events wait, since the org cannot be asked about them", "err", err, "in", in)
		})
	if err != nil {
		return err // ctx has ended
	}
	for channel, why := range d.Gaps {
		n.o.Log.Error("events tell less than what happened; reading the org instead", "channel", channel, "why", why)
		if err := n.sink.Gap(ctx, channel, why); err != nil {
			return err
		}
	}
	return n.sink.Deliver(ctx, d.Signals, reached(batch))
}

func gapText(g streaming.Gap) string {
	switch g.Kind {
	case streaming.GapNoCursor:
		return "first subscription: what was before is read by query"
	case streaming.GapOversized:
		return "more events waited than the client takes in one reply; they are passed over, and what they told is read by query"
	}
	return fmt.Sprintf("replay id %d is no longer known (%s); going on from %d, and what was between is read by query", g.Refused, g.Kind, g.From)
}

package connector

import (
	"context"
	"fmt"

	"omnibridge/omnichannel"
)

// Sink takes what a Feed delivers. Its methods may be called by several
// goroutines.
type Sink struct{ c *Connector }

// Cursor returns the position up to which a channel was made durable; ok is
// false if it never was.
func (s Sink) Cursor(ctx context.Context, channel string) (replay int64, ok bool, err error) {
	replay, ok, err = s.c.o.Store.Cursor(ctx, channel)
	return replay, ok && replay != void, err
}

// Deliver hands over signals, in order, and how far the stream has come with
// them. It returns when both are durable, or with an error: then neither is, and
// the same events must be delivered again.
func (s Sink) Deliver(ctx context.Context, signals []omnichannel.Signal, cursors []omnichannel.Cursor) error {
	if err := s.c.put(ctx, input{signals: signals, cursors: cursors}, true); err != nil {
		return err
	}
	s.c.count(func(c *Counts) { c.Signals += len(signals) })
	return nil
}

// void is the stored position of a channel whose position the org no longer
// knows.
const void = -1

// Gap says that events of a channel may be missing. It returns when the whole org
// was read and compared, so that nothing that was missed stays missed.
func (s Sink) Gap(ctx context.Context, channel, why string) error {
	voided := []omnichannel.Cursor{{Channel: channel, Replay: void}}
	if err := s.c.put(ctx, input{cursors: voided, notes: []omnichannel.Note{{What: "gap", Why: channel + ": " + why}}}, true); err != nil {
		return err
	}
	if err := s.c.sweep(ctx); err != nil {
		return fmt.Errorf("sweep after a gap in %s: %w", channel, err)
	}
	s.c.count(func(c *Counts) { c.Gaps++ })
	return nil
}

// Link tells the state of the stream.
func (s Sink) Link(l omnichannel.Link) { s.c.setLink(l) }

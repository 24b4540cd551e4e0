package salesforce

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"omnibridge/omnichannel"
	"omnibridge/salesforce/streaming"
)

// unread is a source whose events need an org that does not answer.
type unread struct{ Source }

func (unread) Decode(context.Context, []streaming.Event) (Decoded, error) {
	return Decoded{}, errors.New("the org does not answer")
}

// untouched is a sink that is to be handed nothing.
type untouched struct{ t *testing.T }

func (s untouched) Cursor(context.Context, string) (int64, bool, error) { return 0, false, nil }
func (s untouched) Gap(context.Context, string, string) error           { s.t.Error("a gap"); return nil }
func (s untouched) Link(omnichannel.Link)                               {}
func (s untouched) Deliver(context.Context, []omnichannel.Signal, []omnichannel.Cursor) error {
	s.t.Error("events were handed over that nobody could read, and their place in the stream with them")
	return nil
}

// TestEventsWaitForTheOrg: while they cannot be read nothing is handed over, not
// even as the program ends.
func TestEventsWaitForTheOrg(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := FeedOptions{Source: unread{}, Log: slog.New(slog.DiscardHandler)}
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		n := &feeding{Feed: &Feed{o: o}, ctx: ctx, sink: untouched{t}}
		begun := time.Now()
		if err := n.handOver(ctx, []streaming.Event{{Channel: PSRChannel, Replay: 7}}); err == nil || time.Since(begun) != time.Hour {
			t.Errorf("after %v: %v", time.Since(begun), err)
		}
	})
}

package setup

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"omnibridge/omnichannel"
	"omnibridge/salesforce"
	"omnibridge/salesforce/streaming"
)

// slowSource takes its time to decode; each event is about the AgentWork of its
// replay id.
type slowSource struct {
	salesforce.Source
	takes time.Duration
}

func (s slowSource) Decode(_ context.Context, batch []streaming.Event) (salesforce.Decoded, error) {
	time.Sleep(s.takes)
	var d salesforce.Decoded
	for range batch {
		d.Signals = append(d.Signals, omnichannel.WorkSeen{Work: omnichannel.AgentWork{ID: "w"}})
	}
	return d, nil
}

func newListener(takes time.Duration) *listener {
	return &listener{
		source: slowSource{takes: takes}, news: make(chan struct{}, 1), unread: map[string]string{}, got: map[string]map[string]bool{},
		wanted: map[string]map[string]bool{"AgentWork": {"w": true}, "UserServicePresence": {"p": true}},
	}
}

// TestListenerEnds holds when listening ends; times are exact in a bubble.
func TestListenerEnds(t *testing.T) {
	const quiet = 3 * time.Second
	up := streaming.Status{Link: streaming.LinkUp}
	for name, c := range map[string]struct {
		takes  time.Duration
		happen func(context.Context, *listener)
		after  time.Duration
		cut    bool
	}{
		"it never comes up": {happen: func(context.Context, *listener) {}, after: connectWithin},
		"it is quiet":       {happen: func(_ context.Context, h *listener) { h.link(up) }, after: quiet},
		"it is quiet, and nothing is sure to come": {happen: func(_ context.Context, h *listener) {
			h.wanted = map[string]map[string]bool{"AgentWork": {}}
			h.link(up)
		}, after: quiet},
		"it is refused": {happen: func(_ context.Context, h *listener) {
			h.link(streaming.Status{Link: streaming.LinkDegraded})
		}, after: quiet},
		"an event keeps it going": {happen: func(ctx context.Context, h *listener) {
			h.link(up)
			time.Sleep(2 * time.Second)
			_ = h.deliver(ctx, make([]streaming.Event, 1))
		}, after: 2*time.Second + quiet},
		"decoding is not quiet": {takes: 10 * time.Second, happen: func(ctx context.Context, h *listener) {
			h.link(up)
			_ = h.deliver(ctx, make([]streaming.Event, 1))
		}, after: 10*time.Second + quiet},
		"all is heard": {happen: func(ctx context.Context, h *listener) {
			h.link(up)
			delete(h.wanted, "UserServicePresence")
			_ = h.deliver(ctx, make([]streaming.Event, 1))
		}},
		"it is never quiet": {happen: func(ctx context.Context, h *listener) {
			h.link(up)
			for ctx.Err() == nil {
				time.Sleep(time.Second)
				_ = h.deliver(ctx, make([]streaming.Event, 1))
			}
		}, after: listenWithin},
		"there are too many events": {happen: func(ctx context.Context, h *listener) {
			h.link(up)
			for taken := 0; ctx.Err() == nil; taken += 1_000 {
				if taken > MaxEvents {
					t.Errorf("%d events were asked for", taken)
				}
				_ = h.deliver(ctx, make([]streaming.Event, 1_000))
			}
		}, cut: true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithTimeout(t.Context(), listenWithin)
				h := newListener(c.takes)
				done := make(chan struct{})
				began := time.Now()
				go func() {
					defer close(done)
					c.happen(ctx, h)
				}()
				if cut := h.wait(ctx, quiet); cut != c.cut || time.Since(began) != c.after {
					t.Errorf("cut %v after %v, want %v after %v", cut, time.Since(began), c.cut, c.after)
				}
				cancel()
				<-done
			})
		})
	}
}

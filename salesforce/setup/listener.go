package setup

import (
	"context"
	"sync"
	"time"

	"omnibridge/omnichannel"
	"omnibridge/salesforce"
	"omnibridge/salesforce/streaming"
)

// listener takes events until it knows enough. Its Deliver and OnLink are called by
// the streaming client's goroutines.
type listener struct {
	source salesforce.Source
	news   chan struct{} // has room for one

	mu     sync.Mutex
	wanted map[string]map[string]bool // object to ids of records whose events are to come
	got    map[string]map[string]bool // object to ids of records that events were about
	unread map[string]string          // channel to why an event could not be understood
	taken  int
	busy   bool // a batch is being decoded
	status streaming.Status
}

// wait returns when enough was heard, the stream has been quiet, or it did not come
// up in time. When ctx ends a stream that is never quiet has long told what it
// retained, since that comes first.
func (h *listener) wait(ctx context.Context, quiet time.Duration) (cut bool) {
	timer := time.NewTimer(connectWithin)
	defer timer.Stop()
	for {
		select {
		case <-h.news:
			enough, full, stands := h.read()
			if enough || full {
				return full
			}
			if stands {
				timer.Reset(quiet)
			}
		case <-timer.C:
			if !h.decoding() {
				return false
			}
			timer.Reset(quiet)
		case <-ctx.Done():
			return false
		}
	}
}

// read tells whether all that was wanted has come, whether more than is allowed
// did, and whether the subscription stands, in part at least.
func (h *listener) read() (enough, full, stands bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	enough = true
	for object, left := range h.wanted {
		if len(left) > 0 || len(h.got[object]) == 0 {
			enough = false
		}
	}
	return enough && h.status.Link == streaming.LinkUp, h.taken >= MaxEvents,
		h.status.Link == streaming.LinkUp || h.status.Link == streaming.LinkDegraded
}

// decoding tells whether a batch is under way: change events may have to be
// completed by reading records.
func (h *listener) decoding() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.busy
}

// link is streaming.Options.OnLink. The end of the stream is no news: it is we who
// end it.
func (h *listener) link(s streaming.Status) {
	if s.Cause == "stopped" {
		return
	}
	h.mu.Lock()
	h.status = s
	h.mu.Unlock()
	h.tell()
}

// deliver is streaming.Options.Deliver. Events are decoded as the daemon does, so
// that fields it may not see show, too.
func (h *listener) deliver(ctx context.Context, batch []streaming.Event) error {
	h.mu.Lock()
	h.busy = true
	h.mu.Unlock()
	d, err := h.source.Decode(ctx, batch)
	h.mu.Lock()
	h.busy = false
	if err != nil {
		h.mu.Unlock()
		return err
	}
	h.taken += len(batch)
	full := h.taken >= MaxEvents
	for channel, why := range d.Gaps {
		h.unread[channel] = why
	}
	for _, signal := range d.Signals {
		switch s := signal.(type) {
		case omnichannel.PSRSeen:
			h.saw(objects[0].name, string(s.PSR.ID))
		case omnichannel.WorkSeen:
			h.saw(objects[1].name, string(s.Work.ID))
		case omnichannel.PresenceSeen:
			h.saw(objects[2].name, string(s.Row.ID))
		}
	}
	h.mu.Unlock()
	h.tell()
	if full { // another poll would bring more
		<-ctx.Done()
	}
	return nil
}

// saw notes a record that an event was about. The caller holds mu.
func (h *listener) saw(object, id string) {
	if h.got[object] == nil {
		h.got[object] = map[string]bool{}
	}
	h.got[object][id] = true
	delete(h.wanted[object], id)
}

func (h *listener) tell() {
	select {
	case h.news <- struct{}{}:
	default:
	}
}

package salesforce_test

import (
	"context"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"omnibridge/omnichannel"
	"omnibridge/salesforce"
	"omnibridge/salesforce/mockorg"
)

// sources are the ways in which the org tells its events.
var sources = map[string]func(*salesforce.Org) salesforce.Source{"pushtopic": salesforce.NewPushTopics, "cdc": salesforce.NewCapture}

// addChannel makes the channel of change events as salesforce/package/cdc does.
func (m *mock) addChannel(t *testing.T) {
	t.Helper()
	must(t, m.org.AddChannel(strings.TrimPrefix(salesforce.CaptureChannel, "/data/"),
		mockorg.ChannelMember{Object: "PendingServiceRouting"}, mockorg.ChannelMember{Object: "AgentWork"},
		mockorg.ChannelMember{Object: "UserServicePresence", Filter: "ChangeEventHeader.changeType = 'CREATE' OR IsCurrentState = false"}))
}

// ear is a sink that remembers, and lets a test wait for what comes.
type ear struct {
	t       *testing.T
	mu      sync.Mutex
	cursors map[string]int64
	signals []omnichannel.Signal
	gaps    []string
	link    omnichannel.LinkState
	news    chan struct{} // has room for one
}

func (e *ear) change(fn func()) {
	e.mu.Lock()
	defer e.mu.Unlock()
	fn()
	select {
	case e.news <- struct{}{}:
	default:
	}
}

func (e *ear) Cursor(_ context.Context, channel string) (int64, bool, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	at, ok := e.cursors[channel]
	return at, ok, nil
}

func (e *ear) Deliver(_ context.Context, signals []omnichannel.Signal, cursors []omnichannel.Cursor) error {
	e.change(func() {
		e.signals = append(e.signals, signals...)
		for _, c := range cursors {
			e.cursors[c.Channel] = c.Replay
		}
	})
	return nil
}

func (e *ear) Gap(_ context.Context, channel, why string) error {
	e.change(func() { e.gaps = append(e.gaps, channel+": "+why) })
	return nil
}

func (e *ear) Link(l omnichannel.Link) { e.change(func() { e.link = l.State }) }

// until waits for something that is or will be so.
func (e *ear) until(what string, is func() bool) {
	e.t.Helper()
	late := time.NewTimer(2 * time.Minute)
	defer late.Stop()
	for {
		e.mu.Lock()
		done := is()
		e.mu.Unlock()
		if done {
			return
		}
		select {
		case <-e.news:
		case <-late.C:
			e.t.Fatalf("in vain: %s; signals %+v; gaps %v; link %s", what, e.signals, e.gaps, e.link)
		}
	}
}

// hears waits for a signal.
func (e *ear) hears(what string, is func(omnichannel.Signal) bool) {
	e.t.Helper()
	e.until(what, func() bool { return slices.ContainsFunc(e.signals, is) })
}

// listen runs a feed until end is called, and waits until it is up.
func (m *mock) listen(t *testing.T, source salesforce.Source, e *ear) (end func()) {
	t.Helper()
	feed := ok[*salesforce.Feed](t)(salesforce.NewFeed(salesforce.FeedOptions{Source: source, Tokens: m.tokens, Version: "62.0", Log: slog.New(slog.DiscardHandler)}))
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- feed.Run(ctx, e) }()
	end = sync.OnceFunc(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(end)
	e.until("the stream is up", func() bool { return e.link == omnichannel.LinkUp })
	return end
}

func newEar(t *testing.T) *ear {
	return &ear{t: t, cursors: map[string]int64{}, news: make(chan struct{}, 1)}
}

func isWork(id omnichannel.AgentWorkID, status omnichannel.WorkStatus) func(omnichannel.Signal) bool {
	return func(s omnichannel.Signal) bool {
		w, ok := s.(omnichannel.WorkSeen)
		return ok && w.Work.ID == id && w.Work.Status == status && w.Work.Record != "" && w.Work.User != "" && w.Work.PSR != "" && w.Work.Channel != "" && !w.Work.Created.IsZero()
	}
}

// TestMockSources tells what happens to one case by each source. Both must say
// the same; change events are completed without a call as long as the daemon has
// seen everything begin.
func TestMockSources(t *testing.T) {
	for name, source := range sources {
		t.Run(name, func(t *testing.T) {
			m := newMock(t, mockorg.Options{})
			m.addChannel(t)
			e := newEar(t)
			m.listen(t, source(m.bridge), e)
			work := m.waitingCase(t)
			isPSR := func(is func(omnichannel.PSRSeen) bool) func(omnichannel.Signal) bool {
				return func(s omnichannel.Signal) bool {
					p, ok := s.(omnichannel.PSRSeen)
					return ok && p.PSR.ID == work.PSR && is(p)
				}
			}
			whole := func(p omnichannel.PSRSeen) bool {
				return p.PSR.Record == work.Record && p.PSR.Queue == work.Queue && p.PSR.Channel == work.Channel && !p.PSR.Created.IsZero() && !p.Deleted
			}
			presence := func(current bool) func(omnichannel.Signal) bool {
				return func(s omnichannel.Signal) bool {
					p, ok := s.(omnichannel.PresenceSeen)
					return ok && p.Row.Current == current && p.Row.User == work.Agent && p.Row.Status != ""
				}
			}
			e.hears("ada is present", presence(true))
			e.hears("the case waits", isPSR(func(p omnichannel.PSRSeen) bool { return whole(p) && p.PSR.Serial == 1 && !p.PSR.Pushed }))
			composites := m.org.Counts()["POST composite"]
			first := m.carry(t, work, omnichannel.CreateWork).Work
			e.hears("it alerts", isWork(first, omnichannel.Assigned))
			e.hears("it is pushed", isPSR(func(p omnichannel.PSRSeen) bool { return whole(p) && p.PSR.Serial == 2 && p.PSR.Pushed }))
			must(t, m.org.Agent("ada").Decline("", "On a break"))
			e.hears("ada declined", func(s omnichannel.Signal) bool {
				w, ok := s.(omnichannel.WorkSeen)
				return ok && isWork(first, omnichannel.Declined)(s) && w.Work.DeclineReason == "On a break"
			})
			e.hears("it is pushed no more", isPSR(func(p omnichannel.PSRSeen) bool { return whole(p) && p.PSR.Serial == 3 && !p.PSR.Pushed }))
			second := m.carry(t, work, omnichannel.CreateWork).Work
			must(t, m.org.Agent("ada").Accept(""))
			e.hears("ada opened it", isWork(second, omnichannel.Opened))
			e.hears("the PSR is gone", isPSR(func(p omnichannel.PSRSeen) bool { return p.Deleted }))
			must(t, m.org.Agent("ada").Close(""))
			e.hears("ada closed it", isWork(second, omnichannel.Closed))
			must(t, m.org.Agent("ada").Offline())
			e.hears("ada left", presence(false))
			if n := m.org.Counts()["POST composite"] - composites; n != 0 {
				t.Errorf("%d calls to complete events; counts %v", n, m.org.Counts())
			}
			for _, gap := range e.gaps {
				if !strings.Contains(gap, "first subscription") {
					t.Errorf("gap %s", gap)
				}
			}
		})
	}
}

// TestMockCaptureAfterARestart holds that a daemon which remembers nothing
// completes what happened meanwhile from the org, with one call.
func TestMockCaptureAfterARestart(t *testing.T) {
	m := newMock(t, mockorg.Options{})
	m.addChannel(t)
	e := newEar(t)
	end := m.listen(t, salesforce.NewCapture(m.bridge), e)
	work := m.waitingCase(t)
	pushed := m.carry(t, work, omnichannel.CreateWork).Work
	e.hears("it alerts", isWork(pushed, omnichannel.Assigned))
	end()
	must(t, m.org.Agent("ada").Accept(""))
	must(t, m.org.Agent("ada").Close(""))
	must(t, m.org.Agent("ada").Offline())
	e.change(func() { e.signals, e.gaps = nil, nil })
	m.org.ForgetRequests()
	must(t, m.org.Arm(mockorg.Fault{Name: "unavailable", Count: 2, Path: "/services/data/v62.0/composite"})) // the events wait for it
	m.listen(t, salesforce.NewCapture(m.bridge), e)
	e.hears("ada opened it", isWork(pushed, omnichannel.Opened))
	e.hears("ada closed it", isWork(pushed, omnichannel.Closed))
	e.hears("ada left", func(s omnichannel.Signal) bool {
		p, ok := s.(omnichannel.PresenceSeen)
		return ok && !p.Row.Current && p.Row.User == work.Agent
	})
	if n := m.org.Counts()["POST composite"]; n != 3 {
		t.Errorf("%d composite calls, want 2 that failed and 1; counts %v", n, m.org.Counts())
	}
	if len(e.gaps) != 0 {
		t.Errorf("gaps %v", e.gaps)
	}
}

// TestMockCaptureOfGapEvents holds that what Salesforce does not tell is read,
// and that an overflow lets the whole org be read.
func TestMockCaptureOfGapEvents(t *testing.T) {
	m := newMock(t, mockorg.Options{})
	m.addChannel(t)
	e := newEar(t)
	m.listen(t, salesforce.NewCapture(m.bridge), e)
	must(t, m.org.Arm(mockorg.Fault{Name: "change-gap", Count: -1}))
	work := m.waitingCase(t)
	e.hears("the case waits", func(s omnichannel.Signal) bool {
		p, ok := s.(omnichannel.PSRSeen)
		return ok && p.PSR.ID == work.PSR && p.PSR.Record == work.Record
	})
	e.hears("ada is present", func(s omnichannel.Signal) bool {
		p, ok := s.(omnichannel.PresenceSeen)
		return ok && p.Row.Current && p.Row.User == work.Agent
	})
	pushed := m.carry(t, work, omnichannel.CreateWork).Work
	e.hears("it alerts", isWork(pushed, omnichannel.Assigned))
	must(t, m.org.Agent("ada").Accept(""))
	e.hears("ada opened it", isWork(pushed, omnichannel.Opened))
	e.hears("the PSR is gone", func(s omnichannel.Signal) bool {
		p, ok := s.(omnichannel.PSRSeen)
		return ok && p.PSR.ID == work.PSR && p.Deleted
	})
	m.org.Disarm("")
	must(t, m.org.Arm(mockorg.Fault{Name: "change-overflow", Object: "AgentWork"}))
	must(t, m.org.Agent("ada").Close(""))
	e.until("the overflow is a gap", func() bool {
		return slices.ContainsFunc(e.gaps, func(why string) bool { return strings.Contains(why, "GAP_OVERFLOW") })
	})
}

// TestMockCaptureChannelMissing holds that a channel nobody deployed is told to
// people with what to do.
func TestMockCaptureChannelMissing(t *testing.T) {
	m := newMock(t, mockorg.Options{})
	e := newEar(t)
	hint := make(chan string, 1)
	feed := ok[*salesforce.Feed](t)(salesforce.NewFeed(salesforce.FeedOptions{Source: salesforce.NewCapture(m.bridge), Tokens: m.tokens, Version: "62.0", Log: slog.New(slog.DiscardHandler)}))
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	ended := make(chan error, 1)
	go func() { ended <- feed.Run(ctx, hinted{e, hint}) }()
	select {
	case got := <-hint:
		if !strings.Contains(got, "deploy salesforce/package/cdc") || !strings.Contains(got, "View All Data") {
			t.Errorf("hint %q", got)
		}
	case <-ctx.Done():
		t.Error("nobody was told")
	}
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

// hinted tells the first hint of the link.
type hinted struct {
	*ear
	hint chan string
}

func (h hinted) Link(l omnichannel.Link) {
	if l.Hint != "" {
		select {
		case h.hint <- l.Hint:
		default:
		}
	}
}

// TestMockCaptureAfterRetention holds that a position which is no longer known is
// a gap, and that the stream goes on with new events: what is retained would be
// counted against the day's allowance again.
func TestMockCaptureAfterRetention(t *testing.T) {
	m := newMock(t, mockorg.Options{})
	m.addChannel(t)
	e := newEar(t)
	end := m.listen(t, salesforce.NewCapture(m.bridge), e)
	m.waitingCase(t)
	e.until("a position", func() bool { return e.cursors[salesforce.CaptureChannel] > 0 })
	end()
	m.org.Streaming().Purge()
	must(t, m.org.Agent("ada").Offline()) // retained
	e.change(func() { e.gaps, e.signals = nil, nil })
	m.listen(t, salesforce.NewCapture(m.bridge), e)
	e.until("the gap is told", func() bool {
		return slices.ContainsFunc(e.gaps, func(why string) bool {
			return strings.Contains(why, "no longer known") && strings.Contains(why, "going on from -1")
		})
	})
	must(t, m.org.Agent("ada").Online("Busy"))
	e.hears("ada is back", func(s omnichannel.Signal) bool { _, ok := s.(omnichannel.PresenceSeen); return ok })
	e.mu.Lock()
	defer e.mu.Unlock()
	if p := e.signals[0].(omnichannel.PresenceSeen); !p.Row.Current {
		t.Errorf("what was retained came again: %+v", e.signals)
	}
}

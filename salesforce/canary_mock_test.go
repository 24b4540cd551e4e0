package salesforce_test

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"omnibridge/omnichannel"
	"omnibridge/salesforce"
	"omnibridge/salesforce/mockorg"
	"omnibridge/salesforce/mockorg/cometd"
)

// watched is an ear that remembers what the link said.
type watched struct {
	*ear
	mu    sync.Mutex
	links []omnichannel.Link
}

func (w *watched) Link(l omnichannel.Link) {
	w.mu.Lock()
	w.links = append(w.links, l)
	w.mu.Unlock()
	w.ear.Link(l)
}

func (w *watched) told(is func(omnichannel.Link) bool) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.ContainsFunc(w.links, is)
}

// watch runs a feed with canaries until the test ends.
func (m *mock) watch(t *testing.T, source salesforce.Source, every time.Duration) (*salesforce.Feed, *watched) {
	t.Helper()
	w := &watched{ear: newEar(t)}
	feed := ok[*salesforce.Feed](t)(salesforce.NewFeed(salesforce.FeedOptions{Source: m.bridge.Counted(source), Tokens: m.tokens, Version: "62.0",
		Log: slog.New(slog.DiscardHandler), Org: m.bridge, CanaryAfter: every}))
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- feed.Run(ctx, w) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	return feed, w
}

// eventually waits until is holds, looking again all the time.
func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	late := time.NewTimer(2 * time.Minute)
	defer late.Stop()
	look := time.NewTicker(5 * time.Millisecond)
	defer look.Stop()
	for !is() {
		select {
		case <-look.C:
		case <-late.C:
			t.Fatalf("in vain: %s", what)
		}
	}
}

func TestMockCanaryChannelIsMadeOnce(t *testing.T) {
	m := newMock(t, mockorg.Options{})
	for _, want := range []string{"created", "unchanged"} {
		plan := ok[salesforce.TopicChange](t)(m.bridge.PlanCanary(t.Context()))
		before := len(m.org.Records("StreamingChannel"))
		done := ok[salesforce.TopicChange](t)(m.bridge.EnsureCanary(t.Context()))
		if plan != done || done != (salesforce.TopicChange{Name: salesforce.CanaryChannel, What: want}) {
			t.Errorf("planned %+v, done %+v, want %s", plan, done, want)
		}
		if n := len(m.org.Records("StreamingChannel")) - before; (n == 1) != (want == "created") || n < 0 {
			t.Errorf("%s made %d channels", want, n)
		}
	}
	must(t, m.org.Arm(mockorg.Fault{Name: "lost-reply", Method: "POST", Object: "StreamingChannel"}))
	other := newMock(t, mockorg.Options{})
	must(t, other.org.Arm(mockorg.Fault{Name: "lost-reply", Method: "POST", Object: "StreamingChannel"}))
	if done := ok[salesforce.TopicChange](t)(other.bridge.EnsureCanary(t.Context())); done.What != "created" || len(other.org.Records("StreamingChannel")) != 1 {
		t.Errorf("after a lost reply: %+v, %d channels", done, len(other.org.Records("StreamingChannel")))
	}
}

// TestMockCanaryProvesDelivery: canaries come, cost one call and one event each, and
// are nobody's business but the feed's. Their time is long enough that none is taken
// for missed on a machine that does much else.
func TestMockCanaryProvesDelivery(t *testing.T) {
	for name, source := range sources {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := newMock(t, mockorg.Options{})
			m.addChannel(t)
			feed, w := m.watch(t, source(m.bridge), 12*time.Second)
			eventually(t, "canaries come", func() bool { return feed.Canary().Arrived >= 2 })
			got := feed.Canary()
			if got.Missed != 0 || got.Overdue || got.Unavailable != "" || got.Heard.IsZero() || got.RoundTrip <= 0 {
				t.Errorf("%+v", got)
			}
			events := 0
			for _, a := range m.bridge.Budget() {
				if a.Name == omnichannel.TopicEvents {
					events = a.Used
				}
			}
			pushes := 0
			for call, n := range m.org.Counts() {
				if strings.Contains(call, "StreamingChannel") && strings.HasPrefix(call, "POST") {
					pushes += n
				}
			}
			if used := m.org.Streaming().Usage().Delivered; events < 2 || pushes < 3 || used < events-1 {
				t.Errorf("%d events counted, %d by the org, %d calls: one makes the channel, and each canary is one", events, used, pushes)
			}
			w.ear.until("nothing of it is handed over", func() bool { return len(w.signals) == 0 && w.cursors[salesforce.CanaryChannel] == 0 })
			w.ear.until("nor is its place in the stream", func() bool {
				return !slices.ContainsFunc(w.gaps, func(why string) bool { return strings.HasPrefix(why, salesforce.CanaryChannel) })
			})
			if w.told(func(l omnichannel.Link) bool { return l.State == omnichannel.LinkDegraded || l.Reason != "" }) {
				t.Errorf("the link said %+v", w.links)
			}
		})
	}
}

// TestMockCanaryFindsAMuteSession: polls are answered, events are withheld.
func TestMockCanaryFindsAMuteSession(t *testing.T) {
	for name, source := range sources {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := newMock(t, mockorg.Options{})
			m.addChannel(t)
			feed, w := m.watch(t, source(m.bridge), 2*time.Second)
			eventually(t, "the first canary", func() bool { return feed.Canary().Arrived > 0 })
			must(t, m.org.Agent("ada").Online("Busy"))
			w.until("a position to go on from", func() bool { return len(w.cursors) > 0 && len(w.signals) > 0 })
			w.change(func() { w.signals = nil })
			first := m.org.Streaming().Clients()[0].ID
			must(t, m.org.Streaming().Arm(cometd.Fault{Name: "withhold"}))
			must(t, m.org.Agent("ada").Online("Available"))
			w.hears("ada is there, told by the next session", func(s omnichannel.Signal) bool { _, ok := s.(omnichannel.PresenceSeen); return ok })
			eventually(t, "the link is up again", func() bool { return !feed.Canary().Overdue && feed.Canary().Missed > 0 })
			if !w.told(func(l omnichannel.Link) bool {
				return l.State == omnichannel.LinkDegraded && strings.Contains(l.Reason, "events do not come") && l.Hint != ""
			}) {
				t.Errorf("the link never told: %+v", w.links)
			}
			w.ear.until("it was swept, and the link is up", func() bool {
				return slices.ContainsFunc(w.gaps, func(why string) bool { return strings.Contains(why, "did not come within 2s") }) && w.link == omnichannel.LinkUp
			})
			eventually(t, "the mute session is gone", func() bool { // its goodbye may come after all that
				now := m.org.Streaming().Clients()
				return len(now) > 0 && !slices.ContainsFunc(now, func(c cometd.ClientInfo) bool { return c.ID == first })
			})
		})
	}
}

// refusing is an org that refuses what has to do with an object.
type refusing struct{ object string }

func (r refusing) RoundTrip(req *http.Request) (*http.Response, error) {
	if strings.Contains(req.URL.String(), r.object) {
		return &http.Response{StatusCode: http.StatusBadRequest, Header: http.Header{"Content-Type": {"application/json"}}, Request: req,
			Body: io.NopCloser(bytes.NewReader([]byte(`[{"errorCode":"INVALID_TYPE","message":"sObject type 'StreamingChannel' is not supported."}]`)))}, nil
	}
	return http.DefaultTransport.RoundTrip(req)
}

// TestMockCanaryNotAvailable: an org that has no such channel for us is served all
// the same, and the link says what is not proven.
func TestMockCanaryNotAvailable(t *testing.T) {
	m := newMock(t, mockorg.Options{})
	var err error
	if m.client, err = salesforce.NewClient(salesforce.Options{Tokens: m.tokens, Transport: refusing{"StreamingChannel"}}); err != nil {
		t.Fatal(err)
	}
	m.bridge = ok[*salesforce.Org](t)(salesforce.NewOrg(salesforce.OrgOptions{Client: m.client}))
	feed, w := m.watch(t, salesforce.NewPushTopics(m.bridge), 50*time.Millisecond)
	w.ear.until("the link is up", func() bool { return w.link == omnichannel.LinkUp })
	eventually(t, "it says that there are no canaries", func() bool {
		return w.told(func(l omnichannel.Link) bool {
			return l.State == omnichannel.LinkUp && strings.HasPrefix(l.Reason, "canary: not available") && strings.Contains(l.Hint, "StreamingChannel")
		})
	})
	if got := feed.Canary(); got.Unavailable == "" || got.Pushed+got.Missed != 0 {
		t.Errorf("%+v", got)
	}
	must(t, m.org.Agent("ada").Online("Available"))
	w.hears("ada is there", func(s omnichannel.Signal) bool { _, ok := s.(omnichannel.PresenceSeen); return ok })
}

func TestFeedChecksItsCanary(t *testing.T) {
	m := newMock(t, mockorg.Options{})
	for _, o := range []salesforce.FeedOptions{{CanaryAfter: -time.Second, Org: m.bridge}, {CanaryAfter: time.Second}} {
		o.Source, o.Tokens, o.Log = salesforce.NewPushTopics(m.bridge), m.tokens, slog.New(slog.DiscardHandler)
		if _, err := salesforce.NewFeed(o); err == nil {
			t.Errorf("%+v was taken", o)
		}
	}
}

package salesforce_test

import (
	"context"
	"errors"
	"maps"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"omnibridge/omnichannel"
	"omnibridge/salesforce"
	"omnibridge/salesforce/mockorg"
	"omnibridge/salesforce/streaming"
	"omnibridge/vcc"
)

// mock is the mock org with the real client in front of it.
type mock struct {
	org    *mockorg.Org
	tokens *salesforce.TokenSource
	client *salesforce.Client
	bridge *salesforce.Org
}

func newMock(t *testing.T, o mockorg.Options) *mock {
	t.Helper()
	org, err := mockorg.New(o)
	if err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(org)
	t.Cleanup(func() { srv.CloseClientConnections(); _ = org.Close(); srv.Close() })
	m := &mock{org: org}
	if m.tokens, err = salesforce.NewTokenSource(salesforce.TokenOptions{LoginURL: srv.URL,
		Grant: salesforce.ClientCredentials{ClientID: mockorg.DefaultClientID, ClientSecret: mockorg.DefaultClientSecret}}); err != nil {
		t.Fatal(err)
	}
	if m.client, err = salesforce.NewClient(salesforce.Options{Tokens: m.tokens}); err != nil {
		t.Fatal(err)
	}
	if m.bridge, err = salesforce.NewOrg(salesforce.OrgOptions{Client: m.client}); err != nil {
		t.Fatal(err)
	}
	return m
}

func ok[T any](t *testing.T) func(T, error) T {
	t.Helper()
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// waitingCase starts a case, puts ada online, and returns the effect that
// pushes one to the other.
func (m *mock) waitingCase(t *testing.T) omnichannel.Effect {
	t.Helper()
	must(t, m.org.Agent("ada").Online("Available"))
	ok[mockorg.Work](t)(m.org.AddWork(mockorg.NewWork{Object: "Case", Queue: "Support_Cases"}))
	b := ok[omnichannel.Baseline](t)(m.bridge.Baseline(t.Context()))
	if len(b.PSRs) == 0 || len(b.Presence) == 0 {
		t.Fatalf("baseline %+v", b)
	}
	psr := b.PSRs[len(b.PSRs)-1]
	return omnichannel.Effect{ID: "1", Kind: omnichannel.CreateWork, Interaction: vcc.InteractionID(psr.ID), Offer: 1,
		Agent: b.Presence[0].User, PSR: psr.ID, Record: psr.Record, Channel: psr.Channel, Queue: psr.Queue}
}

func (m *mock) carry(t *testing.T, e omnichannel.Effect, kind omnichannel.EffectKind) omnichannel.Outcome {
	t.Helper()
	e.Kind = kind
	out := m.bridge.Carry(t.Context(), e)
	if out.Result != omnichannel.Done {
		t.Fatalf("%s: %s (%s: %s)", kind, out.Result, out.Code, out.Message)
	}
	return out
}

func TestMockBaseline(t *testing.T) {
	for _, page := range []int{0, 2} { // with and without turning pages
		m := newMock(t, mockorg.Options{PageSize: page})
		e := m.waitingCase(t)
		b := ok[omnichannel.Baseline](t)(m.bridge.Baseline(t.Context()))
		var names []string
		for q := range maps.Values(b.Directory.Queues) {
			names = append(names, q.Name)
			if q.External != (q.Name != "Internal_Cases") || q.External && q.PushTimeout != 20*time.Second {
				t.Errorf("queue %+v", q)
			}
		}
		slices.Sort(names)
		if got := strings.Join(names, " "); got != "Internal_Cases Sales_Leads Support_Cases Support_Chat Support_Messaging" {
			t.Errorf("queues %s", got)
		}
		if ch := b.Directory.Channels[e.Channel]; ch.Name != "Cases" || ch.Entity != "Case" {
			t.Errorf("channel %+v", ch)
		}
		if st := b.Directory.Statuses[b.Presence[0].Status]; st.Name != "Available" || len(st.Channels) != 4 {
			t.Errorf("status %+v", st)
		}
		if b.Directory.Users[e.Agent] != "Ada Okafor" || b.Directory.Queues[e.Queue].Name != "Support_Cases" {
			t.Errorf("agent %q, queue %q", b.Directory.Users[e.Agent], b.Directory.Queues[e.Queue].Name)
		}
	}
}

func TestMockDelivery(t *testing.T) {
	m := newMock(t, mockorg.Options{})
	e := m.waitingCase(t)
	seen := m.carry(t, e, omnichannel.Look).Seen
	if len(seen.PSRs) != 1 || seen.PSRs[0].Pushed || len(seen.Works) != 0 || seen.Owner != string(e.Queue) {
		t.Fatalf("waiting: %+v", seen)
	}
	first := m.carry(t, e, omnichannel.CreateWork).Work
	seen = m.carry(t, e, omnichannel.Look).Seen
	if len(seen.PSRs) != 1 || !seen.PSRs[0].Pushed || len(seen.Works) != 1 || seen.Works[0].Status != omnichannel.Assigned || seen.Works[0].ID != first || seen.Works[0].PSR != e.PSR {
		t.Fatalf("alerting: %+v", seen)
	}
	must(t, m.org.Agent("ada").Decline("", "On a break"))
	seen = m.carry(t, e, omnichannel.Look).Seen
	if len(seen.PSRs) != 1 || seen.PSRs[0].Pushed || len(seen.Works) != 1 || seen.Works[0].Status != omnichannel.Declined || seen.Works[0].DeclineReason != "On a break" {
		t.Fatalf("declined: %+v", seen)
	}
	second := m.carry(t, e, omnichannel.CreateWork).Work
	must(t, m.org.Agent("ada").Accept(""))
	seen = m.carry(t, e, omnichannel.Look).Seen
	if len(seen.PSRs) != 0 || len(seen.Works) != 2 || seen.Works[1].ID != second || seen.Works[1].Status != omnichannel.Opened || seen.Owner != string(e.Agent) {
		t.Fatalf("opened: %+v", seen)
	}
	b := ok[omnichannel.Baseline](t)(m.bridge.Baseline(t.Context()))
	if len(b.PSRs) != 0 || len(b.Works) != 1 || b.Works[0].ID != second {
		t.Fatalf("baseline: %+v", b)
	}
	rows := m.carry(t, e, omnichannel.ReadPresence).Rows
	if len(rows) != 1 || !rows[0].Current || rows[0].User != e.Agent {
		t.Fatalf("presence: %+v", rows)
	}
	m.carry(t, e, omnichannel.ChangeOwner)
	seen = m.carry(t, e, omnichannel.Look).Seen
	if len(seen.PSRs) != 1 || seen.PSRs[0].ID == e.PSR || seen.Works[1].Status != omnichannel.Transferred || seen.Owner != string(e.Queue) {
		t.Fatalf("requeued: %+v", seen)
	}
	must(t, m.org.DeleteWork(string(e.Record)))
	if seen = m.carry(t, e, omnichannel.Look).Seen; len(seen.PSRs) != 0 || !seen.Missing {
		t.Fatalf("deleted: %+v", seen)
	}
	must(t, m.org.Agent("ada").Offline())
	if rows = m.carry(t, e, omnichannel.ReadPresence).Rows; len(rows) != 0 {
		t.Fatalf("offline: %+v", rows)
	}
}

func TestMockFaults(t *testing.T) {
	for _, tt := range []struct {
		fault  mockorg.Fault
		result omnichannel.Result
		works  int // AgentWorks afterwards
	}{
		{mockorg.Fault{Name: "session-expired"}, omnichannel.Done, 1},
		{mockorg.Fault{Name: "lock-row"}, omnichannel.Deferred, 0},
		{mockorg.Fault{Name: "session-expired", Count: 2}, omnichannel.Deferred, 0},
		{mockorg.Fault{Name: "unavailable"}, omnichannel.Unknown, 0},
		{mockorg.Fault{Name: "server-error"}, omnichannel.Unknown, 0},
		{mockorg.Fault{Name: "bad-gateway"}, omnichannel.Unknown, 0},
		{mockorg.Fault{Name: "lost-reply"}, omnichannel.Unknown, 1},
		{mockorg.Fault{Name: "lost-request"}, omnichannel.Unknown, 0},
		{mockorg.Fault{Name: "request-limit"}, omnichannel.Deferred, 0},
	} {
		m := newMock(t, mockorg.Options{})
		e := m.waitingCase(t)
		tt.fault.Object, tt.fault.Method = "AgentWork", "POST"
		must(t, m.org.Arm(tt.fault))
		out := m.bridge.Carry(t.Context(), e)
		if out.Result != tt.result {
			t.Errorf("%s: %s (%s: %s), want %s", tt.fault.Name, out.Result, out.Code, out.Message, tt.result)
		}
		if n := len(m.org.Records("AgentWork")); n != tt.works {
			t.Errorf("%s: %d AgentWorks, want %d", tt.fault.Name, n, tt.works)
		}
		if tt.fault.Name != "request-limit" { // that one keeps the breaker open
			if seen := m.carry(t, e, omnichannel.Look).Seen; len(seen.Works) != tt.works {
				t.Errorf("%s: looked up %d AgentWorks", tt.fault.Name, len(seen.Works))
			}
		}
	}
}

func TestMockRevokedToken(t *testing.T) {
	m := newMock(t, mockorg.Options{})
	e := m.waitingCase(t)
	tok := ok[salesforce.Token](t)(m.tokens.Token(t.Context()))
	m.org.Identity().Revoke(tok.Access.Reveal())
	m.carry(t, e, omnichannel.CreateWork)
	if s := m.client.Stats(); s.Relogins != 1 || s.Usage.Used == 0 || s.Usage.Max != 15000 {
		t.Errorf("stats %+v", s)
	}
}

func TestMockRefusesAnAgentWhoIsOffline(t *testing.T) {
	m := newMock(t, mockorg.Options{})
	e := m.waitingCase(t)
	must(t, m.org.Agent("ada").Offline())
	out := m.bridge.Carry(t.Context(), e)
	if out.Result != omnichannel.Refused || out.Code == "" || out.Message == "" {
		t.Errorf("outcome %+v", out)
	}
}

func TestMockCreateAll(t *testing.T) {
	m := newMock(t, mockorg.Options{})
	got, err := m.client.CreateAll(t.Context(), "Case", []any{map[string]any{"Subject": "a"}, map[string]any{"Nonsense": 1}})
	if err != nil || got[0].ID == "" || got[1].Err == nil {
		t.Errorf("%+v %v", got, err)
	}
	if e, ok := errors.AsType[*salesforce.APIError](got[1].Err); !ok || e.Code() == "" {
		t.Errorf("row 1: %v", got[1].Err)
	}
}

// TestMockEvents streams what happens to one case and decodes every event.
func TestMockEvents(t *testing.T) {
	m := newMock(t, mockorg.Options{})
	if got := ok[[]salesforce.TopicChange](t)(m.bridge.Topics(t.Context())); len(got) != 3 || got[0].What != "created" {
		t.Fatalf("topics %+v", got)
	}
	if got := ok[[]salesforce.TopicChange](t)(m.bridge.Topics(t.Context())); got[0].What != "unchanged" || got[1].What != "unchanged" || got[2].What != "unchanged" {
		t.Fatalf("topics again %+v", got)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	up, signals := make(chan struct{}, 1), make(chan omnichannel.Signal, 100)
	var subs []streaming.Channel
	for _, name := range salesforce.Channels() {
		subs = append(subs, streaming.Channel{Name: name})
	}
	stream, err := streaming.New(streaming.Options{
		TokenSource: salesforce.StreamTokens{Source: m.tokens}, APIVersion: "62.0", Channels: subs,
		Cursor: func(context.Context, string) (int64, error) { return -1, nil },
		Deliver: func(_ context.Context, batch []streaming.Event) error {
			for _, ev := range batch {
				got, err := m.bridge.Decode(ev)
				if err != nil {
					t.Error(err)
				}
				for _, s := range got {
					signals <- s
				}
			}
			return nil
		},
		OnLink: func(s streaming.Status) {
			if s.Link == streaming.LinkUp {
				select {
				case up <- struct{}{}:
				default:
				}
			}
		},
	})
	must(t, err)
	ended := make(chan struct{})
	go func() { defer close(ended); _ = stream.Run(ctx) }()
	defer func() { cancel(); <-ended }()
	select {
	case <-up:
	case <-ctx.Done():
		t.Fatal("the stream did not come up")
	}
	// until waits for a signal that is wanted, among those that came already and
	// those to come: between channels there is no order.
	var came []omnichannel.Signal
	until := func(what string, want func(omnichannel.Signal) bool) {
		t.Helper()
		for !slices.ContainsFunc(came, want) {
			select {
			case s := <-signals:
				came = append(came, s)
			case <-ctx.Done():
				t.Fatalf("no event says: %s; events: %+v; stream: %+v", what, came, stream.Stats())
			}
		}
	}
	work := func(id omnichannel.AgentWorkID, status omnichannel.WorkStatus) func(omnichannel.Signal) bool {
		return func(s omnichannel.Signal) bool {
			w, ok := s.(omnichannel.WorkSeen)
			return ok && w.Work.ID == id && w.Work.Status == status
		}
	}
	e := m.waitingCase(t)
	until("ada is present", func(s omnichannel.Signal) bool {
		p, ok := s.(omnichannel.PresenceSeen)
		return ok && p.Row.Current && p.Row.User == e.Agent
	})
	until("the case waits", func(s omnichannel.Signal) bool {
		p, ok := s.(omnichannel.PSRSeen)
		return ok && p.PSR.ID == e.PSR && p.PSR.Record == e.Record && p.PSR.Queue == e.Queue && !p.PSR.Pushed
	})
	first := m.carry(t, e, omnichannel.CreateWork).Work
	until("it alerts", work(first, omnichannel.Assigned))
	must(t, m.org.Agent("ada").Decline("", "On a break"))
	until("ada declined", func(s omnichannel.Signal) bool {
		w, ok := s.(omnichannel.WorkSeen)
		return ok && w.Work.ID == first && w.Work.Status == omnichannel.Declined && w.Work.DeclineReason == "On a break"
	})
	second := m.carry(t, e, omnichannel.CreateWork).Work
	must(t, m.org.Agent("ada").Accept(""))
	until("ada opened it", work(second, omnichannel.Opened))
	until("the PSR is gone", func(s omnichannel.Signal) bool {
		p, ok := s.(omnichannel.PSRSeen)
		return ok && p.Deleted && p.PSR.ID == e.PSR
	})
	must(t, m.org.Agent("ada").Close(""))
	until("ada closed it", work(second, omnichannel.Closed))
}

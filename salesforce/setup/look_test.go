package setup_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"omnibridge/omnichannel"
	"omnibridge/salesforce"
	"omnibridge/salesforce/mockorg"
	"omnibridge/salesforce/mockorg/cometd"
	"omnibridge/salesforce/setup"
	"omnibridge/vcc"
)

const (
	patient = time.Minute            // for what must come: no test waits so long
	brief   = 300 * time.Millisecond // for what must not come
)

// bench is a mock org and how to look at it.
type bench struct {
	t       *testing.T
	org     *mockorg.Org
	url     string
	wanted  setup.Wanted
	cdc     bool
	unknown string // an object
	barred  bool   // from creating AgentWork
}

func newBench(t *testing.T) *bench {
	t.Helper()
	org, err := mockorg.New(mockorg.Options{})
	if err != nil {
		t.Fatal(err)
	}
	b := &bench{t: t, org: org}
	srv := httptest.NewServer(b)
	t.Cleanup(func() { srv.CloseClientConnections(); _ = org.Close(); srv.Close() })
	b.url = srv.URL
	return b
}

// ServeHTTP is the org, but for an object that it does not know.
func (b *bench) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if b.unknown != "" && strings.Contains(r.URL.Query().Get("q"), "FROM "+b.unknown) {
		w.WriteHeader(http.StatusBadRequest)
		_, _ = io.WriteString(w, `[{"errorCode":"INVALID_TYPE","message":"sObject type '`+b.unknown+`' is not supported."}]`)
		return
	}
	if b.barred && strings.HasSuffix(r.URL.Path, "/sobjects/AgentWork/describe") {
		_, _ = io.WriteString(w, `{"name":"AgentWork","createable":false}`)
		return
	}
	b.org.ServeHTTP(w, r)
}

// client logs in.
func (b *bench) client() (*salesforce.TokenSource, *salesforce.Client) {
	b.t.Helper()
	tokens, err := salesforce.NewTokenSource(salesforce.TokenOptions{LoginURL: b.url,
		Grant: salesforce.ClientCredentials{ClientID: mockorg.DefaultClientID, ClientSecret: mockorg.DefaultClientSecret}})
	if err != nil {
		b.t.Fatal(err)
	}
	client, err := salesforce.NewClient(salesforce.Options{Tokens: tokens})
	if err != nil {
		b.t.Fatal(err)
	}
	return tokens, client
}

// look logs in and looks, as one run of the command does.
func (b *bench) look(quiet time.Duration, dryRun bool) (setup.State, []setup.Finding) {
	b.t.Helper()
	s, err := b.try(b.t.Context(), quiet, dryRun)
	if err != nil {
		b.t.Fatal(err)
	}
	return s, setup.Judge(s, b.wanted)
}

func (b *bench) try(ctx context.Context, quiet time.Duration, dryRun bool) (setup.State, error) {
	tokens, client := b.client()
	org, err := salesforce.NewOrg(salesforce.OrgOptions{Client: client})
	if err != nil {
		return setup.State{}, err
	}
	o := setup.Options{Tokens: tokens, Client: client, Source: salesforce.NewPushTopics(org), Version: "62.0", Plan: org.PlanTopics,
		Canary: org.EnsureCanary, PlanCanary: org.PlanCanary, DryRun: dryRun, Quiet: quiet}
	if b.cdc {
		o.Source, o.Plan = salesforce.NewCapture(org), nil
	}
	return setup.Look(ctx, o, b.wanted)
}

// work has an agent come online, queues a case and pushes it to her, so that a
// record of each object is made.
func (b *bench) work() {
	b.t.Helper()
	ctx := b.t.Context()
	if err := b.org.Agent("ada").Online("Available"); err != nil {
		b.t.Fatal(err)
	}
	made, err := b.org.AddWork(mockorg.NewWork{Object: "Case", Queue: "Support_Cases"})
	if err != nil {
		b.t.Fatal(err)
	}
	_, client := b.client()
	var channel, ada string
	for _, r := range b.org.Records("ServiceChannel") {
		if r["DeveloperName"] == "Cases" {
			channel = r.ID()
		}
	}
	for _, a := range b.org.Agents() {
		if strings.HasPrefix(a.Username, "ada@") {
			ada = a.ID
		}
	}
	if _, err := client.Create(ctx, "AgentWork", map[string]any{"ServiceChannelId": channel, "WorkItemId": made.ID, "UserId": ada, "PendingServiceRoutingId": made.PSR}); err != nil {
		b.t.Fatal(err)
	}
}

var followed = []string{"PendingServiceRouting", "AgentWork", "UserServicePresence"}

// verdicts holds how the events of each object are judged.
func (b *bench) verdicts(findings []setup.Finding, want setup.Verdict) {
	b.t.Helper()
	for _, object := range followed {
		for _, f := range findings {
			if f.Check == "events of "+object && f.Verdict != want {
				b.t.Errorf("%s, want %s: %+v", object, want, f)
			}
		}
	}
}

// channel makes the channel of change events, with these members.
func (b *bench) channel(objects ...string) {
	b.t.Helper()
	var members []mockorg.ChannelMember
	for _, object := range objects {
		members = append(members, mockorg.ChannelMember{Object: object})
	}
	if err := b.org.AddChannel(strings.TrimPrefix(salesforce.CaptureChannel, "/data/"), members...); err != nil {
		b.t.Fatal(err)
	}
}

// TestDeliveryIsProven shows both sources before and after something happened. The
// second look is patient: it can only end early because it has heard all.
func TestDeliveryIsProven(t *testing.T) {
	for _, cdc := range []bool{false, true} {
		b := newBench(t)
		if b.cdc = cdc; cdc {
			b.channel(followed...)
		}
		s, findings := b.look(brief, false)
		b.verdicts(findings, setup.NotProven)
		if !s.Stream.Up || (len(s.Topics) == 0) != cdc {
			t.Errorf("cdc %v: stream %+v, topics %+v", cdc, s.Stream, s.Topics)
		}
		b.org.Clock().Advance(2 * time.Minute) // the topics are no longer new
		b.work()
		began := time.Now()
		s, findings = b.look(patient, false)
		b.verdicts(findings, setup.OK)
		for _, d := range s.Events {
			if d.Records != 1 || d.Missing != 0 || d.Delivered != 1 {
				t.Errorf("cdc %v: %+v", cdc, d)
			}
		}
		if time.Since(began) > patient {
			t.Error("it listened on though it had heard all")
		}
		b.org.Clock().Advance(25 * time.Hour) // what was made then is no longer looked for
		b.org.Streaming().Purge()
		_, findings = b.look(brief, false)
		b.verdicts(findings, setup.NotProven)
	}
}

// TestNewTopicMayNotYetTell holds that silence about what was made in the moment in
// which a topic was is no reproach.
func TestNewTopicMayNotYetTell(t *testing.T) {
	b := newBench(t)
	b.look(brief, false)
	b.org.Clock().Advance(30 * time.Second)
	b.work()
	b.org.Streaming().Purge()
	_, findings := b.look(brief, false)
	b.verdicts(findings, setup.NotProven)
}

// TestWithheldShows has the org deliver nothing on a channel that it lets us
// subscribe to, as it does to a user without View All Data (salesforce-package 0.2).
func TestWithheldShows(t *testing.T) {
	b := newBench(t)
	b.cdc = true
	b.channel()
	b.work()
	s, findings := b.look(brief, false)
	b.verdicts(findings, setup.Withheld)
	if !s.Stream.Up {
		t.Errorf("stream %+v", s.Stream)
	}
}

// TestEventsThatComeAreNoProofForOthers holds that each object is judged by its own. A
// busy machine may need longer than brief for what comes.
func TestEventsThatComeAreNoProofForOthers(t *testing.T) {
	b := newBench(t)
	b.cdc = true
	b.channel("AgentWork")
	b.work()
	quiet, came := brief, false
	for ; !came && quiet < patient; quiet *= 4 {
		_, findings := b.look(quiet, false)
		for _, f := range findings {
			switch f.Check {
			case "events of AgentWork":
				came = f.Verdict == setup.OK
			case "events of PendingServiceRouting", "events of UserServicePresence":
				if f.Verdict != setup.Withheld {
					t.Errorf("%+v", f)
				}
			}
		}
	}
	if !came {
		t.Error("the events of AgentWork never came")
	}
}

// TestRefusedChannelIsTold has no channel, and then a topic refused.
func TestRefusedChannelIsTold(t *testing.T) {
	b := newBench(t)
	b.cdc = true
	s, findings := b.look(brief, false)
	f := find(findings, "channel "+salesforce.CaptureChannel)
	if s.Stream.Up || len(f) != 1 || f[0].Verdict != setup.Missing || !strings.Contains(f[0].Fix, "salesforce/package/cdc") {
		t.Errorf("%+v; %+v", s.Stream, f)
	}
	b.cdc = false
	if err := b.org.Streaming().Arm(cometd.Fault{Name: "create-denied"}); err != nil {
		t.Fatal(err)
	}
	s, findings = b.look(brief, false)
	if f := find(findings, "subscription"); s.Stream.Up || len(f) != 1 || !strings.Contains(f[0].Detail, "create_denied") {
		t.Errorf("%+v; %+v", s.Stream, f)
	}
}

// TestTopicsAreCorrected holds that a topic that somebody changed is mended, and
// that a dry run only says so.
func TestTopicsAreCorrected(t *testing.T) {
	b := newBench(t)
	what := func(s setup.State) string {
		var words []string
		for _, topic := range s.Topics {
			words = append(words, topic.What)
		}
		return strings.Join(words, " ")
	}
	s, _ := b.look(brief, true)
	if n := len(b.org.Records("PushTopic")); n != 0 || what(s) != "created created created" || len(s.Stream.Channels) != 0 {
		t.Errorf("%d topics, %s, %v", n, what(s), s.Stream.Channels)
	}
	s, _ = b.look(brief, false)
	if got := what(s); got != "created created created" {
		t.Error(got)
	}
	_, client := b.client()
	if err := client.Update(t.Context(), "PushTopic", b.org.Records("PushTopic")[1].ID(), map[string]any{"NotifyForFields": "All"}); err != nil {
		t.Fatal(err)
	}
	for _, dryRun := range []bool{true, false} {
		s, _ = b.look(brief, dryRun)
		if got := what(s); got != "unchanged updated unchanged" {
			t.Errorf("dry run %v: %s", dryRun, got)
		}
	}
	s, _ = b.look(brief, true)
	if got := what(s); got != "unchanged unchanged unchanged" {
		t.Error(got)
	}
}

// TestCanaryChannelIsMade holds that it is planned, made once, and that the daemon
// can do without.
func TestCanaryChannelIsMade(t *testing.T) {
	b := newBench(t)
	for _, step := range []struct {
		dryRun bool
		what   string
		made   int
	}{{true, "created", 0}, {false, "created", 1}, {false, "unchanged", 1}, {true, "unchanged", 1}} {
		s, _ := b.look(brief, step.dryRun)
		if n := len(b.org.Records("StreamingChannel")); s.Canary.Name != salesforce.CanaryChannel || s.Canary.What != step.what || n != step.made {
			t.Errorf("dry run %v: %+v, %d channels; want %s, %d", step.dryRun, s.Canary, n, step.what, step.made)
		}
	}
	b.unknown = "StreamingChannel"
	s, findings := b.look(brief, false)
	if f := find(findings, "canary"); len(f) != 1 || f[0].Verdict != setup.Warning || !strings.Contains(f[0].Detail, "not available") || len(s.Faults) != 1 {
		t.Errorf("%+v; %+v", f, s.Faults)
	}
}

// TestLookReadsTheSetup compares the state with the default seed.
func TestLookReadsTheSetup(t *testing.T) {
	b := newBench(t)
	var ben string
	for _, a := range b.org.Agents() {
		if strings.HasPrefix(a.Username, "ben@") {
			ben = a.ID
		}
	}
	_, client := b.client()
	for _, name := range []string{"Planned", "Neither"} {
		if _, err := client.Create(t.Context(), "Group", map[string]any{"Name": name, "DeveloperName": name, "Type": "Queue"}); err != nil {
			t.Fatal(err)
		}
	}
	b.barred = true
	b.wanted = setup.Wanted{Policy: omnichannel.Policy{Plans: map[string]vcc.PlanID{"Planned": "P"}}, Agents: []vcc.AgentID{vcc.AgentID(ben), "005000000000000AAA"}}
	s, _ := b.look(brief, true)
	if s.Login.Username != mockorg.IntegrationUser || s.Login.Org != "Acme Support" || s.Login.Instance != b.url || len(s.Login.OrgID) != 18 {
		t.Errorf("login %+v", s.Login)
	}
	if len(s.Queues) < 2 || s.Queues[1].Name != "Planned" || s.Queues[1].Routing != "" {
		t.Errorf("queues %+v", s.Queues)
	}
	s.Queues = slices.DeleteFunc(s.Queues, func(q setup.Queue) bool { return q.Name == "Planned" })
	if len(s.Queues) != 5 || len(s.Channels) != 4 || len(s.Statuses) != 3 || s.CreatesWork || s.Calls.Max != 15_000 || len(s.Faults) != 0 {
		t.Errorf("%+v", s)
	}
	if u := s.Users[vcc.AgentID(ben)]; len(s.Users) != 1 || u.Name != "Ben Lindqvist" || !u.Active {
		t.Errorf("users %+v", s.Users)
	}
	for _, q := range s.Queues {
		if q.External != (q.Name != "Internal_Cases") || q.External && q.PushTimeout != 20*time.Second || len(q.Objects) != 1 || q.Members != 6 || q.Routing == "" {
			t.Errorf("queue %+v", q)
		}
	}
	for _, status := range s.Statuses {
		if status.Name == "Available_Chat" && strings.Join(status.Channels, " ") != "Chat Messaging" {
			t.Errorf("status %+v", status)
		}
	}
}

// TestRefusalIsAFindingAndSilenceAnError holds the difference between an org that
// says no and one that cannot be asked.
func TestRefusalIsAFindingAndSilenceAnError(t *testing.T) {
	b := newBench(t)
	for object, check := range map[string]string{"ServiceChannel ": "service channels", "UserServicePresence": "events of UserServicePresence", "QueueRoutingConfig": "queues", "Group ": "queues",
		"ServicePresenceStatus ": "presence statuses", "ServiceChannelStatus": "presence statuses",
		"QueueSobject": "members and objects of queues", "GroupMember": "members and objects of queues"} {
		b.unknown = object
		s, findings := b.look(brief, true)
		if f := find(findings, check); len(s.Faults) != 1 || len(f) != 1 || !strings.Contains(f[0].Fix, "Enable Omni-Channel") {
			t.Errorf("%s: %+v; %+v", object, s.Faults, findings)
		}
	}
	b.unknown = "PushTopic"
	s, findings := b.look(brief, false)
	if f := find(findings, "PushTopics"); len(f) != 1 || len(s.Stream.Channels) != 0 || s.Events[0].Listened {
		t.Errorf("%+v; %+v", s.Stream, f)
	}
	b.unknown = ""
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := b.try(gone, brief, true); !errors.Is(err, context.Canceled) {
		t.Errorf("err %v", err)
	}
	if _, err := setup.Look(t.Context(), setup.Options{}, setup.Wanted{}); err == nil {
		t.Error("no options are enough")
	}
	tokens, client := b.client()
	half := setup.Options{Tokens: tokens, Client: client, Source: salesforce.NewCapture(nil), Version: "62.0", Canary: func(context.Context) (salesforce.TopicChange, error) { panic("called") }}
	if _, err := setup.Look(t.Context(), half, setup.Wanted{}); err == nil || !strings.Contains(err.Error(), "belong together") {
		t.Errorf("half a canary: %v", err)
	}
}

package mockorg_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"omnibridge/salesforce/mockorg"
)

// listener is a bare Bayeux client of one session.
type listener struct {
	s      *site
	http   *http.Client
	client string
}

type message struct {
	Channel    string
	Successful bool
	ClientID   string `json:"clientId"`
	Error      string
	Data       json.RawMessage
}

func (s *site) listen(channels ...string) *listener {
	s.t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		s.t.Fatal(err)
	}
	l := &listener{s: s, http: &http.Client{Jar: jar, Timeout: time.Minute}}
	l.client = l.post(`{"channel":"/meta/handshake","version":"1.0","supportedConnectionTypes":["long-polling"]}`)[0].ClientID
	for _, channel := range channels {
		if m := l.subscribe(channel); !m.Successful {
			s.t.Fatalf("subscribe %s: %s", channel, m.Error)
		}
	}
	return l
}

func (l *listener) post(body string) (list []message) {
	l.s.t.Helper()
	r, err := http.NewRequestWithContext(l.s.t.Context(), "POST", l.s.url+"/cometd/67.0", strings.NewReader("["+body+"]"))
	if err != nil {
		l.s.t.Fatal(err)
	}
	r.Header.Set("Authorization", "OAuth "+l.s.token)
	r.Header.Set("Content-Type", "application/json")
	reply, err := l.http.Do(r)
	if err != nil {
		l.s.t.Fatal(err)
	}
	defer reply.Body.Close()
	text, err := io.ReadAll(reply.Body)
	if err != nil {
		l.s.t.Fatal(err)
	}
	decode(l.s.t, string(text), &list)
	return list
}

func (l *listener) subscribe(channel string) message {
	l.s.t.Helper()
	for _, m := range l.post(fmt.Sprintf(`{"channel":"/meta/subscribe","clientId":%q,"subscription":%q}`, l.client, channel)) {
		if m.Channel == "/meta/subscribe" {
			return m
		}
	}
	l.s.t.Fatal("no subscribe reply")
	return message{}
}

// events fetches what has arrived: a connect that is answered at once.
func (l *listener) events() (list []message) {
	l.s.t.Helper()
	for _, m := range l.post(fmt.Sprintf(`{"channel":"/meta/connect","clientId":%q,"connectionType":"long-polling","advice":{"timeout":0}}`, l.client)) {
		if !strings.HasPrefix(m.Channel, "/meta/") {
			list = append(list, m)
		}
	}
	return list
}

type topicEvent struct {
	Event struct {
		CreatedDate, Type string
		ReplayID          int64 `json:"replayId"`
	}
	SObject map[string]any
}

func (l *listener) topicEvents() (list []topicEvent) {
	l.s.t.Helper()
	for _, m := range l.events() {
		var e topicEvent
		decode(l.s.t, string(m.Data), &e)
		list = append(list, e)
	}
	return list
}

func types(list []topicEvent) (all []string) {
	for _, e := range list {
		all = append(all, e.Event.Type)
	}
	return all
}

// topic creates a PushTopic through REST.
func (s *site) topic(name, query, notify string) {
	s.t.Helper()
	s.create("PushTopic", fmt.Sprintf(`{"Name":%q,"Query":%q,"ApiVersion":67.0,"NotifyForFields":%q,"NotifyForOperationUndelete":false}`, name, query, notify))
}

func TestPushTopicEvents(t *testing.T) {
	for _, test := range []struct {
		notify string
		want   []string // for the steps below
	}{
		// created; Subject (selected); Priority (in WHERE, still matching); Origin (neither); Priority (no longer matching); deleted
		{"All", []string{"created", "updated", "updated", "updated", "deleted"}},
		{"Referenced", []string{"created", "updated", "updated", "deleted"}},
		{"Select", []string{"created", "updated", "deleted"}},
		{"Where", []string{"created", "updated", "deleted"}},
	} {
		t.Run(test.notify, func(t *testing.T) {
			s := newSite(t, mockorg.Options{})
			s.topic("Cases", "SELECT Id, Subject FROM Case WHERE Priority != 'Low'", test.notify)
			l := s.listen("/topic/Cases")
			id := s.create("Case", `{"Subject":"a","Priority":"High"}`)
			for _, body := range []string{`{"Subject":"b"}`, `{"Priority":"Medium"}`, `{"Origin":"Web"}`, `{"Priority":"Low"}`, `{"Priority":"Low","Subject":"c"}`} {
				s.call(204, "PATCH", "sobjects/Case/"+id, body)
			}
			s.create("Case", `{"Subject":"never","Priority":"Low"}`)
			s.call(204, "DELETE", "sobjects/Case/"+id, "")
			got := l.topicEvents()
			want := test.want[:len(test.want)-1] // at its deletion the case did not match
			if !slices.Equal(types(got), want) {
				t.Errorf("events are %v, want %v", types(got), want)
			}
			other := s.create("Case", `{"Subject":"x","Priority":"High"}`)
			s.call(204, "DELETE", "sobjects/Case/"+other, "")
			got = l.topicEvents()
			if !slices.Equal(types(got), []string{"created", "deleted"}) {
				t.Fatalf("events are %v", types(got))
			}
			if gone := got[1].SObject; !reflect.DeepEqual(gone, map[string]any{"Id": other}) {
				t.Errorf("the deleted record is %v, want its id alone", gone)
			}
			if got[0].Event.ReplayID >= got[1].Event.ReplayID || got[0].Event.ReplayID == 0 {
				t.Errorf("replay ids are %d, %d", got[0].Event.ReplayID, got[1].Event.ReplayID)
			}
		})
	}
}

func TestPushTopicShape(t *testing.T) {
	s := newSite(t, mockorg.Options{})
	s.topic("Tickets", "SELECT id, Amount__c, Urgent__c, Contact__c, CreatedDate FROM Ticket__c", "All")
	l := s.listen("/topic/Tickets")
	id := s.create("Ticket__c", `{"Amount__c":20,"Urgent__c":true}`)
	got := l.topicEvents()[0]
	created := got.SObject["CreatedDate"].(string)
	if _, err := time.Parse("2006-01-02T15:04:05.000Z", created); err != nil {
		t.Error(err)
	}
	if _, err := time.Parse("2006-01-02T15:04:05.000Z", got.Event.CreatedDate); err != nil {
		t.Error(err)
	}
	want := map[string]any{"Id": id, "Amount__c": 20.0, "Urgent__c": true, "Contact__c": nil, "CreatedDate": created}
	if !reflect.DeepEqual(got.SObject, want) {
		t.Errorf("sobject is %v, want %v", got.SObject, want)
	}
}

// A push makes an AgentWork whose status is a number on PushTopics, and all
// events of one transaction come in the order of its changes. Where the facts leave
// open what is told, settings choose.
func TestAgentWorkEvents(t *testing.T) {
	told := func(set func(*mockorg.Settings), want ...string) {
		t.Helper()
		s := newSite(t, mockorg.Options{})
		settings := s.o.Settings()
		set(&settings)
		if err := s.o.SetSettings(settings); err != nil {
			t.Fatal(err)
		}
		if got := pushed(s); !slices.Equal(got, want) {
			t.Errorf("events are %q, want %q", got, want)
		}
	}
	const psr = "/topic/PSR updated status=<nil> pushed=true"
	told(func(*mockorg.Settings) {}, "/topic/AW created status=0 pushed=<nil>", psr)
	told(func(s *mockorg.Settings) { s.EventStatus = "text" }, "/topic/AW created status=Assigned pushed=<nil>", psr)
	told(func(s *mockorg.Settings) { s.PushEvent = "off" }, "/topic/AW created status=0 pushed=<nil>")
}

// pushed tells what events a push causes, in the order of their ids.
func pushed(s *site) []string {
	t := s.t
	s.topic("PSR", "SELECT Id, Serial, IsPushed FROM PendingServiceRouting WHERE RoutingModel = 'ExternalRouting'", "Referenced")
	s.topic("AW", "SELECT Id, Status, UserId FROM AgentWork", "All")
	l := s.listen("/topic/PSR", "/topic/AW")
	work, err := s.o.AddWork(mockorg.NewWork{Object: "Case", Queue: "Support_Cases", Name: "Iris"})
	if err != nil {
		t.Fatal(err)
	}
	if got := l.topicEvents(); len(got) != 1 || got[0].SObject["Id"] != work.PSR || got[0].SObject["IsPushed"] != false {
		t.Fatalf("after the case arrived: %+v", got)
	}
	if err := s.o.Agent("ada").Online("Available"); err != nil {
		t.Fatal(err)
	}
	psr := s.query("SELECT ServiceChannelId FROM PendingServiceRouting WHERE Id = '" + work.PSR + "'").Records[0]
	ada := s.query("SELECT Id FROM User WHERE Username = 'ADA@acme.example'").Records[0]["Id"]
	s.create("AgentWork", fmt.Sprintf(`{"ServiceChannelId":"%v","WorkItemId":%q,"UserId":"%v","PendingServiceRoutingId":%q}`,
		psr["ServiceChannelId"], work.ID, ada, work.PSR))
	list := l.events()
	seen := make([]string, 0, len(list))
	var ids []int64
	for _, m := range list { // the order across channels shows in the replay ids only
		var e topicEvent
		decode(t, string(m.Data), &e)
		i, _ := slices.BinarySearch(ids, e.Event.ReplayID)
		ids = slices.Insert(ids, i, e.Event.ReplayID)
		seen = slices.Insert(seen, i, fmt.Sprintf("%s %s status=%v pushed=%v", m.Channel, e.Event.Type, e.SObject["Status"], e.SObject["IsPushed"]))
	}
	return seen
}

func TestPushTopicRefused(t *testing.T) {
	s := newSite(t, mockorg.Options{})
	for _, test := range []struct{ name, query, code string }{
		{"ANameThatIsLongerThan25Cha", "SELECT Id FROM Case", "STRING_TOO_LONG"},
		{"Long", "SELECT Id FROM Case WHERE Subject = '" + strings.Repeat("x", 1300) + "'", "STRING_TOO_LONG"},
		{"a/b", "SELECT Id FROM Case", "INVALID_FIELD"},
		{"NoID", "SELECT Subject FROM Case", "INVALID_FIELD"},
		{"NoObject", "SELECT Id FROM Shoe", "INVALID_TYPE"},
		{"NoField", "SELECT Id, Shoe FROM Case", "INVALID_FIELD"},
		{"Parent", "SELECT Id, Owner.Name FROM Case", "INVALID_FIELD"},
		{"ParentWhere", "SELECT Id FROM Case WHERE Owner.Name = 'x'", "INVALID_FIELD"},
		{"Order", "SELECT Id FROM Case ORDER BY Subject", "MALFORMED_QUERY"},
		{"Count", "SELECT COUNT() FROM Case", "MALFORMED_QUERY"},
		{"Text", "SELECT Id, Description FROM Case", "INVALID_FIELD"},
		{"Nonsense", "Id of Case", "MALFORMED_QUERY"},
	} {
		s.refused(400, test.code, "POST", "sobjects/PushTopic", fmt.Sprintf(`{"Name":%q,"Query":%q,"ApiVersion":67.0}`, test.name, test.query))
	}
	s.topic("Good", "SELECT Id FROM Case", "All")
	s.refused(400, "DUPLICATE_VALUE", "POST", "sobjects/PushTopic", `{"Name":"Good","Query":"SELECT Id FROM Lead","ApiVersion":67.0}`)
	s.refused(400, "INVALID_API_VERSION", "POST", "sobjects/PushTopic", `{"Name":"V","Query":"SELECT Id FROM Lead","ApiVersion":67.5}`)
}

func TestTopicSwitchedOff(t *testing.T) {
	s := newSite(t, mockorg.Options{})
	s.topic("Cases", "SELECT Id FROM Case", "All")
	l := s.listen("/topic/Cases")
	id := s.query("SELECT Id FROM PushTopic").Records[0]["Id"].(string)
	s.call(204, "PATCH", "sobjects/PushTopic/"+id, `{"IsActive":false}`)
	s.create("Case", `{}`)
	s.call(204, "PATCH", "sobjects/PushTopic/"+id, `{"IsActive":true,"NotifyForOperationCreate":false}`)
	s.create("Case", `{}`)
	if got := l.events(); len(got) != 0 {
		t.Errorf("events are %+v", got)
	}
}

func TestChannels(t *testing.T) {
	s := newSite(t, mockorg.Options{})
	s.topic("Cases", "SELECT Id FROM Case", "All")
	if err := s.o.SelectForCapture("Case"); err != nil {
		t.Fatal(err)
	}
	s.create("StreamingChannel", `{"Name":"/u/there"}`)
	l := s.listen()
	for channel, want := range map[string]string{
		"/u/there": "", "/topic/Cases?Subject=x": "400::The filter field Subject is not selected by the PushTopic {/topic/Cases}",
		"/topic/Cases": "", "/data/ChangeEvents": "", "/data/CaseChangeEvent": "", "/topic/Cases?Id=x": "",
		"/topic/cases":          "400::The channel you requested to subscribe to doesn't exist {/topic/cases}",
		"/data/LeadChangeEvent": "403:denied_by_security_policy:create_denied",
		"/u/none":               "404::Unknown channel",
		"/event/Job__e":         "403::Cannot create channel {/event/Job__e}",
	} {
		if m := l.subscribe(channel); m.Error != want || m.Successful != (want == "") {
			t.Errorf("%s: %q, want %q", channel, m.Error, want)
		}
	}
}

type changeEvent struct {
	Schema  string
	Payload map[string]any
	Event   struct {
		ReplayID int64 `json:"replayId"`
	}
}

func TestChangeEvents(t *testing.T) {
	s := newSite(t, mockorg.Options{})
	if err := s.o.SelectForCapture("Ticket__c"); err != nil {
		t.Fatal(err)
	}
	l := s.listen("/data/Ticket__ChangeEvent")
	id := s.create("Ticket__c", `{"Subject__c":"a"}`)
	s.call(204, "PATCH", "sobjects/Ticket__c/"+id, `{"Subject__c":null,"Amount__c":1.5}`, "Sforce-Call-Options", "client=omni")
	s.call(204, "DELETE", "sobjects/Ticket__c/"+id, "")
	s.create("Account", `{"Name":"not selected"}`)
	var events []changeEvent
	for _, m := range l.events() {
		var e changeEvent
		decode(t, string(m.Data), &e)
		events = append(events, e)
	}
	if len(events) != 3 {
		t.Fatalf("%d events", len(events))
	}
	headers := make([]map[string]any, 3)
	for i, e := range events {
		headers[i] = e.Payload["ChangeEventHeader"].(map[string]any)
		if h := headers[i]; h["entityName"] != "Ticket__c" || !reflect.DeepEqual(h["recordIds"], []any{id}) || h["sequenceNumber"] != 1.0 || e.Event.ReplayID == 0 || e.Schema == "" {
			t.Errorf("event %d is %+v", i, e)
		}
	}
	if headers[0]["changeType"] != "CREATE" || events[0].Payload["Subject__c"] != "a" || events[0].Payload["Status__c"] != "New" {
		t.Errorf("create: %v", events[0].Payload)
	}
	if _, there := events[0].Payload["Amount__c"]; there {
		t.Errorf("the create carries a null field: %v", events[0].Payload)
	}
	update := events[1].Payload
	if value, there := update["Subject__c"]; value != nil || !there || update["Amount__c"] != 1.5 || update["Status__c"] != nil {
		t.Errorf("update: %v", update)
	}
	if origin := headers[1]["changeOrigin"]; origin != "com/salesforce/api/rest/67.0;client=omni" {
		t.Errorf("origin is %v", origin)
	}
	changed := headers[1]["changedFields"].([]any)
	if !slices.Contains(changed, any("Subject__c")) || !slices.Contains(changed, any("Amount__c")) || slices.Contains(changed, any("Status__c")) {
		t.Errorf("changed fields are %v", changed)
	}
	if headers[2]["changeType"] != "DELETE" || len(events[2].Payload) != 1 {
		t.Errorf("delete: %v", events[2].Payload)
	}
	if headers[0]["transactionKey"] == headers[1]["transactionKey"] {
		t.Error("two transactions have one key")
	}
}

func TestCustomChannel(t *testing.T) {
	s := newSite(t, mockorg.Options{})
	err := s.o.AddChannel("Routing__chn",
		mockorg.ChannelMember{Object: "Ticket__c", Filter: "ChangeEventHeader.changeType='CREATE' OR Urgent__c=true"},
		mockorg.ChannelMember{Object: "Account"})
	if err != nil {
		t.Fatal(err)
	}
	l := s.listen("/data/Routing__chn")
	id := s.create("Ticket__c", `{}`)
	s.call(204, "PATCH", "sobjects/Ticket__c/"+id, `{"Subject__c":"calm"}`)
	s.call(204, "PATCH", "sobjects/Ticket__c/"+id, `{"Urgent__c":true}`)
	s.create("Account", `{"Name":"x"}`)
	if got := l.events(); len(got) != 3 {
		t.Errorf("%d events, want 3: %+v", len(got), got)
	}
	for name, m := range map[string]mockorg.ChannelMember{
		"Plain": {Object: "Case"}, "A__chn": {Object: "Shoe"}, "B__chn": {Object: "Case", Filter: "Shoe = 1"}, "C__chn": {Object: "Case", Filter: "=="},
	} {
		if err := s.o.AddChannel(name, m); err == nil {
			t.Errorf("channel %s with %+v was added", name, m)
		}
	}
}

func TestGenericStreaming(t *testing.T) {
	s := newSite(t, mockorg.Options{})
	id := s.create("StreamingChannel", `{"Name":"/u/news"}`)
	l := s.listen("/u/news")
	s.call(200, "POST", "sobjects/StreamingChannel/"+id+"/push", `{"pushEvents":[{"payload":"hello \"you\"","userIds":[]}]}`)
	got := l.events()
	if len(got) != 1 || !strings.Contains(string(got[0].Data), `"payload":"hello \"you\""`) {
		t.Errorf("events are %+v", got)
	}
}

package salesforce

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"

	"omnibridge/omnichannel"
	"omnibridge/salesforce/streaming"
	"omnibridge/vcc"
)

const (
	psrID     = "0JR000000000001GAA"
	workID    = "0Bz000000000001CAA"
	caseID    = "500000000000001AAA"
	channelID = "0N9000000000001CAA"
	queueID   = "00G000000000001EAA"
	agentID   = "005000000000001AAA"
	statusID  = "0N5000000000001CAA"
	configID  = "0K9000000000001CAA"
	channels  = `{"totalSize":1,"done":true,"records":[{"Id":"` + channelID + `","DeveloperName":"Cases","RelatedEntity":"Case","CapacityModel":"StatusBased","StatusField":"Status"}]}`
)

func effect(kind omnichannel.EffectKind) omnichannel.Effect {
	return omnichannel.Effect{ID: "1", Kind: kind, Interaction: psrID, Offer: 1, Agent: agentID, PSR: psrID,
		Record: caseID, Channel: channelID, Work: workID, Queue: queueID}
}

// orgOf returns an org that answers queries for service channels by itself and
// everything else by api.
func orgOf(t *testing.T, api func(http.ResponseWriter, *http.Request, string)) (*Org, *fakeOrg) {
	t.Helper()
	f := newFakeOrg(t, func(w http.ResponseWriter, r *http.Request, body string) {
		if strings.Contains(r.URL.Query().Get("q"), "FROM ServiceChannel") && !strings.Contains(r.URL.Query().Get("q"), "ServiceChannelStatus") {
			answer(w, 200, channels)
			return
		}
		api(w, r, body)
	})
	o, err := NewOrg(OrgOptions{Client: f.client(t), ClosedStatus: map[vcc.Channel]string{"Cases": "Closed"}})
	if err != nil {
		t.Fatal(err)
	}
	return o, f
}

func TestEffectsAsSent(t *testing.T) {
	for _, tt := range []struct {
		kind omnichannel.EffectKind
		want string
	}{
		{omnichannel.CreateWork, `POST /services/data/v62.0/sobjects/AgentWork {"ServiceChannelId":"` + channelID + `","WorkItemId":"` + caseID + `","UserId":"` + agentID + `","PendingServiceRoutingId":"` + psrID + `"}`},
		{omnichannel.ChangeOwner, `PATCH /services/data/v62.0/sobjects/Case/` + caseID + ` {"OwnerId":"` + queueID + `"}`},
		{omnichannel.CloseWork, `PATCH /services/data/v62.0/sobjects/Case/` + caseID + ` {"Status":"Closed"}`},
	} {
		got := ""
		o, _ := orgOf(t, func(w http.ResponseWriter, r *http.Request, body string) {
			got = r.Method + " " + r.URL.RequestURI() + " " + body
			answer(w, 201, created)
		})
		out := o.Carry(t.Context(), effect(tt.kind))
		if got != tt.want || out.Result != omnichannel.Done || out.Effect != effect(tt.kind) {
			t.Errorf("%s: sent %s, outcome %+v", tt.kind, got, out)
		}
		if tt.kind == omnichannel.CreateWork && out.Work != workID {
			t.Errorf("AgentWork %q", out.Work)
		}
	}
}

// TestOutcomes says what each class of fault becomes for each kind of effect.
func TestOutcomes(t *testing.T) {
	const (
		refused, unknown, deferred = omnichannel.Refused, omnichannel.Unknown, omnichannel.Deferred
	)
	for _, tt := range []struct {
		name                string
		step                func(http.ResponseWriter)
		create, write, read omnichannel.Result
		code                string
	}{
		{"validation", says(400, errBody("FIELD_INTEGRITY_EXCEPTION", "agent is offline")), refused, refused, refused, "FIELD_INTEGRITY_EXCEPTION"},
		{"cross reference", says(400, errBody("INVALID_CROSS_REFERENCE_KEY", "gone")), refused, refused, refused, "INVALID_CROSS_REFERENCE_KEY"},
		{"no access", says(403, errBody("INSUFFICIENT_ACCESS_OR_READONLY", "no")), refused, refused, refused, "INSUFFICIENT_ACCESS_OR_READONLY"},
		{"lock", says(400, errBody("UNABLE_TO_LOCK_ROW", "busy")), deferred, deferred, deferred, "UNABLE_TO_LOCK_ROW"},
		{"concurrent", says(403, errBody("REQUEST_LIMIT_EXCEEDED", "ConcurrentRequests")), deferred, deferred, deferred, "REQUEST_LIMIT_EXCEEDED"},
		{"daily", says(403, errBody("REQUEST_LIMIT_EXCEEDED", "TotalRequests")), deferred, deferred, deferred, "REQUEST_LIMIT_EXCEEDED"},
		{"session", says(401, errBody("INVALID_SESSION_ID", "expired")), deferred, deferred, deferred, "INVALID_SESSION_ID"},
		{"unavailable", says(503, errBody("SERVER_UNAVAILABLE", "busy")), unknown, unknown, deferred, "SERVER_UNAVAILABLE"},
		{"gateway", says(502, "<html>"), unknown, unknown, deferred, "HTTP_502"},
		{"no reply", hangUp, unknown, unknown, deferred, "NETWORK"},
	} {
		for kind, want := range map[omnichannel.EffectKind]omnichannel.Result{
			omnichannel.CreateWork: tt.create, omnichannel.ChangeOwner: tt.write, omnichannel.CloseWork: tt.write,
			omnichannel.Look: tt.read, omnichannel.ReadPresence: tt.read,
		} {
			o, _ := orgOf(t, script(tt.step))
			out := o.Carry(t.Context(), effect(kind))
			if out.Result != want || out.Code != tt.code || (out.Message == "" && tt.name != "gateway") {
				t.Errorf("%s: %s is %s (%s: %s), want %s (%s)", tt.name, kind, out.Result, out.Code, out.Message, want, tt.code)
			}
		}
	}
}

func TestOutcomesWithoutACall(t *testing.T) {
	o, f := orgOf(t, says2(403, errBody("REQUEST_LIMIT_EXCEEDED", "TotalRequests")))
	o.Carry(t.Context(), effect(omnichannel.CreateWork)) // opens the breaker
	out := o.Carry(t.Context(), effect(omnichannel.CreateWork))
	if out.Result != omnichannel.Deferred || out.Code != "DAILY_LIMIT" || out.RetryAfter < 4*time.Minute {
		t.Errorf("breaker: %+v", out)
	}
	f.revoke()
	o, f = orgOf(t, says2(200, `{}`))
	f.oauth = func(w http.ResponseWriter, _ *http.Request) bool {
		answer(w, 400, `{"error":"invalid_grant","error_description":"user hasn't approved this consumer"}`)
		return true
	}
	out = o.Carry(t.Context(), effect(omnichannel.CreateWork))
	if out.Result != omnichannel.Deferred || out.Code != "NO_TOKEN" || out.RetryAfter < 20*time.Second || !strings.Contains(out.Message, "pre-authorized") {
		t.Errorf("no token: %+v", out)
	}
	o, _ = orgOf(t, says2(200, `{}`))
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if out = o.Carry(ended, effect(omnichannel.CreateWork)); out.Result != omnichannel.Deferred || out.Code != "CANCELED" {
		t.Errorf("canceled: %+v", out)
	}
	for _, kind := range []omnichannel.EffectKind{omnichannel.CreateWork, omnichannel.Look, omnichannel.ReadPresence, omnichannel.ChangeOwner, omnichannel.CloseWork, "dance"} {
		if out = o.Carry(t.Context(), omnichannel.Effect{Kind: kind}); out.Result != omnichannel.Refused || out.Code != "BAD_CALL" {
			t.Errorf("empty %s: %+v", kind, out)
		}
	}
	o.closed = nil
	if out = o.Carry(t.Context(), effect(omnichannel.CloseWork)); out.Result != omnichannel.Refused || !strings.Contains(out.Message, "status-based") {
		t.Errorf("close without a way: %+v", out)
	}
}

func TestLook(t *testing.T) {
	psr := `{"Id":"0JR000000000001","Serial":3,"WorkItemId":"` + caseID + `","GroupId":"` + queueID + `","ServiceChannelId":"` + channelID + `","IsPushed":true,"PreferredUserId":null,"CreatedDate":"2026-11-22T10:00:00.000+0000"}`
	work := func(n int, status string) string {
		return fmt.Sprintf(`{"Id":"0Bz00000000000%dCAA","PendingServiceRoutingId":"%s","WorkItemId":"%s","UserId":"%s","ServiceChannelId":"%s","Status":"%s","DeclineReason":null,"CreatedDate":"2026-11-22T10:00:0%d.000+0000"}`, n, psrID, caseID, agentID, channelID, status, n)
	}
	reply := func(psrs, works, record string, status int) string {
		return fmt.Sprintf(`{"compositeResponse":[{"body":{"done":true,"records":[%s]},"httpStatusCode":200,"referenceId":"r0"},
			{"body":{"done":true,"records":[%s]},"httpStatusCode":200,"referenceId":"r1"},{"body":%s,"httpStatusCode":%d,"referenceId":"r2"}]}`, psrs, works, record, status)
	}
	sent := ""
	body := ""
	o, f := orgOf(t, func(w http.ResponseWriter, _ *http.Request, b string) { sent = b; answer(w, 200, body) })
	look := func() *omnichannel.Seen {
		t.Helper()
		out := o.Carry(t.Context(), effect(omnichannel.Look))
		if out.Result != omnichannel.Done || out.Seen == nil {
			t.Fatalf("outcome %+v", out)
		}
		return out.Seen
	}
	body = reply(psr, work(2, "Assigned")+","+work(1, "Declined"), `{"OwnerId":"00G000000000001"}`, 200)
	want := &omnichannel.Seen{
		PSRs: []omnichannel.PSR{{ID: psrID, Serial: 3, Record: caseID, Queue: queueID, Channel: channelID, Pushed: true, Created: time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)}},
		Works: []omnichannel.AgentWork{
			{ID: "0Bz000000000001CAA", PSR: psrID, Record: caseID, User: agentID, Channel: channelID, Status: omnichannel.Declined, Created: time.Date(2026, 11, 22, 10, 0, 1, 0, time.UTC)},
			{ID: "0Bz000000000002CAA", PSR: psrID, Record: caseID, User: agentID, Channel: channelID, Status: omnichannel.Assigned, Created: time.Date(2026, 11, 22, 10, 0, 2, 0, time.UTC)},
		},
		Owner: queueID,
	}
	if got := look(); !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v", got)
	}
	p, w := strings.Index(sent, "FROM+PendingServiceRouting"), strings.Index(sent, "FROM+AgentWork")
	if p < 0 || w < p || !strings.Contains(sent[w:], "/sobjects/Case/"+caseID+"?fields=OwnerId") {
		t.Errorf("not PSRs, AgentWorks, record in this order: %s", sent)
	}
	if requests, _ := f.seen(); len(requests) != 2 { // the channels once, and one composite
		t.Errorf("requests %v", requests)
	}
	for _, tt := range []struct {
		record  string
		status  int
		missing bool
	}{
		{errBody("ENTITY_IS_DELETED", "x"), 404, true}, {errBody("NOT_FOUND", "x"), 404, true},
		{errBody("INVALID_FIELD", "no OwnerId"), 400, false}, {`{}`, 200, false},
	} {
		body = reply("", "", tt.record, tt.status)
		if got := look(); got.Missing != tt.missing || got.Owner != "" || len(got.PSRs)+len(got.Works) != 0 {
			t.Errorf("%s: %+v", tt.record, got)
		}
	}
	// What was not read must never look like what is not there.
	for _, odd := range []string{
		strings.Replace(reply("", "", `{}`, 200), `"httpStatusCode":200`, `"httpStatusCode":503`, 1),
		strings.Replace(reply("", "", `{}`, 200), `"done":true`, `"done":false`, 1),
		reply("", work(1, "Dancing"), `{}`, 200),
		reply("", "", errBody("SERVER_UNAVAILABLE", "x"), 503),
		reply(`{"CreatedDate":"yesterday"}`, "", `{}`, 200),
	} {
		body = odd
		if out := o.Carry(t.Context(), effect(omnichannel.Look)); out.Result == omnichannel.Done || out.Seen != nil {
			t.Errorf("%s gives %+v", odd, out.Seen)
		}
	}
}

func TestBaseline(t *testing.T) {
	rows := map[string]string{
		"ServicePresenceStatus": `{"Id":"0N5000000000001","DeveloperName":"Available"},{"Id":"0N5000000000002CAA","DeveloperName":"Lunch"}`,
		"ServiceChannelStatus":  `{"ServicePresenceStatusId":"` + statusID + `","ServiceChannelId":"` + channelID + `"}`,
		"QueueRoutingConfig":    `{"Id":"` + configID + `","RoutingModel":"ExternalRouting","PushTimeout":20}`,
		"Group":                 `{"Id":"` + queueID + `","DeveloperName":"Support","QueueRoutingConfigId":"` + configID + `"},{"Id":"00G000000000002EAA","DeveloperName":"Mail","QueueRoutingConfigId":null}`,
		"QueueSobject":          `{"QueueId":"` + queueID + `","SobjectType":"Case"},{"QueueId":"00G000000000009EAA","SobjectType":"Case"},{"QueueId":"` + queueID + `","SobjectType":"Lead"}`,
		"User":                  `{"Id":"` + agentID + `","Name":"Ada","Username":"ada@acme.example","IsActive":true},{"Id":"005000000000002AAA","Name":"Ben","Username":"ben@acme.example","IsActive":false}`,
		"PendingServiceRouting": `{"Id":"` + psrID + `","Serial":1,"WorkItemId":"` + caseID + `","QueueId":"` + queueID + `","ServiceChannelId":"` + channelID + `","CreatedDate":"2026-11-22T10:00:00.000+0000"}`,
		"AgentWork":             `{"Id":"` + workID + `","WorkItemId":"` + caseID + `","UserId":"` + agentID + `","ServiceChannelId":"` + channelID + `","Status":"Opened","CreatedDate":"2026-11-22T10:00:00.000+0000"}`,
		"UserServicePresence":   `{"Id":"0Sv000000000001CAA","UserId":"` + agentID + `","ServicePresenceStatusId":"` + statusID + `","IsCurrentState":true,"IsAway":false}`,
	}
	var order []string
	fails := ""
	o, _ := orgOf(t, func(w http.ResponseWriter, r *http.Request, _ string) {
		object := objectOf(r.URL.Query().Get("q"))
		order = append(order, object)
		if object == fails {
			answer(w, 400, errBody("INVALID_TYPE", "sObject type is not supported"))
			return
		}
		answer(w, 200, `{"done":true,"records":[`+rows[object]+`]}`)
	})
	got, err := o.Baseline(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)
	want := omnichannel.Baseline{
		Directory: omnichannel.Directory{
			Channels: map[omnichannel.ChannelID]omnichannel.Channel{channelID: {Name: "Cases", Entity: "Case"}},
			Statuses: map[omnichannel.StatusID]omnichannel.Status{statusID: {Name: "Available", Channels: []omnichannel.ChannelID{channelID}}, "0N5000000000002CAA": {Name: "Lunch"}},
			Queues:   map[omnichannel.QueueID]omnichannel.Queue{queueID: {Name: "Support", External: true, PushTimeout: 20 * time.Second, Objects: []string{"Case", "Lead"}}, "00G000000000002EAA": {Name: "Mail", Objects: []string{}}},
			Users:    map[vcc.AgentID]string{agentID: "Ada"}, Usernames: map[vcc.AgentID]string{agentID: "ada@acme.example"},
			Self: "005000000000001AAA", // who the token is for
			Left: map[vcc.AgentID]bool{"005000000000002AAA": true},
		},
		PSRs:     []omnichannel.PSR{{ID: psrID, Serial: 1, Record: caseID, Queue: queueID, Channel: channelID, Created: at}},
		Works:    []omnichannel.AgentWork{{ID: workID, Record: caseID, User: agentID, Channel: channelID, Status: omnichannel.Opened, Created: at}},
		Presence: []omnichannel.PresenceRow{{ID: "0Sv000000000001CAA", User: agentID, Status: statusID, Current: true}},
	}
	if !strings.HasPrefix(got.Instance, "http://127.0.0.1:") {
		t.Errorf("instance %q, want where the org runs", got.Instance)
	}
	want.Instance = got.Instance
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v", got)
	}
	if tail := strings.Join(order[len(order)-3:], " "); tail != "PendingServiceRouting AgentWork UserServicePresence" {
		t.Errorf("read in the order %v", order)
	}
	for object := range rows {
		fails = object
		if b, err := o.Baseline(t.Context()); err == nil || !strings.Contains(err.Error(), object) || len(b.PSRs)+len(b.Works) != 0 {
			t.Errorf("%s cannot be read: %v", object, err)
		}
	}
}

func event(channel, data string) streaming.Event {
	return streaming.Event{Channel: channel, Replay: 7, Data: json.RawMessage(data)}
}

func FuzzDecode(f *testing.F) {
	for _, channel := range []string{PSRChannel, WorkChannel, PresenceChannel} {
		f.Add(channel, []byte(`{"event":{"type":"created"},"sobject":{"Id":"`+psrID+`","Status":3,"UserId":"x","WorkItemId":"y","ServiceChannelId":"z","CreatedDate":"2026-11-22T10:00:00Z"}}`))
	}
	f.Fuzz(func(t *testing.T, channel string, data []byte) {
		signals, err := (&Org{}).Decode(streaming.Event{Channel: channel, Data: data})
		if err != nil && signals != nil {
			t.Error("signals beside an error")
		}
		for _, s := range signals {
			if w, ok := s.(omnichannel.WorkSeen); ok && !w.Work.Status.Valid() {
				t.Errorf("status %q", w.Work.Status)
			}
		}
	})
}

func BenchmarkDecode(b *testing.B) {
	ev := event(PSRChannel, `{"event":{"createdDate":"2026-11-22T10:00:00.123Z","replayId":7,"type":"created"},"sobject":{"Id":"`+psrID+`","Serial":2,"QueueId":"`+queueID+`","GroupId":"`+queueID+`","WorkItemId":"`+caseID+`","IsPushed":false,"IsTransfer":false,"PreferredUserId":null,"ServiceChannelId":"`+channelID+`","CreatedDate":"2026-11-22T10:00:00.123Z"}}`)
	o := &Org{}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := o.Decode(ev); err != nil {
			b.Fatal(err)
		}
	}
}

package mockorg

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// limit changes the allowances of a world.
func (w *world) limit(change func(*Limits)) {
	w.Helper()
	l := w.o.Limits()
	change(&l)
	w.must(w.o.SetLimits(l))
}

// exceeded wants an error to be LIMIT_EXCEEDED.
func (w *world) exceeded(err error) {
	w.Helper()
	if e, ok := errors.AsType[*APIError](err); !ok || e.Code != "LIMIT_EXCEEDED" {
		w.Errorf("error is %v, want LIMIT_EXCEEDED", err)
	}
}

func TestPendingRoutingsAreLimited(t *testing.T) {
	w := newWorld(t, nil)
	w.limit(func(l *Limits) { l.PendingRoutings = 2 })
	first := w.work("Case")
	w.work("Lead")
	_, err := w.o.AddWork(NewWork{Object: "Case", Queue: "Support_Cases"})
	w.exceeded(err)
	if n := len(w.o.Records("Case")); n != 1 {
		t.Errorf("%d cases: the refused one stays out", n)
	}
	unqueued, err := w.api("Case", Row{"Subject": "nobody's"})
	w.must(err) // what enters no queue is none of Omni-Channel's
	w.exceeded(w.o.OwnWork(unqueued, "Support_Cases"))
	_, err = w.api("PendingServiceRouting", Row{"WorkItemId": unqueued, "ServiceChannelId": w.agentWork(first.ID, "ada")["ServiceChannelId"],
		"RoutingModel": "ExternalRouting", "RoutingType": "QueueBased", "IsReadyForRouting": true, "CapacityWeight": 1})
	w.exceeded(err)
	w.must(w.o.DeleteWork(first.ID)) // its PSR goes with it
	w.must(w.o.OwnWork(unqueued, "Support_Cases"))
	if used := w.o.LimitsUsed(); used.PendingRoutings != 2 || used.QueuedPerHour != 3 {
		t.Errorf("used: %+v", used)
	}
}

func TestQueuedWorkIsLimitedByTheHour(t *testing.T) {
	w := newWorld(t, nil)
	w.limit(func(l *Limits) { l.QueuedPerHour = 2 })
	w.must(w.o.DeleteWork(w.work("Case").ID)) // it was queued all the same
	err := w.o.change(w.user("integration"), func(t *tx) error {
		for range 2 { // the second is one too many within the same transaction
			queue, _ := findOwner(t, "Support_Cases")
			if _, err := t.insert("Case", Row{"OwnerId": queue}); err != nil {
				return err
			}
		}
		return nil
	})
	w.exceeded(err)
	w.work("Case") // nothing of the failed transaction counts
	_, err = w.o.AddWork(NewWork{Object: "Case", Queue: "Support_Cases"})
	w.exceeded(err)
	w.pass(time.Hour)
	w.work("Case")
	if n := w.o.LimitsUsed().QueuedPerHour; n != 1 {
		t.Errorf("%d queued in the new hour", n)
	}
}

// What Salesforce does by itself cannot fail: the conversation stays in its
// queue, unrouted.
func TestLimitedRequeueOfAnAbandonedChat(t *testing.T) {
	w := newWorld(t, nil)
	w.online("ada")
	chat := w.work("LiveChatTranscript")
	w.push(chat.ID, "ada")
	w.must(w.o.Agent("ada").Accept(""))
	w.limit(func(l *Limits) { l.QueuedPerHour = 1 })
	w.must(w.o.Agent("ada").Drop())
	w.pass(time.Minute)
	if n := w.o.LimitsUsed().PendingRoutings; n != 0 {
		t.Errorf("%d PSRs over the limit", n)
	}
	if owner := w.name("OwnerId", w.get(chat.ID).str("OwnerId")); owner != "Support_Chat" {
		t.Errorf("the chat is %s's", owner)
	}
}

func TestPushTopicsAreLimited(t *testing.T) {
	w := newWorld(t, nil)
	w.limit(func(l *Limits) { l.PushTopics = 1 })
	topic := Row{"Name": "One", "Query": "SELECT Id FROM Case", "ApiVersion": 60.0}
	id, err := w.api("PushTopic", topic)
	w.must(err)
	topic["Name"] = "Two"
	_, err = w.api("PushTopic", topic)
	w.exceeded(err)
	w.must(w.apiRemove(id))
	_, err = w.api("PushTopic", topic)
	w.must(err)
}

// Requests that fewer than LongAfter have passed for are not limited; as many
// long ones as are allowed keep all others out until one ends.
func TestLongRequestsAreLimited(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, nil)
		token := login(w)
		get := func() string {
			r := httptest.NewRequestWithContext(t.Context(), "GET", "/services/data/v67.0/limits", nil)
			r.Header.Set("Authorization", "Bearer "+token)
			rec := httptest.NewRecorder()
			w.o.ServeHTTP(rec, r)
			return rec.Body.String()
		}
		refused := func() bool { return strings.Contains(get(), "ConcurrentRequests") }
		w.limit(func(l *Limits) { l.LongRequests = 2 })
		w.must(w.o.Arm(Fault{Name: "latency", Delay: 30 * time.Second, Count: 2}))
		var held sync.WaitGroup
		for range 2 {
			held.Go(func() { get() })
		}
		synctest.Wait()
		time.Sleep(19 * time.Second)
		if refused() {
			t.Error("refused beside requests of 19 s")
		}
		time.Sleep(2 * time.Second)
		if n := w.o.LimitsUsed().LongRequests; n != 2 || !refused() {
			t.Errorf("%d long requests, and one more was taken", n)
		}
		held.Wait()
		if refused() {
			t.Error("refused after the long ones ended")
		}
	})
}

// login gets the integration user's token without a server.
func login(w *world) string {
	w.Helper()
	r := httptest.NewRequestWithContext(w.Context(), "POST", "/services/oauth2/token", strings.NewReader(
		"grant_type=client_credentials&client_id="+DefaultClientID+"&client_secret="+DefaultClientSecret))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	rec := httptest.NewRecorder()
	w.o.ServeHTTP(rec, r)
	_, rest, _ := strings.Cut(rec.Body.String(), `"access_token":"`)
	token, _, ok := strings.Cut(rest, `"`)
	if !ok || rec.Code != http.StatusOK {
		w.Fatalf("login: %d %s", rec.Code, rec.Body)
	}
	return token
}

func TestControlPlaneLimits(t *testing.T) {
	p := newPlane(t)
	var reply struct {
		Limits   Limits
		Used     LimitsUsed
		Editions []string
	}
	p.call("GET", "/mock/v1/limits", "", 200, &reply)
	if reply.Limits != DefaultLimits() || len(reply.Editions) != 3 {
		t.Errorf("at first: %+v", reply)
	}
	p.call("POST", "/mock/v1/limits", `{"edition":"developer","push_topics":3,"long_after":"1s"}`, 200, &reply)
	want, _ := EditionLimits("developer")
	want.PushTopics, want.LongAfter = 3, Duration(time.Second)
	if reply.Limits != want || p.o.Streaming().Settings().MaxClients != 20 {
		t.Errorf("developer: %+v", reply.Limits)
	}
	for body, says := range map[string]string{
		`{"edition":"gold"}`:                       "developer, enterprise, unlimited",
		`{"push_topics":-1,"daily_requests":7}`:    "push_topics is -1: use zero or more",
		`{"pushtopics":1}`:                         "pushtopics",
		`{"long_after":"0s"}`:                      "long_after",
		`{"edition":"unlimited","long_after":"x"}`: "no duration",
	} {
		var refusal struct{ Error string }
		p.call("POST", "/mock/v1/limits", body, 400, &refusal)
		if !strings.Contains(refusal.Error, says) {
			t.Errorf("%s: %s", body, refusal.Error)
		}
	}
	if p.o.Limits() != want {
		t.Errorf("refused changes left %+v", p.o.Limits())
	}
	p.call("POST", "/mock/v1/limits", `{"push_topics":4}`, 200, &reply)
	if want.PushTopics = 4; reply.Limits != want {
		t.Errorf("what was not named moved, too: %+v", reply.Limits)
	}
	var counts struct{ Daily map[string]int }
	p.call("POST", "/mock/v1/dailyrequests", `{"most":9}`, 200, &counts)
	if counts.Daily["most"] != 9 || p.o.Limits().PushTopics != 4 {
		t.Errorf("after dailyrequests: %v, %+v", counts, p.o.Limits())
	}
}

func TestStreamingLimitsAreTheServers(t *testing.T) {
	w := newWorld(t, nil)
	w.limit(func(l *Limits) { l.StreamingClients, l.DeliveredTopicEvents, l.DeliveredBusEvents = 1, 2, 3 })
	s := w.o.Streaming().Settings()
	if s.MaxClients != 1 || s.MaxDelivered != 2 || s.MaxDeliveredEvents != 3 {
		t.Errorf("settings: %+v", s)
	}
}

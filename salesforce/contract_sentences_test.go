package salesforce_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"

	"omnibridge/salesforce"
)

// contract is what the daemon relies on, in the order of a work item's life.
var contract = slices.Concat(contractOfCalls, contractOfRouting, contractOfPeople, contractOfStreams)

// differs notes that an org is not as the sentence says.
func (c *terms) differs(format string, args ...any) {
	c.t.Helper()
	c.t.Errorf("differs: "+format, args...)
}

// refusal returns how the org refused a call.
func (c *terms) refusal(err error) *salesforce.APIError {
	c.t.Helper()
	e, ok := errors.AsType[*salesforce.APIError](err)
	if !ok {
		c.t.Fatalf("differs: not a refusal, but %v", err)
	}
	return e
}

var contractOfCalls = []sentence{
	{"a call with a token that is not good is answered by 401 INVALID_SESSION_ID", "salesforce-apis 1.5", nothing, func(c *terms) {
		tok, err := c.tokens.Token(c.t.Context())
		must(c.t, err)
		req, err := http.NewRequestWithContext(c.t.Context(), "GET", strings.TrimRight(tok.InstanceURL, "/")+"/services/data/v62.0/limits", nil)
		must(c.t, err)
		req.Header.Set("Authorization", "Bearer 00D000000000001!nonsense")
		reply, err := http.DefaultClient.Do(req)
		must(c.t, err)
		defer reply.Body.Close()
		text, err := io.ReadAll(io.LimitReader(reply.Body, 1000))
		if err != nil || reply.StatusCode != 401 || !strings.Contains(string(text), `"INVALID_SESSION_ID"`) {
			c.differs("%s %s, %v", reply.Status, text, err)
		}
	}},
	{"every reply tells how many of the day's calls are used", "salesforce-apis 2.1", nothing, func(c *terms) {
		c.queueID()
		if u := c.client.Stats().Usage; u.Used == 0 || u.Max == 0 {
			c.differs("%+v", u)
		}
	}},
	{"a query for a field that is not there is refused as INVALID_FIELD", "salesforce-apis 2.6", nothing, func(c *terms) {
		_, err := salesforce.Query[contractPSR](c.t.Context(), c.client, "SELECT Nonsense FROM PendingServiceRouting")
		if e := c.refusal(err); e.Status != 400 || e.Code() != "INVALID_FIELD" {
			c.differs("%v", err)
		}
	}},
	{"of a composite request each part is answered by itself and in order", "salesforce-apis 2.5", nothing, func(c *terms) {
		replies := ok[[]salesforce.Reply](c.t)(c.client.ReadAll(c.t.Context(), "query?q=SELECT+Nonsense+FROM+Case", "query?q=SELECT+Id+FROM+Organization"))
		if replies[0].Err == nil || replies[0].Err.Code() != "INVALID_FIELD" || replies[1].Err != nil || !strings.Contains(string(replies[1].Body), `"00D`) {
			c.differs("%+v", replies)
		}
	}},
	{"of many records created at once each is judged by itself", "salesforce-apis 2.5", nothing, func(c *terms) {
		results := ok[[]salesforce.RowResult](c.t)(c.client.CreateAll(c.t.Context(), "Case", []any{map[string]any{"Nonsense": 1}, map[string]any{"Subject": "Omnibridge contract"}}))
		must(c.t, results[1].Err)
		must(c.t, c.client.Delete(c.t.Context(), "Case", results[1].ID))
		if e := c.refusal(results[0].Err); e.Code() == "" {
			c.differs("%+v", e)
		}
	}},
	{"a record that is deleted is told to be so", "salesforce-apis 2.4", nothing, func(c *terms) {
		item, _ := c.waiting()
		must(c.t, c.client.Delete(c.t.Context(), "Case", item))
		err := c.client.Update(c.t.Context(), "Case", item, map[string]string{"Subject": "x"})
		if code := c.refusal(err).Code(); code != "ENTITY_IS_DELETED" && code != "NOT_FOUND" {
			c.differs("%s", code)
		}
	}},
}

var contractOfRouting = []sentence{
	{"giving a record to a queue with external routing makes a PSR with Serial 1 that is not pushed", "salesforce-omni 1.1, 3.3", nothing, func(c *terms) {
		_, p := c.waiting()
		if p.Serial != 1 || p.Pushed || !p.Ready || p.Model != "ExternalRouting" || long(p.Group) != long(c.queueID()) || p.Channel == "" || p.Declined != "" {
			c.differs("%+v", p)
		}
	}},
	{"giving the record to a person takes the PSR away", "salesforce-omni 3.3", nothing, func(c *terms) {
		item, _ := c.waiting()
		must(c.t, c.client.Update(c.t.Context(), "Case", item, map[string]string{"OwnerId": c.creator(item)}))
		c.until("there is no PSR", func() bool { return len(c.psrs(item)) == 0 })
	}},
	{"deleting the record takes the PSR away", "salesforce-omni 3.3", nothing, func(c *terms) {
		item, _ := c.waiting()
		must(c.t, c.client.Delete(c.t.Context(), "Case", item))
		c.until("there is no PSR", func() bool { return len(c.psrs(item)) == 0 })
	}},
	{"creating AgentWork makes it Assigned, sets IsPushed and raises Serial", "salesforce-omni 3.3", anAgent, func(c *terms) {
		item, before, work := c.alerting()
		if w := c.works(item); len(w) != 1 || w[0].Status != "Assigned" || long(w[0].ID) != long(work) || long(w[0].User) != long(c.agentID()) {
			c.differs("%+v", w)
		}
		if p := c.psrs(item); len(p) != 1 || p[0].ID != before.ID || !p[0].Pushed || p[0].Serial <= before.Serial {
			c.differs("PSR %+v", p)
		}
	}},
	{"work pushed to who is not online is refused, or ends Unavailable", "salesforce-omni 2", nothing, func(c *terms) {
		item, psr := c.waiting()
		if _, err := c.push(item, psr, c.creator(item)); err != nil {
			c.refusal(err)
		} else {
			c.status(item, "Unavailable")
		}
		c.until("the PSR is not pushed", func() bool { p := c.psrs(item); return len(p) == 1 && !p[0].Pushed })
	}},
	{"the status of AgentWork cannot be set", "salesforce-omni 1.2", anAgent, func(c *terms) {
		item, _, work := c.alerting()
		c.refusal(c.client.Update(c.t.Context(), "AgentWork", work, map[string]string{"Status": "Declined"}))
		c.status(item, "Assigned")
	}},
}

var contractOfPeople = []sentence{
	{"a declined AgentWork keeps its reason and leaves the PSR there, not pushed, with a higher Serial", "salesforce-omni 3.3, 3.4", people, func(c *terms) {
		item, before, work := c.alerting()
		must(c.t, c.hands.Decline(work, "On a break"))
		if w := c.status(item, "Declined"); w.Reason != "On a break" {
			c.differs("%+v", w)
		}
		if p := c.psrs(item); len(p) != 1 || p[0].ID != before.ID || p[0].Pushed || p[0].Serial < before.Serial+2 || p[0].Declined == "" {
			c.differs("PSR %+v", p)
		}
	}},
	{"what was declined can be pushed again by the same PSR", "salesforce-omni 3.3", people, func(c *terms) {
		item, psr, work := c.alerting()
		must(c.t, c.hands.Decline(work, ""))
		if _, err := c.push(item, psr, c.agentID()); err != nil {
			c.differs("%v", err)
		}
		if list := c.works(item); len(list) != 2 {
			c.differs("%+v", list)
		}
	}},
	{"an accepted AgentWork is Opened, takes the PSR away and gives the record to the agent", "salesforce-omni 3.3", people, func(c *terms) {
		item, _, work := c.alerting()
		must(c.t, c.hands.Accept(work))
		c.status(item, "Opened")
		c.until("there is no PSR", func() bool { return len(c.psrs(item)) == 0 })
		var record struct{ OwnerId string }
		must(c.t, c.client.Get(c.t.Context(), "Case", item, &record, "OwnerId"))
		if long(record.OwnerId) != long(c.agentID()) {
			c.differs("owner %s", record.OwnerId)
		}
	}},
	{"giving an opened record to the queue again makes a new PSR and ends the AgentWork as Transferred", "salesforce-omni 3.3", people, func(c *terms) {
		item, before, work := c.alerting()
		must(c.t, c.hands.Accept(work))
		must(c.t, c.client.Update(c.t.Context(), "Case", item, map[string]string{"OwnerId": c.queueID()}))
		c.status(item, "Transferred")
		if p := c.psrs(item); len(p) != 1 || p[0].ID == before.ID || p[0].Pushed || p[0].Serial != 1 {
			c.differs("PSR %+v", p)
		}
	}},
	{"finished work is Closed, without a PSR", "salesforce-omni 3.3", people, func(c *terms) {
		item, _, work := c.alerting()
		must(c.t, c.hands.Accept(work))
		must(c.t, c.hands.Close(work))
		c.status(item, "Closed")
		if p := c.psrs(item); len(p) != 0 {
			c.differs("PSR %+v", p)
		}
	}},
	{"work that alerts when its agent leaves ends Unavailable, and its PSR is not pushed", "salesforce-omni 3.3", people, func(c *terms) {
		item, _, _ := c.alerting()
		must(c.t, c.hands.Offline())
		c.status(item, "Unavailable")
		if p := c.psrs(item); len(p) != 1 || p[0].Pushed {
			c.differs("PSR %+v", p)
		}
	}},
	{"another status ends the row of presence and makes a new one; leaving only ends it", "salesforce-omni 1.3", people, func(c *terms) {
		first := c.presence()
		must(c.t, c.hands.Online("Busy"))
		second := c.presence()
		if len(first) != 1 || len(second) != 1 || first[0].ID == second[0].ID {
			c.differs("%+v then %+v", first, second)
		}
		must(c.t, c.hands.Offline())
		if rows := c.presence(); len(rows) != 0 {
			c.differs("%+v", rows)
		}
	}},
}

// life makes and deletes a waiting case, of which two events about the PSR come.
func (c *terms) life() (psr string) {
	c.t.Helper()
	item, p := c.waiting()
	must(c.t, c.client.Delete(c.t.Context(), "Case", item))
	c.until("there is no PSR", func() bool { return len(c.psrs(item)) == 0 })
	return p.ID
}

// topics makes the daemon's PushTopics.
func (c *terms) topics() {
	c.t.Helper()
	ok[[]salesforce.TopicChange](c.t)(c.bridge.Topics(c.t.Context()))
}

var contractOfStreams = []sentence{
	{"a PushTopic that was made stays as it was made", "salesforce-omni 3.2", nothing, func(c *terms) {
		c.topics()
		for _, change := range ok[[]salesforce.TopicChange](c.t)(c.bridge.Topics(c.t.Context())) {
			if change.What != "unchanged" {
				c.differs("%+v", change)
			}
		}
	}},
	{"a PSR's event holds the fields of the topic's query, that of its deletion only the id", "salesforce-omni 3.2", nothing, func(c *terms) {
		c.topics()
		b := c.listen()
		if a := b.subscribe(salesforce.PSRChannel, ""); !a.Successful {
			c.t.Fatalf("differs: %s", a.tell())
		}
		list := b.hears(2, c.life())
		created, deleted := list[0], list[len(list)-1]
		if r := created.Record; created.Event.Type != "created" || r["Serial"] != 1.0 || r["IsPushed"] != false || r["WorkItemId"] == nil || r["ServiceChannelId"] == nil || r["CreatedDate"] == nil {
			c.differs("created %+v", created)
		}
		if deleted.Event.Type != "deleted" || len(deleted.Record) != 1 {
			c.differs("deleted %+v", deleted)
		}
	}},
	{"replay -2 delivers the retained events in order, and the id of an event those after it", "salesforce-apis 3.3", nothing, func(c *terms) {
		c.topics()
		live := c.listen()
		live.subscribe(salesforce.PSRChannel, "-1")
		psr := c.life()
		came := live.hears(2, psr)
		for replay, want := range map[string][]heard{"-2": came, fmt.Sprint(came[0].Event.Replay): came[1:]} {
			b := c.listen()
			if a := b.subscribe(salesforce.PSRChannel, replay); !a.Successful {
				c.differs("from %s: %s", replay, a.tell())
				continue
			}
			same := slices.EqualFunc(b.hears(len(want), psr), want, func(x, y heard) bool { return x.Event == y.Event })
			if !same || !slices.IsSortedFunc(want, func(x, y heard) int { return int(x.Event.Replay - y.Event.Replay) }) {
				c.differs("from %s other events came", replay)
			}
		}
	}},
	{"a replay id that is not known is refused with 400 at the subscription, and the session goes on", "salesforce-apis 3.3", nothing, func(c *terms) {
		c.topics()
		b := c.listen()
		if a := b.subscribe(salesforce.PSRChannel, "7777777777"); a.Successful || !strings.HasPrefix(a.Error, "400::The replayId {7777777777} you provided was invalid") {
			c.differs("%s", a.tell())
		}
		if a := b.subscribe(salesforce.PSRChannel, "-2"); !a.Successful {
			c.differs("afterwards: %s", a.tell())
		}
	}},
	{"a channel that is not there is refused at the subscription", "salesforce-apis 3.5", nothing, func(c *terms) {
		for _, name := range []string{"/topic/OmnibridgeNobody", "/data/OmnibridgeNobody__chn"} {
			if a := c.listen().subscribe(name, ""); a.Successful || !strings.HasPrefix(a.Error, "40") {
				c.differs("%s: %s", name, a.tell())
			}
		}
	}},
	{"a client that is not known is told so with 403 and to shake hands again", "salesforce-apis 3.5", nothing, func(c *terms) {
		b := c.listen()
		a := b.connect("nobody0000000000000")[0]
		if a.Successful || !strings.HasPrefix(a.Error, "403::Unknown client") || a.Advice.Reconnect != "handshake" {
			c.differs("%s", a.tell())
		}
	}},
	{"a handshake with a token that is not good is refused, and the reason says 401", "salesforce-apis 3.5", nothing, func(c *terms) {
		b := c.stranger()
		b.token = "00D000000000001!nonsense"
		if a := b.handshake(); a.Successful || !strings.Contains(a.tell(), "401::") {
			c.differs("%s", a.tell())
		}
	}},
	{"a change event of a new PSR holds its fields, that of an update what changed with Serial, that of a deletion none", "salesforce-apis 3.6, salesforce-package 1.6", channel, func(c *terms) {
		b := c.listen()
		b.subscribe(salesforce.CaptureChannel, "-1")
		item, psr := c.waiting()
		must(c.t, c.client.Delete(c.t.Context(), "Case", item))
		list := b.hears(2, psr.ID)
		if p := list[0].Payload; list[0].change() != "CREATE" || p["Serial"] != 1.0 || p["WorkItemId"] == nil || p["ServiceChannelId"] == nil || p["RoutingModel"] != "ExternalRouting" || p["IsReadyForRouting"] != true {
			c.differs("created %+v", p)
		}
		if last := list[len(list)-1]; last.change() != "DELETE" || len(last.Payload) != 1 {
			c.differs("deleted %+v", last)
		}
		if c.hands == nil {
			return // an update takes a push
		}
		item, psr = c.waiting()
		ok[string](c.t)(c.push(item, psr, c.agentID()))
		if p := b.hears(2, psr.ID)[1]; p.change() != "UPDATE" || p.Payload["Serial"] != 2.0 || p.Payload["IsPushed"] != true || p.Payload["WorkItemId"] != nil {
			c.differs("updated %+v", p)
		}
	}},
}

package interop

import (
	"context"
	"encoding/json"
	"slices"
	"strconv"
	"testing"

	"github.com/elastic/bayeux"
)

// elastic is one run of the client.
type elastic struct {
	t       *testing.T
	channel string
	out     chan bayeux.MaybeMsg
	stop    context.CancelFunc
}

// listen subscribes from a position. The client returns once it has an answer,
// which it does not look at.
func listen(t *testing.T, creds bayeux.Credentials, channel, position string) *elastic {
	ctx, stop := context.WithCancel(t.Context())
	client := &bayeux.Bayeux{}
	e := &elastic{t, channel, make(chan bayeux.MaybeMsg), stop}
	client.Channel(ctx, e.out, position, creds, channel)
	return e
}

// close ends the run and waits until nothing comes any more.
func (e *elastic) close() {
	e.stop()
	for range e.out {
	}
}

// events takes n events, in any order, and returns replay id by status. Replies
// to polls come along as events without content.
func (e *elastic) events(n int) map[string]int {
	e.t.Helper()
	got := map[string]int{}
	for len(got) < n {
		m := take(e.t, e.out, "an event")
		if m.Failed() {
			e.t.Fatal(m.Err)
		}
		if m.Msg.Channel != e.channel {
			continue
		}
		var row struct {
			Status string `json:"Status__c"`
		}
		if err := json.Unmarshal(m.Msg.Data.Object, &row); err != nil {
			e.t.Fatal(err)
		}
		if _, twice := got[row.Status]; twice {
			e.t.Fatalf("%s came twice", row.Status)
		}
		got[row.Status] = m.Msg.Data.Event.ReplayID
	}
	return got
}

// TestElasticBayeux: it logs in by password, replays from a position that it
// sends as text, and receives live events, each by a goroutine of its own, so that
// those of one reply come in any order. After a forgotten session it polls on
// without a pause and gets nothing but refusals. It has no records: those are plain
// HTTP, with the token that it got.
func TestElasticBayeux(t *testing.T) {
	o := theOrg(t)
	access := bayeux.AuthenticationParameters{ClientID: o.ClientID, ClientSecret: o.ClientSecret,
		Username: o.Username, Password: o.Password + "x", TokenURL: o.URL + "/services/oauth2/token"}
	if creds, err := bayeux.GetSalesforceCredentials(access); err == nil {
		t.Fatalf("a wrong password brought %v", creds)
	}
	access.Password = o.Password
	creds, err := bayeux.GetSalesforceCredentials(access)
	if err != nil {
		t.Fatal(err)
	}
	if creds.InstanceURL != o.URL || creds.TokenType != "Bearer" {
		t.Errorf("credentials for %s of type %s", creds.InstanceURL, creds.TokenType)
	}

	o.token = creds.AccessToken
	o.records(t, "elastic")
	channel := o.topic(t, "elastic")
	ticket := o.ticket(t)
	o.setStatus(t, ticket, "In Progress")
	all := listen(t, *creds, channel, strconv.Itoa(bayeux.ReplayAll))
	kept := all.events(2)
	o.setStatus(t, ticket, "Done")
	kept["Done"] = all.events(1)["Done"]
	if kept["New"] >= kept["In Progress"] || kept["In Progress"] >= kept["Done"] {
		t.Errorf("replay ids %v do not rise", kept)
	}
	all.close()

	after := listen(t, *creds, channel, strconv.Itoa(kept["New"]))
	missed := after.events(2)
	if missed["In Progress"] != kept["In Progress"] || missed["Done"] != kept["Done"] {
		t.Errorf("after %d came %v, want the rest of %v", kept["New"], missed, kept)
	}

	o.forget(t)
	o.setStatus(t, ticket, "New")
	var channels []string
	for range 10 { // none of which would come, had it stopped or come back
		m := take(t, after.out, "a refusal")
		if !m.Failed() && !m.Msg.Successful {
			channels = append(channels, m.Msg.Channel)
		}
	}
	if len(channels) < 9 || slices.Contains(channels, channel) { // one poll may have ended well
		t.Errorf("after the break came %v, want refusals of polls", channels)
	}
	after.close()
}

// Package interop runs Bayeux clients for Go that others wrote against the mock
// org. cmd/omnibridge starts it with the org's address in OMNIBRIDGE_MOCK_ORG.
// Each test says what its client can do and what it cannot, and holds both: a
// change of either is worth knowing.
package interop

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"
)

// deadline bounds the wait for any one thing.
const deadline = 20 * time.Second

// org is the line that `omnibridge mock-org --json` prints, and a session.
type org struct {
	URL          string `json:"url"`
	Username     string `json:"username"`
	Password     string `json:"password"`
	ClientID     string `json:"client_id"`
	ClientSecret string `json:"client_secret"`

	token string
}

func theOrg(t *testing.T) *org {
	t.Helper()
	var o org
	if err := json.Unmarshal([]byte(os.Getenv("OMNIBRIDGE_MOCK_ORG")), &o); err != nil {
		t.Fatalf("OMNIBRIDGE_MOCK_ORG must hold the line that `omnibridge mock-org --json` prints: %v", err)
	}
	reply, err := http.PostForm(o.URL+"/services/oauth2/token", url.Values{
		"grant_type": {"client_credentials"}, "client_id": {o.ClientID}, "client_secret": {o.ClientSecret}})
	if err != nil {
		t.Fatal(err)
	}
	defer reply.Body.Close()
	var login struct {
		Token string `json:"access_token"`
	}
	if err := json.NewDecoder(reply.Body).Decode(&login); err != nil || login.Token == "" {
		t.Fatalf("login: %s, %v", reply.Status, err)
	}
	o.token = login.Token
	return &o
}

// call makes one request to the REST API or the control plane and returns the id
// in the reply, if there is one.
func (o *org) call(t *testing.T, method, path, body string) (id string) {
	t.Helper()
	var made struct{ ID string }
	_ = json.Unmarshal(o.send(t, method, path, body), &made) // many replies have none
	return made.ID
}

// send makes one request, which must succeed, and returns the reply.
func (o *org) send(t *testing.T, method, path, body string) []byte {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, o.URL+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+o.token)
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Sforce-Query-Options", "batchSize=200")
	reply, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer reply.Body.Close()
	text, err := io.ReadAll(reply.Body)
	if err != nil || reply.StatusCode > 299 {
		t.Fatalf("%s %s: %s %s, %v", method, path, reply.Status, text, err)
	}
	return text
}

const rows = "/services/data/v62.0/sobjects/"

// topic makes a PushTopic on tickets and returns its channel.
func (o *org) topic(t *testing.T, name string) (channel string) {
	t.Helper()
	name = fmt.Sprintf("%s%d", name, time.Now().UnixMilli())
	o.call(t, "POST", rows+"PushTopic", fmt.Sprintf(`{"Name":%q,"Query":"SELECT Id, Status__c FROM Ticket__c","ApiVersion":62.0}`, name))
	return "/topic/" + name
}

// ticket makes one, which every topic tells.
func (o *org) ticket(t *testing.T) (id string) {
	t.Helper()
	return o.call(t, "POST", rows+"Ticket__c", `{}`)
}

// setStatus changes a ticket, which every topic tells.
func (o *org) setStatus(t *testing.T, id, status string) {
	t.Helper()
	o.call(t, "PATCH", rows+"Ticket__c/"+id, fmt.Sprintf(`{"Status__c":%q}`, status))
}

// forget has the streaming server forget its clients, as a restart does.
func (o *org) forget(t *testing.T) {
	t.Helper()
	o.call(t, "POST", "/mock/v1/stream/forget", `{}`)
}

func take[T any](t *testing.T, from <-chan T, what string) T {
	t.Helper()
	select {
	case v := <-from:
		return v
	case <-time.After(deadline):
		t.Fatalf("%s did not come within %s", what, deadline)
		panic("unreachable")
	}
}

// records does with records what the clients here have no functions for, by plain
// HTTP in the client's session: create, update, upsert, collections, a query in two
// pages, delete.
func (o *org) records(t *testing.T, tag string) {
	t.Helper()
	tag = fmt.Sprintf("%s%d", tag, time.Now().UnixMilli())
	read := func(into any, method, path, body string) {
		t.Helper()
		if err := json.Unmarshal(o.send(t, method, path, body), into); err != nil {
			t.Fatalf("%s %s: %v", method, path, err)
		}
	}
	type outcome struct {
		ID               string
		Success, Created bool
	}
	count := func(all []outcome) (n int) {
		for _, one := range all {
			if one.Success {
				n++
			}
		}
		return n
	}
	const collection = "/services/data/v62.0/composite/sobjects"
	id := o.call(t, "POST", rows+"Ticket__c", fmt.Sprintf(`{"Subject__c":%q,"Ext__c":%q}`, tag, tag))
	o.setStatus(t, id, "In Progress")
	var upserted outcome
	read(&upserted, "PATCH", rows+"Ticket__c/Ext__c/"+tag, `{"Status__c":"Done"}`)
	if upserted.ID != id || upserted.Created {
		t.Errorf("upsert of a record that is there: %+v, want %s", upserted, id)
	}
	row := fmt.Sprintf(`{"attributes":{"type":"Ticket__c"},"Subject__c":%q},`, tag)
	var made []outcome
	read(&made, "POST", collection, `{"records":[`+strings.TrimSuffix(strings.Repeat(row, 200), ",")+`]}`)
	if n := count(made); n != 200 {
		t.Fatalf("%d of 200 records created", n)
	}
	var changed []outcome
	read(&changed, "PATCH", collection, fmt.Sprintf(`{"records":[{"attributes":{"type":"Ticket__c"},"id":%q,"Amount__c":1},{"attributes":{"type":"Ticket__c"},"id":%q,"Status__c":"Nonsense"}]}`, made[0].ID, made[1].ID))
	if len(changed) != 2 || !changed[0].Success || changed[1].Success {
		t.Errorf("records updated, each judged by itself: %+v", changed)
	}
	found, next := map[string]string{}, "/services/data/v62.0/query?q="+url.QueryEscape("SELECT Id, Status__c FROM Ticket__c WHERE Subject__c = '"+tag+"'")
	for pages := 0; next != ""; pages++ {
		var page struct {
			Records []struct {
				ID     string `json:"Id"`
				Status string `json:"Status__c"`
			}
			NextRecordsURL string
		}
		read(&page, "GET", next, "")
		for _, r := range page.Records {
			found[r.ID] = r.Status
		}
		if next = page.NextRecordsURL; (next == "") != (pages == 1) {
			t.Fatalf("page %d leads to %q, want two pages", pages+1, next)
		}
	}
	if len(found) != 201 || found[id] != "Done" {
		t.Errorf("%d records found, the first with the status %s; want 201, and Done", len(found), found[id])
	}
	ids := make([]string, len(made))
	for i, one := range made {
		ids[i] = one.ID
	}
	var deleted []outcome
	read(&deleted, "DELETE", collection+"?ids="+strings.Join(ids, ","), "")
	if n := count(deleted); n != 200 {
		t.Errorf("%d of 200 records deleted", n)
	}
	o.call(t, "DELETE", rows+"Ticket__c/"+id, "")
}

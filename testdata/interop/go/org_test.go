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
	request, err := http.NewRequestWithContext(t.Context(), method, o.URL+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+o.token)
	request.Header.Set("Content-Type", "application/json")
	reply, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer reply.Body.Close()
	text, err := io.ReadAll(reply.Body)
	if err != nil || reply.StatusCode > 299 {
		t.Fatalf("%s %s: %s %s, %v", method, path, reply.Status, text, err)
	}
	var made struct{ ID string }
	_ = json.Unmarshal(text, &made) // many replies have none
	return made.ID
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

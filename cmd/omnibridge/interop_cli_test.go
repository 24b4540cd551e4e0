package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// The command line of Salesforce against the mock org. It is large (289 MB), so
// it is shared with the tests that deploy the package.

// sf runs commands of the Salesforce command line with a home of their own, so
// that neither sees the logins of the other.
type sf struct {
	t      *testing.T
	node   string
	script string
	env    []string
}

func newSF(t *testing.T) sf {
	t.Helper()
	node, err := exec.LookPath("node")
	require(t, err == nil, "node")
	script, err := filepath.Abs(filepath.Join(packageChecks, "node_modules", "@salesforce", "cli", "bin", "run.js"))
	if err != nil {
		t.Fatal(err)
	}
	_, err = os.Stat(script)
	require(t, err == nil, "npm module @salesforce/cli (run npm ci in testdata/package-checks)")
	env := []string{"HOME=" + t.TempDir(), "PATH=" + os.Getenv("PATH"), "NO_COLOR=1", "SF_DISABLE_TELEMETRY=true", "SF_DISABLE_AUTOUPDATE=true",
		"SF_SKIP_NEW_VERSION_CHECK=true", "SF_DISABLE_LOG_FILE=true", "SF_USE_GENERIC_UNIX_KEYCHAIN=true"}
	return sf{t, node, script, env}
}

// run runs a command and returns what it printed.
func (s sf) run(args ...string) (stdout string, err error) {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), interopDeadline)
	defer cancel()
	cmd := exec.CommandContext(ctx, s.node, append([]string{s.script}, args...)...)
	cmd.Env, cmd.Dir = s.env, strings.TrimPrefix(s.env[0], "HOME=")
	cmd.WaitDelay = 5 * time.Second
	var text, fault strings.Builder
	cmd.Stdout, cmd.Stderr = &text, &fault
	if err := cmd.Run(); err != nil {
		return text.String(), fmt.Errorf("sf %s: %w\n%s", strings.Join(args, " "), err, fault.String())
	}
	return text.String(), nil
}

// do runs a command that must succeed and decodes its result.
func (s sf) do(result any, args ...string) {
	s.t.Helper()
	text, err := s.run(append(args, "--json")...)
	if err == nil {
		reply := struct {
			Status int
			Result any
		}{Status: -1, Result: result}
		if err = json.Unmarshal([]byte(text), &reply); err == nil && reply.Status != 0 {
			err = fmt.Errorf("status %d", reply.Status)
		}
	}
	if err != nil {
		s.t.Fatalf("%v\n%s", err, text)
	}
}

// addTickets fills the org by its REST API, in collections of 200.
func (o mockOrgLine) addTickets(t *testing.T, subject string, count int) {
	t.Helper()
	reply, err := http.PostForm(o.URL+"/services/oauth2/token", url.Values{
		"grant_type": {"client_credentials"}, "client_id": {o.ClientID}, "client_secret": {o.ClientSecret}})
	if err != nil {
		t.Fatal(err)
	}
	var login struct {
		Token string `json:"access_token"`
	}
	err = json.NewDecoder(reply.Body).Decode(&login)
	reply.Body.Close()
	if err != nil {
		t.Fatal(err)
	}
	row := fmt.Sprintf(`{"attributes":{"type":"Ticket__c"},"Subject__c":%q}`, subject)
	for ; count > 0; count -= 200 {
		body := `{"records":[` + strings.TrimSuffix(strings.Repeat(row+",", min(count, 200)), ",") + `]}`
		request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, o.URL+"/services/data/v67.0/composite/sobjects", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Authorization", "Bearer "+login.Token)
		request.Header.Set("Content-Type", "application/json")
		reply, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		reply.Body.Close()
		if reply.StatusCode != http.StatusOK {
			t.Fatalf("create tickets: %s", reply.Status)
		}
	}
}

// control calls the mock org's control plane.
func (o mockOrgLine) control(t *testing.T, path, body string) {
	t.Helper()
	reply, err := http.Post(o.URL+"/mock/v1"+path, "application/json", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	reply.Body.Close()
	if reply.StatusCode != http.StatusOK {
		t.Fatalf("%s: %s", path, reply.Status)
	}
}

func TestInteropSalesforceCLI(t *testing.T) {
	t.Parallel()
	s := newSF(t)
	org := serveMockOrg(t)

	var login struct{ Username, InstanceURL, OrgID string }
	s.do(&login, "org", "login", "jwt", "--client-id", org.ClientID, "--jwt-key-file", org.JWTKeyFile, "--username", org.Username,
		"--instance-url", org.URL, "--alias", "mock", "--set-default")
	if login.Username != org.Username || login.InstanceURL != org.URL || !strings.HasPrefix(login.OrgID, "00D") {
		t.Errorf("login: %+v", login)
	}

	var made struct {
		ID      string
		Success bool
	}
	s.do(&made, "data", "create", "record", "--sobject", "Ticket__c", "--values", "Subject__c='from the command line' Amount__c=2.5 Ext__c=cli-1")
	if !made.Success || len(made.ID) != 18 {
		t.Fatalf("create: %+v", made)
	}
	s.do(new(any), "data", "update", "record", "--sobject", "Ticket__c", "--record-id", made.ID, "--values", "Status__c=Done")
	if text, err := s.run("data", "update", "record", "--sobject", "Ticket__c", "--record-id", made.ID, "--values", "Status__c=Nonsense", "--json"); err == nil ||
		!strings.Contains(text, "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST") {
		t.Errorf("a value outside a picklist: %v\n%s", err, text)
	}

	// Its session ends: it logs in again by itself, from what it kept.
	org.control(t, "/sessions/revoke", "{}")
	const more = 2001 // a page is 2,000
	org.addTickets(t, "paged", more)
	var found struct {
		TotalSize int
		Done      bool
		Records   []struct {
			ID      string `json:"Id"`
			Subject string `json:"Subject__c"`
			Status  string `json:"Status__c"`
			Owner   struct{ Username string }
		}
	}
	s.do(&found, "data", "query", "--query", "SELECT Id, Subject__c, Status__c, Owner.Username FROM Ticket__c ORDER BY Name")
	if found.TotalSize != more+1 || !found.Done || len(found.Records) != more+1 {
		t.Fatalf("query: %d of %d rows, done %t; want %d", len(found.Records), found.TotalSize, found.Done, more+1)
	}
	if r := found.Records[0]; r.ID != made.ID || r.Subject != "from the command line" || r.Status != "Done" || r.Owner.Username != org.Username {
		t.Errorf("first row: %+v", r)
	}

	// There is no upsert of one record but by REST.
	text, err := s.run("api", "request", "rest", "/services/data/v67.0/sobjects/Ticket__c/Ext__c/cli-1", "--method", "PATCH", "--body", `{"Subject__c":"upserted"}`)
	if err != nil || !strings.Contains(text, made.ID) || !strings.Contains(text, `"created": false`) {
		t.Errorf("upsert: %v\n%s", err, text)
	}
	text, err = s.run("data", "query", "--result-format", "csv", "--query", "SELECT Id, Subject__c, Owner.Name FROM Ticket__c WHERE Ext__c = 'cli-1'")
	if want := "Id,Subject__c,Owner.Name\n" + made.ID + ",upserted,Omnibridge Integration\n"; err != nil || text != want {
		t.Errorf("query as CSV: %v\n%s, want\n%s", err, text, want)
	}

	text, err = s.run("api", "request", "rest", "/services/data/v67.0/composite/sobjects", "--method", "POST", "--body",
		`{"records":[{"attributes":{"type":"Ticket__c"},"Subject__c":"one"},{"attributes":{"type":"Ticket__c"},"Status__c":"Nonsense"}]}`)
	if err != nil || strings.Count(text, `"success": true`) != 1 || strings.Count(text, `"success": false`) != 1 {
		t.Errorf("a collection, each row judged by itself: %v\n%s", err, text)
	}

	s.do(new(any), "data", "delete", "record", "--sobject", "Ticket__c", "--record-id", made.ID)
	if text, err := s.run("data", "get", "record", "--sobject", "Ticket__c", "--record-id", made.ID, "--json"); err == nil || !strings.Contains(text, "ENTITY_IS_DELETED") {
		t.Errorf("a deleted record: %v\n%s", err, text)
	}
}

package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/simpleforce/simpleforce"
)

// Clients that others wrote, against the mock org as `omnibridge mock-org --json`
// serves it. They keep the mock from agreeing only with our own client. Each logs
// in, queries with paging, creates, updates, deletes, upserts, works with
// collections, and streams with replay:
//
//	                     login          records                   stream with replay
//	jsforce              its own        its own                   its own
//	@salesforce/core     its own        its own                   its own (faye)
//	sf                   its own        its own; upsert and       it has none
//	                                    collections by its
//	                                    `api request rest`
//	simpleforce          its own        its own; collections by   it has none
//	                                    its ApexREST
//	cometd               plain HTTP     plain HTTP                its own
//	faye                 plain HTTP     plain HTTP                its own
//	elastic/bayeux       its own        plain HTTP                its own
//	gobayeux             plain HTTP     plain HTTP                live only: its replay never
//	                                                              reaches the wire
//
// Where it says plain HTTP the client has no function for it, and the script does the
// work beside it, in the session that it streams with; of cometd and faye the stream
// must tell of that work.

// interopDir holds the scripts and their package-lock.json.
var interopDir = filepath.Join("..", "..", "testdata", "interop")

// interopDeadline bounds one client's whole run.
const interopDeadline = 5 * time.Minute

// require is the one place where a test may be skipped: what the machine lacks
// to run it is said, and where everything must be present it fails instead.
func require(t *testing.T, ok bool, what string) {
	t.Helper()
	switch {
	case ok:
	case os.Getenv("OMNIBRIDGE_TEST_REQUIRE_ALL") == "1":
		t.Fatalf("%s is missing, and OMNIBRIDGE_TEST_REQUIRE_ALL=1 demands it", what)
	default:
		t.Skipf("%s is missing", what)
	}
}

// mockOrgLine is the first line of `omnibridge mock-org --json`.
type mockOrgLine struct {
	URL          string `json:"url"`
	Username     string `json:"username"`
	Password     string `json:"password"`
	ClientID     string `json:"client_id"`
	ClientSecret string `json:"client_secret"`
	JWTKeyFile   string `json:"jwt_key_file"`

	text string // the line itself
}

// serveMockOrg runs the mock-org command until the test ends.
func serveMockOrg(t *testing.T) mockOrgLine {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	out, in := io.Pipe()
	ended := make(chan int, 1)
	go func() {
		code := execute(ctx, []string{"mock-org", "--listen", "127.0.0.1:0", "--json"}, streams{out: in, err: t.Output()})
		in.CloseWithError(fmt.Errorf("mock-org ended with code %d", code))
		ended <- code
	}()
	t.Cleanup(func() {
		stop()
		if code := <-ended; code != 0 {
			t.Errorf("mock-org ended with code %d", code)
		}
	})
	text, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatalf("the first line of mock-org --json: %v", err)
	}
	go io.Copy(io.Discard, out)
	line := mockOrgLine{text: strings.TrimSpace(text)}
	if err := json.Unmarshal([]byte(text), &line); err != nil {
		t.Fatalf("the first line of mock-org --json: %v", err)
	}
	return line
}

// nodeCommand prepares a script of testdata/interop, which needs a module.
func nodeCommand(t *testing.T, ctx context.Context, module, script string, args ...string) *exec.Cmd {
	t.Helper()
	node, err := exec.LookPath("node")
	require(t, err == nil, "node")
	_, err = os.Stat(filepath.Join(interopDir, "node_modules", module))
	require(t, err == nil, "npm module "+module+" (run npm ci in testdata/interop)")
	cmd := exec.CommandContext(ctx, node, append([]string{script}, args...)...)
	cmd.Dir = interopDir
	cmd.WaitDelay = 5 * time.Second
	return cmd
}

// runScript runs one client's script and checks the line it prints.
func runScript(t *testing.T, script, module string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), interopDeadline)
	defer cancel()
	cmd := nodeCommand(t, ctx, module, script)
	org := serveMockOrg(t)
	cmd.Env = append(os.Environ(), "OMNIBRIDGE_MOCK_ORG="+org.text)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		t.Fatalf("node %s: %v\n%s\n%s", script, err, stdout.String(), stderr.String())
	}
	lines := strings.Split(strings.TrimSpace(stdout.String()), "\n")
	var result struct {
		Client string
		OK     bool
		Done   []string
	}
	last := lines[len(lines)-1]
	if err := json.Unmarshal([]byte(last), &result); err != nil || !result.OK {
		t.Fatalf("node %s printed %s (%v)\n%s", script, last, err, stderr.String())
	}
	t.Logf("%s: %s", result.Client, strings.Join(result.Done, ", "))
}

func TestInteropJSForce(t *testing.T) { runScript(t, "jsforce.mjs", "jsforce") }

func TestInteropSalesforceCore(t *testing.T) { runScript(t, "core.mjs", "@salesforce/core") }

func TestInteropFaye(t *testing.T) { runScript(t, "faye.mjs", "faye") }

func TestInteropCometD(t *testing.T) { runScript(t, "cometd.mjs", "cometd-nodejs-client") }

// The lock files must work wherever npm is set up, so they name no registry.
func TestInteropLocksNameNoRegistry(t *testing.T) {
	for _, dir := range []string{interopDir, packageChecks} {
		data, err := os.ReadFile(filepath.Join(dir, "package-lock.json"))
		if err != nil {
			t.Fatal(err)
		}
		var lock struct {
			Packages map[string]struct {
				Resolved, Integrity string
				InBundle            bool // it comes inside another package, under that one's checksum
			}
		}
		if err := json.Unmarshal(data, &lock); err != nil {
			t.Fatal(err)
		}
		if len(lock.Packages) < 4 {
			t.Fatalf("the lock file of %s holds %d packages", dir, len(lock.Packages))
		}
		for name, p := range lock.Packages {
			if p.Resolved != "" {
				t.Errorf("%s: %s is bound to %s; npm install --omit-lockfile-registry-resolved leaves that out", dir, name, p.Resolved)
			}
			if name != "" && !p.InBundle && p.Integrity == "" {
				t.Errorf("%s: %s has no checksum", dir, name)
			}
		}
	}
}

// smallPages asks for the smallest pages, which simpleforce cannot do itself.
type smallPages struct{ http.RoundTripper }

func (s smallPages) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set("Sforce-Query-Options", "batchSize=200")
	return s.RoundTripper.RoundTrip(r)
}

func loginSimpleforce(t *testing.T) *simpleforce.Client {
	t.Helper()
	before := log.Writer()
	log.SetOutput(t.Output()) // simpleforce tells its errors only there
	t.Cleanup(func() { log.SetOutput(before) })
	org := serveMockOrg(t)
	transport := http.DefaultTransport.(*http.Transport).Clone()
	t.Cleanup(transport.CloseIdleConnections)
	client := simpleforce.NewClient(org.URL, simpleforce.DefaultClientID, "54.0")
	client.SetHttpClient(&http.Client{Transport: smallPages{transport}, Timeout: interopDeadline})
	if err := client.LoginPassword(org.Username, org.Password+"x", ""); err == nil {
		t.Fatal("a wrong password was accepted")
	}
	if err := client.LoginPassword(org.Username, org.Password, ""); err != nil {
		t.Fatalf("login: %v", err)
	}
	if client.GetLoc() != org.URL {
		t.Fatalf("the login reply names instance %q, want %q", client.GetLoc(), org.URL)
	}
	return client
}

func TestInteropSimpleforceRecords(t *testing.T) {
	client := loginSimpleforce(t)
	made := client.SObject("Ticket__c").Set("Subject__c", "it's 50% <é> & more").Set("Amount__c", 2.5).Create()
	if made == nil || len(made.ID()) != 18 {
		t.Fatalf("create: %v", made)
	}
	got := client.SObject("Ticket__c").Get(made.ID())
	if got == nil || got.StringField("Subject__c") != "it's 50% <é> & more" || got.InterfaceField("Amount__c") != 2.5 || got.StringField("Status__c") != "New" {
		t.Fatalf("get after create: %v", got)
	}
	change := client.SObject("Ticket__c").Set("Id", made.ID()).Set("Status__c", "Done")
	if change.Update() == nil {
		t.Fatal("update failed")
	}
	if got := client.SObject("Ticket__c").Get(made.ID()); got == nil || got.StringField("Status__c") != "Done" {
		t.Fatalf("get after update: %v", got)
	}
	if bad := client.SObject("Ticket__c").Set("Status__c", "Nonsense").Create(); bad != nil {
		t.Errorf("a value outside a restricted picklist was accepted: %v", bad)
	}
	if err := made.Delete(); err != nil {
		t.Fatalf("delete: %v", err)
	}
	if got := client.SObject("Ticket__c").Get(made.ID()); got != nil {
		t.Errorf("the record is still there after delete: %v", got)
	}
	meta := client.SObject("Ticket__c").Describe()
	if meta == nil || (*meta)["name"] != "Ticket__c" {
		t.Errorf("describe: %v", meta)
	}
}

func TestInteropSimpleforceUpsert(t *testing.T) {
	client := loginSimpleforce(t)
	upsert := func(subject string) *simpleforce.SObject {
		return client.SObject("Ticket__c").Set("ExternalIDField", "Ext__c").Set("Ext__c", "A-1").Set("Subject__c", subject).Upsert()
	}
	first := upsert("one")
	if first == nil || len(first.ID()) != 18 {
		t.Fatalf("first upsert: %v", first)
	}
	if upsert("two") == nil {
		t.Fatal("second upsert failed")
	}
	found, err := client.Query("SELECT Id, Subject__c FROM Ticket__c WHERE Ext__c = 'A-1'")
	if err != nil || found.TotalSize != 1 || found.Records[0].ID() != first.ID() || found.Records[0].StringField("Subject__c") != "two" {
		t.Fatalf("after two upserts: %+v, %v; want the first record with the second subject", found, err)
	}
}

func TestInteropSimpleforceQuery(t *testing.T) {
	client := loginSimpleforce(t)
	const rows = 200 // one collection; with the row after it, one more than a page
	body := `{"records":[` + strings.TrimSuffix(strings.Repeat(`{"attributes":{"type":"Ticket__c"},"Subject__c":"paged"},`, rows), ",") + `]}`
	if _, err := client.ApexREST(http.MethodPost, "services/data/v54.0/composite/sobjects", strings.NewReader(body)); err != nil {
		t.Fatalf("create a collection: %v", err)
	}
	if client.SObject("Ticket__c").Set("Subject__c", "paged").Create() == nil {
		t.Fatal("create failed")
	}
	page, err := client.Query("SELECT Id, Owner.Name FROM Ticket__c WHERE Subject__c = 'paged' ORDER BY Id")
	if err != nil || page.TotalSize != rows+1 || page.Done || len(page.Records) != rows {
		t.Fatalf("first page: %+v, %v", page, err)
	}
	if owner := page.Records[0].SObjectField("User", "Owner"); owner == nil || owner.StringField("Name") == "" {
		t.Errorf("the owner's name is missing: %v", page.Records[0])
	}
	seen := map[string]bool{}
	for _, r := range page.Records {
		seen[r.ID()] = true
	}
	page, err = client.Query(page.NextRecordsURL)
	if err != nil || !page.Done || len(page.Records) != 1 || seen[page.Records[0].ID()] {
		t.Fatalf("second page: %+v, %v; want the one record that is left", page, err)
	}
	if _, err := client.Query("SELECT Id FROM Ticket__c WHERE"); err == nil || !strings.Contains(err.Error(), "MALFORMED_QUERY") {
		t.Errorf("a broken query: %v, want MALFORMED_QUERY", err)
	}
}

package main

import (
	"bytes"
	"encoding/json"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"omnibridge/salesforce/mockorg"
	"omnibridge/salesforce/setup"
)

// setupOrg serves a mock org and sets the environment to it. A routing file may be
// empty.
func setupOrg(t *testing.T, seed *mockorg.Seed, file string) *mockorg.Org {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	org, err := mockorg.New(mockorg.Options{BaseURL: "http://" + l.Addr().String(), Seed: seed})
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- org.Serve(l) }()
	t.Cleanup(func() {
		_ = org.Close()
		if err := <-served; err != nil {
			t.Error(err)
		}
	})
	vars := map[string]string{"ORG_URL": org.URL(), "CLIENT_ID": mockorg.DefaultClientID, "CLIENT_SECRET": mockorg.DefaultClientSecret}
	if file != "" {
		vars["ROUTING_FILE"] = filepath.Join(t.TempDir(), "routing.json")
		if err := os.WriteFile(vars["ROUTING_FILE"], []byte(file), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	set(t, vars)
	return org
}

// runSetup runs the command and returns its exit code and what it printed.
func runSetup(t *testing.T, args ...string) (code int, out, errs string) {
	t.Helper()
	var o, e bytes.Buffer
	code = execute(t.Context(), append([]string{"setup", "--listen", "300ms"}, args...), streams{out: &o, err: &e})
	return code, o.String(), e.String()
}

// setupReport runs the command with --json; by check and verdict its findings.
func setupReport(t *testing.T, args ...string) (code int, found map[string]setup.Verdict) {
	t.Helper()
	code, out, errs := runSetup(t, append(args, "--json")...)
	var r setup.Report
	if err := json.Unmarshal([]byte(out), &r); err != nil {
		t.Fatalf("%v: %s%s", err, out, errs)
	}
	if r.Ready != (code == 0) {
		t.Errorf("exit code %d, ready %v", code, r.Ready)
	}
	found = map[string]setup.Verdict{}
	for _, f := range r.Findings {
		found[f.Check] = f.Verdict
	}
	return code, found
}

// setupMakes are the checks of what setup makes.
var setupMakes = []string{"PushTopic OmnibridgePSR", "PushTopic OmnibridgeWork", "PushTopic OmnibridgePresence", "streaming channel /u/Omnibridge"}

// TestSetupIsIdempotent runs it on a fresh org: dry, then in earnest, then again.
// The org's own history tells whether anything was changed.
func TestSetupIsIdempotent(t *testing.T) {
	org := setupOrg(t, nil, "")
	for _, run := range []struct {
		args    []string
		code    int
		verdict setup.Verdict
		changes int
	}{
		{[]string{"--dry-run"}, 1, setup.WouldFix, 0},
		{nil, 0, setup.Fixed, 4},
		{nil, 0, setup.OK, 0},
		{[]string{"--dry-run"}, 0, setup.OK, 0},
	} {
		before := len(org.History("", 0))
		code, found := setupReport(t, run.args...)
		if code != run.code {
			t.Errorf("%v: exit code %d", run.args, code)
		}
		for _, check := range setupMakes {
			if found[check] != run.verdict {
				t.Errorf("%v: %s is %q, want %q", run.args, check, found[check], run.verdict)
			}
		}
		if n := len(org.History("", 0)) - before; n != run.changes {
			t.Errorf("%v: %d changes, want %d", run.args, n, run.changes)
		}
	}
}

// TestSetupProvesDelivery shows how a person goes about it: queue a case, and run
// setup again.
func TestSetupProvesDelivery(t *testing.T) {
	org := setupOrg(t, nil, "")
	const events = "events of PendingServiceRouting"
	if _, found := setupReport(t); found[events] != setup.NotProven {
		t.Errorf("before: %s", found[events])
	}
	org.Clock().Advance(2 * time.Minute)
	if _, err := org.AddWork(mockorg.NewWork{Object: "Case", Queue: "Support_Cases"}); err != nil {
		t.Fatal(err)
	}
	for _, listen := range []string{"5s", "1m"} { // a busy machine may take longer than 5 s
		code, found := setupReport(t, "--listen", listen)
		if code == 0 && found[events] == setup.OK {
			return
		}
		t.Logf("after %s: %s, exit code %d", listen, found[events], code)
	}
	t.Error("the events were never found to come")
}

// TestSetupFindsWhatIsBroken has an org with a fault of each kind.
func TestSetupFindsWhatIsBroken(t *testing.T) {
	seed := mockorg.DefaultSeed()
	seed.Channels = append(seed.Channels, mockorg.SeedChannel{DeveloperName: "Tickets", Object: "Ticket__c"})
	seed.Statuses[0].Channels, seed.Statuses[1].Channels = []string{"Messaging", "Cases", "Tickets"}, []string{"Messaging"}
	seed.Routings[0].PushTimeout = 0
	seed.Queues = append(seed.Queues,
		mockorg.SeedQueue{DeveloperName: "Tickets", Routing: "External_Cases", Objects: []string{"Ticket__c"}},
		mockorg.SeedQueue{DeveloperName: "Nobody", Routing: "External_Cases", Objects: []string{"Case"}, Members: []string{}})
	setupOrg(t, &seed, `{"plans": [{"name": "Help", "queues": ["Support_Cases", "Suport", "Internal_Cases"]}], "agents": {"005000000000000": {}}}`)
	code, found := setupReport(t)
	if code != 1 {
		t.Errorf("exit code %d", code)
	}
	for check, want := range map[string]setup.Verdict{
		"queue Support_Chat":              setup.Missing, // no push time-out
		"queue Nobody":                    setup.Warning, // no members
		"service channel Tickets":         setup.Missing, // no class
		"service channel Leads":           setup.Missing, // no status
		"service channel Cases":           setup.OK,
		"plan Help, queue Support_Cases":  setup.OK,
		"plan Help, queue Suport":         setup.Missing,
		"plan Help, queue Internal_Cases": setup.Missing,
		"queue Internal_Cases":            setup.Warning, // Omni-Channel routes it
		"agent 005000000000000AAA":        setup.Missing,
		"PushTopic OmnibridgePSR":         setup.Fixed,
	} {
		if found[check] != want {
			t.Errorf("%s: %q, want %q", check, found[check], want)
		}
	}
}

func TestSetupWithoutExternalQueue(t *testing.T) {
	seed := mockorg.DefaultSeed()
	for i := range seed.Queues {
		seed.Queues[i].Routing = "Internal"
	}
	setupOrg(t, &seed, "")
	code, out, errs := runSetup(t)
	if code != 1 || !strings.Contains(out, "missing     external routing: no queue") || !strings.Contains(out, "Setup > Routing Configurations > New") ||
		!strings.Contains(errs, "setup: the org is not ready") {
		t.Errorf("exit code %d\n%s\n%s", code, out, errs)
	}
}

// TestSetupSaysAsWhom also holds that a wrong secret is refused in words, and never
// shown.
func TestSetupSaysAsWhom(t *testing.T) {
	org := setupOrg(t, nil, "")
	code, out, _ := runSetup(t, "--dry-run")
	if code != 1 || !strings.HasPrefix(out, "Logged in to Acme Support (") || !strings.Contains(out, " at "+org.URL()+" as "+mockorg.IntegrationUser+"\n") {
		t.Errorf("exit code %d\n%s", code, out)
	}
	t.Setenv(prefix+"_CLIENT_SECRET", "wrong-4711")
	code, out, errs := runSetup(t)
	if code != 1 || out != "" || !strings.Contains(errs, "setup: log in: ") || !strings.Contains(errs, "consumer key and secret") || strings.Contains(errs, "wrong-4711") {
		t.Errorf("exit code %d\n%s\n%s", code, out, errs)
	}
	if code, _, errs := runSetup(t, "--listen", "0s"); code != 2 || !strings.Contains(errs, "--listen") {
		t.Errorf("exit code %d: %s", code, errs)
	}
}

// TestSetupForChangeData says what the admin has to deploy.
func TestSetupForChangeData(t *testing.T) {
	org := setupOrg(t, nil, "")
	t.Setenv(prefix+"_EVENTS", "cdc")
	code, out, _ := runSetup(t)
	if code != 1 || !strings.Contains(out, "missing     channel /data/ExternalRoutingChannel__chn") || !strings.Contains(out, "salesforce/package/cdc") {
		t.Errorf("exit code %d\n%s", code, out)
	}
	if n := len(org.Records("PushTopic")); n != 0 {
		t.Errorf("%d PushTopics were made that nobody listens to", n)
	}
}

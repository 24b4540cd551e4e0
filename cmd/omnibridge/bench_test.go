package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
)

// benchJSON runs a bench with small numbers and returns its rows, and the peers
// that it did not find.
func benchJSON(t *testing.T, args ...string) (rows []map[string]any, missing []string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "omnibridge", append([]string{"bench"}, append(args, "--json")...)...)
	var said bytes.Buffer
	cmd.Stderr = &said
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("bench %v: %v\n%s", args, err, &said)
	}
	var report struct {
		Rows    []map[string]any `json:"rows"`
		Missing []string         `json:"peers_not_installed"`
	}
	if err := json.Unmarshal(out, &report); err != nil {
		t.Fatalf("bench %v printed %q: %v", args, out, err)
	}
	return report.Rows, report.Missing
}

// TestBenchStreaming holds what bench streaming prints: the members that readers
// rely on, every load with and without commits, and no event of ours lost. It says nothing
// about time.
func TestBenchStreaming(t *testing.T) {
	t.Parallel()
	const events = 100
	seen := map[string]bool{}
	rows, _ := benchJSON(t, "streaming", "--for", "2s", "--events", fmt.Sprint(events), "--peers", interopDir)
	for _, row := range rows {
		for _, member := range []string{"client", "batch", "durable", "events_per_s", "cpu_us_per_event", "peak_rss_mb", "p50_ms", "p99_ms"} {
			if row[member] == nil {
				t.Errorf("%v has no %q", row, member)
			}
		}
		seen[fmt.Sprintf("%v %v %v", row["client"], row["batch"], row["durable"])] = true
		if client := row["client"]; client != "omnibridge" && client != "go-floor" && client != "disk-floor" {
			continue // what others lose is theirs
		}
		if row["durable"] == true && (row["commit_wait_ms"].(float64) < 0 || row["commit_cpu_ms"].(float64)+row["commit_wait_ms"].(float64) <= 0 ||
			row["commit_cpu_ms"].(float64)+row["commit_wait_ms"].(float64) > row["delivery_ms"].(float64)) {
			t.Errorf("a durable delivery consists of a poll and a commit, which takes CPU time and waits: %v", row)
		}
		// How many there are in a given time is the machine's business.
		if row["lost"] != 0.0 || row["events"].(float64) < 1 {
			t.Errorf("of %v events %v were lost: %v", row["events"], row["lost"], row)
		}
	}
	clients := []string{"omnibridge %d false", "omnibridge %d true", "go-floor %d false", "disk-floor %d true"}
	for _, peer := range []string{"jsforce", "cometd", "faye"} {
		if _, err := os.Stat(filepath.Join(interopDir, "node_modules", peer)); err == nil {
			clients = append(clients, peer+" %d false")
		}
	}
	for _, client := range clients {
		for _, batch := range []int{0, 1, 100, 1000} {
			if want := fmt.Sprintf(client, batch); !seen[want] {
				t.Errorf("there is no row %s", want)
			}
		}
	}
}

// TestBenchREST holds that bench rest makes one AgentWork per PSR, and what it
// prints. It says nothing about time.
func TestBenchREST(t *testing.T) {
	t.Parallel()
	count := map[any]int{}
	rows, missing := benchJSON(t, "rest", "--events", "10", "--peers", interopDir)
	for _, row := range rows {
		for _, member := range []string{"client", "burst", "calls_per_interaction", "cpu_us_per_call", "p50_ms", "p99_ms"} {
			if row[member] == nil {
				t.Errorf("%v has no %q", row, member)
			}
		}
		count[row["client"]]++
		if row["client"] == "omnibridge-rest" && (row["agentworks_per_psr"] != 1.0 || row["failed"] != 0.0) {
			t.Errorf("it was told to create one AgentWork per PSR: %v", row)
		}
		if row["client"] == "omnibridge" {
			if row["agentworks_per_psr"] != 1.0 || row["cases"] != 20.0 {
				t.Errorf("%v AgentWorks per PSR of %v cases, want 1 of 20: %v", row["agentworks_per_psr"], row["cases"], row)
			}
		}
	}
	for _, client := range []string{"omnibridge", "omnibridge-rest", "jsforce", "go-salesforce"} {
		if count[client] != 2 && !slices.Contains(missing, client) {
			t.Errorf("%d rows are of %s, want bursts of 1 and 10", count[client], client)
		}
	}
}

// TestBenchRefuses holds that a bench called wrongly says what is right.
func TestBenchRefuses(t *testing.T) {
	for _, args := range [][]string{{}, {"cometd"}, {"client"}, {"create"}, {"streaming", "--for", "0s"}, {"streaming", "--events", "-1"}, {"streaming", "--for", "1h"}, {"rest", "--events", "0"}} {
		var out, complaint bytes.Buffer
		if code := execute(t.Context(), slices.Concat([]string{"bench"}, args), streams{&out, &complaint}); code == 0 || complaint.Len() == 0 {
			t.Errorf("bench %v: exit code %d, %q", args, code, &complaint)
		}
	}
}

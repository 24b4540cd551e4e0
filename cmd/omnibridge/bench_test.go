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

// benchReport is what a bench prints, as far as the tests look.
type benchReport struct {
	Rows    []map[string]any `json:"rows"`
	Missing []string         `json:"peers_not_installed"`
	Bounds  []map[string]any `json:"durable_bounds"`
}

// benchJSON runs a bench with small numbers and returns what it prints.
func benchJSON(t *testing.T, args ...string) (report benchReport) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "omnibridge", append([]string{"bench"}, append(args, "--json")...)...)
	var said bytes.Buffer
	cmd.Stderr = &said
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("bench %v: %v\n%s", args, err, &said)
	}
	if err := json.Unmarshal(out, &report); err != nil {
		t.Fatalf("bench %v printed %q: %v", args, out, err)
	}
	return report
}

// TestBenchStreaming holds what bench streaming prints: the members that readers
// rely on, every load with and without commits, and no event of ours lost. It says nothing
// about time.
func TestBenchStreaming(t *testing.T) {
	t.Parallel()
	const events = 100
	seen := map[string]bool{}
	report := benchJSON(t, "streaming", "--for", "2s", "--events", fmt.Sprint(events), "--peers", interopDir)
	if len(report.Bounds) != 3 {
		t.Errorf("it says of %d loads what bounds durable deliveries, want 3: %v", len(report.Bounds), report.Bounds)
	}
	for _, b := range report.Bounds {
		if by := b["bounded_by"]; by != "disk" && by != "poll" && by != "cpu" {
			t.Errorf("bounded by %q: %v", by, b)
		}
		for _, member := range []string{"batch", "delivery_ms", "poll_ms", "bare_disk_ms", "bare_sqlite_ms", "disk_bound_at_ms"} {
			if n, ok := b[member].(float64); !ok || n <= 0 {
				t.Errorf("%v: %s must be above zero", b, member)
			}
		}
	}
	for _, row := range report.Rows {
		for _, member := range []string{"client", "batch", "durable", "events_per_s", "cpu_us_per_event", "peak_rss_mb", "p50_ms", "p99_ms"} {
			if row[member] == nil {
				t.Errorf("%v has no %q", row, member)
			}
		}
		seen[fmt.Sprintf("%v %v %v", row["client"], row["batch"], row["durable"])] = true
		if !slices.Contains([]any{"omnibridge", "go-floor", "disk-floor", "bare-disk", "bare-sqlite"}, row["client"]) {
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
	for _, batch := range []int{1, 100, 1000} {
		for _, bare := range []string{"bare-disk", "bare-sqlite"} {
			if want := fmt.Sprintf("%s %d true", bare, batch); !seen[want] {
				t.Errorf("there is no row %s", want)
			}
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
	report := benchJSON(t, "rest", "--events", "10", "--peers", interopDir)
	for _, row := range report.Rows {
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
		if count[client] != 2 && !slices.Contains(report.Missing, client) {
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

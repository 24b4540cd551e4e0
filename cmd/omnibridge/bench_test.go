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

// benchJSON runs a bench with small numbers and returns its rows.
func benchJSON(t *testing.T, args ...string) (rows []map[string]any) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "omnibridge", append([]string{"bench"}, append(args, "--json")...)...)
	var said bytes.Buffer
	cmd.Stderr = &said
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("bench %v: %v\n%s", args, err, &said)
	}
	var report struct {
		Rows []map[string]any `json:"rows"`
	}
	if err := json.Unmarshal(out, &report); err != nil {
		t.Fatalf("bench %v printed %q: %v", args, out, err)
	}
	return report.Rows
}

// TestBenchStreaming holds what bench streaming prints: the members that readers
// rely on, every load with and without commits, and no event of ours lost. It says nothing
// about time.
func TestBenchStreaming(t *testing.T) {
	t.Parallel()
	const events = 100
	seen := map[string]bool{}
	for _, row := range benchJSON(t, "streaming", "--for", "2s", "--events", fmt.Sprint(events), "--peers", interopDir) {
		for _, member := range []string{"client", "batch", "durable", "events_per_s", "cpu_us_per_event", "peak_rss_mb", "p50_ms", "p99_ms"} {
			if row[member] == nil {
				t.Errorf("%v has no %q", row, member)
			}
		}
		seen[fmt.Sprintf("%v %v %v", row["client"], row["batch"], row["durable"])] = true
		if client := row["client"]; client != "omnibridge" && client != "go-floor" {
			continue // what others lose is theirs
		}
		if row["lost"] != 0.0 || row["events"].(float64) < events {
			t.Errorf("of %v events %v were lost, of at least %d: %v", row["events"], row["lost"], events, row)
		}
	}
	clients := []string{"omnibridge %d false", "omnibridge %d true", "go-floor %d false"}
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
	ours := 0
	for _, row := range benchJSON(t, "rest", "--events", "10", "--peers", interopDir) {
		for _, member := range []string{"client", "burst", "calls_per_interaction", "cpu_us_per_call", "p50_ms", "p99_ms"} {
			if row[member] == nil {
				t.Errorf("%v has no %q", row, member)
			}
		}
		if row["client"] == "omnibridge" {
			ours++
			if row["agentworks_per_psr"] != 1.0 || row["cases"] != 20.0 {
				t.Errorf("%v AgentWorks per PSR of %v cases, want 1 of 20: %v", row["agentworks_per_psr"], row["cases"], row)
			}
		}
	}
	if ours != 2 {
		t.Errorf("%d rows are ours, want bursts of 1 and 10", ours)
	}
}

// TestBenchRefuses holds that a bench called wrongly says what is right.
func TestBenchRefuses(t *testing.T) {
	for _, args := range [][]string{{}, {"cometd"}, {"client"}, {"streaming", "--for", "0s"}, {"streaming", "--events", "-1"}, {"streaming", "--for", "1h"}, {"rest", "--events", "0"}} {
		var out, complaint bytes.Buffer
		if code := execute(t.Context(), slices.Concat([]string{"bench"}, args), streams{&out, &complaint}); code == 0 || complaint.Len() == 0 {
			t.Errorf("bench %v: exit code %d, %q", args, code, &complaint)
		}
	}
}

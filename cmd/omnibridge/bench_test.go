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
// rely on, every load with and without commits, and no event lost. It says nothing
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

// TestBenchRefuses holds that a bench called wrongly says what is right.
func TestBenchRefuses(t *testing.T) {
	for _, args := range [][]string{{}, {"cometd"}, {"client"}, {"streaming", "--for", "0s"}, {"streaming", "--events", "-1"}, {"streaming", "--for", "1h"}} {
		var out, complaint bytes.Buffer
		if code := execute(t.Context(), slices.Concat([]string{"bench"}, args), streams{&out, &complaint}); code == 0 || complaint.Len() == 0 {
			t.Errorf("bench %v: exit code %d, %q", args, code, &complaint)
		}
	}
}

package ops_test

import (
	"fmt"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"omnibridge/connector"
	"omnibridge/connector/ops"
	"omnibridge/omnichannel"
)

// busy is a daemon that has done things.
func busy() fake {
	d := up()
	d.view.Inbox, d.view.Carrying, d.view.Swept = 3, 4, time.Unix(1_800_000_000, 500e6)
	d.view.Shed = "the whole org is read every 30m0s"
	d.view.Counts = connector.Counts{
		Turns: 10, Inputs: 20, Effects: 5, Stale: 1, Late: 2, Faults: 3, Sweeps: 6, Signals: 40, Gaps: 7,
		Results: map[omnichannel.EffectKind]map[omnichannel.Result]int{omnichannel.CreateWork: {omnichannel.Done: 9, omnichannel.Deferred: 1}, omnichannel.DeclineWork: {omnichannel.Done: 2}},
		Waits:   connector.Spread{Bounds: []float64{.1, 1}, Counts: []uint64{5, 3, 1}, Sum: 4.5},
	}
	d.view.Budget = []omnichannel.Allowance{
		{Name: omnichannel.APICalls, Used: 900, Max: 1000, Left: 100, PerHour: 60, Forecast: 1100, Level: 85},
		{Name: omnichannel.TopicEvents, Used: 50, Forecast: 50},
	}
	return d
}

var (
	sampleLine = regexp.MustCompile(`^([a-z_]+)(?:\{((?:[a-z]+="(?:[^"\\\n]|\\[\\n"])*",?)+)\})? (\+Inf|-?[0-9.e+-]+)$`)
	labelPair  = regexp.MustCompile(`([a-z]+)="((?:[^"\\\n]|\\[\\n"])*)"`)
)

// scrape reads the text format, strictly: every line must be one of its kinds, every
// sample must follow the HELP and TYPE of its family, and none may come twice.
func scrape(t *testing.T, o ops.Options) (values map[string]float64, kinds map[string]string) {
	t.Helper()
	code, body, header := get(t, o, "/metrics")
	if code != http.StatusOK || !strings.HasPrefix(header.Get("Content-Type"), "text/plain; version=0.0.4") {
		t.Fatalf("%d %s: %s", code, header.Get("Content-Type"), body)
	}
	if !strings.HasSuffix(body, "\n") {
		t.Error("the last line does not end")
	}
	values, kinds = map[string]float64{}, map[string]string{}
	family, helped := "", ""
	for line := range strings.Lines(body) {
		line = strings.TrimSuffix(line, "\n")
		if rest, ok := strings.CutPrefix(line, "# HELP "); ok {
			helped, _, _ = strings.Cut(rest, " ")
			continue
		}
		if rest, ok := strings.CutPrefix(line, "# TYPE "); ok {
			name, kind, _ := strings.Cut(rest, " ")
			if name != helped || kinds[name] != "" || !slices.Contains([]string{"counter", "gauge", "histogram"}, kind) {
				t.Errorf("unexpected %q", line)
			}
			family, kinds[name] = name, kind
			continue
		}
		m := sampleLine.FindStringSubmatch(line)
		if m == nil {
			t.Errorf("%q is no sample", line)
			continue
		}
		of := m[1]
		if kinds[family] == "histogram" {
			of = strings.TrimSuffix(strings.TrimSuffix(strings.TrimSuffix(of, "_bucket"), "_sum"), "_count")
		}
		v, err := strconv.ParseFloat(m[3], 64)
		key := strings.TrimSuffix(line, " "+m[3])
		if _, twice := values[key]; of != family || err != nil || twice {
			t.Errorf("unexpected %q", line)
		}
		for _, pair := range labelPair.FindAllStringSubmatch(m[2], -1) {
			if pair[2] == "" {
				t.Errorf("%q has an empty label", line)
			}
		}
		values[key] = v
	}
	return values, kinds
}

func TestMetricsTellOfCanaries(t *testing.T) {
	c := ops.Canary{Pushed: 9, Arrived: 5, Missed: 2, Overdue: true, Heard: time.Unix(1_800_000_000, 0), RoundTrip: 250 * time.Millisecond}
	o := ops.Options{Daemon: busy(), Version: "v1", Canary: func() ops.Canary { return c }}
	values, kinds := scrape(t, o)
	for key, want := range map[string]float64{
		`omnibridge_stream_heard_timestamp_seconds`:   1_800_000_000,
		`omnibridge_canary_available`:                 1,
		`omnibridge_canary_overdue`:                   1,
		`omnibridge_canaries_total{result="pushed"}`:  9,
		`omnibridge_canaries_total{result="arrived"}`: 5,
		`omnibridge_canaries_total{result="missed"}`:  2,
		`omnibridge_canary_seconds`:                   .25,
	} {
		if got, ok := values[key]; !ok || got != want {
			t.Errorf("%s is %v (there: %v), want %v", key, got, ok, want)
		}
	}
	if kinds["omnibridge_canaries_total"] != "counter" {
		t.Errorf("kinds %v", kinds)
	}
	for _, none := range []ops.Canary{{Off: true}, {Unavailable: "no access"}} {
		c = none
		if values, _ := scrape(t, o); values[`omnibridge_canary_available`] != 0 {
			t.Errorf("%+v counts as available", none)
		}
	}
}

func TestMetricsTellWhatStands(t *testing.T) {
	values, kinds := scrape(t, ops.Options{Daemon: busy(), Version: `v1"\x`})
	for key, want := range map[string]float64{
		`omnibridge_build_info{version="v1\"\\x"}`:                            1,
		`omnibridge_interactions{state="waiting"}`:                            2,
		`omnibridge_interactions{state="connected"}`:                          1,
		`omnibridge_interactions{state="held"}`:                               0,
		`omnibridge_agents{state="online"}`:                                   1,
		`omnibridge_agents{state="offline"}`:                                  1,
		`omnibridge_link_state{link="stream",state="up"}`:                     1,
		`omnibridge_link_state{link="stream",state="down"}`:                   0,
		`omnibridge_link_state{link="rest",state="connecting"}`:               1,
		`omnibridge_swept_timestamp_seconds`:                                  1_800_000_000.5,
		`omnibridge_sweeps_total`:                                             6,
		`omnibridge_sweeps_stretched`:                                         1,
		`omnibridge_stream_signals_total`:                                     40,
		`omnibridge_stream_gaps_total`:                                        7,
		`omnibridge_turns_total`:                                              10,
		`omnibridge_inputs_total`:                                             20,
		`omnibridge_inbox_inputs`:                                             3,
		`omnibridge_stale_total`:                                              1,
		`omnibridge_late_total`:                                               2,
		`omnibridge_faults_total`:                                             3,
		`omnibridge_effects_total{kind="create_agentwork",result="done"}`:     9,
		`omnibridge_effects_total{kind="create_agentwork",result="deferred"}`: 1,
		`omnibridge_effects_total{kind="look_up_work_item",result="done"}`:    0,
		`omnibridge_effects_total{kind="decline_agentwork",result="done"}`:    2,
		`omnibridge_effects_pending`:                                          4,
		`omnibridge_psr_to_agentwork_seconds_bucket{le="0.1"}`:                5,
		`omnibridge_psr_to_agentwork_seconds_bucket{le="1"}`:                  8,
		`omnibridge_psr_to_agentwork_seconds_bucket{le="+Inf"}`:               9,
		`omnibridge_psr_to_agentwork_seconds_sum`:                             4.5,
		`omnibridge_psr_to_agentwork_seconds_count`:                           9,
		`omnibridge_allowance_used{allowance="api_calls"}`:                    900,
		`omnibridge_allowance_left{allowance="api_calls"}`:                    100,
		`omnibridge_allowance_forecast{allowance="api_calls"}`:                1100,
		`omnibridge_allowance_exhausted{allowance="api_calls"}`:               0,
		`omnibridge_allowance_used{allowance="pushtopic_events"}`:             50,
	} {
		if got, ok := values[key]; !ok || got != want {
			t.Errorf("%s is %v (%v), want %v", key, got, ok, want)
		}
	}
	if _, ok := values[`omnibridge_allowance_left{allowance="pushtopic_events"}`]; ok {
		t.Error("what is left of an unknown allowance is told")
	}
	for name, kind := range kinds {
		if total := strings.HasSuffix(name, "_total"); total != (kind == "counter") {
			t.Errorf("%s is a %s", name, kind)
		}
	}
}

// TestMetricsAreThoseDocumented holds the package comment to what is scraped.
func TestMetricsAreThoseDocumented(t *testing.T) {
	_, kinds := scrape(t, full())
	src, err := os.ReadFile("ops.go")
	if err != nil {
		t.Fatal(err)
	}
	doc, _, _ := strings.Cut(string(src), "\npackage ops")
	documented := map[string]bool{}
	for _, m := range regexp.MustCompile(`(?m)^//\t(omnibridge_[a-z_]+)`).FindAllStringSubmatch(doc, -1) {
		documented[m[1]] = true
		if kinds[m[1]] == "" {
			t.Errorf("%s is documented and not there", m[1])
		}
	}
	for name := range kinds {
		if !documented[name] {
			t.Errorf("%s is not documented", name)
		}
	}
}

// TestMetricsOfNothing holds that a daemon that has just begun scrapes, too, and that
// one whose loop does not answer does not pretend.
func TestMetricsOfNothing(t *testing.T) {
	values, _ := scrape(t, ops.Options{Daemon: fake{}, Version: "v1"})
	for _, key := range []string{`omnibridge_psr_to_agentwork_seconds_bucket{le="+Inf"}`, `omnibridge_swept_timestamp_seconds`} {
		if v, ok := values[key]; !ok || v != 0 {
			t.Errorf("%s is %v (%v), want 0", key, v, ok)
		}
	}
	if code, _, _ := get(t, ops.Options{Daemon: fake{err: connector.ErrEnded}}, "/metrics"); code != http.StatusServiceUnavailable {
		t.Errorf("%d while the loop does not answer", code)
	}
}

func TestBudgetShows(t *testing.T) {
	d := busy()
	_, body, _ := get(t, ops.Options{Daemon: d}, "/")
	for _, want := range []string{"900 of 1000", "90 %", ">100<", ">1100<", "(110 %)", "60 an hour now", "not known", "To save API calls, the whole org is read every 30m0s."} {
		if !strings.Contains(body, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	_, body, _ = get(t, ops.Options{Daemon: d}, "/api/status")
	for _, want := range []string{`"used":900`, `"left":100`, `"forecast":1100`, `"level":85`, `"shed":"the whole org`} {
		if !strings.Contains(body, want) {
			t.Errorf("the status lacks %s", want)
		}
	}
	if code, body, _ := get(t, ops.Options{Daemon: d}, "/readyz"); code != http.StatusOK {
		t.Errorf("%d %s: scarce is not yet unready", code, body)
	}
	d.view.Budget[0].Until = now.Add(5 * time.Minute)
	if code, body, _ := get(t, ops.Options{Daemon: d}, "/readyz"); code != http.StatusServiceUnavailable || !strings.Contains(body, "daily allowance of API calls is used up (900 of 1000): the org is asked again at 2026-01-01T10:05:00Z") {
		t.Errorf("%d %s with the breaker open", code, body)
	}
	values, _ := scrape(t, ops.Options{Daemon: d, Version: "v1"})
	if v := values[`omnibridge_allowance_exhausted{allowance="api_calls"}`]; v != 1 {
		t.Error(fmt.Sprint("exhausted is ", v))
	}
}

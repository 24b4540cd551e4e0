package salesforce

import (
	"bytes"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"omnibridge/omnichannel"
	"omnibridge/salesforce/streaming"
)

func TestGaugeForecastsToMidnight(t *testing.T) {
	begun := time.Date(2026, 11, 22, 18, 0, 0, 0, time.FixedZone("", 2*3600)) // 16:00 UTC, so eight hours to go
	g := gauge{name: "x"}
	g.note(begun, 1000, 100_000)
	if a := g.read(begun); a.Forecast != 1000 || a.PerHour != 0 {
		t.Errorf("one count tells no rate: %+v", a)
	}
	now := begun
	for range 60 { // 10 a minute for an hour, then twice that
		now = now.Add(time.Minute)
		g.note(now, g.used+10, 100_000)
	}
	if a := g.read(now); a.PerHour != 600 || a.Used != 1600 || a.Forecast != 1600+7*600 {
		t.Errorf("steady: %+v", a)
	}
	for range 16 {
		now = now.Add(time.Minute)
		g.note(now, g.used+20, 100_000)
	}
	if a := g.read(now); a.PerHour != 1200 {
		t.Errorf("the rate is not the present one: %+v", a)
	}
	if len(g.samples) > int(rateWindow/rateStep)+2 {
		t.Errorf("%d samples are kept", len(g.samples))
	}
	g.note(now.Add(time.Minute), 50, 100_000) // a rolling count falls
	if a := g.read(now.Add(time.Minute)); a.PerHour != 0 || a.Forecast != 50 {
		t.Errorf("falling: %+v", a)
	}
}

// TestGaugeTellsEachCrossingOnce holds that, whatever the counts, a threshold is
// told when it is crossed and not again before use has fallen well below it.
func TestGaugeTellsEachCrossingOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		g := gauge{}
		at, level := time.Unix(0, 0), 0
		for _, used := range rapid.SliceOf(rapid.IntRange(0, 120)).Draw(t, "used") {
			at = at.Add(time.Second)
			crossed := g.note(at, used, 100)
			if crossed != (g.level != level) {
				t.Fatalf("used %d: crossed %v, level %d after %d", used, crossed, g.level, level)
			}
			level = g.level
			for _, threshold := range []int{omnichannel.Tight, omnichannel.Scarce} {
				if used >= threshold && level < threshold {
					t.Fatalf("used %d: level %d", used, level)
				}
				if used < threshold-levelSlack && level >= threshold {
					t.Fatalf("used %d: level still %d", used, level)
				}
			}
		}
	})
}

func TestBudgetIsToldOnceAThreshold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		used, mode := 0, 200
		c := offlineClient(t, func(r *http.Request) (*http.Response, error) {
			resp := reply(r, mode, `{}`)
			if mode != 200 {
				resp = reply(r, mode, errBody("REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded."))
			}
			resp.Header.Set("Sforce-Limit-Info", fmt.Sprintf("api-usage=%d/1000", used))
			return resp, nil
		})
		c.budget.log = slog.New(slog.NewTextHandler(&log, nil))
		o, err := NewOrg(OrgOptions{Client: c})
		if err != nil {
			t.Fatal(err)
		}
		for _, tt := range []struct {
			used, level int
			lines       string
		}{
			{100, 0, ""}, {699, 0, ""},
			{700, 70, "70 % of a daily allowance"}, {690, 70, ""}, {701, 70, ""},
			{900, 85, "85 % of a daily allowance"}, {840, 85, ""}, {990, 85, ""},
			{820, 70, "room again"}, {100, 0, "room again"}, {860, 85, "85 % of a daily allowance"},
		} {
			log.Reset()
			used = tt.used
			if _, err := c.Do(t.Context(), "GET", "x", nil); err != nil {
				t.Fatal(err)
			}
			a := o.Budget()[0]
			if a.Name != omnichannel.APICalls || a.Used != tt.used || a.Left != 1000-tt.used || a.Percent() != tt.used/10 || a.Level != tt.level || !a.Until.IsZero() {
				t.Errorf("%d used: %+v", tt.used, a)
			}
			if got := log.String(); tt.lines == "" && got != "" || strings.Count(got, "\n") > 1 || !strings.Contains(got, tt.lines) {
				t.Errorf("%d used: said %q, want %q", tt.used, got, tt.lines)
			}
		}
		mode, used = 403, 1000
		if _, err := c.Do(t.Context(), "GET", "x", nil); err == nil {
			t.Fatal("no error")
		}
		if a := o.Budget()[0]; !a.Until.Equal(time.Now().Add(5 * time.Minute)) {
			t.Errorf("breaker open: %+v", a)
		}
	})
}

func TestBudgetOfEvents(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		told := `{"DailyStreamingApiEvents":{"Max":1000,"Remaining":400},"DailyDeliveredPlatformEvents":{"Max":50,"Remaining":50},"Odd":[1]}`
		reads := 0
		c := offlineClient(t, func(r *http.Request) (*http.Response, error) { reads++; return reply(r, 200, told), nil })
		o, err := NewOrg(OrgOptions{Client: c})
		if err != nil {
			t.Fatal(err)
		}
		events := func(i int) omnichannel.Allowance {
			t.Helper()
			list := o.Budget()
			if len(list) <= i {
				t.Fatalf("allowances %+v", list)
			}
			return list[i]
		}
		source := o.Counted(NewPushTopics(o))
		deliver := func(channel string, n int) {
			t.Helper()
			if _, err := source.Decode(t.Context(), slices.Repeat([]streaming.Event{{Channel: channel, Data: []byte(`{}`)}}, n)); err != nil {
				t.Fatal(err)
			}
		}
		deliver(PSRChannel, 10)
		if a := events(1); a.Name != omnichannel.TopicEvents || a.Used != 10 || a.Max != 0 || a.Level != 0 {
			t.Errorf("before the org was asked: %+v", a)
		}
		o.readLimits(t.Context())
		o.readLimits(t.Context()) // not so soon again
		if a := events(1); reads != 1 || a.Used != 600 || a.Max != 1000 {
			t.Errorf("after %d reads: %+v", reads, a)
		}
		for range 4 {
			time.Sleep(time.Minute)
			deliver(PSRChannel, 30)
		}
		deliver("/data/AgentWorkChangeEvent", 49)
		// From 610 at the first sample: 120 events in four minutes.
		if a := events(1); a.Used != 720 || a.Level != omnichannel.Tight || a.PerHour == 0 || a.Forecast <= 720 {
			t.Errorf("after more events: %+v", a)
		}
		if a := events(2); a.Name != omnichannel.ChangeEvents || a.Used != 49 || a.Level != omnichannel.Scarce {
			t.Errorf("change events: %+v", a)
		}
		time.Sleep(48 * time.Hour) // nobody asked the org meanwhile, and a new day has begun
		deliver(PSRChannel, 5)
		if a := events(1); a.Used != 5 || a.Level != 0 {
			t.Errorf("the next day: %+v", a)
		}
		told = `[]`
		o.readLimits(t.Context())
		if a := events(1); reads != 2 || a.Used != 5 || a.Max != 1000 {
			t.Errorf("the org tells nonsense: %+v", a)
		}
	})
}

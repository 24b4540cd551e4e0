package ops_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"omnibridge/connector"
	"omnibridge/connector/ops"
	"omnibridge/vcc"
)

// lacks tells what of want a page lacks; spaces between words do not count.
func lacks(body string, want ...string) (missing []string) {
	text := strings.Join(strings.Fields(regexp.MustCompile(`<[^>]*>`).ReplaceAllString(body, " ")), " ")
	for _, w := range want {
		if !strings.Contains(text, w) && !strings.Contains(body, w) {
			missing = append(missing, w)
		}
	}
	return missing
}

func TestPageShowsPlansAndAgents(t *testing.T) {
	code, body, _ := get(t, full(), "/")
	if code != http.StatusOK {
		t.Fatalf("%d: %s", code, body)
	}
	for _, missing := range lacks(body,
		"Waiting 6 2 alerting", "Oldest 4:52 1 past target", "On target 82 % last 30 min", "Agents ready 0 1 working, 1 away, 1 blocked, 1 panel lost",
		"Orders: 1 past the target of 3:00, the oldest for 4:52", "Joan Ortega gets no new work: ContactPad is lost for 2:05: ContactPad does not answer",
		"Tom Baker is blocked: No Answer, until 10:02:29", "Case 00001044 of Ada Okafor: release failed: Salesforce did not answer",
		"71 % 15 of 20, 2 left early", "~2:10", "0 free for chats", "45 6:40 each", "6 declined 3, timed out 2, failed 1", "1 given up by agents", "1 left routing", "1 sent away", "0:30 each", "no target",
		"Ready (Working) 4:12", `aria-label="Load 72 of 100: live 51, semi-live 15, non-live 6"`, "81 %", "lost for 2:05: ContactPad does not answer", "No new work: Break since 09:00:00", "1 d 1 h",
		`href="agent?agent=005A"`, `href="why?interaction=0JR3"`,
	) {
		t.Errorf("the page lacks %q", missing)
	}
	if strings.Contains(body, "<img") {
		t.Error("the page shows what others wrote unescaped")
	}
	if orders, billing := strings.Index(body, `data-key="Orders"`), strings.Index(body, `data-key="Billing"`); orders > billing {
		t.Error("the plan whose customer waits longest is not the first")
	}
}

func TestPageTellsPanelsByTheEngineIfNobodyElse(t *testing.T) {
	o := full()
	o.Panels = nil
	_, body, _ := get(t, o, "/")
	if missing := lacks(body, "Joan Ortega gets no new work: ContactPad is lost for 2:05: ContactPad does not answer"); missing != nil {
		t.Errorf("the page lacks %q", missing)
	}
}

func TestAgentPageShowsWhatHoldsThem(t *testing.T) {
	code, body, _ := get(t, full(), "/agent?agent=005A")
	if code != http.StatusOK {
		t.Fatalf("%d: %s", code, body)
	}
	for _, missing := range lacks(body, "What holds Ada Okafor’s 72 of 100", "51 %", "Maria Lopez", "connected by ContactPad; Salesforce does not know of it", "until 10:00:10", "1:06:40",
		"New work comes", "met: Logged in in ContactPad", "not met: Room 28 percent free", "2 open, the one that acts is in sight, its console can be asked; the lease holds until 10:00:28",
		"Offers 42: accepted 40, declined 1, timed out 1. Handled 37, wrapped up 36.", "Talk 1:30:00", "Occupancy 81 %", `href="why?interaction=0JR3"`) {
		t.Errorf("the page lacks %q", missing)
	}
	_, body, _ = get(t, full(), "/agent?agent=005E")
	if missing := lacks(body, "Why no new work: Break since 09:00:00", "Nothing."); missing != nil || strings.Contains(body, "<img") {
		t.Errorf("the page lacks %q: %s", missing, body)
	}
	_, body, _ = get(t, full(), "/api/agent?agent=005A")
	var a struct {
		connector.AgentView
		Panel *ops.Panel
	}
	if err := json.Unmarshal([]byte(body), &a); err != nil || len(a.Holdings) != 3 || a.Stats.Today.Handled != 37 || len(a.Checks) != 2 || a.Panel == nil || a.Panel.Open != 2 {
		t.Errorf("%v: %s", err, body)
	}
}

type storyJSON struct {
	Interaction vcc.InteractionID
	Now         *connector.InteractionView
	More        bool
	Rows        []struct {
		Seq     int64
		At      time.Time
		AfterNs time.Duration
		Origin  string
		What    string
		Offer   int
		Agent   vcc.AgentID
		Name    string
		Why     string
	}
}

// TestWhyTellsTheJournalInOrder holds that page and JSON tell the same rows, each with
// the time since the one before.
func TestWhyTellsTheJournalInOrder(t *testing.T) {
	_, body, _ := get(t, full(), "/api/why?interaction=0JR3")
	var s storyJSON
	if err := json.Unmarshal([]byte(body), &s); err != nil {
		t.Fatalf("%v: %s", err, body)
	}
	var got []string
	for _, r := range s.Rows {
		got = append(got, fmt.Sprintf("%d %s %s %s %d %s", r.Seq, r.AfterNs, r.Origin, r.What, r.Offer, r.Name))
	}
	want := []string{
		"3 0s org arrived 0 ", "4 161ms engine offered 1 Ben Lindqvist", "9 29.839s org timed out 1 Ben Lindqvist",
		"11 280ms engine offered 2 Ada Okafor", "12 3.72s agent asked: release 0 Ada Okafor",
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") || s.Now == nil || s.Now.State != vcc.Connected || s.More {
		t.Errorf("told\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	code, page, _ := get(t, full(), "/why?interaction=0JR3")
	if code != http.StatusOK || strings.Contains(page, "<img") {
		t.Errorf("%d %s", code, page)
	}
	for _, r := range s.Rows {
		if !strings.Contains(page, fmt.Sprintf(`data-key="%d"`, r.Seq)) {
			t.Errorf("the page lacks row %d", r.Seq)
		}
	}
	if n := strings.Count(page, `<li data-key=`); n != len(s.Rows) {
		t.Errorf("the page has %d rows, the JSON %d", n, len(s.Rows))
	}
	if n := strings.Count(page, "class=\"quiet\""); n != 1 {
		t.Errorf("%d times are quiet, want the one of 29.8 s", n)
	}
	if missing := lacks(page, "0:29 quiet", "+0.161", "09:59:00.161", "connected now"); missing != nil {
		t.Errorf("the page lacks %q", missing)
	}
	_, body, _ = get(t, full(), "/api/why?interaction=0JR3&after=9")
	if err := json.Unmarshal([]byte(body), &s); err != nil || len(s.Rows) != 2 || s.Rows[0].Seq != 11 {
		t.Errorf("after 9: %v %s", err, body)
	}
}

// TestWhyTellsWhoseDoingItWas holds that what the engine does with calls, of which the org
// knows nothing, is not called the org's.
func TestWhyTellsWhoseDoingItWas(t *testing.T) {
	of := map[string]string{
		"arrived": "org", "accepted": "org", "withdrawn": "org", "drift": "org", "offered": "engine", "waits": "engine", "answered": "engine",
		"released": "engine", "consult": "engine", "consult over": "engine", "handed over": "engine", "panel lost": "engine", "left behind": "engine",
		"release failed": "engine", "asked: transfer": "agent", "refused: transfer": "agent",
	}
	o := full()
	o.Journal = func(_ context.Context, _ vcc.InteractionID, after int64) (all []ops.Entry, _ error) {
		for _, what := range slices.Sorted(maps.Keys(of)) {
			if after == 0 {
				all = append(all, ops.Entry{Seq: int64(len(all) + 1), What: what})
			}
		}
		return all, nil
	}
	_, body, _ := get(t, o, "/api/why?interaction=0JR3")
	var s storyJSON
	if err := json.Unmarshal([]byte(body), &s); err != nil || len(s.Rows) != len(of) {
		t.Fatalf("%v: %s", err, body)
	}
	for _, r := range s.Rows {
		if r.Origin != of[r.What] {
			t.Errorf("%q is the %s's doing, want the %s's", r.What, r.Origin, of[r.What])
		}
	}
}

// TestWhyIsBounded holds that a journal without an end is told in part.
func TestWhyIsBounded(t *testing.T) {
	o := full()
	o.Journal = func(_ context.Context, _ vcc.InteractionID, after int64) ([]ops.Entry, error) {
		page := make([]ops.Entry, 999)
		for i := range page {
			page[i] = ops.Entry{Seq: after + int64(i) + 1, At: now, What: "waits"}
		}
		return page, nil
	}
	_, body, _ := get(t, o, "/api/why?interaction=0JR3")
	var s storyJSON
	if err := json.Unmarshal([]byte(body), &s); err != nil || len(s.Rows) != 2000 || !s.More {
		t.Errorf("%v: %d rows, more %v", err, len(s.Rows), s.More)
	}
}

func TestAskingForNothing(t *testing.T) {
	broken := full()
	broken.Journal = func(context.Context, vcc.InteractionID, int64) ([]ops.Entry, error) {
		return nil, errors.New("disk full")
	}
	without := full()
	without.Journal = nil
	ended := full()
	ended.Daemon = fake{err: connector.ErrEnded}
	for _, tt := range []struct {
		o    ops.Options
		path string
		code int
		want string
	}{
		{full(), "why", http.StatusBadRequest, "say which: ?interaction=ID"},
		{full(), "why?interaction=" + strings.Repeat("x", 201), http.StatusBadRequest, "say which"},
		{full(), "why?interaction=0JR3&after=-1", http.StatusBadRequest, "after must be the seq of an entry"},
		{full(), "why?interaction=nobody", http.StatusNotFound, "the journal has nothing of it"},
		{without, "why?interaction=0JR3", http.StatusNotFound, "there is no journal"},
		{broken, "why?interaction=0JR3", http.StatusServiceUnavailable, "the journal cannot be read: disk full"},
		{ended, "why?interaction=0JR3", http.StatusServiceUnavailable, "the loop does not answer"},
		{full(), "agent", http.StatusBadRequest, "say which: ?agent=ID"},
		{full(), "agent?agent=005Z", http.StatusNotFound, "there is no agent of that id"},
		{ended, "agent?agent=005A", http.StatusServiceUnavailable, "the loop does not answer"},
	} {
		for _, path := range []string{"/" + tt.path, "/api/" + tt.path} {
			if code, body, _ := get(t, tt.o, path); code != tt.code || !strings.Contains(body, tt.want) {
				t.Errorf("%s: %d %s, want %d %q", path, code, body, tt.code, tt.want)
			}
		}
	}
}

func TestStatusTellsWhatIsCounted(t *testing.T) {
	_, body, _ := get(t, full(), "/api/status")
	var v struct {
		connector.View
		Panels []ops.Panel
	}
	if err := json.Unmarshal([]byte(body), &v); err != nil {
		t.Fatal(err)
	}
	if len(v.Plans) != 3 || *v.Plans[1].OnTarget != 71 || len(v.AgentStats) != 5 || len(v.Holdings["005A"]) != 3 || len(v.Panels) != 2 {
		t.Errorf("unexpected %+v", v)
	}
}

func TestMetricsTellPlans(t *testing.T) {
	values, kinds := scrape(t, full())
	for key, want := range map[string]float64{
		`omnibridge_plan_waiting{plan="Orders"}`:                         4,
		`omnibridge_plan_alerting{plan="Orders"}`:                        2,
		`omnibridge_plan_oldest_seconds{plan="Orders"}`:                  292,
		`omnibridge_plan_oldest_seconds{plan="Refunds"}`:                 0,
		`omnibridge_plan_past_target{plan="Orders"}`:                     1,
		`omnibridge_plan_on_target_ratio{plan="Orders"}`:                 .71,
		`omnibridge_plan_offers_total{plan="Orders",result="accepted"}`:  52,
		`omnibridge_plan_offers_total{plan="Orders",result="declined"}`:  4,
		`omnibridge_plan_offers_total{plan="Orders",result="timed_out"}`: 0,
		`omnibridge_plan_offers_total{plan="Orders",result="gone"}`:      1,
		`omnibridge_plan_handled_total{plan="Orders"}`:                   46,
		`omnibridge_plan_handling_seconds_total{plan="Orders"}`:          90,
		`omnibridge_plan_wraps_total{plan="Orders"}`:                     44,
		`omnibridge_plan_wrap_seconds_total{plan="Orders"}`:              5,
		`omnibridge_plan_left_total{how="customer",plan="Orders"}`:       3,
		`omnibridge_plan_left_total{how="given_up",plan="Orders"}`:       2,
		`omnibridge_plan_breakouts_total{plan="Orders"}`:                 3,
		`omnibridge_agents_shown{mark="blocked"}`:                        1,
		`omnibridge_agents_shown{mark="out"}`:                            1,
		`omnibridge_panels{state="alive"}`:                               1,
		`omnibridge_panels{state="lost"}`:                                1,
	} {
		if got, ok := values[key]; !ok || got != want {
			t.Errorf("%s is %v (there: %v), want %v", key, got, ok, want)
		}
	}
	if _, ok := values[`omnibridge_plan_on_target_ratio{plan="Refunds"}`]; ok {
		t.Error("a ratio of too few is told")
	}
	if kinds["omnibridge_plan_offers_total"] != "counter" || kinds["omnibridge_plan_waiting"] != "gauge" {
		t.Errorf("kinds %v", kinds)
	}
}

// TestPagesChangeNothing holds that no page touches the view it is made of: others are
// served with the same one at the same time.
func TestPagesChangeNothing(t *testing.T) {
	d := house()
	o := full()
	o.Daemon = d
	told := func() string {
		doc, err := json.Marshal(d.view)
		if err != nil {
			t.Fatal(err)
		}
		return string(doc)
	}
	was := told()
	for _, path := range []string{"/", "/agent?agent=005A", "/why?interaction=0JR3", "/api/status", "/metrics", "/readyz"} {
		if code, body, _ := get(t, o, path); code != http.StatusOK {
			t.Fatalf("%s: %d: %s", path, code, body)
		}
		if is := told(); is != was {
			t.Fatalf("%s changed the view\nfrom %s\nto   %s", path, was, is)
		}
	}
}

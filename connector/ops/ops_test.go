package ops_test

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"omnibridge/connector"
	"omnibridge/connector/ops"
	"omnibridge/omnichannel"
	"omnibridge/vcc"
)

var now = time.Date(2026, 1, 1, 10, 0, 0, 0, time.UTC)

// fake is a daemon that stands still.
type fake struct {
	view   connector.View
	err    error
	links  []omnichannel.Link
	swept  time.Time
	checks []vcc.Check
}

func (f fake) View(context.Context) (connector.View, error) { return f.view, f.err }
func (f fake) Agent(_ context.Context, id vcc.AgentID) (connector.AgentView, error) {
	for _, a := range f.view.AgentStats {
		if a.Agent == id {
			return connector.AgentView{At: f.view.At, Stats: a, Holdings: f.view.Holdings[id], Checks: f.checks}, f.err
		}
	}
	return connector.AgentView{}, cmp.Or(f.err, connector.ErrUnknown)
}

func (f fake) Links() (links []omnichannel.Link, swept time.Time) { return f.links, f.swept }

func up() fake {
	return fake{
		links: []omnichannel.Link{{Name: "rest", State: omnichannel.LinkUp}, {Name: "stream", State: omnichannel.LinkUp}},
		swept: now,
		view: connector.View{
			At: now, Swept: now.Add(-90 * time.Second),
			Links:   []omnichannel.Link{{Name: "stream", State: omnichannel.LinkUp, Since: now.Add(-2 * time.Hour)}},
			ByState: map[string]int{"waiting": 2, "connected": 1},
			Interactions: []connector.InteractionView{
				{Interaction: vcc.Interaction{ID: "0JR1", State: vcc.Waiting, Why: "3 agents in Chat, all at capacity", Work: vcc.Work{Record: "570A", Plan: "Support_Chat", Since: now.Add(-30 * time.Second)}}},
				{Interaction: vcc.Interaction{ID: "0JR2", State: vcc.Waiting, Work: vcc.Work{Record: "<script>alert(1)</script>"}}, Delivery: omnichannel.Held, DeliveryWhy: "service channel Tickets has no class"},
				{Interaction: vcc.Interaction{ID: "0JR3", State: vcc.Connected, Legs: []vcc.Leg{{Offer: 2, Agent: "005A", State: vcc.Connected, Size: 33}}, Work: vcc.Work{Record: "500C"}}},
			},
			Agents: []vcc.Agent{
				{ID: "005A", Name: "Ada Okafor", Omni: vcc.Presence{Online: true, Status: "Available_Chat", Channels: []vcc.Channel{"Chat", "Messaging"}}},
				{ID: "005B", Name: "Ben Lindqvist"},
			},
			Loads: map[vcc.AgentID]int{"005A": 33},
		},
	}
}

func get(t *testing.T, o ops.Options, path string) (int, string, http.Header) {
	t.Helper()
	w := httptest.NewRecorder()
	ops.Handler(o).ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil))
	return w.Code, w.Body.String(), w.Header()
}

func TestPageShowsWhatStands(t *testing.T) {
	code, body, header := get(t, ops.Options{Daemon: up(), Version: "v1", Org: "https://acme.my.salesforce.com"}, "/")
	if code != http.StatusOK {
		t.Fatalf("%d: %s", code, body)
	}
	for _, want := range []string{
		"is ready", "https://acme.my.salesforce.com", "2 h 00 min", "compared as a whole 1 min ago",
		"Ada Okafor", "Available Chat", "Chat, Messaging", "33 %", "offline",
		"3 agents in Chat, all at capacity", "service channel Tickets has no class", "connected, offer 2", "Nobody is wrapping up.",
	} {
		if !strings.Contains(body, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if strings.Contains(body, "<script>alert") {
		t.Error("the page shows what others wrote unescaped")
	}
	if csp := header.Get("Content-Security-Policy"); !strings.Contains(csp, "default-src 'none'") || !strings.Contains(csp, "frame-ancestors 'none'") {
		t.Errorf("Content-Security-Policy is %q", csp)
	}
}

func TestReadyGivesReasons(t *testing.T) {
	d := up()
	if code, body, _ := get(t, ops.Options{Daemon: d}, "/readyz"); code != http.StatusOK || !strings.Contains(body, `"ready":true`) {
		t.Errorf("%d %s, want ready", code, body)
	}
	for name, tt := range map[string]struct {
		change func(*fake, *ops.Options)
		want   string
	}{
		"link": {func(d *fake, _ *ops.Options) {
			d.links[1] = omnichannel.Link{Name: "stream", State: omnichannel.LinkDown, Reason: "403::Unknown client", Hint: "wait"}
		}, "link stream is down: 403::Unknown client: wait"},
		"sweep": {func(d *fake, _ *ops.Options) { d.swept = time.Time{} }, "the org has not been read yet"},
		"loop":  {func(d *fake, _ *ops.Options) { d.err = connector.ErrEnded }, "the loop does not answer"},
		"store": {func(_ *fake, o *ops.Options) {
			o.Probe = func(context.Context) error { return errors.New("disk full") }
		}, "the store cannot be written: disk full"},
	} {
		t.Run(name, func(t *testing.T) {
			d := up()
			o := ops.Options{}
			tt.change(&d, &o)
			o.Daemon = d
			code, body, _ := get(t, o, "/readyz")
			var res struct {
				Ready   bool
				Reasons []string
			}
			if err := json.Unmarshal([]byte(body), &res); err != nil {
				t.Fatal(err)
			}
			if code != http.StatusServiceUnavailable || res.Ready || len(res.Reasons) != 1 || !strings.Contains(res.Reasons[0], tt.want) {
				t.Errorf("%d %+v, want 503 and %q", code, res, tt.want)
			}
		})
	}
}

// stuck is a daemon whose loop waits for its store.
type stuck struct{ fake }

func (stuck) View(ctx context.Context) (connector.View, error) {
	<-ctx.Done()
	return connector.View{}, ctx.Err()
}

// TestReadyTellsWhyTheLoopIsStuck holds that the store is asked also when the loop does
// not answer: it may be why.
func TestReadyTellsWhyTheLoopIsStuck(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		code, body, _ := get(t, ops.Options{Daemon: stuck{up()}, Probe: func(ctx context.Context) error {
			return cmp.Or(ctx.Err(), errors.New("the disk is full"))
		}}, "/readyz")
		if code != http.StatusServiceUnavailable || !strings.Contains(body, "the loop does not answer") || !strings.Contains(body, "the disk is full") {
			t.Errorf("%d %s", code, body)
		}
	})
}

func TestHealthFollowsTheLoop(t *testing.T) {
	d := up()
	if code, _, _ := get(t, ops.Options{Daemon: d}, "/healthz"); code != http.StatusOK {
		t.Errorf("%d while the loop answers", code)
	}
	d.err = connector.ErrEnded
	for _, path := range []string{"/healthz", "/", "/api/status"} {
		if code, _, _ := get(t, ops.Options{Daemon: d}, path); code != http.StatusServiceUnavailable {
			t.Errorf("%s: %d while the loop does not answer, want 503", path, code)
		}
	}
}

func TestStatusIsTheView(t *testing.T) {
	_, body, _ := get(t, ops.Options{Daemon: up()}, "/api/status")
	var v connector.View
	if err := json.Unmarshal([]byte(body), &v); err != nil {
		t.Fatal(err)
	}
	if len(v.Interactions) != 3 || v.Loads["005A"] != 33 || v.Interactions[1].Delivery != omnichannel.Held {
		t.Errorf("unexpected %+v", v)
	}
}

func TestCanaryIsTold(t *testing.T) {
	for want, c := range map[string]ops.Canary{
		"no event has come yet; canaries are off":                                  {Off: true},
		"no event has come yet; no canary was needed yet":                          {},
		"no event has come yet; no canary has come yet":                            {Pushed: 1},
		"the last event came 40 s ago; the last canary took 45ms":                  {Heard: now.Add(-40 * time.Second), Pushed: 1, Arrived: 1, RoundTrip: 45 * time.Millisecond},
		"the last event came 2 min ago; canary: not available: &lt;b&gt;no access": {Heard: now.Add(-2 * time.Minute), Unavailable: "<b>no access", Arrived: 1},
		"the last event came 8 min ago; of 3 canaries 1 were missed":               {Heard: now.Add(-8 * time.Minute), Pushed: 3, Missed: 1, Overdue: true, Arrived: 1},
	} {
		o := ops.Options{Daemon: up(), Canary: func() ops.Canary { return c }}
		if _, body, _ := get(t, o, "/"); !strings.Contains(body, want) {
			t.Errorf("the page lacks %q", want)
		}
		_, body, _ := get(t, o, "/api/status")
		var v struct{ Canary ops.Canary }
		if err := json.Unmarshal([]byte(body), &v); err != nil || v.Canary != c {
			t.Errorf("status tells %+v, want %+v (%v)", v.Canary, c, err)
		}
	}
	if _, body, _ := get(t, ops.Options{Daemon: up()}, "/api/status"); strings.Contains(body, "canary") {
		t.Errorf("nothing is known of canaries, and yet: %s", body)
	}
}

func TestOnlyItsOwnPaths(t *testing.T) {
	if code, _, _ := get(t, ops.Options{Daemon: up()}, "/admin"); code != http.StatusNotFound {
		t.Errorf("%d for an unknown path", code)
	}
	w := httptest.NewRecorder()
	ops.Handler(ops.Options{Daemon: up()}).ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", nil))
	if w.Code != http.StatusMethodNotAllowed {
		t.Errorf("%d for a POST", w.Code)
	}
}

package connector_test

import (
	"encoding/json"
	"fmt"
	"html"
	"maps"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"omnibridge/connector"
	"omnibridge/connector/ops"
	"omnibridge/connector/store"
	"omnibridge/omnichannel"
	"omnibridge/vcc"
	"omnibridge/vcc/engine"
)

// numbers are what is shown or counted, by what they are of.
type numbers map[string]string

func (n numbers) set(value any, of ...any) {
	n[strings.TrimSuffix(fmt.Sprintln(of...), "\n")] = fmt.Sprint(value)
}

// TestStatusEqualsTheStore holds that each number of the status page, and of its JSON, is
// the one that a reader of the store counts who knows nothing of the daemon: the page at
// one moment against the store as it is opened again after the daemon's end at that moment.
func TestStatusEqualsTheStore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "omnibridge.db")
		st := openStore(t, path)
		r := start(t, &org{present: []vcc.AgentID{"handles", "wraps", "away", "out", "blocked", "alerted", "idle"}}, &memory{Store: st}, func(o *connector.Options) {
			eng, err := engine.New(engine.Config{Plans: []vcc.Plan{
				{ID: "orders", WrapUp: 10 * time.Minute, Target: target},
				{ID: "billing", Skills: []vcc.Skill{"billing"}, Target: target},
				{ID: "full", Skills: []vcc.Skill{"billing"}, MaxWaiting: 1, Breakout: "billing", Target: target},
			}})
			if err != nil {
				t.Fatal(err)
			}
			o.Engine = eng
		})
		synctest.Wait()
		busyDay(t, r)
		page, doc := shown(t, ops.Handler(ops.Options{Daemon: r.c}))
		now := time.Now()
		r.end(t)
		if err := st.Close(); err != nil {
			t.Fatal(err)
		}
		if !time.Now().Equal(now) {
			t.Fatalf("the end took %s: the store is of another moment", time.Since(now))
		}
		st = openStore(t, path)
		defer st.Close()
		s, err := st.Load(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		journal, err := st.Journal(t.Context(), store.JournalQuery{Limit: 1000})
		if err != nil {
			t.Fatal(err)
		}
		b := readBooks(s, now)
		same(t, "the page", page, b.page())
		same(t, "the JSON", doc, b.doc())
		same(t, "the day", dayOf(s), retold(s, journal))
	})
}

func openStore(t *testing.T, path string) *store.Store {
	t.Helper()
	st, err := store.Open(t.Context(), store.Options{Path: path})
	if err != nil {
		t.Fatal(err)
	}
	return st
}

// same reports every number that differs.
func same(t *testing.T, what string, got, want numbers) {
	t.Helper()
	keys := maps.Clone(got)
	maps.Copy(keys, want)
	for _, k := range slices.Sorted(maps.Keys(keys)) {
		if g, w := got[k], want[k]; g != w {
			t.Errorf("%s: %s is %q, and by the store %q", what, k, g, w)
		}
	}
}

// busyDay leaves something of every kind behind: agents idle, alerting, talking, wrapping
// up, blocked, away and out; work that waits, also past its target, is held, is offered, is
// in hand, was refused, was handled, and left.
func busyDay(t *testing.T, r *rig) {
	t.Helper()
	n := 0
	do := func(agent vcc.AgentID, what vcc.CommandKind, change func(*vcc.Command)) {
		t.Helper()
		n++
		c := vcc.Command{ID: fmt.Sprint(n), Do: what, Agent: agent}
		if change != nil {
			change(&c)
		}
		if a, err := r.c.Do(t.Context(), c); err != nil || !a.OK {
			t.Fatalf("%s asks to %s: %+v, %v", agent, what, a, err)
		}
		time.Sleep(time.Second)
	}
	tell := func(reports ...vcc.Report) {
		t.Helper()
		if err := r.c.Report(t.Context(), reports); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Second)
	}
	arrives := func(id vcc.InteractionID, plan vcc.PlanID) {
		tell(vcc.Report{Kind: vcc.Arrived, Interaction: id, Work: &vcc.Work{Plan: plan, Class: vcc.Live, Medium: "call", Since: time.Now()}, Call: &vcc.Call{}})
	}
	of := func(id vcc.InteractionID) func(*vcc.Command) { return func(c *vcc.Command) { c.Interaction = id } }
	in := func(agent vcc.AgentID) {
		if err := r.c.Panel(t.Context(), agent, vcc.Panel{Alive: true, Phone: true}); err != nil {
			t.Fatal(err)
		}
		do(agent, vcc.LogIn, nil)
	}
	answers := func(agent vcc.AgentID, id vcc.InteractionID) {
		arrives(id, "orders")
		do(agent, vcc.AnswerCall, of(id))
	}

	// Each call has one agent to go to.
	in("handles")
	for i := range 11 { // enough for what is told in percent
		id := vcc.InteractionID(fmt.Sprint("handled ", i))
		answers("handles", id)
		do("handles", vcc.Release, of(id))
		do("handles", vcc.FinishWrap, of(id))
	}
	answers("handles", "talks")
	in("wraps")
	answers("wraps", "wraps")
	in("away")
	do("away", vcc.SetState, func(c *vcc.Command) { c.State = vcc.AgentState{Major: vcc.Away, Minor: "Break"} })
	in("out")
	do("out", vcc.LogOut, nil)
	in("blocked")
	arrives("refused", "orders")
	do("blocked", vcc.RejectCall, of("refused"))
	arrives("gives up", "orders") // nobody is left
	tell(vcc.Report{Kind: vcc.Withdrawn, Interaction: "gives up", Reason: vcc.CustomerLeft})
	for _, id := range []vcc.InteractionID{"waits 1", "waits 2", "leaves", "taken out"} {
		arrives(id, "billing") // which nobody can do
	}
	arrives("fills it", "full")
	arrives("breaks out", "full")
	time.Sleep(61 * time.Second)
	arrives("waits in time", "billing")
	tell(vcc.Report{Kind: vcc.Withdrawn, Interaction: "leaves", Reason: vcc.CustomerLeft},
		vcc.Report{Kind: vcc.Withdrawn, Interaction: "taken out", Reason: vcc.LeftRouting})
	held := psr(1)
	held.Channel = "0N900000000000XAAA" // which the org does not have
	held.Created = time.Now()
	r.org.mu.Lock()
	r.org.psrs = append(r.org.psrs, held)
	r.org.mu.Unlock()
	if err := r.sink.Deliver(t.Context(), []omnichannel.Signal{omnichannel.PSRSeen{PSR: held}}, nil); err != nil {
		t.Fatal(err)
	}
	do("wraps", vcc.Release, of("wraps"))
	in("alerted") // by what the other refused
	in("idle")
	synctest.Wait()
}

var (
	tags    = regexp.MustCompile(`<[^>]*>`)
	section = regexp.MustCompile(`(?s)<section data-key="([^"]*)".*?</section>`)
	title   = regexp.MustCompile(`<h2[^>]*>([^<]*) <span class="soft">(\d+)`)
	row     = regexp.MustCompile(`(?s)<tr data-key="([^"]*)">.*?</tr>`)
	cell    = regexp.MustCompile(`(?s)<td[^>]* data-l="([^"]*)"(?: data-v="([^"]*)")?>(.*?)</td>`)
	glance  = regexp.MustCompile(`(?s)<dt>(.*?)</dt><dd class="n">(.*?)</dd><dd class="soft">(.*?)</dd>`)
)

// unread is what the store does not tell: an estimate, and how ContactPad stands now.
var unread = map[string]bool{"New waits": true, "ContactPad": true}

// reads tells whether a cell reads as what it is sorted by: a number stands first.
func reads(cell, as string) bool {
	if _, err := strconv.Atoi(as); err == nil {
		return strings.HasPrefix(cell+" ", as+" ")
	}
	return strings.Contains(cell, as)
}

// spans are sorted by nanoseconds, and read as minutes and seconds.
var spans = map[string]bool{"Oldest": true, "New waits": true, "Wrap-up": true}

// shown returns the numbers of the page and those of its JSON.
func shown(t *testing.T, pages http.Handler) (page, doc numbers) {
	t.Helper()
	get := func(path string) string {
		w := httptest.NewRecorder()
		pages.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), "GET", path, nil))
		if w.Code != 200 {
			t.Fatalf("%s: %d %s", path, w.Code, w.Body)
		}
		return w.Body.String()
	}
	page, doc = numbers{}, numbers{}
	for _, s := range section.FindAllStringSubmatch(get("/"), -1) {
		for _, m := range glance.FindAllStringSubmatch(s[0], -1) {
			page.set(m[2]+"; "+m[3], "top", m[1])
		}
		if m := title.FindStringSubmatch(s[0]); m != nil {
			page.set(m[2], m[1])
		}
		for _, r := range row.FindAllStringSubmatch(s[0], -1) {
			for _, c := range cell.FindAllStringSubmatch(r[0], -1) {
				text, read := html.UnescapeString(c[2]), strings.Join(strings.Fields(html.UnescapeString(tags.ReplaceAllString(c[3], " "))), " ")
				if text == "" {
					text = read
				} else if text != "-1" && !spans[c[1]] && !reads(read, text) {
					t.Errorf("%s of %s is sorted as %q and reads %q", c[1], r[1], text, read)
				}
				if !unread[c[1]] {
					page.set(text, s[1], r[1], c[1])
				}
			}
		}
	}
	var v connector.View
	if err := json.Unmarshal([]byte(get("/api/status")), &v); err != nil {
		t.Fatal(err)
	}
	for state, count := range v.ByState {
		doc.set(count, "state", state)
	}
	for _, p := range v.Plans {
		doc.set(fmt.Sprint(p.Waiting, p.Alerting, p.Past), "plan", p.Plan)
		doc.set(fmt.Sprintf("%+v", p.Today), "plan", p.Plan, "today")
	}
	for _, a := range v.AgentStats {
		doc.set(fmt.Sprint(a.Load, v.Loads[a.Agent], a.Open, len(v.Holdings[a.Agent])), "agent", a.Agent)
		doc.set(fmt.Sprintf("%+v %+v", a.Today, a.Times), "agent", a.Agent, "today")
	}
	return page, doc
}

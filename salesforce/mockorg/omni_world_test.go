package mockorg

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"omnibridge/salesforce/mockorg/clock"
)

// world is an org under test with the words to act in it and to tell what
// changed. Its settings make every step a single moment: no presence noise.
type world struct {
	*testing.T
	o    *Org
	seen uint64 // last change told
}

func newWorld(t *testing.T, change func(*Seed)) *world {
	t.Helper()
	seed := DefaultSeed()
	if change != nil {
		change(&seed)
	}
	// Timers of zero would race with what a test looks at before it lets time pass.
	still := clock.NewStill()
	t.Cleanup(still.Stop)
	o, err := New(Options{Seed: &seed, Clock: still})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { o.Close() })
	w := &world{T: t, o: o}
	w.switches(func(s *Settings) { s.CapacityNoise = "off" })
	return w
}

func (w *world) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

func (w *world) switches(move func(*Settings)) {
	w.Helper()
	s := w.o.Settings()
	move(&s)
	w.must(w.o.SetSettings(s))
}

func (w *world) online(agents ...string) {
	w.Helper()
	for _, a := range agents {
		w.must(w.o.Agent(a).Online("Available"))
	}
}

var queueOf = map[string]string{
	"LiveChatTranscript": "Support_Chat", "MessagingSession": "Support_Messaging", "Case": "Support_Cases", "Lead": "Sales_Leads",
}

func (w *world) work(object string) Work {
	w.Helper()
	made, err := w.o.AddWork(NewWork{Object: object, Queue: queueOf[object]})
	w.must(err)
	return made
}

// api creates a record as a REST client of the integration user would.
func (w *world) api(object string, fields Row) (string, error) {
	text, err := json.Marshal(fields)
	w.must(err)
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	var body map[string]any
	w.must(d.Decode(&body))
	var id string
	err = w.o.change(w.user("integration"), func(t *tx) (err error) {
		id, err = t.create(w.o.schema.object(object), body)
		return err
	})
	return id, err
}

// apiRemove deletes a record as a REST client would.
func (w *world) apiRemove(id string) error {
	return w.o.change(w.user("integration"), func(t *tx) error { return t.erase(w.o.schema.ofID(id), id) })
}

// agentWork is the body of a push.
func (w *world) agentWork(work, agent string) Row {
	row := Row{"WorkItemId": work, "UserId": w.user(agent)}
	w.must(w.o.view(func(t *tx) error {
		if psr, ok := t.first("PendingServiceRouting", is("WorkItemId", work)); ok {
			row["PendingServiceRoutingId"] = psr.ID()
		}
		channel, _ := channelOf(t, t.objectOf(work))
		row["ServiceChannelId"] = channel["Id"]
		return nil
	}))
	return row
}

func (w *world) push(work, agent string) string {
	w.Helper()
	id, err := w.api("AgentWork", w.agentWork(work, agent))
	w.must(err)
	return id
}

func (w *world) user(name string) string {
	w.Helper()
	var id string
	w.must(w.o.view(func(t *tx) error {
		row, err := findUser(t, name)
		id = row.ID()
		return err
	}))
	return id
}

func (w *world) get(id string) Row {
	row := Row(nil)
	w.must(w.o.view(func(t *tx) error { row, _ = t.get(id); return nil }))
	return row
}

func (w *world) pass(d time.Duration) { w.o.clock.Advance(d) }

// told lists what was committed since the last call, one line per change:
// the object's short name, what happened, and the fields that matter.
func (w *world) told() []string {
	var lines []string
	for _, c := range w.o.History("", w.seen) {
		w.seen = c.Seq
		if line := w.line(c); line != "" {
			lines = append(lines, line)
		}
	}
	return lines
}

var shown = map[string][]string{
	"PendingServiceRouting": {"IsPushed", "IsTransfer", "Serial", "LastDeclinedAgentSession"},
	"AgentWork":             {"Status", "UserId", "DeclineReason"},
	"UserServicePresence":   {"IsCurrentState", "ServicePresenceStatusId"},
	"LiveChatTranscript":    {"Status", "OwnerId", "EndedBy"},
	"MessagingSession":      {"Status", "OwnerId", "EndedByType"},
	"Case":                  {"Status", "OwnerId"},
	"Lead":                  {"OwnerId"},
}

var short = map[string]string{
	"PendingServiceRouting": "psr", "AgentWork": "work", "UserServicePresence": "presence", "LiveChatTranscript": "chat",
	"MessagingSession": "session", "Case": "case", "Lead": "lead",
}

func (w *world) line(c Change) string {
	if short[c.Object] == "" {
		return ""
	}
	words := []string{short[c.Object], c.Op}
	for _, f := range shown[c.Object] {
		value, changed := c.Fields[f]
		switch v := value.(type) {
		case bool:
			words = append(words, fmt.Sprintf("%s%s", map[bool]string{true: "+", false: "-"}[v], f))
		case int64:
			words = append(words, fmt.Sprintf("%s=%d", f, v))
		case string:
			words = append(words, w.name(f, v))
		case nil:
			if changed {
				words = append(words, f+"=null")
			}
		}
	}
	return strings.Join(words, " ")
}

// name makes ids and session keys readable.
func (w *world) name(f, v string) string {
	if f == "LastDeclinedAgentSession" {
		w.o.mu.RLock()
		defer w.o.mu.RUnlock()
		for user, s := range w.o.omni.sessions {
			if s.key == v {
				return "declined-by=" + strings.TrimSuffix(w.o.find(user).row.str("Username"), "@acme.example")
			}
		}
		return "declined-by=?"
	}
	if row := w.get(v); row != nil {
		return strings.TrimSuffix(row.str("Username"), "@acme.example") + row.str("DeveloperName")
	}
	return v
}

// expect compares what was told with the wanted lines.
func (w *world) expect(want ...string) {
	w.Helper()
	got := w.told()
	if !slices.Equal(got, want) {
		w.Errorf("changes:\n  got  %s\n  want %s", strings.Join(got, "\n       "), strings.Join(want, "\n       "))
	}
}

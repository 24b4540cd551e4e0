package mockorg

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"
)

// saved is a state as a file would have it.
func (w *world) saved() []byte {
	w.Helper()
	text, err := json.MarshalIndent(w.o.State(), "", " ")
	w.must(err)
	return text
}

// becomes loads a saved state.
func (w *world) becomes(text []byte) {
	w.Helper()
	s, err := ReadState(text)
	w.must(err)
	w.must(w.o.SetState(s))
}

// busy is an org in the middle of things: ada has a chat open, a case alerts at
// ben, a lead waits, something is deleted, and what can be set is.
func busy(t *testing.T) (w *world, alerting string) {
	w = newWorld(t, nil)
	w.online("ada", "ben")
	chat, c := w.work("LiveChatTranscript"), w.work("Case")
	w.work("Lead")
	w.must(w.o.DeleteWork(w.work("Case").ID))
	w.push(chat.ID, "ada")
	w.must(w.o.Agent("ada").Accept(""))
	alerting = w.push(c.ID, "ben")
	w.must(w.o.Agent("ada").Autopilot(Autopilot{Mode: "decline", Reason: "On a break", Handle: Duration(time.Hour)}))
	w.limit(func(l *Limits) { l.PushTopics = 7 })
	w.must(w.o.SelectForCapture("AgentWork", "Case"))
	w.must(w.o.AddChannel("Routing__chn", ChannelMember{Object: "AgentWork", Filter: "Status = 'Opened'"}))
	_, err := w.api("PushTopic", Row{"Name": "Cases", "Query": "SELECT Id FROM Case", "ApiVersion": 60.0})
	w.must(err)
	return w, alerting
}

func TestStateGoesRound(t *testing.T) {
	w, alerting := busy(t)
	text := w.saved()
	seed := DefaultSeed() // another org altogether
	seed.Name, seed.Users = "Other", slices.DeleteFunc(seed.Users, func(u SeedUser) bool { return u.Username == automatedProcess })
	n := newWorld(t, func(s *Seed) { *s = seed })
	n.work("Case")
	n.becomes(text)
	again, first := n.o.State(), w.o.State()
	again.SavedAt, first.SavedAt = time.Time{}, time.Time{}
	a, _ := json.Marshal(first)
	b, _ := json.Marshal(again)
	if !bytes.Equal(a, b) {
		t.Errorf("the state was\n%s\nand came back as\n%s", a, b)
	}
	n.seen = n.o.chronicle.seq
	if len(n.o.History("", 0)) != 0 {
		t.Error("there is a history before anything happened")
	}
	n.pass(19 * time.Second)
	if got := n.get(alerting).str("Status"); got != "Assigned" {
		t.Errorf("the push is %s after 19 s", got)
	}
	n.pass(2 * time.Second) // what alerted goes on alerting, and times out when it would have
	if got := n.get(alerting).str("Status"); got != "DeclinedOnPushTimeout" {
		t.Errorf("the push is %s after 21 s", got)
	}
	if got := w.get(alerting).str("Status"); got != "Assigned" {
		t.Errorf("in the first org the push is %s", got)
	}
	n.must(n.o.Agent("ada").Close(""))
	made, old := n.work("Case"), w.work("Case") // ids and numbers go on
	if made.ID != old.ID || made.Name != old.Name {
		t.Errorf("the next case is %v, in the first org %v", made, old)
	}
	if tp := n.o.topic("/topic/Cases"); tp == nil {
		t.Error("the PushTopic does not publish")
	}
}

// A timer of the world before must not reach a record of the same id.
func TestStateEndsTimers(t *testing.T) {
	w, alerting := busy(t)
	w.pass(15 * time.Second)
	text := w.saved()
	s, err := ReadState(text)
	w.must(err)
	for _, part := range s.Objects {
		for _, row := range part.Records {
			if row.ID() == alerting {
				row["AssignedDateTime"] = s.SavedAt // as if it had just been pushed
			}
		}
	}
	w.must(w.o.SetState(s))
	w.pass(10 * time.Second)
	if got := w.get(alerting).str("Status"); got != "Assigned" {
		t.Errorf("the push is %s: the old timer struck", got)
	}
}

func TestStateMovesTheClock(t *testing.T) {
	w, _ := busy(t)
	w.pass(48 * time.Hour)
	n := newWorld(t, nil)
	then := w.o.Clock().Now()
	n.becomes(w.saved())
	if behind := then.Sub(n.o.Clock().Now()); behind > time.Second {
		t.Errorf("the clock is %v behind", behind)
	}
}

func TestStateEndsLoginsAndReplay(t *testing.T) {
	w := newWorld(t, nil)
	token := login(w)
	w.o.Streaming().Continue(5_000)
	w.becomes(w.saved())
	if _, err := w.o.Identity().Check("Bearer " + token); err == nil {
		t.Error("a login outlived the org")
	}
	n := newWorld(t, nil)
	n.becomes(w.saved())
	if id := n.o.Streaming().LastReplayID(); id < 5_000 {
		t.Errorf("replay ids go on from %d", id)
	}
}

// The least state there can be, as a person would write it.
func TestStateByHand(t *testing.T) {
	w := newWorld(t, nil)
	w.becomes([]byte(`{"version":1,"objects":[
		{"name":"Organization","records":[{"Id":"` + w.o.organization() + `","Name":"Tiny"}]},
		{"name":"User","records":[{"Id":"` + makeID("005", 9) + `","Username":"robot@tiny.example","UserType":"AutomatedProcess","IsActive":true}]},
		{"name":"case","records":[{"Id":"` + makeID("500", 3)[:15] + `","Subject":"Hello","CaseNumber":"00000040"}]}]}`))
	row := w.o.Records("Case")[0]
	if row.str("OwnerId") != makeID("005", 9) || row.str("Status") != "New" || row["CreatedDate"] == nil {
		t.Errorf("the case is %v", row)
	}
	id, err := w.api0("Case", Row{"Subject": "next"})
	w.must(err)
	if next := w.get(id); id != makeID("500", 4) || next.str("CaseNumber") != "00000041" {
		t.Errorf("the next case is %v", next)
	}
}

// api0 inserts a record as the org itself.
func (w *world) api0(object string, fields Row) (id string, err error) {
	err = w.o.change(w.o.omni.itself(), func(t *tx) (err error) {
		id, err = t.insert(object, fields)
		return err
	})
	return id, err
}

func TestStateIsRefused(t *testing.T) {
	w, _ := busy(t)
	text := string(w.saved())
	before := w.o.State()
	for says, change := range map[string][2]string{
		"version is 2":                  {`"version": 1`, `"version": 2`},
		"no field Shoe":                 {`"CaseNumber"`, `"Shoe"`},
		`no object "Shoe"`:              {`"name": "Lead"`, `"name": "Shoe"`},
		"Case is there twice":           {`"name": "Lead"`, `"name": "case"`},
		"UserType AutomatedProcess":     {`"UserType": "AutomatedProcess"`, `"UserType": "Standard"`},
		"organization":                  {`"Id": "` + w.o.organization(), `"Id": "` + makeID("00D", 2)},
		"is no time":                    {`"CreatedDate": "2`, `"CreatedDate": "x`},
		"is no id":                      {`"OwnerId": "0`, `"OwnerId": "-`},
		"has to be unique":              {`"Username": "ben@`, `"Username": "ada@`},
		"unknown field":                 {`"saved_at"`, `"savedat"`},
		"of type int":                   {`"push_topics": 7`, `"push_topics": "seven"`},
		"push_topics is -7":             {`"push_topics": 7`, `"push_topics": -7`},
		"second_push is":                {`"second_push": "reject"`, `"second_push": "maybe"`},
		"captured":                      {`"AgentWork",`, `"Agentwerk",`},
		"filter of AgentWork":           {`Status = 'Opened'`, `Statue = 'Opened'`},
		"autopilot mode":                {`"mode": "decline"`, `"mode": "dance"`},
		"ten years":                     {`"saved_at": "2`, `"saved_at": "9`},
		"sessions: there is no User":    {`"user": "005`, `"user": "006`},
		"a text does not fit a boolean": {`"IsActive": true`, `"IsActive": "yes"`},
	} {
		changed := strings.Replace(text, change[0], change[1], 1)
		if changed == text {
			t.Errorf("%s: nothing to change", says)
			continue
		}
		s, err := ReadState([]byte(changed))
		if err == nil {
			err = w.o.SetState(s)
		}
		if err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v", says, err)
		}
	}
	if _, err := ReadState([]byte(`{"version":1} {}`)); err == nil {
		t.Error("two states in one were read")
	}
	after := w.o.State()
	after.SavedAt = before.SavedAt
	a, _ := json.Marshal(before)
	b, _ := json.Marshal(after)
	if !bytes.Equal(a, b) {
		t.Error("a refused state changed something")
	}
}

func TestControlPlaneState(t *testing.T) {
	p := newPlane(t)
	var state json.RawMessage
	p.call("GET", "/mock/v1/state", "", 200, &state)
	p.work("Case")
	var reply map[string]int
	p.call("POST", "/mock/v1/state", string(state), 200, &reply)
	if len(p.o.Records("Case")) != 0 || reply["records"] < 50 {
		t.Errorf("%d cases; reply %v", len(p.o.Records("Case")), reply)
	}
	p.call("POST", "/mock/v1/state", `{"version":1}`, 400, nil)
}

package mockorg

import (
	"testing"
	"testing/synctest"
	"time"
)

func TestAutopilot(t *testing.T) {
	const s = Duration(time.Second)
	cases := []struct {
		name  string
		pilot Autopilot
		story func(w *world)
	}{
		{"accepts and handles", Autopilot{Mode: "accept", After: 2 * s, Handle: 30 * s}, func(w *world) {
			w.push(w.work("LiveChatTranscript").ID, "ada")
			w.told()
			w.pass(2*time.Second - 1)
			w.expect()
			w.pass(1)
			w.expect("work updated Opened", "chat updated InProgress", "psr deleted")
			w.pass(30 * time.Second)
			w.expect("work updated Closed", "chat updated Completed Agent")
		}},
		{"declines every second push", Autopilot{Mode: "decline", Every: 2, Reason: "On a break"}, func(w *world) {
			w.push(w.work("Case").ID, "ada")
			w.pass(0)
			w.push(w.work("Case").ID, "ada")
			w.told()
			w.pass(0)
			w.expect("work updated Declined On a break", "psr updated -IsPushed Serial=3 declined-by=ada", "case updated Support_Cases")
			if v := w.o.Verdict(); v[0].Outcome != "opened" || v[1].Outcome != "waiting" {
				w.Errorf("outcomes %s and %s, want opened and waiting", v[0].Outcome, v[1].Outcome)
			}
		}},
		{"ignores until the push timeout", Autopilot{Mode: "ignore"}, func(w *world) {
			w.push(w.work("Case").ID, "ada")
			w.told()
			w.pass(20 * time.Second)
			w.expect("work updated DeclinedOnPushTimeout", "psr updated -IsPushed Serial=3 declined-by=ada", "case updated Support_Cases")
		}},
		{"drops and rejoins", Autopilot{Mode: "drop", After: s, Rejoin: 40 * s}, func(w *world) {
			w.must(w.o.SetPushTimeout(0))
			w.push(w.work("Case").ID, "ada")
			w.told()
			w.pass(time.Second) // drops
			w.expect()
			w.pass(30 * time.Second)
			w.expect("work updated Unavailable", "psr updated -IsPushed Serial=3", "case updated Support_Cases", "presence updated -IsCurrentState")
			w.pass(10 * time.Second)
			w.expect("presence created +IsCurrentState Available")
		}},
		{"rejoins before Salesforce noticed", Autopilot{Mode: "drop", Rejoin: 5 * s}, func(w *world) {
			w.push(w.work("Case").ID, "ada")
			w.told()
			w.pass(0) // drops
			w.pass(5 * time.Second)
			w.expect("work updated Unavailable", "psr updated -IsPushed Serial=3", "case updated Support_Cases",
				"presence updated -IsCurrentState", "presence created +IsCurrentState Available")
			w.pass(time.Minute)
			w.expect()
		}},
		{"off in the meantime", Autopilot{Mode: "accept", After: s}, func(w *world) {
			w.push(w.work("Case").ID, "ada")
			w.must(w.o.Agent("ada").Autopilot(Autopilot{Mode: "off"}))
			w.told()
			w.pass(time.Second)
			w.expect()
		}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, nil)
				w.online("ada")
				w.must(w.o.Agent("ada").Autopilot(c.pilot))
				w.told()
				c.story(w)
			})
		})
	}
}

// TestAutopilotTakesUpWhatIsThere switches a pilot on over work that alerts and
// work that is open.
func TestAutopilotTakesUpWhatIsThere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, nil)
		w.online("ada")
		a, b := w.work("Case"), w.work("Case")
		w.push(a.ID, "ada")
		w.must(w.o.Agent("ada").Accept(""))
		w.push(b.ID, "ada")
		w.told()
		w.must(w.o.Agent("ada").Autopilot(Autopilot{Mode: "accept", After: Duration(time.Second), Handle: Duration(time.Minute)}))
		w.pass(time.Second)
		w.expect("work updated Opened", "psr deleted")
		w.pass(time.Minute)
		w.expect("work updated Closed", "work updated Closed")
	})
}

package engine

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"omnibridge/vcc"
)

// mapped is a configuration in which every status goes with a state, and both away
// states with one status.
func mapped() Config {
	return Config{
		StatusFor: map[vcc.AgentState]string{stReady: "Available", stAway: "Pause", stBreak: "Pause", stOut: "Busy"},
		StateFor:  map[string]vcc.AgentState{"Available": stReady, "Pause": stAway, "Busy": stOut},
	}
}

func status(a vcc.AgentID, s string) vcc.Report {
	if s == "" {
		return offline(a)
	}
	p := &vcc.Presence{Online: true, Status: s}
	if s == "Available" {
		p.Channels = []vcc.Channel{"Cases", "Chat"}
	}
	return vcc.Report{Kind: vcc.Omni, Agent: a, Omni: p}
}

func (f *floor) wished(want ...string) {
	f.t.Helper()
	var got []string
	for _, d := range f.out.Directives {
		if d.Kind == vcc.SetOmni {
			got = append(got, d.Status)
		}
	}
	if len(got) != len(want) || len(got) > 0 && got[0] != want[0] {
		f.t.Fatalf("asked for %q, want %q", got, want)
	}
}

func TestPresenceFollowsState(t *testing.T) {
	f := newFloor(t, mapped())
	f.do(status("ada", ""))
	f.may("ada", vcc.LogIn, "")
	f.wished("Available")
	f.later(1, status("ada", "Available"))
	f.enter("ada", stAway)
	f.wished("Pause")
	f.later(1, status("ada", "Pause"))
	f.wished()
	f.enter("ada", stBreak) // the same status
	f.wished()
	f.enter("ada", vcc.AgentState{Major: vcc.ExtendedAway}) // not mapped
	f.wished()
	f.enter("ada", stReady)
	f.wished("Available")
	f.enter("ada", stAway) // before the console followed
	f.wished("Pause")
	f.later(1, status("ada", "Available"), status("ada", "Pause")) // both echoes
	f.stands("ada", "Away", "away", "", "Away")
	f.wished()
	f.may("ada", vcc.LogOut, "")
	f.wished("")
	f.later(1, status("ada", ""))
	f.may("ada", vcc.LogIn, "")
	f.wished("Available")
}

func TestIntendedStateSetsPresenceWhenItHolds(t *testing.T) {
	f := newFloor(t, mapped(), "ada")
	f.do(status("ada", "Available"), chat("x", 0))
	f.do(answer(vcc.Accepted, "x", 1))
	f.enter("ada", stBreak)
	f.wished() // chats must go on
	f.do(answer(vcc.Ended, "x", 1))
	f.wished("Pause")
}

func TestStateFollowsPresence(t *testing.T) {
	f := newFloor(t, mapped(), "ada")
	f.do(status("ada", "Available")) // what the log-in asked for
	f.later(1, status("ada", "Pause"))
	f.stands("ada", "Away", "away", "", "Away since 10:00:01")
	f.wished()
	f.later(1, status("ada", "Training")) // not mapped
	f.stands("ada", "Away", "away", "", "Away")
	f.later(1, status("ada", "Available"))
	f.stands("ada", "Ready (Idle)", "ready", "", "")
	f.enter("ada", stBreak)
	f.later(1, status("ada", "Pause"))
	f.later(1, status("ada", ""))
	f.later(1, status("ada", "Pause")) // back: still on break, not just away
	f.stands("ada", "Break", "away", "", "Break")

	f.later(1, status("ada", "Available"), chat("x", 0))
	f.do(answer(vcc.Accepted, "x", 1), status("ada", "Pause"))
	f.stands("ada", "Ready (Working)", "working", "Away", "Away when")
	f.do(status("ada", "Available"))
	f.stands("ada", "Ready (Working)", "working", "", "")
}

// TestManualOffline: it makes the agent ineligible for what Salesforce delivers, and
// logs nobody out unless that is configured (A18).
func TestManualOffline(t *testing.T) {
	f := newFloor(t, mapped(), "ada")
	f.do(status("ada", "Available"))
	f.do(status("ada", ""), chat("x", 0))
	f.directed()
	f.stands("ada", "Ready (Idle)", "ready", "", "Omni-Channel is offline: calls only")
	f.do(ours("c", 0))
	f.directed("offer c 1 ada")

	c := mapped()
	c.StateFor[""] = stGone
	f = newFloor(t, c, "ada")
	f.do(status("ada", "Available"), chat("x", 0))
	f.do(answer(vcc.Accepted, "x", 1), status("ada", ""))
	f.stands("ada", "Logged Out", "out", "", "not logged in")
	f.wished()
}

func TestWishThatIsNotGranted(t *testing.T) {
	f := newFloor(t, mapped(), "ada")
	f.do(status("ada", "Available"))
	f.enter("ada", stAway)
	f.later(15)
	f.stands("ada", "Away", "away", "", "Away") // the console did nothing: the agent's choice holds
	f.enter("ada", stOut)
	f.wished("Busy")
	f.later(5, status("ada", "Pause"))
	f.stands("ada", "Ready for Outbound", "ready", "", "Ready for")
	n := restarted(t, f, mapped())
	n.do(status("ada", "Pause"))
	n.later(9)
	n.stands("ada", "Ready for Outbound", "ready", "", "Ready for")
	n.later(1) // something else came, and stayed
	n.stands("ada", "Away", "away", "", "Away")
	n.wished()
}

// TestNoPresenceLoop holds that whatever echoes come in whatever order, each asking
// for a status follows from one thing an agent or an interaction did, and that state
// and status agree once all is quiet.
func TestNoPresenceLoop(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		states, statuses := []vcc.AgentState{stReady, stAway, stOut}, []string{"Available", "Pause", "Busy"}
		c := mapped()
		m := newMachine(t, c)
		now := t0
		console, queue := "Available", []string(nil) // the status there; what the bridge has not done yet
		var news []string                            // what was not reported yet
		asks, causes, n := 0, 0, 0
		step := func(rs ...vcc.Report) {
			out := m.Step(now, rs)
			for _, d := range out.Directives {
				if d.Kind == vcc.SetOmni {
					asks++
					queue = append(queue, d.Status)
				}
			}
			if err := audit(m); err != nil {
				t.Fatal(err)
			}
		}
		set := func(s string) {
			if s != console {
				console = s
				news = append(news, s)
			}
		}
		bridge := func() {
			if len(queue) > 0 {
				set(queue[0])
				queue = queue[1:]
			}
		}
		hear := func() {
			if len(news) > 0 {
				s := news[0]
				news = news[1:]
				step(status("ada", s))
			}
		}
		command := func(k vcc.CommandKind, s vcc.AgentState) {
			n++
			causes++
			step(vcc.Report{Kind: vcc.Asked, Command: &vcc.Command{ID: string(rune('a'+n%26)) + time.Duration(n).String(), Do: k, Agent: "ada", State: s}})
		}
		step(status("ada", console))
		command(vcc.LogIn, stReady)
		for range rapid.IntRange(1, 40).Draw(t, "steps") {
			switch rapid.IntRange(0, 5).Draw(t, "what") {
			case 0:
				command(vcc.SetState, rapid.SampledFrom(states).Draw(t, "state"))
			case 1:
				set(rapid.SampledFrom(statuses).Draw(t, "status"))
			case 2, 3:
				bridge()
			case 4:
				hear()
			case 5:
				now = now.Add(time.Duration(rapid.IntRange(0, 20).Draw(t, "seconds")) * time.Second)
				step()
			}
			if asks > causes {
				t.Fatalf("%d statuses were asked for, for %d causes", asks, causes)
			}
		}
		before := asks
		for i := 0; len(queue)+len(news) > 0; i++ {
			if i > 1000 {
				t.Fatal("it does not come to rest")
			}
			bridge()
			hear()
		}
		now = now.Add(time.Minute)
		step()
		if asks != before {
			t.Fatalf("echoes alone made it ask %d times more", asks-before)
		}
		if a, _ := m.Agent("ada"); m.cfg.StatusFor[a.State] != console {
			t.Fatalf("at rest the agent is %s, the console %s", a.State, console)
		}
	})
}

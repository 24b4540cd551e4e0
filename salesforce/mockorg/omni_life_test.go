package mockorg

import (
	"testing"
	"testing/synctest"
	"time"
)

// bubble runs a story on fake time, so that spans are equalities.
func bubble(t *testing.T, seed func(*Seed), story func(w *world)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, seed)
		w.online("ada", "ben")
		w.told()
		story(w)
	})
}

// TestTimesOfAgentWork checks what each step writes down (salesforce-omni 1.2).
func TestTimesOfAgentWork(t *testing.T) {
	bubble(t, nil, func(w *world) {
		chat := w.work("LiveChatTranscript")
		w.pass(3 * time.Second)
		id := w.push(chat.ID, "ada")
		w.pass(4 * time.Second)
		w.must(w.o.Agent("ada").Accept(""))
		w.pass(50 * time.Second)
		w.must(w.o.Agent("ada").Close(""))
		row := w.get(id)
		start := row["RequestDateTime"].(time.Time)
		for field, want := range map[string]any{
			"AssignedDateTime": start.Add(3 * time.Second), "AcceptDateTime": start.Add(7 * time.Second), "CloseDateTime": start.Add(57 * time.Second),
			"SpeedToAnswer": int64(7), "HandleTime": int64(50), "RoutingModel": "ExternalRouting", "CapacityModel": "TabBased", "PushTimeout": int64(20),
		} {
			if row[field] != want {
				t.Errorf("AgentWork.%s is %v, want %v", field, row[field], want)
			}
		}
		if row["OriginalGroupId"] == nil || row["OriginalGroupId"] != row["OriginalQueueId"] {
			t.Errorf("original group %v, queue %v", row["OriginalGroupId"], row["OriginalQueueId"])
		}
		transcript := w.get(chat.ID)
		if transcript["WaitTime"] != int64(7) || transcript["ChatDuration"] != int64(50) {
			t.Errorf("transcript waited %v and lasted %v, want 7 and 50", transcript["WaitTime"], transcript["ChatDuration"])
		}
	})
}

func TestTransferKeepsTheStart(t *testing.T) {
	bubble(t, nil, func(w *world) {
		chat, m := w.work("LiveChatTranscript"), w.work("MessagingSession")
		for _, x := range []Work{chat, m} {
			w.push(x.ID, "ada")
			w.must(w.o.Agent("ada").Accept(x.ID))
		}
		start, accepted := w.get(chat.ID)["StartTime"], w.get(m.ID)["AcceptTime"]
		w.pass(time.Minute)
		for _, x := range []Work{chat, m} {
			w.must(w.o.Agent("ada").Transfer(x.ID, "ben"))
			w.must(w.o.Agent("ben").Accept(x.ID))
		}
		if w.get(chat.ID)["StartTime"] != start || w.get(m.ID)["AcceptTime"] != accepted {
			t.Error("a transfer moved the start of the conversation")
		}
	})
}

func TestTransferRefused(t *testing.T) {
	bubble(t, nil, func(w *world) {
		chat := w.work("LiveChatTranscript")
		w.push(chat.ID, "ada")
		ada := w.o.Agent("ada")
		w.must(ada.Accept(""))
		w.must(w.o.Agent("chloe").Online("Available"))
		w.must(ada.Transfer("", "ben"))
		w.told()
		for to, why := range map[string]string{"chloe": "it alerts at ben", "dev": "dev is offline", "ada": "it is ada's", "nobody": "there is no such user"} {
			if err := ada.Transfer("", to); err == nil {
				t.Errorf("transfer to %s went through although %s", to, why)
			}
		}
		w.expect()
	})
}

// TestTransferIsNeverStranded: the first agent leaves while the second is asked,
// and the second declines; the conversation then waits in its queue again.
func TestTransferIsNeverStranded(t *testing.T) {
	for name, leave := range map[string]func(Agent) error{
		"logout": Agent.Offline,
		"tab":    func(a Agent) error { return a.Close("") },
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, nil, func(w *world) {
				chat := w.work("LiveChatTranscript")
				w.push(chat.ID, "ada")
				w.must(w.o.Agent("ada").Accept(""))
				w.must(w.o.Agent("ada").Transfer("", "ben"))
				w.told()
				w.must(leave(w.o.Agent("ada")))
				if got := w.told()[0]; got != "work updated Closed" {
					t.Errorf("first agent's work: %s", got)
				}
				w.must(w.o.Agent("ben").Decline("", ""))
				w.expect("work updated Declined", "chat updated Support_Chat", "psr created -IsPushed +IsTransfer Serial=1")
			})
		})
	}
}

func TestMissedChatBelongsToTheLastAgent(t *testing.T) {
	bubble(t, nil, func(w *world) {
		chat := w.work("LiveChatTranscript")
		w.push(chat.ID, "ada")
		w.must(w.o.Agent("ada").Decline("", ""))
		w.told()
		w.must(w.o.LeaveWork(chat.ID))
		w.expect("psr deleted", "chat updated Missed ada Visitor")
	})
}

func TestAutoAcceptComesTooLate(t *testing.T) {
	auto := func(s *Seed) { s.Users[2].Agent = &SeedAgent{Capacity: 100, AutoAccept: true} }
	bubble(t, auto, func(w *world) {
		w.switches(func(s *Settings) { s.AutoAcceptAfter = Duration(time.Second) })
		w.push(w.work("Case").ID, "ada")
		w.must(w.o.Agent("ada").Accept(""))
		w.must(w.o.Agent("ada").Close(""))
		w.told()
		w.pass(time.Second)
		w.expect() // opened and closed by hand

		w.push(w.work("Case").ID, "ada")
		w.must(w.o.Agent("ada").Drop())
		w.told()
		w.pass(time.Second)
		w.expect() // no widget that could
		if err := w.o.Agent("ada").Decline("", ""); err == nil {
			t.Error("a dropped agent declined")
		}
	})
}

func TestChannelAutoAccept(t *testing.T) {
	bubble(t, func(s *Seed) { s.Channels[2].AutoAccept = true }, func(w *world) {
		w.switches(func(s *Settings) { s.AutoAcceptAfter = Duration(time.Second) })
		w.push(w.work("Case").ID, "ada")
		w.told()
		w.pass(time.Second)
		w.expect("work updated Opened", "psr deleted")
	})
}

// TestStatusBasedCapacity: the record's status and owner hold the capacity, not
// the tab (salesforce-omni 4).
func TestStatusBasedCapacity(t *testing.T) {
	bubble(t, func(s *Seed) { s.Channels[2].CapacityModel = "StatusBased" }, func(w *world) {
		closed, moved, kept := w.work("Case"), w.work("Case"), w.work("Case")
		for _, c := range []Work{closed, moved, kept} {
			w.push(c.ID, "ada")
			w.must(w.o.Agent("ada").Accept(c.ID))
		}
		w.told()
		w.must(w.o.change(w.user("ada"), func(t *tx) error { return t.set(closed.ID, Row{"Status": "Closed"}) }))
		w.expect("case updated Closed", "work updated Closed")
		w.must(w.o.OwnWork(moved.ID, "ben"))
		w.expect("case updated ben", "work updated Closed")
		w.must(w.o.Agent("ada").Offline())
		w.expect("presence updated -IsCurrentState")
	})
	bubble(t, nil, func(w *world) { // tab-based: the open tab goes on holding it
		c := w.work("Case")
		w.push(c.ID, "ada")
		w.must(w.o.Agent("ada").Accept(""))
		w.told()
		w.must(w.o.OwnWork(c.ID, "ben"))
		w.expect("case updated ben")
	})
}

func TestClosedAndMovedAtOnce(t *testing.T) {
	bubble(t, nil, func(w *world) {
		w.switches(func(s *Settings) { s.CaseClosed = "keep" })
		c := w.work("Case")
		w.told()
		w.must(w.o.change(w.user("ben"), func(t *tx) error { return t.set(c.ID, Row{"Status": "Closed", "OwnerId": t.user}) }))
		w.expect("case updated Closed ben", "psr deleted")
	})
}

func TestLogoutInsideTheStatusGap(t *testing.T) {
	bubble(t, nil, func(w *world) {
		w.switches(func(s *Settings) { s.StatusGap = Duration(time.Second) })
		w.must(w.o.Agent("ada").Online("Busy"))
		w.must(w.o.Agent("ada").Offline())
		w.expect("presence updated -IsCurrentState")
		w.pass(time.Second)
		w.expect()
		w.must(w.o.Agent("ben").Online("Busy"))
		w.must(w.o.Agent("ben").Online("Available_Chat"))
		w.told()
		w.pass(time.Second)
		w.expect("presence created +IsCurrentState Available_Chat")
	})
}

func TestReloginAfterDrop(t *testing.T) {
	bubble(t, nil, func(w *world) {
		w.push(w.work("Case").ID, "ada")
		w.must(w.o.Agent("ada").Drop())
		w.told()
		w.must(w.o.Agent("ada").Online("Available"))
		w.expect("work updated Unavailable", "psr updated -IsPushed Serial=3", "case updated Support_Cases",
			"presence updated -IsCurrentState", "presence created +IsCurrentState Available")
		w.pass(time.Minute)
		w.expect()
	})
}

// TestRollback: a push that fails after the rules ran leaves nothing behind, and
// its timers find nothing.
func TestRollback(t *testing.T) {
	bubble(t, nil, func(w *world) {
		c := w.work("Case")
		body := w.agentWork(c.ID, "ada")
		w.told()
		err := w.o.change(w.user("integration"), func(t *tx) error {
			if _, err := t.insert("AgentWork", body); err != nil {
				return err
			}
			return refuse("UNABLE_TO_LOCK_ROW", "the rest of the request failed")
		})
		w.wantRefused(err, "UNABLE_TO_LOCK_ROW")
		w.pass(time.Minute)
		w.expect()
		w.push(c.ID, "ada")
		w.expect("work created Assigned ada", "psr updated +IsPushed Serial=2", "case updated ada")
	})
}

package mockorg

import (
	"testing"
	"testing/synctest"
	"time"
)

// TestEventSequences replays every scenario of salesforce-omni 3.3 and compares
// the commit stream, change by change, with what a subscriber to all objects
// would see.
func TestEventSequences(t *testing.T) {
	scenarios := []struct {
		name  string
		seed  func(*Seed)
		story func(w *world)
	}{
		{"accept", nil, func(w *world) {
			chat := w.work("LiveChatTranscript")
			w.expect("chat created Waiting Support_Chat", "psr created -IsPushed -IsTransfer Serial=1")
			w.push(chat.ID, "ada")
			w.expect("work created Assigned ada", "psr updated +IsPushed Serial=2", "chat updated ada")
			w.must(w.o.Agent("ada").Accept(""))
			w.expect("work updated Opened", "chat updated InProgress", "psr deleted")
			w.must(w.o.Agent("ada").Close(chat.ID))
			w.expect("work updated Closed", "chat updated Completed Agent")
		}},
		{"messaging session", nil, func(w *world) {
			m := w.work("MessagingSession")
			w.expect("session created Waiting Support_Messaging", "psr created -IsPushed -IsTransfer Serial=1")
			w.push(m.ID, "ada")
			w.told()
			w.must(w.o.Agent("ada").Accept(m.ID))
			w.expect("work updated Opened", "session updated Active", "psr deleted")
			w.must(w.o.Agent("ada").Close(""))
			w.expect("work updated Closed", "session updated Ended Agent")
		}},
		{"auto-accept", func(s *Seed) { s.Users[2].Agent = &SeedAgent{Capacity: 100, AutoAccept: true} }, func(w *world) {
			c := w.work("Case")
			w.push(c.ID, "ada")
			w.pass(0)
			w.expect("case created New Support_Cases", "psr created -IsPushed -IsTransfer Serial=1",
				"work created Assigned ada", "psr updated +IsPushed Serial=2", "case updated ada",
				"work updated Opened", "psr deleted")
		}},
		{"decline, then another agent", nil, func(w *world) {
			chat := w.work("LiveChatTranscript")
			w.push(chat.ID, "ada")
			w.told()
			w.must(w.o.Agent("ada").Decline("", "Not my skill"))
			w.expect("work updated Declined Not my skill", "psr updated -IsPushed Serial=3 declined-by=ada", "chat updated Support_Chat")
			w.push(chat.ID, "ben")
			w.expect("work created Assigned ben", "psr updated +IsPushed Serial=4", "chat updated ben")
		}},
		{"push timeout", nil, func(w *world) {
			chat := w.work("LiveChatTranscript")
			w.push(chat.ID, "ada")
			w.told()
			w.pass(20*time.Second - 1)
			w.expect()
			w.pass(1)
			w.expect("work updated DeclinedOnPushTimeout", "psr updated -IsPushed Serial=3 declined-by=ada", "chat updated Support_Chat")
		}},
		{"status after decline", func(s *Seed) {
			s.Users[2].Agent.StatusOnDecline = "Busy"
		}, func(w *world) {
			chat := w.work("LiveChatTranscript")
			w.push(chat.ID, "ada")
			w.told()
			w.must(w.o.Agent("ada").Decline("", ""))
			w.pass(0)
			w.expect("work updated Declined", "psr updated -IsPushed Serial=3 declined-by=ada", "chat updated Support_Chat",
				"presence updated -IsCurrentState", "presence created +IsCurrentState Busy")
		}},
		{"logout while assigned", nil, func(w *world) {
			chat, c := w.work("LiveChatTranscript"), w.work("Case")
			w.push(chat.ID, "ada")
			w.push(c.ID, "ada")
			w.told()
			w.must(w.o.Agent("ada").Offline())
			w.expect("work updated Unavailable", "psr updated -IsPushed Serial=3", "chat updated Support_Chat",
				"work updated Unavailable", "psr updated -IsPushed Serial=3", "case updated Support_Cases",
				"presence updated -IsCurrentState")
		}},
		{"connection lost while assigned", nil, func(w *world) {
			m := w.work("MessagingSession")
			w.must(w.o.SetPushTimeout(0))
			w.push(m.ID, "ada")
			w.told()
			w.must(w.o.Agent("ada").Drop())
			w.expect()
			w.pass(30 * time.Second)
			w.expect("work updated Unavailable", "psr updated -IsPushed Serial=3", "session updated Support_Messaging", "presence updated -IsCurrentState")
		}},
		{"online to busy keeps the request", nil, func(w *world) {
			chat := w.work("LiveChatTranscript")
			w.push(chat.ID, "ada")
			w.told()
			w.must(w.o.Agent("ada").Online("Busy"))
			w.expect("presence updated -IsCurrentState", "presence created +IsCurrentState Busy")
			w.must(w.o.Agent("ada").Accept(""))
			w.expect("work updated Opened", "chat updated InProgress", "psr deleted")
		}},
		{"visitor leaves while waiting", nil, func(w *world) {
			chat, m := w.work("LiveChatTranscript"), w.work("MessagingSession")
			w.told()
			w.must(w.o.LeaveWork(chat.ID))
			w.expect("psr deleted", "chat updated Missed autoproc Visitor")
			w.must(w.o.LeaveWork(m.ID))
			w.expect("psr deleted", "session updated Ended autoproc EndUser")
			c := w.work("Case")
			w.must(w.o.LeaveWork(c.ID))
			if w.get(c.PSR) != nil || w.get(c.ID).str("Status") != "Closed" {
				t := w.get(c.ID)
				w.Errorf("a case that its customer closed is %v, with PSR %v", t, w.get(c.PSR))
			}
		}},
		{"visitor leaves while assigned", nil, func(w *world) {
			chat := w.work("LiveChatTranscript")
			w.push(chat.ID, "ada")
			w.told()
			w.must(w.o.LeaveWork(chat.ID))
			w.expect("work updated Canceled", "psr deleted", "chat updated Missed Visitor")
		}},
		{"visitor leaves while opened", nil, func(w *world) {
			chat := w.work("LiveChatTranscript")
			w.push(chat.ID, "ada")
			w.must(w.o.Agent("ada").Accept(""))
			w.told()
			w.must(w.o.LeaveWork(chat.ID))
			w.expect("chat updated Completed Visitor")
			w.must(w.o.Agent("ada").Close(""))
			w.expect("work updated Closed")
		}},
		{"transfer to an external queue", nil, func(w *world) {
			m := w.work("MessagingSession")
			w.push(m.ID, "ada")
			w.must(w.o.Agent("ada").Accept(""))
			w.told()
			w.must(w.o.Agent("ada").Transfer("", "Support_Messaging"))
			w.expect("session updated Waiting Support_Messaging", "psr created -IsPushed +IsTransfer Serial=1", "work updated Transferred")
			w.push(m.ID, "ben")
			w.expect("work created Assigned ben", "psr updated +IsPushed Serial=2", "session updated ben")
		}},
		{"transfer to an agent makes no PSR", nil, func(w *world) {
			chat := w.work("LiveChatTranscript")
			w.push(chat.ID, "ada")
			w.must(w.o.Agent("ada").Accept(""))
			w.told()
			w.must(w.o.Agent("ada").Transfer("", "ben"))
			w.expect("work created Assigned ben", "chat updated ben")
			w.must(w.o.Agent("ben").Accept(""))
			w.expect("work updated Opened", "work updated Transferred")
		}},
		{"transfer to an agent who declines", nil, func(w *world) {
			chat := w.work("LiveChatTranscript")
			w.push(chat.ID, "ada")
			w.must(w.o.Agent("ada").Accept(""))
			w.must(w.o.Agent("ada").Transfer("", "ben"))
			w.told()
			w.must(w.o.Agent("ben").Decline("", ""))
			w.expect("work updated Declined", "chat updated ada")
		}},
		{"owner by hand from queue to user", nil, func(w *world) {
			c := w.work("Case")
			w.told()
			w.must(w.o.OwnWork(c.ID, "chloe"))
			w.expect("case updated chloe", "psr deleted")
		}},
		{"owner by hand while assigned", nil, func(w *world) {
			c := w.work("Case")
			w.push(c.ID, "ada")
			w.told()
			w.must(w.o.OwnWork(c.ID, "chloe"))
			w.expect("case updated chloe", "work updated Canceled", "psr deleted")
		}},
		{"owner back to the queue while assigned replaces the PSR", nil, func(w *world) {
			c := w.work("Case")
			w.push(c.ID, "ada")
			w.told()
			w.must(w.o.OwnWork(c.ID, "Support_Cases"))
			w.expect("case updated Support_Cases", "work updated Canceled", "psr deleted", "psr created -IsPushed -IsTransfer Serial=1")
		}},
		{"owner from opened to queue", nil, func(w *world) {
			c := w.work("Case")
			w.push(c.ID, "ada")
			w.must(w.o.Agent("ada").Accept(""))
			w.told()
			w.must(w.o.OwnWork(c.ID, "Support_Cases"))
			w.expect("case updated Support_Cases", "psr created -IsPushed +IsTransfer Serial=1", "work updated Transferred")
		}},
		{"queue to queue", func(s *Seed) {
			s.Queues = append(s.Queues, SeedQueue{DeveloperName: "Second_Cases", Routing: "External_Cases", Objects: []string{"Case"}})
		}, func(w *world) {
			c := w.work("Case")
			w.told()
			w.must(w.o.OwnWork(c.ID, "Second_Cases"))
			w.expect("case updated Second_Cases", "psr deleted", "psr created -IsPushed -IsTransfer Serial=1")
		}},
		{"case closed while queued", nil, func(w *world) {
			c := w.work("Case")
			w.told()
			w.must(w.o.CloseWork(c.ID))
			w.expect("case updated Closed", "psr deleted")
		}},
		{"case deleted while assigned", nil, func(w *world) {
			c := w.work("Case")
			w.push(c.ID, "ada")
			w.told()
			w.must(w.o.DeleteWork(c.ID))
			w.expect("case deleted", "work updated Canceled", "psr deleted")
		}},
		{"agent goes offline with opened work", nil, func(w *world) {
			c, m := w.work("Case"), w.work("MessagingSession")
			w.push(c.ID, "ada")
			w.push(m.ID, "ada")
			w.must(w.o.Agent("ada").Accept(c.ID))
			w.must(w.o.Agent("ada").Accept(m.ID))
			w.told()
			w.must(w.o.Agent("ada").Offline())
			w.expect("work updated Closed", "work updated Closed", "session updated Waiting Support_Messaging",
				"psr created -IsPushed +IsTransfer Serial=1", "presence updated -IsCurrentState")
		}},
		{"PSR deleted through REST", nil, func(w *world) {
			c := w.work("Case")
			w.push(c.ID, "ada")
			w.told()
			w.must(w.apiRemove(w.agentWork(c.ID, "ada").str("PendingServiceRoutingId")))
			w.expect("psr deleted", "work updated Canceled", "case updated Support_Cases")
		}},
	}
	for _, s := range scenarios {
		t.Run(s.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld(t, s.seed)
				w.online("ada", "ben")
				w.expect("presence created +IsCurrentState Available", "presence created +IsCurrentState Available")
				s.story(w)
			})
		})
	}
}

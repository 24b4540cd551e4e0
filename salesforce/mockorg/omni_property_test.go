package mockorg

import (
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// TestOmniHolds drives an org through random stories and checks after each step
// what must hold of the records whatever happened.
func TestOmniHolds(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		w := newWorld(t, nil)
		defer w.o.clock.Stop()
		s := w.o.Settings()
		s.OwnerMoves = rapid.SampledFrom([]string{"push", "accept"}).Draw(rt, "owner_moves")
		s.Undeliverable = rapid.SampledFrom([]string{"reject", "unavailable"}).Draw(rt, "undeliverable")
		s.Busy = rapid.SampledFrom([]string{"keep", "release"}).Draw(rt, "busy")
		s.ChatOffline = rapid.SampledFrom([]string{"requeue", "close"}).Draw(rt, "chat_offline")
		s.AcceptSerial = rapid.SampledFrom([]string{"none", "bump"}).Draw(rt, "accept_serial")
		w.must(w.o.SetSettings(s))
		agents := []string{"ada", "ben", "chloe"}
		var works []string
		serial, byHand := map[string]int64{}, map[string]bool{}
		for range rapid.IntRange(1, 60).Draw(rt, "steps") {
			a := rapid.SampledFrom(agents).Draw(rt, "agent")
			agent := w.o.Agent(a)
			work := ""
			if len(works) > 0 {
				work = rapid.SampledFrom(works).Draw(rt, "work")
			}
			// A refusal is an answer like any other: it must leave the records in order too.
			switch rapid.IntRange(0, 15).Draw(rt, "step") {
			case 0, 1:
				object := rapid.SampledFrom([]string{"LiveChatTranscript", "MessagingSession", "Case", "Lead"}).Draw(rt, "object")
				works = append(works, w.work(object).ID)
			case 2, 3:
				_ = agent.Online(rapid.SampledFrom([]string{"Available", "Available_Chat", "Busy"}).Draw(rt, "status"))
			case 4:
				_ = agent.Offline()
			case 5:
				_ = agent.Drop()
			case 6, 7, 8, 9:
				if w.get(work) != nil {
					_, _ = w.api("AgentWork", w.agentWork(work, a))
				}
			case 10, 11:
				_ = agent.Accept("")
			case 12:
				_ = agent.Decline("", "")
			case 13:
				_ = agent.Close("")
			case 14:
				_ = agent.Transfer("", rapid.SampledFrom(append([]string{"Support_Chat", "Support_Cases"}, agents...)).Draw(rt, "to"))
			case 15:
				switch rapid.IntRange(0, 4).Draw(rt, "event") {
				case 0:
					_ = w.o.LeaveWork(work)
				case 1:
					_ = w.o.CloseWork(work)
				case 2:
					_ = w.o.DeleteWork(work)
				case 3:
					byHand[work] = true
					_ = w.o.OwnWork(work, rapid.SampledFrom([]string{"ada", "Support_Cases", "Internal_Cases"}).Draw(rt, "owner"))
				case 4:
					w.pass(time.Duration(rapid.IntRange(0, 40).Draw(rt, "seconds")) * time.Second)
				}
			}
			w.pass(0)
			if err := w.holds(serial, byHand); err != nil {
				rt.Fatal(err)
			}
		}
		for _, v := range w.o.Verdict() {
			if v.MaxAssigned > 1 || v.MaxOpened > 1 {
				rt.Fatalf("work was pushed or opened twice at a time: %+v", v)
			}
		}
	})
}

// holds checks the records against one another. serial are the last Serials seen,
// byHand the work items whose owner somebody changed past all routing.
func (w *world) holds(serial map[string]int64, byHand map[string]bool) error {
	return w.o.view(func(t *tx) error {
		var fault error
		fail := func(format string, args ...any) bool {
			fault = fmt.Errorf(format, args...)
			return false
		}
		routed := map[string]int{}
		t.each("PendingServiceRouting", func(psr Row) bool {
			work, ok := t.get(psr.str("WorkItemId"))
			assigned := t.among("AgentWork", is("PendingServiceRoutingId", psr.ID()), is("Status", "Assigned"))
			routed[psr.str("WorkItemId")]++
			switch {
			case !ok:
				return fail("PSR %s outlives its work item", psr.ID())
			case routed[work.ID()] > 1:
				return fail("work item %s has two PSRs", work.ID())
			case psr.flag("IsPushed") != (len(assigned) > 0):
				return fail("PSR %s says pushed %v with %d Assigned", psr.ID(), psr.flag("IsPushed"), len(assigned))
			case psr.num("Serial") < serial[psr.ID()]:
				return fail("PSR %s: serial fell from %d to %d", psr.ID(), serial[psr.ID()], psr.num("Serial"))
			case len(ofWork(t, work.ID(), "Opened")) > 0:
				return fail("work item %s is open at an agent and has a PSR", work.ID())
			}
			serial[psr.ID()] = psr.num("Serial")
			return true
		})
		t.each("AgentWork", func(aw Row) bool {
			_, online := presenceOf(t, aw.str("UserId"))
			_, psr := t.get(aw.str("PendingServiceRoutingId"))
			switch aw.str("Status") {
			case "Assigned":
				if !psr && aw.str("PendingServiceRoutingId") != "" {
					return fail("AgentWork %s alerts without its PSR", aw.ID())
				}
				fallthrough
			case "Opened":
				if !online {
					return fail("AgentWork %s is %s at an agent who is offline", aw.ID(), aw.str("Status"))
				}
			}
			return true
		})
		for user := range w.o.omni.sessions {
			if n := len(t.among("UserServicePresence", is("UserId", user), is("IsCurrentState", true))); n != 1 {
				return fmt.Errorf("agent %s has %d present rows", user, n)
			}
		}
		for object := range queueOf {
			t.each(object, func(work Row) bool {
				_, queued := routingOf(t, work.str("OwnerId"))
				attended := len(ofWork(t, work.ID(), "Assigned"))+len(ofWork(t, work.ID(), "Opened")) > 0
				if conversation := mediumOf(object).conversation; conversation && !mediumOf(object).isOver(work) &&
					routed[work.ID()] == 0 && !attended && !byHand[work.ID()] {
					return fail("%s %s is stranded: no agent, no PSR", object, work.ID())
				}
				if queued && !mediumOf(object).isOver(work) && routed[work.ID()] == 0 {
					return fail("%s %s waits in a queue without a PSR", object, work.ID())
				}
				return true
			})
		}
		return fault
	})
}

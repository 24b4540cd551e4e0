package omnichannel_test

import (
	"strings"
	"testing"
	"time"

	"omnibridge/omnichannel"
	"omnibridge/vcc"
)

func TestAcceptAndClose(t *testing.T) {
	s := newScript(t)
	s.alerting()
	s.work(omnichannel.Opened)
	s.wantReports("accepted")
	s.step(omnichannel.PSRSeen{PSR: omnichannel.PSR{ID: thePSR.ID}, Deleted: true})
	s.wantReports("")
	if len(s.out.Effects) != 0 {
		t.Errorf("an accept costs no further call: %+v", s.out.Effects)
	}
	s.work(omnichannel.Closed)
	s.wantReports("ended")
	s.wantState(omnichannel.Gone)
}

// TestClosedInSalesforce holds that, with consoles, work that closes unasked is looked
// up, so that a record which was deleted under its agent is told from work that is done,
// and that nobody waits for it if the org does not answer.
func TestClosedInSalesforce(t *testing.T) {
	closed := theWork
	closed.Status = omnichannel.Closed
	opened := theWork
	opened.Status = omnichannel.Opened
	for _, c := range []struct {
		name    string
		outcome omnichannel.Outcome
		want    string
	}{
		{"finished", omnichannel.Outcome{Result: omnichannel.Done, Seen: &omnichannel.Seen{Works: []omnichannel.AgentWork{closed}, Owner: string(agents[0])}}, "ended"},
		{"deleted", omnichannel.Outcome{Result: omnichannel.Done, Seen: &omnichannel.Seen{Works: []omnichannel.AgentWork{closed}, Missing: true}}, "withdrawn:deleted"},
		{"deleted with its AgentWork", omnichannel.Outcome{Result: omnichannel.Done, Seen: &omnichannel.Seen{Missing: true}}, "withdrawn:deleted"},
		{"read too early", omnichannel.Outcome{Result: omnichannel.Done, Seen: &omnichannel.Seen{Works: []omnichannel.AgentWork{opened}}}, "ended"},
		{"calls used up", omnichannel.Outcome{Result: omnichannel.Deferred, Code: "DAILY_LIMIT"}, "ended"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newScriptBy(t, omnichannel.Policy{Console: true})
			s.alerting()
			s.work(omnichannel.Opened)
			s.work(omnichannel.Closed)
			s.wantReports("")
			c.outcome.Effect = s.effect(omnichannel.Look)
			s.work(omnichannel.Closed) // told once more meanwhile
			s.out = s.l.Direct(s.now, vcc.Directive{Kind: vcc.Close, Interaction: theInteraction, Offer: 1, Agent: agents[0]})
			s.wantReports("")
			c.outcome.Effect.Rev++ // the repeat counted as an event
			s.step(c.outcome)
			s.wantReports(c.want)
			s.wantState(omnichannel.Gone)
			if len(s.out.Effects) != 0 {
				t.Errorf("it costs more than one look: %+v", s.out.Effects)
			}
		})
	}
	t.Run("asked for", func(t *testing.T) {
		s := newScriptBy(t, omnichannel.Policy{Console: true})
		s.alerting()
		s.work(omnichannel.Opened)
		s.out = s.l.Direct(s.now, vcc.Directive{Kind: vcc.Close, Interaction: theInteraction, Offer: 1, Agent: agents[0]})
		s.step(omnichannel.Outcome{Effect: s.effect(omnichannel.CloseWork), Result: omnichannel.Done})
		s.work(omnichannel.Closed)
		s.wantReports("ended")
		if len(s.out.Effects) != 0 {
			t.Errorf("a release costs no look: %+v", s.out.Effects)
		}
	})
}

func TestRefusals(t *testing.T) {
	for status, want := range map[omnichannel.WorkStatus]string{
		omnichannel.Declined: "refused:declined", omnichannel.DeclinedOnPushTimeout: "refused:timed out", omnichannel.Unavailable: "refused:unavailable",
	} {
		t.Run(string(status), func(t *testing.T) {
			s := newScript(t)
			s.alerting()
			s.work(status)
			s.wantReports(want)
			s.wantState(omnichannel.Announced)
			s.work(omnichannel.Assigned) // replayed
			if s.out.Stale != 1 {
				t.Error("a replayed event of the push that ended was believed")
			}
			s.offer(2, agents[1])
			if e := s.effect(omnichannel.CreateWork); e.Offer != 2 || e.Agent != agents[1] {
				t.Errorf("unexpected effect %+v", e)
			}
		})
	}
}

// TestSerialFences holds that an event of the PSR which is not newer than the
// last one changes nothing (salesforce-omni 3.4).
func TestSerialFences(t *testing.T) {
	s := newScript(t)
	s.step(omnichannel.PSRSeen{PSR: thePSR})
	newer := thePSR
	newer.Serial, newer.Queue = 3, other
	s.step(omnichannel.PSRSeen{PSR: newer})
	s.wantReports("arrived")
	for _, serial := range []int{3, 2, 1} {
		old := thePSR
		old.Serial = serial
		s.step(omnichannel.PSRSeen{PSR: old})
		if c, _ := s.l.Chain(theInteraction); c.Queue != other || s.out.Stale != 1 || len(s.out.Changed) != 0 {
			t.Errorf("serial %d was believed: %+v", serial, s.out)
		}
	}
}

// TestOffersAreNumbered holds that an offer with another number than the next is
// answered at once and pushes nothing.
func TestOffersAreNumbered(t *testing.T) {
	s := newScript(t)
	s.step(omnichannel.PSRSeen{PSR: thePSR})
	for _, n := range []int{0, 2, 7} {
		s.offer(n, agents[0])
		s.wantReports("refused:undelivered")
	}
	s.offer(1, agents[0])
	s.effect(omnichannel.CreateWork)
	s.offer(2, agents[1]) // one is being pushed
	s.wantReports("refused:undelivered")
	if len(s.out.Effects) != 0 {
		t.Errorf("a second push left: %+v", s.out.Effects)
	}
}

// TestDeletedPSRMeansNothing holds that the org is asked what became of the work
// (salesforce-omni 3.3: accepted, moved, or gone).
func TestDeletedPSRMeansNothing(t *testing.T) {
	deleted := omnichannel.PSRSeen{PSR: omnichannel.PSR{ID: thePSR.ID}, Deleted: true}
	opened := theWork
	opened.Status = omnichannel.Opened
	moved := thePSR
	moved.ID, moved.Queue, moved.Created = "0JR000000000002AAA", other, thePSR.Created.Add(time.Second)
	for name, tt := range map[string]struct {
		seen    omnichannel.Seen
		state   omnichannel.State
		reports string
	}{
		"customer left":   {omnichannel.Seen{Owner: string(queue)}, omnichannel.Gone, "withdrawn:customer left"},
		"record deleted":  {omnichannel.Seen{Missing: true}, omnichannel.Gone, "withdrawn:deleted"},
		"left routing":    {omnichannel.Seen{Owner: "00G000000000009AAA"}, omnichannel.Gone, "withdrawn:left routing"},
		"other queue":     {omnichannel.Seen{Owner: string(other), PSRs: []omnichannel.PSR{moved}}, omnichannel.Announced, "arrived"},
		"somebody has it": {omnichannel.Seen{Owner: string(agents[0]), Works: []omnichannel.AgentWork{opened}}, omnichannel.InHand, "moved accepted"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newScript(t)
			s.step(omnichannel.PSRSeen{PSR: thePSR})
			s.step(deleted)
			s.wantReports("")
			s.step(omnichannel.Outcome{Effect: s.effect(omnichannel.Look), Result: omnichannel.Done, Seen: &tt.seen})
			s.wantReports(tt.reports)
			s.wantState(tt.state)
		})
	}
}

// TestUnknownIsNotFailed holds that a create whose reply was lost is looked up,
// twice before it counts as not done.
func TestUnknownIsNotFailed(t *testing.T) {
	lost := func(t *testing.T) (*script, omnichannel.Effect) {
		s := newScript(t)
		s.step(omnichannel.PSRSeen{PSR: thePSR})
		s.offer(1, agents[0])
		s.step(omnichannel.Outcome{Effect: s.effect(omnichannel.CreateWork), Result: omnichannel.Unknown, Code: "TIMEOUT"})
		s.wantReports("")
		return s, s.effect(omnichannel.Look)
	}
	waits := omnichannel.Seen{PSRs: []omnichannel.PSR{thePSR}}
	t.Run("it was created", func(t *testing.T) {
		s, look := lost(t)
		s.step(omnichannel.Outcome{Effect: look, Result: omnichannel.Done, Seen: &omnichannel.Seen{PSRs: waits.PSRs, Works: []omnichannel.AgentWork{theWork}}})
		s.wantReports("alerting")
	})
	t.Run("it was not", func(t *testing.T) {
		s, look := lost(t)
		s.step(omnichannel.Outcome{Effect: look, Result: omnichannel.Done, Seen: &waits})
		if len(s.out.Effects) != 0 {
			t.Fatalf("one look is not enough, the org may still be at it: %+v", s.out.Effects)
		}
		s.after(3 * time.Second)
		s.step(omnichannel.Outcome{Effect: s.effect(omnichannel.Look), Result: omnichannel.Done, Seen: &waits})
		s.after(time.Minute)
		if e := s.effect(omnichannel.CreateWork); e.Offer != 1 {
			t.Errorf("pushed as offer %d, want the same offer again", e.Offer)
		}
	})
}

// TestALookTooSoonDoesNotCount holds that absence counts only when a lost create has
// had its time, however often the org was asked before.
func TestALookTooSoonDoesNotCount(t *testing.T) {
	s := newScript(t)
	s.step(omnichannel.PSRSeen{PSR: thePSR})
	s.offer(1, agents[0])
	s.step(omnichannel.Outcome{Effect: s.effect(omnichannel.CreateWork), Result: omnichannel.Unknown, Code: "TIMEOUT"})
	waits := omnichannel.Seen{PSRs: []omnichannel.PSR{thePSR}}
	s.step(omnichannel.Outcome{Effect: s.effect(omnichannel.Look), Result: omnichannel.Done, Seen: &waits})
	foreign := theWork
	foreign.ID, foreign.User = "0Bz000000000007AAA", agents[1]
	s.after(time.Second)
	s.step(omnichannel.WorkSeen{Work: foreign}) // not ours, so the org is asked
	s.step(omnichannel.Outcome{Effect: s.effect(omnichannel.Look), Result: omnichannel.Done, Seen: &waits})
	for range 20 {
		for _, e := range s.out.Effects {
			if e.Kind == omnichannel.CreateWork {
				t.Fatal("pushed again before the lost create has had its time")
			}
		}
		s.after(50 * time.Millisecond)
	}
	s.after(time.Second)
	s.step(omnichannel.Outcome{Effect: s.effect(omnichannel.Look), Result: omnichannel.Done, Seen: &waits})
	s.after(time.Minute)
	s.effect(omnichannel.CreateWork)
}

// TestSameSecond holds that of two PSRs of one second, which is all that the org
// tells, none is taken for the newer one unasked.
func TestSameSecond(t *testing.T) {
	s := newScript(t)
	s.alerting()
	s.work(omnichannel.Opened)
	old := thePSR
	old.ID = "0JR000000000008AAA" // of which nothing was known: its event was late
	s.step(omnichannel.PSRSeen{PSR: old})
	s.wantReports("")
	s.wantState(omnichannel.InHand)
	opened := theWork
	opened.Status = omnichannel.Opened
	s.step(omnichannel.Outcome{Effect: s.effect(omnichannel.Look), Result: omnichannel.Done, Seen: &omnichannel.Seen{Works: []omnichannel.AgentWork{opened}}})
	s.wantReports("")
	s.wantState(omnichannel.InHand)
}

// TestRefusedPush holds that the org is asked before a refused create counts
// against anybody, and that the agent's presence is read again.
func TestRefusedPush(t *testing.T) {
	s := newScript(t)
	s.step(omnichannel.PSRSeen{PSR: thePSR})
	s.offer(1, agents[0])
	s.step(omnichannel.Outcome{Effect: s.effect(omnichannel.CreateWork), Result: omnichannel.Refused, Code: "FIELD_INTEGRITY_EXCEPTION"})
	s.wantReports("")
	if len(s.out.Doubts) != 1 || s.out.Doubts[0] != agents[0] {
		t.Errorf("doubts %v, want the agent's presence", s.out.Doubts)
	}
	s.step(omnichannel.Outcome{Effect: s.effect(omnichannel.Look), Result: omnichannel.Done, Seen: &omnichannel.Seen{PSRs: []omnichannel.PSR{thePSR}}})
	s.wantReports("refused:failed")
}

// TestRetractWaitsForTheEnd holds that a push which was taken back is offered to
// nobody else before it is no longer Assigned, and that an accept wins the race.
func TestRetractWaitsForTheEnd(t *testing.T) {
	retract := func(t *testing.T) *script {
		s := newScript(t)
		s.alerting()
		s.out = s.l.Direct(s.now, vcc.Directive{Kind: vcc.Retract, Interaction: theInteraction, Offer: 1, Agent: agents[0]})
		s.wantReports("")
		s.wantState(omnichannel.Retracting)
		s.offer(2, agents[1])
		s.wantReports("refused:undelivered")
		return s
	}
	t.Run("ends", func(t *testing.T) {
		s := retract(t)
		s.after(5 * time.Second)
		look := s.effect(omnichannel.Look) // the event may have been lost
		s.step(omnichannel.Outcome{Effect: look, Result: omnichannel.Done, Seen: &omnichannel.Seen{PSRs: []omnichannel.PSR{thePSR}, Works: []omnichannel.AgentWork{theWork}}})
		s.wantState(omnichannel.Retracting)
		s.work(omnichannel.DeclinedOnPushTimeout)
		s.wantReports("refused:timed out")
	})
	t.Run("accepted", func(t *testing.T) {
		s := retract(t)
		s.work(omnichannel.Opened)
		s.wantReports("accepted")
		s.wantState(omnichannel.InHand)
	})
}

// TestGoneIsRemembered holds that replayed events do not bring back what is over,
// and that it is forgotten after the stream's retention.
func TestGoneIsRemembered(t *testing.T) {
	s := newScript(t)
	s.alerting()
	s.work(omnichannel.Opened)
	s.work(omnichannel.Closed)
	s.step(omnichannel.PSRSeen{PSR: thePSR})
	s.work(omnichannel.Assigned)
	s.wantReports("")
	s.wantState(omnichannel.Gone)
	s.after(25 * time.Hour)
	if _, ok := s.l.Chain(theInteraction); ok || len(s.out.Changed) != 1 {
		t.Error("it is not forgotten after 25 h")
	}
}

// TestTransferToAgent holds that a transfer inside Salesforce, which has no PSR,
// is followed (salesforce-omni 3.3).
func TestTransferToAgent(t *testing.T) {
	s := newScript(t)
	s.alerting()
	s.work(omnichannel.Opened)
	heir := omnichannel.AgentWork{ID: "0Bz000000000002AAA", Record: thePSR.Record, User: agents[1], Channel: chat, Status: omnichannel.Assigned}
	s.step(omnichannel.WorkSeen{Work: heir})
	s.wantReports("")
	s.wantState(omnichannel.InHand)
	s.work(omnichannel.Transferred)
	s.wantReports("moved")
	if r := s.out.Reports[0]; r.Agent != agents[1] || r.Offer != 2 {
		t.Errorf("unexpected %v", r)
	}
	heir.Status = omnichannel.Opened
	s.step(omnichannel.WorkSeen{Work: heir})
	s.wantReports("accepted")
}

// TestSweepSaysWhatItFound holds that a sweep tells what no event had told, and
// nothing when there is nothing to tell.
func TestSweepSaysWhatItFound(t *testing.T) {
	s := newScript(t)
	s.alerting()
	unknown := omnichannel.PSR{ID: "0JR000000000005AAA", Serial: 1, Record: "570000000000005AAA", Queue: queue, Channel: chat, Created: s.now}
	sweep := func(psrs []omnichannel.PSR, works []omnichannel.AgentWork) string {
		s.step(omnichannel.Baseline{Directory: directory, Begun: s.now, PSRs: psrs, Works: works})
		for _, n := range s.out.Notes {
			if n.What == "sweep" {
				return n.Why
			}
		}
		return ""
	}
	if why := sweep([]omnichannel.PSR{thePSR}, []omnichannel.AgentWork{theWork}); why != "" {
		t.Errorf("nothing was missed, but it says %q", why)
	}
	if why := sweep([]omnichannel.PSR{thePSR, unknown}, nil); !strings.Contains(why, "1 new, 0 changed, 1 no longer there") {
		t.Errorf("it says %q", why)
	}
	newer := unknown
	newer.Serial = 4
	if why := sweep([]omnichannel.PSR{thePSR, newer}, []omnichannel.AgentWork{theWork}); !strings.Contains(why, "0 new, 1 changed, 0 no longer there") {
		t.Errorf("it says %q", why)
	}
}

// TestForeignAgentWork holds that work which we did not push counts for its agent,
// but only after the org has confirmed it.
func TestForeignAgentWork(t *testing.T) {
	s := newScript(t)
	w := theWork
	w.PSR, w.Status = "", omnichannel.Opened
	s.step(omnichannel.WorkSeen{Work: w})
	s.wantReports("")
	look := s.effect(omnichannel.Look)
	s.step(omnichannel.Outcome{Effect: look, Result: omnichannel.Done, Seen: &omnichannel.Seen{Works: []omnichannel.AgentWork{w}}})
	s.wantReports("moved accepted")
	if s.out.Reports[0].Work == nil {
		t.Error("the engine is not told what it is")
	}
}

func TestPolicyFaults(t *testing.T) {
	_, err := omnichannel.NewLedger(omnichannel.Policy{Channels: map[vcc.Channel]omnichannel.ChannelPolicy{"Chat": {Class: "lively"}}, Grace: -1})
	for _, want := range []string{`channel "Chat": class "lively" is not one of`, "grace is -1ns"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v lacks %q", err, want)
		}
	}
}

// TestLong uses ids whose long forms are public (salesforce-omni 10).
func TestLong(t *testing.T) {
	for short, long := range map[string]string{"0JR5i000001OXSg": "0JR5i000001OXSgGAO", "0JR5i000001OXSgGAO": "0JR5i000001OXSgGAO", "": "", "odd": "odd"} {
		if got := omnichannel.Long(short); got != long {
			t.Errorf("Long(%q) = %q, want %q", short, got, long)
		}
	}
}

// TestUnroutedAfterRestart holds that what the engine did not know before a restart is
// known to be so after it.
func TestUnroutedAfterRestart(t *testing.T) {
	l, err := omnichannel.NewLedger(omnichannel.Policy{})
	if err != nil {
		t.Fatal(err)
	}
	l.Restore(time.Unix(100, 0), []omnichannel.Chain{
		{Interaction: "b", State: omnichannel.Held, Record: "2", Since: time.Unix(2, 0)},
		{Interaction: "c", State: omnichannel.InHand, Record: "3", Work: "w", Since: time.Unix(1, 0)},
		{Interaction: "a", State: omnichannel.Held, Record: "1", Since: time.Unix(3, 0)},
	})
	list, states := l.Unrouted(1)
	if len(list) != 1 || list[0].Interaction != "b" || states[omnichannel.Held] != 2 || len(states) != 1 {
		t.Errorf("unrouted are %v, first %+v", states, list)
	}
}

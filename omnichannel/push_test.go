package omnichannel_test

import (
	"fmt"
	"testing"
	"time"

	"omnibridge/omnichannel"
	"omnibridge/vcc"
)

// pushed offers the item to the first agent; whether it got there is not known yet.
func (s *script) pushed() omnichannel.Effect {
	s.t.Helper()
	s.step(omnichannel.PSRSeen{PSR: thePSR})
	s.offer(1, agents[0])
	return s.effect(omnichannel.CreateWork)
}

func (s *script) wantNote(what string) {
	s.t.Helper()
	for _, n := range s.out.Notes {
		if n.What == what {
			return
		}
	}
	s.t.Fatalf("noted %+v, want %q", s.out.Notes, what)
}

// TestTakenBackWhilePushed holds that an offer which is taken back on its way is retracted
// if it gets there, and comes to nothing if it does not.
func TestTakenBackWhilePushed(t *testing.T) {
	for _, tt := range []struct {
		name    string
		answer  omnichannel.Outcome
		seen    *omnichannel.Seen // by the look that follows, if one does
		reports string
		state   omnichannel.State
	}{
		{"created", omnichannel.Outcome{Result: omnichannel.Done, Work: theWork.ID}, nil, "alerting", omnichannel.Retracting},
		{"put off", omnichannel.Outcome{Result: omnichannel.Deferred, Code: "UNAVAILABLE"}, nil, "refused:undelivered", omnichannel.Announced},
		{
			"refused", omnichannel.Outcome{Result: omnichannel.Refused, Code: "INVALID"},
			&omnichannel.Seen{PSRs: []omnichannel.PSR{thePSR}}, "refused:failed", omnichannel.Announced,
		},
		{
			"lost, and there", omnichannel.Outcome{Result: omnichannel.Unknown, Code: "TIMEOUT"},
			&omnichannel.Seen{PSRs: []omnichannel.PSR{thePSR}, Works: []omnichannel.AgentWork{theWork}}, "alerting", omnichannel.Retracting,
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := newScript(t)
			tt.answer.Effect = s.pushed()
			s.direct(vcc.Retract)
			s.wantReports("")
			s.step(tt.answer)
			if tt.seen != nil {
				s.wantReports("")
				s.looked(*tt.seen)
			}
			s.wantReports(tt.reports)
			s.wantState(tt.state)
		})
	}
	t.Run("lost, and not there", func(t *testing.T) {
		s := newScript(t)
		lost := s.pushed()
		s.direct(vcc.Retract)
		s.step(omnichannel.Outcome{Effect: lost, Result: omnichannel.Unknown, Code: "TIMEOUT"})
		s.looked(omnichannel.Seen{PSRs: []omnichannel.PSR{thePSR}})
		s.wantReports("")
		s.after(3 * time.Second)
		s.looked(omnichannel.Seen{PSRs: []omnichannel.PSR{thePSR}})
		s.wantReports("refused:undelivered")
	})
	t.Run("before it left", func(t *testing.T) {
		s := newScript(t)
		s.step(omnichannel.Outcome{Effect: s.pushed(), Result: omnichannel.Deferred, Code: "UNAVAILABLE"})
		s.wantNote("put off")
		s.direct(vcc.Retract)
		s.wantReports("refused:undelivered")
		s.wantState(omnichannel.Announced)
	})
}

// TestLostPush is what the org may tell of a push whose reply was lost, besides that it is
// there or was never made.
func TestLostPush(t *testing.T) {
	declined := theWork
	declined.Status = omnichannel.Declined
	for _, tt := range []struct {
		name    string
		seen    omnichannel.Seen
		reports string
		state   omnichannel.State
	}{
		{"declined already", omnichannel.Seen{PSRs: []omnichannel.PSR{thePSR}, Works: []omnichannel.AgentWork{declined}}, "alerting refused:declined arrived", omnichannel.Announced},
		{"another has it", omnichannel.Seen{Works: []omnichannel.AgentWork{another(omnichannel.Opened)}}, "refused:undelivered moved accepted", omnichannel.InHand},
		{"gone", omnichannel.Seen{Missing: true}, "", omnichannel.Pushing}, // the create may still be under way
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := newScript(t)
			s.step(omnichannel.Outcome{Effect: s.pushed(), Result: omnichannel.Unknown, Code: "TIMEOUT"})
			s.looked(tt.seen)
			s.wantReports(tt.reports)
			s.wantState(tt.state)
		})
	}
}

// TestPushTooLate holds that a push which was made although somebody has the work by then
// is noted and looked up.
func TestPushTooLate(t *testing.T) {
	s := newScript(t)
	create := s.pushed()
	s.step(omnichannel.PSRSeen{PSR: omnichannel.PSR{ID: thePSR.ID}, Deleted: true})
	s.step(omnichannel.WorkSeen{Work: func() omnichannel.AgentWork { w := theWork; w.Status = omnichannel.Declined; return w }()})
	s.wantReports("refused:declined")
	late := omnichannel.Outcome{Effect: create, Result: omnichannel.Done, Work: "0Bz000000000009AAA"}
	s.step(late)
	s.wantNote("drift")
	s.effect(omnichannel.Look)
	s.step(late)
	if s.out.Stale != 1 || len(s.out.Effects) != 0 {
		t.Errorf("an answer that came twice was taken twice: %+v", s.out)
	}
}

// TestEventsOfAPush holds what is looked up that should have followed: how a push ended
// whose PSR was released or deleted, and nothing when it is only repeated that it is out.
func TestEventsOfAPush(t *testing.T) {
	for name, tt := range map[string]struct {
		seen omnichannel.PSRSeen
		look bool
	}{
		"pushed":   {omnichannel.PSRSeen{PSR: func() omnichannel.PSR { p := thePSR; p.Serial, p.Pushed = 2, true; return p }()}, false},
		"released": {omnichannel.PSRSeen{PSR: func() omnichannel.PSR { p := thePSR; p.Serial = 2; return p }()}, true},
		"deleted":  {omnichannel.PSRSeen{PSR: omnichannel.PSR{ID: thePSR.ID}, Deleted: true}, true},
	} {
		t.Run(name, func(t *testing.T) {
			s := newScript(t)
			s.alerting()
			s.step(tt.seen)
			s.wantReports("")
			s.after(999 * time.Millisecond)
			if len(s.out.Effects) != 0 {
				t.Fatalf("the event that follows has no time to come: %+v", s.out.Effects)
			}
			s.after(time.Millisecond)
			if tt.look {
				s.effect(omnichannel.Look)
			} else if len(s.out.Effects) != 0 {
				t.Fatalf("%+v", s.out.Effects)
			}
		})
	}
}

// TestALaterTimeReplacesAnEarlier holds that of two times to look the one set last counts.
func TestALaterTimeReplacesAnEarlier(t *testing.T) {
	s := newScript(t)
	s.alerting()
	s.step(omnichannel.PSRSeen{PSR: omnichannel.PSR{ID: thePSR.ID}, Deleted: true}) // looks after 1 s
	s.direct(vcc.Retract)                                                           // looks after 5 s
	s.after(4 * time.Second)
	if len(s.out.Effects) != 0 {
		t.Errorf("%+v", s.out.Effects)
	}
	s.after(time.Second)
	s.effect(omnichannel.Look)
}

// TestMovedWhilePushed holds that a push which the org canceled as the work moved to another
// queue ends without blame, and costs one look.
func TestMovedWhilePushed(t *testing.T) {
	s := newScript(t)
	s.alerting()
	s.step(omnichannel.PSRSeen{PSR: omnichannel.PSR{ID: thePSR.ID}, Deleted: true})
	s.after(time.Second)
	moved, canceled := thePSR, theWork
	moved.ID, moved.Queue, moved.Created = "0JR000000000002AAA", other, thePSR.Created.Add(time.Second)
	canceled.Status = omnichannel.Canceled
	s.looked(omnichannel.Seen{PSRs: []omnichannel.PSR{moved}, Works: []omnichannel.AgentWork{canceled}})
	s.wantReports("refused:undelivered arrived")
	s.wantState(omnichannel.Announced)
	if len(s.out.Effects) != 0 {
		t.Errorf("%+v", s.out.Effects)
	}
}

// TestALookThatWasOvertaken holds that absence in an answer from before the last event does
// not count.
func TestALookThatWasOvertaken(t *testing.T) {
	s := newScript(t)
	s.step(omnichannel.PSRSeen{PSR: thePSR})
	s.step(omnichannel.PSRSeen{PSR: omnichannel.PSR{ID: thePSR.ID}, Deleted: true})
	look := s.effect(omnichannel.Look)
	moved := thePSR
	moved.ID, moved.Queue, moved.Created = "0JR000000000002AAA", other, thePSR.Created.Add(time.Second)
	s.step(omnichannel.PSRSeen{PSR: moved})
	s.wantReports("arrived")
	s.step(omnichannel.Outcome{Effect: look, Result: omnichannel.Done, Seen: &omnichannel.Seen{}})
	s.wantReports("")
	s.wantState(omnichannel.Announced)
	s.effect(omnichannel.Look)
	s.step(omnichannel.PSRSeen{PSR: thePSR}) // replayed, of the one before
	if s.out.Stale != 1 {
		t.Error("a PSR that was followed by another is believed")
	}
}

// TestReleaseIsFollowedUp holds that the close of work is looked up when no event tells of
// it, and that what cannot be closed is answered.
func TestReleaseIsFollowedUp(t *testing.T) {
	s := newScript(t)
	s.alerting()
	s.direct(vcc.Close)
	s.wantReports("close failed")
	s.wantState(omnichannel.Alerting)
	s.work(omnichannel.Opened)
	s.direct(vcc.Close)
	s.step(omnichannel.Outcome{Effect: s.effect(omnichannel.CloseWork), Result: omnichannel.Done})
	s.after(5*time.Second - 1)
	if len(s.out.Effects) != 0 {
		t.Errorf("%+v", s.out.Effects)
	}
	s.after(1)
	s.effect(omnichannel.Look)
}

// TestNotesTellTheStory holds what the account of an interaction has to tell.
func TestNotesTellTheStory(t *testing.T) {
	s := newScript(t)
	var told []string
	for _, next := range []func(){
		func() { s.step(omnichannel.PSRSeen{PSR: thePSR}) }, func() { s.offer(1, agents[0]) },
		func() {
			s.step(omnichannel.Outcome{Effect: s.effect(omnichannel.CreateWork), Result: omnichannel.Done, Work: theWork.ID})
		},
		func() { s.work(omnichannel.Opened) }, func() { s.heard(omnichannel.Assigned) }, func() { s.heard(omnichannel.Declined) },
		func() { s.work(omnichannel.Closed) },
	} {
		next()
		for _, n := range s.out.Notes {
			told = append(told, n.What)
		}
	}
	want := "[arrived offered alerting accepted transferring transfer refused ended]"
	if got := fmt.Sprint(told); got != want {
		t.Errorf("told %s, want %s", got, want)
	}
	if at, ok := s.l.Next(); !ok || !at.Equal(s.now.Add(25*time.Hour)) {
		t.Errorf("it is forgotten at %v, %v", at, ok)
	}
	s.heard(omnichannel.Declined)
	if s.out.Stale != 1 {
		t.Error("a replayed refusal of a transfer is believed")
	}
}

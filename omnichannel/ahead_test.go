package omnichannel_test

import (
	"testing"
	"time"

	"omnibridge/omnichannel"
)

// TestSweepAheadOfEvents: work goes from one agent to the next and on to a third. A sweep
// tells of the third before the events about the second come, which look like a newer
// transfer, so that the third's work seems to be over. What the org says then corrects it.
func TestSweepAheadOfEvents(t *testing.T) {
	third := omnichannel.AgentWork{ID: "0Bz000000000003AAA", Record: thePSR.Record, User: agents[2], Channel: chat, Status: omnichannel.Opened}
	fourth := another(omnichannel.Assigned)
	fourth.ID = "0Bz000000000004AAA"
	ahead := func(t *testing.T) *script {
		t.Helper()
		s := newScript(t)
		s.alerting()
		s.work(omnichannel.Opened)
		s.step(omnichannel.Baseline{Directory: directory, Works: []omnichannel.AgentWork{third}, Begun: s.now})
		s.wantReports("moved accepted")
		s.wantHas(third)
		s.heard(omnichannel.Assigned)
		s.heard(omnichannel.Opened)
		s.wantReports("moved accepted")
		s.wantHas(another(""))
		s.heard(omnichannel.Transferred)
		s.wantReports("")
		return s
	}
	t.Run("the look that follows", func(t *testing.T) {
		s := ahead(t)
		s.looked(omnichannel.Seen{Works: []omnichannel.AgentWork{third}})
		s.wantReports("moved accepted")
		s.wantHas(third)
	})
	// alerted has the look be overtaken by a transfer to a fourth.
	alerted := func(t *testing.T) *script {
		t.Helper()
		s := ahead(t)
		look := s.effect(omnichannel.Look)
		s.step(omnichannel.WorkSeen{Work: fourth})
		s.wantNote("transferring")
		s.step(omnichannel.Outcome{Effect: look, Result: omnichannel.Done, Seen: &omnichannel.Seen{Works: []omnichannel.AgentWork{third, fourth}}})
		s.wantState(omnichannel.Alerting)
		return s
	}
	thirdAgain := func(t *testing.T, s *script) {
		t.Helper()
		s.looked(omnichannel.Seen{Works: []omnichannel.AgentWork{third, fourth}})
		s.wantReports("refused:undelivered moved accepted")
		s.wantHas(third)
		rid, has := third, fourth
		rid.Status, has.Status = omnichannel.Transferred, omnichannel.Opened
		s.step(omnichannel.WorkSeen{Work: rid})
		s.wantReports("moved")
		s.step(omnichannel.WorkSeen{Work: has})
		s.wantReports("accepted")
		s.wantHas(has)
	}
	t.Run("a look that was overtaken", func(t *testing.T) {
		thirdAgain(t, alerted(t))
	})
	t.Run("a sweep", func(t *testing.T) {
		s := alerted(t)
		again := s.effect(omnichannel.Look)
		s.step(omnichannel.Outcome{Effect: again, Result: omnichannel.Done, Seen: &omnichannel.Seen{Works: []omnichannel.AgentWork{fourth}}})
		s.wantState(omnichannel.Alerting) // the third was not told
		s.after(time.Minute)
		s.step(omnichannel.Baseline{Directory: directory, Works: []omnichannel.AgentWork{third, fourth}, Begun: s.now})
		thirdAgain(t, s)
	})
}

// TestLookOlderThanAnEnd: the end of an AgentWork comes after the org was asked, and before
// its answer, which still has it with an agent.
func TestLookOlderThanAnEnd(t *testing.T) {
	s := newScript(t)
	s.step(omnichannel.PSRSeen{PSR: thePSR})
	s.step(omnichannel.PSRSeen{PSR: omnichannel.PSR{ID: thePSR.ID}, Deleted: true})
	look := s.effect(omnichannel.Look)
	s.heard(omnichannel.Declined)
	s.step(omnichannel.Outcome{Effect: look, Result: omnichannel.Done, Seen: &omnichannel.Seen{Works: []omnichannel.AgentWork{another(omnichannel.Assigned)}}})
	s.wantReports("")
	s.wantState(omnichannel.Announced)
	s.effect(omnichannel.Look)
}

// wantHas holds that the agent of w has the item.
func (s *script) wantHas(w omnichannel.AgentWork) {
	s.t.Helper()
	if c, _ := s.l.Chain(s.id); c.State != omnichannel.InHand || c.Work != w.ID || c.Agent != w.User {
		s.t.Fatalf("%s, with %s as %s, want %s as %s", c.State, c.Agent, c.Work, w.User, w.ID)
	}
}

package omnichannel_test

import (
	"testing"
	"time"

	"omnibridge/omnichannel"
	"omnibridge/vcc"
)

// looked answers the one look of the last step.
func (s *script) looked(seen omnichannel.Seen) {
	s.t.Helper()
	s.step(omnichannel.Outcome{Effect: s.effect(omnichannel.Look), Result: omnichannel.Done, Seen: &seen})
}

func (s *script) direct(kind vcc.DirectiveKind) {
	s.out = s.l.Direct(s.now, vcc.Directive{Kind: kind, Interaction: theInteraction, Offer: 1, Agent: agents[0], Plan: "Sales"})
}

// held announces the item in a channel that is not known.
func (s *script) held() {
	s.t.Helper()
	p := thePSR
	p.Channel = "0N9000000000007AAA"
	s.step(omnichannel.PSRSeen{PSR: p})
}

// heard tells of an AgentWork that Salesforce made for the second agent.
func (s *script) heard(status omnichannel.WorkStatus) {
	s.t.Helper()
	s.step(omnichannel.WorkSeen{Work: another(status)})
}

func another(status omnichannel.WorkStatus) omnichannel.AgentWork {
	return omnichannel.AgentWork{ID: "0Bz000000000002AAA", Record: thePSR.Record, User: agents[1], Channel: chat, Status: status}
}

// transferring has the first agent, who has the item, give it to the second in Salesforce,
// and the engine direct something meanwhile, which is sent.
func (s *script) transferring(kind vcc.DirectiveKind) omnichannel.Effect {
	s.t.Helper()
	s.alerting()
	s.work(omnichannel.Opened)
	s.heard(omnichannel.Assigned)
	s.direct(kind)
	return s.effect(map[vcc.DirectiveKind]omnichannel.EffectKind{vcc.Close: omnichannel.CloseWork, vcc.Requeue: omnichannel.ChangeOwner}[kind])
}

// overtaken is transferring, and the second agent accepts before anybody hears that the
// first is rid of it; what was sent comes to nothing.
func (s *script) overtaken(kind vcc.DirectiveKind) {
	s.t.Helper()
	sent := s.transferring(kind)
	s.heard(omnichannel.Opened)
	s.step(omnichannel.Outcome{Effect: sent, Result: omnichannel.Deferred, Code: "UNAVAILABLE"})
}

// TestRareMoves holds what leads to those moves of the machine that histories at random
// hardly ever reach, and what they report.
func TestRareMoves(t *testing.T) {
	withAnother := func(status omnichannel.WorkStatus) func(*script) {
		return func(s *script) {
			s.t.Helper()
			s.looked(omnichannel.Seen{PSRs: []omnichannel.PSR{thePSR}, Works: []omnichannel.AgentWork{another(status)}})
		}
	}
	transferred := func(s *script) { s.work(omnichannel.Transferred) }
	sighted := vcc.InteractionID(another("").ID) // what nobody announced is known by its AgentWork
	for _, tt := range []struct {
		move    string
		story   func(*script)
		in      omnichannel.State
		last    func(*script)
		to      omnichannel.State
		reports string
		offer   int // afterwards
		agent   vcc.AgentID
	}{
		{
			"announced × pushed", func(s *script) { s.step(omnichannel.PSRSeen{PSR: thePSR}); s.heard(omnichannel.Assigned) },
			omnichannel.Announced, withAnother(omnichannel.Assigned), omnichannel.Alerting, "moved", 1, agents[1],
		},
		{
			"announced × opened", func(s *script) { s.step(omnichannel.PSRSeen{PSR: thePSR}); s.heard(omnichannel.Opened) },
			omnichannel.Announced, withAnother(omnichannel.Opened), omnichannel.InHand, "moved accepted", 1, agents[1],
		},
		{
			"held × pushed", func(s *script) { s.held(); s.heard(omnichannel.Assigned) },
			omnichannel.Held, withAnother(omnichannel.Assigned), omnichannel.Alerting, "moved", 1, agents[1],
		},
		{
			"held × opened", func(s *script) { s.held(); s.heard(omnichannel.Opened) },
			omnichannel.Held, withAnother(omnichannel.Opened), omnichannel.InHand, "moved accepted", 1, agents[1],
		},
		{
			"sighted × pushed", func(s *script) { s.id = sighted; s.heard(omnichannel.Assigned) },
			omnichannel.Sighted, withAnother(omnichannel.Assigned), omnichannel.Alerting, "moved", 1, agents[1],
		},
		{
			"sighted × closed", func(s *script) { s.id = sighted; s.heard(omnichannel.Opened) },
			omnichannel.Sighted, func(s *script) {
				s.looked(omnichannel.Seen{Works: []omnichannel.AgentWork{another(omnichannel.Closed)}})
			},
			omnichannel.Gone, "", 0, "",
		},
		{
			"pushing × refused", func(s *script) { s.step(omnichannel.PSRSeen{PSR: thePSR}); s.offer(1, agents[0]) },
			omnichannel.Pushing, func(s *script) { s.work(omnichannel.Declined) },
			omnichannel.Announced, "refused:declined", 1, "",
		},
		{
			"closing × pushed", func(s *script) { s.transferring(vcc.Close) },
			omnichannel.Closing, transferred, omnichannel.Alerting, "moved", 2, agents[1],
		},
		{
			"closing × opened", func(s *script) { s.overtaken(vcc.Close) },
			omnichannel.Closing, withAnother(omnichannel.Opened), omnichannel.InHand, "moved accepted", 2, agents[1],
		},
		{
			"requeueing × pushed", func(s *script) { s.transferring(vcc.Requeue) },
			omnichannel.Requeueing, transferred, omnichannel.Alerting, "moved", 2, agents[1],
		},
		{
			"requeueing × opened", func(s *script) { s.overtaken(vcc.Requeue) },
			omnichannel.Requeueing, withAnother(omnichannel.Opened), omnichannel.InHand, "moved accepted", 2, agents[1],
		},
	} {
		t.Run(tt.move, func(t *testing.T) {
			s := newScript(t)
			tt.story(s)
			s.wantState(tt.in)
			tt.last(s)
			s.wantState(tt.to)
			s.wantReports(tt.reports)
			if c, _ := s.l.Chain(s.id); c.Offer != tt.offer || c.Agent != tt.agent {
				t.Errorf("offer %d of %q, want %d of %q", c.Offer, c.Agent, tt.offer, tt.agent)
			}
		})
	}
}

// TestRevived holds that what the org still has, although it was taken for over, is looked
// up and goes on, unless the sweep began before its end.
func TestRevived(t *testing.T) {
	s := newScript(t)
	s.alerting()
	s.work(omnichannel.Opened)
	s.work(omnichannel.Closed)
	s.wantState(omnichannel.Gone)
	opened := theWork
	opened.Status = omnichannel.Opened
	begun := s.now
	s.after(time.Minute)
	sweep := omnichannel.Baseline{Directory: directory, Begun: begun, Works: []omnichannel.AgentWork{opened}}
	s.step(sweep)
	s.wantState(omnichannel.Gone)
	sweep.Begun = s.now
	s.step(sweep)
	s.wantState(omnichannel.Sighted)
	s.wantReports("")
	s.looked(omnichannel.Seen{Works: []omnichannel.AgentWork{opened}})
	s.wantState(omnichannel.InHand)
	s.wantReports("moved accepted")
	s.after(26 * time.Hour)
	s.wantState(omnichannel.InHand) // it is not forgotten as what is over
}

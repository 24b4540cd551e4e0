package omnichannel_test

import (
	"maps"
	"strings"
	"testing"
	"time"

	"omnibridge/omnichannel"
	"omnibridge/vcc"
)

// TestUnknownChannelIsHeld holds that work which cannot be routed as configured
// waits with the reason, and is routed once it can be.
func TestUnknownChannelIsHeld(t *testing.T) {
	s := newScript(t)
	p := thePSR
	p.Channel = "0N9000000000007AAA"
	s.step(omnichannel.PSRSeen{PSR: p})
	s.wantState(omnichannel.Held)
	if !s.out.Resync {
		t.Error("a channel that is not known asks for the setup")
	}
	dir := directory
	dir.Channels = map[omnichannel.ChannelID]omnichannel.Channel{p.Channel: {Name: "Tickets", Entity: "Ticket__c"}}
	s.step(omnichannel.Baseline{Directory: dir, PSRs: []omnichannel.PSR{p}})
	c, _ := s.l.Chain(theInteraction)
	if c.State != omnichannel.Held || !strings.Contains(c.Why, "Tickets") || !strings.Contains(c.Why, "routing file") {
		t.Errorf("%s: %q does not say what to do", c.State, c.Why)
	}
	s.step(omnichannel.Baseline{Directory: omnichannel.Directory{Channels: map[omnichannel.ChannelID]omnichannel.Channel{p.Channel: {Name: "Tickets", Entity: "Case"}}, Queues: directory.Queues}, PSRs: []omnichannel.PSR{p}})
	s.wantReports("arrived")
}

// TestHeldLeavesTheEngine holds that work which moves to where it cannot be routed
// is no longer the engine's to offer.
func TestHeldLeavesTheEngine(t *testing.T) {
	s := newScript(t)
	s.step(omnichannel.PSRSeen{PSR: thePSR})
	p := thePSR
	p.Serial, p.Queue = 2, "00G000000000009AAA"
	s.step(omnichannel.PSRSeen{PSR: p})
	s.wantState(omnichannel.Held)
	s.wantReports("withdrawn:left routing")
}

// TestGivenToAQueueThatIsNotKnown holds that what an agent gives to a queue of which nobody
// has told us yet is the agent's no more, and is routed once the queue is known.
func TestGivenToAQueueThatIsNotKnown(t *testing.T) {
	for _, kind := range []vcc.DirectiveKind{"", vcc.Close, vcc.Requeue} {
		s := newScript(t)
		s.alerting()
		s.work(omnichannel.Opened)
		if kind != "" {
			s.out = s.l.Direct(s.now, vcc.Directive{Kind: kind, Interaction: theInteraction, Offer: 1, Plan: "Sales"})
		}
		to := omnichannel.PSR{
			ID: "0JR000000000002AAA", Serial: 1, Record: thePSR.Record, Queue: "00G000000000009AAA", Channel: chat, Transfer: true, Created: s.now.Add(time.Minute),
		}
		s.step(omnichannel.PSRSeen{PSR: to})
		s.wantState(omnichannel.Held)
		s.wantReports("withdrawn:left routing")
		if r := s.out.Reports[0]; r.Offer != 1 || r.Agent != agents[0] || !s.out.Resync {
			t.Errorf("%+v, to be read again: %v", r, s.out.Resync)
		}
		dir := directory
		dir.Queues = maps.Clone(dir.Queues)
		dir.Queues[to.Queue] = omnichannel.Queue{Name: "New", External: true}
		s.step(omnichannel.Baseline{Directory: dir, PSRs: []omnichannel.PSR{to}, Begun: s.now})
		s.wantState(omnichannel.Announced)
		s.wantReports("arrived")
	}
}

// TestRequeueChoosesByObject holds that a transfer goes to a queue of the plan that may
// own the record, and that one without such a queue is refused.
func TestRequeueChoosesByObject(t *testing.T) {
	const chats, any omnichannel.QueueID = "00G000000000005AAA", "00G000000000006AAA"
	for _, tt := range []struct {
		name string
		set  map[omnichannel.QueueID]omnichannel.Queue
		to   omnichannel.QueueID
	}{
		{"cases before chats", map[omnichannel.QueueID]omnichannel.Queue{
			"00G000000000004AAA": {Name: "A", External: true, Objects: []string{"Case"}}, chats: {Name: "A", External: true, Objects: []string{"Case", "LiveChatTranscript"}},
		}, chats},
		{"routed by Salesforce", map[omnichannel.QueueID]omnichannel.Queue{chats: {Name: "A", Objects: []string{"LiveChatTranscript"}}, any: {Name: "A", External: true}}, any},
		{"another plan", map[omnichannel.QueueID]omnichannel.Queue{chats: {Name: "B", External: true}, any: {Name: "A", External: true}}, any},
		{"the first of two", map[omnichannel.QueueID]omnichannel.Queue{any: {Name: "A", External: true}, chats: {Name: "A", External: true}}, chats},
		{"none", map[omnichannel.QueueID]omnichannel.Queue{chats: {Name: "A", External: true, Objects: []string{"Case"}}}, ""},
		{"none that owns anything", map[omnichannel.QueueID]omnichannel.Queue{chats: {Name: "A", External: true, Objects: []string{}}}, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := newScriptBy(t, omnichannel.Policy{Plans: map[string]vcc.PlanID{"A": "sales"}})
			s.alerting()
			s.work(omnichannel.Opened)
			dir := directory
			dir.Queues = maps.Clone(dir.Queues)
			maps.Copy(dir.Queues, tt.set)
			s.step(omnichannel.Baseline{Directory: dir, Begun: s.now, Works: []omnichannel.AgentWork{{
				ID: theWork.ID, Record: thePSR.Record, User: agents[0], Channel: chat, Status: omnichannel.Opened,
			}}})
			s.out = s.l.Direct(s.now, vcc.Directive{Kind: vcc.Requeue, Interaction: theInteraction, Offer: 1, Plan: "sales"})
			if tt.to != "" {
				if e := s.effect(omnichannel.ChangeOwner); e.Queue != tt.to {
					t.Errorf("it goes to %s, want %s", e.Queue, tt.to)
				}
				return
			}
			s.wantState(omnichannel.InHand)
			s.wantReports("requeue failed")
			if why := s.out.Reports[0].Detail; !strings.Contains(why, "sales") || !strings.Contains(why, "LiveChatTranscript") {
				t.Errorf("%q names neither plan nor object", why)
			}
		})
	}
}

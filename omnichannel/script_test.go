package omnichannel_test

import (
	"strings"
	"testing"
	"time"

	"omnibridge/omnichannel"
	"omnibridge/vcc"
)

// script is a ledger with its time, for tests that tell one story.
type script struct {
	t   *testing.T
	now time.Time
	l   *omnichannel.Ledger
	id  vcc.InteractionID
	out omnichannel.Output // of the last step
}

func newScript(t *testing.T) *script { return newScriptBy(t, omnichannel.Policy{}) }

func newScriptBy(t *testing.T, p omnichannel.Policy) *script {
	l, err := omnichannel.NewLedger(p)
	if err != nil {
		t.Fatal(err)
	}
	s := &script{t: t, l: l, id: theInteraction, now: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}
	s.step(omnichannel.Baseline{Directory: directory, Begun: s.now})
	return s
}

func (s *script) step(sig omnichannel.Signal) {
	s.t.Helper()
	s.out = s.l.Step(s.now, sig)
	for _, f := range s.out.Faults {
		s.t.Fatalf("%T: %v", sig, f)
	}
}

func (s *script) offer(n int, agent vcc.AgentID) {
	s.out = s.l.Direct(s.now, vcc.Directive{Kind: vcc.Offer, Interaction: theInteraction, Offer: n, Agent: agent})
}

func (s *script) after(d time.Duration) {
	s.now = s.now.Add(d)
	s.out = s.l.Tick(s.now)
}

func (s *script) state() omnichannel.State {
	c, _ := s.l.Chain(s.id)
	return c.State
}

func (s *script) wantState(want omnichannel.State) {
	s.t.Helper()
	if got := s.state(); got != want {
		s.t.Fatalf("state %q, want %q", got, want)
	}
}

// reported returns the kinds and reasons of the last step's reports.
func (s *script) reported() string {
	var kinds []string
	for _, r := range s.out.Reports {
		kind := string(r.Kind)
		if r.Reason != "" {
			kind += ":" + string(r.Reason)
		}
		kinds = append(kinds, kind)
	}
	return strings.Join(kinds, " ")
}

func (s *script) wantReports(want string) {
	s.t.Helper()
	if got := s.reported(); got != want {
		s.t.Fatalf("reported %q, want %q", got, want)
	}
}

// effect returns the one effect of the last step.
func (s *script) effect(kind omnichannel.EffectKind) omnichannel.Effect {
	s.t.Helper()
	if len(s.out.Effects) != 1 || s.out.Effects[0].Kind != kind {
		s.t.Fatalf("effects %+v, want one %q", s.out.Effects, kind)
	}
	return s.out.Effects[0]
}

const theInteraction vcc.InteractionID = "0JR000000000001AAA"

var (
	thePSR  = omnichannel.PSR{ID: "0JR000000000001AAA", Serial: 1, Record: "570000000000001AAA", Queue: queue, Channel: chat, Created: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}
	theWork = omnichannel.AgentWork{ID: "0Bz000000000001AAA", PSR: thePSR.ID, Record: thePSR.Record, User: agents[0], Channel: chat, Status: omnichannel.Assigned}
)

// alerting brings the item to the first agent's widget.
func (s *script) alerting() {
	s.t.Helper()
	s.step(omnichannel.PSRSeen{PSR: thePSR})
	s.wantReports("arrived")
	s.offer(1, agents[0])
	s.step(omnichannel.Outcome{Effect: s.effect(omnichannel.CreateWork), Result: omnichannel.Done, Work: theWork.ID})
	s.wantReports("alerting")
}

func (s *script) work(status omnichannel.WorkStatus) {
	s.t.Helper()
	w := theWork
	w.Status = status
	s.step(omnichannel.WorkSeen{Work: w})
}

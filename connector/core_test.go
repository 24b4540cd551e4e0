package connector_test

import (
	"testing"
	"time"

	"omnibridge/connector"
	"omnibridge/omnichannel"
	"omnibridge/vcc"
	"omnibridge/vcc/engine"
)

func newCore(t testing.TB) *connector.Core {
	t.Helper()
	eng, err := engine.New(engine.Config{})
	if err != nil {
		t.Fatal(err)
	}
	c, err := connector.NewCore(omnichannel.Policy{}, eng)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// TestRepeatedCommandIsNotedOnce: a command that comes twice, in one turn or later, is in
// the journal once and is answered each time; an agent's id of a command is nobody else's.
func TestRepeatedCommandIsNotedOnce(t *testing.T) {
	c, now := newCore(t), time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	asks := func(agent vcc.AgentID, id string) vcc.Report {
		return vcc.Report{Kind: vcc.Asked, Agent: agent, Command: &vcc.Command{ID: id, Do: vcc.LogIn, Agent: agent}}
	}
	for i, tt := range []struct {
		reports []vcc.Report
		noted   int
	}{
		{[]vcc.Report{asks(ada, "1"), asks(ada, "1")}, 1},
		{[]vcc.Report{asks(ada, "1")}, 0},
		{[]vcc.Report{asks("ben", "1"), asks("eve", "1")}, 2},
		{[]vcc.Report{asks(ada, "2"), asks(ada, "3")}, 2},
	} {
		turn := c.Turn(now.Add(time.Duration(i)*time.Second), nil, tt.reports)
		if len(turn.Change.Journal) != tt.noted || len(turn.Answers) != len(tt.reports) {
			t.Errorf("turn %d: %d entries and %d answers, want %d and %d: %+v", i, len(turn.Change.Journal), len(turn.Answers), tt.noted, len(tt.reports), turn.Change.Journal)
		}
	}
}

// TestWaitsAreThoseOfFirstPushes: how long a work item waited is noted when its first push
// is done; not when it was refused, when its outcome comes again, or when something else is done.
func TestWaitsAreThoseOfFirstPushes(t *testing.T) {
	c, now := newCore(t), psr(1).Created.Add(time.Minute)
	b, err := (&org{present: agentsPresent}).Baseline(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	c.Turn(now, []omnichannel.Signal{b}, nil)
	pushed := func(n int) omnichannel.Effect {
		t.Helper()
		turn := c.Turn(now, []omnichannel.Signal{omnichannel.PSRSeen{PSR: psr(n)}}, nil)
		if len(turn.Effects) != 1 || turn.Effects[0].Kind != omnichannel.CreateWork {
			t.Fatalf("effects %+v, want a push", turn.Effects)
		}
		return turn.Effects[0]
	}
	done := func(e omnichannel.Effect, work omnichannel.AgentWorkID) connector.Turn {
		return c.Turn(now, []omnichannel.Signal{omnichannel.Outcome{Effect: e, Result: omnichannel.Done, Work: work}}, nil)
	}
	first := pushed(1)
	now = now.Add(time.Second)
	if got := done(first, "0Bz000000000001AAA").Waits; len(got) != 1 || got[0] != 61*time.Second {
		t.Errorf("after the first push waits %v, want 61 s", got)
	}
	if got := done(first, "0Bz000000000001AAA").Waits; len(got) != 0 {
		t.Errorf("the outcome came again, and with it waits %v", got)
	}
	second := pushed(2)
	if got := c.Turn(now, []omnichannel.Signal{omnichannel.Outcome{Effect: second, Result: omnichannel.Refused}}, nil).Waits; len(got) != 0 {
		t.Errorf("a push that was refused left waits %v", got)
	}
	third := pushed(3)
	looks := c.Turn(now, []omnichannel.Signal{omnichannel.Outcome{Effect: third, Result: omnichannel.Unknown}}, nil).Effects
	if len(looks) != 1 || looks[0].Kind != omnichannel.Look {
		t.Fatalf("after an unknown outcome effects %+v, want a look", looks)
	}
	if got := done(looks[0], "").Waits; len(got) != 0 {
		t.Errorf("a look left waits %v", got)
	}
}

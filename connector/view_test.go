package connector_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"omnibridge/connector"
	"omnibridge/omnichannel"
	"omnibridge/vcc"
	"omnibridge/vcc/engine"
)

// TestHoldsTellOfTheAgentWork: what takes an agent's capacity is shown with its AgentWork
// and how that stands, as long as the agent has it.
func TestHoldsTellOfTheAgentWork(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := start(t, &org{present: agentsPresent}, newMemory(t), func(o *connector.Options) {
			eng, err := engine.New(engine.Config{Plans: []vcc.Plan{{ID: "Support", WrapUp: time.Minute}}})
			if err != nil {
				t.Fatal(err)
			}
			o.Engine = eng
		})
		synctest.Wait()
		holds := func(signals ...omnichannel.Signal) []vcc.Holding {
			t.Helper()
			if err := r.sink.Deliver(t.Context(), signals, nil); err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
			v, err := r.c.Agent(t.Context(), ada)
			if err != nil {
				t.Fatal(err)
			}
			return v.Holdings
		}
		work := func(s omnichannel.WorkStatus) omnichannel.Signal {
			return omnichannel.WorkSeen{Work: omnichannel.AgentWork{ID: "0Bz000000000001AAA", PSR: psr(1).ID, Record: psr(1).Record, User: ada, Channel: chat, Status: s}}
		}
		for _, tt := range []struct {
			signal   omnichannel.Signal
			evidence string // "": none of an AgentWork
		}{
			{omnichannel.PSRSeen{PSR: psr(1)}, "; AgentWork 0Bz000000000001AAA alerting since "},
			{work(omnichannel.Opened), "; AgentWork 0Bz000000000001AAA opened since "},
			{work(omnichannel.Closed), ""},
		} {
			got := holds(tt.signal)
			if len(got) != 1 || strings.Contains(got[0].Evidence, "AgentWork") != (tt.evidence != "") || !strings.Contains(got[0].Evidence, tt.evidence) {
				t.Errorf("after %+v: %+v, want %q", tt.signal, got, tt.evidence)
			}
		}
		r.end(t)
	})
}

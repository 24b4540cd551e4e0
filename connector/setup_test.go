package connector_test

import (
	"testing"
	"testing/synctest"

	"omnibridge/connector"
	"omnibridge/vcc"
)

// TestNobodyTransfersToTheDaemon: the user by whom the daemon is logged in is no agent,
// also where no agents are listed.
func TestNobodyTransfersToTheDaemon(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := start(t, &org{self: "005000000000009AAA"}, newMemory(t), nil)
		synctest.Wait()
		if err := r.c.Report(t.Context(), []vcc.Report{{Kind: vcc.Arrived, Interaction: "call", Work: &vcc.Work{Class: vcc.Live, Medium: "call"}}}); err != nil {
			t.Fatal(err)
		}
		found, err := r.c.Find(t.Context(), vcc.Search{Agent: "eve", Interaction: "call", For: vcc.Consult})
		if err != nil || len(found.Options) != 1 || found.Options[0].Name != "Ada" {
			t.Errorf("%+v, %v", found, err)
		}
		r.end(t)
	})
}

// TestPeopleAreFound: who the org knows and was never seen at work is found, once the
// org was read, if they may be an agent.
func TestPeopleAreFound(t *testing.T) {
	for _, may := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			r := start(t, &org{}, newMemory(t), func(o *connector.Options) {
				o.IsAgent = func(id vcc.AgentID) bool { return may && id == ada }
			})
			synctest.Wait()
			for _, c := range []vcc.Command{{ID: "1", Do: vcc.LogIn, Agent: "eve"}} {
				if a, err := r.c.Do(t.Context(), c); err != nil || !a.OK {
					t.Fatalf("%+v, %v", a, err)
				}
			}
			found, err := r.c.Find(t.Context(), vcc.Search{Agent: "eve", Interaction: "call", For: vcc.Consult})
			if err != nil || found.Total != 0 {
				t.Errorf("of what is not there: %+v, %v", found, err)
			}
			if err := r.c.Report(t.Context(), []vcc.Report{{Kind: vcc.Arrived, Interaction: "call", Work: &vcc.Work{Class: vcc.Live, Medium: "call"}}}); err != nil {
				t.Fatal(err)
			}
			found, err = r.c.Find(t.Context(), vcc.Search{Agent: "eve", Interaction: "call", For: vcc.Consult})
			if may != (len(found.Options) == 1 && found.Options[0].Name == "Ada" && found.Options[0].Mark == "out") || err != nil {
				t.Errorf("may be an agent %t: %+v, %v", may, found, err)
			}
			r.end(t)
		})
	}
}

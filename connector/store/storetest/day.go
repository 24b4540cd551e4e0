package storetest

import (
	"testing"
	"time"

	"omnibridge/connector/store"
	"omnibridge/vcc"
)

// testDay holds that of what was counted the last is kept of each plan and agent, over a
// restart too, and that a name which cannot be stored keeps nothing else from it.
func testDay(t *testing.T, b Backend) {
	s := b.Fresh(t)
	noon := time.Date(2026, 3, 2, 12, 0, 0, 5, time.UTC)
	plan := func(id vcc.PlanID, n int) vcc.PlanDay {
		return vcc.PlanDay{Plan: id, Day: noon, Today: vcc.PlanTally{Offered: n, Refused: map[vcc.Reason]int{vcc.Declined: n}}, Minutes: []vcc.Minute{{At: int64(n), Service: vcc.Service{Connected: n}}}}
	}
	agent := func(id vcc.AgentID, n int) vcc.AgentDay {
		return vcc.AgentDay{Agent: id, Day: noon, At: noon.Add(time.Second), Doing: "talk", Times: vcc.AgentTimes{Talk: time.Duration(n)}}
	}
	day := func(d vcc.DayCounts) { commit(t, s, store.Change{Day: &d}) }
	day(vcc.DayCounts{At: noon, Day: noon, Plans: []vcc.PlanDay{plan("b", 1), plan("", 1), plan("\xff", 1)}, Agents: []vcc.AgentDay{agent("y", 1), agent("x", 1)}})
	day(vcc.DayCounts{At: noon.Add(time.Minute), Day: noon, Plans: []vcc.PlanDay{plan("a", 2)}, Agents: []vcc.AgentDay{agent("x", 2)}})
	day(vcc.DayCounts{At: noon.Add(time.Hour), Day: noon})
	want := vcc.DayCounts{At: noon.Add(time.Hour), Day: noon, Plans: []vcc.PlanDay{plan("", 1), plan("a", 2), plan("b", 1)}, Agents: []vcc.AgentDay{agent("x", 2), agent("y", 1)}}
	for range 2 {
		if d := diff(want, stateOf(t, s).Snapshot.Day); d != "" {
			t.Errorf("the day (-want +got):\n%s", d)
		}
		s = b.Again(t, s)
	}
}

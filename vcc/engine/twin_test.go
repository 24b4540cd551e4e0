package engine

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"time"

	"pgregory.net/rapid"

	"omnibridge/vcc"
)

// twinOf returns a machine that is restored from what the store keeps of m, and is told
// of presence and panels what m was told; nil where a restart makes a difference: a panel
// that is lost counts as on its way back.
func twinOf(t *rapid.T, now time.Time, m *Machine) *Machine {
	for _, a := range m.agents {
		// What was left behind and could not be given back is given back once more.
		if !a.panelAlive() || m.cfg.RequeueAfter > 0 && !a.loggedIn() && len(a.open) > 0 {
			return nil
		}
	}
	var items []vcc.Interaction
	var agents []vcc.Agent
	stored(t, slices.Collect(m.Interactions()), &items)
	stored(t, slices.Collect(m.Agents()), &agents)
	twin := newMachine(t, m.cfg)
	if out := twin.Restore(now, items, agents); len(out.Interactions)+len(out.Agents)+len(out.Answers) > 0 || slices.ContainsFunc(out.Directives, notTell) {
		t.Fatalf("restoring changed %+v", out)
	}
	for _, id := range m.roster { // what was taken before is in the store, too
		m.markAgent(m.agents[id])
	}
	for _, c := range m.counts.plans {
		m.markPlan(c)
	}
	var day vcc.DayCounts
	for more := true; more; {
		var part vcc.DayCounts
		part, more = m.DayCounts(now, 1000)
		day = vcc.DayCounts{At: part.At, Day: part.Day, Plans: append(day.Plans, part.Plans...), Agents: append(day.Agents, part.Agents...)}
	}
	twin.RestoreDay(now, day)
	rs := []vcc.Report{{Kind: vcc.SetUp, Setup: &m.setup}}
	for _, id := range m.roster {
		a := m.agents[id]
		if a.told {
			rs = append(rs, vcc.Report{Kind: vcc.Omni, Agent: id, Omni: new(a.row.Omni)})
		}
		if a.panelTold {
			rs = append(rs, vcc.Report{Kind: vcc.PanelChanged, Agent: id, Panel: new(a.row.Panel)})
		}
	}
	if out := twin.Step(now, rs); len(out.Directives)+len(out.Interactions) > 0 {
		t.Fatalf("after the restart it directed %v and changed %v", out.Directives, out.Interactions)
	}
	return twin
}

// notTell tells apart what a restart says again: words to a provider (call_words.go).
func notTell(d vcc.Directive) bool { return d.Kind != vcc.Tell }

// stored brings what the store keeps of v into into.
func stored(t *rapid.T, v, into any) {
	data, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, into); err != nil {
		t.Fatal(err)
	}
}

// goesOnAlike gives twin the reports that m answered with out, and holds that it answers
// the same, that it waits for the same moment, and that it has counted the same today.
// Break: restore.go, restoreItem or restoreAgent: leave out a line; call_restore.go.
func goesOnAlike(t *rapid.T, now time.Time, m, twin *Machine, rs []vcc.Report, out vcc.Output) {
	if twin == nil {
		return
	}
	other := twin.Step(now, rs)
	if a, b := withoutWhy(out), withoutWhy(other); !reflect.DeepEqual(a, b) {
		t.Fatalf("after %v a restored machine answers\n%+v\nand the other\n%+v", rs, b, a)
	}
	at, ok := m.Next()
	also, too := twin.Next()
	if ok != too || !at.Equal(also) {
		t.Fatalf("after %v a restored machine waits for %v, the other for %v", rs, also, at)
	}
	for _, id := range out.Interactions {
		if a, b := rowOf(t, m, id), rowOf(t, twin, id); a != b {
			t.Fatalf("after %v a restored machine has\n%s\nand the other\n%s", rs, b, a)
		}
	}
	for _, id := range out.Agents {
		a, b := jsonOf(t, m.copyAgent(m.agents[id])), jsonOf(t, twin.copyAgent(twin.agents[id]))
		if a != b {
			t.Fatalf("after %v a restored machine has\n%s\nand the other\n%s", rs, b, a)
		}
	}
	for _, a := range m.Stats(now).Agents {
		b, _ := twin.AgentStats(now, a.Agent)
		if !reflect.DeepEqual(a.Today, b.Today) || a.Times != b.Times {
			t.Fatalf("after %v a restored machine has counted of %s\n%+v %+v\nand the other\n%+v %+v", rs, a.Agent, b.Today, b.Times, a.Today, a.Times)
		}
	}
	for i, a := range m.PlanStats(now).Plans {
		if b := twin.PlanStats(now).Plans[i]; !reflect.DeepEqual(a.Today, b.Today) || a.Recent != b.Recent {
			t.Fatalf("after %v a restored machine has counted of %s\n%+v %+v\nand the other\n%+v %+v", rs, a.Plan, b.Today, b.Recent, a.Today, a.Recent)
		}
	}
}

// rowOf writes down an interaction without the words, which may tell less after a restart.
func rowOf(t *rapid.T, m *Machine, id vcc.InteractionID) string {
	x, known := m.Interaction(id)
	x.Why = ""
	return fmt.Sprint(known, jsonOf(t, x))
}

// evenly draws 0 to n-1, each as likely: rapid's own ranges and samples favour the first,
// so that what stands last in a list hardly ever happens.
func evenly(t *rapid.T, label string, n int) int {
	v := 0
	for _, b := range rapid.SliceOfN(rapid.Bool(), 12, 12).Draw(t, label) {
		v *= 2
		if b {
			v++
		}
	}
	return v % n
}

func anyOf[T any](t *rapid.T, label string, of []T) T { return of[evenly(t, label, len(of))] }

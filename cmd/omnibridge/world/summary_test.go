package world

import (
	"slices"
	"strings"
	"testing"

	"omnibridge/connector/store"
	"omnibridge/omnichannel"
	"omnibridge/salesforce/mockorg"
	"omnibridge/vcc"
)

const record, theChain, ada = "570000000000001AAA", "0JR000000000001AAA", "005000000000001AAA"

func verdict(outcome string, change func(*mockorg.WorkVerdict)) mockorg.WorkVerdict {
	v := mockorg.WorkVerdict{Work: record, Object: "LiveChatTranscript", PSRs: 1, Pushes: 1, MaxAssigned: 1, Outcome: outcome, Refused: map[string]int{}, FirstPushMS: new(5.0)}
	if outcome == "opened" || outcome == "closed" {
		v.MaxOpened, v.AcceptedBy = 1, []string{ada}
	}
	if change != nil {
		change(&v)
	}
	return v
}

func stored(state omnichannel.State, engine vcc.State, why string) store.Snapshot {
	return store.Snapshot{
		Chains:       []omnichannel.Chain{{Interaction: theChain, Record: record, State: state, Agent: ada}},
		Interactions: []vcc.Interaction{{ID: theChain, State: engine, Why: why}},
	}
}

// TestCompareFindsWhatIsWrong holds that the demo's verdict can be bad: each row
// is one way in which work is lost or doubled, and one in which it is neither.
func TestCompareFindsWhatIsWrong(t *testing.T) {
	for name, tt := range map[string]struct {
		v             mockorg.WorkVerdict
		s             store.Snapshot
		lost, doubled int
	}{
		"waits, with a reason":           {verdict("waiting", nil), stored(omnichannel.Announced, vcc.Waiting, "all at capacity"), 0, 0},
		"waits, nobody knows why":        {verdict("waiting", nil), stored(omnichannel.Announced, vcc.Waiting, ""), 1, 0},
		"waits, the engine forgot":       {verdict("waiting", nil), stored(omnichannel.Announced, vcc.Closed, "x"), 1, 0},
		"waits, the daemon thinks over":  {verdict("waiting", nil), stored(omnichannel.Gone, vcc.Closed, ""), 1, 0},
		"waits, the daemon never heard":  {verdict("waiting", nil), store.Snapshot{}, 1, 0},
		"alerts":                         {verdict("waiting", nil), stored(omnichannel.Alerting, vcc.Alerted, ""), 0, 0},
		"held for want of configuration": {verdict("waiting", nil), stored(omnichannel.Held, "", ""), 0, 0},
		"with an agent":                  {verdict("opened", nil), stored(omnichannel.InHand, vcc.Connected, ""), 0, 0},
		"with an agent, not known":       {verdict("opened", nil), stored(omnichannel.Announced, vcc.Waiting, "x"), 1, 0},
		"with another agent":             {verdict("opened", func(v *mockorg.WorkVerdict) { v.AcceptedBy = []string{"005X"} }), stored(omnichannel.InHand, vcc.Connected, ""), 1, 0},
		"over":                           {verdict("closed", nil), stored(omnichannel.Gone, vcc.Closed, ""), 0, 0},
		"over, still held":               {verdict("closed", nil), stored(omnichannel.InHand, vcc.Connected, ""), 1, 0},
		"withdrawn, still waiting":       {verdict("withdrawn", nil), stored(omnichannel.Announced, vcc.Waiting, "x"), 1, 0},
		"pushed twice":                   {verdict("closed", func(v *mockorg.WorkVerdict) { v.MaxAssigned = 2 }), stored(omnichannel.Gone, vcc.Closed, ""), 0, 1},
		"two agents in it":               {verdict("closed", func(v *mockorg.WorkVerdict) { v.MaxOpened = 2 }), stored(omnichannel.Gone, vcc.Closed, ""), 0, 1},
	} {
		t.Run(name, func(t *testing.T) {
			s := Compare([]mockorg.WorkVerdict{tt.v}, tt.s)
			if s.Lost != tt.lost || s.Doubled != tt.doubled || len(s.Faults) != tt.lost+tt.doubled {
				t.Errorf("lost %d, doubled %d (%v), want %d and %d", s.Lost, s.Doubled, s.Faults, tt.lost, tt.doubled)
			}
		})
	}
}

func TestCompareCounts(t *testing.T) {
	var vs []mockorg.WorkVerdict
	for i := range 100 {
		vs = append(vs, verdict("waiting", func(v *mockorg.WorkVerdict) {
			v.Pushes, v.Refused, v.FirstPushMS = 3, map[string]int{"Declined": 1, "DeclinedOnPushTimeout": 1}, new(float64(100-i))
		}))
	}
	s := Compare(vs, stored(omnichannel.Announced, vcc.Waiting, "nobody is present in Chat"))
	if s.Arrived != 100 || s.Routed != 300 || s.Rerouted != 200 || s.Refused["declined"] != 100 || s.Refused["timed out"] != 100 || s.Waiting != 100 || s.WaitingWhy["nobody is present in Chat"] != 100 {
		t.Errorf("unexpected %+v", s)
	}
	if s.Latency != (Latency{P50: 50, P99: 99}) {
		t.Errorf("latency %+v, want the 50th and the 99th of 1 to 100", s.Latency)
	}
	var b strings.Builder
	s.Print(&b)
	for _, want := range []string{"arrived", "refused: timed out", "nobody is present in Chat", "50.0 ms p50, 99.0 ms p99"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("the table lacks %q:\n%s", want, b.String())
		}
	}
}

// TestSeedRepeatsTheWorld holds that what people decide comes from the seed.
func TestSeedRepeatsTheWorld(t *testing.T) {
	decisions := func(seed uint64) []deed {
		a := newAgent(Options{Seed: seed, Pace: DefaultPace}, mockorg.AgentState{ID: ada}, 5, nil)
		var ds []deed
		for range 200 {
			ds = append(ds, a.decide())
		}
		return ds
	}
	if !slices.Equal(decisions(1), decisions(1)) {
		t.Error("the same seed gives another world")
	}
	if slices.Equal(decisions(1), decisions(2)) {
		t.Error("another seed gives the same world")
	}
	did := map[string]bool{}
	for _, d := range decisions(1) {
		did[d.what] = true
		if d.after < DefaultPace.Think/2 || d.after > DefaultPace.Think*3/2 {
			t.Errorf("thinks for %v", d.after)
		}
	}
	for _, want := range []string{"accept", "decline", "ignore", "drop"} {
		if !did[want] {
			t.Errorf("in 200 offers nobody did %s", want)
		}
	}
}

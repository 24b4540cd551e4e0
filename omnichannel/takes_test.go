package omnichannel

import (
	"maps"
	"slices"
	"testing"

	"omnibridge/vcc"
)

// TestTakes: a plan takes what one of its queues in external routing may own.
func TestTakes(t *testing.T) {
	d := Directory{
		Channels: map[ChannelID]Channel{"c": {Name: "Cases", Entity: "Case"}, "l": {Name: "Leads", Entity: "Lead"}},
		Queues: map[QueueID]Queue{
			"1": {Name: "A", External: true, Objects: []string{"Case"}},
			"2": {Name: "B", External: true, Objects: []string{"Lead"}},
			"3": {Name: "C", Objects: []string{"Case", "Lead"}},
			"4": {Name: "D", External: true, Objects: []string{}},
			"5": {Name: "E", External: true},
		},
	}
	got := Policy{Plans: map[string]vcc.PlanID{"A": "mail", "B": "mail"}}.Takes(d)
	want := map[vcc.Channel][]vcc.PlanID{"Cases": {"E", "mail"}, "Leads": {"E", "mail"}}
	if !maps.EqualFunc(got, want, slices.Equal[[]vcc.PlanID]) {
		t.Errorf("got %v, want %v", got, want)
	}
}

package mockorg

import (
	"strings"
	"testing"
)

func TestSeedRefused(t *testing.T) {
	cases := []struct {
		spoil func(*Seed)
		want  string
	}{
		{func(s *Seed) { s.Name = "" }, "name is empty"},
		{func(s *Seed) { s.Users[2].Username = "ada" }, "not like an email"},
		{func(s *Seed) { s.Users[3].Username = s.Users[2].Username }, "there twice"},
		{func(s *Seed) { s.Users[2].LastName = "" }, "no last name"},
		{func(s *Seed) { s.Users[2].Agent.AutoAccept = true }, "both on"},
		{func(s *Seed) { s.Users[2].Agent.Capacity = -1 }, "capacity -1"},
		{func(s *Seed) { s.Users[2].Agent.StatusOnDecline = "Gone" }, `status "Gone"`},
		{func(s *Seed) { s.Channels[0].Object = "Case" }, "channel for object Case is there twice"},
		{func(s *Seed) { s.Channels[0].CapacityModel = "None" }, "TabBased, StatusBased"},
		{func(s *Seed) { s.Channels[0].Object = "Task" }, "cannot route"},
		{func(s *Seed) { s.Statuses[0].Channels = []string{"Fax"} }, `channel "Fax"`},
		{func(s *Seed) { s.Routings[0].Model = "Random" }, "ExternalRouting"},
		{func(s *Seed) { s.Routings[0].CapacityPercentage = 5 }, "keep one"},
		{func(s *Seed) { s.Routings[0].PushTimeout = -1 }, "negative"},
		{func(s *Seed) { s.Queues[0].Routing = "None" }, `routing "None"`},
		{func(s *Seed) { s.Queues[0].Members = []string{"zoe@acme.example"} }, "zoe"},
	}
	for _, c := range cases {
		s := DefaultSeed()
		c.spoil(&s)
		if _, err := New(Options{Seed: &s}); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("got %v, want a refusal that says %q", err, c.want)
		}
	}
}

// TestSeedOfCapacityInPercent: a routing configuration weighs its work one way or
// the other.
func TestSeedOfCapacityInPercent(t *testing.T) {
	w := newWorld(t, func(s *Seed) {
		s.Routings[0].CapacityWeight, s.Routings[0].CapacityPercentage = 0, 25
	})
	for i, r := range w.o.Records("QueueRoutingConfig") {
		percent, weight := r["CapacityPercentage"], r["CapacityWeight"]
		if i == 0 && (percent != 25.0 || weight != nil) || i > 0 && (percent != nil || weight == nil) {
			t.Errorf("%v weighs %v, or %v %%", r["DeveloperName"], weight, percent)
		}
	}
}

// TestSeedFills checks what later parts look records up by.
func TestSeedFills(t *testing.T) {
	w := newWorld(t, nil)
	if n := len(w.o.Agents()); n != 6 {
		t.Errorf("%d agents, want 6", n)
	}
	for _, u := range w.o.Records("User") {
		if u.str("CreatedById") != w.user("autoproc") || u.str("Name") == "" || u.str("ProfileId") == "" {
			t.Errorf("user %v", u)
		}
	}
	for _, q := range w.o.Records("Group") {
		if q.str("QueueRoutingConfigId") == "" || len(w.o.Records("QueueSobject")) != 5 {
			t.Errorf("queue %v", q)
		}
	}
}

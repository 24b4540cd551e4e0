package engine

import (
	"strings"
	"testing"
	"time"

	"omnibridge/vcc"
)

func TestWhyWaiting(t *testing.T) {
	d := newDesk(t, Config{Skills: map[vcc.AgentID][]vcc.Skill{"ada": {"french"}}})
	why := func(id vcc.InteractionID, want string) {
		t.Helper()
		if got := d.item(id).Why; got != want {
			t.Errorf("%s: %q, want %q", id, got, want)
		}
	}
	out := d.step(chat("x", 0, skills("french")))
	why("x", "nobody is present in Chat")
	if len(out.Decisions) != 1 || out.Decisions[0].Offer != 0 || out.Decisions[0].Why != "nobody is present in Chat" {
		t.Errorf("%+v", out.Decisions)
	}
	d.step(online("bob", "Chat"), online("cy", "Chat"))
	why("x", "2 agents online in Chat, none with french")
	ada := online("ada", "Chat")
	ada.Name = "Ada L."
	d.step(ada)
	d.at(180, refuse("x", 1, vcc.Declined))
	why("x", "1 agent online in Chat with french, 1 with room; Ada L. declined, asked again at 10:06:00")
	d.step(offline("ada"), offline("cy"), chat("a", 0), chat("b", 1), chat("c", 2), chat("e", 3))
	why("e", "1 agent online in Chat, all at capacity")
}

func TestNonsenseChangesNothing(t *testing.T) {
	for _, r := range []vcc.Report{
		{}, {Kind: "dance", Interaction: "x"}, {Kind: vcc.Omni, Agent: "ada"}, {Kind: vcc.Omni, Omni: &vcc.Presence{}},
		{Kind: vcc.Arrived, Interaction: "n"}, {Kind: vcc.Arrived, Work: &vcc.Work{Class: vcc.Live}},
		{Kind: vcc.Arrived, Interaction: "n", Work: &vcc.Work{Class: "loud"}},
		{Kind: vcc.Moved, Interaction: "x", Offer: 9}, {Kind: vcc.Moved, Interaction: "x", Offer: 1 << 40, Agent: "ada"},
		{Kind: vcc.Moved, Interaction: "x", Offer: -1, Agent: "ada"},
		{Kind: vcc.Moved, Interaction: "x", Offer: 9, Agent: "ada", Work: &vcc.Work{Class: "loud"}},
	} {
		d := newDesk(t, Config{})
		d.step(chat("x", 0))
		out := d.at(1, r)
		if len(out.Decisions) != 1 || !strings.HasPrefix(out.Decisions[0].Why, "ignored ") {
			t.Errorf("%+v: %+v", r, out.Decisions)
		}
		if len(out.Interactions)+len(out.Agents)+len(out.Directives)+out.Late != 0 {
			t.Errorf("%+v changed something: %+v", r, out)
		}
	}
}

func TestConfigFaultsAreToldTogether(t *testing.T) {
	_, err := New(Config{
		Sizes: vcc.Sizes{Live: 50, SemiLive: 1, NonLive: 1}, AgentSizes: map[vcc.AgentID]vcc.Sizes{"ada": {}},
		OptimumLoad: 101, MaxSemiLive: -1, CoolDown: -1, FailCoolDown: -2, ChannelCoolDown: -3, KeepClosed: -4,
		LastResortAfter: time.Hour, AcceptWithin: map[vcc.Class]time.Duration{vcc.Live: 0, "loud": 1},
		Plans:       []vcc.Plan{{}, {ID: "p", Priority: 9}, {ID: "p", WrapUp: -1, Skills: []vcc.Skill{""}}},
		DefaultPlan: vcc.Plan{Priority: -1}, Skills: map[vcc.AgentID][]vcc.Skill{"bob": {""}},
	})
	if err == nil {
		t.Fatal("no error")
	}
	for _, want := range []string{
		"Sizes: size of live interactions is 50 percent", `AgentSizes["ada"]`, "OptimumLoad is 101", "MaxSemiLive is -1",
		"CoolDown is -1ns", "FailCoolDown is -2ns", "ChannelCoolDown is -3ns", "KeepClosed is -4ns", "LastResortAfter is 1h0m0s",
		`AcceptWithin["live"] is 0s`, `AcceptWithin["loud"]`, "Plans[0].ID is empty", "Plans[1].Priority is 9",
		`Plans[2].ID "p" is used twice`, "Plans[2].WrapUp is -1ns", "Plans[2].Skills", "DefaultPlan.Priority is -1", `Skills["bob"]`,
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("not told: %s", want)
		}
	}
}

package engine

import (
	"strings"
	"testing"
	"time"

	"omnibridge/vcc"
)

func TestFaultsOfWhatConcernsAgents(t *testing.T) {
	_, err := New(Config{
		NoAnswer:   map[vcc.Class]time.Duration{vcc.Live: -1, "loud": 1},
		LeaseGrace: -1, LoginStale: -2, ReleaseWithin: -3, PersonalLoggedIn: -4, PersonalLoggedOut: -5,
		PopNonLive: "sometimes", Transferable: []vcc.PlanID{"p", "nothing"}, Plans: []vcc.Plan{{ID: "p"}},
		States:    []vcc.AgentState{stAway, stAway, {Major: "asleep"}, {Minor: "x"}},
		StatusFor: map[vcc.AgentState]string{stReady: "Available"}, StateFor: map[string]vcc.AgentState{"Busy": stOut, "": stGone},
	})
	if err == nil {
		t.Fatal("no error")
	}
	for _, want := range []string{
		`NoAnswer["live"] is -1ns`, `NoAnswer["loud"]: there is no such class`, "LeaseGrace is -1ns", "LoginStale is -2ns", "ReleaseWithin is -3ns",
		"PersonalLoggedIn is -4ns", "PersonalLoggedOut is -5ns", `PopNonLive is "sometimes"`, `Transferable holds "nothing"`,
		`States[1] "Away" is there twice`, `States[2].Major is "asleep"`, "logged out cannot have a minor state", "States holds none that is ready",
		`StatusFor["Ready"]`, `StateFor["Busy"]`,
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("not told: %s", want)
		}
	}
	if strings.Contains(err.Error(), `StateFor[""]`) || strings.Contains(err.Error(), `"p"`) {
		t.Errorf("told without reason: %v", err)
	}
}

// TestConfigIsCopied: what the caller does with its maps later changes nothing.
func TestConfigIsCopied(t *testing.T) {
	c := mapped()
	c.NoAnswer = map[vcc.Class]time.Duration{vcc.SemiLive: time.Minute}
	c.Plans, c.Transferable = []vcc.Plan{{ID: "p"}, {ID: "q"}}, []vcc.PlanID{"p"}
	m := newMachine(t, c)
	c.NoAnswer[vcc.SemiLive], c.StatusFor[stReady], c.StateFor["Pause"], c.Transferable[0] = 0, "Other", stOut, "q"
	if m.cfg.NoAnswer[vcc.SemiLive] != time.Minute || m.cfg.StatusFor[stReady] != "Available" || m.cfg.StateFor["Pause"] != stAway || !m.transferable("p") {
		t.Errorf("%+v", m.cfg)
	}
	if m.cfg.NoAnswer[vcc.Live] != DefaultNoAnswer {
		t.Error("the default of live is gone")
	}
}

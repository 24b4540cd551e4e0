package vcc_test

import (
	"testing"

	"omnibridge/vcc"
)

// TestCurrent holds that who wraps up, or asked for a consult, does not have it.
func TestCurrent(t *testing.T) {
	for _, tt := range []struct {
		name string
		legs []vcc.Leg
		want vcc.AgentID
	}{
		{"nobody yet", nil, ""},
		{"offered", []vcc.Leg{{Agent: "ada", State: vcc.Offered}}, "ada"},
		{"wraps up", []vcc.Leg{{Agent: "ada", State: vcc.WrapUp}}, ""},
		{"the next has it", []vcc.Leg{{Agent: "ada", State: vcc.WrapUp}, {Agent: "bob", State: vcc.Connected}}, "bob"},
		{"asked, not yet answered", []vcc.Leg{{Agent: "ada", State: vcc.Connected, Asker: true}}, ""},
		{"consulted", []vcc.Leg{{Agent: "ada", State: vcc.Connected, Asker: true}, {Agent: "bob", State: vcc.Connected}}, "bob"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			x := vcc.Interaction{Legs: tt.legs}
			got := x.Current()
			if got == nil && tt.want == "" {
				return
			}
			if got == nil || got.Agent != tt.want {
				t.Fatalf("%+v has it, want %q", got, tt.want)
			}
			if got.State = vcc.Closed; x.Legs[len(x.Legs)-1].State != vcc.Closed {
				t.Error("it is a copy")
			}
		})
	}
}

// TestBlames holds that only what was never made is not held against the agent.
func TestBlames(t *testing.T) {
	for _, r := range []vcc.Reason{vcc.Declined, vcc.TimedOut, vcc.Unavailable, vcc.Failed, vcc.Undelivered} {
		if got := r.Blames(); got != (r != vcc.Undelivered) {
			t.Errorf("%s: %v", r, got)
		}
	}
}

func TestMajorsAreKnown(t *testing.T) {
	for _, m := range []vcc.Major{vcc.LoggedOut, vcc.Ready, vcc.Outbound, vcc.Away, vcc.ExtendedAway} {
		if !m.Valid() {
			t.Errorf("%q is not valid", m)
		}
	}
	if vcc.Major("lunch").Valid() {
		t.Error("any state is valid")
	}
}

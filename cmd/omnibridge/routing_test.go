package main

import (
	"fmt"
	"testing"

	"omnibridge/vcc"
)

// TestWhoMayBeAgent holds that those who are listed may be agents, by either form of their
// id, and all if nobody is; and that to ask takes no longer if more are listed.
func TestWhoMayBeAgent(t *testing.T) {
	const ada, ben = "0055e000000AbCdAAK", "0055e000000AbCeAAK"
	for _, tt := range []struct {
		listed   string
		ada, ben bool
	}{{"", true, true}, {ada, true, false}, {ada[:15], true, false}} {
		r := routing{Agents: map[string]agentFile{}}
		if tt.listed != "" {
			r.Agents[tt.listed] = agentFile{}
		}
		if is := r.isAgent(); is(ada) != tt.ada || is(ben) != tt.ben {
			t.Errorf("with %q listed Ada is an agent: %v, and Ben: %v", tt.listed, is(ada), is(ben))
		}
	}
	r := routing{Agents: map[string]agentFile{}}
	for n := range 1000 {
		r.Agents[fmt.Sprintf("005%012d", n)] = agentFile{}
	}
	is := r.isAgent()
	if n := testing.AllocsPerRun(10, func() { is(vcc.AgentID(ben)) }); n > 0 {
		t.Errorf("to ask allocates %v times: each of those who are listed is looked at", n)
	}
}

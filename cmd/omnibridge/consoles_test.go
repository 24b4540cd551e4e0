package main

import (
	"testing"

	"omnibridge/vcc"
)

// TestAgentNames: other systems call agents by their usernames (vcc.md 10.2), or by
// their ids.
func TestAgentNames(t *testing.T) {
	const ada, nobody = vcc.AgentID("005Mk0000000003IAA"), vcc.AgentID("005Mk0000000009IAA")
	o := &reachedOrg{names: map[vcc.AgentID]string{ada: "ada@acme.example"}}
	for _, name := range []string{"ada@acme.example", "Ada@ACME.example", string(ada), "005Mk0000000003"} {
		if got, ok := o.agentNamed(name); got != ada || !ok {
			t.Errorf("%q is %q, %v", name, got, ok)
		}
	}
	for _, name := range []string{"", "Ada Okafor", string(nobody)} {
		if got, ok := o.agentNamed(name); ok {
			t.Errorf("%q is %q", name, got)
		}
	}
	if o.nameOf(ada) != "ada@acme.example" || o.nameOf(nobody) != string(nobody) {
		t.Errorf("they are called %q and %q", o.nameOf(ada), o.nameOf(nobody))
	}
}

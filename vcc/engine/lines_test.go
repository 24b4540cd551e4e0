package engine

import (
	"fmt"
	"testing"

	"omnibridge/vcc"
)

// TestMoreDemandsThanLines holds that dropping lines changes no decision.
func TestMoreDemandsThanLines(t *testing.T) {
	var can []vcc.Skill
	for i := range 3 * maxLines {
		can = append(can, vcc.Skill(fmt.Sprint("s", i)))
	}
	d := newDesk(t, Config{Skills: map[vcc.AgentID][]vcc.Skill{"ada": can}})
	d.step(online("ada", "Chat"), online("bob", "Chat"))
	for round := range 2 {
		for i, s := range can {
			id := vcc.InteractionID(fmt.Sprint(round, "-", i))
			d.offers(d.Step(d.now, []vcc.Report{chat(id, i, skills(s))}), string(id)+"/1 ada")
			d.Step(d.now, []vcc.Report{answer(vcc.Ended, id, 1)})
		}
	}
	if n := len(d.lines); n != maxLines {
		t.Errorf("%d lines are kept, want %d", n, maxLines)
	}
	d.step() // audits
	// Lines in which something waits are never dropped.
	d.step(offline("ada"))
	for i, s := range can {
		d.Step(d.now, []vcc.Report{chat(vcc.InteractionID(fmt.Sprint("w", i)), i, skills(s))})
	}
	if n := len(d.lines); n != len(can) {
		t.Errorf("%d lines, %d demands wait", n, len(can))
	}
	d.offers(d.step(online("ada", "Chat")), "w0/1 ada", "w1/1 ada", "w2/1 ada")
}

// TestWhatIsInAKeyStaysApart holds that no two demands share a line because of
// the characters in their names.
func TestWhatIsInAKeyStaysApart(t *testing.T) {
	seen := map[string]string{}
	for _, channel := range []vcc.Channel{"", "a", "a|", "a|,", "a|,b", "|"} {
		for _, skills := range [][]vcc.Skill{nil, {""}, {"a"}, {"a", "b"}, {"a|,b"}, {"|,"}, {"|", ","}} {
			set := needs{}
			set.addSkills(skills)
			key := string(demand{channel: channel, class: vcc.Live, sets: []needs{set}}.appendKey(nil))
			what := fmt.Sprintf("%q %q", channel, skills)
			if seen[key] != "" {
				t.Errorf("%s and %s share %q", seen[key], what, key)
			}
			seen[key] = what
		}
	}
}

package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
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

// TestRoutingAmbiguous holds that a file that says one thing twice is refused: which of the
// two counted would be chance or silence.
func TestRoutingAmbiguous(t *testing.T) {
	for _, tt := range []struct{ name, text, want string }{
		{"member twice", "{\n\"wrapUp\": \"10s\",\n\"wrapUp\": \"20s\"}", `near line 3: "wrapUp" is there twice`},
		{"deep down", `{"plans": [{"name": "A"}, {"name": "B", "hours": {"open": [], "zone": "UTC", "zone": "UTC"}}]}`, `"zone" is there twice`},
		{"agent twice", `{"agents": {"0055e000000AbCdAAK": {}, "0055e000000AbCdAAK": {}}}`, `"0055e000000AbCdAAK" is there twice`},
		{"agent by both ids", `{"agents": {"0055e000000AbCd": {}, "0055e000000AbCdAAK": {}}}`, `"0055e000000AbCd" and "0055e000000AbCdAAK" are one user`},
		{"class of a channel", `{"channels": {"Tickets": {"class": "dead"}}}`, `channels: "Tickets": class "dead" is not one of`},
		{"same names apart", `{"plans": [{"name": "A", "wrapUp": "1s"}, {"name": "wrapUp", "wrapUp": "1s"}], "wrapUp": "1s", "channels": {"name": {"class": "live"}}}`, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "routing.json")
			if err := os.WriteFile(file, []byte(tt.text), 0o600); err != nil {
				t.Fatal(err)
			}
			_, err := loadRouting(file)
			if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
				t.Errorf("%v, want %q", err, tt.want)
			}
		})
	}
}

package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"omnibridge/vcc/engine"
)

// routingParts are the objects of the routing file, in the order in which ROUTING.md
// tells of them. around is the least file in which such an object stands, with %s in
// its place.
var routingParts = []struct {
	title, around, beside string
	of                    reflect.Type
}{
	{"The file", `{%s}`, ``, reflect.TypeFor[routing]()},
	{"`plans[]`", `{"plans": [{%s}]}`, `"name": "p"`, reflect.TypeFor[planFile]()},
	{"`plans[].needs[]`", `{"plans": [{"name": "p", "needs": [{%s}]}]}`, `"skill": "s"`, reflect.TypeFor[needFile]()},
	{"`plans[].hours`", `{"plans": [{"name": "p", "hours": {%s}}]}`, `"open": ["Mon 08:00-18:00"]`, reflect.TypeFor[hoursFile]()},
	{"`agents{}`", `{"agents": {"005000000000001AAA": {%s}}}`, ``, reflect.TypeFor[agentFile]()},
	{"`contactPad`", `{"contactPad": {%s}}`, ``, reflect.TypeFor[padFile]()},
	{"`contactPad.states[]`", `{"contactPad": {"states": [{%s}]}}`, `"major": "ready"`, reflect.TypeFor[stateFile]()},
}

const routingIntro = `# The routing file

` + "`OMNIBRIDGE_ROUTING_FILE`" + ` names a JSON file that says how work is routed; the README shows one. Every member may be left out unless it says
*required*. Lengths of time are written "90s", "5m" or "12h"; classes are live (calls), semi-live (chats and messages) and non-live (cases, leads and
other records). The file is read once, at the start; a member that is not known, and all that does not fit together, is told with its place, and
nothing is started.

Made from the code: ` + "`go test ./cmd/omnibridge -run RoutingReference -update-readme`" + `.
`

// TestRoutingReference keeps ROUTING.md equal to the code.
func TestRoutingReference(t *testing.T) {
	var b strings.Builder
	b.WriteString(routingIntro)
	for _, part := range routingParts {
		fmt.Fprintf(&b, "\n## %s\n\n| Member | Default | Meaning |\n|---|---|---|\n", part.title)
		for f := range part.of.Fields() {
			desc := f.Tag.Get("desc")
			if desc == "" {
				t.Errorf("%s.%s has no desc", part.of.Name(), f.Name)
			}
			desc, required := strings.CutSuffix(desc, "; required")
			def := f.Tag.Get("default")
			switch {
			case required:
				def = "required"
			case def != "":
				def = "`" + def + "`"
			}
			fmt.Fprintf(&b, "| `%s` | %s | %s |\n", f.Tag.Get("json"), def, desc)
		}
	}
	const file = "ROUTING.md"
	old, err := os.ReadFile(file)
	if err != nil && !*update {
		t.Fatal(err)
	}
	if string(old) == b.String() {
		return
	}
	if !*update {
		t.Fatalf("%s is not that of the code: go test ./cmd/omnibridge -run RoutingReference -update-readme", file)
	}
	if err := os.WriteFile(file, []byte(b.String()), 0o644); err != nil {
		t.Fatal(err)
	}
}

// TestRoutingDefaults holds that a default is what it says: a file that names it
// configures the engine as one does that leaves the member out.
func TestRoutingDefaults(t *testing.T) {
	for _, part := range routingParts {
		for f := range part.of.Fields() {
			def, name := f.Tag.Get("default"), f.Tag.Get("json")
			switch def {
			case "":
				continue
			case "name", "coolDown": // another member's value
				def = map[string]string{"name": `"p"`, "coolDown": `"180s"`}[def]
			default:
				if !json.Valid([]byte(def)) {
					def = `"` + def + `"`
				}
			}
			t.Run(part.of.Name()+"."+name, func(t *testing.T) {
				member := fmt.Sprintf("%q: %s", name, def)
				if part.beside != "" {
					member = part.beside + ", " + member
				}
				without, with := configured(t, fmt.Sprintf(part.around, part.beside)), configured(t, fmt.Sprintf(part.around, member))
				if !reflect.DeepEqual(without, with) {
					t.Errorf("%s makes\n%+v\nand leaving it out\n%+v", member, with, without)
				}
			})
		}
	}
}

// configured returns what a routing file says to the engine.
func configured(t *testing.T, text string) engine.Config {
	t.Helper()
	file := filepath.Join(t.TempDir(), "routing.json")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	rt, err := loadRouting(file)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	if _, err := engine.New(rt.engine()); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return rt.engine().WithDefaults()
}

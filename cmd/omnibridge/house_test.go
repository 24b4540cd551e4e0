package main

import (
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// allowed lists which packages of ours each package may import, and why there is
// a rule. A package that is not listed, and a rule that nobody needs, fail.
var allowed = map[string]struct {
	imports []string
	why     string
}{
	"vcc":         {nil, "the vocabulary stands on nothing"},
	"vcc/engine":  {[]string{"vcc"}, "the engine knows the contract, not who is at the other end"},
	"omnichannel": {[]string{"vcc"}, "the rules of delivery are pure; they speak the contract's words"},

	"salesforce":                  {[]string{"omnichannel", "salesforce/streaming", "vcc"}, "the org's bank: it adapts Salesforce to the rules of delivery"},
	"salesforce/package":          {nil, "what an admin deploys stands on nothing"},
	"salesforce/setup":            {[]string{"omnichannel", "salesforce", "salesforce/streaming", "vcc"}, "setting up reads the org as the daemon does, and nothing depends on it"},
	"salesforce/streaming":        {nil, "a Bayeux client knows nothing of routing"},
	"salesforce/mockorg":          {[]string{"salesforce/mockorg/clock", "salesforce/mockorg/cometd", "salesforce/mockorg/identity", "salesforce/mockorg/metadata", "salesforce/mockorg/soql"}, "client and mock must not share a mistake"},
	"salesforce/mockorg/clock":    {nil, "client and mock must not share a mistake"},
	"salesforce/mockorg/cometd":   {[]string{"salesforce/mockorg/clock"}, "client and mock must not share a mistake"},
	"salesforce/mockorg/identity": {[]string{"salesforce/mockorg/clock"}, "client and mock must not share a mistake"},
	"salesforce/mockorg/metadata": {nil, "client and mock must not share a mistake"},
	"salesforce/mockorg/soql":     {nil, "client and mock must not share a mistake"},

	"connector":       {[]string{"connector/store", "omnichannel", "vcc"}, "the application sees neither bank"},
	"connector/store": {[]string{"omnichannel", "vcc"}, "it stores what the machines know"},
	"connector/ops":   {[]string{"connector", "omnichannel", "vcc"}, "pages show the application"},

	"vcc/interactions":     {[]string{"vcc"}, "who brings calls knows the contract, not who is at the other end"},
	"vcc/telephony":        {[]string{"vcc"}, "a telephone network knows the contract, not who is at the other end"},
	"vcc/contactpad":       {[]string{"vcc", "vcc/contactpad/login"}, "panels know the contract, not who is at the other end"},
	"vcc/contactpad/login": {nil, "who somebody is is not a matter of routing"},

	"cmd/omnibridge": {[]string{"cmd/omnibridge/bench", "cmd/omnibridge/world", "connector", "connector/ops", "connector/store", "omnichannel", "salesforce", "salesforce/mockorg", "salesforce/mockorg/identity", "salesforce/package", "salesforce/setup", "vcc", "vcc/contactpad", "vcc/contactpad/login", "vcc/engine", "vcc/interactions", "vcc/telephony"},
		"main wires everything; only it sees both banks"},
	"cmd/omnibridge/bench": {[]string{"connector/store", "omnichannel", "salesforce/mockorg", "salesforce/streaming", "vcc"}, "it measures our clients, which it wires as main would"},
	"cmd/omnibridge/world": {[]string{"connector/store", "omnichannel", "salesforce/mockorg", "vcc"}, "the demo's people act on the mock org, and are judged by comparing it with the store"},
}

// testOnly lists packages that exist for tests, and may import what they test.
var testOnly = []string{"connector/store/storetest", "salesforce/wiretest", "vcc/contactpad/login/orgtest"}

// pure lists the packages that touch nothing outside, and what that means.
var (
	pure      = []string{"vcc", "vcc/engine", "omnichannel"}
	impure    = []string{"context", "os", "io", "log", "log/slog", "net", "net/http", "database/sql", "math/rand", "math/rand/v2", "crypto/rand", "sync", "sync/atomic"}
	readsTime = regexp.MustCompile(`time\.(Now|Since|Until|Sleep|After|AfterFunc|NewTimer|NewTicker|Tick)\(`)
)

type goPackage struct {
	ImportPath string
	Dir        string
	Imports    []string
	GoFiles    []string
}

func packages(t *testing.T) []goPackage {
	cmd := exec.CommandContext(t.Context(), "go", "list", "-json=ImportPath,Dir,Imports,GoFiles", "omnibridge/...")
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	var all []goPackage
	for dec := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p goPackage
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
}

// TestImports holds the house's walls (who may import whom).
func TestImports(t *testing.T) {
	seen := map[string]bool{}
	for _, p := range packages(t) {
		name := strings.TrimPrefix(p.ImportPath, "omnibridge/")
		if slices.Contains(testOnly, name) || len(p.GoFiles) == 0 {
			continue
		}
		rule, ok := allowed[name]
		if !ok {
			t.Errorf("package %s has no rule: list what it may import, and why", name)
			continue
		}
		seen[name] = true
		var ours []string
		for _, imp := range p.Imports {
			if of, ok := strings.CutPrefix(imp, "omnibridge/"); ok {
				ours = append(ours, of)
				if !slices.Contains(rule.imports, of) {
					t.Errorf("%s imports %s: not allowed, since %s", name, of, rule.why)
				}
			}
		}
		for _, of := range rule.imports {
			if !slices.Contains(ours, of) {
				t.Errorf("%s no longer imports %s: take it from the rule", name, of)
			}
		}
	}
	for name := range allowed {
		if !seen[name] {
			t.Errorf("the rule for %s is about nothing: take it away", name)
		}
	}
}

// TestPurePackagesTouchNothing holds that the machines do no I/O, read no clock
// and draw no randomness.
func TestPurePackagesTouchNothing(t *testing.T) {
	for _, p := range packages(t) {
		if !slices.Contains(pure, strings.TrimPrefix(p.ImportPath, "omnibridge/")) {
			continue
		}
		for _, imp := range p.Imports {
			if slices.Contains(impure, imp) {
				t.Errorf("%s imports %s", p.ImportPath, imp)
			}
		}
		for _, f := range p.GoFiles {
			src, err := os.ReadFile(p.Dir + "/" + f)
			if err != nil {
				t.Fatal(err)
			}
			if found := readsTime.Find(src); found != nil {
				t.Errorf("%s/%s reads the clock: %s", p.ImportPath, f, found)
			}
		}
	}
}

// TestTopLevel holds what may lie at the top of the house.
func TestTopLevel(t *testing.T) {
	want := []string{"Dockerfile", "LICENSE", "Makefile", "README.md", "cmd", "connector", "go.mod", "go.sum", "omnichannel", "salesforce", "testdata", "vcc"}
	entries, err := os.ReadDir("../..")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), ".") && e.Name() != "omnibridge" && !slices.Contains(want, e.Name()) {
			t.Errorf("%s does not belong at the top", e.Name())
		}
	}
}

// TestImageAndModuleAgree holds that the image is built with the module's Go.
func TestImageAndModuleAgree(t *testing.T) {
	version := func(file, pattern string) string {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		m := regexp.MustCompile(pattern).FindSubmatch(b)
		if m == nil {
			t.Fatalf("%s names no Go version", file)
		}
		return string(m[1])
	}
	if mod, image := version("../../go.mod", `(?m)^go (\d+\.\d+)`), version("../../Dockerfile", `(?m)^FROM golang:(\d+\.\d+)`); mod != image {
		t.Errorf("go.mod says Go %s, the Dockerfile %s", mod, image)
	}
}

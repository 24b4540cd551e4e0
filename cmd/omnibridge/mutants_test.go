package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// mutant is a rule broken on purpose: the text old in file becomes new, and then
// the package's own tests must fail. A mutant whose old text is no longer there
// fails too: the rule has moved, so the mutant has to follow.
type mutant struct {
	rule     string // the invariant of the design, and how it is broken
	pkg      string
	file     string
	old, new string
	run      string // the tests that hold the rule
}

const (
	model     = "TestLedgerAgreesWithTheOrg"
	histories = "TestHistories"
	people    = "TestPeople"
	crowd     = "TestNobodyStarves"
	loop      = "TestDurableBeforeVisible|TestStoreThatFails|TestRoutesWhatArrives"
)

var mutants = []mutant{
	{"I1: a push that may have left before a crash is repeated", "omnichannel", "ledger.go", "c.Doubt, c.Again = true, true", "c.Sent = false", model},
	{"I1: one look after a lost create is enough", "omnichannel", "settle.go", "case c.Doubt && !l.settled(now, c):", "case false:", model},
	{"I1: what is taken back is free at once", "omnichannel", "directive.go", "l.retracting(now, c, d.Detail)", "l.undelivered(now, c, d.Detail)", model},
	{"I1: an offer is made whatever its number", "omnichannel", "directive.go", "|| d.Offer != c.Offer+1", "", "TestOffersAreNumbered"},
	{"I2: who had it is not let go when Salesforce moves it", "omnichannel", "agentwork.go", "c.Work, c.Agent = to.Work, to.Agent", "c.Work = to.Work", "TestTransferToAgent"},
	{"I1: what was offered goes on waiting", "vcc/engine", "route.go", "m.unwait(x)\n\tx.row.Offers++", "x.row.Offers++", histories},
	{"I3: an agent's load may pass 100 percent", "vcc/engine", "agent.go", "case b.load+size > vcc.FullCapacity:", "case b.load > vcc.FullCapacity:", histories},
	{"I3: what an agent has is not counted", "vcc/engine", "item.go", "\ta.join(x)\n", "", histories},
	{"I7: who refused is asked again at once", "vcc/engine", "route.go", "if !x.excludes(s.agent.row.ID, m.now) {", "if true {", histories},
	{"I3: what a consult takes is not counted", "vcc/engine", "agent.go", "b.load += leg.Size", "if !x.consults() {\n\t\t\t\tb.load += leg.Size\n\t\t\t}", people},
	{"I3: wrap-up frees capacity although it holds it", "vcc/engine", "agent.go", "leg.State == vcc.WrapUp && m.cfg.WrapFreesCapacity {", "leg.State == vcc.WrapUp {", people},
	{"Commands: one that comes twice is done twice", "vcc/engine", "command.go", "return old.Command == c.ID }); i >= 0 && c.ID != \"\"", "return old.Command == c.ID }); i >= 0 && false", people},
	{"Personal queues: anybody is asked", "vcc/engine", "agent.go", "if l.closed || l.only != \"\" && l.only != a.row.ID {", "if l.closed {", people},
	{"Intended state: work comes all the same", "vcc/engine", "state.go", "a.row.State.Major == vcc.Ready && a.row.Intended == nil &&", "a.row.State.Major == vcc.Ready &&", people},
	{"Intended state: it never begins to hold", "vcc/engine", "item.go", "\tm.touchAgent(a)\n\tm.fulfil(a)\n", "\tm.touchAgent(a)\n", people},
	{"Lease: a lost panel gets work", "vcc/engine", "state.go", "a.row.Blocked == nil && a.panelAlive() &&", "a.row.Blocked == nil &&", people},
	{"Lease: a call outlives its panel", "vcc/engine", "panel.go", "\t\tm.hangUp(x, leg)\n", "", "TestCallWithoutPanel"},
	{"I8: a panel is not told that what it shows has changed", "vcc/engine", "machine.go", "\t\tm.touchDesk(m.agents[leg.Agent])\n", "\t\t_ = leg\n", people},
	{"Abandon: what was never released can be", "vcc/engine", "release.go", "case leg.Leaving == nil || leg.Leaving.Failed == \"\" || leg.Leaving.Do != vcc.Release:", "case false:", "TestPeople|TestAbandon.*|TestRelease.*"},
	{"All refused: nobody looks when the last who could take it goes", "vcc/engine", "line.go", "\t\tm.thin(s.line)\n", "", histories},
	{"All refused: the class has no say", "vcc/engine", "refused.go", "cmp.Or(m.planOf(x).AllRefused, m.cfg.AllRefused[x.row.Work.Class])", "cmp.Or(m.planOf(x).AllRefused, vcc.WaitOn)", histories},
	{"Starving: waiting does not raise the priority", "vcc/engine", "demand.go", "if p -= vcc.Priority(steps); p <= vcc.Highest {", "if p <= vcc.Highest {", crowd},
	{"Fairness: who is free for longest is not asked first", "vcc/engine", "line.go", "if c := a.idle.Compare(b.idle); c != 0 {", "if c := 0; c != 0 {", histories},
	{"I4: a deleted PSR means withdrawn", "omnichannel", "psr.go", "case Sighted, Held, Announced:\n\t\tl.look(now, c)\n\tcase Pushing:", "case Sighted, Held, Announced:\n\t\tl.withdrawn(now, c, vcc.CustomerLeft, \"\")\n\tcase Pushing:", "TestDeletedPSRMeansNothing"},
	{"I4: absence counts although something has happened since", "omnichannel", "settle.go", "case !fresh && !announced:", "case false:", model},
	{"I4: what a sweep misses is left alone", "omnichannel", "reconcile.go", "return live[c.Work] == \"\"", "return false", model},
	{"I4: an end that late events seemed to tell is believed for good", "omnichannel", "settle.go", "l.unretire(c, s.Works)", "_ = s.Works", "TestSweepAheadOfEvents"},
	{"I4: an old PSR event is believed", "omnichannel", "psr.go", "case p.Serial <= c.Serial:", "case false:", "TestSerialFences"},
	{"I5: two daemons have one store", "connector/store", "lock.go", "if err := lockFile(f); err != nil {", "if err := error(nil); err != nil {", "TestOneProcessAtATime"},
	{"I6: effects leave before their state is durable", "connector", "turn.go", "err := c.commit(ctx, t.Change)", "c.carrier.take(t.Effects)\n\tt.Effects = nil\n\terr := c.commit(ctx, t.Change)", loop},
	{"I6: the cursor is not part of the change", "connector", "turn.go", "t.Change.Cursors = append(t.Change.Cursors, in.cursors...)", "_ = in.cursors", loop},
	{"I9: each push is a call of its own", "salesforce", "pushes.go", "n := min(len(p.queue), MaxBatch)", "n := 1", "TestPushesThatWaitLeaveTogether"},
	{"I9: spent allowances are asked for again", "salesforce", "retry.go", "{\"REQUEST_LIMIT_EXCEEDED\", \"TotalRequests\", daily,", "{\"REQUEST_LIMIT_EXCEEDED\", \"TotalRequests\", busy,", "TestBreakerForTheDailyLimit"},
	{"I10: the first attempt after a fault waits, too", "salesforce/streaming", "perform.go", "if m.series > 0 {", "if true {", "TestFaultMatrix"},
	{"I10: a silent poll is waited for", "salesforce/streaming", "perform.go", "m.request(deed{do: inConnect}, m.timeout+m.limits.slack)", "m.request(deed{do: inConnect}, 24*time.Hour)", "TestSilenceAtEachStep|TestMachineCutsASilentPoll"},
	{"Names: they are asked for although nobody sees them", "connector", "names.go", "|| !known || !a.Panel.Alive {", "|| !known || a.ID == \"\" {", "TestNamesAreAskedForWhoSees"},
	{"I11: a secret shows in a log", "salesforce", "secret.go", "slog.StringValue(redacted)", "slog.StringValue(string(s))", "TestSecretNeverShows"},
}

// TestBrokenRulesAreNoticed breaks each rule and expects a test to fail: an invariant
// is worth what its test notices. That is a matter of minutes and of our tests alone, so
// it is for the gate, and for whoever names it with -run. One mutant at a time, beside
// the other tests: each builds and computes all the time.
func TestBrokenRulesAreNoticed(t *testing.T) {
	if os.Getenv("OMNIBRIDGE_TEST_REQUIRE_ALL") == "" && flag.Lookup("test.run").Value.String() == "" {
		t.Skip("breaks each rule on purpose, which takes minutes: go test ./cmd/omnibridge -run BrokenRules")
	}
	t.Parallel()
	for _, m := range mutants {
		t.Run(m.rule, func(t *testing.T) {
			out, err := m.test(t)
			switch {
			case err == nil:
				t.Errorf("nobody noticed: %s in %s/%s", m.rule, m.pkg, m.file)
			case !bytes.Contains(out, []byte("--- FAIL")):
				t.Fatalf("the mutant does not build or run:\n%s", out)
			}
		})
	}
}

// test runs the package's tests over the mutant.
func (m mutant) test(t *testing.T) ([]byte, error) {
	t.Helper()
	file, err := filepath.Abs(filepath.Join("../..", m.pkg, m.file))
	if err != nil {
		t.Fatal(err)
	}
	src, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Count(string(src), m.old) != 1 {
		t.Fatalf("%s has %q %d times: the mutant must name it once", file, m.old, strings.Count(string(src), m.old))
	}
	dir := t.TempDir()
	mutated := filepath.Join(dir, "mutant.go")
	if err := os.WriteFile(mutated, []byte(strings.Replace(string(src), m.old, m.new, 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	overlay := filepath.Join(dir, "overlay.json")
	b, err := json.Marshal(map[string]map[string]string{"Replace": {file: mutated}})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(overlay, b, 0o600); err != nil {
		t.Fatal(err)
	}
	args := []string{"test", "-overlay", overlay, "-count=1", "-vet=off", "-run", "^(" + m.run + ")$", "omnibridge/" + m.pkg}
	if slices.ContainsFunc([]string{model, histories, people, crowd}, func(property string) bool { return strings.Contains(m.run, property) }) {
		// As many as it takes to notice; how it could be told shorter does not matter.
		args = append(args, "-rapid.checks=5000", "-rapid.steps=80", "-rapid.nofailfile", "-rapid.shrinktime=0s")
	}
	return exec.CommandContext(t.Context(), "go", args...).CombinedOutput()
}

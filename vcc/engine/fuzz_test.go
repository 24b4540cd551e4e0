package engine

import (
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"
	"time"

	"omnibridge/vcc"
)

// script reads values from fuzzed bytes; behind the end everything is zero.
type script struct{ b []byte }

func (s *script) next(n int) int {
	if len(s.b) == 0 {
		return 0
	}
	v := int(s.b[0])
	s.b = s.b[1:]
	return v % n
}

func pick[T any](s *script, of ...T) T { return of[s.next(len(of))] }

// fuzzedReports is every kind of report but those that tell a command, and two that are
// none. The first goOn bring work on and end nothing: else histories would be short.
var fuzzedReports = []vcc.ReportKind{
	vcc.Arrived, vcc.Arrived, vcc.Arrived, vcc.Alerting, vcc.Accepted, vcc.Accepted, vcc.Called, vcc.Named, vcc.Told, vcc.PanelChanged, vcc.Omni, vcc.SetUp,
	vcc.Refused, vcc.Ended, vcc.Withdrawn, vcc.Moved, vcc.CloseFailed, vcc.RequeueFailed, "", "dance",
}

const goOn = 12

// fuzzedCommands is every command that is carried out, and one that is none.
var fuzzedCommands = append(slices.Sorted(maps.Keys(commands)), "dance")

func (s *script) report(m *Machine) vcc.Report {
	r := vcc.Report{
		Kind:        pick(s, fuzzedReports[:goOn]...),
		Interaction: pick[vcc.InteractionID](s, "x", "y", "z", "v", "w", "", "|,"),
		Offer:       pick(s, 1, 1, 1, 2, 2, 3, 0, 4, -1, math.MaxInt, 1<<30),
		Agent:       pick[vcc.AgentID](s, "ada", "bob", "cy", "ada", "bob", "cy", ""),
	}
	if x := m.items[r.Interaction]; x != nil && x.row.Consults > 0 && s.next(2) > 0 {
		r.Interaction = consultID(r.Interaction, x.row.Consults)
	}
	switch s.next(8) {
	case 0, 1, 2, 3:
		r.Kind, r.Command = vcc.Asked, s.command(m, r)
		return r
	case 4:
		r.Kind = pick(s, fuzzedReports...)
	}
	if x := m.items[r.Interaction]; x != nil && x.row.Current() != nil && s.next(4) > 0 {
		r.Offer, r.Agent = x.row.Current().Offer, x.row.Current().Agent
		if r.Kind == vcc.Arrived { // would end what goes on
			r.Kind = vcc.Called
		}
	}
	r.Reason, r.Name = pick[vcc.Reason](s, vcc.Declined, vcc.Failed, vcc.Undelivered, "", "whatever"), pick(s, "", "Ada")
	switch r.Kind {
	case vcc.PanelChanged:
		r.Panel = &vcc.Panel{Alive: s.next(8) > 0, Phone: s.next(2) > 0}
	case vcc.Called:
		r.Line = pick[vcc.Line](s, vcc.LineAnswered, vcc.LineAnswered, vcc.LineHungUp, vcc.LineBusy, vcc.LineNoAnswer, vcc.LineUnreachable, "", "hums")
	case vcc.Told:
		r.Words = s.words(m, r.Interaction)
	case vcc.SetUp:
		if s.next(4) > 0 {
			r.Setup = s.setup()
		}
	}
	if s.next(8) > 0 {
		r.Omni = &vcc.Presence{Online: s.next(8) > 0, Channels: pick(s, []vcc.Channel{"Chat"}, []vcc.Channel{"Cases", "Chat", "Chat"}, nil, []vcc.Channel{""})}
	}
	if s.next(8) > 0 {
		r.Work = s.work()
	}
	if r.Kind == vcc.Arrived {
		s.arrival(&r)
	}
	return r
}

func (s *script) work() *vcc.Work {
	w := &vcc.Work{
		Record: pick(s, "r", ""),
		Plan:   pick[vcc.PlanID](s, "p", "", "q"), Class: pick(s, vcc.SemiLive, vcc.NonLive, vcc.Live, vcc.Live),
		Channel: pick[vcc.Channel](s, "", "Chat", "Cases"), Prefer: pick[vcc.AgentID](s, "", "bob", "nobody"), Since: pick(s, t0, time.Time{}),
	}
	if s.next(4) == 0 {
		w.Class = pick[vcc.Class](s, vcc.Live, "", "loud")
		w.Skills = pick(s, nil, []vcc.Skill{"french"}, []vcc.Skill{"", "french", "french"})
		w.Since = pick(s, t0.Add(time.Hour), t0.AddDate(900, 0, 0), time.Unix(0, 0))
	}
	return w
}

// arrival adds to r what only calls and personal queues have.
func (s *script) arrival(r *vcc.Report) {
	if s.next(3) == 0 {
		r.Call = &vcc.Call{
			Provider: pick(s, "", "crm"), Request: pick(s, "", "1"), Direction: pick(s, "", "in", "out", "internal"),
			Deny: pick(s, nil, nil, []vcc.CommandKind{vcc.Transfer}), Of: pick[vcc.InteractionID](s, "", "y"), Joined: s.next(2) > 0,
		}
	}
	if s.next(4) == 0 {
		r.Personal = &vcc.Personal{Agent: pick[vcc.AgentID](s, "ada", "bob", "nobody", "")}
		r.PersonalFor = [2]time.Duration{pick(s, 0, time.Second, time.Hour), pick(s, 0, time.Minute, -1)}
	}
}

// words names what is owed for an interaction, or what is not.
func (s *script) words(m *Machine, id vcc.InteractionID) []string {
	words := pick(s, nil, []string{""}, []string{"1", "2"})
	if x := m.items[id]; x != nil && s.next(4) > 0 {
		for _, w := range x.row.Owed {
			words = append(words, w.ID)
		}
	}
	return words
}

func (s *script) setup() *vcc.Setup {
	return &vcc.Setup{
		People: pick(s, nil, map[vcc.AgentID]string{"ada": "Ada", "bob": "Bob", "cy": ""}, map[vcc.AgentID]string{"": "Nobody"}), Whole: s.next(4) == 0,
		Takes: pick(s, nil, map[vcc.Channel][]vcc.PlanID{"Cases": {"p", "none"}}, map[vcc.Channel][]vcc.PlanID{"": nil}),
	}
}

// ending are the buttons that end what they are about: pressed as often as the others, few
// calls would get as far as a consult.
var ending = []vcc.CommandKind{vcc.Release, vcc.RejectCall, vcc.Cancel, vcc.FinishWrap, vcc.ShowWork}

// command is any command. Most press a button that the agent has, or log in who is logged
// out.
func (s *script) command(m *Machine, r vcc.Report) *vcc.Command {
	c := &vcc.Command{
		ID: pick(s, "", "", "", "1", "2", "3"), Agent: r.Agent, Interaction: r.Interaction, Force: s.next(2) == 1, By: pick(s, "", "Eva"),
		Do:          pick(s, fuzzedCommands...),
		State:       pick(s, vcc.AgentState{}, vcc.AgentState{Major: vcc.Ready}, vcc.AgentState{Major: vcc.Away}, vcc.AgentState{Major: "x"}),
		Target:      pick(s, vcc.Target{}, vcc.Target{Agent: "ada"}, vcc.Target{Agent: "bob"}, vcc.Target{Agent: "cy"}, vcc.Target{Plan: "p"}, vcc.Target{Plan: "none", Agent: "x"}, vcc.Target{Number: "1234"}),
		Disposition: pick(s, "", "done", "x"), Notice: pick(s, "", "1"),
	}
	d, _ := m.Desk(r.Agent)
	switch x, usual := m.items[r.Interaction], s.next(8) > 0; {
	case usual && x != nil && x.row.Sender != "":
		c.Do, c.Agent = vcc.TakeBack, x.row.Sender
	case usual && d.State.Major == vcc.LoggedOut:
		c.Do, c.State = vcc.LogIn, vcc.AgentState{}
	case usual && len(d.Cards) > 0:
		card := pick(s, d.Cards...)
		how := s.next(4)
		on := slices.DeleteFunc(card.Actions, func(b vcc.Action) bool { return b.Off != "" || how > 1 && slices.Contains(ending, b.Do) })
		if c.Interaction = card.Interaction; len(on) > 0 && how > 0 {
			c.Do = pick(s, on...).Do
		}
	}
	if len(d.Notices) > 0 {
		c.Notice = d.Notices[0].ID
	}
	return c
}

// stepThrough tells a machine whatever b makes, and counts in met the kinds of reports
// that were told, and of commands that were carried out.
func stepThrough(t *testing.T, b []byte, met map[string]int) {
	s := &script{b}
	cfg := Config{
		Plans: []vcc.Plan{
			{ID: "p", WrapUp: 5 * time.Second, Dispositions: []string{"done"}, WrapExtendAll: true},
			{ID: "q", Priority: vcc.Highest, Skills: []vcc.Skill{"french"}, Sticky: time.Hour, Breakout: "p", MaxWaiting: 2},
		},
		Skills: map[vcc.AgentID][]vcc.Skill{"ada": {"french"}}, OptimumLoad: 50, LastResortAfter: 30 * time.Second,
		WrapFreesCapacity: s.next(2) == 1, Telephony: s.next(3) > 0, CrossMediaConsult: s.next(3) > 0,
	}
	m := newMachine(t, cfg)
	now := t0
	if s.next(4) > 0 {
		for _, id := range []vcc.AgentID{"ada", "bob", "cy"} {
			m.Step(now, []vcc.Report{
				online(id, "Chat", "Cases"), {Kind: vcc.PanelChanged, Agent: id, Panel: &vcc.Panel{Alive: true, Phone: true}},
				{Kind: vcc.Asked, Command: &vcc.Command{Do: vcc.LogIn, Agent: id}},
			})
		}
	}
	for len(s.b) > 0 {
		now = now.Add(pick(s, 0, 0, 0, 0, time.Second, 10*time.Second))
		if s.next(32) == 31 {
			now = now.Add(pick(s, time.Hour, -time.Minute))
		}
		var rs []vcc.Report
		for range pick(s, 1, 1, 1, 1, 0, 3) {
			rs = append(rs, s.report(m))
		}
		out := m.Step(now, rs)
		for _, d := range out.Directives {
			if d.Kind == vcc.Offer && d.Offer <= 0 {
				t.Fatalf("directed %s", d)
			}
		}
		if err := errors.Join(audit(m), auditCalls(m)); err != nil {
			t.Fatalf("%v after %v", err, rs)
		}
		count(met, rs, out.Answers)
		if s.next(64) == 63 {
			m = restored(t, m, cfg, now)
		}
	}
	out := m.Step(now.Add(24*time.Hour), []vcc.Report{online("fresh", "Last"), work("last", vcc.NonLive, "Last", 0)})
	if got := offersOf(out); !slices.Contains(got, "last/1 fresh") {
		t.Fatalf("no longer serves: %v", got)
	}
}

func count(met map[string]int, rs []vcc.Report, answers []vcc.Answer) {
	for _, r := range rs {
		met[string(r.Kind)]++
		if r.Kind != vcc.Asked || r.Command.Agent == "" {
			continue
		}
		if answers[0].OK && r.Command.ID == "" { // else it may be the answer to another
			met[string(r.Command.Do)]++
		}
		answers = answers[1:]
	}
}

// FuzzStep holds that no report whatever makes a machine panic or its indexes
// differ from its rows, also after it was restored from its rows, and that it
// still serves.
func FuzzStep(f *testing.F) {
	f.Add([]byte{})
	f.Add([]byte("omnibridge routes whatever it is told, and then some more of the same"))
	f.Fuzz(func(t *testing.T, b []byte) { stepThrough(t, b, map[string]int{}) })
}

// TestNoise is FuzzStep with noise that is always the same, and as much of it as it takes
// to have every report told and every command carried out that the contract knows.
func TestNoise(t *testing.T) {
	kinds := slices.Concat(constants(t, "../report.go", "ReportKind"), constants(t, "../command.go", "CommandKind"))
	met := map[string]int{}
	for seed := range uint64(2000) {
		noise := rand.New(rand.NewPCG(seed, 0))
		b := make([]byte, 4000)
		for i := range b {
			b[i] = byte(noise.Uint32())
		}
		stepThrough(t, b, met)
		kinds = slices.DeleteFunc(kinds, func(kind string) bool { return met[kind] > 0 })
		if seed >= 50 && len(kinds) == 0 {
			return
		}
	}
	t.Errorf("%q were never told, or never carried out: %v", kinds, met)
}

// constants returns the constants of a type of strings, in the file that declares them.
func constants(t *testing.T, file, of string) []string {
	parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var values []string
	ast.Inspect(parsed, func(n ast.Node) bool {
		if v, ok := n.(*ast.ValueSpec); ok && len(v.Values) == 1 {
			if name, ok := v.Type.(*ast.Ident); ok && name.Name == of {
				value, err := strconv.Unquote(v.Values[0].(*ast.BasicLit).Value)
				if err != nil {
					t.Fatal(err)
				}
				values = append(values, value)
			}
		}
		return true
	})
	if len(values) == 0 {
		t.Fatalf("%s has no constants of type %s", file, of)
	}
	return values
}

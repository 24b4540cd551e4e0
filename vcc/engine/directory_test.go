package engine

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"omnibridge/vcc"
)

// list writes what was found: "name [mark] state" and why not.
func list(f vcc.Found) string {
	var lines []string
	for _, o := range f.Options {
		s := fmt.Sprintf("%s [%s] %s", o.Name, o.Mark, o.State)
		if o.Off != "" {
			s += " / " + o.Off
		}
		lines = append(lines, s)
	}
	return strings.Join(lines, "\n")
}

func called(id vcc.AgentID, name string) vcc.Report {
	r := online(id, "Cases")
	r.Name = name
	return r
}

func busyHouse(t *testing.T) *floor {
	c := house()
	c.Plans = []vcc.Plan{{ID: "fin", Label: "finance questions"}, {ID: "ana"}, {ID: "hidden", Label: "Anything"}}
	c.Transferable = []vcc.PlanID{"fin", "ana"}
	f := newFloor(t, c, "0ada", "1ana", "2anders", "3daniel", "4joan", "5bob")
	f.do(called("0ada", "Ada Lane"), called("1ana", "Ana"), called("2anders", "anders Holm"), called("3daniel", "Daniel Roth"), called("4joan", "Joan Ortega"), called("5bob", "Bob Panda"), offline("9old"))
	f.may("4joan", vcc.LogOut, "")
	f.do(offline("4joan"))
	away := vcc.Command{ID: "away", Do: vcc.SetState, Agent: "3daniel", State: vcc.AgentState{Major: vcc.Away, Minor: "Break"}}
	f.do(vcc.Report{Kind: vcc.Asked, Command: &away})
	f.do(ours("x", 0, func(r *vcc.Report) { r.Work.Prefer = "2anders" }))
	f.may("2anders", vcc.AnswerCall, "x")
	f.do(caseWork("k", 0, prefer("0ada")))
	f.do(answer(vcc.Accepted, "k", 1))
	f.do(caseWork("w1", 0, plan("fin"), skills("none")), caseWork("w2", 0, plan("fin"), skills("none")))
	return f
}

func TestFind(t *testing.T) {
	f := busyHouse(t)
	find := func(kind vcc.CommandKind, text string) vcc.Found {
		return f.Find(vcc.Search{Agent: "0ada", Interaction: "k", For: kind, Text: text})
	}
	for _, tt := range []struct {
		name  string
		kind  vcc.CommandKind
		text  string
		total int
		want  string
	}{
		{"transfer, all", vcc.Transfer, "", 8, `9old [out] Logged out, takes it later
Ana [ready] Ready
ana [plan] Nobody waiting
anders Holm [working] On a call, takes it later
Bob Panda [ready] Ready
Daniel Roth [away] Break, takes it later
finance questions [plan] 2 waiting
Joan Ortega [out] Logged out, takes it later`},
		{"consult, all", vcc.Consult, "", 6, `9old [out] Logged out / Logged out, cannot be called
Ana [ready] Ready
anders Holm [working] On a call / On a call, cannot be called
Bob Panda [ready] Ready
Daniel Roth [away] Break
Joan Ortega [out] Logged out / Logged out, cannot be called`},
		{"part of the name, whatever case", vcc.Transfer, " AN", 7 - 1, `Ana [ready] Ready
ana [plan] Nobody waiting
anders Holm [working] On a call, takes it later
Bob Panda [ready] Ready
Daniel Roth [away] Break, takes it later
finance questions [plan] 2 waiting
Joan Ortega [out] Logged out, takes it later`},
		{"nobody", vcc.Transfer, "zzz", 0, ""},
		{"the asker is not in it", vcc.Transfer, "lane", 0, ""},
		{"digits, for a consult", vcc.Consult, " 020 7946 ", 0, "020 7946 [call] "},
		{"digits, for a transfer", vcc.Transfer, "020 7946", 0, ""},
		{"digits in a name", vcc.Consult, "9", 1, `9old [out] Logged out / Logged out, cannot be called`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := find(tt.kind, tt.text)
			if tt.name == "part of the name, whatever case" {
				tt.total = strings.Count(tt.want, "\n") + 1
			}
			if list(got) != tt.want || got.Total != tt.total {
				t.Errorf("found %d:\n%s\nwant %d:\n%s", got.Total, list(got), tt.total, tt.want)
			}
		})
	}
	t.Run("most", func(t *testing.T) {
		got := f.Find(vcc.Search{Agent: "0ada", Interaction: "k", For: vcc.Transfer, Most: 2})
		if len(got.Options) != 2 || got.Total != 8 {
			t.Errorf("%d of %d", len(got.Options), got.Total)
		}
	})
	t.Run("what cannot be transferred so", func(t *testing.T) {
		for _, s := range []vcc.Search{
			{Agent: "2anders", Interaction: "x", For: vcc.Transfer},
			{Agent: "0ada", Interaction: "nothing", For: vcc.Transfer},
			{Agent: "0ada", Interaction: "k", For: vcc.Release},
		} {
			if got := f.Find(s); got.Total != 0 || got.Options == nil || len(got.Options) > 0 {
				t.Errorf("%+v: %+v", s, got)
			}
		}
	})
	t.Run("renamed and new", func(t *testing.T) {
		f.do(called("5bob", "Zoe Panda"), called("6new", "Abe"))
		got := list(find(vcc.Consult, ""))
		if !strings.HasPrefix(got, "9old") || !strings.HasSuffix(got, "Zoe Panda [ready] Ready") || !strings.Contains(got, "Abe [out] Logged out") {
			t.Errorf("%s", got)
		}
	})
	t.Run("kept in order", func(t *testing.T) {
		was := slices.Clone(f.directory)
		f.directory = nil
		if !slices.Equal(was, f.entries()) {
			t.Errorf("kept %v, made anew %v", was, f.entries())
		}
	})
	t.Run("no telephony", func(t *testing.T) {
		c := house()
		c.Telephony = false
		f := talking(t, c)
		if got := list(f.Find(vcc.Search{Agent: "ada", Interaction: "x", For: vcc.Consult, Text: "12345"})); got != "12345 [call]  / No telephony is configured" {
			t.Error(got)
		}
	})
}

// TestFindAgrees: what Find offers can be done, and what it puts off cannot.
func TestFindAgrees(t *testing.T) {
	for _, kind := range []vcc.CommandKind{vcc.Consult, vcc.Transfer} {
		for _, o := range busyHouse(t).Find(vcc.Search{Agent: "0ada", Interaction: "k", For: kind}).Options {
			got := busyHouse(t).ask("0ada", kind, "k", vcc.Target{Agent: o.Agent, Plan: o.Plan})
			if got.OK != (o.Off == "") {
				t.Errorf("%s to %+v: %+v", kind, o, got)
			}
		}
	}
}

func BenchmarkFind(b *testing.B) {
	m := newMachine(b, Config{CrossMediaConsult: true})
	var rs []vcc.Report
	for i := range 10_000 {
		rs = append(rs, called(vcc.AgentID(fmt.Sprintf("a%05d", i)), fmt.Sprintf("Agent %c%c %d", 'A'+i%26, 'a'+i/26%26, i)))
	}
	m.Step(t0, append(rs, caseWork("k", 0)))
	for _, text := range []string{"", "q", "9999"} {
		b.Run(fmt.Sprintf("%q", text), func(b *testing.B) {
			for b.Loop() {
				m.Find(vcc.Search{Agent: "a00001", Interaction: "k", For: vcc.Consult, Text: text, Most: 50})
			}
		})
	}
	b.Run("after a new name", func(b *testing.B) {
		for i := 0; b.Loop(); i++ {
			m.rename(m.agents["a05000"], fmt.Sprint(i))
			m.Find(vcc.Search{Agent: "a00001", Interaction: "k", For: vcc.Consult, Most: 50})
		}
	})
}

// TestFindAmongMany holds that of 10,000 all are counted and few are listed;
// BenchmarkFind tells what it costs.
func TestFindAmongMany(t *testing.T) {
	m := newMachine(t, Config{})
	var rs []vcc.Report
	for i := range 10_000 {
		rs = append(rs, called(vcc.AgentID(fmt.Sprintf("a%05d", i)), fmt.Sprintf("Agent %d", i)))
	}
	m.Step(t0, append(rs, caseWork("k", 0)))
	if got := m.Find(vcc.Search{Interaction: "k", For: vcc.Transfer, Text: "9"}); got.Total != 3439 || len(got.Options) != defaultFound {
		t.Errorf("%d, %d options", got.Total, len(got.Options))
	}
}

// TestFindPeople: who was never seen at work is found, can be given work, which then
// waits for them alone, and is known by the name that the org has for them.
func TestFindPeople(t *testing.T) {
	f := busyHouse(t)
	f.do(vcc.Report{Kind: vcc.SetUp, Setup: &vcc.Setup{People: map[vcc.AgentID]string{"7eve": "Eve Lind", "1ana": "Ana Paz", "0ada": "Ada Lane"}}})
	find := func(kind vcc.CommandKind) string {
		return list(f.Find(vcc.Search{Agent: "0ada", Interaction: "k", For: kind, Text: "e lind"}))
	}
	if got := find(vcc.Transfer); got != "Eve Lind [out] Logged out, takes it later" {
		t.Errorf("for a transfer: %s", got)
	}
	if got := find(vcc.Consult); got != "Eve Lind [out] Logged out / Logged out, cannot be called" {
		t.Errorf("for a consult: %s", got)
	}
	if got := list(f.Find(vcc.Search{Agent: "0ada", Interaction: "k", For: vcc.Consult, Text: "ana p"})); got != "Ana Paz [ready] Ready" {
		t.Errorf("renamed: %s", got)
	}
	if got := f.ask("0ada", vcc.Consult, "k", vcc.Target{Agent: "7eve"}); got.OK {
		t.Errorf("consulted who is logged out: %+v", got)
	}
	if got := f.ask("0ada", vcc.Transfer, "k", vcc.Target{Agent: "8no"}); got.OK {
		t.Errorf("transferred to nobody: %+v", got)
	}
	if got := f.ask("0ada", vcc.Transfer, "k", vcc.Target{Agent: "7eve"}); !got.OK {
		t.Fatalf("transferred: %+v", got)
	}
	f.do(caseWork("k", 0, prefer("0ada"), func(w *vcc.Work) { w.Transfer = true }))
	if x, _ := f.Interaction("k"); x.Personal == nil || x.Personal.Agent != "7eve" || !strings.Contains(x.Why, "Eve Lind") {
		t.Errorf("in personal queue %+v: %s", x.Personal, x.Why)
	}
	f.do(called("7eve", "Eve Lind"), vcc.Report{Kind: vcc.SetUp, Setup: &vcc.Setup{People: map[vcc.AgentID]string{"7eve": "Eve Lind"}}})
	if got := f.Find(vcc.Search{Agent: "5bob", Interaction: "k", For: vcc.Transfer, Text: "eve"}); got.Total != 1 {
		t.Errorf("who came is listed %d times", got.Total)
	}
}

// TestFindArchived: where all the org's people are known, an agent who is none of them
// any more is neither found nor given work, unless they are at work (A26).
func TestFindArchived(t *testing.T) {
	for _, whole := range []bool{false, true} {
		f := busyHouse(t)
		f.do(vcc.Report{Kind: vcc.SetUp, Setup: &vcc.Setup{Whole: whole, People: map[vcc.AgentID]string{"0ada": "Ada Lane"}}})
		for id, stays := range map[vcc.AgentID]bool{"4joan": !whole, "9old": !whole, "5bob": true} { // Bob is at work
			found := f.Find(vcc.Search{Agent: "0ada", Interaction: "k", For: vcc.Transfer})
			if got := slices.ContainsFunc(found.Options, func(o vcc.Option) bool { return o.Agent == id }); got != stays {
				t.Errorf("all people known %t: %s found %t, want %t", whole, id, got, stays)
			}
		}
		before, _ := f.Interaction("k")
		got := f.ask("0ada", vcc.Transfer, "k", vcc.Target{Agent: "4joan"})
		if after, _ := f.Interaction("k"); got.OK == whole || whole && (!strings.Contains(got.Text, "no longer an agent") || !reflect.DeepEqual(before, after)) {
			t.Errorf("all people known %t: %+v, %+v", whole, got, after)
		}
	}
}

// TestFindTakes: a plan whose queues cannot own what comes by a channel is no target
// for it.
func TestFindTakes(t *testing.T) {
	for _, tt := range []struct {
		takes map[vcc.Channel][]vcc.PlanID
		found int
	}{{nil, 1}, {map[vcc.Channel][]vcc.PlanID{"Chat": {}}, 1}, {map[vcc.Channel][]vcc.PlanID{"Cases": {"fin"}}, 1}, {map[vcc.Channel][]vcc.PlanID{"Cases": {"ana"}}, 0}} {
		f := busyHouse(t)
		f.do(vcc.Report{Kind: vcc.SetUp, Setup: &vcc.Setup{Takes: tt.takes}})
		if got := f.Find(vcc.Search{Agent: "0ada", Interaction: "k", For: vcc.Transfer, Text: "finance"}); got.Total != tt.found {
			t.Errorf("%v: found %d plans, want %d", tt.takes, got.Total, tt.found)
		}
		if got := f.ask("0ada", vcc.Transfer, "k", vcc.Target{Plan: "fin"}); got.OK != (tt.found == 1) {
			t.Errorf("%v: transferred: %+v", tt.takes, got)
		}
	}
}

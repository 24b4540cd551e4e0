package engine

import (
	"strings"
	"testing"
	"time"

	"omnibridge/vcc"
)

// t0 is when every test begins.
var t0 = time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)

func at(seconds int) time.Time { return t0.Add(time.Duration(seconds) * time.Second) }

// checker is the part of testing.TB that rapid.T has too.
type checker interface {
	Helper()
	Fatal(...any)
}

func newMachine(t checker, c Config) *Machine {
	t.Helper()
	m, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// desk drives a machine in a test; it keeps the time.
type desk struct {
	*Machine
	t   testing.TB
	now time.Time
}

func newDesk(t testing.TB, c Config) *desk {
	return &desk{Machine: newMachine(t, c), t: t, now: t0}
}

func (d *desk) step(rs ...vcc.Report) vcc.Output {
	d.t.Helper()
	out := d.Step(d.now, rs)
	if err := audit(d.Machine); err != nil {
		d.t.Fatal(err)
	}
	return out
}

// at moves to a time and steps.
func (d *desk) at(seconds int, rs ...vcc.Report) vcc.Output {
	d.t.Helper()
	d.now = at(seconds)
	return d.step(rs...)
}

func (d *desk) item(id vcc.InteractionID) vcc.Interaction {
	d.t.Helper()
	x, ok := d.Interaction(id)
	if !ok {
		d.t.Fatalf("%s is not known", id)
	}
	return x
}

func (d *desk) load(id vcc.AgentID) int {
	a, _ := d.Agent(id)
	return a.Load
}

func (d *desk) state(id vcc.InteractionID, want vcc.State) {
	d.t.Helper()
	if x := d.item(id); x.State != want {
		d.t.Fatalf("%s is %s (%s), want %s", id, x.State, x.Why, want)
	}
}

// offers checks the offers of out, each as "interaction/number agent".
func (d *desk) offers(out vcc.Output, want ...string) {
	d.t.Helper()
	if got := offersOf(out); strings.Join(got, ", ") != strings.Join(want, ", ") {
		d.t.Fatalf("offers: %q, want %q; decisions %+v", got, want, out.Decisions)
	}
}

func online(id vcc.AgentID, channels ...vcc.Channel) vcc.Report {
	return vcc.Report{Kind: vcc.Omni, Agent: id, Omni: &vcc.Presence{Online: true, Status: "Available", Channels: channels}}
}

func offline(id vcc.AgentID) vcc.Report {
	return vcc.Report{Kind: vcc.Omni, Agent: id, Omni: &vcc.Presence{}}
}

// chat is a semi-live interaction in channel Chat that waits since a second.
func chat(id vcc.InteractionID, since int, change ...func(*vcc.Work)) vcc.Report {
	return work(id, vcc.SemiLive, "Chat", since, change...)
}

func caseWork(id vcc.InteractionID, since int, change ...func(*vcc.Work)) vcc.Report {
	return work(id, vcc.NonLive, "Cases", since, change...)
}

func call(id vcc.InteractionID, since int, change ...func(*vcc.Work)) vcc.Report {
	return work(id, vcc.Live, "Phone", since, change...)
}

func work(id vcc.InteractionID, class vcc.Class, channel vcc.Channel, since int, change ...func(*vcc.Work)) vcc.Report {
	w := &vcc.Work{Record: "r" + string(id), Class: class, Channel: channel, Since: at(since)}
	for _, f := range change {
		f(w)
	}
	return vcc.Report{Kind: vcc.Arrived, Interaction: id, Work: w}
}

func plan(p vcc.PlanID) func(*vcc.Work)     { return func(w *vcc.Work) { w.Plan = p } }
func prefer(a vcc.AgentID) func(*vcc.Work)  { return func(w *vcc.Work) { w.Prefer = a } }
func skills(s ...vcc.Skill) func(*vcc.Work) { return func(w *vcc.Work) { w.Skills = s } }
func answer(k vcc.ReportKind, id vcc.InteractionID, n int) vcc.Report {
	return vcc.Report{Kind: k, Interaction: id, Offer: n}
}
func refuse(id vcc.InteractionID, n int, why vcc.Reason) vcc.Report {
	return vcc.Report{Kind: vcc.Refused, Interaction: id, Offer: n, Reason: why}
}

package engine

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"omnibridge/vcc"
)

func (f *floor) lose(a vcc.AgentID) {
	f.do(vcc.Report{Kind: vcc.PanelChanged, Agent: a, Panel: &vcc.Panel{Why: "ContactPad is closed"}})
}

// TestCallWithoutPanel is a page that dies during a call (vcc.md 3.2): it has 20 s to
// come back. A provider's call has its voice elsewhere and goes on.
func TestCallWithoutPanel(t *testing.T) {
	for _, tt := range []struct {
		name string
		call vcc.Report
		back bool // the page comes back in time
		ends bool
	}{
		{"gone for good", ours("l", 0), false, true},
		{"back in time", ours("l", 0), true, false},
		{"a provider's", ours("l", 0, by("acme", "1")), false, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := newFloor(t, Config{Telephony: true, DefaultPlan: vcc.Plan{WrapUp: 10 * time.Second}}, "ada")
			f.do(tt.call)
			f.may("ada", vcc.AnswerCall, "l")
			f.later(60)
			f.lose("ada")
			f.state("l", vcc.Connected)
			f.later(19)
			f.state("l", vcc.Connected)
			if tt.back {
				f.do(vcc.Report{Kind: vcc.PanelChanged, Agent: "ada", Panel: &vcc.Panel{Alive: true, Phone: true}})
			}
			f.later(1)
			if !tt.ends {
				f.state("l", vcc.Connected)
				f.directed()
				return
			}
			f.state("l", vcc.WrapUp)
			f.directed("hang up l ada")
			x := f.item("l")
			if x.Outcome != outLost || !strings.Contains(x.Why, "20 s") {
				t.Errorf("outcome %q, why %q", x.Outcome, x.Why)
			}
			row, _ := f.Agent("ada")
			if len(row.Notices) != 1 || row.Notices[0].Kind != vcc.CallLost || !strings.Contains(row.Notices[0].Detail, "not reachable") {
				t.Errorf("ada is told %+v", row.Notices)
			}
		})
	}
}

// TestConsultWithoutPanel holds that a consult ends with the page of either, and the
// other is told.
func TestConsultWithoutPanel(t *testing.T) {
	for _, gone := range []vcc.AgentID{"ada", "bob"} {
		f := newFloor(t, Config{CrossMediaConsult: true, CallGrace: 5 * time.Second}, "ada", "bob")
		f.do(online("ada", "Chat"), chat("c", 0, prefer("ada")))
		f.do(answer(vcc.Accepted, "c", 1))
		f.may("ada", vcc.Consult, "c", vcc.Target{Agent: "bob"})
		f.may("bob", vcc.AnswerCall, "c-consult-1")
		f.lose(gone)
		f.later(4)
		f.state("c-consult-1", vcc.Connected)
		f.later(1)
		f.state("c-consult-1", vcc.Closed)
		f.state("c", vcc.Connected)
		if gone == "bob" {
			f.told("ada", consultHungUp, "bob")
		}
	}
}

// TestWorkLeftBehind is non-live work of an agent who logs out (A16): it stays theirs
// unless the configuration says that it goes back to its plan.
func TestWorkLeftBehind(t *testing.T) {
	for _, tt := range []struct {
		name  string
		after time.Duration
		then  func(f *floor)
		back  bool
	}{
		{"by default", 0, func(*floor) {}, false},
		{"switched on", time.Minute, func(*floor) {}, true},
		{"logged in again", time.Minute, func(f *floor) { f.may("ada", vcc.LogIn, "") }, false},
		{"goes on in Omni-Channel alone", time.Minute, func(f *floor) { f.do(offline("ada")); f.do(on("ada")) }, false},
		{"after a restart", time.Minute, func(f *floor) {
			f.Restore(f.now, slices.Collect(f.Interactions()), slices.Collect(f.Agents()))
		}, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := desk2(t, Config{RequeueAfter: tt.after})
			out := f.do(vcc.Report{Kind: vcc.Asked, Command: &vcc.Command{ID: "out", Do: vcc.LogOut, Agent: "ada", Force: true}})
			if !out.Answers[0].OK {
				t.Fatal(out.Answers[0])
			}
			f.later(30)
			tt.then(f)
			f.later(29)
			f.directed()
			f.later(1)
			if !tt.back {
				f.directed()
				f.state("x", vcc.Connected)
				return
			}
			f.directed("requeue x")
			if d := f.out.Directives[0]; d.Plan != "p" || !strings.Contains(d.Detail, "ada logged out") || !slices.Contains(whats(f.out), "left behind") {
				t.Errorf("%+v", f.out)
			}
			f.do(transferred("x", 5, plan("p")))
			if x := f.item("x"); x.State == vcc.Connected {
				t.Errorf("%+v", x)
			}
		})
	}
}

// TestGoOnline is "go online": the present state, chosen once more, asks for the status
// that goes with it if Omni-Channel shows one that does not.
func TestGoOnline(t *testing.T) {
	cfg := mapped()
	cfg.StateFor["Available too"] = stReady
	f := newFloor(t, cfg, "ada")
	f.later(20, status("ada", "")) // what was asked for at the login did not come
	f.enter("ada", stReady)
	f.wished("Available")
	f.later(1, status("ada", "Available"))
	f.enter("ada", stReady)
	f.wished()
	f.later(1, status("ada", "Available too"))
	f.enter("ada", stReady)
	f.wished() // goes with the state as well
}

// TestIntendedKeepsTheStatusItCameFrom holds that a state that was intended because of
// a status does not ask for another status when it begins to hold.
func TestIntendedKeepsTheStatusItCameFrom(t *testing.T) {
	cfg := mapped()
	cfg.StateFor["Lunch"] = stAway
	f := newFloor(t, cfg, "ada")
	f.do(status("ada", "Available"), chat("c", 0))
	f.do(answer(vcc.Accepted, "c", 1))
	f.later(20, status("ada", "Lunch"))
	if row, _ := f.Agent("ada"); row.Intended == nil || *row.Intended != stAway {
		t.Fatalf("intended %v", row.Intended)
	}
	f.do(answer(vcc.Ended, "c", 1))
	f.wished()
	if row, _ := f.Agent("ada"); row.State != stAway {
		t.Errorf("state %v", row.State)
	}
}

// TestCallComesBackInWrapUp is a call that is handed over and handed back while the
// first agent still wraps up: that wrap-up is over by it.
func TestCallComesBackInWrapUp(t *testing.T) {
	f := newFloor(t, Config{Sizes: vcc.Sizes{Live: 51, SemiLive: 33, NonLive: 20}, DefaultPlan: vcc.Plan{WrapUp: time.Minute}}, "ada", "bob")
	f.do(ours("l", 0))
	f.may("ada", vcc.AnswerCall, "l")
	hand := func(from, to vcc.AgentID, consult vcc.InteractionID) {
		f.may(from, vcc.Consult, "l", vcc.Target{Agent: to})
		f.may(to, vcc.AnswerCall, consult)
		f.may(from, vcc.Transfer, "l")
	}
	hand("ada", "bob", "l-consult-1")
	hand("bob", "ada", "l-consult-2")
	if n, load := len(f.item("l").Legs), f.load("ada"); n != 2 || load != 51 {
		t.Errorf("%d parts, ada has load %d: %+v", n, load, f.item("l").Legs)
	}
	if x := f.item("l"); x.Last != "ada" {
		t.Errorf("%s had it last, want ada", x.Last)
	}
}

// TestTimersDoNotPileUp holds that what no longer waits leaves nothing behind for long,
// however far in the future it would have been looked at.
func TestTimersDoNotPileUp(t *testing.T) {
	closes := &vcc.Hours{Open: []vcc.Span{{Day: time.Monday, To: 24 * time.Hour}}}
	d := newDesk(t, Config{KeepClosed: time.Second, DefaultPlan: vcc.Plan{Hours: closes}})
	for i := range 20 * fewTimers {
		d.now = d.now.Add(10 * time.Millisecond)
		id := vcc.InteractionID(fmt.Sprint("c", i))
		d.Step(d.now, []vcc.Report{chat(id, 0), {Kind: vcc.Withdrawn, Interaction: id, Reason: vcc.CustomerLeft}})
	}
	if n := len(d.timers); n > 2*fewTimers {
		t.Errorf("%d timers for %d interactions", n, len(d.items))
	}
	if n := len(d.items); n > 200 {
		t.Errorf("%d interactions are kept", n)
	}
}

package engine

import (
	"cmp"
	"strings"
	"testing"
	"time"

	"omnibridge/vcc"
)

var (
	stReady = vcc.AgentState{Major: vcc.Ready}
	stOut   = vcc.AgentState{Major: vcc.Outbound}
	stAway  = vcc.AgentState{Major: vcc.Away}
	stBreak = vcc.AgentState{Major: vcc.Away, Minor: "Break"}
	stGone  = vcc.AgentState{}
)

// send gives a whole command and returns the answer.
func (f *floor) send(c vcc.Command) vcc.Answer {
	f.t.Helper()
	f.commands++
	c.ID = cmp.Or(c.ID, "s"+strings.Repeat("i", f.commands))
	out := f.do(vcc.Report{Kind: vcc.Asked, Command: &c})
	if err := audit(f.Machine); err != nil {
		f.t.Fatal(err)
	}
	return out.Answers[0]
}

func (f *floor) enter(a vcc.AgentID, s vcc.AgentState) {
	f.t.Helper()
	if got := f.send(vcc.Command{Do: vcc.SetState, Agent: a, State: s}); !got.OK {
		f.t.Fatalf("%s may not be %s: %+v", a, s, got)
	}
}

// stands checks the state bar, and the intended state ("" for none).
func (f *floor) stands(a vcc.AgentID, shown, mark, intended, why string) {
	f.t.Helper()
	d, _ := f.Desk(a)
	next := ""
	if d.Intended != nil {
		next = d.Intended.String()
	}
	if d.Shown != shown || d.Mark != mark || next != intended || !strings.Contains(d.Why, why) || (d.Why == "") != (why == "") {
		f.t.Fatalf("%s stands as %q (%s), then %q, why %q; want %q (%s), %q, %q", a, d.Shown, d.Mark, next, d.Why, shown, mark, intended, why)
	}
}

// notices checks what a was told, newest first, each as "kind/reason name".
func (f *floor) notices(a vcc.AgentID, want ...string) {
	f.t.Helper()
	var got []string
	d, _ := f.Desk(a)
	for _, n := range d.Notices {
		s := string(n.Kind)
		if n.Reason != "" {
			s += "/" + n.Reason
		}
		if n.Name != "" {
			s += " " + n.Name
		}
		if n.Count > 1 {
			s += " x" + string(rune('0'+n.Count))
		}
		got = append(got, s)
	}
	if strings.Join(got, "; ") != strings.Join(want, "; ") {
		f.t.Fatalf("%s was told %q, want %q", a, got, want)
	}
}

func on(a vcc.AgentID) vcc.Report { return online(a, "Chat", "Cases") }

func TestStateGatesWork(t *testing.T) {
	for _, tt := range []struct {
		state vcc.AgentState
		gets  bool
	}{
		{stReady, true}, {stOut, false}, {stAway, false}, {stBreak, false}, {vcc.AgentState{Major: vcc.ExtendedAway}, false},
		{vcc.AgentState{Major: vcc.Ready, Minor: "Mail only"}, true},
	} {
		f := newFloor(t, Config{States: append(append([]vcc.AgentState{}, defaultStates...), vcc.AgentState{Major: vcc.Ready, Minor: "Mail only"})}, "ada")
		f.do(on("ada"))
		f.enter("ada", tt.state)
		if got := len(offersOf(f.do(chat("x", 0)))) > 0; got != tt.gets {
			t.Errorf("%s is offered work: %v, want %v", tt.state, got, tt.gets)
		}
	}
}

func TestLogIn(t *testing.T) {
	f := newFloor(t, Config{})
	for _, s := range []vcc.AgentState{{Major: "asleep"}, {Major: vcc.Away, Minor: "Lunch"}, {Major: vcc.LoggedOut, Minor: "x"}} {
		if got := f.send(vcc.Command{Do: vcc.LogIn, Agent: "ada", State: s}); got.Code != vcc.DeniedUnknown {
			t.Errorf("%q: %+v", s, got)
		}
	}
	f.mayNot(vcc.DeniedLoggedOut, "log in first", "ada", vcc.SetState, "")
	f.may("ada", vcc.LogIn, "")
	f.stands("ada", "Ready (Idle)", "ready", "", "not heard of")
	f.enter("ada", stAway)
	f.may("ada", vcc.LogIn, "") // a second panel changes nothing
	f.stands("ada", "Away", "away", "", "Away since")
	if got := f.send(vcc.Command{Do: vcc.SetState, Agent: "ada", State: vcc.AgentState{Major: vcc.Away, Minor: "Lunch"}}); got.Code != vcc.DeniedUnknown {
		t.Errorf("%+v", got)
	}
}

// TestIntended is A41: what is chosen with open work holds when the last wrap-up is
// over, no work comes until then, and choosing the present state undoes it.
func TestIntended(t *testing.T) {
	f := newFloor(t, Config{DefaultPlan: vcc.Plan{WrapUp: 10 * time.Second}}, "ada")
	f.do(on("ada"), chat("x", 0), chat("y", 1))
	f.do(answer(vcc.Accepted, "x", 1), answer(vcc.Accepted, "y", 1))
	f.stands("ada", "Ready (Working)", "working", "", "")
	f.enter("ada", stAway)
	f.stands("ada", "Ready (Working)", "working", "Away", "Away when the open work has ended")
	f.do(chat("z", 2))
	f.directed()
	f.enter("ada", stReady)
	f.directed("offer z 1 ada")
	f.enter("ada", stBreak)
	f.do(refuse("z", 1, vcc.Undelivered), vcc.Report{Kind: vcc.Withdrawn, Interaction: "z"})
	f.later(5, answer(vcc.Ended, "x", 1))
	f.later(5, answer(vcc.Ended, "y", 1))
	f.stands("ada", "Wrap Up", "working", "Break", "Break when")
	f.later(9)
	f.stands("ada", "Wrap Up", "working", "Break", "Break when")
	f.later(1)
	f.stands("ada", "Break", "away", "", "Break since 10:00:20")
	f.enter("ada", stReady)
	f.stands("ada", "Ready (Idle)", "ready", "", "")
}

// TestWhatAlertsKeepsNobody holds that a state chosen while something only alerts holds at
// once (vcc.md 5: intended is what is chosen while Busy), and that the offer is kept (A17).
func TestWhatAlertsKeepsNobody(t *testing.T) {
	f := newFloor(t, Config{}, "ada")
	f.do(on("ada"), chat("x", 0))
	f.directed("offer x 1 ada")
	f.enter("ada", stAway)
	f.stands("ada", "Away", "away", "", "Away since")
	f.directed()
	f.do(answer(vcc.Accepted, "x", 1))
	f.state("x", vcc.Connected)
	f.stands("ada", "Away", "away", "", "Away since")
	f.enter("ada", stReady)
	// What was intended because of open work does not wait for what alerts either.
	f.do(chat("y", 1))
	f.directed("offer y 1 ada")
	f.enter("ada", stBreak)
	f.stands("ada", "Ready (Working)", "working", "Break", "Break when")
	f.do(answer(vcc.Ended, "x", 1))
	f.stands("ada", "Break", "away", "", "Break since")
	f.directed()
}

func TestIntendedOnlyLeavesReady(t *testing.T) {
	f := newFloor(t, Config{}, "ada")
	f.do(on("ada"), caseWork("x", 0))
	f.do(answer(vcc.Accepted, "x", 1))
	f.enter("ada", stOut)
	f.stands("ada", "Ready (Working)", "working", "Ready for Outbound", "Ready for Outbound when")
	f.do(answer(vcc.Ended, "x", 1))
	f.stands("ada", "Ready for Outbound", "ready", "", "Ready for Outbound since")
	// Who is away does not wait for anything to come back.
	f.enter("ada", stAway)
	f.do(vcc.Report{Kind: vcc.Moved, Interaction: "x2", Agent: "ada", Offer: 1, Work: caseWork("x2", 0).Work}, answer(vcc.Accepted, "x2", 1))
	f.stands("ada", "Away", "away", "", "Away since")
	f.enter("ada", stReady)
	f.stands("ada", "Ready (Working)", "working", "", "")
}

func TestLogOut(t *testing.T) {
	f := newFloor(t, Config{DefaultPlan: vcc.Plan{WrapManual: true}}, "ada", "bob")
	f.do(on("ada"), chat("x", 0), caseWork("k", 0), caseWork("w", 0), caseWork("a", 1))
	f.do(answer(vcc.Accepted, "x", 1), answer(vcc.Accepted, "k", 1), answer(vcc.Accepted, "w", 1))
	f.do(answer(vcc.Ended, "w", 1))
	f.state("w", vcc.WrapUp)
	f.mayNot(vcc.DeniedOpenWork, "open work", "ada", vcc.LogOut, "")
	if got := f.send(vcc.Command{Do: vcc.SetState, Agent: "ada", State: stGone}); got.Code != vcc.DeniedOpenWork {
		t.Fatalf("%+v", got)
	}
	f.send(vcc.Command{Do: vcc.LogOut, Agent: "ada", Force: true})
	f.directed("retract a", "set omni ")
	f.stands("ada", "Logged Out", "out", "", "still online in Omni-Channel")
	f.state("x", vcc.Connected)
	f.state("k", vcc.Connected)
	f.state("w", vcc.Closed) // nobody is there to end it
	// Omni-Channel may take a while, or never follow: no work for who has left.
	f.do(on("bob"), refuse("a", 1, vcc.TimedOut))
	f.directed("offer a 2 bob")
	f.later(3600, offline("bob"), refuse("a", 2, vcc.Unavailable), chat("n", 0))
	f.directed()
	f.do(offline("ada"))
	f.do(on("ada")) // tomorrow, without ContactPad
	if got := offersOf(f.out); len(got) == 0 {
		t.Error("who comes back is offered nothing")
	}
	f.may("bob", vcc.LogOut, "")
	f.directed() // offline there already
}

// TestLogOutWithAWishUnderWay: who logs out before the console did what the log-in asked
// of it, and is offline there, is not held to be online for ever.
func TestLogOutWithAWishUnderWay(t *testing.T) {
	f := newFloor(t, Config{StatusFor: map[vcc.AgentState]string{stReady: "Available"}})
	f.do(offline("ada"), vcc.Report{Kind: vcc.PanelChanged, Agent: "ada", Panel: &vcc.Panel{Alive: true}})
	f.may("ada", vcc.LogIn, "")
	f.wished("Available")
	f.may("ada", vcc.LogOut, "")
	f.wished("")
	f.stands("ada", "Logged Out", "out", "", "not available in Omni-Channel")
	f.later(15, chat("x", 0)) // the console did neither
	f.do(on("ada"))
	f.directed("offer x 1 ada")
}

func TestNoAnswer(t *testing.T) {
	c := Config{NoAnswer: map[vcc.Class]time.Duration{vcc.SemiLive: time.Minute}}
	for _, reason := range []vcc.Reason{vcc.Declined, vcc.TimedOut} {
		f := newFloor(t, c, "ada")
		f.do(on("ada"), chat("x", 0))
		f.later(5, refuse("x", 1, reason), caseWork("k", 0))
		f.directed()
		f.stands("ada", "Ready (Blocked)", "blocked", "", "No Answer, until 10:01:05")
		f.later(59)
		f.directed()
		f.later(1)
		f.directed("offer k 1 ada")
		f.stands("ada", "Ready (Idle)", "ready", "", "")
	}
	for name, back := range map[string]vcc.Command{
		"I am back": {Do: vcc.Unblock}, "ready": {Do: vcc.SetState, State: stReady},
	} {
		f := newFloor(t, c, "ada")
		f.do(on("ada"), chat("x", 0))
		f.do(refuse("x", 1, vcc.Declined), caseWork("k", 0))
		back.Agent = "ada"
		f.send(back)
		if got := offersOf(f.out); len(got) != 1 {
			t.Errorf("%s: %v", name, got)
		}
	}
	f := newFloor(t, Config{}, "ada", "bob")
	f.do(on("ada"), chat("x", 0))
	f.do(refuse("x", 1, vcc.Declined), caseWork("k", 0))
	f.directed("offer k 1 ada") // off by default for all but live
	f.do(refuse("k", 1, vcc.Unavailable), offline("ada"), ours("c", 0))
	f.directed("offer c 1 bob")
	f.later(20)
	f.stands("bob", "Ready (Blocked)", "blocked", "", "No Answer, until 10:03:20")
	f.notices("bob", "missed call Maria Lopez")
	f.enter("bob", stAway)
	f.enter("bob", stReady)
	f.stands("bob", "Ready (Idle)", "ready", "", "not heard of")
}

func TestSupervisor(t *testing.T) {
	f := newFloor(t, Config{}, "ada")
	f.do(on("ada"))
	f.later(60)
	f.send(vcc.Command{Do: vcc.SetState, Agent: "ada", State: stAway, By: "Eva Lind", Why: "left for the day"})
	f.stands("ada", "Away", "away", "", "Away since")
	f.notices("ada", "changed by other/set state Away")
	if n := mustDesk(f, "ada").Notices[0]; n.By != "Eva Lind" || n.Detail != "left for the day" || !n.At.Equal(at(60)) {
		t.Errorf("%+v", n)
	}
	if got := f.send(vcc.Command{Do: vcc.SetState, Agent: "ada", State: vcc.AgentState{Major: "no"}, By: "Eva Lind"}); got.OK {
		t.Fatal("a state that does not exist was set")
	}
	f.notices("ada", "changed by other/set state Away")
	f.send(vcc.Command{Do: vcc.LogOut, Agent: "ada", By: "Eva Lind"})
	f.notices("ada", "changed by other/log out Logged Out", "changed by other/set state Away")
	f.send(vcc.Command{Do: vcc.Dismiss, Agent: "ada", Notice: mustDesk(f, "ada").Notices[0].ID}) // also when logged out
	f.notices("ada", "changed by other/set state Away")
}

func mustDesk(f *floor, a vcc.AgentID) vcc.Desk {
	f.t.Helper()
	d, ok := f.Desk(a)
	if !ok {
		f.t.Fatalf("%s has no desk", a)
	}
	return d
}

func TestLease(t *testing.T) {
	panel := func(alive bool, why string) vcc.Report {
		return vcc.Report{Kind: vcc.PanelChanged, Agent: "ada", Panel: &vcc.Panel{Alive: alive, Why: why}}
	}
	f := newFloor(t, Config{}, "ada")
	f.do(on("ada"), chat("a", 0))
	f.directed("offer a 1 ada")
	f.later(5, panel(false, "no answer for 30 s"), chat("x", 0))
	f.directed()
	f.state("a", vcc.Offered) // kept: it alerts in Salesforce
	f.stands("ada", "Ready (Idle)", "ready", "", "ContactPad not reachable since 10:00:05: no answer for 30 s")
	f.later(5, panel(true, ""))
	f.directed("offer x 1 ada")
	f.stands("ada", "Ready (Idle)", "ready", "", "")
}

func TestLeaseAfterRestart(t *testing.T) {
	f := newFloor(t, Config{}, "ada", "bob", "cy")
	f.do(on("ada"), on("bob"), on("cy"))
	f.may("cy", vcc.LogOut, "")
	n := restarted(t, f, Config{})
	n.do(on("ada"), on("bob"))
	n.later(39, vcc.Report{Kind: vcc.PanelChanged, Agent: "bob", Panel: &vcc.Panel{Alive: true}})
	n.stands("ada", "Ready (Idle)", "ready", "", "") // it is on its way back
	if next, _ := n.Next(); !next.Equal(at(40)) {
		t.Fatalf("next is %s", next)
	}
	n.later(1, chat("x", 0))
	n.stands("ada", "Ready (Idle)", "ready", "", "ContactPad not reachable since 10:00:40: it did not come back")
	n.stands("bob", "Ready (Idle)", "ready", "", "")
	n.directed("offer x 1 bob")
}

// TestStaleLogin is A20: twelve hours without a sign of life.
func TestStaleLogin(t *testing.T) {
	const hours = 3600
	f := newFloor(t, Config{}, "ada", "bob")
	f.do(on("ada"), on("bob"))
	f.later(hours)
	f.may("bob", vcc.ShowWork, "")
	f.later(11*hours - 1)
	f.stands("ada", "Ready (Idle)", "ready", "", "")
	if next, _ := f.Next(); !next.Equal(at(12 * hours)) {
		t.Fatalf("next is %s", next)
	}
	f.later(1, chat("x", 0))
	f.wished("") // Omni-Channel offline, too
	if d := f.out.Directives; len(d) != 2 || d[1].Kind != vcc.Offer || d[1].Agent != "bob" {
		t.Errorf("directed %+v, want the chat offered to bob alone, though ada would have been the first", d)
	}
	f.stands("ada", "Logged Out", "out", "", "logged out of ContactPad, and still online in Omni-Channel")
	f.notices("ada", "logged out idle")
	f.do(answer(vcc.Accepted, "x", 1))
	f.later(1*hours, caseWork("y", 0))
	f.directed("offer y 1 bob") // accepting is a sign of life, too
	f.mayNot(vcc.DeniedLoggedOut, "log in first", "ada", vcc.Unblock, "")
	f.may("ada", vcc.LogIn, "")
	f.do(chat("z", 0))
	f.directed("offer z 1 ada")
	f.notices("ada", "logged out idle") // until it is dismissed
}

// TestStaleLoginOnACall holds that nobody is cut off from a customer by it: who is on a
// call gets nothing new, and the end of the call is a sign of life.
func TestStaleLoginOnACall(t *testing.T) {
	for name, over := range map[string]vcc.Report{
		"hung up":        {Kind: vcc.Called, Interaction: "x", Line: vcc.LineHungUp},
		"record deleted": {Kind: vcc.Withdrawn, Interaction: "x", Reason: vcc.Deleted},
	} {
		t.Run(name, func(t *testing.T) {
			staleOnACall(t, over)
		})
	}
}

func staleOnACall(t *testing.T, over vcc.Report) {
	f := newFloor(t, Config{LoginStale: 15 * time.Minute}, "ada")
	f.do(on("ada"), ours("x", 0))
	f.may("ada", vcc.AnswerCall, "x")
	f.later(15*60, chat("c", 0))
	f.directed()
	f.stands("ada", "Busy Inbound", "working", "", "nothing was done in ContactPad since 10:00:00")
	f.do(over)
	f.directed("offer c 1 ada")
	f.do(refuse("c", 1, vcc.Undelivered), vcc.Report{Kind: vcc.Withdrawn, Interaction: "c"})
	f.later(15*60 - 1)
	f.stands("ada", "Ready (Idle)", "ready", "", "")
	f.later(1)
	f.stands("ada", "Logged Out", "out", "", "logged out of ContactPad")
}

// TestStaleLoginThatRevives holds that a login which was stale, and is not any more since
// the agent's status changed in Omni-Channel, gets stale once more.
func TestStaleLoginThatRevives(t *testing.T) {
	d := newDesk(t, Config{
		LoginStale: time.Minute, StatusFor: map[vcc.AgentState]string{stReady: "Available", stAway: "Pause"},
		StateFor: map[string]vcc.AgentState{"Available": stReady, "Pause": stAway},
	})
	status := func(s string) vcc.Report {
		return vcc.Report{Kind: vcc.Omni, Agent: "ada", Omni: &vcc.Presence{Online: true, Status: s, Channels: []vcc.Channel{"Chat"}}}
	}
	d.step(vcc.Report{Kind: vcc.Asked, Command: &vcc.Command{ID: "1", Do: vcc.LogIn, Agent: "ada"}}, status("Available"))
	d.at(60)
	d.offers(d.at(70, chat("c1", 70)))
	d.step(vcc.Report{Kind: vcc.Withdrawn, Interaction: "c1", Reason: vcc.CustomerLeft})
	d.at(80, status("Pause"))
	d.at(90, status("Available"))
	d.at(150)
	d.offers(d.at(151, chat("c2", 151)))
	if why := d.item("c2").Why; !strings.Contains(why, "none ready in ContactPad") {
		t.Errorf("why = %q", why)
	}
}

package engine

import (
	"fmt"
	"testing"
	"time"

	"omnibridge/vcc"
)

// TestWhyNotDelivered holds the six reasons of panel-ux 6, M14.
func TestWhyNotDelivered(t *testing.T) {
	for _, tt := range []struct {
		detail string
		stands vcc.Presence
		reason vcc.Reason
		want   string
	}{
		{"INVALID: agent is at capacity", vcc.Presence{Online: true, Channels: []vcc.Channel{"Chat"}}, vcc.Failed, "full"},
		{"", vcc.Presence{}, vcc.Failed, "offline"},
		{"the user is not online", vcc.Presence{Online: true, Channels: []vcc.Channel{"Chat"}}, vcc.Failed, "offline"},
		{"", vcc.Presence{}, vcc.Unavailable, "offline"},
		{"", vcc.Presence{Online: true, Status: "Break"}, vcc.Failed, "away"},
		{"", vcc.Presence{Online: true, Channels: []vcc.Channel{"Cases"}}, vcc.Failed, "channel"},
		{"the push ended in Salesforce", vcc.Presence{Online: true, Channels: []vcc.Channel{"Chat"}}, vcc.Unavailable, "closed"},
		{"the status has no such service channel", vcc.Presence{Online: true, Channels: []vcc.Channel{"Chat"}}, vcc.Failed, "channel"},
		{"UNABLE_TO_LOCK_ROW", vcc.Presence{Online: true, Channels: []vcc.Channel{"Chat"}}, vcc.Failed, "no answer"},
	} {
		f := newFloor(t, Config{}, "ada")
		f.do(online("ada", "Chat"), chat("x", 0))
		r := refuse("x", 1, tt.reason)
		r.Detail = tt.detail
		f.do(vcc.Report{Kind: vcc.Omni, Agent: "ada", Omni: &tt.stands}, r)
		f.notices("ada", "not delivered/"+tt.want)
	}
}

func TestNoticesOfOffers(t *testing.T) {
	for _, tt := range []struct {
		name string
		r    vcc.Report
		want []string
	}{
		{"declined", refuse("x", 1, vcc.Declined), []string{"declined Maria"}},
		{"not answered", refuse("x", 1, vcc.TimedOut), []string{"offer over Maria"}},
		{"never made", refuse("x", 1, vcc.Undelivered), nil},
		{"customer left", vcc.Report{Kind: vcc.Withdrawn, Interaction: "x", Reason: vcc.CustomerLeft}, []string{"customer left/customer left Maria"}},
		{"left routing", vcc.Report{Kind: vcc.Withdrawn, Interaction: "x", Reason: vcc.LeftRouting}, []string{"changed by other/left routing Maria"}},
		{"given to somebody else", vcc.Report{Kind: vcc.Moved, Interaction: "x", Agent: "bob", Offer: 2}, []string{"changed by other/moved Maria"}},
		{"to another queue", chat("x", 5, plan("q")), []string{"changed by other/requeued Maria"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := newFloor(t, Config{}, "ada")
			named := func(w *vcc.Work) { w.Name, w.Medium = "Maria", "chat" }
			f.do(online("ada", "Chat"), chat("x", 0, named))
			if tt.r.Work != nil {
				named(tt.r.Work)
			}
			f.later(5, tt.r)
			f.notices("ada", tt.want...)
			for _, n := range mustDesk(f, "ada").Notices {
				switch n.Kind {
				case vcc.OfferDeclined:
					if !n.Until.Equal(at(185)) {
						t.Errorf("%+v", n)
					}
				case vcc.OfferOver:
					if n.Detail != "it was not accepted in 30 s" {
						t.Errorf("%+v", n)
					}
				}
				if n.ID == "" || n.Interaction != "x" || n.Medium != "chat" || n.Class != vcc.SemiLive || !n.At.Equal(at(5)) {
					t.Errorf("%+v", n)
				}
			}
		})
	}
}

func TestNoticesOfWhatIsOpen(t *testing.T) {
	for _, tt := range []struct {
		r    vcc.Report
		want []string
	}{
		{vcc.Report{Kind: vcc.Withdrawn, Interaction: "x", Reason: vcc.CustomerLeft}, nil}, // it ended, as chats do
		{vcc.Report{Kind: vcc.Withdrawn, Interaction: "x", Reason: vcc.Deleted}, []string{"changed by other/deleted"}},
		{vcc.Report{Kind: vcc.Moved, Interaction: "x", Agent: "bob", Offer: 2}, []string{"changed by other/moved"}},
		{answer(vcc.Ended, "x", 1), nil},
	} {
		f := newFloor(t, Config{}, "ada")
		f.do(online("ada", "Chat"), chat("x", 0))
		f.do(answer(vcc.Accepted, "x", 1))
		f.do(tt.r)
		f.notices("ada", tt.want...)
		f.noCard("ada", "x")
	}
}

func TestNoticesAreCountedAndBounded(t *testing.T) {
	f := newFloor(t, Config{CoolDown: time.Second, ChannelCoolDown: time.Second}, "ada")
	f.do(online("ada", "Chat"), offline("ada"))
	lose := func(id vcc.InteractionID, class vcc.Class) {
		t.Helper()
		f.do(vcc.Report{Kind: vcc.Moved, Interaction: id, Agent: "ada", Offer: 1, Work: work(id, class, "Chat", 0, func(w *vcc.Work) { w.Name = string(id) }).Work})
		f.do(refuse(id, 1, vcc.Failed))
	}
	lose("a", vcc.SemiLive)
	first := mustDesk(f, "ada").Notices[0].ID
	f.later(299)
	lose("b", vcc.SemiLive)
	lose("k", vcc.NonLive)
	f.notices("ada", "not delivered/offline k", "not delivered/offline b x2")
	f.later(1)
	lose("c", vcc.SemiLive)
	f.notices("ada", "not delivered/offline c x3", "not delivered/offline k")
	if n := mustDesk(f, "ada").Notices[0]; n.ID == first || n.Interaction != "c" {
		t.Errorf("%+v", n)
	}
	f.later(301)
	lose("d", vcc.SemiLive)
	f.notices("ada", "not delivered/offline d", "not delivered/offline c x3", "not delivered/offline k")
	f.send(vcc.Command{Do: vcc.Dismiss, Agent: "ada", Notice: mustDesk(f, "ada").Notices[1].ID})
	f.notices("ada", "not delivered/offline d", "not delivered/offline k")
	f.send(vcc.Command{Do: vcc.Dismiss, Agent: "ada", Notice: "no such"}) // another panel was quicker
	ids := map[string]bool{}
	for i := range 30 {
		id := vcc.InteractionID(fmt.Sprint("m", i))
		f.do(vcc.Report{Kind: vcc.Moved, Interaction: id, Agent: "ada", Offer: 1, Work: chat(id, 0).Work})
		f.do(vcc.Report{Kind: vcc.Moved, Interaction: id, Agent: "bob", Offer: 2})
	}
	for _, n := range mustDesk(f, "ada").Notices {
		ids[n.ID] = true
	}
	if n := mustDesk(f, "ada").Notices; len(n) != keptNotices || n[0].Interaction != "m29" || len(ids) != keptNotices {
		t.Errorf("%d notices, %d ids, the first %+v", len(n), len(ids), n[0])
	}
	f.do(refuse("m0", 2, vcc.Failed))
	if a, ok := f.Agent("bob"); !ok || len(a.Notices) > 0 {
		t.Errorf("who is not in ContactPad was told %+v", a.Notices)
	}
}

// TestPop holds when a record opens by itself, and when in front (vcc.md 4, A5).
func TestPop(t *testing.T) {
	pops := func(out vcc.Output) (got []string) {
		for _, d := range out.Directives {
			if d.Kind == vcc.Pop {
				s := fmt.Sprintf("%s/%d", d.Interaction, d.Offer)
				if d.Focus {
					s += " in front"
				}
				if d.Again {
					s += " again"
				}
				got = append(got, s)
			}
		}
		return got
	}
	check := func(f *floor, want ...string) {
		t.Helper()
		if got := pops(f.out); fmt.Sprint(got) != fmt.Sprint(want) {
			t.Fatalf("popped %q, want %q", got, want)
		}
	}
	f := newFloor(t, Config{}, "ada")
	f.do(on("ada"), chat("x", 0))
	f.do(answer(vcc.Alerting, "x", 1))
	check(f)
	f.mayNot(vcc.DeniedNotNow, "accept it first", "ada", vcc.OpenRecord, "x")
	f.do(answer(vcc.Accepted, "x", 1))
	check(f, "x/1 in front")
	f.do(answer(vcc.Accepted, "x", 1))
	check(f)
	f.do(caseWork("k", 0))
	check(f)
	f.do(answer(vcc.Alerting, "k", 1))
	check(f, "k/1") // behind: ada is chatting
	f.may("ada", vcc.OpenRecord, "k")
	check(f, "k/1 in front again") // also while it alerts, since it was opened
	f.do(answer(vcc.Accepted, "k", 1))
	check(f)
	f.do(caseWork("l", 0))
	f.do(answer(vcc.Accepted, "l", 1)) // accepted before it was seen to alert
	check(f, "l/1")
	f.do(answer(vcc.Ended, "x", 1), vcc.Report{Kind: vcc.Moved, Interaction: "m", Agent: "ada", Offer: 4, Work: caseWork("m", 0).Work})
	check(f, "m/4 in front") // cases are no conversation
	f.may("ada", vcc.OpenRecord, "l")
	check(f, "l/1 in front again")
	n := restarted(t, f, Config{})
	n.do(answer(vcc.Accepted, "m", 4))
	check(n)

	f = newFloor(t, Config{PopNonLive: PopOnAccept, PopAlwaysFocus: true}, "ada")
	f.do(on("ada"), chat("x", 0), caseWork("k", 0))
	f.do(answer(vcc.Accepted, "x", 1), answer(vcc.Alerting, "k", 1))
	check(f, "x/1 in front")
	f.do(answer(vcc.Accepted, "k", 1))
	check(f, "k/1 in front")

	f = newFloor(t, Config{}) // who has no panel has no console to open anything in
	f.do(on("ada"), chat("x", 0))
	f.do(answer(vcc.Accepted, "x", 1))
	check(f)
}

func TestPopsNothingWithoutARecord(t *testing.T) {
	f := newFloor(t, Config{}, "ada")
	f.do(on("ada"), chat("x", 0, func(w *vcc.Work) { w.Record = "" }))
	f.do(answer(vcc.Accepted, "x", 1))
	f.directed()
	f.mayNot(vcc.DeniedUnknown, "no record", "ada", vcc.OpenRecord, "x")
}

package telephony

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"omnibridge/vcc"
)

// world is a network and what it reported.
type world struct {
	*Network
	t     *testing.T
	begin time.Time
	mu    sync.Mutex
	heard []vcc.Report
	when  []time.Duration
}

// inWorld runs fn in a bubble.
func inWorld(t *testing.T, o Options, fn func(w *world)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w := &world{t: t, begin: time.Now()}
		o.Report = func(r vcc.Report) {
			w.mu.Lock()
			defer w.mu.Unlock()
			w.heard, w.when = append(w.heard, r), append(w.when, time.Since(w.begin))
		}
		n, err := New(o)
		if err != nil {
			t.Fatal(err)
		}
		w.Network = n
		ctx, stop := context.WithCancel(t.Context())
		var running sync.WaitGroup
		running.Go(func() { n.Run(ctx) })
		fn(w)
		stop()
		running.Wait()
		if calls := n.Calls(); len(calls) > 0 {
			t.Errorf("calls outlive the network: %+v", calls)
		}
	})
}

// told checks what was reported since it was asked last: "1s answered a".
func (w *world) told(want ...string) {
	w.t.Helper()
	synctest.Wait()
	w.mu.Lock()
	defer w.mu.Unlock()
	var got []string
	for i, r := range w.heard {
		what := string(r.Line)
		if r.Kind == vcc.Arrived {
			what = "arrived"
		}
		got = append(got, fmt.Sprintf("%v %s %s", w.when[i], what, r.Interaction))
	}
	w.heard, w.when = nil, nil
	if strings.Join(got, ", ") != strings.Join(want, ", ") {
		w.t.Fatalf("told %q, want %q", got, want)
	}
}

// calls checks all calls: "a talking ada".
func (w *world) calls(want ...string) {
	w.t.Helper()
	synctest.Wait()
	var got []string
	for _, c := range w.Calls() {
		got = append(got, strings.TrimSpace(fmt.Sprintf("%s %s %s %s", c.Interaction, c.State, c.Agent, c.With)))
	}
	if strings.Join(got, ", ") != strings.Join(want, ", ") {
		w.t.Fatalf("calls %q, want %q", got, want)
	}
}

func phone(op vcc.PhoneOp, id, agent, number, other string) vcc.Directive {
	return vcc.Directive{Kind: vcc.Phone, Phone: op, Interaction: vcc.InteractionID(id), Agent: vcc.AgentID(agent), Number: number, Other: vcc.InteractionID(other)}
}

func TestDial(t *testing.T) {
	for _, tt := range []struct {
		number string
		want   []string
	}{
		{"+442079460018", []string{"3s answered a"}},
		{"12301", []string{"1s busy a"}},
		{"12302", []string{"1m0s no answer a"}},
		{"12303", []string{"1s unreachable a"}},
	} {
		t.Run(tt.number, func(t *testing.T) {
			inWorld(t, Options{}, func(w *world) {
				w.Direct(phone(vcc.PhoneDial, "a", "ada", tt.number, ""))
				w.Direct(phone(vcc.PhoneDial, "a", "ada", tt.number, "")) // once more, as after a restart
				w.calls("a ringing ada")
				time.Sleep(time.Hour)
				w.told(tt.want...)
				if strings.Contains(tt.want[0], "answered") {
					w.calls("a talking ada")
				} else {
					w.calls()
				}
			})
		})
	}
	t.Run("rules", func(t *testing.T) {
		rules := []Rule{{Pattern: "1?", Line: vcc.LineAnswered, After: time.Second, Talk: 5 * time.Second}, {Pattern: "2*", Line: vcc.LineBusy}}
		inWorld(t, Options{Rules: rules, MaxCalls: 2}, func(w *world) {
			w.Direct(phone(vcc.PhoneDial, "a", "ada", "12", ""))
			time.Sleep(time.Minute)
			w.told("1s answered a", "6s hung up a")
			w.Direct(phone(vcc.PhoneDial, "b", "ada", "2", ""))
			time.Sleep(time.Nanosecond)
			w.told("1m0s busy b")
			w.Direct(phone(vcc.PhoneDial, "c", "ada", "3", "")) // no rule
			time.Sleep(time.Nanosecond)
			w.told("1m0.000000001s unreachable c")
			for _, id := range []string{"d", "e", "f"} {
				w.Direct(phone(vcc.PhoneDial, id, "ada", "12", ""))
			}
			w.told("1m0.000000002s unreachable f") // one call too many
		})
	})
	t.Run("cancelled while it rings", func(t *testing.T) {
		inWorld(t, Options{}, func(w *world) {
			w.Direct(phone(vcc.PhoneDial, "a", "ada", "123", ""))
			w.Direct(phone(vcc.PhoneHold, "a", "ada", "", ""))
			w.calls("a ringing ada")
			w.Direct(phone(vcc.PhoneHangUp, "a", "ada", "", ""))
			w.calls()
			time.Sleep(time.Hour)
			w.told()
		})
	})
}

func TestCustomerCalls(t *testing.T) {
	inWorld(t, Options{MaxCalls: 1}, func(w *world) {
		id, err := w.Call(Caller{Number: "+49 30 1", Name: "Maria", Plan: "orders", Record: "003A", Patience: time.Minute, Talk: 10 * time.Second})
		if err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		r := w.heard[0]
		if r.Work.Class != vcc.Live || r.Work.Channel != "" || r.Work.Name != "Maria" || r.Work.Caller != "+49 30 1" || r.Work.Plan != "orders" || r.Work.Record != "003A" || r.Call.Direction != "in" {
			t.Errorf("%+v %+v", r.Work, r.Call)
		}
		if _, err := w.Call(Caller{Number: "1"}); err == nil {
			t.Error("more calls than there may be")
		}
		w.told("0s arrived " + string(id))
		w.calls(string(id) + " waiting")
		time.Sleep(59 * time.Second)
		w.Direct(phone(vcc.PhoneMove, string(id), "ada", "", ""))
		time.Sleep(5 * time.Second) // patience is not what counts any more
		w.told()
		w.Direct(phone(vcc.PhoneMove, string(id), "bob", "", "")) // transferred: the customer goes on talking
		w.calls(string(id) + " talking bob")
		time.Sleep(time.Hour)
		w.told("1m9s hung up " + string(id))
		w.calls()
	})
	t.Run("loses patience", func(t *testing.T) {
		inWorld(t, Options{}, func(w *world) {
			id, _ := w.Call(Caller{Number: "1", Patience: time.Minute})
			time.Sleep(2 * time.Minute)
			w.told("0s arrived "+string(id), "1m0s hung up "+string(id))
		})
	})
	t.Run("hangs up", func(t *testing.T) {
		inWorld(t, Options{}, func(w *world) {
			id, _ := w.Call(Caller{Number: "1"})
			if !w.HangUp(id) || w.HangUp(id) || w.HangUp("nothing") {
				t.Error("hung up what is not there, or not what is")
			}
			w.told("0s arrived "+string(id), "0s hung up "+string(id))
		})
	})
	t.Run("refused", func(t *testing.T) {
		inWorld(t, Options{}, func(w *world) {
			for _, c := range []Caller{{}, {Number: "1", Patience: -1}, {Number: "1", Talk: -1}} {
				if _, err := w.Call(c); err == nil {
					t.Errorf("%+v: taken", c)
				}
			}
		})
	})
}

// TestConference: hold, join, hold again, and what is left when somebody goes.
func TestConference(t *testing.T) {
	inWorld(t, Options{}, func(w *world) {
		w.Direct(phone(vcc.PhoneDial, "a", "ada", "123", ""))
		time.Sleep(time.Second)
		w.Direct(phone(vcc.PhoneDial, "b", "ada", "124", ""))
		time.Sleep(3 * time.Second)
		synctest.Wait()
		w.Direct(phone(vcc.PhoneHold, "a", "ada", "", ""))
		w.calls("a on hold ada", "b talking ada")
		w.Direct(phone(vcc.PhoneRetrieve, "a", "ada", "", ""))
		w.Direct(phone(vcc.PhoneJoin, "a", "ada", "", "b"))
		w.calls("a in conference ada b", "b in conference ada a")
		w.Direct(phone(vcc.PhoneHold, "b", "ada", "", ""))
		w.calls("a talking ada", "b on hold ada")
		w.Direct(phone(vcc.PhoneJoin, "b", "ada", "", "a"))
		w.HangUp("a")
		w.calls("b talking ada")
		w.told("3s answered a", "4s answered b", "4s hung up a")
	})
}

// TestMoveToNumber: two ends that talk to one another are nobody's business.
func TestMoveToNumber(t *testing.T) {
	inWorld(t, Options{}, func(w *world) {
		id, _ := w.Call(Caller{Number: "1", Talk: time.Minute})
		w.Direct(phone(vcc.PhoneMove, string(id), "ada", "", ""))
		w.Direct(phone(vcc.PhoneDial, "b", "ada", "123", ""))
		time.Sleep(3 * time.Second)
		w.told("0s arrived "+string(id), "3s answered b")
		w.Direct(phone(vcc.PhoneMove, string(id), "", "", "b"))
		w.calls(string(id)+" talking  b", "b talking  "+string(id))
		time.Sleep(time.Hour)
		w.calls()
		w.told()
	})
}

func TestUnknown(t *testing.T) {
	inWorld(t, Options{}, func(w *world) {
		for _, op := range []vcc.PhoneOp{vcc.PhoneHold, vcc.PhoneRetrieve, vcc.PhoneJoin, vcc.PhoneMove, vcc.PhoneHangUp, "sing"} {
			w.Direct(phone(op, "nothing", "ada", "", "nothing else"))
		}
		w.Direct(vcc.Directive{Kind: vcc.Offer, Interaction: "a"})
		w.calls()
		// A call whose other is none of ours: two agents who talk panel to panel.
		id, _ := w.Call(Caller{Number: "1"})
		w.Direct(phone(vcc.PhoneMove, string(id), "ada", "", ""))
		w.Direct(phone(vcc.PhoneJoin, string(id), "ada", "", "panels"))
		w.calls(string(id) + " in conference ada panels")
		w.Direct(phone(vcc.PhoneRetrieve, string(id), "ada", "", "")) // the other agent left
		w.calls(string(id) + " talking ada")
		w.Direct(phone(vcc.PhoneJoin, string(id), "ada", "", "panels"))
		w.Direct(phone(vcc.PhoneMove, string(id), "bob", "", "panels"))
		w.calls(string(id) + " talking bob")
	})
}

// TestResume: what went on while the network was away.
func TestResume(t *testing.T) {
	inWorld(t, Options{}, func(w *world) {
		in := func(id string, s vcc.State, c vcc.Call, legs ...vcc.Leg) vcc.Interaction {
			c.Number = "1"
			return vcc.Interaction{ID: vcc.InteractionID(id), State: s, Work: vcc.Work{Class: vcc.Live}, Call: &c, Legs: legs}
		}
		talks := vcc.Leg{Agent: "ada", State: vcc.Connected}
		holds := vcc.Leg{Agent: "bob", State: vcc.Connected, HeldSince: time.Now()}
		for _, x := range []vcc.Interaction{
			in("a", vcc.Waiting, vcc.Call{}), in("b", vcc.Connected, vcc.Call{}, talks), in("c", vcc.Connected, vcc.Call{}, holds),
			in("d", vcc.Connected, vcc.Call{Joined: true}, talks), in("e", vcc.Alerted, vcc.Call{Of: "c", RingsUntil: time.Now()}, talks),
			in("-", vcc.Closed, vcc.Call{}), in("-", vcc.WrapUp, vcc.Call{}, vcc.Leg{State: vcc.WrapUp}), in("-", vcc.Connected, vcc.Call{Provider: "crm"}, talks),
			in("-", vcc.Connected, vcc.Call{Of: "b", Direction: "internal"}, talks), {ID: "-", Work: vcc.Work{Class: vcc.Live}},
		} {
			w.Resume(x)
		}
		w.Resume(in("b", vcc.Waiting, vcc.Call{})) // which is there
		w.calls("a waiting", "b talking ada", "c on hold bob", "d in conference ada", "e ringing ada")
		w.HangUp("b")
		w.told("0s hung up b")
	})
}

func TestOptions(t *testing.T) {
	_, err := New(Options{MaxCalls: -1, Rules: []Rule{{Pattern: "[1", Line: "sings", After: -1}, {}}})
	if err == nil {
		t.Fatal("taken")
	}
	for _, want := range []string{"Report is not set", "MaxCalls is -1", `Rules[0].Pattern is "[1"`, `Rules[0].Line is "sings"`, "Rules[0].After is -1ns", `Rules[1].Pattern is ""`} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%v: does not say %q", err, want)
		}
	}
}

// TestSlowListener: Direct and Call do not wait for who listens.
func TestSlowListener(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		var order []vcc.InteractionID
		n, err := New(Options{Report: func(r vcc.Report) { <-release; order = append(order, r.Interaction) }})
		if err != nil {
			t.Fatal(err)
		}
		ctx, stop := context.WithCancel(t.Context())
		var running sync.WaitGroup
		running.Go(func() { n.Run(ctx) })
		var want []vcc.InteractionID
		for range 50 {
			id, err := n.Call(Caller{Number: "1"})
			if err != nil {
				t.Fatal(err)
			}
			want = append(want, id)
		}
		close(release)
		synctest.Wait()
		if fmt.Sprint(order) != fmt.Sprint(want) {
			t.Errorf("out of order: %v, want %v", order, want)
		}
		stop()
		running.Wait()
	})
}

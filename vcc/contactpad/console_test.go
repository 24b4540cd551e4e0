package contactpad

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"omnibridge/vcc"
)

const caseID = "500000000000001AAA"

// callTo is a call as a panel gets it.
type callTo struct {
	ID, Name string
	Args     struct {
		RecordID, StatusID, WorkID, Reason string
		Focus                              bool
	}
}

// calls returns the calls that a panel got.
func calls(t *testing.T, p *pad) []callTo {
	t.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	var list []callTo
	for _, h := range p.seen {
		if h.T == "call" {
			var c callTo
			h.into(t, &c)
			list = append(list, c)
		}
	}
	return list
}

var bridgeReady = map[string]any{"t": "bridge", "version": 1, "console": true,
	"capabilities": []string{"openRecord", "setStatus", "logout", "declineWork", "closeWork"}}

func popOf(offer int) vcc.Directive {
	return vcc.Directive{Kind: vcc.Pop, Agent: "ana", Interaction: "i1", Offer: offer, Record: caseID}
}

func TestRecordPopsOnceInThePrimaryPanel(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := bubble(t, nil)
		token := r.session("ana")
		one := r.panel("panel-one", token)
		later(time.Second)
		two := r.panel("panel-two", token)
		one.say(bridgeReady)
		two.say(bridgeReady)
		later(time.Second)
		r.s.Direct(popOf(1))
		r.s.Direct(popOf(1))
		later(time.Second)
		if a, b := calls(t, one), calls(t, two); len(a) != 1 || a[0].Name != "openRecord" || a[0].Args.RecordID != caseID || a[0].Args.Focus || len(b) != 0 {
			t.Fatalf("one got %+v, two %+v", a, b)
		}
		again := popOf(1)
		again.Again, again.Focus = true, true
		r.s.Direct(again)
		r.s.Direct(popOf(2))
		later(time.Second)
		if a := calls(t, one); len(a) != 3 || !a[1].Args.Focus || a[1].ID == a[0].ID {
			t.Errorf("got %+v", a)
		}
	})
}

func TestPopWaitsForAPanelThatComesBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := bubble(t, nil)
		token := r.session("ana")
		r.s.Direct(popOf(1)) // right after a start: no panel has come back yet
		later(20 * time.Second)
		p := r.panel("panel-one", token)
		later(time.Second)
		if c := calls(t, p); len(c) != 0 {
			t.Fatalf("asked before the console was there: %+v", c)
		}
		p.say(bridgeReady)
		later(time.Second)
		if c := calls(t, p); len(c) != 1 {
			t.Fatalf("got %+v", c)
		}
		p.say(map[string]any{"t": "result", "id": calls(t, p)[0].ID, "ok": true})
		p.say(map[string]any{"t": "bridge"}) // the console is lost
		later(time.Second)
		r.s.Direct(popOf(2))
		later(31 * time.Second)
		p.say(bridgeReady)
		later(time.Second)
		if c := calls(t, p); len(c) != 1 {
			t.Errorf("popped after 31 s: %+v", c)
		}
	})
}

func TestCallIsRepeatedWithItsIDAfterABreak(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := bubble(t, nil)
		token := r.session("ana")
		p := r.panel("panel-one", token)
		p.say(bridgeReady)
		later(time.Second)
		r.s.Direct(popOf(1))
		later(time.Second)
		p.conn.NetConn().Close()
		again := r.panel("panel-one", token)
		later(time.Second)
		a, b := calls(t, p), calls(t, again)
		if len(a) != 1 || len(b) != 1 || a[0].ID != b[0].ID {
			t.Fatalf("before %+v, after %+v", a, b)
		}
		again.say(map[string]any{"t": "result", "id": b[0].ID, "ok": true})
		again.conn.NetConn().Close()
		third := r.panel("panel-one", token)
		later(time.Second)
		if c := calls(t, third); len(c) != 0 {
			t.Errorf("repeated although it was answered: %+v", c)
		}
	})
}

func TestRecordThatIsGoneIsTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := bubble(t, nil)
		p := r.panel("panel-one", r.session("ana"))
		p.say(bridgeReady)
		later(time.Second)
		r.s.Direct(popOf(1))
		later(time.Second)
		c := calls(t, p)
		p.say(map[string]any{"t": "result", "id": c[0].ID, "ok": false, "error": map[string]string{"code": "gone", "text": "deleted"}})
		p.say(map[string]any{"t": "result", "id": c[0].ID, "ok": false, "error": map[string]string{"code": "gone"}}) // late
		p.say(map[string]any{"t": "result", "id": "nothing", "ok": true})
		later(time.Second)
		done := r.desks.commands()
		if len(done) != 1 || done[0].Do != vcc.ConsoleGone || done[0].Interaction != "i1" || done[0].Agent != "ana" {
			t.Errorf("done %+v", done)
		}
	})
}

// TestConsoleIsTakenAtItsWord holds that only the panel that was asked answers, that
// another failure is not taken for a record that is gone, and that a console is not
// asked for what it cannot do.
func TestConsoleIsTakenAtItsWord(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := bubble(t, func(o *Options) { o.StatusID = func(string) string { return "0N5000000000001AAA" } })
		token := r.session("ana")
		one := r.panel("panel-one", token)
		later(time.Second)
		two := r.panel("panel-two", token)
		one.say(map[string]any{"t": "bridge", "version": 1, "capabilities": []string{"openRecord", "declineWork"}})
		later(time.Second)
		r.s.Direct(vcc.Directive{Kind: vcc.SetOmni, Agent: "ana", Status: "Online"})
		later(time.Second)
		if c := calls(t, one); len(c) != 0 {
			t.Fatalf("asked for what it cannot do: %+v", c)
		}
		r.s.Direct(popOf(1))
		later(time.Second)
		id := calls(t, one)[0].ID
		gone := map[string]any{"t": "result", "id": id, "ok": false, "error": map[string]string{"code": "gone"}}
		two.say(gone)
		later(time.Second)
		if c := r.desks.commands(); len(c) != 0 {
			t.Fatalf("another panel answered: %+v", c)
		}
		gone["error"] = map[string]string{"code": "unavailable"}
		one.say(gone)
		later(time.Second)
		if c := r.desks.commands(); len(c) != 0 {
			t.Errorf("taken for gone: %+v", c)
		}
	})
}

// checkChoices holds what a panel was let choose from; -1: nothing.
func checkChoices(t *testing.T, p *pad, when string, want int) {
	t.Helper()
	h, n := p.last("choices")
	if n == 0 {
		if want >= 0 {
			t.Errorf("%s: no choices were told", when)
		}
		return
	}
	var m choicesMessage
	h.into(t, &m)
	if m.Interaction != "call" || m.Records == nil || len(m.Records) != want {
		t.Errorf("%s: choices %s", when, h.data)
	}
}

func TestCallerIsSearchedFor(t *testing.T) {
	one, two := Record{"003000000000001AAA", "Maria Lopez", "Contact"}, Record{"001000000000001AAA", "Lopez Ltd", "Account"}
	for name, test := range map[string]struct {
		found   []Record
		err     error
		pops    int
		choices int // -1: none are told
	}{
		"none":    {nil, nil, 0, 0},
		"one":     {[]Record{one}, nil, 1, -1},
		"several": {[]Record{one, two}, nil, 0, 2},
		"trouble": {nil, errors.New("no API calls left"), 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := bubble(t, func(o *Options) {
					o.FindCaller = func(_ context.Context, number string) ([]Record, error) {
						if number != "+44 20 7946 0018" {
							t.Errorf("searched for %q", number)
						}
						time.Sleep(time.Second)
						return test.found, test.err
					}
				})
				token := r.session("ana")
				p := r.panel("panel-one", token)
				p.say(bridgeReady)
				later(time.Second)
				r.s.Direct(vcc.Directive{Kind: vcc.Pop, Agent: "ana", Interaction: "call", Offer: 1, Caller: "+44 20 7946 0018", Focus: true})
				later(2 * time.Second)
				if c := calls(t, p); len(c) != test.pops || test.pops > 0 && (c[0].Args.RecordID != one.ID || !c[0].Args.Focus) {
					t.Errorf("calls %+v", c)
				}
				checkChoices(t, p, "at once", test.choices)
				card := vcc.Card{Interaction: "call", Class: vcc.Live, State: vcc.CardAlerting}
				r.desks.set(vcc.Desk{Agent: "ana", Cards: []vcc.Card{card}})
				later(time.Second)
				p.conn.NetConn().Close()
				again := r.panel("panel-one", token)
				later(time.Second)
				checkChoices(t, again, "after a break", test.choices)
				r.desks.set(vcc.Desk{Agent: "ana"})
				later(time.Second)
				again.conn.NetConn().Close()
				third := r.panel("panel-one", token)
				later(time.Second)
				if _, n := third.last("choices"); n != 0 {
					t.Error("choices outlive their card")
				}
			})
		})
	}
}

// TestCallerIsOpenedAgain: what was opened for a caller is opened again without a search;
// what was not found, or is gone, is searched for.
func TestCallerIsOpenedAgain(t *testing.T) {
	one, two := Record{"003000000000001AAA", "Mia Frei", "Contact"}, Record{"003000000000002AAA", "Max Frei", "Contact"}
	synctest.Test(t, func(t *testing.T) {
		var found []Record
		searches := 0
		r := bubble(t, func(o *Options) {
			o.FindCaller = func(context.Context, string) ([]Record, error) {
				searches++
				return found, nil
			}
		})
		p := r.panel("panel-one", r.session("ana"))
		p.say(bridgeReady)
		r.desks.set(vcc.Desk{Agent: "ana", Cards: []vcc.Card{{Interaction: "call", Class: vcc.Live, State: vcc.CardConnected}}})
		pop := func(again bool, wantSearches, wantPops int, record string) {
			t.Helper()
			r.s.Direct(vcc.Directive{Kind: vcc.Pop, Agent: "ana", Interaction: "call", Offer: 1, Caller: "+44 20 7946 0018", Focus: true, Again: again})
			later(time.Second)
			c := calls(t, p)
			if searches != wantSearches || len(c) != wantPops || wantPops > 0 && c[wantPops-1].Args.RecordID != record {
				t.Errorf("%d searches, calls %+v; want %d and %d, the last to open %s", searches, c, wantSearches, wantPops, record)
			}
		}
		pop(false, 1, 0, "") // nobody
		found = []Record{one, two}
		pop(true, 2, 0, "") // several by now
		p.say(map[string]any{"t": "choose", "interaction": "call", "record": "003000000000009AAA"})
		later(time.Second)
		pop(true, 3, 0, "") // nothing was chosen that there is
		p.say(map[string]any{"t": "choose", "interaction": "call", "record": two.ID})
		later(time.Second)
		pop(true, 3, 2, two.ID) // the choice, and once more
		c := calls(t, p)
		p.say(map[string]any{"t": "result", "id": c[1].ID, "ok": false, "error": map[string]string{"code": "gone"}})
		later(time.Second)
		found = []Record{one}
		pop(true, 4, 3, one.ID)
		if h, _ := p.last("choices"); !strings.Contains(string(h.data), one.ID) || strings.Contains(string(h.data), two.ID) {
			t.Errorf("told %s, so that old words stay", h.data)
		}
	})
}

// TestPopOfADeadPanel: a record that a panel was asked to open when it died is opened by
// the next one, once, and not given up before it is known that the first is dead.
func TestPopOfADeadPanel(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := bubble(t, nil)
		token := r.session("ana")
		one := r.panel("panel-one", token)
		later(time.Second)
		two := r.panel("panel-two", token)
		one.say(bridgeReady)
		two.say(bridgeReady)
		later(time.Second)
		r.s.Direct(popOf(1))
		later(time.Second)
		if n := len(calls(t, one)); n != 1 {
			t.Fatalf("the first panel got %d calls", n)
		}
		one.conn.NetConn().Close() // its tab has crashed
		later(20 * time.Second)
		if n := len(calls(t, two)); n != 0 {
			t.Errorf("the second panel got %d calls while the first may come back", n)
		}
		later(20 * time.Second)
		if c := calls(t, two); len(c) != 1 || c[0].Args.RecordID != caseID {
			t.Errorf("the second panel got %+v", c)
		}
		later(time.Minute)
		if n := len(calls(t, two)); n != 1 {
			t.Errorf("it popped %d times", n)
		}
	})
}

func TestOmniStatusIsSetByTheNewestWish(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := bubble(t, func(o *Options) {
			o.StatusID = func(name string) string {
				return map[string]string{"Online": "0N5000000000001AAA", "Away": "0N5000000000002AAA"}[name]
			}
		})
		p := r.panel("panel-one", r.session("ana"))
		later(time.Second)
		for _, status := range []string{"Online", "", "Away", "no such"} {
			r.s.Direct(vcc.Directive{Kind: vcc.SetOmni, Agent: "ana", Status: status})
		}
		p.say(bridgeReady)
		later(time.Second)
		if c := calls(t, p); len(c) != 1 || c[0].Name != "setStatus" || c[0].Args.StatusID != "0N5000000000002AAA" {
			t.Errorf("calls %+v", c)
		}
		r.s.Direct(vcc.Directive{Kind: vcc.SetOmni, Agent: "ana"})
		later(time.Second)
		if c := calls(t, p); len(c) != 2 || c[1].Name != "logout" {
			t.Errorf("calls %+v", c)
		}
	})
}

func TestWorkIsDeclinedInTheAgentsConsole(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := bubble(t, nil)
		con := r.s.Console()
		work := "0Bz000000000001AAA"
		if err := con.Decline(t.Context(), "ana", work, "too late"); !errors.Is(err, ErrNoConsole) {
			t.Errorf("without a panel: %v", err)
		}
		p := r.panel("panel-one", r.session("ana"))
		later(time.Second)
		if err := con.Decline(t.Context(), "ana", work, "too late"); !errors.Is(err, ErrNoConsole) {
			t.Errorf("without a console: %v", err)
		}
		p.say(map[string]any{"t": "bridge", "version": 1, "capabilities": []string{"openRecord", "declineWork"}})
		later(time.Second)
		if err := con.Close(t.Context(), "ana", work); !errors.Is(err, ErrNoConsole) {
			t.Errorf("a console that cannot: %v", err)
		}
		decline := func(ctx context.Context) chan error {
			c := make(chan error, 1)
			go func() { c <- con.Decline(ctx, "ana", work, "too late") }()
			later(time.Second)
			return c
		}
		done := decline(t.Context())
		c := calls(t, p)
		if len(c) != 1 || c[0].Args.WorkID != work || c[0].Args.Reason != "too late" {
			t.Fatalf("calls %+v", c)
		}
		p.say(map[string]any{"t": "result", "id": c[0].ID, "ok": true})
		if err := <-done; err != nil {
			t.Errorf("declined: %v", err)
		}
		done = decline(t.Context())
		p.say(map[string]any{"t": "result", "id": calls(t, p)[1].ID, "ok": false, "error": map[string]string{"code": "refused", "text": "no such work"}})
		if e, ok := errors.AsType[*ConsoleError](<-done); !ok || e.Code != "refused" || e.Text != "no such work" {
			t.Errorf("refused: %v", e)
		}
		if e, ok := errors.AsType[*ConsoleError](<-decline(t.Context())); !ok || e.Code != "timeout" {
			t.Errorf("no answer: %v", e)
		}
		short, cancel := context.WithTimeout(t.Context(), 2*time.Second)
		defer cancel()
		if err := <-decline(short); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("the caller's patience: %v", err)
		}
		done = decline(t.Context())
		r.s.logOut("ana")
		if e, ok := errors.AsType[*ConsoleError](<-done); !ok || e.Code != "unavailable" {
			t.Errorf("the panel went: %v", e)
		}
	})
}

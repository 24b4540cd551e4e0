package connector_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"omnibridge/connector"
	"omnibridge/omnichannel"
	"omnibridge/vcc"
)

// TestDesk is an agent's panel at the connector: it is told the desk at once and
// after every change, commands are answered when they are durable, and a command
// that comes twice is done once.
func TestDesk(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMemory(t)
		var directed []vcc.Directive
		r := start(t, &org{present: agentsPresent}, m, func(o *connector.Options) {
			o.Direct = func(d vcc.Directive) { directed = append(directed, d) }
		})
		synctest.Wait()
		desks, stop := r.c.Watch(ada)
		newest := func() vcc.Desk {
			t.Helper()
			synctest.Wait()
			select {
			case d := <-desks:
				return d
			default:
				t.Fatal("no desk was told")
				panic("unreachable")
			}
		}
		if d := newest(); d.Agent != ada || d.Mark != "out" {
			t.Errorf("the first desk is %+v, want one that is logged out", d)
		}
		in := vcc.Command{ID: "1", Do: vcc.LogIn, Agent: ada}
		if a, err := r.c.Do(t.Context(), in); err != nil || !a.OK {
			t.Fatalf("log in = %+v, %v", a, err)
		}
		if d := newest(); d.State.Major != vcc.Ready {
			t.Errorf("after logging in the desk is %+v", d)
		}
		if a, err := r.c.Do(t.Context(), vcc.Command{ID: "2", Do: "fly", Agent: ada}); err != nil || a.OK || a.Code != vcc.DeniedUnknown {
			t.Errorf("a command that is not known = %+v, %v", a, err)
		}
		if err := r.sink.Deliver(t.Context(), []omnichannel.Signal{omnichannel.PSRSeen{PSR: psr(1)}}, nil); err != nil {
			t.Fatal(err)
		}
		if d := newest(); len(d.Cards) != 1 || d.Cards[0].State != vcc.CardAlerting {
			t.Errorf("after an offer the desk is %+v", d)
		}
		out := vcc.Command{ID: "3", Do: vcc.LogOut, Agent: ada, Force: true}
		for range 2 {
			if a, err := r.c.Do(t.Context(), out); err != nil || !a.OK {
				t.Errorf("log out = %+v, %v", a, err)
			}
		}
		offline := 0
		for _, d := range directed {
			if d.Kind == vcc.SetOmni {
				offline++
			}
		}
		if offline != 1 {
			t.Errorf("Omni-Channel was taken offline %d times, want once: %v", offline, directed)
		}
		stop()
		r.end(t)
		if _, err := r.c.Do(context.Background(), vcc.Command{ID: "4", Do: vcc.LogIn, Agent: ada}); !errors.Is(err, connector.ErrEnded) {
			t.Errorf("a command after the end: %v, want that it has ended", err)
		}
	})
}

// TestAnswerIsDurable holds that no answer is given, and no desk shown, before what
// they tell is in the store.
func TestAnswerIsDurable(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMemory(t)
		r := start(t, &org{present: agentsPresent}, m, nil)
		synctest.Wait()
		desks, stop := r.c.Watch(ada)
		defer stop()
		synctest.Wait()
		<-desks
		m.breakBy(errDisk)
		if a, err := r.c.Do(t.Context(), vcc.Command{ID: "1", Do: vcc.LogIn, Agent: ada}); err == nil {
			t.Errorf("answered %+v although nothing was stored", a)
		}
		select {
		case d := <-desks:
			t.Errorf("the desk showed %+v although nothing was stored", d)
		default:
		}
		if err := <-r.ended; !errors.Is(err, errDisk) {
			t.Errorf("Run = %v, want the disk's fault", err)
		}
	})
}

// TestDirectedBeforeAnswered holds that what a command directs has been directed when it
// is answered: who has logged out has no console to go offline in any more.
func TestDirectedBeforeAnswered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		directed, answered := false, make(chan struct{})
		r := start(t, &org{present: agentsPresent}, newMemory(t), func(o *connector.Options) {
			o.Direct = func(vcc.Directive) {
				select {
				case <-answered:
					t.Error("answered before it was directed")
				case <-time.After(time.Second):
				}
				directed = true
			}
		})
		synctest.Wait()
		if _, err := r.c.Do(t.Context(), vcc.Command{ID: "1", Do: vcc.LogIn, Agent: ada}); err != nil {
			t.Fatal(err)
		}
		if _, err := r.c.Do(t.Context(), vcc.Command{ID: "2", Do: vcc.LogOut, Agent: ada}); err != nil {
			t.Fatal(err)
		}
		close(answered)
		synctest.Wait()
		if !directed {
			t.Error("nothing was directed")
		}
		r.end(t)
	})
}

// TestManyWatchers holds that everybody who begins to watch is told, however many
// begin at once.
func TestManyWatchers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := start(t, &org{present: agentsPresent}, newMemory(t), nil)
		var all []<-chan vcc.Desk
		for range 2000 {
			desks, stop := r.c.Watch(ada)
			defer stop()
			all = append(all, desks)
		}
		synctest.Wait()
		for i, desks := range all {
			select {
			case <-desks:
			default:
				t.Fatalf("watcher %d was not told", i)
			}
		}
		r.end(t)
	})
}

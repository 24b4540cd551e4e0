package connector_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"omnibridge/connector"
	"omnibridge/omnichannel"
	"omnibridge/vcc"
)

// TestNamesAreAskedForWhoSees: a call for a name is made for an agent whose ContactPad
// is open, once with every offer, also if it opens after the offer; for others none is.
func TestNamesAreAskedForWhoSees(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		calls := 0
		r := start(t, &org{present: agentsPresent}, newMemory(t), func(o *connector.Options) {
			o.Names = func(context.Context, map[omnichannel.RecordID]omnichannel.ChannelID) (map[omnichannel.RecordID]string, error) {
				calls++
				return nil, nil // it has none, so that only the count keeps from asking again
			}
		})
		synctest.Wait()
		arrives := func(n int) {
			t.Helper()
			if err := r.sink.Deliver(t.Context(), []omnichannel.Signal{omnichannel.PSRSeen{PSR: psr(n)}}, nil); err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
		}
		panel := func(alive bool) {
			t.Helper()
			if err := r.c.Panel(t.Context(), ada, vcc.Panel{Alive: alive}); err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
		}
		arrives(1)
		if r.org.pushes() != 1 || calls != 0 {
			t.Errorf("%d pushes, %d calls for a name that nobody sees", r.org.pushes(), calls)
		}
		panel(true)
		if calls != 1 {
			t.Errorf("%d calls when the panel opened on an interaction, want 1", calls)
		}
		panel(false)
		panel(true)
		arrives(2)
		if r.org.pushes() != 2 || calls != 2 {
			t.Errorf("%d pushes, %d calls; want 2 of each", r.org.pushes(), calls)
		}
		r.end(t)
	})
}

// TestNamesAreNotAskedForInVain: a record that has a name is not asked for again, and no
// record's name is worth a call while calls are scarce.
func TestNamesAreNotAskedForInVain(t *testing.T) {
	for _, tt := range []struct {
		level, calls int
	}{{omnichannel.Tight, 1}, {omnichannel.Scarce, 0}} {
		synctest.Test(t, func(t *testing.T) {
			calls := 0
			r := start(t, &org{present: agentsPresent}, newMemory(t), func(o *connector.Options) {
				o.Names = func(_ context.Context, _ map[omnichannel.RecordID]omnichannel.ChannelID) (map[omnichannel.RecordID]string, error) {
					calls++
					return map[omnichannel.RecordID]string{psr(1).Record: "Maria Lopez", "570999999999999AAA": "nobody asked"}, nil
				}
				o.Budget = func() []omnichannel.Allowance {
					return []omnichannel.Allowance{{Name: omnichannel.APICalls, Level: tt.level}}
				}
			})
			synctest.Wait()
			if err := r.c.Panel(t.Context(), ada, vcc.Panel{Alive: true}); err != nil {
				t.Fatal(err)
			}
			tell := func(s omnichannel.Signal) {
				t.Helper()
				if err := r.sink.Deliver(t.Context(), []omnichannel.Signal{s}, nil); err != nil {
					t.Fatal(err)
				}
				synctest.Wait()
			}
			tell(omnichannel.PSRSeen{PSR: psr(1)})
			r.org.mu.Lock()
			refused := r.org.works[0]
			refused.Status = omnichannel.Declined
			r.org.works, r.org.psrs = nil, []omnichannel.PSR{psr(1)} // it waits again
			r.org.mu.Unlock()
			tell(omnichannel.WorkSeen{Work: refused})
			time.Sleep(5 * time.Minute) // by then ada is asked once more
			synctest.Wait()
			if r.org.pushes() != 2 || calls != tt.calls {
				t.Errorf("level %d: %d pushes, %d calls for names, want 2 and %d", tt.level, r.org.pushes(), calls, tt.calls)
			}
			r.end(t)
		})
	}
}

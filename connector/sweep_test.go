package connector_test

import (
	"testing"
	"testing/synctest"
	"time"

	"omnibridge/omnichannel"
	"omnibridge/vcc"
)

// TestSweepFindsWhatWasTakenForOver: the org was asked about an interaction when it had
// nothing of it, and has it again when all is read.
func TestSweepFindsWhatWasTakenForOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := start(t, &org{}, newMemory(t), nil)
		synctest.Wait()
		if err := r.sink.Deliver(t.Context(), []omnichannel.Signal{omnichannel.PSRSeen{PSR: psr(1)}, omnichannel.PSRSeen{PSR: psr(1), Deleted: true}}, nil); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if got := r.store.state(t, vcc.InteractionID(psr(1).ID)); got != omnichannel.Gone {
			t.Fatalf("it is %s, want it over", got)
		}
		r.org.mu.Lock()
		r.org.psrs = []omnichannel.PSR{psr(1)}
		r.org.mu.Unlock()
		time.Sleep(6 * time.Minute) // a sweep
		synctest.Wait()
		if got := r.store.state(t, vcc.InteractionID(psr(1).ID)); got != omnichannel.Announced {
			t.Errorf("it is %q, want it to wait", got)
		}
		r.end(t)
	})
}

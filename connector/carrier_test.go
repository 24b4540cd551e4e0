package connector_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"

	"omnibridge/connector"
	"omnibridge/omnichannel"
	"omnibridge/vcc"
)

// TestManyPushesWaitTogether holds that as many effects may be under way as the
// org can batch, and never more than are allowed: what is batched is the org's
// business, but it can only batch what was handed to it.
func TestManyPushesWaitTogether(t *testing.T) {
	for _, tt := range []struct{ workers, most int }{{0, 60}, {7, 7}} {
		synctest.Test(t, func(t *testing.T) {
			var mu sync.Mutex
			now, most := 0, 0
			free := make(chan struct{})
			o := &org{}
			o.carry = func(ctx context.Context, e omnichannel.Effect) omnichannel.Outcome {
				mu.Lock()
				now++
				most = max(most, now)
				mu.Unlock()
				<-free
				mu.Lock()
				now--
				mu.Unlock()
				return omnichannel.Outcome{Effect: e, Result: omnichannel.Refused, Code: "NO"}
			}
			var signals []omnichannel.Signal
			for n := range 60 {
				o.present = append(o.present, vcc.AgentID(fmt.Sprintf("005%012dAAA", n+1)))
				signals = append(signals, omnichannel.PSRSeen{PSR: psr(n + 1)})
			}
			r := start(t, o, newMemory(t), func(o *connector.Options) { o.Workers = tt.workers })
			synctest.Wait()
			if err := r.sink.Deliver(t.Context(), signals, nil); err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
			mu.Lock()
			if now != tt.most {
				t.Errorf("%d effects under way, want %d", now, tt.most)
			}
			mu.Unlock()
			close(free)
			synctest.Wait()
			if most != tt.most {
				t.Errorf("%d effects at once, want %d", most, tt.most)
			}
			r.end(t)
		})
	}
}

package connector_test

import (
	"fmt"
	"testing"
	"time"

	"omnibridge/connector"
	"omnibridge/connector/store"
	"omnibridge/omnichannel"
	"omnibridge/vcc"
)

// BenchmarkTurn is one turn of the loop without its commit: n PSRs arrive, are
// routed to agents who are present, and come to their ends in the turns between.
// The time is per turn.
func BenchmarkTurn(b *testing.B) {
	for _, n := range []int{1, 100} {
		b.Run(fmt.Sprintf("inputs=%d", n), func(b *testing.B) {
			core := benchCore(b, 200)
			now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
			next := 0
			for b.Loop() {
				now = now.Add(time.Second)
				t := core.Turn(now, arrivals(&next, n), nil)
				if len(t.Effects) != n {
					b.Fatalf("%d pushes for %d arrivals", len(t.Effects), n)
				}
				b.StopTimer()
				finish(core, now, t.Effects)
				b.StartTimer()
			}
		})
	}
}

// arrivals is n PSRs that were not there before.
func arrivals(last *int, n int) []omnichannel.Signal {
	signals := make([]omnichannel.Signal, n)
	for i := range signals {
		*last++
		signals[i] = omnichannel.PSRSeen{PSR: psr(*last)}
	}
	return signals
}

// finish lets every push be accepted and closed.
func finish(core *connector.Core, now time.Time, effects []omnichannel.Effect) {
	var signals []omnichannel.Signal
	for _, e := range effects {
		w := omnichannel.AgentWork{ID: omnichannel.AgentWorkID("0Bz" + e.PSR[3:]), PSR: e.PSR, Record: e.Record, User: e.Agent, Channel: chat}
		signals = append(signals, omnichannel.Outcome{Effect: e, Result: omnichannel.Done, Work: w.ID})
		for _, s := range []omnichannel.WorkStatus{omnichannel.Opened, omnichannel.Closed} {
			w.Status = s
			signals = append(signals, omnichannel.WorkSeen{Work: w})
		}
	}
	core.Turn(now, signals, nil)
}

func benchCore(b *testing.B, agents int) *connector.Core {
	core, o := newCore(b), &org{}
	for i := range agents {
		o.present = append(o.present, vcc.AgentID(fmt.Sprintf("005%012dAAA", i)))
	}
	baseline, err := o.Baseline(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	core.Turn(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), []omnichannel.Signal{baseline}, nil)
	return core
}

// BenchmarkTurnCommitted is the same with its commit to a file.
func BenchmarkTurnCommitted(b *testing.B) {
	for _, n := range []int{1, 100} {
		b.Run(fmt.Sprintf("inputs=%d", n), func(b *testing.B) {
			st, err := store.Open(b.Context(), store.Options{Path: b.TempDir() + "/bench.db"})
			if err != nil {
				b.Fatal(err)
			}
			defer st.Close()
			core := benchCore(b, 200)
			now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
			next := 0
			for b.Loop() {
				now = now.Add(time.Second)
				t := core.Turn(now, arrivals(&next, n), nil)
				if err := st.Commit(b.Context(), t.Change); err != nil {
					b.Fatal(err)
				}
				b.StopTimer()
				finish(core, now, t.Effects)
				b.StartTimer()
			}
		})
	}
}

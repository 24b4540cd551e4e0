package omnichannel_test

import (
	"fmt"
	"testing"
	"time"

	"omnibridge/omnichannel"
	"omnibridge/vcc"
)

// BenchmarkDelivery is the whole life of one work item in the ledger: announced,
// pushed, accepted, closed; five steps.
func BenchmarkDelivery(b *testing.B) {
	l, err := omnichannel.NewLedger(omnichannel.Policy{})
	if err != nil {
		b.Fatal(err)
	}
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	l.Step(now, omnichannel.Baseline{Directory: directory})
	n := 0
	for b.Loop() {
		n++
		now = now.Add(time.Minute) // so that what is gone is forgotten in the end
		id := fmt.Sprintf("%012dAAA", n)
		p := omnichannel.PSR{ID: omnichannel.PSRID("0JR" + id), Serial: 1, Record: omnichannel.RecordID("570" + id), Queue: queue, Channel: chat, Created: now}
		l.Step(now, omnichannel.PSRSeen{PSR: p})
		out := l.Direct(now, vcc.Directive{Kind: vcc.Offer, Interaction: vcc.InteractionID(p.ID), Offer: 1, Agent: agents[0]})
		w := omnichannel.AgentWork{ID: omnichannel.AgentWorkID("0Bz" + id), PSR: p.ID, Record: p.Record, User: agents[0], Channel: chat}
		l.Step(now, omnichannel.Outcome{Effect: out.Effects[0], Result: omnichannel.Done, Work: w.ID})
		for _, s := range []omnichannel.WorkStatus{omnichannel.Opened, omnichannel.Closed} {
			w.Status = s
			l.Step(now, omnichannel.WorkSeen{Work: w})
		}
		l.Tick(now)
	}
}

package salesforce

import (
	"fmt"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"omnibridge/omnichannel"
)

// BenchmarkPushes pushes bursts into an org that takes 20 ms for each call, and
// prints what a push costs in calls and how long the slower ones took.
func BenchmarkPushes(b *testing.B) {
	for _, burst := range []int{1, 10, 100, 1000} {
		b.Run(fmt.Sprintf("burst=%d", burst), func(b *testing.B) {
			f := newFakeOrg(b, nil)
			calls := &workCalls{rows: map[string]int{}}
			f.api = func(w http.ResponseWriter, _ *http.Request, body string) {
				status, reply := calls.answer(body)
				<-time.After(20 * time.Millisecond)
				answer(w, status, reply)
			}
			o, err := NewOrg(OrgOptions{Client: f.client(b)})
			if err != nil {
				b.Fatal(err)
			}
			n, waits := 0, []time.Duration(nil)
			for b.Loop() {
				took := make([]time.Duration, burst)
				var wg sync.WaitGroup
				for i := range burst {
					n++
					e := pushOf(n)
					wg.Go(func() {
						begun := time.Now()
						if out := o.Carry(b.Context(), e); out.Result != omnichannel.Done {
							b.Errorf("%s: %s", out.Result, out.Message)
						}
						took[i] = time.Since(begun)
					})
				}
				wg.Wait()
				waits = append(waits, took...)
			}
			slices.Sort(waits)
			b.ReportMetric(float64(len(calls.seen()))/float64(n), "calls/push")
			b.ReportMetric(waits[len(waits)/2].Seconds()*1000, "p50-ms")
			b.ReportMetric(waits[len(waits)*99/100].Seconds()*1000, "p99-ms")
		})
	}
}

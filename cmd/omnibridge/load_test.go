package main

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"omnibridge/omnichannel"
	"omnibridge/salesforce"
	"omnibridge/salesforce/mockorg"
	"omnibridge/vcc"
)

// BenchmarkInteractions takes interactions through the whole daemon, at a steady
// rate for some seconds, against the mock org: with replies at once, and with
// replies that take as long as those of an org far away. It prints what an
// interaction costs of the org's daily allowances (API calls, PushTopic events),
// and the time from its PSR to its AgentWork by the org's clock. It asserts
// nothing about time.
func BenchmarkInteractions(b *testing.B) {
	for _, rate := range []int{1, 10, 200} {
		for _, delay := range []time.Duration{0, 60 * time.Millisecond} {
			b.Run(fmt.Sprintf("rate=%d/reply=%v", rate, delay), func(b *testing.B) {
				for b.Loop() {
					b.StopTimer()
					l := newLoad(b, delay)
					b.StartTimer()
					l.run(b, rate, max(8*rate, 20))
					b.StopTimer()
					l.end(b)
					b.StartTimer()
				}
			})
		}
	}
}

// load is a daemon and an org whose agents accept and close at once.
type load struct {
	mock   *mock
	daemon *daemon
	stop   context.CancelFunc
	ended  chan error
}

const loadAgents = 60

func newLoad(b *testing.B, delay time.Duration) *load {
	b.Helper()
	fatal := func(err error) {
		b.Helper()
		if err != nil {
			b.Fatal(err)
		}
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	fatal(err)
	seed := mockorg.DefaultSeed()
	for i := range loadAgents {
		seed.Users = append(seed.Users, mockorg.SeedUser{Username: fmt.Sprintf("load%d@acme.example", i), LastName: "Load", Agent: &mockorg.SeedAgent{Capacity: 10_000}})
	}
	org, err := mockorg.New(mockorg.Options{BaseURL: "http://" + listener.Addr().String(), Seed: &seed, DailyRequests: 10_000_000})
	fatal(err)
	l := &load{mock: &mock{org: org, served: make(chan error, 1)}, ended: make(chan error, 1)}
	go func() { l.mock.served <- org.Serve(listener) }()
	for i := range loadAgents {
		agent := org.Agent(fmt.Sprintf("load%d", i))
		fatal(agent.Online("Available"))
		fatal(agent.Autopilot(mockorg.Autopilot{Mode: "accept", After: mockorg.Duration(20 * time.Millisecond), Handle: mockorg.Duration(200 * time.Millisecond)}))
	}
	cfg := defaults()
	cfg.OrgURL, cfg.ClientID, cfg.ClientSecret = org.URL(), mockorg.DefaultClientID, salesforce.Secret(mockorg.DefaultClientSecret)
	cfg.Data, cfg.Listen = filepath.Join(b.TempDir(), "load.db"), "127.0.0.1:0"
	if errs := cfg.check(); len(errs) > 0 {
		b.Fatal(errs)
	}
	rt := routing{Sizes: vcc.Sizes{Live: 51, SemiLive: 33, NonLive: 5}, WrapUp: duration(time.Millisecond)}
	l.daemon, err = newDaemon(b.Context(), cfg, rt, slog.New(slog.DiscardHandler), extras{})
	fatal(err)
	ctx, stop := context.WithCancel(context.Background())
	l.stop = stop
	go func() { l.ended <- l.daemon.run(ctx) }()
	l.until(b, "the daemon is ready", func() bool {
		v, err := l.daemon.connector.View(b.Context())
		links, swept := l.daemon.connector.Links()
		up := !slices.ContainsFunc(links, func(l omnichannel.Link) bool { return l.State != omnichannel.LinkUp })
		// No sweep of the start may be counted: they are at least 2 s apart.
		return err == nil && up && v.Counts.Sweeps > 1 && time.Since(swept) > 3*time.Second && v.Carrying == 0
	})
	if delay > 0 {
		fatal(org.Arm(mockorg.Fault{Name: "latency", Count: -1, Delay: delay}))
	}
	return l
}

func (l *load) until(b *testing.B, what string, done func() bool) {
	b.Helper()
	for end := time.Now().Add(time.Minute); !done(); {
		if time.Now().After(end) {
			v, err := l.daemon.connector.View(b.Context())
			b.Fatalf("%s: not so after a minute; the daemon shows %v of %v (%v)", what, v.ByState, v.Counts, err)
		}
		<-time.After(50 * time.Millisecond)
	}
}

// run starts n interactions at a rate, at random moments, and reports when the last
// one has come to its end.
func (l *load) run(b *testing.B, rate, n int) {
	org := l.mock.org
	rng := rand.New(rand.NewPCG(1, uint64(rate)))
	calls, _ := org.DailyRequests()
	events := org.Streaming().Usage().Delivered
	sweeps := l.sweeps(b)
	next := time.Now()
	for range n {
		next = next.Add(time.Duration(rng.ExpFloat64() / float64(rate) * float64(time.Second)))
		<-time.After(time.Until(next))
		if _, err := org.AddWork(mockorg.NewWork{Object: "Case", Queue: "Support_Cases"}); err != nil {
			b.Fatal(err)
		}
	}
	l.until(b, "all work has ended", func() bool {
		ended := 0
		for _, w := range org.Records("AgentWork") {
			if w["Status"] == "Closed" {
				ended++
			}
		}
		return ended == n
	})
	after, _ := org.DailyRequests()
	b.ReportMetric(float64(after-calls)/float64(n), "calls/interaction")
	b.ReportMetric(float64(l.sweeps(b)-sweeps), "sweeps") // of about ten calls each
	b.ReportMetric(float64(org.Streaming().Usage().Delivered-events)/float64(n), "events/interaction")
	waits := l.waits()
	if len(waits) != n {
		b.Errorf("%d AgentWorks for %d PSRs", len(waits), n)
	}
	b.ReportMetric(waits[len(waits)/2].Seconds()*1000, "p50-ms")
	b.ReportMetric(waits[len(waits)*99/100].Seconds()*1000, "p99-ms")
}

func (l *load) sweeps(b *testing.B) int {
	b.Helper()
	v, err := l.daemon.connector.View(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	return v.Counts.Sweeps
}

// waits returns the time from each PSR to its AgentWork, shortest first.
func (l *load) waits() []time.Duration {
	begun := map[string]time.Time{}
	for _, p := range l.mock.org.Records("PendingServiceRouting") {
		begun[p.ID()], _ = p["CreatedDate"].(time.Time)
	}
	var waits []time.Duration
	for _, w := range l.mock.org.Records("AgentWork") {
		id, _ := w["PendingServiceRoutingId"].(string)
		at, _ := w["CreatedDate"].(time.Time)
		waits = append(waits, at.Sub(begun[id]))
	}
	slices.Sort(waits)
	return waits
}

func (l *load) end(b *testing.B) {
	l.stop()
	for what, err := range map[string]error{"daemon": <-l.ended, "store": l.daemon.close(), "org": l.mock.close()} {
		if err != nil {
			b.Errorf("%s: %v", what, err)
		}
	}
}

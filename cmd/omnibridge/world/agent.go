package world

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"omnibridge/salesforce/mockorg"
)

// temper says how an agent takes offers, in percent; what is left is accepting.
type temper struct {
	decline int // says no
	ignore  int // lets it ring until Salesforce takes it back
	drop    int // loses the connection
}

// tempers are those of the six agents of the default seed, in order.
var tempers = []temper{
	{},
	{},
	{decline: 25},
	{ignore: 20},
	{drop: 12},
	{decline: 10, ignore: 10, drop: 4},
}

// agent is one simulated agent.
type agent struct {
	org    *mockorg.Org
	name   string // username
	id     string
	status string
	temper temper
	rng    *rand.Rand // who the agent is
	pace   Pace
	wg     *sync.WaitGroup
}

// newAgent returns the i-th agent of the org; wg waits for what the agent does.
func newAgent(o Options, s mockorg.AgentState, i int, wg *sync.WaitGroup) *agent {
	return &agent{
		org: o.Org, name: s.Username, id: s.ID, status: status, temper: tempers[i%len(tempers)],
		rng: rand.New(rand.NewPCG(o.Seed, uint64(i)+1)), pace: o.Pace, wg: wg,
	}
}

// deed is what an agent does with one offer.
type deed struct {
	what   string // "accept", "decline", "ignore", "drop"
	after  time.Duration
	handle time.Duration // accept: how long the work takes
	back   time.Duration // drop: when the agent is there again
}

var declineReasons = []string{"Busy with another customer", "Not my language", "Break"}

// decide draws the answer to the next offer.
func (a *agent) decide() deed {
	d := deed{what: "accept", after: a.pace.between(a.rng, a.pace.Think), handle: a.pace.between(a.rng, a.pace.Handle), back: a.pace.between(a.rng, a.pace.Rejoin)}
	switch n := a.rng.IntN(100); {
	case n < a.temper.decline:
		d.what = "decline"
	case n < a.temper.decline+a.temper.ignore:
		d.what = "ignore"
	case n < a.temper.decline+a.temper.ignore+a.temper.drop:
		d.what = "drop"
	}
	return d
}

// live logs the agent in and answers offers until ctx ends.
func (a *agent) live(ctx context.Context) error {
	if err := a.org.Agent(a.name).Online(a.status); err != nil {
		return fmt.Errorf("log %s in: %w", a.name, err)
	}
	seen := map[string]bool{}
	for {
		rows, err := a.org.Await(ctx, "SELECT Id FROM AgentWork WHERE UserId = '"+a.id+"' AND Status = 'Assigned'", func(rows []mockorg.Row) bool {
			for _, r := range rows {
				if !seen[r.ID()] {
					return true
				}
			}
			return false
		})
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return fmt.Errorf("watch the work of %s: %w", a.name, err)
		}
		for _, r := range rows {
			if !seen[r.ID()] {
				seen[r.ID()] = true
				if a.org.AtConsole(a.id) {
					continue // a person plays this agent now
				}
				d, reason := a.decide(), declineReasons[a.rng.IntN(len(declineReasons))]
				a.wg.Go(func() { a.answer(ctx, r.ID(), d, reason) })
			}
		}
	}
}

// answer does what was decided about one offer. The offer may be gone by then,
// as in life, so errors of the widget are none of the world's.
func (a *agent) answer(ctx context.Context, work string, d deed, reason string) {
	hand := a.org.Agent(a.name)
	if d.what == "ignore" || !pause(ctx, d.after) {
		return
	}
	switch d.what {
	case "decline":
		_ = hand.Decline(work, reason)
	case "drop":
		if a.org.AtConsole(a.id) {
			return
		}
		if hand.Drop() == nil && pause(ctx, d.back) {
			_ = hand.Online(a.status)
		}
	case "accept":
		if hand.Accept(work) == nil && pause(ctx, d.handle) {
			_ = hand.Close(work)
		}
	}
}

// pause waits; it returns false if ctx ended first.
func pause(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

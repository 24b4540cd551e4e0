package world

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"omnibridge/connector/store"
	"omnibridge/omnichannel"
	"omnibridge/salesforce/mockorg"
	"omnibridge/vcc"
)

// Summary is what became of all the work, found by comparing the org's own
// records with what the daemon has stored.
type Summary struct {
	Arrived    int            `json:"arrived"`     // work items announced to external routing
	Routed     int            `json:"routed"`      // pushes to agents
	Accepted   int            `json:"accepted"`    // work items that an agent opened
	Refused    map[string]int `json:"refused"`     // pushes that came to nothing, by reason
	Rerouted   int            `json:"rerouted"`    // pushes after the first of an item
	Withdrawn  int            `json:"withdrawn"`   // items whose customer left before anybody opened them
	Waiting    int            `json:"waiting"`     // items that nobody has yet
	WaitingWhy map[string]int `json:"waiting_why"` // the same by reason, in the daemon's words
	Lost       int            `json:"lost"`        // items of which the org and the daemon say different things
	Doubled    int            `json:"doubled"`     // items that were with two agents at one time
	// Latency is the time from the PSR to its first AgentWork, by the org's clock.
	Latency Latency `json:"psr_to_agentwork_ms"`
	// Faults says, for people, what is behind Lost and Doubled.
	Faults []string `json:"faults,omitempty"`
}

// Latency is in milliseconds.
type Latency struct {
	P50 float64 `json:"p50"`
	P99 float64 `json:"p99"`
}

// refusals names the statuses of AgentWork by the reasons of the field.
var refusals = map[string]vcc.Reason{
	"Declined": vcc.Declined, "DeclinedOnPushTimeout": vcc.TimedOut, "Unavailable": vcc.Unavailable, "Canceled": vcc.CustomerLeft,
}

// Compare makes the summary.
func Compare(verdicts []mockorg.WorkVerdict, stored store.Snapshot) Summary {
	s := Summary{Refused: map[string]int{}, WaitingWhy: map[string]int{}}
	chains := map[string]omnichannel.Chain{}
	for _, c := range stored.Chains {
		if old, ok := chains[string(c.Record)]; !ok || old.State == omnichannel.Gone {
			chains[string(c.Record)] = c
		}
	}
	interactions := map[vcc.InteractionID]vcc.Interaction{}
	for _, x := range stored.Interactions {
		interactions[x.ID] = x
	}
	var latencies []float64
	for _, v := range verdicts {
		s.Arrived++
		s.Routed += v.Pushes
		s.Rerouted += max(v.Pushes-1, 0)
		if len(v.AcceptedBy) > 0 {
			s.Accepted++
		}
		for status, n := range v.Refused {
			s.Refused[reasonOf(status)] += n
		}
		if v.FirstPushMS != nil {
			latencies = append(latencies, *v.FirstPushMS)
		}
		if v.MaxAssigned > 1 || v.MaxOpened > 1 {
			s.Doubled++
			s.fault("%s %s was with two agents at one time (%d assigned, %d opened)", v.Object, v.Work, v.MaxAssigned, v.MaxOpened)
		}
		chain, known := chains[v.Work]
		s.judge(v, chain, known, interactions[chain.Interaction])
	}
	slices.Sort(latencies)
	s.Latency = Latency{P50: percentile(latencies, 50), P99: percentile(latencies, 99)}
	return s
}

// judge compares what org and daemon say of one item.
func (s *Summary) judge(v mockorg.WorkVerdict, c omnichannel.Chain, known bool, x vcc.Interaction) {
	switch {
	case !known:
		s.lost(v, "the daemon does not know it")
	case v.Outcome == "waiting":
		s.Waiting++
		switch c.State {
		case omnichannel.Gone, omnichannel.InHand, omnichannel.Sighted:
			s.lost(v, "it waits in the org, but the daemon says "+string(c.State))
		case omnichannel.Alerting, omnichannel.Pushing, omnichannel.Retracting:
			s.WaitingWhy["is being offered"]++
		case omnichannel.Held:
			s.WaitingWhy[c.Why]++
		default:
			if x.State != vcc.Waiting || x.Why == "" {
				s.lost(v, fmt.Sprintf("it waits, but the engine has it as %q without a reason", x.State))
			}
			s.WaitingWhy[x.Why]++
		}
	case v.Outcome == "opened" && c.State != omnichannel.InHand:
		s.lost(v, "an agent has it, but the daemon says "+string(c.State))
	case v.Outcome == "opened" && !slices.Contains(v.AcceptedBy, string(c.Agent)):
		s.lost(v, fmt.Sprintf("the daemon says that %s has it, who never opened it", c.Agent))
	case (v.Outcome == "closed" || v.Outcome == "withdrawn") && c.State != omnichannel.Gone:
		s.lost(v, "it is over, but the daemon says "+string(c.State))
	case v.Outcome == "withdrawn":
		s.Withdrawn++
	}
}

func (s *Summary) lost(v mockorg.WorkVerdict, why string) {
	s.Lost++
	s.fault("%s %s (%s): %s", v.Object, v.Work, v.Outcome, why)
}

func (s *Summary) fault(format string, args ...any) {
	s.Faults = append(s.Faults, fmt.Sprintf(format, args...))
}

// Print writes the summary as a table for people.
func (s Summary) Print(w io.Writer) {
	row := func(name string, value any, note string) { fmt.Fprintf(w, "  %-22s %7v  %s\n", name, value, note) }
	row("arrived", s.Arrived, "work items announced to external routing")
	row("routed", s.Routed, "pushes to agents")
	row("accepted", s.Accepted, "items that an agent opened")
	for _, reason := range slices.Sorted(maps.Keys(s.Refused)) {
		row("refused: "+reason, s.Refused[reason], "")
	}
	row("rerouted", s.Rerouted, "pushes after an item's first")
	row("withdrawn", s.Withdrawn, "the customer left before anybody answered")
	row("waiting", s.Waiting, "")
	for _, why := range slices.Sorted(maps.Keys(s.WaitingWhy)) {
		fmt.Fprintf(w, "    %d: %s\n", s.WaitingWhy[why], why)
	}
	row("lost", s.Lost, "org and daemon say different things")
	row("doubled", s.Doubled, "with two agents at one time")
	fmt.Fprintf(w, "  %-22s %.1f ms p50, %.1f ms p99\n", "PSR to AgentWork", s.Latency.P50, s.Latency.P99)
	if len(s.Faults) > 0 {
		fmt.Fprintf(w, "\n  %s\n", strings.Join(s.Faults, "\n  "))
	}
}

func reasonOf(status string) string {
	if r, ok := refusals[status]; ok {
		return string(r)
	}
	return status
}

// percentile returns the p-th percentile of sorted values by nearest rank; zero
// if there are none.
func percentile(sorted []float64, p int) float64 {
	if len(sorted) == 0 {
		return 0
	}
	rank := (p*len(sorted) + 99) / 100
	return sorted[max(rank, 1)-1]
}

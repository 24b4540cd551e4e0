package connector

import (
	"slices"
	"time"
)

// waitBounds are the upper bounds of a Spread, in seconds: from what no person
// notices to what no customer waits.
var waitBounds = [...]float64{.025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60, 300, 1800}

// Spread is how durations are spread: a histogram whose counts are per bound and
// not summed up.
type Spread struct {
	Bounds []float64 `json:"bounds"` // seconds; the last count is for what is longer than all
	Counts []uint64  `json:"counts"` // one more than Bounds
	Sum    float64   `json:"sum"`    // seconds
}

// newSpread returns a Spread with waitBounds in which nothing is counted.
func newSpread() Spread {
	return Spread{Bounds: waitBounds[:], Counts: make([]uint64, len(waitBounds)+1)}
}

// add counts a duration.
func (s *Spread) add(d time.Duration) {
	seconds := max(d.Seconds(), 0) // the org's clock may be ahead of ours
	i, _ := slices.BinarySearch(s.Bounds, seconds)
	s.Counts[i]++
	s.Sum += seconds
}

func (s Spread) clone() Spread {
	s.Counts = slices.Clone(s.Counts)
	return s
}

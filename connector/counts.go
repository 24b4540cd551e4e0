package connector

import (
	"maps"

	"omnibridge/omnichannel"
)

// Counts is what the loop has counted since it started.
type Counts struct {
	Turns   int `json:"turns"`
	Inputs  int `json:"inputs"`
	Effects int `json:"effects"`
	Stale   int `json:"stale"`  // events that were old or repeated
	Late    int `json:"late"`   // answers to offers no longer open
	Faults  int `json:"faults"` // inputs that could not be
	Sweeps  int `json:"sweeps"`
	Signals int `json:"signals"` // what the stream's events told
	Gaps    int `json:"gaps"`    // gaps in the stream that were swept over
	// Results counts effects that were carried out, by kind and by how they came out.
	Results map[omnichannel.EffectKind]map[omnichannel.Result]int `json:"results"`
	// Waits is from a PSR's creation, by the org's clock, to the AgentWork of its
	// first offer.
	Waits Spread `json:"waits"`
}

// result counts an effect that was carried out.
func (c *Counts) result(o omnichannel.Outcome) {
	if c.Results == nil {
		c.Results = map[omnichannel.EffectKind]map[omnichannel.Result]int{}
	}
	if c.Results[o.Effect.Kind] == nil {
		c.Results[o.Effect.Kind] = map[omnichannel.Result]int{}
	}
	c.Results[o.Effect.Kind][o.Result]++
}

// clone returns a copy that shares nothing.
func (c Counts) clone() Counts {
	results := make(map[omnichannel.EffectKind]map[omnichannel.Result]int, len(c.Results))
	for kind, n := range c.Results {
		results[kind] = maps.Clone(n)
	}
	c.Results, c.Waits = results, c.Waits.clone()
	return c
}

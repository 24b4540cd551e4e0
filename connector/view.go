package connector

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"omnibridge/omnichannel"
	"omnibridge/vcc"
)

// View is what a person sees of the connector: nothing in it is not durable. It is of one
// moment between two turns, At; of a hundred agents and more, those that come later by
// their ids may be younger by as long as it took to look.
type View struct {
	At           time.Time           `json:"at"`
	Links        []omnichannel.Link  `json:"links"`
	Swept        time.Time           `json:"swept,omitzero"` // when the org was last read as a whole
	Interactions []InteractionView   `json:"interactions"`   // not closed; waiting first, oldest first
	Agents       []vcc.Agent         `json:"agents"`
	Loads        map[vcc.AgentID]int `json:"loads"`   // percent of capacity in use
	ByState      map[string]int      `json:"byState"` // how many interactions stand where, all of them
	Counts       Counts              `json:"counts"`
	// CountedSince is since when the engine counts, CountedDay since when what is called
	// today does. Plans and AgentStats are empty if the engine does not count.
	CountedSince time.Time        `json:"countedSince,omitzero"`
	CountedDay   time.Time        `json:"countedDay,omitzero"`
	Plans        []vcc.PlanStats  `json:"plans"`
	AgentStats   []vcc.AgentStats `json:"agentStats"`
	// Holdings is what takes each part of an agent's capacity; who has nothing in hand
	// is not in it.
	Holdings map[vcc.AgentID][]vcc.Holding `json:"holdings"`
	// Budget is the org's daily allowances, Shed what is left out to save them; empty:
	// nothing.
	Budget   []omnichannel.Allowance `json:"budget"`
	Shed     string                  `json:"shed,omitempty"`
	Carrying int                     `json:"carrying"` // effects under way or waiting
	Inbox    int                     `json:"inbox"`    // inputs waiting for the loop
}

// InteractionView is an interaction as engine and delivery know it.
type InteractionView struct {
	vcc.Interaction
	Delivery    omnichannel.State `json:"delivery,omitempty"`
	DeliveryWhy string            `json:"deliveryWhy,omitempty"`
}

// AgentView is what a person sees of one agent.
type AgentView struct {
	At       time.Time      `json:"at"`
	Stats    vcc.AgentStats `json:"stats"`
	Holdings []vcc.Holding  `json:"holdings"`
	Checks   []vcc.Check    `json:"checks"` // the conditions of getting new work
}

// counter is an engine that counts. One that runs elsewhere need not. None of its methods
// may take longer than the loop can be kept waiting.
type counter interface {
	// PlanStats returns what was counted but of agents, AgentsAfter those of some agents:
	// in the order of their ids, from the one after the given on.
	PlanStats(now time.Time) vcc.Stats
	AgentsAfter(now time.Time, after vcc.AgentID, most int) []vcc.AgentStats
	AgentStats(now time.Time, id vcc.AgentID) (vcc.AgentStats, bool)
	// Standing returns interactions that are not closed, those that wait and those that
	// agents have at most as many as given each, and counts all.
	Standing(most int) ([]vcc.Interaction, map[vcc.State]int)
	Holds(id vcc.AgentID) []vcc.Holding
	Checks(id vcc.AgentID) []vcc.Check
}

// perPage is how many agents are looked at between two turns.
const perPage = 100

// mostShown bounds how many waiting interactions a View lists, and how many others;
// ByState counts all.
const mostShown = 500

// ErrUnknown says that nothing is known of what was asked for.
var ErrUnknown = errors.New("nothing is known of it")

// Agent asks the loop how one agent stands; ErrUnknown if there is no such agent, or
// the engine does not count.
func (c *Connector) Agent(ctx context.Context, id vcc.AgentID) (v AgentView, err error) {
	err = ErrUnknown
	asked := c.ask(ctx, func(core *Core) {
		counts, ok := core.engine.(counter)
		if !ok {
			return
		}
		now := time.Now()
		stats, ok := counts.AgentStats(now, id)
		if !ok {
			return
		}
		v, err = AgentView{At: now, Stats: stats, Holdings: core.holdings(counts, id), Checks: counts.Checks(id)}, nil
	})
	if asked != nil {
		return AgentView{}, asked
	}
	return v, err
}

// View asks the loop what stands: first all but the agents, then these, some at a time,
// so that no look keeps the loop from its work for more than a few milliseconds. It fails
// when ctx ends or the loop has ended.
func (c *Connector) View(ctx context.Context) (View, error) {
	var v View
	more := false
	if err := c.ask(ctx, func(core *Core) { v = core.view(time.Now()); more = core.addAgents(&v) }); err != nil {
		return View{}, err
	}
	for more {
		if err := c.ask(ctx, func(core *Core) { more = core.addAgents(&v) }); err != nil {
			return View{}, err
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, l := range c.links {
		v.Links = append(v.Links, l)
	}
	slices.SortFunc(v.Links, func(a, b omnichannel.Link) int { return cmp.Compare(a.Name, b.Name) })
	v.Swept, v.Counts, v.Inbox = c.swept, c.counts.clone(), len(c.inbox)
	if c.o.Budget != nil {
		v.Budget = c.o.Budget()
	}
	if c.shed {
		v.Shed = c.shedText()
	}
	waiting, busy := c.carrier.load()
	v.Carrying = waiting + busy
	return v, nil
}

// Links returns the state of each outside connection, and when the org was last
// read as a whole. It does not ask the loop.
func (c *Connector) Links() (links []omnichannel.Link, swept time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, name := range []string{RESTLink, StreamLink} {
		if l, ok := c.links[name]; ok {
			links = append(links, l)
		} else {
			links = append(links, omnichannel.Link{Name: name, State: omnichannel.LinkConnecting})
		}
	}
	return links, c.swept
}

// view lists what stands.
func (c *Core) view(now time.Time) View {
	v := View{
		At: now, Links: []omnichannel.Link{}, Interactions: []InteractionView{}, Agents: []vcc.Agent{}, Loads: map[vcc.AgentID]int{}, ByState: map[string]int{},
		Plans: []vcc.PlanStats{}, AgentStats: []vcc.AgentStats{}, Holdings: map[vcc.AgentID][]vcc.Holding{}, Budget: []omnichannel.Allowance{},
	}
	if counts, ok := c.engine.(counter); ok {
		stats := counts.PlanStats(now)
		v.CountedSince, v.CountedDay, v.Plans = stats.Since, stats.Day, stats.Plans
	}
	open, byState := c.open()
	for _, x := range open {
		iv := InteractionView{Interaction: x}
		if chain, ok := c.ledger.Chain(x.ID); ok {
			iv.Delivery, iv.DeliveryWhy = chain.State, chain.Why
		}
		v.Interactions = append(v.Interactions, iv)
	}
	for state, n := range byState {
		v.ByState[string(state)] = n
	}
	c.unrouted(&v)
	slices.SortStableFunc(v.Interactions, func(a, b InteractionView) int {
		return cmp.Or(cmp.Compare(standing(a.State), standing(b.State)), a.Work.Since.Compare(b.Work.Since))
	})
	return v
}

// addAgents adds the next agents to v, and tells whether there are more.
func (c *Core) addAgents(v *View) (more bool) {
	counts, ok := c.engine.(counter)
	if !ok {
		for a := range c.engine.Agents() {
			v.Agents = append(v.Agents, a)
			v.Loads[a.ID] = a.Load
		}
		return false
	}
	var after vcc.AgentID
	if n := len(v.AgentStats); n > 0 {
		after = v.AgentStats[n-1].Agent
	}
	page := counts.AgentsAfter(v.At, after, perPage)
	v.AgentStats = append(v.AgentStats, page...)
	for _, s := range page {
		if a, ok := c.engine.Agent(s.Agent); ok {
			v.Agents = append(v.Agents, a)
			v.Loads[a.ID] = a.Load
		}
		if s.Open > 0 {
			v.Holdings[s.Agent] = c.holdings(counts, s.Agent)
		}
	}
	return len(page) == perPage
}

// open returns interactions that are not closed, and counts all.
func (c *Core) open() (list []vcc.Interaction, byState map[vcc.State]int) {
	if counts, ok := c.engine.(counter); ok {
		return counts.Standing(mostShown)
	}
	byState = map[vcc.State]int{}
	for x := range c.engine.Interactions() {
		if x.State == vcc.Closed {
			continue
		}
		byState[x.State]++
		if len(list) < mostShown {
			list = append(list, x)
		}
	}
	return list, byState
}

// unrouted adds what the org announced and the engine does not know.
func (c *Core) unrouted(v *View) {
	list, byState := c.ledger.Unrouted(mostShown)
	for state, n := range byState {
		v.ByState[string(state)] = n
	}
	for _, chain := range list {
		v.Interactions = append(v.Interactions, InteractionView{
			Interaction: vcc.Interaction{ID: chain.Interaction, State: vcc.Waiting, Why: chain.Why, Work: vcc.Work{Record: string(chain.Record), Since: chain.Since}},
			Delivery:    chain.State, DeliveryWhy: chain.Why,
		})
	}
}

// holdings is what takes each part of an agent's capacity, with what the org told last
// of the AgentWork.
func (c *Core) holdings(counts counter, id vcc.AgentID) []vcc.Holding {
	holds := counts.Holds(id)
	for i := range holds {
		h := &holds[i]
		chain, ok := c.ledger.Chain(h.Interaction)
		if !ok || chain.Work == "" || chain.Agent != id || h.State == vcc.CardWrapUp {
			continue
		}
		h.Evidence = fmt.Sprintf("%s; AgentWork %s %s since %s", h.Evidence, chain.Work, chain.State, chain.Entered.In(time.Local).Format(time.TimeOnly))
	}
	return holds
}

// standing orders states as a person wants to see them.
func standing(s vcc.State) int {
	return slices.Index([]vcc.State{vcc.Waiting, vcc.Offered, vcc.Alerted, vcc.Connected, vcc.WrapUp}, s)
}

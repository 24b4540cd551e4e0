package connector

import (
	"cmp"
	"context"
	"slices"
	"time"

	"omnibridge/omnichannel"
	"omnibridge/vcc"
)

// View is what a person sees of the connector at one moment between two turns:
// nothing in it is not durable.
type View struct {
	At           time.Time           `json:"at"`
	Links        []omnichannel.Link  `json:"links"`
	Swept        time.Time           `json:"swept,omitzero"` // when the org was last read as a whole
	Interactions []InteractionView   `json:"interactions"`   // not closed; waiting first, oldest first
	Agents       []vcc.Agent         `json:"agents"`
	Loads        map[vcc.AgentID]int `json:"loads"`   // percent of capacity in use
	ByState      map[string]int      `json:"byState"` // how many interactions stand where, all of them
	Counts       Counts              `json:"counts"`
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

// mostShown bounds how many interactions a View lists; ByState counts all.
const mostShown = 500

// View asks the loop what stands. It fails when ctx ends or the loop has ended.
func (c *Connector) View(ctx context.Context) (View, error) {
	var v View
	if err := c.ask(ctx, func(core *Core) { v = core.view(time.Now()) }); err != nil {
		return View{}, err
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
	v := View{At: now, Loads: map[vcc.AgentID]int{}, ByState: map[string]int{}, Interactions: []InteractionView{}}
	for x := range c.engine.Interactions() {
		if x.State == vcc.Closed {
			continue
		}
		v.ByState[string(x.State)]++
		if len(v.Interactions) >= mostShown {
			continue
		}
		iv := InteractionView{Interaction: x}
		if chain, ok := c.ledger.Chain(x.ID); ok {
			iv.Delivery, iv.DeliveryWhy = chain.State, chain.Why
		}
		v.Interactions = append(v.Interactions, iv)
	}
	for chain := range c.ledger.Chains() {
		if chain.State != omnichannel.Held && chain.State != omnichannel.Sighted {
			continue
		}
		v.ByState[string(chain.State)]++
		if len(v.Interactions) < mostShown {
			v.Interactions = append(v.Interactions, InteractionView{
				Interaction: vcc.Interaction{ID: chain.Interaction, State: vcc.Waiting, Why: chain.Why, Work: vcc.Work{Record: string(chain.Record), Since: chain.Since}},
				Delivery:    chain.State, DeliveryWhy: chain.Why,
			})
		}
	}
	slices.SortStableFunc(v.Interactions, func(a, b InteractionView) int {
		return cmp.Or(cmp.Compare(standing(a.State), standing(b.State)), a.Work.Since.Compare(b.Work.Since))
	})
	for a := range c.engine.Agents() {
		v.Agents = append(v.Agents, a)
		v.Loads[a.ID] = a.Load
	}
	return v
}

// standing orders states as a person wants to see them.
func standing(s vcc.State) int {
	return slices.Index([]vcc.State{vcc.Waiting, vcc.Offered, vcc.Alerted, vcc.Connected, vcc.WrapUp}, s)
}

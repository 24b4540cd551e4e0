package connector

import (
	"context"
	"sync"
	"time"

	"omnibridge/omnichannel"
	"omnibridge/vcc"
)

// namer collects records that have no name yet. While one call asks for names, what
// comes meanwhile waits for the next: so calls are few when much is going on, and
// none waits when little is.
type namer struct {
	mu      sync.Mutex
	wanted  map[omnichannel.RecordID]unnamed
	waiting chan struct{} // holds one token while something is wanted
	// asked is the offer with which an open interaction was wanted last. It is the loop's.
	asked map[vcc.InteractionID]int
}

// unnamed is a record without a name.
type unnamed struct {
	channel     omnichannel.ChannelID
	interaction vcc.InteractionID
}

// mostUnnamed bounds what waits for a name; what is more goes without.
const mostUnnamed = 1000

func newNamer() *namer {
	return &namer{wanted: map[omnichannel.RecordID]unnamed{}, waiting: make(chan struct{}, 1), asked: map[vcc.InteractionID]int{}}
}

// want takes what has no name and an agent sees in ContactPad, once with every offer:
// a name that nobody would see is not worth a call. It is the loop's.
func (n *namer) want(core *Core, changed []vcc.Interaction, reports []vcc.Report) {
	for _, x := range changed {
		if x.State == vcc.Closed {
			delete(n.asked, x.ID)
		} else {
			n.wantOne(core, x)
		}
	}
	for _, r := range reports {
		if r.Kind != vcc.PanelChanged || r.Panel == nil || !r.Panel.Alive {
			continue
		}
		desk, _ := core.engine.Desk(r.Agent) // a panel that opens shows what the agent has already
		for _, card := range desk.Cards {
			if x, ok := core.engine.Interaction(card.Interaction); ok {
				n.wantOne(core, x)
			}
		}
	}
}

func (n *namer) wantOne(core *Core, x vcc.Interaction) {
	current := x.Current()
	if x.Work.Name != "" || current == nil || current.Offer == n.asked[x.ID] {
		return
	}
	chain, ok := core.ledger.Chain(x.ID)
	if a, known := core.engine.Agent(current.Agent); !ok || chain.Record == "" || !known || !a.Panel.Alive {
		return
	}
	n.asked[x.ID] = current.Offer
	n.mu.Lock()
	if len(n.wanted) < mostUnnamed {
		n.wanted[chain.Record] = unnamed{chain.Channel, x.ID}
	}
	n.mu.Unlock()
	select {
	case n.waiting <- struct{}{}:
	default:
	}
}

// take returns what is wanted, which then no longer is.
func (n *namer) take() map[omnichannel.RecordID]unnamed {
	n.mu.Lock()
	defer n.mu.Unlock()
	wanted := n.wanted
	n.wanted = map[omnichannel.RecordID]unnamed{}
	return wanted
}

// wantNames has what is seen from now on named.
func (c *Connector) wantNames(ins []input, changed []vcc.Interaction) {
	var reports []vcc.Report
	for _, in := range ins {
		reports = append(reports, in.reports...)
	}
	c.namer.want(c.core, changed, reports)
}

// nameWithin bounds one call for names: whoever waits longer has accepted by then.
const nameWithin = 10 * time.Second

// names asks for names until ctx ends. A name is a courtesy: a call that fails is not
// repeated, and the next time the interaction is offered it is asked for again.
func (c *Connector) names(ctx context.Context) {
	for {
		select {
		case <-c.namer.waiting:
		case <-ctx.Done():
			return
		}
		wanted := c.namer.take()
		if len(wanted) == 0 || c.scarce() {
			continue
		}
		records := make(map[omnichannel.RecordID]omnichannel.ChannelID, len(wanted))
		for record, u := range wanted {
			records[record] = u.channel
		}
		calling, cancel := context.WithTimeout(ctx, nameWithin)
		names, err := c.o.Names(calling, records)
		cancel()
		if err != nil {
			if ctx.Err() == nil {
				c.log.Warn("records go without their names", "records", len(records), "err", err)
			}
			continue
		}
		var reports []vcc.Report
		for record, name := range names {
			if u, ok := wanted[record]; ok {
				reports = append(reports, vcc.Report{Kind: vcc.Named, Interaction: u.interaction, Name: name})
			}
		}
		if len(reports) > 0 {
			_ = c.put(ctx, input{reports: reports}, false) // an error means that the loop has ended
		}
	}
}

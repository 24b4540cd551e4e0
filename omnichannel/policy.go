package omnichannel

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"omnibridge/vcc"
)

// ChannelPolicy says how the work of one service channel is routed.
type ChannelPolicy struct {
	Class  vcc.Class  `json:"class"`
	Medium vcc.Medium `json:"medium"`
}

// Policy is what an admin decides about delivery.
type Policy struct {
	// Channels says how the work of a service channel, by its developer name, is
	// routed. A channel that is not named here follows Entities.
	Channels map[vcc.Channel]ChannelPolicy
	// Entities does the same by the API name of the routed object.
	Entities map[string]ChannelPolicy
	// Plans maps queues, by their developer name, to plans. A queue that is not
	// named has a plan of its own name.
	Plans map[string]vcc.PlanID
	// Console says that agents' consoles can be reached, so that a push is taken back
	// there. Without, Salesforce's push time-out ends it.
	Console bool
	// Grace is how long a closed presence row is not yet taken for a logout
	// (salesforce-omni 1.3). Default 3 s.
	Grace time.Duration
	// EventPatience is how long we wait for the event that must follow another,
	// before looking. Default 1 s.
	EventPatience time.Duration
	// Settle is how long after a lost create we look a second time before it
	// counts as not done: the org may still be at it. Default 3 s.
	Settle time.Duration
	// Remember is how long a chain that ended is remembered, so that replayed
	// events do not bring it back. Default 25 h: PushTopic retention and an hour.
	Remember time.Duration
}

// DefaultEntities is how the standard objects are routed (vcc.md 11, A1, A2).
func DefaultEntities() map[string]ChannelPolicy {
	return map[string]ChannelPolicy{
		"LiveChatTranscript": {vcc.SemiLive, "chat"},
		"MessagingSession":   {vcc.SemiLive, "messaging"},
		"Case":               {vcc.NonLive, "case"},
		"Lead":               {vcc.NonLive, "lead"},
	}
}

// withDefaults fills in what is not set.
func (p Policy) withDefaults() Policy {
	if p.Entities == nil {
		p.Entities = DefaultEntities()
	}
	for d, def := range map[*time.Duration]time.Duration{
		&p.Grace: 3 * time.Second, &p.EventPatience: time.Second, &p.Settle: 3 * time.Second, &p.Remember: 25 * time.Hour,
	} {
		if *d == 0 {
			*d = def
		}
	}
	return p
}

// Validate reports every fault of the policy at once.
func (p Policy) Validate() error {
	var errs []error
	for name, c := range p.Channels {
		if !c.Class.Valid() {
			errs = append(errs, fmt.Errorf("channel %q: class %q is not one of live, semi-live, non-live", name, c.Class))
		}
	}
	for name, c := range p.Entities {
		if !c.Class.Valid() {
			errs = append(errs, fmt.Errorf("entity %q: class %q is not one of live, semi-live, non-live", name, c.Class))
		}
	}
	for name, d := range map[string]time.Duration{"grace": p.Grace, "event patience": p.EventPatience, "settle": p.Settle, "remember": p.Remember} {
		if d < 0 {
			errs = append(errs, fmt.Errorf("%s is %v: must not be negative", name, d))
		}
	}
	return errors.Join(errs...)
}

// channel returns how the work of a service channel is routed.
func (p Policy) channel(c Channel) (ChannelPolicy, error) {
	if cp, ok := p.Channels[c.Name]; ok {
		return cp, nil
	}
	if cp, ok := p.Entities[c.Entity]; ok {
		return cp, nil
	}
	return ChannelPolicy{}, fmt.Errorf("service channel %s (object %s) has no class: name it under \"channels\" in the routing file", c.Name, c.Entity)
}

// plan returns the plan of a queue.
func (p Policy) plan(queue string) vcc.PlanID {
	if id, ok := p.Plans[queue]; ok {
		return id
	}
	return vcc.PlanID(queue)
}

// Takes lists, for each service channel by name, the plans that its work can be given
// to: those with a queue in external routing that may own its objects.
func (p Policy) Takes(d Directory) map[vcc.Channel][]vcc.PlanID {
	takes := make(map[vcc.Channel][]vcc.PlanID, len(d.Channels))
	for _, ch := range d.Channels {
		plans := []vcc.PlanID{}
		for _, q := range d.Queues {
			if q.External && q.mayOwn(ch.Entity) {
				plans = append(plans, p.plan(q.Name))
			}
		}
		slices.Sort(plans)
		takes[ch.Name] = slices.Compact(plans)
	}
	return takes
}

package streaming

import (
	"encoding/json"
	"time"
)

// phase is where one channel stands in the present session.
type phase string

const (
	wanted    phase = "wanted"    // to be subscribed
	pending   phase = "pending"   // in the request under way
	confirmed phase = "confirmed" // the server said yes
	parked    phase = "parked"    // refused; tried again later, between two polls
)

// subscription is one channel and how it stands.
type subscription struct {
	Channel
	phase   phase
	forced  bool // subscribe at from, since the cursor was refused or is passed over
	from    int64
	refused int64     // the cursor that was refused, if forced and not passing
	passing bool      // what the cursor would bring is passed over, since no reply can hold it
	refusal *fault    // why it is parked; kept while it is tried again
	until   time.Time // parked: when to try again
}

// weight is what the channel's subscribe message adds to a request, in bytes,
// at most: its name as JSON twice, and messageWeight of everything else.
func (c *subscription) weight() int {
	name, _ := json.Marshal(c.Name) // a string always can be
	return 2*len(name) + messageWeight
}

// ask is one channel of a subscribe request.
type ask struct {
	channel string
	forced  bool  // use from; else read the cursor
	from    int64 // ReplayAll or ReplayNew
}

// result is the answer to one ask.
type result struct {
	channel string
	from    int64  // the position that was asked for
	fault   *fault // nil if the subscription stands
}

// subscriptions is the desired set: each session subscribes all of it.
type subscriptions []*subscription

// A subscribe stays below the 32,768 bytes that Salesforce accepts
// (salesforce-apis 3.1), and holds all channels if they fit: each further
// request costs a round trip before events flow again.
const (
	maxSubscribe  = 32_000
	messageWeight = 256
)

func newSubscriptions(channels []Channel) subscriptions {
	s := make(subscriptions, len(channels))
	for i, c := range channels {
		s[i] = &subscription{Channel: c, phase: wanted}
	}
	return s
}

// reset prepares for a new session, which knows nothing of the old one's
// channels. All positions are read from the owner again, but for those that are
// to be passed over.
func (s subscriptions) reset() {
	for _, c := range s {
		c.renew(wanted)
	}
}

// renew forgets how a channel stood.
func (c *subscription) renew(p phase) {
	*c = subscription{Channel: c.Channel, phase: p, passing: c.passing}
	if c.passing {
		c.forced, c.from = true, ReplayNew
	}
}

// passOver gives up the positions of the channels that may have had a part in a
// reply that was too large: from there the same reply would come for ever.
func (s subscriptions) passOver() {
	for _, c := range s {
		c.passing = c.passing || c.phase == confirmed || c.phase == pending
	}
}

func (c *subscription) wants(now time.Time) bool {
	return c.phase == wanted || c.phase == parked && !now.Before(c.until)
}

// wanting tells whether a channel is to be subscribed now.
func (s subscriptions) wanting(now time.Time) bool {
	for _, c := range s {
		if c.wants(now) {
			return true
		}
	}
	return false
}

// next picks the channels of the next request.
func (s subscriptions) next(now time.Time) []ask {
	var asks []ask
	weight := 0
	for _, c := range s {
		if !c.wants(now) {
			continue
		}
		if weight += c.weight(); weight > maxSubscribe && len(asks) > 0 {
			break
		}
		c.phase = pending
		asks = append(asks, ask{c.Name, c.forced, c.from})
	}
	return asks
}

// settle takes in an answer. It returns the gap that the new subscription
// leaves, if any, and the fault if it concerns the whole session.
func (s subscriptions) settle(now time.Time, r result) (*Gap, *fault) {
	for _, c := range s {
		if c.Name != r.channel || c.phase != pending {
			continue
		}
		switch {
		case r.fault == nil:
			return c.confirm(r.from), nil
		case r.fault.do == fallBack && c.fallBack(r.from):
			return nil, nil
		case r.fault.parks:
			c.park(now, r.fault)
			return nil, nil
		}
		return nil, r.fault
	}
	return nil, nil
}

func (c *subscription) confirm(from int64) *Gap {
	passing := c.passing
	c.phase, c.refusal, c.passing = confirmed, nil, false
	switch {
	case passing:
		return &Gap{Kind: GapOversized, Refused: NoReplay, From: from}
	case c.forced:
		return &Gap{Kind: GapRefused, Refused: c.refused, From: from}
	case from == ReplayNew:
		return &Gap{Kind: GapNoCursor, Refused: NoReplay, From: from}
	}
	return nil
}

// fallBack chooses the next position after a refused one: everything retained
// if the policy wants that, then only new events, then none.
func (c *subscription) fallBack(refused int64) bool {
	next := ReplayNew
	switch {
	case refused == ReplayNew:
		return false
	case refused != ReplayAll && c.Fallback != FallbackNew:
		next = ReplayAll
	}
	if !c.forced {
		c.refused = refused
	}
	c.phase, c.forced, c.from = wanted, true, next
	return true
}

func (c *subscription) park(now time.Time, f *fault) {
	pause := f.wait
	if pause == 0 {
		pause = parkedRetry
	}
	c.renew(parked) // the next try reads the owner's cursor again
	c.refusal, c.until = f, now.Add(pause)
}

// parkedRetry is for refusals that name no wait of their own.
const parkedRetry = 5 * time.Minute

// standing tells whether every channel that is not optional is confirmed and, if
// one was refused, why.
func (s subscriptions) standing() (all bool, refusal *fault) {
	all = true
	for _, c := range s {
		if c.Optional {
			continue
		}
		if c.phase != confirmed {
			all = false
		}
		if c.refusal != nil && refusal == nil {
			refusal = c.refusal
		}
	}
	return all, refusal
}

// without names an optional channel that is refused, and why; "" if none is.
func (s subscriptions) without() string {
	for _, c := range s {
		if c.Optional && c.refusal != nil {
			return c.Name + ": " + c.refusal.String()
		}
	}
	return ""
}

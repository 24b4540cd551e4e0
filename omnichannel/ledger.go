package omnichannel

import (
	"cmp"
	"container/heap"
	"fmt"
	"iter"
	"maps"
	"slices"
	"time"

	"omnibridge/vcc"
)

// Note is one thing that happened to an interaction, for people: the running
// account and the journal.
type Note struct {
	Interaction vcc.InteractionID `json:"interaction"`
	What        string            `json:"what"` // "arrived", "alerting", "declined", "drift" ...
	Offer       int               `json:"offer,omitempty"`
	Agent       vcc.AgentID       `json:"agent,omitempty"`
	Why         string            `json:"why,omitempty"`
}

// Output is what one step produced. The rows of Changed must be stored before
// Effects leave.
type Output struct {
	Reports []vcc.Report
	Effects []Effect
	Notes   []Note
	Changed []vcc.InteractionID
	// Resync says that the org's setup names something we do not know: a
	// Baseline should be read.
	Resync bool
	// Doubts names agents whose presence should be read again, since the org
	// refused a push to them.
	Doubts []vcc.AgentID
	// Stale counts events that were old or answered something no longer asked.
	Stale int
	// Faults are inputs that could not be; nothing was changed by them.
	Faults []error
}

// Ledger holds the chains of one org.
type Ledger struct {
	policy   Policy
	dir      Directory
	known    bool // dir was read
	chains   map[vcc.InteractionID]*Chain
	byPSR    map[PSRID]*Chain
	byRecord map[RecordID]*Chain // not gone
	byWork   map[AgentWorkID]*Chain
	unrouted map[vcc.InteractionID]*Chain // Sighted and Held
	gone     goneQueue
	due      wakeQueue

	out     Output // of the step under way
	changed map[vcc.InteractionID]bool
}

// NewLedger returns an empty ledger.
func NewLedger(p Policy) (*Ledger, error) {
	if err := p.Validate(); err != nil {
		return nil, err
	}
	return &Ledger{
		policy:   p.withDefaults(),
		chains:   map[vcc.InteractionID]*Chain{},
		byPSR:    map[PSRID]*Chain{},
		byRecord: map[RecordID]*Chain{},
		byWork:   map[AgentWorkID]*Chain{},
		unrouted: map[vcc.InteractionID]*Chain{},
		changed:  map[vcc.InteractionID]bool{},
	}, nil
}

// Step takes one signal from the org. Presence signals are the Roster's and are
// ignored.
func (l *Ledger) Step(now time.Time, s Signal) Output {
	switch s := s.(type) {
	case PSRSeen:
		l.onPSR(now, s)
	case WorkSeen:
		l.onWork(now, s.Work)
	case Outcome:
		l.onOutcome(now, s)
	case Baseline:
		l.reconcile(now, s)
	}
	return l.take()
}

// Tick does what has become due at now.
func (l *Ledger) Tick(now time.Time) Output {
	for len(l.due) > 0 && !l.due[0].at.After(now) {
		w := heap.Pop(&l.due).(wake)
		c := w.chain
		if l.chains[c.Interaction] != c || !c.Wake.Equal(w.at) {
			continue // set anew since
		}
		c.Wake = time.Time{}
		if c.WakeLook {
			c.WakeLook, c.Again = false, true
		}
		l.touch(c)
		l.pump(now, c)
	}
	for len(l.gone) > 0 && !l.gone[0].Entered.Add(l.policy.Remember).After(now) {
		l.forget(l.gone[0])
		l.gone = l.gone[1:]
	}
	return l.take()
}

// Next returns when Tick has something to do, if it ever has.
func (l *Ledger) Next() (time.Time, bool) {
	var next time.Time
	if len(l.due) > 0 {
		next = l.due[0].at
	}
	if len(l.gone) > 0 {
		if at := l.gone[0].Entered.Add(l.policy.Remember); next.IsZero() || at.Before(next) {
			next = at
		}
	}
	return next, !next.IsZero()
}

// Chain returns a copy of the chain of an interaction.
func (l *Ledger) Chain(id vcc.InteractionID) (Chain, bool) {
	c, ok := l.chains[id]
	if !ok {
		return Chain{}, false
	}
	return *c, true
}

// Chains yields a copy of every chain that is not gone, in order of interaction
// ids.
func (l *Ledger) Chains() iter.Seq[Chain] {
	return func(yield func(Chain) bool) {
		open := slices.SortedFunc(maps.Values(l.byRecord), func(a, b *Chain) int { return cmp.Compare(a.Interaction, b.Interaction) })
		for _, c := range open {
			if c.State != Gone && !yield(*c) {
				return
			}
		}
	}
}

// Unrouted returns copies of chains that the engine does not know, those that were
// announced first, at most as many as asked for; and how many there are in each state.
func (l *Ledger) Unrouted(most int) (list []Chain, byState map[State]int) {
	byState = map[State]int{}
	order := func(a, b *Chain) int {
		return cmp.Or(a.Since.Compare(b.Since), cmp.Compare(a.Interaction, b.Interaction))
	}
	var first []*Chain // in order, never more than most
	for _, c := range l.unrouted {
		byState[c.State]++
		if len(first) >= most && (most <= 0 || order(c, first[most-1]) > 0) {
			continue
		}
		at, _ := slices.BinarySearchFunc(first, c, order)
		first = slices.Insert(first, at, c)
		first = first[:min(len(first), most)]
	}
	for _, c := range first {
		list = append(list, *c)
	}
	return list, byState
}

// file keeps Unrouted up to date with c.
func (l *Ledger) file(c *Chain) {
	if c.State == Sighted || c.State == Held {
		l.unrouted[c.Interaction] = c
	} else {
		delete(l.unrouted, c.Interaction)
	}
}

// Restore puts stored chains back after a restart, before any other input, and
// asks for what was under way: a create that may have left is looked up, never
// repeated.
func (l *Ledger) Restore(now time.Time, chains []Chain) Output {
	slices.SortFunc(chains, func(a, b Chain) int { return a.Entered.Compare(b.Entered) })
	for _, stored := range chains {
		c := &stored
		l.chains[c.Interaction] = c
		l.index(c)
		l.file(c)
		if c.State == Gone {
			l.gone = append(l.gone, c)
			continue
		}
		if c.Doing != nil {
			switch {
			case c.Doing.Kind == Look:
				c.Again = true
			case c.Doing.Kind == CreateWork:
				c.Doubt, c.Again = true, true
			default:
				c.Sent = false // idempotent
			}
			c.Doing = nil
			l.touch(c)
		}
		if !c.Wake.IsZero() {
			heap.Push(&l.due, wake{c.Wake, c})
		}
		l.pump(now, c)
	}
	return l.take()
}

// take returns what the step under way produced and makes room for the next.
func (l *Ledger) take() Output {
	out := l.out
	out.Changed = slices.Sorted(maps.Keys(l.changed))
	for _, id := range out.Changed {
		if c := l.chains[id]; c != nil {
			l.file(c)
		} else {
			delete(l.unrouted, id)
		}
	}
	l.out = Output{}
	clear(l.changed)
	return out
}

// touch notes that c is to be stored.
func (l *Ledger) touch(c *Chain) { l.changed[c.Interaction] = true }

// move applies a fact; it tells whether the table allows it.
func (l *Ledger) move(now time.Time, c *Chain, f Fact, why string) bool {
	to, ok := moves[move{c.State, f}]
	if !ok {
		l.out.Faults = append(l.out.Faults, &MoveError{c.Interaction, c.State, f})
		return false
	}
	if to != c.State {
		c.Entered = now
		c.Sent, c.Doubt, c.TakeBack, c.Ended, c.Fault, c.Settled = false, false, false, false, "", time.Time{}
		c.Tries, c.WakeLook, c.Wake = 0, false, time.Time{}
	}
	c.State, c.Why = to, why
	if to == Gone {
		c.Again = false
		if c.Heir != nil {
			l.retire(c, c.Heir.Work)
		}
		l.gone = append(l.gone, c)
		if l.byRecord[c.Record] == c {
			delete(l.byRecord, c.Record)
		}
	}
	l.touch(c)
	return true
}

// wakeAt asks to go on with c after d; with look, by looking.
func (l *Ledger) wakeAt(now time.Time, c *Chain, d time.Duration, look bool) {
	c.Wake, c.WakeLook = now.Add(d), look
	heap.Push(&l.due, wake{c.Wake, c})
	l.touch(c)
}

// look asks what the org says of c, as soon as nothing else is being done.
func (l *Ledger) look(now time.Time, c *Chain) {
	c.Again = true
	l.touch(c)
	l.pump(now, c)
}

// pump sends the effect that c wants, unless one is under way or it has to wait.
func (l *Ledger) pump(now time.Time, c *Chain) {
	kind := c.want(l.policy.Console)
	waits := c.Wake.After(now) && kind != Look && kind != DeclineWork // what is declined is looked at meanwhile
	if c.Doing != nil || kind == "" || waits {
		return
	}
	c.Effects++
	e := Effect{
		ID: fmt.Sprintf("%s/%d", c.Interaction, c.Effects), Kind: kind, Interaction: c.Interaction,
		Offer: c.Offer, Agent: c.Agent, PSR: c.PSR, Record: c.Record, Channel: c.Channel, Work: c.Work, Queue: c.To, Rev: c.Rev,
	}
	if kind == Look {
		c.Again = false
	} else {
		c.Sent = true
	}
	c.Doing = &e
	l.out.Effects = append(l.out.Effects, e)
	l.touch(c)
}

func (l *Ledger) report(r vcc.Report) { l.out.Reports = append(l.out.Reports, r) }

func (l *Ledger) note(c *Chain, what, why string) {
	l.out.Notes = append(l.out.Notes, Note{Interaction: c.Interaction, What: what, Offer: c.Offer, Agent: c.Agent, Why: why})
}

// index makes c findable.
func (l *Ledger) index(c *Chain) {
	if c.PSR != "" {
		l.byPSR[c.PSR] = c
	}
	if c.Work != "" {
		l.byWork[c.Work] = c
	}
	if c.Heir != nil {
		l.byWork[c.Heir.Work] = c
	}
	for _, id := range c.Past {
		l.byWork[id] = c
	}
	for _, id := range c.OldPSRs {
		l.byPSR[id] = c
	}
	if c.State != Gone && c.Record != "" {
		l.byRecord[c.Record] = c
	}
}

// forget drops a chain that ended long ago.
func (l *Ledger) forget(c *Chain) {
	delete(l.chains, c.Interaction)
	delete(l.byPSR, c.PSR)
	for _, id := range c.OldPSRs {
		delete(l.byPSR, id)
	}
	l.unindexWork(c.Past...)
	l.unindexWork(c.Work)
	l.touch(c)
}

// unindexWork makes AgentWorks unknown.
func (l *Ledger) unindexWork(ids ...AgentWorkID) {
	for _, id := range ids {
		delete(l.byWork, id)
	}
}

// wake is an entry of the queue of times; it is void when its chain's Wake has
// changed since.
type wake struct {
	at    time.Time
	chain *Chain
}

type wakeQueue []wake

func (q wakeQueue) Len() int { return len(q) }
func (q wakeQueue) Less(i, j int) bool {
	if !q[i].at.Equal(q[j].at) {
		return q[i].at.Before(q[j].at)
	}
	return q[i].chain.Interaction < q[j].chain.Interaction
}
func (q wakeQueue) Swap(i, j int) { q[i], q[j] = q[j], q[i] }
func (q *wakeQueue) Push(x any)   { *q = append(*q, x.(wake)) }
func (q *wakeQueue) Pop() any {
	old := *q
	w := old[len(old)-1]
	*q = old[:len(old)-1]
	return w
}

// goneQueue is the chains that ended, in the order of their ends.
type goneQueue []*Chain

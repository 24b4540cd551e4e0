package connector

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"omnibridge/connector/store"
	"omnibridge/omnichannel"
	"omnibridge/vcc"
)

// Core is the loop's state. A turn is a plain function of it, the time and the
// inputs: nothing in it waits, reads a clock or draws randomness.
type Core struct {
	ledger *omnichannel.Ledger
	roster *omnichannel.Roster
	engine Engine
	policy omnichannel.Policy
	// isAgent tells whether a user of the org may be an agent; nil: all may.
	isAgent func(vcc.AgentID) bool
	setup   vcc.Setup // as the engine was told
	// kept is when what the engine counted was kept last; keepSoon says that there was more.
	kept     time.Time
	keepSoon bool
}

// Turn is what one turn produced.
type Turn struct {
	Change  store.Change         // to be committed before anything else
	Effects []omnichannel.Effect // then these leave
	Resync  bool                 // the org should be read as a whole
	Stale   int                  // old or repeated inputs
	Late    int                  // reports that answered an offer no longer open
	Faults  []error              // inputs that could not be; they changed nothing
	Waits   []time.Duration      // from a PSR's creation to the AgentWork of its first offer
	// Directives are those that are not the org's business: pops, statuses, calls and
	// words to providers.
	Directives []vcc.Directive
	Answers    []vcc.Answer  // to agents' commands
	Desks      []vcc.AgentID // whose panel may show something else
}

// maxRounds bounds how often connector and engine may answer each other in one
// turn. Two rounds are normal; more than a few are a fault of ours.
const maxRounds = 100

// NewCore returns an empty core.
func NewCore(p omnichannel.Policy, e Engine) (*Core, error) {
	ledger, err := omnichannel.NewLedger(p)
	if err != nil {
		return nil, fmt.Errorf("delivery policy: %w", err)
	}
	return &Core{ledger: ledger, roster: omnichannel.NewRoster(p), engine: e, policy: p}, nil
}

// Restore puts back what was stored, before any turn, and asks for what was
// under way.
func (c *Core) Restore(now time.Time, s store.Snapshot) Turn {
	t := newTurn(now)
	for _, e := range s.Effects {
		t.Change.Done = append(t.Change.Done, e.ID) // asked anew by the ledger, as a look where that is due
	}
	t.addEngine(c.engine.Restore(now, s.Interactions, s.Agents))
	t.addOrg(c.ledger.Restore(now, s.Chains))
	if k, ok := c.engine.(dayKeeper); ok {
		k.RestoreDay(now, s.Day)
		c.kept = now
	}
	c.route(now, t)
	return c.end(t)
}

// Turn takes what has come in since the last one, the org's signals and what others
// report to the engine, and does what is due.
func (c *Core) Turn(now time.Time, signals []omnichannel.Signal, reports []vcc.Report) Turn {
	t := newTurn(now)
	t.addOrg(c.ledger.Tick(now))
	t.addOrg(c.roster.Tick(now))
	for _, s := range signals {
		if o, ok := s.(omnichannel.Outcome); ok {
			t.Change.Done = append(t.Change.Done, o.Effect.ID)
			c.pushed(t, o)
		}
		if b, ok := s.(omnichannel.Baseline); ok {
			c.setUp(t, b.Directory)
		}
		// The roster first: a baseline tells who is there before what waits.
		t.addOrg(c.roster.Step(now, s))
		out := c.ledger.Step(now, s)
		for _, id := range out.Doubts {
			t.addOrg(c.roster.Recheck(now, id))
		}
		t.addOrg(out)
	}
	for _, r := range reports {
		t.reports = append(t.reports, r)
		if r.Kind == vcc.Asked && r.Command != nil && r.Command.Agent != "" {
			t.commands = append(t.commands, order{*r.Command, c.repeats(t, *r.Command)})
		}
	}
	c.route(now, t)
	c.keepDay(now, &t.Turn)
	return c.end(t)
}

// repeats tells whether a command was answered before, or comes twice in this turn: it is
// answered once more, and was asked for once.
func (c *Core) repeats(t *turn, command vcc.Command) bool {
	if slices.ContainsFunc(t.commands, func(o order) bool { return o.ID == command.ID && o.Agent == command.Agent }) {
		return true
	}
	a, ok := c.engine.Agent(command.Agent)
	return ok && slices.ContainsFunc(a.Answered, func(old vcc.Answer) bool { return old.Command == command.ID })
}

// pushed notes how long the first push of a work item took.
func (c *Core) pushed(t *turn, o omnichannel.Outcome) {
	if o.Effect.Kind != omnichannel.CreateWork || o.Result != omnichannel.Done || o.Effect.Offer != 1 {
		return
	}
	if chain, ok := c.ledger.Chain(o.Effect.Interaction); ok && chain.Doing != nil && chain.Doing.ID == o.Effect.ID {
		t.Waits = append(t.Waits, t.now.Sub(chain.Since))
	}
}

// route lets the engine and the ledger answer each other until both are quiet.
func (c *Core) route(now time.Time, t *turn) {
	for range maxRounds {
		reports := t.reports
		t.reports = nil
		t.addEngine(c.engine.Step(now, reports))
		directives := t.directives
		t.directives = nil
		for _, d := range directives {
			c.direct(now, t, d)
		}
		if len(t.reports) == 0 && len(t.directives) == 0 {
			return
		}
	}
	t.Faults = append(t.Faults, errors.New("connector and engine did not come to rest in one turn"))
}

// direct hands a directive to whom it is for.
func (c *Core) direct(now time.Time, t *turn, d vcc.Directive) {
	switch d.Kind {
	case vcc.Pop, vcc.SetOmni, vcc.Phone, vcc.Tell:
		t.Directives = append(t.Directives, d)
		return
	}
	if _, known := c.ledger.Chain(d.Interaction); !known {
		if x, ok := c.engine.Interaction(d.Interaction); ok && x.Work.Channel == "" {
			return // a call: it reaches the agent by the panel, not by Salesforce
		}
	}
	t.addOrg(c.ledger.Direct(now, d))
}

// Next returns when a turn is due without any input.
func (c *Core) Next() (time.Time, bool) {
	var next time.Time
	for _, f := range []func() (time.Time, bool){c.ledger.Next, c.roster.Next, c.engine.Next, c.keepNext} {
		if at, ok := f(); ok && (next.IsZero() || at.Before(next)) {
			next = at
		}
	}
	return next, !next.IsZero()
}

// end collects the rows that changed, as they are at the end of the turn.
func (c *Core) end(t *turn) Turn {
	for _, id := range t.chains.list {
		if chain, ok := c.ledger.Chain(id); ok {
			t.Change.Chains = append(t.Change.Chains, chain)
		} else {
			t.Change.ForgetChains = append(t.Change.ForgetChains, id)
		}
	}
	for _, id := range t.interactions.list {
		if x, ok := c.engine.Interaction(id); ok {
			t.Change.Interactions = append(t.Change.Interactions, x)
		} else {
			t.Change.ForgetInteractions = append(t.Change.ForgetInteractions, id)
		}
	}
	for _, id := range t.agents.list {
		if a, ok := c.engine.Agent(id); ok {
			t.Change.Agents = append(t.Change.Agents, a)
		}
	}
	t.Change.Effects = t.Effects
	t.Desks = t.desks.list
	t.journalCommands()
	return t.Turn
}

// turn is a Turn in the making.
type turn struct {
	Turn
	now          time.Time
	reports      []vcc.Report
	directives   []vcc.Directive
	chains       set[vcc.InteractionID]
	interactions set[vcc.InteractionID]
	agents       set[vcc.AgentID]
	desks        set[vcc.AgentID]
	commands     []order
}

// order is an agent's command in a turn.
type order struct {
	vcc.Command
	again bool
}

func newTurn(now time.Time) *turn { return &turn{now: now} }

// addOrg takes what a step of the ledger or the roster produced.
func (t *turn) addOrg(o omnichannel.Output) {
	t.reports = append(t.reports, o.Reports...)
	t.Effects = append(t.Effects, o.Effects...)
	t.chains.add(o.Changed)
	t.Resync = t.Resync || o.Resync
	t.Stale += o.Stale
	t.Faults = append(t.Faults, o.Faults...)
	for _, n := range o.Notes {
		t.journal(store.Entry{At: t.now, Interaction: n.Interaction, What: n.What, Offer: n.Offer, Agent: n.Agent, Why: n.Why})
	}
}

// addEngine takes what a step of the engine produced. Why somebody was chosen
// stands with the offer; only why nobody was is noted here.
func (t *turn) addEngine(o vcc.Output) {
	t.directives = append(t.directives, o.Directives...)
	t.interactions.add(o.Interactions)
	t.agents.add(o.Agents)
	t.desks.add(o.Desks)
	t.Answers = append(t.Answers, o.Answers...)
	t.Late += o.Late
	for _, d := range o.Decisions {
		switch {
		case d.What != "":
			t.journal(store.Entry{At: t.now, Interaction: d.Interaction, What: d.What, Offer: d.Offer, Agent: d.Agent, Why: d.Why})
		case d.Agent == "":
			t.journal(store.Entry{At: t.now, Interaction: d.Interaction, What: "waits", Why: d.Why})
		}
	}
}

// journalCommands notes what agents asked for, and what they were told.
func (t *turn) journalCommands() {
	for i, c := range t.commands {
		if i >= len(t.Answers) {
			return
		}
		if c.again {
			continue
		}
		why := []string{}
		for _, part := range []string{askedState(c.Command), string(c.Target.Agent), string(c.Target.Plan), c.Target.Number, c.Disposition, c.Why} {
			if part != "" {
				why = append(why, part)
			}
		}
		what := "asked: " + string(c.Do)
		if a := t.Answers[i]; !a.OK {
			what, why = "refused: "+string(c.Do), append(why, a.Text)
		}
		t.journal(store.Entry{At: t.now, Interaction: c.Interaction, What: what, Agent: c.Agent, Why: strings.Join(why, "; ")})
	}
}

func askedState(c vcc.Command) string {
	if c.Do != vcc.LogIn && c.Do != vcc.SetState {
		return ""
	}
	return c.State.String()
}

func (t *turn) journal(e store.Entry) { t.Change.Journal = append(t.Change.Journal, e) }

// set is a set that remembers the order of its members.
type set[T comparable] struct {
	has  map[T]bool
	list []T
}

func (s *set[T]) add(members []T) {
	for _, m := range members {
		if s.has[m] {
			continue
		}
		if s.has == nil {
			s.has = map[T]bool{}
		}
		s.has[m] = true
		s.list = append(s.list, m)
	}
}

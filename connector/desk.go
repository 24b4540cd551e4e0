package connector

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"omnibridge/vcc"
)

// Do puts an agent's command to the engine and returns its answer once what it
// changed is durable. A refusal is an answer, not an error: an error means that it
// is not known to be done, and that the same command may be sent again.
func (c *Connector) Do(ctx context.Context, command vcc.Command) (vcc.Answer, error) {
	if command.ID == "" || command.Agent == "" {
		return vcc.Answer{}, errors.New("a command needs an id and an agent")
	}
	answers := make(chan vcc.Answer, 1)
	err := c.put(ctx, input{reports: []vcc.Report{{Kind: vcc.Asked, Agent: command.Agent, Command: &command}}, answers: answers}, true)
	if err != nil {
		return vcc.Answer{}, fmt.Errorf("%s: %w", command.Do, err)
	}
	select {
	case a := <-answers:
		return a, nil
	default:
		return vcc.Answer{}, fmt.Errorf("%s: the engine did not answer", command.Do)
	}
}

// Report puts reports to the engine and returns once what they changed is durable.
func (c *Connector) Report(ctx context.Context, reports []vcc.Report) error {
	return c.put(ctx, input{reports: reports}, true)
}

// Panel tells the engine the standing of an agent's panel.
func (c *Connector) Panel(ctx context.Context, agent vcc.AgentID, p vcc.Panel) error {
	return c.Report(ctx, []vcc.Report{{Kind: vcc.PanelChanged, Agent: agent, Panel: &p}})
}

// Find asks the engine who can be consulted or given a transfer.
func (c *Connector) Find(ctx context.Context, s vcc.Search) (vcc.Found, error) {
	var found vcc.Found
	err := c.ask(ctx, func(core *Core) { found = core.engine.Find(s) })
	return found, err
}

// ask has the loop call fn between two turns.
func (c *Connector) ask(ctx context.Context, fn func(*Core)) error {
	done := make(chan struct{})
	select {
	case c.asks <- func(core *Core) { fn(core); close(done) }:
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-c.ended:
		return ErrEnded
	}
	<-done
	return nil
}

// Watch delivers an agent's desk, now and whenever it may have changed: what is
// delivered is durable. Only the newest is kept, so a slow reader skips. The channel
// is closed by stop, which must be called, and may be more than once; the end of the
// connector does not close it.
func (c *Connector) Watch(agent vcc.AgentID) (desks <-chan vcc.Desk, stop func()) {
	w := make(chan vcc.Desk, 1)
	c.watching.Lock()
	defer c.watching.Unlock()
	if c.watchers[agent] == nil {
		c.watchers[agent] = map[chan vcc.Desk]bool{}
	}
	c.watchers[agent][w] = true
	select {
	case c.fresh <- agent: // the loop tells it the first one
	default:
		// The loop has enough of them waiting, and tells all who watch anew.
		c.allFresh = true
	}
	return w, sync.OnceFunc(func() {
		c.watching.Lock()
		defer c.watching.Unlock()
		delete(c.watchers[agent], w)
		if len(c.watchers[agent]) == 0 {
			delete(c.watchers, agent)
		}
		close(w)
	})
}

// show delivers the desks of agents to who watches them. It is the loop's.
func (c *Connector) show(agents []vcc.AgentID) {
	c.watching.Lock()
	defer c.watching.Unlock()
	if c.allFresh {
		c.allFresh = false
		agents = agents[:0:0]
		for agent := range c.watchers {
			agents = append(agents, agent)
		}
	}
	for _, agent := range agents {
		watchers := c.watchers[agent]
		if len(watchers) == 0 {
			continue
		}
		desk, ok := c.core.engine.Desk(agent)
		if !ok {
			desk = vcc.Desk{Agent: agent, Shown: "Logged Out", Mark: "out"}
		}
		for w := range watchers {
			select {
			case <-w: // what was not read is old now
			default:
			}
			w <- desk
		}
	}
}

// answer hands each command's answer to who waits for it.
func answer(ins []input, answers []vcc.Answer) {
	for _, in := range ins {
		if in.answers == nil {
			continue
		}
		command := in.reports[0].Command
		for _, a := range answers {
			if a.Command == command.ID && a.Agent == command.Agent {
				in.answers <- a
				break
			}
		}
	}
}

// direct hands a directive that is not the org's business to whoever takes it.
func (c *Connector) direct(d vcc.Directive) {
	if d.Kind == vcc.Tell {
		if x, ok := c.core.engine.Interaction(d.Interaction); ok && c.o.Owing != nil {
			c.o.Owing(x)
		}
		return
	}
	if c.o.Direct != nil {
		c.o.Direct(d)
	}
}

// tellRestored tells what was open when the state was restored, or is owed.
func (c *Connector) tellRestored() {
	if c.o.Restored == nil {
		return
	}
	var open []vcc.Interaction
	for x := range c.core.engine.Interactions() {
		if x.State != vcc.Closed || len(x.Owed) > 0 {
			open = append(open, x)
		}
	}
	c.o.Restored(open)
}

package contactpad

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"time"

	"omnibridge/vcc"
)

// console is what an agent's console is asked for. Only the primary panel's
// console is.
type console struct {
	prefix  string // of call ids, so that those of another start of the daemon differ
	n       int
	calls   map[string]*call
	held    []wish
	choices map[vcc.InteractionID]*choice
}

// call is something a console was asked for and has not answered.
type call struct {
	id    string
	panel string
	name  string
	data  []byte
	until time.Time
	done  func(result json.RawMessage, err *ConsoleError) // with the lock held
	wish  wish                                            // to be asked of another panel if this one dies
}

// wish is a call that waits for a console.
type wish struct {
	name  string
	args  any
	until time.Time
	about string // for the log
	// interaction is what the panel says it is about if it cannot be done.
	interaction vcc.InteractionID
	done        func(result json.RawMessage, err *ConsoleError)
}

func (c *console) idle() bool { return len(c.calls) == 0 && len(c.held) == 0 }

// primary returns, with the lock held, the primary panel, or nil.
func (t *seat) primary() *panel {
	if p := t.roster.primary; p != nil {
		return t.panels[p.id]
	}
	return nil
}

// reach returns, with the lock held, the primary panel if its console can be asked
// now, or nil.
func (t *seat) reach() *panel {
	if p := t.primary(); p != nil && p.sock != nil && p.bridge.ready() {
		return p
	}
	return nil
}

// wish asks, with the lock held, the console for something, now or, within
// holdConsole, when it can be reached.
func (t *seat) wish(w wish) {
	if len(t.console.held) >= maxHeld {
		t.s.log.Warn("console not asked: too much waits for it", "agent", t.agent, "call", w.name, "about", w.about)
		return
	}
	w.until = time.Now().Add(holdConsole)
	t.console.held = append(t.console.held, w)
}

// flush asks, with the lock held, for what waited for a console.
func (t *seat) flush(now time.Time) {
	p := t.reach()
	if p == nil {
		return
	}
	held := t.console.held
	t.console.held = nil
	for _, w := range held {
		if slices.Contains(p.bridge.can, w.name) {
			t.call(p, w, now)
		} else {
			t.s.log.Warn("console not asked: it cannot do this", "agent", t.agent, "call", w.name, "about", w.about)
		}
	}
}

// call asks, with the lock held, the console of p.
func (t *seat) call(p *panel, w wish, now time.Time) {
	t.console.n++
	id := t.console.prefix + "-" + strconv.Itoa(t.console.n)
	x := &call{id: id, panel: p.place.id, name: w.name, data: encode(callMessage{"call", id, w.name, w.args, w.interaction}), until: now.Add(consoleTime), done: w.done, wish: w}
	t.console.calls[id] = x
	p.sock.out.put(0, x.data)
}

// repeat sends, with the lock held, a panel that came back what it may have missed:
// calls without a result, with the same ids, and what was found of callers.
func (t *seat) repeat(p *panel) {
	for _, x := range t.console.calls {
		if x.panel == p.place.id {
			p.sock.out.put(0, x.data)
		}
	}
	for id, c := range t.console.choices {
		if c.told {
			p.sock.out.put(0, c.message(id))
		}
	}
}

// result takes, with the lock held, what a console answered.
func (t *seat) result(p *panel, m inbound) {
	x := t.console.calls[m.ID]
	if x == nil || x.panel != p.place.id {
		return // late, or not asked
	}
	if m.OK {
		t.end(x, m.Result, nil)
		return
	}
	e := &ConsoleError{Call: x.name, Code: "bad"}
	if m.Error != nil {
		e.Code, e.Text = m.Error.Code, m.Error.Text
	}
	t.end(x, nil, e)
}

// end ends, with the lock held, a call.
func (t *seat) end(x *call, result json.RawMessage, e *ConsoleError) {
	delete(t.console.calls, x.id)
	if e != nil {
		t.s.log.Info("console did not do it", "agent", t.agent, "call", x.name, "code", e.Code, "text", e.Text)
	}
	if x.done != nil {
		x.done(result, e)
	}
}

// failCalls ends, with the lock held, the calls of a panel that is gone. A record that it
// may not have opened is opened by the next: its own tabs went with it.
func (t *seat) failCalls(panel string) {
	for _, x := range t.console.calls {
		switch {
		case x.panel != panel:
		case x.name == "openRecord":
			delete(t.console.calls, x.id)
			t.wish(x.wish)
		default:
			t.end(x, nil, &ConsoleError{Call: x.name, Code: "unavailable", Text: "the panel is gone"})
		}
	}
}

// expireCalls gives, with the lock held, up what takes too long. A record that a panel
// without connection was to open is not given up: the panel comes back, or is gone.
func (t *seat) expireCalls(now time.Time) {
	for _, x := range t.console.calls {
		if x.name == "openRecord" && t.cutOff(x.panel) {
			continue
		}
		if !now.Before(x.until) {
			t.end(x, nil, &ConsoleError{Call: x.name, Code: "timeout", Text: "no answer within " + consoleTime.String()})
		}
	}
	t.console.held = slices.DeleteFunc(t.console.held, func(w wish) bool {
		over := !now.Before(w.until)
		if over {
			t.s.log.Warn("console not asked: none could be reached", "agent", t.agent, "call", w.name, "about", w.about, "within", holdConsole)
		}
		return over
	})
}

// cutOff tells, with the lock held, whether a panel that is still awaited has no
// connection.
func (t *seat) cutOff(panel string) bool {
	p := t.panels[panel]
	return p != nil && p.sock == nil
}

// nextCall returns, with the lock held, when expireCalls has to be called next.
func (t *seat) nextCall() time.Time {
	var at time.Time
	for _, x := range t.console.calls {
		if x.name != "openRecord" || !t.cutOff(x.panel) {
			at = earliest(at, x.until)
		}
	}
	for _, w := range t.console.held {
		at = earliest(at, w.until)
	}
	return at
}

// Console is the consoles of all agents, for who wants something done in them.
type Console struct{ s *Server }

// Console returns the consoles of all agents.
func (s *Server) Console() Console { return Console{s} }

// Decline declines an offer in the agent's own console. workID is the id of the
// AgentWork, 18 characters. It returns ErrNoConsole at once if there is no console
// to ask, and a *ConsoleError if it did not do it.
func (c Console) Decline(ctx context.Context, agent vcc.AgentID, workID, reason string) error {
	return c.s.ask(ctx, agent, "declineWork", map[string]string{"workId": workID, "reason": reason})
}

// Close closes work in the agent's own console; else it is like Decline.
func (c Console) Close(ctx context.Context, agent vcc.AgentID, workID string) error {
	return c.s.ask(ctx, agent, "closeWork", map[string]string{"workId": workID})
}

// ask asks the console of an agent, and waits for the answer.
func (s *Server) ask(ctx context.Context, agent vcc.AgentID, name string, args map[string]string) error {
	answer := make(chan *ConsoleError, 1)
	t := s.seat(agent)
	if t == nil {
		return fmt.Errorf("%s for agent %s: %w", name, agent, ErrNoConsole)
	}
	t.mu.Lock()
	p := t.reach()
	able := p != nil && slices.Contains(p.bridge.can, name)
	if able {
		t.call(p, wish{name: name, args: args, done: func(_ json.RawMessage, e *ConsoleError) { answer <- e }}, time.Now())
		t.hurry()
	}
	t.mu.Unlock()
	if !able {
		return fmt.Errorf("%s for agent %s: %w", name, agent, ErrNoConsole)
	}
	select {
	case e := <-answer:
		if e != nil {
			return e
		}
		return nil
	case <-ctx.Done():
		return fmt.Errorf("%s for agent %s: %w", name, agent, context.Cause(ctx))
	}
}

package contactpad

import (
	"context"
	"crypto/rand"
	"slices"

	"omnibridge/vcc"
)

// orders are an agent's commands: each id is done once, one after another in the
// order in which they came, and whoever asked gets the answer, however often.
type orders struct {
	known map[string]*order
	queue []*order
	done  []string // ids of those that are answered, oldest first; at most maxAnswered
	busy  bool     // somebody works on the queue
}

// order is one command.
type order struct {
	command vcc.Command
	waiting []*socket      // to be told the answer
	answer  *answerMessage // nil: not known yet
	then    func(ok bool)  // after the answer, without the lock; may be nil
}

func (o *orders) idle() bool { return !o.busy && len(o.queue) == 0 }

// drop forgets that a socket waits for answers.
func (o *orders) drop(k *socket) {
	for _, x := range o.queue {
		x.waiting = slices.DeleteFunc(x.waiting, func(other *socket) bool { return other == k })
	}
}

// order takes, with the lock held, a command on. k, unless nil, gets the answer.
func (t *seat) order(c vcc.Command, k *socket) { t.orderThen(c, k, nil) }

func (t *seat) orderThen(c vcc.Command, k *socket, then func(ok bool)) {
	c.Agent = t.agent
	o := &t.orders
	if x := o.known[c.ID]; x != nil {
		switch {
		case k == nil:
		case x.answer != nil:
			k.out.put(0, encode(x.answer))
		case !slices.Contains(x.waiting, k):
			x.waiting = append(x.waiting, k)
		}
		return
	}
	if len(o.queue) >= maxCommands {
		if k != nil {
			k.out.put(0, encode(answerMessage{T: "answer", ID: c.ID, Code: vcc.DeniedNotNow, Text: "Too much waits to be done. Try again in a moment."}))
		}
		return
	}
	x := &order{command: c, then: then}
	if k != nil {
		x.waiting = []*socket{k}
	}
	o.known[c.ID] = x
	o.queue = append(o.queue, x)
	if !o.busy {
		o.busy = true
		t.s.running.Go(t.work)
	}
}

// work carries the orders out until none is left.
func (t *seat) work() {
	for {
		t.mu.Lock()
		if len(t.orders.queue) == 0 {
			t.orders.busy = false
			t.mu.Unlock()
			t.hurry()
			return
		}
		x := t.orders.queue[0]
		t.mu.Unlock()
		a := t.carryOut(x.command)
		t.mu.Lock()
		t.answer(x, a)
		t.mu.Unlock()
		if x.then != nil {
			x.then(a.OK)
		}
	}
}

// carryOut puts one command to the application.
func (t *seat) carryOut(c vcc.Command) answerMessage {
	ctx, cancel := context.WithTimeout(t.s.ctx, commandTime)
	defer cancel()
	a, err := t.s.o.Desks.Do(ctx, c)
	if err != nil {
		t.s.log.Error("command without an answer", "agent", t.agent, "command", string(c.Do), "id", c.ID, "err", err)
		return answerMessage{T: "answer", ID: c.ID, Code: failed, Text: "ContactPad does not know whether this was done. Try again."}
	}
	return answerMessage{T: "answer", ID: c.ID, OK: a.OK, Code: a.Code, Text: a.Text}
}

// failed says that it is not known whether a command was done. Asked again with the
// same id, it is tried again, and the engine sees to it that it is done once.
const failed vcc.Denial = "failed"

// answer tells, with the lock held, who asked for x.
func (t *seat) answer(x *order, a answerMessage) {
	o := &t.orders
	o.queue = o.queue[1:]
	for _, k := range x.waiting {
		k.out.put(0, encode(a))
	}
	x.waiting = nil
	if a.Code == failed {
		delete(o.known, x.command.ID)
		return
	}
	x.answer = &a
	o.done = append(o.done, x.command.ID)
	if len(o.done) > maxAnswered {
		delete(o.known, o.done[0])
		o.done = slices.Delete(o.done, 0, 1)
	}
}

// logout logs, with the lock held, the agent out; once that is done, all sessions
// of the agent end.
func (t *seat) logout(k *socket, c vcc.Command) {
	if c.ID == "" {
		c.ID = "logout-" + rand.Text()
	}
	t.orderThen(c, k, func(ok bool) {
		if ok {
			t.s.logOut(t.agent)
		}
	})
}

// find searches, with the lock held, for a panel. While one search is under way,
// only the last of those that follow is kept: the others were typed over.
func (t *seat) find(p *panel, m inbound) {
	p.next = &m
	if !p.finding {
		p.finding = true
		t.s.running.Go(func() { t.search(p) })
	}
}

func (t *seat) search(p *panel) {
	for {
		t.mu.Lock()
		m := p.next
		p.next = nil
		if m == nil {
			p.finding = false
			t.mu.Unlock()
			return
		}
		t.mu.Unlock()
		ctx, cancel := context.WithTimeout(t.s.ctx, findTime)
		found, err := t.s.o.Desks.Find(ctx, vcc.Search{Agent: t.agent, Interaction: m.Interaction, For: m.For, Text: m.Text, Most: maxFound})
		cancel()
		answer := foundMessage{T: "found", ID: m.ID, Total: found.Total, Options: found.Options}
		if err != nil {
			t.s.log.Error("search failed", "agent", t.agent, "err", err)
			answer.Error = "The search did not work. Try again."
		}
		if len(answer.Options) > maxFound {
			answer.Options = answer.Options[:maxFound]
		}
		if answer.Options == nil {
			answer.Options = []vcc.Option{}
		}
		t.mu.Lock()
		if p.sock != nil {
			p.sock.out.put(0, encode(answer))
		}
		t.mu.Unlock()
	}
}

package telephony

import (
	"path"
	"time"

	"omnibridge/vcc"
)

// Direct carries out a Phone directive. Others, and those about calls that are not
// here, do nothing.
func (n *Network) Direct(d vcc.Directive) {
	if d.Kind != vcc.Phone {
		return
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	c := n.all[d.Interaction]
	switch {
	case d.Phone == vcc.PhoneDial && c == nil:
		n.dial(d)
	case c == nil || c.State == Ringing && d.Phone != vcc.PhoneHangUp:
	case d.Phone == vcc.PhoneHold:
		n.apart(c)
		c.set(Held, "")
	case d.Phone == vcc.PhoneRetrieve && (c.State == Held || c.State == Joined):
		n.apart(c)
		c.set(Talking, "")
	case d.Phone == vcc.PhoneJoin:
		n.join(c, d.Other)
	case d.Phone == vcc.PhoneMove:
		n.move(c, d)
	case d.Phone == vcc.PhoneHangUp:
		n.remove(c)
	}
}

// dial calls a number, of which the rules say what comes.
func (n *Network) dial(d vcc.Directive) {
	c := n.add(Call{Interaction: d.Interaction, Number: d.Number, Agent: d.Agent, State: Ringing}, 0)
	if len(n.all) > n.o.MaxCalls {
		n.end(c, vcc.LineUnreachable)
		return
	}
	rule := Rule{Line: vcc.LineUnreachable}
	for _, r := range n.o.Rules {
		if ok, err := path.Match(r.Pattern, d.Number); ok && err == nil {
			rule = r
			break
		}
	}
	c.talk = rule.Talk
	n.after(c, rule.After, func() {
		if rule.Line != vcc.LineAnswered {
			n.end(c, rule.Line)
			return
		}
		c.set(Talking, "")
		n.report(vcc.Report{Kind: vcc.Called, Interaction: c.Interaction, Line: vcc.LineAnswered})
		n.later(c, c.talk, vcc.LineHungUp)
	})
}

// join connects all ends of two calls. The other one may be none of ours: two agents
// who talk panel to panel.
func (n *Network) join(c *call, other vcc.InteractionID) {
	c.set(Joined, other)
	if o := n.all[other]; o != nil {
		o.set(Joined, c.Interaction)
	}
}

// apart takes c out of a conference.
func (n *Network) apart(c *call) {
	if o := n.all[c.With]; o != nil && o.With == c.Interaction && o.State == Joined {
		o.set(Talking, "")
	}
}

// move gives the other end of c to an agent, or connects it with the other end of
// another call.
func (n *Network) move(c *call, d vcc.Directive) {
	waited := c.State == Waiting
	n.apart(c)
	if d.Agent != "" {
		c.Agent = d.Agent
		c.set(Talking, "")
		if waited {
			n.later(c, c.talk, vcc.LineHungUp)
		}
		return
	}
	c.Agent = ""
	c.set(Talking, d.Other)
	if o := n.all[d.Other]; o != nil {
		o.Agent = ""
		o.set(Talking, c.Interaction)
	}
}

// set changes the state of c.
func (c *call) set(s State, with vcc.InteractionID) {
	if c.State != s {
		c.State, c.Since = s, time.Now()
	}
	c.With = with
}

func (c *call) stop() {
	if c.timer != nil {
		c.timer.Stop()
		c.timer = nil
	}
}

// What follows is called with n.mu held.

func (n *Network) add(c Call, talk time.Duration) *call {
	c.Since = time.Now()
	added := &call{Call: c, talk: talk}
	n.all[c.Interaction] = added
	return added
}

func (n *Network) remove(c *call) {
	c.stop()
	n.apart(c)
	delete(n.all, c.Interaction)
	if o := n.all[c.With]; o != nil && o.With == c.Interaction && o.Agent == "" {
		n.remove(o) // who is left has nobody to talk to, and no agent knows
	}
}

// end ends c by what the other end does, and reports it. Two ends that talk without
// an agent are nobody's any more.
func (n *Network) end(c *call, l vcc.Line) {
	alone := c.Agent == "" && c.With != ""
	n.remove(c)
	if !alone {
		n.report(vcc.Report{Kind: vcc.Called, Interaction: c.Interaction, Line: l})
	}
}

// later has the other end of c do something by itself, unless d is zero.
func (n *Network) later(c *call, d time.Duration, l vcc.Line) {
	c.stop()
	if d > 0 {
		n.after(c, d, func() { n.end(c, l) })
	}
}

// after has fn called, with n.mu held, unless something else comes first.
func (n *Network) after(c *call, d time.Duration, fn func()) {
	c.stop()
	var t *time.Timer
	t = time.AfterFunc(d, func() {
		n.mu.Lock()
		defer n.mu.Unlock()
		if c.timer == t && n.all[c.Interaction] == c {
			c.timer = nil
			fn()
		}
	})
	c.timer = t
}

func (n *Network) report(r vcc.Report) {
	n.news = append(n.news, r)
	select {
	case n.wake <- struct{}{}:
	default:
	}
}

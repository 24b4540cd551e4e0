package contactpad

import (
	"slices"
	"time"
)

// panel is one page that shows the agent's desk.
type panel struct {
	place   *place
	sock    *socket // nil while its connection is lost
	session Session
	warned  bool   // that the session ends
	build   string // version of the page; empty: not told
	visible bool
	phone   bool
	asleep  bool // its browser has frozen it
	asked   int  // number of the last question whether it lives
	heard   int  // number of the last that was answered
	bridge  bridge
	finding bool     // a search is under way
	next    *inbound // the search after it
}

// bridge is what the console of a panel can do.
type bridge struct {
	version int
	can     []string
	user    string
	console bool
}

func (b bridge) ready() bool { return b.version > 0 }

// bridge reads a message of that type.
func (m *inbound) bridge() bridge {
	return bridge{m.Version, m.Capabilities, m.User, m.Console}
}

// attach gives, with the lock held, a socket the place of its panel.
func (t *seat) attach(k *socket, hello inbound, session Session, token string) {
	now := time.Now()
	id := hello.Panel
	p := t.panels[id]
	fresh := p == nil
	if fresh {
		t.makeRoom(now)
		p = &panel{}
		t.panels[id] = p
	}
	if p.sock != nil && p.sock != k {
		p.sock.out.end(byeReplaced("This panel is open in another connection."))
	}
	again := p.sock == k
	p.sock, p.session, p.warned, p.build, p.visible = k, session, false, hello.Build, hello.Visible
	p.phone, p.asleep = hello.Phone != nil && *hello.Phone, false
	p.place = t.roster.join(id, now)
	t.leaving, t.quit = "", ""
	if !again {
		p.asked, p.heard = 0, 0
	}
	if b := k.takeBridge(); b.ready() {
		p.bridge, p.place.console = b, true
	}
	if t.asks.IsZero() {
		t.asks = now.Add(t.s.o.AskEvery)
	}
	ice := t.s.o.ICE
	if ice == nil {
		ice = []ICEServer{}
	}
	k.out.put(0, encode(sessionMessage{"session", token, session.Until, session.Agent, t.s.pages.version, ice}))
	t.tell(p, now)
	t.repeat(p)
	t.changed(now)
}

// makeRoom takes, with the lock held, a panel out if there are too many.
func (t *seat) makeRoom(now time.Time) {
	for len(t.panels) >= maxPanels {
		i := slices.IndexFunc(t.roster.places, func(p *place) bool { return p != t.roster.primary })
		id := t.roster.places[i].id
		if k := t.panels[id].sock; k != nil {
			k.out.end(byeReplaced("ContactPad is open too often; the oldest panel was closed."))
		}
		t.roster.leave(id, now)
		t.prune()
	}
}

// detach says that a socket is gone. A panel that was closed (clean) gives up its
// place; one that lost its connection keeps it until its lease lapses.
func (t *seat) detach(k *socket, clean bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := time.Now()
	id := k.panel()
	p := t.panels[id]
	if p == nil || p.sock != k {
		return // another socket has taken over
	}
	p.sock, t.broke = nil, !clean
	if clean {
		t.roster.leave(id, now)
	} else {
		t.roster.lost(id, now)
	}
	t.prune()
	t.orders.drop(k)
	t.changed(now)
}

// receive acts on a message of a panel, and returns how to end its socket if it
// must.
func (t *seat) receive(k *socket, m inbound) *farewell {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := time.Now()
	p := t.panels[k.panel()]
	if p == nil || p.sock != k {
		return nil // has just lost its place
	}
	switch m.T {
	case "alive":
		t.answered(p, m, now)
	case "asleep":
		p.asleep = true
		t.roster.sleep(p.place.id, now)
	case "do":
		t.order(m.command, k)
	case "logout":
		t.logout(k, m.command)
	case "find":
		t.find(p, m)
	case "choose":
		t.chosen(p, m.Interaction, m.Record)
	case "primary":
		t.roster.claim(p.place.id, now)
	case "bridge":
		p.bridge = m.bridge()
		p.place.console = p.bridge.ready()
		t.endSessions(now)
	case "result":
		t.result(p, m)
	case "event":
		// of the console: the org tells the same, and is believed
	}
	t.changed(now)
	return nil
}

// answered renews, with the lock held, the lease of a panel that answered.
func (t *seat) answered(p *panel, m inbound, now time.Time) {
	if m.N <= p.heard || m.N > p.asked {
		return // not an answer to a question of ours
	}
	p.heard, p.visible, p.asleep = m.N, m.Visible, false
	if m.Phone != nil {
		p.phone = *m.Phone
	}
	t.roster.answered(p.place.id, now)
}

package contactpad

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"slices"
	"sync"
	"time"

	"omnibridge/vcc"
)

// seat is all that is open of one agent: panels, commands under way, and what
// waits for a console. Its methods take the lock, unless they say that it is held.
type seat struct {
	s     *Server
	agent vcc.AgentID
	wake  chan struct{} // the next deadline may have changed; has room for one

	mu     sync.Mutex
	ended  bool
	roster roster
	panels map[string]*panel
	asks   time.Time // when the panels are asked next
	seen   primacy   // what the panels were told last

	desk     vcc.Desk
	deskJSON json.RawMessage // nil: none yet
	seq      int

	start *vcc.AgentState // log in with it once it shows that the agent is logged out
	quit  string          // not empty: why the agent is logged out once it shows that they are in

	leaving  string // why the agent has no panel: logged out; else empty
	broke    bool   // the last panel that went did not close: its connection was lost
	standing standing
	orders   orders
	console  console
}

// primacy is what all panels are told of the primary one.
type primacy struct {
	id    string
	since time.Time
	alive bool
}

func newSeat(s *Server, agent vcc.AgentID) *seat {
	return &seat{
		s: s, agent: agent, wake: make(chan struct{}, 1), panels: map[string]*panel{},
		roster:  roster{lease: s.o.Lease},
		orders:  orders{known: map[string]*order{}},
		console: console{prefix: rand.Text()[:8], calls: map[string]*call{}, choices: map[vcc.InteractionID]*choice{}},
	}
}

// run watches the desk and the clock, until nothing of the agent is open.
func (t *seat) run(ctx context.Context) {
	desks, stop := t.s.o.Desks.Watch(t.agent)
	defer stop()
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case d, open := <-desks:
			if !open {
				desks = nil
				break
			}
			t.show(d)
		case <-timer.C:
		case <-t.wake:
		case <-ctx.Done():
			return
		}
		next, over := t.tick(time.Now())
		if over && t.s.retire(t) {
			return
		}
		if next.IsZero() {
			timer.Stop()
		} else {
			timer.Reset(time.Until(next))
		}
	}
}

// hurry makes run look at the clock again.
func (t *seat) hurry() {
	select {
	case t.wake <- struct{}{}:
	default:
	}
}

// tick does what is due, and tells when it must be called next, and whether
// nothing is open any more.
func (t *seat) tick(now time.Time) (next time.Time, over bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.endSessions(now)
	t.roster.expire(now)
	t.prune()
	t.expireCalls(now)
	if !t.asks.IsZero() && !now.Before(t.asks) {
		t.ask(now)
	}
	t.settle(now)
	if t.idle(now) {
		return time.Time{}, true
	}
	next = earliest(t.roster.next(now), t.nextCall())
	if len(t.panels) > 0 {
		next = earliest(next, t.asks)
	}
	for _, p := range t.panels {
		next = earliest(next, p.session.Until)
		if p.sock != nil && !p.warned {
			next = earliest(next, p.session.Until.Add(-warnBefore))
		}
	}
	return next, false
}

// idle tells, with the lock held, whether the seat is of no more use.
func (t *seat) idle(now time.Time) bool {
	return len(t.panels) == 0 && !t.roster.alive(now) && t.standing.settled() && t.orders.idle() && t.console.idle() && t.quit == ""
}

// ask asks, with the lock held, every panel whether it lives.
func (t *seat) ask(now time.Time) {
	t.asks = now.Add(t.s.o.AskEvery)
	for _, p := range t.panels {
		if p.sock != nil {
			p.asked++
			p.sock.out.put(kindAsk, encode(askMessage{"ask", p.asked, now.UnixMilli()}))
		}
	}
}

// endSessions asks, with the lock held, those to log in whose session is over, or
// turns out to be of another org: right after a start the own one is not known. The
// same goes for a session that is not of the console's user, who has come after.
func (t *seat) endSessions(now time.Time) {
	gone := ""
	for id, p := range t.panels {
		code, why := t.s.wrong(p.session, now)
		if code == "" && p.bridge.user != "" && p.bridge.user != p.session.User {
			code, why = "other user", "ContactPad was logged in as somebody else than the user of this console. Log in again."
			t.s.running.Go(func() { t.s.forgetSession(p.session) })
		}
		switch code {
		case "":
			t.warn(p, now)
			continue
		case codeRevoked:
			gone = why
			t.signOff(p)
		}
		t.roster.leave(id, now)
		if k := p.sock; k != nil {
			t.s.running.Go(func() { k.stand(t, code, why) })
		}
	}
	t.prune()
	if gone != "" && len(t.panels) == 0 {
		t.expel(gone)
	}
}

// expel logs, with the lock held, an agent out who is none any more and has no panel.
func (t *seat) expel(why string) {
	t.leaving, t.quit, t.start = why, why, nil
	t.roster.clear(time.Now())
	t.begin()
}

// signOff takes, with the lock held, the agent offline in the console of a panel whose
// session was revoked. Nobody waits for the answer: the panel is heard no more.
func (t *seat) signOff(p *panel) {
	if p != t.reach() || !slices.Contains(p.bridge.can, "logout") {
		return
	}
	p.sock.out.put(0, encode(callMessage{"call", "revoked-" + rand.Text(), "logout", struct{}{}, ""}))
}

// warn offers, with the lock held, a panel to log in again before its session ends.
func (t *seat) warn(p *panel, now time.Time) {
	if p.sock == nil || p.warned || now.Before(p.session.Until.Add(-warnBefore)) {
		return
	}
	p.warned = true
	k := p.sock
	t.s.running.Go(func() { k.askLogin(codeRenew, "") })
}

// prune forgets, with the lock held, panels that have no place any more.
func (t *seat) prune() {
	for id, p := range t.panels {
		if !slices.Contains(t.roster.places, p.place) {
			delete(t.panels, id)
			t.failCalls(id)
		}
	}
}

// settle draws, with the lock held, the conclusions from a change: it tells the
// panels and the application, and lets go what waited for a console.
func (t *seat) settle(now time.Time) {
	is := primacy{alive: t.roster.alive(now)}
	if p := t.roster.primary; p != nil {
		is.id, is.since = p.id, t.roster.since
	}
	if is != t.seen {
		t.seen = is
		t.tellAll(now)
	}
	t.tellStanding(now)
	t.flush(now)
	t.checkVersions()
}

// changed settles, with the lock held, a change that did not come from run.
func (t *seat) changed(now time.Time) {
	t.settle(now)
	t.hurry()
}

// show takes a new desk in.
func (t *seat) show(d vcc.Desk) {
	data := encode(d)
	t.mu.Lock()
	defer t.mu.Unlock()
	now := time.Now()
	t.desk, t.deskJSON = d, data
	t.forgetChoices()
	t.tellAll(now)
	t.begin()
	t.settle(now)
}

// begin logs, with the lock held, the agent in who has just come through the login, or
// out who was expelled.
func (t *seat) begin() {
	if t.deskJSON == nil {
		return
	}
	if why := t.quit; why != "" {
		t.quit = ""
		if t.desk.State.Major != vcc.LoggedOut || !t.orders.idle() {
			t.order(vcc.Command{ID: "revoked-" + rand.Text(), Do: vcc.LogOut, Force: true, Why: why}, nil)
		}
		return
	}
	if t.start == nil {
		return
	}
	state := *t.start
	t.start = nil
	if t.desk.State.Major != vcc.LoggedOut {
		return // is at work in another panel
	}
	if state.Major == vcc.LoggedOut {
		state = vcc.AgentState{Major: vcc.Ready}
	}
	t.order(vcc.Command{ID: "login-" + rand.Text(), Do: vcc.LogIn, State: state}, nil)
}

// tellAll sends, with the lock held, the desk to every panel.
func (t *seat) tellAll(now time.Time) {
	if t.deskJSON == nil {
		return
	}
	t.seq++
	for _, p := range t.panels {
		t.tell(p, now)
	}
}

// tell sends, with the lock held, the desk to one panel.
func (t *seat) tell(p *panel, now time.Time) {
	if p.sock == nil || t.deskJSON == nil {
		return
	}
	p.sock.out.put(kindDesk, encode(deskMessage{
		T: "desk", Seq: t.seq, Now: now.UnixMilli(), Desk: t.deskJSON,
		Panel: deskPanel{
			Primary: p.place == t.roster.primary, PrimarySince: t.roster.since, Reason: t.roster.reason,
			Lease: deskLease{Alive: t.roster.alive(now), Until: t.roster.until},
		},
	}))
}

// checkVersions asks, with the lock held, pages of another version to load anew,
// unless a call would break.
func (t *seat) checkVersions() {
	if t.deskJSON == nil || slices.ContainsFunc(t.desk.Cards, func(c vcc.Card) bool { return c.Class == vcc.Live && c.State != vcc.CardWrapUp }) {
		return
	}
	for _, p := range t.panels {
		if p.sock != nil && p.build != "" && p.build != t.s.pages.version {
			p.sock.out.end(byeVersion())
		}
	}
}

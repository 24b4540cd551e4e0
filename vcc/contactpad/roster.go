package contactpad

import (
	"slices"
	"time"
)

// roster knows the panels of one agent, which of them live, and which one is
// primary. It is pure: time comes with every call.
//
// The first panel is primary. Another one becomes it when the primary one is
// closed or its lease lapses, or when the agent asks for it. A panel whose
// connection broke keeps its place until its lease lapses.
type roster struct {
	lease   time.Duration
	places  []*place // in the order in which they came
	primary *place   // nil when no panel lives
	since   time.Time
	reason  string // why the primary one is it: "opened", "moved" or "lost"
	// until is when the agent's lease lapses. It outlives a panel that was closed, so
	// that loading the page anew is no lapse.
	until time.Time
}

// place is one panel's.
type place struct {
	id      string
	since   time.Time // it came
	until   time.Time // its lease lapses
	away    bool      // has no connection now
	console bool      // has a console
}

// find returns the place of a panel, or nil.
func (r *roster) find(id string) *place {
	for _, p := range r.places {
		if p.id == id {
			return p
		}
	}
	return nil
}

// join gives a panel its place, or the one back that it had.
func (r *roster) join(id string, now time.Time) *place {
	p := r.find(id)
	if p == nil {
		p = &place{id: id, since: now}
		r.places = append(r.places, p)
	}
	p.away = false
	r.renew(p, now)
	r.elect(now)
	return p
}

// answered renews a panel's lease.
func (r *roster) answered(id string, now time.Time) {
	if p := r.find(id); p != nil {
		r.renew(p, now)
		r.elect(now)
	}
}

func (r *roster) renew(p *place, now time.Time) {
	p.until = now.Add(r.lease)
	r.until = p.until
}

// lost says that a panel's connection broke. It may come back.
func (r *roster) lost(id string, now time.Time) {
	if p := r.find(id); p != nil {
		p.away = true
		r.expire(now)
	}
}

// sleep says that a panel's browser runs it no more, for the time being: its lease ends
// now, not when its silence is noticed.
func (r *roster) sleep(id string, now time.Time) {
	p := r.find(id)
	if p == nil {
		return
	}
	p.until = now
	r.until = now
	for _, other := range r.places {
		if other.until.After(r.until) {
			r.until = other.until
		}
	}
	r.elect(now)
}

// leave says that a panel was closed.
func (r *roster) leave(id string, now time.Time) {
	r.places = slices.DeleteFunc(r.places, func(p *place) bool { return p.id == id })
	r.elect(now)
}

// clear says that the agent has no panel any more, and no lease.
func (r *roster) clear(now time.Time) {
	r.places, r.until = nil, now
	r.elect(now)
}

// claim makes a panel primary because the agent wants it so.
func (r *roster) claim(id string, now time.Time) {
	p := r.find(id)
	if p == nil {
		return
	}
	r.renew(p, now)
	if p != r.primary {
		r.primary, r.since, r.reason = p, now, "moved"
	}
	r.elect(now)
}

// expire takes the places away that nobody will come back to.
func (r *roster) expire(now time.Time) {
	r.places = slices.DeleteFunc(r.places, func(p *place) bool { return p.away && !p.alive(now) })
	r.elect(now)
}

// elect sees to it that one panel is primary if any lives.
func (r *roster) elect(now time.Time) {
	if r.primary != nil && r.primary.alive(now) && slices.Contains(r.places, r.primary) {
		return
	}
	had := r.primary != nil
	r.primary = nil
	rank := -1
	for _, p := range r.places {
		if n := p.rank(); p.alive(now) && n > rank {
			r.primary, rank = p, n
		}
	}
	if r.primary == nil {
		return
	}
	r.since, r.reason = now, "opened"
	if had {
		r.reason = "lost"
	}
}

// rank prefers a panel that can be talked to, and then one with a console: only
// there records open.
func (p *place) rank() int {
	switch {
	case p.away:
		return 0
	case !p.console:
		return 1
	}
	return 2
}

// alive tells whether the panel answered within the lease.
func (p *place) alive(now time.Time) bool { return now.Before(p.until) }

// alive tells whether the agent has a panel that answered within the lease.
func (r *roster) alive(now time.Time) bool { return now.Before(r.until) }

// next returns when time changes something, or zero.
func (r *roster) next(now time.Time) time.Time {
	var at time.Time
	if r.alive(now) {
		at = r.until
	}
	for _, p := range r.places {
		if p.alive(now) {
			at = earliest(at, p.until)
		}
	}
	return at
}

// earliest returns the earlier of two times; zero means never.
func earliest(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}

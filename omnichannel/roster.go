package omnichannel

import (
	"fmt"
	"maps"
	"slices"
	"time"

	"omnibridge/vcc"
)

// Roster keeps who is present in Omni-Channel. An agent's rows come and go: a
// row that closes is not a logout until a grace period has passed and the org
// was asked (salesforce-omni 1.3). It is not stored: after a restart nobody is
// present until a Baseline says so.
type Roster struct {
	grace    time.Duration
	dir      Directory
	instance string // where the org ran when it was last read
	agents   map[vcc.AgentID]*seat
	due      map[vcc.AgentID]*seat // those with a wake time
	out      Output
	asked    int // makes effect ids
}

// seat is one agent's presence.
type seat struct {
	agent vcc.AgentID
	row   PresenceRow // the last one that was current
	// closed says that the row has ended and no other has come.
	closed bool
	wake   time.Time // when to ask the org; zero: no need
	asking string    // id of the effect under way
	rev    int       // counts events, so that an answer can be told to be old
	askRev int
	tries  int
	told   vcc.Presence // what was last reported
	known  bool         // anything was reported
}

// NewRoster returns an empty roster.
func NewRoster(p Policy) *Roster {
	return &Roster{grace: p.withDefaults().Grace, agents: map[vcc.AgentID]*seat{}, due: map[vcc.AgentID]*seat{}}
}

// Step takes one signal from the org. Signals about work are the Ledger's and are
// ignored.
func (r *Roster) Step(now time.Time, s Signal) Output {
	switch s := s.(type) {
	case PresenceSeen:
		r.onRow(now, s.Row)
	case Baseline:
		r.onBaseline(now, s)
	case Outcome:
		if s.Effect.Kind == ReadPresence {
			r.onRead(now, s)
		}
	}
	return r.take()
}

// Recheck asks the org for an agent's presence, since something speaks against
// what we believe.
func (r *Roster) Recheck(now time.Time, id vcc.AgentID) Output {
	r.ask(r.seat(id))
	return r.take()
}

// Tick does what has become due at now.
func (r *Roster) Tick(now time.Time) Output {
	for _, id := range slices.Sorted(maps.Keys(r.due)) {
		if s := r.due[id]; !s.wake.After(now) {
			r.wakeAt(s, time.Time{})
			r.ask(s)
		}
	}
	return r.take()
}

// Next returns when Tick has something to do, if it ever has.
func (r *Roster) Next() (time.Time, bool) {
	var next time.Time
	for _, s := range r.due {
		if next.IsZero() || s.wake.Before(next) {
			next = s.wake
		}
	}
	return next, !next.IsZero()
}

// onRow takes an event about one row.
func (r *Roster) onRow(now time.Time, row PresenceRow) {
	s := r.seat(row.User)
	s.rev++
	switch {
	case row.Current:
		r.sit(s, row)
	case s.row.ID == row.ID && !s.closed:
		// The next row may be a moment away: give no new work, take none away.
		s.closed = true
		r.wakeAt(s, now.Add(r.grace))
		r.tell(s)
	}
}

// onBaseline takes everybody's presence.
func (r *Roster) onBaseline(now time.Time, b Baseline) {
	r.dir = b.Directory
	if r.instance != "" && b.Instance != r.instance {
		r.evict()
	}
	r.instance = b.Instance
	current := map[vcc.AgentID]PresenceRow{}
	for _, row := range b.Presence {
		if row.Current {
			current[row.User] = row
		}
	}
	for id := range current {
		r.seat(id)
	}
	for _, id := range slices.Sorted(maps.Keys(r.agents)) {
		s := r.agents[id]
		row, present := current[id]
		switch {
		case present && !s.known && s.rev == 0:
			r.sit(s, row)
		case present && row.ID == s.row.ID && !s.closed:
			r.tell(s) // the setup may have changed
		case present || (!s.closed && s.row.ID != ""):
			r.ask(s) // it may be older than the events
		}
	}
}

// evict forgets who is present, since the org was moved: what is known from before
// says nothing, and the baseline that told of it decides.
func (r *Roster) evict() {
	r.out.Notes = append(r.out.Notes, Note{What: "org moved", Why: "Salesforce runs it on another instance, which logged all agents out"})
	for _, id := range slices.Sorted(maps.Keys(r.agents)) {
		r.sit(r.agents[id], PresenceRow{})
		delete(r.agents, id)
	}
}

// onRead takes the answer of the org about one agent.
func (r *Roster) onRead(now time.Time, o Outcome) {
	s := r.agents[o.Effect.Agent]
	if s == nil || s.asking != o.Effect.ID {
		r.out.Stale++
		return
	}
	s.asking = ""
	if o.Result != Done {
		r.wakeAt(s, now.Add(max(o.RetryAfter, pace(retryFirst, s.tries))))
		s.tries++
		return
	}
	s.tries = 0
	if s.rev != s.askRev {
		if s.wake.IsZero() {
			r.ask(s) // something happened while the org was read
		}
		return
	}
	if i := slices.IndexFunc(o.Rows, func(row PresenceRow) bool { return row.Current }); i >= 0 {
		r.sit(s, o.Rows[i])
	} else {
		r.sit(s, PresenceRow{})
	}
}

// sit makes row the agent's presence; one without id is absence.
func (r *Roster) sit(s *seat, row PresenceRow) {
	s.row, s.closed = row, false
	r.wakeAt(s, time.Time{})
	r.tell(s)
}

// wakeAt sets when the org is to be asked about s; the zero time: not at all.
func (r *Roster) wakeAt(s *seat, at time.Time) {
	s.wake = at
	if at.IsZero() {
		delete(r.due, s.agent)
	} else {
		r.due[s.agent] = s
	}
}

// ask reads an agent's presence, unless that is under way.
func (r *Roster) ask(s *seat) {
	if s.asking != "" {
		return
	}
	r.asked++
	s.asking, s.askRev = fmt.Sprintf("presence/%s/%d", s.agent, r.asked), s.rev
	r.out.Effects = append(r.out.Effects, Effect{ID: s.asking, Kind: ReadPresence, Agent: s.agent})
}

// tell reports an agent's presence, if it changed.
func (r *Roster) tell(s *seat) {
	p := r.presence(s)
	if s.known && p.Online == s.told.Online && p.Status == s.told.Status && slices.Equal(p.Channels, s.told.Channels) {
		return
	}
	s.told, s.known = p, true
	r.out.Reports = append(r.out.Reports, vcc.Report{Kind: vcc.Omni, Agent: s.agent, Name: r.dir.Users[s.agent], Omni: &p})
}

// presence returns what a seat means for routing.
func (r *Roster) presence(s *seat) vcc.Presence {
	if s.row.ID == "" {
		return vcc.Presence{}
	}
	st, ok := r.dir.Statuses[s.row.Status]
	if !ok {
		r.out.Resync = true
		return vcc.Presence{Online: true, Status: string(s.row.Status)}
	}
	p := vcc.Presence{Online: true, Status: st.Name}
	if s.closed {
		return p
	}
	for _, id := range st.Channels {
		if ch, ok := r.dir.Channels[id]; ok {
			p.Channels = append(p.Channels, ch.Name)
		}
	}
	slices.Sort(p.Channels)
	return p
}

func (r *Roster) seat(id vcc.AgentID) *seat {
	s := r.agents[id]
	if s == nil {
		s = &seat{agent: id}
		r.agents[id] = s
	}
	return s
}

func (r *Roster) take() Output {
	out := r.out
	r.out = Output{}
	return out
}

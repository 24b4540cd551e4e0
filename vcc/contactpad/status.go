package contactpad

import (
	"slices"
	"strings"
	"time"

	"omnibridge/vcc"
)

// AgentStatus is how the panels of an agent stand, for admins.
type AgentStatus struct {
	Agent  vcc.AgentID   `json:"agent"`
	Alive  bool          `json:"alive"` // a panel answered within the lease
	Since  time.Time     `json:"since"` // since when Alive is so
	Until  time.Time     `json:"until"` // when the lease lapses or lapsed
	Why    string        `json:"why,omitempty"`
	Panels []PanelStatus `json:"panels"` // in the order in which they came
	// Waiting counts what waits for the agent's console.
	Waiting int `json:"waiting,omitempty"`
}

// PanelStatus is how one panel stands.
type PanelStatus struct {
	ID        string    `json:"id"`
	Primary   bool      `json:"primary,omitempty"`
	Reason    string    `json:"reason,omitempty"` // why it is primary: "opened", "moved" or "lost"
	Connected bool      `json:"connected"`
	Alive     bool      `json:"alive"`
	Visible   bool      `json:"visible"`
	Phone     bool      `json:"phone"`
	Console   bool      `json:"console"` // its console can be asked
	Since     time.Time `json:"since"`
	Until     time.Time `json:"until"`   // when its lease lapses or lapsed
	Session   time.Time `json:"session"` // when its login ends
	Build     string    `json:"build,omitempty"`
}

// Status tells how all panels stand, sorted by agent.
func (s *Server) Status() []AgentStatus {
	s.mu.Lock()
	seats := make([]*seat, 0, len(s.seats))
	for _, t := range s.seats {
		seats = append(seats, t)
	}
	s.mu.Unlock()
	list := make([]AgentStatus, 0, len(seats))
	now := time.Now()
	for _, t := range seats {
		list = append(list, t.status(now))
	}
	slices.SortFunc(list, func(a, b AgentStatus) int { return strings.Compare(string(a.Agent), string(b.Agent)) })
	return list
}

func (t *seat) status(now time.Time) AgentStatus {
	t.mu.Lock()
	defer t.mu.Unlock()
	st := AgentStatus{
		Agent: t.agent, Alive: t.roster.alive(now), Since: t.standing.want.Since, Until: t.roster.until,
		Why: t.standing.want.Why, Panels: []PanelStatus{}, Waiting: len(t.console.held) + len(t.console.calls),
	}
	for _, place := range t.roster.places {
		p := t.panels[place.id]
		ps := PanelStatus{
			ID: place.id, Connected: p.sock != nil, Alive: place.alive(now), Visible: p.visible, Phone: p.phone, Console: p.bridge.ready(),
			Since: place.since, Until: place.until, Session: p.session.Until, Build: p.build,
		}
		if place == t.roster.primary {
			ps.Primary, ps.Reason = true, t.roster.reason
		}
		st.Panels = append(st.Panels, ps)
	}
	return st
}

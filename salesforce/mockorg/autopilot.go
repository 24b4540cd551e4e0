package mockorg

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Autopilot is how a simulated agent answers the work that is pushed to it. All
// times are the org's.
type Autopilot struct {
	// Mode is what the agent does with pushed work: "accept", "decline",
	// "ignore" (until the push timeout), "drop" (loses the connection while the
	// work alerts), or "off" (nothing; a person or a test answers).
	Mode string `json:"mode"`
	// After is how long the agent takes to do it.
	After Duration `json:"after,omitzero"`
	// Every makes the agent do it with each nth push only and accept the others;
	// 0 and 1 mean every push.
	Every int `json:"every,omitzero"`
	// Handle is how long the agent works on what it opened, however it was
	// accepted, before it closes the tab; 0 means it never does.
	Handle Duration `json:"handle,omitzero"`
	// Reason the agent gives for a decline.
	Reason string `json:"reason,omitzero"`
	// Rejoin is how long after a drop the agent logs in again with the status it
	// had; 0 means it never does.
	Rejoin Duration `json:"rejoin,omitzero"`
}

// autopilotModes are the modes in the order the documentation gives them.
var autopilotModes = []string{"accept", "decline", "ignore", "drop", "off"}

func (a Autopilot) validate() error {
	switch {
	case !slices.Contains(autopilotModes, a.Mode):
		return badRequest("autopilot mode %q is unknown: use %s", a.Mode, strings.Join(autopilotModes, ", "))
	case a.After < 0 || a.Handle < 0 || a.Rejoin < 0 || a.Every < 0:
		return badRequest("autopilot has a negative number: use zero or more for after, handle, rejoin and every")
	case len(a.Reason) > 200:
		return badRequest("autopilot reason has %d characters: Salesforce keeps 200", len(a.Reason))
	}
	return nil
}

// pilot is the autopilot of one agent at work.
type pilot struct {
	Autopilot
	pushes int // seen so far
}

// mode is what the pilot does with its next push.
func (p *pilot) mode() string {
	p.pushes++
	if p.Every > 1 && p.pushes%p.Every != 0 {
		return "accept"
	}
	return p.Mode
}

// steer gives an agent an autopilot or, with mode off, takes it away. It also
// takes up what the agent has on its screen already.
func (m *omni) steer(t *tx, user string, a Autopilot) {
	if a.Mode == "off" {
		delete(m.pilots, user)
		return
	}
	m.pilots[user] = &pilot{Autopilot: a}
	for _, w := range held(t, user) {
		switch w.str("Status") {
		case "Assigned":
			m.pilotAlerted(w)
		case "Opened":
			m.pilotOpened(w)
		}
	}
}

// pilotAlerted plans the answer to a request that the agent's widget shows.
func (m *omni) pilotAlerted(agentWork Row) {
	user := agentWork.str("UserId")
	p := m.pilots[user]
	if p == nil {
		return
	}
	act := func(do func(*tx, Row) error) {
		m.later(time.Duration(p.After), agentWork.ID(), func(t *tx, row Row) error {
			if row.str("Status") != "Assigned" || m.lost(user) || m.pilots[user] != p {
				return nil
			}
			return do(t, row)
		})
	}
	switch p.mode() {
	case "accept":
		act(m.accept)
	case "decline":
		act(func(t *tx, row Row) error {
			if config, _ := configOf(t, user); !config.flag("OptionsIsDeclineEnabled") {
				return nil // no button to press: the work goes on alerting
			}
			return m.decline(t, row, p.Reason)
		})
	case "drop":
		act(func(*tx, Row) error {
			m.drop(user)
			m.rejoinLater(user, p)
			return nil
		})
	}
}

// pilotOpened plans the end of work that the agent opened.
func (m *omni) pilotOpened(agentWork Row) {
	user := agentWork.str("UserId")
	p := m.pilots[user]
	if p == nil || p.Handle == 0 {
		return
	}
	m.later(time.Duration(p.Handle), agentWork.ID(), func(t *tx, row Row) error {
		if row.str("Status") != "Opened" || m.lost(user) || m.pilots[user] != p {
			return nil
		}
		return m.closeTab(t, row)
	})
}

// rejoinLater logs a dropped agent in again, in the status it had.
func (m *omni) rejoinLater(user string, p *pilot) {
	if p.Rejoin == 0 {
		return
	}
	status := m.sessions[user].status
	m.after(time.Duration(p.Rejoin), func() error {
		return m.o.change(user, func(t *tx) error {
			s := m.sessions[user]
			if m.pilots[user] != p || s != nil && !s.dropped {
				return nil // steered otherwise, or back already
			}
			return m.arrive(t, user, status)
		})
	})
}

// arrive logs an agent in; a session whose connection was lost unnoticed ends
// first.
func (m *omni) arrive(t *tx, user, status string) error {
	if m.sessions[user] != nil {
		if err := m.logout(t, user); err != nil {
			return fmt.Errorf("end the lost session: %w", err)
		}
	}
	return m.login(t, user, status)
}

package engine

import (
	"cmp"
	"time"

	"omnibridge/vcc"
)

// contact is who had to do with a record or caller last, and when.
type contact struct {
	agent vcc.AgentID
	at    time.Time
}

// contactOf names whom or what an interaction is with: the caller if known, else the
// record; empty: nothing to remember it by.
func contactOf(w vcc.Work) string { return cmp.Or(w.Caller, w.Record) }

// mostContacts bounds how many contacts are remembered; beyond, those that no plan
// asks for any more are forgotten, and if none are, the new one is not remembered.
const mostContacts = 100_000

// remind notes that an agent has x, for plans that ask the same agent again.
func (m *Machine) remind(x *item, agent vcc.AgentID) {
	x.row.Last, x.row.LastAt = agent, m.now
	m.contact(x, agent, m.now)
}

func (m *Machine) contact(x *item, agent vcc.AgentID, at time.Time) {
	key := contactOf(x.row.Work)
	if m.sticky == 0 || key == "" || agent == "" {
		return
	}
	if old, ok := m.contacts[key]; ok && old.at.After(at) {
		return
	} else if !ok && len(m.contacts) >= mostContacts {
		if m.now.Before(m.forgetAt) {
			return // looked through a moment ago: all are still asked for
		}
		m.forgetAt = m.now.Add(m.sticky / 16)
		for k, c := range m.contacts {
			if m.now.Sub(c.at) > m.sticky {
				delete(m.contacts, k)
			}
		}
		if len(m.contacts) >= mostContacts {
			return
		}
	}
	m.contacts[key] = contact{agent, at}
}

package mockorg

import (
	"maps"
	"sync/atomic"
)

// omni is the Omni-Channel behaviour of one org: it makes and removes PSRs as
// work enters and leaves queues, checks and carries out pushes, and plays the
// part of the agents' widgets. All its state is guarded by the org's lock; what
// a client can see is in the records, what only Salesforce knows (sessions,
// timers, autopilots) is here.
//
// Timers carry the id of the record they are about and look at that record when
// they fire, so one that comes too late does nothing, and none has to be
// stopped when a change is rolled back.
//
//	work item --owner: queue--> PSR --POST AgentWork--> Assigned --accept--> Opened --> Closed
//	                             ^                        |                    |
//	                             +---- declined, timed ---+                    +--> Transferred
//	                                   out, unavailable
//
// Not modelled: Salesforce's own routing of queues whose model is not
// ExternalRouting (their PSRs wait for ever), skills, after-conversation work,
// paused and interruptible capacity, supervisors.
type omni struct {
	o        *Org
	set      Settings
	sessions map[string]*session    // by user id: those with an Omni session
	pilots   map[string]*pilot      // by user id
	robot    atomic.Pointer[string] // the Automated Process user, as whom the org itself acts
	epoch    atomic.Uint64          // changes when the org becomes another; older timers do nothing
	logins   int                    // so that every session gets a key of its own
	queued   window                 // PSRs made within the hour
	system   int                    // above zero while Salesforce itself changes records
}

// newOmni registers the behaviour with the org.
func newOmni(o *Org) *omni {
	m := &omni{o: o, set: DefaultSettings(), sessions: map[string]*session{}, pilots: map[string]*pilot{}}
	for name := range workItemObjects {
		o.rule(name, rule{after: func(t *tx, old, new Row) error { return m.workChanged(t, name, old, new) }})
	}
	o.rule("PendingServiceRouting", rule{check: m.checkPSR, after: m.psrChanged})
	o.rule("AgentWork", rule{check: m.checkPush, checkRemove: checkAgentWorkRemove, after: m.agentWorkChanged})
	return m
}

// itself is the user as whom the org itself acts.
func (m *omni) itself() string { return *m.robot.Load() }

// bySystem runs fn with the rules that watch for changes made by people and
// clients switched off: inside it Salesforce itself is at work.
func (m *omni) bySystem(fn func() error) error {
	m.system++
	defer func() { m.system-- }()
	return fn()
}

// write changes a record as Salesforce itself; an empty change is none.
func (m *omni) write(t *tx, id string, fields Row) error {
	if len(fields) == 0 {
		return nil
	}
	return m.bySystem(func() error { return t.set(id, fields) })
}

// writePSR changes a PSR and counts the change: Serial grows with every
// modification (salesforce-omni 1.1).
func (m *omni) writePSR(t *tx, psr Row, fields Row) error {
	change := Row{"Serial": psr.num("Serial") + 1}
	maps.Copy(change, fields)
	return m.write(t, psr.ID(), change)
}

// remove deletes a record as Salesforce itself.
func (m *omni) remove(t *tx, id string) error {
	return m.bySystem(func() error { return t.remove(id) })
}

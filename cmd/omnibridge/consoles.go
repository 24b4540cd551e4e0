package main

import (
	"cmp"
	"context"
	"errors"
	"strings"
	"sync"
	"time"

	"omnibridge/omnichannel"
	"omnibridge/salesforce"
	"omnibridge/vcc"
	"omnibridge/vcc/contactpad"
)

// agentConsole is what can be asked of an agent's console.
type agentConsole interface {
	Decline(ctx context.Context, agent vcc.AgentID, work, reason string) error
	Close(ctx context.Context, agent vcc.AgentID, work string) error
}

// reachedOrg is the org, reached by REST and by its agents' consoles: some things
// only a console can do. It also remembers what the panels have to know of the org.
type reachedOrg struct {
	*salesforce.Org
	consoles agentConsole // nil: there is no ContactPad
	// review, if not nil, is called when the org was read: somebody may have left it.
	review func(context.Context)

	mu       sync.Mutex
	id       string                 // of the org
	statuses map[string]string      // Omni-Channel statuses: developer name to id
	names    map[vcc.AgentID]string // usernames
	left     map[vcc.AgentID]bool   // users who were deactivated lately
	read     time.Time              // since when what was read of the org holds
}

// takenBack is the reason that the org keeps of a push that was taken back.
const takenBack = "Not accepted in time"

// Carry carries out an effect: in the agent's console what that can do, else by REST.
func (o *reachedOrg) Carry(ctx context.Context, e omnichannel.Effect) omnichannel.Outcome {
	if o.consoles == nil {
		return o.Org.Carry(ctx, e)
	}
	var err error
	switch e.Kind {
	case omnichannel.DeclineWork:
		err = o.consoles.Decline(ctx, e.Agent, string(e.Work), takenBack)
	case omnichannel.CloseWork:
		if err = o.consoles.Close(ctx, e.Agent, string(e.Work)); err != nil {
			out := o.Org.Carry(ctx, e)
			if out.Result != omnichannel.Done {
				out.Message = err.Error() + "; " + out.Message
			}
			return out
		}
	default:
		return o.Org.Carry(ctx, e)
	}
	if err == nil {
		return omnichannel.Outcome{Effect: e, Result: omnichannel.Done}
	}
	// Not to be tried again at once: what became of the push is looked up.
	out := omnichannel.Outcome{Effect: e, Result: omnichannel.Refused, Code: "CONSOLE", Message: err.Error()}
	if errors.Is(err, contactpad.ErrNoConsole) {
		out.Code = "NO_CONSOLE"
	}
	return out
}

// Identity returns the id of the org.
func (o *reachedOrg) Identity(ctx context.Context) (string, error) {
	id, err := o.Org.Identity(ctx)
	if err == nil {
		o.mu.Lock()
		defer o.mu.Unlock()
		o.id = id
	}
	return id, err
}

// Baseline reads everything in external routing.
func (o *reachedOrg) Baseline(ctx context.Context) (omnichannel.Baseline, error) {
	begun := time.Now()
	b, err := o.Org.Baseline(ctx)
	if err != nil {
		return b, err
	}
	o.take(b.Directory, begun)
	if o.review != nil {
		o.review(ctx)
	}
	return b, nil
}

// take remembers what was read of the org from begun on.
func (o *reachedOrg) take(d omnichannel.Directory, begun time.Time) {
	statuses := make(map[string]string, len(d.Statuses))
	for id, s := range d.Statuses {
		statuses[s.Name] = string(id)
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.statuses, o.names, o.left, o.read = statuses, d.Usernames, d.Left, begun
}

// leftSince tells whether a user was deactivated after having logged in at a time.
func (o *reachedOrg) leftSince(user vcc.AgentID, at time.Time) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.left[user] && at.Before(o.read)
}

// ID returns the id of the org, or "" while it is not known.
func (o *reachedOrg) ID() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.id
}

// nameOf returns the username of an agent, or the id.
func (o *reachedOrg) nameOf(id vcc.AgentID) string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return cmp.Or(o.names[id], string(id))
}

// agentNamed returns the user whom other systems call name: by username, whatever its
// case, or by the id, of 15 or 18 characters.
func (o *reachedOrg) agentNamed(name string) (vcc.AgentID, bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if id := vcc.AgentID(omnichannel.Long(name)); o.names[id] != "" {
		return id, true
	}
	for id, username := range o.names {
		if strings.EqualFold(username, name) {
			return id, true
		}
	}
	return "", false
}

// StatusID returns the id of an Omni-Channel status, or "".
func (o *reachedOrg) StatusID(name string) string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.statuses[name]
}

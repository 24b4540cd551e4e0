package connector

import (
	"context"
	"iter"
	"time"

	"omnibridge/connector/store"
	"omnibridge/omnichannel"
	"omnibridge/vcc"
)

// Org is the Salesforce org as the connector needs it. Methods block and may be
// called by several goroutines at once.
type Org interface {
	// Identity returns the id of the org.
	Identity(ctx context.Context) (string, error)
	// Carry carries out one effect. Every fault is in the outcome; it returns
	// when the outcome is known to be unknown, too.
	Carry(ctx context.Context, e omnichannel.Effect) omnichannel.Outcome
	// Baseline reads everything in external routing.
	Baseline(ctx context.Context) (omnichannel.Baseline, error)
}

// Feed is the org's event stream.
type Feed interface {
	// Run delivers events to sink until ctx ends. It reconnects by itself; an
	// error it returns is final.
	Run(ctx context.Context, sink Sink) error
}

// Engine is the routing engine; it is called by the loop only, never blocks, and
// is deterministic.
type Engine interface {
	// Step takes reports in order, does what is due at now, and routes.
	Step(now time.Time, reports []vcc.Report) vcc.Output
	// Next returns when the engine has something to do without a report.
	Next() (time.Time, bool)
	Interaction(id vcc.InteractionID) (vcc.Interaction, bool)
	Agent(id vcc.AgentID) (vcc.Agent, bool)
	// Desk returns what an agent's panel shows.
	Desk(id vcc.AgentID) (vcc.Desk, bool)
	// Find returns who can be consulted or given a transfer.
	Find(s vcc.Search) vcc.Found
	Interactions() iter.Seq[vcc.Interaction]
	Agents() iter.Seq[vcc.Agent]
	// Restore puts stored rows back after a restart, before any Step.
	Restore(now time.Time, interactions []vcc.Interaction, agents []vcc.Agent) vcc.Output
}

// Store is the durable state.
type Store interface {
	Load(ctx context.Context) (store.Snapshot, error)
	// Commit makes a change durable, all of it or nothing.
	Commit(ctx context.Context, c store.Change) error
	Cursor(ctx context.Context, channel string) (replay int64, ok bool, err error)
	// BindOrg ties the store to an org; one that holds another's state is a
	// *store.OrgError.
	BindOrg(ctx context.Context, orgID string) error
}

package main

import (
	"context"
	"net/http"

	"omnibridge/connector/ops"
	"omnibridge/connector/store"
	"omnibridge/salesforce"
	"omnibridge/vcc"
)

// handler serves everything that the daemon has to show.
func (d *daemon) handler(feed *salesforce.Feed) http.Handler {
	mux := http.NewServeMux()
	o := ops.Options{
		Daemon: d.connector, Version: version, Org: d.cfg.OrgURL, Probe: d.store.Check, Journal: d.journal,
		Canary: func() ops.Canary { return ops.Canary(feed.Canary()) },
	}
	if d.pad != nil {
		o.Panels = d.panels
		mux.Handle("/pad/", d.pad)
	}
	mux.Handle("/", ops.Handler(o))
	d.calls.handle(mux, d.gate)
	return mux
}

// journal returns what the journal has of an interaction after an entry.
func (d *daemon) journal(ctx context.Context, interaction vcc.InteractionID, after int64) ([]ops.Entry, error) {
	found, err := d.store.Journal(ctx, store.JournalQuery{Interaction: interaction, AfterSeq: after, Limit: 1000})
	if err != nil {
		return nil, err
	}
	entries := make([]ops.Entry, len(found))
	for i, e := range found {
		entries[i] = ops.Entry(e)
	}
	return entries, nil
}

// panels tells how agents' ContactPads stand: of several of one agent, the one that
// acts.
func (d *daemon) panels() []ops.Panel {
	status := d.pad.Status()
	panels := make([]ops.Panel, len(status))
	for i, s := range status {
		p := ops.Panel{Agent: s.Agent, Alive: s.Alive, Since: s.Since, Until: s.Until, Why: s.Why, Open: len(s.Panels), Waiting: s.Waiting}
		for _, one := range s.Panels {
			if one.Primary {
				p.Visible, p.Phone, p.Console = one.Visible, one.Phone, one.Console
			}
		}
		panels[i] = p
	}
	return panels
}

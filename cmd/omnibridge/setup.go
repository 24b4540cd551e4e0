package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"time"

	"omnibridge/omnichannel"
	"omnibridge/salesforce/setup"
	"omnibridge/vcc"
)

const aboutSetup = `Makes the org ready for the daemon and tells what is missing. It reads the same
environment as run, makes or corrects the PushTopics and the channel of canaries,
checks the rest, and proves that events are delivered, by comparing what the stream retains with the org's
records. What it cannot mend it explains, with the place in Setup.

It may be run again at any time. It ends with 0 only if nothing is missing (for a
dry run that includes what setup would mend); what is not proven yet, and
warnings, do not count.
`

// setUp makes the org ready and reports.
func setUp(ctx context.Context, args []string, std streams) error {
	fs := newFlags("setup", aboutSetup, std)
	dryRun := fs.Bool("dry-run", false, "print what would be done, and change nothing")
	asJSON := fs.Bool("json", false, "print the findings as one JSON object")
	quiet := fs.Duration("listen", 3*time.Second, "how long the stream must tell nothing before the rest counts as withheld, as `3s`")
	if err := parseFlags(fs, args); err != nil {
		return err
	}
	if *quiet <= 0 {
		return &usageError{fmt.Sprintf("setup: --listen is %v: must be more than zero", *quiet)}
	}
	cfg, err := loadConfig()
	if err != nil {
		return err
	}
	rt, err := loadRouting(cfg.RoutingFile)
	if err != nil {
		return err
	}
	report, err := lookAtOrg(ctx, cfg, rt, setup.Options{DryRun: *dryRun, Quiet: *quiet}, std)
	if err != nil {
		return fmt.Errorf("setup: %w", err)
	}
	if *asJSON {
		enc := json.NewEncoder(std.out)
		enc.SetEscapeHTML(false) // it is full of click > paths
		err = enc.Encode(report)
	} else {
		err = report.Print(std.out)
	}
	if err == nil && !report.Ready {
		err = errors.New("setup: the org is not ready")
	}
	return err
}

// lookAtOrg completes o by what the configuration says, and looks.
func lookAtOrg(ctx context.Context, cfg config, rt routing, o setup.Options, std streams) (setup.Report, error) {
	// What the client tries again is no news here: what matters is a finding.
	log := newLogger(std.err, max(cfg.LogLevel, slog.LevelError), cfg.LogFormat)
	tokens, client, org, err := cfg.connect(log)
	if err != nil {
		return setup.Report{}, err
	}
	o.Tokens, o.Client, o.Source, o.Version = tokens, client, cfg.source(org), cfg.APIVersion
	if cfg.Events == "pushtopic" {
		o.Plan = org.PlanTopics
	}
	if cfg.CanaryAfter > 0 {
		o.Canary, o.PlanCanary = org.EnsureCanary, org.PlanCanary
	}
	wanted := setup.Wanted{Policy: rt.policy(cfg.PresenceGrace)}
	for _, id := range slices.Sorted(maps.Keys(rt.Agents)) {
		wanted.Agents = append(wanted.Agents, vcc.AgentID(omnichannel.Long(id)))
	}
	state, err := setup.Look(ctx, o, wanted)
	if err != nil {
		return setup.Report{}, err
	}
	return setup.NewReport(state, wanted), nil
}

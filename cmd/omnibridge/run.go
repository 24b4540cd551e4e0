package main

import (
	"context"
	"errors"
)

// run does the job against the org that the environment names.
func run(ctx context.Context, args []string, std streams) error {
	fs := newFlags("run", "Does the job against the org that the environment names: variables OMNIBRIDGE_*,\nas the README lists them. It has no flags.", std)
	if err := parseFlags(fs, args); err != nil {
		return err
	}
	cfg, err := loadConfig()
	if err != nil {
		return err
	}
	rt, err := loadRouting(cfg.RoutingFile)
	if err != nil {
		return err
	}
	log := newLogger(std.err, cfg.LogLevel, cfg.LogFormat)
	d, err := newDaemon(ctx, cfg, rt, log, extras{})
	if err != nil {
		return err
	}
	log.Info("omnibridge runs", "version", version, "org", cfg.OrgURL, "status", d.url(), "data", cfg.Data)
	err = d.run(ctx)
	err = errors.Join(err, d.close())
	if err == nil {
		log.Info("omnibridge ended cleanly")
	}
	return err
}

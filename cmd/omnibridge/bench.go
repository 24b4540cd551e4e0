package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"time"

	"omnibridge/cmd/omnibridge/bench"
	"omnibridge/salesforce"
)

const aboutBench = `Usage: omnibridge bench WHAT [flags]

  streaming  our streaming client beside those of others
  rest       the REST calls that an interaction takes, beside other clients

` + "`omnibridge bench WHAT --help` tells more.\n"

// benchmark measures the program beside others.
func benchmark(ctx context.Context, args []string, std streams) error {
	what := ""
	if len(args) > 0 {
		what, args = args[0], args[1:]
	}
	switch what {
	case "streaming":
		return benchStreaming(ctx, args, std)
	case "rest":
		return benchREST(ctx, args, std)
	case "-h", "-help", "--help":
		fmt.Fprint(std.out, aboutBench)
		return nil
	case "client": // a process that benchStreaming starts
		if len(args) != 1 {
			return &usageError{"bench client: it is for bench streaming, which gives it a plan"}
		}
		return bench.Client(ctx, args[0], std.out)
	case "create": // a process that benchREST starts
		if len(args) != 1 {
			return &usageError{"bench create: it is for bench rest, which gives it an account"}
		}
		return bench.Create(ctx, args[0], os.Stdin, std.out, openBench)
	}
	if what == "" {
		fmt.Fprint(std.err, aboutBench)
		return &usageError{}
	}
	return &usageError{fmt.Sprintf("bench: %q cannot be measured: use `omnibridge bench streaming` or `omnibridge bench rest`", what)}
}

func benchStreaming(ctx context.Context, args []string, std streams) error {
	fs := newFlags("bench streaming", `Measures our streaming client beside a plain Go loop and the clients of others that
are installed, against one server on loopback: at 1, 100 and 1,000 events per poll
and at 500 events a second, ours with durable commits too, beside what the disk
allows. It takes little more than a minute.`, std)
	o := bench.StreamingOptions{Out: std.out, Log: std.err}
	fs.DurationVar(&o.For, "for", time.Second, "how long each figure is measured, four times as long at 500 events a second: a `time`")
	fs.IntVar(&o.Events, "events", 0, "end each figure after this `number` of events, without warming up; 0: no bound")
	fs.StringVar(&o.Peers, "peers", "testdata/interop", "`directory` whose node_modules and Go module hold the peers")
	fs.StringVar(&o.Data, "data", "", "`directory` for stores, on the disk to be measured (default: the system's for temporary files)")
	fs.BoolVar(&o.JSON, "json", false, "print one JSON object in the place of tables")
	if err := parseFlags(fs, args); err != nil {
		return err
	}
	return bench.Streaming(ctx, o)
}

func benchREST(ctx context.Context, args []string, std streams) error {
	fs := newFlags("bench rest", `Measures the REST calls that an interaction takes: bursts of 1, 10, 100 and 1,000 PSRs
through the whole daemon, against a mock org that is far away and loses replies, and
jsforce and go-salesforce creating as many AgentWorks beside it. It takes about a
minute.`, std)
	o := bench.RESTOptions{Out: std.out, Log: std.err}
	fs.IntVar(&o.Most, "events", 1000, "largest burst: a `number`")
	fs.StringVar(&o.Peers, "peers", "testdata/interop", "`directory` whose node_modules hold jsforce, and whose Go module go-salesforce")
	fs.StringVar(&o.Data, "data", "", "`directory` for the daemon's store (default: the system's for temporary files)")
	fs.BoolVar(&o.JSON, "json", false, "print one JSON object in the place of a table")
	if err := parseFlags(fs, args); err != nil {
		return err
	}
	return bench.REST(ctx, o)
}

// openBench connects to the org of bench rest as the daemon does.
func openBench(a bench.Account) (bench.Org, func() int64, error) {
	c := config{OrgURL: a.URL, ClientID: a.ID, ClientSecret: salesforce.Secret(a.Secret)}
	_, client, org, err := c.connect(slog.New(slog.DiscardHandler))
	if err != nil {
		return nil, nil, err
	}
	return org, func() int64 { return client.Stats().Attempts }, nil
}

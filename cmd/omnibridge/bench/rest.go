package bench

import (
	"bytes"
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"text/tabwriter"
	"time"

	"omnibridge/salesforce/mockorg"
)

// RESTOptions says what to measure.
type RESTOptions struct {
	Most  int       // largest burst, of 1, 10, 100 and 1,000 cases
	Peers string    // directory whose node_modules may hold jsforce, and whose Go module go-salesforce
	Data  string    // directory for the daemon's store; "": the system's for temporary files
	JSON  bool      // print the rows as JSON in the place of a table
	Out   io.Writer // takes the result
	Log   io.Writer // takes what happens meanwhile
}

// Burst is one client at one size of burst.
type Burst struct {
	Client     string  `json:"client"` // "omnibridge" is the daemon; the others only create, "omnibridge-rest" with its client
	Burst      int     `json:"burst"`  // cases started at once
	Cases      int     `json:"cases"`  // in all, over several bursts if they are small
	CallsPer   float64 `json:"calls_per_interaction"`
	WorksPer   float64 `json:"agentworks_per_psr"` // must be 1
	CPUPerCall float64 `json:"cpu_us_per_call"`    // of all the client does; 0: not known
	CPUPer     float64 `json:"cpu_us_per_interaction"`
	P50        float64 `json:"p50_ms"` // from PSR to AgentWork, by the org's clock
	P99        float64 `json:"p99_ms"`
	Lost       int64   `json:"lost_replies"` // that were armed meanwhile
	Failed     int     `json:"failed"`       // cases that the client gave up
}

//go:embed create.js
var createScript string

// rounds says how often a burst is repeated, so that small ones weigh something.
func rounds(burst int) int { return max(20/burst, 1) }

// REST measures the calls that interactions take, the daemon's beside others'. It
// returns an error when the daemon makes other than one AgentWork per PSR.
func REST(ctx context.Context, o RESTOptions) (err error) {
	if o.Most < 1 || o.Most > 1000 {
		return fmt.Errorf("--events %d: give 1 to 1000", o.Most)
	}
	b, err := newBench(o.Peers)
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp(o.Data, "omnibridge-bench-*")
	if err != nil {
		return fmt.Errorf("--data: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	far, err := newOrg()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, far.close()) }()
	fmt.Fprintln(o.Log, "omnibridge starts ...")
	d, err := b.startDaemon(ctx, far, dir)
	if err != nil {
		return err
	}
	rows, err := bursts(ctx, o, far, ours, func(all []work) (spent, error) { return d.carry(ctx, far, all) })
	d.stop()
	if err != nil {
		return err
	}
	fmt.Fprintf(o.Log, "%s is built ...\n", goSalesforce)
	if err := b.buildForeign(ctx, goSalesforce, dir); err != nil {
		return err
	}
	missing := []string{}
	for _, name := range []string{ourCalls, "jsforce", goSalesforce} {
		create := b.creator(name)
		if create == nil {
			missing = append(missing, name)
			continue
		}
		more, err := bursts(ctx, o, far, name, func(all []work) (spent, error) { return b.create(ctx, far, all, create) })
		if err != nil {
			return err
		}
		rows = append(rows, more...)
	}
	if err := printBursts(o, rows, missing); err != nil {
		return err
	}
	for _, row := range rows {
		if row.Client == ours && row.WorksPer != 1 {
			return fmt.Errorf("%v AgentWorks per PSR in bursts of %d: there must be one", row.WorksPer, row.Burst)
		}
	}
	return nil
}

// spent is what a client spent on a burst.
type spent struct {
	calls, failed int
	cpu           time.Duration
	began         time.Time // when the client had started; zero: before the burst
}

// bursts has a client carry cases to agents, in bursts of all sizes.
func bursts(ctx context.Context, o RESTOptions, far *org, client string, carry func([]work) (spent, error)) ([]Burst, error) {
	var rows []Burst
	far.changes.Store(0)
	for size := 1; size <= o.Most; size *= 10 {
		fmt.Fprintf(o.Log, "%s in bursts of %d ...\n", client, size)
		var sum spent
		var found outcome
		cases := rounds(size) * size
		lost := far.lost.Load()
		for range rounds(size) {
			started, err := far.burst(size)
			if err != nil {
				return nil, err
			}
			used, err := carry(started)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", client, err)
			}
			sum.calls, sum.failed, sum.cpu = sum.calls+used.calls, sum.failed+used.failed, sum.cpu+used.cpu
			made := far.outcome(started, used.began)
			found.works += made.works
			found.waits = append(found.waits, made.waits...)
		}
		slices.Sort(found.waits)
		n, calls := float64(cases), float64(max(sum.calls, 1))
		row := Burst{
			Client: client, Burst: size, Cases: cases, Failed: sum.failed, Lost: far.lost.Load() - lost,
			CallsPer: float64(sum.calls) / n, WorksPer: float64(found.works) / n,
			CPUPerCall: float64(sum.cpu.Microseconds()) / calls, CPUPer: float64(sum.cpu.Microseconds()) / n,
		}
		if len(found.waits) > 0 {
			row.P50, row.P99 = ms(found.waits[len(found.waits)/2]), ms(found.waits[len(found.waits)*99/100])
		}
		rows = append(rows, row)
	}
	return rows, ctx.Err()
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// carry waits until the daemon has brought all cases to their end.
func (d *daemon) carry(ctx context.Context, far *org, all []work) (spent, error) {
	calls, cpu := far.calls(), d.cpu()
	err := until(ctx, "all cases have ended", func() bool { return far.outcome(all, time.Time{}).closed >= len(all) || d.over() })
	if d.over() {
		err = errors.Join(err, fmt.Errorf("it ended: %s", d.said.text))
	}
	return spent{calls: far.calls() - calls, cpu: d.cpu() - cpu}, err
}

// creator returns how a process is run that creates AgentWorks; nil if it is missing.
func (b *bench) creator(name string) func(ctx context.Context, plan string) *exec.Cmd {
	switch {
	case name == ourCalls:
		return func(ctx context.Context, plan string) *exec.Cmd { return b.self(ctx, "bench", "create", plan) }
	case name == goSalesforce && b.foreign != "":
		return func(ctx context.Context, plan string) *exec.Cmd { return exec.CommandContext(ctx, b.foreign, plan) }
	case name != goSalesforce && b.installed(name):
		return func(ctx context.Context, plan string) *exec.Cmd { return b.script(ctx, createScript, plan) }
	}
	return nil
}

// create has a process of its own create the AgentWorks.
func (b *bench) create(ctx context.Context, far *org, all []work, peer func(ctx context.Context, plan string) *exec.Cmd) (spent, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	far.channels(all)
	jobs, err := json.Marshal(all)
	if err != nil {
		return spent{}, err
	}
	login, err := json.Marshal(Account{far.URL(), mockorg.IntegrationUser, mockorg.DefaultPassword, mockorg.DefaultClientID, mockorg.DefaultClientSecret})
	if err != nil {
		return spent{}, err
	}
	cmd := peer(ctx, string(login))
	cmd.Stdin = bytes.NewReader(jobs)
	var told created
	if _, err := figuresOf(cmd, &told); err != nil {
		return spent{}, err
	}
	return spent{told.Calls, told.Failed, told.CPU, time.UnixMilli(told.Began)}, nil
}

func printBursts(o RESTOptions, rows []Burst, missing []string) error {
	if o.JSON {
		return json.NewEncoder(o.Out).Encode(map[string]any{"rows": rows, "peers_not_installed": missing})
	}
	fmt.Fprintf(o.Out, "PSRs at once, to an org that takes %v for a call and loses the reply to one change in %d\n", replyTakes, losesOneOf)
	t := tabwriter.NewWriter(o.Out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprint(t, "client\tburst\tcases\tcalls/case\tAgentWorks/PSR\tCPU µs/call\tCPU µs/case\tp50 ms\tp99 ms\treplies lost\tgiven up\t\n")
	for _, r := range rows {
		fmt.Fprintf(t, "%s\t%d\t%d\t%.2f\t%.3f\t%.0f\t%.0f\t%.1f\t%.1f\t%d\t%d\t\n", r.Client, r.Burst, r.Cases, r.CallsPer, r.WorksPer, r.CPUPerCall, r.CPUPer, r.P50, r.P99, r.Lost, r.Failed)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintln(o.Out, "\nomnibridge is the whole daemon: streaming, routing, its store, the calls. The others are told what to create; "+ourCalls+" is what the daemon calls with.")
	for _, name := range missing {
		absent(o.Out, name)
	}
	return err
}

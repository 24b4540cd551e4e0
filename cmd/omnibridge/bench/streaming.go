package bench

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"
)

// StreamingOptions says what to measure.
type StreamingOptions struct {
	For    time.Duration // per figure, after a quarter of it to warm up; four times as long for a steady load
	Events int           // ends a figure earlier, and takes the warming up away; 0: no bound
	Peers  string        // directory whose node_modules hold the peers; those that are missing are left out
	Data   string        // directory for stores, on the disk to be measured; "": the system's for temporary files
	JSON   bool          // print Report as JSON in the place of a table
	Out    io.Writer     // takes the result
	Log    io.Writer     // takes what happens meanwhile
}

func (o StreamingOptions) check() error {
	switch {
	case o.For <= 0 || o.For > time.Minute:
		return fmt.Errorf("--for %v: give more than 0 and at most 1m", o.For)
	case o.Events < 0:
		return fmt.Errorf("--events %d: give 0 or more", o.Events)
	}
	return nil
}

// Row is one client under one load.
type Row struct {
	Client      string  `json:"client"`     // "omnibridge" is ours
	Batch       int     `json:"batch"`      // events per poll; 0: RatePerS, as they come
	RatePerS    int     `json:"rate_per_s"` // events published per second; 0: as fast as polls come
	Durable     bool    `json:"durable"`    // each delivery is on disk before the poll after the next
	EventsPerS  float64 `json:"events_per_s"`
	CPUPerEvent float64 `json:"cpu_us_per_event"`
	PeakRSS     float64 `json:"peak_rss_mb"`
	P50         float64 `json:"p50_ms"` // from publishing to having it; with Durable, to having it on disk
	P99         float64 `json:"p99_ms"`
	Events      int64   `json:"events"` // how many were measured
	Lost        int64   `json:"lost"`   // how many of them did not come, or came out of order
	CommitsPerS float64 `json:"commits_per_s"`
	// What a durable delivery takes, on average: from one to the next, of that the
	// CPU time of its commit, and the rest of its commit, which is waiting.
	Delivery   float64 `json:"delivery_ms"`
	CommitCPU  float64 `json:"commit_cpu_ms"`
	CommitWait float64 `json:"commit_wait_ms"`
}

// Report is everything of a run of Streaming.
type Report struct {
	Rows []Row `json:"rows"`
	// Bounds says, for each number of events per poll, what bounds our durable
	// deliveries.
	Bounds []Bound `json:"durable_bounds"`
	// SyncsPerS is how often the disk takes 4 KiB durably, measured in this run:
	// each durable delivery waits for at least one.
	SyncsPerS float64  `json:"disk_syncs_per_s"`
	Missing   []string `json:"peers_not_installed"`
	Failed    []string `json:"peers_failed"`
}

// load is what the server does to a client.
type load struct{ batch, rate int }

var loads = []load{{batch: 1}, {batch: 100}, {batch: 1000}, {rate: 500}}

// steadyFor is how many times longer a steady load is measured: it brings few
// events, and the slowest hundredth of them should be more than a hiccup.
const steadyFor = 4

func (l load) path() string {
	if l.rate > 0 {
		return fmt.Sprintf("/steady%d", l.rate)
	}
	return fmt.Sprintf("/flood%d", l.batch)
}

// Streaming measures the streaming client and its peers. An error is about ours,
// or about the machine; a peer that fails is told in the report.
func Streaming(ctx context.Context, o StreamingOptions) (err error) {
	if err := o.check(); err != nil {
		return err
	}
	b, err := newBench(o.Peers)
	if err != nil {
		return err
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	server := &http.Server{Handler: newFlood(), ReadHeaderTimeout: 10 * time.Second}
	served := make(chan error, 1)
	go func() { served <- server.Serve(l) }()
	defer func() {
		err = errors.Join(err, server.Close())
		<-served
	}()
	dir, err := os.MkdirTemp(o.Data, "omnibridge-bench-*")
	if err != nil {
		return fmt.Errorf("--data: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()

	fmt.Fprintf(o.Log, "%s is built ...\n", gobayeux)
	if err := b.buildForeign(ctx, gobayeux, dir); err != nil {
		return err
	}
	r := Report{Missing: []string{}, Failed: []string{}}
	if r.SyncsPerS, err = syncRate(dir, o.For/2); err != nil {
		return err
	}
	if err := r.fill(ctx, b, o, "http://"+l.Addr().String(), dir); err != nil {
		return err
	}
	r.Bounds = r.bounds()
	if o.JSON {
		return json.NewEncoder(o.Out).Encode(r)
	}
	r.print(o.Out)
	return nil
}

// contender is one client, with durable commits or without.
type contender struct {
	name    string
	durable bool
}

// contenders lists who is measured, and says who is missing.
func (r *Report) contenders(b *bench) []contender {
	all := []contender{{ours, false}, {ours, true}, {diskFloor, true}, {bareSQLite, true}, {bareDisk, true}, {floor, false}}
	for _, p := range peers {
		if b.installed(p.module) {
			all = append(all, contender{p.name, false})
		} else {
			r.Missing = append(r.Missing, p.name)
		}
	}
	if b.foreign != "" {
		all = append(all, contender{gobayeux, false})
	} else {
		r.Missing = append(r.Missing, gobayeux)
	}
	return all
}

// fill runs everybody under every load.
func (r *Report) fill(ctx context.Context, b *bench, o StreamingOptions, url, dir string) error {
	all := r.contenders(b)
	for _, l := range loads {
		for _, c := range all {
			if l.rate > 0 && (c.name == bareDisk || c.name == bareSQLite) {
				continue // nobody tells them when to commit
			}
			p := plan{Client: c.name, Instance: url + l.path(), Channel: channel, Batch: l.batch, Warm: o.For / 4, For: o.For, Events: o.Events}
			if o.Events > 0 {
				p.Warm = 0
			}
			if l.rate > 0 {
				p.For *= steadyFor
			}
			if c.durable {
				p.Data = filepath.Join(dir, fmt.Sprintf("%s-%d-%d.db", c.name, l.batch, l.rate))
			}
			fmt.Fprintf(o.Log, "%s%s ...\n", c.name, l.path())
			f, err := b.measure(ctx, p)
			switch {
			case err == nil:
				r.Rows = append(r.Rows, rowOf(c, l, f))
			case c.name == ours || ctx.Err() != nil:
				return err
			default:
				r.Failed = append(r.Failed, fmt.Sprintf("%s at %s: %v", c.name, l, err))
			}
		}
	}
	return nil
}

func rowOf(c contender, l load, f figures) Row {
	seconds, events := max(f.Took.Seconds(), 1e-9), float64(max(f.Events, 1))
	row := Row{
		Client: c.name, Batch: l.batch, RatePerS: l.rate, Durable: c.durable, Events: f.Events, Lost: f.Lost,
		EventsPerS: float64(f.Events) / seconds, CPUPerEvent: float64(f.CPU.Nanoseconds()) / 1000 / events,
		PeakRSS: float64(f.Memory) / 1e6, P50: float64(f.P50) / 1000, P99: float64(f.P99) / 1000,
	}
	if polls := max(f.Polls, 1); c.durable {
		row.CommitsPerS = float64(f.Polls) / seconds
		row.Delivery, row.CommitCPU, row.CommitWait = ms(f.Took)/float64(polls), ms(f.Busy)/float64(polls), ms(f.Commit-f.Busy)/float64(polls)
	}
	return row
}

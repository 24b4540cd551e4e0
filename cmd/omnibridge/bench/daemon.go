package bench

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"omnibridge/salesforce/mockorg"
)

// daemon is `omnibridge run` in a process of its own.
type daemon struct {
	cmd   *exec.Cmd
	said  *tail
	url   string
	ended chan struct{}
}

// benchRouting lets the agents hold a whole burst.
const benchRouting = `{"sizes": {"live": 51, "semiLive": 33, "nonLive": 5}, "wrapUp": "1ms"}`

// startDaemon runs the daemon against the org, with its files in dir, and waits
// until it is ready and has read what it reads at the start.
func (b *bench) startDaemon(ctx context.Context, o *org, dir string) (*daemon, error) {
	routing := filepath.Join(dir, "routing.json")
	if err := os.WriteFile(routing, []byte(benchRouting), 0o600); err != nil {
		return nil, err
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	address := l.Addr().String() // free a moment ago
	if err := l.Close(); err != nil {
		return nil, err
	}
	d := &daemon{cmd: b.self(ctx, "run"), said: &tail{}, url: "http://" + address, ended: make(chan struct{})}
	for _, v := range os.Environ() {
		if !strings.HasPrefix(v, "OMNIBRIDGE_") {
			d.cmd.Env = append(d.cmd.Env, v)
		}
	}
	d.cmd.Env = append(d.cmd.Env, "OMNIBRIDGE_ORG_URL="+o.URL(), "OMNIBRIDGE_CLIENT_ID="+mockorg.DefaultClientID, "OMNIBRIDGE_CLIENT_SECRET="+mockorg.DefaultClientSecret,
		"OMNIBRIDGE_DATA="+filepath.Join(dir, "bench.db"), "OMNIBRIDGE_LISTEN="+address, "OMNIBRIDGE_ROUTING_FILE="+routing,
		"OMNIBRIDGE_SWEEP_EVERY=1h", "OMNIBRIDGE_LOG_LEVEL=ERROR", "OMNIBRIDGE_DRAIN=1s")
	d.cmd.Stderr = d.said
	if err := d.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start the daemon: %w", err)
	}
	go func() {
		_ = d.cmd.Wait() // how it ended is told by said
		close(d.ended)
	}()
	// Sweeps of the start are at least 2 s apart: none of them may be counted.
	calls, since := o.calls(), time.Now()
	err = until(ctx, "the daemon is ready", func() bool {
		if now := o.calls(); now != calls || !d.ready(ctx) {
			calls, since = now, time.Now()
		}
		return time.Since(since) > 2500*time.Millisecond || d.over()
	})
	if d.over() {
		err = errors.Join(err, fmt.Errorf("the daemon ended: %s", d.said.text))
	}
	if err != nil {
		d.stop()
		return nil, err
	}
	return d, nil
}

func (d *daemon) over() bool {
	select {
	case <-d.ended:
		return true
	default:
		return false
	}
}

func (d *daemon) ready(ctx context.Context) bool {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, d.url+"/readyz", nil)
	if err != nil {
		return false
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return false
	}
	return resp.Body.Close() == nil && resp.StatusCode == http.StatusOK
}

// stop ends the daemon and waits for it. There is nothing to save.
func (d *daemon) stop() {
	_ = d.cmd.Process.Kill() // it may have ended
	<-d.ended
}

// cpu is the CPU time of the daemon so far, to a hundredth of a second; zero
// where the system does not tell of a running process (anywhere but on Linux).
func (d *daemon) cpu() time.Duration {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", d.cmd.Process.Pid))
	if err != nil {
		return 0
	}
	_, rest, _ := bytes.Cut(stat, []byte(") ")) // behind the name
	fields := strings.Fields(string(rest))
	if len(fields) < 13 {
		return 0
	}
	user, err1 := strconv.ParseInt(fields[11], 10, 64)
	system, err2 := strconv.ParseInt(fields[12], 10, 64)
	if errors.Join(err1, err2) != nil {
		return 0
	}
	return time.Duration(user+system) * 10 * time.Millisecond
}

// patience bounds every wait for others: the machine may be busy.
const patience = 5 * time.Minute

// until waits for a condition, for a bounded time.
func until(ctx context.Context, what string, done func() bool) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for !done() {
		select {
		case <-time.After(20 * time.Millisecond):
		case <-ctx.Done():
			return fmt.Errorf("wait until %s: %w", what, ctx.Err())
		}
	}
	return nil
}

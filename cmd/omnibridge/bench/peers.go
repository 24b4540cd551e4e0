package bench

import (
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

// peer is a client that others wrote, for Node. Its script begins where the meter
// ends, and hands each event's data to event().
type peer struct{ name, module, script string }

//go:embed node.js
var nodeMeter string

var peers = []peer{
	{"jsforce", "jsforce", `
const jsforce = need('jsforce');
const conn = new jsforce.Connection({ instanceUrl: plan.instance, accessToken: 'token-1', version: '67.0' });
conn.streaming.topic(plan.channel.slice('/topic/'.length)).subscribe(event);`},
	{"cometd", "cometd-nodejs-client", `
need('cometd-nodejs-client').adapt();
const client = new (need('cometd').CometD)();
client.configure({ url: plan.instance + '/cometd/67.0', appendMessageTypeToURL: false, requestHeaders: { Authorization: 'Bearer token-1' } });
client.unregisterTransport('websocket');
client.handshake((reply) => { if (reply.successful) client.subscribe(plan.channel, (m) => event(m.data)); });`},
	{"faye", "faye", `
const client = new (need('faye').Client)(plan.instance + '/cometd/67.0');
client.setHeader('Authorization', 'Bearer token-1');
client.subscribe(plan.channel, event);`},
}

// Peers that are written in Go. A module beside the Node peers has a program for
// each.
const (
	gobayeux     = "gobayeux"
	goSalesforce = "go-salesforce"
)

// bench is what runs client processes.
type bench struct {
	node    string // path of node; "" without
	foreign string // path of the program that runs the peer written in Go; "" without
	modules string // directory that holds node_modules
	program string // path of this program
}

func newBench(modules string) (*bench, error) {
	program, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("find the program to run clients with: %w", err)
	}
	b := &bench{modules: modules, program: program}
	if node, err := exec.LookPath("node"); err == nil {
		b.node = node
	}
	return b, nil
}

// installed tells whether a peer can be run.
func (b *bench) installed(module string) bool {
	if b.node == "" {
		return false
	}
	_, err := os.Stat(filepath.Join(b.modules, "node_modules", module))
	return err == nil
}

// buildForeign builds the program that runs a peer written in Go into dir. Without
// the Go tool or the peer's module that peer is missing.
func (b *bench) buildForeign(ctx context.Context, name, dir string) error {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return err
	}
	source := filepath.Join(b.modules, "go")
	if _, err := os.Stat(source); err != nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	program := filepath.Join(dir, name)
	cmd := exec.CommandContext(ctx, "go", "build", "-o", program, "./"+map[string]string{gobayeux: "bench", goSalesforce: "create"}[name])
	cmd.Dir, cmd.Env, cmd.WaitDelay = source, append(os.Environ(), "GOWORK=off"), time.Second
	if cmd.Run() == nil {
		b.foreign = program
	}
	return nil
}

// absent says how a peer that is missing can be had.
func absent(w io.Writer, name string) {
	how := "npm ci"
	if name == gobayeux || name == goSalesforce {
		how = "go mod download, in its directory go,"
	}
	fmt.Fprintf(w, "%s is not there: run %s in testdata/interop, and name that directory with --peers\n", name, how)
}

// self is a run of this program with other arguments, under the name it was
// called by.
func (b *bench) self(ctx context.Context, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, b.program, args...)
	cmd.Args[0] = os.Args[0]
	return cmd
}

// script is a run of a script by Node, with one argument.
func (b *bench) script(ctx context.Context, text, argument string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, b.node, "-e", text, argument)
	cmd.Dir = b.modules
	return cmd
}

// startWithin is what a client has to start and to end, on top of its plan.
const startWithin = time.Minute

// measure runs a client in a process of its own.
func (b *bench) measure(ctx context.Context, p plan) (figures, error) {
	ctx, cancel := context.WithTimeout(ctx, p.Warm+p.For+startWithin)
	defer cancel()
	text, err := json.Marshal(p)
	if err != nil {
		return figures{}, err
	}
	cmd := b.self(ctx, "bench", "client", string(text))
	if p.Client == gobayeux {
		cmd = exec.CommandContext(ctx, b.foreign, string(text))
	}
	for _, peer := range peers {
		if peer.name == p.Client {
			cmd = b.script(ctx, nodeMeter+peer.script, string(text))
		}
	}
	var f figures
	used, err := figuresOf(cmd, &f)
	if err != nil {
		return figures{}, fmt.Errorf("%s: %w", p.Client, err)
	}
	if f.CPU == 0 {
		f.CPU = used // of its whole life, where a process cannot ask for its own
	}
	return f, nil
}

// figuresOf runs a command that prints one JSON value, and returns the CPU time
// of its whole life.
func figuresOf(cmd *exec.Cmd, value any) (time.Duration, error) {
	cmd.WaitDelay = time.Second
	said := &tail{}
	cmd.Stderr = said
	out, err := cmd.Output()
	if err != nil {
		return 0, fmt.Errorf("%w: %s", err, said.text)
	}
	if err := json.Unmarshal(out, value); err != nil {
		return 0, fmt.Errorf("it printed %.200q: %w", out, err)
	}
	return cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime(), nil
}

// tail keeps the end of what a process complained about.
type tail struct{ text []byte }

func (t *tail) Write(b []byte) (int, error) {
	t.text = append(t.text, b...)
	t.text = t.text[max(len(t.text)-1000, 0):]
	return len(b), nil
}

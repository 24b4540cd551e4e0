package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"omnibridge/salesforce/mockorg"
)

// bridgeState is what a story knows of the program it runs.
type bridgeState struct {
	running *process // nil: it does not run
	url     string   // of its pages
	log     output   // stderr of all its lives
	out     output   // stdout of all its lives
	route   string   // routing file
}

// output collects what processes write.
type output struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.String()
}

// process is one run of the program.
type process struct {
	cmd   *exec.Cmd
	lines chan string   // of the stream that is listened to; never blocks the process
	ended chan struct{} // closed when it has ended
	err   error         // then: how
}

// run starts the program. listen names the stream whose lines are wanted.
func (s *story) run(env []string, out, log io.Writer, listenOut bool, args ...string) (*process, error) {
	path, err := exec.LookPath("omnibridge")
	if err != nil {
		return nil, err
	}
	p := &process{cmd: exec.Command(path, args...), lines: make(chan string, 1000), ended: make(chan struct{})}
	name, value := quickRaces()
	p.cmd.Dir, p.cmd.Env = s.dir, append(env, "PATH="+os.Getenv("PATH"), "HOME="+s.dir, "TMPDIR="+s.dir, name+"="+value)
	r, w := io.Pipe()
	if listenOut {
		out = io.MultiWriter(out, w)
	} else {
		log = io.MultiWriter(log, w)
	}
	p.cmd.Stdout, p.cmd.Stderr = out, log
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	go func() {
		for lines := bufio.NewScanner(r); lines.Scan(); {
			select {
			case p.lines <- lines.Text():
			default: // nobody listens any more
			}
		}
		_, _ = io.Copy(io.Discard, r)
	}()
	go func() {
		p.err = p.cmd.Wait()
		_ = w.Close()
		close(p.ended)
	}()
	return p, nil
}

// line waits for a line that is wanted.
func (p *process) line(want func(string) bool) error {
	timeout := time.NewTimer(patience)
	defer timeout.Stop()
	for {
		select {
		case l := <-p.lines:
			if want(l) {
				return nil
			}
		case <-p.ended:
			return fmt.Errorf("the program ended: %v", p.err)
		case <-timeout.C:
			return errors.New("waited in vain for the program to say that it runs")
		}
	}
}

// kill ends the process at once and waits until it is gone.
func (p *process) kill() {
	_ = p.cmd.Process.Kill() // it may have ended
	<-p.ended
}

// stop asks the process to end and waits until it has.
func (p *process) stop(sig os.Signal) error {
	if err := p.cmd.Process.Signal(sig); err != nil {
		return err
	}
	select {
	case <-p.ended:
		if p.err != nil {
			return fmt.Errorf("after %v: %w", sig, p.err)
		}
		return nil
	case <-time.After(patience):
		return fmt.Errorf("it did not end after %v", sig)
	}
}

// stopTwice signals until the program ends, which a second signal must bring about
// at once. Signals sent close together may arrive as one, hence the repetition.
func (p *process) stopTwice() error {
	again := time.NewTicker(20 * time.Millisecond)
	defer again.Stop()
	late := time.After(patience)
	for {
		select {
		case <-again.C:
			// It may have ended since: then there is nobody to signal.
			if err := p.cmd.Process.Signal(os.Interrupt); err != nil && !errors.Is(err, os.ErrProcessDone) {
				return err
			}
		case <-p.ended:
			if code := p.cmd.ProcessState.ExitCode(); code != killed {
				return fmt.Errorf("after two signals: exit code %d (%v), not %d", code, p.err, killed)
			}
			return nil
		case <-late:
			return errors.New("it did not end after two signals")
		}
	}
}

const bridgeUsage = "bridge start|settings [NAME=VALUE ...] | kill | stop [TERM|twice]"

// bridge starts and ends the program.
func (s *story) bridge(args []string) error {
	if len(args) == 0 {
		return usage(bridgeUsage)
	}
	named, rest := settings(args)
	switch {
	case args[0] == "start" && len(rest) == 1:
		return s.startBridge(named)
	case args[0] == "settings" && len(rest) == 1:
		for _, kv := range s.bridgeEnv(named) {
			name, value, _ := strings.Cut(kv, "=")
			s.ts.Setenv(name, value)
		}
		return nil
	case s.running == nil:
		return errors.New("the program does not run")
	case args[0] == "kill" && len(args) == 1:
		s.running.kill()
	case args[0] == "stop" && len(args) == 1:
		if err := s.running.stop(os.Interrupt); err != nil {
			return err
		}
	case args[0] == "stop" && len(args) == 2 && args[1] == "TERM":
		if err := s.running.stop(syscall.SIGTERM); err != nil {
			return err
		}
	case args[0] == "stop" && len(args) == 2 && args[1] == "twice":
		if err := s.running.stopTwice(); err != nil {
			return err
		}
	default:
		return usage(bridgeUsage)
	}
	s.running = nil
	return nil
}

func (s *story) startBridge(named map[string]string) error {
	if s.running != nil {
		return errors.New("the program runs already")
	}
	p, err := s.run(s.bridgeEnv(named), &s.out, &s.log, false, "run")
	if err != nil {
		return err
	}
	s.running = p
	return p.line(func(line string) bool {
		var said struct{ Msg, Status string }
		if json.Unmarshal([]byte(line), &said) != nil || said.Msg != "omnibridge runs" {
			return false
		}
		s.url = said.Status
		return true
	})
}

// data is where the program keeps its state.
func (s *story) data() string { return filepath.Join(s.dir, "omnibridge.db") }

// bridgeEnv is the environment of the program. Names lack the prefix.
func (s *story) bridgeEnv(named map[string]string) []string {
	set := map[string]string{
		"ORG_URL": s.org.URL(), "CLIENT_ID": mockorg.DefaultClientID, "CLIENT_SECRET": storySecret,
		"EVENTS": s.events, "DATA": s.data(), "LISTEN": "127.0.0.1:0", "LOG_FORMAT": "json", "PRESENCE_GRACE": "300ms",
	}
	if s.route != "" {
		set["ROUTING_FILE"] = s.route
	}
	if named["LOGIN"] == "jwt" {
		delete(set, "CLIENT_SECRET")
		set["JWT_KEY"], set["USERNAME"] = string(s.key), mockorg.IntegrationUser
	}
	for name, value := range named {
		if name != "LOGIN" {
			set[name] = value
		}
	}
	var env []string
	for name, value := range set {
		env = append(env, prefix+"_"+name+"="+value)
	}
	return env
}

// routing makes a file of the story the routing file.
func (s *story) routing(args []string) error {
	if len(args) != 1 {
		return usage("routing FILE")
	}
	text := s.ts.ReadFile(args[0])
	for name, id := range s.agents {
		text = strings.ReplaceAll(text, "{"+name+"}", id)
	}
	s.route = filepath.Join(s.dir, "routing.used.json")
	return os.WriteFile(s.route, []byte(text), 0o600)
}

// serveMock runs omnibridge mock-org, and checks what its first line promises.
func (s *story) serveMock(args []string) error {
	switch {
	case len(args) == 1 && args[0] == "stop" && s.mock != nil:
		err := s.mock.stop(os.Interrupt)
		s.mock = nil
		return err
	case len(args) != 1 || args[0] != "start" || s.mock != nil:
		return usage("mock-org start|stop")
	}
	p, err := s.run(nil, io.Discard, &s.log, true, "mock-org", "--listen", "127.0.0.1:0", "--json")
	if err != nil {
		return err
	}
	s.mock = p
	var first string
	if err := p.line(func(line string) bool { first = line; return true }); err != nil {
		return err
	}
	var access map[string]string
	if err := json.Unmarshal([]byte(first), &access); err != nil {
		return fmt.Errorf("the first line is %q: %w", first, err)
	}
	for _, key := range []string{"url", "username", "password", "client_id", "client_secret", "jwt_key_file"} {
		if access[key] == "" {
			return fmt.Errorf("the first line has no %s: %s", key, first)
		}
		s.ts.Setenv("MOCK_"+strings.ToUpper(key), access[key])
	}
	return nil
}

// control calls the control plane of the org that mock-org serves.
func (s *story) control(args []string) error {
	if len(args) < 2 || len(args) > 4 {
		return usage("control METHOD PATH [BODY [NAME]], NAME takes the reply's id")
	}
	body := ""
	if len(args) > 2 {
		body = args[2]
	}
	req, err := http.NewRequest(args[0], s.ts.Getenv("MOCK_URL")+"/mock/v1"+args[1], strings.NewReader(body))
	if err != nil {
		return err
	}
	reply, err := (&http.Client{Timeout: patience}).Do(req)
	if err != nil {
		return err
	}
	defer reply.Body.Close()
	text, err := io.ReadAll(reply.Body)
	if err != nil {
		return err
	}
	if reply.StatusCode != http.StatusOK {
		return fmt.Errorf("%s %s: %s: %s", args[0], args[1], reply.Status, text)
	}
	if len(args) == 4 {
		var made struct{ ID string }
		if err := json.Unmarshal(text, &made); err != nil {
			return err
		}
		s.ts.Setenv(args[3], made.ID)
	}
	_, err = s.ts.Stdout().Write(text)
	return err
}

// logs waits for a line of the program's log that matches; with neg, there must be
// none so far.
func logs(ts *testscript.TestScript, neg bool, args []string) {
	s := storyOf(ts)
	if len(args) != 1 {
		ts.Fatalf("%v", usage("logs REGEXP"))
	}
	re, err := regexp.Compile(args[0])
	ts.Check(err)
	found := func() bool { return re.MatchString(s.log.String()) }
	if neg && found() {
		s.explain()
		ts.Fatalf("the log matches %s", args[0])
	}
	if neg {
		return
	}
	err = until(func(context.Context) error {
		if !found() {
			return fmt.Errorf("the log does not match %s", args[0])
		}
		return nil
	})
	if err != nil {
		s.explain()
		ts.Fatalf("%v", err)
	}
}

// explain tells what the program logged last, for a story that failed.
func (s *story) explain() {
	lines := strings.Split(strings.TrimSpace(s.log.String()), "\n")
	s.ts.Logf("[log]\n%s", strings.Join(lines[max(0, len(lines)-40):], "\n"))
	if s.org == nil {
		return
	}
	for _, c := range s.org.History("AgentWork", 0) {
		s.ts.Logf("[org] %s %s %s %v", c.Time.Format("15:04:05.000"), c.Op, c.ID, c.Fields["Status"])
	}
	if st, err := s.stored(); err == nil {
		for _, e := range st.journal {
			s.ts.Logf("[journal] %s %s %s %d %s %s", e.At.Format("15:04:05.000"), e.Interaction, e.What, e.Offer, e.Agent, e.Why)
		}
	}
}

// noSecret searches logs, output and store for everything that is secret.
func (s *story) noSecret([]string) error {
	secrets := append(s.gate.seen(), storySecret)
	if len(secrets) < 2 {
		return errors.New("no token has passed yet: this would find nothing")
	}
	for line := range strings.Lines(string(s.key)) {
		if line = strings.TrimSpace(line); !strings.HasPrefix(line, "-----") {
			secrets = append(secrets, line)
		}
	}
	places := map[string]string{"log": s.log.String(), "stdout": s.out.String()}
	files, err := filepath.Glob(s.data() + "*")
	if err != nil || len(files) == 0 {
		return fmt.Errorf("no store to search: %v", err)
	}
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		places[filepath.Base(file)] = string(b)
	}
	for place, text := range places {
		if i := slices.IndexFunc(secrets, func(secret string) bool { return strings.Contains(text, secret) }); i >= 0 {
			return fmt.Errorf("%s holds the secret %q", place, secrets[i])
		}
	}
	return nil
}

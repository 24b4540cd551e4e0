package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"omnibridge/cmd/omnibridge/world"
	"omnibridge/connector/store"
	"omnibridge/salesforce"
	"omnibridge/salesforce/mockorg"
	"omnibridge/vcc"
)

// demoRouting is how the demo routes: sizes that let one agent hold a call, two chats
// and three cases at once, and cool-downs short enough to see what follows them.
var demoRouting = routing{
	Sizes:           vcc.Sizes{Live: 51, SemiLive: 15, NonLive: 6},
	AcceptWithin:    map[vcc.Class]duration{vcc.SemiLive: duration(20 * time.Second), vcc.NonLive: duration(20 * time.Second), vcc.Live: duration(20 * time.Second)},
	CoolDown:        duration(30 * time.Second),
	FailCoolDown:    duration(10 * time.Second),
	ChannelCoolDown: duration(3 * time.Second),
	LastResortAfter: duration(10 * time.Second),
	WrapUp:          duration(2 * time.Second),
	ContactPad: padFile{
		NoAnswer: map[vcc.Class]duration{vcc.Live: duration(30 * time.Second)},
		States: []stateFile{
			{Major: vcc.Ready, Status: "Available"}, {Major: vcc.Outbound, Status: "Busy"},
			{Major: vcc.Away, Status: "Busy"}, {Major: vcc.Away, Minor: "Break", Status: "Busy"}, {Major: vcc.ExtendedAway, Status: "Busy"},
		},
	},
	Plans: []planFile{
		{Name: string(callsPlan), Priority: "highest", Target: duration(10 * time.Second), WrapUp: duration(20 * time.Second)},
		{Name: "Chat", Queues: []string{"Support_Chat"}, Priority: "higher", Target: duration(20 * time.Second), WrapUp: duration(15 * time.Second)},
		{Name: "Messages", Queues: []string{"Support_Messaging"}, Target: duration(30 * time.Second), WrapUp: duration(10 * time.Second)},
		{Name: "Cases", Queues: []string{"Support_Cases"}, Priority: "lower", Target: duration(time.Minute), WrapUp: duration(10 * time.Second), WrapExtendAll: true,
			Dispositions: []string{"Solved", "Waits for the customer", "Passed on"}},
		{Name: "Leads", Queues: []string{"Sales_Leads"}, Priority: "lower"},
	},
}

// demoPushTimeout is Salesforce's push time-out in the demo, in seconds. It is shorter
// than the engine's own, so that both are seen: the simulated agents have no console
// in which a push could be taken back.
const demoPushTimeout = 15

// demo shows the whole thing at work.
func demo(ctx context.Context, args []string, std streams) error {
	fs := newFlags("demo", `Starts a mock org with a console, the daemon with its engine and ContactPad, six
simulated agents who accept, decline, ignore and drop off, and customers who start
chats, messages and cases, and tells what happens to each interaction. Open the
console to be one of the agents yourself. Nothing leaves this machine.`, std)
	length := fs.Duration("for", 0, "end after this `time` with a summary; 0 runs until Ctrl-C")
	asJSON := fs.Bool("json", false, "print the summary as one JSON object on stdout, and nothing else there")
	seed := fs.Uint64("seed", 1, "the simulated world: the same `number` gives the same agents and customers")
	listen := fs.String("listen", "127.0.0.1:8080", "`address` of the status page; a free port if it is taken")
	orgListen := fs.String("org-listen", "127.0.0.1:8181", "`address` of the mock org; a free port if it is taken")
	if err := parseFlags(fs, args); err != nil {
		return err
	}
	if *length < 0 {
		return &usageError{"demo: --for must not be negative: give a time, as 30s"}
	}
	said := std.out
	if *asJSON {
		said = std.err
	}
	d := &demonstration{seed: *seed, length: *length, listen: *listen, orgListen: *orgListen, said: said, log: newLogger(std.err, slog.LevelWarn, "auto")}
	summary, err := d.play(ctx)
	if err != nil {
		return err
	}
	if *asJSON {
		if err := json.NewEncoder(std.out).Encode(summary); err != nil {
			return err
		}
	}
	if summary.Lost > 0 || summary.Doubled > 0 {
		return fmt.Errorf("%d items lost and %d doubled", summary.Lost, summary.Doubled)
	}
	return nil
}

// demonstration is one run of the demo.
type demonstration struct {
	seed              uint64
	length            time.Duration
	listen, orgListen string
	said              io.Writer
	log               *slog.Logger
}

// play runs the demo and returns what came of it.
func (d *demonstration) play(ctx context.Context) (summary world.Summary, err error) {
	l, err := listenOrFree("--org-listen", d.orgListen)
	if err != nil {
		return summary, err
	}
	seed := demoSeed()
	m, err := startOrg(l, mockorg.Options{Seed: &seed})
	if err != nil {
		return summary, errors.Join(err, l.Close())
	}
	defer func() { err = errors.Join(err, m.close()) }()
	if err := m.org.SetPushTimeout(demoPushTimeout); err != nil {
		return summary, err
	}
	dir, err := os.MkdirTemp("", "omnibridge-demo-*")
	if err != nil {
		return summary, err
	}
	defer func() { _ = os.RemoveAll(dir) }() // the system clears it in the end

	account := newAccount(d.said, m.org)
	daemon, err := d.daemon(ctx, m, dir, account.take)
	if err != nil {
		return summary, err
	}
	defer func() { err = errors.Join(err, daemon.close()) }()
	d.say(welcome, m.org.URL(), daemon.url(), m.org.URL())

	err = together(ctx, func(ctx context.Context) error {
		writing, stop := context.WithCancel(context.WithoutCancel(ctx))
		var lines sync.WaitGroup
		lines.Go(func() { account.write(writing) })
		defer lines.Wait()
		defer stop()
		return daemon.run(ctx)
	}, func(ctx context.Context) error {
		if d.length > 0 {
			var cancel context.CancelFunc
			ctx, cancel = context.WithTimeout(ctx, d.length)
			defer cancel()
		}
		return world.Run(ctx, world.Options{Org: m.org, Seed: d.seed})
	}, func(ctx context.Context) (err error) {
		summary, err = settled(ctx, m.org, daemon.store)
		return err
	})
	if err != nil {
		return summary, err
	}
	d.say("\n")
	summary.Print(d.said)
	return summary, nil
}

// together runs the daemon, and the world until it ends or the daemon does. Then it has
// judged what came of it, and only then ends the daemon, so that what is under way comes
// to rest.
func together(ctx context.Context, daemon, world, judge func(context.Context) error) error {
	running, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	living, die := context.WithCancel(ctx)
	defer die()
	ended := make(chan error, 1)
	go func() {
		ended <- daemon(running)
		die() // a world without a daemon has nothing to show
	}()
	err := world(living)
	select {
	case died := <-ended:
		return errors.Join(err, cmp.Or(died, errors.New("the daemon has ended by itself")))
	default:
	}
	if err == nil {
		err = judge(running)
	}
	stop()
	return errors.Join(err, <-ended)
}

// demoSeed is the org of the demo: the default one, but that cases and leads, which agents
// keep for longer than a tab is open, hold capacity until their status says that they
// are done (status-based). Chats end with their tab (salesforce-omni 4).
func demoSeed() mockorg.Seed {
	seed := mockorg.DefaultSeed()
	for i := range seed.Channels {
		if c := &seed.Channels[i]; c.Object == "Case" || c.Object == "Lead" {
			c.CapacityModel = "StatusBased"
		}
	}
	return seed
}

// welcome says what to open, and what to try there.
const welcome = `Console      %[1]s/lightning/
Customers    %[1]s/customer/
Status page  %[2]s
Mock org     %[3]s

Open the console, be one of the agents, open ContactPad in the bar at the bottom and
log in: chats, messages and cases come to you, too. Then try
  1. accept a chat in Omni-Channel, and release it in ContactPad
  2. play a customer on the customer page: chat with yourself, or call
  3. consult a colleague: open the console in a private window as somebody else

`

func (d *demonstration) say(format string, args ...any) { fmt.Fprintf(d.said, format, args...) }

// daemon wires the daemon to the mock org as a person would configure it.
func (d *demonstration) daemon(ctx context.Context, m *mock, dir string, onJournal func([]store.Entry)) (*daemon, error) {
	l, err := listenOrFree("--listen", d.listen)
	if err != nil {
		return nil, err
	}
	addr := l.Addr().String()
	if err := l.Close(); err != nil {
		return nil, err
	}
	cfg := defaults()
	cfg.OrgURL, cfg.ClientID, cfg.Username, cfg.JWTKey = m.access.URL, m.access.ClientID, m.access.Username, salesforce.Secret(m.key)
	cfg.Data, cfg.Listen, cfg.Drain = filepath.Join(dir, "demo.db"), addr, 3*time.Second
	if errs := cfg.check(); len(errs) > 0 {
		return nil, errors.Join(errs...)
	}
	// Another site than the org's, as in Salesforce: browsers keep the two apart.
	_, port, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, err
	}
	cfg.PublicURL = "http://localhost:" + port
	cfg.PadClientID, cfg.PadSecret = m.access.LoginID, salesforce.Secret(m.access.LoginSecret)
	console := m.org.Console()
	console.ContactPadURL = cfg.PublicURL + "/pad/"
	if err := m.org.SetConsole(console); err != nil {
		return nil, err
	}
	daemon, err := newDaemon(ctx, cfg, demoRouting, d.log, extras{onJournal: onJournal, network: true})
	if err != nil {
		return daemon, err
	}
	console.CallsURL = daemon.url() + "/simulated/" + daemon.gate + "/calls"
	return daemon, m.org.SetConsole(console)
}

// settleWithin bounds how long the demo waits until org and daemon agree. It is much longer
// than that takes: what a busy machine has not come to yet is not lost.
const settleWithin = 30 * time.Second

// settled compares org and store until they agree, or for a bounded time: what
// they do not agree on by then is lost.
func settled(ctx context.Context, org *mockorg.Org, st *store.Store) (world.Summary, error) {
	deadline := time.Now().Add(settleWithin)
	for {
		snapshot, err := st.Load(ctx)
		if err != nil {
			return world.Summary{}, fmt.Errorf("read the daemon's store: %w", err)
		}
		s := world.Compare(org.Verdict(), snapshot)
		if s.Lost == 0 || time.Now().After(deadline) {
			return s, nil
		}
		select {
		case <-time.After(100 * time.Millisecond):
		case <-ctx.Done():
			return s, context.Cause(ctx)
		}
	}
}

// listenOrFree listens on the address that a flag gives, or on a free port of the same
// host if it is taken.
func listenOrFree(flag, addr string) (net.Listener, error) {
	l, err := net.Listen("tcp", addr)
	if err == nil {
		return l, nil
	}
	if host, _, bad := net.SplitHostPort(addr); bad == nil {
		if free, none := net.Listen("tcp", net.JoinHostPort(host, "0")); none == nil {
			return free, nil
		}
	}
	return nil, fmt.Errorf("%s: %w: give an address of this machine, as 127.0.0.1:8080", flag, err)
}

// account is the running account: one line per thing that happened.
type account struct {
	w     io.Writer
	org   *mockorg.Org
	begun time.Time
	lines chan []store.Entry
	names map[vcc.AgentID]string
	items map[vcc.InteractionID]string
}

func newAccount(w io.Writer, org *mockorg.Org) *account {
	a := &account{w: w, org: org, begun: time.Now(), lines: make(chan []store.Entry, 1024), names: map[vcc.AgentID]string{}, items: map[vcc.InteractionID]string{}}
	for _, s := range org.Agents() {
		a.names[vcc.AgentID(s.ID)] = s.Name
	}
	return a
}

// take is called by the loop; when the terminal is slower than the loop by more
// than the channel holds, lines are left out: the journal has them all.
func (a *account) take(entries []store.Entry) {
	select {
	case a.lines <- entries:
	default:
	}
}

// write writes until ctx ends and what was taken by then is written.
func (a *account) write(ctx context.Context) {
	for {
		select {
		case entries := <-a.lines:
			a.print(entries)
		case <-ctx.Done():
			for {
				select {
				case entries := <-a.lines:
					a.print(entries)
				default:
					return
				}
			}
		}
	}
}

func (a *account) print(entries []store.Entry) {
	for _, e := range entries {
		if e.Interaction == "" {
			continue
		}
		line := fmt.Sprintf("%6.1fs  %-10s %-15s", e.At.Sub(a.begun).Seconds(), a.item(e), e.What)
		if e.Agent != "" {
			line += fmt.Sprintf(" %-16s", a.names[e.Agent])
		} else if e.Why != "" {
			line += fmt.Sprintf(" %-16s", "")
		}
		fmt.Fprintln(a.w, strings.TrimRight(line+" "+a.inWords(e.Why), " "))
	}
}

// item gives an interaction a short name: its kind and a number.
func (a *account) item(e store.Entry) string {
	if name, ok := a.items[e.Interaction]; ok {
		return name
	}
	kind, _, _ := strings.Cut(e.Why, " in ")
	if e.What != "arrived" {
		return string(e.Interaction)
	}
	name := fmt.Sprintf("%s %d", kind, len(a.items)+1)
	a.items[e.Interaction] = name
	return name
}

// inWords puts names in the place of agents' ids.
func (a *account) inWords(s string) string {
	for id, name := range a.names {
		s = strings.ReplaceAll(s, string(id), name)
	}
	return s
}

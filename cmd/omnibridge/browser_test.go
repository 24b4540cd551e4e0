package main

import (
	"context"
	"fmt"
	"log"
	"log/slog"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"omnibridge/connector/store"
	"omnibridge/salesforce"
	"omnibridge/salesforce/mockorg"
	"omnibridge/vcc"
)

// browserPatience bounds every wait for a browser: the machine may be busy.
const browserPatience = 60 * time.Second

// never is longer than any test takes: what ends by itself after it does not end while
// one looks, however slow the machine is.
const never = duration(20 * time.Minute)

// browser is the one browser of this package; every agent has a profile of their own
// in it.
var browser = struct {
	start   sync.Once
	ctx     context.Context
	stop    context.CancelFunc
	err     error
	offices chan struct{} // one place for each that may be open: people of theirs keep a processor busy
}{offices: make(chan struct{}, 2*runtime.GOMAXPROCS(0))}

// chromium starts the browser. It has a fake microphone, and sounds into nothing.
func chromium(t *testing.T) context.Context {
	t.Helper()
	if _, err := exec.LookPath("chromium"); err != nil {
		if os.Getenv("OMNIBRIDGE_TEST_REQUIRE_ALL") != "" {
			t.Fatal("chromium is missing, and OMNIBRIDGE_TEST_REQUIRE_ALL is set")
		}
		t.Skip("chromium is missing (apt-get install chromium)")
	}
	browser.start.Do(func() {
		allocator, stopAll := chromedp.NewExecAllocator(context.Background(), browserOptions()...)
		ctx, stop := chromedp.NewContext(allocator, chromedp.WithErrorf(complain))
		browser.ctx, browser.stop = ctx, func() { stop(); stopAll() }
		browser.err = chromedp.Do(ctx)
	})
	if browser.err != nil {
		t.Fatalf("start the browser: %v", browser.err)
	}
	return browser.ctx
}

// browserOptions are those with which a browser starts.
func browserOptions() []chromedp.ExecAllocatorOption {
	return append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath("chromium"), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.Flag("disable-quic", true), chromedp.Flag("mute-audio", true), chromedp.Flag("site-per-process", true),
		chromedp.Flag("use-fake-ui-for-media-stream", true), chromedp.Flag("use-fake-device-for-media-stream", true),
		// Two panels in one browser: their addresses would be hidden from each other.
		chromedp.Flag("disable-features", "WebRtcHideLocalIpsWithMdns"), chromedp.Flag("disable-popup-blocking", true),
		chromedp.WindowSize(1280, 800), chromedp.Env("LANG=en_GB.UTF-8", "TZ=UTC"), chromedp.WSURLReadTimeout(time.Minute))
}

// complain prints what the driver of the browser finds wrong, except for one thing that
// it says of every frame to which it attaches, and that means nothing.
func complain(format string, args ...any) {
	if format != "received DOM.documentUpdated when there's no top-level frame" {
		log.Printf("browser: "+format, args...)
	}
}

// endBrowser ends the browser, if it was started.
func endBrowser() {
	if browser.stop != nil {
		browser.stop()
	}
}

// office is a mock org with its console and a daemon with ContactPad, both real and
// both on the network of this machine.
type office struct {
	t      *testing.T
	org    *mockorg.Org
	mock   *mock
	cfg    config
	rules  routing
	daemon *daemon
	stop   context.CancelFunc
	ended  chan error
}

// officeRules is how an office routes unless its test changes it: everybody needs
// ContactPad, and the sizes let one agent hold a call, two chats and three cases. No
// offer and no consult ends by itself while a test looks at it, and nothing comes back to
// who refused it.
func officeRules() routing {
	return routing{
		Sizes:        vcc.Sizes{Live: 51, SemiLive: 15, NonLive: 6},
		AcceptWithin: map[vcc.Class]duration{vcc.SemiLive: never, vcc.NonLive: never},
		CoolDown:     never, FailCoolDown: duration(30 * time.Second), WrapUp: duration(2 * time.Second),
		ContactPad: padFile{Required: true, ConsultWithin: duration(3 * time.Minute), States: []stateFile{
			{Major: vcc.Ready, Status: "Available"}, {Major: vcc.Outbound}, {Major: vcc.Away, Status: "Busy"}, {Major: vcc.Away, Minor: "Break", Status: "Busy"}, {Major: vcc.ExtendedAway, Status: "Busy"},
		}},
		Plans: []planFile{
			{Name: "Chat", Queues: []string{"Support_Chat"}, Priority: "higher", WrapUp: duration(2 * time.Second)},
			{Name: "Messages", Queues: []string{"Support_Messaging"}, WrapUp: duration(2 * time.Second)},
			{Name: "Cases", Queues: []string{"Support_Cases"}, Priority: "lower", WrapUp: duration(2 * time.Second)},
			{Name: "Leads", Queues: []string{"Sales_Leads"}, Priority: "lower"},
		},
	}
}

// newOffice opens an office. change, if not nil, may change how it routes.
func newOffice(t *testing.T, change func(*routing)) *office {
	t.Helper()
	return newOfficeIn(t, mockorg.DefaultSeed(), change)
}

// newOfficeIn opens an office in an org of one's own.
func newOfficeIn(t *testing.T, seed mockorg.Seed, change func(*routing)) *office {
	t.Helper()
	chromium(t)
	browser.offices <- struct{}{}
	t.Cleanup(func() { <-browser.offices })
	return newEmptyOffice(t, seed, change)
}

// newEmptyOffice opens an office without a browser for anybody in it.
func newEmptyOffice(t *testing.T, seed mockorg.Seed, change func(*routing)) *office {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	m, err := startOrg(l, mockorg.Options{Seed: &seed})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := m.close(); err != nil {
			t.Error(err)
		}
	})
	o := &office{t: t, org: m.org, mock: m, rules: officeRules()}
	if change != nil {
		change(&o.rules)
	}
	if err := m.org.SetPushTimeout(0); err != nil { // the daemon's own time ends an offer
		t.Fatal(err)
	}
	addr := keptPort(t)
	_, port, _ := net.SplitHostPort(addr)
	c := defaults()
	c.OrgURL, c.ClientID, c.Username, c.JWTKey = m.access.URL, m.access.ClientID, m.access.Username, salesforce.Secret(m.key)
	c.Data, c.Listen, c.Drain = filepath.Join(t.TempDir(), "office.db"), addr, 2*time.Second
	c.PublicURL, c.PadClientID, c.PadSecret = "http://localhost:"+port, m.access.LoginID, salesforce.Secret(m.access.LoginSecret)
	o.cfg = c
	console := m.org.Console()
	console.ContactPadURL = c.PublicURL + "/pad/"
	if err := m.org.SetConsole(console); err != nil {
		t.Fatal(err)
	}
	o.open()
	t.Cleanup(o.close)
	return o
}

// nextPort is the last port that keptPort has given away.
var nextPort atomic.Int64

// keptPort is an address for a daemon that listens there later, and again after it was
// killed. No other program gets it meanwhile: it is below the ports that systems give to
// who asks for any, as the tests of other packages do at the same time.
func keptPort(t *testing.T) string {
	t.Helper()
	const from, ports = 20000, 10000
	nextPort.CompareAndSwap(0, 1+rand.Int64N(ports))
	for range 100 {
		addr := fmt.Sprintf("127.0.0.1:%d", from+nextPort.Add(1)%ports)
		if l, err := net.Listen("tcp", addr); err == nil {
			if err := l.Close(); err != nil {
				t.Fatal(err)
			}
			return addr
		}
	}
	t.Fatal("of 100 ports none is free")
	return ""
}

// open starts the daemon, for the first time or again.
func (o *office) open() {
	o.t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	log := slog.New(slog.NewTextHandler(o.t.Output(), &slog.HandlerOptions{Level: slog.LevelInfo}))
	d, err := newDaemon(ctx, o.cfg, o.rules, log, extras{network: true, onJournal: func(entries []store.Entry) {
		for _, e := range entries {
			log.Info("journal", "interaction", e.Interaction, "what", e.What, "offer", e.Offer, "agent", e.Agent, "why", e.Why)
		}
	}})
	if err != nil {
		stop()
		o.t.Fatal(err)
	}
	o.daemon, o.stop, o.ended = d, stop, make(chan error, 1)
	go func() { o.ended <- d.run(ctx) }()
}

// close ends the daemon cleanly; calling it again does nothing.
func (o *office) close() {
	if o.stop == nil {
		return
	}
	o.stop()
	o.stop = nil
	if err := <-o.ended; err != nil {
		o.t.Errorf("the daemon ended with: %v", err)
	}
	if err := o.daemon.close(); err != nil {
		o.t.Error(err)
	}
}

// add lets a customer bring work, and returns its record.
func (o *office) add(object, queue, name string) mockorg.Work {
	o.t.Helper()
	w, err := o.org.AddWork(mockorg.NewWork{Object: object, Queue: queue, Name: name})
	if err != nil {
		o.t.Fatal(err)
	}
	return w
}

// untilSeen waits for a condition that tells of itself by nothing else.
func untilSeen(t *testing.T, what string, holds func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), browserPatience)
	defer cancel()
	tick := time.NewTicker(25 * time.Millisecond)
	defer tick.Stop()
	for !holds() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatalf("waited %v for %s", browserPatience, what)
		}
	}
}

// opened counts the AgentWorks that an agent ever opened.
func (o *office) opened(name string) int {
	n := 0
	for _, row := range o.org.Records("AgentWork") {
		if status := row["Status"]; row["UserId"] == o.id(name) && (status == "Opened" || status == "Closed" || status == "Transferred") {
			n++
		}
	}
	return n
}

// id returns the id of an agent's user.
func (o *office) id(name string) string {
	for _, row := range o.org.Records("User") {
		if username, _ := row["Username"].(string); strings.HasPrefix(username, name+"@") {
			return row["Id"].(string)
		}
	}
	o.t.Fatalf("there is no user %s", name)
	return ""
}

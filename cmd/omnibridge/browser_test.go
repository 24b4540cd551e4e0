package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/target"
	"github.com/chromedp/chromedp"

	"omnibridge/connector/store"
	"omnibridge/salesforce"
	"omnibridge/salesforce/mockorg"
	"omnibridge/vcc"
)

// browserPatience bounds every wait for a browser: the machine may be busy.
const browserPatience = 30 * time.Second

// browser is the one browser of this package; every agent has a profile of their own
// in it.
var browser struct {
	start sync.Once
	ctx   context.Context
	stop  context.CancelFunc
	err   error
}

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
		options := append(chromedp.DefaultExecAllocatorOptions[:],
			chromedp.ExecPath("chromium"), chromedp.NoSandbox, chromedp.DisableGPU,
			chromedp.Flag("disable-quic", true), chromedp.Flag("mute-audio", true), chromedp.Flag("site-per-process", true),
			chromedp.Flag("use-fake-ui-for-media-stream", true), chromedp.Flag("use-fake-device-for-media-stream", true),
			// Two panels in one browser: their addresses would be hidden from each other.
			chromedp.Flag("disable-features", "WebRtcHideLocalIpsWithMdns"), chromedp.Flag("disable-popup-blocking", true),
			chromedp.WindowSize(1280, 800), chromedp.Env("LANG=en_GB.UTF-8", "TZ=UTC"), chromedp.WSURLReadTimeout(time.Minute))
		allocator, stopAll := chromedp.NewExecAllocator(context.Background(), options...)
		ctx, stop := chromedp.NewContext(allocator)
		browser.ctx, browser.stop = ctx, func() { stop(); stopAll() }
		browser.err = chromedp.Do(ctx)
	})
	if browser.err != nil {
		t.Fatalf("start the browser: %v", browser.err)
	}
	return browser.ctx
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
// ContactPad, and the sizes let one agent hold a call, two chats and three cases.
func officeRules() routing {
	return routing{
		Sizes:        vcc.Sizes{Live: 51, SemiLive: 15, NonLive: 6},
		AcceptWithin: map[vcc.Class]duration{vcc.SemiLive: duration(20 * time.Second), vcc.NonLive: duration(20 * time.Second)},
		CoolDown:     duration(30 * time.Second), WrapUp: duration(2 * time.Second),
		ContactPad: padFile{Required: true, States: []stateFile{
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
	l := freePort(t)
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
	pages := freePort(t)
	addr := pages.Addr().String()
	_, port, _ := net.SplitHostPort(addr)
	if err := pages.Close(); err != nil {
		t.Fatal(err)
	}
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

func freePort(t *testing.T) net.Listener {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return l
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

// person is an agent at their desk: a browser with the console and ContactPad in it.
type person struct {
	t       *testing.T
	office  *office
	name    string          // local part of the username
	console context.Context // the console's page
	pad     context.Context // the frame in it
}

// arrive opens the console as an agent, in a profile of their own.
func (o *office) arrive(name string) *person {
	o.t.Helper()
	ctx, cancel := chromedp.NewContext(chromium(o.t), chromedp.WithNewBrowserContext())
	o.t.Cleanup(cancel)
	p := &person{t: o.t, office: o, name: name, console: ctx}
	p.visit()
	return p
}

func (p *person) visit() {
	p.t.Helper()
	if err := chromedp.Do(p.console, chromedp.EmulateViewport(1280, 800), chromedp.Navigate(p.office.org.URL()+"/lightning/page/home?user="+p.name)); err != nil {
		p.t.Fatalf("open the console: %v", err)
	}
	p.attach()
}

// attach finds ContactPad's frame in the console.
func (p *person) attach() {
	p.t.Helper()
	var id target.ID
	untilSeen(p.t, "ContactPad's frame", func() bool {
		infos, err := chromedp.Targets(p.console)
		if err != nil {
			p.t.Fatalf("list targets: %v", err)
		}
		mine := chromedp.FromContext(p.console).Target.TargetID
		for _, info := range infos {
			if info.Type == "iframe" && strings.HasPrefix(info.URL, p.office.cfg.PublicURL+"/pad/") && info.ParentID == mine {
				id = info.TargetID
			}
		}
		return id != ""
	})
	ctx, cancel := chromedp.NewContext(p.console, chromedp.WithTargetID(id))
	p.t.Cleanup(cancel)
	if err := chromedp.Do(ctx); err != nil {
		p.t.Fatalf("attach to ContactPad: %v", err)
	}
	p.pad = ctx
}

// js runs the body of an async function in a page and reads what it returns.
func js[T any](t *testing.T, page context.Context, body string, args ...any) T {
	t.Helper()
	quoted := make([]any, len(args))
	for i, a := range args {
		b, err := json.Marshal(a)
		if err != nil {
			t.Fatal(err)
		}
		quoted[i] = string(b)
	}
	script := fmt.Sprintf("(async () => { "+body+" })()", quoted...)
	ctx, cancel := context.WithTimeout(page, browserPatience)
	defer cancel()
	v, err := chromedp.Run(ctx, chromedp.Evaluate[T](script, chromedp.EvalAwaitPromise))
	if err != nil {
		t.Fatalf("%v\n%s", err, script)
	}
	return v
}

// finds is the source of a function that finds a control by its role and the words
// on it, as a person does.
const finds = `const find = (what, words) => [...document.querySelectorAll(what)].find((e) => e.checkVisibility() && (e.innerText || e.getAttribute('aria-label') || '').includes(words));`

// sees waits until ContactPad shows words.
func (p *person) sees(words string) {
	p.t.Helper()
	p.watch(p.pad, "ContactPad", words, true)
}

// misses waits until ContactPad no longer shows words.
func (p *person) misses(words string) {
	p.t.Helper()
	p.watch(p.pad, "ContactPad", words, false)
}

// consoleSees waits until the console shows words.
func (p *person) consoleSees(words string) {
	p.t.Helper()
	p.watch(p.console, "the console", words, true)
}

func (p *person) watch(page context.Context, name, words string, want bool) {
	p.t.Helper()
	last := ""
	defer func() {
		if p.t.Failed() {
			p.t.Logf("%s of %s shows:\n%s", name, p.name, last)
		}
	}()
	verb := "show"
	if !want {
		verb = "no longer show"
	}
	untilSeen(p.t, fmt.Sprintf("%s of %s to %s %q", name, p.name, verb, words), func() bool {
		last = js[string](p.t, page, `return document.body.innerText`)
		return strings.Contains(last, words) == want
	})
}

// spot is where something is on the screen, in its page's own coordinates.
type spot struct{ X, Y float64 }

// press clicks the control of ContactPad that has these words, once it is there and
// not switched off, as a person does: with the mouse, so that what is covered or
// hidden cannot be pressed.
func (p *person) press(words string) {
	p.t.Helper()
	p.pressIn(p.pad, "ContactPad", controls, words)
}

// presses presses until ContactPad shows words: for a moment after the selection has
// changed by itself its dock ignores clicks, so that none meets the wrong customer.
func (p *person) presses(words, until string) {
	p.t.Helper()
	last := ""
	defer func() {
		if p.t.Failed() {
			p.t.Logf("ContactPad of %s shows:\n%s", p.name, last)
		}
	}()
	untilSeen(p.t, fmt.Sprintf("%q to lead to %q in ContactPad of %s", words, until, p.name), func() bool {
		last = js[string](p.t, p.pad, `return document.body.innerText`)
		if strings.Contains(last, until) {
			return true
		}
		p.click(p.pad, controls, words)
		return false
	})
}

// controls is what a person can press.
const controls = "button, [role=menuitemradio], [role=menuitem], [role=radio], [role=option], a"

func (p *person) pressIn(page context.Context, name, what, words string) {
	p.t.Helper()
	untilSeen(p.t, fmt.Sprintf("%q in %s of %s", words, name, p.name), func() bool { return p.click(page, what, words) })
}

// click clicks what has these words, if it is there to be clicked.
func (p *person) click(page context.Context, what, words string) bool {
	p.t.Helper()
	at := js[*spot](p.t, page, finds+`const e = find(%s, %s); if (!e || e.disabled || e.getAttribute('aria-disabled') === 'true') return null;
		e.scrollIntoView({block: 'nearest'}); const r = e.getBoundingClientRect(), x = r.x + r.width / 2, y = r.y + r.height / 2;
		return e.contains(document.elementFromPoint(x, y)) ? {X: x, Y: y} : null`, what, words)
	if at == nil {
		return false
	}
	if page == p.pad {
		frame := js[spot](p.t, p.console, `const r = document.querySelector('iframe.pad').getBoundingClientRect(); return {X: r.x, Y: r.y}`)
		at.X, at.Y = at.X+frame.X, at.Y+frame.Y
	}
	if err := chromedp.Do(p.console, chromedp.MouseClickXY(at.X, at.Y)); err != nil {
		p.t.Fatalf("click %q: %v", words, err)
	}
	return true
}

// opens brings an item of the utility bar to the front.
func (p *person) opens(item string) {
	p.t.Helper()
	p.pressIn(p.console, "the utility bar", ".utility-bar button, footer button, nav button", item)
}

// accepts accepts the request that Omni-Channel shows, and goes back to ContactPad.
func (p *person) accepts() {
	p.t.Helper()
	p.opens("Omni-Channel")
	before := p.office.opened(p.name)
	untilSeen(p.t, p.name+" to accept", func() bool {
		p.click(p.console, "button", "Accept")
		return p.office.opened(p.name) > before
	})
	p.opens("ContactPad")
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

// logsIn logs in to ContactPad, through the org's page in a pop-up.
func (p *person) logsIn() {
	p.t.Helper()
	p.press("Log in with Salesforce")
	p.allows()
	p.sees("Ready (")
}

// allows lets the org's page say who it is.
func (p *person) allows() {
	p.t.Helper()
	var id target.ID
	untilSeen(p.t, "the org's login page", func() bool {
		infos, err := chromedp.Targets(p.console)
		if err != nil {
			p.t.Fatalf("list targets: %v", err)
		}
		mine := chromedp.FromContext(p.console).BrowserContextID
		for _, info := range infos {
			if info.Type == "page" && strings.HasPrefix(info.URL, p.office.org.URL()+"/setup/secur/") && info.BrowserContextID == mine {
				id = info.TargetID
			}
		}
		return id != ""
	})
	popup, cancel := chromedp.NewContext(p.console, chromedp.WithTargetID(id))
	p.t.Cleanup(cancel)
	if err := chromedp.Do(popup); err != nil {
		p.t.Fatalf("attach to the pop-up: %v", err)
	}
	untilSeen(p.t, "the button of the login page", func() bool {
		return js[bool](p.t, popup, `const who = [...document.querySelectorAll('input[name=username]')].find((e) => e.value.startsWith(%s + '@'));
			const go = document.querySelector('form#allow button.brand, button.brand'); if (!who || !go) return false; who.checked = true; setTimeout(() => go.click()); return true`, p.name)
	})
}

// shoot keeps a picture of the console for people to look at, if they want any.
func (p *person) shoot(name string) {
	p.t.Helper()
	dir := os.Getenv("OMNIBRIDGE_TEST_SCREENSHOTS")
	if dir == "" {
		return
	}
	picture, err := chromedp.Run(p.console, chromedp.CaptureScreenshot())
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, strings.ReplaceAll(p.t.Name(), "/", "_")+"-"+name+".png"), picture, 0o600)
	}
	if err != nil {
		p.t.Errorf("take a picture: %v", err)
	}
}

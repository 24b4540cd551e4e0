package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/cdproto"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/target"
	"github.com/chromedp/chromedp"
)

// person is an agent at their desk: a browser with the console and ContactPad in it.
type person struct {
	t       *testing.T
	office  *office
	name    string          // local part of the username
	console context.Context // the console's page
	pad     context.Context // the frame in it
	missed  string          // why the last click met nothing, if so
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
	err := chromedp.Do(p.console) // the tab lives as long as this context
	if err == nil {
		ctx, cancel := context.WithTimeout(p.console, browserPatience)
		defer cancel()
		err = chromedp.Do(ctx, chromedp.EmulateViewport(1280, 800), chromedp.Navigate(p.office.org.URL()+"/lightning/page/home?user="+p.name))
	}
	if err != nil {
		p.t.Fatalf("open the console: %v", err)
	}
	p.attach()
}

// leaves closes the tab. One that is closed already is as good.
func (p *person) leaves() {
	p.t.Helper()
	c := chromedp.FromContext(p.console)
	if _, err := cdp.Call(p.console, c.Browser, target.CloseTarget, target.CloseTargetParams{TargetID: c.Target.TargetID}); err != nil {
		p.t.Logf("close the tab of %s: %v", p.name, err)
	}
	untilSeen(p.t, "the tab of "+p.name+" to be closed", func() bool {
		return !slices.ContainsFunc(p.targets(), func(i *target.Info) bool { return i.TargetID == c.Target.TargetID })
	})
}

// targets are the tabs, pop-ups and frames of the browser.
func (p *person) targets() []*target.Info {
	p.t.Helper()
	infos, err := chromedp.Targets(p.console)
	if err != nil {
		p.t.Fatalf("list targets: %v", err)
	}
	return infos
}

// meets attaches to a frame or pop-up, once there is one that is meant. It stays when
// the test lets go of it: to close a frame is to close its tab.
func (p *person) meets(what string, meant func(*target.Info) bool) context.Context {
	p.t.Helper()
	var id target.ID
	untilSeen(p.t, what, func() bool {
		for _, info := range p.targets() {
			if meant(info) {
				id = info.TargetID
			}
		}
		return id != ""
	})
	return p.joins(what, id, chromedp.WithDetachOnCancel())
}

// joins attaches to a target. The driver races with itself if that changes its elements
// just then (chromedp v0.23.0: Target.domEvent looks into the map of nodes without the
// lock under which Target.documentUpdated fills it): so what tells of such a change waits
// until the driver is done. It only comes after the answer that fills the map.
func (p *person) joins(what string, id target.ID, more ...chromedp.ContextOption) context.Context {
	p.t.Helper()
	attached, done := context.WithTimeout(p.console, browserPatience)
	defer done()
	still := chromedp.WithListener(func(e any) {
		if kind := fmt.Sprintf("%T", e); strings.HasPrefix(kind, "*dom.") && kind != "*dom.EventDocumentUpdated" {
			<-attached.Done()
		}
	})
	ctx, cancel := chromedp.NewContext(p.console, append(more, chromedp.WithTargetID(id), still)...)
	p.t.Cleanup(cancel)
	if err := chromedp.Do(ctx); err != nil {
		p.t.Fatalf("attach to %s: %v", what, err)
	}
	return ctx
}

// attach finds ContactPad's frame in the console, once its page has begun.
func (p *person) attach() {
	p.t.Helper()
	p.consoleUntil("ContactPad to have begun", `[...document.querySelectorAll('.utility')].some((b) => b.textContent.includes('ContactPad: '))`)
	mine := chromedp.FromContext(p.console).Target.TargetID
	p.pad = p.meets("ContactPad's frame", func(info *target.Info) bool {
		return info.Type == "iframe" && strings.HasPrefix(info.URL, p.office.cfg.PublicURL+"/pad/") && info.ParentID == mine
	})
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
	for {
		v, err := chromedp.Run(ctx, chromedp.Evaluate[T](script, chromedp.EvalAwaitPromise))
		switch {
		case err == nil:
			return v
		case !replaced(err):
			t.Fatalf("%v\n%s", err, script)
		}
	}
}

// replaced tells whether a script did not end since its page was loaded anew meanwhile.
func replaced(err error) bool {
	e, ok := errors.AsType[*cdproto.Error](err)
	return ok && slices.ContainsFunc([]string{"context was destroyed", "Cannot find default execution context", "navigated or closed"}, func(s string) bool { return strings.Contains(e.Message, s) })
}

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
	verb := "show"
	if !want {
		verb = "no longer show"
	}
	p.holds(page, fmt.Sprintf("%s to %s %q", name, verb, words), `document.body.innerText.includes(%s) === %s`, words, want)
}

// until waits until a condition, in JavaScript, holds in ContactPad.
func (p *person) until(what, condition string, args ...any) {
	p.t.Helper()
	p.holds(p.pad, what, condition, args...)
}

// consoleUntil waits until a condition, in JavaScript, holds in the console.
func (p *person) consoleUntil(what, condition string, args ...any) {
	p.t.Helper()
	p.holds(p.console, what, condition, args...)
}

// verdict is whether a condition held, or else what went wrong in it.
type verdict struct {
	Held bool
	Why  string
}

// holds waits until a condition holds in a page. The page itself looks, at each of its
// changes, so that nothing is missed that does not last.
func (p *person) holds(page context.Context, what, condition string, args ...any) {
	p.t.Helper()
	var last verdict
	defer func() {
		if p.t.Failed() && !last.Held {
			p.t.Logf("%s\n%s shows:\n%s", last.Why, p.name, js[string](p.t, page, `return document.body.innerText`))
		}
	}()
	untilSeen(p.t, fmt.Sprintf("%s (%s)", what, p.name), func() bool {
		last = js[verdict](p.t, page, `return await new Promise((done) => {
			let why = '';
			const end = (held) => { changes.disconnect(); clearInterval(often); clearTimeout(enough); done({Held: held, Why: why}); };
			const look = () => { try { if (`+condition+`) end(true); } catch (e) { why = String(e); } };
			const changes = new MutationObserver(look), often = setInterval(look, 100), enough = setTimeout(() => end(false), 1000);
			changes.observe(document, {subtree: true, childList: true, characterData: true, attributes: true});
			look();
		})`, args...)
		return last.Held
	})
}

// opens brings an item of the utility bar to the front.
func (p *person) opens(item string) {
	p.t.Helper()
	p.pressIn(p.console, "the utility bar", ".utility-bar button, footer button, nav button", item)
}

// accepts accepts the request that Omni-Channel shows, and goes back to ContactPad.
func (p *person) accepts() {
	p.t.Helper()
	before, pressed := p.office.opened(p.name), false
	untilSeen(p.t, p.name+" to accept", func() bool {
		if !pressed && p.front("Omni-Channel") {
			pressed = p.click(p.console, ".request button", "Accept")
		}
		return p.office.opened(p.name) > before
	})
	// The console minimises Omni-Channel when it hears of what was accepted, which may
	// be later: so whatever is in front by then.
	untilSeen(p.t, "ContactPad in front of "+p.name, func() bool { return p.front("ContactPad") })
}

// front brings an item of the utility bar to the front, if it is not there.
func (p *person) front(item string) bool {
	p.t.Helper()
	if js[bool](p.t, p.console, `return [...document.querySelectorAll('.utility.open')].some((b) => b.innerText.includes(%s))`, item) {
		return true
	}
	p.click(p.console, ".utility", item)
	return false
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
	allowed := false
	defer func() {
		if p.t.Failed() && !allowed {
			for _, info := range p.targets() {
				p.t.Logf("the browser has the %s %s", info.Type, info.URL)
			}
			p.t.Logf("ContactPad of %s shows:\n%s", p.name, js[string](p.t, p.pad, `return document.body.innerText`))
		}
	}()
	mine := chromedp.FromContext(p.console).BrowserContextID
	popup := p.meets("the org's login page", func(info *target.Info) bool {
		read := !strings.Contains(info.Title, "/setup/secur/") // until then its title is its address
		return info.Type == "page" && strings.HasPrefix(info.URL, p.office.org.URL()+"/setup/secur/") && read && info.BrowserContextID == mine
	})
	untilSeen(p.t, "the button of the login page", func() bool {
		return js[bool](p.t, popup, `const who = [...document.querySelectorAll('input[name=username]')].find((e) => e.value.startsWith(%s + '@'));
			const go = document.querySelector('form#allow button.brand, button.brand'); if (!who || !go) return false; who.checked = true; setTimeout(() => go.click()); return true`, p.name)
	})
	allowed = true
}

// shoot keeps a picture of the console for people to look at, if they want any.
func (p *person) shoot(name string) {
	p.t.Helper()
	dir := os.Getenv("OMNIBRIDGE_TEST_SCREENSHOTS")
	if dir == "" {
		return
	}
	ctx, cancel := context.WithTimeout(p.console, browserPatience)
	defer cancel()
	picture, err := chromedp.Call(ctx, page.CaptureScreenshot, page.CaptureScreenshotParams{OptimizeForSpeed: new(true)})
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, strings.ReplaceAll(p.t.Name(), "/", "_")+"-"+name+".png"), picture.Data, 0o600)
	}
	if err != nil {
		p.t.Errorf("take a picture: %v", err)
	}
}

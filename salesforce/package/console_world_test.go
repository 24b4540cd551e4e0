package deploy_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"omnibridge/salesforce/mockorg"
	deploy "omnibridge/salesforce/package"
)

// office is a mock org with a console, in which the ContactPad item frames the
// page of stubs.
type office struct {
	t     *testing.T
	o     *mockorg.Org
	url   string
	token string
	loads atomic.Int64 // of the panel's page
}

func newOffice(t *testing.T, change func(*mockorg.Options)) *office {
	t.Helper()
	f := &office{t: t}
	files := http.FileServer(http.Dir("testdata"))
	pad := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		f.loads.Add(1)
		files.ServeHTTP(w, r)
	}))
	t.Cleanup(pad.Close)
	options := mockorg.Options{Console: mockorg.Console{Bridge: deploy.Bridge, ContactPadURL: strings.Replace(pad.URL, "127.0.0.1", "localhost", 1) + "/page.html"}}
	if change != nil {
		change(&options)
	}
	var err error
	if f.o, err = mockorg.New(options); err != nil {
		t.Fatal(err)
	}
	f.must(f.o.SetPushTimeout(600)) // what alerts waits for a busy machine
	server := httptest.NewServer(f.o)
	t.Cleanup(func() { _ = f.o.Close(); server.Close() })
	f.url = server.URL
	return f
}

// post makes one request to the org's REST API.
func (f *office) post(path string, body, into any) {
	f.t.Helper()
	if f.token == "" {
		reply, err := http.PostForm(f.url+"/services/oauth2/token", url.Values{"grant_type": {"client_credentials"}, "client_id": {mockorg.DefaultClientID}, "client_secret": {mockorg.DefaultClientSecret}})
		f.must(err)
		defer reply.Body.Close()
		var token struct {
			AccessToken string `json:"access_token"`
		}
		f.must(json.NewDecoder(reply.Body).Decode(&token))
		f.token = token.AccessToken
	}
	text, err := json.Marshal(body)
	f.must(err)
	r, err := http.NewRequestWithContext(f.t.Context(), http.MethodPost, f.url+path, bytes.NewReader(text))
	f.must(err)
	r.Header.Set("Authorization", "Bearer "+f.token)
	r.Header.Set("Content-Type", "application/json")
	reply, err := http.DefaultClient.Do(r)
	f.must(err)
	defer reply.Body.Close()
	if reply.StatusCode/100 != 2 {
		var text bytes.Buffer
		_, _ = text.ReadFrom(reply.Body)
		f.t.Fatalf("POST %s %s: status %d: %s", path, body, reply.StatusCode, text.String())
	}
	if into != nil {
		f.must(json.NewDecoder(reply.Body).Decode(into))
	}
}

func (f *office) must(err error) {
	f.t.Helper()
	if err != nil {
		f.t.Fatal(err)
	}
}

// work starts a work item and, if an agent is named, pushes it there.
func (f *office) work(object, queue, agent string) (id, pushed string) {
	f.t.Helper()
	made, err := f.o.AddWork(mockorg.NewWork{Object: object, Queue: queue, Name: "Maria Lopez"})
	f.must(err)
	if agent == "" {
		return made.ID, ""
	}
	var channel any
	for _, row := range f.o.Records("ServiceChannel") {
		if row["RelatedEntity"] == object {
			channel = row["Id"]
		}
	}
	state, err := f.o.Agent(agent).State()
	f.must(err)
	var reply struct {
		ID string `json:"id"`
	}
	f.post("/services/data/v67.0/sobjects/AgentWork", map[string]any{"ServiceChannelId": channel, "WorkItemId": made.ID, "UserId": state.ID, "PendingServiceRoutingId": made.PSR}, &reply)
	return made.ID, reply.ID
}

// row is a live or deleted record.
func (f *office) row(id string) mockorg.Row {
	for _, object := range []string{"AgentWork", "Case", "LiveChatTranscript", "MessagingSession"} {
		for _, row := range f.o.Records(object) {
			if row["Id"] == id {
				return row
			}
		}
	}
	f.t.Fatalf("no record %s", id)
	return nil
}

// desk is one page of the console in a browser.
type desk struct {
	*office
	ctx context.Context
}

// words are what the scripts of these tests are written in.
const words = `
const $ = (css) => document.querySelector(css), $$ = (css) => [...document.querySelectorAll(css)], text = (css) => ($(css) ? $(css).innerText.replace(/\s+/g, ' ').trim() : '');
const wait = async (want) => { for (const end = performance.now() + 50000; performance.now() < end; await new Promise((r) => setTimeout(r, 10))) { let v; try { v = await want(); } catch { v = null; } if (v) return v; } throw new Error('waited in vain for ' + want + ' in ' + document.body.innerText); };
const utility = (name) => $$('.utility').find((b) => b.innerText.includes(name)), button = (name) => $$('button').find((b) => b.innerText.trim().startsWith(name) && b.offsetParent);
window.got ??= []; if (!window.hearing) { window.hearing = true; addEventListener('message', (e) => { if (e.data && e.data.test === 'got') window.got.push(e.data.m); }); }
const send = (m) => $('iframe').contentWindow.postMessage({ test: 'send', m: { omnibridge: 1, ...m } }, '*');
const call = async (name, args) => { const id = String(Math.random()); send({ kind: 'call', id, name, args }); const m = await wait(() => got.find((g) => g.id === id)); return m.ok ? m.result : m.error.code; };
const heard = (name) => wait(() => got.find((m) => m.name === name)).then((m) => m.data);
const greet = async () => { await wait(() => $('iframe')); await wait(() => { send({ kind: 'hello', versions: [1] }); return got.some((m) => m.kind === 'ready'); }); };
`

// sit opens the console as a user, in a browser of its own.
func (f *office) sit(user string) *desk {
	f.t.Helper()
	return f.visit(f.url + "/lightning/page/home?user=" + user).ready()
}

// visit opens a page in a browser of its own.
func (f *office) visit(address string) *desk {
	f.t.Helper()
	if _, err := exec.LookPath("chromium"); err != nil {
		missing(f.t)
	}
	all, err := browser()
	f.must(err)
	ctx, cancel := chromedp.NewContext(all, chromedp.WithNewBrowserContext())
	f.t.Cleanup(cancel)
	d := &desk{f, ctx}
	f.must(chromedp.Do(ctx)) // a tab lives as long as the context of its first step
	d.do(chromedp.EmulateViewport(1280, 800), chromedp.Navigate(address))
	return d
}

// beside opens one more page in the same browser.
func (d *desk) beside(address string) *desk {
	d.t.Helper()
	ctx, cancel := chromedp.NewContext(d.ctx)
	d.t.Cleanup(cancel)
	other := &desk{d.office, ctx}
	d.must(chromedp.Do(ctx))
	other.do(chromedp.EmulateViewport(1280, 800), chromedp.Navigate(address))
	return other
}

// ready waits until the widget knows its state.
func (d *desk) ready() *desk {
	d.t.Helper()
	d.js(`await wait(() => $('.omni-status'))`)
	return d
}

func (d *desk) do(steps ...chromedp.Action[chromedp.Void]) {
	d.t.Helper()
	ctx, cancel := context.WithTimeout(d.ctx, patience)
	defer cancel()
	d.must(chromedp.Do(ctx, steps...))
}

// focus puts the focus on what a selector finds. Between looking for it and doing so the
// page cannot draw it anew, as it can between two steps of the browser's driver.
func focus(css string) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		script := fmt.Sprintf("document.querySelector(%q).focus()", css)
		r, err := cdp.Call(ctx, target, runtime.Evaluate, runtime.EvaluateParams{Expression: script})
		if err == nil && r.ExceptionDetails != nil {
			err = fmt.Errorf("%s: %s", script, r.ExceptionDetails.Text)
		}
		return err
	})
}

// js runs a script of words and returns its value as JSON.
func (d *desk) js(script string) string {
	d.t.Helper()
	return run(d.t, d.ctx, words, script)
}

// want compares what a script returns with JSON.
func (d *desk) want(want, script string) {
	d.t.Helper()
	if got := d.js(script); got != want {
		d.t.Errorf("%s\nis %s\nwant %s", script, got, want)
	}
}

// online puts the agent of the page on duty.
func (d *desk) online(agent string) *desk {
	d.t.Helper()
	d.must(d.o.Agent(agent).Online("Available"))
	d.js(`await wait(() => text('.utility').includes('Available'))`)
	return d
}

// picture keeps what the page looks like.
func (d *desk) picture(name string) {
	d.t.Helper()
	png, err := chromedp.Run(d.ctx, chromedp.CaptureScreenshot())
	d.must(err)
	d.must(os.WriteFile(filepath.Join(d.t.ArtifactDir(), name+".png"), png, 0o644))
}

// until waits for something that the org does.
func (f *office) until(what string, ok func() bool) {
	f.t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(patience); !ok(); <-tick.C {
		if time.Now().After(end) {
			f.t.Fatalf("waited in vain until %s", what)
		}
	}
}

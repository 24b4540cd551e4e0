package ops_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"omnibridge/connector"
	"omnibridge/connector/ops"
	"omnibridge/omnichannel"
	"omnibridge/vcc"
)

// patience bounds every wait for a browser.
const patience = time.Minute

// moving is a daemon that a test changes while somebody looks.
type moving struct {
	mu sync.Mutex
	fake
}

func (m *moving) change(fn func(*fake)) {
	m.mu.Lock()
	defer m.mu.Unlock()
	fn(&m.fake)
}

// View is a copy, as the daemon's is.
func (m *moving) View(ctx context.Context) (v connector.View, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	was, err := m.fake.View(ctx)
	if err != nil {
		return v, err
	}
	doc, err := json.Marshal(was)
	if err != nil {
		return v, err
	}
	return v, json.Unmarshal(doc, &v)
}

func (m *moving) Links() ([]omnichannel.Link, time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.fake.Links()
}

func (m *moving) Agent(ctx context.Context, id vcc.AgentID) (connector.AgentView, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.fake.Agent(ctx, id)
}

// looking is the status page in a browser.
type looking struct {
	t    *testing.T
	ctx  context.Context
	d    *moving
	url  string
	asks atomic.Int64 // how often the page asked for itself
}

func look(t *testing.T) *looking {
	t.Helper()
	if _, err := exec.LookPath("chromium"); err != nil {
		if os.Getenv("OMNIBRIDGE_TEST_REQUIRE_ALL") != "" {
			t.Fatal("chromium is missing, and OMNIBRIDGE_TEST_REQUIRE_ALL is set")
		}
		t.Skip("chromium is missing (apt-get install chromium)")
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath("chromium"), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.Flag("disable-quic", true), chromedp.Env("LANG=en_GB.UTF-8", "TZ=UTC"), chromedp.WSURLReadTimeout(time.Minute))
	allocator, stopAll := chromedp.NewExecAllocator(t.Context(), options...)
	t.Cleanup(stopAll)
	ctx, stop := chromedp.NewContext(allocator)
	t.Cleanup(stop)
	if err := chromedp.Do(ctx); err != nil { // without a deadline: the browser ends with its first context
		t.Fatalf("start the browser: %v", err)
	}
	l := &looking{t: t, ctx: ctx, d: &moving{fake: house()}}
	o := full()
	o.Daemon = l.d
	pages := ops.Handler(o)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/" {
			l.asks.Add(1)
		}
		pages.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	l.url = server.URL
	l.do(chromedp.EmulateViewport(1200, 900), chromedp.Navigate(l.url+"/"))
	return l
}

func (l *looking) do(steps ...chromedp.Action[chromedp.Void]) {
	l.t.Helper()
	ctx, cancel := context.WithTimeout(l.ctx, patience)
	defer cancel()
	if err := chromedp.Do(ctx, steps...); err != nil {
		l.t.Fatalf("browser: %v", err)
	}
}

func eval[T any](l *looking, script string) T {
	l.t.Helper()
	ctx, cancel := context.WithTimeout(l.ctx, patience)
	defer cancel()
	v, err := chromedp.Run(ctx, chromedp.Evaluate[T](script, chromedp.EvalAwaitPromise))
	if err != nil {
		l.t.Fatalf("script: %v\n%s", err, script)
	}
	return v
}

// until waits until an expression holds in the page.
func (l *looking) until(expression string) {
	l.t.Helper()
	ctx, cancel := context.WithTimeout(l.ctx, patience)
	defer cancel()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		if holds, err := chromedp.Run(ctx, chromedp.Evaluate[bool]("(async () => !!await ("+expression+"))()", chromedp.EvalAwaitPromise)); holds {
			return
		} else if err != nil && ctx.Err() == nil {
			l.t.Fatalf("waiting for %s: %v", expression, err)
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			l.t.Fatalf("waited %v for %s", patience, expression)
		}
	}
}

// more waits until the page has asked for itself n more times.
func (l *looking) more(n int64) {
	l.t.Helper()
	want := l.asks.Load() + n
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	end := time.After(patience)
	for l.asks.Load() < want {
		select {
		case <-tick.C:
		case <-end:
			l.t.Fatalf("the page did not ask %d more times", n)
		}
	}
}

func (l *looking) key(keys string) { l.t.Helper(); l.do(chromedp.KeyEvent(keys)) }

// picture keeps a picture for people to look at.
func (l *looking) picture(name string) {
	l.t.Helper()
	png, err := chromedp.Run(l.ctx, chromedp.FullScreenshot(100))
	if err != nil {
		l.t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(l.t.ArtifactDir(), name+".png"), png, 0o644); err != nil {
		l.t.Fatal(err)
	}
}

// wrong lists what is wrong with the page as it is.
const wrong = `(async (withAxe) => {
	const out = [], root = document.documentElement;
	const scope = document.querySelector("dialog[open]") ?? document.body;
	if (root.scrollWidth > root.clientWidth) out.push("the page is wider than the window by " + (root.scrollWidth - root.clientWidth));
	for (const el of [scope, ...scope.querySelectorAll("section, table, td, th, li, dialog")]) {
		if (el.closest(".hidden") || getComputedStyle(el).position === "absolute" || el.closest("thead")) continue;
		if (el.clientWidth && el.scrollWidth > el.clientWidth + 1) out.push("wider than its place by " + (el.scrollWidth - el.clientWidth) + ": " + el.outerHTML.slice(0, 150));
	}
	for (const el of scope.querySelectorAll(".stack th[scope=row]")) {
		if (el.clientWidth && el.clientWidth < 100) out.push("a name has only " + el.clientWidth + ": " + el.innerText);
	}
	for (const el of scope.querySelectorAll("button")) {
		const r = el.getBoundingClientRect();
		if (r.width && !el.closest("thead") && (r.height < 31.5 || r.width < 24)) out.push("a target of " + r.width + " by " + r.height + ": " + el.outerHTML);
	}
	if (!withAxe) return out;
	const found = await axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"], resultTypes: ["violations"] });
	for (const v of found.violations) for (const n of v.nodes) out.push("axe " + v.id + " (" + v.impact + "): " + n.html.slice(0, 200) + " " + (n.any[0]?.message ?? n.all[0]?.message ?? n.none[0]?.message ?? ""));
	return out;
})(%t)`

// TestPageLooks looks at the pages in four widths, light and dark: nothing is wider
// than its place, and axe-core finds nothing.
func TestPageLooks(t *testing.T) {
	l := look(t)
	axe, err := os.ReadFile("../../testdata/pages/node_modules/axe-core/axe.min.js")
	if err != nil && os.Getenv("OMNIBRIDGE_TEST_REQUIRE_ALL") != "" {
		t.Fatal("axe-core is missing (npm ci in testdata/pages), and OMNIBRIDGE_TEST_REQUIRE_ALL is set")
	}
	for _, scheme := range []string{"light", "dark"} {
		if _, err := chromedp.Call(l.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}}); err != nil {
			t.Fatal(err)
		}
		for _, width := range []int64{320, 768, 1024, 1400} {
			for name, then := range map[string]string{
				"status": "", "agent": `document.querySelector('a[href="agent?agent=005A"]').click()`, "why": `document.querySelector('a[href="why?interaction=0JR3"]').click()`,
			} {
				l.do(chromedp.EmulateViewport(width, 900), chromedp.Navigate(l.url+"/"))
				if then != "" {
					eval[any](l, then)
					l.until(`document.querySelector("dialog[open] h1")`)
				}
				if axe != nil {
					eval[bool](l, string(axe)+"; true")
				}
				for _, is := range eval[[]string](l, fmt.Sprintf(wrong, axe != nil)) {
					t.Errorf("%s, %d wide, %s: %s", name, width, scheme, is)
				}
				l.picture(fmt.Sprintf("%s-%d-%s", name, width, scheme))
			}
		}
	}
}

// TestPageUpdatesInPlace holds that what changes is changed, and that all else, focus
// among it, stays.
func TestPageUpdatesInPlace(t *testing.T) {
	l := look(t)
	eval[any](l, `window.row = document.querySelector('tr[data-key="005D"]'); row.querySelector("a").focus(); 0`)
	l.d.change(func(d *fake) {
		a := &d.view.AgentStats[3]
		a.Shown, a.Mark, a.Why = "Ready (Idle)", "ready", ""
		d.view.Plans[1].Waiting = 9
	})
	l.until(`row.innerText.includes("Ready (Idle)")`)
	if !eval[bool](l, `row === document.querySelector('tr[data-key="005D"]') && document.activeElement === row.querySelector("a")`) {
		t.Error("the row was made anew, or lost the focus")
	}
	l.until(`document.querySelector("#live dl").innerText.includes("11") && !document.querySelector("#attention").innerText.includes("Tom Baker")`)
	l.d.change(func(d *fake) {
		a := &d.view.AgentStats[0]
		a.Mark, a.Shown, a.Why = "blocked", "Ready (Blocked)", "Release failed"
	})
	l.until(`document.querySelector("#say").textContent === "Attention: Ada Okafor is blocked: Release failed"`)
}

// TestPageIsAsOneOpenedNow holds that a page that has stood open says, after changes of
// everything in it, no more and no less than one that is opened now.
func TestPageIsAsOneOpenedNow(t *testing.T) {
	l := look(t)
	l.do(chromedp.MouseEvent(input.DispatchMouseEventTypeMouseMoved, 2, 2)) // points at no table
	same := func(when string) {
		t.Helper()
		l.more(2)
		l.until(`(async () => {
			const now = new DOMParser().parseFromString(await (await fetch("./")).text(), "text/html");
			const said = root => root.querySelector("#live").textContent.replace(/\s+/g, " ");
			return said(document) === said(now);
		})()`)
		if n, want := eval[int](l, `document.querySelectorAll('[data-key="technics"] tr').length`), 2+len(l.d.view.Links)+len(l.d.view.Budget); n != want {
			t.Errorf("%s: the tables of links and allowances have %d rows, want %d", when, n, want)
		}
	}
	same("nothing changed")
	l.d.change(func(d *fake) {
		d.view.Links[0].State, d.view.Links[0].Reason = "down", "gone"
		d.view.Budget[0].Used++
		d.view.Plans = d.view.Plans[1:]
	})
	same("a link went down")
	l.d.change(func(d *fake) {
		d.view.Budget = d.view.Budget[:1]
		d.view.AgentStats = d.view.AgentStats[1:]
	})
	same("rows went")
}

func TestPausedPageStandsStill(t *testing.T) {
	l := look(t)
	// Counted in the page: one that it asked before may come to the server late.
	eval[any](l, `const ask = fetch; window.asked = 0; window.fetch = (...how) => { window.asked++; return ask(...how) }; document.querySelector("#pause").focus(); 0`)
	l.key(kb.Enter)
	l.until(`document.querySelector("#pause").getAttribute("aria-pressed") === "true" && document.querySelector("#say").textContent.startsWith("Paused. As of 10:00:00")`)
	asked := eval[int](l, `window.asked`)
	l.d.change(func(d *fake) { d.view.Plans[1].Waiting = 77 })
	same := eval[bool](l, `(async () => {
		const was = document.querySelector("#live").innerHTML;
		await new Promise(done => setTimeout(done, 5000)); // more than two rounds
		return was === document.querySelector("#live").innerHTML;
	})()`)
	if n := eval[int](l, `window.asked`) - asked; !same || n != 0 {
		t.Errorf("a paused page asked %d times, unchanged: %v", n, same)
	}
	l.key(kb.Enter)
	l.until(`document.querySelector('tr[data-key="Orders"]').innerText.includes("77")`)
}

// TestSortMovesNothingUnderThePointer holds that rows stay while somebody points at the
// table, and find their places afterwards.
func TestSortMovesNothingUnderThePointer(t *testing.T) {
	l := look(t)
	const keys = `[...document.querySelectorAll('section[data-key="plans"] tbody tr')].map(r => r.dataset.key).join()`
	if order := eval[string](l, keys); order != "Orders,Billing,Refunds" {
		t.Fatalf("at first %s", order)
	}
	eval[any](l, `[...document.querySelectorAll('section[data-key="plans"] thead button')].find(b => b.textContent === "Handled").focus(); 0`)
	l.key(kb.Enter)
	l.until(keys + ` === "Orders,Billing,Refunds" && document.querySelector('section[data-key="plans"] th[aria-sort]').getAttribute("aria-sort") === "descending"`)
	eval[any](l, `document.activeElement.blur(); 0`)
	at := eval[[]float64](l, `(() => { const r = document.querySelector('tr[data-key="Billing"]').getBoundingClientRect(); return [r.x + 30, r.y + 10]; })()`)
	l.do(chromedp.MouseEvent(input.DispatchMouseEventTypeMouseMoved, at[0], at[1]))
	l.d.change(func(d *fake) {
		d.view.Plans[0].Today.Handled = 99 // Billing
		d.view.Plans = append(d.view.Plans[:2], vcc.PlanStats{Plan: "New", Label: "New", Today: vcc.PlanTally{Handled: 60}})
	})
	l.until(`document.querySelector('tr[data-key="Billing"]').innerText.includes("99")`)
	l.more(2)
	if order := eval[string](l, keys); order != "Orders,Billing,Refunds,New" || !eval[bool](l, `document.querySelector('tr[data-key="Refunds"]').classList.contains("gone")`) {
		t.Errorf("rows moved under the pointer: %s", order)
	}
	l.do(chromedp.MouseEvent(input.DispatchMouseEventTypeMouseMoved, 2, 2))
	l.until(keys + ` === "Billing,New,Orders"`)
}

// TestDetailByKeyboard opens an agent and from there an interaction, and comes back.
func TestDetailByKeyboard(t *testing.T) {
	l := look(t)
	eval[any](l, `document.querySelector('a[href="agent?agent=005A"]').focus(); 0`)
	l.key(kb.Enter)
	l.until(`document.querySelector("dialog[open]") && document.activeElement.id === "detail-title" && document.activeElement.textContent.includes("What holds Ada Okafor")`)
	l.key(kb.Tab)
	l.until(`document.activeElement.textContent === "Maria Lopez"`)
	l.d.change(func(d *fake) { d.view.Holdings["005A"][0].State = vcc.CardHeld })
	l.until(`document.querySelector("dialog").innerText.includes("on hold") && document.activeElement.textContent === "Maria Lopez"`)
	l.key(kb.Enter)
	l.until(`document.activeElement.textContent.includes(": why") && document.querySelectorAll("dialog .story li").length === 6 && document.querySelector("dialog .quiet").innerText === "0:29 quiet"`)
	eval[any](l, `document.querySelector("#back").focus(); 0`)
	l.key(kb.Enter)
	l.until(`document.activeElement.textContent.includes("What holds Ada Okafor") && document.querySelector("#back").hidden`)
	l.key(kb.Escape)
	l.until(`!document.querySelector("dialog[open]") && document.activeElement.getAttribute("href") === "agent?agent=005A"`)
	if at := eval[string](l, `location.pathname`); at != "/" {
		t.Errorf("it went to %s", at)
	}
}

// TestDetailIsWhatWasChosen holds that what a slow look brings does not take the place of
// what was chosen meanwhile, and that a double click is one step.
func TestDetailIsWhatWasChosen(t *testing.T) {
	l := look(t)
	eval[any](l, `const ask = fetch; window.fetch = async (url, how) => {
		const answer = await ask(url, how)
		if (window.hold && String(url).startsWith("agent")) { window.held = true; await window.hold }
		return answer
	}; const link = document.querySelector('a[href="agent?agent=005A"]'); link.click(); link.click()`)
	title := `document.querySelector("dialog[open] h1")?.textContent`
	l.until(title + `.includes("What holds Ada Okafor")`)
	l.until(`document.querySelector("#back").hidden`)
	eval[any](l, `window.hold = new Promise(go => { window.go = go }); 0`)
	l.until(`window.held`)
	eval[any](l, `document.querySelector('dialog a[href^="why?"]').click()`)
	l.until(title + `.includes(": why")`)
	eval[any](l, `window.go(); 0`)
	l.more(2)
	if got := eval[string](l, title); !strings.Contains(got, ": why") {
		t.Errorf("the dialog went back to %q", got)
	}
	eval[any](l, `document.querySelector("#back").click()`)
	l.until(title + `.includes("What holds Ada Okafor") && document.querySelector("#back").hidden`)
	// A click on the edge of the dialog is one into it.
	at := eval[[]float64](l, `(() => { const r = document.querySelector("dialog").getBoundingClientRect(); return [r.left + 5, r.bottom - 5] })()`)
	l.do(chromedp.MouseClickXY(at[0], at[1]))
	if !eval[bool](l, `document.querySelector("dialog").open`) {
		t.Error("a click on its edge closed the dialog")
	}
	l.do(chromedp.MouseClickXY(at[0]-30, at[1]))
	l.until(`!document.querySelector("dialog").open`)
}

// TestPageSaysThatItIsOld holds that a page whose daemon is gone says so, once, and that
// it goes on by itself.
func TestPageSaysThatItIsOld(t *testing.T) {
	l := look(t)
	l.d.change(func(d *fake) { d.err = connector.ErrEnded })
	l.until(`!document.querySelector("#stale").hidden && document.querySelector("#stale").textContent.startsWith("Not up to date. As of 10:00:00.")`)
	l.d.change(func(d *fake) { d.err = nil })
	l.until(`document.querySelector("#stale").hidden && document.querySelector("#say").textContent === "Up to date again."`)
}

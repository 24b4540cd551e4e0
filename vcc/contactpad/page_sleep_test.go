package contactpad_test

import (
	"context"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"omnibridge/vcc"
	"omnibridge/vcc/contactpad"
	"omnibridge/vcc/contactpad/login/orgtest"
)

// freeze lets the browser freeze the tab, as it does with tabs in the background when
// it saves energy; thaw ends that.
func (s *stage) freeze() { s.t.Helper(); s.lifecycle(page.SetWebLifecycleStateStateFrozen) }

func (s *stage) thaw() {
	s.t.Helper()
	s.lifecycle(page.SetWebLifecycleStateStateActive)
	do(s.t, s.tab, chromedp.Func(bringToFront))
}

// bringToFront brings a tab before the others of its window.
func bringToFront(ctx context.Context, target *chromedp.Target) error {
	_, err := cdp.Call(ctx, target, page.BringToFront, cdp.Empty{})
	return err
}

func (s *stage) lifecycle(state page.SetWebLifecycleStateState) {
	s.t.Helper()
	do(s.t, s.tab, chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		_, err := cdp.Call(ctx, target, page.SetWebLifecycleState, page.SetWebLifecycleStateParams{State: state})
		return err
	}))
}

// A page that the browser freezes says so, shows, says and rings nothing of what came
// and went while it slept, comes back with a snapshot, and tells that it was asleep (M6).
func TestPageSleeps(t *testing.T) {
	d := idle()
	working(&d, "Ready (Working)", chat("01", "Maria Lopez", time.Minute))
	s := newStage(t, staging{desk: d})
	s.record()
	eval[bool](t, s.page, audio)
	// An hour passes while it is frozen: its own count of moments is moved.
	eval[bool](t, s.page, `(() => {
		const real = performance.now.bind(performance);
		let jump = 0;
		performance.now = () => real() + jump;
		window.most = 0;
		document.addEventListener("freeze", () => { jump = 3600e3 });
		new MutationObserver(() => { window.sawAlert ||= !!document.querySelector(".alert"); window.most = Math.max(window.most, window.rings) }).observe(document.body, { childList: true, subtree: true, characterData: true });
		return true;
	})()`)
	s.freeze()
	s.pad.await(t, "asleep", 1)
	s.pad.mu.Lock()
	s.pad.skew += time.Hour
	s.pad.mu.Unlock()
	for i := range 50 {
		s.pad.show(func(d *vcc.Desk) {
			working(d, "Ready (Working)", chat("01", "Maria Lopez", time.Minute))
			if i%2 == 0 {
				d.Cards = []vcc.Card{alertingCall("09", "Eva Lind", time.Minute), alertingChat("08", "Karl Ott", time.Minute)}
			}
		})
	}
	s.pad.show(func(d *vcc.Desk) {
		working(d, "Ready (Working)", caseCard("04", "00001044 Refund not received", time.Minute))
	})
	s.thaw()
	if first, again := s.pad.await(t, "hello", 1), s.pad.await(t, "hello", 2); first.text("panel") != again.text("panel") {
		t.Errorf("it came back as another panel: %v, then %v", first, again)
	}
	s.text("This tab was asleep")
	s.text("In that time you got no work.")
	s.text("While you were away: chat Maria Lopez left your list and case 00001044 Refund not received came.")
	s.wait(`document.querySelector("#dock [data-do=release]") && !document.querySelector("#dock [aria-disabled=true]")`)
	s.passes(time.Minute)
	if eval[bool](t, s.page, `!!window.sawAlert`) {
		t.Error("it showed an alert of the past")
	}
	if n := eval[int](t, s.page, `window.most`); n > 0 {
		t.Error("it rang for a call of the past")
	}
	for _, said := range eval[[]string](t, s.page, `spoken`) {
		if strings.Contains(said, "Eva Lind") || strings.Contains(said, "Karl Ott") {
			t.Errorf("it said %q", said)
		}
	}
	if n := eval[int](t, s.tab, `calls.filter((c) => /alerting/.test(c.args.label ?? "") || c.name === "toast").length`); n > 0 {
		t.Errorf("the utility bar was told %d times of what is past", n)
	}
}

// A tab that the agent does not look at stays live for as long as it takes: it is the
// server that asks. Here the browser throttles the timers of a hidden tab as it does
// after minutes (once a second, or once a minute where no connection is open), the page's
// own timers do not fire at all, and the lease is half of what it is, so that half a minute
// is two leases; the server asks often, since a busy machine lets what is hidden wait.
// Frozen, the page loses the lease at once, and has it back when it wakes.
func TestPageHiddenStaysLive(t *testing.T) {
	tab(t) // there is a chromium
	browser, stop, err := launch(
		chromedp.Flag("disable-background-timer-throttling", false), chromedp.Flag("disable-renderer-backgrounding", false),
		chromedp.Flag("disable-backgrounding-occluded-windows", false),
		chromedp.Flag("enable-features", "IntensiveWakeUpThrottling:grace_period_seconds/1"))
	t.Cleanup(stop)
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	url := "http://" + l.Addr().String()
	org := orgtest.New(t)
	org.Callback = url + "/pad/callback"
	host := newConsole(t, &pad{url: url}, []string{"openRecord", "utility"}, staging{w: 340, h: 480, theme: "light"})
	e := &engine{out: make(chan vcc.Desk, 1), asked: make(chan vcc.Command, 100)}
	e.desk = vcc.Desk{Name: "Ana Silva", Shown: "Logged out", Mark: "out", States: []vcc.AgentState{{Major: vcc.Ready}}, Cards: []vcc.Card{}, Notices: []vcc.Notice{}}
	const lease = 15 * time.Second
	server := serve(t, l, host, org, e, func(o *contactpad.Options) { o.Lease, o.AskEvery = lease, time.Second })

	do(t, browser, chromedp.EmulateViewport(420, 560), chromedp.Navigate(host))
	s := &stage{t: t, tab: browser, page: frameOf(t, browser, url+"/pad/"), w: 340, h: 480}
	s.click("#login")
	s.wait(`document.querySelector(".pad.in")`)
	until(t, "the panel to be told live", func() bool { p := e.lives(); return len(p) == 1 && p[0].Alive })

	// Another tab of the same window comes to the front.
	eval[bool](t, browser, `(window.other = window.open("about:blank"), true)`)
	s.wait(`document.hidden`)
	eval[bool](t, s.page, `(() => {
		const wait = setTimeout;
		for (let i = wait(() => {}, 0); i > 0; i--) clearTimeout(i); // intervals, too
		window.setTimeout = window.setInterval = () => 0;
		window.ticks = 0;
		(function tick() { window.ticks++; wait(tick, 100) })();
		return true;
	})()`)
	ticks := func() int { return eval[int](t, s.page, `window.ticks`) }
	wait := func(d time.Duration) {
		t.Helper()
		select {
		case <-time.After(d):
		case <-t.Context().Done():
		}
	}
	wait(5 * time.Second) // the browser begins to throttle
	before, began := ticks(), time.Now()
	wait(2 * lease)
	n := ticks() - before
	if took := time.Since(began); n > int(2*took.Seconds()) {
		t.Fatalf("a timer of 100 ms fired %d times in %v: the browser does not throttle, and nothing is shown", n, took)
	}
	if got := e.lives(); len(got) != 1 {
		t.Fatalf("the lease of a hidden tab was lost: %+v", got)
	}
	if st := server.Status(); len(st) != 1 || !st[0].Alive || st[0].Panels[0].Visible {
		t.Errorf("status %+v", st)
	}

	s.freeze()
	until(t, "the lease to be lost", func() bool { p := e.lives(); return len(p) == 2 && !p[1].Alive })
	if why := e.lives()[1].Why; why != "the browser put the tab of ContactPad to sleep" {
		t.Errorf("lost because %q", why)
	}
	wait(5 * time.Second) // five questions
	if n := len(e.lives()); n != 2 {
		t.Errorf("a page that is frozen was told live: %+v", e.panels())
	}
	s.thaw()
	until(t, "the lease to be back", func() bool { p := e.lives(); return len(p) == 3 && p[2].Alive })
	s.text("Ready (Idle)")
}

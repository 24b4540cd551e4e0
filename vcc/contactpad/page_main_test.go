package contactpad_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/target"
	"github.com/chromedp/chromedp"
)

// Which test holds which of the acceptance checks of panel-ux 7; the last three are the
// status page's and the mock console's:
//
//	 1 axe                     TestPageScenes, which TestPageInspectionFinds checks
//	 2 nothing too wide        TestPageScenes, TestPageLongWords
//	 3 targets, contrast       TestPageScenes, TestPageContrast
//	 4 names                   TestPageScenes, TestPageClocksAreSteady, TestPageTree
//	 5 keys                    TestPageTabOrder, TestPageWithoutPointer, TestPageByKeyboard, TestPageFinder, TestPageAbandon, TestPageStateMenu
//	 6 the focus stays         TestPageSpeaks, TestPageLeavesTypingAlone, TestPageWishesLapse, TestPageLostAndBack
//	 7 sentences               TestPageSpeaks, TestPageSpeaksOfCalls, TestPageSpeaksOfRefusals, TestPageSpeaksLittle
//	 8 the search              TestPageFinder, TestPageConsult, TestPageFinderLongList; A to Z: the engine's directory
//	 9 release                 TestPageRelease
//	10 records                 TestPageRecords; tabs: the bridge's tests; two panels: cmd/omnibridge
//	11 clocks                  TestPageClocks, TestPageClocksAreSteady
//	12 lease                   TestPageHiddenStaysLive, TestPageSleeps, TestPageAlive, TestLeaseLivesByAnswersAlone
//	13 ring                    TestPageRings
//	14 utility bar             TestPageUtilityBar, TestPageAcceptedByItself
//	15 abandon, wrap-up        TestPageAbandon, TestPageWrapUp
//	16 motion, contrast, grey  TestPageCalm, TestPageWithoutColour
//	17 offline and back        TestPageLostAndBack, TestPageMeanwhile
//	18 status page             connector/ops: TestStatusTellsWhatIsCounted, TestPausedPageStandsStill, TestSortMovesNothingUnderThePointer (it has no actions: TestPagesChangeNothing); vcc/engine: TestCountsAreThoseOfTheHistory
//	19 why                     connector/ops: TestWhyTellsTheJournalInOrder; vcc/engine: TestWhyWaiting, TestWhyNamesTheRule, TestHistories (its audit adds the counts up)
//	20 banner of the mock      salesforce/package: TestConsoleLooks

// patience bounds every wait of the browser tests: the machine may be busy.
const patience = time.Minute

// browser is the one browser of this package; every test has a tab of its own in it.
var browser struct {
	start sync.Once
	ctx   context.Context
	stop  context.CancelFunc
	err   error
}

func TestMain(m *testing.M) {
	code := m.Run()
	if browser.stop != nil {
		browser.stop()
	}
	os.Exit(code)
}

// missing ends a test whose tool is not on this machine; where all must be there,
// it fails.
func missing(t *testing.T, what string) {
	t.Helper()
	if os.Getenv("OMNIBRIDGE_TEST_REQUIRE_ALL") != "" {
		t.Fatalf("%s is missing, and OMNIBRIDGE_TEST_REQUIRE_ALL is set", what)
	}
	t.Skipf("%s is missing", what)
}

// tab opens a tab. Its browser has a fake microphone, and rings into nothing.
func tab(t *testing.T) context.Context {
	t.Helper()
	if _, err := exec.LookPath("chromium"); err != nil {
		missing(t, "chromium (apt-get install chromium)")
	}
	browser.start.Do(func() { browser.ctx, browser.stop, browser.err = launch() })
	if browser.err != nil {
		t.Fatalf("start the browser: %v", browser.err)
	}
	// A context of its own keeps what a browser stores apart.
	ctx, cancel := chromedp.NewContext(browser.ctx, chromedp.WithNewBrowserContext())
	t.Cleanup(cancel)
	if err := chromedp.Do(ctx); err != nil {
		t.Fatalf("open a tab: %v", err)
	}
	return ctx
}

// launch starts a browser, with more options if need be.
func launch(more ...chromedp.ExecAllocatorOption) (context.Context, context.CancelFunc, error) {
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath("chromium"), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.Flag("disable-quic", true), chromedp.Flag("mute-audio", true),
		chromedp.Flag("use-fake-ui-for-media-stream", true), chromedp.Flag("use-fake-device-for-media-stream", true),
		// Two panels in one browser: their addresses would be hidden from each other.
		chromedp.Flag("disable-features", "WebRtcHideLocalIpsWithMdns"),
		chromedp.Env("LANG=en_GB.UTF-8", "TZ=UTC"), chromedp.WSURLReadTimeout(time.Minute))
	allocator, stopAll := chromedp.NewExecAllocator(context.Background(), append(options, more...)...)
	ctx, stop := chromedp.NewContext(allocator, chromedp.WithErrorf(complain))
	return ctx, func() { stop(); stopAll() }, chromedp.Do(ctx)
}

// complain prints what the driver of the browser finds wrong, except for one thing that
// it says of every frame to which it attaches, and that means nothing.
func complain(format string, args ...any) {
	if format != "received DOM.documentUpdated when there's no top-level frame" {
		log.Printf("browser: "+format, args...)
	}
}

// frameOf attaches to the frame of tab that shows url.
func frameOf(t *testing.T, tab context.Context, url string) context.Context {
	t.Helper()
	var id target.ID
	until(t, "the frame of "+url, func() bool {
		infos, err := chromedp.Targets(tab)
		if err != nil {
			t.Fatalf("list targets: %v", err)
		}
		for _, info := range infos {
			if info.Type == "iframe" && info.URL == url {
				id = info.TargetID
			}
		}
		return id != ""
	})
	// The driver races with itself if what it attaches to changes its elements just then
	// (chromedp v0.23.0: Target.domEvent looks into the map of nodes without the lock under
	// which Target.documentUpdated fills it): so what tells of such a change waits.
	attached, done := context.WithTimeout(tab, patience)
	defer done()
	still := chromedp.WithListener(func(e any) {
		if kind := fmt.Sprintf("%T", e); strings.HasPrefix(kind, "*dom.") && kind != "*dom.EventDocumentUpdated" {
			<-attached.Done()
		}
	})
	ctx, cancel := chromedp.NewContext(tab, chromedp.WithTargetID(id), chromedp.WithDetachOnCancel(), still)
	t.Cleanup(cancel)
	if err := chromedp.Do(ctx); err != nil {
		t.Fatalf("attach to the frame: %v", err)
	}
	return ctx
}

// until waits for a condition that tells of itself by nothing else.
func until(t *testing.T, what string, holds func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for !holds() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatalf("waited %v for %s", patience, what)
		}
	}
}

// eval runs script in a page and returns its value, awaited if it is a promise.
func eval[T any](t *testing.T, page context.Context, script string) T {
	t.Helper()
	ctx, cancel := context.WithTimeout(page, patience)
	defer cancel()
	v, err := chromedp.Run(ctx, chromedp.Evaluate[T](script, chromedp.EvalAwaitPromise))
	if err != nil {
		var thrown *chromedp.ExceptionError
		if errors.As(err, &thrown) {
			t.Fatalf("script failed: %v\n%s", thrown, script)
		}
		t.Fatalf("run script: %v\n%s", err, script)
	}
	return v
}

// do runs actions in a page.
func do(t *testing.T, page context.Context, steps ...chromedp.Action[chromedp.Void]) {
	t.Helper()
	ctx, cancel := context.WithTimeout(page, patience)
	defer cancel()
	if err := chromedp.Do(ctx, steps...); err != nil {
		t.Fatalf("browser: %v", err)
	}
}

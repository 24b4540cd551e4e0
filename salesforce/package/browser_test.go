package deploy_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	deploy "omnibridge/salesforce/package"
)

// browser is the one that all tests share; each gets a tab.
var browser = sync.OnceValues(func() (context.Context, error) {
	allocator, cancel := chromedp.NewExecAllocator(context.Background(), append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.NoSandbox, chromedp.DisableGPU, chromedp.Flag("site-per-process", true), chromedp.Flag("disable-quic", true))...)
	ctx, stop := chromedp.NewContext(allocator)
	endBrowser = func() { stop(); cancel() }
	return ctx, chromedp.Do(ctx)
})

var endBrowser = func() {}

func TestMain(m *testing.M) {
	code := m.Run()
	endBrowser()
	os.Exit(code)
}

// missing ends a test that there is no browser for.
func missing(t *testing.T) {
	t.Helper()
	if os.Getenv("OMNIBRIDGE_TEST_REQUIRE_ALL") != "" {
		t.Fatal("chromium is not there, and OMNIBRIDGE_TEST_REQUIRE_ALL is set")
	}
	t.Skip("chromium is not there")
}

// patience bounds what a test does in its tab.
const patience = time.Minute

// tab opens a tab with the host page, whose frame is of another origin: it is
// served on another port, by another name.
func tab(t *testing.T) context.Context {
	t.Helper()
	if _, err := exec.LookPath("chromium"); err != nil {
		missing(t)
	}
	all, err := browser()
	if err != nil {
		t.Fatalf("start the browser: %v", err)
	}
	files := http.FileServer(http.Dir("testdata"))
	host := http.NewServeMux()
	host.Handle("/", files)
	host.HandleFunc("/bridge.js", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/javascript")
		_, _ = w.Write(deploy.Bridge)
	})
	origin := func(h http.Handler, name string) string {
		server := httptest.NewServer(h)
		t.Cleanup(server.Close)
		return strings.Replace(server.URL, "127.0.0.1", name, 1)
	}
	origins, err := json.Marshal(map[string]string{"page": origin(files, "localhost"), "other": origin(files, "localhost")})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := chromedp.NewContext(all)
	t.Cleanup(cancel)
	if err := chromedp.Do(ctx, chromedp.Navigate(origin(host, "127.0.0.1")+"/host.html#"+url.PathEscape(string(origins)))); err != nil {
		t.Fatal(err)
	}
	return ctx
}

// run runs the body of an async function in a page and returns what it returns,
// as JSON. It may use the words before it.
func run(t *testing.T, ctx context.Context, words, script string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	text, err := chromedp.Run(ctx, chromedp.Evaluate[string](fmt.Sprintf("(async () => JSON.stringify(await (async () => { %s\n%s })() ?? null))()", words, script), chromedp.EvalAwaitPromise))
	if err != nil {
		t.Fatalf("%s\n%v", script, err)
	}
	return text
}

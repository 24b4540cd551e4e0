package identity_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"omnibridge/salesforce/mockorg/identity"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// window is a tab of a real browser, and what the app at its callback was told.
type window struct {
	t        *testing.T
	ctx      context.Context
	o        *org
	callback string
	answers  chan url.Values
}

// openWindow starts a browser on an org with so many people.
func openWindow(t *testing.T, people int) *window {
	t.Helper()
	path, err := exec.LookPath("chromium")
	if err != nil {
		if os.Getenv("OMNIBRIDGE_TEST_REQUIRE_ALL") != "" {
			t.Fatal("chromium is missing, and OMNIBRIDGE_TEST_REQUIRE_ALL is set")
		}
		t.Skip("chromium is missing")
	}
	users := map[string]identity.User{}
	var list []identity.User
	for i := range people {
		u := identity.User{ID: fmt.Sprintf("0055e000000%04dAAK", i), Username: fmt.Sprintf("user%d@acme.test", i), FirstName: fmt.Sprintf("User %d", i), LastName: "Ångström-Quetzalcóatl of the Seven Seas", Active: true}
		users[u.Username], list = u, append(list, u)
	}
	w := &window{t: t, answers: make(chan url.Values, 1)}
	w.o = start(t, func(opt *identity.Options) {
		withPeople(opt)
		opt.Users = func(name string) (identity.User, bool) { u, ok := users[name]; return u, ok }
		opt.People = func() []identity.User { return list }
	})
	app := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/back" {
			w.answers <- r.URL.Query()
		}
		_, _ = io.WriteString(rw, "<title>back at the app</title>")
	}))
	t.Cleanup(app.Close)
	w.callback = app.URL + "/back"
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	w.ctx, cancel = chromedp.NewContext(ctx, chromedp.WithAllocatorOptions(chromedp.ExecPath(path), chromedp.UserDataDir(t.TempDir()), chromedp.Flag("no-sandbox", true),
		chromedp.Flag("disable-gpu", true), chromedp.Flag("disable-quic", true), chromedp.Flag("disable-background-networking", true)))
	t.Cleanup(cancel)
	return w
}

func (w *window) do(steps ...chromedp.Action[chromedp.Void]) {
	w.t.Helper()
	if err := chromedp.Do(w.ctx, steps...); err != nil {
		w.t.Fatal(err)
	}
}

// open goes to the page.
func (w *window) open(params ...string) {
	w.t.Helper()
	w.do(chromedp.Navigate(w.o.ask(append([]string{"redirect_uri", w.callback}, params...)...)), chromedp.WaitVisible(chromedp.CSS("footer button")))
}

func (w *window) keys(keys ...string) {
	w.t.Helper()
	for _, key := range keys {
		w.do(chromedp.KeyEvent(key))
	}
}

// says checks what a script finds on the page.
func says[T comparable](w *window, script string, want T) {
	w.t.Helper()
	got, err := chromedp.Run(w.ctx, chromedp.Evaluate[T](script))
	if err != nil {
		w.t.Fatalf("%s: %v", script, err)
	}
	if got != want {
		w.t.Errorf("%s: %v, want %v", script, got, want)
	}
}

// loads takes steps that lead to another page, and waits for it.
func (w *window) loads(steps ...chromedp.Action[chromedp.Void]) {
	w.t.Helper()
	if _, err := chromedp.RunResponse(w.ctx, steps...); err != nil {
		w.t.Fatal(err)
	}
}

// answer takes steps that lead back to the app, and returns what it was told.
func (w *window) answer(steps ...chromedp.Action[chromedp.Void]) url.Values {
	w.t.Helper()
	w.loads(steps...)
	select {
	case q := <-w.answers:
		return q
	case <-w.ctx.Done():
		w.t.Fatal("nobody came back to the app")
		return nil
	}
}

// pressEnter is one event for key and character, as keyboards make it: in two, the
// character would go where the key has moved the focus.
var pressEnter = chromedp.Func(func(ctx context.Context, tab *chromedp.Target) error {
	key := input.DispatchKeyEventParams{Type: input.DispatchKeyEventTypeKeyDown, Key: "Enter", Code: "Enter", Text: "\r", WindowsVirtualKeyCode: 13}
	_, err := cdp.Call(ctx, tab, input.DispatchKeyEvent, key)
	return err
})

const focused = `document.activeElement.value || document.activeElement.textContent`

func TestThePageByKeyboard(t *testing.T) {
	w := openWindow(t, 4)
	w.do(chromedp.EmulateViewport(480, 640))
	w.open("login_hint", "user2@acme.test")
	says(w, focused, "user2@acme.test")
	w.keys(kb.ArrowDown)
	says(w, focused, "user0@acme.test") // the hinted one stands first
	if q := w.answer(pressEnter); q.Get("code") == "" || q.Get("state") != "s&t" {
		t.Errorf("allowed by Enter: %v", q)
	}
	if q := w.answer(chromedp.Navigate(w.o.ask("redirect_uri", w.callback))); q.Get("code") == "" {
		t.Errorf("the second time, without the page: %v", q)
	}
	w.open("prompt", "select_account")
	says(w, focused, "user0@acme.test")
	says(w, `document.querySelector('.here').closest('li').querySelector('input').value`, "user0@acme.test")
	w.keys(kb.Tab)
	says(w, focused, "Deny")
	if q := w.answer(pressEnter); q.Get("error") != "access_denied" || q.Get("state") != "s&t" {
		t.Errorf("denied: %v", q)
	}
	w.open("prompt", "login")
	w.do(pressEnter) // nobody is chosen: the browser says so
	says(w, `document.querySelector('#allow').checkValidity()`, false)
	says(w, `location.pathname`, "/setup/secur/RemoteAccessAuthorizationPage.apexp")
}

func TestSearchByKeyboard(t *testing.T) {
	w := openWindow(t, 30)
	w.open()
	shown := `[...document.querySelectorAll('.people li')].filter(row => row.checkVisibility()).length`
	says(w, shown, 30)
	w.keys("seas us", "er7@")
	says(w, shown, 1)
	says(w, `document.querySelector('[role=status]').textContent`, "1 of 30 users")
	w.do(pressEnter)
	says(w, focused, "user7@acme.test")
	if q := w.answer(pressEnter); q.Get("code") == "" {
		t.Errorf("allowed: %v", q)
	}
	if all := w.o.Sessions(); len(all) != 1 || all[0].Username != "user7@acme.test" || all[0].Grant != identity.GrantBrowser {
		t.Errorf("sessions %+v", all)
	}
}

// What the page is too long for is searched by the org.
func TestSearchAmongVeryMany(t *testing.T) {
	w := openWindow(t, 230)
	w.open()
	w.keys("user 229")
	w.loads(pressEnter)
	says(w, `document.querySelectorAll('.people li').length`, 1)
	says(w, `document.querySelector('[role=status]').textContent`, "1 of 230 users")
	if q := w.answer(chromedp.Click(chromedp.CSS(".people label")), chromedp.Click(chromedp.CSS("button.brand"))); q.Get("code") == "" {
		t.Errorf("allowed: %v", q)
	}
}

// A window that is too low, as magnifying makes it, is scrolled.
func TestTheLowestWindowReachesTheButtons(t *testing.T) {
	w := openWindow(t, 30)
	w.do(chromedp.EmulateViewport(320, 256))
	w.open("login_hint", "user2@acme.test")
	says(w, `document.querySelector('main').scrollHeight > innerHeight`, true)
	says(w, `getComputedStyle(document.querySelector('main')).overflowY`, "auto")
	if q := w.answer(chromedp.Click(chromedp.CSS("button.brand"))); q.Get("code") == "" {
		t.Errorf("allowed: %v", q)
	}
}

func TestThePageFitsAPopUp(t *testing.T) {
	w := openWindow(t, 30)
	for _, size := range [][2]int64{{480, 640}, {360, 600}, {320, 480}} {
		for _, scheme := range []string{"light", "dark"} {
			name := fmt.Sprintf("%dx%d %s", size[0], size[1], scheme)
			w.do(chromedp.EmulateViewport(size[0], size[1]), chromedp.Func(func(ctx context.Context, tab *chromedp.Target) error {
				_, err := cdp.Call(ctx, tab, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}})
				return err
			}))
			w.open("login_hint", "user2@acme.test", "scope", "openid profile email custom_permissions refresh_token")
			t.Log(name)
			says(w, `document.documentElement.scrollWidth <= innerWidth`, true)
			says(w, `[...document.querySelectorAll('footer button')].every(b => b.getBoundingClientRect().bottom <= innerHeight && b.getBoundingClientRect().right <= innerWidth)`, true)
			says(w, `document.querySelector('.people label').getBoundingClientRect().bottom <= document.querySelector('footer').getBoundingClientRect().top`, true)
			says(w, `[...document.querySelectorAll('button, label')].every(e => e.getBoundingClientRect().height >= 24)`, true)
			says(w, `getComputedStyle(document.body).backgroundColor`, map[string]string{"light": "rgb(243, 243, 243)", "dark": "rgb(24, 24, 24)"}[scheme])
			picture, err := chromedp.Run(w.ctx, chromedp.CaptureScreenshot())
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(t.ArtifactDir(), name+".png"), picture, 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
}

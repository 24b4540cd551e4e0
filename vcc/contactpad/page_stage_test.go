package contactpad_test

import (
	"context"
	"encoding/json"
	"fmt"
	"html/template"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/gorilla/websocket"

	"omnibridge/vcc"
)

// stage is a page in a browser: the real page and its files, framed by a console of
// another site, with a server that says what the test wants.
//
//	host page (http://localhost) ── frame ──▶ page (http://127.0.0.1) ── WebSocket ──▶ pad
//	window.calls: what the page asked the console
type stage struct {
	t     *testing.T
	tab   context.Context // the console's page
	page  context.Context // the panel, in its frame
	pad   *pad
	w, h  int
	shots int // pictures taken
	theme string
}

type staging struct {
	w, h   int    // of the frame; 340 by 480 if zero
	theme  string // what the console says; "light" if empty
	out    bool   // nobody is logged in
	noOmni bool   // the bridge cannot show Omni-Channel
	desk   vcc.Desk
	pad    *pad // a second panel of the same server
	noWait bool // do not wait for the desk
	asks   bool // the page expects to be asked whether it lives, as in life
}

func newStage(t *testing.T, o staging) *stage {
	t.Helper()
	if o.w == 0 {
		o.w, o.h = 340, 480
	}
	if o.theme == "" {
		o.theme = "light"
	}
	s := &stage{t: t, tab: tab(t), w: o.w, h: o.h, theme: o.theme, pad: o.pad}
	if s.pad == nil {
		s.pad = newPad(t, !o.out, o.desk)
	}
	s.pad.asks = o.asks
	can := []string{"openRecord", "utility", "openPanel", "toast", "setStatus"}
	if !o.noOmni {
		can = append(can, "showOmni")
	}
	host := newConsole(t, s.pad, can, o)
	do(t, s.tab, chromedp.EmulateViewport(int64(max(o.w, 420)), int64(o.h)+60), chromedp.Navigate(host))
	if !o.noWait {
		// The driver races with itself if what it attaches to changes its outermost
		// elements just then, as a page does that loads (chromedp v0.23.0).
		s.waitHost(`window.calls.length > 0`)
	}
	s.page = frameOf(t, s.tab, s.pad.url+"/pad/")
	if !o.noWait {
		s.wait(`document.querySelector(".pad.in, #login")`)
	}
	return s
}

// wait waits until an expression holds in the panel.
func (s *stage) wait(expression string) {
	s.t.Helper()
	poll(s.t, s.page, expression)
}

func (s *stage) waitHost(expression string) {
	s.t.Helper()
	poll(s.t, s.tab, expression)
}

// poll asks again and again. (chromedp's own Poll counts as a gesture of the user, and
// would let the page ring.)
func poll(t *testing.T, page context.Context, expression string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(page, patience)
	defer cancel()
	tick := time.NewTicker(25 * time.Millisecond)
	defer tick.Stop()
	for {
		holds, err := chromedp.Run(ctx, chromedp.Evaluate[bool]("!!("+expression+")"))
		if holds {
			return
		}
		// The page may be loading anew.
		if err != nil && ctx.Err() == nil && !strings.Contains(err.Error(), "context") && !strings.Contains(err.Error(), "navigated or closed") {
			t.Fatalf("waiting for %s: %v", expression, err)
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			seen, _ := chromedp.Run(page, chromedp.Evaluate[string](`document.body.innerText`))
			t.Fatalf("waited %v for %s (%v); the page says:\n%s", patience, expression, err, seen)
		}
	}
}

// text waits until the panel shows text.
func (s *stage) text(want string) {
	s.t.Helper()
	s.wait("document.getElementById('pad').innerText.includes(" + strconv.Quote(want) + ")")
}

func (s *stage) noText(unwanted string) {
	s.t.Helper()
	s.wait("!document.getElementById('pad').innerText.includes(" + strconv.Quote(unwanted) + ")")
}

// click clicks as a person does: in the middle of what a selector finds. The frame
// stands in the corner of the console, so that its places are those of the tab.
func (s *stage) click(selector string) {
	s.t.Helper()
	x, y := s.place(selector)
	do(s.t, s.tab, chromedp.MouseClickXY(x, y))
}

func (s *stage) doubleClick(selector string) {
	s.t.Helper()
	x, y := s.place(selector)
	do(s.t, s.tab, chromedp.MouseClickXY(x, y), chromedp.MouseClickXY(x, y, chromedp.ClickCount(2)))
}

func (s *stage) place(selector string) (x, y float64) {
	s.t.Helper()
	s.wait("document.querySelector(" + strconv.Quote(selector) + ")")
	at := eval[[]float64](s.t, s.page, `(() => {
		const el = document.querySelector(`+strconv.Quote(selector)+`);
		el.scrollIntoView({block: "nearest"});
		const r = el.getBoundingClientRect();
		return [r.x + r.width / 2, r.y + r.height / 2];
	})()`)
	return at[0], at[1]
}

// keys types keys where the focus is. As from a keyboard, the character is part of the
// stroke: were it an event of its own (chromedp.KeyEvent), it would also meet what has
// got the focus by then, and come although the page has dealt with the stroke.
func (s *stage) keys(keys string, modifiers ...chromedp.Modifier) {
	s.t.Helper()
	do(s.t, s.tab, chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		for _, r := range keys {
			strokes := kb.Encode(r)
			if len(strokes) == 3 { // down, character, up
				strokes[0].Text, strokes[0].UnmodifiedText = strokes[1].Text, strokes[1].UnmodifiedText
				strokes = []*input.DispatchKeyEventParams{strokes[0], strokes[2]}
			}
			for _, k := range strokes {
				chromedp.KeyModifiers(modifiers...)(k)
				if k.Modifiers&^int64(shift) != 0 {
					k.Text, k.UnmodifiedText = "", "" // a shortcut
				}
				if _, err := cdp.Call(ctx, t, input.DispatchKeyEvent, *k); err != nil {
					return err
				}
			}
		}
		return nil
	}))
}

const (
	up, down, home, end = kb.ArrowUp, kb.ArrowDown, kb.Home, kb.End
	right, pageDown     = kb.ArrowRight, kb.PageDown
	enter, escape, tabs = kb.Enter, kb.Escape, kb.Tab
)

// focus puts the focus on what a selector finds, as a bare means of a test.
func (s *stage) focus(selector string) {
	s.t.Helper()
	eval[bool](s.t, s.page, `(() => { window.focus(); document.querySelector(`+strconv.Quote(selector)+`).focus(); return true })()`)
}

// focused describes what has the focus in the panel.
func (s *stage) focused() string {
	s.t.Helper()
	return eval[string](s.t, s.page, `(() => { const el = document.activeElement; return el.id || el.dataset.do || el.dataset.act || el.dataset.interaction || el.tagName })()`)
}

func (s *stage) waitFocus(want string) {
	s.t.Helper()
	s.wait(`(() => { const el = document.activeElement; return (el.id || el.dataset.do || el.dataset.act || el.dataset.interaction || el.tagName) === ` + strconv.Quote(want) + ` })()`)
}

// resize gives the frame another size.
func (s *stage) resize(w, h int) {
	s.t.Helper()
	s.w, s.h = w, h
	eval[bool](s.t, s.tab, fmt.Sprintf(`(() => { const f = document.getElementById("panel"); f.width = %d; f.height = %d; return true })()`, w, h))
	s.wait(fmt.Sprintf(`innerWidth === %d && innerHeight === %d`, w, h))
}

// setTheme makes the console light or dark.
func (s *stage) setTheme(theme string) {
	s.t.Helper()
	eval[bool](s.t, s.tab, `(window.ready.theme = `+strconv.Quote(theme)+`, window.say(window.ready), true)`)
	s.wait(`document.documentElement.dataset.theme === ` + strconv.Quote(theme))
}

// pad is a scripted server. It answers questions of form by itself; what work does,
// the test says.
type pad struct {
	url      string
	upgrader websocket.Upgrader

	mu       sync.Mutex
	heard    []message
	changed  chan struct{}
	conns    []*websocket.Conn // open ones, oldest first
	in       bool
	desk     vcc.Desk
	panel    map[string]any
	seq      int
	skew     time.Duration // of the server's clock against this machine's
	answer   func(m message) (ok bool, code, text string, silent bool)
	find     func(m message) (int, []vcc.Option)
	refusing bool // no sockets
	nonces   int
	relay    func(m message) // takes rtc messages
	consoles []string        // origins that may frame the page

	// Before there is a page:
	asks  bool              // it expects to be asked whether it lives; else no silence of ours breaks its connection
	other map[string]string // texts in its scripts, and what stands in their place
}

// message is a message of the page.
type message map[string]any

func (m message) text(key string) string { s, _ := m[key].(string); return s }

func newPad(t *testing.T, in bool, desk vcc.Desk) *pad {
	t.Helper()
	p := &pad{in: in, desk: desk, changed: make(chan struct{}), panel: map[string]any{"primary": true}}
	mux := http.NewServeMux()
	mux.HandleFunc("/pad/ws", p.serve)
	mux.HandleFunc("/pad/login", func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, "<title>Log in</title>Log in here") })
	mux.HandleFunc("/pad/", p.pages)
	mux.HandleFunc("/pad/session", func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(http.StatusNoContent) })
	server := httptest.NewUnstartedServer(mux)
	p.url = "http://" + server.Listener.Addr().String()
	// Another site than the console's, which is localhost.
	if !strings.HasPrefix(p.url, "http://127.0.0.1:") {
		t.Fatalf("the page's server is at %s", p.url)
	}
	server.Start()
	t.Cleanup(server.Close)
	t.Cleanup(p.hangUp)
	return p
}

// pages serves the page as the server does: the same files, policy and configuration.
func (p *pad) pages(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	consoles := slices.Clone(p.consoles)
	p.mu.Unlock()
	w.Header().Set("Content-Security-Policy", "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; media-src 'self' blob:; "+
		"connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors "+strings.Join(consoles, " "))
	w.Header().Set("Cache-Control", "no-store")
	if r.URL.Path != "/pad/" {
		p.file(w, r)
		return
	}
	askEvery := 10_000
	if !p.asks {
		askEvery *= 1000 // a busy machine may let half a minute pass between two words of a test
	}
	config, err := json.Marshal(map[string]any{"orgs": consoles, "build": "test", "lease": 30_000, "askEvery": askEvery})
	if err == nil {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		err = template.Must(template.ParseFiles("web/index.html")).Execute(w, string(config))
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
	}
}

// instead has the page's scripts say is where they say was, which one of them must.
func (p *pad) instead(t *testing.T, was, is string) {
	t.Helper()
	scripts, err := filepath.Glob("web/assets/*.js")
	if err != nil {
		t.Fatal(err)
	}
	if !slices.ContainsFunc(scripts, func(name string) bool {
		text, err := os.ReadFile(name)
		return err == nil && strings.Contains(string(text), was)
	}) {
		t.Fatalf("no script of the page has %q any more", was)
	}
	p.other = map[string]string{was: is}
}

// file serves a file of the page.
func (p *pad) file(w http.ResponseWriter, r *http.Request) {
	if len(p.other) == 0 || !strings.HasSuffix(r.URL.Path, ".js") {
		http.StripPrefix("/pad/", http.FileServer(http.Dir("web"))).ServeHTTP(w, r)
		return
	}
	data, err := os.ReadFile("web" + strings.TrimPrefix(r.URL.Path, "/pad"))
	if err != nil {
		http.NotFound(w, r)
		return
	}
	text := string(data)
	for was, is := range p.other {
		text = strings.ReplaceAll(text, was, is)
	}
	w.Header().Set("Content-Type", "text/javascript")
	fmt.Fprint(w, text)
}

func (p *pad) serve(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	refusing := p.refusing
	p.mu.Unlock()
	if refusing {
		http.Error(w, "not now", http.StatusServiceUnavailable)
		return
	}
	p.upgrader.Subprotocols = []string{"omnibridge.pad.v1"}
	conn, err := p.upgrader.Upgrade(w, r, nil)
	if err != nil {
		return
	}
	defer conn.Close()
	p.mu.Lock()
	p.conns = append(p.conns, conn)
	p.mu.Unlock()
	for {
		var m message
		if err := conn.ReadJSON(&m); err != nil {
			p.mu.Lock()
			for i, c := range p.conns {
				if c == conn {
					p.conns = append(p.conns[:i:i], p.conns[i+1:]...)
					break
				}
			}
			p.mu.Unlock()
			return
		}
		p.hear(conn, m)
	}
}

func (p *pad) hear(conn *websocket.Conn, m message) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.heard = append(p.heard, m)
	close(p.changed)
	p.changed = make(chan struct{})
	switch m.text("t") {
	case "hello":
		if p.in {
			p.sit(conn, "")
		} else {
			p.nonces++
			conn.WriteJSON(map[string]any{"t": "login", "nonce": fmt.Sprint("n", p.nonces), "url": fmt.Sprint("/pad/login?nonce=n", p.nonces), "why": ""})
		}
	case "do", "logout":
		ok, code, text, silent := true, "", "", false
		if p.answer != nil {
			ok, code, text, silent = p.answer(m)
		}
		if !silent {
			conn.WriteJSON(map[string]any{"t": "answer", "id": m["id"], "ok": ok, "code": code, "text": text})
		}
	case "rtc":
		if p.relay != nil {
			p.relay(m)
		}
	case "find":
		total, options := 0, []vcc.Option{}
		if p.find != nil {
			total, options = p.find(m)
		}
		conn.WriteJSON(map[string]any{"t": "found", "id": m["id"], "total": total, "options": options})
	}
}

func (p *pad) sit(conn *websocket.Conn, token string) {
	conn.WriteJSON(map[string]any{"t": "session", "token": token, "until": p.clock().Add(12 * time.Hour), "ice": []any{}})
	conn.WriteJSON(p.deskMessage())
}

func (p *pad) clock() time.Time { return time.Now().Add(p.skew) }

func (p *pad) deskMessage() map[string]any {
	p.seq++
	return map[string]any{"t": "desk", "seq": p.seq, "now": p.clock().UnixMilli(), "desk": p.desk, "panel": p.panel}
}

// show changes the desk and sends it to every panel.
func (p *pad) show(change func(d *vcc.Desk)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	change(&p.desk)
	for _, conn := range p.conns {
		conn.WriteJSON(p.deskMessage())
	}
}

// setPanel changes what the panels are told of themselves.
func (p *pad) setPanel(panel map[string]any) {
	p.mu.Lock()
	p.panel = panel
	p.mu.Unlock()
	p.show(func(*vcc.Desk) {})
}

// say sends a message to every panel.
func (p *pad) say(m map[string]any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, conn := range p.conns {
		conn.WriteJSON(m)
	}
}

func (p *pad) script(answer func(m message) (ok bool, code, text string, silent bool)) {
	p.mu.Lock()
	p.answer = answer
	p.mu.Unlock()
}

// hangUp breaks all connections; refuse keeps new ones away.
func (p *pad) hangUp() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, conn := range p.conns {
		conn.Close()
	}
}

// cut breaks the connection until mend. The page's own next try is hours away, so that no
// button of the loss goes while it is about to be clicked.
func (s *stage) cut() {
	s.t.Helper()
	eval[bool](s.t, s.page, `(window.chance ??= Math.random, Math.random = () => 1e5, true)`)
	s.pad.refuse(true)
	s.pad.hangUp()
}

// mend lets the page connect again when somebody presses "Try now".
func (s *stage) mend() {
	s.t.Helper()
	s.pad.refuse(false)
	eval[bool](s.t, s.page, `(Math.random = window.chance, true)`)
	s.click("[data-act=try]")
}

func (p *pad) relays(to func(m message)) {
	p.mu.Lock()
	p.relay = to
	p.mu.Unlock()
}

func (p *pad) refuse(on bool) {
	p.mu.Lock()
	p.refusing = on
	p.mu.Unlock()
}

// all lists what the page said so far of one kind.
func (p *pad) all(kind string) []message {
	p.mu.Lock()
	defer p.mu.Unlock()
	var out []message
	for _, m := range p.heard {
		if m.text("t") == kind {
			out = append(out, m)
		}
	}
	return out
}

// await waits for the nth message of a kind, counted from 1.
func (p *pad) await(t *testing.T, kind string, n int) message {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	for {
		p.mu.Lock()
		changed := p.changed
		p.mu.Unlock()
		if all := p.all(kind); len(all) >= n {
			return all[n-1]
		}
		select {
		case <-changed:
		case <-ctx.Done():
			t.Fatalf("waited for message %d %q of the page; it said %v", n, kind, p.all(kind))
		}
	}
}

// command waits for the nth command that does what, counted from 1.
func (p *pad) command(t *testing.T, what vcc.CommandKind, n int) message {
	t.Helper()
	var found message
	until(t, fmt.Sprintf("command %q", what), func() bool {
		seen := 0
		for _, m := range p.all("do") {
			if m.text("do") == string(what) {
				if seen++; seen == n {
					found = m
					return true
				}
			}
		}
		return false
	})
	return found
}

// commands counts the commands that do what.
func (p *pad) commands(what vcc.CommandKind) int {
	n := 0
	for _, m := range p.all("do") {
		if m.text("do") == string(what) {
			n++
		}
	}
	return n
}

// newConsole serves a page that frames the panel and answers it as the bridge would.
func newConsole(t *testing.T, p *pad, can []string, o staging) string {
	t.Helper()
	mux := http.NewServeMux()
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	console := strings.Replace(server.URL, "127.0.0.1", "localhost", 1)
	source, err := os.ReadFile("../../testdata/pages/console.html")
	if err != nil {
		t.Fatal(err)
	}
	page := template.Must(template.New("console").Parse(string(source)))
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		if err := page.Execute(w, map[string]any{"Page": p.url + "/pad/", "Origin": p.url, "Console": console, "Can": can, "Theme": o.theme, "W": o.w, "H": o.h}); err != nil {
			t.Errorf("write the console: %v", err)
		}
	})
	p.mu.Lock()
	p.consoles = append(p.consoles, console)
	p.mu.Unlock()
	return console + "/"
}

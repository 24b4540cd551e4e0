package contactpad_test

import (
	"context"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"omnibridge/vcc"
	"omnibridge/vcc/contactpad"
	"omnibridge/vcc/contactpad/login"
	"omnibridge/vcc/contactpad/login/orgtest"
)

// engine is an application that knows one thing: who logged in is Ready.
type engine struct {
	mu    sync.Mutex
	told  []vcc.Panel // of the agent's panel
	desk  vcc.Desk
	out   chan vcc.Desk
	asked chan vcc.Command
}

func (e *engine) Do(_ context.Context, c vcc.Command) (vcc.Answer, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if c.Do == vcc.LogIn {
		e.desk.State, e.desk.Shown, e.desk.Mark = c.State, "Ready (Idle)", "ready"
		e.tell()
	}
	e.asked <- c
	return vcc.Answer{Command: c.ID, Agent: c.Agent, OK: true}, nil
}

func (e *engine) tell() {
	select {
	case <-e.out:
	default:
	}
	e.out <- e.desk
}

func (e *engine) Panel(_ context.Context, _ vcc.AgentID, p vcc.Panel) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.told = append(e.told, p)
	return nil
}

// panels returns what was told of the agent's panel, oldest first.
func (e *engine) panels() []vcc.Panel {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.Clone(e.told)
}

// lives is what was told of whether ContactPad is there, each time that it changed:
// whether it has a microphone is told when it is known.
func (e *engine) lives() []vcc.Panel {
	return slices.CompactFunc(e.panels(), func(a, b vcc.Panel) bool { return a.Alive == b.Alive })
}

func (e *engine) Watch(agent vcc.AgentID) (<-chan vcc.Desk, func()) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.desk.Agent = agent
	e.tell()
	return e.out, func() {}
}

func (e *engine) Find(context.Context, vcc.Search) (vcc.Found, error) { return vcc.Found{}, nil }

// serve starts a server on l, framed by host, whose people log in at org.
func serve(t *testing.T, l net.Listener, host string, org *orgtest.Org, e *engine, change ...func(*contactpad.Options)) *contactpad.Server {
	t.Helper()
	url := "http://" + l.Addr().String()
	own := func() string { return org.ID }
	who, err := login.New(login.Options{Issuer: org.URL, ClientID: org.ClientID, Callback: org.Callback, Org: own})
	if err != nil {
		t.Fatal(err)
	}
	o := contactpad.Options{
		URL: url, FrameAncestors: []string{strings.TrimSuffix(host, "/")}, Desks: e, Login: who, Org: own,
		Agent: func(_ context.Context, user string, _ login.Claims) (vcc.AgentID, error) {
			return vcc.AgentID(user), nil
		},
	}
	for _, f := range change {
		f(&o)
	}
	server, err := contactpad.New(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	srv := &http.Server{Handler: server, ReadHeaderTimeout: 10 * time.Second}
	go srv.Serve(l)
	t.Cleanup(func() {
		server.Close(context.Background())
		srv.Close()
	})
	return server
}

// TestAgentLogsInWithTheOrg goes the whole way in a browser: the page in a frame of
// another site, the window of the org, the handover, the cookie, and a pop.
func TestAgentLogsInWithTheOrg(t *testing.T) {
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
	server := serve(t, l, host, org, e)

	console := tab(t)
	do(t, console, chromedp.EmulateViewport(420, 560), chromedp.Navigate(host))
	s := &stage{t: t, tab: console, page: frameOf(t, console, url+"/pad/"), w: 340, h: 480}
	s.click("#login")
	s.wait(`document.querySelector(".pad.in")`)
	s.text("Ready (Idle)")
	select {
	case c := <-e.asked:
		if c.Do != vcc.LogIn || c.Agent != vcc.AgentID(org.User) || c.State.Major != vcc.Ready {
			t.Errorf("asked for %+v", c)
		}
	case <-time.After(patience):
		t.Fatal("nobody was logged in")
	}
	if st := server.Status(); len(st) != 1 || st[0].Panels[0].Build == "" {
		t.Errorf("the page does not tell its version: %+v", st)
	}
	until(t, "the log-in window to close itself", func() bool {
		infos, err := chromedp.Targets(console)
		if err != nil {
			t.Fatal(err)
		}
		for _, info := range infos {
			if strings.Contains(info.URL, "/pad/callback") {
				return false
			}
		}
		return true
	})

	server.Direct(vcc.Directive{Kind: vcc.Pop, Agent: vcc.AgentID(org.User), Interaction: "i1", Offer: 1, Record: "500000000000001AAA", Focus: true})
	s.waitHost(`window.calls.some((c) => c.name === "openRecord" && c.args.recordId === "500000000000001AAA")`)

	// Loaded anew, the cookie is enough.
	do(t, console, chromedp.Reload())
	s.page = frameOf(t, console, url+"/pad/")
	s.wait(`document.querySelector(".pad.in")`)
	s.text("Ready (Idle)")
	if n := org.Asked("/services/oauth2/authorize"); n != 1 {
		t.Errorf("the org was asked %d times who it is, want 1", n)
	}

	// Nobody else may frame the page, or start a log-in.
	thief := newConsole(t, &pad{url: url}, nil, staging{w: 340, h: 480})
	other := tab(t)
	do(t, console, chromedp.Navigate("about:blank")) // only one frame is left to look at
	do(t, other, chromedp.Navigate(thief))
	poll(t, frameOf(t, other, url+"/pad/"), `location.protocol === "chrome-error:"`)
	do(t, other, chromedp.Navigate(url+"/pad/login?nonce=x"))
	poll(t, other, `document.body.innerText.includes("Only ContactPad itself may open this window")`)
}

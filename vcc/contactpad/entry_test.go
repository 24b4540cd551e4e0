package contactpad

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"omnibridge/vcc"
	"omnibridge/vcc/contactpad/login"
	"omnibridge/vcc/contactpad/login/orgtest"
)

// withOrg starts a server whose people log in at an org.
func withOrg(t *testing.T, change func(*orgtest.Org, *Options)) (*rig, *orgtest.Org) {
	org := orgtest.New(t)
	r := real(t, func(o *Options) {
		org.Callback = o.URL + "/pad/callback"
		g, err := login.New(login.Options{Issuer: org.URL, ClientID: org.ClientID, Callback: org.Callback, Org: o.Org})
		if err != nil {
			t.Fatal(err)
		}
		o.Login = g
		if change != nil {
			change(org, o)
		}
	})
	return r, org
}

// browser is a window that logs in: with cookies of its own, not the frame's.
func (r *rig) browser() *http.Client {
	jar, err := cookiejar.New(nil)
	if err != nil {
		r.t.Fatal(err)
	}
	return &http.Client{Jar: lax{jar}, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

// lax sends cookies over http on a loopback address, although they are Secure, as
// browsers do.
type lax struct{ http.CookieJar }

func (j lax) SetCookies(u *url.URL, cookies []*http.Cookie) {
	s := *u
	s.Scheme = "https"
	j.CookieJar.SetCookies(&s, cookies)
}

func (j lax) Cookies(u *url.URL) []*http.Cookie {
	s := *u
	s.Scheme = "https"
	return j.CookieJar.Cookies(&s)
}

// step requests an address as a window of site does, and returns where it is sent
// next.
func (r *rig) step(c *http.Client, address, site string) (*http.Response, string) {
	r.t.Helper()
	req, err := http.NewRequestWithContext(r.t.Context(), "GET", address, nil)
	if err != nil {
		r.t.Fatal(err)
	}
	if site != "" {
		req.Header.Set("Sec-Fetch-Site", site)
	}
	resp, err := c.Do(req)
	if err != nil {
		r.t.Fatal(err)
	}
	defer resp.Body.Close()
	next, err := resp.Location()
	if err != nil {
		return resp, ""
	}
	return resp, next.String()
}

// wanted returns the newest address to log in at that the panel got.
func (p *pad) wanted(n int) (loginMessage, int) {
	p.r.t.Helper()
	h, n := p.wait(n, "login", func(h heard) bool { return h.T == "login" })
	var m loginMessage
	h.into(p.r.t, &m)
	return m, n
}

// logIn takes a window through the org, up to the callback's answer.
func (r *rig) logIn(c *http.Client, m loginMessage) *http.Response {
	r.t.Helper()
	_, org := r.step(c, r.url+m.URL, "same-origin")
	if org == "" {
		r.t.Fatal("not sent to the org")
	}
	_, back := r.step(c, org, "cross-site")
	resp, _ := r.step(c, back, "cross-site")
	return resp
}

func TestLoginIsHandedOverToThePanelThatAsked(t *testing.T) {
	kept := newStore()
	r, org := withOrg(t, func(_ *orgtest.Org, o *Options) { o.Sessions = kept })
	p, bystander := r.panel("panel-one", ""), r.panel("panel-two", "")
	m, n := p.wanted(0)
	bystander.wanted(0)
	p.say(map[string]any{"t": "start", "state": "away", "minor": "Break"})
	r.desks.set(vcc.Desk{Agent: vcc.AgentID(org.User)}) // logged out in the engine
	if resp := r.logIn(r.browser(), m); resp.StatusCode != http.StatusOK {
		t.Fatalf("callback: %s", resp.Status)
	}
	var session sessionMessage
	h, _ := p.wait(n, "session", func(h heard) bool { return h.T == "session" })
	h.into(t, &session)
	if session.Agent != vcc.AgentID(org.User) || len(session.Token) < 26 || time.Until(session.Until) < 11*time.Hour {
		t.Errorf("session %+v", session)
	}
	p.await("desk")
	if c := r.desks.next(t); c.Do != vcc.LogIn || c.State != (vcc.AgentState{Major: vcc.Away, Minor: "Break"}) {
		t.Errorf("command %+v", c)
	}
	if _, n := bystander.last("session"); n != 0 {
		t.Error("another panel was logged in, too")
	}
	if kept.size() != 1 || strings.Contains(strings.Join(slices.Collect(maps.Keys(kept.kept)), ""), session.Token) {
		t.Errorf("stored %+v", kept.kept)
	}
	if org.Good() != 0 {
		t.Error("a token of the org was kept")
	}
	// With the token, another page of the agent needs no login: also after a restart.
	o := r.s.o
	again, err := New(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close(context.Background())
	s := again.sessions.find(session.Token)
	if code, _ := again.wrong(s, time.Now()); code != "" || s.Agent != session.Agent {
		t.Errorf("after a restart: %+v, %s", s, code)
	}
	if code, _ := again.wrong(s, session.Until); code != "expired" {
		t.Errorf("at its end: %q", code)
	}
}

func TestLoginRefusesWhatIsNotTheSameWindow(t *testing.T) {
	r, _ := withOrg(t, nil)
	p := r.panel("panel-one", "")
	m, n := p.wanted(0)
	for _, site := range []string{"cross-site", "same-site", "none", ""} {
		if resp, to := r.step(r.browser(), r.url+m.URL, site); resp.StatusCode != http.StatusForbidden || to != "" {
			t.Errorf("opened from %q: %s", site, resp.Status)
		}
	}
	if resp, _ := r.step(r.browser(), r.url+"/pad/login?nonce=guessed", "same-origin"); resp.StatusCode != http.StatusGone {
		t.Errorf("unknown nonce: %s", resp.Status)
	}
	mine, other := r.browser(), r.browser()
	_, org := r.step(mine, r.url+m.URL, "same-origin")
	if resp, _ := r.step(other, r.url+m.URL, "same-origin"); resp.StatusCode != http.StatusGone {
		t.Errorf("nonce used twice: %s", resp.Status)
	}
	m2, n := p.wanted(n)
	if m2.Nonce == m.Nonce {
		t.Error("the panel has no new nonce")
	}
	_, back := r.step(mine, org, "cross-site")
	if resp, _ := r.step(other, back, "cross-site"); resp.StatusCode != http.StatusForbidden {
		t.Errorf("finished in another browser: %s", resp.Status)
	}
	u, err := url.Parse(back)
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	q.Set("state", "guessed")
	if resp, _ := r.step(mine, r.url+"/pad/callback?"+q.Encode(), "cross-site"); resp.StatusCode != http.StatusForbidden {
		t.Errorf("another state: %s", resp.Status)
	}
	if _, n := p.last("session"); n != 0 {
		t.Fatal("logged in")
	}
	if resp, _ := r.step(mine, back, "cross-site"); resp.StatusCode != http.StatusOK {
		t.Errorf("the right one: %s", resp.Status)
	}
	p.wait(n, "session", func(h heard) bool { return h.T == "session" })
	if resp, _ := r.step(mine, back, "cross-site"); resp.StatusCode != http.StatusForbidden {
		t.Errorf("replayed: %s", resp.Status)
	}
}

func TestLoginSaysWhyNot(t *testing.T) {
	for name, test := range map[string]struct {
		rig    func(*orgtest.Org)
		agent  error
		status int
		code   string
		why    string
	}{
		"denied":        {func(o *orgtest.Org) { o.Deny = "access_denied" }, nil, http.StatusOK, "denied", "not finished"},
		"no agent":      {nil, ErrNoAgent, http.StatusForbidden, "no agent", "You are ana@example.com in Salesforce, but no agent has that user."},
		"no permission": {nil, ErrNoPermission, http.StatusForbidden, "no permission", `"ContactPad agent"`},
		"other org":     {func(o *orgtest.Org) { o.ID = "00D000000000002EAA" }, nil, http.StatusForbidden, "other org", "another Salesforce org"},
		"not genuine":   {func(o *orgtest.Org) { o.Token = func(m map[string]any) { m["nonce"] = "old" } }, nil, http.StatusForbidden, "failed", "could not be verified"},
		"trouble":       {nil, errors.New("store is full"), http.StatusBadGateway, "failed", "Try again"},
	} {
		t.Run(name, func(t *testing.T) {
			r, _ := withOrg(t, func(org *orgtest.Org, o *Options) {
				if test.rig != nil {
					test.rig(org)
				}
				if test.agent != nil {
					o.Agent = func(context.Context, string, login.Claims) (vcc.AgentID, error) { return "", test.agent }
				}
			})
			p := r.panel("panel-one", "")
			m, n := p.wanted(0)
			window := r.browser()
			_, org := r.step(window, r.url+m.URL, "same-origin")
			_, back := r.step(window, org, "cross-site")
			if resp, _ := r.step(window, back, "cross-site"); resp.StatusCode != test.status {
				t.Errorf("window: %s", resp.Status)
			}
			if resp, _ := r.step(window, back, "cross-site"); resp.StatusCode != http.StatusForbidden {
				t.Errorf("replayed: %s", resp.Status)
			}
			h, _ := p.wait(n, "the refusal", func(h heard) bool { return h.T == "login" && strings.Contains(string(h.data), `"code":"`+test.code) })
			var why loginMessage
			h.into(t, &why)
			if !strings.Contains(why.Why, test.why) || why.Nonce == m.Nonce || why.Nonce == "" {
				t.Errorf("said %+v", why)
			}
			if len(r.desks.commands()) != 0 {
				t.Errorf("done %+v", r.desks.commands())
			}
		})
	}
}

func TestOrgThatIsDownIsSaid(t *testing.T) {
	r, _ := withOrg(t, func(org *orgtest.Org, _ *Options) { org.Down = true })
	p := r.panel("panel-one", "")
	m, n := p.wanted(0)
	if resp, _ := r.step(r.browser(), r.url+m.URL, "same-origin"); resp.StatusCode != http.StatusBadGateway {
		t.Errorf("window: %s", resp.Status)
	}
	p.wait(n, "the reason", func(h heard) bool { return h.T == "login" && strings.Contains(string(h.data), `"code":"failed"`) })
}

func TestLoginNoncesEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := bubble(t, nil)
		p := r.panel("panel-one", "")
		later(time.Second)
		first, n := p.wanted(0)
		later(loginLife - 2*time.Second)
		second, _ := p.wanted(n)
		if second.Nonce == first.Nonce {
			t.Fatal("not renewed before its end")
		}
		get := func(nonce string) int {
			req, err := http.NewRequestWithContext(t.Context(), "GET", r.url+"/pad/login?nonce="+nonce, nil)
			if err != nil {
				t.Fatal(err)
			}
			req.Header.Set("Sec-Fetch-Site", "same-origin")
			resp, _ := r.do(req)
			return resp.StatusCode
		}
		if got := get(first.Nonce); got != http.StatusGone {
			t.Errorf("one that was renewed: %d", got)
		}
		if got := get(second.Nonce); got != http.StatusFound {
			t.Errorf("the newest: %d", got)
		}
		// Whoever comes back too late is not logged in.
		var state string
		r.s.mu.Lock()
		for state = range r.s.started {
		}
		tr := r.s.started[state]
		r.s.mu.Unlock()
		tr.browser = hashed("the browser")
		if r.s.finishTry(state, "another browser", time.Now()) != nil {
			t.Error("another browser finished it")
		}
		if r.s.finishTry(state, "the browser", tr.until) != nil {
			t.Error("finished after its end")
		}
		p.conn.NetConn().Close()
		later(time.Second)
		r.s.mu.Lock()
		defer r.s.mu.Unlock()
		if len(r.s.tries)+len(r.s.started) != 0 {
			t.Errorf("left behind: %d, %d", len(r.s.tries), len(r.s.started))
		}
	})
}

func TestRenewalKeepsThePanelGoing(t *testing.T) {
	r, org := withOrg(t, nil)
	agent := vcc.AgentID(org.User)
	p := r.panel("panel-one", r.session(agent))
	p.await("desk")
	p.say(map[string]any{"t": "renew"})
	m, n := p.wanted(0)
	if m.Code != "renew" {
		t.Fatalf("login %+v", m)
	}
	r.logIn(r.browser(), m)
	h, _ := p.wait(n, "session", func(h heard) bool { return h.T == "session" })
	var s sessionMessage
	h.into(t, &s)
	if s.Token == "" {
		t.Errorf("session %s", h.data)
	}
	if len(r.desks.commands()) != 0 || len(r.desks.standings()) != 1 {
		t.Errorf("done %+v, told %+v", r.desks.commands(), r.desks.standings())
	}
	// Somebody else's login moves the panel to their desk.
	org.User = "005000000000002AAA"
	p.say(map[string]any{"t": "renew"})
	p.mu.Lock()
	n = len(p.seen)
	p.mu.Unlock()
	h, n = p.wait(n, "login", func(h heard) bool { return h.T == "login" })
	h.into(t, &m)
	r.logIn(r.browser(), m)
	p.wait(n, "session", func(h heard) bool { return h.T == "session" && strings.Contains(string(h.data), org.User) })
	p.wait(n, "desk", func(h heard) bool { return h.T == "desk" && strings.Contains(string(h.data), org.User) })
	if tst := r.s.seat(agent); tst != nil && len(tst.status(time.Now()).Panels) != 0 {
		t.Error("the panel is at two desks")
	}
}

// TestRenewalThatFailsIsNoLogout: whatever comes of logging in anew, a panel that has a
// session keeps it, and is told nothing that it would take for the end of it.
func TestRenewalThatFailsIsNoLogout(t *testing.T) {
	for name, how := range map[string]struct {
		end func(back string) string // of what the org sends the window back with
		why string
	}{
		"denied": {func(back string) string {
			u, _ := url.Parse(back)
			return u.Scheme + "://" + u.Host + u.Path + "?error=access_denied&state=" + u.Query().Get("state")
		}, "Nothing has changed"},
		"no agent": {func(back string) string { return back }, "no agent"},
	} {
		t.Run(name, func(t *testing.T) {
			r, org := withOrg(t, func(_ *orgtest.Org, o *Options) {
				o.Agent = func(context.Context, string, login.Claims) (vcc.AgentID, error) { return "", ErrNoAgent }
			})
			p := r.panel("panel-one", r.session(vcc.AgentID(org.User)))
			p.await("desk")
			p.say(map[string]any{"t": "renew"})
			m, _ := p.wanted(0)
			window := r.browser()
			_, to := r.step(window, r.url+m.URL, "same-origin")
			_, back := r.step(window, to, "cross-site")
			r.step(window, how.end(back), "cross-site")
			p.wait(0, "why", func(h heard) bool { return h.T == "login" && strings.Contains(string(h.data), how.why) })
			p.mu.Lock()
			for _, h := range p.seen {
				if h.T == "login" && !strings.Contains(string(h.data), `"code":"renew"`) {
					t.Errorf("told %s", h.data)
				}
			}
			p.mu.Unlock()
			if st := r.s.Status(); len(st) != 1 || !st[0].Alive || len(st[0].Panels) != 1 {
				t.Errorf("standing %+v", st)
			}
		})
	}
}

// TestRenewalsAreBounded: a panel that asks for ever gets an address now and then, and is
// not logged out by asking.
func TestRenewalsAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := bubble(t, nil)
		p := r.panel("panel-one", r.session("ana"))
		later(time.Second)
		for range 100 {
			p.say(map[string]any{"t": "renew"})
		}
		later(10*tryEvery + time.Second)
		p.mu.Lock()
		defer p.mu.Unlock()
		n := 0
		for _, h := range p.seen {
			if h.T == "login" {
				n++
				if !strings.Contains(string(h.data), `"code":"renew"`) {
					t.Errorf("told %s", h.data)
				}
			}
		}
		if n == 0 || n > 25 {
			t.Errorf("got %d addresses", n)
		}
	})
}

func TestSessionsThatCannotBeKeptAreNoSessions(t *testing.T) {
	kept := newStore()
	r, _ := withOrg(t, func(_ *orgtest.Org, o *Options) { o.Sessions = kept })
	p := r.panel("panel-one", "")
	m, n := p.wanted(0)
	kept.mu.Lock()
	kept.err = errors.New("store is full")
	kept.mu.Unlock()
	if resp := r.logIn(r.browser(), m); resp.StatusCode != http.StatusBadGateway {
		t.Errorf("window: %s", resp.Status)
	}
	p.wait(n, "the reason", func(h heard) bool { return h.T == "login" && strings.Contains(string(h.data), `"code":"failed"`) })
	if _, err := New(t.Context(), r.s.o); err == nil {
		t.Error("started without its sessions")
	}
}

func TestLoginsAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := bubble(t, nil)
		p := r.panel("panel-one", "")
		later(time.Second)
		started := 0
		for {
			h, _ := p.last("login")
			var m loginMessage
			h.into(t, &m)
			if m.URL == "" {
				if m.Code != "busy" || m.Why == "" {
					t.Errorf("login %+v", m)
				}
				break
			}
			req, err := http.NewRequestWithContext(t.Context(), "GET", r.url+m.URL, nil)
			if err != nil {
				t.Fatal(err)
			}
			req.Header.Set("Sec-Fetch-Site", "same-origin")
			if resp, _ := r.do(req); resp.StatusCode != http.StatusFound {
				t.Fatal(resp.Status)
			}
			started++
			if started > 100 {
				t.Fatal("no bound")
			}
			synctest.Wait()
		}
		if started != 20 {
			t.Errorf("%d windows at once, want 20", started)
		}
		later(tryEvery + time.Second)
		h, _ := p.last("login")
		var m loginMessage
		if h.into(t, &m); m.URL == "" {
			t.Errorf("half a minute later: %+v", m)
		}
		// One address that starts windows of many panels is bounded, too.
		refused := 0
		for range 300 {
			req, err := http.NewRequestWithContext(t.Context(), "GET", r.url+"/pad/login?nonce=x", nil)
			if err != nil {
				t.Fatal(err)
			}
			req.Header.Set("Sec-Fetch-Site", "same-origin")
			if resp, _ := r.do(req); resp.StatusCode == http.StatusTooManyRequests {
				refused++
			}
		}
		if refused != 100 {
			t.Errorf("%d of 300 refused, want 100", refused)
		}
	})
}

func TestConsoleMayBeToldBeforeTheLogin(t *testing.T) {
	r, org := withOrg(t, nil)
	p := r.panel("panel-one", "")
	p.say(bridgeReady)
	m, n := p.wanted(0)
	r.logIn(r.browser(), m)
	p.wait(n, "session", func(h heard) bool { return h.T == "session" })
	d := popOf(1)
	d.Agent = vcc.AgentID(org.User)
	r.s.Direct(d)
	p.await("call")
}

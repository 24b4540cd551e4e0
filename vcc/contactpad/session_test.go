package contactpad

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"omnibridge/vcc"
)

// store keeps sessions for tests.
type store struct {
	mu   sync.Mutex
	kept map[string]Session
	err  error
}

func newStore() *store { return &store{kept: map[string]Session{}} }

func (s *store) Load(context.Context) ([]Session, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Collect(maps.Values(s.kept)), s.err
}

func (s *store) Save(_ context.Context, one Session) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err == nil {
		s.kept[one.Hash] = one
	}
	return s.err
}

func (s *store) Drop(_ context.Context, hashes ...string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, h := range hashes {
		delete(s.kept, h)
	}
	return s.err
}

func (s *store) size() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.kept)
}

func TestSessionEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := bubble(t, nil)
		token := r.session("ana")
		p := r.panel("panel-one", token)
		later(12*time.Hour - warnBefore - time.Second)
		if _, n := p.last("login"); n != 0 {
			t.Fatal("asked to log in too early")
		}
		later(2 * time.Second)
		if m, _ := p.wanted(0); m.Code != "renew" || m.URL == "" {
			t.Fatalf("login %+v", m)
		}
		if d := deskOf(t, p); !d.Panel.Lease.Alive {
			t.Error("lost before the end")
		}
		later(warnBefore)
		h, _ := p.last("login")
		var m loginMessage
		h.into(t, &m)
		if m.Code != "expired" {
			t.Errorf("login %+v", m)
		}
		p.say(do("c1", vcc.Hold))
		later(time.Minute)
		if c := r.desks.commands(); len(c) != 0 {
			t.Errorf("done %+v", c)
		}
		if got := r.desks.standings(); len(got) != 2 || got[1].Alive {
			t.Errorf("told %+v", got)
		}
	})
}

func TestSessionIsOfThisOrg(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var org atomic.Value
		org.Store(testOrg)
		r := bubble(t, func(o *Options) { o.Org = func() string { return org.Load().(string) } })
		token := r.session("ana")
		org.Store("00D000000000002EAA")
		p := r.panel("panel-one", token)
		later(time.Second)
		if m, _ := p.wanted(0); m.Code != "other org" {
			t.Errorf("login %+v", m)
		}
		// Right after a start the own org is not known: the session counts until it is.
		org.Store("")
		q := r.panel("panel-two", token)
		later(time.Minute)
		if _, n := q.last("desk"); n == 0 {
			t.Fatal("logged out by a restart")
		}
		org.Store("00D000000000002EAA")
		later(time.Minute)
		if m, _ := q.wanted(0); m.Code != "other org" {
			t.Errorf("login %+v", m)
		}
	})
}

// TestWhoHasLeftIsOut: sessions of somebody who may not go on end at once, everywhere
// and durably; the agent is logged out, in the console too, and told why. Nobody else
// notices.
func TestWhoHasLeftIsOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		kept := newStore()
		var left sync.Map
		r := bubble(t, func(o *Options) {
			o.Sessions = kept
			o.Gone = func(one Session) string {
				why, _ := left.LoadOrStore(one.Agent, "")
				return why.(string)
			}
		})
		ana, tom, eva := r.session("ana"), r.session("tom"), r.session("eva")
		p, second, q := r.panel("panel-ana", ana), r.panel("panel-two", ana), r.panel("panel-tom", tom)
		p.say(bridgeReady)
		later(time.Second)
		const why = "You were logged out: you have left."
		left.Store(vcc.AgentID("ana"), why)
		left.Store(vcc.AgentID("eva"), why) // has no panel open
		if err := r.s.Review(t.Context()); err != nil {
			t.Fatal(err)
		}
		p.say(do("late", vcc.Hold)) // is on its way when the session ends
		later(time.Second)
		for _, one := range []*pad{p, second} {
			if m, _ := one.wanted(0); m.Code != "revoked" || m.Why != why {
				t.Errorf("login %+v", m)
			}
		}
		if c := calls(t, p); len(c) != 1 || c[0].Name != "logout" {
			t.Errorf("the console was asked %+v, want to go offline", c)
		}
		out := map[vcc.AgentID]int{}
		for _, c := range r.desks.commands() {
			if c.Do != vcc.LogOut || !c.Force || c.Why != why {
				t.Errorf("done: %+v", c)
			}
			out[c.Agent]++
		}
		if !maps.Equal(out, map[vcc.AgentID]int{"ana": 1, "eva": 1}) {
			t.Errorf("logged out: %v", out)
		}
		if _, n := q.last("login"); n != 0 || kept.size() != 1 {
			t.Errorf("another agent was asked to log in %d times; %d sessions are stored", n, kept.size())
		}
		for _, s := range r.s.Status() {
			if s.Alive != (s.Agent == "tom") {
				t.Errorf("standing %+v", s)
			}
		}
		for _, token := range []string{ana, eva} {
			back := r.panel("panel-back", token)
			later(time.Second)
			if _, n := back.last("desk"); n != 0 {
				t.Error("an old token still lets in")
			}
		}
		// Let in again, nobody is held to what was.
		left.Store(vcc.AgentID("ana"), "")
		p.say(map[string]any{"t": "renew"})
		again := r.panel("panel-new", r.session("ana"))
		later(time.Minute)
		if _, n := again.last("login"); n != 0 || len(r.desks.commands()) != 2 {
			t.Errorf("asked to log in %d times after coming back; done %+v", n, r.desks.commands())
		}
		kept.mu.Lock()
		kept.err = errors.New("store is full")
		kept.mu.Unlock()
		left.Store(vcc.AgentID("tom"), why)
		if err := r.s.Review(t.Context()); err == nil {
			t.Error("that it lasts only until a restart is not told")
		}
		later(time.Second)
		if _, n := q.last("login"); n != 1 {
			t.Error("a full store keeps an agent in")
		}
	})
}

// TestWhoHasLeftIsOutUnasked: nobody need call Review: a session is held against Gone
// whenever it is used.
func TestWhoHasLeftIsOutUnasked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var why atomic.Value
		why.Store("")
		r := bubble(t, func(o *Options) { o.Gone = func(Session) string { return why.Load().(string) } })
		token := r.session("ana")
		p := r.panel("panel-one", token)
		later(time.Second)
		why.Store("left")
		later(time.Minute)
		if m, _ := p.wanted(0); m.Code != "revoked" || m.Why != "left" {
			t.Errorf("login %+v", m)
		}
		if c := r.desks.commands(); len(c) != 1 || c[0].Do != vcc.LogOut {
			t.Errorf("done %+v", c)
		}
		q := r.panel("panel-two", token)
		later(time.Second)
		if m, _ := q.wanted(0); m.Code != "revoked" || m.Why != "left" {
			t.Errorf("login %+v", m)
		}
	})
}

func TestCookieSparesALogin(t *testing.T) {
	r := real(t, nil)
	token := r.session("ana")
	ask := func(method, origin, bearer string) *http.Response {
		req, err := http.NewRequestWithContext(t.Context(), method, r.url+"/pad/session", nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Origin", origin)
		req.Header.Set("Authorization", bearer)
		resp, _ := r.do(req)
		return resp
	}
	for name, resp := range map[string]*http.Response{
		"another page": ask("POST", "https://evil.example", "Bearer "+token), "no token": ask("POST", r.url, ""), "no session": ask("POST", r.url, "Bearer x"), "GET": ask("GET", r.url, "Bearer "+token),
	} {
		if resp.StatusCode < 400 || len(resp.Cookies()) != 0 {
			t.Errorf("%s: %s", name, resp.Status)
		}
	}
	resp := ask("POST", r.url, "Bearer "+token)
	if resp.StatusCode != http.StatusNoContent || len(resp.Cookies()) != 1 {
		t.Fatalf("%s, %v", resp.Status, resp.Cookies())
	}
	c := resp.Cookies()[0]
	if !c.Secure || !c.HttpOnly || !c.Partitioned || c.SameSite != http.SameSiteNoneMode || c.Path != "/" || c.Domain != "" {
		t.Errorf("cookie %+v", c)
	}
	p := r.open(http.Header{"Cookie": {c.Name + "=" + c.Value}})
	p.say(map[string]any{"t": "hello", "v": 1, "panel": "panel-one", "token": ""})
	var s sessionMessage
	p.await("session").into(t, &s)
	if s.Agent != "ana" || s.Token != "" {
		t.Errorf("session %+v: the cookie's token is not for scripts", s)
	}
	if resp := ask("DELETE", r.url, ""); resp.StatusCode != http.StatusNoContent || resp.Cookies()[0].MaxAge >= 0 {
		t.Errorf("delete: %s %v", resp.Status, resp.Cookies())
	}
	https := &Server{base: &url.URL{Scheme: "https"}}
	if name := https.cookie(sessionCookie, http.SameSiteNoneMode).Name; name != "__Host-omnibridge-pad" {
		t.Errorf("over https the cookie is %s", name)
	}
}

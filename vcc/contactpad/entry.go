package contactpad

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"net"
	"net/http"
	"net/url"
	"time"

	"omnibridge/vcc/contactpad/login"
)

// try is one attempt to log in, of one socket.
//
//	panel ◀─ login{nonce,url} ─ server        the nonce is good for one window, 5 minutes
//	panel opens url in a window ─▶ server     must come from our own page; sets a cookie in the window
//	window ─▶ org ─▶ /pad/callback ─▶ server  state, cookie, code: verified, each good once
//	panel ◀─ session{token} ─ server          on the socket that the nonce was made for
type try struct {
	login.Try
	nonce   string
	sock    *socket
	until   time.Time
	browser string // hash of the cookie of the window that it was started in
	refresh *time.Timer
	renew   bool // the panel has a session: nobody is logged in anew
}

// askLogin sends the panel the address to log in at. It is renewed before it ends
// and whenever it was used, so that the panel always has one. A panel that has a session
// keeps it, whatever came of logging in anew: for it the code is "renew".
func (k *socket) askLogin(code, why string) {
	now := time.Now()
	t := &try{Try: login.NewTry(), nonce: rand.Text(), sock: k, until: now.Add(loginLife)}
	k.s.mu.Lock()
	defer k.s.mu.Unlock()
	k.mu.Lock()
	if t.renew = k.seat != nil; t.renew {
		code = codeRenew
	}
	k.code, k.why = code, why
	k.anew = k.anew || code == "other user"
	t.Anew = k.anew
	ended := k.ended || code == codeRenew && !t.renew // lost its session meanwhile, and knows why
	able := k.tries.take(now)
	k.mu.Unlock()
	switch {
	case ended:
		return
	case !able:
		if !t.renew {
			k.out.put(kindTry, encode(loginMessage{T: "login", Code: "busy", Why: "That was tried too often. Wait half a minute."}))
		}
		if k.later == nil {
			k.later = time.AfterFunc(tryEvery, k.askLoginLater)
		}
		return
	}
	k.s.withdraw(k)
	k.offered = t
	t.refresh = time.AfterFunc(loginLife*4/5, func() { k.s.renewTry(t) })
	k.s.tries[t.nonce] = t
	k.out.put(kindTry, encode(loginMessage{T: "login", Nonce: t.nonce, URL: "/pad/login?nonce=" + url.QueryEscape(t.nonce), Code: code, Why: why}))
}

// codeRenew says that a session goes on, and where it can be renewed.
const codeRenew = "renew"

// askLoginLater sends the address that was asked for too often.
func (k *socket) askLoginLater() {
	k.s.mu.Lock()
	k.later = nil
	k.s.mu.Unlock()
	k.askLoginAgain()
}

// renewTry gives the panel a new address before the one it has ends.
func (s *Server) renewTry(t *try) {
	s.mu.Lock()
	current := s.tries[t.nonce] == t
	s.mu.Unlock()
	if current {
		t.sock.askLoginAgain()
	}
}

// askLoginAgain sends another address for the same reason.
func (k *socket) askLoginAgain() {
	k.mu.Lock()
	code, why, seated := k.code, k.why, k.seat != nil
	k.mu.Unlock()
	if !seated || code == codeRenew {
		k.askLogin(code, why)
	}
}

// withdraw takes, with the server's lock held, back the try that a socket may start.
func (s *Server) withdraw(k *socket) {
	if t := k.offered; t != nil {
		t.refresh.Stop()
		delete(s.tries, t.nonce)
		k.offered = nil
	}
}

// forgetTries ends whatever a socket has begun.
func (s *Server) forgetTries(k *socket) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.withdraw(k)
	for _, t := range k.begun {
		delete(s.started, t.State)
	}
	k.begun = nil
}

// startTry takes the nonce of a try: it starts one window only.
func (s *Server) startTry(nonce, browser string, now time.Time) *try {
	s.mu.Lock()
	defer s.mu.Unlock()
	t := s.tries[nonce]
	if t == nil || !now.Before(t.until) {
		return nil
	}
	s.withdraw(t.sock)
	t.browser = hashed(browser)
	s.started[t.State] = t
	t.sock.begun = append(t.sock.begun, t)
	return t
}

// finishTry takes the state of a try that came back: once, and only in the browser
// that it was started in.
func (s *Server) finishTry(state, browser string, now time.Time) *try {
	s.mu.Lock()
	defer s.mu.Unlock()
	t := s.started[state]
	if t == nil || subtle.ConstantTimeCompare([]byte(t.browser), []byte(hashed(browser))) != 1 {
		return nil
	}
	delete(s.started, state)
	if !now.Before(t.until) {
		return nil
	}
	return t
}

// mayLogIn bounds how often one address starts logins. Many agents share one.
func (s *Server) mayLogIn(r *http.Request, now time.Time) bool {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		host = r.RemoteAddr
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.logins[host]
	if a == nil {
		if len(s.logins) >= 10_000 {
			clear(s.logins)
		}
		a = &allowance{most: 200, each: time.Second / 10}
		s.logins[host] = a
	}
	return a.take(now)
}

// serveLogin is /pad/login: it sends a window of our own page to the org. Nobody
// else may send a browser here: who followed a foreign link would log in into the
// panel of whoever made the link.
func (s *Server) serveLogin(w http.ResponseWriter, r *http.Request) {
	now := time.Now()
	browser := s.cookieValue(r, loginCookie)
	if len(browser) < 20 {
		browser = rand.Text()
	}
	switch {
	case r.Method != http.MethodGet:
		w.Header().Set("Allow", "GET")
		s.say(w, http.StatusMethodNotAllowed, "Log-in was not started", "Open this window from ContactPad.")
		return
	case r.Header.Get("Sec-Fetch-Site") != "same-origin":
		s.say(w, http.StatusForbidden, "Log-in was not started", "Only ContactPad itself may open this window. If you followed a link, somebody may want to use your login: close this window.")
		return
	case !s.mayLogIn(r, now):
		w.Header().Set("Retry-After", "10")
		s.say(w, http.StatusTooManyRequests, "Too many log-ins", "Close this window, wait a moment, and try again.")
		return
	}
	t := s.startTry(r.URL.Query().Get("nonce"), browser, now)
	if t == nil {
		s.say(w, http.StatusGone, "Log-in was not started", "This window was opened too late, or a second time. Close it and press the button in ContactPad again.")
		return
	}
	// The next window needs another nonce; what was wrong before is no news any more.
	t.sock.askLogin("", "")
	to, err := s.o.Login.Begin(r.Context(), t.Try)
	if err != nil {
		s.refuse(w, t, err)
		return
	}
	c := s.cookie(loginCookie, http.SameSiteLaxMode)
	c.Value, c.MaxAge = browser, int(loginLife.Seconds())
	http.SetCookie(w, c)
	w.Header().Set("Cache-Control", "no-store")
	http.Redirect(w, r, to, http.StatusFound)
}

// serveCallback is /pad/callback: the org sends the window back, and the panel that
// waits is told.
func (s *Server) serveCallback(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	now := time.Now()
	t := s.finishTry(q.Get("state"), s.cookieValue(r, loginCookie), now)
	if t == nil {
		s.say(w, http.StatusForbidden, "Log-in was not finished", "It took too long, or was not started in this browser. Close this window and press the button in ContactPad again.")
		return
	}
	if problem := q.Get("error"); problem != "" || q.Get("code") == "" {
		s.log.Info("login denied by the org", "error", shorten(problem, 60), "description", shorten(q.Get("error_description"), 200))
		t.sock.askLogin("denied", "Log-in was not finished. Nothing has changed.")
		s.say(w, http.StatusOK, "Log-in was not finished", "Nothing has changed. You may close this window.")
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), commandTime)
	defer cancel()
	claims, err := s.o.Login.Finish(ctx, t.Try, q.Get("code"))
	if err != nil {
		s.refuse(w, t, err)
		return
	}
	if user := t.sock.consoleUser(); user != "" && user != claims.User {
		s.refuse(w, t, &mapError{claims, errOtherUser})
		return
	}
	agent, err := s.o.Agent(ctx, claims.User, claims)
	if err != nil {
		s.refuse(w, t, &mapError{claims, err})
		return
	}
	token, session, err := s.sessions.issue(ctx, Session{Agent: agent, Org: claims.Org, User: claims.User, Since: now, Until: now.Add(s.o.SessionLife)})
	if token == "" {
		s.refuse(w, t, err)
		return
	}
	if err != nil {
		s.log.Warn("sessions that are over not dropped", "err", err)
	}
	if !t.sock.loggedIn(session, token, t.renew) {
		s.forgetSession(session)
		s.say(w, http.StatusGone, "Log-in was not finished", "ContactPad lost its connection meanwhile. Close this window and press the button in ContactPad again.")
		return
	}
	s.log.Info("logged in", "agent", agent, "user", claims.User)
	s.say(w, http.StatusOK, "You are logged in", "You may close this window.")
}

// loggedIn seats the panel that waited for its login, and tells whether it is
// still there.
func (k *socket) loggedIn(session Session, token string, renew bool) bool {
	k.s.forgetTries(k)
	k.out.forget(kindTry)
	t := k.sit(session, token)
	if t == nil {
		return false
	}
	k.mu.Lock()
	k.anew = false
	state := k.start
	k.mu.Unlock()
	if !renew {
		t.mu.Lock()
		t.start = &state
		t.begin()
		t.changed(time.Now())
		t.mu.Unlock()
	}
	return true
}

// forgetSession ends a session that nobody may use any more.
func (s *Server) forgetSession(one Session) {
	if err := s.sessions.drop(s.ctx, one.Hash); err != nil {
		s.log.Warn("session that nobody has not dropped", "err", err)
	}
}

// consoleUser is the user of the console around the panel, or "" if that is not known.
func (k *socket) consoleUser() string {
	k.mu.Lock()
	user, t, id := k.bridge.user, k.seat, k.hello.Panel
	k.mu.Unlock()
	if t == nil {
		return user
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if p := t.panels[id]; p != nil {
		user = p.bridge.user
	}
	return user
}

// errOtherUser says that somebody else logged in than has the console open: records
// would open for the one, and Omni-Channel's status would be the other's.
var errOtherUser = errors.New("the console is another user's")

// mapError says that a user of the org was not taken for an agent.
type mapError struct {
	claims login.Claims
	err    error
}

func (e *mapError) Error() string { return "user " + e.claims.User + ": " + e.err.Error() }
func (e *mapError) Unwrap() error { return e.err }

// refuse tells window, panel and log why nobody was logged in.
func (s *Server) refuse(w http.ResponseWriter, t *try, err error) {
	code, status := "failed", http.StatusBadGateway
	why := "Log-in did not work: Salesforce could not be asked who you are. Try again; if it stays, tell your administrator."
	who, name := "You", ""
	if e, ok := errors.AsType[*mapError](err); ok && e.claims.Username != "" {
		name = e.claims.Username
		who = "You are " + name + " in Salesforce, and"
	}
	switch {
	case errors.Is(err, ErrNoAgent):
		code, status = "no agent", http.StatusForbidden
		why = "No agent has your Salesforce user. Ask your administrator to add you."
		if who != "You" {
			why = who[:len(who)-len(" and")] + " but no agent has that user. Ask your administrator to add you."
		}
	case errors.Is(err, ErrNoPermission):
		code, status = "no permission", http.StatusForbidden
		why = who + ` may not use ContactPad. Ask your administrator for the permission set "ContactPad agent".`
	case errors.Is(err, errOtherUser):
		code, status = "other user", http.StatusForbidden
		why = "You logged in as " + cmp.Or(name, "somebody") + ", but this console is another user's. Log in as the user of this console."
	case errors.Is(err, login.ErrOtherOrg):
		code, status = "other org", http.StatusForbidden
		why = "You logged in with another Salesforce org. Log in with the one that you work in."
	case errors.Is(err, login.ErrNotGenuine):
		status = http.StatusForbidden
		why = "Log-in did not work: what came back could not be verified. Try again; if it stays, tell your administrator."
	case errors.Is(err, login.ErrNotReady):
		status = http.StatusServiceUnavailable
		why = "ContactPad is not connected with Salesforce yet. Try again in a moment."
	}
	s.log.Warn("nobody logged in", "code", code, "err", err)
	t.sock.askLogin(code, why)
	s.say(w, status, "Log-in did not work", why+" You may close this window.")
}

package contactpad

import (
	"errors"
	"net/http"
	"sync"
	"time"

	"github.com/gorilla/websocket"

	"omnibridge/vcc"
)

// socket is one WebSocket of a panel, from the upgrade to its end.
//
//	opened ──hello──▶ no session: asks to log in ──handed over──▶ seated ──▶ ended
//	              └──▶ session: seated ◀────────────────────────────┘
type socket struct {
	s      *Server
	conn   *websocket.Conn
	out    *outbox
	cookie string // token that came with the upgrade, until hello
	rate   allowance

	// With the server's lock: the login that may be started next, and those in the org.
	offered *try
	begun   []*try
	later   *time.Timer // asks once more what was asked too often

	mu     sync.Mutex
	asked  int     // whether it lives, while it is not seated
	hello  inbound // zero: has not said hello
	seat   *seat   // nil: not logged in
	start  vcc.AgentState
	bridge bridge    // told before it was seated
	tries  allowance // of logins
	code   string    // why it has to log in
	anew   bool      // the org must ask who it is: it was somebody else
	why    string
	ended  bool
	done   chan struct{} // closed when the reading side has ended
}

// Close codes besides those of RFC 6455.
const (
	closeReplaced = 4001
	closeVersion  = 4002
)

func byeSlow() *farewell {
	return &farewell{websocket.CloseTryAgainLater, byeMessage{"bye", "slow", "This panel did not read what it was sent. It may come back at once."}}
}

func byeBusy() *farewell {
	return &farewell{websocket.CloseTryAgainLater, byeMessage{"bye", "busy", "Too much at once. It may come back in 5 seconds."}}
}

func byeProtocol(why string) *farewell {
	return &farewell{websocket.ClosePolicyViolation, byeMessage{"bye", "protocol", why}}
}

func byeReplaced(why string) *farewell {
	return &farewell{closeReplaced, byeMessage{"bye", "replaced", why}}
}

func byeVersion() *farewell {
	return &farewell{closeVersion, byeMessage{"bye", "version", "A newer ContactPad is ready. Load the page anew."}}
}

func byeRestart() *farewell {
	return &farewell{websocket.CloseServiceRestart, byeMessage{"bye", "restart", "ContactPad restarts in a moment. Stay as you are."}}
}

// serveSocket is /pad/ws.
func (s *Server) serveSocket(w http.ResponseWriter, r *http.Request) {
	if !websocket.IsWebSocketUpgrade(r) {
		w.Header().Set("Upgrade", "websocket")
		http.Error(w, "this address is for WebSockets", http.StatusUpgradeRequired)
		return
	}
	if p := websocket.Subprotocols(r); len(p) != 1 || p[0] != subprotocol {
		http.Error(w, "the subprotocol must be "+subprotocol, http.StatusBadRequest)
		return
	}
	if !s.admit() {
		w.Header().Set("Retry-After", "5")
		http.Error(w, "no more panels now", http.StatusServiceUnavailable)
		return
	}
	conn, err := s.upgrader.Upgrade(w, r, nil) // answers errors itself
	if err != nil {
		s.log.Warn("panel refused", "origin", r.Header.Get("Origin"), "want", s.origin, "err", err)
		s.dismiss(nil)
		return
	}
	k := &socket{s: s, conn: conn, out: newOutbox(), done: make(chan struct{}), cookie: s.cookieValue(r, sessionCookie),
		rate: allowance{most: 200, each: time.Second / 20}, tries: allowance{most: 20, each: tryEvery}}
	// The handler returns, so that net/http lets go of what it holds for a request.
	if !s.register(k) {
		conn.Close()
	}
}

// read takes what the panel sends, until the socket ends.
func (k *socket) read() {
	clean := false
	defer func() { k.gone(clean) }()
	k.conn.SetReadLimit(maxMessage)
	k.within(helloWithin)
	for {
		kind, data, err := k.conn.ReadMessage()
		if err != nil {
			clean = websocket.IsCloseError(err, websocket.CloseNormalClosure, websocket.CloseGoingAway)
			return
		}
		if last := k.take(kind, data); last != nil {
			k.out.end(last)
			k.drain()
			return
		}
		k.within(silentAfter)
	}
}

// drain reads on until the other side has closed, so that it gets the farewell: a
// connection that is closed with unread data loses what was written last.
func (k *socket) drain() {
	k.within(farewellWithin)
	for {
		if _, _, err := k.conn.NextReader(); err != nil {
			return
		}
	}
}

// take acts on what the panel sent, and returns how to end if it must.
func (k *socket) take(kind int, data []byte) *farewell {
	if kind != websocket.TextMessage {
		return byeProtocol("Only text is understood.")
	}
	if !k.rate.take(time.Now()) {
		return byeBusy()
	}
	m, err := decode(data)
	if err != nil {
		return byeProtocol(err.Error())
	}
	return k.receive(m)
}

// within says by when the panel must have sent something.
func (k *socket) within(d time.Duration) { k.conn.SetReadDeadline(time.Now().Add(d)) }

// receive acts on a message, and returns how to end if it must.
func (k *socket) receive(m inbound) *farewell {
	k.mu.Lock()
	known, seat := k.hello.T != "", k.seat
	k.mu.Unlock()
	switch {
	case !known && m.T != "hello":
		return byeProtocol("Say hello first.")
	case known && m.T == "hello":
		return byeProtocol("Hello was said before.")
	case m.T == "hello":
		return k.greet(m)
	case m.T == "start":
		k.mu.Lock()
		k.start = m.State.AgentState
		k.mu.Unlock()
	case m.T == "renew":
		if seat != nil { // any other has an address already
			k.askLogin(codeRenew, "")
		}
	case seat == nil && m.T == "bridge":
		k.mu.Lock()
		k.bridge = m.bridge()
		k.mu.Unlock()
	case seat != nil && m.T == "rtc":
		return seat.signal(k, m)
	case seat != nil:
		return seat.receive(k, m)
	}
	return nil
}

// greet seats a panel that has a session, and asks any other to log in.
func (k *socket) greet(m inbound) *farewell {
	if m.V != 1 {
		return byeVersion()
	}
	if len(m.Panel) < 8 {
		return byeProtocol("panel must be a random text of 8 to 64 characters.")
	}
	cookie := k.cookie
	k.cookie = ""
	k.mu.Lock()
	k.hello = m
	k.hello.Token = "" // not kept
	k.mu.Unlock()
	now := time.Now()
	code, why := "", ""
	for _, token := range []string{m.Token, cookie} {
		if token == "" {
			continue
		}
		session := k.s.sessions.find(token)
		if code, why = k.s.wrong(session, now); code != "" {
			continue
		}
		if token != m.Token {
			token = "" // the cookie's is not for scripts
		}
		k.sit(session, token)
		return nil
	}
	k.askLogin(code, why)
	return nil
}

// sit gives the panel its place with the agent of a session, and returns the seat, or
// nil if the panel is gone. token is told to the panel; empty: is in its cookie.
func (k *socket) sit(session Session, token string) (at *seat) {
	k.mu.Lock()
	old := k.seat
	k.mu.Unlock()
	if old != nil && old.agent != session.Agent {
		old.detach(k, true)
	}
	k.s.with(session.Agent, func(t *seat) {
		k.mu.Lock()
		ended, hello := k.ended, k.hello
		if !ended {
			k.seat, k.code, k.why = t, "", ""
		}
		k.mu.Unlock()
		if !ended {
			t.attach(k, hello, session, token)
			at = t
		}
	})
	return at
}

// stand says that the panel has lost its place in t, and asks to log in again.
func (k *socket) stand(t *seat, code, why string) {
	t.mu.Lock()
	if p := t.panels[k.panel()]; p != nil && p.sock == k {
		t.mu.Unlock()
		return // has a new session already
	}
	k.mu.Lock()
	gone := k.seat == t
	if gone {
		k.seat = nil
	}
	k.mu.Unlock()
	t.mu.Unlock()
	if gone {
		k.out.forget(kindDesk)
		k.out.forget(kindAsk)
		k.askLogin(code, why)
	}
}

// panel returns the id of the panel.
func (k *socket) panel() string {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.hello.Panel
}

// takeBridge returns what the panel told of its console before it was seated.
func (k *socket) takeBridge() bridge {
	k.mu.Lock()
	defer k.mu.Unlock()
	b := k.bridge
	k.bridge = bridge{}
	return b
}

// gone ends the socket, from the reading side.
func (k *socket) gone(clean bool) {
	k.mu.Lock()
	k.ended = true
	seat := k.seat
	k.mu.Unlock()
	if seat != nil {
		seat.detach(k, clean)
	}
	k.s.forgetTries(k)
	k.out.close()
	close(k.done)
	k.s.dismiss(k)
}

// write sends what waits in the outbox, until the farewell or the end.
func (k *socket) write() {
	defer k.conn.Close()
	for range k.out.wake {
		batch, last, open := k.out.take()
		if !open {
			return
		}
		if last != nil {
			batch = append(batch, parcel{data: encode(last.bye)})
		}
		for _, p := range batch {
			k.conn.SetWriteDeadline(time.Now().Add(writeWithin))
			if err := k.conn.WriteMessage(websocket.TextMessage, p.data); err != nil {
				if !errors.Is(err, websocket.ErrCloseSent) {
					k.s.log.Debug("panel lost while writing", "panel", k.panel(), "err", err)
				}
				return
			}
		}
		if last != nil {
			k.conn.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(last.code, last.bye.Code), time.Now().Add(time.Second))
			k.linger()
			return
		}
	}
}

// linger gives the other side time to read the farewell and to close.
func (k *socket) linger() {
	timer := time.NewTimer(farewellWithin)
	defer timer.Stop()
	select {
	case <-k.done:
	case <-timer.C:
	}
}

// allowance lets something happen most times at once, and once more each time Each
// has passed.
type allowance struct {
	most  int
	each  time.Duration
	used  int
	since time.Time
}

// take tells whether it may happen now.
func (a *allowance) take(now time.Time) bool {
	if back := int(now.Sub(a.since) / a.each); back >= a.used {
		a.used, a.since = 0, now
	} else {
		a.used, a.since = a.used-back, a.since.Add(time.Duration(back)*a.each)
	}
	if a.used >= a.most {
		return false
	}
	a.used++
	return true
}

package main

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"omnibridge/connector/store"
	"omnibridge/salesforce/mockorg"
	"omnibridge/vcc"
	"omnibridge/vcc/contactpad"
)

// panel is an agent's ContactPad without a browser.
type panel struct {
	t    *testing.T
	conn *websocket.Conn
}

// heardMessage is a message to a panel.
type heardMessage struct {
	T    string          `json:"t"`
	N    int             `json:"n"`
	Code string          `json:"code"`
	Why  string          `json:"why"`
	Name string          `json:"name"`
	OK   bool            `json:"ok"`
	Desk json.RawMessage `json:"desk"`
}

// panel opens ContactPad with the token of a login.
func (o *office) panel(token string) *panel {
	o.t.Helper()
	d := websocket.Dialer{Subprotocols: []string{"omnibridge.pad.v1"}, HandshakeTimeout: browserPatience,
		NetDialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, network, o.cfg.Listen)
		}}
	conn, _, err := d.DialContext(o.t.Context(), "ws"+strings.TrimPrefix(o.cfg.PublicURL, "http")+"/pad/ws", http.Header{"Origin": {o.cfg.PublicURL}})
	if err != nil {
		o.t.Fatal(err)
	}
	o.t.Cleanup(func() { _ = conn.Close() }) // the daemon may have been faster
	p := &panel{o.t, conn}
	p.say(map[string]any{"t": "hello", "v": 1, "panel": rand.Text(), "token": token, "visible": true})
	p.say(map[string]any{"t": "bridge", "version": 1, "console": true, "capabilities": []string{"logout", "setStatus"}})
	return p
}

func (p *panel) say(m any) {
	p.t.Helper()
	if err := p.conn.WriteJSON(m); err != nil {
		p.t.Fatal(err)
	}
}

// hears waits for a message that is wanted, and answers meanwhile that it lives.
func (p *panel) hears(what string, want func(heardMessage) bool) heardMessage {
	p.t.Helper()
	if err := p.conn.SetReadDeadline(time.Now().Add(browserPatience)); err != nil {
		p.t.Fatal(err)
	}
	for {
		var m heardMessage
		if err := p.conn.ReadJSON(&m); err != nil {
			p.t.Fatalf("waited for %s: %v", what, err)
		}
		if m.T == "ask" {
			p.say(map[string]any{"t": "alive", "n": m.N, "visible": true})
		}
		if want(m) {
			return m
		}
	}
}

// hired gives agents a login each, while no daemon runs, and returns the tokens.
func (o *office) hired(names ...string) []string {
	o.t.Helper()
	_, _, org, err := o.cfg.connect(slog.New(slog.DiscardHandler))
	if err != nil {
		o.t.Fatal(err)
	}
	id, err := org.Identity(o.t.Context())
	if err != nil {
		o.t.Fatal(err)
	}
	st, err := store.Open(o.t.Context(), store.Options{Path: o.cfg.Data, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		o.t.Fatal(err)
	}
	var tokens []string
	for _, name := range names {
		token := rand.Text()
		hash := sha256.Sum256([]byte(token))
		one := contactpad.Session{Hash: hex.EncodeToString(hash[:]), Agent: vcc.AgentID(o.id(name)), Org: id, User: o.id(name), Since: time.Now(), Until: time.Now().Add(time.Hour)}
		if err := (sessions{st}).Save(o.t.Context(), one); err != nil {
			o.t.Fatal(err)
		}
		tokens = append(tokens, token)
	}
	if err := st.Close(); err != nil {
		o.t.Fatal(err)
	}
	return tokens
}

// active changes whether a user may log in to the org.
func (o *office) active(name string, is bool) {
	o.t.Helper()
	_, client, _, err := o.cfg.connect(slog.New(slog.DiscardHandler))
	if err != nil {
		o.t.Fatal(err)
	}
	if err := client.Update(o.t.Context(), "User", o.id(name), map[string]bool{"IsActive": is}); err != nil {
		o.t.Fatal(err)
	}
}

// state returns in what state the engine has an agent.
func (o *office) state(name string) vcc.Major {
	desks, stop := o.daemon.connector.Watch(vcc.AgentID(o.id(name)))
	defer stop()
	select {
	case d := <-desks:
		return d.State.Major
	case <-time.After(browserPatience):
		o.t.Fatal("the engine does not tell of " + name)
		return ""
	}
}

// TestLoginRevoked: the login of somebody who is deactivated in Salesforce, or whom the
// routing file lists no more, ends by itself: in the panel, in the console, in the engine
// and in the store. That of others goes on.
func TestLoginRevoked(t *testing.T) {
	t.Parallel()
	o := newEmptyOffice(t, mockorg.DefaultSeed(), nil)
	o.close()
	o.cfg.SweepEvery = 100 * time.Millisecond
	tokens := o.hired("ada", "ben")
	o.open()
	ada, ben := o.panel(tokens[0]), o.panel(tokens[1])
	for _, p := range []*panel{ada, ben} {
		p.hears("a desk", func(m heardMessage) bool { return m.T == "desk" })
		p.say(map[string]any{"t": "do", "id": "in", "do": "log in"})
		if m := p.hears("the answer", func(m heardMessage) bool { return m.T == "answer" }); !m.OK {
			t.Fatalf("log in: %+v", m)
		}
	}
	o.active("ada", false)
	ada.hears("that the console goes offline", func(m heardMessage) bool { return m.T == "call" && m.Name == "logout" })
	if m := ada.hears("to log in", func(m heardMessage) bool { return m.T == "login" }); m.Code != "revoked" || !strings.Contains(m.Why, "your Salesforce user is not active any more") {
		t.Errorf("told %+v", m)
	}
	untilSeen(t, "Ada to be logged out", func() bool { return o.state("ada") == vcc.LoggedOut })
	if m := o.panel(tokens[0]).hears("to log in", func(m heardMessage) bool { return m.T == "login" || m.T == "desk" }); m.T != "login" {
		t.Error("an old token lets in again")
	}
	ben.say(map[string]any{"t": "find", "id": "f", "for": "consult"})
	ben.hears("an answer", func(m heardMessage) bool { return m.T == "found" })
	if s := o.state("ben"); s != vcc.Ready {
		t.Errorf("Ben is %q", s)
	}

	// Active again, and logged in since; but now the routing file lists Ada alone.
	o.active("ada", true)
	o.close()
	o.rules.Agents = map[string]agentFile{o.id("ada"): {}}
	tokens[0] = o.hired("ada")[0]
	o.open()
	o.panel(tokens[0]).hears("a desk", func(m heardMessage) bool { return m.T == "desk" })
	if m := o.panel(tokens[1]).hears("to log in", func(m heardMessage) bool { return m.T == "login" || m.T == "desk" }); m.Code != "revoked" || !strings.Contains(m.Why, "you are not an agent here any more") {
		t.Errorf("told %+v", m)
	}
	untilSeen(t, "Ben to be logged out", func() bool { return o.state("ben") == vcc.LoggedOut })
	o.close()
	o.kept(1)
}

// kept holds how many logins are stored, while no daemon runs.
func (o *office) kept(want int) {
	o.t.Helper()
	st, err := store.Open(o.t.Context(), store.Options{Path: o.cfg.Data, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		o.t.Fatal(err)
	}
	docs, err := st.Kept(o.t.Context(), sessionKind)
	if err != nil || len(docs) != want {
		o.t.Errorf("%d logins are stored, want %d: %v", len(docs), want, err)
	}
	if err := st.Close(); err != nil {
		o.t.Fatal(err)
	}
}

package contactpad

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"time"

	"omnibridge/vcc"
	"omnibridge/vcc/contactpad/login"
)

// Options says what a Server works with. Fields without a default are required.
type Options struct {
	// URL is where browsers reach the daemon: "https://pad.example.com". Plain http
	// only on a loopback address. The page is at URL/pad/, and the address to register
	// with the org for coming back from a login is URL/pad/callback.
	URL string
	// FrameAncestors lists the origins of the org whose pages may frame the panel:
	// "https://acme.lightning.force.com". Without one, only a tab of its own shows it.
	FrameAncestors []string

	Desks Desks
	Login Provider
	// Org returns the id of the org that the daemon itself is connected with, 18
	// characters, or "" while it does not know. It must not block. Whoever belongs to
	// another org is refused, also with an older session (salesforce-package 0.8).
	Org func() string
	// Agent maps a user of the org to an agent. It may return ErrNoAgent,
	// ErrNoPermission, or another error for trouble.
	Agent func(ctx context.Context, user string, c login.Claims) (vcc.AgentID, error)

	// Gone tells in plain words why whoever has a session may not go on with it: the
	// user is not active in the org any more, or no agent. Empty: they may. It is asked
	// whenever a session is used, and by Review, and must not block. Default: all may.
	Gone func(Session) (why string)

	// Sessions keeps logins over a restart. Default: memory only, so that a restart
	// logs everybody out.
	Sessions Sessions
	// FindCaller searches the org for the number of a caller. Default: a call without
	// a record opens nothing.
	FindCaller func(ctx context.Context, number string) ([]Record, error)
	// StatusID returns the id of the Omni-Channel status with that developer name, or
	// "". It must not block. Default: statuses cannot be set.
	StatusID func(name string) string
	// ICE lists the STUN and TURN servers for calls between agents. They are told only
	// to who is logged in.
	ICE []ICEServer

	SessionLife time.Duration // after a login; default 12 h, at most 24 h
	Lease       time.Duration // without an answer, a panel is lost after it; default 30 s, at least 2 AskEvery
	AskEvery    time.Duration // a panel is asked whether it lives; default 10 s
	MaxSockets  int           // open at the same time; default 20,000

	Log *slog.Logger // default: none
}

// ICEServer is a server for establishing a call between two browsers, in the words
// of WebRTC.
type ICEServer struct {
	URLs       []string `json:"urls"`
	Username   string   `json:"username,omitempty"`
	Credential string   `json:"credential,omitempty"`
}

// Bounds of what is not configurable.
const (
	maxMessage     = 64 << 10         // of a panel, in bytes
	maxSignal      = 16 << 10         // of what is relayed between two agents' panels
	maxQueued      = 64               // messages to a panel that has not read them
	maxPanels      = 8                // of one agent
	maxCommands    = 32               // of one agent that wait
	maxAnswered    = 128              // answers of one agent that are remembered
	maxHeld        = 32               // pops of one agent that wait for a console
	maxFound       = 50               // options of one search
	warnBefore     = 10 * time.Minute // of its end a session can be renewed
	tryEvery       = 30 * time.Second // a panel may log in once more, after twenty times at once
	loginLife      = 5 * time.Minute  // of a nonce
	helloWithin    = 10 * time.Second // of opening the socket
	silentAfter    = 2 * time.Minute  // without a message the socket is closed
	farewellWithin = time.Second      // of saying bye the socket is closed
	writeWithin    = 10 * time.Second // of a message
	commandTime    = 15 * time.Second // until a command counts as failed (panel-ux 2.5)
	findTime       = 5 * time.Second  // until a search counts as failed
	consoleTime    = 10 * time.Second // until a call to a console counts as failed (contract A)
	holdConsole    = 30 * time.Second // how long a pop waits for a panel that reconnects
	popsKnownFor   = 24 * time.Hour   // how long a pop is known to have been done
)

func (o Options) withDefaults() Options {
	if o.SessionLife == 0 {
		o.SessionLife = 12 * time.Hour
	}
	if o.AskEvery == 0 {
		o.AskEvery = 10 * time.Second
	}
	if o.Lease == 0 {
		o.Lease = 3 * o.AskEvery
	}
	if o.MaxSockets == 0 {
		o.MaxSockets = 20_000
	}
	if o.Gone == nil {
		o.Gone = func(Session) string { return "" }
	}
	if o.Sessions == nil {
		o.Sessions = forgetful{}
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return o
}

// validate tells everything that is wrong, at once.
func (o Options) validate() error {
	var wrong []error
	need := func(ok bool, why string) {
		if !ok {
			wrong = append(wrong, errors.New(why))
		}
	}
	if _, err := baseURL(o.URL); err != nil {
		wrong = append(wrong, err)
	}
	for _, a := range o.FrameAncestors {
		if u, err := url.Parse(a); err != nil || u.Scheme == "" || u.Host == "" || u.Scheme+"://"+u.Host != a || !safeHost(u.Host) {
			wrong = append(wrong, fmt.Errorf("frame ancestor %q is not an origin: write it like https://acme.lightning.force.com", a))
		}
	}
	need(o.Desks != nil, "Desks is missing")
	need(o.Login != nil, "Login is missing")
	need(o.Org != nil, "Org is missing")
	need(o.Agent != nil, "Agent is missing")
	need(o.SessionLife > 0 && o.SessionLife <= 24*time.Hour, fmt.Sprintf("SessionLife is %v: must be up to 24h", o.SessionLife))
	need(o.AskEvery > 0, fmt.Sprintf("AskEvery is %v: must be above zero", o.AskEvery))
	need(o.Lease >= 2*o.AskEvery, fmt.Sprintf("Lease is %v: must be at least twice AskEvery (%v), or one lost answer loses the panel", o.Lease, o.AskEvery))
	need(o.MaxSockets > 0, fmt.Sprintf("MaxSockets is %d: must be above zero", o.MaxSockets))
	return errors.Join(wrong...)
}

// safeHost tells whether a host can stand in a header's list of origins.
func safeHost(host string) bool {
	for _, c := range host {
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '.', c == '-', c == ':', c == '[', c == ']':
		default:
			return false
		}
	}
	return true
}

// baseURL reads Options.URL.
func baseURL(text string) (*url.URL, error) {
	u, err := url.Parse(text)
	switch {
	case err != nil || u.Host == "" || !safeHost(u.Host):
		return nil, fmt.Errorf("URL %q is not an address: write it like https://pad.example.com", text)
	case u.Scheme+"://"+u.Host != text:
		return nil, fmt.Errorf("URL %q has a path or more: write only scheme and host, like https://pad.example.com", text)
	case u.Scheme == "https":
		return u, nil
	case u.Scheme == "http" && loopback(u.Hostname()):
		return u, nil
	}
	return nil, fmt.Errorf("URL %q must be https: browsers send a framed page no cookie and no microphone over plain http, except on a loopback address", text)
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

package contactpad

import (
	"context"
	"errors"
	"fmt"
	"time"

	"omnibridge/vcc"
	"omnibridge/vcc/contactpad/login"
)

// Desks is the application, as the panels need it. All methods may be called from
// many goroutines.
type Desks interface {
	// Do puts a command to the engine and returns its answer once that is durable.
	// Commands of one agent come one after another.
	Do(ctx context.Context, c vcc.Command) (vcc.Answer, error)
	// Panel tells the standing of an agent's panel. It is called when that changed,
	// one call after another for an agent, and again after an error.
	Panel(ctx context.Context, agent vcc.AgentID, p vcc.Panel) error
	// Watch delivers the agent's desk now and whenever it changed, over a channel
	// with room for one, which holds the newest. It must not block. stop ends it and
	// may close the channel.
	Watch(agent vcc.AgentID) (desks <-chan vcc.Desk, stop func())
	// Find looks for who can be consulted or given a transfer.
	Find(ctx context.Context, s vcc.Search) (vcc.Found, error)
}

// Provider asks the org who somebody is; *login.Org is one.
type Provider interface {
	// Begin returns the address in the org to send a browser to.
	Begin(ctx context.Context, t login.Try) (string, error)
	// Finish exchanges the code with which the browser came back.
	Finish(ctx context.Context, t login.Try, code string) (login.Claims, error)
}

// Session is a login. The token itself is known only to the panel.
type Session struct {
	Hash  string      `json:"hash"` // of the token: SHA-256, in hexadecimal
	Agent vcc.AgentID `json:"agent"`
	Org   string      `json:"org"`  // id of the org that said who it is, 18 characters
	User  string      `json:"user"` // id of the user there, 18 characters
	Since time.Time   `json:"since"`
	Until time.Time   `json:"until"`
}

// Sessions keeps sessions over a restart, so that nobody has to log in again. The
// server keeps them in memory, too, and reads them once.
type Sessions interface {
	// Load returns all sessions; New calls it once. Those that are over may be among
	// them: they are dropped.
	Load(ctx context.Context) ([]Session, error)
	// Save stores a new session, durably.
	Save(ctx context.Context, s Session) error
	// Drop forgets sessions. What is not there is no error.
	Drop(ctx context.Context, hashes ...string) error
}

// Record is a record of the org that a caller's number was found in.
type Record struct {
	ID   string `json:"id"` // 18 characters
	Name string `json:"name"`
	Kind string `json:"kind"` // label of the object: "Contact"
}

// Refusals of a login, for Options.Agent. The panel has words for both.
var (
	// ErrNoAgent says that no agent has the user (panel-ux M3).
	ErrNoAgent = errors.New("no agent has that user")
	// ErrNoPermission says that the user may not use ContactPad (panel-ux M4).
	ErrNoPermission = errors.New("the user may not use ContactPad")
)

// ErrNoConsole says that the agent has no primary panel whose console can be
// asked now: none is open, its connection is lost, or it runs outside a console.
var ErrNoConsole = errors.New("no console of the agent can be reached")

// ConsoleError is what a console answered instead of a result.
type ConsoleError struct {
	Call string // name of the call
	Code string // "gone", "refused", "unavailable", "unknown", "bad", or "timeout"
	Text string // words of the console, may be empty
}

func (e *ConsoleError) Error() string {
	if e.Text == "" {
		return fmt.Sprintf("console: %s: %s", e.Call, e.Code)
	}
	return fmt.Sprintf("console: %s: %s: %s", e.Call, e.Code, e.Text)
}

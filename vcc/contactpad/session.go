package contactpad

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"omnibridge/vcc"
)

// keeper knows who is logged in: by the hash of a token, so that what it holds is
// of no use to a thief.
type keeper struct {
	store Sessions
	mu    sync.Mutex
	known map[string]Session
	swept time.Time
}

// openKeeper reads the sessions that are stored, and drops those that are over.
func openKeeper(ctx context.Context, store Sessions) (*keeper, error) {
	list, err := store.Load(ctx)
	if err != nil {
		return nil, fmt.Errorf("load sessions: %w", err)
	}
	k := &keeper{store: store, known: make(map[string]Session, len(list))}
	for _, s := range list {
		k.known[s.Hash] = s
	}
	return k, k.sweep(ctx, time.Now())
}

// issue begins a session and returns its token.
func (k *keeper) issue(ctx context.Context, s Session) (string, Session, error) {
	token := rand.Text()
	s.Hash = hashed(token)
	if err := k.store.Save(ctx, s); err != nil {
		return "", Session{}, fmt.Errorf("save session: %w", err)
	}
	k.mu.Lock()
	k.known[s.Hash] = s
	k.mu.Unlock()
	return token, s, k.sweep(ctx, s.Since)
}

// find returns the session of a token, or the zero one, which is over.
func (k *keeper) find(token string) Session {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.known[hashed(token)]
}

// wrong tells why a session does not count, as code and in words; both are empty if
// it does.
func (s *Server) wrong(one Session, now time.Time) (code, why string) {
	own := s.o.Org()
	switch {
	case !now.Before(one.Until):
		return "expired", "Your login has ended. Log in again."
	case own != "" && one.Org != own:
		return "other org", "You were logged in with another org. Log in again."
	}
	if why := s.o.Gone(one); why != "" {
		return codeRevoked, why
	}
	return "", ""
}

// codeRevoked says that a session was taken from who had it.
const codeRevoked = "revoked"

// drop ends one session.
func (k *keeper) drop(ctx context.Context, hash string) error {
	return k.end(ctx, func(s Session) bool { return s.Hash == hash })
}

// revoke ends all sessions of an agent.
func (k *keeper) revoke(ctx context.Context, agent vcc.AgentID) error {
	return k.end(ctx, func(s Session) bool { return s.Agent == agent })
}

// sweep ends what is over, once an hour.
func (k *keeper) sweep(ctx context.Context, now time.Time) error {
	k.mu.Lock()
	due := now.Sub(k.swept) >= time.Hour
	if due {
		k.swept = now
	}
	k.mu.Unlock()
	if !due {
		return nil
	}
	return k.end(ctx, func(s Session) bool { return !now.Before(s.Until) })
}

// end ends sessions: at once in memory, then durably.
func (k *keeper) end(ctx context.Context, these func(Session) bool) error {
	k.mu.Lock()
	var hashes []string
	for hash, s := range k.known {
		if these(s) {
			hashes = append(hashes, hash)
			delete(k.known, hash)
		}
	}
	k.mu.Unlock()
	if len(hashes) == 0 {
		return nil
	}
	if err := k.store.Drop(ctx, hashes...); err != nil {
		return fmt.Errorf("drop sessions: %w", err)
	}
	return nil
}

func hashed(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

// forgetful is no store.
type forgetful struct{}

func (forgetful) Load(context.Context) ([]Session, error) { return nil, nil }
func (forgetful) Save(context.Context, Session) error     { return nil }
func (forgetful) Drop(context.Context, ...string) error   { return nil }

// cookie returns a cookie of ours without a value. Framed, the page is of another
// site than the console, so its cookie must be allowed there, and is kept apart for
// each console (salesforce-package 0.5). Browsers take a loopback address for
// secure, but not for the prefix __Host-.
func (s *Server) cookie(name string, mode http.SameSite) *http.Cookie {
	if s.base.Scheme == "https" {
		name = "__Host-" + name
	}
	return &http.Cookie{Name: name, Path: "/", Secure: true, HttpOnly: true, SameSite: mode, Partitioned: mode == http.SameSiteNoneMode}
}

const (
	sessionCookie = "omnibridge-pad"
	loginCookie   = "omnibridge-login"
)

// cookieValue returns what a cookie of ours has in r, or "".
func (s *Server) cookieValue(r *http.Request, name string) string {
	c, err := r.Cookie(s.cookie(name, http.SameSiteLaxMode).Name)
	if err != nil {
		return ""
	}
	return c.Value
}

// serveSession is /pad/session: POST turns the token of a session into a cookie, so
// that the page may be loaded anew; DELETE takes the cookie away.
func (s *Server) serveSession(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("Origin") != s.origin {
		http.Error(w, "only the page itself may ask this", http.StatusForbidden)
		return
	}
	c := s.cookie(sessionCookie, http.SameSiteNoneMode)
	switch r.Method {
	case http.MethodDelete:
		c.MaxAge = -1
	case http.MethodPost:
		token, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
		session := s.sessions.find(token)
		if code, _ := s.wrong(session, time.Now()); code != "" {
			http.Error(w, "no such session: log in again", http.StatusUnauthorized)
			return
		}
		c.Value, c.Expires = token, session.Until
	default:
		w.Header().Set("Allow", "POST, DELETE")
		http.Error(w, "use POST or DELETE", http.StatusMethodNotAllowed)
		return
	}
	w.Header().Set("Cache-Control", "no-store")
	http.SetCookie(w, c)
	w.WriteHeader(http.StatusNoContent)
}

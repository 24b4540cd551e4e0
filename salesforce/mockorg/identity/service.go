package identity

import (
	"container/list"
	"crypto/rand"
	"crypto/subtle"
	"fmt"
	"maps"
	"net/http"
	"sync"
	"time"
)

// The keys of Logins.
const (
	GrantJWT         = "jwt-bearer"
	GrantCredentials = "client_credentials"
	GrantPassword    = "password"
	GrantRefresh     = "refresh_token"
	GrantSOAP        = "soap"
	LoginRefused     = "refused" // any grant, not admitted
)

// Service is one org's logins, an http.Handler for /services/oauth2/…,
// /services/Soap/… and /id/….
type Service struct {
	o   Options
	mux *http.ServeMux

	appsMu sync.RWMutex
	apps   map[string]App // by client id

	mu       sync.Mutex
	life     time.Duration
	sessions map[string]*list.Element // of *entry, by token
	order    *list.List               // least recently used first
	refresh  map[string]grantee       // by refresh token
	logins   map[string]int
}

// grantee is whom a refresh token stands for.
type grantee struct{ clientID, username string }

// New returns a service without sessions.
func New(o Options) (*Service, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	s := &Service{
		o: o, apps: map[string]App{}, mux: http.NewServeMux(), life: o.SessionLife,
		sessions: map[string]*list.Element{}, order: list.New(),
		refresh: map[string]grantee{}, logins: map[string]int{},
	}
	for _, app := range o.Apps {
		if app.Scopes == nil {
			app.Scopes = []string{"api", "refresh_token"}
		}
		s.apps[app.ClientID] = app
	}
	s.mux.HandleFunc("/services/oauth2/token", s.token)
	s.mux.HandleFunc("/services/oauth2/revoke", s.revoke)
	s.mux.HandleFunc("/services/oauth2/introspect", s.introspect)
	s.mux.HandleFunc("/services/oauth2/userinfo", s.userinfo)
	s.mux.HandleFunc("/id/{org}/{user}", s.identity)
	s.mux.HandleFunc("/services/Soap/", s.soap)
	return s, nil
}

// ServeHTTP answers the addresses that the package comment names.
func (s *Service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-cache, no-store")
	s.mux.ServeHTTP(w, r)
}

// Logins counts what has been tried since the start: admitted logins by grant,
// and refused ones of all grants together.
func (s *Service) Logins() map[string]int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return maps.Clone(s.logins)
}

// IssueRefresh makes a refresh token, which a person's approval would.
func (s *Service) IssueRefresh(clientID, username string) (token string, err error) {
	if _, ok := s.app(clientID); !ok {
		return "", fmt.Errorf("issue refresh token: there is no app with client id %q", clientID)
	}
	if _, ok := s.o.Users(username); !ok {
		return "", fmt.Errorf("issue refresh token: there is no user %q", username)
	}
	token = "5Aep861" + rand.Text() + rand.Text()
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.refresh) >= maxSessions {
		return "", fmt.Errorf("issue refresh token: the org has %d already; revoke some", maxSessions)
	}
	s.refresh[token] = grantee{clientID, username}
	return token, nil
}

func (s *Service) refuse(grant, reason, user string) {
	s.o.Log.Debug("login refused", "grant", grant, "reason", reason, "user", user)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.logins[LoginRefused]++
}

// idURL is the identity URL of a user, which clients split on slashes to learn
// org and user.
func (s *Service) idURL(userID string) string {
	return s.o.BaseURL() + "/id/" + s.o.OrgID + "/" + userID
}

// same compares secrets in a time that does not depend on them.
func same(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }

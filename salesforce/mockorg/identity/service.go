package identity

import (
	"container/list"
	"crypto/subtle"
	"maps"
	"net/http"
	"strings"
	"sync"
	"time"
)

// The keys of Logins.
const (
	GrantJWT         = "jwt-bearer"
	GrantCredentials = "client_credentials"
	GrantPassword    = "password"
	GrantRefresh     = "refresh_token"
	GrantCode        = "authorization_code"
	GrantBrowser     = "browser" // a person, at the org's page
	GrantSOAP        = "soap"
	LoginRefused     = "refused" // any grant, not admitted
)

// Service is one org's logins, an http.Handler for the addresses that Serves
// knows.
type Service struct {
	o    Options
	mux  *http.ServeMux
	keys keyring

	appsMu sync.RWMutex
	apps   map[string]App // by client id

	mu       sync.Mutex
	life     time.Duration
	sessions map[string]*list.Element // of *entry, by token
	order    *list.List               // least recently used first
	refresh  map[string]grantee       // by refresh token
	granted  int                      // refresh tokens ever
	logins   map[string]int
	pending  shelf[*authorization] // people at the page, by source
	codes    shelf[*code]          // by authorization code
	approved map[approval][]string // scopes
	opener   bool                  // pages keep their opener from other sites' reach
}

// New returns a service without sessions.
func New(o Options) (*Service, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	s := &Service{
		o: o, apps: map[string]App{}, mux: http.NewServeMux(), life: o.SessionLife,
		sessions: map[string]*list.Element{}, order: list.New(),
		refresh: map[string]grantee{}, logins: map[string]int{}, approved: map[approval][]string{},
		pending: newShelf[*authorization](maxPending), codes: newShelf[*code](maxCodes),
	}
	for _, app := range o.Apps {
		s.apps[app.ClientID] = app.withDefaults()
	}
	s.mux.HandleFunc("/services/oauth2/authorize", s.authorize)
	s.mux.HandleFunc(pagePath, s.page)
	s.mux.HandleFunc("/services/oauth2/token", s.token)
	s.mux.HandleFunc("/services/oauth2/revoke", s.revoke)
	s.mux.HandleFunc("/services/oauth2/introspect", s.introspect)
	s.mux.HandleFunc("/services/oauth2/userinfo", s.userinfo)
	s.mux.HandleFunc("/.well-known/openid-configuration", s.discovery)
	s.mux.HandleFunc("/id/keys", s.jwks)
	s.mux.HandleFunc("/id/{org}/{user}", s.identity)
	s.mux.HandleFunc("/services/auth/idp/oidc/logout", s.logout)
	s.mux.HandleFunc("/secur/logout.jsp", s.logout)
	s.mux.HandleFunc("/services/Soap/", s.soap)
	return s, nil
}

// Serves tells whether an address is one of a Service's. The Metadata API, which
// has addresses below /services/Soap/ too, has to be asked first.
func Serves(path string) bool {
	switch path {
	case "/.well-known/openid-configuration", pagePath, "/services/auth/idp/oidc/logout", "/secur/logout.jsp":
		return true
	}
	for _, prefix := range [...]string{"/services/oauth2/", "/services/Soap/", "/id/"} {
		if strings.HasPrefix(path, prefix) {
			return true
		}
	}
	return false
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

package identity

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"
)

const (
	maxBody      = 64 << 10 // bytes of any request
	grantTypeJWT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
)

// denial is an OAuth error (salesforce-apis 1.2).
type denial struct {
	Code        string `json:"error"`
	Description string `json:"error_description"`
}

var (
	badClient      = &denial{"invalid_client_id", "client identifier invalid"}
	badSecret      = &denial{"invalid_client", "invalid client credentials"}
	badLogin       = &denial{"invalid_grant", "authentication failure"}
	lockedUser     = &denial{"invalid_grant", "user is locked"}
	inactiveUser   = &denial{"invalid_grant", "inactive user"}
	notApproved    = &denial{"invalid_grant", "user hasn't approved this consumer"}
	noRefresh      = &denial{"invalid_request", "refresh_token scope is required and the connected app should be installed and preauthorized."}
	badRefresh     = &denial{"invalid_grant", "expired access/refresh token"}
	noScopes       = &denial{"invalid_grant", "no valid scopes defined"}
	noRunAs        = &denial{"invalid_grant", "no client credentials user enabled"}
	badGrantType   = &denial{"unsupported_grant_type", "grant type not supported"}
	badRequest     = &denial{"invalid_request", "the body must be a URL-encoded form"}
	mustPost       = &denial{"invalid_request", "must use HTTP POST"}
	badAssertion   = &denial{"invalid_grant", "invalid assertion"}
	badAudience    = &denial{"invalid_grant", "audience is invalid"}
	staleAssertion = &denial{"invalid_grant", "expired authorization code"}
)

// token is POST /services/oauth2/token.
func (s *Service) token(w http.ResponseWriter, r *http.Request) {
	if d := form(w, r); d != nil {
		writeJSON(w, http.StatusBadRequest, d)
		return
	}
	var (
		u     User
		app   App
		d     *denial
		grant = r.PostForm.Get("grant_type")
	)
	switch grant {
	case grantTypeJWT:
		grant = GrantJWT
		u, app, d = s.byAssertion(r.PostForm.Get("assertion"))
	case GrantCredentials:
		u, app, d = s.byCredentials(r)
	case GrantPassword:
		u, app, d = s.byPassword(r)
	case GrantRefresh:
		u, app, d = s.byRefresh(r)
	default:
		d = badGrantType
	}
	if d != nil {
		s.refuse(grant, d.Description, u.Username)
		writeJSON(w, http.StatusBadRequest, d)
		return
	}
	var family string
	if grant == GrantRefresh {
		family = r.PostForm.Get("refresh_token")
	}
	writeJSON(w, http.StatusOK, s.granted(s.admit(u, app, grant, family), app))
}

// grant is the answer to a login. JWT replies have neither issued_at nor
// signature, and none has expires_in.
type grant struct {
	AccessToken string `json:"access_token"`
	Signature   string `json:"signature,omitempty"`
	Scope       string `json:"scope"`
	InstanceURL string `json:"instance_url"`
	ID          string `json:"id"`
	TokenType   string `json:"token_type"`
	IssuedAt    string `json:"issued_at,omitempty"`
}

func (s *Service) granted(session Session, app App) grant {
	g := grant{
		AccessToken: session.Token, Scope: strings.Join(session.Scopes, " "),
		InstanceURL: s.o.BaseURL(), ID: s.idURL(session.UserID), TokenType: "Bearer",
	}
	if session.Grant != GrantJWT {
		g.IssuedAt = strconv.FormatInt(session.Issued.UnixMilli(), 10)
		mac := hmac.New(sha256.New, []byte(app.Secret))
		mac.Write([]byte(g.ID + g.IssuedAt))
		g.Signature = base64.StdEncoding.EncodeToString(mac.Sum(nil))
	}
	return g
}

// client finds the app of a request, by form fields or HTTP Basic, and checks
// its secret.
func (s *Service) client(r *http.Request) (App, *denial) {
	id, secret, basic := r.BasicAuth()
	if !basic {
		id, secret = r.PostForm.Get("client_id"), r.PostForm.Get("client_secret")
	}
	app, ok := s.app(id)
	if !ok {
		return App{}, badClient
	}
	if app.Secret == "" || !same(app.Secret, secret) {
		return App{}, badSecret
	}
	return app, nil
}

// byCredentials lets an app in as its execution user.
func (s *Service) byCredentials(r *http.Request) (User, App, *denial) {
	app, d := s.client(r)
	if d != nil {
		return User{}, app, d
	}
	if app.RunAs == "" {
		return User{}, app, noRunAs
	}
	// This flow drops what would outlive it (salesforce-apis 1.2).
	app.Scopes = slices.DeleteFunc(slices.Clone(app.Scopes), func(scope string) bool {
		return scope == "full" || scope == "refresh_token"
	})
	if len(app.Scopes) == 0 {
		return User{}, app, noScopes
	}
	u, d := s.person(app.RunAs, app, noRunAs)
	return u, app, d
}

// byPassword lets a person in by name, password and security token.
func (s *Service) byPassword(r *http.Request) (User, App, *denial) {
	app, d := s.client(r)
	if d != nil {
		return User{}, app, d
	}
	name := r.PostForm.Get("username")
	u, ok := s.o.Users(name)
	switch {
	case !ok, !u.admits(r.PostForm.Get("password")):
		return User{Username: name}, app, badLogin
	case u.Locked:
		return u, app, lockedUser
	case !u.Active:
		return u, app, inactiveUser
	}
	return u, app, nil
}

// admits compares a password with the security token at its end.
func (u User) admits(password string) bool {
	return u.Password != "" && same(u.Password+u.SecurityToken, password)
}

// byRefresh lets in whom a refresh token stands for. The secret is optional, as
// it is for apps that cannot keep one.
func (s *Service) byRefresh(r *http.Request) (User, App, *denial) {
	app, d := s.client(r)
	if d == badSecret && r.PostForm.Get("client_secret") == "" {
		app, _ = s.app(r.PostForm.Get("client_id"))
		d = nil
	}
	if d != nil {
		return User{}, app, d
	}
	s.mu.Lock()
	who, ok := s.refresh[r.PostForm.Get("refresh_token")]
	s.mu.Unlock()
	if !ok || who.clientID != app.ClientID {
		return User{}, app, badRefresh
	}
	u, d := s.person(who.username, app, badRefresh)
	return u, app, d
}

// person finds an active user whom the app may act for.
func (s *Service) person(username string, app App, unknown *denial) (User, *denial) {
	u, ok := s.o.Users(username)
	switch {
	case !ok:
		return User{Username: username}, unknown
	case u.Locked:
		return u, lockedUser
	case !u.Active:
		return u, inactiveUser
	case app.Permits != nil && !app.Permits(u.Username):
		return u, notApproved
	}
	return u, nil
}

// form reads the body of a POST.
func form(w http.ResponseWriter, r *http.Request) *denial {
	if r.Method != http.MethodPost {
		return mustPost
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxBody)
	if r.ParseForm() != nil {
		return badRequest
	}
	return nil
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json;charset=UTF-8")
	w.WriteHeader(status)
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(v) // a client that hung up learns nothing
}

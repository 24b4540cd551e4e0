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
	badCode        = &denial{"invalid_grant", "invalid authorization code"}
	staleCode      = &denial{"invalid_grant", "expired authorization code"}
	noCode         = &denial{"invalid_request", "missing required parameter: code"}
	noVerifier     = &denial{"invalid_grant", "missing required code verifier"}
	badVerifier    = &denial{"invalid_request", "invalid code verifier"}
	otherCallback  = &denial{"redirect_uri_mismatch", "redirect_uri must match configuration"}
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
		from  origin
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
		u, app, from, d = s.byRefresh(r)
	case GrantCode:
		u, app, from, d = s.byCode(r)
	default:
		d = badGrantType
	}
	if d != nil {
		s.refuse(grant, d.Description, u.Username)
		writeJSON(w, http.StatusBadRequest, d)
		return
	}
	answer, err := s.answer(s.admit(u, app, grant, from.family), u, app, from)
	if err != nil {
		s.o.Log.Error("id token not made", "err", err)
		writeJSON(w, http.StatusInternalServerError, &denial{"unknown_error", "retry your request"})
		return
	}
	writeJSON(w, http.StatusOK, answer)
}

// origin is the person's login that a token comes from; the zero value where no
// person took part.
type origin struct {
	family  string // see grantee
	refresh string // token to hand out, empty for none
	nonce   string
	person  bool
}

// grant is the answer to a login. JWT replies have neither issued_at nor
// signature, and none has expires_in.
type grant struct {
	AccessToken string `json:"access_token"`
	Refresh     string `json:"refresh_token,omitempty"`
	Signature   string `json:"signature,omitempty"`
	Scope       string `json:"scope"`
	IDToken     string `json:"id_token,omitempty"`
	InstanceURL string `json:"instance_url"`
	ID          string `json:"id"`
	TokenType   string `json:"token_type"`
	IssuedAt    string `json:"issued_at,omitempty"`
}

func (s *Service) answer(session Session, u User, app App, from origin) (grant, error) {
	g := grant{
		AccessToken: session.Token, Refresh: from.refresh, Scope: strings.Join(session.Scopes, " "),
		InstanceURL: s.o.BaseURL(), ID: s.idURL(session.UserID), TokenType: "Bearer",
	}
	if session.Grant != GrantJWT {
		g.IssuedAt = strconv.FormatInt(session.Issued.UnixMilli(), 10)
		mac := hmac.New(sha256.New, []byte(app.Secret))
		mac.Write([]byte(g.ID + g.IssuedAt))
		g.Signature = base64.StdEncoding.EncodeToString(mac.Sum(nil))
	}
	if !from.person || !slices.Contains(session.Scopes, "openid") {
		return g, nil
	}
	var err error
	g.IDToken, err = s.idToken(session, u, app, from.nonce)
	return g, err
}

// client finds the app of a request, by form fields or HTTP Basic, and checks
// its secret.
func (s *Service) client(r *http.Request) (App, *denial) {
	return s.clientOf(r, func(App) bool { return false })
}

// clientOf is client, for requests in which an app may leave its secret out if
// optional says so.
func (s *Service) clientOf(r *http.Request, optional func(App) bool) (App, *denial) {
	id, secret, basic := r.BasicAuth()
	if !basic {
		id, secret = r.PostForm.Get("client_id"), r.PostForm.Get("client_secret")
	}
	app, ok := s.app(id)
	if !ok {
		return App{}, badClient
	}
	if secret == "" && optional(app) {
		return app, nil
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
	case app.Blocked, !s.permitted(u, app):
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

package identity

import (
	"crypto/rand"
	"encoding/base64"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

const (
	maxPending = 1_000  // people at the page
	maxQuery   = 16_384 // bytes of a request to log in
)

// authorization is one person's login for an app, from the request to the
// answer.
type authorization struct {
	clientID  string
	redirect  string   // as the request had it
	callback  *url.URL // the same
	scopes    []string
	state     string
	nonce     string
	challenge string
	hint      string // username
	prompt    []string
	immediate bool // answer at once, whatever the answer

	form    string // proves that a decision comes from the page
	browser string // to which the page was shown
	expires time.Time
}

// approval is a user's consent to an app.
type approval struct{ clientID, username string }

// Errors that a login is answered with, at the callback or, where there is none
// to be trusted, on a page (salesforce-package 4).
var (
	noClient     = &denial{"invalid_client_id", "client identifier invalid"}
	noCallback   = &denial{"redirect_uri_missing", "redirect_uri not provided"}
	badCallback  = otherCallback
	repeated     = &denial{"invalid_request", "a parameter is repeated"}
	tooLong      = &denial{"invalid_request", "the request is too long"}
	badResponse  = &denial{"unsupported_response_type", "response type not supported"}
	badScope     = &denial{"invalid_scope", "the requested scope is not allowed"}
	noChallenge  = &denial{"invalid_request", "missing required code challenge"}
	badChallenge = &denial{"invalid_request", "invalid code challenge"}
	badPrompt    = &denial{"invalid_request", "prompt none excludes the others"}
	needsLogin   = &denial{"login_required", "the user is not logged in"}
	needsConsent = &denial{"consent_required", "the user has not approved the app"}
	notImmediate = &denial{"immediate_unsuccessful", "immediate unsuccessful"}
	denied       = &denial{"access_denied", "end-user denied authorization"}
	blockedApp   = &denial{"OAUTH_APP_BLOCKED", "this app is blocked by admin"}
	notAdmitted  = &denial{"OAUTH_APP_ACCESS_DENIED", "user is not admin approved to access this app"}
)

// authorize is GET or POST /services/oauth2/authorize, where a login begins: it
// is answered at once if the browser's session allows that, else by the page.
func (s *Service) authorize(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxBody)
	if r.Method != http.MethodGet && r.Method != http.MethodPost {
		w.Header().Set("Allow", "GET, POST")
		s.showFault(w, http.StatusMethodNotAllowed, &denial{"invalid_request", "must use HTTP GET or POST"})
		return
	}
	if len(r.URL.RawQuery) > maxQuery || r.ParseForm() != nil {
		s.showFault(w, http.StatusBadRequest, tooLong)
		return
	}
	a, app, d := s.request(r.Form)
	if d != nil {
		s.refuse(GrantBrowser, d.Description, "")
		if a == nil {
			s.showFault(w, http.StatusBadRequest, d)
			return
		}
		s.sendBack(w, r, a, d)
		return
	}
	u, here := s.Visitor(r)
	switch d := s.lacks(a, app, u, here); {
	case d == nil:
		s.complete(w, r, a, app, u)
	case a.immediate && !slices.Contains(a.prompt, "none"):
		s.sendBack(w, r, a, notImmediate)
	case a.immediate:
		s.sendBack(w, r, a, d)
	default:
		s.toPage(w, r, a)
	}
}

// request reads and checks a request to log in. The authorization is nil if its
// callback cannot be trusted.
func (s *Service) request(form url.Values) (*authorization, App, *denial) {
	for _, values := range form {
		if len(values) > 1 {
			return nil, App{}, repeated
		}
	}
	app, known := s.app(form.Get("client_id"))
	if !known {
		return nil, app, noClient
	}
	redirect := form.Get("redirect_uri")
	if redirect == "" {
		return nil, app, noCallback
	}
	callback, ok := app.calledBackAt(redirect)
	if !ok {
		return nil, app, badCallback
	}
	a := &authorization{
		clientID: app.ClientID, redirect: redirect, callback: callback, state: form.Get("state"), nonce: form.Get("nonce"),
		challenge: form.Get("code_challenge"), hint: form.Get("login_hint"), prompt: strings.Fields(form.Get("prompt")),
	}
	a.immediate = form.Get("immediate") == "true" || slices.Contains(a.prompt, "none")
	a.scopes, ok = app.wanted(form.Get("scope"))
	switch {
	case form.Get("response_type") != "code":
		return a, app, badResponse
	case app.Blocked:
		return a, app, blockedApp
	case !ok:
		return a, app, badScope
	case a.challenge == "" && app.PKCERequired:
		return a, app, noChallenge
	case a.challenge != "" && !isChallenge(a.challenge, form.Get("code_challenge_method")):
		return a, app, badChallenge
	case slices.Contains(a.prompt, "none") && len(a.prompt) > 1:
		return a, app, badPrompt
	}
	return a, app, nil
}

// isChallenge tells whether a challenge can be one: SHA-256 is the only method
// there is (salesforce-package 4), so it goes without saying.
func isChallenge(challenge, method string) bool {
	sum, err := base64.RawURLEncoding.Strict().DecodeString(challenge)
	return err == nil && len(sum) == 32 && (method == "" || method == "S256")
}

// lacks tells why a login cannot be answered without the page; nil if it can.
func (s *Service) lacks(a *authorization, app App, u User, here bool) *denial {
	asked := func(prompt string) bool { return slices.Contains(a.prompt, prompt) }
	switch {
	case !here, asked("login"), asked("select_account"):
		return needsLogin
	case asked("consent"), app.asksPeople(u.Username) && !s.hasApproved(u.Username, app, a.scopes):
		return needsConsent
	}
	return nil
}

// asksPeople tells whether a user has to approve the app, for want of an
// administrator who did.
func (a App) asksPeople(username string) bool {
	return a.SelfAuthorize && (a.Permits == nil || !a.Permits(username))
}

func (s *Service) hasApproved(username string, app App, scopes []string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	had := s.approved[approval{app.ClientID, username}]
	return had != nil && !slices.ContainsFunc(scopes, func(name string) bool { return !slices.Contains(had, name) })
}

// permitted tells whether an app may act for a user who is not there: somebody
// approved it, administrator or user.
func (s *Service) permitted(u User, app App) bool {
	return app.Permits == nil || app.Permits(u.Username) || app.SelfAuthorize && s.hasApproved(u.Username, app, app.Scopes)
}

// complete ends a login well, or says that the user may not use the app.
func (s *Service) complete(w http.ResponseWriter, r *http.Request, a *authorization, app App, u User) {
	if !app.SelfAuthorize && app.Permits != nil && !app.Permits(u.Username) {
		s.refuse(GrantBrowser, notAdmitted.Description, u.Username)
		s.sendBack(w, r, a, notAdmitted)
		return
	}
	if app.asksPeople(u.Username) {
		s.mu.Lock()
		key := approval{app.ClientID, u.Username}
		for _, name := range a.scopes {
			if !slices.Contains(s.approved[key], name) {
				s.approved[key] = append(s.approved[key], name)
			}
		}
		s.mu.Unlock()
	}
	s.redirect(w, r, a, url.Values{"code": {s.issueCode(a, u.Username)}})
}

// sendBack answers a login with an error.
func (s *Service) sendBack(w http.ResponseWriter, r *http.Request, a *authorization, d *denial) {
	s.redirect(w, r, a, url.Values{"error": {d.Code}, "error_description": {d.Description}})
}

func (s *Service) redirect(w http.ResponseWriter, r *http.Request, a *authorization, params url.Values) {
	if a.state != "" {
		params.Set("state", a.state)
	}
	w.Header().Set("Referrer-Policy", "no-referrer")
	http.Redirect(w, r, withParams(a.callback, params), http.StatusFound)
}

// toPage keeps the login and shows the browser to the page.
func (s *Service) toPage(w http.ResponseWriter, r *http.Request, a *authorization) {
	a.browser, a.form = s.browser(w, r), rand.Text()
	source := rand.Text() + rand.Text()
	a.expires = s.o.Clock.Now().Add(codeLife)
	s.mu.Lock()
	s.pending.put(source, a)
	s.mu.Unlock()
	http.Redirect(w, r, pagePath+"?"+url.Values{"source": {source}}.Encode(), http.StatusFound)
}

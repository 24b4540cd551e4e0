package identity

import (
	"io"
	"net/http"
	"net/url"
	"strings"
)

// revoke is POST or GET /services/oauth2/revoke. Its errors are URL-encoded, not
// JSON (salesforce-apis 1.3).
func (s *Service) revoke(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxBody)
	fault := ""
	switch {
	case r.Method != http.MethodPost && r.Method != http.MethodGet:
		fault = "must use HTTP POST or GET"
	case r.ParseForm() != nil || r.Form.Get("token") == "":
		fault = "token is missing"
	case !s.Revoke(r.Form.Get("token")):
		fault = "token is invalid, expired or already revoked"
	}
	if fault == "" {
		w.WriteHeader(http.StatusOK)
		return
	}
	w.Header().Set("Content-Type", "application/x-www-form-urlencoded")
	w.WriteHeader(http.StatusBadRequest)
	_, _ = io.WriteString(w, url.Values{"error": {"invalid_token"}, "error_description": {fault}}.Encode())
}

// introspection tells an app about a token of its own.
type introspection struct {
	Active    bool   `json:"active"`
	Scope     string `json:"scope,omitempty"`
	ClientID  string `json:"client_id,omitempty"`
	Username  string `json:"username,omitempty"`
	Subject   string `json:"sub,omitempty"`
	TokenType string `json:"token_type,omitempty"`
	Expires   int64  `json:"exp,omitempty"` // seconds, as the next two
	Issued    int64  `json:"iat,omitempty"`
	NotBefore int64  `json:"nbf,omitempty"`
}

// introspect is POST /services/oauth2/introspect. It does not count as a use of
// the session.
func (s *Service) introspect(w http.ResponseWriter, r *http.Request) {
	d := form(w, r)
	var app App
	if d == nil {
		app, d = s.client(r)
	}
	if d != nil {
		writeJSON(w, http.StatusBadRequest, d)
		return
	}
	token := r.PostForm.Get("token")
	if session, ok := s.look(token); ok && session.ClientID == app.ClientID {
		issued := session.Issued.Unix()
		writeJSON(w, http.StatusOK, introspection{
			Active: true, Scope: strings.Join(session.Scopes, " "), ClientID: app.ClientID,
			Username: session.Username, Subject: s.idURL(session.UserID), TokenType: "access_token",
			Expires: session.Expires.Unix(), Issued: issued, NotBefore: issued,
		})
		return
	}
	s.mu.Lock()
	who, ok := s.refresh[token]
	s.mu.Unlock()
	if ok && !who.spent && who.clientID == app.ClientID {
		scopes := who.scopes
		if scopes == nil {
			scopes = app.Scopes
		}
		writeJSON(w, http.StatusOK, introspection{
			Active: true, Scope: strings.Join(scopes, " "), ClientID: app.ClientID,
			Username: who.username, TokenType: "refresh_token",
		})
		return
	}
	writeJSON(w, http.StatusOK, introspection{})
}

// person asked about by userinfo or the identity URL. A request that may not ask
// has been answered, in the plain words of these two resources.
func (s *Service) asked(w http.ResponseWriter, r *http.Request) (Session, User, bool) {
	token, ok := bearer(r.Header.Get("Authorization"))
	if token == "" {
		token = r.URL.Query().Get("oauth_token")
	}
	if !ok || token == "" {
		http.Error(w, "Missing_OAuth_Token", http.StatusForbidden)
		return Session{}, User{}, false
	}
	session, ok := s.use(token)
	if !ok {
		http.Error(w, "Bad_OAuth_Token", http.StatusForbidden)
		return Session{}, User{}, false
	}
	u, ok := s.o.Users(session.Username)
	if !ok || !u.Active {
		http.Error(w, "Inactive", http.StatusNotFound)
		return Session{}, User{}, false
	}
	return session, u, true
}

// userinfo is GET or POST /services/oauth2/userinfo.
func (s *Service) userinfo(w http.ResponseWriter, r *http.Request) {
	session, u, ok := s.asked(w, r)
	if !ok {
		return
	}
	app, _ := s.app(session.ClientID)
	claims := s.claims(u, session.Scopes, app)
	claims["sub"] = s.idURL(u.ID)
	writeJSON(w, http.StatusOK, claims)
}

// identity is GET /id/{org}/{user}, for the session's own user.
func (s *Service) identity(w http.ResponseWriter, r *http.Request) {
	session, u, ok := s.asked(w, r)
	if !ok {
		return
	}
	if !sameID(r.PathValue("org"), session.OrgID) {
		http.Error(w, "Wrong_Org", http.StatusForbidden)
		return
	}
	if !sameID(r.PathValue("user"), u.ID) {
		http.Error(w, "Bad_Id", http.StatusNotFound)
		return
	}
	writeJSON(w, http.StatusOK, map[string]any{
		"id": s.idURL(u.ID), "asserted_user": true, "user_id": u.ID, "organization_id": session.OrgID,
		"username": u.Username, "nick_name": u.Username, "display_name": u.name(),
		"first_name": u.FirstName, "last_name": u.LastName, "email": u.Email, "email_verified": true,
		"timezone": u.zone(), "locale": u.locale(), "language": u.language(), "utcOffset": u.offset(),
		"photos": s.photos(u.ID), "last_modified_date": stamp(u.Changed),
		"user_type": "STANDARD", "active": u.Active, "is_app_installed": true,
		"urls": s.urls(u.ID),
	})
}

// urls are the templates that clients fill in with their API version.
func (s *Service) urls(userID string) map[string]string {
	base := s.o.BaseURL()
	org := s.o.OrgID[:15]
	return map[string]string{
		"enterprise": base + "/services/Soap/c/{version}/" + org,
		"partner":    base + "/services/Soap/u/{version}/" + org,
		"rest":       base + "/services/data/v{version}/",
		"sobjects":   base + "/services/data/v{version}/sobjects/",
		"search":     base + "/services/data/v{version}/search/",
		"query":      base + "/services/data/v{version}/query/",
		"recent":     base + "/services/data/v{version}/recent/",
		"profile":    base + "/" + userID,
	}
}

func (u User) name() string { return strings.TrimSpace(u.FirstName + " " + u.LastName) }

// sameID compares ids of 15 or 18 characters.
func sameID(a, b string) bool {
	return len(a) >= 15 && len(b) >= 15 && a[:15] == b[:15] && (len(a) != 18 || len(b) != 18 || a == b)
}

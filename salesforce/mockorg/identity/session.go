package identity

import (
	"container/list"
	"crypto/rand"
	"strings"
	"time"
)

// maxSessions bounds memory; a real org has its own limit per user.
const maxSessions = 10_000

// Session is a login that has not ended.
type Session struct {
	Token    string // a secret
	UserID   string
	Username string
	OrgID    string
	ClientID string // empty for SOAP
	Grant    string // a key of Logins
	Scopes   []string
	Issued   time.Time
	Expires  time.Time // unless it is used before
}

// Refused is why an Authorization header is not accepted, as REST says it.
type Refused struct {
	Status        int // of HTTP
	Code, Message string
}

func (e *Refused) Error() string { return e.Code + ": " + e.Message }

// entry is a session in order of use.
type entry struct {
	Session
	family string // of refresh tokens that it came from
}

// Check finds the session of an Authorization header: Bearer, OAuth or the bare
// token. Using a session in the second half of its life prolongs it, as the
// service does. The error is a *Refused.
func (s *Service) Check(authorization string) (Session, error) {
	token, ok := bearer(authorization)
	if !ok {
		return Session{}, &Refused{Status: 401, Code: "INVALID_AUTH_HEADER", Message: "INVALID_HEADER_TYPE"}
	}
	session, ok := s.use(token)
	if !ok {
		return Session{}, &Refused{Status: 401, Code: "INVALID_SESSION_ID", Message: "Session expired or invalid"}
	}
	return session, nil
}

// bearer takes the token out of an Authorization header; ok is false for a
// scheme that carries none. A missing header has an empty token.
func bearer(authorization string) (token string, ok bool) {
	scheme, token, spaced := strings.Cut(strings.TrimSpace(authorization), " ")
	switch {
	case !spaced:
		return scheme, true
	case strings.EqualFold(scheme, "Bearer"), strings.EqualFold(scheme, "OAuth"):
		return strings.TrimSpace(token), true
	}
	return "", false
}

// use finds a session and prolongs it.
func (s *Service) use(token string) (Session, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	el := s.find(token)
	if el == nil {
		return Session{}, false
	}
	e, now := el.Value.(*entry), s.o.Clock.Now()
	if e.Expires.Sub(now) < s.life/2 {
		e.Expires = now.Add(s.life)
	}
	s.order.MoveToBack(el)
	return e.Session, true
}

// look finds a session without using it.
func (s *Service) look(token string) (Session, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	el := s.find(token)
	if el == nil {
		return Session{}, false
	}
	return el.Value.(*entry).Session, true
}

// find returns a session that has not expired. The service is locked.
func (s *Service) find(token string) *list.Element {
	el := s.sessions[token]
	if el != nil && !s.o.Clock.Now().Before(el.Value.(*entry).Expires) {
		s.end(el)
		return nil
	}
	return el
}

func (s *Service) end(el *list.Element) {
	delete(s.sessions, el.Value.(*entry).Token)
	s.order.Remove(el)
}

// admit starts a session.
func (s *Service) admit(u User, app App, grant, family string) Session {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.o.Clock.Now()
	e := &entry{family: family, Session: Session{
		Token:  s.o.OrgID[:15] + "!AQ" + rand.Text() + "." + rand.Text() + rand.Text(),
		UserID: u.ID, Username: u.Username, OrgID: s.o.OrgID, ClientID: app.ClientID, Grant: grant,
		Scopes: app.Scopes, Issued: now, Expires: now.Add(s.life),
	}}
	s.sessions[e.Token] = s.order.PushBack(e)
	for s.order.Len() > maxSessions {
		s.end(s.order.Front())
	}
	s.logins[grant]++
	s.o.Log.Debug("logged in", "grant", grant, "user", u.Username, "client", app.ClientID)
	return e.Session
}

// Revoke ends one session by its token, or by a refresh token all sessions that
// came from it, and tells whether there was anything to end.
func (s *Service) Revoke(token string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if el := s.find(token); el != nil {
		s.end(el)
		return true
	}
	who, ok := s.refresh[token]
	if !ok {
		return false
	}
	s.endFamily(who.family)
	return true
}

// RevokeUser ends all sessions of a user, as deactivating them does, and returns
// how many there were.
func (s *Service) RevokeUser(userID string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.endWhere(func(e *entry) bool { return e.UserID == userID })
}

// RevokeAll ends every session and returns how many there were. Refresh tokens
// stay good.
func (s *Service) RevokeAll() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.endWhere(func(*entry) bool { return true })
}

func (s *Service) endWhere(doomed func(*entry) bool) (n int) {
	var next *list.Element
	for el := s.order.Front(); el != nil; el = next {
		next = el.Next()
		if doomed(el.Value.(*entry)) {
			s.end(el)
			n++
		}
	}
	return n
}

// SetSessionLife changes how long a session lives without use. Sessions that
// were given more are cut to it; d must be above zero.
func (s *Service) SetSessionLife(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.life = d
	limit := s.o.Clock.Now().Add(d)
	for el := s.order.Front(); el != nil; el = el.Next() {
		if e := el.Value.(*entry); e.Expires.After(limit) {
			e.Expires = limit
		}
	}
}

// Sessions lists the sessions that have not ended, least recently used first.
func (s *Service) Sessions() []Session {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.o.Clock.Now()
	s.endWhere(func(e *entry) bool { return !now.Before(e.Expires) })
	all := make([]Session, 0, s.order.Len())
	for el := s.order.Front(); el != nil; el = el.Next() {
		all = append(all, el.Value.(*entry).Session)
	}
	return all
}

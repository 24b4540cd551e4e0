package identity

import (
	"crypto/rand"
	"fmt"
	"net/http"
	"slices"
)

// maxFamilies is how many refresh tokens one app may hold for one user: another
// approval ends the oldest (salesforce-apis 1.2).
const maxFamilies = 5

// grantee is whom a refresh token stands for.
type grantee struct {
	clientID, username string
	scopes             []string // nil: those of the app
	family             string   // the first token of the login, of which all the others came by rotation
	number             int      // in the order of making
	spent              bool     // another took its place
}

// IssueRefresh makes a refresh token, which a person's approval would.
func (s *Service) IssueRefresh(clientID, username string) (token string, err error) {
	if _, ok := s.app(clientID); !ok {
		return "", fmt.Errorf("issue refresh token: there is no app with client id %q", clientID)
	}
	if _, ok := s.o.Users(username); !ok {
		return "", fmt.Errorf("issue refresh token: there is no user %q", username)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.refresh) >= maxSessions {
		return "", fmt.Errorf("issue refresh token: the org has %d already; revoke some", maxSessions)
	}
	return s.issue(grantee{clientID: clientID, username: username}), nil
}

// issue makes a refresh token. The service is locked.
func (s *Service) issue(who grantee) (token string) {
	if who.family == "" {
		s.makeRoom(who)
	}
	token = "5Aep861" + rand.Text() + rand.Text()
	if who.family == "" {
		who.family = token
	}
	s.granted++
	who.number = s.granted
	s.refresh[token] = who
	return token
}

// makeRoom ends the oldest login of a user at an app if there are too many, and
// the oldest of all if there is no room at all. The service is locked.
func (s *Service) makeRoom(who grantee) {
	oldest := func(among func(grantee) bool) (found grantee, n int) {
		for _, g := range s.refresh {
			if g.spent || !among(g) {
				continue
			}
			if n++; found.family == "" || g.number < found.number {
				found = g
			}
		}
		return found, n
	}
	if g, n := oldest(func(g grantee) bool { return g.clientID == who.clientID && g.username == who.username }); n >= maxFamilies {
		s.endFamily(g.family)
	}
	if len(s.refresh) >= maxSessions {
		if g, n := oldest(func(grantee) bool { return true }); n > 0 {
			s.endFamily(g.family)
		}
	}
}

// endFamily ends all that came from one login. The service is locked.
func (s *Service) endFamily(family string) {
	for token, g := range s.refresh {
		if g.family == family {
			delete(s.refresh, token)
		}
	}
	s.endWhere(func(e *entry) bool { return e.family == family })
}

// byRefresh lets in whom a refresh token stands for.
func (s *Service) byRefresh(r *http.Request) (User, App, origin, *denial) {
	app, d := s.clientOf(r, func(a App) bool { return !a.SecretForRefresh })
	if d != nil {
		return User{}, app, origin{}, d
	}
	token := r.PostForm.Get("refresh_token")
	s.mu.Lock()
	who, ok := s.refresh[token]
	if ok && who.spent && who.clientID == app.ClientID {
		s.endFamily(who.family) // one of the two who have it stole it
	}
	s.mu.Unlock()
	if !ok || who.spent || who.clientID != app.ClientID {
		return User{}, app, origin{}, badRefresh
	}
	from := origin{family: who.family, person: who.scopes != nil}
	if from.person {
		app.Scopes = slices.Clone(who.scopes)
	}
	u, d := s.person(who.username, app, badRefresh)
	if d != nil {
		return u, app, origin{}, d
	}
	if app.RotateRefresh {
		from.refresh = s.rotate(token)
		if from.refresh == "" {
			return u, app, origin{}, badRefresh
		}
	}
	return u, app, from, nil
}

// rotate puts another token in a refresh token's place; empty if somebody else
// was faster.
func (s *Service) rotate(token string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	who, ok := s.refresh[token]
	if !ok || who.spent {
		return ""
	}
	for old, g := range s.refresh { // a chain is remembered one token back
		if g.family == who.family && g.spent {
			delete(s.refresh, old)
		}
	}
	who.spent = true
	s.refresh[token] = who
	who.spent = false
	return s.issue(who)
}

package identity

import (
	"encoding/json"
	"errors"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

const (
	assertionLife = 5 * time.Minute // farthest exp; clients are told three
	clientSkew    = time.Minute     // for an exp in milliseconds, which leaves 300 of them
)

// byAssertion lets in the subject of a JWT that an app has signed.
func (s *Service) byAssertion(assertion string) (User, App, *denial) {
	var app App
	var unknown bool
	parser := jwt.NewParser(jwt.WithValidMethods([]string{"RS256"}), jwt.WithoutClaimsValidation(), jwt.WithJSONNumber())
	claims := jwt.MapClaims{}
	token, err := parser.ParseWithClaims(assertion, claims, func(*jwt.Token) (any, error) {
		issuer, _ := claims["iss"].(string)
		var known bool
		if app, known = s.app(issuer); !known || app.PublicKey == nil {
			unknown = !known
			return nil, jwt.ErrTokenUnverifiable
		}
		return app.PublicKey, nil
	})
	if unknown {
		return User{}, app, badClient
	}
	if token != nil && token.Method != nil && token.Method.Alg() == "RS256" && errors.Is(err, jwt.ErrTokenSignatureInvalid) {
		return User{}, app, badSecret // the key is not the certificate's (salesforce-package 1.7)
	}
	if err != nil {
		return User{}, app, badAssertion
	}
	if !s.audience(claims["aud"]) {
		return User{}, app, badAudience
	}
	if d := timely(claims["exp"], time.Now()); d != nil {
		return User{}, app, d
	}
	name, _ := claims["sub"].(string)
	if name == "" {
		name, _ = claims["prn"].(string) // the draft's name for it
	}
	if name == "" {
		return User{}, app, badAssertion
	}
	u, d := s.person(name, app, notApproved)
	if d == nil && !slices.Contains(app.Scopes, "refresh_token") {
		d = noRefresh // the last of the errors of a wrong setup (salesforce-package 1.7)
	}
	return u, app, d
}

// audience accepts a string or an array with the own address or a configured one.
func (s *Service) audience(claim any) bool {
	accepted := append([]string{s.o.BaseURL()}, s.o.Audiences...)
	fits := func(aud any) bool {
		text, ok := aud.(string)
		return ok && slices.ContainsFunc(accepted, func(a string) bool {
			return strings.TrimSuffix(a, "/") == strings.TrimSuffix(text, "/")
		})
	}
	if several, ok := claim.([]any); ok {
		return slices.ContainsFunc(several, fits)
	}
	return fits(claim)
}

// timely checks exp, which clients send as a number or a string of it, in
// seconds or milliseconds (salesforce-apis 1.2).
func timely(exp any, now time.Time) *denial {
	var text string
	switch v := exp.(type) {
	case string:
		text = v
	case json.Number:
		text = v.String()
	}
	n, err := strconv.ParseFloat(text, 64)
	if err != nil || math.IsNaN(n) || n <= 0 || n > 1e15 {
		return badAssertion
	}
	at, earliest := time.Unix(int64(n), 0), now
	if n > 1e11 {
		at, earliest = time.UnixMilli(int64(n)), now.Add(-clientSkew)
	}
	switch {
	case at.Before(earliest):
		return staleAssertion
	case at.After(now.Add(assertionLife)):
		return badAssertion
	}
	return nil
}

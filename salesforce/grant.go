package salesforce

import (
	"crypto/rsa"
	"errors"
	"fmt"
	"net/url"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// assertionLife is how long a signed assertion is good for. Salesforce refuses
// more than three minutes (salesforce-apis 1.2); one minute is left for a
// clock of ours that runs ahead.
const assertionLife = 2 * time.Minute

// Grant is the way the daemon proves who it is: [JWTBearer] or
// [ClientCredentials].
type Grant interface {
	// form returns the fields of the token request.
	form(login string, now time.Time) (url.Values, error)
	// validate names the first thing that is missing or wrong.
	validate() error
}

// JWTBearer signs in as a user by an assertion signed with the key whose
// certificate the connected app holds. It is the recommended grant: nothing to
// rotate, nothing for parallel refreshes to revoke.
type JWTBearer struct {
	ClientID string          // consumer key of the connected app
	Username string          // the integration user
	Key      *rsa.PrivateKey // see ParseKey
	Audience string          // empty means the login URL; otherwise e.g. https://login.salesforce.com
}

func (g JWTBearer) validate() error {
	switch {
	case g.ClientID == "":
		return errors.New("JWT bearer: client ID is empty: set the consumer key of the connected app")
	case g.Username == "":
		return errors.New("JWT bearer: username is empty: set the username of the integration user")
	case g.Key == nil:
		return errors.New("JWT bearer: private key is missing: set the key whose certificate the connected app holds")
	}
	return nil
}

func (g JWTBearer) form(login string, now time.Time) (url.Values, error) {
	aud := g.Audience
	if aud == "" {
		aud = login
	}
	// MapClaims, because RegisteredClaims writes the audience as an array and
	// Salesforce documents a string.
	assertion, err := jwt.NewWithClaims(jwt.SigningMethodRS256, jwt.MapClaims{
		"iss": g.ClientID,
		"sub": g.Username,
		"aud": aud,
		"exp": now.Add(assertionLife).Unix(),
	}).SignedString(g.Key)
	if err != nil {
		return nil, fmt.Errorf("sign assertion: %w", err)
	}
	return url.Values{
		"grant_type": {"urn:ietf:params:oauth:grant-type:jwt-bearer"},
		"assertion":  {assertion},
	}, nil
}

// ClientCredentials signs in as the connected app itself; Salesforce runs it
// as the execution user that the app names. It works on the org's My Domain
// host only.
type ClientCredentials struct {
	ClientID     string
	ClientSecret Secret
}

func (g ClientCredentials) validate() error {
	switch {
	case g.ClientID == "":
		return errors.New("client credentials: client ID is empty: set the consumer key of the connected app")
	case g.ClientSecret == "":
		return errors.New("client credentials: client secret is empty: set the consumer secret of the connected app")
	}
	return nil
}

func (g ClientCredentials) form(string, time.Time) (url.Values, error) {
	return url.Values{
		"grant_type":    {"client_credentials"},
		"client_id":     {g.ClientID},
		"client_secret": {g.ClientSecret.Reveal()},
	}, nil
}

// ParseKey reads an RSA private key in PEM form (PKCS#1 or PKCS#8, not
// encrypted). Its error never shows any of the input.
func ParseKey(pem []byte) (*rsa.PrivateKey, error) {
	key, err := jwt.ParseRSAPrivateKeyFromPEM(pem)
	if err != nil {
		return nil, fmt.Errorf("parse private key: %w: give an unencrypted RSA key in PEM form (PKCS#1 or PKCS#8)", err)
	}
	if bits := key.N.BitLen(); bits < 2048 {
		return nil, fmt.Errorf("parse private key: %d bits are too few: Salesforce takes RSA keys of 2048 bits and more", bits)
	}
	return key, nil
}

package identity

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"maps"
	"math/big"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

const (
	keyBits = 2048
	maxKeys = 3 // published at once: the one in use and those before it
)

// keyring holds the keys that sign ID tokens, oldest first. The first is made
// when it is needed, because that takes a while.
type keyring struct {
	mu   sync.Mutex
	list []signingKey
	made int
}

type signingKey struct {
	id      string
	private *rsa.PrivateKey
}

// all returns the keys, of which there is at least one.
func (k *keyring) all() ([]signingKey, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if len(k.list) == 0 {
		if err := k.add(); err != nil {
			return nil, err
		}
	}
	return k.list[:len(k.list):len(k.list)], nil
}

func (k *keyring) add() error {
	private, err := rsa.GenerateKey(rand.Reader, keyBits)
	if err != nil {
		return fmt.Errorf("make a key to sign with: %w", err)
	}
	k.made++
	sum := sha256.Sum256(private.N.Bytes())
	id := strconv.Itoa(k.made) + "-" + base64.RawURLEncoding.EncodeToString(sum[:6])
	kept := k.list[max(0, len(k.list)-(maxKeys-1)):]
	k.list = append(kept[:len(kept):len(kept)], signingKey{id, private})
	return nil
}

// RotateKeys makes ID tokens be signed with another key from now on, as releases
// of the service do. The two keys before it are published still.
func (s *Service) RotateKeys() error {
	s.keys.mu.Lock()
	defer s.keys.mu.Unlock()
	if len(s.keys.list) == 0 {
		if err := s.keys.add(); err != nil {
			return err
		}
	}
	return s.keys.add()
}

// jwks is GET /id/keys.
func (s *Service) jwks(w http.ResponseWriter, _ *http.Request) {
	keys, err := s.keys.all()
	if err != nil {
		http.Error(w, "no keys", http.StatusInternalServerError)
		return
	}
	published := make([]map[string]string, len(keys))
	for i, key := range keys {
		published[i] = map[string]string{
			"kty": "RSA", "alg": "RS256", "use": "sig", "kid": key.id,
			"n": base64.RawURLEncoding.EncodeToString(key.private.N.Bytes()),
			"e": base64.RawURLEncoding.EncodeToString(big.NewInt(int64(key.private.E)).Bytes()),
		}
	}
	writeJSON(w, http.StatusOK, map[string]any{"keys": published})
}

// idToken says, signed, who logged in (salesforce-package 4). Its times are the
// machine's, because the clock of the app that judges it does not move when the
// org's is advanced.
func (s *Service) idToken(session Session, u User, app App, nonce string) (string, error) {
	keys, err := s.keys.all()
	if err != nil {
		return "", err
	}
	claims := jwt.MapClaims{}
	if app.IDTokenProfile {
		maps.Copy(claims, s.claims(u, session.Scopes, app))
	} else if had := customPermissions(u, session.Scopes, app); had != nil {
		claims["custom_permissions"] = had
	}
	now, hash := time.Now(), crypto.SHA256.New()
	hash.Write([]byte(session.Token))
	claims["iss"], claims["sub"], claims["aud"] = s.o.BaseURL(), s.idURL(u.ID), app.ClientID
	claims["iat"], claims["exp"] = now.Unix(), now.Add(app.IDTokenLife).Unix()
	claims["at_hash"] = base64.RawURLEncoding.EncodeToString(hash.Sum(nil)[:sha256.Size/2])
	if nonce != "" {
		claims["nonce"] = nonce
	}
	token := jwt.NewWithClaims(jwt.SigningMethodRS256, claims)
	newest := keys[len(keys)-1]
	token.Header["kid"] = newest.id
	return token.SignedString(newest.private)
}

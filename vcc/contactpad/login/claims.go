// Package login finds out who somebody is by sending their browser to the org:
// OpenID Connect, authorization code with PKCE.
//
//	browser ──▶ Begin: address in the org ──▶ the org asks who it is ──▶ code
//	code ──▶ Finish: exchanged, verified, told who it is; the org's tokens are revoked
//
// Everything is verified strictly: issuer, signature, audience, time, nonce, and
// that the user belongs to the org that the daemon works for, since any user of any
// org can log in to an app at login.salesforce.com (salesforce-package 0.8).
//
// All methods may be called from many goroutines. The package keeps no session and
// no token, and knows nothing of panels.
package login

import (
	"crypto/rand"
	"errors"
)

// Try is one attempt to log in. All its texts are secret until used.
type Try struct {
	State    string // comes back with the code
	Nonce    string // comes back inside the id token
	Verifier string // of PKCE: only the hash of it is in the browser
	// Anew makes the org ask who it is although the browser is logged in there: it was
	// as the wrong person.
	Anew bool
}

// NewTry returns a Try that nobody can guess.
func NewTry() Try {
	return Try{State: rand.Text(), Nonce: rand.Text(), Verifier: rand.Text() + rand.Text()}
}

// Claims is what the org said of who logged in.
type Claims struct {
	User     string // id of the user, 18 characters
	Org      string // id of the org, 18 characters
	Username string // "ana@example.com"; empty if not told
}

// Reasons why nobody is logged in; match with errors.Is. Other errors of Finish
// are trouble with the org or the network.
var (
	// ErrOtherOrg says that the user belongs to another org.
	ErrOtherOrg = errors.New("the user belongs to another org")
	// ErrNotGenuine says that what came back is not what the org gave for this try.
	ErrNotGenuine = errors.New("the login could not be verified")
	// ErrNotReady says that the daemon does not know its own org yet.
	ErrNotReady = errors.New("the daemon is not connected with the org yet")
)

// Package identity is how people and programs log in to the mock org: the OAuth
// token endpoint with its grants, revocation, introspection, user information,
// and the SOAP login that older clients need (salesforce-apis section 1).
//
//	credentials ──▶ POST /services/oauth2/token ─┐
//	credentials ──▶ POST /services/Soap/u/NN.0 ──┴▶ Session ──▶ Check(Authorization)
//
// Every credential is really checked: signature, issuer, audience, life and user
// of an assertion, secrets of apps, passwords with their security tokens. A
// session ends when it was not used for SessionLife of the org's time, or is
// revoked.
//
// One clock is the exception: the life of a JWT assertion is judged by the
// machine's time, because its signer's clock does not move when the org's is
// advanced.
//
// # Concurrency
//
// A Service may be used by any number of goroutines. It calls the functions in
// Options without its lock.
//
// # Bounds
//
// Bodies are limited to 64 KiB and at most 10,000 sessions are kept; the least
// recently used ends when there are more.
//
// # What it does not do
//
// Interactive logins (authorization code), refresh-token rotation, lockout after
// wrong passwords, JWT access tokens. No secret, token or assertion is logged or
// repeated in an answer.
package identity

package salesforce

import (
	"fmt"
	"net/http"
	"strings"
	"time"
)

// AuthError says that no access token could be had.
type AuthError struct {
	Status      int           // HTTP status of the token endpoint; 0 when it could not be reached
	Code        string        // OAuth error, e.g. "invalid_grant"; may be empty
	Description string        // Salesforce's words; may be empty
	Permanent   bool          // true: trying again is useless until somebody changes something
	Hint        string        // what an admin can do about it; may be empty
	RetryAfter  time.Duration // the earliest moment for the next attempt, from now
	Err         error         // cause, when the endpoint could not be reached
}

// Error implements error.
func (e *AuthError) Error() string {
	var b strings.Builder
	b.WriteString("no access token")
	for _, part := range []string{e.Code, e.Description} {
		if part != "" {
			b.WriteString(": " + part)
		}
	}
	if e.Err != nil {
		b.WriteString(": " + e.Err.Error())
	}
	if e.Code == "" && e.Status != 0 {
		fmt.Fprintf(&b, ": the token endpoint answered %d %s", e.Status, http.StatusText(e.Status))
	}
	if e.Hint != "" {
		b.WriteString(" (" + e.Hint + ")")
	}
	return b.String()
}

// Unwrap returns the cause, if there is one.
func (e *AuthError) Unwrap() error { return e.Err }

// Advice returns the Hint.
func (e *AuthError) Advice() string { return e.Hint }

// Retryable reports whether a later attempt can succeed without anybody
// changing anything.
func (e *AuthError) Retryable() bool { return !e.Permanent }

// authRule classifies one refusal of the token endpoint.
type authRule struct {
	code      string // OAuth error
	words     string // lower-case part of the description; empty matches any
	transient bool
	hint      string
}

// authRules is salesforce-apis 1.2 as data; the first rule that matches counts.
var authRules = []authRule{
	{code: "invalid_grant", words: "hasn't approved this consumer",
		hint: "in Setup, open the connected app's policies, set Permitted Users to \"Admin approved users are pre-authorized\" and assign the integration user's profile or permission set"},
	{code: "invalid_grant", words: "audience is invalid",
		hint: "the audience must be the login host: https://login.salesforce.com, https://test.salesforce.com for a sandbox, or the org's My Domain"},
	{code: "invalid_grant", words: "invalid assertion",
		hint: "check the username, that the key belongs to the certificate of the connected app, and this machine's clock"},
	{code: "invalid_grant", words: "expired authorization code",
		hint: "check this machine's clock against a time server"},
	{code: "invalid_grant", words: "user is locked",
		hint: "unlock the integration user in Setup, Users, and find out who uses a wrong password for it"},
	{code: "invalid_grant", words: "authentication failure",
		hint: "check the user's credentials and its login IP ranges; attempts are held back so that the user is not locked"},
	{code: "invalid_grant", words: "expired access/refresh token",
		hint: "the grant was revoked: authorise the connected app again"},
	{code: "invalid_grant", words: "no valid scopes",
		hint: "give the connected app the scope \"Manage user data via APIs (api)\""},
	{code: "invalid_grant", words: "no client credentials user",
		hint: "in the connected app, choose a Run As user for the client credentials flow"},
	{code: "invalid_grant", words: "request not supported on this domain",
		hint: "client credentials work on the org's My Domain host only: set the login URL to it"},
	{code: "inactive_user", hint: "activate the integration user in Setup, Users"},
	{code: "inactive_org", hint: "the org is locked, suspended or expired: ask Salesforce"},
	{code: "invalid_app_access", hint: "assign the connected app to the integration user's profile or permission set"},
	{code: "invalid_client_id", hint: "check the consumer key; a new connected app takes up to ten minutes to be known"},
	{code: "invalid_client", hint: "check the consumer key and secret; with a JWT instead, that the app uses digital signatures and holds the certificate of this key"},
	{code: "unsupported_grant_type", hint: "enable this OAuth flow in the connected app"},
	{code: "unknown_error", transient: true},
	{code: "server_error", transient: true},
	{code: "temporarily_unavailable", transient: true},
	{code: "rate_limit_exceeded", transient: true, hint: "too many logins for this user within the hour"},
}

// judgeAuth classifies a reply of the token endpoint that holds no token.
func judgeAuth(status int, code, description string) *AuthError {
	e := &AuthError{Status: status, Code: clip(code), Description: clip(description)}
	if status >= 500 || status == http.StatusTooManyRequests || status == http.StatusRequestTimeout || status == statusNoRoute {
		return e
	}
	if status >= 300 && status < 400 {
		e.Permanent, e.Hint = true, "the login URL redirects: set it to the host itself, best the org's My Domain"
		return e
	}
	if code == "" && status < 300 {
		return e // a reply that is no OAuth reply at all: a proxy or a maintenance page
	}
	e.Permanent = true
	lower := strings.ToLower(description)
	for _, r := range authRules {
		if r.code == code && strings.Contains(lower, r.words) {
			e.Permanent, e.Hint = !r.transient, r.hint
			return e
		}
	}
	return e
}

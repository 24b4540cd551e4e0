// Package identity is how people and programs log in to the mock org: the OAuth
// endpoints with their grants, an OpenID provider with a page at which people say
// who they are, and the SOAP login that older clients need (salesforce-apis
// section 1, salesforce-package section 4).
//
//	programs ─▶ POST /services/oauth2/token ──────────────┐
//	         ─▶ POST /services/Soap/u/NN.0 ───────────────┤
//	                                                      ├▶ Session ─▶ Check(Authorization)
//	people ─▶ GET /services/oauth2/authorize              │
//	            │ no session, or something to ask         │
//	            ▼                                         │
//	          RemoteAccessAuthorizationPage.apexp         │
//	            │ who, allow or deny; sets the cookie sid ┤
//	            ▼                                         │
//	          callback?code=… ─▶ app ─▶ POST …/token ─────┘
//
// Every credential of a program is really checked: signature, issuer, audience,
// life and user of an assertion, secrets of apps, passwords with their security
// tokens, codes with their callback and verifier. A session ends when it was not
// used for SessionLife of the org's time, or is revoked.
//
// # People
//
// GET or POST /services/oauth2/authorize takes response_type=code, client_id,
// redirect_uri, scope, state, nonce, code_challenge (S256), prompt (login,
// consent, select_account, none), login_hint and immediate. What is wrong with the
// app or its callback is told to the person, all else to the app. The browser is
// answered at once if it has a session and the user or an administrator approved
// the app; otherwise the page lists the people there are (Options.People). Its
// form counts once, within 15 minutes and from the browser it was shown to. Codes
// count once, within 15 minutes, for their app and callback.
//
//	GET /.well-known/openid-configuration, GET /id/keys    discovery and keys
//	GET /services/oauth2/userinfo, GET /id/{org}/{user}    who it is
//	GET /services/auth/idp/oidc/logout, GET /secur/logout.jsp
//
// Pages of the org that know of a browser's session ask Visitor, and start one
// with Welcome. Tests that have no browser use Browser.
//
// # Liberties
//
// People need no password at the page. The port of an http callback on this
// machine is free, and its path too if the app's address has none
// (App.Callbacks). Over plain http the cookies are SameSite=Lax, because browsers
// take the Secure; SameSite=None of a real org over https only. A code that was
// refused, for a wrong verifier for example, is not used up by that.
//
// Two times are the machine's and not the org's, because the clock at the other
// end does not move when the org's is advanced: the life of a JWT assertion and
// that of an ID token.
//
// # Concurrency
//
// A Service may be used by any number of goroutines. It calls the functions in
// Options without its lock.
//
// # Bounds
//
// Bodies are limited to 64 KiB, requests to log in to 16 KiB. At most 10,000
// sessions are kept, the least recently used ends when there are more; as many
// refresh tokens, five for a user at an app, the oldest ends; as many codes and
// 1,000 people at the page, the oldest is forgotten. The page offers 200 people at
// once and searches the others.
//
// # What it does not do
//
// Passwords and second factors at the page, the implicit and device flows,
// dynamic registration, single logout of apps, lockout after wrong passwords, JWT
// access tokens, private_key_jwt. No secret, token, code or assertion is logged or
// repeated in an error.
package identity

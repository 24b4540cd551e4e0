// Package salesforce is the org as the daemon sees it: access tokens, REST
// calls, limits, and the translation between records and the vocabulary of
// package omnichannel.
//
//	Org ── effects, signals ──▶ Client ── Query, Create, Do ──▶ call ──▶ net/http
//	                              │                               │
//	 │                            └── simpleforce (URLs, bodies)  ├── TokenSource (sign, one re-login per 401)
//	 └── pushes (batched when busy)                               ├── retry table, backoff
//	                                                              ├── limits (usage, breaker, concurrency)
//	                                                              └── budget (allowances, forecast, thresholds)
//
// The REST library is simpleforce, used through Query and ApexREST only and
// with one throw-away client per call: the library is not safe for concurrent
// use, knows no context and panics on some error bodies. Everything that can
// go wrong is therefore handled below it, in a [net/http.RoundTripper] of our
// own (see call), and the library is only ever shown replies that succeeded.
//
// # Outcomes
//
// A request that Salesforce may or may not have carried out is not a failure
// but an unknown. Rows are created with POST, which is not idempotent, so such
// a request is never repeated: the caller gets an [UnknownOutcomeError] and
// has to look before it tries again. Everything else (GET, PATCH, DELETE) may
// be repeated and is, by the table in retry.go.
//
// # Pushes
//
// An AgentWork leaves at once and alone while it is quiet. While calls are under
// way, those that wait leave together when the first comes back, in one call of up
// to 200 rows, each judged as if it had been sent alone: a locked row is deferred,
// a refused one refused, and a lost reply leaves every row of the call unknown.
// Nothing waits for company, so quiet costs no time, and load costs few calls.
// Looking a work item up is not batched: its three reads are one call already, and
// of the five queries that a call may hold (salesforce-apis 2.5) two looks take four.
//
// # Allowances
//
// [Org.Budget] tells what is used of the org's daily allowances. API calls are
// counted by the org in each reply. Delivered events are counted here and, once an
// hour, read from the org's limits, since other subscribers use them too. The
// forecast is to midnight UTC at the rate of the last quarter of an hour; the org's
// own windows roll.
//
// # Canaries
//
// Answers to polls prove the connection, not that events are delivered. So a [Feed]
// has the org send it an event when it has heard none for a while; if that does not
// come, the link says so, the org is read, and the session is begun anew. A canary
// proves the session, not each channel of it, and ends in the feed: the ledger never
// sees one.
//
// # Concurrency
//
// TokenSource, Client and Org are safe for concurrent use. Calls beyond
// Options.Concurrency wait for a place, bounded by their deadline. There is no
// order between concurrent calls; who needs one makes one call after another.
//
// The package does not stream events (package streaming does), keeps no state
// beyond the token and the counters of limits, and never logs in for people.
package salesforce

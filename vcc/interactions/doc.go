// Package interactions is the door for calls and other work that does not come
// through Salesforce: an HTTP API of the shape that VCC documents for its
// Interactions API, so that what already talks to VCC can talk to us.
//
//	provider ── POST /interactions/register ─▶ Server ── keeps it in Options.Store
//	provider ── POST /interactions/invoke ───▶ Server ── Put(Arrived, Withdrawn) ─▶ engine
//	provider ◀── POST its endpoint ─────────── Server ◀── Tell(words owed) ──────── engine
//	                                             └─────── Put(Told) ─────────────▶ engine
//
// # What holds
//
// A request is answered with 200 once everything in it is durable, and sent again
// it is done once: the interaction's id follows from provider and externalid, and
// the engine knows which requestid brought it. One bad entry refuses the whole
// request, with a message that names it, and nothing is done.
//
// What a provider is owed is told at least once, in the order in which it happened,
// with a notificationid that stays the same however often it is sent. A provider
// that cannot be reached is tried again, ever more slowly, until Options.GiveUp. Told
// is reported when the provider has answered, so that a restart loses nothing.
//
// A Server is safe for use by many goroutines. Tell and ServeHTTP do not wait for a
// provider; Run owns the goroutines that do, one for each provider.
//
// # What it does not do
//
// It issues no tokens: whoever runs the daemon hands them out. It does not fetch the
// records that linked data points at, and takes of a link only the id of a
// Salesforce record. The facts are in vcc.md 10.2; where they are silent: a missing
// interactiontype is nonlive, a missing timeout of a personal queue means for ever,
// and a provider that registers without agentactionspermitted permits everything
// while one that lists some permits only those.
package interactions

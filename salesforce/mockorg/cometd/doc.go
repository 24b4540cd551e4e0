// Package cometd is the mock org's streaming server: Bayeux 1.0 over long
// polling as Salesforce speaks it, at /cometd/{version}. It knows channels and
// events, not records.
//
//	Publish ──▶ topic log (replay ids, retention) ◀── position ── subscription
//	               │ wakes                                            │
//	               ▼                                                  │
//	POST connect ─ hold (≤ ConnectTimeout) ─▶ [events…, connect reply]┘
//
// A subscription is a position in the log of its topic, so replay and live
// delivery are the same thing, and a client that does not poll costs no memory.
// A session lives by the org's clock: it is forgotten when no connect follows
// the last reply within Gap, or when its routing cookie is older than CookieLife
// (salesforce-apis 3.1, 3.4). Every error text is the documented one
// (salesforce-apis 3.5).
//
// # Concurrency
//
// A Server may be used by any number of goroutines. The callbacks in Options are
// called without its lock, so they may lock what they like, except for the build
// function of Publish, which runs under the lock so that replay ids and order
// agree.
//
// # Bounds
//
// Requests are limited to 32,768 bytes (413 beyond), also after decompression.
// At most Settings.MaxRetained events and Settings.MaxRetainedBytes bytes of them
// are kept over all topics; the oldest go first, and a session that had not yet
// received one of those is forgotten rather than left with a hole. A reply
// carries at most Settings.MaxReply events, the rest come with the next one.
//
// # What it does not do
//
// WebSocket and callback polling (405, as the real service), client publishing,
// wildcard subscriptions, the acknowledgement extension, binary payloads.
package cometd

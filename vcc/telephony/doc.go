// Package telephony is a simulated telephone network, for the demo and for tests: it
// carries no voice, but does all that a network does otherwise. Numbers answer, are
// busy, let it ring or cannot be reached, by rules; customers call, wait for as long
// as they have patience, talk, are put on hold, and hang up.
//
//	engine ── Direct(dial, hold, retrieve, join, move, hang up) ──▶ Network
//	engine ◀── Options.Report(Arrived, Called) ──────────────────── Network ◀── Call, HangUp ── demo page, tests
//
// A Network is safe for use by many goroutines. Direct never blocks; a directive
// about a call that the network does not have, or that comes twice, does nothing.
// Reports are made by Run, one at a time and in the order in which things happened.
// All time is that of package time, so that it can be simulated.
//
// It is no model of a particular network: there is no signalling, no transcoding, no
// caller id that is withheld, and no cost. A real network takes its place behind the
// same two calls, Direct and Report.
package telephony

// Package setup makes an org ready for the daemon and tells what is still
// missing.
//
//	Look: log in, make the topics, read the setup, listen ──▶ State ──▶ Judge ──▶ []Finding ──▶ Report
//
// [Look] does everything that touches the org. Of that only making the source's
// channels and that of canaries changes anything, and a dry run leaves it out. [Judge] is pure: it turns
// what was read, and what the daemon is told to route, into findings, each with
// what is wrong, why that matters and where in Setup it is mended.
//
// That a subscription stands proves little: Salesforce withholds events from a
// user who may not see the records, without a word (salesforce-package 0.2). So
// Look takes what the stream retains and compares it with the records that a query
// finds: see [Delivery].
//
// It does not change what belongs to the admin (queues, routing configurations,
// permissions), and it does not run while the daemon does its work: it is a command
// for people, and safe to repeat at any time, also beside a running daemon.
// Nothing here is safe for concurrent use, and nothing needs to be.
package setup

// Package world is the demo's simulated world: agents who accept, decline, ignore
// and drop off, and customers who start chats, messages and cases and sometimes
// lose patience. It acts on the mock org only, as people act through their
// widgets; the daemon does not know that it is there.
//
// What everybody decides comes from the seed and from who they are, never from
// the time at which things happen, so the same seed gives the same world: the
// n-th offer to an agent is answered alike, and the n-th customer is the same.
package world

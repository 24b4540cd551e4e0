// Package streaming reads Salesforce events (PushTopic, Change Data Capture,
// platform events) over Bayeux 1.0 with HTTP long polling, and hands them to
// its owner in order, at least once, with the cursor under the owner's control.
//
// It has two halves. The connection machine (machine.go) is pure, a table of
// state and message class (table.go): it does no I/O, reads no clock and draws no
// randomness. The transport (transport.go) posts what the machine asks for.
// One lock inside [Client.Run] guards both: whoever has news takes it for a step of
// the machine, and no one does anything slow with it.
//
//	idle --> authenticating --> handshaking --> connecting --> subscribing --> polling
//	              ^                                               ^             |  ^
//	              |                                 two batches are not durable v  | one is
//	         backing off <--- any fault, from any state ---         +-------- delivering
//	                                                                        (or pausing)
//
// What it promises:
//
//   - One batch ahead, no more. While [Options.Deliver] makes a batch durable, the
//     next poll is under way; what it brings waits for that batch, and no further
//     /meta/connect is sent before. So the owner's disk and the network work at the
//     same time, and a slow owner still slows the server down and never fills
//     memory. A subscribe waits for everything: it starts from what is durable.
//   - Positions come from the owner. Every subscribe reads [Options.Cursor];
//     the client keeps no cursor of its own. If Deliver fails, the session is
//     given up and the same events come again from the durable cursor.
//   - Order. At most one request of a session is under way, subscribes
//     included: a session has one queue in the server, and two replies in flight
//     could overtake each other. A channel that waits for an admin to repair it
//     is therefore tried again between two polls, never beside one.
//   - Events count wherever they stand: before or after the reply they came
//     with, in subscribe replies, and in replies that end the session.
//   - A gap is never silent. When Salesforce refuses a replay ID, when there was
//     none to resume from, or when what waits is more than a reply may hold
//     (16 MiB), [Options.OnGap] is called after the new subscription
//     is confirmed and before any later event of that channel is delivered.
//     Asked in this order, a query sees everything the stream cannot bring.
//   - [LinkUp] means proof: handshake, every channel confirmed that is not
//     optional, and connect replies arriving within the server's own timeout plus
//     slack. It does not mean that events are delivered: a session that is mute
//     looks like a quiet day. An owner who can cause an event should, and has
//     [Client.Renew] for when it does not come.
//   - Every fault is left again, whatever the server advises: the first attempt
//     after a healthy session at once, later ones with growing jittered pauses;
//     at most one handshake a second and, after an authentication failure, one
//     login in 30 seconds, unless the token source is shared ([Renewer]) and somebody
//     else got a token meanwhile. FAULTS.md tells what that comes to, fault by fault.
//
// # Duplicates, and replay IDs that go backwards
//
// An event is dropped as a duplicate only if this client already delivered, on
// the same channel, the same replay ID with the same bytes. A high-water mark
// would be simpler and lose events: mass deletes have been seen to arrive with
// IDs out of order, a fallback to all retained events starts far below the old
// cursor, and an org migration starts the numbering again. The memory is
// bounded (the last 16,384 events of a channel), so an old duplicate can pass:
// owners must be idempotent, and are only spared the usual case.
//
// The owner's cursor for a channel should be the ID of the last event that is
// durable. Where IDs came out of order it may lie below others: these come again,
// which is better than one that was still to come and does not. After OnGap the old
// cursor is void.
//
// # Concurrency
//
// Deliver, OnGap, Cursor and OnLink are called from goroutines of Run; Deliver,
// OnGap and Cursor get a context that ends with Run. Deliver and OnGap never
// overlap with one another; Cursor may overlap with OnGap of another channel.
// OnLink is called between two steps and must not block. All have
// returned when Run returns.
//
// # What it does not do
//
// It decodes no payloads, keeps no state on disk, publishes nothing, speaks no
// WebSocket (Salesforce answers 405) and needs no unsubscribe: the channels of
// a Client are fixed.
package streaming

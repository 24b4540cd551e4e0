// Package contactpad serves the agent panel: the page, the login, and one
// WebSocket per open panel.
//
//	console tab ── frame ──▶ page /pad/ ── WebSocket /pad/ws ──▶ socket ─┐
//	another tab ── frame ──▶ page /pad/ ── WebSocket /pad/ws ──▶ socket ─┤
//	                                                                     ▼
//	 Desks (the application) ◀── commands, standing of the panel ────── seat   one per agent
//	                         ─── desks, Pop, SetOmni ─────────────────▶   elects the primary panel
//
// A socket carries JSON both ways; what each message holds is in message.go. A
// seat belongs to one agent and lives as long as something of that agent is open.
// It knows which panels are alive (the server asks, the panel answers; panel-ux
// 2.5), elects the primary one (roster.go), passes commands on one after another,
// each id once, and sends every panel the newest desk.
//
// Who somebody is, the org says (package login). The window that logs in and the
// framed page do not share cookies (salesforce-package 0.5), so the outcome is
// handed over here, to the very socket that asked.
//
// Concurrency: all methods of Server may be called from any goroutine. Direct
// never waits. Locks are taken in the order Server, seat, socket, outbox, and
// never held over I/O. A socket has one goroutine that reads and one that writes;
// a seat has one that watches the desk and the clock.
//
// What a console is asked to open is asked of the next primary panel if the first dies
// before it has answered. What was found for the number of a caller is remembered while
// the call is on the desk, so that a click opens the same record again (caller.go).
//
// What it does not do: it decides nothing about work, stores no desk, and keeps
// no token of the org. Only Sessions outlives a restart.
package contactpad

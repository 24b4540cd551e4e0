// Package engine is the routing engine that ships inside: it decides which agent
// is offered which interaction, and keeps what it decided.
//
//	           Offer                 Alerting              Accepted
//	waiting ──────────▶ offered ───────────────▶ alerting ──────────▶ connected
//	  ▲ ▲                  │                        │                     │ Ended
//	  │ └──── Refused ─────┴────────────────────────┘                     ▼
//	  └───────────────────────── Arrived again ──────────────────────  wrap-up ──▶ closed
//
// A [Machine] is fed with reports and the time, and answers with directives, the
// rows that changed and the reason of every choice. The caller's duties:
//
//  1. Call Step from one goroutine at a time, with all reports at hand.
//  2. Call Step (with no report) when the time that Next tells has come.
//  3. Store the changed rows before carrying out the directives. An interaction
//     that is listed as changed and that Interaction no longer knows was dropped
//     after Config.KeepClosed: delete its row.
//  4. After a restart call Restore with the rows and RestoreDay with what was kept of
//     today's counts, then report every agent's presence: until then nobody counts as
//     present.
//
// # Who is chosen
//
// An agent is eligible for an interaction while present in its channel, with all
// skills of its plan and its own, with room for its size (at most 100 percent, at
// most one live, at most Config.MaxSemiLive semi-live), not cooling down in that
// channel, and without a refusal of this interaction that still holds. Waiting
// interactions are served by the priority of their plan, then by how long the
// customer waits, then by id; one that nobody can take holds up no other. Of the
// eligible agents the one asked for comes first, then those whose load stays
// within the optimum, then who waits longest, then by id.
//
// An agent's idle clock (vcc.Agent.IdleSince) is set when
//   - the agent becomes available: online with at least one channel, after not;
//   - an offer is made to the agent, or Salesforce moves work to the agent;
//   - a part in an interaction is over, wrap-up included;
//   - the agent refuses an offer, in whatever way that keeps them excluded;
//   - the agent becomes Ready in ContactPad, after not.
//
// An offer that was not delivered, or that the customer did not wait for, leaves
// the clock where making the offer put it. Offers made in one step are counted a
// microsecond apart, so that a backlog is spread over the agents in turn.
//
// # What agents do
//
// An agent who is logged in to ContactPad asks for things by commands (vcc.Command),
// each done once and either whole or not at all, and sees a [Machine.Desk], which is
// derived and never stored: a button that is not off works. Work comes only while
// Ready, with nothing intended, not blocked, with a panel that answers and a login
// that is not stale. Who is not logged in is ruled by Omni-Channel alone, unless
// Config.PadRequired.
//
//	chosen with open work ──▶ intended ── last part over ──▶ holds, and Omni-Channel is asked to follow
//	release ── Close ──▶ Ended: wrap-up │ CloseFailed, or 15 s: failed, blocked ──▶ try again, or abandon
//	transfer ── Requeue ──▶ Arrived: waits in the plan, or for one agent alone │ RequeueFailed: kept
//
// Who does nothing for Config.LoginStale is logged out and finds a notice of why; nobody
// on a call is. What is deleted in the org under its agent is taken from them at once,
// without wrap-up, is told, and is not counted as handled.
//
// State and Omni-Channel status follow each other without ever chasing: what Omni-
// Channel does is never answered by asking it for something (presence.go). A record
// opens once for each offer, and in front only if the agent talks to nobody else.
//
// # How it stays fast
//
// Interactions that ask for the same (channel, class, skills) wait in one line.
// A line keeps its waiting interactions in order of service and its ready agents
// in order of choice. An arrival looks at the head of one line's agents; an agent
// who gets room looks at the heads of the lines that agent serves. Refusals are
// skipped while walking, so a decision costs at most the refusals that still hold
// for that agent or that interaction. How many agents there are and how much
// waits elsewhere does not matter.
//
// # What it does not do
//
// No I/O, no clock, no randomness, no goroutines: the same reports at the same
// times give the same output. It does not decide whether the outside tells the
// truth, does not close or requeue unless an agent asked, and never takes connected
// work from an agent.
package engine

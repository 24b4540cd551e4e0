// Package omnichannel holds the rules of delivery between a Salesforce org and a
// routing engine: PendingServiceRouting (PSR), AgentWork, presence, and what
// follows from them. It does no I/O, reads no clock, starts no goroutine and
// draws no randomness: time arrives with each input, and the machines tell their
// next deadline.
//
//	PSR seen ─▶ announced ──Offer──▶ pushing ──created──▶ alerting ──Opened──▶ opened ──Closed──▶ gone
//	              ▲  ▲                  │ not created        │  │                │
//	              │  └──────────────────┘                    │  └─Retract─▶ retracting
//	              └───────────── declined, timed out, unavailable ◀────────────┘
//	                (any before opened) PSR deleted, nobody opened it ─▶ gone
//
// A Ledger keeps one Chain for each work item that is in external routing: the
// PSR that announces it and those that follow it on transfers. A Roster keeps
// who is present. Both turn signals from the org into reports for the engine
// (vcc.Report), the engine's directives into effects on the org (Effect), and
// both into notes for people.
//
// The rules that everything here serves:
//
//   - At most one push per PSR is ever outstanding. A new AgentWork is created
//     only after the one before is known to be no longer Assigned.
//   - Unknown is not failed: a create whose outcome is unknown is looked up
//     until it is known.
//   - Streaming is an optimisation. An expected event is acted on; an unexpected
//     one is never believed but looked up, and what the org says then decides.
//     Absence counts only if nothing happened to the chain since it was asked.
//   - A deleted PSR means nothing by itself (salesforce-omni 3.3): it is read
//     what became of the AgentWork.
//   - Nor does an AgentWork that closes unasked: with consoles (Policy.Console),
//     where somebody can be told, it is read whether the record was deleted.
//
// A Ledger and a Roster belong to one goroutine.
package omnichannel

// Package connector is the application: it connects the org and the engine.
//
// One goroutine, the loop, owns all state. Everything else sends it inputs: the
// feed of events, the results of effects, the sweeps of the whole org, the
// clock. The loop takes all inputs that wait, runs them through the machines of
// package omnichannel and the engine in one turn (Core.Turn, a plain function),
// commits what changed in one transaction, and only then lets effects leave and
// tells those who wait that their inputs are durable.
//
//	feed ──┐                       ┌─▶ carrier ─▶ org
//	sweep ─┼─▶ inbox ─▶ turn ─▶ commit ─▶ feed goes on
//	carrier┘                       └─▶ journal, pages
//
// When the inbox is full, those who put into it wait; nothing is dropped. Since
// a chain has at most one effect under way, effects of one interaction are in
// order, and the number of effects that wait is bounded by the number of chains
// and agents.
package connector

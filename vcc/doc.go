// Package vcc is the vocabulary and the contract of routing: what the connector
// reports to a routing engine and what the engine directs in answer.
//
//	connector --- Report ---> engine        work arrived, was accepted, refused, ended ...
//	connector <-- Directive - engine        offer it to this agent, take the offer back ...
//
// Every answer to an offer carries the number of the offer it answers. Offers of
// one interaction are numbered from 1 and never reused, so a late answer is
// recognised and counted, and never acted on.
//
// The package is pure: no I/O, no clock, no goroutines. All values may be copied
// and sent between goroutines; none is changed after it was handed over.
package vcc

// Package bench measures the program beside others, against one server, in one
// run: the streaming client beside the clients of others, and the daemon's REST
// calls beside those of jsforce and go-salesforce.
//
//	this process                      one child process per figure
//	+------------------------+        +---------------------------------+
//	| Bayeux server (flood)  | <----- | our client | floor | peers      |
//	+------------------------+  HTTP  +---------------------------------+
//	| mock org               | <----- | omnibridge run | jsforce | ...  |
//	+------------------------+        +---------------------------------+
//
// A client has a process of its own, so that CPU time and memory are its own.
// Server and client share the machine, so events per second are a figure of
// both; CPU per event is the client's alone. What a disk allows is measured by our
// client with a plain file in the place of the store, and without any client: a loop
// that commits the same entries to a file, or to SQLite.
//
// Everything stays on loopback and stops by itself. The package asserts nothing
// about time: it prints what it saw.
package bench

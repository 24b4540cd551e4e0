// Package mockorg is a Salesforce org to test against: logins, the REST API,
// streaming and Omni-Channel with external routing, over real HTTP and held in
// memory. It is written from the documentation and knows nothing of the programs
// it serves, so that a client and its mock cannot share a mistake.
//
//	o, err := mockorg.New(mockorg.Options{})
//	server := httptest.NewServer(o)         // or o.Serve(listener)
//	defer o.Close()
//	o.AddWork(mockorg.NewWork{Object: "Case", Queue: "Support_Cases"})
//
// # How it is built
//
//	/services/oauth2 /services/Soap/u /id ──▶ identity ─ who ─────┐
//	/services/data ──▶ call (REST) ──▶ checks ────────────────────┤
//	/services/Soap/m ──▶ metadata ─ deploys: what they mean ──────┤
//	/mock/v1 ──▶ control plane, autopilots, clock ────────────────┤
//	/lightning /customer / ──▶ console ─ pages for people ────────┤
//	                                                              ▼
//	                    change: one transaction ── rules (Omni-Channel) join it
//	                               │ commit
//	                               ▼
//	     history ◀── net changes ──▶ PushTopics, change events ──▶ cometd ──▶ /cometd
//
// Every write, whoever makes it, is a transaction (records.go): rules react
// inside it, all of it commits or none, and afterwards each record that changed
// causes one event with its final state, in the order of first changes. What an
// object has and allows is data (schema_*.go) that describe, validation, SOQL and
// rendering all follow.
//
// # Addresses
//
//	/services/data/vNN.0/…       REST
//	/cometd/NN.0[/…]             streaming (package cometd)
//	/services/oauth2/… /services/Soap/u/… /id/… /.well-known/openid-configuration
//	/setup/secur/RemoteAccessAuthorizationPage.apexp /secur/logout.jsp
//	/services/auth/idp/oidc/logout
//	                             logins of programs and of people, who they are, keys,
//	                             the page at which people say who they are (package identity)
//	/services/Soap/m/… /services/data/vNN.0/metadata/…
//	                             deploys (package metadata)
//	/lightning/…                 the console: page, calls below api, stream (console.go)
//	/customer/…                  the customer's page; / leads to the console
//	/mock/v1/…                   the control plane (control.go): the one place that no fault
//	                             strikes
//
// # What it does
//
// OAuth and SOAP logins (package identity). REST in every version from 31.0 to
// 68.0, all alike but for what an upsert answers: versions, resources, limits, query and queryAll with pages,
// records by id and by external id, describe, composite, composite/batch,
// composite/sobjects, generic streaming push; gzip both ways; the documented
// errors; Sforce-Limit-Info and the limits of an edition (Limits), all enforced. SOQL as package soql reads
// it, with parents up to five levels. PushTopics created as records, change data
// capture on standard and custom channels, generic streaming (package cometd).
// Ids of 15 and 18 characters with key prefixes and checksum. Omni-Channel as
// omni.go describes, with a switch where the real behaviour is not known. Named
// faults, at once, by chance from a seed or by script, a record of requests, a clock that can be moved, a state that
// can be saved and gone on with (State), and the control plane
// that control.go describes. Deploys and retrieves of the metadata that routing,
// logins and event channels are set up by, which then are (package metadata). A
// console page in which people work as agents, and a page on which they are the
// customers (console.go).
//
// # What it does not
//
// There are no permissions (sets of them are kept, not enforced), sharing,
// profiles, triggers, flows, validation or duplicate rules, record types,
// currencies or translations: every user may do what the object allows. The fields of an object are those that routing and the
// known clients need, not all of a real org's. Objects cannot be added while it
// runs. No undelete, merge, conditional headers, sub-queries, aggregates, SOSL,
// Bulk, Tooling, Apex, composite graph and tree, and no platform events.
// PushTopics on any object work, though a real org allows only some. Changes to
// several records never share a change event, and no gap events occur by
// themselves. Allowances are counted from their first use and do not
// roll. The key prefix of UserServicePresence is made up, since it is not public.
// Texts of errors follow the documentation where it has them; a client should
// look at codes only. Nothing survives Close but
// what State returned before.
//
// # Concurrency and bounds
//
// An Org may be used by any number of goroutines, and several orgs in one process
// share nothing. Readers do not wait for each other; writes come one at a time.
// Requests are limited to 10 MiB, addresses to 16 KiB, open query results to 100,
// recorded requests to about 10,000, deleted records per object to
// Options.KeepDeleted. Records that are not deleted are not limited.
package mockorg

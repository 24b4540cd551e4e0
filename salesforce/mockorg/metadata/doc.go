// Package metadata is the Metadata API of the mock org: what `sf project deploy
// start` and `sf project retrieve start` talk to, over SOAP and over REST.
//
//	zip ─▶ archive ─▶ package.xml ─▶ components ─▶ types ─▶ Org.Apply ─▶ store
//	         bounds     what is named   XML trees    shape     meaning     kept
//
// A deploy is unpacked, matched with its manifest, and each component is checked
// against the types that Salesforce publishes (types.txt, which
// testdata/package-checks makes; so the mock does not take its idea of a
// component from what we ship). Components that hold then go to the org, which
// checks what they mean and acts on them; this package knows nothing of queues
// or channels. A deploy is all or nothing: if one component fails, every failure
// is told and nothing stays (salesforce-package 1.3). Components that were
// deployed can be listed and retrieved.
//
// # What it does not
//
// rollbackOnError false is taken as true, tests are never run, and destructive
// changes are refused. Only the types in types.txt can be deployed. What an org
// has from its seed has no metadata. A deploy is done when its request is
// answered, though its first status says pending as a real one does. Texts of
// problems follow what public logs of deploys show where they show it; those
// that are guessed say so in the code.
//
// # Concurrency and bounds
//
// A Service may be used by any number of goroutines; deploys come one at a time.
// Archives are limited in size, packed and unpacked, and in files; the results of
// the last hundred deploys and retrieves are kept.
package metadata

// Package store keeps what must survive a crash: where every delivery and every
// interaction stands, how far the org's stream was taken in, which effects are
// still owed to the org, and why things happened.
//
//	                     +-- chain         one row per work item's delivery
//	                     +-- interaction --+-- leg   one row per agent's part
//	loop -- Change -->   +-- agent
//	  one transaction    +-- cursor        one row per channel of the stream
//	                     +-- outbox        effects decided, not yet carried out
//	                     +-- journal       what happened and why, append only; many
//	                                       entries at once as one row (journal_batch)
//	                     +-- kept          what was counted today, and what others keep
//
// A Change is applied whole or not at all, and Commit returns only after it was
// synced to disk. So the cursor can never pass an event whose consequences are
// not stored, and no effect leaves that a restart would not know of.
//
// The schema is the last line of defence: a second live offer of an interaction,
// or a second push of a PSR, is refused by an index whatever the machines
// believe, and comes back as a *ConstraintError.
//
// # Format
//
// Each row holds its whole value as JSON, beside the few columns that
// constraints and queries need. A field of that JSON which this program does not
// know is refused when it is read: it was written by a newer version, and
// storing the row again would lose it silently. A field that is missing reads as
// its zero value. So adding a field needs nothing, while removing or renaming
// one needs a migration. Columns that hold a time count microseconds since 1970
// in UTC; finer parts are cut off there, and kept inside the JSON.
//
// # SQLite
//
// The database is SQLite in write-ahead mode with synchronous=FULL, which Open
// verifies. There is one writing connection; reads use others and never wait for
// a write. The file belongs to one process at a time, which the lock of a file
// beside it guards; the system lets go of that lock when the process ends,
// however it ends. Keep the file on a local disk. SQL is kept to what PostgreSQL
// understands too; what is SQLite's own is in sqlite.go.
//
// # Concurrency
//
// All methods may be called by several goroutines at once. Changes are applied
// one after the other, in the order in which Commit gets hold of the writer.
//
// # What it does not do
//
// It does not check what a change means, group the changes of several callers,
// or carry out effects.
package store

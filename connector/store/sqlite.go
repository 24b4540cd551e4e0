package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

const (
	// application marks our files ("Omni"), so that a path which names another
	// program's database is refused instead of migrated.
	application = 0x4f6d6e69
	readers     = 4 // connections for reading
	// busyWait is for the moments in which SQLite itself holds the file: a
	// checkpoint, a backup by another tool.
	busyWait = "busy_timeout(5000)"
	// mark stands for a value in a statement that takes hundreds of them. In
	// PostgreSQL it has a number; to SQLite that would be a name, and the driver
	// looks each name up in a list of all.
	mark = "?"
	// sequence is the type of a key that counts. A table with a key of just this
	// type is kept in its order; of any other, the key is an index beside it.
	sequence = "INTEGER"
)

// openFile locks, creates and opens the database file.
func (s *Store) openFile(path string) error {
	path, err := resolve(path)
	if err != nil {
		return err
	}
	s.path = path
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		return unusable(path, nil) // a lock beside it would be left behind
	}
	if s.lock, err = acquire(path); err != nil {
		return err
	}
	// Created here so that only we may read it (it names customers' records and
	// agents), and to have the system's own words if that cannot be.
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return unusable(path, err)
	}
	if err := f.Close(); err != nil {
		return unusable(path, err)
	}
	pragmas := url.Values{
		"_txlock":    {"immediate"},
		"_dqs":       {"0"},
		"_defensive": {"1"},
		"_pragma":    {busyWait, "journal_mode(WAL)", "synchronous(FULL)", "foreign_keys(1)"},
	}
	if s.db, err = sql.Open("sqlite", dsn(path, pragmas)); err != nil {
		return fmt.Errorf("open store %s: %w", path, err)
	}
	s.db.SetMaxOpenConns(1)
	pragmas["_pragma"] = []string{busyWait}
	pragmas["_query_only"] = []string{"1"}
	if s.reads, err = sql.Open("sqlite", dsn(path, pragmas)); err != nil {
		return fmt.Errorf("open store %s: %w", path, err)
	}
	s.reads.SetMaxOpenConns(readers)
	s.reads.SetMaxIdleConns(readers)
	return nil
}

// openMemory opens a database that lives in its only connection.
func (s *Store) openMemory() (err error) {
	pragmas := url.Values{"mode": {"memory"}, "_txlock": {"immediate"}, "_dqs": {"0"}, "_pragma": {"foreign_keys(1)"}}
	if s.db, err = sql.Open("sqlite", "file:omnibridge?"+pragmas.Encode()); err != nil {
		return fmt.Errorf("open store in memory: %w", err)
	}
	s.db.SetMaxOpenConns(1)
	s.reads = s.db
	return nil
}

// dsn names a file to the driver. Every character of the path is itself, also
// those that mean something in a URI.
func dsn(path string, query url.Values) string {
	path = filepath.ToSlash(path)
	if !strings.HasPrefix(path, "/") { // C:/... on Windows
		path = "/" + path
	}
	u := url.URL{Scheme: "file", Path: path, RawQuery: query.Encode()}
	return u.String()
}

// resolve returns the one name of the file: absolute, links followed, so that
// two names of one file have one lock.
func resolve(path string) (string, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return "", unusable(path, err)
	}
	if followed, err := filepath.EvalSymlinks(abs); err == nil {
		return followed, nil
	}
	dir, err := filepath.EvalSymlinks(filepath.Dir(abs))
	if err != nil {
		return "", unusable(abs, err)
	}
	return filepath.Join(dir, filepath.Base(abs)), nil
}

// unusable says why the system does not let us have the file.
func unusable(path string, err error) error {
	e := &FileError{Path: path, Problem: "cannot be opened", Fix: "check the path and who may write there", Err: err}
	dir := filepath.Dir(path)
	info, stat := os.Stat(path)
	switch {
	case stat == nil && info.IsDir():
		e.Problem, e.Fix, e.Err = "is a directory", "name a file in it", nil
	case errors.Is(err, fs.ErrNotExist):
		e.Problem, e.Fix = "its directory does not exist", fmt.Sprintf("create %s, or name another path", dir)
	case errors.Is(err, fs.ErrPermission):
		e.Problem, e.Fix = "may not be written", fmt.Sprintf("let this user create and write files in %s, or name another path", dir)
	}
	return e
}

// verify checks that the database is ours and that what the package promises of
// durability is so: SQLite takes a pragma that it cannot honour without a word.
func (s *Store) verify(ctx context.Context) error {
	for _, p := range []struct {
		name, want string
		memory     bool // holds in memory too
	}{
		{"foreign_keys", "1", true},
		{"journal_mode", "wal", false},
		{"synchronous", "2", false}, // FULL
	} {
		if s.lock == nil && !p.memory {
			continue
		}
		var have string
		if err := s.db.QueryRowContext(ctx, "PRAGMA "+p.name).Scan(&have); err != nil {
			return err
		}
		if have != p.want {
			return &FileError{Path: s.path, Problem: fmt.Sprintf("SQLite set %s to %q where %q is needed", p.name, have, p.want),
				Fix: "put the store on a local disk; network file systems often lack what this needs"}
		}
	}
	var id, tables int
	if err := s.db.QueryRowContext(ctx, "PRAGMA application_id").Scan(&id); err != nil {
		return err
	}
	if id == application {
		return nil
	}
	if err := s.db.QueryRowContext(ctx, "SELECT COUNT(*) FROM sqlite_master").Scan(&tables); err != nil {
		return err
	}
	if id != 0 || tables != 0 {
		return &FileError{Path: s.path, Problem: "is a database of another program", Fix: "name another path; this one was left as it is"}
	}
	_, err := s.db.ExecContext(ctx, fmt.Sprintf("PRAGMA application_id = %d", application))
	return err
}

// schemaVersion returns the version of the schema; zero if there is none yet.
func (s *Store) schemaVersion(ctx context.Context) (version int64, err error) {
	var tables int
	err = s.db.QueryRowContext(ctx, `SELECT COUNT(*) FROM sqlite_master WHERE type = 'table' AND name = $1`, versions).Scan(&tables)
	if err != nil || tables == 0 {
		return 0, err
	}
	err = s.db.QueryRowContext(ctx, `SELECT COALESCE(MAX(version_id), 0) FROM `+versions).Scan(&version)
	return version, err
}

// fault puts the operation before an error and turns what SQLite says of the
// file into a *FileError.
func (s *Store) fault(ctx context.Context, op string, err error) error {
	switch err.(type) {
	case *ConstraintError, *OrgError, *FileError:
		return err // says all there is to say
	}
	if ctx.Err() != nil {
		return fmt.Errorf("%s: %w", op, context.Cause(ctx))
	}
	e, ok := errors.AsType[*sqlite.Error](err)
	if !ok {
		return fmt.Errorf("%s: store %s: %w", op, s.path, err)
	}
	file := &FileError{Path: s.path, Err: err}
	switch e.Code() & 0xff { // the primary code
	case sqlite3.SQLITE_NOTADB:
		file.Problem, file.Fix = "is not a database of this program", "name another path; this one was left as it is"
	case sqlite3.SQLITE_CORRUPT:
		file.Problem, file.Fix = "is damaged", "restore it from a backup, or move it away together with its -wal and -shm files and start with a new one: "+
			"what is under way is then read back from Salesforce, and the journal is lost"
	case sqlite3.SQLITE_FULL:
		file.Problem, file.Fix = "the disk is full", "make room, or move the store to a larger disk"
	case sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM, sqlite3.SQLITE_AUTH, sqlite3.SQLITE_CANTOPEN:
		file.Problem, file.Fix = "may not be written", fmt.Sprintf("let this user create and write files in %s", filepath.Dir(s.path))
	case sqlite3.SQLITE_IOERR:
		file.Problem, file.Fix = "the disk cannot be read or written", "look at the system's log for faults of the disk"
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED:
		file.Problem, file.Fix = "is held by another program", "stop what reads or copies the file; use a tool that makes online backups"
	default:
		return fmt.Errorf("%s: store %s: %w", op, s.path, err)
	}
	return fmt.Errorf("%s: %w", op, file)
}

// constraintOf returns the name of the constraint that refused a row. SQLite
// names a check, but a unique index only by its columns.
func constraintOf(err error) (string, bool) {
	e, ok := errors.AsType[*sqlite.Error](err)
	if !ok || e.Code()&0xff != sqlite3.SQLITE_CONSTRAINT {
		return "", false
	}
	_, name, _ := strings.Cut(e.Error(), "constraint failed: ") // of the result code
	if _, rest, ok := strings.Cut(name, "constraint failed: "); ok {
		name = rest // of the constraint's kind
	}
	name, _, _ = strings.Cut(name, " (") // the number of the code
	switch name {
	case "chain.psr":
		name = "chain_one_push"
	case "leg.interaction":
		name = "leg_one_live"
	case "leg.interaction, leg.offer":
		name = "leg_once"
	}
	return name, true
}

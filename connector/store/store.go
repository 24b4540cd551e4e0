package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"sync"
	"time"

	"omnibridge/omnichannel"
)

// Options says which store to open.
type Options struct {
	// Path is the database file. It is created if it is missing; its directory
	// must exist. Empty: in memory, gone when the store is closed.
	Path string
	// Logger takes what happens on opening; nil: nobody does.
	Logger *slog.Logger
}

// Store is durable state. See the package comment for what it promises.
type Store struct {
	path  string  // for people; "in memory" if there is no file
	db    *sql.DB // the one writing connection
	reads *sql.DB // reading connections; the same as db in memory
	stmts [statements]*sql.Stmt
	lock  *lock // nil in memory

	closing sync.Once
	closed  error
}

// Open opens the store and brings its schema up to date. It returns an
// *InUseError if another process has it, and a *FileError if the file cannot be
// used. ctx bounds the opening only.
func Open(ctx context.Context, o Options) (*Store, error) {
	log := o.Logger
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	s := &Store{path: "in memory"}
	if err := s.open(ctx, o.Path, log); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

func (s *Store) open(ctx context.Context, path string, log *slog.Logger) error {
	if path == "" {
		if err := s.openMemory(); err != nil {
			return err
		}
	} else if err := s.openFile(path); err != nil {
		return err
	}
	if err := s.verify(ctx); err != nil {
		return s.fault(ctx, "open", err)
	}
	if err := s.migrate(ctx, log); err != nil {
		return s.fault(ctx, "open", err)
	}
	for i, text := range texts {
		stmt, err := s.db.PrepareContext(ctx, text)
		if err != nil {
			return s.fault(ctx, "prepare statements", err)
		}
		s.stmts[i] = stmt
	}
	return nil
}

// BindOrg ties the store to one org, by its 15- or 18-character id. The first
// call decides; with another org it returns an *OrgError ever after.
func (s *Store) BindOrg(ctx context.Context, orgID string) error {
	want := omnichannel.Long(orgID)
	if want == "" || !storable(want) {
		return fmt.Errorf("bind store %s to org %q: an organization id is needed", s.path, orgID)
	}
	return s.write(ctx, "bind to org", func(w *writer) error {
		var have string
		err := w.tx.QueryRowContext(ctx, `SELECT value FROM meta WHERE name = $1`, "org").Scan(&have)
		switch {
		case errors.Is(err, sql.ErrNoRows):
			return w.exec(putMeta, "org", want)
		case err != nil:
			return err
		case have != want:
			return &OrgError{s.path, have, want}
		}
		return nil
	})
}

// Check tells whether the store can be written, by writing: it costs one small
// durable transaction, so ask seconds apart.
func (s *Store) Check(ctx context.Context) error {
	return s.write(ctx, "check", func(w *writer) error {
		return w.exec(putMeta, "checked", strconv.FormatInt(time.Now().UnixMicro(), 10))
	})
}

// Path returns where the store is, for people.
func (s *Store) Path() string { return s.path }

// Close closes the store and lets another process have it. Call it after the
// last Commit has returned. Further calls return what the first did.
func (s *Store) Close() error {
	s.closing.Do(func() {
		var errs []error
		for _, stmt := range s.stmts {
			if stmt != nil {
				errs = append(errs, stmt.Close())
			}
		}
		if s.reads != nil && s.reads != s.db {
			errs = append(errs, s.reads.Close())
		}
		if s.db != nil { // the last connection to close, so it folds the log into the file
			errs = append(errs, s.db.Close())
		}
		if s.lock != nil {
			errs = append(errs, s.lock.release())
		}
		if err := errors.Join(errs...); err != nil {
			s.closed = fmt.Errorf("close store %s: %w", s.path, err)
		}
	})
	return s.closed
}

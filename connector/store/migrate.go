package store

import (
	"context"
	"database/sql"
	"embed"
	"fmt"
	"log/slog"
	"path"
	"strings"

	"github.com/pressly/goose/v3"
)

//go:embed migrations/*.sql
var migrations embed.FS

// versions is the table in which goose keeps what was applied.
const versions = "goose_db_version"

// migrate brings the schema up to date. A schema that is newer than this program
// is refused, because what the program does not know it would not keep.
func (s *Store) migrate(ctx context.Context, log *slog.Logger) error {
	steps, err := steps()
	if err != nil {
		return fmt.Errorf("read migrations: %w", err)
	}
	p, err := goose.NewProvider(goose.DialectSQLite3, s.db, nil, goose.WithGoMigrations(steps...),
		goose.WithTableName(versions), goose.WithLogger(goose.NopLogger()), goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return fmt.Errorf("read migrations: %w", err)
	}
	known := p.ListSources()
	want := known[len(known)-1].Version
	// Asked here and not by goose, which takes a damaged file for a new one, and
	// tries for seconds.
	have, err := s.schemaVersion(ctx)
	switch {
	case err != nil:
		return fmt.Errorf("read version of the schema: %w", err)
	case have == want:
		return nil
	case have > want:
		return &FileError{Path: s.path,
			Problem: fmt.Sprintf("its schema has version %d, and this program knows versions up to %d", have, want),
			Fix:     "run the newer version of the program, which wrote it, or restore a backup that was made before it"}
	}
	done, err := p.Up(ctx)
	if err != nil {
		return fmt.Errorf("migrate schema from version %d to %d: %w", have, want, err)
	}
	for _, m := range done {
		log.InfoContext(ctx, "schema migrated", "store", s.path, "version", m.Source.Version, "took", m.Duration)
	}
	return nil
}

// steps returns the migrations. Goose is given functions and not the files, which
// it would read through buffers of 4 MiB (v3.29): on the first start they would be
// the greatest part of the memory that a store takes.
func steps() ([]*goose.Migration, error) {
	const dir = "migrations"
	files, err := migrations.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var all []*goose.Migration
	for _, f := range files {
		version, err := goose.NumericComponent(f.Name())
		if err != nil {
			return nil, err
		}
		b, err := migrations.ReadFile(path.Join(dir, f.Name()))
		if err != nil {
			return nil, err
		}
		text := strings.ReplaceAll(string(b), "{sequence}", sequence)
		all = append(all, goose.NewGoMigration(version, &goose.GoFunc{RunTx: func(ctx context.Context, tx *sql.Tx) error {
			_, err := tx.ExecContext(ctx, text)
			return err
		}}, nil))
	}
	return all, nil
}

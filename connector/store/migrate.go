package store

import (
	"context"
	"database/sql"
	"embed"
	"fmt"
	"io/fs"
	"log/slog"

	"github.com/pressly/goose/v3"
)

//go:embed migrations/*.sql
var migrations embed.FS

// migrate brings the schema up to date. A schema that is newer than this program
// is refused, because what the program does not know it would not keep.
func migrate(ctx context.Context, db *sql.DB, path string, log *slog.Logger) error {
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return err
	}
	p, err := goose.NewProvider(goose.DialectSQLite3, db, files,
		goose.WithLogger(goose.NopLogger()), goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return fmt.Errorf("read migrations: %w", err)
	}
	have, want, err := p.GetVersions(ctx)
	if err != nil {
		return fmt.Errorf("read version of the schema: %w", err)
	}
	if have > want {
		return &FileError{Path: path,
			Problem: fmt.Sprintf("its schema has version %d, and this program knows versions up to %d", have, want),
			Fix:     "run the newer version of the program, which wrote it, or restore a backup that was made before it"}
	}
	done, err := p.Up(ctx)
	if err != nil {
		return fmt.Errorf("migrate schema from version %d to %d: %w", have, want, err)
	}
	for _, m := range done {
		log.InfoContext(ctx, "schema migrated", "store", path, "version", m.Source.Version, "took", m.Duration)
	}
	return nil
}

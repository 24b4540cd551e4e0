package store

import (
	"context"
	"fmt"
)

// Keep stores a document of a kind under a name, in the place of what was there. It
// returns when that is on disk. Kinds belong to whoever keeps them: logins,
// providers.
func (s *Store) Keep(ctx context.Context, kind, name string, doc []byte) error {
	if kind == "" || name == "" || !storable(kind) || !storable(name) || !storable(string(doc)) {
		return fmt.Errorf("keep %q %q: names must not be empty, and all must be text", kind, name)
	}
	return s.write(ctx, "keep "+kind, func(w *writer) error {
		_, err := w.tx.ExecContext(ctx, `INSERT INTO kept (kind, name, doc) VALUES ($1, $2, $3)
			ON CONFLICT (kind, name) DO UPDATE SET doc = excluded.doc`, kind, name, string(doc))
		return err
	})
}

// Kept returns every document of a kind, by name.
func (s *Store) Kept(ctx context.Context, kind string) (map[string][]byte, error) {
	rows, err := s.reads.QueryContext(ctx, `SELECT name, doc FROM kept WHERE kind = $1`, kind)
	if err != nil {
		return nil, s.fault(ctx, "read kept "+kind, err)
	}
	defer rows.Close()
	docs := map[string][]byte{}
	for rows.Next() {
		var name, doc string
		if err := rows.Scan(&name, &doc); err != nil {
			return nil, s.fault(ctx, "read kept "+kind, err)
		}
		docs[name] = []byte(doc)
	}
	if err := rows.Err(); err != nil {
		return nil, s.fault(ctx, "read kept "+kind, err)
	}
	return docs, nil
}

// Discard forgets documents of a kind; unknown names are ignored.
func (s *Store) Discard(ctx context.Context, kind string, names ...string) error {
	if len(names) == 0 {
		return nil
	}
	return s.write(ctx, "discard "+kind, func(w *writer) error {
		for _, name := range names {
			if _, err := w.tx.ExecContext(ctx, `DELETE FROM kept WHERE kind = $1 AND name = $2`, kind, name); err != nil {
				return err
			}
		}
		return nil
	})
}

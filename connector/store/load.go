package store

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"slices"

	"omnibridge/omnichannel"
	"omnibridge/vcc"
)

// Load reads everything that a restart needs, as of one moment. A row that
// cannot be read is a *RowError, a damaged file a *FileError.
func (s *Store) Load(ctx context.Context) (Snapshot, error) {
	var snap Snapshot
	tx, err := s.reads.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return Snapshot{}, s.fault(ctx, "load", err)
	}
	defer tx.Rollback() // nothing was written
	r := reader{ctx, tx}
	for _, read := range []func() error{
		func() error { return docs(r, &snap.Chains, "chain", `SELECT interaction, doc FROM chain`) },
		func() error { return docs(r, &snap.Interactions, "interaction", `SELECT id, doc FROM interaction`) },
		func() error { return docs(r, &snap.Agents, "agent", `SELECT id, doc FROM agent`) },
		func() error { return docs(r, &snap.Effects, "outbox", `SELECT id, doc FROM outbox ORDER BY seq`) },
		func() error { return r.cursors(&snap.Cursors) },
		func() error { return r.day(&snap.Day) },
	} {
		if err := read(); err != nil {
			return Snapshot{}, s.fault(ctx, "load", err)
		}
	}
	// Sorted here and not by the database, whose order of text depends on its locale.
	slices.SortFunc(snap.Chains, func(a, b omnichannel.Chain) int { return cmp.Compare(a.Interaction, b.Interaction) })
	slices.SortFunc(snap.Interactions, func(a, b vcc.Interaction) int { return cmp.Compare(a.ID, b.ID) })
	slices.SortFunc(snap.Agents, func(a, b vcc.Agent) int { return cmp.Compare(a.ID, b.ID) })
	slices.SortFunc(snap.Cursors, func(a, b omnichannel.Cursor) int { return cmp.Compare(a.Channel, b.Channel) })
	return snap, nil
}

// Cursor returns the replay ID up to which the stream of a channel is durable;
// ok is false if it was never stored.
func (s *Store) Cursor(ctx context.Context, channel string) (replay int64, ok bool, err error) {
	err = s.reads.QueryRowContext(ctx, `SELECT replay FROM cursor WHERE channel = $1`, channel).Scan(&replay)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return 0, false, nil
	case err != nil:
		return 0, false, s.fault(ctx, "read cursor of "+channel, err)
	}
	return replay, true, nil
}

// reader is a read transaction under way.
type reader struct {
	ctx context.Context
	tx  *sql.Tx
}

// docs appends the value of each row of a query for key and doc.
func docs[R any](r reader, into *[]R, table, query string) error {
	rows, err := r.tx.QueryContext(r.ctx, query)
	if err != nil {
		return err
	}
	defer rows.Close()
	var key string
	var doc sql.RawBytes
	for rows.Next() {
		if err := rows.Scan(&key, &doc); err != nil {
			return err
		}
		var row R
		if err := decode(table, key, doc, &row); err != nil {
			return err
		}
		*into = append(*into, row)
	}
	return rows.Err()
}

func (r reader) cursors(into *[]omnichannel.Cursor) error {
	rows, err := r.tx.QueryContext(r.ctx, `SELECT channel, replay FROM cursor`)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var c omnichannel.Cursor
		if err := rows.Scan(&c.Channel, &c.Replay); err != nil {
			return err
		}
		*into = append(*into, c)
	}
	return rows.Err()
}

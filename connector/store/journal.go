package store

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"time"

	"omnibridge/vcc"
)

const (
	defaultEntries = 100  // a JournalQuery without a limit
	maxEntries     = 1000 // bounds one answer; go on with AfterSeq
	pruneBatch     = 200  // entries removed per transaction, so that commits wait a few milliseconds
)

// entryStatements are the ways to write entries as rows, by how many at once. One
// entry is the usual turn of the loop; many at once cost about half as much each.
var entryStatements = []struct {
	size int
	add  statement
}{{64, addEntries64}, {16, addEntries16}, {4, addEntries4}, {1, addEntry}}

const entryColumns = 7

// entriesText is the SQL that adds n entries.
func entriesText(n int) string {
	row := "(" + strings.TrimSuffix(strings.Repeat(mark+", ", entryColumns), ", ") + ")"
	return "INSERT INTO journal (seq, at, interaction, what, offer, agent, why) VALUES " +
		strings.TrimSuffix(strings.Repeat(row+", ", n), ", ")
}

// journal appends the entries of a change.
func (w *writer) journal(c *Change) error {
	if len(c.Journal) == 0 {
		return nil
	}
	var seq int64
	if err := w.stmt(lastEntry).QueryRow().Scan(&seq); err != nil {
		return fmt.Errorf("find the end of the journal: %w", err)
	}
	rest := c.Journal
	for len(rest) >= batchFrom {
		n := min(len(rest), batchMost)
		seq += int64(n)
		if err := w.batch(seq, rest[:n]); err != nil {
			return err
		}
		rest = rest[n:]
	}
	return w.entries(seq, rest)
}

// entries appends rows to the journal, numbered from the one after seq on.
func (w *writer) entries(seq int64, rest []Entry) error {
	args := make([]any, 0, entryColumns*min(len(rest), entryStatements[0].size))
	for _, by := range entryStatements {
		for ; len(rest) >= by.size; rest = rest[by.size:] {
			args = args[:0]
			for i := range rest[:by.size] {
				e := &rest[i]
				seq++
				args = append(args, seq, e.At.UnixMicro(), legible(string(e.Interaction)), legible(e.What), e.Offer, legible(string(e.Agent)), legible(e.Why))
			}
			if err := w.exec(by.add, args...); err != nil {
				return violation(err, rest[0].Interaction, "%d journal entries from %q on", by.size, rest[0].What)
			}
		}
	}
	return nil
}

// JournalQuery says which entries are wanted.
type JournalQuery struct {
	Interaction vcc.InteractionID // empty: of all
	AfterSeq    int64             // entries after this one; zero: from the first
	Limit       int               // at most so many; zero: 100; at most 1000
}

// Journal returns entries in the order in which they were written.
func (s *Store) Journal(ctx context.Context, q JournalQuery) ([]Entry, error) {
	limit := q.Limit
	if limit <= 0 {
		limit = defaultEntries
	}
	limit = min(limit, maxEntries)
	tx, err := s.reads.BeginTx(ctx, &sql.TxOptions{ReadOnly: true}) // an entry may move meanwhile
	if err != nil {
		return nil, s.fault(ctx, "read journal", err)
	}
	defer tx.Rollback() // nothing was written
	r := reader{ctx, tx}
	out, err := r.entries(q, limit)
	if err != nil {
		return nil, s.fault(ctx, "read journal", err)
	}
	batched, err := r.batches(q, limit)
	if err != nil {
		return nil, s.fault(ctx, "read journal", err)
	}
	if len(batched) > 0 {
		out = append(out, batched...)
		slices.SortFunc(out, func(a, b Entry) int { return cmp.Compare(a.Seq, b.Seq) })
	}
	return out[:min(len(out), limit)], nil
}

// entries reads what a query wants of the entries that are rows.
func (r reader) entries(q JournalQuery, limit int) (out []Entry, err error) {
	var rows *sql.Rows
	if q.Interaction == "" {
		rows, err = r.tx.QueryContext(r.ctx, `SELECT seq, at, interaction, what, offer, agent, why FROM journal
			WHERE seq > $1 ORDER BY seq LIMIT $2`, q.AfterSeq, limit)
	} else {
		rows, err = r.tx.QueryContext(r.ctx, `SELECT seq, at, interaction, what, offer, agent, why FROM journal
			WHERE interaction = $1 AND seq > $2 ORDER BY seq LIMIT $3`, string(q.Interaction), q.AfterSeq, limit)
	}
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var e Entry
		var at int64
		if err := rows.Scan(&e.Seq, &at, &e.Interaction, &e.What, &e.Offer, &e.Agent, &e.Why); err != nil {
			return nil, err
		}
		e.At = time.UnixMicro(at).UTC()
		out = append(out, e)
	}
	return out, rows.Err()
}

// Prune removes the entries from the start of the journal up to the first that
// was written at or after before, and tells how many. The newest entry stays
// whatever its age, because the next number follows from it. What was removed
// before an error stays removed. It also files what was written in haste, which
// makes reading slower until then: call it now and then.
func (s *Store) Prune(ctx context.Context, before time.Time) (int, error) {
	const op = "prune journal"
	if err := s.unpack(ctx, op); err != nil {
		return 0, err
	}
	// The search reads the entries that go, and no others: the journal is in
	// order of time, so it needs no index for that.
	var first, end, newest sql.NullInt64
	err := s.reads.QueryRowContext(ctx, `SELECT (SELECT MIN(seq) FROM journal), (SELECT MAX(seq) FROM journal),
		(SELECT seq FROM journal WHERE at >= $1 ORDER BY seq LIMIT 1)`, before.UnixMicro()).Scan(&first, &newest, &end)
	if err != nil {
		return 0, s.fault(ctx, op, err)
	}
	if !first.Valid {
		return 0, nil
	}
	stop := newest.Int64
	if end.Valid {
		stop = end.Int64
	}
	removed := 0
	for at := first.Int64; at < stop; at += pruneBatch {
		err := s.write(ctx, op, func(w *writer) error {
			res, err := w.tx.ExecContext(ctx, `DELETE FROM journal WHERE seq < $1`, min(at+pruneBatch, stop))
			if err != nil {
				return err
			}
			n, err := res.RowsAffected()
			removed += int(n)
			return err
		})
		if err != nil {
			return removed, err
		}
	}
	return removed, nil
}

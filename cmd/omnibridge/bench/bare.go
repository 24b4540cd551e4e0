package bench

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"time"

	"omnibridge/salesforce/streaming"
)

// runBare commits as many entries at once as a delivery has events, and nothing
// else: to a plain file that is synced, or to SQLite by a bare loop.
func runBare(ctx context.Context, p plan, m *meter) (err error) {
	commit, end, err := bare(ctx, p)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, end()) }()
	events := make([]streaming.Event, p.Batch)
	for replay := int64(firstReplay); ctx.Err() == nil; {
		begun := time.Now()
		for i := range events {
			replay++
			events[i] = streaming.Event{Channel: p.Channel, Replay: replay, Received: begun}
		}
		if err := m.commit(func() error { return commit(lines(changeOf(events)), replay) }); err != nil {
			return err
		}
		now := time.Now()
		m.done(len(events), now.Sub(begun))
		if m.settle(now) {
			return nil
		}
	}
	return ctx.Err()
}

// bare opens what is committed to.
func bare(ctx context.Context, p plan) (commit func(text []byte, replay int64) error, end func() error, err error) {
	if p.Client == bareDisk {
		f, err := os.Create(p.Data)
		if err != nil {
			return nil, nil, err
		}
		return func(text []byte, _ int64) error { return appendTo(f, text) }, f.Close, nil
	}
	// The driver and the settings are those of the store; the rows are the fewest
	// that hold the same.
	query := url.Values{"_txlock": {"immediate"}, "_pragma": {"journal_mode(WAL)", "synchronous(FULL)"}}
	db, err := sql.Open("sqlite", (&url.URL{Scheme: "file", Path: p.Data, RawQuery: query.Encode()}).String())
	if err != nil {
		return nil, nil, err
	}
	db.SetMaxOpenConns(1)
	fail := func(err error) (func([]byte, int64) error, func() error, error) {
		return nil, nil, errors.Join(fmt.Errorf("bare SQLite: %w", err), db.Close())
	}
	_, err = db.ExecContext(ctx, `CREATE TABLE entry (seq INTEGER PRIMARY KEY, doc TEXT NOT NULL); CREATE TABLE cursor (channel TEXT PRIMARY KEY, replay BIGINT NOT NULL)`)
	if err != nil {
		return fail(err)
	}
	add, err := db.PrepareContext(ctx, `INSERT INTO entry (seq, doc) VALUES ($1, $2)`)
	if err != nil {
		return fail(err)
	}
	put, err := db.PrepareContext(ctx, `INSERT INTO cursor (channel, replay) VALUES ($1, $2) ON CONFLICT (channel) DO UPDATE SET replay = excluded.replay`)
	if err != nil {
		return fail(err)
	}
	return func(text []byte, replay int64) error {
		tx, err := db.Begin()
		if err != nil {
			return err
		}
		_, err = tx.Stmt(add).Exec(replay, string(text))
		if err == nil {
			_, err = tx.Stmt(put).Exec(p.Channel, replay)
		}
		if err != nil {
			return errors.Join(err, tx.Rollback())
		}
		return tx.Commit()
	}, db.Close, nil
}

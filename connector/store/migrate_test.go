package store

import (
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/pressly/goose/v3"
)

// TestMigratesJournal opens a store that the first version wrote, whose journal
// was pruned: every entry keeps its number, and numbers go on from the last.
func TestMigratesJournal(t *testing.T) {
	path := filepath.Join(t.TempDir(), "store.db")
	old := &Store{}
	if err := old.openFile(path); err != nil {
		t.Fatal(err)
	}
	if err := old.verify(t.Context()); err != nil {
		t.Fatal(err)
	}
	all, err := steps()
	if err != nil {
		t.Fatal(err)
	}
	first, err := goose.NewProvider(goose.DialectSQLite3, old.db, nil, goose.WithGoMigrations(all[0]), goose.WithTableName(versions), goose.WithDisableGlobalRegistry(true))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := first.Up(t.Context()); err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 11, 22, 12, 0, 0, 123456000, time.UTC)
	for _, seq := range []int64{41, 43, 42} {
		if _, err := old.db.Exec(`INSERT INTO journal VALUES ($1, $2, 'i1', 'alerting', 1, '0051', $3)`, seq, at.UnixMicro(), fmt.Sprint("entry ", seq)); err != nil {
			t.Fatal(err)
		}
	}
	if err := old.Close(); err != nil {
		t.Fatal(err)
	}

	s, err := Open(t.Context(), Options{Path: path})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := s.Commit(t.Context(), Change{Journal: []Entry{{At: at, Interaction: "i1", What: "alerting", Offer: 1, Agent: "0051", Why: "entry 44"}}}); err != nil {
		t.Fatal(err)
	}
	entries, err := s.Journal(t.Context(), JournalQuery{Interaction: "i1"})
	if err != nil || len(entries) != 4 {
		t.Fatalf("%d entries, %v; want 4", len(entries), err)
	}
	for i, e := range entries {
		n := int64(41 + i)
		if want := (Entry{Seq: n, At: at, Interaction: "i1", What: "alerting", Offer: 1, Agent: "0051", Why: fmt.Sprint("entry ", n)}); e != want {
			t.Errorf("entry %d is %+v, want %+v", i, e, want)
		}
	}
	var indexes int
	if err := s.db.QueryRow(`SELECT COUNT(*) FROM sqlite_master WHERE tbl_name = 'journal' AND type = 'index'`).Scan(&indexes); err != nil || indexes != 1 {
		t.Errorf("the journal has %d indexes, %v; want that of interactions alone", indexes, err)
	}
}

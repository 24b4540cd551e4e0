package store

import (
	"errors"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"pgregory.net/rapid"

	"omnibridge/vcc"
)

// TestBatchesAreUnpacked holds that many entries at once are one row, that pruning
// makes rows of them which are found by interaction, and that it goes on where it
// was interrupted.
func TestBatchesAreUnpacked(t *testing.T) {
	s, err := Open(t.Context(), Options{Path: filepath.Join(t.TempDir(), "store.db")})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	rows := func(table string) (n int) {
		t.Helper()
		if err := s.db.QueryRow(`SELECT COUNT(*) FROM ` + table).Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	at := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	c := Change{}
	for n := range batchMost + batchFrom - 1 {
		c.Journal = append(c.Journal, Entry{At: at, Interaction: vcc.InteractionID(fmt.Sprint("i", n%7)), What: "arrived"})
	}
	for range 2 {
		if err := s.Commit(t.Context(), c); err != nil {
			t.Fatal(err)
		}
	}
	if batches, single := rows("journal_batch"), rows("journal"); batches != 2 || single != 2*(batchFrom-1) {
		t.Fatalf("%d batches and %d rows, want 2 and those that are too few for a batch", batches, single)
	}
	if _, err := s.db.Exec(`UPDATE journal_batch SET doc = '[{"colour":"red"}]' WHERE seq = (SELECT MAX(seq) FROM journal_batch)`); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Prune(t.Context(), at); !isRowError(err) {
		t.Fatalf("Prune of a batch that a newer version wrote = %v, want a *RowError", err)
	}
	if _, err := s.Journal(t.Context(), JournalQuery{}); !isRowError(err) {
		t.Fatalf("Journal with a batch that a newer version wrote = %v, want a *RowError", err)
	}
	if batches, single := rows("journal_batch"), rows("journal"); batches != 1 || single != batchMost+2*(batchFrom-1) {
		t.Fatalf("%d batches and %d rows, want the batch before it unpacked", batches, single)
	}
	if _, err := s.db.Exec(`DELETE FROM journal_batch`); err != nil {
		t.Fatal(err)
	}
	if n, err := s.Prune(t.Context(), at.Add(time.Second)); err != nil || n != batchMost+2*(batchFrom-1)-1 {
		t.Errorf("Prune = %d, %v; want all but the newest", n, err)
	}
}

func isRowError(err error) bool {
	_, ok := errors.AsType[*RowError](err)
	return ok
}

// TestBatchKeepsEntries holds that what is written by hand is read as it was.
func TestBatchKeepsEntries(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var want []Entry
		doc := []byte{'['}
		for i := range rapid.IntRange(1, 20).Draw(t, "entries") {
			e := Entry{
				Seq: int64(i + 1), At: time.UnixMicro(rapid.Int64().Draw(t, "at")).UTC(), Interaction: vcc.InteractionID(rapid.String().Draw(t, "interaction")),
				What: rapid.String().Draw(t, "what"), Offer: rapid.Int().Draw(t, "offer"), Agent: vcc.AgentID(rapid.String().Draw(t, "agent")), Why: rapid.String().Draw(t, "why"),
			}
			doc = append(appendEntry(doc, &e), ',')
			e.Interaction, e.What, e.Agent, e.Why = vcc.InteractionID(legible(string(e.Interaction))), legible(e.What), vcc.AgentID(legible(string(e.Agent))), legible(e.Why)
			want = append(want, e)
		}
		doc[len(doc)-1] = ']'
		got, err := unbatch(int64(len(want)), doc)
		if err != nil {
			t.Fatalf("%s: %v", doc, err)
		}
		for i := range want {
			if got[i] != want[i] {
				t.Fatalf("%s: entry %d is %+v, want %+v", doc, i, got[i], want[i])
			}
		}
	})
}

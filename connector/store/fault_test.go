package store

import (
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"omnibridge/omnichannel"
	"omnibridge/vcc"
)

// opened returns a store with one chain in a new file.
func opened(t *testing.T) *Store {
	t.Helper()
	s, err := Open(t.Context(), Options{Path: filepath.Join(t.TempDir(), "store.db")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	if err := s.Commit(t.Context(), Change{
		Chains:       []omnichannel.Chain{{Interaction: "a", State: omnichannel.Announced}},
		Interactions: []vcc.Interaction{{ID: "a", State: vcc.Waiting}},
	}); err != nil {
		t.Fatal(err)
	}
	return s
}

// closed is opened, with the store closed again.
func closed(t *testing.T) (path string) {
	t.Helper()
	s := opened(t)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	return s.Path()
}

// tamper runs SQL on a closed store, as another program would.
func tamper(t *testing.T, path, text string) {
	t.Helper()
	db, err := sql.Open("sqlite", dsn(path, nil))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.ExecContext(t.Context(), text); err != nil {
		t.Fatal(err)
	}
}

// TestStartReadsNoJournal holds that a start takes as long however much the journal holds:
// it reads none of it, and so goes well where none can be read.
func TestStartReadsNoJournal(t *testing.T) {
	s := opened(t)
	if err := s.Commit(t.Context(), Change{Journal: make([]Entry, 3*batchFrom)}); err != nil {
		t.Fatal(err)
	}
	if err := s.Commit(t.Context(), Change{Journal: make([]Entry, 1)}); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	tamper(t, s.Path(), `UPDATE journal SET at = 'never'; UPDATE journal_batch SET doc = 'nothing'`)
	s, err := Open(t.Context(), Options{Path: s.Path()})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if snap, err := s.Load(t.Context()); err != nil || len(snap.Chains) != 1 {
		t.Errorf("read %d chains, %v", len(snap.Chains), err)
	}
	if err := s.Commit(t.Context(), Change{Journal: make([]Entry, 1)}); err != nil {
		t.Errorf("the first commit reads the journal: %v", err)
	}
	if _, err := s.Journal(t.Context(), JournalQuery{}); err == nil {
		t.Error("the journal can be read, so that this shows nothing")
	}
}

// wantFile checks that err is a *FileError that names path and says what we want.
func wantFile(t *testing.T, err error, path, problem string) {
	t.Helper()
	e, ok := errors.AsType[*FileError](err)
	if !ok {
		t.Fatalf("got %v, want a *FileError", err)
	}
	if e.Path != path || !strings.Contains(e.Problem, problem) || e.Fix == "" || !strings.Contains(err.Error(), path) {
		t.Errorf("got %+v, want path %s and problem %q", e, path, problem)
	}
}

func openError(t *testing.T, path string) error {
	t.Helper()
	s, err := Open(t.Context(), Options{Path: path})
	if err == nil {
		s.Close()
		t.Fatalf("%s was opened", path)
	}
	return err
}

func TestPathThatCannotBe(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, []byte("text that is no database, and long enough to have a header of a hundred bytes, which is what SQLite looks at first"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ path, problem string }{
		{filepath.Join(dir, "none", "store.db"), "directory does not exist"},
		{dir, "is a directory"},
		{filepath.Join(file, "store.db"), "cannot be opened"},
		{file, "is not a database"},
	} {
		wantFile(t, openError(t, tt.path), tt.path, tt.problem)
	}
	if _, err := os.Stat(dir + ".lock"); err == nil {
		t.Error("a lock was left beside the directory")
	}
	if left, err := os.ReadFile(file); err != nil || !strings.HasPrefix(string(left), "text") {
		t.Errorf("the file that is no database was changed: %q, %v", left, err)
	}
}

func TestPathIsTakenLiterally(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"a b.db", "what?mode=memory", "50%41.db", "#1.db", "ü&ß=.db"} {
		path := filepath.Join(dir, name)
		s, err := Open(t.Context(), Options{Path: path})
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if err := s.Check(t.Context()); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if err := s.Close(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		info, err := os.Stat(path)
		if err != nil || info.Size() == 0 {
			t.Errorf("%s: nothing is in it: %v", name, err)
		} else if info.Mode().Perm() != 0o600 {
			t.Errorf("%s: others may read it: %v", name, info.Mode())
		}
		if _, err := os.Stat(path + "-wal"); err == nil {
			t.Errorf("%s: Close left a log beside it", name)
		}
	}
}

func TestDamagedFile(t *testing.T) {
	t.Run("header", func(t *testing.T) {
		path := closed(t)
		overwrite(t, path, 0, 100)
		wantFile(t, openError(t, path), path, "is not a database")
	})
	t.Run("pages", func(t *testing.T) {
		path := closed(t)
		overwrite(t, path, 4096, 0) // all but the first page
		s, err := Open(t.Context(), Options{Path: path})
		if err == nil {
			defer s.Close()
			_, err = s.Load(t.Context())
		}
		wantFile(t, err, path, "is damaged")
	})
	t.Run("cut off", func(t *testing.T) {
		path := closed(t)
		if err := os.Truncate(path, 8192); err != nil {
			t.Fatal(err)
		}
		s, err := Open(t.Context(), Options{Path: path})
		if err == nil {
			defer s.Close()
			_, err = s.Load(t.Context())
		}
		wantFile(t, err, path, "is damaged")
	})
}

// overwrite puts garbage into a file from an offset on; with no size, to its end.
func overwrite(t *testing.T, path string, from, size int) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	end := len(b)
	if size > 0 {
		end = from + size
	}
	for i := from; i < end; i++ {
		b[i] = 0xA5
	}
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestForeignDatabase(t *testing.T) {
	path := filepath.Join(t.TempDir(), "other.db")
	tamper(t, path, `CREATE TABLE songs (title TEXT)`)
	wantFile(t, openError(t, path), path, "another program")
	tamper(t, path, `INSERT INTO songs VALUES ('still mine')`)
	path = closed(t)
	tamper(t, path, `PRAGMA application_id = 12345`)
	wantFile(t, openError(t, path), path, "another program")
}

func TestNewerVersion(t *testing.T) {
	t.Run("schema", func(t *testing.T) {
		path := closed(t)
		tamper(t, path, `INSERT INTO goose_db_version (version_id, is_applied) VALUES (999, 1)`)
		wantFile(t, openError(t, path), path, "version 999")
	})
	for _, tt := range []struct{ name, text, why string }{
		{"field", `UPDATE chain SET doc = '{"interaction":"a","fromTheFuture":1}'`, "fromTheFuture"},
		{"type", `UPDATE chain SET doc = '{"interaction":1}'`, "cannot unmarshal"},
		{"no JSON", `UPDATE chain SET doc = 'interaction'`, "invalid character"},
		{"more", `UPDATE chain SET doc = doc || '{}'`, "after the end"},
		{"empty", `UPDATE chain SET doc = ''`, "EOF"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			path := closed(t)
			tamper(t, path, tt.text)
			s, err := Open(t.Context(), Options{Path: path})
			if err != nil {
				t.Fatal(err)
			}
			defer s.Close()
			_, err = s.Load(t.Context())
			e, ok := errors.AsType[*RowError](err)
			if !ok || e.Table != "chain" || e.Key != "a" || !strings.Contains(err.Error(), tt.why) || !strings.Contains(err.Error(), path) {
				t.Errorf("Load: %v; want the chain, the file and %q", err, tt.why)
			}
		})
	}
}

// TestReadsFirstVersion reads rows as the first version wrote them, each with
// every field it had. If a field of a stored type was renamed or removed, this
// fails: write a migration that changes the stored rows, and leave the file as
// it is.
func TestReadsFirstVersion(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("testdata", "version1.sql"))
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "store.db")
	s, err := Open(t.Context(), Options{Path: path})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	tamper(t, path, string(text))
	if s, err = Open(t.Context(), Options{Path: path}); err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	snap, err := s.Load(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if len(snap.Chains) != 1 || len(snap.Interactions) != 1 || len(snap.Agents) != 1 || len(snap.Effects) != 1 || len(snap.Cursors) != 1 {
		t.Errorf("read %+v", snap)
	}
}

// TestVerify takes away what SQLite was asked for: Open would notice.
func TestVerify(t *testing.T) {
	for _, pragma := range []string{"synchronous = NORMAL", "synchronous = OFF", "journal_mode = DELETE", "foreign_keys = OFF"} {
		s := opened(t)
		if err := s.verify(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := s.reads.Close(); err != nil { // a reader would keep the journal mode
			t.Fatal(err)
		}
		if _, err := s.db.Exec("PRAGMA " + pragma); err != nil {
			t.Fatal(err)
		}
		name, _, _ := strings.Cut(pragma, " ")
		wantFile(t, s.verify(t.Context()), s.Path(), "SQLite set "+name)
	}
}

func TestDiskFull(t *testing.T) {
	s := opened(t)
	limit := func(pages int) {
		if _, err := s.db.Exec(fmt.Sprintf("PRAGMA max_page_count = %d", pages)); err != nil {
			t.Fatal(err)
		}
	}
	limit(100)
	var err error
	n := 0
	for ; err == nil && n < 1000; n++ {
		err = s.Commit(t.Context(), Change{
			Journal: []Entry{{What: "x", Why: strings.Repeat("long ", 2000)}},
			Cursors: []omnichannel.Cursor{{Channel: "c", Replay: int64(n)}},
		})
	}
	wantFile(t, err, s.Path(), "disk is full")
	stored := int64(n - 2)
	if replay, _, err := s.Cursor(t.Context(), "c"); replay != stored || err != nil {
		t.Errorf("cursor is at %d, %v; want %d, which was the last that fitted", replay, err, stored)
	}
	limit(10_000)
	if err := s.Check(t.Context()); err != nil {
		t.Errorf("with room again: %v", err)
	}
}

func TestCheckNotices(t *testing.T) {
	s := opened(t)
	if _, err := s.db.Exec("PRAGMA query_only = 1"); err != nil {
		t.Fatal(err)
	}
	wantFile(t, s.Check(t.Context()), s.Path(), "may not be written")
	if _, err := s.Load(t.Context()); err != nil {
		t.Errorf("reading goes on: %v", err)
	}
}

// TestLegsAreRows: what the constraints look at is what the interaction says.
func TestLegsAreRows(t *testing.T) {
	s := opened(t)
	count := func() (n int) {
		if err := s.db.QueryRow(`SELECT COUNT(*) FROM leg`).Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	x := vcc.Interaction{ID: "a", State: vcc.Connected, Offers: 2, Legs: []vcc.Leg{
		{Offer: 1, Agent: "x", State: vcc.WrapUp, Size: 33}, {Offer: 2, Agent: "y", State: vcc.Connected, Size: 33}}}
	for _, legs := range [][]vcc.Leg{x.Legs, x.Legs[1:], nil, x.Legs} {
		x.Legs = legs
		if err := s.Commit(t.Context(), Change{Interactions: []vcc.Interaction{x}}); err != nil {
			t.Fatal(err)
		}
		if count() != len(legs) {
			t.Errorf("%d rows for %d legs", count(), len(legs))
		}
	}
	if err := s.Commit(t.Context(), Change{ForgetInteractions: []vcc.InteractionID{"a"}}); err != nil {
		t.Fatal(err)
	}
	if count() != 0 {
		t.Errorf("%d legs of no interaction", count())
	}
}

// TestRulesAreNamed: every constraint of the schema has a rule, so that no
// violation comes back as Unlisted.
func TestRulesAreNamed(t *testing.T) {
	text, err := migrations.ReadFile("migrations/00001_first.sql")
	if err != nil {
		t.Fatal(err)
	}
	inSchema := map[string]bool{}
	words := strings.Fields(string(text))
	for i, w := range words {
		if w == "CONSTRAINT" || w == "INDEX" && words[i-1] == "UNIQUE" {
			inSchema[words[i+1]] = true
		}
	}
	delete(inSchema, "leg_of")       // legs are stored after their interaction
	delete(inSchema, "outbox_order") // the statement takes the next number
	for name := range inSchema {
		if _, ok := rules[name]; !ok {
			t.Errorf("constraint %s has no rule", name)
		}
	}
	for name := range rules {
		if !inSchema[name] {
			t.Errorf("rule of %s, which the schema does not have", name)
		}
	}
}

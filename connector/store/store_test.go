package store_test

import (
	"os"
	"path/filepath"
	"testing"

	"omnibridge/connector/store"
	"omnibridge/connector/store/storetest"
)

func open(t testing.TB, path string) *store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), store.Options{Path: path})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func TestSQLiteFile(t *testing.T) {
	// Made once and copied: to create a schema costs many times what it costs to
	// open one, and the suite needs a hundred new stores.
	first := open(t, filepath.Join(t.TempDir(), "store.db"))
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	empty, err := os.ReadFile(first.Path())
	if err != nil {
		t.Fatal(err)
	}
	storetest.Run(t, storetest.Backend{
		Fresh: func(t testing.TB) *store.Store {
			path := filepath.Join(t.TempDir(), "store.db")
			if err := os.WriteFile(path, empty, 0o600); err != nil {
				t.Fatal(err)
			}
			return open(t, path)
		},
		Again: func(t testing.TB, s *store.Store) *store.Store {
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			return open(t, s.Path())
		},
	})
}

func TestSQLiteMemory(t *testing.T) {
	storetest.Run(t, storetest.Backend{
		Fresh: func(t testing.TB) *store.Store { return open(t, "") },
		Again: func(_ testing.TB, s *store.Store) *store.Store { return s },
	})
}

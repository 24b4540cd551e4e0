package store_test

import (
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
	storetest.Run(t, storetest.Backend{
		Fresh: func(t testing.TB) *store.Store { return open(t, filepath.Join(t.TempDir(), "store.db")) },
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

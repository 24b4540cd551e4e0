package storetest

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// testKept holds that documents are kept by kind and name, over a restart too, and
// are nobody else's business.
func testKept(t *testing.T, b Backend) {
	s := b.Fresh(t)
	keep := func(kind, name, doc string) {
		t.Helper()
		if err := s.Keep(t.Context(), kind, name, []byte(doc)); err != nil {
			t.Fatal(err)
		}
	}
	keep("session", "a", `{"v":1}`)
	keep("session", "a", `{"v":2}`)
	keep("session", "b", "ü")
	keep("provider", "a", "other")
	if err := s.Discard(t.Context(), "session", "b", "never there"); err != nil {
		t.Fatal(err)
	}
	s = b.Again(t, s)
	for kind, want := range map[string]map[string][]byte{
		"session": {"a": []byte(`{"v":2}`)}, "provider": {"a": []byte("other")}, "none": {},
	} {
		got, err := s.Kept(t.Context(), kind)
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("kept of kind %s: %v (-want +got)\n%s", kind, err, diff)
		}
	}
	for _, bad := range [][3]string{{"", "a", ""}, {"a", "", ""}, {"a", "a\x00", ""}, {"a", "a", "\xff"}} {
		if err := s.Keep(t.Context(), bad[0], bad[1], []byte(bad[2])); err == nil {
			t.Errorf("%q was kept", bad)
		}
	}
}

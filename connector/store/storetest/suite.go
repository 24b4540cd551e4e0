// Package storetest holds what every database behind a store.Store has to do: one
// suite, run by the tests of each database. It goes through the exported methods
// only, so that it says the same of all of them.
//
// It does not test what differs by nature: files, locks, the loss of power.
package storetest

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"omnibridge/connector/store"
	"omnibridge/vcc"
)

// Backend opens stores of one database.
type Backend struct {
	// Fresh returns a new, empty store, which is closed at the end of t at the
	// latest.
	Fresh func(t testing.TB) *store.Store
	// Again closes s and opens what it held once more. A database that forgets
	// returns s as it is.
	Again func(t testing.TB, s *store.Store) *store.Store
}

// Run runs the suite.
func Run(t *testing.T, b Backend) {
	for name, test := range map[string]func(*testing.T, Backend){
		"empty":               testEmpty,
		"round trip":          testRoundTrip,
		"every state":         testEveryState,
		"replace":             testReplace,
		"forget":              testForget,
		"outbox":              testOutbox,
		"cursor":              testCursor,
		"last row counts":     testLastRow,
		"journal":             testJournal,
		"journal words":       testJournalWords,
		"journal in batches":  testJournalBatches,
		"prune":               testPrune,
		"prune in batches":    testPruneBatches,
		"constraints":         testConstraints,
		"PSR changes hands":   testPSRChangesHands,
		"ended at any moment": testEnded,
		"org":                 testOrg,
		"check":               testCheck,
		"kept":                testKept,
		"day":                 testDay,
		"several at once":     testConcurrent,
		"large change":        testLarge,
		"model":               testModel,
	} {
		t.Run(name, func(t *testing.T) { test(t, b) })
	}
}

// state is all that a store holds.
type state struct {
	Snapshot store.Snapshot
	Journal  []store.Entry
}

func stateOf(t testing.TB, s *store.Store) state {
	t.Helper()
	snap, err := s.Load(t.Context())
	if err != nil {
		t.Fatalf("Load: %v", err)
	}
	return state{snap, journal(t, s, store.JournalQuery{})}
}

// journal reads all entries that q asks for, page by page.
func journal(t testing.TB, s *store.Store, q store.JournalQuery) []store.Entry {
	t.Helper()
	var all []store.Entry
	for {
		page, err := s.Journal(t.Context(), q)
		if err != nil {
			t.Fatalf("Journal: %v", err)
		}
		if len(page) == 0 {
			return all
		}
		all = append(all, page...)
		q.AfterSeq = page[len(page)-1].Seq
	}
}

// diff compares what a store holds with what it should; numbers of the journal
// are the store's business.
func diff(want, got any) string {
	return cmp.Diff(want, got, cmpopts.EquateEmpty(), cmpopts.IgnoreFields(store.Entry{}, "Seq"), cmpopts.IgnoreFields(vcc.Agent{}, "Load", "Panel"))
}

func commit(t testing.TB, s *store.Store, c store.Change) {
	t.Helper()
	if err := s.Commit(t.Context(), c); err != nil {
		t.Fatalf("Commit: %v", err)
	}
}

func testEmpty(t *testing.T, b Backend) {
	s := b.Fresh(t)
	if d := diff(state{}, stateOf(t, s)); d != "" {
		t.Errorf("a new store holds something (-want +got):\n%s", d)
	}
	if _, ok, err := s.Cursor(t.Context(), "/topic/none"); ok || err != nil {
		t.Errorf("Cursor = %v, %v", ok, err)
	}
	if n, err := s.Prune(t.Context(), noon); n != 0 || err != nil {
		t.Errorf("Prune = %d, %v", n, err)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.Commit(ended, store.Change{}); err != nil {
		t.Errorf("a change of nothing needs no time, and got %v", err)
	}
}

func testOrg(t *testing.T, b Backend) {
	const long, short, other = "00D5g00000AbCdEEAV", "00D5g00000AbCdE", "00D5g00000XyZzZEAV"
	s := b.Fresh(t)
	if err := s.BindOrg(t.Context(), ""); err == nil {
		t.Error("bound to no org")
	}
	for _, id := range []string{long, short, long} {
		if err := s.BindOrg(t.Context(), id); err != nil {
			t.Fatalf("BindOrg(%s): %v", id, err)
		}
		s = b.Again(t, s)
	}
	var refused *store.OrgError
	if err := s.BindOrg(t.Context(), other); !asError(err, &refused) {
		t.Fatalf("BindOrg of another org: %v", err)
	} else if refused.Want != other || refused.Have == "" || refused.Path != s.Path() {
		t.Errorf("refused with %+v", refused)
	}
	if err := s.BindOrg(t.Context(), short); err != nil {
		t.Errorf("the refusal unbound the store: %v", err)
	}
}

func testCheck(t *testing.T, b Backend) {
	s := b.Fresh(t)
	for range 2 {
		if err := s.Check(t.Context()); err != nil {
			t.Fatalf("Check: %v", err)
		}
	}
	if d := diff(state{}, stateOf(t, s)); d != "" {
		t.Errorf("Check left something (-want +got):\n%s", d)
	}
}

func testCursor(t *testing.T, b Backend) {
	s := b.Fresh(t)
	psr, work := Cursor("/topic/PSR", 41), Cursor("/topic/Work", 7)
	commit(t, s, store.Change{Cursors: cursors(psr, work)})
	// It may go back: an org that was moved counts anew, and an event that is
	// seen twice does no harm.
	commit(t, s, store.Change{Cursors: cursors(Cursor("/topic/PSR", 40))})
	s = b.Again(t, s)
	for channel, want := range map[string]int64{"/topic/PSR": 40, "/topic/Work": 7} {
		if got, ok, err := s.Cursor(t.Context(), channel); got != want || !ok || err != nil {
			t.Errorf("Cursor(%s) = %d, %v, %v; want %d", channel, got, ok, err, want)
		}
	}
}

func testJournal(t *testing.T, b Backend) {
	s := b.Fresh(t)
	var want []store.Entry
	for n := range int64(250) {
		e := Entry([]vcc.InteractionID{"a", "b", ""}[n%3], n)
		e.Seq = 5 // ignored
		want = append(want, e)
	}
	commit(t, s, store.Change{Journal: want[:200]})
	s = b.Again(t, s)
	commit(t, s, store.Change{Journal: want[200:]})

	all := journal(t, s, store.JournalQuery{})
	if d := diff(want, all); d != "" {
		t.Fatalf("journal (-want +got):\n%s", d)
	}
	if !slices.IsSortedFunc(all, func(x, y store.Entry) int { return int(x.Seq - y.Seq) }) || all[0].Seq < 1 {
		t.Error("numbers do not grow")
	}
	if len(slices.CompactFunc(slices.Clone(all), func(x, y store.Entry) bool { return x.Seq == y.Seq })) != len(all) {
		t.Error("numbers repeat")
	}
	for _, tt := range []struct {
		q           store.JournalQuery
		first, size int
	}{
		{store.JournalQuery{}, 0, 100},
		{store.JournalQuery{Limit: 3}, 0, 3},
		{store.JournalQuery{Limit: 5000}, 0, 250},
		{store.JournalQuery{AfterSeq: all[199].Seq}, 200, 50},
		{store.JournalQuery{Interaction: "b", Limit: 2}, 1, 2},
		{store.JournalQuery{Interaction: "b", AfterSeq: all[1].Seq}, 4, 82},
		{store.JournalQuery{Interaction: "unknown"}, 0, 0},
	} {
		got, err := s.Journal(t.Context(), tt.q)
		if err != nil || len(got) != tt.size {
			t.Errorf("%+v: %d entries, %v; want %d", tt.q, len(got), err, tt.size)
		} else if tt.size > 0 && got[0].Seq != all[tt.first].Seq {
			t.Errorf("%+v starts with entry %d, want %d", tt.q, got[0].Seq, all[tt.first].Seq)
		}
	}
}

// testJournalWords: words of other systems end up in the journal and must not
// stop the loop.
func testJournalWords(t *testing.T, b Backend) {
	s := b.Fresh(t)
	for in, want := range map[string]string{
		"Grüße, “Ada”'; --":        "Grüße, “Ada”'; --",
		"nul \x00 and \xff broken": "nul \uFFFD and \uFFFD broken",
		"":                         "",
	} {
		commit(t, s, store.Change{Journal: []store.Entry{{At: noon, Interaction: "a", Why: in}}})
		all := journal(t, s, store.JournalQuery{})
		if got := all[len(all)-1].Why; got != want {
			t.Errorf("%q is kept as %q", in, got)
		}
	}
	local := noon.In(time.FixedZone("", 7200)).Add(999) // nanoseconds are cut off
	commit(t, s, store.Change{Journal: []store.Entry{{At: local}, {}}})
	all := journal(t, s, store.JournalQuery{})
	if got := all[len(all)-2].At; got != noon {
		t.Errorf("%v is kept as %v", local, got)
	}
	if got := all[len(all)-1].At; !got.IsZero() {
		t.Errorf("no time is kept as %v", got)
	}
}

// testJournalBatches: however many entries a change brings, they are read one by
// one, in order, by number and by interaction, before pruning and after it.
func testJournalBatches(t *testing.T, b Backend) {
	s := b.Fresh(t)
	ids := []vcc.InteractionID{"a", "aa", `odd"id\`, "größe", "", "%"}
	var want []store.Entry
	for _, size := range []int{1, 40, 3, 15, 16, 17, 1203, 2, 100} {
		var c store.Change
		for range size {
			e := Entry(ids[len(want)%len(ids)], int64(len(want)))
			e.Offer, e.Agent = len(want)%3, []vcc.AgentID{"", "0051", "<&>"}[len(want)%3]
			e.Why = []string{"", "tab\tand \"quotes\"", "nul \x00", "line\u2028end"}[len(want)%4]
			c.Journal, want = append(c.Journal, e), append(want, e)
		}
		commit(t, s, c)
	}
	for i := range want {
		want[i].Why = strings.ReplaceAll(want[i].Why, "\x00", "\uFFFD")
	}
	check := func(when string) {
		t.Helper()
		all := journal(t, s, store.JournalQuery{})
		if d := diff(want, all); d != "" {
			t.Fatalf("%s (-want +got):\n%s", when, d)
		}
		for i := 1; i < len(all); i++ {
			if all[i].Seq != all[i-1].Seq+1 {
				t.Fatalf("%s: entry %d comes after %d", when, all[i].Seq, all[i-1].Seq)
			}
		}
		for _, id := range append(ids[:4:4], "%") {
			var of []store.Entry
			for _, e := range want {
				if e.Interaction == id {
					of = append(of, e)
				}
			}
			for _, limit := range []int{7, 100, 1000} {
				if d := diff(of, journal(t, s, store.JournalQuery{Interaction: id, Limit: limit})); d != "" {
					t.Errorf("%s, of %q by %d (-want +got):\n%s", when, id, limit, d)
				}
			}
		}
		for _, after := range []int{0, 1, 20, 41, 60, 300, 700, len(want) - 1, len(want)} {
			var seq int64
			if after > 0 {
				seq = all[after-1].Seq
			}
			if d := diff(want[after:], journal(t, s, store.JournalQuery{AfterSeq: seq, Limit: 333})); d != "" {
				t.Errorf("%s, after %d (-want +got):\n%s", when, after, d)
			}
		}
	}
	check("as written")
	s = b.Again(t, s)
	if n, err := s.Prune(t.Context(), noon); n != 0 || err != nil {
		t.Fatalf("Prune = %d, %v", n, err)
	}
	check("after pruning nothing")
	commit(t, s, store.Change{Journal: want[:30]}) // numbers go on
	want = append(want, want[:30]...)
	check("later")
}

func testPrune(t *testing.T, b Backend) {
	s := b.Fresh(t)
	var entries []store.Entry
	for n := range int64(10) {
		entries = append(entries, Entry("a", n))
	}
	entries[2].At = noon.Add(time.Hour) // the clock was wrong for a moment
	commit(t, s, store.Change{Journal: entries})
	prune := func(before time.Time, want int) {
		t.Helper()
		if n, err := s.Prune(t.Context(), before); n != want || err != nil {
			t.Errorf("Prune(%v) = %d, %v; want %d", before, n, err, want)
		}
	}
	prune(noon, 0)
	prune(noon.Add(time.Second), 1)
	prune(noon.Add(5*time.Second), 1) // up to the first that is not older
	last := journal(t, s, store.JournalQuery{})[7]
	prune(noon.Add(2*time.Hour), 7)
	if d := diff(entries[9:], journal(t, s, store.JournalQuery{})); d != "" {
		t.Errorf("after pruning all (-want +got):\n%s", d)
	}
	s = b.Again(t, s)
	commit(t, s, store.Change{Journal: entries[:1]})
	all := journal(t, s, store.JournalQuery{})
	if got := all[len(all)-1].Seq; got <= last.Seq {
		t.Errorf("number %d was used again: a reader that has seen %d would miss it", got, last.Seq)
	}
}

// testPruneBatches prunes more than goes into one transaction.
func testPruneBatches(t *testing.T, b Backend) {
	s := b.Fresh(t)
	const n = 5001
	entries := make([]store.Entry, n)
	for i := range entries {
		entries[i] = store.Entry{At: noon.Add(time.Duration(i) * time.Second), What: "x"}
	}
	commit(t, s, store.Change{Journal: entries})
	if got, err := s.Prune(t.Context(), entries[n-10].At); got != n-10 || err != nil {
		t.Errorf("Prune = %d, %v; want %d", got, err, n-10)
	}
	if d := diff(entries[n-10:], journal(t, s, store.JournalQuery{})); d != "" {
		t.Errorf("what is left (-want +got):\n%s", d)
	}
}

package store_test

import (
	"context"
	"fmt"
	"path/filepath"
	"testing"

	"omnibridge/connector/store"
	"omnibridge/connector/store/storetest"
	"omnibridge/vcc"
)

// BenchmarkCommit is what one turn of the loop pays: "changes" interactions,
// each with its chain, its leg, an effect, the cursor and a journal entry.
func BenchmarkCommit(b *testing.B) {
	for _, changes := range []int{1, 50} {
		b.Run(fmt.Sprintf("changes=%d", changes), func(b *testing.B) {
			s, err := store.Open(b.Context(), store.Options{Path: filepath.Join(b.TempDir(), "store.db")})
			if err != nil {
				b.Fatal(err)
			}
			defer s.Close()
			ctx, cancel := context.WithCancel(b.Context()) // as in the program, where it can end
			defer cancel()
			n := 0
			for b.Loop() {
				var c store.Change
				for range changes {
					add(&c, n)
					n++
				}
				if err := s.Commit(ctx, c); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// add puts the n-th turn of a busy day into c: a thousand interactions that are
// stored again and again, and effects that come and go.
func add(c *store.Change, n int) {
	id := vcc.InteractionID(fmt.Sprintf("i%04d", n%1000))
	turn := storetest.Turn(id, int64(n+1))
	c.Chains = append(c.Chains, turn.Chains...)
	c.Interactions = append(c.Interactions, turn.Interactions...)
	c.Effects = append(c.Effects, turn.Effects...)
	c.Done = append(c.Done, fmt.Sprintf("%s/%d", vcc.InteractionID(fmt.Sprintf("i%04d", (n+500)%1000)), n-500+1))
	c.Cursors = turn.Cursors
	c.Journal = append(c.Journal, turn.Journal...)
}

// BenchmarkLoad is what a restart in the middle of a very busy day pays.
func BenchmarkLoad(b *testing.B) {
	s, err := store.Open(b.Context(), store.Options{Path: filepath.Join(b.TempDir(), "store.db")})
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	const chains = 10_000
	var c store.Change
	for n := range chains {
		turn := storetest.Turn(vcc.InteractionID(fmt.Sprintf("i%05d", n)), int64(n+1))
		c.Chains = append(c.Chains, turn.Chains...)
		c.Interactions = append(c.Interactions, turn.Interactions...)
	}
	if err := s.Commit(b.Context(), c); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		snap, err := s.Load(b.Context())
		if err != nil || len(snap.Chains) != chains {
			b.Fatalf("%d chains, %v", len(snap.Chains), err)
		}
	}
}

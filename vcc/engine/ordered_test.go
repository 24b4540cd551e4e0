package engine

import (
	"cmp"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// TestOrdered compares the set with a sorted slice.
func TestOrdered(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		o := ordered[int]{cmp: cmp.Compare[int]}
		var want []int
		value := rapid.IntRange(0, 600)
		check := func() {
			if got := slices.Collect(o.all()); !slices.Equal(got, want) {
				t.Fatalf("holds %v, want %v", got, want)
			}
			for _, b := range o.blocks {
				if len(b) == 0 || len(b) > blockSize {
					t.Fatalf("a block of %d", len(b))
				}
			}
			first, ok := o.first()
			if o.size != len(want) || ok != (len(want) > 0) || ok && first != want[0] {
				t.Fatalf("size %d, first %d %v of %v", o.size, first, ok, want)
			}
		}
		// Runs of values fill and empty blocks.
		t.Repeat(map[string]func(*rapid.T){
			"insert": func(t *rapid.T) {
				from := value.Draw(t, "from")
				for v := from; v < from+rapid.IntRange(1, 200).Draw(t, "n"); v++ {
					o.insert(v)
					if at, found := slices.BinarySearch(want, v); !found {
						want = slices.Insert(want, at, v)
					}
				}
			},
			"remove": func(t *rapid.T) {
				from, by := value.Draw(t, "from"), rapid.IntRange(1, 3).Draw(t, "by")
				for v := from; v < from+rapid.IntRange(1, 300).Draw(t, "n"); v += by {
					o.remove(v)
					want = slices.DeleteFunc(want, func(w int) bool { return w == v })
				}
			},
			"after": func(t *rapid.T) {
				v := value.Draw(t, "v")
				got, ok := o.after(v)
				at, found := slices.BinarySearch(want, v)
				if found {
					at++
				}
				if ok != (at < len(want)) || ok && got != want[at] {
					t.Fatalf("after %d comes %d %v in %v", v, got, ok, want)
				}
			},
			"": func(*rapid.T) { check() },
		})
	})
}

// TestOrderedThinsOut holds that a set that empties evenly joins its blocks, and
// stays in order.
func TestOrderedThinsOut(t *testing.T) {
	o := ordered[int]{cmp: cmp.Compare[int]}
	for v := range 10_000 {
		o.insert(v)
	}
	var want []int
	for v := range 10_000 {
		if v%50 == 0 {
			want = append(want, v)
		} else {
			o.remove(v)
		}
	}
	if got := slices.Collect(o.all()); !slices.Equal(got, want) {
		t.Errorf("holds %v, want %v", got, want)
	}
	if len(o.blocks) > 10 {
		t.Errorf("%d values in %d blocks", o.size, len(o.blocks))
	}
}

package engine

import (
	"iter"
	"slices"
	"sort"
)

// blockSize bounds the elements of one block of an ordered set: small enough
// that moving half a block is cheap, large enough that 100,000 elements make
// only some thousand blocks.
const blockSize = 128

// ordered is a set in the order of cmp, kept as a list of sorted blocks. To
// insert or remove searches twice (for the block, then in it) and moves at most
// one block; the first element is found at once. What an element's order depends
// on must not change while it is in the set.
type ordered[T any] struct {
	cmp    func(a, b T) int
	blocks [][]T // none is empty
	size   int
	spare  []T // the last block of a set that was emptied: most are filled again at once
}

// block returns the index of the first block whose last element is not before v;
// len(o.blocks) if there is none.
func (o *ordered[T]) block(v T) int {
	return sort.Search(len(o.blocks), func(i int) bool {
		b := o.blocks[i]
		return o.cmp(b[len(b)-1], v) >= 0
	})
}

func (o *ordered[T]) insert(v T) {
	if len(o.blocks) == 0 {
		if o.spare == nil {
			o.spare = make([]T, 0, blockSize/4)
		}
		o.blocks = append(o.blocks, append(o.spare, v))
		o.size, o.spare = 1, nil
		return
	}
	i := min(o.block(v), len(o.blocks)-1)
	at, found := slices.BinarySearchFunc(o.blocks[i], v, o.cmp)
	if found {
		return
	}
	b := slices.Insert(o.blocks[i], at, v)
	if len(b) > blockSize {
		half := len(b) / 2
		right := append(make([]T, 0, blockSize+1), b[half:]...)
		clear(b[half:])
		b = b[:half]
		o.blocks = slices.Insert(o.blocks, i+1, right)
	}
	o.blocks[i] = b
	o.size++
}

func (o *ordered[T]) remove(v T) {
	i := o.block(v)
	if i == len(o.blocks) {
		return
	}
	at, found := slices.BinarySearchFunc(o.blocks[i], v, o.cmp)
	if !found {
		return
	}
	b := slices.Delete(o.blocks[i], at, at+1)
	o.blocks[i] = b
	o.size--
	if len(b) == 0 {
		if o.size == 0 {
			o.spare = b
		}
		o.blocks = slices.Delete(o.blocks, i, i+1)
		return
	}
	o.join(i)
	o.join(i - 1)
}

// join makes one of block i and the next if both together are small, to keep the
// list short while the set empties.
func (o *ordered[T]) join(i int) {
	if i < 0 || i+1 >= len(o.blocks) || len(o.blocks[i])+len(o.blocks[i+1]) > blockSize/2 {
		return
	}
	o.blocks[i] = append(o.blocks[i], o.blocks[i+1]...)
	o.blocks = slices.Delete(o.blocks, i+1, i+2)
}

// first returns the first element; ok is false if the set is empty.
func (o *ordered[T]) first() (v T, ok bool) {
	if len(o.blocks) == 0 {
		return v, false
	}
	return o.blocks[0][0], true
}

// before returns the last element in front of v, which need not be in the set.
func (o *ordered[T]) before(v T) (last T, ok bool) {
	i, at := o.block(v), 0
	if i < len(o.blocks) {
		at, _ = slices.BinarySearchFunc(o.blocks[i], v, o.cmp)
	}
	if at == 0 {
		if i--; i < 0 {
			return last, false
		}
		at = len(o.blocks[i])
	}
	return o.blocks[i][at-1], true
}

// after returns the first element behind v, which need not be in the set.
func (o *ordered[T]) after(v T) (next T, ok bool) {
	i := o.block(v)
	if i == len(o.blocks) {
		return next, false
	}
	at, found := slices.BinarySearchFunc(o.blocks[i], v, o.cmp)
	if found {
		at++
	}
	if at == len(o.blocks[i]) {
		if i++; i == len(o.blocks) {
			return next, false
		}
		at = 0
	}
	return o.blocks[i][at], true
}

// all yields the elements in order. The set must not change meanwhile.
func (o *ordered[T]) all() iter.Seq[T] {
	return func(yield func(T) bool) {
		for _, b := range o.blocks {
			for _, v := range b {
				if !yield(v) {
					return
				}
			}
		}
	}
}

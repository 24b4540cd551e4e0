//go:build !linux

package bench

import "time"

// threadTime is that of the whole process, where a thread's own is not known: what
// goes on beside a commit is then counted as its own.
func threadTime() time.Duration { return processTime() }

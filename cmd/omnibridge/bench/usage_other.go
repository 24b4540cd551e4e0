//go:build !unix

package bench

import "time"

// processTime is not known here; the parent takes what the system says at the end.
func processTime() time.Duration { return 0 }

// peakMemory is not known here.
func peakMemory() int64 { return 0 }

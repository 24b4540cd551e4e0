//go:build !linux

package bench

import "time"

// nap waits for d, about.
func nap(d time.Duration) { time.Sleep(d) }

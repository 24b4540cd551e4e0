package bench

import (
	"syscall"
	"time"
)

// nap waits for d to within some 0.1 ms. The runtime's timers are late by up to a
// millisecond in an idle process, which would be the greater part of each latency
// that is measured.
func nap(d time.Duration) {
	if d > 0 {
		spec := syscall.NsecToTimespec(d.Nanoseconds())
		_ = syscall.Nanosleep(&spec, nil) // ends early on a signal: the caller looks at the clock
	}
}

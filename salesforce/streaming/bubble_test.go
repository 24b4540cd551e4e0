package streaming_test

import (
	"testing"
	"testing/synctest"
	"time"
)

// bubble runs a test with its own time.
func bubble(t *testing.T, f func(t *testing.T)) { synctest.Test(t, f) }

// pause lets time pass, then waits until all is still, so that what happened may
// be read.
func pause(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

package main

import (
	"os"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

// A second signal ends the program at once, unless it is the first one's double, as
// timeout(1) sends it.
func TestSecondSignal(t *testing.T) {
	for _, c := range []struct {
		name  string
		after time.Duration
		want  int
	}{
		{"the same one twice", time.Millisecond, 0},
		{"a second one", sameSignal, killed},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				done, signals, asked := make(chan int, 1), make(chan os.Signal, 2), make(chan struct{})
				code := make(chan int, 1)
				go func() { code <- await(done, signals, func() { close(asked) }) }()
				signals <- syscall.SIGTERM
				<-asked
				time.Sleep(c.after)
				signals <- syscall.SIGTERM
				synctest.Wait()
				done <- 0
				if got := <-code; got != c.want {
					t.Errorf("exit code %d, want %d", got, c.want)
				}
			})
		})
	}
}

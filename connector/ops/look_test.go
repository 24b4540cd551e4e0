package ops

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"omnibridge/connector"
)

type counted struct {
	Daemon
	n   int
	err error
}

func (c *counted) View(context.Context) (connector.View, error) {
	c.n++
	return connector.View{Inbox: c.n}, c.err
}

// TestLooksAreShared holds that the loop is looked at once for all who ask within half
// a second, anew after that, and that a look that failed serves nobody.
func TestLooksAreShared(t *testing.T) {
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	c := &counted{}
	l := &look{Daemon: c, now: func() time.Time { return now }}
	var all sync.WaitGroup
	for range 50 {
		all.Go(func() {
			if v, err := l.View(t.Context()); err != nil || v.Inbox != 1 {
				t.Errorf("view %d, %v", v.Inbox, err)
			}
		})
	}
	all.Wait()
	now = now.Add(lookFor)
	c.err = errors.New("ended")
	if _, err := l.View(t.Context()); err == nil {
		t.Error("a look that failed was served by an old one")
	}
	c.err = nil
	if v, err := l.View(t.Context()); err != nil || v.Inbox != 3 {
		t.Errorf("after a failed look: view %d, %v", v.Inbox, err)
	}
}

package ops

import (
	"context"
	"sync"
	"time"

	"omnibridge/connector"
)

// lookFor is for how long one look at the connector serves everybody who asks: the
// loop stands still for it, however many pages are open.
const lookFor = 500 * time.Millisecond

// look shares looks at the connector between those who ask at about the same time.
type look struct {
	Daemon
	now func() time.Time

	mu   sync.Mutex
	at   time.Time
	view connector.View
}

// View returns what stands, or stood within the last half second. Others have the same
// view: nobody may change it.
func (l *look) View(ctx context.Context) (connector.View, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if now := l.now(); l.at.IsZero() || now.Sub(l.at) >= lookFor {
		v, err := l.Daemon.View(ctx)
		if err != nil {
			return v, err
		}
		l.at, l.view = now, v
	}
	return l.view, nil
}

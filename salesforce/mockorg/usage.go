package mockorg

import (
	"fmt"
	"sync"
	"time"
)

// usage counts API requests against the daily allowance. The window starts with
// its first request and lasts 24 hours of the org's time; a real org's rolls.
type usage struct {
	mu   sync.Mutex
	used int
	most int
	ends time.Time
}

func (u *usage) turn(now time.Time) {
	if !now.Before(u.ends) {
		u.used, u.ends = 0, now.Add(24*time.Hour)
	}
}

// spend counts a request and tells whether it was still allowed.
func (u *usage) spend(now time.Time) bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.turn(now)
	if u.used >= u.most {
		return false
	}
	u.used++
	return true
}

func (u *usage) read(now time.Time) (used, most int) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.turn(now)
	return u.used, u.most
}

// SetDailyRequests changes the API allowance. Requests already made count: with
// fewer than those, every further one is refused until the day is over.
func (o *Org) SetDailyRequests(n int) error {
	if n < 0 {
		return fmt.Errorf("set daily requests to %d: it must not be negative", n)
	}
	o.usage.mu.Lock()
	defer o.usage.mu.Unlock()
	o.usage.most = n
	return nil
}

// DailyRequests returns how many API requests were made in the present day and
// how many are allowed.
func (o *Org) DailyRequests() (used, most int) { return o.usage.read(o.clock.Now()) }

package mockorg

import (
	"sync"
	"time"
)

// window counts uses within a span of time that begins with the first.
type window struct {
	used int
	ends time.Time
}

func (w *window) read(now time.Time, span time.Duration) int {
	if !now.Before(w.ends) {
		w.used, w.ends = 0, now.Add(span)
	}
	return w.used
}

// usage counts API requests against the allowances.
type usage struct {
	mu     sync.Mutex
	limits Limits
	day    window
	work   map[*call]time.Time // requests that are being answered, since when
}

// spend counts a request and tells whether it was still allowed.
func (u *usage) spend(now time.Time) bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.day.read(now, 24*time.Hour) >= u.limits.DailyRequests {
		return false
	}
	u.day.used++
	return true
}

// now are the allowances, apart from those that the streaming server has.
func (u *usage) now() Limits {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.limits
}

func (u *usage) read(now time.Time) (used, most int) {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.day.read(now, 24*time.Hour), u.limits.DailyRequests
}

// begin takes a request up and tells whether there is room for it beside the
// long ones; if so, it ends with end.
func (u *usage) begin(c *call) bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	if len(u.work) >= u.limits.LongRequests && u.countLong() >= u.limits.LongRequests {
		return false
	}
	u.work[c] = time.Now()
	return true
}

func (u *usage) end(c *call) {
	u.mu.Lock()
	defer u.mu.Unlock()
	delete(u.work, c)
}

// long is how many requests have been at work for long.
func (u *usage) long() int {
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.countLong()
}

func (u *usage) countLong() (n int) {
	for _, since := range u.work {
		if time.Since(since) >= time.Duration(u.limits.LongAfter) {
			n++
		}
	}
	return n
}

// SetDailyRequests changes the API allowance alone, as SetLimits does.
func (o *Org) SetDailyRequests(n int) error {
	l := o.Limits()
	l.DailyRequests = n
	return o.SetLimits(l)
}

// DailyRequests returns how many API requests were made in the present day and
// how many are allowed.
func (o *Org) DailyRequests() (used, most int) { return o.usage.read(o.clock.Now()) }

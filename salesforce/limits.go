package salesforce

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Usage is the org's count of API requests in the last 24 hours, as the last
// reply told it.
type Usage struct {
	Used, Max int
	At        time.Time // when it was told; zero: never
}

// LimitError says that a call was not made, because the org's daily allowance
// is used up. It certainly changed nothing.
type LimitError struct {
	Usage Usage
	Until time.Time // when the next call may go out, to see whether things are better
}

// Error implements error.
func (e *LimitError) Error() string {
	return fmt.Sprintf("not sent: the org's daily API limit is used up (%d of %d); probing again at %s: see Setup, Company Information, API Requests",
		e.Usage.Used, e.Usage.Max, e.Until.UTC().Format(time.RFC3339))
}

// Retryable is true: the allowance is for 24 hours and rolls on.
func (e *LimitError) Retryable() bool { return true }

// limits keeps what Salesforce says about the org's allowance, and the breaker
// that opens when it is used up: while it is open no call goes out, but for
// one probe at a time once the interval has passed.
type limits struct {
	interval time.Duration

	mu      sync.Mutex
	usage   Usage
	until   time.Time // zero: the breaker is closed
	probing bool
}

// verdict is what an admitted attempt tells the breaker.
type verdict int

const (
	silent    verdict = iota // no reply: nothing learned
	served                   // any reply that does not speak of the daily limit
	exhausted                // the daily limit is used up
)

// admit lets an attempt pass or refuses it. Every admitted attempt must be
// reported by settle, with the same probe.
func (l *limits) admit(now time.Time) (probe bool, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case l.until.IsZero():
		return false, nil
	case now.Before(l.until) || l.probing:
		return false, &LimitError{Usage: l.usage, Until: l.until}
	}
	l.probing = true
	return true, nil
}

// settle reports how an attempt went; opened and closed tell of a change.
func (l *limits) settle(probe bool, v verdict, now time.Time) (opened, closed bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if probe {
		l.probing = false
	}
	switch {
	case v == exhausted:
		opened = l.until.IsZero()
		l.until = now.Add(l.interval)
	case v == served && probe:
		// Only a probe closes it: replies of calls that were under way when it
		// opened say nothing new.
		l.until, closed = time.Time{}, true
	}
	return opened, closed
}

// meter reads Sforce-Limit-Info: api-usage=18/15000, perhaps with more after it. It
// tells whether it was there.
func (l *limits) meter(h http.Header, now time.Time) (u Usage, ok bool) {
	for part := range strings.SplitSeq(h.Get("Sforce-Limit-Info"), ";") {
		counts, ok := strings.CutPrefix(strings.TrimSpace(part), "api-usage=")
		if !ok {
			continue
		}
		used, limit, _ := strings.Cut(counts, "/")
		n, err1 := strconv.Atoi(used)
		m, err2 := strconv.Atoi(limit)
		if err1 != nil || err2 != nil {
			break
		}
		u = Usage{Used: n, Max: m, At: now}
		l.mu.Lock()
		l.usage = u
		l.mu.Unlock()
		return u, true
	}
	return u, false
}

// read returns the last known usage and, when the breaker is open, until when.
func (l *limits) read() (Usage, time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.usage, l.until
}

package vcc

import "time"

// OpenAt tells whether the hours are open at t. No hours means always.
func (h *Hours) OpenAt(t time.Time) bool {
	if h == nil {
		return true
	}
	day := h.midnight(t)
	if h.closedOn(day) {
		return false
	}
	for _, s := range h.Open {
		if s.Day == day.Weekday() && !t.Before(wall(day, s.From)) && t.Before(wall(day, s.To)) {
			return true
		}
	}
	return false
}

// mostDays bounds how far ahead Next looks: a plan that opens no sooner counts as
// closed for good.
const mostDays = 400

// Next returns the first moment after t at which it is open or closed, other than at
// t; false if that never changes.
func (h *Hours) Next(t time.Time) (time.Time, bool) {
	if h == nil {
		return time.Time{}, false
	}
	open := h.OpenAt(t)
	day := h.midnight(t)
	for n := range mostDays {
		if len(h.Close) == 0 && (len(h.Open) == 0 || open && n > 8) {
			break // never, or always, open: every week is as the last
		}
		var first time.Time
		for _, s := range h.Open {
			if s.Day != day.Weekday() {
				continue
			}
			for _, at := range []time.Time{wall(day, s.From), wall(day, s.To)} {
				if at.After(t) && h.OpenAt(at) != open && (first.IsZero() || at.Before(first)) {
					first = at
				}
			}
		}
		if !first.IsZero() {
			return first, true
		}
		// Midnight itself may be where a holiday begins or ends.
		day = wall(day, 24*time.Hour)
		if h.OpenAt(day) != open {
			return day, true
		}
	}
	return time.Time{}, false
}

// midnight returns the beginning of t's day in the zone of h.
func (h *Hours) midnight(t time.Time) time.Time {
	y, m, d := t.In(h.zone()).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, h.zone())
}

func (h *Hours) zone() *time.Location {
	if h.Zone == nil {
		return time.UTC
	}
	return h.Zone
}

// wall returns the moment at which clocks on day show d; on the days on which clocks
// are changed that is not d after midnight.
func wall(day time.Time, d time.Duration) time.Time {
	y, m, n := day.Date()
	return time.Date(y, m, n, 0, 0, 0, int(d), day.Location())
}

func (h *Hours) closedOn(day time.Time) bool {
	y, m, d := day.Date()
	for _, c := range h.Close {
		if c == (Day{y, m, d}) {
			return true
		}
	}
	return false
}

package vcc

import (
	"slices"
	"time"
)

// OpenAt tells whether the hours are open at t. No hours means always.
func (h *Hours) OpenAt(t time.Time) bool {
	if h == nil {
		return true
	}
	day := h.dayOf(t)
	if slices.Contains(h.Close, day) {
		return false
	}
	for _, s := range h.Open {
		if s.Day == day.weekday() && !t.Before(h.wall(day, s.From)) && t.Before(h.wall(day, s.To)) {
			return true
		}
	}
	return false
}

// mostDays bounds how far ahead Next looks: a plan that opens no sooner counts as
// closed for good.
const mostDays = 400

// Next returns the first moment after t at which it is open or closed, other than at
// t; false if that never changes. Holidays begin and end at midnight, which changes only
// what is open until or from then, so spans tell every change.
func (h *Hours) Next(t time.Time) (time.Time, bool) {
	if h == nil {
		return time.Time{}, false
	}
	open := h.OpenAt(t)
	day := h.dayOf(t)
	for range mostDays {
		var first time.Time
		for _, s := range h.Open {
			if s.Day != day.weekday() {
				continue
			}
			for _, at := range []time.Time{h.wall(day, s.From), h.wall(day, s.To)} {
				if at.After(t) && h.OpenAt(at) != open && (first.IsZero() || at.Before(first)) {
					first = at
				}
			}
		}
		if !first.IsZero() {
			return first, true
		}
		day = day.next()
	}
	return time.Time{}, false
}

// DayOf returns when the day begins and ends that t is in, by the clocks where t is told.
// Where clocks are changed at midnight that is when they first show the day.
func DayOf(t time.Time) (begin, end time.Time) {
	h := Hours{Zone: t.Location()}
	day := h.dayOf(t)
	return h.wall(day, 0), h.wall(day.next(), 0)
}

// dayOf returns the day that t is in, by the clocks in the zone of h.
func (h *Hours) dayOf(t time.Time) Day {
	y, m, d := t.In(h.zone()).Date()
	return Day{y, m, d}
}

func (h *Hours) zone() *time.Location {
	if h.Zone == nil {
		return time.UTC
	}
	return h.Zone
}

// wall returns the first moment at which clocks on day show at least d. On the days on
// which clocks are changed that is not d after midnight, and midnight itself may be
// left out, or come twice.
func (h *Hours) wall(day Day, d time.Duration) time.Time {
	t := time.Date(day.Year, day.Month, day.Day, 0, 0, 0, int(d), h.zone())
	want := time.Date(day.Year, day.Month, day.Day, 0, 0, 0, int(d), time.UTC)
	_, offset := t.Zone()
	from, to := t.ZoneBounds()
	switch shown := t.Add(time.Duration(offset) * time.Second); {
	case shown.Before(want):
		return to // clocks leave d out
	case shown.After(want):
		return from
	case from.IsZero():
		return t
	}
	_, before := from.Add(-1).Zone()
	if earlier := t.Add(time.Duration(offset-before) * time.Second); earlier.Before(from) {
		return earlier // clocks show d twice
	}
	return t
}

func (d Day) weekday() time.Weekday { return d.midnight().Weekday() }

func (d Day) next() Day {
	y, m, n := d.midnight().AddDate(0, 0, 1).Date()
	return Day{y, m, n}
}

// midnight is when d begins where clocks are never changed.
func (d Day) midnight() time.Time { return time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, time.UTC) }

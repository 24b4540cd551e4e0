package vcc_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"omnibridge/vcc"
)

func berlin(t testing.TB) *time.Location {
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

func office(zone *time.Location) *vcc.Hours {
	h := &vcc.Hours{Zone: zone, Close: []vcc.Day{{Year: 2026, Month: time.December, Day: 25}}}
	for day := time.Monday; day <= time.Friday; day++ {
		h.Open = append(h.Open, vcc.Span{Day: day, From: 8 * time.Hour, To: 18 * time.Hour})
	}
	h.Open = append(h.Open, vcc.Span{Day: time.Saturday, From: 0, To: 24 * time.Hour})
	return h
}

func TestHours(t *testing.T) {
	zone := berlin(t)
	h := office(zone)
	at := func(s string) time.Time {
		when, err := time.ParseInLocation("2006-01-02 15:04", s, zone)
		if err != nil {
			t.Fatal(err)
		}
		return when
	}
	for _, tt := range []struct {
		at   string
		open bool
		next string
	}{
		{"2026-11-23 07:59", false, "2026-11-23 08:00"}, // a Monday
		{"2026-11-23 08:00", true, "2026-11-23 18:00"},
		{"2026-11-23 18:00", false, "2026-11-24 08:00"},
		{"2026-11-27 18:00", false, "2026-11-28 00:00"}, // Friday evening
		{"2026-11-28 12:00", true, "2026-11-29 00:00"},
		{"2026-11-29 12:00", false, "2026-11-30 08:00"},
		{"2026-12-25 12:00", false, "2026-12-26 00:00"}, // a holiday, then Saturday
		{"2026-12-24 18:00", false, "2026-12-26 00:00"},
		{"2026-03-29 12:00", false, "2026-03-30 08:00"}, // clocks go forward
		{"2026-10-24 12:00", true, "2026-10-25 00:00"},  // and back
	} {
		when := at(tt.at)
		next, ok := h.Next(when)
		if got := h.OpenAt(when); got != tt.open || !ok || !next.Equal(at(tt.next)) {
			t.Errorf("at %s: open %v, next %v %v; want %v, %s", tt.at, got, next, ok, tt.open, tt.next)
		}
	}
}

func TestHoursThatNeverChange(t *testing.T) {
	var always *vcc.Hours
	if _, ok := always.Next(time.Now()); ok || !always.OpenAt(time.Now()) {
		t.Error("no hours must mean always open")
	}
	full := &vcc.Hours{}
	for day := time.Sunday; day <= time.Saturday; day++ {
		full.Open = append(full.Open, vcc.Span{Day: day, To: 24 * time.Hour})
	}
	if at, ok := full.Next(time.Now()); ok || !full.OpenAt(time.Now()) {
		t.Errorf("open around the clock changes at %v", at)
	}
	never := &vcc.Hours{}
	if at, ok := never.Next(time.Now()); ok || never.OpenAt(time.Now()) {
		t.Errorf("never open changes at %v", at)
	}
}

// TestHoursNext holds that between a moment and Next nothing changes, and at Next it
// does.
func TestHoursNext(t *testing.T) {
	h := office(berlin(t))
	begin := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	rapid.Check(t, func(t *rapid.T) {
		at := begin.Add(time.Duration(rapid.IntRange(0, 366*24*60).Draw(t, "minute")) * time.Minute)
		next, ok := h.Next(at)
		if !ok || !next.After(at) || h.OpenAt(next) == h.OpenAt(at) {
			t.Fatalf("Next(%v) = %v, %v", at, next, ok)
		}
		part := rapid.IntRange(0, 1000).Draw(t, "part")
		between := at.Add(next.Sub(at) * time.Duration(part) / 1001)
		if h.OpenAt(between) != h.OpenAt(at) {
			t.Fatalf("at %v it changes, before Next(%v) = %v", between, at, next)
		}
	})
}

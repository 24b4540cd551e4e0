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

// TestHoursInAnyOrder holds that the first change counts, however spans are listed.
func TestHoursInAnyOrder(t *testing.T) {
	at := func(hour int) time.Time { return time.Date(2026, 11, 23, hour, 0, 0, 0, time.UTC) } // a Monday
	h := &vcc.Hours{Open: []vcc.Span{
		{Day: time.Monday, From: 14 * time.Hour, To: 18 * time.Hour}, {Day: time.Monday, From: 8 * time.Hour, To: 12 * time.Hour},
	}}
	for from, want := range map[int]int{6: 8, 8: 12, 12: 14, 14: 18} {
		if next, ok := h.Next(at(from)); !ok || !next.Equal(at(want)) {
			t.Errorf("after %d it changes at %v", from, next)
		}
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

// TestHoursWhereMidnightIsLeftOut holds that a day on which clocks jump over midnight is
// that day, also for what is open at midnight.
func TestHoursWhereMidnightIsLeftOut(t *testing.T) {
	for _, tt := range []struct{ zone, from, to string }{ // the days with the changes to and from summer time
		{"America/Santiago", "2026-09-06", "2026-04-05"}, // at 24:00, so 23:00 comes twice
		{"America/Havana", "2026-03-08", "2026-11-01"},   // at 0:00, and back at 1:00, so midnight comes twice
		{"Africa/Cairo", "2026-04-24", "2026-10-30"},
		{"Asia/Beirut", "2026-03-29", "2026-10-25"},
		{"Europe/Berlin", "2026-03-29", "2026-10-25"},
		{"Atlantic/Azores", "2026-03-29", "2026-10-25"}, // at 0:00 and 1:00
		{"Asia/Amman", "2021-03-26", "2021-10-29"},      // midnight comes twice, east of Greenwich
	} {
		zone, err := time.LoadLocation(tt.zone)
		if err != nil {
			t.Fatal(err)
		}
		for _, date := range []string{tt.from, tt.to} {
			noon, err := time.ParseInLocation("2006-01-02 15:04", date+" 12:00", zone)
			if err != nil {
				t.Fatal(err)
			}
			y, m, d := noon.Date()
			holiday := vcc.Day{Year: y, Month: m, Day: d}
			hours := []*vcc.Hours{
				{Zone: zone, Open: []vcc.Span{{Day: noon.Weekday(), To: 24 * time.Hour}}},
				{Zone: zone, Open: []vcc.Span{{Day: noon.Weekday(), From: 8 * time.Hour, To: 18 * time.Hour}}},
				{Zone: zone, Open: []vcc.Span{{Day: noon.Weekday(), To: 12 * time.Hour}, {Day: (noon.Weekday() + 6) % 7, From: 12 * time.Hour, To: 24 * time.Hour}}},
				{Zone: zone, Close: []vcc.Day{holiday}},
			}
			for day := range time.Saturday + 1 {
				hours[3].Open = append(hours[3].Open, vcc.Span{Day: day, To: 24 * time.Hour})
			}
			for i, h := range hours {
				followHours(t, h, noon.Add(-30*time.Hour), noon.Add(30*time.Hour), func(at time.Time) bool {
					if i == 3 {
						return at.Day() != d
					}
					of := time.Duration(at.Hour())*time.Hour + time.Duration(at.Minute())*time.Minute
					for _, s := range h.Open {
						if s.Day == at.Weekday() && of >= s.From && of < s.To {
							return true
						}
					}
					return false
				})
			}
		}
	}
}

// TestDayOf holds that a day begins at midnight, also where clocks leave it out, or show it
// twice, and ends where the next begins.
func TestDayOf(t *testing.T) {
	for _, tt := range []struct{ zone, noon, begin, end string }{ // in UTC, but for noon
		{"UTC", "2026-11-23", "2026-11-23 00:00", "2026-11-24 00:00"},
		{"Europe/Berlin", "2026-03-29", "2026-03-28 23:00", "2026-03-29 22:00"},
		{"America/Santiago", "2026-09-05", "2026-09-05 04:00", "2026-09-06 04:00"},
		{"America/Santiago", "2026-09-06", "2026-09-06 04:00", "2026-09-07 03:00"}, // begins at 1:00
		{"America/Santiago", "2026-04-04", "2026-04-04 03:00", "2026-04-05 04:00"}, // 23:00 comes twice
		{"America/Havana", "2026-03-08", "2026-03-08 05:00", "2026-03-09 04:00"},
		{"America/Havana", "2026-11-01", "2026-11-01 04:00", "2026-11-02 05:00"}, // midnight comes twice
		{"Africa/Cairo", "2026-04-24", "2026-04-23 22:00", "2026-04-24 21:00"},
	} {
		zone, err := time.LoadLocation(tt.zone)
		if err != nil {
			t.Fatal(err)
		}
		noon, err := time.ParseInLocation("2006-01-02 15:04", tt.noon+" 12:00", zone)
		if err != nil {
			t.Fatal(err)
		}
		begin, end := vcc.DayOf(noon)
		for _, at := range []time.Time{begin, end.Add(-1)} {
			if b, e := vcc.DayOf(at); !b.Equal(begin) || !e.Equal(end) {
				t.Errorf("%s: at %v the day is %v to %v", tt.zone, at, b, e)
			}
		}
		if got := []string{begin.UTC().Format("2006-01-02 15:04"), end.UTC().Format("2006-01-02 15:04")}; got[0] != tt.begin || got[1] != tt.end {
			t.Errorf("%s in %s is %v, want %s to %s", tt.noon, tt.zone, got, tt.begin, tt.end)
		}
	}
}

// followHours compares h, a quarter of an hour after the other, with what clocks show.
func followHours(t *testing.T, h *vcc.Hours, from, to time.Time, open func(time.Time) bool) {
	t.Helper()
	next, known := h.Next(from)
	was := h.OpenAt(from)
	for at := from; at.Before(to); at = at.Add(15 * time.Minute) {
		if got := h.OpenAt(at); got != open(at) {
			t.Errorf("at %v: open %v", at, got)
		}
		if is := h.OpenAt(at); is != was {
			if !known || !next.Equal(at) {
				t.Errorf("at %v it is open %v, and Next was %v", at, is, next)
			}
			was = is
			next, known = h.Next(at)
		}
	}
}

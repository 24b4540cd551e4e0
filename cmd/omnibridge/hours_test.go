package main

import (
	"strings"
	"testing"
	"time"

	"omnibridge/vcc"
)

func TestHours(t *testing.T) {
	h, err := (&hoursFile{Zone: "Europe/London", Open: []string{"Sat-Mon 08:30-18:00", "wed 00:00-24:00"}, Closed: []string{"2026-12-25"}}).read()
	if err != nil {
		t.Fatal(err)
	}
	want := []vcc.Span{
		{Day: time.Saturday, From: 510 * time.Minute, To: 18 * time.Hour}, {Day: time.Sunday, From: 510 * time.Minute, To: 18 * time.Hour},
		{Day: time.Monday, From: 510 * time.Minute, To: 18 * time.Hour}, {Day: time.Wednesday, From: 0, To: 24 * time.Hour},
	}
	if len(h.Open) != len(want) || h.Zone.String() != "Europe/London" || h.Close[0] != (vcc.Day{Year: 2026, Month: 12, Day: 25}) {
		t.Fatalf("hours = %+v", h)
	}
	for i := range want {
		if h.Open[i] != want[i] {
			t.Errorf("span %d = %+v, want %+v", i, h.Open[i], want[i])
		}
	}
	if h, err := (*hoursFile)(nil).read(); h != nil || err != nil {
		t.Errorf("no hours = %v, %v, want always open", h, err)
	}
}

func TestWrongHours(t *testing.T) {
	for text, want := range map[string]string{
		"Mon": "no times", "Mon-Fry 08:00-18:00": "a day is none of", "Mon 08:00": "no end", "Mon 25:00-26:00": "no time of day",
		"Mon 18:00-08:00": "split what goes over midnight", "Mon 24:30-24:40": "no time of day",
	} {
		if _, err := (&hoursFile{Open: []string{text}}).read(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want a word of %q", text, err, want)
		}
	}
	_, err := (&hoursFile{Zone: "Mars/Olympus", Closed: []string{"25.12.2026"}}).read()
	for _, want := range []string{"Mars/Olympus", "open lists nothing", "25.12.2026"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("all faults at once lack %q: %v", want, err)
		}
	}
}

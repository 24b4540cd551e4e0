package main

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"omnibridge/vcc"
)

// hoursFile is when a plan is open.
type hoursFile struct {
	Zone   string   `json:"zone" default:"UTC" desc:"IANA name, as Europe/London"`
	Open   []string `json:"open" desc:"spans of the week, as Mon-Fri 08:00-18:00; the end may be 24:00, what goes over midnight is two; required"`
	Closed []string `json:"closed" desc:"whole days, as 2026-12-25"`
}

var weekdays = []string{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"}

// read returns the hours, or everything that is wrong with them.
func (h *hoursFile) read() (*vcc.Hours, error) {
	if h == nil {
		return nil, nil
	}
	var errs []error
	zone, err := time.LoadLocation(h.Zone)
	if err != nil {
		errs = append(errs, fmt.Errorf("zone %q is not known: give an IANA name, as Europe/London", h.Zone))
	}
	hours := &vcc.Hours{Zone: zone}
	if len(h.Open) == 0 {
		errs = append(errs, errors.New(`open lists nothing: give spans, as "Mon-Fri 08:00-18:00", or leave hours out for always`))
	}
	for _, text := range h.Open {
		spans, err := readSpans(text)
		if err != nil {
			errs = append(errs, err)
		}
		hours.Open = append(hours.Open, spans...)
	}
	for _, text := range h.Closed {
		day, err := time.Parse(time.DateOnly, text)
		if err != nil {
			errs = append(errs, fmt.Errorf("closed %q is not a day: give it as 2026-12-25", text))
			continue
		}
		hours.Close = append(hours.Close, vcc.Day{Year: day.Year(), Month: day.Month(), Day: day.Day()})
	}
	return hours, errors.Join(errs...)
}

// readSpans reads "Mon-Fri 08:00-18:00" or "Sat 09:00-12:00".
func readSpans(text string) ([]vcc.Span, error) {
	wrong := func(what string) error {
		return fmt.Errorf(`open %q: %s: give days and times, as "Mon-Fri 08:00-18:00"`, text, what)
	}
	days, times, ok := strings.Cut(strings.TrimSpace(text), " ")
	if !ok {
		return nil, wrong("no times")
	}
	first, last, isRange := strings.Cut(days, "-")
	if !isRange {
		last = first
	}
	a, b := weekday(first), weekday(last)
	if a < 0 || b < 0 {
		return nil, wrong("a day is none of " + strings.Join(weekdays, ", "))
	}
	from, to, ok := strings.Cut(strings.TrimSpace(times), "-")
	if !ok {
		return nil, wrong("no end")
	}
	begins, err1 := timeOfDay(from)
	ends, err2 := timeOfDay(to)
	if err := errors.Join(err1, err2); err != nil {
		return nil, wrong(err.Error())
	}
	if ends <= begins {
		return nil, wrong("it ends before it begins; split what goes over midnight")
	}
	var spans []vcc.Span
	for day := a; ; day = (day + 1) % 7 {
		spans = append(spans, vcc.Span{Day: time.Weekday(day), From: begins, To: ends})
		if day == b {
			return spans, nil
		}
	}
}

func weekday(name string) int {
	for i, day := range weekdays {
		if strings.EqualFold(day, strings.TrimSpace(name)) {
			return i
		}
	}
	return -1
}

// timeOfDay reads "08:00", up to "24:00".
func timeOfDay(text string) (time.Duration, error) {
	var h, m int
	if n, err := fmt.Sscanf(text, "%d:%d", &h, &m); n != 2 || err != nil || h < 0 || h > 24 || m < 0 || m > 59 || h == 24 && m > 0 {
		return 0, fmt.Errorf("%q is no time of day", text)
	}
	return time.Duration(h)*time.Hour + time.Duration(m)*time.Minute, nil
}

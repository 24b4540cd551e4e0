package soql

import (
	"strconv"
	"strings"
	"time"
)

// unit is the part of the calendar that a date formula counts in.
type unit byte

const (
	days unit = iota
	weeks
	months
	quarters
	years
)

var units = map[string]unit{"DAYS": days, "WEEKS": weeks, "MONTHS": months, "QUARTERS": quarters, "YEARS": years}

// formula is a date literal such as TODAY or LAST_N_DAYS:3: a stretch of whole
// units around the present one. The calendar is UTC and weeks begin on Sunday.
type formula struct {
	name     string // as printed
	unit     unit
	from, to int // units from the present one; to is not included
}

var formulas = map[string]formula{
	"YESTERDAY":    {unit: days, from: -1, to: 0},
	"TODAY":        {unit: days, from: 0, to: 1},
	"TOMORROW":     {unit: days, from: 1, to: 2},
	"LAST_90_DAYS": {unit: days, from: -90, to: 1},
	"NEXT_90_DAYS": {unit: days, from: 1, to: 91},
	"LAST_WEEK":    {unit: weeks, from: -1, to: 0},
	"THIS_WEEK":    {unit: weeks, from: 0, to: 1},
	"NEXT_WEEK":    {unit: weeks, from: 1, to: 2},
	"LAST_MONTH":   {unit: months, from: -1, to: 0},
	"THIS_MONTH":   {unit: months, from: 0, to: 1},
	"NEXT_MONTH":   {unit: months, from: 1, to: 2},
	"LAST_QUARTER": {unit: quarters, from: -1, to: 0},
	"THIS_QUARTER": {unit: quarters, from: 0, to: 1},
	"NEXT_QUARTER": {unit: quarters, from: 1, to: 2},
	"LAST_YEAR":    {unit: years, from: -1, to: 0},
	"THIS_YEAR":    {unit: years, from: 0, to: 1},
	"NEXT_YEAR":    {unit: years, from: 1, to: 2},
}

// maxUnits bounds the n of LAST_N_DAYS:n and its like, well inside the years
// that a date can have.
const maxUnits = 100_000

// newFormula reads a date literal's name. Its second result is false when
// there is no such date literal.
func newFormula(text string) (formula, bool) {
	text = strings.ToUpper(text)
	name, count, counted := strings.Cut(text, ":")
	if !counted {
		f, ok := formulas[name]
		f.name = name
		return f, ok
	}
	n, err := strconv.Atoi(count)
	if err != nil || n > maxUnits {
		return formula{}, false
	}
	f := formula{name: name + ":" + strconv.Itoa(n)}
	var unitName string
	if rest, ok := strings.CutPrefix(name, "LAST_N_"); ok {
		unitName, f.from = rest, -n
		if rest == "DAYS" {
			f.to = 1 // the last n days include today; the last n weeks do not include this week
		}
	} else if rest, ok := strings.CutPrefix(name, "NEXT_N_"); ok {
		unitName, f.from, f.to = rest, 1, n+1
	} else if rest, ok := strings.CutPrefix(name, "N_"); ok {
		unitName, ok = strings.CutSuffix(rest, "_AGO")
		if !ok {
			return formula{}, false
		}
		f.from, f.to = -n, -n+1
	}
	u, ok := units[unitName]
	f.unit = u
	return f, ok
}

// bounds returns the first instant of the formula's stretch and the first one
// after it.
func (f *formula) bounds(now time.Time) (from, to time.Time) {
	y, m, d := now.UTC().Date()
	start := func(n int) time.Time {
		switch f.unit {
		case weeks:
			return date(y, m, d-int(now.UTC().Weekday())+7*n)
		case months:
			return date(y, m+time.Month(n), 1)
		case quarters:
			return date(y, (m-1)/3*3+1+time.Month(3*n), 1)
		case years:
			return date(y+n, time.January, 1)
		default:
			return date(y, m, d+n)
		}
	}
	return start(f.from), start(f.to)
}

func date(y int, m time.Month, d int) time.Time { return time.Date(y, m, d, 0, 0, 0, 0, time.UTC) }

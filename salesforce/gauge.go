package salesforce

import (
	"time"

	"omnibridge/omnichannel"
)

// gauge follows the use of one allowance. It is a plain value: its owner locks.
type gauge struct {
	name    string
	used    int
	max     int // 0: not known
	level   int
	samples []sample // oldest first
}

// sample is what was used at one moment.
type sample struct {
	at   time.Time
	used int
}

// The present rate is that of the last quarter of an hour, from samples half a
// minute apart; less than a minute of them tells none.
const (
	rateWindow = 15 * time.Minute
	rateStep   = 30 * time.Second
	rateLeast  = time.Minute
)

// levelSlack is by how many percent use must fall below a threshold before that
// counts: a rolling count goes up and down a little all the time.
const levelSlack = 2

// note takes a new count. It tells whether use has crossed a threshold.
func (g *gauge) note(now time.Time, used, most int) (crossed bool) {
	g.used, g.max = used, most
	if n := len(g.samples); n == 0 || now.Sub(g.samples[n-1].at) >= rateStep {
		for n > 0 && now.Sub(g.samples[0].at) > rateWindow {
			g.samples = g.samples[1:]
			n--
		}
		g.samples = append(g.samples, sample{now, used})
	}
	level := g.levelOf(0)
	if level < g.level {
		level = min(g.level, g.levelOf(levelSlack))
	}
	crossed = level != g.level
	g.level = level
	return crossed
}

// levelOf returns the threshold that is reached if they were lower by slack percent.
func (g *gauge) levelOf(slack int) int {
	if g.max <= 0 {
		return 0
	}
	for _, level := range []int{omnichannel.Scarce, omnichannel.Tight} {
		if int64(g.used)*100 >= int64(level-slack)*int64(g.max) {
			return level
		}
	}
	return 0
}

// restart forgets the rate: the count has begun anew.
func (g *gauge) restart() { g.samples = nil }

// read returns the allowance as it stands.
func (g *gauge) read(now time.Time) omnichannel.Allowance {
	a := omnichannel.Allowance{Name: g.name, Used: g.used, Max: g.max, Left: max(g.max-g.used, 0), Forecast: g.used, Level: g.level}
	if len(g.samples) == 0 {
		return a
	}
	first := g.samples[0]
	over := now.Sub(first.at)
	if over < rateLeast || g.used <= first.used {
		return a
	}
	perSecond := float64(g.used-first.used) / over.Seconds()
	a.PerHour = int(perSecond * 3600)
	a.Forecast += int(perSecond * midnight(now).Sub(now).Seconds())
	return a
}

// midnight returns the next one, UTC.
func midnight(now time.Time) time.Time {
	return now.UTC().Truncate(24 * time.Hour).Add(24 * time.Hour)
}

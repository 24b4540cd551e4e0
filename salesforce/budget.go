package salesforce

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"

	"omnibridge/omnichannel"
	"omnibridge/salesforce/streaming"
)

// budget follows the org's daily allowances: API calls as every reply tells them
// (salesforce-apis 2.1), delivered events as counted here and, from time to time,
// as the org tells them.
type budget struct {
	log *slog.Logger

	mu     sync.Mutex
	calls  gauge
	events [2]delivered // by bucket
	asked  time.Time    // when the org's limits were last read
}

// delivered is the use of one of the two allowances for delivered events.
type delivered struct {
	gauge
	day    time.Time // the midnight that ends the day of count
	count  int       // ours in that day
	told   int       // by the org
	toldAt time.Time // when; zero: never
	since  int       // ours since then
}

// Buckets of delivered events: PushTopics have an allowance of their own, change
// events share one with platform events (salesforce-apis 3.7).
const (
	topicBucket = iota
	changeBucket
)

// limitsEvery is how often the org's limits are read, for one API call each time.
const limitsEvery = time.Hour

func newBudget(log *slog.Logger) *budget {
	b := &budget{log: log, calls: gauge{name: omnichannel.APICalls}}
	b.events[topicBucket].name, b.events[changeBucket].name = omnichannel.TopicEvents, omnichannel.ChangeEvents
	return b
}

// usedCalls takes the org's own count of API calls.
func (b *budget) usedCalls(u Usage) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.note(&b.calls, u.At, u.Used, u.Max)
}

// deliveredEvents counts events that were delivered on a channel.
func (b *budget) deliveredEvents(now time.Time, channel string, n int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	d := &b.events[changeBucket]
	if strings.HasPrefix(channel, "/topic/") || strings.HasPrefix(channel, "/u/") {
		d = &b.events[topicBucket]
	}
	if end := midnight(now); !d.day.Equal(end) {
		d.day, d.count = end, 0
		d.restart()
	}
	d.count += n
	d.since += n
	b.note(&d.gauge, now, d.total(now), d.max)
}

// total is the greater of what the org told, which is late, and what was counted
// here, which is not all. What it told long ago counts no more.
func (d *delivered) total(now time.Time) int {
	if d.toldAt.IsZero() || now.Sub(d.toldAt) > 2*limitsEvery {
		return d.count
	}
	return max(d.told+d.since, d.count)
}

// toldEvents takes the org's own count of delivered events.
func (b *budget) toldEvents(now time.Time, bucket, used, most int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	d := &b.events[bucket]
	d.told, d.toldAt, d.since = used, now, 0
	b.note(&d.gauge, now, d.total(now), most)
}

// note takes a count, and says so once when a threshold is crossed. The caller
// holds b.mu.
func (b *budget) note(g *gauge, now time.Time, used, most int) {
	before := g.level
	if !g.note(now, used, most) {
		return
	}
	a := g.read(now)
	rest := []any{"allowance", a.Name, "percent", a.Percent(), "used", a.Used, "max", a.Max, "forecast", a.Forecast}
	if g.level < before {
		b.log.Info("a daily allowance of the org has room again", rest...)
		return
	}
	b.log.Warn(fmt.Sprintf("%d %% of a daily allowance of the org are used", g.level), rest...)
}

// due tells, once per interval, that the org's limits are to be read.
func (b *budget) due(now time.Time) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.asked.IsZero() && now.Sub(b.asked) < limitsEvery {
		return false
	}
	b.asked = now
	return true
}

// read returns the allowances: API calls first, then those of events that are used.
func (b *budget) read(now time.Time) []omnichannel.Allowance {
	b.mu.Lock()
	defer b.mu.Unlock()
	list := []omnichannel.Allowance{b.calls.read(now)}
	for i := range b.events {
		if d := &b.events[i]; d.gauge.used > 0 {
			list = append(list, d.read(now))
		}
	}
	return list
}

// Budget returns the org's daily allowances as they stand: API calls, and those of
// delivered events that are used. It sends nothing.
func (o *Org) Budget() []omnichannel.Allowance {
	list := o.client.budget.read(time.Now())
	_, list[0].Until = o.client.limits.read()
	return list
}

// Counted returns a source whose events count in the Budget, once they are decoded.
func (o *Org) Counted(s Source) Source { return counted{s, o.client.budget} }

type counted struct {
	Source
	budget *budget
}

func (c counted) Decode(ctx context.Context, batch []streaming.Event) (Decoded, error) {
	d, err := c.Source.Decode(ctx, batch)
	if err == nil {
		for _, ev := range batch {
			c.budget.deliveredEvents(time.Now(), ev.Channel, 1)
		}
	}
	return d, err
}

// readLimits asks the org how many events it has delivered, and may, if it was not
// asked of late. That it cannot tell is no fault: what is counted here remains.
func (o *Org) readLimits(ctx context.Context) {
	if !o.client.budget.due(time.Now()) {
		return
	}
	body, err := o.client.Do(ctx, http.MethodGet, "limits", nil)
	if err != nil {
		o.client.opt.Log.LogAttrs(ctx, slog.LevelDebug, "the org's limits cannot be read", slog.Any("err", err))
		return
	}
	var told map[string]json.RawMessage // keys differ by edition, and so may what they hold
	if json.Unmarshal(body, &told) != nil {
		return
	}
	for bucket, name := range []string{topicBucket: "DailyStreamingApiEvents", changeBucket: "DailyDeliveredPlatformEvents"} {
		var l struct{ Max, Remaining int }
		if json.Unmarshal(told[name], &l) == nil && l.Max > 0 {
			o.client.budget.toldEvents(time.Now(), bucket, max(l.Max-l.Remaining, 0), l.Max)
		}
	}
}

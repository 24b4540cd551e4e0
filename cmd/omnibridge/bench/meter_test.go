package bench

import (
	"fmt"
	"testing"
	"time"
)

func TestStamp(t *testing.T) {
	for data, want := range map[string]int64{
		`{"event":{"replayId":1},"sobject":{"Stamp__c":1790000000123456,"Id":"a1"}}`: 1790000000123456,
		`{"Stamp__c":7}`:    7,
		`{"Stamp__c":null}`: 0,
		`{"Stamp__c":`:      0,
		``:                  0,
	} {
		if got := stamp([]byte(data)); got != want {
			t.Errorf("stamp(%s) = %d, want %d", data, got, want)
		}
	}
}

// TestMeter holds that what warms up is not measured, that a figure ends after its
// time or its events, and that lost and reordered events are counted.
func TestMeter(t *testing.T) {
	begun := time.UnixMicro(1_790_000_000_000_000)
	for _, c := range []struct {
		name                    string
		plan                    plan
		replays                 []int64 // a delivery of one each, 10 ms apart
		after                   int     // deliveries until it is done; 0: it is not
		events, lost, p50Micros int64
	}{
		{"by events", plan{For: time.Hour, Events: 3}, []int64{101, 102, 103, 104, 105}, 4, 3, 0, 250},
		{"by time", plan{For: 20 * time.Millisecond}, []int64{101, 102, 103, 104}, 3, 2, 0, 250},
		{"warming up", plan{For: 20 * time.Millisecond, Warm: 20 * time.Millisecond}, []int64{101, 102, 103, 104, 105}, 5, 2, 0, 250},
		{"a gap of two", plan{For: time.Hour, Events: 2}, []int64{101, 102, 105}, 3, 2, 2, 250},
		{"a gap while warming up", plan{For: time.Hour, Warm: 15 * time.Millisecond, Events: 1}, []int64{101, 103, 104, 105}, 4, 1, 1, 250},
		{"twice", plan{For: time.Hour, Events: 2}, []int64{101, 102, 102}, 3, 2, 1, 250},
		{"not enough", plan{For: time.Hour, Events: 9}, []int64{101, 102, 103}, 0, 2, 0, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			m, after := newMeter(c.plan), 0
			for i, replay := range c.replays {
				now := begun.Add(time.Duration(i) * 10 * time.Millisecond)
				m.event(replay, fmt.Appendf(nil, `{"Stamp__c":%d}`, now.UnixMicro()-250), now)
				if m.settle(now) {
					after = i + 1
					break
				}
			}
			if after != c.after || m.found.Events != c.events || m.found.Lost != c.lost || m.found.P50 != c.p50Micros {
				t.Errorf("done after %d deliveries with %+v, want %d with %d events, %d lost and a p50 of %d µs", after, m.found, c.after, c.events, c.lost, c.p50Micros)
			}
		})
	}
}

// TestBound holds that what takes longest is said to be the bound, polls and commits
// overlapping, and that the disk is it from where the last column says.
func TestBound(t *testing.T) {
	for _, c := range []struct {
		poll, cpu, disk float64
		by              string
		from            float64
	}{
		{0.2, 0.1, 0.3, "disk", 0.1},
		{0.2, 0.4, 0.3, "cpu", 0.4},
		{2.0, 0.4, 0.3, "poll", 1.6},
		{0.6, 0.1, 0.45, "poll", 0.5},
		{0.6, 0.1, 0.5, "disk", 0.5},
	} {
		b := boundOf(Bound{Poll: c.poll, CPU: c.cpu, Disk: c.disk})
		if b.By != c.by || b.From != c.from {
			t.Errorf("poll %v, CPU %v, disk %v: bounded by %s, by the disk from %v; want %s, %v", c.poll, c.cpu, c.disk, b.By, b.From, c.by, c.from)
		}
		if again := boundOf(Bound{Poll: c.poll, CPU: c.cpu, Disk: b.From}); again.By != "disk" {
			t.Errorf("poll %v, CPU %v: not bounded by a disk of %v but by %s", c.poll, c.cpu, b.From, again.By)
		}
	}
}

package cometd_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"omnibridge/salesforce/mockorg/cometd"

	"pgregory.net/rapid"
)

func invalid(id any) string {
	return fmt.Sprintf("400::The replayId {%v} you provided was invalid.  Please provide a valid ID, -2 to replay all events, or -1 to replay only new events.", id)
}

func TestReplayIdsHaveGaps(t *testing.T) {
	o := start(t, nil)
	var ids []int64
	for n := range 20 {
		ids = append(ids, o.publish("/topic/A", n))
	}
	if !slices.IsSorted(ids) || len(slices.Compact(slices.Clone(ids))) != 20 {
		t.Errorf("ids %v do not increase", ids)
	}
	if ids[19]-ids[0] == 19 {
		t.Errorf("ids %v are contiguous", ids)
	}
}

func TestReplay(t *testing.T) {
	o := start(t, nil)
	var ids []int64
	for n := range 5 {
		ids = append(ids, o.publish("/topic/A", n))
	}
	foreign := o.publish("/topic/B", 99)
	c := o.up(t, "ann")
	for _, test := range []struct {
		replay string
		want   []int64
	}{
		{`-1`, nil}, {`"-1"`, nil}, {`-2`, []int64{0, 1, 2, 3, 4}}, {`"-2"`, []int64{0, 1, 2, 3, 4}},
		{fmt.Sprint(ids[2]), []int64{3, 4}}, {fmt.Sprintf(`"%d"`, ids[0]), []int64{1, 2, 3, 4}}, {fmt.Sprint(ids[4]), nil},
	} {
		if e := c.subscribe("/topic/A", test.replay); !e.ok() {
			t.Errorf("replay %s: %+v", test.replay, e)
		}
		got := c.send(c.message("connect", poll+`,"advice":{"timeout":0}`))
		if !slices.Equal(events(got), test.want) {
			t.Errorf("replay %s: %v, want %v", test.replay, events(got), test.want)
		}
	}
	for replay, shown := range map[string]any{
		`0`: 0, `-3`: -3, `1.5`: "1.5", `"x"`: "x", `null`: "null",
		fmt.Sprint(foreign): foreign, fmt.Sprint(foreign + 1000): foreign + 1000,
	} {
		if e := c.subscribe("/topic/C", replay); e.Error != invalid(shown) {
			t.Errorf("replay %s: %q, want %q", replay, e.Error, invalid(shown))
		}
	}
	if e := c.one("subscribe", fmt.Sprintf(`,"subscription":"/topic/A","ext":{"replay":{"/topic/X":1,"/topic/A":%d}}`, ids[3])); !e.ok() {
		t.Errorf("a foreign map with the channel in it: %+v", e)
	}
	if got := events(c.connect()); !slices.Equal(got, []int64{4}) {
		t.Errorf("events %v", got)
	}
	o.publish("/topic/A", 5)
	if e := c.one("subscribe", `,"subscription":"/topic/A","ext":{"replay":true}`); !e.ok() {
		t.Errorf("ext.replay as in a handshake: %+v", e)
	}
	if got := events(c.connect()); !slices.Equal(got, []int64{5}) {
		t.Errorf("subscribing again without a position: events %v, want what waited", got)
	}
}

func TestRetention(t *testing.T) {
	bubble(t, nil, func(t *testing.T, o *org) {
		topic, change := o.publish("/topic/A", 1), o.publish("/data/ChangeEvents", 1)
		o.clock.Advance(24 * time.Hour)
		late := o.publish("/topic/A", 2)
		if n := o.Usage().Retained; n != 3 {
			t.Errorf("%d events kept, want 3", n)
		}
		c := o.up(t, "ann")
		if e := c.subscribe("/topic/A", fmt.Sprint(topic)); !e.ok() {
			t.Errorf("an id of 24 h: %+v", e)
		}
		o.clock.Advance(time.Second)
		c.ready()
		if e := c.subscribe("/topic/A", fmt.Sprint(topic)); e.Error != invalid(topic) {
			t.Errorf("an id older than 24 h: %+v", e)
		}
		if e := c.subscribe("/topic/A", "-2"); !e.ok() {
			t.Errorf("the session must stay healthy: %+v", e)
		}
		if got := events(c.connect()); !slices.Equal(got, []int64{2}) {
			t.Errorf("replay of all: %v", got)
		}
		o.clock.Advance(48*time.Hour - time.Second)
		c.ready()
		if e := c.subscribe("/data/ChangeEvents", fmt.Sprint(change)); !e.ok() {
			t.Errorf("a change event of 72 h: %+v", e)
		}
		o.clock.Advance(time.Second)
		c.ready()
		if e := c.subscribe("/data/ChangeEvents", fmt.Sprint(change)); e.Error != invalid(change) {
			t.Errorf("a change event older than 72 h: %+v", e)
		}
		if e := c.subscribe("/topic/A", fmt.Sprint(late)); e.Error != invalid(late) {
			t.Errorf("the last event, long ago: %+v", e)
		}
		for range 3 {
			o.clock.Advance(25 * time.Hour)
			o.publish("/topic/A", 3)
		}
		if n := o.Usage().Retained; n != 1 {
			t.Errorf("%d events kept, want the last one", n)
		}
	})
}

func TestSwitches(t *testing.T) {
	o := start(t, nil)
	set := func(f func(*cometd.Settings)) {
		t.Helper()
		if err := o.Set(f); err != nil {
			t.Fatal(err)
		}
	}
	set(func(s *cometd.Settings) { s.Contiguous, s.AnyReplayID = true, true })
	first := o.publish("/topic/A", 1)
	for n := range int64(20) {
		if id := o.publish("/topic/B", int(n)); id != first+1+n {
			t.Fatalf("id %d after %d is not contiguous", id, first)
		}
	}
	c := o.up(t, "ann")
	if e := c.subscribe("/topic/A", fmt.Sprint(first+5)); !e.ok() {
		t.Errorf("an id of another topic, leniently: %+v", e)
	}
	set(func(s *cometd.Settings) { s.ConnectFirst, s.NumericIDs, s.EventsInSubscribe = true, true, true })
	o.publish("/topic/A", 2)
	if all := c.connect(); len(all) != 2 || !all[0].ok() || all[1].Data.N != 2 || all[0].ID[0] == '"' {
		t.Errorf("connect first, numeric: %+v", all)
	}
	all := c.send(c.message("subscribe", `,"subscription":"/topic/B","ext":{"replay":{"/topic/B":-2}}`))
	if len(all) != 21 || !all[0].ok() {
		t.Errorf("events in the subscribe reply: %d elements", len(all))
	}
}

func TestFilters(t *testing.T) {
	o := start(t, nil)
	c := o.up(t, "ann", "/topic/A?N=2&Name=a%26b", "/topic/A?Open=true", "/topic/A?Open=false", "/topic/A?Nothing=x")
	for n := range 4 {
		o.publish("/topic/A", n)
	}
	var got []string
	for _, e := range c.connect() {
		if e.Successful == nil {
			got = append(got, fmt.Sprint(e.Channel, " ", e.Data.N))
		}
	}
	want := []string{"/topic/A?Open=true 0", "/topic/A?Open=true 1", "/topic/A?N=2&Name=a%26b 2", "/topic/A?Open=true 2", "/topic/A?Open=true 3"}
	if !slices.Equal(got, want) {
		t.Errorf("filtered events %q, want %q", got, want)
	}
	if e := c.subscribe("/topic/A?N=3", "-2"); !e.ok() {
		t.Errorf("a filter with replay: %+v", e)
	}
	if got := events(c.connect()); !slices.Equal(got, []int64{3}) {
		t.Errorf("replayed through the filter: %v", got)
	}
}

func TestReplyIsCapped(t *testing.T) {
	o := start(t, nil)
	if err := o.Set(func(s *cometd.Settings) { s.MaxReply = 7 }); err != nil {
		t.Fatal(err)
	}
	c := o.up(t, "ann", "/topic/A", "/topic/B", "/topic/A?Open=false")
	var want, got []int64
	for n := range 50 {
		o.publish([]string{"/topic/A", "/topic/B"}[n%3%2], n)
		want = append(want, int64(n))
	}
	for len(got) < 50 {
		batch := events(c.connect())
		if len(batch) > 7 {
			t.Fatalf("%d events in one reply", len(batch))
		}
		got = append(got, batch...)
	}
	if !slices.Equal(got, want) {
		t.Errorf("events %v, want all in order", got)
	}
}

func TestMemoryIsBounded(t *testing.T) {
	o := start(t, nil)
	if err := o.Set(func(s *cometd.Settings) { s.MaxRetained = 10 }); err != nil {
		t.Fatal(err)
	}
	slow := o.up(t, "ann", "/topic/A")
	for n := range 9 {
		o.publish("/topic/A", n)
	}
	o.publish("/topic/B", 9)
	if got := events(slow.connect()); len(got) != 9 {
		t.Errorf("events %v, want 9", got)
	}
	for n := range 11 {
		o.publish("/topic/A", n)
	}
	if e := slow.one("connect", poll); e.Error != "403::Unknown client" {
		t.Errorf("a client that missed an event: %+v, want it to be told", e)
	}
	c := o.up(t, "ann")
	c.subscribe("/topic/A", "-2")
	if got := events(c.connect()); len(got) != 10 {
		t.Errorf("%d events are kept, want 10", len(got))
	}
	if err := o.Set(func(s *cometd.Settings) { s.MaxRetainedBytes = 1 }); err != nil {
		t.Fatal(err)
	}
	if o.publish("/topic/A", 1) == 0 {
		t.Error("an event larger than the memory must still get an id")
	}
}

// Whatever a client does with replay and reconnects, it sees each event of its
// channel once and in order, if it resumes from the last one it saw.
func TestResumeLosesNothing(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		o := start(t, nil)
		if err := o.Set(func(s *cometd.Settings) { s.MaxReply = rapid.IntRange(1, 4).Draw(rt, "MaxReply") }); err != nil {
			rt.Fatal(err)
		}
		c := o.up(t, "ann", "/topic/A")
		var want, got []int64
		cursor := int64(-1)
		take := func() {
			for _, e := range c.send(c.message("connect", poll+`,"advice":{"timeout":0}`)) {
				if e.Successful == nil {
					got, cursor = append(got, e.Data.N), e.Data.Replay
				}
			}
		}
		n := 0
		for range rapid.IntRange(1, 20).Draw(rt, "steps") {
			switch rapid.SampledFrom([]string{"publish", "publish elsewhere", "poll", "lose the session"}).Draw(rt, "step") {
			case "publish":
				n++
				o.publish("/topic/A", n)
				want = append(want, int64(n))
			case "publish elsewhere":
				o.publish("/topic/B", -1)
			case "poll":
				take()
			case "lose the session":
				if cursor < 0 {
					continue
				}
				o.ForgetAll()
				c.ready()
				if e := c.subscribe("/topic/A", fmt.Sprint(cursor)); !e.ok() {
					rt.Fatalf("resume: %+v", e)
				}
			}
		}
		for before := -1; before != len(got); {
			before = len(got)
			take()
		}
		if !slices.Equal(got, want) {
			rt.Fatalf("saw %v, want %v", got, want)
		}
	})
}

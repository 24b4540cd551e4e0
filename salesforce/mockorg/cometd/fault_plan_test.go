package cometd_test

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"omnibridge/salesforce/mockorg/cometd"
)

const brief = poll + `,"advice":{"timeout":0}`

// outcomes polls n times and notes what came of each poll: the status if it was no
// JSON, else the error.
func (c *client) outcomes(n int) (all []string) {
	c.t.Helper()
	for range n {
		status, text, _, err := c.post(c.t.Context(), "["+c.message("connect", brief)+"]")
		switch {
		case err != nil:
			all = append(all, "cut")
		case status != 200:
			all = append(all, fmt.Sprint(status))
		default:
			e := decode(c.t, text)
			all = append(all, e[len(e)-1].Error)
		}
	}
	return all
}

func TestFaultScript(t *testing.T) {
	o := start(t, nil)
	c := o.up(t, "ann", "/topic/A")
	o.arm(t, cometd.Fault{Script: []string{"ok", "http-503", "ok", "event-limit"}, Count: 2})
	o.arm(t, cometd.Fault{Name: "http-500", Count: -1})
	const limit = "403::Organization total events daily limit exceeded"
	if got, want := c.outcomes(3), []string{"", "503", ""}; !slices.Equal(got, want) {
		t.Errorf("the first three: %q, want %q", got, want)
	}
	if e := c.subscribe("/topic/B", ""); !e.ok() {
		t.Errorf("a subscribe takes no turn of a script of connects: %+v", e)
	}
	if left := o.Faults()[0]; left.Name != "script" || left.Count != 2 || !slices.Equal(left.Script, []string{"event-limit"}) {
		t.Errorf("left: %+v", left)
	}
	if got, want := c.outcomes(6), []string{limit, "", "503", "", limit, "500"}; !slices.Equal(got, want) {
		t.Errorf("the others: %q, want %q", got, want)
	}
	if n := o.Disarm("script"); n != 0 || len(o.Faults()) != 1 {
		t.Errorf("%d scripts left of a script that is over, faults %+v", n, o.Faults())
	}
}

// A script strikes a connect that is held already, and counts it once, however
// often it is woken.
func TestFaultPlansOfHeldConnects(t *testing.T) {
	bubble(t, nil, func(t *testing.T, o *org) {
		c := o.up(t, "ann", "/topic/A")
		other := o.up(t, "bob", "/topic/B")
		got := c.held()
		o.arm(t, cometd.Fault{Name: "http-503", After: 1, User: "ann"})
		for range 5 {
			o.arm(t, cometd.Fault{Name: "busy", User: "nobody"}) // wakes every held connect
			synctest.Wait()
		}
		o.publish("/topic/A", 1)
		if a := <-got; a.status != 200 || !slices.Equal(events(a.all), []int64{1}) {
			t.Errorf("the first connect: %+v, want it spared", a)
		}
		if got := c.outcomes(2); !slices.Equal(got, []string{"503", ""}) {
			t.Errorf("the next: %q", got)
		}
		got = other.held()
		time.Sleep(time.Second)
		o.arm(t, cometd.Fault{Script: []string{"http-500", "ok"}, User: "bob"})
		if a := <-got; a.status != 500 || a.after != time.Second {
			t.Errorf("a held connect: %+v, want the script's first outcome at once", a)
		}
	})
}

func TestFaultsByChanceFollowTheSeed(t *testing.T) {
	run := func(seed uint64, noise bool) []string {
		o := start(t, func(o *cometd.Options) { o.FaultSeed = seed })
		c, other := o.up(t, "ann", "/topic/A"), o.up(t, "bob", "/topic/A")
		o.arm(t, cometd.Fault{Name: "http-503", Probability: 0.3, Count: -1, User: "ann"})
		o.arm(t, cometd.Fault{Name: "auth-invalid", Probability: 0.5, Count: -1, User: "bob"})
		var all []string
		for range 60 {
			if noise {
				other.outcomes(1)
			}
			all = append(all, c.outcomes(1)...)
		}
		return all
	}
	first := run(7, false)
	struck := len(slices.DeleteFunc(slices.Clone(first), func(s string) bool { return s == "" }))
	if struck < 8 || struck > 30 {
		t.Errorf("%d of 60 were struck with a probability of 0.3", struck)
	}
	if again := run(7, true); !slices.Equal(first, again) {
		t.Errorf("the same seed gave\n%v and\n%v", first, again)
	}
	if other := run(8, false); slices.Equal(first, other) {
		t.Error("another seed gave the same strikes")
	}
	o := start(t, nil)
	c := o.up(t, "ann", "/topic/A")
	var runs [2]string
	for i := range runs {
		o.SeedFaults(42)
		o.arm(t, cometd.Fault{Name: "http-500", Probability: 0.5, Count: -1})
		runs[i] = fmt.Sprint(c.outcomes(30))
		o.Disarm("")
	}
	if runs[0] != runs[1] {
		t.Errorf("after the same seed:\n%s\n%s", runs[0], runs[1])
	}
}

// An outcome without an occasion is used up: this reply holds no events.
func TestFaultScriptOfEvents(t *testing.T) {
	o := start(t, nil)
	c := o.up(t, "ann", "/topic/A")
	o.arm(t, cometd.Fault{Script: []string{"drop-reply", "drop-reply", "ok"}})
	if got := c.outcomes(1); !slices.Equal(got, []string{""}) {
		t.Errorf("without events: %q", got)
	}
	o.publish("/topic/A", 1)
	o.publish("/topic/A", 1)
	if got := c.outcomes(2); !slices.Equal(got, []string{"cut", ""}) {
		t.Errorf("with events: %q", got)
	}
	id := o.publish("/topic/A", 1)
	o.arm(t, cometd.Fault{Script: []string{"ok", "expired-replay"}})
	for _, want := range []bool{true, false, true} {
		if e := c.subscribe("/topic/A", fmt.Sprint(o.LastReplayID())); e.ok() != want {
			t.Errorf("subscribe from %d: %+v, want success %v", id, e, want)
		}
	}
}

func TestArmRefusesPlans(t *testing.T) {
	o := start(t, nil)
	for says, f := range map[string]cometd.Fault{
		"probability is 1.5":                   {Name: "http-503", Probability: 1.5},
		"probability is NaN":                   {Name: "http-503", Probability: math.NaN()},
		"after is -1":                          {Name: "http-503", After: -1},
		"has a script too":                     {Name: "http-503", Script: []string{"ok"}},
		"the script has 0 outcomes":            {Name: "script"},
		"the script has 1001":                  {Script: slices.Repeat([]string{"ok"}, 1001)},
		"leaves nothing to chance":             {Script: []string{"ok"}, Probability: 0.5},
		`no such fault as "gremlin"`:           {Script: []string{"ok", "gremlin"}},
		`no such fault as "ok"`:                {Name: "ok"},
		"are for different messages":           {Script: []string{"client-limit", "expired-replay"}},
		"only a subscribe carries a replay id": {Script: []string{"ok", "expired-replay"}, On: "connect"},
		"only connects bring a session":        {Name: "withhold", On: "subscribe"},
		`on is "publish"`:                      {Name: "http-503", On: "publish"},
	} {
		if err := o.Arm(f); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("want %q: %v", says, err)
		}
	}
	if n := len(o.Faults()); n != 0 {
		t.Errorf("%d are armed", n)
	}
}

// A session from which events are withheld lives on; another one gets them all, and
// so does this one in the end.
func TestWithhold(t *testing.T) {
	bubble(t, nil, func(t *testing.T, o *org) {
		c := o.up(t, "ann", "/topic/A")
		from := fmt.Sprint(o.publish("/topic/A", 1))
		c.connect()
		got := c.held()
		time.Sleep(time.Second)
		o.arm(t, cometd.Fault{Name: "withhold"})
		o.publish("/topic/A", 2)
		a := <-got
		if last := a.all[len(a.all)-1]; len(a.all) != 1 || !last.ok() || a.after < time.Minute {
			t.Errorf("%+v after %v, want an empty answer at the end of the poll", a.all, a.after)
		}
		if got := c.outcomes(1); !slices.Equal(got, []string{""}) || len(o.Faults()) != 0 {
			t.Errorf("the session: %q, faults %+v", got, o.Faults())
		}
		next := o.up(t, "ann")
		if e := next.subscribe("/topic/A", from); !e.ok() {
			t.Fatalf("%+v", e)
		}
		if got := events(next.connect()); !slices.Equal(got, []int64{2}) {
			t.Errorf("the next session got %v", got)
		}
		o.publish("/topic/A", 3)
		got = c.held()
		time.Sleep(time.Second)
		o.Disarm("withhold")
		if a := <-got; a.after != time.Second || !slices.Equal(events(a.all), []int64{2, 3}) {
			t.Errorf("after it was disarmed: %+v", a)
		}
	})
}

package connector_test

import (
	"testing"
	"testing/synctest"
	"time"

	"omnibridge/connector"
	"omnibridge/omnichannel"
	"omnibridge/vcc"
)

// TestDayOutlivesRestart holds that what was counted today is there after a clean end and
// a start, that it is kept within five seconds in case there is no clean end, and that how
// long agents do the same thing is known to the minute.
func TestDayOutlivesRestart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMemory(t)
		o := &org{present: agentsPresent}
		r := start(t, o, m, nil)
		synctest.Wait()
		if err := r.sink.Deliver(t.Context(), []omnichannel.Signal{omnichannel.PSRSeen{PSR: psr(1)}}, nil); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		w := o.works[0]
		w.Status = omnichannel.Opened
		if err := r.sink.Deliver(t.Context(), []omnichannel.Signal{omnichannel.WorkSeen{Work: w}}, nil); err != nil {
			t.Fatal(err)
		}
		time.Sleep(6 * time.Second)
		synctest.Wait()
		kept, err := m.Load(t.Context())
		if err != nil || len(kept.Day.Plans) != 1 || kept.Day.Plans[0].Today.Accepted != 1 || len(kept.Day.Agents) != 1 || kept.Day.Agents[0].Doing != "talk" {
			t.Fatalf("after five seconds there is kept %+v, %v", kept.Day, err)
		}
		since := kept.Day.At
		time.Sleep(61 * time.Second)
		synctest.Wait()
		if kept, err = m.Load(t.Context()); err != nil || kept.Day.At.Sub(since) < 55*time.Second {
			t.Fatalf("a minute later it counts until %s, %s before, %v", kept.Day.At, since, err)
		}
		was := day(t, r.c)
		r.end(t)
		time.Sleep(time.Hour)

		r = start(t, o, m, nil)
		synctest.Wait()
		is := day(t, r.c)
		if !is.CountedDay.Equal(was.CountedDay) || len(is.Plans) != 1 || is.Plans[0].Today.Accepted != 1 || is.Plans[0].Total.Accepted != 0 {
			t.Errorf("after a restart %s %+v is counted, before %s %+v", is.CountedDay, is.Plans, was.CountedDay, was.Plans)
		}
		if got, want := is.AgentStats[0].Times.Talk, was.AgentStats[0].Times.Talk; got < want || got > want+time.Second {
			t.Errorf("she talked for %s, and before the restart, in which an hour passed, for %s", got, want)
		}
		r.end(t)
	})
}

func day(t *testing.T, c *connector.Connector) connector.View {
	t.Helper()
	v, err := c.View(t.Context())
	if err != nil || len(v.Plans) == 0 || len(v.AgentStats) != 1 || v.AgentStats[0].Agent != vcc.AgentID(ada) {
		t.Fatalf("%+v, %v", v, err)
	}
	return v
}

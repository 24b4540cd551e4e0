package streaming_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"time"

	"omnibridge/salesforce/mockorg/clock"
	"omnibridge/salesforce/mockorg/cometd"
)

// mocked is the mock org's streaming server, with a clock that can be moved.
type mocked struct {
	*cometd.Server
	clock *clock.Clock
}

// TestFaultMatrixOfTheMockOrg runs cells against the mock org's streaming
// server, which another hand wrote from the same documentation.
func TestFaultMatrixOfTheMockOrg(t *testing.T) {
	matrix(t, mockCells(), func(t *testing.T) org {
		now := clock.New()
		s := mocked{cometd.New(cometd.Options{Clock: now}), now}
		publish := func(channel string, n int) (ids []int64) {
			for range n {
				ids = append(ids, s.Publish(channel, func(id int64) json.RawMessage {
					return json.RawMessage(fmt.Sprintf(`{"event":{"createdDate":"2026-11-22T10:00:00.123Z","replayId":%d,"type":"created"},"sobject":{"Id":"0JR%012d"}}`, id, id))
				}))
			}
			return ids
		}
		return org{Handler: s, publish: publish, close: func() { s.Close(); now.Stop() }}
	})
}

func mockCells() []cell {
	cells := []cell{
		{name: "every client forgotten", strike: func(r *rig) { r.mock().ForgetAll() }},
		{name: "session lost and replay ID expired", gaps: []string{psr}, strike: armed("expired-replay", "unknown-client")},
		{name: "events in subscribe replies", strike: func(r *rig) {
			if err := r.mock().Set(func(set *cometd.Settings) { set.EventsInSubscribe, set.ConnectFirst, set.NumericIDs = true, true, true }); err != nil {
				r.t.Error(err)
			}
			r.mock().ForgetAll()
		}},
		{name: "withhold", strike: func(r *rig) { armed("withhold")(r); r.client.Renew("its owner misses events") }},
		{name: "the routing cookie expires", strike: func(r *rig) { time.Sleep(3*time.Hour - 11*time.Second) }},
		{name: "the org's clock jumps by 2 hours", strike: func(r *rig) { r.mock().clock.Advance(2 * time.Hour) }},
		{name: "the daily limit of delivered events", lasts: 3 * time.Hour, wait: 4*time.Hour + time.Minute,
			strike: func(r *rig) { limit(r, 0); r.mock().ForgetAll() }, heal: func(r *rig) { limit(r, -1) }},
		{name: "busy", wait: 61 * time.Second, check: noLogin, strike: armed("busy")},
		{name: "silence", wait: untilSilent, strike: armed("silence")},
		{name: "too many clients", wait: 61 * time.Second, strike: armed("client-limit", "unknown-client")},
		{name: "crowded", wait: 5*time.Minute + time.Second, strike: armed("crowded", "unknown-client")},
		{name: "subscribe denied", wait: 5*time.Minute + 2*time.Minute, strike: armed("create-denied", "unknown-client")},
	}
	for _, name := range []string{"unknown-client", "unknown-client-none", "disconnect", "auth-invalid", "http-503", "http-500", "tcp-reset", "connect-first", "numeric-ids", "drop-reply"} {
		cells = append(cells, cell{name: name, strike: armed(name)})
	}
	return cells
}

// TestMockCellsCoverItsFaults: a fault that the mock org learns is a cell here.
func TestMockCellsCoverItsFaults(t *testing.T) {
	covered := []string{"busy", "silence", "client-limit", "crowded", "event-limit", "create-denied", "expired-replay"}
	for _, c := range mockCells() {
		covered = append(covered, c.name)
	}
	for name, about := range cometd.FaultNames() {
		if !slices.Contains(covered, name) {
			t.Errorf("no cell for the mock org's fault %s: %s", name, about)
		}
	}
}

func (r *rig) mock() mocked { return r.handler.(mocked) }

func limit(r *rig, delivered int) {
	if err := r.mock().Set(func(set *cometd.Settings) { set.MaxDelivered = delivered }); err != nil {
		r.t.Error(err)
	}
}

func armed(names ...string) func(r *rig) {
	return func(r *rig) {
		for _, name := range names {
			if err := r.mock().Arm(cometd.Fault{Name: name}); err != nil {
				r.t.Error(err)
			}
		}
	}
}

package streaming_test

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"omnibridge/salesforce/mockorg/clock"
	"omnibridge/salesforce/mockorg/cometd"
)

// TestDeliveryFromTheMockOrg runs the suite against the mock org's streaming
// server, which another hand wrote from the same documentation.
func TestDeliveryFromTheMockOrg(t *testing.T) {
	deliverySuite(t, func(t *testing.T) (org, []suiteFault) {
		now := clock.New()
		s := cometd.New(cometd.Options{Clock: now})
		publish := func() int64 {
			return s.Publish(psr, func(id int64) json.RawMessage {
				return json.RawMessage(fmt.Sprintf(`{"event":{"createdDate":"2026-11-22T10:00:00.123Z","replayId":%d,"type":"created"},"sobject":{"Id":"0JR%012d"}}`, id, id))
			})
		}
		return org{Handler: s, publish: publish, close: func() { s.Close(); now.Stop() }, events: 500}, mockFaults(t, s)
	})
}

func mockFaults(t *testing.T, s *cometd.Server) []suiteFault {
	faults := []suiteFault{
		{name: "none", strike: func(*rig) {}},
		{name: "every client forgotten", strike: func(*rig) { s.ForgetAll() }},
		{name: "session lost and replay ID expired", gap: true, strike: func(*rig) {
			arm(t, s, "expired-replay")
			arm(t, s, "unknown-client")
		}},
		{name: "events in subscribe replies", strike: func(*rig) {
			if err := s.Set(func(set *cometd.Settings) { set.EventsInSubscribe, set.ConnectFirst, set.NumericIDs = true, true, true }); err != nil {
				t.Error(err)
			}
			s.ForgetAll()
		}},
		{name: "delivery fails", strike: func(r *rig) {
			r.owner.mu.Lock()
			r.owner.fail = 1
			r.owner.mu.Unlock()
		}},
	}
	for _, name := range []string{"unknown-client", "unknown-client-none", "disconnect", "auth-invalid", "http-503", "http-500", "tcp-reset", "connect-first", "numeric-ids", "drop-reply"} {
		faults = append(faults, suiteFault{name: name, strike: func(*rig) { arm(t, s, name) }})
	}
	return append(faults,
		suiteFault{name: "busy", stall: 61 * time.Second, strike: func(*rig) { arm(t, s, "busy") }},
		suiteFault{name: "silence", stall: 131 * time.Second, strike: func(*rig) { arm(t, s, "silence") }},
	)
}

func arm(t *testing.T, s *cometd.Server, name string) {
	if err := s.Arm(cometd.Fault{Name: name}); err != nil {
		t.Error(err)
	}
}

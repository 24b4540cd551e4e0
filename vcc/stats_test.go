package vcc_test

import (
	"testing"
	"time"

	"omnibridge/vcc"
)

// TestOnTarget holds whom the share counts: all who were connected, and who had reason to
// be; of fewer than ten it says nothing.
func TestOnTarget(t *testing.T) {
	for _, tt := range []struct {
		s    vcc.Service
		want int // -1: too few
	}{
		{vcc.Service{}, -1},
		{vcc.Service{Connected: 9, InTime: 9}, -1},
		{vcc.Service{Connected: 10, InTime: 10}, 100},
		{vcc.Service{Connected: 8, InTime: 8, LeftLate: 1, Still: 1}, 80},
		{vcc.Service{Connected: 9, InTime: 9, LeftEarly: 50}, -1},
		{vcc.Service{Connected: 12, InTime: 8}, 66},
		{vcc.Service{LeftLate: 10}, 0},
	} {
		if got, ok := tt.s.OnTarget(); ok != (tt.want >= 0) || ok && got != tt.want {
			t.Errorf("%+v: %d, %v; want %d", tt.s, got, ok, tt.want)
		}
	}
}

// TestOccupancy holds that time without a share in it, as away, does not count, and that
// of less than a minute nothing is said.
func TestOccupancy(t *testing.T) {
	for _, tt := range []struct {
		t    vcc.AgentTimes
		want int // -1: not known
	}{
		{vcc.AgentTimes{Away: time.Hour, Blocked: time.Hour}, -1},
		{vcc.AgentTimes{Talk: 30 * time.Second, Ready: 29 * time.Second}, -1},
		{vcc.AgentTimes{Talk: 30 * time.Second, Ready: 30 * time.Second, Away: time.Hour}, 50},
		{vcc.AgentTimes{Talk: time.Minute, Hold: time.Minute, Wrap: time.Minute, Ready: time.Minute}, 75},
		{vcc.AgentTimes{Hold: time.Minute}, 100},
		{vcc.AgentTimes{Ready: time.Minute}, 0},
	} {
		if got, ok := tt.t.Occupancy(); ok != (tt.want >= 0) || ok && got != tt.want {
			t.Errorf("%+v: %d, %v; want %d", tt.t, got, ok, tt.want)
		}
	}
}

package vcc_test

import (
	"testing"

	"omnibridge/vcc"
)

func TestSizesValidate(t *testing.T) {
	for _, tt := range []struct {
		name string
		s    vcc.Sizes
		ok   bool
	}{
		{"default", vcc.DefaultSizes, true},
		{"documented example", vcc.Sizes{Live: 51, SemiLive: 33, NonLive: 20}, true},
		{"demo", vcc.Sizes{Live: 51, SemiLive: 15, NonLive: 6}, true},
		{"two calls would fit", vcc.Sizes{Live: 50, SemiLive: 33, NonLive: 20}, false},
		{"live over all", vcc.Sizes{Live: 101, SemiLive: 33, NonLive: 20}, false},
		{"no semi-live", vcc.Sizes{Live: 51, SemiLive: 0, NonLive: 20}, false},
		{"no non-live", vcc.Sizes{Live: 51, SemiLive: 1, NonLive: 0}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if err := tt.s.Validate(); (err == nil) != tt.ok {
				t.Errorf("Validate() = %v, want ok %v", err, tt.ok)
			}
		})
	}
}

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
		{"the least", vcc.Sizes{Live: 51, SemiLive: 1, NonLive: 1}, true},
		{"the most", vcc.Sizes{Live: 100, SemiLive: 100, NonLive: 100}, true},
		{"no semi-live", vcc.Sizes{Live: 51, SemiLive: 0, NonLive: 20}, false},
		{"semi-live over all", vcc.Sizes{Live: 51, SemiLive: 101, NonLive: 20}, false},
		{"no non-live", vcc.Sizes{Live: 51, SemiLive: 1, NonLive: 0}, false},
		{"non-live over all", vcc.Sizes{Live: 51, SemiLive: 1, NonLive: 101}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if err := tt.s.Validate(); (err == nil) != tt.ok {
				t.Errorf("Validate() = %v, want ok %v", err, tt.ok)
			}
		})
	}
}

func TestClasses(t *testing.T) {
	sizes := vcc.Sizes{Live: 60, SemiLive: 30, NonLive: 10}
	want := map[vcc.Class]int{vcc.Live: 60, vcc.SemiLive: 30, vcc.NonLive: 10}
	for _, c := range vcc.Classes {
		if !c.Valid() || sizes.Of(c) != want[c] {
			t.Errorf("%s: valid %v, size %d", c, c.Valid(), sizes.Of(c))
		}
	}
	for _, c := range []vcc.Class{"", "loud", "Live"} {
		if c.Valid() {
			t.Errorf("%q is valid", c)
		}
	}
}

package mockorg_test

import (
	"fmt"
	"math"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"omnibridge/salesforce/mockorg"
	"omnibridge/salesforce/mockorg/cometd"
)

// fates makes n requests and notes what became of each: the status, 0 when the
// connection was closed.
func (s *site) fates(n int, method, path, body string) (fates []int) {
	s.t.Helper()
	for range n {
		status := 0
		if reply, _, err := s.send(method, path, body); err == nil {
			status = reply.StatusCode
		}
		fates = append(fates, status)
	}
	return fates
}

func (s *site) arm(faults ...mockorg.Fault) {
	s.t.Helper()
	for _, f := range faults {
		if err := s.o.Arm(f); err != nil {
			s.t.Fatal(err)
		}
	}
}

func TestScript(t *testing.T) {
	s := newSite(t, mockorg.Options{})
	s.arm(mockorg.Fault{Script: []string{"ok", "lost-reply", "ok", "unavailable"}, Method: "post", Object: "Account", Count: 2},
		mockorg.Fault{Name: "server-error", Method: "POST", Count: -1})
	if got := s.fates(3, "POST", "sobjects/Account", `{"Name":"x"}`); !slices.Equal(got, []int{201, 0, 201}) {
		t.Errorf("the first three: %v", got)
	}
	s.call(200, "GET", "sobjects/Account", "") // it does not fit, and takes no turn
	if left := s.o.Faults()[0]; left.Name != "script" || left.Count != 2 || !slices.Equal(left.Script, []string{"unavailable"}) {
		t.Errorf("left: %+v", left)
	}
	if got := s.fates(6, "POST", "sobjects/Account", `{"Name":"x"}`); !slices.Equal(got, []int{503, 201, 0, 201, 503, 500}) {
		t.Errorf("the others: %v", got)
	}
	if n := len(s.o.Records("Account")); n != 6 {
		t.Errorf("%d accounts, want 6: the lost replies were carried out", n)
	}
	s.arm(mockorg.Fault{Script: []string{"ok"}, Count: -1})
	if n := s.o.Disarm("script"); n != 1 || len(s.o.Faults()) != 1 {
		t.Errorf("disarmed %d, left %+v", n, s.o.Faults())
	}
}

func TestScriptOfLatency(t *testing.T) {
	s := newSite(t, mockorg.Options{})
	const delay = 30 * time.Millisecond
	s.arm(mockorg.Fault{Script: []string{"ok", "latency"}, Delay: delay})
	s.call(200, "GET", "limits", "")
	begin := time.Now()
	if s.call(200, "GET", "limits", ""); time.Since(begin) < delay {
		t.Errorf("the reply took %v", time.Since(begin))
	}
}

func TestFaultAfter(t *testing.T) {
	s := newSite(t, mockorg.Options{})
	s.arm(mockorg.Fault{Name: "unavailable", After: 2, Count: 2}, mockorg.Fault{Name: "server-error"})
	if got := s.fates(6, "GET", "limits", ""); !slices.Equal(got, []int{500, 200, 503, 503, 200, 200}) {
		t.Errorf("fates: %v", got)
	}
}

// The same seed, faults and requests make for the same strikes, in another org
// too and whatever else is asked; another seed makes for others.
func TestFaultsByChanceFollowTheSeed(t *testing.T) {
	run := func(seed uint64, noise bool) []int {
		s := newSite(t, mockorg.Options{FaultSeed: seed})
		s.arm(mockorg.Fault{Name: "unavailable", Probability: 0.3, Count: -1, Object: "Account"},
			mockorg.Fault{Name: "lock-row", Probability: 0.5, Count: -1, Object: "Contact"})
		var fates []int
		for range 60 {
			if noise {
				s.fates(1, "GET", "sobjects/Contact", "")
			}
			fates = append(fates, s.fates(1, "GET", "sobjects/Account", "")...)
		}
		return fates
	}
	first := run(7, false)
	struck := len(slices.DeleteFunc(slices.Clone(first), func(status int) bool { return status == 200 }))
	if struck < 8 || struck > 30 {
		t.Errorf("%d of 60 were struck with a probability of 0.3", struck)
	}
	if again := run(7, true); !slices.Equal(first, again) {
		t.Errorf("the same seed gave\n%v and\n%v", first, again)
	}
	if other := run(8, false); slices.Equal(first, other) {
		t.Error("another seed gave the same strikes")
	}
}

// The org's seed is that of its streaming server's faults, too.
func TestStreamingFaultsFollowTheOrgsSeed(t *testing.T) {
	run := func(o mockorg.Options, reseed bool) string {
		s := newSite(t, o)
		if reseed {
			s.o.SeedFaults(7)
		}
		if err := s.o.Streaming().Arm(cometd.Fault{Name: "http-503", On: "handshake", Probability: 0.5, Count: -1}); err != nil {
			t.Fatal(err)
		}
		return fmt.Sprint(s.fates(40, "POST", "/cometd/62.0", `[{"id":"1","channel":"/meta/handshake","version":"1.0","supportedConnectionTypes":["long-polling"]}]`))
	}
	first := run(mockorg.Options{FaultSeed: 7}, false)
	if !strings.Contains(first, "503") || !strings.Contains(first, "200") {
		t.Errorf("fates: %s", first)
	}
	if again := run(mockorg.Options{FaultSeed: 7}, false); first != again {
		t.Errorf("the same seed gave\n%s and\n%s", first, again)
	}
	if again := run(mockorg.Options{FaultSeed: 3}, true); first != again {
		t.Errorf("the same seed, set later, gave\n%s and\n%s", first, again)
	}
	if other := run(mockorg.Options{FaultSeed: 8}, false); first == other {
		t.Error("another seed gave the same strikes")
	}
}

func TestSeedFaultsBeginsAnew(t *testing.T) {
	s := newSite(t, mockorg.Options{FaultSeed: 1})
	var runs [2]string
	for i := range runs {
		s.o.SeedFaults(42)
		s.arm(mockorg.Fault{Name: "unavailable", Probability: 0.5, Count: -1})
		runs[i] = fmt.Sprint(s.fates(30, "GET", "limits", ""))
		s.o.Disarm("")
	}
	if runs[0] != runs[1] {
		t.Errorf("after the same seed:\n%s\n%s", runs[0], runs[1])
	}
}

func TestCertainAndCountedChance(t *testing.T) {
	s := newSite(t, mockorg.Options{})
	s.arm(mockorg.Fault{Name: "unavailable", Probability: 1, Count: 2})
	if got := s.fates(3, "GET", "limits", ""); !slices.Equal(got, []int{503, 503, 200}) {
		t.Errorf("fates: %v", got)
	}
}

func TestArmRefusesPlans(t *testing.T) {
	s := newSite(t, mockorg.Options{})
	for says, f := range map[string]mockorg.Fault{
		"probability is 1.5":         {Name: "unavailable", Probability: 1.5},
		"probability is -0.1":        {Name: "unavailable", Probability: -0.1},
		"probability is NaN":         {Name: "unavailable", Probability: math.NaN()},
		"after is -1":                {Name: "unavailable", After: -1},
		"has a script too":           {Name: "unavailable", Script: []string{"ok"}},
		"the script has 0 outcomes":  {Name: "script"},
		"the script has 1001":        {Script: slices.Repeat([]string{"ok"}, 1001)},
		"leaves nothing to chance":   {Script: []string{"ok"}, Probability: 0.5},
		`no such fault as "gremlin"`: {Script: []string{"ok", "gremlin"}},
		`no such fault as "script"`:  {Script: []string{"script"}},
		`no such fault as "ok"`:      {Name: "ok"},
		"delay of latency is 0s":     {Script: []string{"latency"}},
		"mixes":                      {Script: []string{"change-gap", "ok", "unavailable"}},
		"not with path or method":    {Script: []string{"ok", "change-gap"}, Path: "/"},
	} {
		if err := s.o.Arm(f); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("want %q: %v", says, err)
		}
	}
	if n := len(s.o.Faults()); n != 0 {
		t.Errorf("%d are armed", n)
	}
}

func TestControlPlanePlansFaults(t *testing.T) {
	s := newSite(t, mockorg.Options{})
	s.call(200, "POST", "/mock/v1/faults/seed", `{"seed":9}`)
	s.call(200, "POST", "/mock/v1/faults", `{"name":"unavailable","probability":0.25,"after":3,"count":-1}`)
	got := s.call(200, "POST", "/mock/v1/faults", `{"script":["ok","lost-reply"],"path":"/services/data","method":"POST"}`)
	for _, want := range []string{`{"name":"unavailable","count":-1,"after":3,"probability":0.25}`,
		`{"name":"script","count":1,"script":["ok","lost-reply"],"path":"/services/data","method":"POST"}`} {
		if !strings.Contains(got, want) {
			t.Errorf("%s is missing in %s", want, got)
		}
	}
	s.call(200, "POST", "/mock/v1/faults", `{"name":"unknown-client","after":1,"probability":0.5}`)
	got = s.call(200, "POST", "/mock/v1/faults", `{"script":["ok","http-503"],"on":"connect","user":"005"}`)
	for _, want := range []string{`{"name":"unknown-client","count":1,"after":1,"probability":0.5}`,
		`{"name":"script","count":1,"script":["ok","http-503"],"on":"connect","user":"005"}`} {
		if !strings.Contains(got, want) {
			t.Errorf("%s is missing in %s", want, got)
		}
	}
	for _, body := range []string{`{"name":"unavailable","probability":0}`, `{"name":"unknown-client","path":"/services"}`,
		`{"name":"unknown-client","probability":0}`, `{"name":"http-503","probability":2}`, `{"script":["ok","http-503","lost-reply"]}`, `{"script":[]}`} {
		s.call(http.StatusBadRequest, "POST", "/mock/v1/faults", body)
	}
	s.call(http.StatusBadRequest, "POST", "/mock/v1/faults/seed", `{}`)
	if got := s.call(200, "DELETE", "/mock/v1/faults?name=script", ""); !strings.Contains(got, `"disarmed":2`) {
		t.Error(got)
	}
}

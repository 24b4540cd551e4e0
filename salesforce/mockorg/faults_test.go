package mockorg_test

import (
	"strings"
	"testing"
	"time"

	"omnibridge/salesforce/mockorg"
)

func TestFaults(t *testing.T) {
	for _, test := range []struct {
		fault  string
		status int
		code   string
	}{
		{"session-expired", 401, "INVALID_SESSION_ID"},
		{"unavailable", 503, "SERVER_UNAVAILABLE"},
		{"server-error", 500, "UNKNOWN_EXCEPTION"},
		{"request-limit", 403, "REQUEST_LIMIT_EXCEEDED"},
		{"concurrency", 403, "REQUEST_LIMIT_EXCEEDED"},
		{"lock-row", 400, "UNABLE_TO_LOCK_ROW"},
	} {
		t.Run(test.fault, func(t *testing.T) {
			s := newSite(t, mockorg.Options{})
			if err := s.o.Arm(mockorg.Fault{Name: test.fault, Count: 2, Method: "post", Object: "account"}); err != nil {
				t.Fatal(err)
			}
			s.call(200, "GET", "sobjects/Account", "") // another method
			s.create("Contact", `{"LastName":"other object"}`)
			for range 2 {
				s.refused(test.status, test.code, "POST", "sobjects/Account", `{"Name":"x"}`)
			}
			if n := len(s.o.Records("Account")); n != 0 {
				t.Errorf("%d accounts were made under the fault", n)
			}
			s.create("Account", `{"Name":"x"}`)
			if left := s.o.Faults(); len(left) != 0 {
				t.Errorf("left are %+v", left)
			}
		})
	}
}

func TestLostReply(t *testing.T) {
	s := newSite(t, mockorg.Options{})
	for fault, made := range map[string]int{"lost-request": 0, "lost-reply": 1} {
		if err := s.o.Arm(mockorg.Fault{Name: fault}); err != nil {
			t.Fatal(err)
		}
		if reply, text, err := s.send("POST", "sobjects/Account", `{"Name":"`+fault+`"}`); err == nil {
			t.Errorf("%s: reply %d %s", fault, reply.StatusCode, text)
		}
		n := s.query("SELECT COUNT() FROM Account WHERE Name = '" + fault + "'").TotalSize
		if n != made {
			t.Errorf("%s: %d accounts, want %d", fault, n, made)
		}
	}
}

func TestFaultByQueryObject(t *testing.T) {
	s := newSite(t, mockorg.Options{})
	if err := s.o.Arm(mockorg.Fault{Name: "unavailable", Object: "AgentWork", Count: -1}); err != nil {
		t.Fatal(err)
	}
	s.query("SELECT Id FROM Case")
	s.refused(503, "SERVER_UNAVAILABLE", "GET", "query?q=SELECT+Id+FROM+AgentWork", "")
	if n := s.o.Disarm("unavailable"); n != 1 {
		t.Errorf("disarmed %d", n)
	}
	s.query("SELECT Id FROM AgentWork")
}

func TestFaultElsewhere(t *testing.T) {
	s := newSite(t, mockorg.Options{})
	if err := s.o.Arm(mockorg.Fault{Name: "bad-gateway", Path: "/services/oauth2/token"}); err != nil {
		t.Fatal(err)
	}
	s.call(200, "GET", "limits", "")
	if got := s.call(502, "POST", "/services/oauth2/token", ""); !strings.Contains(got, "<html>") {
		t.Errorf("bad gateway gives %s", got)
	}
	s.login()
}

// TestFaultAtTheConsole holds that a fault whose path says so strikes the pages for
// people, their calls and their stream, and only then.
func TestFaultAtTheConsole(t *testing.T) {
	s := newSite(t, mockorg.Options{})
	arm := func(f mockorg.Fault) {
		t.Helper()
		if err := s.o.Arm(f); err != nil {
			t.Fatal(err)
		}
	}
	arm(mockorg.Fault{Name: "unavailable", Count: -1}) // of the REST API
	s.call(200, "GET", "/lightning/page/home", "")
	s.call(401, "GET", "/lightning/api/omni", "")
	s.o.Disarm("")

	arm(mockorg.Fault{Name: "unavailable", Path: "/lightning/api/"})
	s.call(200, "GET", "/lightning/page/home", "")
	s.call(503, "GET", "/lightning/api/omni", "")
	s.call(401, "GET", "/lightning/api/omni", "")

	arm(mockorg.Fault{Name: "bad-gateway", Path: "/lightning/stream"})
	s.call(502, "GET", "/lightning/stream", "")
	arm(mockorg.Fault{Name: "server-error", Path: "/", Count: 2})
	s.call(500, "GET", "/customer/", "")
	s.call(500, "GET", "limits", "")
	s.call(200, "GET", "/customer/", "")
	arm(mockorg.Fault{Name: "lost-request", Path: "/lightning/"})
	if reply, _, err := s.send("POST", "/lightning/api/login", "{}"); err == nil { // a GET would be sent again
		t.Errorf("a request that was to be lost was answered %s", reply.Status)
	}
	for _, r := range s.o.Requests() {
		if strings.HasPrefix(r.Path, "/lightning") {
			t.Errorf("recorded %+v", r)
		}
	}
}

func TestLatency(t *testing.T) {
	s := newSite(t, mockorg.Options{})
	const delay = 50 * time.Millisecond
	if err := s.o.Arm(mockorg.Fault{Name: "latency", Delay: delay}); err != nil {
		t.Fatal(err)
	}
	begin := time.Now()
	s.call(200, "GET", "limits", "")
	if took := time.Since(begin); took < delay {
		t.Errorf("the reply took %v", took)
	}
}

func TestArmRefuses(t *testing.T) {
	s := newSite(t, mockorg.Options{})
	for _, f := range []mockorg.Fault{
		{Name: "gremlins"}, {Name: "latency"}, {Name: "latency", Delay: time.Hour}, {Name: "unavailable", Object: "Shoe"}, {Name: "unavailable", Path: "services"},
	} {
		if err := s.o.Arm(f); err == nil {
			t.Errorf("%+v was armed", f)
		}
	}
	if n := len(s.o.Faults()); n != 0 {
		t.Errorf("%d faults are armed", n)
	}
}

func TestRecording(t *testing.T) {
	s := newSite(t, mockorg.Options{})
	s.create("Account", `{"Name":"x"}`)
	s.query("SELECT Id FROM Account")
	s.composite(true, part("POST", "sobjects/Account", "a", `{"Name":"y"}`))
	s.refused(404, "NOT_FOUND", "GET", "sobjects/Nothing", "")
	for key, want := range map[string]int{"POST sobjects Account": 2, "GET query Account": 1, "POST composite": 1, "GET sobjects": 1, "POST oauth2 token": 1} {
		if got := s.o.Counts()[key]; got != want {
			t.Errorf("%s: %d, want %d in %v", key, got, want, s.o.Counts())
		}
	}
	list := s.o.Requests()
	var parts, failed int
	for _, r := range list {
		if strings.Contains(r.Path+r.SOQL, s.token) || strings.Contains(r.Path, "?") {
			t.Errorf("recorded %+v", r)
		}
		if r.Part {
			parts++
		}
		if r.Status == 404 {
			failed++
		}
	}
	if len(list) != 6 || parts != 1 || failed != 1 {
		t.Errorf("recorded %+v", list)
	}
	s.o.ForgetRequests()
	if n := len(s.o.Requests()) + len(s.o.Counts()); n != 0 {
		t.Errorf("%d left", n)
	}
}

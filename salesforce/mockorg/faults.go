package mockorg

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// Fault is one way for requests to go wrong, armed for the next Count requests
// that fit; those whose names begin with change strike the next changes of records
// of Object instead, if Change Data Capture is on. Streaming has faults of its own, armed at the streaming server
// (Streaming().Arm).
type Fault struct {
	// Name is one of FaultNames.
	Name string `json:"name"`
	// Count is how many requests it strikes; 0 means one, negative all until it
	// is disarmed.
	Count int `json:"count,omitempty"`
	// Path narrows it to requests whose path begins so; empty means the REST
	// API, "/" every address but the control plane's.
	Path string `json:"path,omitempty"`
	// Method narrows it to one HTTP method; empty means any.
	Method string `json:"method,omitempty"`
	// Object narrows it to requests about one object by their path or query;
	// those of composite requests are not looked into. Empty means any.
	Object string `json:"object,omitempty"`
	// Delay is how long latency takes, at most a minute; other faults ignore it.
	// It is the machine's time, which the org's clock does not shorten.
	Delay time.Duration `json:"delay,omitempty"`
}

// maxDelay bounds latency.
const maxDelay = time.Minute

// about says what each fault does.
var aboutFaults = map[string]string{
	"session-expired": "401 INVALID_SESSION_ID, though the session is good",
	"unavailable":     "503 SERVER_UNAVAILABLE",
	"server-error":    "500 UNKNOWN_EXCEPTION",
	"bad-gateway":     "502 with a page instead of JSON",
	"no-route":        "420 without a body: the edge does not know the host",
	"request-limit":   "403 REQUEST_LIMIT_EXCEEDED, TotalRequests",
	"concurrency":     "403 REQUEST_LIMIT_EXCEEDED, ConcurrentRequests",
	"lock-row":        "400 UNABLE_TO_LOCK_ROW",
	"lost-reply":      "the request is carried out and the connection closed without a reply",
	"lost-request":    "the connection is closed and nothing was carried out",
	"latency":         "the reply comes Delay later",
	"change-gap":      "the next changes appear as GAP_CREATE, GAP_UPDATE or GAP_DELETE in the place of change events",
	"change-overflow": "the next changes appear as GAP_OVERFLOW in the place of change events",
}

// ofChanges tells whether a fault strikes changes of records, not requests.
func ofChanges(name string) bool { return name == "change-gap" || name == "change-overflow" }

// FaultNames lists the faults there are, each with what it does.
func FaultNames() map[string]string { return maps.Clone(aboutFaults) }

// faults are those armed, oldest first.
type faults struct {
	mu   sync.Mutex
	list []*Fault
}

// Arm makes a fault strike. On an error nothing is armed.
func (o *Org) Arm(f Fault) error {
	if _, ok := aboutFaults[f.Name]; !ok {
		return fmt.Errorf("arm fault %q: there is no such fault; use one of %s", f.Name, strings.Join(slices.Sorted(maps.Keys(aboutFaults)), ", "))
	}
	if f.Name == "latency" && (f.Delay <= 0 || f.Delay > maxDelay) {
		return fmt.Errorf("arm fault latency: delay is %v; it must be above zero and at most %v", f.Delay, maxDelay)
	}
	if ofChanges(f.Name) && (f.Path != "" || f.Method != "") {
		return fmt.Errorf("arm fault %s: it strikes changes of records, not requests: narrow it with an object, not with path or method", f.Name)
	}
	if f.Path != "" && !strings.HasPrefix(f.Path, "/") {
		return fmt.Errorf("arm fault %s: path %q must begin with a slash", f.Name, f.Path)
	}
	if f.Object != "" {
		ob := o.schema.object(f.Object)
		if ob == nil {
			return fmt.Errorf("arm fault %s: there is no object %q", f.Name, f.Object)
		}
		f.Object = ob.name
	}
	if f.Count == 0 {
		f.Count = 1
	}
	f.Method = strings.ToUpper(f.Method)
	o.faults.mu.Lock()
	defer o.faults.mu.Unlock()
	o.faults.list = append(o.faults.list, &f)
	return nil
}

// Disarm takes back all faults of that name, or all if it is empty, and returns
// how many there were.
func (o *Org) Disarm(name string) int {
	o.faults.mu.Lock()
	defer o.faults.mu.Unlock()
	before := len(o.faults.list)
	o.faults.list = slices.DeleteFunc(o.faults.list, func(f *Fault) bool { return name == "" || f.Name == name })
	return before - len(o.faults.list)
}

// Faults lists what is armed, oldest first, with the requests left.
func (o *Org) Faults() []Fault {
	o.faults.mu.Lock()
	defer o.faults.mu.Unlock()
	all := make([]Fault, len(o.faults.list))
	for i, f := range o.faults.list {
		all[i] = *f
	}
	return all
}

// strike uses up one count of each fault that fits: any latency, and the oldest
// of the others. subject tells the object a request is about.
func (fs *faults) strike(method, path string, subject func() string) (name string, delay time.Duration) {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	if len(fs.list) == 0 {
		return "", 0
	}
	object := subject()
	fs.list = slices.DeleteFunc(fs.list, func(f *Fault) bool {
		if ofChanges(f.Name) || f.Name != "latency" && name != "" || !f.fits(method, path, object) {
			return false
		}
		if f.Name == "latency" {
			delay += f.Delay
		} else {
			name = f.Name
		}
		if f.Count > 0 {
			f.Count--
		}
		return f.Count == 0
	})
	return name, min(delay, maxDelay)
}

// strikeChange uses up one count of the oldest fault that fits a change of a
// record.
func (fs *faults) strikeChange(object string) (name string) {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	i := slices.IndexFunc(fs.list, func(f *Fault) bool { return ofChanges(f.Name) && (f.Object == "" || f.Object == object) })
	if i < 0 {
		return ""
	}
	f := fs.list[i]
	if f.Count > 0 {
		if f.Count--; f.Count == 0 {
			fs.list = slices.Delete(fs.list, i, i+1)
		}
	}
	return f.Name
}

func (f *Fault) fits(method, path, object string) bool {
	return strings.HasPrefix(path, cmp.Or(f.Path, "/services/data")) &&
		(f.Method == "" || f.Method == method) && (f.Object == "" || f.Object == object)
}

// refusalOf is the API error of a fault, nil for those that are none.
func refusalOf(fault string) *APIError {
	switch fault {
	case "session-expired":
		return errSession()
	case "unavailable":
		return &APIError{Status: http.StatusServiceUnavailable, Code: "SERVER_UNAVAILABLE", Message: "The server is temporarily unavailable"}
	case "server-error":
		return &APIError{Status: http.StatusInternalServerError, Code: "UNKNOWN_EXCEPTION", Message: "An unexpected error occurred"}
	case "request-limit":
		return &APIError{Status: http.StatusForbidden, Code: "REQUEST_LIMIT_EXCEEDED", Message: "TotalRequests Limit exceeded."}
	case "concurrency":
		return &APIError{Status: http.StatusForbidden, Code: "REQUEST_LIMIT_EXCEEDED", Message: "ConcurrentRequests (Concurrent API Requests) Limit exceeded."}
	case "lock-row":
		return refuse("UNABLE_TO_LOCK_ROW", "unable to obtain exclusive access to this record")
	}
	return nil
}

func errSession() *APIError {
	return &APIError{Status: http.StatusUnauthorized, Code: "INVALID_SESSION_ID", Message: "Session expired or invalid"}
}

// pause waits for the machine's time to pass, or for the client to give up.
func pause(ctx context.Context, d time.Duration) {
	if d <= 0 {
		return
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}

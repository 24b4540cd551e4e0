package mockorg

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// Fault is one way for requests to go wrong, armed for the next Count requests
// that fit; those whose names begin with change strike the next changes of records
// of Object instead, if Change Data Capture is on. Streaming has faults of its own,
// planned in the same way and armed at the streaming server (Streaming().Arm).
type Fault struct {
	// Name is one of FaultNames. It may be empty when there is a Script.
	Name string
	// Count is how many requests it strikes, or how often the script is gone
	// through; 0 means one, negative all until it is disarmed.
	Count int
	// After is how many requests that fit are let through first.
	After int
	// Probability is that of striking a request that fits, above 0 and at most 1;
	// 0 means 1. It is drawn from a source of the fault's own, made from the org's
	// seed (Options.FaultSeed, SeedFaults) and the number of faults armed before:
	// the same seed, faults and requests make for the same strikes, whatever else
	// the org is asked meanwhile.
	Probability float64
	// Script makes requests that fit meet with one outcome after another: names of
	// faults, or "ok", which also keeps faults armed later (latency apart) from the
	// request. At the end it begins anew if Count says so. At most 1,000.
	Script []string
	// Path narrows it to requests whose path begins so; empty means the REST
	// API, "/" every address but the control plane's.
	Path string
	// Method narrows it to one HTTP method; empty means any.
	Method string
	// Object narrows it to requests about one object by their path or query;
	// those of composite requests are not looked into. Empty means any.
	Object string
	// Delay is how long latency takes, at most a minute; other faults ignore it.
	// It is the machine's time, which the org's clock does not shorten.
	Delay time.Duration
}

// What a script is called in lists, the outcome that is none, and how many a
// script may have.
const (
	scripted  = "script"
	unharmed  = "ok"
	maxScript = 1_000
)

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
	scripted:          "one outcome after another, as the script says; ok is none",
}

// ofChanges tells whether a fault strikes changes of records, not requests.
func ofChanges(name string) bool { return name == "change-gap" || name == "change-overflow" }

// FaultNames lists the faults there are, each with what it does.
func FaultNames() map[string]string { return maps.Clone(aboutFaults) }

// faults are those armed, oldest first.
type faults struct {
	mu    sync.Mutex
	list  []*armed
	seed  uint64
	armed uint64 // since the seed was set
}

// armed is a fault in force. Count, After and Script go down as it is used.
type armed struct {
	Fault
	script  []string // the whole of it
	chance  *rand.Rand
	changes bool // it strikes changes, not requests
}

// Arm makes a fault strike. On an error nothing is armed.
func (o *Org) Arm(f Fault) error {
	f.Method, f.Script = strings.ToUpper(f.Method), slices.Clone(f.Script)
	if f.Name == "" && len(f.Script) > 0 {
		f.Name = scripted
	}
	if f.Object != "" {
		ob := o.schema.object(f.Object)
		if ob == nil {
			return fmt.Errorf("arm fault %s: there is no object %q", f.Name, f.Object)
		}
		f.Object = ob.name
	}
	if err := f.validate(); err != nil {
		return err
	}
	if f.Count == 0 {
		f.Count = 1
	}
	a := &armed{Fault: f, script: f.Script, changes: slices.ContainsFunc(f.outcomes(), ofChanges)}
	o.faults.mu.Lock()
	defer o.faults.mu.Unlock()
	a.chance = rand.New(rand.NewPCG(o.faults.seed, o.faults.armed))
	o.faults.armed++
	o.faults.list = append(o.faults.list, a)
	return nil
}

// outcomes are the names of what a fault may do.
func (f *Fault) outcomes() []string {
	if f.Name == scripted {
		return f.Script
	}
	return []string{f.Name}
}

// validate tells what is wrong with a fault, its object apart.
func (f *Fault) validate() error {
	wrong := func(format string, args ...any) error {
		return fmt.Errorf("arm fault %s: %w", clip(f.Name), fmt.Errorf(format, args...))
	}
	switch {
	case f.Name != scripted && len(f.Script) > 0:
		return wrong("it has a script too; leave the name out, or write the name into the script")
	case f.Name == scripted && (len(f.Script) == 0 || len(f.Script) > maxScript):
		return wrong("the script has %d outcomes; give it 1 to %d, such as [\"ok\",\"lost-reply\"]", len(f.Script), maxScript)
	case f.Name == scripted && f.Probability != 0:
		return wrong("a script leaves nothing to chance; leave the probability out")
	case !(f.Probability >= 0 && f.Probability <= 1): // not a number included
		return wrong("probability is %v; use more than 0 and at most 1, or leave it out", f.Probability)
	case f.After < 0:
		return wrong("after is %d; it must not be negative", f.After)
	case f.Path != "" && !strings.HasPrefix(f.Path, "/"):
		return wrong("path %q must begin with a slash", f.Path)
	}
	var ofRequests, ofRecords bool
	for _, name := range f.outcomes() {
		_, known := aboutFaults[name]
		switch {
		case name == unharmed && f.Name == scripted:
			continue // of either kind
		case !known || name == scripted:
			return wrong("there is no such fault as %q; use one of %s", clip(name), strings.Join(slices.Sorted(maps.Keys(aboutFaults)), ", "))
		case name == "latency" && (f.Delay <= 0 || f.Delay > maxDelay):
			return wrong("delay of latency is %v; it must be above zero and at most %v", f.Delay, maxDelay)
		case ofChanges(name) && (f.Path != "" || f.Method != ""):
			return wrong("it strikes changes of records, not requests: narrow it with an object, not with path or method")
		}
		ofRequests, ofRecords = ofRequests || !ofChanges(name), ofRecords || ofChanges(name)
	}
	if ofRequests && ofRecords {
		return wrong("the script mixes faults of changes with those of requests; arm one script for each")
	}
	return nil
}

// SeedFaults sets what the chances of the faults armed from now on are drawn
// from, those of streaming included, as if none had been armed before.
func (o *Org) SeedFaults(seed uint64) {
	o.streaming.SeedFaults(seed)
	o.faults.mu.Lock()
	defer o.faults.mu.Unlock()
	o.faults.seed, o.faults.armed = seed, 0
}

// Disarm takes back all faults of that name, or all if it is empty, and returns
// how many there were. Scripts are called script.
func (o *Org) Disarm(name string) int {
	o.faults.mu.Lock()
	defer o.faults.mu.Unlock()
	before := len(o.faults.list)
	o.faults.list = slices.DeleteFunc(o.faults.list, func(a *armed) bool { return name == "" || a.Name == name })
	return before - len(o.faults.list)
}

// Faults lists what is armed, oldest first: Count, After and Script are what is
// left of them.
func (o *Org) Faults() []Fault {
	o.faults.mu.Lock()
	defer o.faults.mu.Unlock()
	all := make([]Fault, len(o.faults.list))
	for i, a := range o.faults.list {
		all[i] = a.Fault
		all[i].Script = slices.Clone(a.Script)
	}
	return all
}

// next uses the fault on something that fits and returns what happens: the name
// of a fault, unharmed if the script says so, or nothing.
func (a *armed) next() (outcome string) {
	switch {
	case a.After > 0:
		a.After--
		return ""
	case a.Probability > 0 && a.chance.Float64() >= a.Probability:
		return ""
	case a.Name == scripted:
		outcome, a.Script = a.Script[0], a.Script[1:]
		if len(a.Script) > 0 {
			return outcome
		}
		a.Script = a.script
	default:
		outcome = a.Name
	}
	if a.Count > 0 {
		a.Count--
	}
	return outcome
}

// strike uses each fault that fits a request: any latency, and of the others the
// oldest that strikes. subject tells the object a request is about.
func (fs *faults) strike(method, path string, subject func() string) (name string, delay time.Duration) {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	if len(fs.list) == 0 {
		return "", 0
	}
	object, decided := subject(), false
	fs.list = slices.DeleteFunc(fs.list, func(a *armed) bool {
		if a.changes || a.Name != "latency" && decided || !a.fits(method, path, object) {
			return false
		}
		switch outcome := a.next(); outcome {
		case "":
		case unharmed:
			decided = true
		case "latency":
			delay += a.Delay
			decided = decided || a.Name == scripted
		default:
			name, decided = outcome, true
		}
		return a.Count == 0
	})
	return name, min(delay, maxDelay)
}

// strikeChange uses the faults that fit a change of a record, up to the oldest
// that strikes.
func (fs *faults) strikeChange(object string) (name string) {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	decided := false
	fs.list = slices.DeleteFunc(fs.list, func(a *armed) bool {
		if decided || !a.changes || a.Object != "" && a.Object != object {
			return false
		}
		switch outcome := a.next(); outcome {
		case "":
		case unharmed:
			decided = true
		default:
			name, decided = outcome, true
		}
		return a.Count == 0
	})
	return name
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

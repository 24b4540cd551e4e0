package mockorg

import (
	"maps"
	"strings"
	"sync"
	"time"
)

// maxRequests bounds the record of requests; the oldest are forgotten. Counts
// are not affected.
const maxRequests = 10_000

// maxNoted is how many bytes of a path or a query are recorded.
const maxNoted = 2_000

// Request is a request the org received. It holds no token and no body.
type Request struct {
	At     time.Time `json:"at"` // the org's time
	Method string    `json:"method"`
	Path   string    `json:"path"` // without the query
	Object string    `json:"object,omitempty"`
	SOQL   string    `json:"soql,omitempty"` // of queries
	User   string    `json:"user,omitempty"`
	Status int       `json:"status"`          // 0 when there was no reply
	Fault  string    `json:"fault,omitempty"` // the one that struck
	Part   bool      `json:"part,omitempty"`  // of a composite request
}

// requests records what was asked of the org.
type requests struct {
	mu     sync.Mutex
	list   []Request
	counts map[string]int
}

// Requests returns the latest requests, oldest first, up to 10,000.
func (o *Org) Requests() []Request {
	o.requests.mu.Lock()
	defer o.requests.mu.Unlock()
	return append([]Request(nil), o.requests.list...)
}

// Counts tells how often what was asked: by method and resource, such as
// "GET query AgentWork", "POST sobjects AgentWork", "POST composite",
// "POST oauth2 token" or "POST cometd". Parts of composite requests are counted
// as what they are, and the request that held them once more.
func (o *Org) Counts() map[string]int {
	o.requests.mu.Lock()
	defer o.requests.mu.Unlock()
	return maps.Clone(o.requests.counts)
}

// ForgetRequests empties the record and the counts.
func (o *Org) ForgetRequests() {
	o.requests.mu.Lock()
	defer o.requests.mu.Unlock()
	o.requests.list, o.requests.counts = nil, map[string]int{}
}

func (rs *requests) add(r Request) {
	key := r.Method
	switch key {
	case "GET", "HEAD", "POST", "PATCH", "PUT", "DELETE", "OPTIONS":
	default:
		key = "OTHER"
	}
	key += " " + resourceOf(r.Path)
	if r.Object != "" {
		key += " " + r.Object
	}
	r.Path, r.SOQL = r.Path[:min(len(r.Path), maxNoted)], r.SOQL[:min(len(r.SOQL), maxNoted)]
	rs.mu.Lock()
	defer rs.mu.Unlock()
	if len(rs.list) >= 2*maxRequests {
		rs.list = append([]Request(nil), rs.list[len(rs.list)-maxRequests:]...)
	}
	rs.list = append(rs.list, r)
	rs.counts[key]++
}

// resourceOf names what a path leads to without its ids, so that there are only
// so many names.
func resourceOf(path string) string {
	segments := strings.FieldsFunc(path, func(r rune) bool { return r == '/' })
	at := func(i int) string {
		if i < len(segments) {
			return segments[i]
		}
		return ""
	}
	switch at(0) {
	case "cometd", "id":
		return at(0)
	case "services":
	default:
		return "other"
	}
	switch at(1) {
	case "oauth2":
		switch at(2) {
		case "token", "revoke", "introspect", "userinfo", "authorize":
			return "oauth2 " + at(2)
		}
	case "Soap":
		return "Soap"
	case "data":
		switch at(3) {
		case "":
			return "data"
		case "query", "queryAll", "sobjects", "limits":
			return at(3)
		case "composite":
			if at(4) == "sobjects" || at(4) == "batch" {
				return "composite " + at(4)
			}
			return "composite"
		}
	}
	return "other"
}

package mockorg

import (
	"io"
	"net/http"
)

// The part of the control plane that is about the org as a whole, documented at
// State:
//
//	GET  /mock/v1/state   → {"version":1,"saved_at":"…","objects":[{"name":"Case","records":[{"Id":"500…",…}]}],…}
//	POST /mock/v1/state   such an object: the org becomes that one, all logins end → {"objects":31,"records":140}
//
// From Go: State, ReadState, SetState.
func (o *Org) stateCalls() map[string]func(*http.Request) (any, error) {
	return map[string]func(*http.Request) (any, error){
		"GET /mock/v1/state": func(*http.Request) (any, error) { return o.State(), nil },
		postStatePattern:     o.postState,
	}
}

// postStatePattern is the one call with a body that may be large.
const (
	postStatePattern = "POST /mock/v1/state"
	maxStateBody     = 256 << 20
)

func (o *Org) postState(r *http.Request) (any, error) {
	text, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, badRequest("the body could not be read: %v", err)
	}
	s, err := ReadState(text)
	if err != nil {
		return nil, err
	}
	if err := o.SetState(s); err != nil {
		return nil, err
	}
	records := 0
	for _, part := range s.Objects {
		records += len(part.Records)
	}
	return map[string]int{"objects": len(s.Objects), "records": records}, nil
}

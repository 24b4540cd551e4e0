package mockorg

import (
	"bytes"
	"io"
	"net/http"
)

// The part of the control plane that is about allowances. Limits that are not
// named keep their values; an edition sets them all first. They are documented at
// Limits.
//
//	GET  /mock/v1/limits   → {"limits":{"daily_requests":15000,…},"used":{"daily_requests":12,…},"editions":["developer",…]}
//	POST /mock/v1/limits   {"edition":"developer"} or {"pending_routings":10,"long_after":"1s"} or both
//
// From Go: Limits, SetLimits, LimitsUsed, EditionLimits.
func (o *Org) limitCalls() map[string]func(*http.Request) (any, error) {
	return map[string]func(*http.Request) (any, error){
		"GET /mock/v1/limits":  func(*http.Request) (any, error) { return o.limitsReply(), nil },
		"POST /mock/v1/limits": o.postLimits,
	}
}

func (o *Org) limitsReply() map[string]any {
	return map[string]any{"limits": o.Limits(), "used": o.LimitsUsed(), "editions": Editions()}
}

func (o *Org) postLimits(r *http.Request) (any, error) {
	text, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, badRequest("the body could not be read: %v", err)
	}
	var body struct {
		Edition string `json:"edition"`
		Limits
	}
	again := func() error { r.Body = io.NopCloser(bytes.NewReader(text)); return readBody(r, &body) }
	body.Limits = o.Limits()
	if err := again(); err != nil {
		return nil, err
	}
	if body.Edition != "" {
		if body.Limits, err = EditionLimits(body.Edition); err != nil {
			return nil, err
		}
		if err := again(); err != nil { // what is named beside the edition
			return nil, err
		}
	}
	if err := o.SetLimits(body.Limits); err != nil {
		return nil, err
	}
	return o.limitsReply(), nil
}

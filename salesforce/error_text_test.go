package salesforce

import (
	"errors"
	"testing"
)

// TestErrorTexts: what went wrong, where, and what to do about it, in one line.
func TestErrorTexts(t *testing.T) {
	item := ErrorItem{Code: "REQUIRED_FIELD_MISSING", Message: "Required fields are missing", Fields: []string{"UserId", "WorkItemId"}}
	for want, err := range map[string]error{
		"REQUIRED_FIELD_MISSING: Required fields are missing [fields UserId, WorkItemId] (HTTP 400 Bad Request) and 1 more: give them": &APIError{
			Status: 400, Errors: []ErrorItem{item, {Code: "OTHER"}}, Hint: "give them"},
		"OTHER":                                  &APIError{Errors: []ErrorItem{{Code: "OTHER"}}},
		"only words (HTTP 420)":                  &APIError{Status: 420, Errors: []ErrorItem{{Message: "only words"}}},
		"no reason given (HTTP 502 Bad Gateway)": newAPIError(502, nil),
		"no access token: invalid_grant: user is locked (unlock it)": &AuthError{
			Status: 400, Code: "invalid_grant", Description: "user is locked", Hint: "unlock it"},
		"no access token: the token endpoint answered 503 Service Unavailable": &AuthError{Status: 503},
		"no access token: no such host":                                        &AuthError{Err: errors.New("no such host")},
	} {
		if err.Error() != want {
			t.Errorf("%q, want %q", err, want)
		}
	}
	// A row of a collection has no status: it is none that redirects.
	if e := newAPIError(0, []ErrorItem{{Code: "SOMETHING_NEW"}}); e.Hint != "" || e.Retryable {
		t.Errorf("%+v", e)
	}
}

package salesforce

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"omnibridge/omnichannel"
)

// TestRowsAreJudgedAsSingleCreates goes through salesforce-apis 2.6: what Salesforce
// says of a row must come out as if it had said it of a create of its own.
func TestRowsAreJudgedAsSingleCreates(t *testing.T) {
	for _, tt := range []struct {
		code, words string
		want        omnichannel.Result
	}{
		{"REQUEST_LIMIT_EXCEEDED", "ConcurrentRequests (Concurrent API Requests) Limit exceeded.", omnichannel.Deferred},
		{"SERVER_UNAVAILABLE", "server too busy", omnichannel.Unknown},
		{"UNKNOWN_EXCEPTION", "An unexpected error occurred", omnichannel.Unknown},
		{"UNABLE_TO_LOCK_ROW", "unable to obtain exclusive access to this record", omnichannel.Deferred},
		{"QUERY_TIMEOUT", "x", omnichannel.Refused},
		{"TXN_SECURITY_METERING_ERROR", "x", omnichannel.Refused},
		{"DUPLICATE_VALUE", "duplicate value found: Ext__c duplicates value on record with id: 500000000000001", omnichannel.Refused},
		{"DUPLICATES_DETECTED", "x", omnichannel.Refused},
		{"ENTITY_IS_DELETED", "entity is deleted", omnichannel.Refused},
		{"NOT_FOUND", "x", omnichannel.Refused},
		{"INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id", omnichannel.Refused},
		{"MALFORMED_ID", "x", omnichannel.Refused},
		{"INVALID_FIELD", "x", omnichannel.Refused},
		{"INVALID_TYPE", "x", omnichannel.Refused},
		{"REQUIRED_FIELD_MISSING", "x", omnichannel.Refused},
		{"STRING_TOO_LONG", "x", omnichannel.Refused},
		{"FIELD_CUSTOM_VALIDATION_EXCEPTION", "x", omnichannel.Refused},
		{"FIELD_INTEGRITY_EXCEPTION", "agent is offline", omnichannel.Refused},
		{"INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", "x", omnichannel.Refused},
		{"INSUFFICIENT_ACCESS_OR_READONLY", "x", omnichannel.Refused},
		{"INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY", "x", omnichannel.Refused},
		{"API_DISABLED_FOR_ORG", "x", omnichannel.Refused},
		{"LIMIT_EXCEEDED", "x", omnichannel.Deferred},
		{"SOMETHING_NEW", "x", omnichannel.Refused},
	} {
		status := 400
		if tt.want == omnichannel.Unknown {
			status = 503
		}
		single, _ := orgOf(t, script(says(status, errBody(tt.code, tt.words))))
		alone := single.Carry(t.Context(), pushOf(0))
		row, _ := json.Marshal([]map[string]any{{"statusCode": tt.code, "message": tt.words, "fields": []string{}}})
		batched, f := orgOf(t, script(says(200, `[{"success":false,"errors":`+string(row)+`},`+created+`]`)))
		outs := together(t, batched, 2)
		if outs[0].Result != tt.want {
			outs[0], outs[1] = outs[1], outs[0] // they queue in any order
		}
		for _, out := range []omnichannel.Outcome{alone, outs[0]} {
			if out.Result != tt.want || out.Code != tt.code || !strings.HasPrefix(out.Message, tt.words) && tt.want != omnichannel.Unknown {
				t.Errorf("%s: %s (%s: %s), want %s", tt.code, out.Result, out.Code, out.Message, tt.want)
			}
		}
		if outs[1].Result != omnichannel.Done || outs[1].Work != workID {
			t.Errorf("%s spoiled its neighbour: %+v", tt.code, outs[1])
		}
		if requests, _ := f.seen(); len(requests) != 1 {
			t.Errorf("%s: requests %v", tt.code, requests)
		}
	}
}

// TestACollectionAsAWhole says what becomes of each push when the call as a whole
// fails, and that it is sent again only where a single create would be.
func TestACollectionAsAWhole(t *testing.T) {
	two := "[" + created + "," + created + "]"
	for _, tt := range []struct {
		name     string
		steps    []func(http.ResponseWriter)
		want     omnichannel.Result
		requests int
	}{
		{"hung up", []func(http.ResponseWriter){hangUp}, omnichannel.Unknown, 1},
		{"gateway", []func(http.ResponseWriter){says(502, "<html>")}, omnichannel.Unknown, 1},
		{"unreadable", []func(http.ResponseWriter){says(200, "<html>")}, omnichannel.Unknown, 1},
		{"too few", []func(http.ResponseWriter){says(200, "["+created+"]")}, omnichannel.Unknown, 1},
		{"not allowed", []func(http.ResponseWriter){says(403, errBody("API_DISABLED_FOR_ORG", "no"))}, omnichannel.Refused, 1},
		{"too many calls", []func(http.ResponseWriter){says(403, errBody("REQUEST_LIMIT_EXCEEDED", "ConcurrentRequests"))}, omnichannel.Deferred, 4},
		{"too many calls, then not", []func(http.ResponseWriter){says(403, errBody("REQUEST_LIMIT_EXCEEDED", "ConcurrentRequests")), says(200, two)}, omnichannel.Done, 2},
		{"session", []func(http.ResponseWriter){says(401, errBody("INVALID_SESSION_ID", "expired")), says(200, two)}, omnichannel.Done, 2},
		{"used up", []func(http.ResponseWriter){says(403, errBody("REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded."))}, omnichannel.Deferred, 1},
	} {
		o, f := orgOf(t, script(tt.steps...))
		for _, out := range together(t, o, 2) {
			if out.Result != tt.want {
				t.Errorf("%s: %s (%s: %s), want %s", tt.name, out.Result, out.Code, out.Message, tt.want)
			}
		}
		if requests, _ := f.seen(); len(requests) != tt.requests {
			t.Errorf("%s: requests %v, want %d", tt.name, requests, tt.requests)
		}
	}
}

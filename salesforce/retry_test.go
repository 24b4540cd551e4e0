package salesforce

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"omnibridge/omnichannel"
)

func TestRetryTable(t *testing.T) {
	const once = 1
	for _, tt := range []struct {
		status      int
		code, words string
		get, post   int // requests when it never gets better
		unknown     bool
		retryable   bool
		wantHint    string
	}{
		{status: 401, code: "INVALID_SESSION_ID", words: "Session expired or invalid", get: 2, post: 2, retryable: true, wantHint: "session"},
		{status: 401, code: "INVALID_AUTH_HEADER", words: "INVALID_HEADER_TYPE", get: 2, post: 2, retryable: true},
		{status: 401, code: "", get: 2, post: 2, retryable: true},
		{status: 403, code: "REQUEST_LIMIT_EXCEEDED", words: "TotalRequests Limit exceeded.", get: once, post: once, retryable: true, wantHint: "24 hours"},
		{status: 403, code: "REQUEST_LIMIT_EXCEEDED", words: "ConcurrentRequests (Concurrent API Requests) Limit exceeded.", get: 4, post: 4, retryable: true},
		{status: 503, code: "SERVER_UNAVAILABLE", words: "server too busy", get: 5, post: once, unknown: true, retryable: true},
		{status: 500, code: "UNKNOWN_EXCEPTION", words: "An unexpected error occurred", get: 5, post: once, unknown: true, retryable: true},
		{status: 502, code: "", words: "", get: 5, post: once, unknown: true, retryable: true},
		{status: 420, code: "", words: "", get: 3, post: once, unknown: true, retryable: true},
		{status: 429, code: "", words: "", get: 4, post: 4, retryable: true},
		{status: 408, code: "", words: "", get: 5, post: once, unknown: true, retryable: true},
		{status: 400, code: "UNABLE_TO_LOCK_ROW", words: "unable to obtain exclusive access to this record", get: 5, post: 5, retryable: true},
		{status: 500, code: "UNABLE_TO_LOCK_ROW", words: "unable to obtain exclusive access to this record", get: 5, post: 5, retryable: true},
		{status: 400, code: "QUERY_TIMEOUT", get: once, post: once, wantHint: "narrow"},
		{status: 403, code: "TXN_SECURITY_METERING_ERROR", get: once, post: once, wantHint: "policy"},
		{status: 400, code: "DUPLICATE_VALUE", get: once, post: once, wantHint: "exists"},
		{status: 400, code: "DUPLICATES_DETECTED", get: once, post: once, wantHint: "rule"},
		{status: 404, code: "ENTITY_IS_DELETED", get: once, post: once, wantHint: "deleted"},
		{status: 404, code: "NOT_FOUND", get: once, post: once, wantHint: "may not see"},
		{status: 400, code: "INVALID_CROSS_REFERENCE_KEY", get: once, post: once, wantHint: "refers"},
		{status: 400, code: "MALFORMED_ID", get: once, post: once},
		{status: 400, code: "MALFORMED_QUERY", get: once, post: once},
		{status: 400, code: "INVALID_FIELD", get: once, post: once, wantHint: "field"},
		{status: 400, code: "INVALID_FIELD_FOR_INSERT_UPDATE", get: once, post: once, wantHint: "field"},
		{status: 400, code: "INVALID_TYPE", get: once, post: once, wantHint: "object"},
		{status: 400, code: "REQUIRED_FIELD_MISSING", get: once, post: once},
		{status: 400, code: "STRING_TOO_LONG", get: once, post: once},
		{status: 400, code: "FIELD_CUSTOM_VALIDATION_EXCEPTION", get: once, post: once, wantHint: "validation"},
		{status: 400, code: "FIELD_INTEGRITY_EXCEPTION", get: once, post: once},
		{status: 400, code: "INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST", get: once, post: once},
		{status: 400, code: "INSUFFICIENT_ACCESS_OR_READONLY", get: once, post: once, wantHint: "access"},
		{status: 400, code: "INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY", get: once, post: once, wantHint: "access"},
		{status: 403, code: "API_DISABLED_FOR_ORG", get: once, post: once, wantHint: "API Enabled"},
		{status: 403, code: "API_CURRENTLY_DISABLED", get: once, post: once, wantHint: "switched off"},
		{status: 400, code: "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY", get: once, post: once, wantHint: "may not write"},
		{status: 404, code: "URL_NOT_RESET", get: once, post: once, wantHint: "host"},
		{status: 400, code: "LIMIT_EXCEEDED", get: once, post: once, retryable: true, wantHint: "allocation"},
		{status: 400, code: "INVALID_QUERY_LOCATOR", get: once, post: once},
		{status: 404, code: "", get: once, post: once},
		{status: 409, code: "", get: once, post: once},
		{status: 302, code: "", get: once, post: once, wantHint: "redirects"},
	} {
		name := fmt.Sprintf("%d %s %s", tt.status, tt.code, tt.words)
		body := errBody(tt.code, tt.words)
		if tt.code == "" {
			body = "<html><body>gateway</body></html>"
		}
		f := newFakeOrg(t, says2(tt.status, body))
		_, err := f.client(t).Do(t.Context(), "GET", "x", nil)
		e, ok := errors.AsType[*APIError](err)
		if requests, _ := f.seen(); len(requests) != tt.get || !ok {
			t.Errorf("%s: GET made %d requests, want %d; error %v", name, len(requests), tt.get, err)
		}
		if ok && (e.Retryable != tt.retryable || !strings.Contains(e.Hint, tt.wantHint)) {
			t.Errorf("%s: retryable %v, hint %q", name, e.Retryable, e.Hint)
		}

		f = newFakeOrg(t, says2(tt.status, body))
		_, err = f.client(t).Create(t.Context(), "AgentWork", fields)
		_, unknown := errors.AsType[*UnknownOutcomeError](err)
		if requests, _ := f.seen(); len(requests) != tt.post || err == nil || unknown != tt.unknown {
			t.Errorf("%s: POST made %d requests, want %d; unknown %v, error %v", name, len(requests), tt.post, unknown, err)
		}

		if tt.post > 1 { // and it succeeds when it does get better
			f = newFakeOrg(t, script(says(tt.status, body), says(201, created)))
			if id, err := f.client(t).Create(t.Context(), "AgentWork", fields); err != nil || id != "0Bz000000000001CAA" {
				t.Errorf("%s: then better: %q, %v", name, id, err)
			}
		}
	}
}

func TestOddErrorBodies(t *testing.T) {
	std := captureLog(t)
	for _, tt := range []struct{ body, code, message string }{
		{`[]`, "", ""},
		{`null`, "", ""},
		{``, "", ""},
		{`   `, "", ""},
		{`{}`, "", ""},
		{`[null]`, "", ""},
		{`42`, "", ""},
		{`"text"`, "", ""},
		{`[{"errorCode":`, "", ""},
		{`{"error":"invalid_grant","error_description":"bad"}`, "invalid_grant", "bad"},
		{`{"errorCode":"A","message":"b"}`, "A", "b"},
		{`[{"errorCode":"A","message":"b","fields":["C"]},{"errorCode":"D"}]`, "A", "b"},
		{`[{"errorCode":"ALL_OR_NONE_OPERATION_ROLLED_BACK"},{"errorCode":"D"}]`, "D", ""},
		{"<html><head><title>Gone</title></head><body>for\tlunch</body></html>", "", "Gone for lunch"},
		{`[{"errorCode":"A","message":"` + strings.Repeat("é", 5000) + `"}]`, "A", strings.Repeat("é", 250) + "…"},
		{`[{"errorCode":"A","message":"two\nlines"}]`, "A", "two lines"},
	} {
		f := newFakeOrg(t, says2(400, tt.body))
		for _, call := range []func(*Client) error{
			func(c *Client) error { _, err := c.Create(t.Context(), "AgentWork", fields); return err },
			func(c *Client) error {
				_, err := Query[map[string]any](t.Context(), c, "SELECT Id FROM Case")
				return err
			},
		} {
			err := call(f.client(t))
			e, ok := errors.AsType[*APIError](err)
			if !ok {
				t.Errorf("%.40s: error %v", tt.body, err)
				continue
			}
			if e.Status != 400 || len(e.Errors) == 0 || e.Code() != tt.code || e.root().Message != tt.message || err.Error() == "" {
				t.Errorf("%.40s: %d %+v", tt.body, e.Status, e.Errors)
			}
		}
	}
	if std() != "" {
		t.Errorf("simpleforce wrote to the standard logger: %s", std())
	}
}

func FuzzReadAPIError(f *testing.F) {
	for _, seed := range []string{`[]`, `null`, `[{"errorCode":"A"}]`, `{"error":1}`, `<html>`, "[[]]", "\xff"} {
		f.Add(400, []byte(seed))
	}
	f.Fuzz(func(t *testing.T, status int, body []byte) {
		e := readAPIError(status, body)
		if len(e.Errors) == 0 || e.Error() == "" || strings.ContainsAny(e.Error(), "\n\r\x00") {
			t.Errorf("%q gives %q", body, e.Error())
		}
	})
}

func TestRetryAfterIsHonouredAndPausesGrow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var at []time.Duration
		start := time.Now()
		c := offlineClient(t, func(r *http.Request) (*http.Response, error) {
			at = append(at, time.Since(start))
			resp := reply(r, 503, ``)
			if len(at) == 1 {
				resp.Header.Set("Retry-After", "7")
			}
			if len(at) == 4 {
				resp = reply(r, 200, `{}`)
			}
			return resp, nil
		})
		if _, err := c.Do(t.Context(), "GET", "x", nil); err != nil {
			t.Fatal(err)
		}
		if len(at) != 4 || at[1] != 7*time.Second {
			t.Fatalf("attempts at %v", at)
		}
		// The second pause doubles from half a second, the third again; jitter is a half.
		for i, want := range []time.Duration{time.Second, 2 * time.Second} {
			if got := at[i+2] - at[i+1]; got < want/2 || got > want*3/2 {
				t.Errorf("pause %d is %v, want %v give or take a half", i+2, got, want)
			}
		}
	})
}

func TestRetryAfterForms(t *testing.T) {
	now := time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)
	for v, want := range map[string]time.Duration{
		"": 0, "0": 0, "7": 7 * time.Second, "-7": 0, "99999999": time.Hour, "soon": 0, "1.5": 0,
		now.Add(90 * time.Second).Format(http.TimeFormat): 90 * time.Second,
		now.Add(-time.Minute).Format(http.TimeFormat):     0,
		now.AddDate(1, 0, 0).Format(http.TimeFormat):      time.Hour,
	} {
		if got := retryAfter(http.Header{"Retry-After": {v}}, now); got != want {
			t.Errorf("%q is %v, want %v", v, got, want)
		}
	}
	org := now.Add(-4 * time.Hour) // an org whose clock is behind
	h := http.Header{"Retry-After": {org.Add(90 * time.Second).Format(http.TimeFormat)}, "Date": {org.Format(http.TimeFormat)}}
	if got := retryAfter(h, now); got != 90*time.Second {
		t.Errorf("by the org's own clock it is %v, want 90 s", got)
	}
}

// TestRetryAfterReachesWhoAsked holds that what Salesforce asks for is told where
// the call itself does not wait for it: of a push alone, and of each in a collection.
func TestRetryAfterReachesWhoAsked(t *testing.T) {
	wait := func(status int, body string) func(http.ResponseWriter) {
		return func(w http.ResponseWriter) { w.Header().Set("Retry-After", "40"); answer(w, status, body) }
	}
	o, _ := orgOf(t, script(wait(400, errBody("UNABLE_TO_LOCK_ROW", "busy"))))
	outs := []omnichannel.Outcome{o.Carry(t.Context(), pushOf(0))}
	o, _ = orgOf(t, script(wait(403, errBody("REQUEST_LIMIT_EXCEEDED", "ConcurrentRequests"))))
	outs = append(outs, together(t, o, 2)...)
	for i, out := range outs {
		if out.Result != omnichannel.Deferred || out.RetryAfter != 40*time.Second {
			t.Errorf("%d: %s, to be tried again after %v", i, out.Result, out.RetryAfter)
		}
	}
}

func TestACallEndsByItsDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := offlineClient(t, func(r *http.Request) (*http.Response, error) {
			resp := reply(r, 503, errBody("SERVER_UNAVAILABLE", "busy"))
			resp.Header.Set("Retry-After", "50")
			return resp, nil
		})
		start := time.Now()
		_, err := c.Do(t.Context(), "GET", "x", nil)
		e, ok := errors.AsType[*APIError](err)
		// The second pause would end after the deadline of a minute: say why now.
		if got := time.Since(start); got != 50*time.Second || !ok || e.RetryAfter != 50*time.Second {
			t.Errorf("after %v: %v", got, err)
		}
	})
}

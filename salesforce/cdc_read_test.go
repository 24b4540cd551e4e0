package salesforce

import (
	"net/http"
	"strings"
	"testing"

	"omnibridge/salesforce/streaming"
)

// TestCaptureReadsEachObjectForItself: of the queries in one call, that which fails
// for good says nothing of the others, and that which may succeed the next time keeps
// the whole batch waiting.
func TestCaptureReadsEachObjectForItself(t *testing.T) {
	row := `{"body":{"totalSize":1,"done":true,"records":[{"Id":"` + workID + `",` + newWork + `}]},"httpStatusCode":200,"referenceId":"r1"}`
	first := func(status, code string) func(http.ResponseWriter) {
		return says(200, `{"compositeResponse":[{"body":[{"errorCode":"`+code+`","message":"x"}],"httpStatusCode":`+status+`,"referenceId":"r0"},`+row+`]}`)
	}
	batch := []streaming.Event{about("GAP_UPDATE", "PSR", ""), about("GAP_UPDATE", "Work", "")}
	c, q := captureOf(t)
	q.steps = []func(http.ResponseWriter){first("400", "INVALID_FIELD")}
	if got := told(t, c, batch...); !strings.HasPrefix(got, "Assigned; gap: ") || !strings.Contains(got, "PendingServiceRouting") || !strings.Contains(got, "INVALID_FIELD") {
		t.Errorf("with PSRs that cannot be read: %s", got)
	}
	c, q = captureOf(t)
	q.steps = []func(http.ResponseWriter){first("503", "SERVER_UNAVAILABLE")}
	if d, err := c.Decode(t.Context(), batch); err == nil || d.Signals != nil || d.Gaps != nil {
		t.Errorf("with PSRs that cannot be read just now: %+v, %v", d, err)
	}
}

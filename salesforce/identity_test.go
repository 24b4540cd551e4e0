package salesforce

import (
	"net/http"
	"strings"
	"testing"
)

// TestIdentity: where the login does not say which org it is, the org is asked.
func TestIdentity(t *testing.T) {
	for records, want := range map[string]string{
		`{"Id":"00D000000000001EAA"}`: "00D000000000001EAA",
		`{"Id":"00D000000000001"}`:    "00D000000000001EAA",
		``:                            "",
		`{"Id":"00D000000000001"},{"Id":"00D000000000002"}`: "",
	} {
		c := offlineClient(t, func(r *http.Request) (*http.Response, error) {
			return reply(r, 200, `{"totalSize":1,"done":true,"records":[`+records+`]}`), nil
		})
		id, err := (&Org{client: c}).Identity(t.Context())
		if id != want || (err == nil) != (want != "") || err != nil && !strings.Contains(err.Error(), "organizations") {
			t.Errorf("of %s: %q, %v", records, id, err)
		}
	}
}

package mockorg

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestEveryCallIsExplained(t *testing.T) {
	w := newWorld(t, nil)
	calls := w.o.controlCalls()
	for pattern := range calls {
		if aboutCalls[pattern] == "" {
			t.Errorf("%s is not explained", pattern)
		}
	}
	for pattern := range aboutCalls {
		if calls[pattern] == nil {
			t.Errorf("%s is explained and not there", pattern)
		}
	}
}

func TestFirstPage(t *testing.T) {
	w := newWorld(t, nil)
	w.must(w.o.Arm(Fault{Script: []string{"ok", "lost-reply"}, Path: "/services/data/<b>"}))
	get := func(accept string) (kind, text string) {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/mock/v1/", nil)
		r.Header.Set("Accept", accept)
		rec := httptest.NewRecorder()
		w.o.ServeHTTP(rec, r)
		if rec.Code != http.StatusOK {
			t.Fatalf("status %d: %s", rec.Code, rec.Body)
		}
		return rec.Header().Get("Content-Type"), rec.Body.String()
	}
	kind, page := get("text/html,application/xhtml+xml,*/*;q=0.8")
	if !strings.HasPrefix(kind, "text/html") || strings.Contains(page, "/data/<b>") {
		t.Errorf("%s: %s", kind, page)
	}
	for _, want := range []string{"0 of 15000", "second_push", "lost-reply", "unknown-client", `href="/mock/v1/agents"`, "POST /mock/v1/faults/seed", "long_after"} {
		if !strings.Contains(page, want) {
			t.Errorf("%q is not on the page", want)
		}
	}
	kind, text := get("*/*")
	for _, want := range []string{`"calls":["DELETE`, `"script":["ok","lost-reply"]`, `"daily_requests":15000`, `"second_push":"reject"`} {
		if kind != "application/json" || !strings.Contains(text, want) {
			t.Errorf("%s: %q is missing in %s", kind, want, text)
		}
	}
}

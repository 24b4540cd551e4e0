package main

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// withMockOrg runs `omnibridge mock-org` with flags, hands its address to do, and
// ends it cleanly.
func withMockOrg(t *testing.T, do func(url string), flags ...string) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	out, in := io.Pipe()
	ended := make(chan int, 1)
	go func() {
		code := execute(ctx, append([]string{"mock-org", "--listen", "127.0.0.1:0", "--json"}, flags...), streams{out: in, err: t.Output()})
		_ = in.Close() // it never fails
		ended <- code
	}()
	line, err := bufio.NewReader(out).ReadBytes('\n')
	var access mockAccess
	if err == nil {
		err = json.Unmarshal(line, &access)
	}
	if err == nil {
		do(access.URL)
	}
	cancel()
	if code := <-ended; err != nil || code != 0 {
		t.Fatalf("mock-org ended with code %d, %v", code, err)
	}
}

// controlText makes one call to the control plane and returns the reply.
func controlText(t *testing.T, method, url, body string) string {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("%s %s: status %d, %v: %s", method, url, resp.StatusCode, err, text)
	}
	return string(text)
}

func TestMockOrgGoesOnFromAFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "org.json")
	var made struct{ ID, PSR string }
	withMockOrg(t, func(url string) {
		text := controlText(t, "POST", url+"/mock/v1/work", `{"object":"Case","queue":"Support_Cases"}`)
		if err := json.Unmarshal([]byte(text), &made); err != nil {
			t.Error(err)
		}
	}, "--state", file, "--edition", "unlimited")
	for range 2 {
		withMockOrg(t, func(url string) {
			if rows := controlText(t, "GET", url+"/mock/v1/await?soql=SELECT+Id+FROM+PendingServiceRouting", ""); !strings.Contains(rows, made.PSR) {
				t.Errorf("%s is not among %s", made.PSR, rows)
			}
			if limits := controlText(t, "GET", url+"/mock/v1/limits", ""); !strings.Contains(limits, `"push_topics":100`) {
				t.Errorf("the limits are %s", limits)
			}
		}, "--state", file)
	}
	withMockOrg(t, func(url string) {
		if limits := controlText(t, "GET", url+"/mock/v1/limits", ""); !strings.Contains(limits, `"push_topics":40`) {
			t.Errorf("the limits are %s", limits)
		}
	}, "--state", file, "--edition", "developer")
	if left, err := os.ReadDir(filepath.Dir(file)); err != nil || len(left) != 1 {
		t.Errorf("beside the state there is %v, %v", left, err)
	}
}

// A file that is not a state is not overwritten.
func TestMockOrgRefusesAFileThatIsNoState(t *testing.T) {
	file := filepath.Join(t.TempDir(), "notes.json")
	if err := os.WriteFile(file, []byte(`{"notes":"mine"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	var told strings.Builder
	code := execute(t.Context(), []string{"mock-org", "--listen", "127.0.0.1:0", "--state", file}, streams{out: io.Discard, err: &told})
	text, err := os.ReadFile(file)
	if code == 0 || err != nil || string(text) != `{"notes":"mine"}` || !strings.Contains(told.String(), "notes") {
		t.Errorf("code %d, %v, file %s, told %s", code, err, text, told.String())
	}
	if code := execute(t.Context(), []string{"mock-org", "--edition", "gold"}, streams{out: io.Discard, err: io.Discard}); code != 2 {
		t.Errorf("an unknown edition ends with code %d", code)
	}
}

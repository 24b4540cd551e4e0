package metadata

import (
	"bytes"
	"encoding/json"
	"io"
	"mime/multipart"
	"net/http"
	"strings"
	"testing"
)

func TestDeployByREST(t *testing.T) {
	a := newAPI(t)
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	for name, content := range map[string]string{"entity_content": `{"deployOptions":{"checkOnly":false}}`,
		"file": string(zipped(t, "package.xml", manifestFor("Queue:A", "Queue:Bad"), "queues/A.queue", queue, "queues/Bad.queue", queue))} {
		if err := w.WriteField(name, content); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	rest := func(method, path string, body io.Reader, kind string, into any) int {
		r, err := http.NewRequestWithContext(t.Context(), method, a.url+"/services/data/v67.0/metadata/deployRequest"+path, body)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer good")
		r.Header.Set("Content-Type", kind)
		reply, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer reply.Body.Close()
		if err := json.NewDecoder(reply.Body).Decode(into); err != nil {
			t.Fatal(err)
		}
		return reply.StatusCode
	}
	var taken, ended deployStatus
	if status := rest("POST", "", &body, w.FormDataContentType(), &taken); status != http.StatusCreated || taken.ID == "" || taken.Result.Done {
		t.Fatalf("POST: %d %+v", status, taken)
	}
	if status := rest("GET", "/"+taken.ID+"?includeDetails=true", nil, "", &ended); status != http.StatusOK || ended.Result.Status != "Failed" ||
		len(ended.Result.Details.Failures) != 1 || ended.Result.Details.Failures[0].FullName != "Bad" {
		t.Errorf("GET: %d %+v", status, ended.Result)
	}
	var refused []struct{ ErrorCode string }
	for _, kind := range []string{"text/plain", "multipart/form-data; boundary=x"} {
		if status := rest("POST", "", strings.NewReader("--x--\r\n"), kind, &refused); status != http.StatusBadRequest || refused[0].ErrorCode != "INVALID_MULTIPART_REQUEST" {
			t.Errorf("%s: %d %v", kind, status, refused)
		}
	}
}

package contactpad

import (
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"
)

func (r *rig) get(path string, header ...string) (*http.Response, string) {
	r.t.Helper()
	req, err := http.NewRequestWithContext(r.t.Context(), "GET", r.url+path, nil)
	if err != nil {
		r.t.Fatal(err)
	}
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	return r.do(req)
}

func (r *rig) do(req *http.Request) (*http.Response, string) {
	r.t.Helper()
	resp, err := r.client.Do(req)
	if err != nil {
		r.t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		r.t.Fatal(err)
	}
	return resp, string(body)
}

func TestPageIsFramedByTheOrgAloneAndLoadsNothingElse(t *testing.T) {
	r := real(t, nil)
	resp, body := r.get("/pad/")
	if resp.StatusCode != http.StatusOK {
		t.Fatal(resp.Status)
	}
	for header, want := range map[string]string{
		"Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; media-src 'self' blob:; " +
			"connect-src 'self' ws://" + r.url[7:] + "; base-uri 'none'; form-action 'none'; frame-ancestors https://acme.lightning.force.com",
		"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "Content-Type": "text/html; charset=utf-8", "Cache-Control": "no-cache",
	} {
		if got := resp.Header.Get(header); got != want {
			t.Errorf("%s is %q, want %q", header, got, want)
		}
	}
	if !strings.Contains(resp.Header.Get("Permissions-Policy"), "microphone=(self)") {
		t.Error("no microphone")
	}
	if !strings.Contains(body, `&#34;orgs&#34;:[&#34;https://acme.lightning.force.com&#34;]`) || !strings.Contains(body, r.s.pages.version) {
		t.Errorf("the page has no configuration: %s", body)
	}
	// Everything that the page names is there, for ever, under its version.
	names := regexp.MustCompile(`(?:src|href)="(assets/[^"]+)"`).FindAllStringSubmatch(body, -1)
	if len(names) == 0 {
		t.Fatal("the page names no assets")
	}
	for _, name := range names {
		resp, _ := r.get("/pad/" + name[1])
		if resp.StatusCode != http.StatusOK || !strings.Contains(resp.Header.Get("Cache-Control"), "immutable") {
			t.Errorf("%s: %s, %s", name[1], resp.Status, resp.Header.Get("Cache-Control"))
		}
	}
	if resp, _ := r.get("/pad/", "If-None-Match", resp.Header.Get("ETag")); resp.StatusCode != http.StatusNotModified {
		t.Errorf("asked again: %s", resp.Status)
	}
}

func TestAssetsHaveOneVersion(t *testing.T) {
	files := fstest.MapFS{
		"web/index.html":          {Data: []byte(`<meta content="{{.}}"><script src="assets/main.js"></script>`)},
		"web/assets/main.js":      {Data: []byte(`import './view/a.js'`)},
		"web/assets/view/a.js":    {Data: []byte(`1`)},
		"web/assets/tone.mystery": {Data: []byte(`1`)},
	}
	o := options(newDesks()).withDefaults()
	base, err := baseURL(o.URL)
	if err != nil {
		t.Fatal(err)
	}
	one, err := readPages(files, o, base)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(one.index.data), `src="assets/`+one.version+`/main.js"`) {
		t.Errorf("page: %s", one.index.data)
	}
	if one.assets["view/a.js"].kind != "text/javascript; charset=utf-8" {
		t.Errorf("assets %+v", one.assets)
	}
	files["web/assets/view/a.js"].Data = []byte(`2`)
	two, err := readPages(files, o, base)
	if err != nil {
		t.Fatal(err)
	}
	if two.version == one.version {
		t.Error("another content has the same version")
	}
	for _, broken := range []fstest.MapFS{{}, {"web/index.html": {Data: []byte(`{{`)}}} {
		if _, err := readPages(broken, o, base); err == nil {
			t.Error("a broken page is served")
		}
	}
}

func TestOnlyWhatIsThereIsServed(t *testing.T) {
	r := real(t, nil)
	for path, want := range map[string]int{
		"/pad/assets/":                     http.StatusNotFound,
		"/pad/assets/nothing.js":           http.StatusNotFound,
		"/pad/assets/000000000000/pad.css": http.StatusNotFound,
		"/pad/index.html":                  http.StatusNotFound,
		"/pad/assets/..%2findex.html":      http.StatusNotFound,
		"/pad/main.js":                     http.StatusNotFound,
		"/pad/window.js":                   http.StatusOK,
		"/pad/window.css":                  http.StatusOK,
		"/elsewhere":                       http.StatusNotFound,
	} {
		resp, _ := r.get(path)
		if resp.StatusCode != want {
			t.Errorf("%s: %s, want %d", path, resp.Status, want)
		}
		if resp.Header.Get("X-Content-Type-Options") != "nosniff" || resp.Header.Get("Content-Security-Policy") == "" {
			t.Errorf("%s has no headers", path)
		}
	}
	req, err := http.NewRequestWithContext(t.Context(), "POST", r.url+"/pad/", strings.NewReader("x"))
	if err != nil {
		t.Fatal(err)
	}
	if resp, _ := r.do(req); resp.StatusCode != http.StatusMethodNotAllowed {
		t.Errorf("POST: %s", resp.Status)
	}
}

func TestOptionsNameEverythingThatIsWrong(t *testing.T) {
	_, err := New(t.Context(), Options{URL: "http://pad.example.com", FrameAncestors: []string{"https://*.force.com", "https://a.example/path", "a; script-src *"}, AskEvery: 20, Lease: 30})
	for _, want := range []string{"must be https", `"https://*.force.com"`, `"https://a.example/path"`, `"a; script-src *"`, "Desks", "Login", "Org", "Agent", "Lease is"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error does not say %q:\n%v", want, err)
		}
	}
	for url, ok := range map[string]bool{"https://pad.example.com": true, "https://pad.example.com:8443": true, "http://localhost:8080": true, "http://127.0.0.1:1": true, "http://[::1]:1": true,
		"https://pad.example.com/": false, "https://u:p@pad.example.com": false, "ftp://pad.example.com": false, "pad.example.com": false, "http://10.0.0.1": false, "": false} {
		if _, err := baseURL(url); (err == nil) != ok {
			t.Errorf("URL %q: %v", url, err)
		}
	}
}

package contactpad

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"html/template"
	"io/fs"
	"mime"
	"net/http"
	"net/url"
	"path"
	"strings"
)

//go:embed web
var web embed.FS

// pages serves the page and its assets from memory. All assets have one version,
// which is part of their address, so a page never mixes two.
type pages struct {
	version string
	policy  string // Content-Security-Policy
	index   asset
	assets  map[string]asset // by path below assets/
}

// asset is a file as it is served.
type asset struct {
	kind, tag string
	data      []byte
}

// openPages reads the embedded files and fills in what the page must know.
func openPages(o Options, base *url.URL) (*pages, error) {
	return readPages(web, o, base)
}

func readPages(files fs.FS, o Options, base *url.URL) (*pages, error) {
	p := &pages{assets: map[string]asset{}, policy: policy(o, base)}
	all := sha256.New()
	err := fs.WalkDir(files, "web", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := fs.ReadFile(files, name)
		if err != nil {
			return err
		}
		fmt.Fprintf(all, "%s %d\n%s\n", name, len(data), data)
		if below, ok := strings.CutPrefix(name, "web/assets/"); ok {
			p.assets[below] = newAsset(below, data)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read the page: %w", err)
	}
	p.version = hex.EncodeToString(all.Sum(nil))[:12]
	source, err := fs.ReadFile(files, "web/index.html")
	if err != nil {
		return nil, fmt.Errorf("read the page: %w", err)
	}
	config, err := json.Marshal(map[string]any{
		"orgs": append([]string{}, o.FrameAncestors...), "build": p.version,
		"askEvery": o.AskEvery.Milliseconds(), "lease": o.Lease.Milliseconds(),
	})
	if err != nil {
		return nil, fmt.Errorf("write the page's configuration: %w", err)
	}
	text := strings.ReplaceAll(string(source), `="assets/`, `="assets/`+p.version+`/`)
	page, err := template.New("index.html").Parse(text)
	if err != nil {
		return nil, fmt.Errorf("read the page: %w", err)
	}
	var out bytes.Buffer
	if err := page.Execute(&out, string(config)); err != nil {
		return nil, fmt.Errorf("write the page: %w", err)
	}
	p.index = newAsset("index.html", out.Bytes())
	return p, nil
}

func newAsset(name string, data []byte) asset {
	sum := sha256.Sum256(data)
	kind := mime.TypeByExtension(path.Ext(name))
	switch path.Ext(name) { // not what the machine's tables say
	case ".js", ".mjs":
		kind = "text/javascript; charset=utf-8"
	case ".css":
		kind = "text/css; charset=utf-8"
	case ".svg":
		kind = "image/svg+xml"
	case ".html":
		kind = "text/html; charset=utf-8"
	case "":
		kind = "text/plain; charset=utf-8"
	}
	return asset{kind: kind, tag: `"` + hex.EncodeToString(sum[:])[:16] + `"`, data: data}
}

// policy is the Content-Security-Policy of all pages: nothing but what the daemon
// itself serves, framed by the org alone.
func policy(o Options, base *url.URL) string {
	ancestors := "'none'"
	if len(o.FrameAncestors) > 0 {
		ancestors = strings.Join(o.FrameAncestors, " ")
	}
	socket := "wss://" + base.Host
	if base.Scheme == "http" {
		socket = "ws://" + base.Host
	}
	return "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; media-src 'self' blob:; " +
		"connect-src 'self' " + socket + "; base-uri 'none'; form-action 'none'; frame-ancestors " + ancestors
}

// secure sets the headers that every answer has. The console may demand that what
// it frames isolates itself (the last two).
func (p *pages) secure(h http.Header) {
	h.Set("Content-Security-Policy", p.policy)
	h.Set("Permissions-Policy", "microphone=(self), autoplay=(self), camera=(), display-capture=(), geolocation=(), payment=(), usb=()")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cross-Origin-Resource-Policy", "cross-origin")
	h.Set("Cross-Origin-Embedder-Policy", "require-corp")
}

// ServeHTTP serves /pad/, /pad/assets/ and what the page of the login window needs.
func (p *pages) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "use GET", http.StatusMethodNotAllowed)
		return
	}
	rest := strings.TrimPrefix(r.URL.Path, "/pad/")
	switch rest {
	case "":
		p.index.serve(w, r, "no-cache")
		return
	case "window.js":
		windowScript.serve(w, r, "no-cache")
		return
	case "window.css":
		windowStyle.serve(w, r, "no-cache")
		return
	}
	cache := "no-cache"
	name, ok := strings.CutPrefix(rest, "assets/"+p.version+"/")
	if ok {
		cache = "public, max-age=31536000, immutable"
	} else {
		name = strings.TrimPrefix(rest, "assets/")
	}
	a, ok := p.assets[name]
	if !ok || !strings.HasPrefix(rest, "assets/") {
		w.Header().Set("Cache-Control", "no-store")
		http.Error(w, "no such file", http.StatusNotFound)
		return
	}
	a.serve(w, r, cache)
}

func (a asset) serve(w http.ResponseWriter, r *http.Request, cache string) {
	h := w.Header()
	h.Set("Cache-Control", cache)
	h.Set("ETag", a.tag)
	h.Set("Content-Type", a.kind)
	if strings.Contains(r.Header.Get("If-None-Match"), a.tag) {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	w.Write(a.data)
}

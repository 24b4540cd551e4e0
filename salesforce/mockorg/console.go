package mockorg

import (
	"cmp"
	"embed"
	"fmt"
	"io/fs"
	"maps"
	"net/http"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"sync"
)

// The console, /lightning/…, is a page that agents work in: record tabs, an
// Omni-Channel widget and a utility bar. It stands in for Lightning Experience so
// that a browser can be shown what an agent sees, and it looks like nothing of
// Salesforce's on purpose. The customer page, /customer/, is the other end.
//
//	browser ──▶ /lightning/…           the page (console/, embedded)
//	        ──▶ /lightning/api/…       what the page does; logged in by the cookie sid
//	        ◀─▶ /lightning/stream      what happens, as it happens
//	        ──▶ /customer/…            the customer's page, its calls and its stream
//
// Its ContactPad item frames Console.ContactPadURL and runs the console bridge
// that was deployed as a static resource, else Console.Bridge, over fakes of
// Salesforce's console APIs (console/fakes.js). None of the addresses above but
// the pages themselves is anything that Salesforce has.

// Console is what the console page needs from outside the org.
type Console struct {
	// Bridge is the console bridge script. It is used until the static resource
	// OmnibridgeBridge is deployed; without either the ContactPad item explains
	// itself.
	Bridge []byte
	// ContactPadURL is the page that the ContactPad item frames; without it the
	// item explains itself.
	ContactPadURL string
	// CallsURL is where the customer page asks for telephone calls (Org.call in
	// console_customer.go); without it the page says that there are none.
	CallsURL string
}

// bridgeResource is the static resource that holds the bridge in a real org.
const bridgeResource = "OmnibridgeBridge"

//go:embed console
var consoleFiles embed.FS

// console is the console's own state: what no record tells.
type console struct {
	o     *Org
	mux   http.Handler
	files fs.FS

	mu      sync.Mutex // guards the following; taken after the org's lock, never before it
	set     Console
	streams map[*stream]struct{}
	open    map[string]int   // streams by user id
	wished  map[string]wish  // by user id: who asked for the present status
	talks   map[string]*talk // conversations by work item
	order   []string         // of talks, oldest first
}

func newConsole(o *Org, set Console) (*console, error) {
	if err := set.validate(); err != nil {
		return nil, err
	}
	files, err := fs.Sub(consoleFiles, "console")
	if err != nil {
		return nil, err
	}
	c := &console{o: o, files: files, set: set, streams: map[*stream]struct{}{}, open: map[string]int{}, wished: map[string]wish{}, talks: map[string]*talk{}}
	mux := http.NewServeMux()
	for pattern, call := range c.agentCalls() {
		mux.HandleFunc(pattern, c.forAgents(call))
	}
	for pattern, call := range c.openCalls() {
		mux.HandleFunc(pattern, answering(call))
	}
	mux.HandleFunc("POST /lightning/api/login", c.postLogin)
	mux.HandleFunc("GET /lightning/stream", c.serveStream)
	mux.HandleFunc("GET /lightning/resource/OmnibridgeBridge.js", c.serveBridge)
	mux.HandleFunc("GET /lightning/assets/{file}", c.serveAsset)
	mux.HandleFunc("GET /lightning/{rest...}", c.servePage)
	mux.HandleFunc("GET /customer/{$}", func(w http.ResponseWriter, r *http.Request) { c.serveFile(w, r, "customer.html") })
	mux.HandleFunc("GET /customer/stream", c.serveCustomerStream)
	mux.HandleFunc("GET /lightning/api/", answering(func(r *http.Request) (any, error) {
		return nil, notFound("there is no call %s %s", r.Method, r.URL.Path)
	}))
	c.mux = http.NewCrossOriginProtection().Handler(mux)
	return c, nil
}

// servesConsole tells whether a path is one of the console's.
func servesConsole(path string) bool {
	return strings.HasPrefix(path, "/lightning/") || strings.HasPrefix(path, "/customer/") || path == "/lightning" || path == "/customer" || path == "/"
}

// ServeHTTP answers the paths that servesConsole tells.
func (c *console) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch r.URL.Path {
	case "/", "/lightning", "/lightning/":
		http.Redirect(w, r, "/lightning/page/home", http.StatusSeeOther)
	case "/customer":
		http.Redirect(w, r, "/customer/", http.StatusSeeOther)
	default:
		c.mux.ServeHTTP(w, r)
	}
}

func (s *Console) validate() error {
	for name, address := range map[string]string{"contactPadURL": s.ContactPadURL, "callsURL": s.CallsURL} {
		if address == "" {
			continue
		}
		u, err := url.Parse(address)
		if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
			return badRequest("%s is %q: give an address such as http://127.0.0.1:8080/pad/, or nothing", name, address)
		}
	}
	return nil
}

// Console returns how the console is set up.
func (o *Org) Console() Console {
	o.console.mu.Lock()
	defer o.console.mu.Unlock()
	return o.console.set
}

// SetConsole sets the console up otherwise. Pages that are open go on as they
// are until they are loaded again.
func (o *Org) SetConsole(set Console) error {
	if err := set.validate(); err != nil {
		return err
	}
	o.console.mu.Lock()
	defer o.console.mu.Unlock()
	o.console.set = set
	return nil
}

// consoleCalls are the control plane's calls for the console (Org.Console,
// SetConsole):
//
//	GET  /mock/v1/console  → {"contactPadURL":"http://127.0.0.1:8080/pad/","callsURL":"","bridge":"deployed"}
//	POST /mock/v1/console  {"contactPadURL":"http://127.0.0.1:8080/pad/"}; what is not named stays
func (o *Org) consoleCalls() map[string]func(*http.Request) (any, error) {
	reply := func() any {
		set := o.Console()
		_, from := o.console.bridge()
		return map[string]any{"contactPadURL": set.ContactPadURL, "callsURL": set.CallsURL, "bridge": from}
	}
	return map[string]func(*http.Request) (any, error){
		"GET /mock/v1/console": func(*http.Request) (any, error) { return reply(), nil },
		"POST /mock/v1/console": func(r *http.Request) (any, error) {
			var body struct{ ContactPadURL, CallsURL *string }
			if err := readBody(r, &body); err != nil {
				return nil, err
			}
			set := o.Console()
			for to, from := range map[*string]*string{&set.ContactPadURL: body.ContactPadURL, &set.CallsURL: body.CallsURL} {
				if from != nil {
					*to = *from
				}
			}
			if err := o.SetConsole(set); err != nil {
				return nil, err
			}
			return reply(), nil
		},
	}
}

// bridge returns the bridge script and where it comes from: "deployed",
// "packaged" or "".
func (c *console) bridge() (script []byte, from string) {
	files := c.o.Deployed("StaticResource", bridgeResource)
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if !strings.HasSuffix(name, "-meta.xml") {
			return files[name], "deployed"
		}
	}
	if script = c.o.Console().Bridge; script != nil {
		return script, "packaged"
	}
	return nil, ""
}

func (c *console) serveBridge(w http.ResponseWriter, r *http.Request) {
	script, _ := c.bridge()
	if script == nil {
		http.NotFound(w, r)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/javascript; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	_, _ = w.Write(script) // the client is gone if this fails
}

// assetTypes are the kinds of files that the pages are made of.
var assetTypes = map[string]string{
	".css": "text/css; charset=utf-8", ".html": "text/html; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml",
}

func (c *console) serveAsset(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("file")
	if filepath.Ext(name) == ".html" {
		http.NotFound(w, r)
		return
	}
	c.serveFile(w, r, name)
}

// serveFile writes an embedded file. The pages run no script and frame nothing
// but their own and the panel.
func (c *console) serveFile(w http.ResponseWriter, r *http.Request, name string) {
	text, err := fs.ReadFile(c.files, name)
	kind := assetTypes[filepath.Ext(name)]
	if err != nil || kind == "" {
		http.NotFound(w, r)
		return
	}
	h := w.Header()
	h.Set("Content-Type", kind)
	h.Set("Cache-Control", "no-cache")
	h.Set("X-Content-Type-Options", "nosniff")
	if filepath.Ext(name) == ".html" {
		frames := "'none'"
		if u, err := url.Parse(c.o.Console().ContactPadURL); err == nil && u.Host != "" {
			frames = u.Scheme + "://" + u.Host
		}
		h.Set("Content-Security-Policy", fmt.Sprintf("default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "+
			"frame-src %s; base-uri 'none'; form-action 'self'; frame-ancestors 'self'", frames))
		h.Set("Referrer-Policy", "same-origin")
	}
	_, _ = w.Write(text) // the client is gone if this fails
}

// servePage is the console page, at every address below /lightning/ that is none
// of the above: the page itself reads which record or place is meant. ?user=ada
// logs ada in first, for tests and links.
func (c *console) servePage(w http.ResponseWriter, r *http.Request) {
	if name := r.URL.Query().Get("user"); name != "" {
		if err := c.welcome(w, r, name); err != nil {
			http.Error(w, err.Error(), http.StatusNotFound)
			return
		}
		http.Redirect(w, r, cmp.Or(r.URL.Path, "/lightning/page/home"), http.StatusSeeOther)
		return
	}
	c.serveFile(w, r, "console.html")
}

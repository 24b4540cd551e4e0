package mockorg

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"omnibridge/salesforce/mockorg/identity"
	"omnibridge/salesforce/mockorg/metadata"
	"omnibridge/salesforce/mockorg/soql"
)

const (
	maxBody  = 10 << 20         // bytes of a request, also when unpacked
	maxURL   = 16_384           // salesforce-apis 2.1
	zipFrom  = 512              // bytes from which a reply is worth compressing
	patience = 30 * time.Second // for a client to send its body
)

// ServeHTTP answers as the org's host would: logins, REST, streaming, and the
// control plane beside them.
func (o *Org) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	o.learnURL(r)
	path := r.URL.Path
	switch {
	case strings.HasPrefix(path, "/mock/"):
		o.controlPlane.ServeHTTP(w, r)
	case metadata.Serves(path):
		o.serveOther(w, r, o.setup.metadata)
	case path == "/services/data" || strings.HasPrefix(path, "/services/data/"):
		o.serveREST(w, r)
	case path == "/cometd" || strings.HasPrefix(path, "/cometd/"):
		o.serveOther(w, r, o.streaming)
	case servesConsole(path):
		o.serveConsole(w, r)
	case identity.Serves(path):
		o.serveOther(w, r, o.identity)
	default:
		o.serveOther(w, r, http.NotFoundHandler())
	}
}

// serveOther hands a request to a handler that is not the REST API, under the
// same faults and the same recording.
func (o *Org) serveOther(w http.ResponseWriter, r *http.Request, h http.Handler) {
	noted := Request{Method: r.Method, Path: r.URL.Path}
	fault, delay := o.faults.strike(r.Method, r.URL.Path, func() string { return "" })
	noted.Fault = fault
	sw := &statusWriter{ResponseWriter: w}
	defer func() {
		noted.At, noted.Status = o.clock.Now(), sw.status
		o.requests.add(noted)
	}()
	pause(r.Context(), delay)
	o.underFault(sw, r, h, fault)
}

// serveConsole hands a request to the console under the same faults. It is not
// recorded: no real org has these addresses, and a page asks often.
func (o *Org) serveConsole(w http.ResponseWriter, r *http.Request) {
	fault, delay := o.faults.strike(r.Method, r.URL.Path, func() string { return "" })
	pause(r.Context(), delay)
	o.underFault(w, r, o.console, fault)
}

// underFault lets a fault, if there is one, have its way with a request.
func (o *Org) underFault(w http.ResponseWriter, r *http.Request, h http.Handler, fault string) {
	switch fault {
	case "":
		h.ServeHTTP(w, r)
	case "lost-reply":
		h.ServeHTTP(&deafWriter{header: http.Header{}}, r)
		panic(http.ErrAbortHandler)
	default:
		o.strikeDown(w, fault)
	}
}

// strikeDown answers with a fault before anything is done.
func (o *Org) strikeDown(w http.ResponseWriter, fault string) {
	switch fault {
	case "lost-request":
		panic(http.ErrAbortHandler)
	case "bad-gateway":
		w.Header().Set("Content-Type", "text/html;charset=UTF-8")
		w.WriteHeader(http.StatusBadGateway)
		_, _ = io.WriteString(w, "<html><body><h1>502 Bad Gateway</h1></body></html>")
	case "no-route":
		w.WriteHeader(420)
	default:
		e := refusalOf(fault)
		o.write(w, nil, reply{status: e.Status, body: errorList(e)})
	}
}

// serveREST answers one request to the REST API.
func (o *Org) serveREST(w http.ResponseWriter, r *http.Request) {
	c := &call{o: o, method: r.Method, path: r.URL.EscapedPath(), params: r.URL.Query(), header: r.Header}
	if override := c.params.Get("_HttpMethod"); override != "" && r.Method == http.MethodPost {
		c.method = strings.ToUpper(override)
	}
	var fault string
	sw := &statusWriter{ResponseWriter: w}
	defer func() {
		o.requests.add(Request{At: o.clock.Now(), Method: c.method, Path: r.URL.Path, Object: c.object, SOQL: c.soql, User: c.user,
			Status: sw.status, Fault: fault})
	}()
	if !o.usage.begin(c) {
		o.strikeDown(sw, "concurrency")
		return
	}
	defer o.usage.end(c)
	var delay time.Duration
	fault, delay = o.faults.strike(c.method, r.URL.Path, c.subject)
	pause(r.Context(), delay)
	if fault != "" && fault != "lost-reply" {
		o.strikeDown(sw, fault)
		return
	}
	answer, err := c.admitted(w, r)
	if err != nil {
		refusal := asRefusal(err)
		answer = reply{status: refusal.Status, body: errorList(refusal)}
	}
	if fault == "lost-reply" {
		panic(http.ErrAbortHandler)
	}
	o.write(sw, r, answer)
}

// admitted checks who asks, counts the request and carries it out.
func (c *call) admitted(w http.ResponseWriter, r *http.Request) (reply, error) {
	if len(r.RequestURI) > maxURL {
		return reply{}, &APIError{Status: http.StatusRequestURITooLong, Code: "URI_TOO_LONG",
			Message: fmt.Sprintf("The URI is longer than %d bytes", maxURL)}
	}
	if strings.Trim(r.URL.Path, "/") == "services/data" {
		return c.versions()
	}
	session, err := c.o.identity.Check(r.Header.Get("Authorization"))
	if err != nil {
		w.Header().Set("WWW-Authenticate", "Token")
		if refused, ok := errors.AsType[*identity.Refused](err); ok {
			return reply{}, &APIError{Status: refused.Status, Code: refused.Code, Message: refused.Message}
		}
		return reply{}, errSession()
	}
	c.user = session.UserID
	if !c.o.usage.spend(c.o.clock.Now()) {
		return reply{}, refusalOf("request-limit")
	}
	if c.body, err = readAll(w, r); err != nil {
		return reply{}, err
	}
	return c.answer()
}

// subject is the object a request is about, as far as its address tells.
func (c *call) subject() string {
	segments := strings.FieldsFunc(c.path, func(r rune) bool { return r == '/' })
	name := ""
	switch {
	case len(segments) > 4 && segments[3] == "sobjects":
		name = segments[4]
	case len(segments) > 5 && segments[3] == "composite" && segments[4] == "sobjects":
		name = segments[5]
	default:
		if q, err := soql.Parse(c.params.Get("q")); err == nil {
			name = q.From
		}
	}
	if ob := c.o.schema.object(name); ob != nil {
		return ob.name
	}
	return ""
}

// readAll reads a request's body, unpacked.
func readAll(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	control := http.NewResponseController(w)
	_ = control.SetReadDeadline(time.Now().Add(patience)) // a recorder has no deadlines
	defer func() { _ = control.SetReadDeadline(time.Time{}) }()
	var from io.Reader = r.Body
	switch r.Header.Get("Content-Encoding") {
	case "", "identity":
	case "gzip":
		z, err := gzip.NewReader(io.LimitReader(r.Body, maxBody))
		if err != nil {
			return nil, refuse("INVALID_INPUT", "The body is not compressed as Content-Encoding says")
		}
		defer z.Close()
		from = z
	default:
		return nil, &APIError{Status: http.StatusUnsupportedMediaType, Code: "UNSUPPORTED_MEDIA_TYPE",
			Message: "Content-Encoding can be gzip or nothing"}
	}
	body, err := io.ReadAll(io.LimitReader(from, maxBody+1))
	switch {
	case err != nil:
		return nil, refuse("INVALID_INPUT", "The body could not be read")
	case len(body) > maxBody:
		return nil, &APIError{Status: http.StatusRequestEntityTooLarge, Code: "REQUEST_TOO_LARGE",
			Message: fmt.Sprintf("The body is larger than %d bytes", maxBody)}
	}
	return body, nil
}

// write sends a reply, compressed if the client takes that. r is nil where
// there is no request to ask.
func (o *Org) write(w http.ResponseWriter, r *http.Request, answer reply) {
	header := w.Header()
	used, most := o.usage.read(o.clock.Now())
	header.Set("Sforce-Limit-Info", fmt.Sprintf("api-usage=%d/%d", used, most))
	header.Set("Cache-Control", "no-cache,must-revalidate,max-age=0,no-store,private")
	if answer.location != "" {
		header.Set("Location", answer.location)
	}
	if answer.status == http.StatusNoContent {
		w.WriteHeader(answer.status)
		return
	}
	header.Set("Content-Type", "application/json;charset=UTF-8")
	header.Set("Vary", "Accept-Encoding")
	body := answer.body
	if r != nil && len(body) >= zipFrom && strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		header.Set("Content-Encoding", "gzip")
		body = o.zip(body)
	}
	header.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(answer.status)
	_, _ = w.Write(body) // the client is gone if this fails
}

func (o *Org) zip(body []byte) []byte {
	var to bytes.Buffer
	z, ok := o.zippers.Get().(*gzip.Writer)
	if ok {
		z.Reset(&to)
	} else {
		z, _ = gzip.NewWriterLevel(&to, gzip.BestSpeed) // the level is a valid one
	}
	_, _ = z.Write(body) // into memory
	_ = z.Close()
	o.zippers.Put(z)
	return to.Bytes()
}

// statusWriter remembers the status of a reply.
type statusWriter struct {
	http.ResponseWriter
	status int
}

// WriteHeader passes the first status on.
func (w *statusWriter) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

// Write sends the body, with the status 200 if there was none.
func (w *statusWriter) Write(b []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	return w.ResponseWriter.Write(b)
}

// Unwrap lets http.ResponseController reach the connection.
func (w *statusWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// deafWriter takes a reply that nobody will get.
type deafWriter struct{ header http.Header }

// Header returns headers that go nowhere.
func (w *deafWriter) Header() http.Header { return w.header }

// Write forgets the body.
func (w *deafWriter) Write(b []byte) (int, error) { return len(b), nil }

// WriteHeader forgets the status.
func (w *deafWriter) WriteHeader(int) {}

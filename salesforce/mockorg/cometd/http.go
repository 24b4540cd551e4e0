package cometd

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"
)

const (
	maxRequest = 32_768           // bytes of a request body (salesforce-apis 3.1)
	zipFrom    = 1_024            // bytes from which a reply is worth compressing
	patience   = 30 * time.Second // for a client to send its body or take its reply
)

// ServeHTTP answers a POST of Bayeux messages. Everything else is answered 405
// at once, the WebSocket upgrades that some clients try included.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		http.Error(w, "Only POST is supported; the only transport is long-polling", http.StatusMethodNotAllowed)
		return
	}
	version, refusal, ok := s.version(r.URL.Path)
	if !ok {
		http.NotFound(w, r)
		return
	}
	messages, status, err := read(w, r)
	if err != nil {
		http.Error(w, err.Error(), status)
		return
	}
	x := &exchange{s: s, w: w, r: r, version: version, refusal: refusal}
	x.authenticate()
	select {
	case <-s.done:
		x.status = http.StatusServiceUnavailable
		x.page()
		return
	default:
	}
	if x.survives(messages) {
		x.run(messages)
		x.write()
	}
}

var versionForm = regexp.MustCompile(`^[0-9]{1,3}\.[0-9]$`)

// version reads /cometd[/replay]/{version}[/type][/]. ok is false for an address
// that is none; refusal is the Bayeux error for a version that cannot be served.
func (s *Server) version(path string) (version, refusal string, ok bool) {
	rest, ok := strings.CutPrefix(path, "/cometd")
	if !ok || (rest != "" && rest[0] != '/') {
		return "", "", false
	}
	parts := strings.FieldsFunc(rest, func(c rune) bool { return c == '/' })
	if len(parts) > 0 && parts[0] == "replay" {
		parts = parts[1:]
	}
	form := "URI format: '/cometd/" + strconv.Itoa(s.o.MaxVersion) + ".0'"
	if len(parts) == 0 || !versionForm.MatchString(parts[0]) {
		return "", "400::API version in the URI is mandatory. " + form, true
	}
	if len(parts) > 2 {
		return "", "", false
	}
	if len(parts) == 2 {
		switch parts[1] {
		case handshake, connect, subscribe, unsubscribe, disconnect:
		default:
			return "", "", false
		}
	}
	major, minor, _ := strings.Cut(parts[0], ".")
	if n, _ := strconv.Atoi(major); n < s.o.MinVersion || n > s.o.MaxVersion || minor != "0" {
		return "", "400::Unsupported API version. Only API versions '" + strconv.Itoa(s.o.MinVersion) + ".0' and later are supported. " + form, true
	}
	return parts[0], "", true
}

//lint:ignore ST1005 these are the service's words, written to the client
var errTooLarge = errors.New("Maximum Request Size Exceeded")

// read takes the messages out of a request, which may be compressed. status is
// what to answer with the error.
func read(w http.ResponseWriter, r *http.Request) (messages []message, status int, err error) {
	switch kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); kind {
	case "application/json", "text/json":
	default:
		return nil, http.StatusBadRequest, errors.New("Content-Type must be application/json")
	}
	if r.ContentLength > maxRequest {
		return nil, http.StatusRequestEntityTooLarge, errTooLarge
	}
	control := http.NewResponseController(w)
	_ = control.SetReadDeadline(time.Now().Add(patience)) // a recorder has no deadlines
	body, err := limited(r.Body)
	if err == nil && r.Header.Get("Content-Encoding") == "gzip" {
		var z *gzip.Reader
		if z, err = gzip.NewReader(bytes.NewReader(body)); err == nil {
			body, err = limited(z)
		}
	}
	_ = control.SetReadDeadline(time.Time{})
	if err == errTooLarge {
		return nil, http.StatusRequestEntityTooLarge, err
	}
	if err != nil {
		return nil, http.StatusBadRequest, errors.New("the body could not be read")
	}
	messages, err = parse(body)
	return messages, http.StatusBadRequest, err
}

func limited(r io.Reader) ([]byte, error) {
	body, err := io.ReadAll(io.LimitReader(r, maxRequest+1))
	if err == nil && len(body) > maxRequest {
		return nil, errTooLarge
	}
	return body, err
}

// write sends the answer: the events, then the replies, as CometD's server for
// Java does (salesforce-apis 3.2).
func (x *exchange) write() {
	if x.silent {
		return
	}
	if x.status != 0 {
		x.page()
		return
	}
	body := x.s.buffers.Get().(*bytes.Buffer)
	defer x.s.buffers.Put(body)
	body.Reset()
	body.WriteByte('[')
	if x.connectFirst {
		x.writeReplies(body)
		x.writeEvents(body)
	} else {
		x.writeEvents(body)
		x.writeReplies(body)
	}
	if body.Len() > 1 {
		body.Truncate(body.Len() - 1) // the last comma
	}
	body.WriteByte(']')
	x.send(body)
}

func (x *exchange) writeEvents(body *bytes.Buffer) {
	for _, d := range x.events {
		body.Write(d.append(body.AvailableBuffer()))
		body.WriteByte(',')
	}
}

func (x *exchange) writeReplies(body *bytes.Buffer) {
	encoder := json.NewEncoder(body)
	encoder.SetEscapeHTML(false)
	for _, r := range x.replies {
		if x.numericIDs {
			r.ID = numeric(r.ID)
		}
		_ = encoder.Encode(r)         // plain values and JSON that was parsed
		body.Truncate(body.Len() - 1) // the encoder's line end
		body.WriteByte(',')
	}
}

// send writes a JSON body, compressed if the client asked for it and it pays.
func (x *exchange) send(body *bytes.Buffer) {
	header := x.w.Header()
	header.Set("Content-Type", "application/json;charset=UTF-8")
	header.Set("Cache-Control", "no-cache,must-revalidate,max-age=0,no-store,private")
	header.Set("Vary", "Accept-Encoding")
	if body.Len() >= zipFrom && strings.Contains(x.r.Header.Get("Accept-Encoding"), "gzip") {
		zipped := x.s.buffers.Get().(*bytes.Buffer)
		defer x.s.buffers.Put(zipped)
		zipped.Reset()
		x.s.zip(zipped, body.Bytes())
		header.Set("Content-Encoding", "gzip")
		body = zipped
	}
	header.Set("Content-Length", strconv.Itoa(body.Len()))
	control := http.NewResponseController(x.w)
	_ = control.SetWriteDeadline(time.Now().Add(patience))
	if x.drop {
		_, _ = x.w.Write(body.Bytes()[:body.Len()/2])
		_ = control.Flush()
		x.cut()
		return
	}
	if x.code != 0 {
		x.w.WriteHeader(x.code)
	}
	_, _ = x.w.Write(body.Bytes()) // a client that hung up comes back or is forgotten
	_ = control.Flush()
	_ = control.SetWriteDeadline(time.Time{})
}

func (s *Server) zip(to io.Writer, body []byte) {
	z, _ := s.zippers.Get().(*gzip.Writer)
	if z == nil {
		z, _ = gzip.NewWriterLevel(to, gzip.BestSpeed) // the level is a valid one
	} else {
		z.Reset(to)
	}
	_, _ = z.Write(body) // into memory
	_ = z.Close()
	s.zippers.Put(z)
}

// page answers with a status that is not Bayeux.
func (x *exchange) page() {
	if x.status == http.StatusServiceUnavailable {
		x.w.Header().Set("Content-Type", "text/html;charset=UTF-8")
		x.w.WriteHeader(x.status)
		_, _ = io.WriteString(x.w, "<html><head><title>Service Unavailable</title></head><body>The service is down for maintenance or too busy.</body></html>")
		return
	}
	x.w.WriteHeader(x.status)
}

// cut resets the connection under the request.
func (x *exchange) cut() {
	conn, _, err := http.NewResponseController(x.w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler) // no connection to reset: net/http closes it, or the stream
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0) // a reset instead of an orderly end
	}
	_ = conn.Close()
}

// stay answers nothing until the client gives up or silence is over. It tells
// whether there is still somebody to answer.
func (x *exchange) stay(ctx context.Context, quiet <-chan struct{}) bool {
	select {
	case <-ctx.Done():
		return false
	case <-x.s.done:
	case <-quiet:
	}
	return true
}
